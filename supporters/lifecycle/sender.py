"""What senders do with their own message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from messages_site.changes import announce
from supporters.models import Edit, Event, Message
from supporters.models.messages import OUTLETS

from .moves import CONSENTS, DESK_MARKS, SENT_TEXTS, SHOWN_TEXTS, InvalidTransition, Kind, Status, lock, move


@transaction.atomic
def answer(message: Message, *, sent: dict[str, str], agreed: dict[str, bool]) -> Event:
    """The sender changes a message that is not public: it waits for the desk (again).

    The desk's drafts stay beside the new original; the moderator compares.
    """
    lock(message)
    fields: dict[str, Any] = {name: sent[name] for name in SENT_TEXTS if name in sent} | _narrowed(agreed)
    if message.status == Status.ASKED:
        return move(
            message, Status.PENDING, Kind.ANSWERED, actor=None, sources=[Status.ASKED], live_at=None, note="", **fields
        )
    if message.status != Status.PENDING:
        raise InvalidTransition(f"{message.pk} is no longer pending")
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1, **fields)
    message.refresh_from_db()
    event = Event.objects.record(message, Kind.ANSWERED, actor=None)
    announce(message.pk, Kind.ANSWERED)
    return event


def _narrowed(agreed: dict[str, bool]) -> dict[str, Any]:
    """The columns for the sender's choice of outlets: what is not agreed cannot stay cleared."""
    fields: dict[str, Any] = {f"agreed_{outlet}": value for outlet, value in agreed.items()}
    return fields | {f"cleared_{outlet}": False for outlet, value in agreed.items() if not value}


@transaction.atomic
def narrow(message: Message, *, outlets: Iterable[str]) -> Event:
    """The sender takes outlets back: at once, in any state, without review."""
    outlets = sorted(outlets)
    fields = _narrowed(dict.fromkeys(outlets, False))
    changed = Message.objects.filter(pk=message.pk).exclude(status=Status.WITHDRAWN)
    if not changed.update(revision=F("revision") + 1, **fields):
        raise InvalidTransition(f"{message.pk} is withdrawn")
    Edit.objects.filter(message=message).exclude(applied_at__isnull=False).update(**fields)
    message.refresh_from_db()
    event = Event.objects.record(message, Kind.CONSENT, actor=None, without=" ".join(outlets))
    announce(message.pk, Kind.CONSENT)
    return event


@transaction.atomic
def propose_edit(message: Message, *, sent: dict[str, str], agreed: dict[str, bool]) -> Edit:
    """The sender proposes a change of an approved message; the published one stays. One open edit a message."""
    lock(message)
    if message.status != Status.APPROVED:
        raise InvalidTransition(f"{message.pk} is not approved")
    shown = {name: getattr(message, name) or "" for name in SHOWN_TEXTS}
    shown |= {name: getattr(message, name) for name in DESK_MARKS}
    proposal: dict[str, Any] = {name: sent[name] for name in SENT_TEXTS if name in sent} | _narrowed(agreed)
    kept = {name: getattr(message, name) for name in (*SENT_TEXTS, *CONSENTS)}
    edit, created = Edit.objects.get_or_create(
        message=message, status=Edit.Status.OPEN, defaults={**kept, **shown, **proposal}
    )
    if not created:
        Edit.objects.filter(pk=edit.pk).update(submitted_at=timezone.now(), **proposal)
        edit.refresh_from_db()
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1)
    message.refresh_from_db()
    Event.objects.record(message, Kind.EDITED, actor=None, edit=edit.pk)
    announce(message.pk, Kind.EDITED)
    return edit


@transaction.atomic
def withdraw(message: Message) -> Event:
    """The sender takes the message back: gone at once, for good, whatever the desk does at the same moment."""
    lock(message)
    fields: dict[str, Any] = {f"cleared_{outlet}": False for outlet in OUTLETS}
    event = move(message, Status.WITHDRAWN, Kind.WITHDRAWN, actor=None, **fields)
    Edit.objects.filter(message=message, status=Edit.Status.OPEN).update(status=Edit.Status.REFUSED)
    return event
