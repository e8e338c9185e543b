"""Whether two texts are the same or nearly the same, without comparing each with each.

A text becomes the set of its runs of four letters. MinHash keeps the share that two sets have in common in a few
numbers; these are cut into bands, and texts that share a band are worth comparing letter by letter. The numbers tell
nobody what the text says.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import regex
from numpy.typing import NDArray
from rapidfuzz import fuzz

RUN = 4
# Numbers kept of a text; a band takes `rows` of them.
NUMBERS = 64
# With three rows a band, sentences of which half is the same share one with 93 in 100; unrelated ones hardly ever.
SENTENCE_ROWS = 3

Words = NDArray[np.uint64]

_NOT_A_LETTER = regex.compile(r"[^\p{L}\p{M}]+")
_NOT_IN_A_WORD = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def letters(text: str) -> str:
    """The letters of `text` alone, so that case, spaces, marks and numbers hide nothing."""
    return _NOT_A_LETTER.sub("", _plain(text))


def bands(text: str, rows: int = SENTENCE_ROWS) -> list[int]:
    """What `text` looks like, as signed numbers of 64 bits whose places count: similar texts share some of them.

    Fewer `rows` a band find less similar texts, and more of them. Empty for a text without letters.
    """
    minima = _minima(letters(text))
    if minima is None:
        return []
    count = NUMBERS // rows
    mixed = np.zeros(count, dtype=np.uint64)
    for row in range(rows):
        mixed = _mix(mixed ^ minima[row : count * rows : rows])
    return [int(value) for value in mixed.view(np.int64)]


def similarity(a: str, b: str) -> float:
    """How much of two texts is the same, in order: 1.0 when only case, spaces and punctuation differ, 0.0 at least."""
    one, other = (_NOT_IN_A_WORD.sub(" ", _plain(text)).strip() for text in (a, b))
    return fuzz.ratio(one, other) / 100 if one and other else 0.0


def _minima(text: str) -> Words | None:
    if not text:
        return None
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(points) < RUN:
        points = np.pad(points, (0, RUN - len(points)))
    runs = np.zeros(len(points) - RUN + 1, dtype=np.uint64)
    for place in range(RUN):
        runs = _mix(runs ^ points[place : len(points) - RUN + 1 + place])
    # Each number is the least of the runs in an order of its own.
    return np.asarray(_mix(np.unique(runs)[None, :] ^ _orders()[:, None]).min(axis=1))


@cache
def _orders() -> Words:
    return _mix(np.arange(NUMBERS, dtype=np.uint64))


def _mix(values: Words) -> Words:
    """The last steps of SplitMix64: every bit of the input changes half of the output."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
