"""How many letters there are, from where, of which kind, in which languages.

Counting a million rows takes a second, so the figures are kept: publishing counts anew after each change while the wall
is small, and once a minute when it is large.
"""

from __future__ import annotations

import csv
import functools
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone

from supporters.countries import SOMEWHERE
from supporters.models import Message

KEY = "wall-figures"
KEPT_SECONDS = 3600
SMALL = 2_000
RECENT = timedelta(days=30)
# A sheltered country is named in figures and filters only from this many letters on.
NAMED_FROM = 3


@functools.cache
def sheltered() -> frozenset[str]:
    """Codes of the countries where few letters could single out a sender who is in danger for writing."""
    with (Path(__file__).parent / "data" / "sheltered_countries.tsv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["code"] for row in csv.DictReader(file, delimiter="\t"))


@dataclass(frozen=True)
class Figures:
    """Counts of the letters on the wall, by country, kind and language of the original."""

    rows: tuple[tuple[str, str, str, int], ...]
    recent: int  # received in the last 30 days

    @property
    def letters(self) -> int:
        return sum(count for *_keys, count in self.rows)

    @property
    def countries(self) -> int:
        """How many countries are named; a friend somewhere is from none.

        Those that are not named are not counted either: the difference would tell how many there are, and a figure
        that grows by one, when the first letter of a country came.
        """
        return len(self.named.keys() - {SOMEWHERE})

    @property
    def languages(self) -> int:
        return len(self.by_language)

    @property
    def by_country(self) -> Counter[str]:
        return self._by(0)

    @property
    def named(self) -> Counter[str]:
        """Letters by country, without the countries that are not to be named: for every list that readers see."""
        few = {code for code, count in self.by_country.items() if count < NAMED_FROM and code in sheltered()}
        return Counter({code: count for code, count in self.by_country.items() if code not in few})

    @property
    def unnamed(self) -> int:
        """How many letters came from countries that are not named."""
        return self.letters - self.named.total()

    @property
    def by_kind(self) -> Counter[str]:
        return self._by(1)

    @property
    def by_language(self) -> Counter[str]:
        return self._by(2)

    def _by(self, column: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        for row in self.rows:
            counts[str(row[column])] += row[3]
        return counts

    def count(self, *, country: str = "", kind: str = "", language: str = "") -> int:
        """How many letters fit all the given choices; an empty one fits everything."""
        chosen = (country, kind, language)
        return sum(
            count
            for *keys, count in self.rows
            if all(not want or want == key for want, key in zip(chosen, keys, strict=True))
        )


def recount() -> Figures:
    """Count now and keep the result."""
    since = timezone.now() - RECENT
    groups = (
        Message.objects.on_wall()
        .filter(wall_number__isnull=False)
        .order_by()
        .values_list("country", "kind", "language")
        .annotate(count=Count("pk"), recent=Count("pk", filter=Q(submitted_at__gte=since)))
    )
    counted = list(groups)
    figures = Figures(
        rows=tuple(sorted((country, kind, language, letters) for country, kind, language, letters, _recent in counted)),
        recent=sum(recent for *_keys, recent in counted),
    )
    cache.set(KEY, figures, KEPT_SECONDS)
    return figures


def current() -> Figures:
    """The figures as last counted."""
    return cache.get(KEY) or recount()


def recount_if_small() -> None:
    """Count anew where that costs next to nothing; large walls wait for the next minute."""
    if current().letters < SMALL:
        recount()
