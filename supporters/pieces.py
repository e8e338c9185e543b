"""Uploads that arrive in pieces, on the disk of this machine: one file an upload, as long as what has arrived.

No row is written for a piece: the size of the file is the offset. Whoever writes holds a lock on the file, which ends
with its process; a connection that breaks off, or a killed server, leaves what had arrived.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings

from . import storing

FOLDER = "pieces"
# Where the front server leaves a Slot in the environment of a request.
SLOT = "supporters.slot"

Trouble = Literal["", "wrong_kind", "no_room", "cut", "slow", "replaced"]


class Busy(Exception):
    """Somebody else writes to this upload just now."""


@dataclass
class Slot:
    """What the front server and the view tell each other about the body of one request.

    The view is called with headers alone and leaves a Reception here when bytes may come; the front server lets it
    write them and calls the view once more.
    """

    length: int | None  # of the body in bytes, as announced; None when that was not said
    comes_again: bool = True  # whether the view is called once more, or has to read the body itself
    is_crowded: bool = False  # too many bodies are on their way in at once
    reception: Reception | None = None


class Reception:
    """The one writer of an upload; gives its lock back when it is closed.

    `fits` is asked once about the file, as soon as that many first bytes are there as it needs to know (`head`).
    """

    def __init__(self, token: str, *, size: int, head: int, fits: Callable[[bytes], bool]) -> None:
        """Raises FileNotFoundError when there is no such file, Busy when another holds it."""
        self.token, self.size = token, size
        self.trouble: Trouble = ""
        self._head, self._fits, self._is_known = min(head, size), fits, False
        self._descriptor = _locked(path_of(token))
        self.offset = os.fstat(self._descriptor).st_size

    def write(self, data: bytes) -> bool:
        """Append `data`. Returns whether more is wanted; `trouble` says why not."""
        try:
            # Asked again: many may have begun at once, when there was room for each of them alone.
            disk = os.fstatvfs(self._descriptor)
            if disk.f_bavail * disk.f_frsize < settings.KEEP_FREE_BYTES:
                raise OSError(errno.ENOSPC, "the rest is kept free")
            while data:
                written = os.pwrite(self._descriptor, data, self.offset)
                self.offset += written
                data = data[written:]
        except OSError:
            self.trouble = "no_room"
        if not self.trouble:
            self.look()
        return not self.trouble

    def look(self) -> None:
        """Ask about the first bytes, once they are there."""
        if self._is_known or self.offset < self._head or not self._head:
            return
        self._is_known = True
        if not self._fits(os.pread(self._descriptor, self._head, 0)):
            self.trouble = "wrong_kind"

    def force(self) -> None:
        """Return when what has arrived would survive a power cut."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def folder() -> Path:
    root: Path = settings.PRIVATE_ROOT / FOLDER
    return root


def path_of(token: str) -> Path:
    return folder() / token


def make(token: str) -> None:
    """Begin with an empty file, readable to nobody but the site."""
    folder().mkdir(parents=True, exist_ok=True)
    os.close(os.open(path_of(token), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    storing.force_to_disk(folder())


def size(token: str) -> int:
    """How many bytes have arrived. Raises FileNotFoundError."""
    return path_of(token).stat().st_size


def total() -> int:
    """How many bytes of all uploads lie here."""
    if not folder().is_dir():
        return 0
    taken = 0
    with os.scandir(folder()) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                taken += entry.stat(follow_symlinks=False).st_size
    return taken


def remove(token: str) -> None:
    path_of(token).unlink(missing_ok=True)


@contextmanager
def held(token: str) -> Iterator[Path]:
    """The file, while nobody else writes to it. Raises FileNotFoundError or Busy."""
    path = path_of(token)
    descriptor = _locked(path)
    try:
        yield path
    finally:
        os.close(descriptor)


def _locked(path: Path) -> int:
    """A descriptor of the file with a lock on it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it before may have moved the finished file away meanwhile.
        if path.stat().st_ino != os.fstat(descriptor).st_ino:
            raise FileNotFoundError
    except BlockingIOError as error:
        os.close(descriptor)
        raise Busy from error
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
