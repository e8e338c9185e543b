"""Narrowing the wall by country, kind and language: live, page by page, whatever stands in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from supporters.models import Message
from tests.factories import MessageFactory
from tests.wall.conftest import PHOTO, attach
from wall import figures, publishing

Publish = Callable[..., list[Message]]


@pytest.fixture
def publish() -> Publish:
    """Letters with a number: what is found lies in the database, not in the tree."""

    def make(count: int = 1, **fields: Any) -> list[Message]:
        made = [MessageFactory(approved=True, **fields) for _number in range(count)]
        publishing.number_due()
        figures.recount()
        return made

    return make


def find(query: str, language: str = "ko") -> str:
    answer = Client().get(f"/{language}/find/{query}")
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    return answer.content.decode()


def slugs_in(text: str) -> list[str]:
    return re.findall(r'<p class="act"><a href="\.\./m/([a-z2-7]{12})\.html', text)


@pytest.mark.django_db
def test_choices_narrow_together(publish: Publish) -> None:
    wanted = publish(country="DE", kind="photo", language="de")[0]
    publish(country="DE", language="de")
    publish(country="FR", kind="photo", language="de")
    publish(country="DE", kind="photo", language="fr")

    assert slugs_in(find("?country=DE&kind=photo&lang=de")) == [wanted.slug]
    assert len(slugs_in(find("?country=DE"))) == 3
    assert len(slugs_in(find(""))) == 4


@pytest.mark.django_db
def test_the_count_and_the_way_back_are_named(publish: Publish) -> None:
    publish(3, country="DE")
    publish(1, country="ZZ")

    assert "독일 (도이췰란드)에서 온 편지 <b>3통</b> · <a" in find("?country=DE")
    assert "<b>3 messages</b> from Germany" in find("?country=DE", "en")
    assert "어느 나라의 벗 · 편지 <b>1통</b>" in find("?country=ZZ")
    assert '<option value="DE" selected>독일 (도이췰란드) (3)' in find("?country=DE")


@pytest.mark.django_db
def test_paging_keeps_the_choice_and_shows_each_letter_once(publish: Publish) -> None:
    wanted = []
    for _number in range(41):
        wanted += publish(country="DE")
        publish(country="FR")

    seen: list[str] = []
    query = "?country=DE"
    pages = 0
    while query:
        text = find(query)
        assert '<option value="DE" selected>' in text
        switch = re.search(r'<li class="lang"><a href="([^"]*)"', text)[1]
        assert parse_qs(urlsplit(switch.replace("&amp;", "&")).query) == parse_qs(query[1:])
        seen += slugs_in(text)
        pages += 1
        more = re.search(r'<p class="next"><a class="btn" href="\.\./find/([^"]*)" data-live>', text)
        query = more[1].replace("&amp;", "&") if more else ""

    assert seen == [message.slug for message in wanted[::-1]]
    assert pages == 3
    assert "편지를 모두 보셨습니다." in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "?country=%3Cscript%3Ealert(1)%3C/script%3E",
        "?country=KP",
        "?country=de",
        "?kind=%22%3E%3Cimg src=x onerror=alert(1)%3E",
        "?lang=' OR 1=1 --",
        "?before=-1",
        "?before=99999999999999999999999",
        "?before=٣",
        "?before=%00",
        "?country=DE&before=1e3",
    ],
)
def test_a_value_nobody_offered_finds_nothing_and_is_not_repeated(query: str, publish: Publish) -> None:
    publish(2, country="DE")

    text = find(query)

    assert slugs_in(text) == []
    assert "고르신 것에 맞는 편지가 아직 없습니다." in text
    assert "alert(1)" not in text
    assert "OR 1=1" not in text


@pytest.mark.django_db
def test_nothing_found_and_nothing_left_are_said_in_words(publish: Publish) -> None:
    publish(1, country="DE")

    assert "아직 이 나라에서 온 편지가 없습니다." in find("?country=FJ")
    assert "There are no messages from this country yet." in find("?country=FJ", "en")
    assert "편지를 모두 보셨습니다." in find("?country=DE&before=1")
    for query in ("?country=DE", "?country=DE&before=1"):
        assert "You have seen all the messages you chose." in find(query, "en"), "one country is not all there is"
    assert "New ones come almost every day." in find("", "en")


@pytest.mark.django_db
def test_only_letters_on_the_wall_are_found(publish: Publish) -> None:
    shown = publish(country="DE")[0]
    for trait in ("not_yet_live", "asked", "declined"):
        MessageFactory(country="DE", **{trait: True})
    MessageFactory(country="DE")

    assert slugs_in(find("?country=DE")) == [shown.slug]


@pytest.mark.django_db
def test_the_number_of_queries_does_not_depend_on_the_number_of_letters(
    publish: Publish, django_assert_num_queries
) -> None:
    attach(publish(country="DE", kind="photo", alt_ko="배", alt_en="boat")[0], PHOTO)
    find("?country=DE")
    with django_assert_num_queries(2):
        find("?country=DE")
    for _number in range(30):
        attach(MessageFactory(approved=True, country="DE", kind="photo", alt_ko="배", alt_en="boat"), PHOTO)
    publishing.number_due()

    with django_assert_num_queries(2):
        find("?country=DE")
