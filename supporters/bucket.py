"""A store in a bucket: any server that speaks S3, with addresses by path.

Nothing here ever makes an object readable without a signature: what is public is read by the site and sent from its
own host.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from django.conf import settings
from storages.backends.s3 import S3Storage  # type: ignore[import-untyped]

from .storing import Entry, Store, Unreachable

ADDRESS_SECONDS = 60
# After a bucket did not answer, nobody waits for it again so soon: a few threads serve the whole site.
PAUSE_SECONDS = 10.0
PIECE = 1 << 20
CONFIG = Config(
    signature_version="s3v4",
    # The sum of what is sent is part of the signature, also over TLS: the server refuses what arrives otherwise.
    s3={"addressing_style": "path", "payload_signing_enabled": True},
    # Newer sums in trailers are not understood by every server.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    connect_timeout=2,
    read_timeout=8,
    retries={"total_max_attempts": 2, "mode": "standard"},
)
# Others may put objects of any name into a bucket, and consoles an empty "originals/" where somebody made a folder.
# Only names this site could have given are its files: another could lead out of a folder, or stand for everything.
OWN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
MIME = {".webp": "image/webp", ".jpg": "image/jpeg", ".mp4": "video/mp4", ".m4a": "audio/mp4"}


class Bucket(S3Storage):
    """A store in one bucket; options as django-storages names them (`bucket_name`, `access_key`, …)."""

    def __init__(self, **options: Any) -> None:
        fixed = {
            "client_config": CONFIG,
            "default_acl": None,
            "querystring_auth": True,
            "querystring_expire": ADDRESS_SECONDS,
            # The environment of the machine may hold those of somebody else.
            "security_token": None,
            "session_profile": None,
        }
        super().__init__(**fixed, **options)
        self.silent_until = 0.0  # monotonic seconds

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    @contextmanager
    def _answering(self, name: str = "") -> Iterator[None]:
        """Turn the errors of S3 into those of a disk: a missing object, no answer, or an answer that says no."""
        if time.monotonic() < self.silent_until:
            raise Unreachable(errno.EIO, "the bucket did not answer a moment ago")
        try:
            yield
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("404", "NoSuchKey"):
                raise FileNotFoundError(errno.ENOENT, "not in the bucket", name) from None
            if status >= 500:
                raise Unreachable(errno.EIO, f"the bucket answers {status}") from error
            raise OSError(errno.EIO, f"the bucket refuses: {code}") from error
        except BotoCoreError as error:
            self.silent_until = time.monotonic() + PAUSE_SECONDS
            raise Unreachable(errno.EIO, f"the bucket does not answer ({type(error).__name__})") from error

    def check(self) -> None:
        with self._answering():
            try:
                self._client.head_bucket(Bucket=self.bucket_name)
            except ClientError as error:
                # Here "not found" is the bucket itself.
                raise OSError(errno.EIO, "the bucket is not there or not ours") from error

    # --- Writing ------------------------------------------------------------------------------------------------

    def _put(self, path: Path, name: str) -> None:
        """One request: the object is there when all of it has arrived with the right sum, or not at all."""
        suffix = PurePosixPath(name).suffix
        with path.open("rb") as file, self._answering(name):
            size = os.fstat(file.fileno()).st_size
            mime = MIME.get(suffix, self.default_content_type)
            self._client.put_object(Bucket=self.bucket_name, Key=name, Body=file, ContentType=mime)
        if self.size(name) != size:
            raise OSError(errno.EIO, "the bucket holds something else", name)

    def take(self, source: Path, name: str) -> None:
        self._put(source, name)
        source.unlink()

    def take_folder(self, source: Path, prefix: str) -> None:
        before = {entry.name for entry in self.entries(prefix)}
        for path in source.iterdir():
            name = f"{prefix}/{path.name}"
            self._put(path, name)
            before.discard(name)
        for name in before:
            self.remove(name)
        shutil.rmtree(source)

    def copy_from(self, other: Store, name: str, target: str, modified: datetime) -> None:
        """As in `Store`; only that a bucket keeps a time of its own, which it tells nobody but this site."""
        if isinstance(other, Bucket) and (other.endpoint_url, other.access_key) == (self.endpoint_url, self.access_key):
            with self._answering(name):
                source = {"Bucket": other.bucket_name, "Key": name}
                self._client.copy_object(Bucket=self.bucket_name, Key=target, CopySource=source)
        else:
            with other.local(name) as path:
                self._put(path, target)

    # --- Reading ------------------------------------------------------------------------------------------------

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        folder: Path = settings.PRIVATE_ROOT / "work"
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix="reading-", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as copy:
                # Whoever cleans up sees by the lock that somebody still reads.
                fcntl.flock(copy, fcntl.LOCK_SH)
                with self.read(name) as file:
                    shutil.copyfileobj(file, copy, PIECE)
                copy.flush()
                yield Path(path)
        finally:
            Path(path).unlink(missing_ok=True)

    def read(self, name: str, start: int = 0, count: int | None = None) -> IO[bytes]:
        part = {}
        if start or count is not None:
            part["Range"] = f"bytes={start}-{'' if count is None else start + count - 1}"
        with self._answering(name):
            answer = self._client.get_object(Bucket=self.bucket_name, Key=name, **part)
        return io.BufferedReader(_Body(self, answer["Body"]), 64 * 1024)

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with self._answering(name):
            return int(self._client.head_object(Bucket=self.bucket_name, Key=name)["ContentLength"])

    def entries(self, prefix: str) -> Iterator[Entry]:
        for found in self._objects(prefix):
            if OWN.fullmatch(found["Key"]):
                yield Entry(found["Key"], found["LastModified"], found["Size"])

    def folders(self) -> list[str]:
        pages = self._pages(Delimiter="/")
        found = (folder["Prefix"].removesuffix("/") for page in pages for folder in page.get("CommonPrefixes", ()))
        return sorted(name for name in found if OWN.fullmatch(name))

    def _objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        """All of them below `prefix`, whatever they are called."""
        for page in self._pages(Prefix=f"{prefix}/" if prefix else ""):
            yield from page.get("Contents", ())

    def _pages(self, **options: str) -> Iterator[dict[str, Any]]:
        pages = iter(self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, **options))
        while True:
            with self._answering():
                page = next(pages, None)
            if page is None:
                return
            yield page

    def address(self, name: str) -> str:
        return str(self.url(name))

    # --- Removing -----------------------------------------------------------------------------------------------

    def remove(self, name: str) -> bool:
        if not self.exists(name):
            return False
        with self._answering(name):
            self._client.delete_object(Bucket=self.bucket_name, Key=name)
        return True

    def remove_folder(self, prefix: str) -> bool:
        keys = (found["Key"] for found in self._objects(prefix))
        names = [key for key in keys if OWN.fullmatch(key.removesuffix("/"))]
        for name in names:
            self.remove(name)
        return bool(names)


class _Body(io.RawIOBase):
    """The bytes of an answer as they arrive, with a cut line as an `OSError`."""

    def __init__(self, store: Bucket, body: Any) -> None:
        self.store, self.body = store, body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self.store._answering():
            piece = self.body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self.body.close()
        super().close()
