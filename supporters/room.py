"""How much strangers may leave on our disk: each of them within an hour, and all together."""

from __future__ import annotations

import errno
import shutil

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from . import limits, pieces
from .models import Upload

SLOT_BYTES = 20_000_000  # what one slot of limits.BYTES stands for


class NoRoom(OSError):
    """All files that wait for their forms together take too much, or the disk is nearly full."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "no room for more uploads")


def check(size: int) -> None:
    """Raise NoRoom when `size` more bytes must not come.

    What was only announced does not count: else a few requests without a byte would keep everybody out for a day.
    """
    if taken() + size > settings.UPLOADS_MAX_BYTES:
        raise NoRoom
    if shutil.disk_usage(settings.PRIVATE_ROOT).free < size + settings.KEEP_FREE_BYTES:
        raise NoRoom


def taken() -> int:
    """How many bytes wait for their forms, complete or not."""
    kept: int | None = Upload.objects.exclude(path="").aggregate(total=Sum("size"))["total"]
    return (kept or 0) + pieces.total()


def allow(request: HttpRequest, size: int) -> bool:
    """Count one more upload of `size` bytes for its sender; False when they have had their share of this hour."""
    needed = max(1, -(-size // SLOT_BYTES))
    if limits.PER_HOUR[limits.BYTES] - limits.taken(limits.BYTES, request) < needed:
        return False
    return limits.take(limits.UPLOAD, request) and limits.take(limits.BYTES, request, needed)
