"""Korean pages speak Korean: no Latin word outside originals, names, units and what carries its own language."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
import regex
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import translation

from messages_site import errors
from tests.factories import ModeratorFactory
from tests.supporters.sending import filled, send, sent

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
# Units, and the name of the plug a partner asks for, which stands in brackets.
ALLOWED = {"KB", "MB", "USB", "UTC"}
VOID = {"meta", "link", "br", "input", "img", "wbr", "source", "hr"}


class KoreanText(HTMLParser):
    """The text of a page without what stands in another language, in a form's values or in code."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        foreign = fields.get("lang", "ko") != "ko" or fields.get("translate") == "no" or "data-typed" in fields
        if tag not in VOID and (self.skipped or foreign or tag in ("style", "script", "textarea")):
            self.skipped.append(tag)
        for name in ("aria-label", "alt", "title", "placeholder"):
            if not self.skipped and not foreign and fields.get(name):
                self.words.append(str(fields[name]))

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            assert self.skipped.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.words.append(data)


def latin_words(page: bytes) -> set[str]:
    reader = KoreanText()
    reader.feed(page.decode())
    # A script puts numbers in place of {size}: nobody reads that.
    words = regex.sub(r"\{\w+\}", " ", " ".join(reader.words))
    return set(regex.findall(r"\p{Latin}{2,}", words)) - ALLOWED


def test_checker_finds_a_planted_word() -> None:
    foreign = '<i lang="fr">Bonjour</i> <img lang="fr" alt="vue">'
    page = f'<html lang="ko"><p>편지 <b>Hello</b> {foreign} <img alt="photo">7 KB</p></html>'

    assert latin_words(page.encode()) == {"Hello", "photo"}


def test_pages_of_senders(client: Client) -> None:
    korean = {"body": "안녕하십니까. 오늘도 여러분을 생각합니다.", "name": "마리아", "own_ko": ""}
    pages = {"form": client.get("/ko/send/").content}
    pages["refused"] = send(client, "ko", body="", name="", use_web=None, made_by_me=None).content
    pages["preview"] = send(client, "ko", step="preview", **korean).content
    _message, address = sent(client, "ko", **korean)
    pages["receipt"] = client.get(address, {"sent": "1"}).content
    for name in ("edit/", "outlets/", "withdraw/"):
        pages[name] = client.get(address + name).content
    client.post(f"{address}withdraw/")
    pages["withdrawn"] = client.get(address).content

    assert {name: latin_words(page) for name, page in pages.items()} == {name: set() for name in pages}


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 429, 500])
def test_error_pages(status: int) -> None:
    with translation.override("ko"):
        answer = errors.error_page(RequestFactory().get("/ko/nothing.html"), status)

    assert answer.status_code == status
    assert latin_words(answer.content) == set()


def test_file_refusals(client: Client) -> None:
    wrong = SimpleUploadedFile("letter.jpg", b"Only words, no picture.")
    answer = client.post(
        "/ko/send/", filled(kind="photo", photo=wrong, alt="사진", body="글", name="벗", step="preview")
    )

    assert 'role="alert"' in answer.content.decode()

    assert latin_words(answer.content) == set()


def test_desk(client: Client) -> None:
    message, _address = sent(client, "ko", body="안녕하십니까. 오늘도 생각합니다.", name="마리아", country="KE")
    client.force_login(ModeratorFactory(username="미나", first_name="미나"))
    client.cookies["l"] = "ko"
    client.cookies["l"]["path"] = "/admin/"

    for path in ("/admin/desk/", f"/admin/desk/{message.slug}/"):
        assert latin_words(client.get(path, headers={"accept-language": "ko"}).content) == set(), path
