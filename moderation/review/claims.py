"""Who works on what for the next twenty minutes. A claim tells the others; nobody is locked out by it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from supporters.models import Event, Message
from supporters.retention import ERASED

from ..models import Claim

Kind = Event.Kind
REVIEW = Claim.Task.REVIEW
LENGTH = timedelta(minutes=20)
# With these the reviewer is done, whoever it was that decided.
OUTCOMES = {
    Kind.APPROVED, Kind.ASKED, Kind.DECLINED, Kind.SECOND_LOOK, Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED,
    Kind.WITHDRAWN, Kind.REMOVED, ERASED,
}  # fmt: skip


class Held(Exception):
    """Somebody else works on it; `by` is the claim, or None when it ended at this very moment."""

    def __init__(self, by: Claim | None) -> None:
        super().__init__(str(by))
        self.by = by


def live() -> QuerySet[Claim]:
    """Claims that have not run out."""
    return Claim.objects.filter(until__gt=now()).select_related("holder")


def holder_of(message: Message, task: str = REVIEW) -> Claim | None:
    """The claim somebody holds on `message` now."""
    return live().filter(message=message, task=task).first()


def claim(message: Message, user: User, task: str = REVIEW) -> None:
    """Take `message`, or hold it for another twenty minutes. Raises `Held`."""
    for _attempt in range(2):
        if _take(Q(holder=user) | Q(until__lte=now()), message, user, task):
            return
        try:
            with transaction.atomic():
                Claim.objects.create(message=message, task=task, holder=user, until=now() + LENGTH)
        except IntegrityError:
            continue  # held, or taken by somebody else this moment; their claim may be free again by now
        return
    raise Held(holder_of(message, task))


def renew(message: Message, user: User, task: str = REVIEW) -> bool:
    """Hold it longer while working on it. Returns whether `user` held it."""
    return _take(Q(holder=user, until__gt=now()), message, user, task)


def _take(free: Q, message: Message, user: User, task: str) -> bool:
    rows = Claim.objects.filter(free, message=message, task=task)
    return bool(rows.update(holder=user, until=now() + LENGTH))


def release(message: Message, user: User, task: str = REVIEW) -> bool:
    """Give back what `user` holds. Returns whether there was anything to give back."""
    count, _models = Claim.objects.filter(message=message, task=task, holder=user).delete()
    return count > 0


def release_all(message: Message | int, tasks: Iterable[str]) -> None:
    """End these claims, whoever holds them."""
    Claim.objects.filter(message=message, task__in=list(tasks)).delete()


def release_held_by(user: User) -> None:
    """End everything `user` holds: who left, or lost a role, works on nothing any more."""
    Claim.objects.filter(holder=user).delete()


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`: every outcome frees the message."""
    if kind in OUTCOMES:
        release_all(message_id, [REVIEW])
