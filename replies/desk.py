"""What readers said could hurt someone: read by Safety leads, who can hide the letter in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from moderation.access import for_roles
from moderation.models import Lockdown
from moderation.pages import page_context
from moderation.roles import SAFETY_LEAD
from moderation.safety import lockdowns
from supporters.models import Message

from . import retention, sealing, services
from .models import Concern

LETTERS_SHOWN = 50
# Of each letter, however many write: a form holds a hundred fields, and the page is there to act at once.
CONCERNS_SHOWN = 20
LONGEST_KEY = 18


class Action(TextChoices):
    HIDE = "hide", gettext_lazy("Hide this letter now")
    NOTHING = "nothing", gettext_lazy("Nothing to do")
    REOPEN = "reopen", gettext_lazy("Open again")
    SHOW = "show", gettext_lazy("Show the letter again")


DONE = {
    Action.HIDE: gettext_lazy("The letter is hidden everywhere on this site, and the concern is closed."),
    Action.NOTHING: gettext_lazy("The concern is closed. The letter stays as it is."),
    Action.REOPEN: gettext_lazy("The concern is open again."),
    Action.SHOW: gettext_lazy("The letter is shown again as it was."),
}


class ConcernsField(forms.ModelMultipleChoiceField):
    """Concerns by their keys; a number that no database holds is nobody's key."""

    def clean(self, value: Any) -> Any:
        if any(len(str(key)) > LONGEST_KEY for key in value or ()):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class DecisionForm(forms.Form):
    """One button beside a letter, with the concerns that stood there when the page was made."""

    action = forms.ChoiceField(
        choices=Action.choices,
        error_messages={
            "required": gettext_lazy("Press one of the buttons."),
            "invalid_choice": gettext_lazy("This page does not know that action. Nothing was changed."),
        },
    )
    concern = ConcernsField(
        Concern.objects.select_related("message"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice", "invalid_list", "invalid_pk_value"),
            gettext_lazy("This concern is not here any more. Nothing was changed."),
        ),
    )


@dataclass
class Opened:
    """A concern with its words, where they can be read here."""

    concern: Concern
    text: str = ""
    is_readable: bool = True


@dataclass
class Case:
    """A letter and what readers said about it, `more` than stands here. `lockdown` hides this letter alone."""

    message: Message
    concerns: list[Opened]
    more: int
    lockdown: Lockdown | None


@for_roles(SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def concerns(request: HttpRequest) -> HttpResponse:
    """Open concerns by letter, the oldest first, and those closed lately."""
    if request.method != "POST":
        return _page(request)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, error=" ".join(str(error) for errors in form.errors.values() for error in errors))
    action, chosen = Action(form.cleaned_data["action"]), list(form.cleaned_data["concern"])
    if len({concern.message_id for concern in chosen}) != 1:
        return _page(request, error=_("This page was sent incompletely. Nothing was changed."))
    if not _carry_out(action, chosen, cast(User, request.user)):
        return _page(request, error=_("Somebody else was faster. Look at what stands here now."), status=409)
    return redirect(f"{reverse('replies_desk:concerns')}?done={action}")


def _carry_out(action: Action, chosen: list[Concern], lead: User) -> bool:
    """Returns whether anything changed."""
    message, keys = chosen[0].message, [concern.pk for concern in chosen]
    if action == Action.NOTHING:
        return bool(services.handle(keys, lead=lead))
    if action == Action.REOPEN:
        return bool(services.reopen(keys))
    if action == Action.SHOW:
        lockdown = _lockdowns_of([message.pk]).get(message.pk)
        return lockdown is not None and lockdowns.lift(lockdown, lead=lead) is not None
    if message.is_hidden or message.status == Message.Status.WITHDRAWN:
        return False
    services.hide_letter(message, keys, lead=lead)
    return True


def _page(request: HttpRequest, *, error: str = "", status: int = 200) -> HttpResponse:
    done = request.GET.get("done", "")
    closed_since = timezone.now() - retention.HANDLED_KEPT
    rows = Concern.objects.select_related("message", "handled_by")
    context: dict[str, Any] = page_context(request, "concerns") | {
        "open_cases": _cases(rows.filter(handled_at=None).order_by("pk")),
        "closed_cases": _cases(rows.filter(handled_at__gt=closed_since).order_by("-handled_at")),
        "can_open": sealing.can_open(),
        "days": retention.HANDLED_KEPT // timedelta(days=1),
        "done": DONE[Action(done)] if done in DONE and not error else "",
        "error": error,
    }
    return render(request, "replies/concerns.html", context, status=status)


def _cases(rows: QuerySet[Concern]) -> list[Case]:
    """The concerns by letter, as they come. Whoever floods a letter makes the page no longer than this."""
    by_letter: dict[int, list[int]] = {}
    for key, message_id in rows.values_list("pk", "message"):
        if message_id in by_letter or len(by_letter) < LETTERS_SHOWN:
            by_letter.setdefault(message_id, []).append(key)
    found = rows.in_bulk([key for keys in by_letter.values() for key in keys[:CONCERNS_SHOWN]])
    held = _lockdowns_of(by_letter)
    cases = []
    for message_id, keys in by_letter.items():
        about = [found[key] for key in keys[:CONCERNS_SHOWN] if key in found]
        if about:
            opened = [_opened(concern) for concern in about]
            cases.append(Case(about[0].message, opened, len(keys) - len(about), held.get(message_id)))
    return cases


def _lockdowns_of(message_ids: Iterable[int]) -> dict[int, Lockdown]:
    """The lockdown in force that hides each of these letters, and no other letter."""
    links = Lockdown.messages.through.objects.filter(message__in=list(message_ids), lockdown__lifted_at=None)
    alone = [link for link in links.select_related("lockdown") if link.lockdown.messages.count() == 1]
    return {link.message_id: link.lockdown for link in alone}


def _opened(concern: Concern) -> Opened:
    if not concern.sealed:
        return Opened(concern)
    try:
        return Opened(concern, sealing.unseal(bytes(concern.sealed)))
    except sealing.CannotOpen:
        return Opened(concern, is_readable=False)
