"""The front server as a browser meets it: a real process on loopback over a real tree."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import os
import signal
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.handlers.wsgi import WSGIRequest
from pytest_django import Settings

from messages_site import bodies, front, serve

TOKEN = "a" * 26
CLIP = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a front server whose database does not exist at all."""
    var = tmp_path_factory.mktemp("front")
    for language, word in (("ko", "편지"), ("en", "Letters")):
        page = var / "tree" / language / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<title>{word}</title>" + "·" * 500, encoding="utf-8")
        page.with_name("index.html.gz").write_bytes(gzip.compress(page.read_bytes(), 9, mtime=0))
    media = var / "tree" / "media" / TOKEN
    media.mkdir(parents=True)
    (media / "240.mp4").write_bytes(CLIP)
    (var / "secret-key").write_text("not to be read from outside")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    environment = {
        **os.environ,
        "VAR": str(var),
        "DEMO": "1",
        "PORT": str(number),
        "DATABASE_URL": f"sqlite:///{var}/none/db",
    }
    process = subprocess.Popen(
        serve.commands("127.0.0.1", number)[0],
        env=environment,
        start_new_session=True,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert serve.wait_until_open("127.0.0.1", number, [process])
        yield number
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def ask(
    port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def test_published_page_is_served_without_a_database(port: int) -> None:
    answer = ask(port, "/ko/")

    assert answer.status == 200
    assert "편지".encode() in answer.body
    assert answer.headers["Cache-Control"] == "private, max-age=600"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_best_accepted_encoding_is_chosen_and_marked(port: int) -> None:
    packed = ask(port, "/ko/index.html", Accept_Encoding="gzip, br")
    plain = ask(port, "/ko/index.html", Accept_Encoding="gzip;q=0")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_names_of_encodings_that_no_browser_sends_are_not_kept() -> None:
    """Three hundred of 300 kB each would stay in memory."""
    kept = front._forms_again.cache_info().currsize

    assert [suffix for _coding, suffix in front._forms(f"{'a' * 300_000}, gzip")] == [".gz", ""]
    assert front._forms_again.cache_info().currsize == kept
    assert [suffix for _coding, suffix in front._forms("br;q=0.7,gzip;q=0.5")] == [".br", ".gz", ""]
    assert front._forms_again.cache_info().currsize == kept + 1


def test_unchanged_page_is_answered_with_304(port: int) -> None:
    first = ask(port, "/en/")

    again = ask(port, "/en/", If_None_Match=first.headers["ETag"])
    by_date = ask(port, "/en/", If_Modified_Since=first.headers["Last-Modified"])
    other = ask(port, "/en/", If_None_Match='"something"')

    assert (again.status, again.body) == (304, b"")
    assert by_date.status == 304
    assert other.status == 200


@pytest.mark.parametrize(
    "since", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "1"]
)
def test_a_date_that_is_none_gives_the_page(port: int, since: str) -> None:
    assert ask(port, "/ko/", If_Modified_Since=since).status == 200


def test_an_address_with_letters_as_they_are_means_the_same_as_an_encoded_one() -> None:
    """Browsers encode what stands in an address; whoever types into a program of their own may not."""
    scope = SimpleNamespace(
        method="GET", path="/ko/편지", query_string="m=편지&x=%ED%8E%B8", server="127.0.0.1:80", client="127.0.0.1:9",
        http_version="1.1", scheme="http", authority="",
    )  # fmt: skip

    request = WSGIRequest(front._environ(scope, {}) | {"wsgi.input": io.BytesIO()})

    assert (request.path_info, request.GET["m"], request.GET["x"]) == ("/ko/편지", "편지", "편")


def test_head_tells_the_length_and_sends_nothing(port: int) -> None:
    whole, head = ask(port, "/ko/"), ask(port, "/ko/", "HEAD")

    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(whole.body)


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=10-19", 206, CLIP[10:20]),
        ("bytes=-5", 206, CLIP[-5:]),
        (f"bytes={len(CLIP) - 3}-", 206, CLIP[-3:]),
        ("bytes=0-99999999", 206, CLIP),
        ("bytes=99999999-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-2", 200, CLIP),
        ("bytes=0-1,5-6", 200, CLIP),
        ("lines=1-2", 200, CLIP),
    ],
)
def test_ranges_of_media(port: int, wanted: str, status: int, expected: bytes) -> None:
    answer = ask(port, f"/media/{TOKEN}/240.mp4", Range=wanted)

    assert (answer.status, answer.body) == (status, expected)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    "path",
    [
        "/ko/../../secret-key",
        "/ko/..%2f..%2fsecret-key",
        "/ko/%2e%2e/%2e%2e/secret-key",
        f"/media/{TOKEN}/../../../secret-key",
        f"/media/{TOKEN}/",
        f"/media/{TOKEN}/240.mp4.gz",
        "/media/",
        "//secret-key",
        "/ko/index.html.gz",
        "/ko/m/%00.html",
    ],
)
def test_nothing_beside_the_tree_can_be_read(port: int, path: str) -> None:
    answer = ask(port, path)

    assert answer.status in (400, 404, 500)
    assert b"not to be read" not in answer.body
    assert "Set-Cookie" not in answer.headers


def test_root_leads_to_the_language_asked_for(port: int) -> None:
    found = {
        header: ask(port, "/", Accept_Language=header).headers["Location"]
        for header in ("ko-KP,ko;q=0.9", "zh-CN,zh;q=0.9,en;q=0.5", "en-GB,ko;q=0.3", "fr", "")
    }

    assert found == {
        "ko-KP,ko;q=0.9": "/ko/",
        "zh-CN,zh;q=0.9,en;q=0.5": "/ko/",
        "en-GB,ko;q=0.3": "/en/",
        "fr": "/en/",
        "": "/ko/",
    }
    assert ask(port, "/").headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("path", "words"), [("/ko/nothing.html", "이 주소에는"), ("/en/nothing.html", "nothing at this address")]
)
def test_missing_page_answers_in_the_language_of_its_address(port: int, path: str, words: str) -> None:
    answer = ask(port, path)

    assert answer.status == 404
    assert words in answer.body.decode()


def test_database_that_is_gone_gives_the_error_page_on_live_pages_only(port: int) -> None:
    gone = ask(port, "/en/find/")
    assert (gone.status, gone.headers["Retry-After"]) == (503, "60")
    assert ask(port, "/readyz").status == 503
    assert ask(port, "/healthz").status == 200


def test_bodies_that_are_encoded_or_cut_off_are_refused(port: int) -> None:
    encoded = ask(port, "/en/send/", "POST", gzip.compress(b"a=1"), Content_Encoding="gzip")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as cut:
        cut.sendall(b"POST /en/send/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")
        cut.shutdown(socket.SHUT_WR)
        answer_to_cut = cut.recv(200)

    assert encoded.status == 400
    assert answer_to_cut.startswith(b"HTTP/1.1 400 ")


def test_too_large_body_is_answered_with_413_in_the_language_of_the_page(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    chunk, size = bytes(1_000_000), 321
    connection.putrequest("POST", "/ko/send/")
    connection.putheader("Content-Length", str(len(chunk) * size))
    connection.endheaders()
    for _piece in range(size):
        connection.send(chunk)
    answer = connection.getresponse()

    page = answer.read().decode()
    connection.close()

    assert answer.status == 413
    assert "너무 큽니다" in page


def test_slow_uploads_do_not_stop_the_pages(port: int) -> None:
    slow = []
    try:
        for _number in range(60):
            connection = socket.create_connection(("127.0.0.1", port), timeout=20)
            connection.sendall(b"POST /en/send/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na=")
            slow.append(connection)

        assert ask(port, "/ko/").status == 200
        assert ask(port, "/en/nothing.html").status == 404
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary*=utf-9'en'%ff",
        "application/x-www-form-urlencoded; charset=idna",
        "multipart/form-data; boundary=A; charset=utf-7",
    ],
)
def test_types_of_content_that_no_browser_sends_are_refused_on_a_page(port: int, content_type: str) -> None:
    answer = ask(port, "/en/send/", "POST", b"a=b", Content_Type=content_type)

    assert answer.status == 400
    assert b"could not be understood" in answer.body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_nul_in_an_address_is_refused(port: int) -> None:
    assert ask(port, "/en/send/file/%00/").status == 400


def test_body_in_chunks_is_refused_because_its_end_could_be_missing(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as cut:
        cut.sendall(b"POST /en/send/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n")
        cut.shutdown(socket.SHUT_WR)

        assert cut.recv(200).startswith(b"HTTP/1.1 400 ")


def test_tag_of_a_media_file_does_not_tell_when_it_was_made(tmp_path: Path) -> None:
    file, other = tmp_path / "320.jpg", tmp_path / "640.jpg"
    file.write_bytes(b"a")
    other.write_bytes(b"a")
    state = file.stat()
    tag = front._media_etag(state)

    assert tag == front._media_etag(file.stat())
    assert tag != front._media_etag(other.stat())
    for fact in (state.st_ino, state.st_mtime_ns, int(state.st_mtime)):
        assert f"{fact:x}" not in tag
        assert str(fact) not in tag


def test_only_a_safe_proxy_says_that_a_request_came_over_https(settings: Settings) -> None:
    settings.SAFE_PROXIES = ["192.0.2.9"]
    schemes = {
        client: front._environ(
            SimpleNamespace(
                method="GET", path="/", query_string="", server="127.0.0.1:80", client=f"{client}:9",
                http_version="1.1", scheme="http", authority="",
            ),
            {"x-forwarded-proto": "https"},
        )["wsgi.url_scheme"]
        for client in ("192.0.2.9", "192.0.2.10")
    }  # fmt: skip

    assert schemes == {"192.0.2.9": "https", "192.0.2.10": "http"}


class Answered:
    """The server's side of one request without a body."""

    def __init__(self) -> None:
        self.status = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for nothing in ():
            yield nothing

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        self.status = status


def test_a_fault_of_the_front_itself_is_answered_and_its_words_stand_in_no_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answered: list[int] = []
    scope = SimpleNamespace(proto="http", method="GET", path="/ko/find/", headers={}, scheme="https")
    protocol = SimpleNamespace(response_empty=lambda status, _headers: answered.append(status))
    site = front.Front()
    monkeypatch.setattr(site, "_from_tree", lambda *_request: {}["what a reader typed"])

    asyncio.run(site.__rsgi__(scope, protocol))

    assert answered == [500]
    assert "KeyError" in caplog.text
    assert "typed" not in caplog.text + "".join(capfd.readouterr())


def test_messages_on_their_way_in_do_not_stop_live_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end, started = threading.Event(), threading.Semaphore(0)

    def call(environ: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            started.release()
            assert may_end.wait(30)
        return 200, [], b""

    def scope(method: str, path: str) -> SimpleNamespace:
        return SimpleNamespace(
            method=method, path=path, query_string="", server="127.0.0.1:80", client="127.0.0.1:9",
            http_version="1.1", scheme="http", authority="",
        )  # fmt: skip

    async def meet() -> int:
        site, live = front.Front(), Answered()
        sends = [
            asyncio.create_task(site._from_django(scope("POST", "/en/send/"), {}, Answered()))
            for _number in range(3 * front.THREADS)
        ]
        try:
            for _thread in range(front.THREADS):
                assert await asyncio.to_thread(started.acquire, timeout=10)
            await asyncio.wait_for(site._from_django(scope("GET", "/en/find/"), {}, live), 10)
        finally:
            may_end.set()
            await asyncio.gather(*sends)
        return live.status

    monkeypatch.setattr(front, "_call", call)

    assert asyncio.run(meet()) == 200


def test_bodies_that_trickle_are_given_up_at_last() -> None:
    class Trickle:
        """A protocol that brings one byte at a time and never ends."""

        def __aiter__(self) -> Trickle:
            return self

        async def __anext__(self) -> bytes:
            return b"a"

    async def collect() -> int:
        try:
            await bodies.Bodies().collect(Trickle(), {"content-length": "1000000"})
        except bodies.BodyRefused as refusal:
            return refusal.status
        return 200

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "FREE_SECONDS", 0.05)
        patch.setattr(bodies, "SLOWEST_BYTES_PER_SECOND", 10_000_000_000)

        assert asyncio.run(collect()) == 400


def test_more_bodies_at_once_than_there_is_room_for_are_refused() -> None:
    crowded = bodies.Bodies()
    crowded.count = bodies.AT_ONCE

    with pytest.raises(bodies.BodyRefused) as refusal:
        asyncio.run(crowded.collect(None, {"content-length": "1"}))

    assert refusal.value.status == 429
    assert crowded.count == bodies.AT_ONCE
