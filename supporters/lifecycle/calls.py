"""Calls for help: what Safety leads do with a message, or a proposed change, that was declined into their hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from messages_site.changes import announce
from supporters.models import Edit, Event, Message

from .approval import message_of
from .moves import InvalidTransition, Kind, Status, lock, move

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def return_call(draft: Message | Edit, *, actor: User) -> Event:
    """It is no call for help: it waits for the desk again, also after its sender was told that it is declined."""
    if isinstance(draft, Edit):
        return _return_edit(draft, actor=actor)
    return move(
        draft,
        Status.PENDING,
        Kind.CALL_RETURNED,
        actor=actor,
        sources=[Status.DECLINED],
        where={"is_call_for_help": True},
        event={"is_public": _sender_knows(draft)},
        live_at=None,
        note="",
        is_call_for_help=False,
        help_handled_at=None,
    )


def _sender_knows(draft: Message | Edit) -> bool:
    return draft.live_at is not None and draft.live_at <= timezone.now()


def _return_edit(edit: Edit, *, actor: User) -> Event:
    """One whose sender has proposed another change since stays refused: each carries the whole letter."""
    lock(edit.message)
    newer = Edit.objects.filter(Q(status=Edit.Status.OPEN) | Q(pk__gt=edit.pk), message=edit.message).exists()
    again: dict[str, Any] = {} if newer else {"status": Edit.Status.OPEN, "live_at": None, "note": ""}
    is_public = _sender_knows(edit) and not newer
    return _change(
        edit, Kind.CALL_RETURNED, Q(), actor, is_public, is_call_for_help=False, help_handled_at=None, **again
    )


@transaction.atomic
def handle_call(draft: Message | Edit, *, actor: User) -> Event:
    """What can be done has been done. It stays declined, and its sender hears nothing new."""
    lock(message_of(draft))
    return _change(draft, Kind.CALL_HANDLED, Q(help_handled_at=None), actor, help_handled_at=timezone.now())


@transaction.atomic
def reopen_call(draft: Message | Edit, *, actor: User) -> Event:
    """Take `handle_call` back."""
    lock(message_of(draft))
    return _change(draft, Kind.CALL_REOPENED, Q(help_handled_at__isnull=False), actor, help_handled_at=None)


def _change(draft: Message | Edit, kind: Kind, where: Q, actor: User, is_public: bool = False, **fields: Any) -> Event:
    """Store `fields` on a call whose message is locked, unless somebody was faster or its sender took it back."""
    message = message_of(draft)
    ids: dict[str, Any] = {}
    if isinstance(draft, Edit):
        calls = Edit.objects.filter(where, pk=draft.pk, is_call_for_help=True)
        found = message.status != Status.WITHDRAWN and calls.update(**fields)
        ids = {"edit": draft.pk}
    else:
        found = Message.objects.filter(where, pk=draft.pk, status=Status.DECLINED, is_call_for_help=True).update(
            **fields
        )
    if not found:
        raise InvalidTransition(f"{message.pk} is no call for help, or somebody was faster")
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1)
    draft.refresh_from_db()
    message.refresh_from_db()
    event = Event.objects.record(message, kind, actor=actor, is_public=is_public, **ids)
    announce(message.pk, kind)
    return event
