"""Which pages a letter touches, and the table of those that have to be written again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby

from django.utils import timezone

from supporters.models import Message

from . import order, pages, saved
from .models import DirtyPage

FIGURE_PAGES = ("about.html", "map.html")
# What is written at most once a minute, however many letters come.
LATER_PAGES = {*FIGURE_PAGES, *saved.PATHS}
LATER = timedelta(minutes=1)


def touched(message: Message) -> tuple[set[str], set[str]]:
    """The pages that hold or name a numbered letter, and those on which only a figure or a label changes."""
    assert message.wall_number is not None
    page = order.page_of(message.wall_number)
    at_once = {order.message_path(message.slug), order.archive_path(page), pages.FRONT} | neighbours(message)
    beside = (order.newer_page(page), order.older_page((page - 1) * order.PAGE + 1))
    return at_once, {order.archive_path(number) for number in beside if number} | LATER_PAGES


def may_be_saved(message: Message) -> bool:
    """Whether the files to keep, as they lie in the tree, may hold this letter. Ask before marking them."""
    # A file that waits to be written may still hold letters that newer ones have moved out of it.
    return saved.may_hold(message.wall_number or 0) or DirtyPage.objects.filter(path__in=saved.PATHS).exists()


def neighbours(message: Message) -> set[str]:
    assert message.wall_number is not None
    beside = (order.newer(message.wall_number), order.older(message.wall_number))
    return {order.message_path(letter.slug) for letter in beside if letter}


def mark(at_once: Iterable[str] = (), later: Iterable[str] = ()) -> None:
    """Note pages to write, in the order of their names so that two transactions never wait for each other."""
    now = timezone.now()
    at_once = set(at_once)
    rows = {path: DirtyPage(path=path, due_at=now + LATER) for path in later}
    rows |= {path: DirtyPage(path=path, due_at=now) for path in at_once}
    for is_needed, paths in groupby(sorted(rows), key=at_once.__contains__):
        # A page that waits already keeps its time, unless it is needed at once.
        renewed = ["marked_at", "due_at"] if is_needed else ["marked_at"]
        DirtyPage.objects.bulk_create(
            [rows[path] for path in paths], update_conflicts=True, unique_fields=["path"], update_fields=renewed
        )
