"""Uploads in pieces, received in the event loop: bytes go to the disk as they come, and a cut connection keeps them.

The view of `/uploads/` is called with the headers alone and says whether bytes may come; they are written; the view is
called once more for the answer. It and this module meet in a slot of the environment (`supporters.pieces.Slot`).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from . import bodies

ADDRESS = re.compile(r"/uploads/(?:([a-z2-7]{26})/?)?")
THREADS, WRITERS = 4, 2
# Small pieces of a slow line are gathered, but not for long: a killed server loses what is only in memory.
GATHERED_BYTES, GATHERED_SECONDS = 64 * 1024, 0.2
# A refused body is read so far, and until nothing comes for so long, because browsers show no answer before they could
# send: one piece of our own script.
DRAINED_BYTES, DRAIN_SECONDS = 2_000_000, 1.0

Answer = tuple[int, list[tuple[str, str]], bytes]


class Reception(Protocol):
    """The writer of one upload, as `supporters.pieces` has it."""

    trouble: Any

    def write(self, data: bytes) -> bool: ...

    def close(self) -> None: ...


class Slot(Protocol):
    length: int | None
    is_crowded: bool
    reception: Any


class Turn:
    """One request about an upload. `stop` asks it to make room for a newer one, `ended` says that it has."""

    def __init__(self) -> None:
        self.stop, self.ended = asyncio.Event(), asyncio.Event()


class Receptions:
    """All uploads in pieces of this server."""

    def __init__(self, call: Callable[[dict[str, Any]], Answer], crowd: bodies.Bodies) -> None:
        self.call, self.crowd = call, crowd
        self.turns: dict[str, Turn] = {}
        # Their own: neither a photo that is looked at nor a slow disk may keep pieces of others waiting.
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="uploads")
        self.writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="pieces")

    async def answer(
        self, protocol: Any, token: str | None, request: dict[str, str], environ: dict[str, Any], slot: Slot
    ) -> Answer:
        """Take in the body of one request about the upload of `token`, if it may come. `environ` holds `slot` too."""
        slot.length, slot.is_crowded = _length(request), self.crowd.is_full
        async with self._turn(token) as turn:
            with _Chunks(protocol, turn) as chunks:
                try:
                    answer = await self._call(environ)
                    if slot.reception is not None:
                        with self.crowd.one_more():
                            await self._receive(chunks, slot)
                        answer = await self._call(environ)
                finally:
                    if slot.reception is not None:
                        slot.reception.close()
                # Whoever waits to be asked for the body gets the answer instead.
                if answer[0] >= 400 and slot.length and not chunks.trouble and "expect" not in request:
                    await chunks.drain()
                return answer

    async def _call(self, environ: dict[str, Any]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.call, environ)

    @contextlib.asynccontextmanager
    async def _turn(self, token: str | None) -> AsyncIterator[Turn]:
        """Be the newest request about this upload. The one before stops: its line may be dead without knowing it."""
        mine, older = Turn(), None
        if token:
            older = self.turns.get(token)
            self.turns[token] = mine
        try:
            if older:
                older.stop.set()
                await older.ended.wait()
            yield mine
        finally:
            mine.ended.set()
            if token and self.turns.get(token) is mine:
                del self.turns[token]

    async def _receive(self, chunks: _Chunks, slot: Slot) -> None:
        """Write what comes; the reception says what trouble there was."""
        reception: Reception = slot.reception
        gathered, more = bytearray(), True
        while more and not reception.trouble:
            chunk = await chunks.next(GATHERED_SECONDS if gathered else bodies.IDLE_SECONDS)
            more = chunk is not None
            gathered += chunk or b""
            if gathered and (not chunk or len(gathered) >= GATHERED_BYTES):
                data = bytes(gathered)
                gathered.clear()
                await asyncio.get_running_loop().run_in_executor(self.writers, reception.write, data)
        if not reception.trouble:
            reception.trouble = chunks.trouble or ("cut" if chunks.received < (slot.length or 0) else "")


class _Chunks:
    """The chunks of one body as they come, until it ends, is too slow, or has to make room for a newer request."""

    def __init__(self, protocol: Any, turn: Turn) -> None:
        self.trouble, self.received, self.is_at_end = "", 0, False
        self._protocol: Any = protocol
        self._iterator: Any = None
        self._begun = self._last_at = time.monotonic()
        self._coming: asyncio.Task[bytes | None] | None = None
        self._stopped = asyncio.ensure_future(turn.stop.wait())

    def __enter__(self) -> _Chunks:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.cancel()
        if self._coming:
            self._coming.cancel()

    async def next(self, patience: float) -> bytes | None:
        """The next chunk; empty when none came for `patience` seconds, None when no more will come."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._next())
        wait = max(0.0, min(patience, self._left()))
        await asyncio.wait({self._coming, self._stopped}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        if self._coming.done():
            chunk = self._coming.result()
            self._coming = None
            self.is_at_end = chunk is None
            if chunk:
                self.received += len(chunk)
                self._last_at = time.monotonic()
            return chunk
        if self._stopped.done():
            self.trouble = "replaced"
        elif self._left() <= 0:
            self.trouble = "slow"
        return None if self.trouble else b""

    async def drain(self) -> None:
        """Read on a little, and drop it."""
        while not self.is_at_end and self.received < DRAINED_BYTES and await self.next(DRAIN_SECONDS):
            pass

    def _left(self) -> float:
        """How many seconds this body may still take, as bodies in one piece may."""
        slowest = bodies.FREE_SECONDS + self.received / bodies.SLOWEST_BYTES_PER_SECOND
        return min(self._begun + slowest, self._last_at + bodies.IDLE_SECONDS) - time.monotonic()

    async def _next(self) -> bytes | None:
        chunk = b""
        if self._iterator is None:
            self._iterator = self._protocol.__aiter__()  # there is one only
        try:
            while not chunk:  # the server hands over empty ones too
                chunk = await anext(self._iterator)
        except (StopAsyncIteration, RuntimeError, OSError):
            return None  # a cut connection looks like the end
        return chunk


def _length(request: dict[str, str]) -> int | None:
    """The announced length of a body, 0 without one; None when only its end will tell."""
    if "transfer-encoding" in request:
        return None
    announced = request.get("content-length", "0")
    return int(announced[:20]) if announced.isascii() and announced.isdecimal() else None
