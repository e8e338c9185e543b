"""A small TCP proxy that breaks connections off after so many bytes, as a bad line does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

CHUNK_BYTES = 16 * 1024


class CuttingProxy:
    """Passes bytes on to `target`; each connection ends after the next number of `cuts`, later ones when they like.

    `on_cut` maps the number of a cut (from 1) to what is called then, before the other side learns of it.
    """

    def __init__(self, target: int, cuts: list[int]) -> None:
        self.target, self.cuts, self.done = target, list(cuts), 0
        self.on_cut: dict[int, object] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[CuttingProxy]:
        self._thread.start()
        assert self._ready.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        back = asyncio.ensure_future(_pass_all(to_reader, writer))
        budget = self.cuts[0] if self.cuts else None
        sent = 0
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if budget is not None and sent + len(data) >= budget and self.cuts and self.cuts[0] == budget:
                    to_writer.write(data[: budget - sent])
                    await to_writer.drain()
                    self.cuts.pop(0)
                    self.done += 1
                    # A target that is killed now would close the line too early.
                    back.cancel()
                    if act := self.on_cut.get(self.done):
                        await asyncio.to_thread(act)
                    break
                sent += len(data)
                to_writer.write(data)
                await to_writer.drain()
        back.cancel()
        for end in (writer, to_writer):
            end.transport.abort()


async def _pass_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
        writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
