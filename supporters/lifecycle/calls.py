"""Calls for help: what Safety leads do with a message that was declined into their hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from messages_site.changes import announce
from supporters.models import Event, Message

from .moves import InvalidTransition, Kind, Status, move

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def return_call(message: Message, *, actor: User) -> Event:
    """It is no call for help: it waits for the desk again, also after its sender was told that it is declined."""
    sender_knows = message.live_at is not None and message.live_at <= timezone.now()
    return move(
        message,
        Status.PENDING,
        Kind.CALL_RETURNED,
        actor=actor,
        sources=[Status.DECLINED],
        where={"is_call_for_help": True},
        event={"is_public": sender_knows},
        live_at=None,
        note="",
        is_call_for_help=False,
        help_handled_at=None,
    )


@transaction.atomic
def handle_call(message: Message, *, actor: User) -> Event:
    """What can be done has been done. It stays declined, and its sender hears nothing new."""
    return _set_handled(message, Kind.CALL_HANDLED, actor=actor)


@transaction.atomic
def reopen_call(message: Message, *, actor: User) -> Event:
    """Take `handle_call` back."""
    return _set_handled(message, Kind.CALL_REOPENED, actor=actor)


def _set_handled(message: Message, kind: Kind, *, actor: User) -> Event:
    is_handled = kind == Kind.CALL_HANDLED
    calls = Message.objects.filter(pk=message.pk, status=Status.DECLINED, is_call_for_help=True)
    rows = calls.filter(help_handled_at__isnull=is_handled)
    if not rows.update(help_handled_at=timezone.now() if is_handled else None, revision=F("revision") + 1):
        raise InvalidTransition(f"{message.pk} is no call for help, or somebody was faster")
    message.refresh_from_db()
    event = Event.objects.record(message, kind, actor=actor, is_public=False)
    announce(message.pk, kind)
    return event
