"""Photos, videos and voices of strangers: a look at an upload, and its renditions without metadata.

Everything that parses such a file runs in a limited child (``sandbox.py``). Plain functions on paths, without Django.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from . import clip, photo
from .outcome import REASONS, REMOVED, Converted, Facts, Made, Refused
from .sandbox import SandboxError, SandboxFailed, SandboxTimeout
from .sniff import HEAD_BYTES, Family, family_of, mime_of

__all__ = [
    "KINDS",
    "MAX_BYTES",
    "MAX_SECONDS",
    "PHOTO_WIDTHS",
    "REASONS",
    "REMOVED",
    "Converted",
    "Facts",
    "Made",
    "Refused",
    "SandboxError",
    "SandboxFailed",
    "SandboxTimeout",
    "convert",
    "inspect",
]

KINDS = ("photo", "video", "voice")
MAX_BYTES = {"photo": 20_000_000, "video": 200_000_000, "voice": 200_000_000}
MAX_SECONDS = clip.MAX_SECONDS
PHOTO_WIDTHS = photo.WIDTHS
SCRATCH_PREFIX = ".making-"


def inspect(path: Path | str, kind: str) -> Facts:
    """A quick look at a stored upload, for the form.

    Raises Refused for what is wrong with the file; OSError or SandboxError for trouble on this side.
    """
    family, head = _admit(Path(path), kind)
    with _scratch(None, Path(path)) as (scratch, source):
        if kind == "photo":
            return photo.inspect(source, family, scratch)
        return clip.inspect(source, family, kind, mime_of(family, kind, head), scratch)


def convert(
    path: Path | str,
    kind: str,
    folder: Path | str,
    *,
    master: bool = False,
    heartbeat: Callable[[int], None] | None = None,
) -> Converted:
    """Make all renditions of an upload in ``folder``, which must exist, and nothing else anywhere.

    They appear only when all are complete. Meanwhile a folder ``.making-*`` stands beside them; only a killed worker
    leaves it behind. ``master`` asks for one of a video or a voice too: it lies in ``folder`` as well, and is not among
    the renditions. ``heartbeat`` is called about every two seconds with the percent done, which never falls and is 99
    at most. Raises as ``inspect`` does.
    """
    family, _ = _admit(Path(path), kind)
    with _scratch(Path(folder), Path(path)) as (scratch, source):
        if kind == "photo":
            beat = partial(heartbeat, 0) if heartbeat else None
            made, colour = photo.convert(source, family, scratch, beat)
            return Converted(_deliver(made, scratch, Path(folder)), colour=colour)
        work = clip.convert(source, family, kind, scratch, master=master, heartbeat=heartbeat)
        parts = _deliver([*work.made, *([work.master] if work.master else [])], scratch, Path(folder))
        kept = parts.pop() if work.master else None
        return Converted(parts, master=kept, loudness=work.loudness)


def _admit(path: Path, kind: str) -> tuple[Family, bytes]:
    """What can be said before any decoder runs: size and type."""
    if kind not in KINDS:
        raise ValueError(f"no such kind: {kind}")
    # Without O_NONBLOCK a named pipe would hold the worker until somebody writes.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"not a regular file: {path}")
        head = file.read(HEAD_BYTES)
    if status.st_size == 0:
        raise Refused("empty")
    if status.st_size > MAX_BYTES[kind]:
        raise Refused("too_large")
    family = family_of(head)
    if family is None or kind not in family.kinds:
        raise Refused("wrong_kind")
    return family, head


@contextmanager
def _scratch(folder: Path | None, path: Path) -> Iterator[tuple[Path, Path]]:
    """A folder for one job, and in it a neutral name for the upload: its own could look like an option."""
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX, dir=folder)).resolve()
    try:
        source = scratch / "source"
        source.symlink_to(path.resolve())
        yield scratch, source
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _deliver(made: list[dict[str, Any]], scratch: Path, folder: Path) -> list[Made]:
    """Move the finished files to their place: all of them or none."""
    results: list[Made] = []
    try:
        for part in made:
            data = (scratch / part["name"]).read_bytes()
            target = folder / part["name"]
            os.replace(scratch / part["name"], target)
            results.append(
                Made(
                    name=part["name"],
                    path=target,
                    mime=part["mime"],
                    width=part.get("width"),
                    height=part.get("height"),
                    seconds=part.get("seconds"),
                    bytes=len(data),
                    sha256=hashlib.sha256(data).hexdigest(),
                )
            )
    except OSError:
        for result in results:
            result.path.unlink(missing_ok=True)
        raise
    return results
