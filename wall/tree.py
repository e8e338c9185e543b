"""The published tree: files below TREE_ROOT, each page beside its compressed forms, replaced in one step.

What lies in the tree is public. A page may be written by the worker and by a request at once; whoever writes takes the
lock first and reads the database inside it, so that the last one to write also knew most.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time

import brotli
from django.conf import settings

from messages_site import policy
from supporters import storing
from supporters.media import PHOTO_WIDTHS
from supporters.models import Attachment, Rendition
from supporters.pages import LANGUAGES

GZIP_LEVEL, BROTLI_QUALITY = 9, 11
# A page of this many bytes is mostly photos: the best quality would take a second under the lock for a thousandth.
LARGE_BYTES, LARGE_QUALITY = 200_000, 9
FORMS = (".gz", ".br", "")  # the compressed forms are in place before the page they belong to
# The renditions readers get. Whatever else is made of a file stays private.
PUBLIC_NAMES = frozenset(f"{width}.{kind}" for width in PHOTO_WIDTHS for kind in ("webp", "jpg")) | {
    "240.mp4",
    "480.mp4",
    "poster.jpg",
    "sound.m4a",
    "voice.m4a",
}


@contextmanager
def lock() -> Iterator[None]:
    """Hold the right to write the tree, among all processes and threads of this machine."""
    with _locked("tree.lock"):
        yield


@contextmanager
def media_lock() -> Iterator[None]:
    """Hold the right to change public files: another than that of pages, which must not wait for a slow bucket."""
    with _locked("media.lock"):
        yield


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (settings.VAR / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def page_file(language: str, path: str) -> Path:
    return settings.TREE_ROOT / language / path


def write(language: str, path: str, html: str) -> bool:
    """Put a page in place with its compressed forms. Returns whether anything had to be written."""
    if holds(language, path, html):
        return False
    content = html.encode()
    file = page_file(language, path)
    quality = BROTLI_QUALITY if len(content) < LARGE_BYTES else min(BROTLI_QUALITY, LARGE_QUALITY)
    forms = {
        # Without time and name: the same page gives the same bytes.
        ".gz": gzip.compress(content, GZIP_LEVEL, mtime=0),
        ".br": brotli.compress(content, mode=brotli.MODE_TEXT, quality=quality),
        "": content,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    # Browsers and nginx know a page by its second: what is written later must not have the same.
    before = _written_at(file)
    second = None if before is None or before < int(time()) else before + 1
    for suffix in FORMS:
        replace(with_suffix(file, suffix), forms[suffix], second)
    return True


def _written_at(file: Path) -> int | None:
    """The second in which a page was written, or None when there is none."""
    try:
        return int(file.stat().st_mtime)
    except OSError:
        return None


def holds(language: str, path: str, html: str | None) -> bool:
    """Whether the tree has exactly this page, in each of its forms, or none of them when `html` is None."""
    forms = read_forms(page_file(language, path))
    content = None if html is None else html.encode()
    return all(forms[suffix] == content for suffix in FORMS)


def remove(language: str, path: str) -> bool:
    """Take a page with its compressed forms away. Returns whether any was there."""
    removed = [_unlink(with_suffix(page_file(language, path), suffix)) for suffix in FORMS]
    return any(removed)


def read_forms(file: Path) -> dict[str, bytes | None]:
    """The page in each form it is kept in, uncompressed; None for a form that is missing or broken."""
    forms: dict[str, bytes | None] = dict.fromkeys(FORMS)
    with suppress(OSError):
        forms[""] = file.read_bytes()
    with suppress(OSError, EOFError, zlib.error):
        forms[".gz"] = gzip.decompress(with_suffix(file, ".gz").read_bytes())
    with suppress(OSError, brotli.error):
        forms[".br"] = brotli.decompress(with_suffix(file, ".br").read_bytes())
    return forms


def weight(language: str, path: str) -> int | None:
    """What a published page costs its reader: the bytes of its gzip form, or None when it is not there."""
    try:
        return with_suffix(page_file(language, path), ".gz").stat().st_size
    except OSError:
        return None


def exists(path: str) -> bool:
    """Whether a page is there in both languages."""
    return all(page_file(language, path).is_file() for language in LANGUAGES)


def is_older(path: str, age: timedelta) -> bool:
    """Whether a page, if it is there, was written longer ago than `age`."""
    try:
        return page_file(LANGUAGES[0], path).stat().st_mtime < time() - age.total_seconds()
    except OSError:
        return False


def with_suffix(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def replace(target: Path, content: bytes, second: int | None = None) -> None:
    """Write a file under a temporary name and move it into place, as if written in that `second` when one is given."""
    scratch = scratch_name(target)
    try:
        scratch.write_bytes(content)
        if second is not None:
            os.utime(scratch, (second, second))
        os.replace(scratch, target)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


def scratch_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


# --- Pictures and sound -----------------------------------------------------------------------------------------


def link_media(attachment: Attachment) -> None:
    """Make the renditions of a public message public too."""
    # The time of a file is sent with it, and its own would tell the second in which the sender's upload was made.
    day = datetime.combine(attachment.message.received_on, datetime.min.time(), UTC)
    for rendition in missing_media(attachment):
        with suppress(FileNotFoundError):
            storing.public().copy_from(storing.private(), rendition.stored, rendition.public_name, day)


def missing_media(attachment: Attachment) -> list[Rendition]:
    """Public renditions that are not in the tree."""
    return [
        rendition
        for rendition in attachment.renditions.all()
        if rendition.name in PUBLIC_NAMES and not storing.public().exists(rendition.public_name)
    ]


def unlink_media(token: str) -> bool:
    """Take all public files of an attachment away. Returns whether there were any."""
    return storing.public().remove_folder(token)


# --- Hashes of style sheets and scripts -------------------------------------------------------------------------


def allow_inline() -> None:
    """Name what stands in the pages about to be written in the headers of all pages, beside what stood there before."""
    _allow(policy.allowed_hashes())


def forget_old_inline() -> None:
    """Allow only the present style sheets and scripts: every page was written with them."""
    _allow(policy.present_hashes())


def _allow(hashes: policy.Hashes) -> None:
    if hashes != policy.published_hashes():
        replace(settings.VAR / policy.HASHES, json.dumps(hashes).encode())


# --- What lies in the tree --------------------------------------------------------------------------------------


def pages(language: str) -> Iterator[str]:
    """Every page in the tree, as its path below the folder of its language, whichever forms are left of it."""
    root = settings.TREE_ROOT / language
    for folder in (root, root / "p", root / "m"):
        if not folder.is_dir():
            continue
        for entry in os.scandir(folder):
            if not entry.is_file():
                continue
            page = Path(entry.path.removesuffix(".gz").removesuffix(".br"))
            # A page is named once: by itself, or by the first form left of it.
            left = next((form for form in ("", ".gz", ".br") if with_suffix(page, form).exists()), None)
            if left == entry.name.removeprefix(page.name):
                yield str(page.relative_to(root))


def media_tokens() -> list[str]:
    """The folders of public files in the tree."""
    return storing.public().folders()


def scratch_files() -> list[Path]:
    return list(settings.TREE_ROOT.rglob(".*.tmp"))


def remove_scratch_files() -> int:
    """Remove what a killed process left half written. Call it under the lock: nobody else is writing."""
    scratch = scratch_files()
    for path in scratch:
        path.unlink(missing_ok=True)
    return len(scratch)
