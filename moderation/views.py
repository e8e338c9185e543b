"""The page on which one message is reviewed, and its private file."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from supporters.lifecycle import SHOWN_TEXTS, Check, InvalidTransition, NotApprovable
from supporters.models import Message, Rendition
from supporters.models.messages import OUTLETS

from . import decisions, kept, queue, wording
from .access import for_roles
from .files import answer_with_file
from .forms import Action, ReviewForm
from .pages import page_context
from .reviews import Review
from .roles import MODERATOR, SAFETY_LEAD, may

# What the page says after an action that stays on it.
DONE = {
    Action.SAVE: gettext_lazy("The texts are saved."),
    Action.UNDO: gettext_lazy("The decision was taken back. The message waits again."),
    Action.REMOVE: gettext_lazy("The message was removed."),
    Action.RESTORE: gettext_lazy("The message was put back."),
}
# These decide about texts, so the person must have seen the ones that are stored.
NEEDS_REVISION = {Action.SAVE, Action.APPROVE, Action.ASK, Action.DECLINE}
# Statuses in which an undo came too late.
DECIDED = {Message.Status.APPROVED, Message.Status.ASKED, Message.Status.DECLINED}


@for_roles(MODERATOR, SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """One message: read it, put it into both languages, decide."""
    message = get_object_or_404(Message.objects.select_related("attachment"), slug=slug)
    page = Review(message, cast(User, request.user), is_lead=may(request.user, SAFETY_LEAD))
    if request.method == "POST":
        return _decide(request, page)
    if request.method == "GET" and (typed := kept.take(request, slug)):
        return _continue(request, page, typed)
    return _show(request, page, _form(page))


def _form(page: Review, data: Any = None) -> ReviewForm:
    return ReviewForm(data, initial=page.initial(), draft=page.draft, reasons=page.active_reasons)


def _decide(request: HttpRequest, page: Review) -> HttpResponse:
    form, line = _form(page, request.POST), page.line
    if form.is_valid():
        try:
            decisions.carry_out(page, form)
        except InvalidTransition:
            page = page.again()
            if decisions.is_repeated(page, form):
                return _go_on(line, Action(form.cleaned_data["action"]))
            return _conflict(request, page, action=form.cleaned_data["action"])
        except NotApprovable as error:
            form.add_missing(error.missing)
        except decisions.NotYours:
            form.add_error(None, _("Only the person who decided, or a Safety lead, can undo this."))
        else:
            return _go_on(line, Action(form.cleaned_data["action"]))
        page = page.again()  # what was rolled back stands in its rows
    elif form.cleaned_data.get("action") in NEEDS_REVISION and _is_stale(form, page):
        return _conflict(request, page)
    return _show(request, page, form)


def _is_stale(form: ReviewForm, page: Review) -> bool:
    current = page.message.revision
    return form.cleaned_data.get("revision", current) != current


def _go_on(line: queue.Waiting, action: Action) -> HttpResponse:
    """After a decision to the next message, with the way back; after anything else to the same page."""
    message = line.message
    if action in DONE:
        return redirect(f"{reverse('moderation:review', args=[message.slug])}?done={action}")
    following = queue.next_waiting(line)
    address = reverse("moderation:review", args=[following.slug]) if following else reverse("moderation:queue")
    return redirect(f"{address}?after={message.slug}")


def _conflict(request: HttpRequest, page: Review, *, action: str = "") -> HttpResponse:
    """Somebody was faster: say who and what, keep what was typed, show what is stored now."""
    conflict = _since(page, request.POST)
    if action == Action.UNDO and page.decision is None and page.message.status in DECIDED:
        conflict = f"{wording.TOO_LATE} {conflict}"
    if "body_ko" not in request.POST:  # the undo bar sends no texts
        return _show(request, page, _form(page), conflict=conflict)
    typed = request.POST.copy()
    typed["revision"] = str(page.message.revision)
    # What the ticks were given to may have changed.
    typed.setlist("check", [])
    return _show(request, page, _form(page, typed), conflict=conflict)


def _since(page: Review, typed: QueryDict) -> str:
    """What happened since the page was opened; without its last event, what happened last."""
    seen = re.fullmatch(r"[0-9]{1,9}", typed.get("seen", ""), re.ASCII)
    events = [event for event in page.events if seen and event.number > int(seen[0])] or page.events[-1:]
    sentences = [wording.in_the_meantime(event) for event in events] or [str(wording.CHANGED)]
    return " ".join(dict.fromkeys(sentences))


def _continue(request: HttpRequest, page: Review, typed: QueryDict) -> HttpResponse:
    """Back after the session had ended: what was typed stands in the fields, beside what changed since."""
    sentence = str(wording.SIGNED_OUT)
    if typed.get("revision") != str(page.message.revision):
        sentence = f"{sentence} {_since(page, typed)}"
        typed["revision"] = str(page.message.revision)
    return _show(request, page, _form(page, typed), conflict=sentence, status=200)


def _show(
    request: HttpRequest, page: Review, form: ReviewForm, *, conflict: str = "", status: int = 409
) -> HttpResponse:
    done = request.GET.get("done", "")
    context = page_context(request, "review") | {
        "review": page,
        "message": page.message,
        "form": form,
        "texts": _texts(page, form, with_stored=bool(conflict)),
        "has_typed": bool(conflict) and form.is_bound and page.message.status != Message.Status.WITHDRAWN,
        "kept_for": kept.mark(page.message.slug, page.user.pk),
        "checks": Check.choices,
        "outlets": [form[f"use_{outlet}"] for outlet in OUTLETS],
        "takes_effect": _takes_effect(page),
        "ticked": form["check"].value() or [],
        "errors": form.summary if form.is_bound and not conflict else [],
        "conflict": conflict,
        "done": DONE[Action(done)] if done in DONE else "",
        "queue": queue.around(page.line) if page.is_waiting else queue.waiting(limit=20),
        "next_waiting": queue.next_waiting(page.line) if page.is_waiting else None,
    }
    return render(request, "moderation/review.html", context, status=status if conflict else 200)


def _takes_effect(page: Review) -> str:
    """When the decision that can still be undone takes effect."""
    decision = page.decision
    if decision is None or decision.draft.live_at is None:
        return ""
    return wording.decided(decision.kind, page.title, decision.draft.live_at)[1]


def _texts(page: Review, form: ReviewForm, *, with_stored: bool) -> dict[str, dict[str, Any]]:
    """For each text its field, and beside it what is stored and what is published when that is something else."""
    fields: dict[str, dict[str, Any]] = {}
    for name in SHOWN_TEXTS:
        typed = (form[name].value() or "").replace("\r\n", "\n").strip()
        stored = getattr(page.draft, name) or ""
        published = (getattr(page.message, name) or "") if page.edit else ""
        fields[name] = {
            "field": form[name],
            "stored": stored if with_stored and stored.strip() != typed else None,
            "published": published if page.edit and published != typed else None,
            "text": stored,
        }
    return fields


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def media(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """A rendition of a message that need not be public. What its sender took back is not shown to staff either."""
    messages = Message.objects.exclude(status=Message.Status.WITHDRAWN)
    found = get_object_or_404(
        Rendition.objects.select_related("attachment"), name=name, attachment__message__in=messages.filter(slug=slug)
    )
    try:
        return answer_with_file(request, found.file, found.mime)
    except FileNotFoundError:
        raise Http404 from None
