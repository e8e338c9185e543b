"""The pages that many letters stand on, found with few questions to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from supporters.models import Attachment, Message

from . import order, pages

AT_ONCE = 500  # keys in one statement

# The number of a letter and its slug.
Numbered = dict[int, str]


def numbered(message_ids: Sequence[int]) -> Numbered:
    """Those of the letters that stood on the wall."""
    rows: Numbered = {}
    for start in range(0, len(message_ids), AT_ONCE):
        found = Message.objects.filter(pk__in=message_ids[start : start + AT_ONCE], wall_number__isnull=False)
        rows |= {number: slug for number, slug in found.values_list("wall_number", "slug") if number}
    return rows


def media_tokens(message_ids: Sequence[int]) -> list[str]:
    """The folders of the files of these letters."""
    tokens: list[str] = []
    for start in range(0, len(message_ids), AT_ONCE):
        found = Attachment.objects.filter(message__in=message_ids[start : start + AT_ONCE])
        tokens += list(found.values_list("token", flat=True))
    return tokens


def own_pages(letters: Numbered) -> set[str]:
    """The pages of these letters themselves."""
    return {order.message_path(slug) for slug in letters.values()}


def pages_naming(letters: Numbered) -> set[str]:
    """The pages of the wall that hold these letters, and those of the letters beside them, which name them."""
    if not letters:
        return set()
    archive = {order.archive_path(order.page_of(number)) for number in letters}
    beside = _next_to(letters, +1, order.newer) | _next_to(letters, -1, order.older)
    return archive | {order.message_path(slug) for slug in beside} | {pages.FRONT}


def _next_to(letters: Numbered, step: int, search: Callable[[int], Message | None]) -> set[str]:
    """The slugs of the letters on the wall next to these in one direction."""
    # Mostly it is the very next number; only where that one has left the wall too the next has to be looked for.
    wanted = sorted({number + step for number in letters} - letters.keys())
    found: Numbered = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = order.on_wall().filter(wall_number__in=wanted[start : start + AT_ONCE])
        found |= {number: slug for number, slug in rows.values_list("wall_number", "slug") if number}
    farther = (search(number - step) for number in wanted if number not in found)
    return {*found.values(), *(message.slug for message in farther if message)}


def pages_beside(letters: Iterable[int]) -> set[str]:
    """The archive pages next to theirs, on which only the link to them changes."""
    held = {order.page_of(number) for number in letters}
    newer = (order.newer_page(page) for page in held if page + 1 not in held)
    older = (order.older_page((page - 1) * order.PAGE + 1) for page in held if page - 1 not in held)
    return {order.archive_path(page) for page in (*newer, *older) if page}
