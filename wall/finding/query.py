"""What a reader looks for: words, and how else they may be spelled. Anything may have been typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import regex

from supporters.texts import REMOVED, SURROGATE

from . import glossary, grams
from .folding import RUN, first_syllables, fold, runs

LONGEST = 40  # characters that are looked for
_READ = 2_000  # of what was typed; forty characters may hide behind many marks


@dataclass(frozen=True)
class Piece:
    """A run of characters that has to stand in a letter, anywhere or where a word begins."""

    run: str
    at_start: bool = False

    def is_in(self, folded: str) -> bool:
        return next(self.places(folded), None) is not None

    def places(self, folded: str) -> Iterator[int]:
        """Where it begins in a text."""
        place = folded.find(self.run)
        while place >= 0:
            if not (self.at_start and place and RUN.match(folded[place - 1])):
                yield place
            place = folded.find(self.run, place + 1)


Form = tuple[Piece, ...]  # one spelling: all its pieces


@dataclass(frozen=True)
class Unit:
    """A word, or words of one entry of the glossary, in every spelling that will do."""

    forms: tuple[Form, ...]

    def fits(self, folded: str) -> bool:
        return any(all(piece.is_in(folded) for piece in form) for form in self.forms)

    def pieces(self) -> Iterator[Piece]:
        for form in self.forms:
            yield from form


@dataclass(frozen=True)
class Query:
    """The words of one search; a letter fits when it has all of them."""

    words: str = ""  # as typed, as far as it is used
    is_cut: bool = False
    units: tuple[Unit, ...] = ()

    @classmethod
    def of(cls, typed: str) -> Query:
        """What was typed, without what no letter can hold; only the beginning of it when it is long."""
        line = " ".join(REMOVED.sub("", SURROGATE.sub("", typed[:_READ])).split())
        clusters = regex.findall(r"\X", line)
        words = "".join(clusters[:LONGEST])[: LONGEST * 4]
        is_cut = len(typed) > _READ or words != line
        return cls(words.strip(), is_cut, tuple(islice(_units(runs(words)), LONGEST)))

    def fits(self, folded: str) -> bool:
        return all(unit.fits(folded) for unit in self.units)

    def needed(self) -> list[list[list[str]]]:
        """For each word, for each spelling of it, the terms a letter needs."""
        return [[_terms(form) for form in unit.forms] for unit in self.units]


def _terms(form: Form) -> list[str]:
    return [term for piece in form for term in grams.needed(piece.run, at_start=piece.at_start)]


def _units(words: list[str]) -> Iterator[Unit]:
    known = glossary.known() if words else {}
    start = 0
    while start < len(words):
        # An entry of several words comes before its first word alone.
        for length in range(min(glossary.LONGEST, len(words) - start), 0, -1):
            some = tuple(words[start : start + length])
            others = glossary.others(some, known)
            if others or length == 1:
                break
        start += len(some)
        yield Unit(tuple(dict.fromkeys([*_spellings(some), *(_plain(other) for other in others)])))


def _plain(words: Iterable[str]) -> Form:
    return tuple(Piece(word) for word in words)


def _spellings(words: tuple[str, ...]) -> list[Form]:
    """The words as typed; a single word also with the initial sound of the other side."""
    found = [_plain(words)]
    if len(words) == 1 and len(words[0]) > 1:
        found += [(Piece(other + words[0][1:], at_start=True),) for other in first_syllables(words[0][0])]
    return found


def folded_texts(texts: Iterable[str]) -> str:
    """All that can be found in a letter, as it is compared; no word reaches from one text into the next."""
    return "\n".join(map(fold, texts))
