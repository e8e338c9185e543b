"""How many letters there are, from where, of which kind, in which languages.

Counting a million rows takes a second, so the figures are kept: publishing counts anew after each change while the wall
is small, and once a minute when it is large.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils import timezone

from supporters.countries import SOMEWHERE
from supporters.models import Message

KEY = "wall-figures"
KEPT_SECONDS = 3600
SMALL = 2_000
RECENT = timedelta(days=30)


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
        """How many countries letters came from; a friend somewhere is from none of them."""
        return len(self.by_country.keys() - {SOMEWHERE})

    @property
    def languages(self) -> int:
        return len(self.by_language)

    @property
    def by_country(self) -> Counter[str]:
        return self._by(0)

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
