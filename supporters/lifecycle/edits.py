"""Changes proposed to a published letter: the decision about them, and the moment they take effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from messages_site import jobs
from messages_site.changes import announce, prepare
from supporters.models import Edit, Event, Message

from .approval import FRIEND, NotApprovable, missing_for_approval
from .decisions import CALL_FOR_HELP
from .moves import (
    CONSENTS,
    DESK_MARKS,
    SENT_TEXTS,
    SHOWN_TEXTS,
    InvalidTransition,
    Kind,
    Status,
    bump,
    go_live_at,
    lock,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _decide_edit(
    edit: Edit, to: Edit.Status, kind: Kind, *, moderator: User, revision: int, reason: str = "", note: str = ""
) -> Event:
    bump(edit.message, revision)
    is_call = to == Edit.Status.REFUSED and reason == CALL_FOR_HELP
    changes = {"status": to, "live_at": go_live_at(), "note": note, "is_call_for_help": is_call}
    if not Edit.objects.filter(pk=edit.pk, status=Edit.Status.OPEN).update(**changes):
        raise InvalidTransition(f"edit {edit.pk} is no longer open")
    edit.refresh_from_db()
    event = Event.objects.record(edit.message, kind, actor=moderator, reason=reason, edit=edit.pk)
    announce(edit.message_id, kind)
    return event


@transaction.atomic
def accept_edit(edit: Edit, *, moderator: User, revision: int, checks: Iterable[str]) -> Event:
    """Accept what `save_edit_texts` stored; it replaces the published texts at `live_at`."""
    missing = missing_for_approval(edit, checks=checks, moderator=moderator)
    if missing:
        raise NotApprovable(missing)
    event = _decide_edit(edit, Edit.Status.ACCEPTED, Kind.EDIT_ACCEPTED, moderator=moderator, revision=revision)
    jobs.enqueue("supporters.lifecycle.apply_edit", edit.pk, at=edit.live_at)
    return event


@transaction.atomic
def refuse_edit(edit: Edit, *, moderator: User, revision: int, reason: str, note: str = "") -> Event:
    """Refuse an edit with a reason; the published message stays as it is.

    With the reason `CALL_FOR_HELP` the edit is the Safety leads' from now on, and nobody else's.
    """
    return _decide_edit(
        edit, Edit.Status.REFUSED, Kind.EDIT_REFUSED, moderator=moderator, revision=revision, reason=reason, note=note
    )


@transaction.atomic
def undo_edit(edit: Edit, *, actor: User) -> Event:
    """Take the decision about an edit back while it has not gone live."""
    lock(edit.message)
    if Edit.objects.filter(message=edit.message, status=Edit.Status.OPEN).exists():
        raise InvalidTransition(f"{edit.message_id} has a newer edit")
    decided = [Edit.Status.ACCEPTED, Edit.Status.REFUSED]
    rows = Edit.objects.filter(pk=edit.pk, status__in=decided, live_at__gt=timezone.now())
    if not rows.update(status=Edit.Status.OPEN, live_at=None, note="", is_call_for_help=False, help_handled_at=None):
        raise InvalidTransition(f"edit {edit.pk} cannot be undone any more")
    edit.refresh_from_db()
    Message.objects.filter(pk=edit.message_id).update(revision=F("revision") + 1)
    event = Event.objects.record(edit.message, Kind.UNDONE, actor=actor, is_public=False, edit=edit.pk)
    announce(edit.message_id, Kind.UNDONE)
    return event


@transaction.atomic
def apply_edit(edit_id: int) -> None:
    """Job: let an accepted edit whose time has come replace the texts of its message. May run twice."""
    message = Edit.objects.select_related("message").get(pk=edit_id).message
    lock(message)
    # Read under the lock: the sender may just have taken an outlet back.
    edit = Edit.objects.get(pk=edit_id)
    rows = Edit.objects.filter(
        pk=edit_id,
        status=Edit.Status.ACCEPTED,
        applied_at=None,
        live_at__lte=timezone.now(),
        message__status=Status.APPROVED,
    )
    if not rows.update(applied_at=timezone.now()):
        return
    prepare(message.pk)
    carried = (*SHOWN_TEXTS, *DESK_MARKS, *SENT_TEXTS, *CONSENTS)
    fields: dict[str, Any] = {name: getattr(edit, name) for name in carried}
    fields["name_ko"], fields["name_en"] = edit.name_ko or FRIEND["ko"], edit.name_en or FRIEND["en"]
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1, **fields)
    message.refresh_from_db()
    Event.objects.record(message, Kind.EDIT_SHOWN, actor=None, edit=edit.pk)
    announce(message.pk, Kind.EDIT_SHOWN)


def apply_due_edits() -> None:
    """Job: catch up with accepted edits whose own job was lost."""
    due = Edit.objects.filter(status=Edit.Status.ACCEPTED, applied_at=None, live_at__lte=timezone.now())
    for edit_id in due.filter(message__status=Status.APPROVED).values_list("pk", flat=True):
        apply_edit(edit_id)
