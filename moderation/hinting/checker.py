"""What rules and words together find in one text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise

from .. import terms
from ..models import Flag, Term, WordingRule
from .rules import Rulebook

Severity = WordingRule.Severity
Reads = WordingRule.Reads
ORDER = {Severity.HIGH: 0, Severity.MEDIUM: 1, Severity.LOW: 2}


@dataclass(frozen=True)
class Hint:
    """Words that matter, at their place in the text as stored, and the rule or word that says so."""

    kind: str
    start: int
    end: int
    rule: WordingRule | None = None
    term: Term | None = None

    @property
    def severity(self) -> str:
        return self.rule.severity if self.rule else Severity.LOW


@dataclass
class Checker:
    """All active rules and words, for one run over the texts of a message: two queries however many texts."""

    book: Rulebook
    words: list[Term]

    @classmethod
    def active(cls) -> Checker:
        return cls(Rulebook.active(), [term for term in terms.active() if term.is_hint])

    def hints(self, stored: str, *, is_draft: bool | None) -> list[Hint]:
        """What is found in `stored`, in order. `is_draft` None: by the rules for senders' texts and for the desk's."""
        if not stored:
            return []
        reads = {True: [Reads.DRAFT], False: [Reads.ORIGINAL], None: [Reads.DRAFT, Reads.ORIGINAL]}[is_draft]
        found = [Hint(hit.rule.kind, hit.start, hit.end, rule=hit.rule) for hit in self.book.hits(stored, reads=reads)]
        for word in terms.in_text(stored, self.words):
            found.append(Hint(Flag.Kind.SOUTHERN.value, word.start, word.end, term=word.term))
        return _strongest(found)


def _strongest(found: Iterable[Hint]) -> list[Hint]:
    """Of hints of one kind that overlap the most severe, then the longest: one place is marked once for one reason.

    A word with its counterpart in the North says more than a rule about words like it.
    """
    kept: dict[str, list[Hint]] = {}
    for hint in sorted(found, key=_weight):
        others = kept.setdefault(hint.kind, [])
        if all(hint.end <= other.start or hint.start >= other.end for other in others):
            others.append(hint)
    return sorted(chain.from_iterable(kept.values()), key=lambda hint: (hint.start, hint.end, hint.kind))


def _weight(hint: Hint) -> tuple[bool, int, int]:
    return hint.term is None, ORDER[Severity(hint.severity)], hint.start - hint.end


@dataclass(frozen=True)
class Part:
    """A piece of a text: what is found in it, nothing for what lies between."""

    words: str
    hints: tuple[Hint, ...]


def parts(stored: str, hints: list[Hint]) -> list[Part]:
    """`stored` cut wherever a hint begins or ends, so that a page can mark the pieces; hints of two kinds overlap."""
    cuts = sorted({0, len(stored), *(place for hint in hints for place in (hint.start, hint.end))})
    return [
        Part(stored[start:end], tuple(hint for hint in hints if hint.start <= start and end <= hint.end))
        for start, end in pairwise(cuts)
    ]
