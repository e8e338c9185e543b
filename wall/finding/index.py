"""The index of words: one row a letter, by its number on the wall.

It holds the letters on the wall and those that are hidden for a while; whoever searches joins it with
`order.on_wall()`. SQLite keeps only the terms (a contentless FTS5 table): a row is forgotten by the very terms it was
entered with, so it has to be done while the words are still there (`messages_site.changes.prepare`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain
from time import monotonic
from typing import Any

from django.db import connection, transaction

from messages_site import jobs
from supporters.models import Event, Message
from supporters.models.messages import MessageQuerySet

from .. import order
from ..models import SearchBacklog
from . import grams
from .texts import COLUMNS, columns_of, texts_of

TABLE = "wall_search"
BATCH = 200
# A job of the short queue has 20 seconds.
CATCH_UP_SECONDS = 8
Kind = Event.Kind
MAY_ADD = {Kind.SHOWN, Kind.EDIT_SHOWN, Kind.SIGNED, Kind.RESTORED}
MAY_FORGET = {Kind.WITHDRAWN, Kind.REMOVED, Kind.CONSENT}


def terms_of(message: Message) -> set[str]:
    texts = (text for _language, text in texts_of(columns_of(message)))
    return grams.of_texts(texts) | grams.of_facets(message.country, message.kind, message.language)


def belonging() -> MessageQuerySet:
    """The letters the index holds."""
    shown = Message.objects.filter(status=Message.Status.APPROVED, agreed_web=True, cleared_web=True)
    return shown.filter(wall_number__isnull=False)


def _belongs(message: Message) -> bool:
    is_approved = message.status == Message.Status.APPROVED
    return is_approved and message.agreed_web and message.cleared_web and message.was_public


# --- What happens to a letter -----------------------------------------------------------------------------------


def prepare(message_id: int) -> None:
    """Listener of `messages_site.changes`, before words change: forget them while they can still be read."""
    message = Message.objects.get(pk=message_id)
    if message.was_public:
        forget(message)


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`, after a change: runs inside its transaction."""
    if kind not in MAY_ADD | MAY_FORGET:
        return
    message = Message.objects.get(pk=message_id)
    if _belongs(message):
        if kind in MAY_ADD:
            add(message)
    elif message.was_public:
        forget(message)


def add(message: Message) -> bool:
    """Enter a letter; whether it was not there. Call it under the lock of the message."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {TABLE} (number, terms) VALUES (%s, array_to_tsvector(%s))"  # noqa: S608
                " ON CONFLICT (number) DO UPDATE SET terms = excluded.terms",
                [message.wall_number, sorted(terms_of(message))],
            )
            return True
        if _is_there(message.wall_number):
            return False
        cursor.execute(
            f"INSERT INTO {TABLE} (rowid, terms) VALUES (%s, %s)",  # noqa: S608
            [message.wall_number, " ".join(sorted(terms_of(message)))],
        )
    return True


def forget(message: Message) -> None:
    """Take a letter out, while its words are those it was entered with."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {TABLE} WHERE number = %s", [message.wall_number])  # noqa: S608
        elif _is_there(message.wall_number):
            cursor.execute(
                f"INSERT INTO {TABLE} ({TABLE}, rowid, terms) VALUES ('delete', %s, %s)",  # noqa: S608
                [message.wall_number, " ".join(sorted(terms_of(message)))],
            )


def _is_there(number: int | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {TABLE} WHERE rowid = %s", [number])  # noqa: S608
        return cursor.fetchone() is not None


def clear() -> None:
    """Forget every letter."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608
        else:
            cursor.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")  # noqa: S608


# --- Looking up -------------------------------------------------------------------------------------------------


def numbers(needed: list[list[list[str]]], *, before: int | None, limit: int) -> list[int]:
    """The newest letters that have all terms of one spelling of each word: candidates, to be read."""
    is_postgresql = connection.vendor == "postgresql"
    quote, both, either = ("'", " & ", " | ") if is_postgresql else ('"', " AND ", " OR ")

    def every(terms: Iterable[str]) -> str:
        return "(" + both.join(f"{quote}{term}{quote}" for term in terms) + ")"

    expression = both.join("(" + either.join(map(every, forms)) + ")" for forms in needed)
    key, match = ("number", "terms @@ %s::tsquery") if is_postgresql else ("rowid", f"{TABLE} MATCH %s")
    newest = f"SELECT {key} FROM {TABLE} WHERE {match} AND {key} < %s ORDER BY {key} DESC LIMIT %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(newest, [expression, before or order.last_number() + 1, limit])
        return [row[0] for row in cursor.fetchall()]


def is_complete() -> bool:
    """Whether every letter was entered; otherwise the oldest may be missing."""
    return not SearchBacklog.objects.filter(below__gt=1).exists()


# --- The whole index --------------------------------------------------------------------------------------------


@transaction.atomic
def start_anew() -> None:
    """Forget everything and note that all letters have to be entered, the newest first."""
    backlog = _locked_backlog()
    clear()
    backlog.below = order.last_number() + 1
    backlog.save()


@transaction.atomic
def note_rows_without_terms() -> None:
    """Letters were stored past the life line: have whatever is missing entered."""
    backlog = _locked_backlog()
    backlog.below = order.last_number() + 1
    backlog.save()


def _locked_backlog() -> SearchBacklog:
    backlog, _created = SearchBacklog.objects.select_for_update().get_or_create(pk=1)
    return backlog


@transaction.atomic
def catch_up(limit: int = BATCH) -> int:
    """Enter the next letters that wait for it. Returns how many numbers were gone through; 0 when none is left."""
    # Taken before any message: nobody who holds a message waits for it.
    backlog = _locked_backlog()
    last = backlog.below - 1
    if last < 1:
        return 0
    first = max(1, last - limit + 1)
    wanted = belonging().filter(wall_number__gte=first, wall_number__lte=last)
    held = list(wanted.select_for_update().order_by("pk"))
    for message in sorted(held, key=lambda message: message.wall_number or 0):
        add(message)
    backlog.below = first
    backlog.save()
    return last - first + 1


def catch_up_for_a_while() -> None:
    """Job of every minute: go on with what waits, if anything does."""
    if is_complete():
        return
    begun = monotonic()
    while catch_up():
        if monotonic() - begun > CATCH_UP_SECONDS:
            jobs.enqueue("wall.finding.index.catch_up_for_a_while")
            return


def differences(progress: Callable[[int], object] = lambda done: None) -> list[str]:
    """Where the index is not what the letters say."""
    found = []
    entered = set(_entered())
    expected: set[int] = set()
    counted: Counter[str] = Counter()
    for message in belonging().only("wall_number", "country", "kind", *COLUMNS).order_by("pk").iterator(BATCH):
        number = message.wall_number or 0
        expected.add(number)
        if number in entered:
            counted.update(terms_of(message))
        progress(1)
    found += [f"letter {number} is missing" for number in sorted(expected - entered)]
    found += [f"letter {number} should not be there" for number in sorted(entered - expected)]
    indexed = _counted_terms()
    wrong = [term for term in {*counted, *indexed} if counted[term] != indexed.get(term, 0)]
    if wrong:
        found.append(f"terms with other letters: {len(wrong)}")
    return found


def _entered() -> Iterable[int]:
    key = "number" if connection.vendor == "postgresql" else "id"
    table = TABLE if connection.vendor == "postgresql" else f"{TABLE}_docsize"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key} FROM {table}")  # noqa: S608
        return list(chain.from_iterable(cursor.fetchall()))


def _counted_terms() -> dict[str, int]:
    """Every term of the index, with how many letters have it."""
    rows: list[Any]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"SELECT word, ndoc FROM ts_stat('SELECT terms FROM {TABLE}')")  # noqa: S608
            rows = cursor.fetchall()
        else:
            words = f"{TABLE}_words"
            cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{words} USING fts5vocab(main, {TABLE}, row)")
            cursor.execute(f"SELECT term, doc FROM temp.{words}")  # noqa: S608
            rows = cursor.fetchall()
            cursor.execute(f"DROP TABLE temp.{words}")
    return dict(rows)
