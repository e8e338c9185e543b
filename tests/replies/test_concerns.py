"""“Something here could hurt someone”: from the page of a letter, sealed, to the Safety leads and to nobody else."""

from __future__ import annotations

import gzip
import logging
import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from nacl.public import PrivateKey
from pytest_django import Settings

from replies import sealing
from replies.models import Concern
from supporters import lifecycle, limits
from supporters.models import Message
from tests.factories import MessageFactory, StaffFactory
from tests.wall.conftest import publish, tree  # noqa: F401

OURS = {"sec-fetch-site": "same-origin"}


def address(message: Message, language: str = "en") -> str:
    return f"/{language}/m/{message.slug}/concern/"


def post(message: Message, text: str = "", language: str = "en", headers: dict[str, str] | None = None, **fields: str):
    client = Client(enforce_csrf_checks=True)
    return client.post(
        address(message, language), {"text": text, **fields}, headers=OURS if headers is None else headers
    )


@pytest.fixture
def letter() -> Message:
    return MessageFactory(approved=True, wall_number=1, name_ko="떠나는이", name_en="Leaver")


# --- The page ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "link", "title", "name"),
    [
        ("ko", "이 편지에 위험한 내용이 있습니다", "편지", "떠나는이"),
        ("en", "Something here could hurt someone", "Letters", "Leaver"),
    ],
)
def test_the_page_of_a_letter_leads_to_a_page_that_leaves_no_trace(
    letter: Message, language: str, link: str, title: str, name: str
) -> None:
    page = Client().get(f"/{language}/m/{letter.slug}.html").content.decode()
    assert f'<a href="{letter.slug}/concern/" data-live><small>{link}' in page

    answer = Client().get(address(letter, language))
    text = answer.content.decode()

    assert f"<title>{title}</title>" in text
    assert name in text
    assert "csrf" not in text
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'sha256-" in answer.headers["Content-Security-Policy"]
    assert len(gzip.compress(answer.content, 6)) <= 8_000
    assert text.count("<script") == text.count(f"<script>{render_to_string('exit.js')}</script>") == 1
    assert not re.search(r" on\w+=|maxlength", text)


@pytest.mark.django_db
def test_there_is_a_page_for_letters_on_the_wall_only(letter: Message) -> None:
    waiting = MessageFactory()
    assert Client().get(address(waiting)).status_code == 404
    assert post(waiting).status_code == 404
    assert Client().get("/ko/m/aaaaaaaaaaaa/concern/").status_code == 404

    lifecycle.remove(letter, actor=StaffFactory())

    for language in ("ko", "en"):
        gone = Client().get(address(letter, language))
        assert gone.status_code == 410
        assert "떠나는이" not in gone.content.decode()


# --- Sending -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "안전을 맡은 사람에게 전하였습니다."), ("en", "It has reached the person responsible for safety.")],
)
def test_what_is_sent_arrives_sealed_with_the_day_only(letter: Message, language: str, words: str) -> None:
    answer = post(letter, "The village has a name.\r\nSecond line\x00.", language)

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "village" not in answer.content.decode()
    assert not answer.cookies
    concern = Concern.objects.get()
    assert sealing.unseal(bytes(concern.sealed)) == "The village has a name.\nSecond line."
    assert {field.name for field in Concern._meta.get_fields()} == {
        "id", "message", "sealed", "received_on", "handled_at", "handled_by",
    }  # fmt: skip


@pytest.mark.django_db
def test_words_may_be_missing_and_the_letter_may_be_gone(letter: Message) -> None:
    assert post(letter).status_code == 200

    lifecycle.withdraw(letter)

    assert post(letter, "Too late?").status_code == 200
    assert [sealing.unseal(bytes(concern.sealed)) for concern in Concern.objects.all()] == ["", "Too late?"]


@pytest.mark.django_db
def test_nothing_of_the_sender_is_kept(letter: Message, caplog: pytest.LogCaptureFixture, var_folder: Path) -> None:
    caplog.set_level(logging.DEBUG)
    marks = {"user-agent": "marked-agent", "referer": "https://marked.example/", "x-forwarded-for": "198.51.100.77"}

    client = Client(REMOTE_ADDR="203.0.113.77")
    client.post(address(letter), {"text": "marked-words"}, headers=OURS | marks)

    with connection.cursor() as cursor:
        kept = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            kept += str(cursor.fetchall())
    for mark in ("marked-agent", "marked.example", "198.51.100.77", "203.0.113.77", "marked-words"):
        assert mark not in kept + caplog.text
    assert not client.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://["},
    ],
)
def test_posts_of_other_sites_are_refused(letter: Message, headers: dict[str, str]) -> None:
    assert post(letter, "Forged", headers=headers).status_code == 403
    assert not Concern.objects.exists()


@pytest.mark.django_db
def test_a_browser_that_names_our_origin_is_believed(letter: Message) -> None:
    assert post(letter, "Words", headers={"origin": "http://testserver"}).status_code == 200
    assert Concern.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"origin": "null"}])
def test_who_says_nothing_is_asked_once_more_and_keeps_the_words(letter: Message, headers: dict[str, str]) -> None:
    page = post(letter, "Words <b>", headers=headers).content.decode()
    assert "Please press the button once more." in page
    assert "Words &lt;b&gt;</textarea>" in page
    assert not Concern.objects.exists()
    again = re.search(r'name="again" value="([^"]*)"', page)[1]

    other = MessageFactory(approved=True, wall_number=2)
    assert "once more" in post(other, "Words", headers=headers, again=again).content.decode()
    assert post(letter, "Words <b>", headers=headers, again=again).status_code == 200
    assert Concern.objects.get().message == letter


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("가" * 300, True),
        ("👨‍👩‍👧‍👦" * 300, True),
        ("\u1100\u1161\u11a8" * 300, True),
        ("가" * 301, False),
        ("a" + "\u0301" * 9000, False),
        ("\ud800", False),
    ],
    ids=["hangul", "emoji", "decomposed", "long", "marks", "half"],
)
def test_three_hundred_characters_as_a_person_counts_them(letter: Message, text: str, fits: bool) -> None:
    body = "text=" + "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
    answer = Client().post(
        address(letter), body, content_type="application/x-www-form-urlencoded", headers=OURS
    )  # fmt: skip

    if fits:
        assert sealing.unseal(bytes(Concern.objects.get().sealed)) == text
    elif text != "\ud800":  # Django reads half a character as a mark of its own
        assert answer.status_code == 400
        assert "Please shorten this to 300 characters" in answer.content.decode()
        assert text in answer.content.decode()
        assert not Concern.objects.exists()
    assert answer.status_code in (200, 400)


@pytest.mark.django_db
def test_a_sender_is_slowed_down_and_keeps_the_words(letter: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.PER_HOUR, limits.CONCERN, 2)
    cache.clear()

    answers = [post(letter, "My words") for _time in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "My words</textarea>" in answers[-1].content.decode()
    assert Concern.objects.count() == 2
    cache.clear()


@pytest.mark.django_db
def test_what_could_not_be_stored_is_not_called_received(letter: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*arguments: object, **options: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(Concern.objects, "create", locked)

    answer = post(letter, "My words")

    assert answer.status_code == 503
    assert "It was not sent." in answer.content.decode()
    assert "My words</textarea>" in answer.content.decode()


# --- The box -----------------------------------------------------------------------------------------------------


def test_a_box_tells_nothing_without_the_key(settings: Settings) -> None:
    box = sealing.seal("두만강")

    assert "두만강".encode() not in box
    assert sealing.unseal(box) == "두만강"
    assert box != sealing.seal("두만강"), "the same words never look the same"
    settings.REPLY_PRIVATE_KEY = bytes(PrivateKey.generate())
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(box)
    settings.REPLY_PRIVATE_KEY = None
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(box)


def test_all_boxes_are_of_one_size() -> None:
    assert len({len(sealing.seal(text)) for text in ("", "a", "가" * 300, "x" * (sealing.BOX_BYTES - 1))}) == 1
    with pytest.raises(ValueError, match="does not fit"):
        sealing.seal("x" * sealing.BOX_BYTES)


@pytest.mark.django_db
def test_published_pages_hold_the_link_and_stay_within_their_budget(tree: Path, publish) -> None:  # noqa: F811
    message = publish(3)[1]

    for language in ("ko", "en"):
        page = tree / language / "m" / f"{message.slug}.html"
        assert f'href="{message.slug}/concern/" data-live' in page.read_text()
        assert len(gzip.compress(page.read_bytes(), 6)) <= 8_000
