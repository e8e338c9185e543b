"""From a text to timed lines: broken where a reader would pause, timed by length.

Lengths are counted in columns: Hangul takes two, Latin one. So one limit gives about 20 syllables or 40 letters a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import east_asian_width

import regex

from supporters.postcards import SENTENCE_END
from supporters.subtitles import MOST_CUES, SHORTEST, Cue

LINE_COLUMNS = 40
# A cue takes some time to be noticed, however short it is.
NOTICED = 4
TENTH = 100  # milliseconds
# How much farther from the middle a break may lie, as a share of the whole, where the sentence pauses by itself.
PAUSE_WORTH = 0.3
PHRASE_END = regex.compile(r"[,;:，、—–][”’\"'」』)]*$")


def columns(text: str) -> int:
    """How wide a text is."""
    return sum(2 if east_asian_width(cluster[0]) in "WF" else 1 for cluster in regex.findall(r"\X", text))


def split(text: str, length: int) -> list[Cue]:
    """The whole `text` as cues that fill `length` milliseconds, one after another."""
    pieces = [piece for paragraph in regex.split(r"\n+", text) for piece in _pieces(paragraph)]
    most = min(MOST_CUES, max(1, length // SHORTEST))
    return timed(_merged(pieces, most), 0, length)


def timed(pieces: Sequence[str], begin: int, end: int) -> list[Cue]:
    """The pieces one after another between two times, the longer the text the longer its share."""
    weights = [columns(piece) + NOTICED for piece in pieces]
    # Each gets the shortest time there is, where that much is there, and its share of the rest.
    least = min(SHORTEST, (end - begin) // max(1, len(pieces)))
    rest = end - begin - least * len(pieces)
    # Nobody hears less than a tenth of a second, and times in full tenths are easier to read and to change.
    grain = TENTH if least == SHORTEST else 1
    borders = [least * index + rest * sum(weights[:index]) // sum(weights) for index in range(len(pieces))]
    starts = [begin + border // grain * grain for border in borders]
    ends = [*starts[1:], end]
    return [Cue(*row) for row in zip(starts, ends, map(wrapped, pieces), strict=False)]


def halves(text: str) -> tuple[str, str]:
    """Two pieces about as long as each other, parted where the sentence pauses if it does so near the middle."""
    words = text.split()
    if len(words) < 2:
        clusters = regex.findall(r"\X", text.strip())
        middle = len(clusters) // 2
        return "".join(clusters[:middle]), "".join(clusters[middle:])
    return _parted(words, PAUSE_WORTH)


def wrapped(text: str) -> str:
    """On one line where it fits, else on two: parted at a pause if both fit so, else as long as each other."""
    words = text.split()
    if columns(text) <= LINE_COLUMNS or len(words) < 2:
        return " ".join(words)
    at_pause = _parted(words, PAUSE_WORTH)
    return "\n".join(at_pause if all(columns(line) <= LINE_COLUMNS for line in at_pause) else _parted(words, 0))


def _parted(words: list[str], pause_worth: float) -> tuple[str, str]:
    widths = [columns(word) + 1 for word in words]
    whole, before, best, at = sum(widths), 0, float("inf"), 1
    for index, width in enumerate(widths[:-1], start=1):
        before += width
        distance = abs(2 * before - whole) / whole - (pause_worth if PHRASE_END.search(words[index - 1]) else 0)
        if distance < best:
            best, at = distance, index
    return " ".join(words[:at]), " ".join(words[at:])


def _pieces(paragraph: str) -> Iterable[str]:
    """Its sentences, long ones parted, short neighbours together on a line."""
    waiting = ""
    for sentence in SENTENCE_END.split(paragraph):
        together = f"{waiting} {sentence.strip()}".strip()
        if waiting and columns(together) > LINE_COLUMNS:
            yield from _fitting(waiting)
            together = sentence.strip()
        waiting = together
    yield from _fitting(waiting)


def _fitting(text: str) -> Iterable[str]:
    if not text:
        return
    if all(columns(line) <= LINE_COLUMNS for line in wrapped(text).split("\n")) or len(text) < 2:
        yield text
        return
    for half in halves(text):
        yield from _fitting(half)


def _merged(pieces: list[str], most: int) -> list[str]:
    """Not more than `most` of them: in a short clip neighbours are shown together."""
    while len(pieces) > most:
        shortest = min(range(len(pieces) - 1), key=lambda index: len(pieces[index]) + len(pieces[index + 1]))
        pieces[shortest : shortest + 2] = [f"{pieces[shortest]} {pieces[shortest + 1]}"]
    return pieces
