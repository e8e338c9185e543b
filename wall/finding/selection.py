"""Which letters a reader finds: their keys only, newest first, at a cost that does not grow with the wall."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .. import order
from . import grams, index
from .choice import Choice
from .query import Query, folded_texts
from .texts import COLUMNS, texts_of

FIRST_LOOK, LONGEST_LOOK = order.PAGE + 2, 500
# How many letters that have all the terms are read for one page: some words fit many letters nearly, and none quite.
MOST_READ = 1_500


@dataclass(frozen=True)
class Row:
    """A letter that was found: what tells it and the state of its words from any other."""

    pk: int
    slug: str
    revision: int
    number: int
    texts: tuple[tuple[str, str], ...] = ()  # languages and words; only for a search by words


@dataclass(frozen=True)
class Selection:
    rows: list[Row]
    before: int | None = None  # where the next page begins; None at the end
    is_whole: bool = True  # whether the page is full, or its end the end of the wall


KEYS = ("pk", "slug", "revision", "wall_number")


def select(choice: Choice, query: Query) -> Selection:
    """One page of the letters that fit `choice` and have all the words of `query`."""
    if not query.units and (choice.facets < 2 or not index.is_complete()):
        # One more than a page tells whether another follows.
        return _page([Row(*keys) for keys in choice.letters().values_list(*KEYS)[: order.PAGE + 1]])
    return _by_index(choice, query)


def _page(rows: list[Row]) -> Selection:
    shown = rows[: order.PAGE]
    return Selection(shown, shown[-1].number if len(rows) > order.PAGE else None)


def _by_index(choice: Choice, query: Query) -> Selection:
    needed = query.needed()
    if choice.facets:
        needed = [[[grams.of_choice(choice.country, choice.kind, choice.language)]], *needed]
    rows: list[Row] = []
    before, read, limit = choice.before, 0, FIRST_LOOK
    while read < MOST_READ:
        numbers = index.numbers(needed, before=before, limit=limit)
        rows += _read(choice, query, numbers)
        if len(rows) > order.PAGE or len(numbers) < limit:
            return _page(rows)
        before, read, limit = numbers[-1], read + len(numbers), min(limit * 4, LONGEST_LOOK)
    return Selection(rows[: order.PAGE], before, is_whole=False)


def _read(choice: Choice, query: Query, numbers: list[int]) -> list[Row]:
    """Of the letters with these numbers those that are on the wall and hold the words as they were looked for."""
    found: dict[int, tuple[Any, ...]] = {}
    for values in choice.narrow(order.on_wall()).filter(wall_number__in=numbers).values_list(*KEYS, *COLUMNS):
        found[values[KEYS.index("wall_number")]] = values
    rows = []
    for number in numbers:
        if number not in found:
            continue
        values = found[number]
        texts = tuple(texts_of(values[len(KEYS) :]))
        if query.fits(folded_texts(text for _language, text in texts)):
            rows.append(replace(Row(*values[: len(KEYS)]), texts=texts))
    return rows
