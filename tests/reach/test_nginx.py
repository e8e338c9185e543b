"""Debian's nginx with the configuration we ship, over a published tree."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import brotli
import pytest

from messages_site import policy
from tests.reach.conftest import BROTLI, DEPLOYED, HOST, ONION, READERS, Answer, Nginx, Site, held_marks

pytestmark = [pytest.mark.django_db, pytest.mark.media]

# What belongs to the connection or tells the bytes of a file; nginx makes its tag from time and size.
OF_THE_SERVER = {"date", "server", "connection", "keep-alive", "etag", "transfer-encoding"}
ENCODINGS = {"br, gzip": "br" if BROTLI.exists() else "gzip", "gzip": "gzip", "identity": None, "": None}


def own_headers(answer: Answer) -> list[tuple[str, str]]:
    """What the site says, each header as often as it was sent."""
    pairs = ((name.lower(), value) for name, value in answer.headers.items())
    return sorted((name, value) for name, value in pairs if name not in OF_THE_SERVER)


def unpacked(answer: Answer) -> bytes:
    coding = answer.headers["Content-Encoding"]
    return {"gzip": gzip.decompress, "br": brotli.decompress}.get(coding, bytes)(answer.body)


def test_the_shipped_files_are_understood(nginx: Nginx) -> None:
    said = nginx.test()

    # Without root it says that it cannot become another user.
    assert [line for line in said.splitlines() if '"user" directive' not in line and "[" in line] == []
    assert "test is successful" in said


def test_every_published_page_has_the_headers_and_bytes_of_the_application(site: Site, nginx: Nginx) -> None:
    for number, path in enumerate(["/ko/", "/en/index.html", *site.pages]):
        # Each page in one encoding, the first ones in all.
        for accepted, coding in list(ENCODINGS.items())[: 4 if number < 4 else 1]:
            direct = site.ask(path, Accept_Encoding=accepted.replace("br, ", "" if coding == "gzip" else "br, "))
            answer = nginx.ask(path, Accept_Encoding=accepted)

            assert own_headers(answer) == own_headers(direct), (path, accepted)
            assert answer.body == direct.body, (path, accepted)
            assert answer.headers["Content-Encoding"] == coding
            assert re.fullmatch(r'"[0-9a-f]+-[0-9a-f]+"', answer.headers["ETag"])
            assert answer.all("Onion-Location") == [ONION + path]


def test_tags_differ_by_encoding_and_save_an_unchanged_page(site: Site, nginx: Nginx) -> None:
    tags = set()
    for accepted in list(ENCODINGS)[1:3]:
        first = nginx.ask("/ko/index.html", Accept_Encoding=accepted)
        again = nginx.ask("/ko/index.html", Accept_Encoding=accepted, If_None_Match=first.headers["ETag"])
        by_date = nginx.ask("/ko/", Accept_Encoding=accepted, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT")
        head = nginx.ask("/ko/", "HEAD", Accept_Encoding=accepted)
        tags.add(first.headers["ETag"])

        assert (again.status, again.body) == (by_date.status, by_date.body) == (304, b"")
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(first.body))
    assert len(tags) == 2


def test_media_have_the_headers_and_ranges_of_the_application(site: Site, nginx: Nginx) -> None:
    assert len(site.media) > 8
    for path in site.media:
        direct, answer = site.ask(path), nginx.ask(path)
        assert own_headers(answer) == own_headers(direct), path
        assert answer.body == direct.body
    path = next(path for path in site.media if path.endswith(".mp4"))
    for wanted in ("bytes=3-9", "bytes=-5", "bytes=7-", "bytes=0-1,4-5", "lines=1-2", "bytes=99999-"):
        direct, answer = site.ask(path, Range=wanted), nginx.ask(path, Range=wanted)
        assert answer.status == direct.status, wanted
        assert answer.headers["Content-Range"] == direct.headers["Content-Range"]
        assert answer.status == 416 or answer.body == direct.body
        assert answer.headers["Content-Security-Policy"] == direct.headers["Content-Security-Policy"]


def test_what_is_no_file_is_answered_by_the_application_once(site: Site, nginx: Nginx) -> None:
    cases = [
        (f"/ko/m/{site.gone}.html", 410),
        (f"/en/m/{'a' * 12}.html", 404),
        ("/en/nothing.html", 404),
        ("/ko/find/?country=BR", 200),
        ("/ko/send/", 200),
        ("/admin/login/", 200),
        ("/ko", 302),
        ("/", 302),
        ("/favicon.ico", 204),
        ("/robots.txt", 200),
        ("/sitemap.xml", 200),
        ("/nowhere", 404),
    ]
    for path, status in cases:
        direct, answer = site.ask(path), nginx.ask(path)
        assert answer.status == status, path
        names = [name for name, _value in own_headers(answer)]
        # A cookie and the token in a form are new every time.
        skipped = {"set-cookie", "content-length", "etag", "expires"}
        assert [pair for pair in own_headers(answer) if pair[0] not in skipped] == [
            pair for pair in own_headers(direct) if pair[0] not in skipped
        ], path
        assert len(set(names)) == len(names), path
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        assert answer.headers["Server"] == "nginx"
    assert nginx.ask("/ko/", "POST", b"a=b").status == site.ask("/ko/", "POST", b"a=b").status == 403


def test_the_front_door_speaks_the_language_of_the_browser(site: Site, nginx: Nginx) -> None:
    for header in ("ko-KP,ko;q=0.9", "zh-CN", "en-GB,ko;q=0.3", "en;q=0.3,ko;q=0.9", "fr", ""):
        direct, answer = site.ask("/", Accept_Language=header), nginx.ask("/", Accept_Language=header)
        assert own_headers(answer) == own_headers(direct)
        assert answer.all("Onion-Location") == [f"{ONION}/"]


@pytest.fixture
def half_written(site: Site) -> Iterator[None]:
    """Files that must not be served meanwhile."""
    folder = (site.tree / site.media[0][1:]).parent
    files = [site.tree / "ko" / ".index.html.1.2.tmp", site.tree / "ko" / ".hidden.html", folder / ".320.jpg.1.tmp"]
    for file in [*files, site.var / "secret-key"]:
        file.write_text("half a file")
    yield
    for file in files:
        file.unlink()


def test_nothing_beside_the_published_files_can_be_read(site: Site, nginx: Nginx, half_written: None) -> None:
    token = site.media[0].split("/")[2]
    names = ("secret-key", "db.sqlite3", "csp-hashes.json")
    paths = [
        *(f"/ko/../../{name}" for name in names),
        *(f"/ko/..%2f..%2f{name}" for name in names),
        *(f"/ko/%2e%2e/%2e%2e/{name}" for name in names),
        *(f"/static/../{name}" for name in names),
        *(f"/static../{name}" for name in names),
        *(f"//{name}" for name in names),
        *("/ko/index.html.gz", "/ko/index.html.br", "/ko/.index.html.1.2.tmp", "/ko/.hidden.html", "/ko//index.html"),
        *("/ko/m/", "/ko/p/", "/media/", f"/media/{token}/", f"/media/{token}/.320.jpg.1.tmp", "/static/"),
        *("/ko/m/%00.html", "/~503", "/nginx/page.conf", "/metrics", "/readyz", "/ko/index.html/"),
    ]
    for path in paths:
        answer = nginx.ask(path)
        assert answer.status in (400, 404), path
        for secret in (b"half a", b"SQLite", b"sha256-0", b"Index of"):
            assert secret not in answer.body.partition(b"<title>")[2], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path


@pytest.fixture
def away(site: Site) -> Iterator[None]:
    """The application is down meanwhile."""
    site.stop()
    yield
    site.start()


def test_files_stay_while_the_application_is_away_and_live_pages_say_so(site: Site, nginx: Nginx, away: None) -> None:
    for path in [*site.pages, *site.media, "/ko/", "/en/"]:
        assert nginx.ask(path).status == 200, path
    assert nginx.ask("/", Accept_Language="ko").headers["Location"] == "/ko/"
    assert nginx.ask("/", Accept_Language="de").headers["Location"] == "/en/"
    for path, words in (("/ko/find/", "편지"), ("/en/find/", "Please try again shortly."), ("/admin/", "try again")):
        for method, body in (("GET", None), ("POST", b"q=a")):
            answer = nginx.ask(path, method, body, Accept_Language="en", Accept_Encoding="gzip")
            assert (answer.status, answer.headers["Retry-After"]) == (503, "60"), path
            assert words in unpacked(answer).decode()
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.all("Content-Security-Policy") == [policy_of(nginx)]

    static = nginx.ask("/static/probe.css")
    assert static.headers["Content-Type"] == "text/css; charset=utf-8"
    assert static.headers["Cache-Control"] == "max-age=600, public"
    for name, value in policy.headers("file").items():
        assert static.all(name) == [value]


def policy_of(nginx: Nginx) -> str:
    return nginx.ask("/ko/").headers["Content-Security-Policy"]


def test_a_letter_taken_back_is_gone_at_once(site: Site, nginx: Nginx) -> None:
    page = f"/en/m/{site.shown[3]}.html"
    media = site.media[0]
    kept = {form: (site.tree / (page[1:] + form)).read_bytes() for form in ("", ".gz", ".br")}
    content = (site.tree / media[1:]).read_bytes()
    assert nginx.ask(page).status == nginx.ask(media).status == 200
    try:
        for form in kept:
            (site.tree / (page[1:] + form)).unlink()
        (site.tree / media[1:]).unlink()

        # Here the database still has the letter, so the application answers with it.
        assert "ETag" in nginx.ask(page).headers
        assert nginx.ask(page).headers["ETag"] == site.ask(page).headers["ETag"]
        assert nginx.ask(media).status == site.ask(media).status
    finally:
        for form, body in kept.items():
            (site.tree / (page[1:] + form)).write_bytes(body)
        (site.tree / media[1:]).write_bytes(content)
    assert nginx.ask(f"/ko/m/{site.gone}.html").status == 410


def test_what_a_client_claims_of_its_way_is_not_believed(site: Site, nginx: Nginx) -> None:
    claimed = nginx.ask("/admin/login/", X_Forwarded_Host=HOST, Host=READERS, Forwarded="for=192.0.2.1;host=" + HOST)
    plain = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=20)
    plain.request("GET", "/en/find/?kind=text", headers={"Host": HOST, "X-Forwarded-Proto": "https"})
    answer = plain.getresponse()

    assert claimed.status == 404
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/en/find/?kind=text")
    plain.close()


def test_other_names_get_nothing(nginx: Nginx) -> None:
    with pytest.raises(OSError, match=r"(?i)unrecognized|alert|eof"):
        nginx.connect("evil.example")
    plain = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=20)
    plain.request("GET", "/", headers={"Host": "evil.example"})
    with pytest.raises(ConnectionResetError):
        plain.getresponse()
    plain.close()


def test_the_onion_service_shows_the_same_pages_and_names_no_other(site: Site, nginx: Nginx) -> None:
    host = ONION.partition("//")[2]
    for path in ("/ko/", "/en/find/", "/en/send/"):
        client = http.client.HTTPConnection("127.0.0.1", nginx.onion, timeout=20)
        client.request("GET", path, headers={"Host": host})
        answer = Answer(client.getresponse())
        client.close()
        assert answer.status == 200
        assert answer.all("Onion-Location") == []


@pytest.mark.parametrize("path", ["/ko/find/", "/en/booklet/"])
def test_what_is_looked_up_for_one_reader_has_its_own_limit(path: str) -> None:
    """Fifty letters of a booklet cost ten times what another live page costs."""
    places = re.findall(r'location ~ "(.*)" \{\s+limit_req zone=(\w+)', (DEPLOYED / "site.conf").read_text())

    assert [zone for place, zone in places if re.search(place, path)] == ["find"]


def test_floods_of_live_addresses_are_told_to_wait_and_pages_are_not(site: Site, nginx: Nginx) -> None:
    login = [nginx.ask("/admin/login/", "POST", b"a=b").status for _number in range(25)]
    refused = nginx.ask("/admin/login/", "POST", b"a=b", Accept_Language="ko")

    assert 429 in login
    assert login[0] != 429
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert "요청" in refused.body.decode() or "편지" in refused.body.decode()
    assert refused.all("Content-Security-Policy") == [policy_of(nginx)]
    assert nginx.ask("/admin/login/").status == 200
    assert {nginx.ask("/ko/").status for _number in range(250)} == {200}


def test_nothing_of_a_reader_is_written_down(site: Site, nginx: Nginx) -> None:
    marks = ["mark-agent-77", "192.0.2.77", "2001:db8::77", "mark-referer-77", "mark-query-77", "mark-words-77"]
    given = {
        "User_Agent": marks[0],
        "X_Forwarded_For": marks[1],
        "Forwarded": f"for={marks[2]}",
        "Referer": f"https://{marks[3]}/",
    }
    reads = [*site.pages, *site.media, f"/ko/m/{site.gone}.html", "/en/nothing.html", "/ko/find/?country=BR"]
    for number in range(200):
        nginx.ask(f"{reads[number % len(reads)]}?{marks[4]}", **given)
    nginx.ask("/ko/find/", "POST", f"q={marks[5]}".encode() * 3000, **given)
    trouble(site, nginx, given, marks)

    assert held_marks([nginx.folder, site.var, site.log.parent], marks) == []
    assert "127.0.0.1" not in nginx.errors()
    assert "client:" not in nginx.errors()


def trouble(site: Site, nginx: Nginx, given: dict[str, str], marks: list[str]) -> None:
    """What makes nginx complain: no application, too many, too large, cut off, malformed, unreadable, no TLS."""
    site.stop()
    for _number in range(90):
        nginx.ask(f"/ko/find/?{marks[4]}", **given)
    site.start()
    lines = f"Host: {HOST}\r\nReferer: {marks[3]}\r\nContent-Length: "
    with nginx.connect() as cut:
        cut.sendall(f"POST /uploads/ HTTP/1.1\r\n{lines}99\r\n\r\na".encode())
    with nginx.connect() as large:
        large.sendall(f"POST /ko/send/?{marks[4]} HTTP/1.1\r\n{lines}999999999\r\n\r\n".encode())
        assert large.recv(100).startswith(b"HTTP/1.1 413 ")
    for line in (f"GARBAGE {marks[4]}", f"GET /{marks[4] * 4000} HTTP/1.1", f"GET /../{marks[4]} HTTP/1.1"):
        # nginx may be through with the line before all of it is sent.
        with nginx.connect() as malformed, suppress(OSError):
            malformed.sendall(f"{line}\r\nHost: {HOST}\r\n\r\n".encode())
            assert malformed.recv(100).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 414 "))
    with socket.create_connection(("127.0.0.1", nginx.tls), timeout=20) as plain:
        plain.sendall(f"GET /{marks[4]} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        plain.recv(100)
    broken = site.tree / "en" / "broken.html.gz"
    broken.symlink_to(broken)
    assert nginx.ask(f"/en/broken.html?{marks[4]}", **given, Accept_Encoding="gzip").status == 404
    broken.unlink()
