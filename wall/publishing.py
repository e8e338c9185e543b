"""Publishing: the one place where letters get their number and the pages of the tree are written.

A change marks the pages it touches, in its own transaction. Writing them empties that table: by a job when a letter
appears, inside the request when one has to go.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import inf
from time import monotonic

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messages_site import changes, jobs
from supporters import storing
from supporters.models import Attachment, Event, Message
from supporters.pages import LANGUAGES
from supporters.templatetags.letters import size

from . import figures, groups, inventory, marking, order, pages, saved, tracks, tree
from .models import DirtyPage, WallCounter

logger = logging.getLogger(__name__)

Kind = Event.Kind
MAY_SHOW = {Kind.APPROVED, Kind.RESTORED, Kind.UNHIDDEN, Kind.EDIT_SHOWN, Kind.SIGNED}
MAY_HIDE = {Kind.WITHDRAWN, Kind.REMOVED, Kind.HIDDEN, Kind.CONSENT, Kind.EDIT_SHOWN}
NUMBERED_AT_ONCE = 100
# A job of the short queue has 20 seconds; what is left then goes on in another.
WRITE_SECONDS = 8
# How long the request that hides many letters writes what it took away.
TOGETHER_SECONDS = 1


# --- What happens to a letter -----------------------------------------------------------------------------------


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`: runs inside the transaction of the change."""
    if kind not in MAY_SHOW | MAY_HIDE | {Kind.SUBTITLED}:
        return
    message = Message.objects.get(pk=message_id)
    if kind == Kind.SUBTITLED:
        _subtitled(message)
        return
    if kind in MAY_HIDE and message.was_public and not message.is_on_wall:
        _hide(message)
    elif kind in MAY_SHOW and message.live_at:
        if message.was_public:
            if kind == Kind.EDIT_SHOWN and marking.may_be_saved(message):
                # The sender may have taken out what endangers somebody: files to keep do not wait their minute.
                transaction.on_commit(remove_saved, robust=True)
            # It is on the wall again, or in other words. Its neighbours only name it: they can wait.
            at_once, later = marking.touched(message)
            naming = at_once & marking.neighbours(message)
            marking.mark(at_once - naming, later | naming)
        jobs.enqueue("wall.publishing.show", message_id, at=message.live_at)


def _subtitled(message: Message) -> None:
    """Only its own page names its subtitles. It is written at once: they may have been taken away for a reason."""
    if message.is_on_wall and message.was_public:
        own = {order.message_path(message.slug)}
        marking.mark(own)
        jobs.enqueue("wall.publishing.sweep")
        transaction.on_commit(partial(write_marked, own), robust=True)


def _hide(message: Message) -> None:
    at_once, later = marking.touched(message)
    is_saved = marking.may_be_saved(message)
    marking.mark(at_once, later)
    # The rows of its files may be gone when the job runs.
    attachment = Attachment.objects.filter(message=message).first()
    token = attachment.token if attachment else ""
    jobs.enqueue("wall.publishing.take_down", message.pk, token, is_saved)
    primary_key = message.pk

    def take_down_now() -> None:
        take_down(primary_key, token, is_saved)

    # The job alone would wait for a worker. A failure here is logged, and the job repeats it.
    transaction.on_commit(take_down_now, robust=True)


def changed_together(message_ids: Sequence[int], kind: str) -> None:
    """The same for many letters at once: each page is marked once, and one job repeats it for all."""
    if kind not in (Kind.HIDDEN, Kind.UNHIDDEN):
        for message_id in message_ids:
            changed(message_id, kind)
        return
    letters = groups.numbered(message_ids)
    own, naming = groups.own_pages(letters), groups.pages_naming(letters)
    if letters:
        marking.mark(own | naming | set(marking.FIGURE_PAGES), groups.pages_beside(letters) | set(saved.PATHS))
    if kind == Kind.HIDDEN:
        tokens = groups.media_tokens(message_ids)
        # The job alone would wait for a worker.
        transaction.on_commit(partial(take_down_together, own, naming, tokens), robust=True)
    jobs.enqueue("wall.publishing.sweep")


def take_down_together(own: set[str], naming: set[str], tokens: Iterable[str]) -> None:
    """Part of the request that hides many letters: first every page that shows one of them goes, then their files, then
    pages come back.

    A page without a file is answered live, so the wall stays whole. What is not written in time here stays marked for
    the job.
    """
    # A page that waits to be written may name a letter that stands elsewhere by now; files to keep are among them.
    stale = set(DirtyPage.objects.values_list("path", flat=True))
    with tree.lock():
        for path in own | naming | stale:
            for language in LANGUAGES:
                tree.remove(language, path)
    # After the pages: a bucket may not answer. The sweep tries again with the pages of the letters.
    with suppress(storing.Unreachable), tree.media_lock():
        for token in tokens:
            tree.unlink_media(token)
    write_marked(only={pages.FRONT, *marking.FIGURE_PAGES})
    write_marked(only=naming, seconds=TOGETHER_SECONDS)


def show(message_id: int) -> None:
    """Job: put what is due on the wall and write its pages. May run twice, or for a letter that is no longer due.

    It numbers everything that is due, not only `message_id`: of a thousand jobs due at once the first does the work,
    and the front page is written a few times instead of a thousand.
    """
    number_due()
    write_marked()


def take_down(message_id: int, token: str = "", is_saved: bool = True) -> None:
    """Job, and part of the request that hides a letter: remove its files and pages, write those that named it."""
    message = Message.objects.filter(pk=message_id).first()
    if is_saved and not (message and message.is_on_wall):
        remove_saved()
    try:
        if token and not (message and message.is_on_wall):
            with tree.media_lock():
                tree.unlink_media(token)
    finally:
        # Also when the bucket does not answer; then the job tries the files again.
        if message:
            at_once, _later = marking.touched(message)
            write_marked(only=at_once)


def remove_saved() -> None:
    """Take the files to keep away until they are written anew: meanwhile they are answered live."""
    with tree.lock():
        for path in saved.PATHS:
            for language in LANGUAGES:
                tree.remove(language, path)


def sweep() -> int:
    """Job of every minute: publish what a lost job left, write what waited, let the figures follow the calendar.

    Returns how many files of pages were written.
    """
    number_due()
    marking.mark(path for path in pages.fixed_paths() if not tree.exists(path))
    # "In the last 30 days" grows old by itself.
    if tree.is_older("map.html", timedelta(days=1)):
        marking.mark(later=marking.FIGURE_PAGES)
    return write_marked()


@transaction.atomic
def number_due(limit: int = NUMBERED_AT_ONCE) -> int:
    """Give the next numbers to letters that became public, oldest decision first. Returns how many got one."""
    # The lock on this row (on SQLite the transaction itself) makes the numbers consecutive.
    counter, _created = WallCounter.objects.select_for_update().get_or_create(pk=1)
    due = Message.objects.on_wall().filter(wall_number=None).order_by("live_at", "pk")[:limit]
    at_once: set[str] = set()
    later: set[str] = set()
    numbered = 0
    for message in due:
        number = counter.last + 1
        # Withdrawn a moment ago: then the row is not found, and the number stays free.
        if not Message.objects.on_wall().filter(pk=message.pk, wall_number=None).update(wall_number=number):
            continue
        counter.last = message.wall_number = number
        numbered += 1
        Event.objects.record(message, Kind.SHOWN, actor=None)
        changes.announce(message.pk, Kind.SHOWN)
        touched = marking.touched(message)
        at_once |= touched[0]
        later |= touched[1]
    if numbered:
        counter.save()
        # Marked last: whoever hides a letter locks its row first and marks pages after, too.
        marking.mark(at_once, later)
        if numbered == limit:
            jobs.enqueue("wall.publishing.sweep")
    return numbered


# --- Writing ----------------------------------------------------------------------------------------------------


def write_marked(only: Iterable[str] | None = None, *, seconds: float = inf) -> int:
    """Write the marked pages that are due, or those of `only`. Returns how many files of pages changed.

    What is not written within `seconds` stays marked.
    """
    marked = Q(due_at__lte=timezone.now()) if only is None else Q(path__in=only)
    rows = sorted(DirtyPage.objects.filter(marked), key=lambda row: _writing_order(row.path))
    if not rows:
        return 0
    tree.allow_inline()
    if any(row.path in marking.FIGURE_PAGES for row in rows):
        # The front page shows them too: a large wall's are counted here only.
        rows += [] if any(row.path == pages.FRONT for row in rows) else [DirtyPage(path=pages.FRONT)]
        figures.recount()
    else:
        figures.recount_if_small()
    written, began = 0, monotonic()
    for index, row in enumerate(rows):
        labels = _weight_labels(row.path)
        try:
            written += write(row.path)
        except storing.Unreachable:
            logger.warning("The store does not answer: %s is tried again in a minute.", row.path)
            DirtyPage.objects.filter(pk=row.pk).update(due_at=timezone.now() + marking.LATER)
            continue
        if _weight_labels(row.path) != labels:
            # What comes after in this run learns it anyway.
            marking.mark(later=_naming_the_weight_of(row.path) - {following.path for following in rows[index:]})
        # Marked again meanwhile: then it stays for whoever comes next.
        DirtyPage.objects.filter(pk=row.pk, marked_at=row.marked_at).delete()
        if monotonic() - began > (WRITE_SECONDS if only is None else seconds):
            jobs.enqueue("wall.publishing.sweep")
            break
    return written


def _writing_order(path: str) -> tuple[int, int, str]:
    """Letters first, then archive pages from the oldest (each names the weight of the one before), the front last."""
    page = pages.ARCHIVE.fullmatch(path)
    rank = 0 if path.startswith("m/") else 1 if page else 3 if path == pages.FRONT else 2
    return rank, int(page[1]) if page else 0, path


def _weight_labels(path: str) -> list[str]:
    """How links to an archive page or a file to keep name its weight in either language; nothing for other pages."""
    if not pages.ARCHIVE.fullmatch(path) and path not in saved.PATHS:
        return []
    return [size(tree.weight(language, path) or 0) for language in LANGUAGES]


def _naming_the_weight_of(path: str) -> set[str]:
    """The pages with a link to this one that names its weight."""
    page = pages.ARCHIVE.fullmatch(path)
    newer = order.newer_page(int(page[1])) if page else None
    return {pages.FRONT} | ({order.archive_path(newer)} if newer else set())


def write(path: str) -> int:
    """Bring one page in both languages, and the files of a letter, to what the database says now.

    Raises `storing.Unreachable` when the page of a letter is written, but its files could not be brought, or when
    photos that belong into a page could not be read.
    """
    written = 0
    is_letter = path.startswith("m/")
    render = pages.render
    if path == saved.WITH_PICTURES:
        # Before the lock is taken, as a bucket may be slow. A letter that comes meanwhile has the page marked again.
        render = partial(render, pictures=saved.read_pictures(saved.newest()))
    try:
        # Files come before the page that shows them, and go after it: a bucket may be slow.
        if is_letter:
            _bring_media(path, shown=True)
    finally:
        with tree.lock():
            for language in LANGUAGES:
                html = render(language, path)
                written += tree.remove(language, path) if html is None else tree.write(language, path, html)
    if is_letter:
        _bring_media(path, shown=False)
    return written


def _bring_media(path: str, *, shown: bool) -> None:
    """Bring the files of a letter if it is `shown`, or take them away if it is not."""
    slug = path.removeprefix("m/").removesuffix(".html")
    if not Attachment.objects.filter(message__slug=slug).exists():
        return
    with tree.media_lock():
        attachment = Attachment.objects.filter(message__slug=slug).select_related("message").first()
        if attachment is None or (attachment.message.is_on_wall and attachment.message.was_public) != shown:
            return
        if shown:
            tree.link_media(attachment)
            tracks.bring(attachment)
        else:
            tree.unlink_media(attachment.token)


# --- The whole tree -----------------------------------------------------------------------------------------------


@dataclass
class Counts:
    """What one run over the tree did."""

    pages: int = 0  # that should be there, in either language
    written: int = 0
    removed: int = 0


def publish_all(progress: inventory.Progress = lambda done: None) -> Counts:
    """Write every page there should be and remove every other file: after this the tree is what the database says."""
    while number_due():
        pass
    known = list(DirtyPage.objects.values_list("pk", "marked_at"))
    tree.allow_inline()
    figures.recount()
    counts = Counts()
    for path in inventory.paths():
        counts.pages += len(LANGUAGES)
        counts.written += write(path)
        progress(1)
    for language, path in list(inventory.strays()):
        with tree.lock():
            # It may have become a page while the others were written.
            if pages.render(language, path) is None:
                counts.removed += tree.remove(language, path)
    with tree.lock(), tree.media_lock():
        counts.removed += sum(tree.unlink_media(token) for token in inventory.stray_media())
        counts.removed += tree.remove_scratch_files()
    for key, marked_at in known:
        DirtyPage.objects.filter(pk=key, marked_at=marked_at).delete()
    tree.forget_old_inline()
    return counts
