"""The terms of the index: what stands in it for a letter, and what a word that is looked for asks of it.

Korean glues its endings on, so words have to be found inside of words, and most are two syllables long. Each run of
word characters gives its characters, pairs and triples. An index without places holds them in half the room of the
text. Four characters and more are looked for by their triples; whether these stand one behind the other is read in
the letters themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from .folding import RUN, first_syllables, fold

LONGEST = 3
# Outside of every writing, and of what separates terms in either engine.
START = "\ue000"
FACET = "\ue001"


def of_texts(texts: Iterable[str]) -> set[str]:
    """The terms of what can be found in a letter."""
    found: set[str] = set()
    for run in {run for text in texts for run in RUN.findall(fold(text))}:
        for size in range(1, LONGEST + 1):
            found.update(run[start : start + size] for start in range(len(run) - size + 1))
        # 녀성 stands for 여성, but 습니다 not for 이다: only where a word begins.
        if len(run) > 1 and first_syllables(run[0]):
            found.add(START + run[:2])
    return found


def of_facets(country: str, kind: str, language: str) -> set[str]:
    """Every choice of country, kind and language that a letter fits, as one term each."""
    values = (country, kind, language)
    masks = range(1, 2 ** len(values))
    return {of_choice(*(value if mask >> place & 1 else "" for place, value in enumerate(values))) for mask in masks}


def of_choice(country: str, kind: str, language: str) -> str:
    """The term of one choice; an empty value was not chosen."""
    # SQLite makes ASCII letters of its terms small.
    return FACET + FACET.join(value.replace("-", "").lower() for value in (country, kind, language))


def needed(run: str, *, at_start: bool) -> list[str]:
    """The terms a letter has that holds `run` inside a word, or at the start of one."""
    first = [START + run[:2]] if at_start else []
    if at_start and len(run) == 2:
        return first
    size = min(len(run), LONGEST)
    return first + list(dict.fromkeys(run[start : start + size] for start in range(len(run) - size + 1)))
