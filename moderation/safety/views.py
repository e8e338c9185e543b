"""The pages of Safety leads: calls for help, and lockdowns."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from supporters import lifecycle
from supporters.models import Edit, Message

from ..access import for_roles
from ..models import Lockdown
from ..pages import page_context
from ..review import wording
from ..roles import SAFETY_LEAD
from . import calls, lockdowns
from .forms import CallAction, CallForm, LiftForm, LockdownAction, LockdownForm

# How many letters a page shows of a selection that may be a thousand.
SHOWN = 50
LOCKDOWNS_SHOWN = 20
CALL_DONE = {
    CallAction.RETURN: gettext_lazy("The message waits for the desk again."),
    CallAction.HANDLED: gettext_lazy("The call for help is closed."),
    CallAction.REOPEN: gettext_lazy("The call for help is open again."),
}
CARRY_OUT = {
    CallAction.RETURN: lifecycle.return_call,
    CallAction.HANDLED: lifecycle.handle_call,
    CallAction.REOPEN: lifecycle.reopen_call,
}


def _lead(request: HttpRequest) -> User:
    return cast(User, request.user)


# --- Calls for help ---------------------------------------------------------------------------------------------


@for_roles(SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def calls_for_help(request: HttpRequest) -> HttpResponse:
    """Messages and changes that ask for rescue or show somebody in danger, and those that may."""
    if request.method != "POST":
        return _calls_page(request)
    form = CallForm(request.POST)
    if not form.is_valid():
        return _calls_page(request, error=" ".join(str(error) for errors in form.errors.values() for error in errors))
    action = CallAction(form.cleaned_data["action"])
    call = calls.find(form.cleaned_data["message"], form.cleaned_data["edit"])
    try:
        if call is None:
            raise lifecycle.InvalidTransition(f"{form.cleaned_data['message']} is no call for help")
        CARRY_OUT[action](call, actor=_lead(request))
    except lifecycle.InvalidTransition:
        error = _("Somebody else, or the sender, changed this message in the meantime. Nothing was changed.")
        return _calls_page(request, error=error, status=409)
    return redirect(f"{reverse('moderation:calls-for-help')}?done={action}")


def _calls_page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    done = request.GET.get("done", "")
    context = page_context(request, "help") | {
        "open_calls": [_call(call) for call in calls.open_calls()],
        "possible_calls": calls.possible_calls()[:SHOWN],
        "handled_calls": [_call(call) for call in calls.handled_calls()],
        "done": CALL_DONE[CallAction(done)] if done in CALL_DONE and not error else "",
        "error": error,
    }
    return render(request, "moderation/calls_for_help.html", context, status=status)


def _call(call: calls.Call) -> dict[str, Any]:
    event, message = calls.declined_by(call), lifecycle.message_of(call)
    shown = [(getattr(call, f"body_{language}") or "", language) for language in ("ko", "en")]
    return {
        "draft": call,
        "message": message,
        "edit": call if isinstance(call, Edit) else None,
        "who": wording.actor_name(event) if event else "",
        "since": event.at if event else call.submitted_at,
        "texts": [
            (call.original, call.language),
            (call.original_alt, call.language),
            (call.own_ko, "ko"),
            *([] if isinstance(call, Edit) else [(call.transcript, call.language)]),
            *((text, language) for text, language in shown if text != call.original),
        ],
    }


# --- Lockdown ---------------------------------------------------------------------------------------------------


@for_roles(SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def lockdown(request: HttpRequest) -> HttpResponse:
    """Choose letters, see what would be hidden, hide them; and let them be shown again."""
    if request.method != "POST":
        return _lockdown_page(request, LockdownForm())
    if "lift" in request.POST:
        return _lift(request)
    form = LockdownForm(request.POST)
    if not form.is_valid():
        return _lockdown_page(request, form)
    found = list(form.selection.letters().values_list("pk", flat=True))
    # Nothing is hidden that was not shown before: whoever changes the choice looks again.
    if form.cleaned_data["action"] == LockdownAction.PREVIEW or not (found and form.was_looked_at):
        return _lockdown_page(request, form, preview=_preview(form))
    began = lockdowns.begin(found, lead=_lead(request), note=form.cleaned_data["note"])
    return redirect(f"{reverse('moderation:lockdown')}?began={began.pk}")


def _lift(request: HttpRequest) -> HttpResponse:
    form = LiftForm(request.POST)
    found = Lockdown.objects.filter(pk=form.cleaned_data["lift"]).first() if form.is_valid() else None
    if found is None:
        return _lockdown_page(request, LockdownForm(), error=_("There is no such lockdown. Nothing was changed."))
    shown = lockdowns.lift(found, lead=_lead(request))
    if shown is None:
        error = _("Somebody else ended this lockdown in the meantime.")
        return _lockdown_page(request, LockdownForm(), error=error, status=409)
    return redirect(f"{reverse('moderation:lockdown')}?lifted={found.pk}")


def _preview(form: LockdownForm) -> dict[str, Any]:
    letters = form.selection.letters()
    return {
        "mark": form.selection.mark,
        "count": letters.count(),
        "public": letters.on_wall().count(),
        "letters": letters.order_by("-pk")[:SHOWN],
        "more": max(0, letters.count() - SHOWN),
    }


def _lockdown_page(
    request: HttpRequest,
    form: LockdownForm,
    *,
    preview: dict[str, Any] | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    rows = Lockdown.objects.select_related("lead", "lifted_by").annotate(count=Count("messages"))
    shown = _asked_for(request, "show")
    context = page_context(request, "lockdown") | {
        "form": form,
        "preview": preview,
        "error": error,
        "began": rows.filter(pk=_asked_for(request, "began"), lifted_at=None).first(),
        "lifted": rows.filter(pk=_asked_for(request, "lifted"), lifted_at__isnull=False).first(),
        "active": rows.filter(lifted_at=None)[:LOCKDOWNS_SHOWN],
        "ended": rows.filter(lifted_at__isnull=False)[:LOCKDOWNS_SHOWN],
        "shown": shown,
        "letters": Message.objects.filter(lockdowns=shown).order_by("-pk")[:SHOWN] if shown else [],
    }
    return render(request, "moderation/lockdown.html", context, status=status)


def _asked_for(request: HttpRequest, name: str) -> int:
    value = request.GET.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value, re.ASCII) else 0
