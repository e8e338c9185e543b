"""Words of the South in a text, with what the North calls them. The wall may ask here too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from .hinting.rules import Readable, vocabulary
from .models import Term as Term  # the wall names it too

# Vowels a stem ends in when an ending melts into it: 가르치다, 가르쳐.
MELTED = {"ᅵ": "ᅧ", "ᅮ": "ᅯ", "ᅩ": "ᅪ", "ᅡ": "ᅢ", "ᅳ": "ᅥᅡ"}
LONG_ENOUGH = 3  # syllables: a longer word is itself inside other words too
_SYLLABLE = regex.compile(r"[가-힣]")


@dataclass(frozen=True)
class Found:
    """A word of the South at its place in the text as stored."""

    term: Term
    start: int
    end: int


def active() -> list[Term]:
    """Every word in use, in one query."""
    return list(Term.objects.filter(is_active=True))


def pairs() -> tuple[tuple[str, str], ...]:
    """Every word of the South in use with its entry of the North, in one query."""
    return tuple(Term.objects.filter(is_active=True).values_list("south", "north"))


def in_text(stored: str, terms: Iterable[Term] | None = None) -> list[Found]:
    """The words of `terms` (all in use when None) in `stored`, in order; of two that overlap the longer."""
    readable = Readable.of(stored)
    found: list[Found] = []
    for term in active() if terms is None else terms:
        for match in expression(term.south).finditer(readable.text):
            found.append(Found(term, *readable.place(*match.span("word"))))
    kept: list[Found] = []
    for one in sorted(found, key=lambda found: (found.start - found.end, found.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda found: found.start)


@lru_cache(maxsize=1000)
def expression(south: str) -> Any:
    """What finds `south` with its endings: a verb in its forms, a short noun with nothing but particles after it."""
    word = unicodedata.normalize("NFC", south).strip()
    if not _SYLLABLE.search(word):
        return regex.compile(rf"\b(?P<word>{regex.escape(word)})\b", regex.IGNORECASE)
    spaced = r"\s?".join(map(regex.escape, word.split()))
    if word.endswith("다") and len(word) > 2 and _SYLLABLE.fullmatch(word[-2]):
        stem = "".join(rf"{regex.escape(part)}" for part in word[:-2])
        return regex.compile(rf"(?<!\p{{Hangul}})(?P<word>{stem}{_forms(word[-2])}\p{{Hangul}}*)")
    if len(word) >= LONG_ENOUGH:
        return regex.compile(rf"(?P<word>{spaced})")
    after = r"(?=(?:들)?(?:\L<particle>){0,2}(?!\p{Hangul}))"
    return regex.compile(rf"(?<!\p{{Hangul}})(?P<word>{spaced}){after}", particle=vocabulary()["particle"])


def _forms(syllable: str) -> str:
    """The last syllable of a stem as it changes before endings: 들, 든, 듭; 치, 칩, 쳐."""
    parts = unicodedata.normalize("NFD", syllable)
    initial, vowel = parts[0], parts[1]
    ranges = []
    for sound in vowel + MELTED.get(vowel, ""):
        first = unicodedata.normalize("NFC", initial + sound)
        ranges.append(f"{first}-{chr(ord(first) + 27)}")
    return f"[{''.join(ranges)}]"
