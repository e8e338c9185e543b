"""Statuses and the one way from one to another; what every change of a message goes through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from messages_site.changes import announce
from supporters.models import Event, Message
from supporters.models.messages import OUTLETS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Message.Status
Kind = Event.Kind

TRANSITIONS: dict[Status, set[Status]] = {
    Status.PENDING: {Status.APPROVED, Status.ASKED, Status.DECLINED, Status.WITHDRAWN},
    Status.ASKED: {Status.PENDING, Status.APPROVED, Status.DECLINED, Status.WITHDRAWN},
    Status.APPROVED: {Status.PENDING, Status.REMOVED, Status.WITHDRAWN},
    Status.DECLINED: {Status.PENDING, Status.WITHDRAWN},
    Status.REMOVED: {Status.APPROVED, Status.WITHDRAWN},
    Status.WITHDRAWN: set(),
}

SHOWN_TEXTS = ("body_ko", "body_en", "body_kp", "alt_ko", "alt_en", "name_ko", "name_en")
# What the desk notes about the texts it shows.
DESK_MARKS = ("kp_signed", "credit_ko", "credit_en", "look")
SENT_TEXTS = ("original", "original_name", "original_alt", "own_ko", "language", "country", "group")
CONSENTS = tuple(f"{word}_{outlet}" for word in ("agreed", "cleared") for outlet in OUTLETS)


class InvalidTransition(Exception):
    """The message is no longer, or never was, in a state that allows this."""


class StaleRevision(InvalidTransition):
    """Somebody changed the message since the page was opened."""


def go_live_at() -> datetime:
    """When a decision taken now takes effect; until then it can be undone."""
    return timezone.now() + timedelta(minutes=settings.PUBLISH_DELAY_MINUTES)


def move(
    message: Message,
    to: Status,
    kind: Kind,
    *,
    actor: User | None,
    sources: Iterable[Status] = (),
    revision: int | None = None,
    reason: str = "",
    event: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    **fields: Any,
) -> Event:
    """Change the status with one conditional update; call inside a transaction."""
    before = Status(message.status)
    allowed = set(sources) or {source for source, targets in TRANSITIONS.items() if to in targets}
    if before not in allowed or to not in TRANSITIONS[before]:
        raise InvalidTransition(f"{before} to {to}")
    conditions = {"pk": message.pk, "status": before, **(where or {})}
    if revision is not None:
        conditions["revision"] = revision
    changes = {"status": to, "revision": F("revision") + 1, **fields}
    # Two people may decide at once: only the first update finds the row as it was.
    if not Message.objects.filter(**conditions).update(**changes):
        current = Message.objects.get(pk=message.pk)
        if revision is not None and current.status == before and current.revision != revision:
            raise StaleRevision(f"{message.pk} is at revision {current.revision}")
        raise InvalidTransition(f"{message.pk} is no longer {before}")
    message.refresh_from_db()
    recorded = Event.objects.record(message, kind, actor=actor, reason=reason, **(event or {}))
    announce(message.pk, kind)
    return recorded


def lock(message: Message) -> None:
    """Read `message` anew and hold its row until the transaction ends.

    Whoever writes an edit locks its message first: everybody takes the two in the same order.
    """
    message.refresh_from_db(from_queryset=Message.objects.select_for_update())


def bump(message: Message, revision: int) -> None:
    if not Message.objects.filter(pk=message.pk, revision=revision).update(revision=F("revision") + 1):
        raise StaleRevision(str(message.pk))
    message.refresh_from_db()


# From so many messages of one sender within an hour the desk is told how many there were.
BURST = 6


@transaction.atomic
def receive(message: Message, *, burst: int = 1) -> Event:
    """Note that a message, saved in this transaction, has arrived: the last of `burst` from its sender in an hour."""
    ids: dict[str, Any] = {"burst": burst} if burst >= BURST else {}
    event = Event.objects.record(message, Kind.RECEIVED, actor=None, **ids)
    announce(message.pk, Kind.RECEIVED)
    return event
