"""Bodies of requests, collected in the event loop: complete, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.utils.http import parse_header_parameters

KEPT_IN_MEMORY = 256 * 1024  # of a body, before it goes to a file
IDLE_SECONDS = 30  # a body that brings nothing for so long is given up
# A body may take a minute, and then as long as its bytes need at the pace of a bad line: one byte every 29 seconds
# would hold its connection for ever.
FREE_SECONDS = 60
SLOWEST_BYTES_PER_SECOND = 2_000
# What is kept of both ends of a form for whose file there is no room: its words stand there.
END_BYTES = 64 * 1024
# Fewer than the connections the server holds, so that bodies cannot keep readers out.
AT_ONCE = 600


class BodyRefused(Exception):
    """The body of a request is not taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def check(path: str, request: dict[str, str]) -> None:
    """Refuse what Django or a database would answer with an exception: a broken type of content, NUL."""
    try:
        _type, parameters = parse_header_parameters(request.get("content-type", ""))
    except ValueError as error:
        raise BodyRefused(400) from error
    if "\0" in path or parameters.get("charset", "utf-8").lower() != "utf-8":
        raise BodyRefused(400)


class Bodies:
    """All bodies on their way in."""

    def __init__(self) -> None:
        self.count = 0

    async def collect(self, protocol: Any, request: dict[str, str], *, is_form: bool = False) -> Body:
        """The whole body; the caller closes its file.

        Raises BodyRefused: 413 too large, 400 cut off, too slow, encoded or in chunks, 429 too many at once, 500 no
        room for it. A form with files for which there is no room is shortened instead, so that its words are kept.
        """
        announced = request.get("content-length", "")
        if request.get("content-encoding", "identity") != "identity" or (announced and not announced.isdecimal()):
            raise BodyRefused(400)
        # Of a body in chunks nobody could tell that it was cut off: half a message would be stored as a whole one.
        if "transfer-encoding" in request:
            raise BodyRefused(400)
        if self.is_full:
            raise BodyRefused(429)
        with self.one_more():
            may_shorten = is_form and request.get("content-type", "").lower().startswith("multipart/form-data")
            return await _collect(protocol, int(announced or 0), Body(may_shorten=may_shorten))

    @property
    def is_full(self) -> bool:
        return self.count >= AT_ONCE

    @contextlib.contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a body while it comes in."""
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


class Body:
    """A body on its way into a file, or into what is kept of it where there is no room."""

    def __init__(self, *, may_shorten: bool = False) -> None:
        self.may_shorten, self.is_shortened = may_shorten, False
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by whoever reads it
            max_size=KEPT_IN_MEMORY, dir=str(settings.FILE_UPLOAD_TEMP_DIR)
        )
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0

    def announce(self, size: int) -> None:
        """Do not begin with a file that would leave less free than the site needs for everything else."""
        if size > KEPT_IN_MEMORY and self._free() < size + settings.KEEP_FREE_BYTES:
            self._give_up()

    def write(self, chunk: bytes) -> None:
        """Raises BodyRefused when nothing can be kept."""
        if self.may_shorten:
            self._remember(chunk)
        # Asked again: many may have begun at once, when there was room for each of them alone.
        if not self.is_shortened and self.file.tell() > KEPT_IN_MEMORY and self._free() < settings.KEEP_FREE_BYTES:
            self._give_up()
        if not self.is_shortened:
            try:
                self.file.write(chunk)
            except OSError:
                self._give_up()

    def finish(self) -> None:
        """Have everything in `file`, to be read from its beginning. Raises BodyRefused."""
        if not self.is_shortened:
            try:
                self.file.flush()
            except OSError:
                self._give_up()
        if self.is_shortened:
            # A part of the file in the middle is missing; boundaries and fields before and behind it are complete.
            self.file = io.BytesIO(bytes(self._head) + b"".join(self._tail)[-END_BYTES:])

    def forget(self) -> None:
        # Closing writes what is still buffered, and fails once more where there is no room.
        with contextlib.suppress(OSError):
            self.file.close()

    def _remember(self, chunk: bytes) -> None:
        self._head += chunk[: END_BYTES - len(self._head)]
        self._tail.append(chunk[-END_BYTES:])
        self._tail_size += len(self._tail[-1])
        while self._tail_size - len(self._tail[0]) >= END_BYTES:
            self._tail_size -= len(self._tail.popleft())

    def _give_up(self) -> None:
        """A body that cannot be written is not its sender's fault."""
        self.forget()
        if not self.may_shorten:
            raise BodyRefused(500)
        self.is_shortened = True

    def _free(self) -> int:
        return shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free


async def _collect(protocol: Any, announced: int, body: Body) -> Body:
    try:
        body.announce(announced)
        received = await _receive(protocol, body)
        if received > settings.MAX_REQUEST_BYTES:
            raise BodyRefused(413)
        if received != announced:
            raise BodyRefused(400)
        body.finish()
    except (TimeoutError, RuntimeError, OSError) as error:
        body.forget()
        raise BodyRefused(400) from error
    except BodyRefused:
        body.forget()
        raise
    return body


async def _receive(protocol: Any, body: Body) -> int:
    """Write what arrives into `body`, as far as it may be kept. Returns how many bytes came."""
    received, chunks, begun = 0, protocol.__aiter__(), time.monotonic()
    while True:
        left = begun + FREE_SECONDS + received / SLOWEST_BYTES_PER_SECOND - time.monotonic()
        try:
            chunk = await asyncio.wait_for(anext(chunks), min(IDLE_SECONDS, left))
        except StopAsyncIteration:
            break
        received += len(chunk)
        # What is too large is still read to its end, up to three times the limit: a browser shows our answer only
        # after it could send everything, else just "connection reset".
        if received > 3 * settings.MAX_REQUEST_BYTES:
            break
        if received <= settings.MAX_REQUEST_BYTES:
            body.write(chunk)
    return received
