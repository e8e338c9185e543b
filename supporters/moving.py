"""Moving all files from folders into buckets or back: copied, read back and compared, and only then deleted.

Whatever stops it in between, nothing is lost: a second run skips what is there and the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from django.conf import settings
from django.core.files.storage import storages

from .models import Attachment
from .storing import Entry, Folder, Store, sha256_of
from .sweeping import FOLDERS


class Different(OSError):
    """What lies in the new store is not what was copied."""


@dataclass(frozen=True)
class Move:
    """One file that has to be in another store."""

    source: Store
    target: Store
    entry: Entry


def folders() -> dict[str, Store]:
    """Both stores on this machine, whichever are in use."""
    return {"private": Folder("PRIVATE_ROOT"), "public": Folder("TREE_ROOT", "media")}


def buckets() -> dict[str, Store]:
    """Both buckets; none while the settings name none."""
    return {alias: cast(Store, storages[alias]) for alias in ("private", "public")} if settings.S3_ORIGIN else {}


def plan(sources: dict[str, Store], targets: dict[str, Store]) -> list[Move]:
    """Every file that has to move. Work folders and pieces stay: they belong to this machine."""
    for store in (*sources.values(), *targets.values()):
        store.check()
    private = (entry for folder in FOLDERS for entry in sources["private"].entries(folder))
    moves = [Move(sources["private"], targets["private"], entry) for entry in private]
    return moves + [Move(sources["public"], targets["public"], entry) for entry in sources["public"].entries("")]


def carry_out(moves: list[Move], *, delete: bool, progress: Callable[[int], object]) -> Counter[str]:
    """Copy and compare all of them, then with `delete` empty the old stores. Returns how many were what.

    Raises OSError at the first file that cannot be copied or is not the same afterwards; nothing is deleted then.
    """
    counts: Counter[str] = Counter(dict.fromkeys(("copied", "there already", "gone meanwhile", "deleted"), 0))
    days = _days()
    safe: list[Move] = []
    for move in moves:
        try:
            counts["copied" if _bring(move, days) else "there already"] += 1
            safe.append(move)
        except FileNotFoundError:
            counts["gone meanwhile"] += 1  # taken back, or prepared anew
        progress(move.entry.size)
    for move in safe if delete else ():
        counts["deleted"] += move.source.remove(move.entry.name)
    return counts


def _bring(move: Move, days: dict[str, datetime]) -> bool:
    """Whether the file had to be copied. Raises Different."""
    name = move.entry.name
    wanted = sha256_of(move.source, name)
    if _has(move, wanted):
        return False
    move.target.copy_from(move.source, name, name, _day_of(name, days) or move.entry.modified)
    if not _has(move, wanted):
        raise Different(f"{name} is not the same after copying")
    return True


def _has(move: Move, wanted: str) -> bool:
    name = move.entry.name
    try:
        return move.target.size(name) == move.entry.size and sha256_of(move.target, name) == wanted
    except FileNotFoundError:
        return False


def _days() -> dict[str, datetime]:
    """The day of the postmark for each token: the time of a file may tell readers no more than that."""
    rows = Attachment.objects.values_list("token", "message__submitted_at").iterator()
    return {token: at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) for token, at in rows}


def _day_of(name: str, days: dict[str, datetime]) -> datetime | None:
    return next((days[part] for part in _parts(name) if part in days), None)


def _parts(name: str) -> Iterator[str]:
    yield from name.split("/")[:2]
