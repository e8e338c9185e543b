"""What waits for the desk, oldest first, and what it decided: short lists read with a cursor, never with an offset."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.timezone import now

from supporters.models import Attachment, Edit, Message

PAGE = 25
# Above this the desk shows "99+": counting a long queue tells nobody anything.
COUNTED = 99
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Not read by a list; a page of them can be long.
TEXTS = ("original", "original_alt", "own_ko", "body_ko", "body_en", "body_kp", "alt_ko", "alt_en", "note")


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


def _new_messages(after: Cursor | None, limit: int) -> Iterator[Waiting]:
    pending = Message.objects.filter(_later(after, edits=False), status=Message.Status.PENDING)
    rows = pending.select_related("attachment").defer(*TEXTS).order_by("submitted_at", "pk")
    return (Waiting(message) for message in rows[:limit])


def _open_edits(after: Cursor | None, limit: int) -> Iterator[Waiting]:
    rows = Edit.objects.filter(
        _later(after, edits=True), status=Edit.Status.OPEN, message__status=Message.Status.APPROVED
    )
    rows = rows.select_related("message", "message__attachment").order_by("submitted_at", "pk")
    return (Waiting(edit.message, edit) for edit in rows[:limit])


def waiting(after: Cursor | None = None, *, limit: int = PAGE) -> Page:
    """New messages and open edits, oldest first, from behind `after`."""
    streams = (_new_messages(after, limit + 1), _open_edits(after, limit + 1))
    rows = list(heapq.merge(*streams, key=lambda row: row.cursor))
    return Page(rows[:limit], str(rows[limit - 1].cursor) if len(rows) > limit else "")


def around(line: Waiting, *, limit: int = 20) -> Page:
    """The oldest lines; when `line` waits farther down, the lines from there on."""
    oldest = waiting(limit=limit)
    if not oldest.next or line.cursor <= oldest.rows[-1].cursor:
        return oldest
    behind = waiting(line.cursor, limit=limit - 1)
    return Page([line, *behind.rows], behind.next)


def next_waiting(after: Waiting) -> Message | None:
    """What to read once `after` is done or left for others: the next one behind it, at the end the oldest."""
    rows = waiting(after.cursor, limit=1).rows or waiting(limit=2).rows
    return next((row.message for row in rows if row.message.pk != after.message.pk), None)


def waiting_count() -> str:
    """How much waits, as it is shown: `12`, or `99+`."""
    pending = Message.objects.filter(status=Message.Status.PENDING)[: COUNTED + 1].count()
    edits = Edit.objects.filter(status=Edit.Status.OPEN, message__status=Message.Status.APPROVED)[: COUNTED + 1].count()
    return str(pending + edits) if pending + edits <= COUNTED else f"{COUNTED}+"


def decided(status: Message.Status, before: str = "", *, limit: int = PAGE) -> Page:
    """Messages in `status` whose time to undo is over, the newest first, from behind the cursor `before`."""
    rows = Message.objects.filter(status=status, live_at__lte=now()).select_related("attachment").defer(*TEXTS)
    if re.fullmatch(r"[0-9]{1,18}", before, re.ASCII):
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: limit + 1])
    return Page(found[:limit], str(found[limit - 1].pk) if len(found) > limit else "")


def not_yet_live(status: Message.Status) -> list[Message]:
    """Messages whose decision can still be undone, the newest decision first."""
    rows = Message.objects.filter(status=status, live_at__gt=now()).select_related("attachment").defer(*TEXTS)
    return list(rows.order_by("-live_at", "-pk")[:100])
