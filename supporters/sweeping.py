"""Files without rows and rows without files: found in both stores, and put right where that can be.

What a worker or a request holds is left alone: rows with a lease, files with a lock, and whatever is younger than an
hour. Each suspicion is looked into once more, file by file, before anything is deleted or changed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from . import attachments, originals, pieces, storing, uploads
from .models import Attachment, Message, Rendition, Upload

State = Attachment.State
# Longer than any request or job works on a file without touching it.
YOUNG = timedelta(hours=1)
# Between making a file and locking it.
JUST_MADE = timedelta(minutes=1)
FOLDERS = (originals.FOLDER, attachments.MASTERS, "renditions", "previews")
# Losing so many files at once means another store, not lost files.
MANY, SHARE = 20, 0.1


class WrongStore(OSError):
    """So much is missing that this cannot be the store the rows speak of."""


def sweep(*, check: bool = False) -> Counter[str]:
    """Go through both stores; with `check` only count. Raises OSError when one does not answer or is another one.

    The names of what was found: `stray` files without rows, `left` by killed processes; rows whose file was `restored`
    from the other store, `offered` again to be made, `failed` for good, `forgotten` because nobody needs the file.
    """
    counts: Counter[str] = Counter(dict.fromkeys(("stray", "left", "restored", "offered", "failed", "forgotten"), 0))
    for name in settings.SWEEPS:
        counts.update(import_string(name)(check=check))
    return counts


def private_files(*, check: bool = False) -> Counter[str]:
    """The part of `sweep` that is about the private store and the folders of this machine."""
    store = storing.private()
    store.check()
    counts: Counter[str] = Counter()
    sizes: dict[str, int] = {}
    for folder in FOLDERS:
        counts["stray"] += _strays(folder, sizes, check=check)
    counts["left"] += sum(_discard_path(path, check=check) for path in left_over())
    broken, lost = _broken(sizes), _lost_uploads(sizes)
    rows = Attachment.objects.count()
    if len(broken) > max(MANY, SHARE * rows):
        raise WrongStore(f"{len(broken)} of {rows} messages lack files: is this the right store?")
    for upload in lost:
        counts["forgotten"] += 1
        if not check:
            uploads.discard(upload)
    for attachment in broken:
        counts[_mend(attachment, check=check)] += 1
    return counts


# --- Files without a row ----------------------------------------------------------------------------------------


def _strays(folder: str, sizes: dict[str, int], *, check: bool) -> int:
    """Delete what no row knows in a folder of the private store, and note the sizes of the rest."""
    before = timezone.now() - YOUNG
    held = _held_tokens()
    found = 0
    batch: list[storing.Entry] = []
    for entry in storing.private().entries(folder):
        batch.append(entry)
        if len(batch) == 500:
            found += _strays_among(batch, sizes, before, held, check=check)
            batch = []
    return found + _strays_among(batch, sizes, before, held, check=check)


def _strays_among(
    batch: list[storing.Entry], sizes: dict[str, int], before: datetime, held: set[str], *, check: bool
) -> int:
    # The rows are read after the list of files: what came with a row since is not on the list.
    known = _known_names(batch)
    found = 0
    for entry in batch:
        if entry.name in known:
            sizes[entry.name] = entry.size
        elif entry.modified < before and _token(entry.name) not in held:
            found += 1
            if not check and entry.name not in _known_names([entry]):
                storing.private().remove(entry.name)
    return found


def _token(name: str) -> str:
    return PurePosixPath(name).parts[1].removesuffix(".jpg")


def _known_names(batch: Iterable[storing.Entry]) -> set[str]:
    """Those of these names that a row speaks of."""
    names = [entry.name for entry in batch]
    tokens = {_token(name) for name in names}
    known = set(Upload.objects.filter(path__in=names).values_list("path", flat=True))
    known |= set(Attachment.objects.filter(path__in=names).values_list("path", flat=True))
    known |= set(Attachment.objects.filter(master__in=names).values_list("master", flat=True))
    # A file that has arrived completely waits under its name until somebody ends the work on its row.
    known |= {uploads.original_name(upload) for upload in Upload.objects.filter(path="")}
    waiting = Upload.objects.filter(token__in=tokens).values_list("token", flat=True)
    known |= {f"previews/{token}.jpg" for token in waiting}
    rows = Rendition.objects.filter(attachment__token__in=tokens).values_list("attachment__token", "name")
    return known | {f"renditions/{token}/{name}" for token, name in rows}


def _held_tokens() -> set[str]:
    """Files a worker has now. Their renditions bear the day of the postmark, so their age says nothing."""
    rows = Attachment.objects.filter(state=State.PROCESSING, leased_until__gt=timezone.now())
    return set(rows.values_list("token", flat=True))


# --- What killed processes left on this machine -----------------------------------------------------------------


def left_over() -> list[Path]:
    """Folders and files of processes that are gone: work folders, copies of originals, pieces, bodies of requests."""
    # The folder first, then the rows: what was claimed in between is not on the list.
    work = list(_inside(attachments.work_root()))
    rows = Attachment.objects.filter(state=State.PROCESSING, leased_until__gt=timezone.now())
    held = {f"{token}-{attempts}" for token, attempts in rows.values_list("token", "attempts")}
    arriving = set(Upload.objects.filter(path="").values_list("token", flat=True))
    left = [path for path in work if path.name not in held and _is_left(path)]
    left += [path for path in _inside(pieces.folder()) if path.name not in arriving and _is_older(path, YOUNG)]
    return left + [path for path in _inside(Path(settings.FILE_UPLOAD_TEMP_DIR)) if _is_older(path, YOUNG)]


def clear_work() -> int:
    """Delete what `left_over` finds; cheap enough for every minute. Returns how many."""
    return sum(_discard_path(path, check=False) for path in left_over())


def _inside(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.is_dir() else ()


def _is_left(path: Path) -> bool:
    """Whether the process that made an entry of the work folder is gone, as far as can be told."""
    if path.name.startswith("reading-"):
        return _is_older(path, JUST_MADE) and not _is_locked(path)
    if attachments.is_work_folder(path.name):
        return True
    return _is_older(path, YOUNG)


def _is_older(path: Path, age: timedelta) -> bool:
    try:
        return path.lstat().st_mtime < (timezone.now() - age).timestamp()
    except FileNotFoundError:
        return False


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _discard_path(path: Path, *, check: bool) -> bool:
    if not check:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return True


# --- Rows without their file ------------------------------------------------------------------------------------


def _lost_uploads(sizes: dict[str, int]) -> list[Upload]:
    """Kept files that are gone: their form will say that the file has to be sent again."""
    lost = []
    for upload in Upload.objects.iterator():
        if upload.path:
            if not _is_there(upload.path, upload.size, sizes):
                lost.append(upload)
            continue
        try:
            uploads.offset(upload)
        except uploads.Gone:
            lost.append(upload)
    return lost


def _broken(sizes: dict[str, int]) -> list[Attachment]:
    """Attachments whose original, master or rendition is missing or has another size."""
    rows = Attachment.objects.exclude(message__status=Message.Status.WITHDRAWN).filter(message__erased_at=None)
    found = []
    for attachment in rows.select_related("message").prefetch_related("renditions").iterator(500):
        if attachment.token in _held_tokens():
            continue
        whole = not attachment.path or _is_there(attachment.path, attachment.size, sizes)
        whole = whole and (not attachment.master or _is_there(attachment.master, None, sizes))
        if whole and not _missing(attachment, sizes):
            continue
        # Prepared or taken back since: the next sweep sees it as it is then.
        state = Attachment.objects.filter(pk=attachment.pk).values_list("state", "path", "master").first()
        if state == (attachment.state, attachment.path, attachment.master):
            found.append(attachment)
    return found


def _missing(attachment: Attachment, sizes: dict[str, int] | None = None) -> bool:
    """Whether one of the renditions that should be there is not whole."""
    if attachment.state != State.READY:
        return False
    rows = list(attachment.renditions.all())
    return not rows or not all(_is_there(row.stored, row.bytes, sizes or {}) for row in rows)


def _is_there(name: str, size: int | None, sizes: dict[str, int]) -> bool:
    """Whether a file is stored with this size; what the list does not have is asked for by name."""
    if name in sizes and size in (None, sizes[name]):
        return True
    try:
        return size in (None, storing.private().size(name))
    except FileNotFoundError:
        return False


def _mend(attachment: Attachment, *, check: bool) -> str:
    """Put one attachment right. Returns the name under which that is counted."""
    has_original = bool(attachment.path) and _is_there(attachment.path, attachment.size, {})
    has_master = not attachment.master or _is_there(attachment.master, None, {})
    if attachment.state == State.READY and _missing(attachment):
        if _can_restore(attachment, check=check):
            return "restored"
    elif attachment.state in (State.READY, State.FAILED) and not (has_original and not has_master):
        if not check:
            attachments.forget_lost(attachment, original=not has_original, master=not has_master)
        return "forgotten"
    if has_original:
        if not check:
            attachments.offer_again(attachment)
        return "offered"
    if not check:
        attachments.give_up(attachment)
    return "failed"


def _can_restore(attachment: Attachment, *, check: bool) -> bool:
    """Whether all missing renditions lie in the public store, with the right sums; then they are copied back."""
    lost = [row for row in attachment.renditions.all() if not _is_there(row.stored, row.bytes, {})]
    if not lost or not all(_public_sum(row) == row.sha256 for row in lost):
        return False
    if not check:
        day = attachment.message.submitted_at.replace(hour=0, minute=0, second=0, microsecond=0)
        for row in lost:
            storing.private().copy_from(storing.public(), row.public_name, row.stored, day)
    return True


def _public_sum(row: Rendition) -> str:
    try:
        return storing.sha256_of(storing.public(), row.public_name)
    except FileNotFoundError:
        return ""
