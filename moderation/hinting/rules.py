"""The expressions of wording rules: compiled, matched within a limit of time, found where they stand in the text."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from math import prod
from typing import Any

import regex

from ..models import WordingRule
from .starting import DATA, rows

logger = logging.getLogger(__name__)

FLAGS = regex.IGNORECASE | regex.MULTILINE
# Of the processor. An expression that needs more on one text is left out; good ones need less than a hundredth of it.
SECONDS = 0.2
MOST_HITS = 30  # of one expression in one text
# What a person reads as the same character: full width, curly, long. One for one, so that places stay.
ALIKE = str.maketrans(
    {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
    | {ord(mark): "'" for mark in "‘’ʼ"}
    | {ord(mark): '"' for mark in "“”„"}
    | {ord(mark): "-" for mark in "‐‑‒–—―−"}
    | {ord(space): " " for space in "\u00a0\u2002\u2003\u2009\u202f\u3000"}
)
# Nobody sees these: they only break words apart.
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_HAS_UNSEEN = regex.compile(f"[{''.join(map(chr, UNSEEN))}]")
_CLUSTER = regex.compile(r"\X")
_HANGUL = regex.compile(r"\p{Hangul}")
_LATIN = regex.compile(r"\p{Latin}")

# What expressions are tried on before they are accepted: long runs of what repeats in letters.
TRIALS = ("a" * 400, "가" * 400, "1" * 400, "a b " * 120, "가 나 " * 120, "1 2 3-" * 80, "\n" * 200, "a@a." * 100)
TRIAL_SECONDS = 0.1
# What is repeated so often is written out as often while it is compiled, which no limit of time stops.
MOST_REPEATED = 10_000
_COUNT = regex.compile(r"\{(\d+)")


class BadExpression(ValueError):
    """A line that cannot be used, and why; `line` counts from 1."""

    def __init__(self, line: int, code: str, detail: str = "") -> None:
        super().__init__(f"line {line}: {code} {detail}".strip())
        self.line, self.code, self.detail = line, code, detail


@dataclass(frozen=True)
class Readable:
    """A text as expressions see it, and where each of its characters stands in the text as stored."""

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    @classmethod
    def of(cls, stored: str) -> Readable:
        """Composed characters, unseen ones left out: split Hangul is found like any other."""
        if unicodedata.is_normalized("NFC", stored) and not _HAS_UNSEEN.search(stored):
            return cls(stored.translate(ALIKE))
        pieces, starts, ends = [], [], []
        for cluster in _CLUSTER.finditer(stored):
            piece = unicodedata.normalize("NFC", cluster[0].translate(UNSEEN)).translate(ALIKE)
            pieces.append(piece)
            starts += [cluster.start()] * len(piece)
            ends += [cluster.end()] * len(piece)
        return cls("".join(pieces), tuple(starts), tuple(ends))

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the part from `start` to `end` stands in the text as stored."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True)
class Hit:
    """Words that a rule found, at their place in the text as stored."""

    rule: WordingRule
    start: int
    end: int


@cache
def vocabulary() -> dict[str, list[str]]:
    r"""The lists of words that expressions name as `\L<name>`."""
    return {row["name"]: row["words"].split("|") for row in rows(DATA / "words.tsv")}


@lru_cache(maxsize=2000)
def compiled(expression: str) -> Any:
    """Raises `regex.error`."""
    return regex.compile(expression, FLAGS, ignore_unused=True, **vocabulary())


def expressions(pattern: str) -> Iterator[tuple[int, str]]:
    """The lines of `pattern` that are expressions, with their numbers."""
    for number, line in enumerate(pattern.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def check(pattern: str) -> None:
    """Raises `BadExpression` for the first line that is wrong, finds nothing in particular, or is too slow."""
    lines = list(expressions(pattern))
    if not lines:
        raise BadExpression(1, "empty")
    for number, expression in lines:
        if prod(max(1, int(count)) for count in _COUNT.findall(expression)) > MOST_REPEATED:
            raise BadExpression(number, "slow")
        try:
            found = compiled(expression)
            if found.search("", timeout=TRIAL_SECONDS):
                raise BadExpression(number, "everything")
            for trial in TRIALS:
                found.search(trial, timeout=TRIAL_SECONDS)
        except regex.error as error:
            raise BadExpression(number, "wrong", str(error)) from error
        except RecursionError:
            raise BadExpression(number, "wrong", "nested too deeply") from None
        except TimeoutError:
            raise BadExpression(number, "slow") from None


@dataclass
class Rulebook:
    """Rules for one run over the texts of a message. `broken` collects the codes of those that could not be used.

    What is too slow for one text is tried on the next one again: nobody hides words by what stands in another field.
    """

    rules: list[WordingRule]
    broken: list[str] = field(default_factory=list)

    @classmethod
    def active(cls) -> Rulebook:
        return cls(list(WordingRule.objects.filter(is_active=True)))

    def hits(self, stored: str, *, reads: Iterable[str]) -> list[Hit]:
        """What the rules for texts of the sort `reads` find in `stored`, by rule."""
        readable = Readable.of(stored)
        languages = {""} | ({"ko"} if _HANGUL.search(readable.text) else set())
        # Not the language a program guessed: it errs with one sentence, and a guess must not hide a call for help.
        languages |= {"en"} if _LATIN.search(readable.text) else set()
        wanted = {*reads, WordingRule.Reads.BOTH}
        found: list[Hit] = []
        for rule in self.rules:
            if rule.reads in wanted and rule.language in languages:
                found += self._hits_of(rule, readable)
        return found

    def _hits_of(self, rule: WordingRule, readable: Readable) -> list[Hit]:
        places: list[tuple[int, int]] = []
        for _number, expression in expressions(rule.pattern):
            try:
                for match in islice(compiled(expression).finditer(readable.text, timeout=SECONDS), MOST_HITS):
                    if match.start() < match.end():
                        places.append(match.span())
            except (regex.error, TimeoutError) as error:
                # One bad expression of an administrator stops neither a sender nor the other expressions.
                if rule.code not in self.broken:
                    logger.error("Wording rule %s cannot be used: %s", rule.code, type(error).__name__)
                    self.broken.append(rule.code)
        return [Hit(rule, *readable.place(*span)) for span in longest(places)]


def longest(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of places that overlap only the longest, in order."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(set(places), key=lambda place: (place[0] - place[1], place[0])):
        if all(end <= other_start or start >= other_end for other_start, other_end in kept):
            kept.append((start, end))
    return sorted(kept)
