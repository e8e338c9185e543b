"""Carrying out what a moderator pressed: texts and decision are stored together or not at all."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from supporters import lifecycle
from supporters.models import Edit, Event, Message

from .forms import Action, ReviewForm
from .reviews import Review

DECIDED_BY = {
    Action.APPROVE: (Event.Kind.APPROVED, Event.Kind.EDIT_ACCEPTED),
    Action.ASK: (Event.Kind.ASKED,),
    Action.DECLINE: (Event.Kind.DECLINED, Event.Kind.EDIT_REFUSED),
}


class NotYours(Exception):
    """A decision somebody else took: only they, or a Safety lead, take it back."""


@transaction.atomic
def carry_out(review: Review, form: ReviewForm) -> None:
    """Do what the valid `form` asks for.

    Raises `lifecycle.InvalidTransition` when somebody was faster, `lifecycle.NotApprovable`, `NotYours`, or
    `PermissionDenied`; then nothing is stored.
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
    elif review.edit:
        _review_edit(review, review.edit, form)
    else:
        _review_message(review, form)


def is_repeated(review: Review, form: ReviewForm) -> bool:
    """Whether `form` asks for what the same person has just done: a button pressed twice, or again after Back."""
    data, decision = form.cleaned_data, review.decision
    if data["action"] == Action.UNDO:
        last = review.events[-1] if review.events else None
        return last is not None and (last.kind, last.actor_id) == (Event.Kind.UNDONE, review.user.pk)
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


def _review_message(review: Review, form: ReviewForm) -> None:
    message, data = review.message, form.cleaned_data
    action, revision = data["action"], data["revision"]
    if action in (Action.SAVE, Action.APPROVE) or form.has_new_texts:
        message = lifecycle.save_texts(
            message, actor=review.user, revision=revision, texts=form.texts, cleared=form.cleared
        )
        revision = message.revision
    why = {"reason": data["reason"], "note": data["note"]}
    if action == Action.APPROVE:
        lifecycle.approve(message, moderator=review.user, revision=revision, checks=data["check"])
    elif action == Action.ASK:
        lifecycle.ask(message, moderator=review.user, revision=revision, **why)
    elif action == Action.DECLINE:
        lifecycle.decline(message, moderator=review.user, revision=revision, **why)


def _review_edit(review: Review, edit: Edit, form: ReviewForm) -> None:
    data = form.cleaned_data
    action, revision = data["action"], data["revision"]
    if action == Action.ASK:
        raise lifecycle.InvalidTransition("an edit is accepted or declined")
    if action in (Action.SAVE, Action.APPROVE) or form.has_new_texts:
        edit = lifecycle.save_edit_texts(
            edit, actor=review.user, revision=revision, texts=form.texts, cleared=form.cleared
        )
        revision = edit.message.revision
    if action == Action.APPROVE:
        lifecycle.accept_edit(edit, moderator=review.user, revision=revision, checks=data["check"])
    elif action == Action.DECLINE:
        lifecycle.refuse_edit(edit, moderator=review.user, revision=revision, reason=data["reason"], note=data["note"])
