"""The whole tree at once: what should be there, what should not, and where it differs from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from django.utils import timezone

from supporters.models import Attachment, Message
from supporters.pages import LANGUAGES

from . import order, pages, tracks, tree
from .models import DirtyPage

BATCH = 500

Progress = Callable[[int], object]


def paths() -> Iterator[str]:
    """Every page that should be there, in an order in which each may name the weight of an earlier one."""
    last = 0
    while slugs := list(
        order.on_wall().filter(wall_number__gt=last).order_by("wall_number").values_list("wall_number", "slug")[:BATCH]
    ):
        last = slugs[-1][0] or 0
        yield from (order.message_path(slug) for _number, slug in slugs)
    newest = order.last_number()
    yield from (order.archive_path(page) for page in range(1, order.page_of(newest) + 1))
    yield from pages.fixed_paths()


def count() -> int:
    """How many paths there are, for a progress bar."""
    return order.on_wall().count() + max(0, order.page_of(order.last_number())) + len(pages.fixed_paths())


def strays() -> Iterator[tuple[str, str]]:
    """Pages in the tree that should not be there."""
    newest = order.page_of(order.last_number())
    fixed = {*pages.fixed_paths(), *(order.archive_path(page) for page in range(1, newest + 1))}
    for language in LANGUAGES:
        found = tree.pages(language)
        while batch := list(islice(found, BATCH)):
            slugs = {match[1] for path in batch if (match := pages.MESSAGE.fullmatch(path))}
            shown = set(order.on_wall().filter(slug__in=slugs).values_list("slug", flat=True))
            for path in batch:
                match = pages.MESSAGE.fullmatch(path)
                if path not in fixed and not (match and match[1] in shown):
                    yield language, path


def stray_media() -> list[str]:
    """Tokens of public files whose letter is not on the wall."""
    tokens = tree.media_tokens()
    public: set[str] = set()
    for start in range(0, len(tokens), BATCH):
        rows = Attachment.objects.filter(token__in=tokens[start : start + BATCH], message__in=order.on_wall())
        public.update(rows.values_list("token", flat=True))
    return [token for token in tokens if token not in public]


def waiting() -> int:
    """How many letters are public but have no number yet."""
    return Message.objects.on_wall().filter(wall_number=None).count()


def differences(progress: Progress = lambda done: None) -> list[str]:
    """What in the tree is not as the database says: missing, old or broken pages, strays, media."""
    found: list[str] = []
    if due := waiting():
        found.append(f"not yet published: {due}")
    # A page of which only a figure or a label is old is written within a minute: that is no difference yet.
    soon = set(DirtyPage.objects.filter(due_at__gt=timezone.now()).values_list("path", flat=True))
    for path in paths():
        for language in LANGUAGES if path not in soon else ():
            if not tree.holds(language, path, pages.render(language, path)):
                found.append(f"{language}/{path}")
        progress(1)
    found += [f"{language}/{path}" for language, path in strays()]
    found += [f"media/{token}" for token in stray_media()]
    attachments = Attachment.objects.filter(message__in=order.on_wall()).select_related("message")
    for attachment in attachments.prefetch_related("renditions", "message__subtitles").iterator(BATCH):
        found += tracks.wrong(attachment)
        found += [rendition.public_path for rendition in tree.missing_media(attachment)]
    return found
