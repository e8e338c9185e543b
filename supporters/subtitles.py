"""Subtitles: timed lines of plain text, what may be stored of them, and the two formats they leave in.

A cue is `(begin, end, text)` in milliseconds from the start of the clip. WebVTT is the W3C's format for browsers, SRT
the one every editor and old player knows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from messages_site.changes import announce

from . import lifecycle, texts
from .models import Event, Message, Subtitles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_CUES = 300
MOST_LINES = 2  # of a cue: more would cover a small picture
LINE_LIMIT = 120  # characters as a person counts them
SHORTEST = 500  # milliseconds: nobody reads anything faster
CLOCK = re.compile(r"(?:([0-9]{1,2}):)??(?:([0-9]{1,3}):)?([0-9]{1,4})(?:[.,]([0-9]{1,3}))?", re.ASCII)
# In a WebVTT cue these begin a tag or an entity, or look like a line of times.
ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Cue(NamedTuple):
    begin: int
    end: int
    text: str


class Problem(NamedTuple):
    """Why a cue, counted from 0, cannot be stored: `empty`, `lines`, `long`, `backwards`, `short`, `late`, `overlap`.

    `many` is about all of them.
    """

    at: int
    code: str


def cues_of(row: Subtitles) -> list[Cue]:
    return [Cue(*cue) for cue in row.cues]


def plain(text: str) -> str:
    """The words of a cue as they are stored: cleaned, without empty lines. Raises `texts.Unwritable`."""
    lines = re.split(r"[\n\u2028\u2029]", texts.clean(text))
    return "\n".join(stripped for line in lines if (stripped := re.sub(r"\s+", " ", line).strip()))


# --- Times --------------------------------------------------------------------------------------------------------


def read_clock(text: str) -> int | None:
    """Milliseconds of `1:02.5`, `62,5` or `0:01:02.500`; None for anything else."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    if (match[2] and seconds > 59) or (match[1] and minutes > 59):
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[4] or "").ljust(3, "0"))


def clock(milliseconds: int) -> str:
    """`1:02.5`: as people write it, to the millisecond where that is needed."""
    minutes, rest = divmod(milliseconds, 60_000)
    fraction = f"{rest % 1000:03}".rstrip("0") or "0"
    return f"{minutes}:{rest // 1000:02}.{fraction}"


def _stamp(milliseconds: int, mark: str) -> str:
    """`00:01:02.500`, with the decimal mark of the format."""
    seconds, fraction = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{fraction:03}"


# --- Formats ------------------------------------------------------------------------------------------------------


def webvtt(cues: Iterable[Cue]) -> str:
    """As WebVTT (W3C): tags and entities have no place in our text, so what looks like one is escaped."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        text = "".join(ESCAPED.get(character, character) for character in cue.text)
        blocks.append(f"{_stamp(cue.begin, '.')} --> {_stamp(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def srt(cues: Iterable[Cue]) -> str:
    """As SubRip, which knows no escaping: an arrow in the text would begin another cue and is written as one sign."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        text = cue.text.replace("-->", "→")
        blocks.append(f"{number}\n{_stamp(cue.begin, ',')} --> {_stamp(cue.end, ',')}\n{text}\n")
    return "\n".join(blocks)


# --- What may be stored -------------------------------------------------------------------------------------------


def check(cues: Sequence[Cue], length: int) -> list[Problem]:
    """What is wrong with `cues`, in their order, in a clip of `length` milliseconds; each cue is named once."""
    if len(cues) > MOST_CUES:
        return [Problem(MOST_CUES, "many")]
    problems, before = [], 0
    for index, cue in enumerate(cues):
        code = _wrong_text(cue.text) or _wrong_times(cue, before, length)
        if code:
            problems.append(Problem(index, code))
        before = max(before, cue.end)
    return problems


def _wrong_text(text: str) -> str:
    lines = text.split("\n")
    if not text:
        return "empty"
    if len(lines) > MOST_LINES:
        return "lines"
    return "long" if any(texts.is_too_long(line, LINE_LIMIT) for line in lines) else ""


def _wrong_times(cue: Cue, before: int, length: int) -> str:
    if cue.end <= cue.begin:
        return "backwards"
    if cue.end > length:
        return "late"
    if cue.begin < before:
        return "overlap"
    return "short" if cue.end - cue.begin < SHORTEST else ""


def digest_of(source: str) -> str:
    """What tells later whether the text the subtitles were made from is still the same."""
    return hashlib.sha256(source.encode()).hexdigest()


@transaction.atomic
def save(
    message: Message,
    language: str,
    cues: Sequence[Cue],
    *,
    is_shown: bool,
    source: str,
    actor: User,
    revision: int,
    over_shown: bool = True,
) -> Subtitles:
    """Store the subtitles of `message` in `language`, made from `source`, over those at `revision` (0: none yet).

    `cues` were checked. Raises `lifecycle.StaleRevision` when somebody was faster, or shows to readers what only with
    `over_shown` may be replaced; and `lifecycle.InvalidTransition` once the message has left the desk.
    """
    lifecycle.lock(message)
    if not is_open(message):
        raise lifecycle.InvalidTransition(f"{message.pk} is {message.status}")
    row = Subtitles.objects.filter(message=message, language=language).first() or Subtitles(
        message=message, language=language, revision=0
    )
    if row.revision != revision or (row.is_shown and not over_shown):
        raise lifecycle.StaleRevision(f"subtitles of {message.pk} in {language} are at revision {row.revision}")
    row.cues, row.is_shown, row.source_digest = [list(cue) for cue in cues], is_shown, digest_of(source)
    row.revision, row.changed_by, row.changed_at = revision + 1, actor, timezone.now()
    row.save()
    Event.objects.record(
        message, Event.Kind.SUBTITLED, actor=actor, is_public=False, subtitles=row.pk, shown=int(is_shown)
    )
    announce(message.pk, Event.Kind.SUBTITLED)
    return row


def is_open(message: Message) -> bool:
    """Whether the desk works on the subtitles of this message."""
    status = Message.Status
    has_clip = message.kind in (Message.Kind.VIDEO, Message.Kind.VOICE)
    return has_clip and message.status in (status.PENDING, status.ASKED, status.APPROVED)
