"""The page on which one message is reviewed, and its private file."""

from __future__ import annotations

import re
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from supporters import storing
from supporters.lifecycle import CALL_FOR_HELP, SHOWN_TEXTS, Check, InvalidTransition, NotApprovable
from supporters.models import Event, Message, Rendition
from supporters.models.messages import OUTLETS

from ..access import for_roles
from ..pages import HANDED_OVER, LEFT, page_context
from ..queues import queue
from ..queues.shelves import Shelf
from ..roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from ..translating import views as translate_views
from ..translating.translations import Unread
from . import claims, decisions, gone, kept, wording
from .files import answer_with_file
from .forms import TICKED_LOOKS, Action, ReviewForm
from .hints import Hints
from .preferences import has_keys
from .reviews import Review

# What the page says after an action that stays on it.
DONE = {
    Action.CLAIM: gettext_lazy("You hold this now. Others see it, and can still decide."),
    Action.RELEASE: gettext_lazy("You gave it back."),
    Action.SAVE: gettext_lazy("The texts are saved."),
    Action.UNDO: gettext_lazy("The decision was taken back. The message waits again."),
    Action.REMOVE: gettext_lazy("The message was removed."),
    Action.RESTORE: gettext_lazy("The message was put back."),
}
# These decide about texts, so the person must have seen the ones that are stored.
NEEDS_REVISION = {
    Action.SAVE, Action.APPROVE, Action.SECOND_LOOK, Action.TRANSLATE, Action.ASK, Action.DECLINE,
}  # fmt: skip
# These store nothing of what was typed: it has to stay on the page.
KEEPS_TYPING = {Action.CLAIM, Action.RELEASE}
# Statuses in which an undo came too late.
DECIDED = {Message.Status.APPROVED, Message.Status.ASKED, Message.Status.DECLINED}


@for_roles(MODERATOR, SAFETY_LEAD, TRANSLATOR, REVIEWER, NORTHERN_READER)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """One message: read it, put it into both languages, decide. Who only works on texts finds those."""
    if not may(request.user, MODERATOR, SAFETY_LEAD):
        return translate_views.text_page(request, slug)
    message = get_object_or_404(Message.objects.select_related("attachment"), slug=slug)
    if not _seen_by(request).filter(pk=message.pk).exists():
        return _out_of_hands(request, message)
    page = Review(message, cast(User, request.user), is_lead=may(request.user, SAFETY_LEAD))
    if request.method == "POST":
        return _decide(request, page)
    if request.method == "GET" and (typed := kept.take(request, slug)):
        return _continue(request, page, typed)
    return _show(request, page, _form(page))


def _seen_by(request: HttpRequest) -> QuerySet[Message]:
    """A call for help does not exist for anybody but the Safety leads."""
    return Message.objects.all() if may(request.user, SAFETY_LEAD) else Message.objects.filter(is_call_for_help=False)


def _form(page: Review, data: Any = None) -> ReviewForm:
    return ReviewForm(data, initial=page.initial(), draft=page.draft, reasons=page.active_reasons)


def _shelf(request: HttpRequest, page: Review) -> Shelf:
    """The list the message is read from."""
    shelf = Shelf.read(request.GET)
    return shelf.of(page.line, page.user) if page.is_waiting else shelf


def _decide(request: HttpRequest, page: Review) -> HttpResponse:
    form, line, shelf = _form(page, request.POST), page.line, _shelf(request, page)
    if form.is_valid():
        try:
            decisions.carry_out(page, form)
        except InvalidTransition:
            page = page.again()
            if decisions.is_repeated(page, form):
                return _go_on(request, page, form, line, shelf)
            return _conflict(request, page, action=form.cleaned_data["action"])
        except NotApprovable as error:
            form.add_missing(error.missing)
        except decisions.NotYours:
            form.add_error(None, _("Only the person who decided, or a Safety lead, can undo this."))
        except Unread:
            form.add_unread()
        except decisions.NothingToTranslate:
            form.add_error(None, wording.NOTHING_TO_TRANSLATE)
        except claims.Held as held:
            advice = _("You can still read and decide. What you typed is kept below.")
            return _show(request, page.again(), form, conflict=wording.held(held.by), advice=advice)
        else:
            return _go_on(request, page, form, line, shelf)
        page = page.again()  # what was rolled back stands in its rows
    elif form.cleaned_data.get("action") in NEEDS_REVISION and _is_stale(form, page):
        return _conflict(request, page)
    return _show(request, page, form)


def _is_stale(form: ReviewForm, page: Review) -> bool:
    current = page.message.revision
    return form.cleaned_data.get("revision", current) != current


def _go_on(request: HttpRequest, page: Review, form: ReviewForm, line: queue.Waiting, shelf: Shelf) -> HttpResponse:
    """Whoever is done with a message gets the next of the same list, with the way back; else the same page."""
    message, action = line.message, Action(form.cleaned_data["action"])
    if action in KEEPS_TYPING and not form.is_untouched:
        return _show(request, page.again(), form, done=action)
    if action in DONE:
        return redirect(shelf.letter(message, done=action))
    if action == Action.DECLINE and form.cleaned_data["reason"] == CALL_FOR_HELP:
        notice = {"done": HANDED_OVER}
    elif action in LEFT:
        notice = {"done": str(action), "after": message.slug}
    else:
        notice = {"after": message.slug}
    following = queue.next_waiting(line, chosen=shelf.chosen(page.user))
    return redirect(shelf.letter(following, **notice) if following else shelf.address(**notice))


def _out_of_hands(request: HttpRequest, message: Message) -> HttpResponse:
    """A call for help does not exist for moderators; what one of them was typing is not lost."""
    if request.method != "POST":
        return gone.page(request, message, kept.take(request, message.slug))
    handed_over = message.events.filter(kind=Event.Kind.DECLINED).order_by("-number").first()
    if handed_over and handed_over.actor_id == request.user.pk and request.POST.get("action") == Action.DECLINE:
        return redirect(Shelf.read(request.GET).address(done=HANDED_OVER))  # the button was pressed twice
    return gone.page(request, message, gone.posted(request, message))


def _conflict(request: HttpRequest, page: Review, *, action: str = "") -> HttpResponse:
    """Somebody was faster: say who and what, keep what was typed, show what is stored now."""
    conflict = _since(page, request.POST)
    if action == Action.UNDO and page.decision is None and page.message.status in DECIDED:
        conflict = f"{wording.TOO_LATE} {conflict}"
    if "body_ko" not in request.POST:  # the undo bar sends no texts
        return _show(request, page, _form(page), conflict=conflict, advice=_("Nothing was changed."))
    typed = request.POST.copy()
    typed["revision"] = str(page.message.revision)
    # What the ticks were given to may have changed.
    typed.setlist("check", [])
    _unread(page, typed)
    return _show(request, page, _form(page, typed), conflict=conflict, advice=_kept(page))


def _kept(page: Review) -> str:
    """What became of what was typed."""
    if page.message.status == Message.Status.WITHDRAWN:
        return _("Nothing was changed.")
    if page.is_editable:
        return _("Your text is kept below; compare and save. Tick the safety checks again.")
    return _("What you typed is kept below. Nothing was changed.")


def _events_since(page: Review, typed: QueryDict) -> list[Event]:
    """What happened since the page was opened; without its last event, what happened last."""
    seen = re.fullmatch(r"[0-9]{1,9}", typed.get("seen", ""), re.ASCII)
    return [event for event in page.events if seen and event.number > int(seen[0])] or page.events[-1:]


def _since(page: Review, typed: QueryDict) -> str:
    sentences = [wording.in_the_meantime(event) for event in _events_since(page, typed)] or [str(wording.CHANGED)]
    return " ".join(dict.fromkeys(sentences))


def _unread(page: Review, typed: QueryDict) -> None:
    """That nobody asks for help was said of other words, if the sender wrote new ones since."""
    if any(event.kind in (Event.Kind.ANSWERED, Event.Kind.EDITED) for event in _events_since(page, typed)):
        typed.pop("not_help", None)


def _continue(request: HttpRequest, page: Review, typed: QueryDict) -> HttpResponse:
    """Back after the session had ended: what was typed stands in the fields, beside what changed since."""
    sentence = str(wording.SIGNED_OUT)
    if typed.get("revision") != str(page.message.revision):
        sentence = f"{sentence} {_since(page, typed)}"
        typed["revision"] = str(page.message.revision)
        _unread(page, typed)
    return _show(request, page, _form(page, typed), conflict=sentence, advice=_kept(page), status=200)


def _show(
    request: HttpRequest,
    page: Review,
    form: ReviewForm,
    *,
    conflict: str = "",
    advice: str = "",
    done: str = "",
    status: int = 409,
) -> HttpResponse:
    done = done or request.GET.get("done", "")
    has_typed = bool(conflict) and form.is_bound and page.message.status != Message.Status.WITHDRAWN
    hints = Hints(page.draft, in_fields=page.is_editable or has_typed)
    shelf = _shelf(request, page)
    chosen = shelf.chosen(page.user)
    lines = queue.around(page.line, chosen=chosen) if page.is_waiting else queue.waiting(limit=20, chosen=chosen)
    before, following = _beside(page, lines, chosen) if page.is_waiting else (None, None)
    context = page_context(request, "review") | {
        "review": page,
        "message": page.message,
        "form": form,
        "texts": _texts(page, form, hints, with_stored=bool(conflict)),
        "hints": hints,
        "has_typed": has_typed,
        "has_keys": has_keys(page.user),
        "kept_for": kept.mark(page.message.slug, page.user.pk),
        "checks": Check.choices,
        "looks": _looks(page, form, hints),
        # Also when the words were typed just now, and are not stored.
        "asks_not_help": hints.has_danger or "not_help" in form.errors or bool(form["not_help"].value()),
        "outlets": [form[f"use_{outlet}"] for outlet in OUTLETS],
        "takes_effect": _takes_effect(page),
        "ticked": form["check"].value() or [],
        "errors": form.summary if form.is_bound and not conflict else [],
        "conflict": conflict,
        "advice": advice,
        "done": DONE[Action(done)] if done in DONE else "",
        "shelf": shelf,
        "queue": lines,
        "next_waiting": following,
        "previous_waiting": before,
    }
    return render(request, "moderation/review.html", context, status=status if conflict else 200)


def _beside(page: Review, lines: queue.Page, chosen: queue.Selection) -> tuple[Message | None, Message | None]:
    """What stands before and behind the message in its list; mostly the page of the list beside it says it."""
    messages = [line.message for line in lines.rows]
    at = messages.index(page.message) if page.message in messages else None
    before = messages[at - 1] if at else queue.previous_waiting(page.line, chosen=chosen)
    if at is None or at + 1 == len(messages):
        return before, queue.next_waiting(page.line, chosen=chosen)
    return before, messages[at + 1]


def _looks(page: Review, form: ReviewForm, hints: Hints) -> list[dict[str, Any]]:
    """The ticks for a second look. What another person was asked to look at stays ticked."""
    ticked, fixed = form["look"].value() or [], page.draft.look.split() if page.first_look else []
    return [
        {
            "code": code,
            "label": label,
            "is_ticked": code in ticked or code in fixed,
            "is_fixed": code in fixed,
            "is_suggested": code in hints.suggested,
        }
        for code, label in TICKED_LOOKS
    ]


def _takes_effect(page: Review) -> str:
    """When the decision that can still be undone takes effect."""
    decision = page.decision
    if decision is None or decision.draft.live_at is None:
        return ""
    return wording.decided(decision.kind, page.title, decision.draft.live_at)[1]


def _texts(page: Review, form: ReviewForm, hints: Hints, *, with_stored: bool) -> dict[str, dict[str, Any]]:
    """For each text its field, and beside it what is stored and what is published when that is something else."""
    fields: dict[str, dict[str, Any]] = {}
    for name in [*SHOWN_TEXTS, *(["transcript"] if "transcript" in form.fields else [])]:
        typed = (form[name].value() or "").replace("\r\n", "\n").strip()
        stored = getattr(page.draft, name, page.message.transcript) or ""
        published = (getattr(page.message, name) or "") if page.edit else ""
        fields[name] = {
            "field": form[name],
            # An empty one is nothing to compare with.
            "stored": stored if with_stored and stored.strip() not in ("", typed) else None,
            "published": published if page.edit and published != typed else None,
            "text": stored,
            "hints": hints.below(name, typed),
            "marked": hints.marked(name),
            "work": page.translations.get(name.removeprefix("body_"), ""),
        }
    return fields


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def media(request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
    """A rendition of a message that need not be public. What its sender took back is not shown to staff either."""
    messages = _seen_by(request).exclude(status=Message.Status.WITHDRAWN)
    found = get_object_or_404(
        Rendition.objects.select_related("attachment"), name=name, attachment__message__in=messages.filter(slug=slug)
    )
    try:
        return answer_with_file(request, storing.private(), found.stored, found.mime)
    except FileNotFoundError:
        raise Http404 from None
