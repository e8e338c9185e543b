"""Carrying out what a moderator pressed: texts and decision are stored together or not at all."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from supporters import lifecycle
from supporters.models import Edit, Event, Message

from ..translating import translations
from . import claims
from .forms import Action, ReviewForm
from .reviews import Review

DECIDED_BY = {
    Action.APPROVE: (Event.Kind.APPROVED, Event.Kind.EDIT_ACCEPTED),
    Action.ASK: (Event.Kind.ASKED,),
    Action.DECLINE: (Event.Kind.DECLINED, Event.Kind.EDIT_REFUSED),
}
# What the texts as they stand on the page are stored with.
SAVES = {Action.SAVE, Action.APPROVE, Action.SECOND_LOOK, Action.TRANSLATE}


class NotYours(Exception):
    """A decision somebody else took: only they, or a Safety lead, take it back."""


class NothingToTranslate(Exception):
    """Both texts are there, or there are no words to translate from."""


@transaction.atomic
def carry_out(review: Review, form: ReviewForm) -> None:
    """Do what the valid `form` asks for.

    Raises `lifecycle.InvalidTransition` when somebody was faster, `lifecycle.NotApprovable`, `NotYours`,
    `NothingToTranslate`, `translations.Unread`, `claims.Held`, or `PermissionDenied`; then nothing is stored.
    """
    action = form.cleaned_data["action"]
    if action in (Action.REMOVE, Action.RESTORE) and not review.is_lead:
        raise PermissionDenied
    if action == Action.REMOVE:
        lifecycle.remove(review.message, actor=review.user, reason=form.cleaned_data["reason"])
    elif action == Action.RESTORE:
        lifecycle.restore(review.message, actor=review.user)
    elif action == Action.UNDO:
        _undo(review)
    elif action == Action.RELEASE:
        claims.release(review.message, review.user)
    elif action == Action.CLAIM:
        _claim(review)
    else:
        _review(review, form)


def is_repeated(review: Review, form: ReviewForm) -> bool:
    """Whether `form` asks for what the same person has just done: a button pressed twice, or again after Back."""
    data, decision = form.cleaned_data, review.decision
    if data["action"] == Action.UNDO:
        return review.was_last(Event.Kind.UNDONE)
    if data["action"] == Action.SECOND_LOOK:
        return review.was_last(Event.Kind.SECOND_LOOK)
    if data["action"] in (Action.SAVE, Action.TRANSLATE):
        return review.was_last(Event.Kind.SAVED) and _holds(review.draft, form)
    if decision is None or review.edit or decision.event is None or decision.event.actor_id != review.user.pk:
        return False
    if decision.kind not in DECIDED_BY.get(data["action"], ()):
        return False
    if data["action"] == Action.APPROVE:
        return _holds(decision.draft, form)
    return (decision.event.reason, decision.draft.note) == (data["reason"], data["note"])


def _holds(draft: Message | Edit, form: ReviewForm) -> bool:
    """Whether `draft` was stored with exactly these texts and places of use."""
    unnamed = {"name_ko": lifecycle.FRIEND["ko"], "name_en": lifecycle.FRIEND["en"]}
    stored = all((getattr(draft, name) or "") in (text, text or unnamed.get(name)) for name, text in form.texts.items())
    return stored and all(getattr(draft, f"cleared_{outlet}") == value for outlet, value in form.cleared.items())


def _undo(review: Review) -> None:
    # Whose decision it is may change until the row is held.
    Message.objects.select_for_update().get(pk=review.message.pk)
    review = review.again()
    decision = review.decision
    if decision is None:
        raise lifecycle.InvalidTransition(f"{review.message.pk} cannot be undone any more")
    if not review.may_undo:
        raise NotYours
    if isinstance(decision.draft, Edit):
        lifecycle.undo_edit(decision.draft, actor=review.user)
    else:
        lifecycle.undo(decision.draft, actor=review.user)


def _claim(review: Review) -> None:
    # Who decides at this moment also frees it: without the lock a claim could be left on what is decided.
    Message.objects.select_for_update().values_list("pk").get(pk=review.message.pk)
    if not review.again().is_waiting:
        raise lifecycle.InvalidTransition(f"{review.message.pk} does not wait")
    claims.claim(review.message, review.user)


def _review(review: Review, form: ReviewForm) -> None:
    draft, data = review.draft, form.cleaned_data
    action, revision = data["action"], data["revision"]
    if action in SAVES or form.has_new_texts:
        draft = _save(review, form)
        revision = lifecycle.message_of(draft).revision
    if action == Action.SAVE:
        _hold(review)
    elif action == Action.APPROVE:
        _approve(draft, moderator=review.user, revision=revision, checks=data["check"])
    elif action == Action.SECOND_LOOK:
        lifecycle.send_to_second_look(draft, moderator=review.user, revision=revision, reasons=data["look"])
    elif action == Action.TRANSLATE:
        _translate(review, draft, is_read=data["not_help"])
    elif action in (Action.ASK, Action.DECLINE):
        _refuse(draft, action, moderator=review.user, revision=revision, reason=data["reason"], note=data["note"])


def _hold(review: Review) -> None:
    """Who saves works on it: they hold it from now on, unless somebody else does or it does not wait."""
    if review.is_waiting:
        with suppress(claims.Held):
            claims.claim(review.message, review.user)


def _save(review: Review, form: ReviewForm) -> Message | Edit:
    data, draft = form.cleaned_data, review.draft
    stored: dict[str, Any] = {"actor": review.user, "texts": form.texts, "cleared": form.cleared, "look": data["look"]}
    if isinstance(draft, Message):
        return lifecycle.save_texts(draft, revision=data["revision"], transcript=form.spoken, **stored)
    if form.spoken not in (None, draft.message.transcript):
        message = lifecycle.save_transcript(
            draft.message, actor=review.user, revision=data["revision"], transcript=form.spoken or ""
        )
        return lifecycle.save_edit_texts(draft, revision=message.revision, **stored)
    return lifecycle.save_edit_texts(draft, revision=data["revision"], **stored)


def _approve(draft: Message | Edit, **how: Any) -> None:
    if isinstance(draft, Edit):
        lifecycle.accept_edit(draft, **how)
    else:
        lifecycle.approve(draft, **how)


def _translate(review: Review, draft: Message | Edit, *, is_read: bool) -> None:
    try:
        asked = translations.request(draft, by=review.user, is_read=is_read)
    except translations.Gone:
        raise NothingToTranslate from None
    if not asked:
        raise NothingToTranslate
    claims.release(review.message, review.user)


def _refuse(draft: Message | Edit, action: str, **why: Any) -> None:
    if isinstance(draft, Message):
        (lifecycle.ask if action == Action.ASK else lifecycle.decline)(draft, **why)
    elif action == Action.ASK:
        raise lifecycle.InvalidTransition("an edit is accepted or declined")
    else:
        lifecycle.refuse_edit(draft, **why)
