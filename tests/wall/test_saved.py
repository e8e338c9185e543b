"""Files to keep need nothing but themselves, lead nowhere, and lose a letter as soon as the wall does."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from messages_site import changes, policy
from supporters import lifecycle, storing
from supporters.models import Event, Message
from supporters.templatetags.letters import size
from tests.factories import MessageFactory
from tests.wall.conftest import PHOTO, VIDEO, attach, publish_due
from tests.wall.parsed import Page
from wall import inventory, pages, publishing, saved
from wall import tree as published
from wall.models import DirtyPage, WallCounter

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

Publish = Callable[..., list[Message]]
HOSTILE = (
    '"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) &amp; </title> https://evil.example/'
)


def write_later() -> None:
    """What the minute job does once the minute is over."""
    DirtyPage.objects.update(due_at=timezone.now())
    publish_due()


def fill(count: int, **fields: Any) -> list[Message]:
    """Letters on the wall whose pages nobody wrote."""
    first = WallCounter.objects.get_or_create(pk=1)[0].last + 1
    made = [MessageFactory.build(approved=True, wall_number=first + number, **fields) for number in range(count)]
    WallCounter.objects.update(last=first + count - 1)
    return Message.objects.bulk_create(made)


def texts(html: str) -> str:
    return " ".join(text for text, _holders in Page(html).texts)


def shown(html: str) -> int:
    return html.count("<article")


@pytest.fixture
def photo(publish: Publish) -> Message:
    """A photo on the wall."""
    (message,) = publish(kind="photo", alt_ko="바다 위의 갈매기", alt_en="Gulls over the sea")
    attach(message, PHOTO)
    return message


@contextmanager
def silent_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def silent(*_args: object) -> Any:
        raise storing.Unreachable(5, "the bucket does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(storing.Folder, "read", silent)
        yield


# --- What they are ----------------------------------------------------------------------------------------------


def test_a_kept_file_asks_for_nothing_and_names_neither_the_site_nor_its_readers(
    photo: Message, publish: Publish
) -> None:
    attach(publish(kind="video")[0], VIDEO)
    hostile = dict.fromkeys(("body_ko", "body_en", "original"), HOSTILE)
    publish(**hostile, **dict.fromkeys(("name_ko", "name_en", "group"), HOSTILE[:80]))

    for language, path in product(("ko", "en"), (*saved.PATHS, f"m/{photo.slug}/letters.html")):
        html = Client().get(f"/{language}/{path}").content.decode()
        page = Page(html)

        addresses = {address for address, _held in page.addresses() if not address.startswith(("#", "data:"))}
        assert addresses == {policy.exit_url(language)}
        assert inside(page, "title") == ["편지" if language == "ko" else "Letters"]
        assert not re.search("북녘|받는 분|North Korea", re.sub("<article.*?</article>", "", html, flags=re.DOTALL))
        assert not any(name.startswith("on") or name == "style" for _tag, held in page.elements for name in held)
        assert (HOSTILE in texts(html)) == (path in saved.PATHS), "hostile words are words"
        (rules,) = [held["content"] or "" for _tag, held in page.elements if "http-equiv" in held]
        assert "default-src 'none'" in rules
        assert "'self'" not in rules, "nothing of where it lies"
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            allowed = rules.partition(directive)[2].partition(";")[0].split()
            assert allowed == [hash_of(text) for text in re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)]


def inside(page: Page, tag: str) -> list[str]:
    return [text for text, holders in page.texts if holders[-1][0] == tag]


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_newest_fifty_letters_are_kept_whole() -> None:
    long = " ".join(f"{number}번째 문장입니다." for number in range(120))
    fill(1, body_ko="가장 오래된 편지")
    fill(49)
    fill(1, body_ko=long)

    html = pages.render("ko", "letters.html") or ""

    assert shown(html) == 50
    assert long in texts(html)
    assert "가장 오래된 편지" not in html
    assert html.index("119번째") < html.index("안녕하십니까"), "newest first"


def test_a_kept_file_says_how_many_letters_it_holds_of_which_day_and_what_to_fear() -> None:
    fill(2, submitted_at=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC))

    words = texts(pages.render("en", "letters.html") or "")

    assert "These are 2 letters from friends around the world. The newest came on 14 March 2026." in words
    assert "delete it" in words
    assert "15:09" not in words


def test_photos_are_in_the_larger_file_byte_by_byte_and_described_in_the_smaller(photo: Message) -> None:
    with_pictures, words = (pages.render("ko", path) or "" for path in (saved.WITH_PICTURES, saved.WORDS))

    (data,) = re.findall(r'src="data:image/webp;base64,([^"]+)"', with_pictures)
    stored = photo.attachment.renditions.get(name="320.webp").stored
    with storing.private().read(stored) as file:
        assert base64.b64decode(data) == file.read()
    assert "data:image" not in words
    for html in (with_pictures, words):
        assert "바다 위의 갈매기" in html


def test_the_same_letters_give_the_same_bytes(photo: Message, tree: Path) -> None:
    write_later()
    before = {path: path.read_bytes() for path in tree.glob("*/letters*")}
    assert len(before) == 2 * 2 * 3

    publishing.remove_saved()
    publishing.publish_all()

    assert {path: path.read_bytes() for path in tree.glob("*/letters*")} == before


def test_an_empty_wall_has_files_that_say_so() -> None:
    assert "There are no messages yet." in texts(pages.render("en", "letters.html") or "")


def test_a_kept_file_costs_the_same_however_many_letters_there_are() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            pages.render("ko", saved.WITH_PICTURES)
        return len(queries)

    fill(2)
    few = asked()
    fill(60)

    assert asked() == few


# --- When they are written --------------------------------------------------------------------------------------


def test_many_approvals_write_the_files_once_a_minute(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    publishing.publish_all()
    written: list[str] = []
    original = publishing.write
    monkeypatch.setattr(publishing, "write", lambda path: written.append(path) or original(path))

    for _number in range(3):
        publish(1)
    assert "index.html" in written
    assert not set(written) & set(saved.PATHS)
    write_later()

    assert sorted(path for path in written if path in saved.PATHS) == sorted(saved.PATHS)
    assert inventory.differences() == []


@pytest.mark.parametrize("way", ["withdrawn", "consent", "hidden", "edited"])
def test_a_letter_that_goes_is_gone_from_the_files_within_the_request_without_a_worker(
    way: str, photo: Message, publish: Publish, tree: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    Message.objects.filter(pk=photo.pk).update(body_ko="이 말은 사라져야 합니다.")
    publishing.publish_all()
    assert all("사라져야" in (tree / "ko" / path).read_text() for path in saved.PATHS)
    photo.refresh_from_db()

    with django_capture_on_commit_callbacks(execute=True):
        if way == "withdrawn":
            lifecycle.withdraw(photo)
        elif way == "consent":
            lifecycle.narrow(photo, outlets=["web"])
        elif way == "hidden":
            Message.objects.filter(pk=photo.pk).update(status=Message.Status.REMOVED)
            changes.announce_together([photo.pk], Event.Kind.HIDDEN)
        else:
            Message.objects.filter(pk=photo.pk).update(body_ko="다른 말입니다.")
            changes.announce(photo.pk, Event.Kind.EDIT_SHOWN)

    assert list(tree.glob("*/letters*")) == []
    for path in saved.PATHS:
        answer = Client().get(f"/ko/{path}")
        assert answer.status_code == 200
        assert "사라져야" not in answer.content.decode()
    publishing.sweep()
    publish_due()
    assert len(list(tree.glob("*/letters*"))) == 2 * 2 * 3
    assert "사라져야" not in "".join(path.read_text() for path in tree.glob("ko/letters*.html"))


def test_the_files_stay_when_a_letter_goes_that_they_never_held_but_not_when_they_are_old(
    publish: Publish,
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setattr(saved, "COUNT", 2)
    old, other, *_rest = publish(4)
    write_later()

    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.withdraw(old)
    assert len(list(tree.glob("*/letters*"))) == 2 * 2 * 3

    # Now they wait to be written: who knows what they hold.
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.withdraw(other)
    assert list(tree.glob("*/letters*")) == []


def test_a_silent_store_leaves_the_live_answer_its_descriptions_and_the_job_another_try(
    photo: Message, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing.remove_saved()
    DirtyPage.objects.update_or_create(path=saved.WITH_PICTURES, defaults={"due_at": timezone.now()})

    with silent_store(monkeypatch):
        for path in ("letters-pictures.html", f"m/{photo.slug}/letters.html"):
            answer = Client().get(f"/en/{path}")
            assert answer.status_code == 200
            assert "Gulls over the sea" in answer.content.decode()
            assert "data:image" not in answer.content.decode()
        publish_due()
        assert not (tree / "ko" / saved.WITH_PICTURES).exists()

    write_later()
    assert "data:image/webp" in (tree / "ko" / saved.WITH_PICTURES).read_text()


def test_the_check_finds_a_file_that_is_missing_or_old(photo: Message, tree: Path) -> None:
    publishing.publish_all()
    assert inventory.differences() == []
    (tree / "ko" / "letters.html").unlink()
    (tree / "en" / "letters-pictures.html").write_text("old")

    assert inventory.differences() == ["ko/letters.html", "en/letters-pictures.html"]
    publishing.publish_all()
    assert inventory.differences() == []


# --- Where they are offered -------------------------------------------------------------------------------------


def test_the_front_page_offers_the_files_with_their_true_weight_and_the_warning(photo: Message, tree: Path) -> None:
    publishing.publish_all()

    for language in ("ko", "en"):
        box = (tree / language / "index.html").read_text().partition('class="box save"')[2].partition("</section>")[0]
        assert re.findall(r'href="([^"]+)" download="([^"]+)"', box) == [
            ("letters.html", "letters.html"),
            ("letters-pictures.html", "letters.html"),
        ]
        for path in saved.PATHS:
            assert size(published.weight(language, path) or 0) in box
        assert box.index('class="note"') < box.index("download")


def test_the_front_page_names_the_weight_once_the_files_are_back(publish: Publish, tree: Path) -> None:
    publish(2)
    publishing.publish_all()
    publishing.remove_saved()
    publishing.write("index.html")
    assert "letters (words only)<" in (tree / "en" / "index.html").read_text()

    publishing.sweep()
    write_later()

    assert "letters (words only, about" in (tree / "en" / "index.html").read_text()
    assert inventory.differences() == []


def test_a_letter_with_a_photo_can_be_saved_with_it(photo: Message, publish: Publish, tree: Path) -> None:
    plain = publish()[0]
    page = pages.render("en", f"m/{photo.slug}.html") or ""
    (address, live) = re.findall(r'href="([^"]+)" download="letters.html"( data-live)', page)[0]

    answer = Client().get(f"/en/m/{address}")
    html = answer.content.decode()

    assert live
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Content-Disposition" not in answer
    assert shown(html) == 1
    assert "letter from friends" not in html, "who keeps one letter need not be told their number"
    assert "data:image/webp;base64," in html
    assert photo.original in html
    assert {each for each, _held in Page(html).addresses() if not each.startswith(("#", "data:"))} == {
        policy.exit_url("en")
    }
    assert "data-live>Save with" not in (pages.render("en", f"m/{plain.slug}.html") or "")


def test_one_letter_cannot_be_saved_once_it_has_left(photo: Message) -> None:
    address = f"/ko/m/{photo.slug}/letters.html"
    Message.objects.filter(pk=photo.pk).update(status=Message.Status.WITHDRAWN)

    assert Client().get(address).status_code == 410
    assert Client().get("/ko/m/aaaaaaaaaaaa/letters.html").status_code == 404
    pending = MessageFactory(drafted=True)
    assert Client().get(f"/ko/m/{pending.slug}/letters.html").status_code == 404


def test_where_browsers_are_to_keep_nothing_they_keep_nothing_that_is_answered_live(settings: Settings) -> None:
    letter = fill(1)[0]
    paths = ("/ko/find/", "/ko/booklet/", f"/ko/m/{letter.slug}/letters.html", "/ko/letters.html", "/ko/about.html")
    ages = {path: Client().get(path).headers["Cache-Control"] for path in paths}
    settings.READING_CACHE_SECONDS = 0

    assert set(ages.values()) == {"private, max-age=60", "private, max-age=600"}
    assert ages["/ko/booklet/"] == ages["/ko/find/"] == "private, max-age=60"
    assert {Client().get(path).headers["Cache-Control"] for path in paths} == {"no-store"}
    assert Client().post("/ko/find/", {"q": "words"}).headers["Cache-Control"] == "no-store"


def test_a_booklet_holds_the_chosen_letters_and_any_choice_is_a_page() -> None:
    fill(3, country="BR", body_en="From Brazil")
    fill(2, country="KE", body_en="From Kenya", kind="video")

    def booklet(query: dict[str, str]) -> str:
        answer = Client().get("/en/booklet/", query)
        assert answer.status_code == 200
        return answer.content.decode()

    assert 'href="../booklet/?country=BR" data-live' in Client().get("/en/find/?country=BR").content.decode()
    assert shown(booklet({})) == 5
    assert "From Kenya" not in booklet({"country": "BR"})
    assert shown(booklet({"kind": "video"})) == 2
    assert shown(booklet({"before": "3"})) == 2
    for value in ("x" * 100_000, "\0", "\ud800".encode("utf-8", "replace").decode(), "-1", "'; DROP"):
        for name in ("country", "kind", "lang", "before"):
            assert shown(booklet({name: value})) == 0
