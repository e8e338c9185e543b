"""The order of the wall: archive pages of twenty, counted from the oldest, so that a letter never changes its page."""

from __future__ import annotations

from supporters.models import Message
from supporters.models.messages import MessageQuerySet

from .models import WallCounter

PAGE = 20


def on_wall() -> MessageQuerySet:
    """What readers find: public, and given its number."""
    return Message.objects.on_wall().filter(wall_number__isnull=False)


def page_of(number: int) -> int:
    """The archive page that holds the letter with this number."""
    return (number - 1) // PAGE + 1


def archive_path(page: int) -> str:
    return f"p/{page}.html"


def message_path(slug: str) -> str:
    return f"m/{slug}.html"


def last_number() -> int:
    return WallCounter.objects.values_list("last", flat=True).first() or 0


def front_start(last: int) -> int:
    """The first number on the front page: it holds the open page and the newest full one, 20 to 39 letters."""
    return max(0, last // PAGE - 1) * PAGE + 1


def newer(number: int) -> Message | None:
    """The next letter on the wall above `number`."""
    return on_wall().filter(wall_number__gt=number).order_by("wall_number").first()


def older(number: int) -> Message | None:
    """The next letter on the wall below `number`."""
    return on_wall().filter(wall_number__lt=number).order_by("-wall_number").first()


def newer_page(page: int) -> int | None:
    """The nearest newer archive page that still holds a letter."""
    letter = newer(page * PAGE)
    return page_of(letter.wall_number) if letter and letter.wall_number else None


def older_page(before: int) -> int | None:
    """The nearest archive page with a letter below the number `before`."""
    letter = older(before)
    return page_of(letter.wall_number) if letter and letter.wall_number else None


def letters_of(page: int) -> MessageQuerySet:
    """The letters of an archive page, newest first."""
    return between((page - 1) * PAGE + 1, page * PAGE)


def between(first: int, last: int) -> MessageQuerySet:
    """The letters with these numbers and all in between, newest first, with what a postcard needs."""
    numbered = on_wall().filter(wall_number__gte=first, wall_number__lte=last)
    return numbered.order_by("-wall_number").select_related("attachment").prefetch_related("attachment__renditions")
