"""Uploads in pieces as they meet the real server: cut lines, dead lines, two writers, kill -9, and public clients."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from messages_site import bodies, serve
from supporters import incoming
from tests.cutting import CuttingProxy, free_port
from tests.programs import NODE, need
from tests.supporters.sending import filled, text_of

# The server works on a copy of the database of the tests, which is there for tests that ask for it.
pytestmark = [pytest.mark.media, pytest.mark.django_db]
ROOT = Path(__file__).parent.parent
PIECE = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


class Server:
    """The web server of the site alone, over a database and a folder of its own."""

    def __init__(self, var: Path, inherited: dict[str, str]) -> None:
        self.var, self.port = var, free_port()
        self.environment = inherited | {
            "VAR": str(var),
            "DEMO": "1",
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{var}/db.sqlite3",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            serve.commands("127.0.0.1", self.port)[0], env=self.environment, start_new_session=True, cwd=ROOT
        )
        assert serve.wait_until_open("127.0.0.1", self.port, [self.process])

    def kill(self) -> None:
        """End all its processes as kill -9 does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        # Its children may live a moment longer, and with them the open port.
        with contextlib.suppress(OSError):
            for _try in range(10_000):
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            asked = {**TUS, **{name.replace("_", "-"): value for name, value in headers.items()}}
            line.request(method, path, body or None, asked)
            answer = line.getresponse()
            answer.body = answer.read()  # type: ignore[attr-defined]
            return answer
        finally:
            line.close()

    def begin(self, size: int) -> str:
        answer = self.ask("POST", "/uploads/", Upload_Length=str(size), Upload_Metadata="kind dmlkZW8=")
        assert answer.status == 201
        return answer.headers["Location"]

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address).headers["Upload-Offset"])

    def append(self, address: str, data: bytes, at: int) -> http.client.HTTPResponse:
        return self.ask("PATCH", address, data, Upload_Offset=str(at), Content_Type=PIECE)

    def open(self, address: str, length: int, at: int) -> socket.socket:
        """A connection on which a piece of `length` bytes was announced."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.sendall(
            f"PATCH {address} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\n"
            f"Content-Type: {PIECE}\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        return line

    def kept(self) -> list[bytes]:
        """The files that lie there, complete or not."""
        return [path.read_bytes() for path in (self.var / "private").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    plain_environment: dict[str, str],
) -> Iterator[Server]:
    var = tmp_path_factory.mktemp("uploads")
    with django_db_blocker.unblock(), contextlib.closing(sqlite3.connect(var / "db.sqlite3")) as copy:
        connection.ensure_connection()
        connection.connection.backup(copy)
        connection.close()
    site = Server(var, plain_environment)
    site.start()
    try:
        yield site
    finally:
        site.kill()


@pytest.fixture
def emptied(server: Server) -> Server:
    """The server without files of the test before."""
    for path in (server.var / "private").rglob("*"):
        if path.is_file():
            path.unlink()
    return server


def film(size: int, seed: int = 4) -> bytes:
    """Bytes that begin as a video does."""
    return b"RIFF\0\0\0\0AVI LIST" + random.Random(seed).randbytes(size - 16)


# --- Lines ------------------------------------------------------------------------------------------------------


def test_all_that_came_before_a_cut_is_kept(emptied: Server) -> None:
    data = film(300_000)
    address = emptied.begin(len(data))
    with emptied.open(address, len(data), 0) as line:
        line.sendall(data[:123_456])
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100).startswith(b"HTTP/1.1 503 ")

    assert emptied.offset(address) == 123_456
    assert emptied.append(address, data[123_456:], 123_456).headers["Upload-Offset"] == str(len(data))
    assert emptied.kept() == [data]


def test_a_line_cut_at_seeded_moments_gives_the_same_bytes(emptied: Server, test_all: bool) -> None:
    dice = random.Random(41)
    for _upload in range(10 if test_all else 1):
        data = film(dice.randrange(200_000, 400_000), dice.randrange(100))
        address, at = emptied.begin(len(data)), 0
        while at < len(data):
            with emptied.open(address, len(data) - at, at) as line:
                line.sendall(data[at : at + dice.randrange(1, 120_000)])
            now = emptied.offset(address)
            assert at <= now <= len(data)
            at = now
        assert data in emptied.kept()


def test_a_dead_line_does_not_keep_its_sender_waiting(emptied: Server) -> None:
    data = film(200_000)
    address = emptied.begin(len(data))
    with emptied.open(address, len(data), 0) as dead:
        dead.sendall(data[:100_000])
        at = emptied.offset(address)  # within the 20 seconds of ask(), not the 30 of an idle line
        assert emptied.append(address, data[at:], at).status == 204
        assert dead.recv(100).startswith(b"HTTP/1.1 409 ")
    assert emptied.kept() == [data]


def test_two_senders_of_one_upload_end_with_its_bytes(emptied: Server) -> None:
    data = film(300_000)
    address = emptied.begin(len(data))
    seen: list[int] = []

    def push(seed: int) -> None:
        dice = random.Random(seed)
        for _try in range(200):
            at = emptied.offset(address)
            if at == len(data):
                return
            seen.append(emptied.append(address, data[at : at + dice.randrange(1, 120_000)], at).status)

    threads = [threading.Thread(target=push, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert set(seen) <= {204, 409, 423}
    assert emptied.kept() == [data]


def test_a_wrong_kind_is_refused_before_the_rest_comes(emptied: Server) -> None:
    address = emptied.begin(100_000_000)
    with emptied.open(address, 100_000_000, 0) as line:
        line.sendall(b"<html>" + bytes(9000))
        assert line.recv(100).startswith(b"HTTP/1.1 415 ")

    assert emptied.ask("HEAD", address).status == 404
    assert emptied.kept() == []


def test_a_piece_without_a_length_is_asked_for_one(emptied: Server) -> None:
    address = emptied.begin(100)
    with socket.create_connection(("127.0.0.1", emptied.port), timeout=20) as line:
        line.sendall(
            f"PATCH {address} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
            f"Content-Type: {PIECE}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode()
        )
        assert line.recv(100).startswith(b"HTTP/1.1 411 ")
    assert emptied.offset(address) == 0


def test_the_first_bytes_may_come_with_the_creation(emptied: Server) -> None:
    data = film(50_000)
    answer = emptied.ask("POST", "/uploads/", data[:30_000], Upload_Length=str(len(data)), Content_Type=PIECE)

    assert (answer.status, answer.headers["Upload-Offset"]) == (201, "30000")
    assert emptied.append(answer.headers["Location"], data[30_000:], 30_000).status == 204
    assert emptied.kept() == [data]


@pytest.mark.parametrize("mime", ["a/b; x*=bogus''%41", "text/plain; charset=utf-16"])
def test_a_broken_type_of_content_is_refused_and_no_fault(emptied: Server, mime: str) -> None:
    assert emptied.ask("POST", "/uploads/", b"x", Upload_Length="10", Content_Type=mime).status == 400
    assert emptied.kept() == []


def test_an_override_is_followed_by_the_server_too(emptied: Server) -> None:
    data = film(20_000)
    address = emptied.begin(len(data))
    answer = emptied.ask(
        "POST", address + "/", data, Upload_Offset="0", Content_Type=PIECE, X_HTTP_Method_Override="PATCH"
    )

    assert (answer.status, emptied.kept()) == (204, [data])


# --- kill -9 ----------------------------------------------------------------------------------------------------


def test_a_server_killed_at_seeded_moments_loses_nothing_it_acknowledged(emptied: Server, test_all: bool) -> None:
    dice = random.Random(9)
    kills = 15 if test_all else 1  # and one in the middle of each client below
    data = film(6_000_000)
    address, acknowledged, done = emptied.begin(len(data)), 0, 0
    while acknowledged < len(data):
        at = emptied.offset(address)
        assert at >= acknowledged
        length = len(data) - at if done == kills else min(len(data) - at, dice.randrange(1, 2 * len(data) // kills))
        if done < kills and dice.random() < 0.7:
            with emptied.open(address, length, at) as line:
                line.sendall(data[at : at + dice.randrange(length + 1)])
                emptied.kill()
            emptied.start()
            done += 1
        else:
            answer = emptied.append(address, data[at : at + length], at)
            assert answer.status == 204
            acknowledged = int(answer.headers["Upload-Offset"])

    assert emptied.kept() == [data]


# --- Public clients -----------------------------------------------------------------------------------------------


@pytest.fixture
def cut_line(emptied: Server, test_all: bool, tmp_path: Path) -> Iterator[tuple[CuttingProxy, Path]]:
    """A line to the server that is cut ten times, the server being killed and restarted at the fifth; and a file."""
    size = 60_000_000 if test_all else 6_000_000
    path = tmp_path / "film.avi"
    path.write_bytes(film(size))
    dice = random.Random(10)
    proxy = CuttingProxy(emptied.port, [dice.randrange(1_000, size // 8) for _cut in range(10)])

    def restart() -> None:
        emptied.kill()
        emptied.start()

    proxy.on_cut[5] = restart
    with proxy.running():
        yield proxy, path


def test_tuspy_over_a_line_that_is_cut_ten_times(cut_line: tuple[CuttingProxy, Path], server: Server) -> None:
    line, path = cut_line
    with path.open("rb") as file:
        uploader = TusClient(f"http://127.0.0.1:{line.port}/uploads/").uploader(
            file_stream=file, chunk_size=path.stat().st_size // 5, retries=30, retry_delay=0, metadata={"kind": "video"}
        )
        while not uploader.url:
            # The client tries pieces again by itself, but not the creation.
            with contextlib.suppress(TusCommunicationError):
                uploader.set_url(uploader.create_url())
        uploader.upload()

    assert line.done == 10
    assert path.read_bytes() in server.kept()


def test_tus_js_client_over_a_line_that_is_cut_ten_times(
    node_packages: Path, cut_line: tuple[CuttingProxy, Path], server: Server
) -> None:
    line, path = cut_line
    done = subprocess.run(
        [need("node", "nodejs"), NODE / "upload.mjs", node_packages, f"http://127.0.0.1:{line.port}/uploads/", path,
         str(path.stat().st_size // 5)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert line.done == 10
    assert path.read_bytes() in server.kept()


# --- Forms without room -------------------------------------------------------------------------------------------


class Coming:
    """A protocol that brings a body in chunks."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 50_000):
            yield self.body[start : start + 50_000]


def multipart(size: int) -> bytes:
    """A filled-in form with a photo of `size` bytes between its fields, as the browser orders them."""
    fields = filled(kind="photo", alt="A red tree")
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    file = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + random.Random(1).randbytes(size)
    parts.insert(3, file)
    return b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"


@pytest.mark.parametrize("moment", ["before the first byte", "half-way", "taken by others meanwhile"])
def test_a_form_for_whose_file_there_is_no_room_keeps_its_words(
    moment: str, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = multipart(900_000)
    if moment == "half-way":
        settings.FILE_UPLOAD_TEMP_DIR = Path("/proc/no such folder")
        monkeypatch.setattr(bodies.Body, "_free", lambda _body: 10**18)
    elif moment == "taken by others meanwhile":
        free = iter([10**18])
        monkeypatch.setattr(bodies.Body, "_free", lambda _body: next(free, 0))
    else:
        settings.KEEP_FREE_BYTES = 10**18
    request = {"content-length": str(len(body)), "content-type": "multipart/form-data; boundary=limit"}

    kept = asyncio.run(bodies.Bodies().collect(Coming(body), request, is_form=True))
    short = kept.file.read()
    answer = client.generic("POST", "/en/send/", short, request["content-type"], **{incoming.MARK: kept.is_shortened})

    assert kept.is_shortened
    assert len(short) <= 2 * bodies.END_BYTES
    assert answer.status_code == 503
    assert "Penso em vocês" in text_of(answer)
    assert "A red tree" in text_of(answer)


def test_other_bodies_without_room_are_refused(settings: Settings) -> None:
    settings.KEEP_FREE_BYTES = 10**18
    request = {"content-length": "900000", "content-type": "application/octet-stream"}

    with pytest.raises(bodies.BodyRefused) as refusal:
        asyncio.run(bodies.Bodies().collect(Coming(bytes(900_000)), request))

    assert refusal.value.status == 500
