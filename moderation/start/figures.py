"""How the desk is doing, in numbers: what waits, what was decided, how long it takes, where help is needed.

Every number takes a fixed number of queries over what waits, or over the events of the last days.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Coalesce, TruncDate
from django.utils.timezone import now

from supporters.models import Event, Message

from ..models import Claim, Translation
from ..queues import queue
from ..queues.filters import LONG_WAIT
from ..translating import translations

Kind, State = Event.Kind, Translation.State
# The upper ends of the groups of age; the last group has none.
AGES = (timedelta(days=1), LONG_WAIT, timedelta(days=7))
DECISION_DAYS, PUBLISHED_DAYS = 14, 30
# Of a busy month the newest: enough for a median.
PUBLISHED_READ = 5000
LONG_REVIEW = timedelta(days=7)
DECIDED = {
    "approved": (Kind.APPROVED, Kind.EDIT_ACCEPTED),
    "asked": (Kind.ASKED,),
    "declined": (Kind.DECLINED, Kind.EDIT_REFUSED),
}
NAME_OF = {str(kind): name for name, kinds in DECIDED.items() for kind in kinds}


def waiting_by_age() -> list[int]:
    """How many letters and changes wait for up to a day, up to three, up to seven, and longer."""
    moment = now()
    ends = [moment - age for age in AGES]
    groups = {"age0": Q(submitted_at__gt=ends[0]), f"age{len(ends)}": Q(submitted_at__lte=ends[-1])}
    for number, (newer, older) in enumerate(pairwise(ends), start=1):
        groups[f"age{number}"] = Q(submitted_at__lte=newer, submitted_at__gt=older)
    counts = {name: Count("pk", filter=condition) for name, condition in groups.items()}
    new, edited = queue.pending().aggregate(**counts), queue.open_edits().aggregate(**counts)
    return [new[f"age{number}"] + edited[f"age{number}"] for number in range(len(groups))]


def waiting_by_language() -> list[tuple[str, int]]:
    """Codes of languages with how many letters and changes wait in them, the most first."""
    counted: Counter[str] = Counter()
    for code, count in queue.pending().values_list("language").annotate(Count("pk")).order_by():
        counted[code] += count
    for code, count in queue.open_edits().values_list("language").annotate(Count("pk")).order_by():
        counted[code] += count
    return sorted(counted.items(), key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True)
class Day:
    """What people of the desk decided on one day (UTC)."""

    on: date
    approved: int = 0
    asked: int = 0
    declined: int = 0

    @property
    def total(self) -> int:
        return self.approved + self.asked + self.declined


def decisions() -> list[Day]:
    """The last fourteen days, today last. What the site declines by itself is nobody's decision."""
    today = now().astimezone(UTC).date()
    days = [today - timedelta(days=back) for back in reversed(range(DECISION_DAYS))]
    since = datetime.combine(days[0], datetime.min.time(), tzinfo=UTC)
    events = Event.objects.filter(kind__in=list(NAME_OF), at__gte=since, actor__isnull=False).order_by()
    counted: dict[date, Counter[str]] = {day: Counter() for day in days}
    for day, kind, count in events.values_list(TruncDate("at", tzinfo=UTC), "kind").annotate(Count("pk")):
        counted.setdefault(day, Counter())[NAME_OF[kind]] += count
    return [Day(day, **counted[day]) for day in days]


@dataclass(frozen=True)
class PublishingTimes:
    """How long letters of the last thirty days took from arriving to being published."""

    letters: int
    median: timedelta | None = None
    ninetieth: timedelta | None = None  # nine of ten were faster, or as fast


def publishing_times() -> PublishingTimes:
    moment = now()
    approved = Event.objects.filter(kind=Kind.APPROVED, at__gte=moment - timedelta(days=PUBLISHED_DAYS))
    shown = approved.filter(message__status=Message.Status.APPROVED, message__live_at__lte=moment)
    columns = ("message", "message__submitted_at", "message__live_at")
    rows = shown.order_by("-message").values_list(*columns).distinct()[:PUBLISHED_READ]
    taken = sorted(live_at - submitted_at for _pk, submitted_at, live_at in rows)
    if not taken:
        return PublishingTimes(0)
    seconds = [length.total_seconds() for length in taken]
    # The nearest rank: the smallest time that at least nine of ten letters kept to.
    rank = -(-9 * len(taken) // 10)
    return PublishingTimes(len(taken), timedelta(seconds=statistics.median(seconds)), taken[rank - 1])


@dataclass(frozen=True)
class Work:
    """Open translations from one language into another."""

    source: str
    target: Translation.Language
    count: int
    held: int  # somebody works on these now
    given_up: int
    since: datetime

    @property
    def needs_help(self) -> bool:
        return self.held == 0


def translation_work(targets: Sequence[str]) -> list[Work]:
    """What waits for translators in `targets`, the pair of languages that waits longest first."""
    claims = Claim.objects.filter(message=OuterRef("message"), task=OuterRef("language"), until__gt=now())
    rows = (
        Translation.objects.filter(translations.workable(), state=State.DRAFT, language__in=targets)
        .annotate(source=Coalesce("edit__language", "message__language"))
        .values("source", "language")
        .annotate(
            count=Count("pk"),
            held=Count("pk", filter=Exists(claims)),
            given_up=Count("pk", filter=~Q(cannot="")),
            since=Min("asked_at"),
        )
        .order_by("since", "language", "source")
    )
    return [_work(**row) for row in rows]


def _work(source: str, language: str, **numbers: Any) -> Work:
    """A Northern wording is written from the Korean."""
    target = Translation.Language(language)
    return Work("ko" if target == Translation.Language.KP else source, target, **numbers)


def reviews_waiting(targets: Sequence[str]) -> dict[str, int]:
    """By language, how many translations have waited for their review for more than seven days."""
    old = Translation.objects.filter(
        translations.workable(), state=State.READY, language__in=targets, state_at__lte=now() - LONG_REVIEW
    )
    return dict(old.order_by().values_list("language").annotate(Count("pk")))


def long_waits() -> int:
    """How many letters and changes have waited for more than three days."""
    waits = Q(submitted_at__lte=now() - LONG_WAIT)
    return queue.pending().filter(waits).count() + queue.open_edits().filter(waits).count()


def second_looks(reader: User) -> int:
    """How many letters and changes wait for a second look that `reader` may give; the tab counts the same."""
    chosen = queue.second_look(not_by=reader)
    return queue.pending().filter(chosen.messages).count() + queue.open_edits().filter(chosen.edits).count()
