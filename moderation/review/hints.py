"""The hints of the review page: grouped by what they are about, and the words that raised them marked in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from supporters.lifecycle import SHOWN_TEXTS
from supporters.models import Edit, Look, Message

from ..hinting.flags import Finding, findings
from ..models import Flag
from . import wording

# The order of the page: what can cost a life stands first.
ORDER = list(Flag.Kind.values)
# Hints that suggest a tick for a second look; they never set it.
SUGGEST = {Flag.Kind.MINOR: Look.MINORS, Flag.Kind.LEFT_NORTH: Look.LEFT_NORTH}
# What the page shows of the sender's words.
SENT = ("original", "original_alt", "own_ko")


@dataclass(frozen=True)
class Piece:
    """A part of a line: as it is, or marked."""

    text: str
    is_marked: bool


@dataclass(frozen=True)
class Hit:
    """What raised a hint: words and where they stand, or another message."""

    words: str
    place: str
    suggestion: str
    other: Message | None


@dataclass
class Group:
    """The hints of one kind: each reason once, with all that raised it."""

    kind: str
    label: str
    reasons: dict[str, list[Hit]] = field(default_factory=dict)

    @property
    def is_danger(self) -> bool:
        return self.kind == Flag.Kind.DANGER


class Hints:
    """What was found in `draft`. `in_fields` says that its texts stand in fields, each with its hints below."""

    def __init__(self, draft: Message | Edit, *, in_fields: bool) -> None:
        self.draft = draft
        self.in_fields = in_fields

    @cached_property
    def _findings(self) -> list[Finding]:
        return findings(self.draft)

    @property
    def groups(self) -> list[Group]:
        """What stands above the original."""
        return grouped(found for found in self._findings if not self._stands_below(found))

    def below(self, name: str, typed: str) -> list[Group]:
        """What stands below the field `name`, as far as it is still in what is `typed` there."""
        here = [found for found in self._findings if found.field == name and self._stands_below(found)]
        here = [found for found in here if _said(found) not in self._said_of(getattr(self.draft, name))]
        return grouped(found for found in here if found.words in typed)

    def _said_of(self, text: str) -> set[tuple[str, str, int, int]]:
        """What is said above already, when the sender wrote the very same `text`."""
        same = {name for name in (*SENT, "original_name") if getattr(self.draft, name) == text}
        return {_said(found) for found in self._findings if found.field in same}

    def _stands_below(self, found: Finding) -> bool:
        # A call for help is said at the top, wherever it stands.
        return self.in_fields and found.field in SHOWN_TEXTS and found.kind != Flag.Kind.DANGER

    @property
    def has_danger(self) -> bool:
        """Whether some of the words may be a call for help."""
        return any(found.kind == Flag.Kind.DANGER for found in self._findings)

    @property
    def suggested(self) -> set[str]:
        """The ticks for a second look that the hints suggest."""
        return {str(look) for kind, look in SUGGEST.items() if any(found.kind == kind for found in self._findings)}

    @property
    def sent(self) -> dict[str, list[list[list[Piece]]]]:
        """What the sender wrote, with the words that raised a hint marked."""
        return {name: self.marked(name) for name in SENT}

    def marked(self, name: str) -> list[list[list[Piece]]]:
        """The text `name` of the draft as paragraphs of lines of pieces."""
        spans = [(found.start, found.end) for found in self._findings if found.field == name and found.end]
        return marked(getattr(self.draft, name, "") or "", spans)


def _said(found: Finding) -> tuple[str, str, int, int]:
    return found.kind, found.reason, found.start, found.end


def grouped(found: Iterable[Finding]) -> list[Group]:
    """Hints by kind, in the order of `Flag.Kind`, and by reason; the same words are said once."""
    groups: dict[str, Group] = {}
    for finding in found:
        group = groups.setdefault(finding.kind, Group(finding.kind, finding.label))
        hit = Hit(finding.words, wording.place(finding.field), finding.suggestion, finding.other)
        hits = group.reasons.setdefault(finding.reason, [])
        if hit not in hits and (hit.words or hit.other):
            hits.append(hit)
    return sorted(groups.values(), key=lambda group: ORDER.index(group.kind))


def marked(text: str, spans: Iterable[tuple[int, int]]) -> list[list[list[Piece]]]:
    """`text` as paragraphs of lines of pieces, with what lies in `spans` marked; spans may overlap or reach too far."""
    whole = merged(spans, len(text))
    paragraphs: list[list[list[Piece]]] = []
    for paragraph in re.finditer(r"(?:(?!\n{2}).)+", text, re.DOTALL):
        lines = re.finditer(r"[^\n]+", paragraph.group())
        at = paragraph.start()
        found = [_pieces(text, at + line.start(), at + line.end(), whole) for line in lines]
        if found:
            paragraphs.append(found)
    return paragraphs


def merged(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """The same places without overlaps, in order, none beyond `length`."""
    result: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def _pieces(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> list[Piece]:
    pieces, at = [], start
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        pieces += [Piece(text[at:first], False), Piece(text[first:last], True)]
        at = last
    return [piece for piece in [*pieces, Piece(text[at:end], False)] if piece.text]
