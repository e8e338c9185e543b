"""The site's own server: nothing of a reader is kept, and the wall stays readable when all else is gone."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.reach.conftest import HOST, ONION, READERS, Site, held_marks

pytestmark = [pytest.mark.django_db, pytest.mark.media]

VOID = ("br", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "circle", "rect", "line", "use")
FORM = "application/x-www-form-urlencoded"


class Links(HTMLParser):
    """Where a page leads and what it loads, with whether that works live only."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        is_live = "data-live" in given or any(live for _tag, live in self.open)
        if tag not in VOID:
            self.open.append((tag, is_live))
        for name in ("href", "src", "action", "poster"):
            if target := given.get(name):
                self.found.append((target, is_live))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass


def test_two_hundred_marked_reads_leave_no_trace(site: Site) -> None:
    marks = ["mark-agent-41", "192.0.2.41", "2001:db8::41", "mark-referer-41", "mark-query-41", "mark-words-41"]
    given = {
        "User_Agent": marks[0],
        "X_Forwarded_For": f"{marks[1]}, {marks[2]}",
        "Forwarded": f"for={marks[2]}",
        "X_Real_IP": marks[1],
        "Referer": f"https://{marks[3]}/",
        "Cookie": f"a={marks[3]}",
    }
    reads = [
        *site.pages[:40],
        *site.media,
        "/",
        "/ko/find/?country=BR",
        "/en/nothing.html",
        f"/en/{marks[4]}.html",
        f"/ko/m/{site.gone}.html",
        f"/ko/m/{site.shown[0]}/concern/",
        "/media/" + "a" * 26 + "/320.jpg",
        "/en/" + "a" * 300 + ".html",
        "/robots.txt",
        "/favicon.ico",
    ]

    statuses = {
        site.ask(f"{path}{'&' if '?' in path else '?'}m={marks[4]}", **given).status
        for path in (reads[number % len(reads)] for number in range(200))
    }
    found = site.ask("/ko/find/", "POST", f"q={marks[5]}".encode(), **given, Content_Type=FORM)
    foreign = site.ask("/en/find/", Host="mark-host-41.example", **given).status

    assert statuses == {200, 204, 302, 404, 410}
    assert found.status < 500
    assert foreign in (200, 400)
    assert held_marks([site.var, site.log.parent], [*marks, "mark-host-41"]) == []


# --- The database is gone ----------------------------------------------------------------------------------------


@pytest.fixture
def no_database(site: Site) -> Iterator[None]:
    """The file of the database is not there, and no worker runs."""
    site.stop()
    kept = site.var.parent / "kept"
    kept.mkdir()
    for file in site.var.glob("db.sqlite3*"):
        shutil.move(file, kept / file.name)
    # In its place stands what cannot be opened as a file.
    (site.var / "db.sqlite3").mkdir()
    site.start()
    yield
    site.stop()
    (site.var / "db.sqlite3").rmdir()
    for file in kept.iterdir():
        shutil.move(file, site.var / file.name)
    kept.rmdir()
    site.start()


def test_without_the_database_the_whole_wall_can_be_read_and_live_pages_say_try_again(
    site: Site, no_database: None
) -> None:
    """Every link of every page that is not marked live, beginning at the front door."""
    door = site.ask("/", Accept_Language="ko-KP")
    waiting, live = [(door.headers["Location"], "/")], []
    seen: set[str] = set()
    while waiting:
        path, origin = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = site.ask(path)
        assert answer.status == 200, (path, origin)
        assert site.ask(path, If_None_Match=answer.headers["ETag"]).status == 304, path
        if answer.headers["Content-Type"].startswith("text/html"):
            for target, is_live in Links(answer.body.decode()).found:
                if not urlsplit(target).scheme:
                    (live if is_live else waiting).append((urlsplit(urljoin(path, target)).path, path))

    assert set(site.pages) <= seen
    assert any(path.endswith(".mp4") for path in seen)
    for path in {path for path, _origin in live}:
        answer = site.ask(path)
        assert (answer.status, answer.headers["Retry-After"]) in [(503, "60"), (200, None)], path
    assert_live_pages_say_try_again(site)


def assert_live_pages_say_try_again(site: Site) -> None:
    for path, words in (("/ko/find/", "지금은"), ("/en/find/?country=BR", "Please try again shortly.")):
        answer = site.ask(path)
        page = answer.body.decode()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
        assert words in page
        assert re.findall("<title>(.*?)</title>", page) == ["편지" if path.startswith("/ko/") else "Letters"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.all("Set-Cookie")
    for path in ("/en/p/0.html", "/ko/m/%00.html", "/en/" + "a" * 300 + ".html", "/ko/%ff%fe", "/ko/find/?before=%00"):
        answer = site.ask(path)
        assert answer.status in (400, 404, 503), path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (site.ask("/healthz").status, site.ask("/readyz").status) == (200, 503)


def test_what_is_said_to_have_arrived_lies_in_the_database_that_stands_there_now(site: Site, tmp_path: Path) -> None:
    """A backup is put back below a running server: nothing goes on into the file that was there before."""

    def concerns_after_another() -> int:
        path = f"/ko/m/{site.shown[0]}/concern/"
        assert site.ask(path, "POST", b"text=a", Content_Type=FORM, Sec_Fetch_Site="same-origin").status == 200
        with closing(sqlite3.connect(site.var / "db.sqlite3")) as database:
            return int(database.execute("SELECT count(*) FROM replies_concern").fetchone()[0])

    before = concerns_after_another()
    with closing(sqlite3.connect(site.var / "db.sqlite3")) as old, closing(sqlite3.connect(tmp_path / "db")) as copy:
        old.backup(copy)
    for file in site.var.glob("db.sqlite3-*"):
        file.unlink()
    shutil.move(tmp_path / "db", site.var / "db.sqlite3")

    assert concerns_after_another() == before + 1


# --- Headers that depend on the host -----------------------------------------------------------------------------


def test_reading_pages_name_the_onion_service_once_and_no_other_page_does(site: Site) -> None:
    onion = ONION.partition("//")[2]
    letter = f"/ko/m/{site.shown[2]}.html"
    for path in ("/", "/ko/", letter, f"/en/m/{site.gone}.html", "/en/nothing.html", "/ko/find/?country=BR&kind=text"):
        assert site.ask(path).all("Onion-Location") == [ONION + path], path
        for host in (onion, f"{onion}:80", f"{onion}.", onion.upper()):
            assert site.ask(path, Host=host).all("Onion-Location") == [], host
    unchanged = site.ask(letter, If_None_Match=site.ask(letter).headers["ETag"])
    assert unchanged.all("Onion-Location") == [ONION + letter]
    for path in ("/ko/send/", "/admin/login/", "/en/mine/AAAA-AAAA-AAAA-AAAA/", site.media[0], "/static/probe.css"):
        assert site.ask(path).all("Onion-Location") == [], path
    assert site.ask("/en/find/", "POST", b"", Content_Type=FORM).all("Onion-Location") == []


def test_pages_of_the_campaign_exist_under_its_own_hosts_only(site: Site) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/desk/", "/partner/", "/share/aaaaaaaaaaaa.png", "/embed/ko/"):
        nothing = site.ask(f"/nowhere{path}", Host=READERS)
        for host in (READERS, f"{READERS}:443", READERS.upper(), f"{READERS}."):
            for claimed in ({}, {"X_Forwarded_Host": HOST}, {"Forwarded": f"host={HOST}"}):
                answer = site.ask(path, Host=host, **claimed)
                # Not told from an address where nothing is.
                assert (answer.status, answer.body) == (404, nothing.body), (path, host)
                assert dict(answer.headers) | {"date": ""} == dict(nothing.headers) | {"date": ""}
    for host in (HOST, f"{HOST}:443", HOST.upper(), f"{HOST}."):
        assert site.ask("/admin/login/", Host=host).status == 200, host
    assert site.ask("/admin/login/", Host=f"{HOST}.evil.example").status == 400
    assert site.ask("/admin/login/", Host=f"{READERS}@{HOST}").status == 400
    assert site.ask("/ko/send/", Host=READERS).status == 200


# --- Pages without a file ----------------------------------------------------------------------------------------


def test_live_pages_have_a_strong_tag_too(site: Site) -> None:
    path = f"/en/m/{site.shown[4]}.html"
    files = {form: site.tree / (path[1:] + form) for form in ("", ".gz", ".br")}
    kept = {form: file.read_bytes() for form, file in files.items()}
    try:
        for file in files.values():
            file.unlink()
        for address in (path, "/ko/find/?country=BR"):
            tags = set()
            for accepted in ("br", "gzip", "identity"):
                whole = site.ask(address, Accept_Encoding=accepted)
                tag = whole.headers["ETag"]
                again = site.ask(address, Accept_Encoding=accepted, If_None_Match=tag)
                head = site.ask(address, "HEAD", Accept_Encoding=accepted)
                tags.add(tag)
                assert re.fullmatch('"[0-9a-f]{24}"', tag)
                assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
                assert head.headers["ETag"] == tag
                assert site.ask(address, Accept_Encoding=accepted, If_None_Match='"x"').status == 200
            assert len(tags) == 3
    finally:
        for form, file in files.items():
            file.write_bytes(kept[form])
