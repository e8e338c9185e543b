"""The timed lines as they are typed: a form of thirty lines, with all other lines in two hidden fields.

Nobody's work is stored by turning a page, adding or parting a line: the whole sheet travels with the form. Thirty lines
of three fields stay below the hundred fields a form of this site may have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from supporters import subtitles, texts
from supporters.subtitles import Cue, clock, plain, read_clock

from .splitting import halves, timed, wrapped

PAGE = 30
# What the hidden fields may hold: far more than all the lines there can be.
HIDDEN_LIMIT = 400_000
# Nobody types so much, and measuring it would keep others waiting: of lines in all, of characters in one to be parted.
MOST_LINES, LONGEST_PARTED = 10 * subtitles.MOST_CUES, 10_000
ADDED = 2_000  # milliseconds of a new line


class Broken(ValueError):
    """The form was not sent as the page made it."""


@dataclass(frozen=True)
class Line:
    """One line as typed."""

    begin: str
    end: str
    text: str

    @classmethod
    def of(cls, cue: Cue) -> Line:
        return cls(clock(cue.begin), clock(cue.end), cue.text)

    @property
    def is_empty(self) -> bool:
        return not (self.begin.strip() or self.end.strip() or self.text.strip())

    @property
    def times(self) -> tuple[int | None, int | None]:
        return read_clock(self.begin), read_clock(self.end)


@dataclass
class Sheet:
    """All lines of a clip, and which of their pages is open (from 0)."""

    lines: list[Line]
    page: int = 0

    @classmethod
    def of(cls, cues: Iterable[Cue]) -> Sheet:
        return cls([Line.of(cue) for cue in cues])

    @classmethod
    def typed(cls, data: QueryDict) -> Sheet:
        """What was posted. Raises `Broken`, or another `ValueError` for halves of characters."""
        fields = (data.getlist(name) for name in ("begin", "end", "text"))
        here = [_cleaned(row) for row in zip_longest(*fields, fillvalue="")]
        before, after = _unpacked(data.get("before", "")), _unpacked(data.get("after", ""))
        lines = [*before, *here, *after]
        if len(lines) > MOST_LINES:
            raise Broken
        return cls(lines, len(before) // PAGE)

    # --- What the page shows ------------------------------------------------------------------------------------

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.lines) // PAGE))

    @property
    def first(self) -> int:
        """The number of the first line of the open page, from 0."""
        self.page = min(max(0, self.page), self.pages - 1)
        return self.page * PAGE

    @property
    def here(self) -> list[tuple[int, Line]]:
        return list(enumerate(self.lines))[self.first : self.first + PAGE]

    @property
    def before(self) -> str:
        return _packed(self.lines[: self.first])

    @property
    def after(self) -> str:
        return _packed(self.lines[self.first + PAGE :])

    def show(self, index: int) -> None:
        """Open the page of a line."""
        self.page = index // PAGE

    # --- What its buttons do ------------------------------------------------------------------------------------

    def insert(self, index: int) -> int:
        """A new line behind line `index`, or at the end; returns its number."""
        at = min(index + 1, len(self.lines))
        begin = self.lines[at - 1].times[1] if at else 0
        following = self.lines[at].times[0] if at < len(self.lines) else None
        end = None if begin is None else begin + ADDED
        if begin is not None and following is not None and begin < following < begin + ADDED:
            end = following
        starts, ends = ("" if time is None else clock(time) for time in (begin, end))
        self.lines.insert(at, Line(starts, ends, ""))
        return at

    def remove(self, index: int) -> int:
        del self.lines[index]
        return min(index, len(self.lines) - 1)

    def split(self, index: int) -> int:
        """Two lines in place of one, each with its half of words and time."""
        line = self.lines[index]
        words = halves(" ".join(line.text.split())) if len(line.text) <= LONGEST_PARTED else ("", "")
        if not all(words):
            return index
        begin, end = line.times
        if begin is None or end is None or end <= begin:
            parts = [Line(line.begin, "", wrapped(words[0])), Line("", line.end, wrapped(words[1]))]
        else:
            parts = [Line.of(cue) for cue in timed(words, begin, end)]
        self.lines[index : index + 1] = parts
        return index

    # --- What would be stored -----------------------------------------------------------------------------------

    def cues(self, length: int) -> tuple[list[Cue], list[subtitles.Problem]]:
        """The cues of these lines in a clip of `length` milliseconds, and what is wrong with them.

        Wholly empty lines are left out, and lines in another order than their times are put into that order; but as
        long as something is wrong every line stays where it was typed.
        """
        self.lines = [line for line in self.lines if not line.is_empty]
        cues, unread = [], []
        for index, line in enumerate(self.lines):
            begin, end = line.times
            if begin is None or end is None:
                unread.append(subtitles.Problem(index, "times"))
            cues.append(Cue(begin or 0, end or 0, plain(line.text)))
        if unread and len(cues) <= subtitles.MOST_CUES:
            return cues, unread
        problems = subtitles.check(cues, length)
        ordered = sorted(cues)
        if problems and not subtitles.check(ordered, length):
            self.lines = [Line.of(cue) for cue in ordered]
            return ordered, []
        return cues, problems


def _cleaned(row: Iterable[str]) -> Line:
    """Raises `ValueError` for halves of characters, `TypeError` for another number of fields."""
    return Line(*(texts.clean(field) for field in row))


def _packed(lines: Sequence[Line]) -> str:
    return json.dumps([[line.begin, line.end, line.text] for line in lines], ensure_ascii=False) if lines else ""


def _unpacked(text: str) -> list[Line]:
    if not text:
        return []
    if len(text) > HIDDEN_LIMIT:
        raise Broken
    try:
        rows: Any = json.loads(text)
        lines = [_cleaned(map(str, row)) for row in rows]
    except (ValueError, TypeError, RecursionError):
        raise Broken from None
    return lines
