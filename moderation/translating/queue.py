"""What waits for translators, reviewers and Northern readers, oldest first, as far as somebody's roles go."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from supporters.models import Message

from ..models import Claim, Translation
from ..queues.queue import COUNTED, PAGE, TEXTS, Cursor
from ..review import claims
from ..roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from .translations import SITE_LANGUAGES, Language, State, readable, why_not, workable

DESK = (TRANSLATOR, REVIEWER, NORTHERN_READER, MODERATOR, SAFETY_LEAD)
# After this time a finished translation has waited too long for its review.
PATIENCE = timedelta(days=7)
RECENTLY = timedelta(days=14)
# Beside the page of open work each list shows its oldest rows only, and as many of them.
SHORT = PAGE
# What no list shows; a page of it can be long.
NOT_LISTED = (
    "text",
    *(f"message__{name}" for name in TEXTS),
    *(f"edit__{name}" for name in TEXTS if name != "transcript"),
)
# So many of the oldest open rows are counted by their languages.
GROUPED = 500
# The language a text is made from.
SOURCE = Case(When(language=Language.KP, then=Value("ko")), default=Coalesce("edit__language", "message__language"))
PAIR = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,11})-(ko|en|kp)", re.ASCII)


@dataclass(frozen=True)
class Pair:
    """From which language into which."""

    source: str
    target: str

    @classmethod
    def read(cls, text: str) -> Pair | None:
        match = PAIR.fullmatch(text)
        return cls(*match.groups()) if match else None

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def rows(self) -> Q:
        return Q(source=self.source, language=self.target)


@dataclass(frozen=True)
class Line:
    """One text in the queue, and who works on it now."""

    row: Translation
    claim: Claim | None = None
    beside: tuple[Line, ...] = ()  # the other languages of the same letter

    @property
    def all(self) -> tuple[Line, ...]:
        return (self, *self.beside)

    @property
    def pair(self) -> Pair:
        return Pair(self.row.source, self.row.language)  # type: ignore[attr-defined]

    @property
    def why_not(self) -> str:
        return why_not(self.row)

    @property
    def is_late(self) -> bool:
        return self.row.state == State.READY and self.row.state_at <= now() - PATIENCE


@dataclass(frozen=True)
class Group:
    """What is open from one language into another; an empty `count` says that nobody counted so far down."""

    pair: Pair
    count: str


@dataclass(frozen=True)
class Overview:
    """The page of the queue."""

    groups: list[Group] = field(default_factory=list)
    open: list[Line] = field(default_factory=list)
    next: str = ""
    ready: list[Line] = field(default_factory=list)
    handed_back: list[Line] = field(default_factory=list)
    reviewed: list[Line] = field(default_factory=list)


def languages_of(user: User) -> list[Language]:
    """The languages whose work `user` may see."""
    deciding = may(user, MODERATOR, SAFETY_LEAD)
    found = list(SITE_LANGUAGES) if deciding or may(user, TRANSLATOR, REVIEWER) else []
    return found + ([Language.KP] if deciding or may(user, NORTHERN_READER) else [])


def rows_for(user: User) -> QuerySet[Translation]:
    """Translations `user` may see, each with the language it is made from."""
    rows = Translation.objects.filter(readable(), language__in=languages_of(user))
    return rows.select_related("message", "edit", "translator", "reviewer").annotate(source=SOURCE)


def in_queue() -> Q:
    """Work for now: a message that went back to its sender waits for them first."""
    return workable() & (Q(message__status=Message.Status.PENDING) | Q(message__status=Message.Status.APPROVED))


def open_work(user: User, pair: Pair | None = None) -> QuerySet[Translation]:
    """Texts to be translated, oldest first."""
    rows = rows_for(user).filter(in_queue(), state=State.DRAFT, cannot="")
    if pair:
        rows = rows.filter(pair.rows)
    return rows.order_by("asked_at", "pk")


def overview(user: User, pair: Pair | None, after: Cursor | None) -> Overview:
    """Everything on the page of the queue, in a constant number of queries."""
    rows = rows_for(user).defer(*NOT_LISTED)
    page = open_work(user, pair).defer(*NOT_LISTED)
    if after:
        page = page.filter(Q(asked_at__gt=after.at) | Q(asked_at=after.at, pk__gt=after.pk))
    found = list(page[: PAGE + 1])
    shown = found[:PAGE]
    queued = rows.filter(in_queue())
    ready = list(_of(queued.filter(state=State.READY), pair).order_by("state_at", "pk")[:SHORT])
    handed_back = list(
        _of(queued.filter(state=State.DRAFT).exclude(cannot=""), pair).order_by("state_at", "pk")[:SHORT]
    )
    recently = rows.filter(state=State.REVIEWED, state_at__gt=now() - RECENTLY)
    reviewed = list(_of(recently, pair).order_by("-state_at", "-pk")[:PAGE])
    held = _claims([*shown, *ready, *handed_back])
    return Overview(
        groups=_groups(user),
        open=_together(_lines(shown, held)),
        next=str(Cursor(shown[-1].asked_at, False, shown[-1].pk)) if len(found) > PAGE else "",
        ready=_lines(ready, held),
        handed_back=_lines(handed_back, held),
        reviewed=_lines(reviewed, {}),
    )


def _of(rows: QuerySet[Translation], pair: Pair | None) -> QuerySet[Translation]:
    return rows.filter(pair.rows) if pair else rows


def _groups(user: User) -> list[Group]:
    """The pairs of languages with open work, the one that waits longest first.

    Behind the oldest rows of a long queue the pairs are those in which letters wait at all.
    """
    rows = open_work(user).annotate(made_from=SOURCE).values_list("made_from", "language")[: GROUPED + 1]
    counts = Counter(rows.iterator())
    found = {Pair(*pair): count for pair, count in counts.items()}
    waiting = Message.objects.filter(status=Message.Status.PENDING).order_by("language")
    sources = list(waiting.values_list("language", flat=True).distinct())
    if counts.total() <= GROUPED:
        return [Group(pair, str(count)) for pair, count in found.items()]
    targets = [str(code) for code in languages_of(user) if code != Language.KP]
    others = [Pair(source, target) for source in sources for target in targets if source != target]
    counted = [Group(pair, f"{min(count, COUNTED)}+") for pair, count in found.items()]
    return counted + [Group(pair, "") for pair in others if pair not in found]


def _claims(rows: list[Translation]) -> dict[tuple[int, str], Claim]:
    held = claims.live().filter(message__in={row.message_id for row in rows}, task__in=Language.values)
    return {(claim.message_id, claim.task): claim for claim in held}


def _lines(rows: list[Translation], held: dict[tuple[int, str], Claim]) -> list[Line]:
    for row in rows:
        if row.edit:
            row.edit.message = row.message
    return [Line(row, held.get((row.message_id, row.language))) for row in rows]


def _together(lines: list[Line]) -> list[Line]:
    """The same lines, those of one letter as one, where the first of them stood."""
    letters: dict[tuple[int, int | None], Line] = {}
    for line in lines:
        key = line.row.message_id, line.row.edit_id
        first = letters.get(key)
        letters[key] = replace(first, beside=(*first.beside, line)) if first else line
    return list(letters.values())


def count_for(user: User) -> str:
    """How much waits for `user` to do, as the tab shows it."""
    open_rows = open_work(user).exclude(language=Language.KP)
    ready = rows_for(user).filter(in_queue(), state=State.READY).exclude(language=Language.KP)
    wanted = []
    if may(user, TRANSLATOR, MODERATOR, SAFETY_LEAD):
        wanted.append(open_rows)
    if may(user, REVIEWER):
        wanted.append(ready.exclude(translator=user))
    return _shown(sum(rows.order_by()[: COUNTED + 1].count() for rows in wanted))


def signing_count(user: User) -> str:
    rows = rows_for(user).filter(in_queue(), language=Language.KP).exclude(state=State.REVIEWED)
    return _shown(rows.order_by()[: COUNTED + 1].count())


def _shown(count: int) -> str:
    return str(count) if count <= COUNTED else f"{COUNTED}+"
