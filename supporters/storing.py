"""Where files lie: what is private and what is public, in two stores that share nothing.

A store is a folder of this machine or, with `S3_BUCKET`, a bucket. Names are relative, with `/` between their parts.
Decoders need a path, so whoever works on a file borrows it with `local`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol, cast

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

PIECE = 1 << 20  # bytes read at once


class Unreachable(OSError):
    """A store that does not answer now, and may in a while."""


@dataclass(frozen=True)
class Entry:
    """One stored file."""

    name: str
    modified: datetime
    size: int


class Store(Protocol):
    """What this site asks of a storage. Trouble of disk or network is an `OSError`, a missing file `FileNotFoundError`.

    Removing what is not there changes nothing.
    """

    def check(self) -> None:
        """Return when the store answers and can be written to."""

    def take(self, source: Path, name: str) -> None:
        """Move a finished file in; when this returns it would survive a power cut. `source` is gone then."""

    def take_folder(self, source: Path, prefix: str) -> None:
        """Move all files of a folder in, in place of what lay below `prefix`."""

    def copy_from(self, other: Store, name: str, target: str, modified: datetime) -> None:
        """Hold a file of another store too, with `modified` as its time. Does not wait for the disk."""

    def local(self, name: str) -> AbstractContextManager[Path]:
        """A path under which the file can be read meanwhile."""

    def read(self, name: str, start: int = 0, count: int | None = None) -> IO[bytes]:
        """The file, open for reading from byte `start`. Who says how many bytes they read spares the network more."""

    def exists(self, name: str) -> bool: ...

    def size(self, name: str) -> int: ...

    def remove(self, name: str) -> bool:
        """Delete one file. Returns whether it was there."""

    def remove_folder(self, prefix: str) -> bool:
        """Delete all files below `prefix`. Returns whether there were any."""

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All files below `prefix`, at any depth; half-written ones are not among them."""

    def folders(self) -> list[str]:
        """The names of the topmost folders that hold files, in order."""

    def address(self, name: str) -> str:
        """Where a browser may read the file for a minute without asking this site; empty where it has to ask."""


def private() -> Store:
    """Originals, masters, kept uploads, and renditions of what is not public."""
    return cast(Store, storages["private"])


def public() -> Store:
    """What anybody may read: `TOKEN/NAME`, as in the addresses below `/media/`."""
    return cast(Store, storages["public"])


def sha256_of(store: Store, name: str) -> str:
    """The SHA-256 of a stored file, in hexadecimal, without holding all of it in memory. Raises FileNotFoundError."""
    digest = hashlib.sha256()
    with store.read(name) as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def force_to_disk(path: Path) -> None:
    """Return when the file, or the names in the folder, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Folder(FileSystemStorage):
    """A store below a folder of this machine: `root` names the setting, `below` a folder in it."""

    def __init__(self, root: str, below: str = "") -> None:
        super().__init__(file_permissions_mode=0o600)
        self.root, self.below = root, below

    @property
    def location(self) -> str:
        """Asked each time, so that the settings of a test count."""
        return str(getattr(settings, self.root) / self.below)

    base_location = location

    def _path(self, name: str) -> Path:
        return Path(self.path(name))

    def check(self) -> None:
        Path(self.location).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.location) as file:
            file.write(b"x")
            file.flush()

    def take(self, source: Path, name: str) -> None:
        target = self._path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        force_to_disk(source)
        os.replace(source, target)
        force_to_disk(target.parent)

    def take_folder(self, source: Path, prefix: str) -> None:
        target = self._path(prefix)
        target.parent.mkdir(parents=True, exist_ok=True)
        for path in source.iterdir():
            force_to_disk(path)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(source, target)
        force_to_disk(target.parent)

    def copy_from(self, other: Store, name: str, target: str, modified: datetime) -> None:
        path = self._path(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        scratch.unlink(missing_ok=True)
        with other.local(name) as source:
            try:
                os.link(source, scratch)
            except FileNotFoundError:
                raise
            except OSError:
                shutil.copyfile(source, scratch)  # another file system
        os.utime(scratch, (modified.timestamp(), modified.timestamp()))
        os.replace(scratch, path)

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        yield self._path(name)

    def read(self, name: str, start: int = 0, count: int | None = None) -> IO[bytes]:
        file = self._path(name).open("rb")
        file.seek(start)
        return file

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def remove(self, name: str) -> bool:
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def remove_folder(self, prefix: str) -> bool:
        folder = self._path(prefix)
        if not folder.is_dir():
            return False
        if folder.is_symlink():  # what it leads to is not ours
            folder.unlink()
        else:
            shutil.rmtree(folder)
        return True

    def entries(self, prefix: str) -> Iterator[Entry]:
        # Unlike Path.rglob this does not mind a folder that goes away meanwhile.
        for folder, _folders, names in os.walk(self._path(prefix)):
            for path in (Path(folder, name) for name in names if not name.startswith(".")):
                with suppress(FileNotFoundError):
                    state = path.lstat()
                    if stat.S_ISREG(state.st_mode):  # a link may lead anywhere
                        name = str(path.relative_to(self.location))
                        yield Entry(name, datetime.fromtimestamp(state.st_mtime, UTC), state.st_size)

    def folders(self) -> list[str]:
        root = Path(self.location)
        return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    def address(self, name: str) -> str:
        return ""
