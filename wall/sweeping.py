"""The public half of `sweep_media`: what readers could fetch and should not, and what they should and cannot."""

from __future__ import annotations

from collections import Counter

from supporters import storing
from supporters.models import Attachment

from . import inventory, order, tracks, tree

BATCH = 500


def public_files(*, check: bool = False) -> Counter[str]:
    """Delete public files no letter on the wall has, and bring back those it lacks; with `check` only count."""
    store = storing.public()
    store.check()
    counts: Counter[str] = Counter()
    for token in inventory.stray_media():
        counts["stray"] += 1
        if not check:
            _unlink(token)
    with tree.lock(), tree.media_lock():
        scratch = tree.scratch_files()
        counts["left"] += len(scratch) if check else tree.remove_scratch_files()
    sizes: dict[str, dict[str, int]] = {}
    for entry in store.entries(""):
        sizes.setdefault(entry.name.partition("/")[0], {})[entry.name] = entry.size
    rows = Attachment.objects.filter(message__in=order.on_wall()).select_related("message")
    for attachment in rows.prefetch_related("renditions", "message__subtitles").iterator(BATCH):
        mine = sizes.get(attachment.token, {})
        counts["stray"] += _strays(attachment, mine, check=check)
        counts["restored"] += _missing(attachment, mine, check=check)
    return counts


def _is_shown(attachment: Attachment) -> bool:
    return order.on_wall().filter(pk=attachment.message_id).exists()


def _unlink(token: str) -> None:
    with tree.media_lock():
        attachment = Attachment.objects.filter(token=token).first()
        if attachment is None or not _is_shown(attachment):
            tree.unlink_media(token)


def _strays(attachment: Attachment, sizes: dict[str, int], *, check: bool) -> int:
    """Files beside those of a letter that is on the wall; its subtitles are looked at by themselves."""
    expected = {row.public_name for row in attachment.renditions.all() if row.name in tree.PUBLIC_NAMES}
    stray = [name for name in sizes if name not in expected and not name.endswith(".vtt")]
    if not check:
        with tree.media_lock():
            for name in stray:
                storing.public().remove(name)
    return len(stray)


def _missing(attachment: Attachment, sizes: dict[str, int], *, check: bool) -> int:
    rows = [row for row in attachment.renditions.all() if row.name in tree.PUBLIC_NAMES]
    wrong = [row for row in rows if sizes.get(row.public_name) != row.bytes]
    old = tracks.wrong(attachment)
    if (wrong or old) and not check:
        with tree.media_lock():
            if not _is_shown(attachment):
                return 0
            for row in wrong:
                storing.public().remove(row.public_name)
            tree.link_media(attachment)
            tracks.bring(attachment)
    return len(wrong) + len(old)
