"""What waits for the desk, oldest first, and what it decided: short lists read with a cursor, never with an offset.

Calls for help stand in none of them: Safety leads have a queue of their own.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import now

from supporters.models import Attachment, Edit, Event, Message

from ..models import Claim

PAGE = 25
# Above this the desk shows "99+": counting a long queue tells nobody anything.
COUNTED = 99
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Not read by a list; a page of them can be long.
TEXTS = (
    "original", "original_alt", "own_ko", "transcript", "body_ko", "body_en", "body_kp", "alt_ko", "alt_en", "note",
)  # fmt: skip
# What ends a second look: the sender changed the words, so that everything begins anew.
LOOKS_END = (Event.Kind.RECEIVED, Event.Kind.ANSWERED, Event.Kind.EDITED)


@dataclass(frozen=True, order=True)
class Cursor:
    """A place in the queue: everything up to and including it has been shown."""

    at: datetime
    is_edit: bool
    pk: int

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        match = re.fullmatch(r"([0-9]{1,17})-([01])-([0-9]{1,18})", text, re.ASCII)
        if match is None:
            return None
        microseconds, is_edit, pk = map(int, match.groups())
        try:
            return cls(EPOCH + timedelta(microseconds=microseconds), bool(is_edit), pk)
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{int(self.is_edit)}-{self.pk}"


@dataclass(frozen=True)
class Waiting:
    """One line of the queue: a new message, or the change its sender proposes to a published one."""

    message: Message
    edit: Edit | None = None

    @property
    def draft(self) -> Message | Edit:
        return self.edit or self.message

    @property
    def attachment(self) -> Attachment | None:
        return getattr(self.message, "attachment", None)

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.draft.submitted_at, self.edit is not None, self.draft.pk)


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next: str = ""


def _later(cursor: Cursor | None, *, edits: bool) -> Q:
    """The rows of one kind behind `cursor`; a message comes before an edit of the same moment."""
    if cursor is None:
        return Q()
    if edits == cursor.is_edit:
        return Q(submitted_at__gt=cursor.at) | Q(submitted_at=cursor.at, pk__gt=cursor.pk)
    return Q(submitted_at__gte=cursor.at) if edits else Q(submitted_at__gt=cursor.at)


def _earlier(cursor: Cursor, *, edits: bool) -> Q:
    """The rows of one kind before `cursor`."""
    if edits == cursor.is_edit:
        return Q(submitted_at__lt=cursor.at) | Q(submitted_at=cursor.at, pk__lt=cursor.pk)
    return Q(submitted_at__lt=cursor.at) if edits else Q(submitted_at__lte=cursor.at)


# --- Which lines a list holds -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """Conditions on new messages, and the same ones on open edits."""

    messages: Q = field(default_factory=Q)
    edits: Q = field(default_factory=Q)

    def __and__(self, other: Selection) -> Selection:
        return Selection(self.messages & other.messages, self.edits & other.edits)


EVERYTHING = Selection()


def _looked_at(path: str, *, not_by: User | None = None) -> Exists:
    """Whether somebody sent the message at `path` to a second look, and its sender has not changed it since.

    The same rule as `lifecycle.first_look`, for many rows.
    """
    after = Event.objects.filter(message=OuterRef("message"), number__gt=OuterRef("number"))
    looks = Event.objects.filter(message=OuterRef(path), kind=Event.Kind.SECOND_LOOK)
    looks = looks.exclude(Exists(after.filter(kind__in=[Event.Kind.SECOND_LOOK, *LOOKS_END])))
    return Exists(looks.exclude(actor=not_by) if not_by else looks)


def second_look(*, not_by: User | None = None) -> Selection:
    """What waits for another person than the first; without what `not_by` was the first to look at."""
    return Selection(
        (Q(kind=Message.Kind.VIDEO) | ~Q(look="")) & Q(_looked_at("pk", not_by=not_by)),
        (Q(message__kind=Message.Kind.VIDEO) | ~Q(look="")) & Q(_looked_at("message", not_by=not_by)),
    )


def first_looks() -> Selection:
    """What waits for its first look."""
    return Selection(
        (~Q(kind=Message.Kind.VIDEO) & Q(look="")) | ~Q(_looked_at("pk")),
        (~Q(message__kind=Message.Kind.VIDEO) & Q(look="")) | ~Q(_looked_at("message")),
    )


def held_by(user: User) -> Selection:
    """What `user` has claimed to review."""
    claims = Claim.objects.filter(holder=user, until__gt=now(), task=Claim.Task.REVIEW).values("message")
    return Selection(Q(pk__in=claims), Q(message__in=claims))


# --- What waits -------------------------------------------------------------------------------------------------


def pending() -> QuerySet[Message]:
    return Message.objects.filter(status=Message.Status.PENDING, is_call_for_help=False)


def open_edits() -> QuerySet[Edit]:
    return Edit.objects.filter(status=Edit.Status.OPEN, message__status=Message.Status.APPROVED)


def _new_messages(chosen: Selection, after: Cursor | None, limit: int) -> Iterator[Waiting]:
    rows = pending().filter(_later(after, edits=False), chosen.messages)
    rows = rows.select_related("attachment").defer(*TEXTS).order_by("submitted_at", "pk")
    return (Waiting(message) for message in rows[:limit])


def _open_edits(chosen: Selection, after: Cursor | None, limit: int) -> Iterator[Waiting]:
    rows = open_edits().filter(_later(after, edits=True), chosen.edits)
    rows = rows.select_related("message", "message__attachment").order_by("submitted_at", "pk")
    return (Waiting(edit.message, edit) for edit in rows[:limit])


def waiting(after: Cursor | None = None, *, limit: int = PAGE, chosen: Selection | None = None) -> Page:
    """New messages and open edits, oldest first, from behind `after`; as long as nothing else is `chosen`, those
    that wait for their first look.
    """
    chosen = first_looks() if chosen is None else chosen
    streams = (_new_messages(chosen, after, limit + 1), _open_edits(chosen, after, limit + 1))
    rows = list(heapq.merge(*streams, key=lambda row: row.cursor))
    return Page(rows[:limit], str(rows[limit - 1].cursor) if len(rows) > limit else "")


def around(line: Waiting, *, limit: int = 20, chosen: Selection | None = None) -> Page:
    """The oldest lines; when `line` waits farther down, the lines from there on."""
    oldest = waiting(limit=limit, chosen=chosen)
    if not oldest.next or line.cursor <= oldest.rows[-1].cursor:
        return oldest
    behind = waiting(line.cursor, limit=limit - 1, chosen=chosen)
    return Page([line, *behind.rows], behind.next)


def next_waiting(after: Waiting, *, chosen: Selection | None = None) -> Message | None:
    """What to read once `after` is done or left for others: the next one behind it, at the end the oldest."""
    rows = waiting(after.cursor, limit=1, chosen=chosen).rows or waiting(limit=2, chosen=chosen).rows
    return next((row.message for row in rows if row.message.pk != after.message.pk), None)


def previous_waiting(before: Waiting, *, chosen: Selection | None = None) -> Message | None:
    """What stands right before it in the same list; None when it is the oldest."""
    chosen, cursor = first_looks() if chosen is None else chosen, before.cursor
    messages = pending().filter(_earlier(cursor, edits=False), chosen.messages).order_by("-submitted_at", "-pk")
    edits = open_edits().filter(_earlier(cursor, edits=True), chosen.edits).order_by("-submitted_at", "-pk")
    lines = [Waiting(message) for message in messages.defer(*TEXTS)[:1]]
    lines += [Waiting(edit.message, edit) for edit in edits.select_related("message")[:1]]
    return max(lines, key=lambda line: line.cursor).message if lines else None


def waiting_count(chosen: Selection | None = None) -> str:
    """How much waits, as it is shown: `12`, or `99+`."""
    chosen = first_looks() if chosen is None else chosen
    # In the order of the queue: that of the primary key would begin with every letter there ever was.
    counted = pending().filter(chosen.messages).order_by("submitted_at", "pk")[: COUNTED + 1].count()
    counted += open_edits().filter(chosen.edits).order_by("submitted_at", "pk")[: COUNTED + 1].count()
    return _shown(counted)


def held_count(user: User) -> str:
    """How much of what waits `user` holds."""
    waits = Q(message__status=Message.Status.PENDING, message__is_call_for_help=False)
    changed = Exists(open_edits().filter(message=OuterRef("message")))
    claims = Claim.objects.filter(holder=user, until__gt=now(), task=Claim.Task.REVIEW).filter(waits | changed)
    return _shown(claims[: COUNTED + 1].count())


def _shown(counted: int) -> str:
    return str(counted) if counted <= COUNTED else f"{COUNTED}+"


# --- What was decided -------------------------------------------------------------------------------------------


def _decided(status: Message.Status) -> QuerySet[Message]:
    rows = Message.objects.filter(status=status, is_call_for_help=False)
    return rows.select_related("attachment").defer(*TEXTS)


def decided(status: Message.Status, before: str = "", *, limit: int = PAGE) -> Page:
    """Messages in `status` whose time to undo is over, the newest first, from behind the cursor `before`."""
    rows = _decided(status).filter(live_at__lte=now())
    if re.fullmatch(r"[0-9]{1,18}", before, re.ASCII):
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: limit + 1])
    return Page(found[:limit], str(found[limit - 1].pk) if len(found) > limit else "")


def not_yet_live(status: Message.Status) -> list[Message]:
    """Messages whose decision can still be undone, the newest decision first."""
    rows = _decided(status).filter(live_at__gt=now())
    return list(rows.order_by("-live_at", "-pk")[:100])
