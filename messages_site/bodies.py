"""Bodies of requests, collected in the event loop: complete, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
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

    async def collect(self, protocol: Any, request: dict[str, str]) -> IO[bytes]:
        """The whole body in a file at its end; the caller closes it.

        Raises BodyRefused: 413 too large, 400 cut off, too slow, encoded or in chunks, 429 too many at once, 500 no
        room for it.
        """
        announced = request.get("content-length", "")
        if request.get("content-encoding", "identity") != "identity" or (announced and not announced.isdecimal()):
            raise BodyRefused(400)
        # Of a body in chunks nobody could tell that it was cut off: half a message would be stored as a whole one.
        if "transfer-encoding" in request:
            raise BodyRefused(400)
        if self.count >= AT_ONCE:
            raise BodyRefused(429)
        self.count += 1
        try:
            return await _collect(protocol, int(announced or 0))
        finally:
            self.count -= 1


async def _collect(protocol: Any, announced: int) -> IO[bytes]:
    body = tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY, dir=str(settings.FILE_UPLOAD_TEMP_DIR))  # noqa: SIM115
    try:
        received = await _receive(protocol, body)
    except (TimeoutError, RuntimeError, OSError) as error:
        body.close()
        raise BodyRefused(400) from error
    except BodyRefused:
        _forget(body)
        raise
    if received > settings.MAX_REQUEST_BYTES:
        body.close()
        raise BodyRefused(413)
    if received != announced:
        body.close()
        raise BodyRefused(400)
    return body


async def _receive(protocol: Any, body: IO[bytes]) -> int:
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
            with _room():
                body.write(chunk)
    with _room():
        body.flush()
    return received


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """A body that cannot be written is not its sender's fault."""
    try:
        yield
    except OSError as error:
        raise BodyRefused(500) from error


def _forget(body: IO[bytes]) -> None:
    # Closing writes what is still buffered, and fails once more where there is no room.
    with contextlib.suppress(OSError):
        body.close()
