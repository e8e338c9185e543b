"""Narrowing the wall by country, kind and language: live, page by page, whatever stands in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from supporters import lifecycle
from supporters.models import Edit, Message
from tests.factories import MessageFactory, StaffFactory
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
        wanted.append(MessageFactory(approved=True, country="DE"))
        MessageFactory(approved=True, country="FR")
    publish(0)

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
    with django_assert_num_queries(1):  # which letters; their postcards are kept
        find("?country=DE")
    for _number in range(30):
        attach(MessageFactory(approved=True, country="DE", kind="photo", alt_ko="배", alt_en="boat"), PHOTO)
    publishing.number_due()

    with django_assert_num_queries(3):  # the postcards that are new, with their files
        find("?country=DE")


# --- Words -------------------------------------------------------------------------------------------------------


def search(words: str, language: str = "ko", **fields: str) -> str:
    """What a reader gets who looks for `words`, by the form."""
    answer = Client().post(f"/{language}/find/", {"q": words, **fields})
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Location" not in answer.headers
    return answer.content.decode()


def hidden_fields(form: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}


def form_around(text: str, button: str) -> str:
    return next(form for form in re.findall(r"<form[^>]*>.*?</form>", text, re.DOTALL) if button in form)


@pytest.mark.django_db
def test_words_are_found_by_the_form_and_marked(publish: Publish) -> None:
    wanted = publish(body_ko="고향의 <b>노래</b>를\n부릅니다.", body_en="We sing.")[0]
    publish(body_ko="춤을 춥니다.")

    text = search("노래")

    assert slugs_in(text) == [wanted.slug]
    assert "<p>고향의 &lt;b&gt;<mark>노래</mark>&lt;/b&gt;를<br>부릅니다.</p>" in text
    assert "<b>1통</b>" in text
    assert '<input type="text" id="q" name="q" value="노래"' in text
    assert "<mark>We</mark> <mark>sing</mark>." in search("sing we", "en")


@pytest.mark.django_db
def test_what_a_postcard_does_not_show_stands_beside_it_in_its_own_language(publish: Publish) -> None:
    publish(
        body_ko="긴 글입니다. " * 80 + "끝에 선 느티나무 이야기.",
        body_en="The zelkova tree.",
        original="<i>Der Ulmenbaum</i> am Ende",
        language="de",
    )

    assert re.search(r'<p class="hit">…[^<]* <mark>느티나무</mark> 이야기\.</p>', search("느티나무"))
    assert '<p class="hit" lang="en" dir="auto">The <mark>zelkova</mark> tree.</p>' in search("zelkova")
    assert '<p class="hit" lang="ko" dir="auto">' in search("느티나무", "en")
    for language in ("ko", "en"):
        text = search("ulmen", language)
        assert 'lang="de" dir="auto">&lt;i&gt;Der <mark>Ulmen</mark>baum&lt;/i&gt; am Ende</p>' in text


@pytest.mark.django_db
def test_words_never_stand_in_an_address(publish: Publish) -> None:
    publish(25, body_ko="노래", country="DE")

    for query in ("?q=노래", "?q=%3Cscript%3E&country=DE"):
        text = find(query)
        assert "script%3E" not in text
        assert 'value="노래"' not in text
        assert len(slugs_in(text)) == 20, "words in an address are not looked for"
    text = search("노래", country="DE")
    for address in re.findall(r'(?:href|action)="([^"]*)"', text):
        assert "q=" not in address
        assert "노래" not in address


@pytest.mark.django_db
def test_paging_filters_photos_and_the_other_language_keep_the_words(publish: Publish) -> None:
    wanted = publish(41, body_ko="노래", body_en="song", country="DE", language="de")
    publish(3, body_ko="춤", country="DE")
    seen: list[str] = []
    fields = {"country": "DE"}
    for _page in range(3):
        text = search("노래", **fields)
        seen += slugs_in(text)
        switch = form_around(text, 'lang="en">English')
        assert 'action="../../en/find/"' in switch
        assert hidden_fields(switch) == {**fields, "q": "노래"}
        narrowed = form_around(text, 'name="country"')
        assert 'method="post"' in narrowed
        assert hidden_fields(narrowed)["q"] == "노래"
        pictures = hidden_fields(form_around(text, 'class="link"'))
        assert (pictures["q"], pictures["pic"]) == ("노래", "1")
        if 'class="next" method="post"' in text:
            fields = hidden_fields(re.search(r'<form class="next".*?</form>', text, re.DOTALL)[0])
            assert fields.pop("q") == "노래"

    assert seen == [message.slug for message in wanted[::-1]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "null"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "https://testserver"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "https://testserver.elsewhere.example"}, 403),
        ({"Origin": "garbage"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://testserver@elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
    ],
)
def test_a_form_of_somebody_else_is_refused(headers: dict[str, str], status: int, publish: Publish) -> None:
    publish(body_ko="노래")

    answer = Client(enforce_csrf_checks=True).post("/ko/find/", {"q": "노래"}, headers=headers)

    assert answer.status_code == status
    assert not answer.cookies
    assert ("<mark>" in answer.content.decode()) == (status == 200)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("코끼리", "No message with these words was found."),
        ("!?", "There is no word in what you wrote."),
        ("👋🏽", "There is no word in what you wrote."),
        ("가" * 100_000, "Only the first 40 characters were looked for."),
        ("\0\ud800", "There is no word in what you wrote."),
        ("'); DROP TABLE wall_search; --", "No message with these words was found."),
        ('" OR * NEAR(', "No message with these words was found."),
        ("<script>alert(1)</script>", "No message with these words was found."),
    ],
)
def test_nothing_found_is_said_with_what_to_do(words: str, said: str, publish: Publish) -> None:
    publish(body_ko="노래")

    text = search(words.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "en")

    assert said in text
    assert "See all messages" in text
    assert slugs_in(text) == []
    assert "<script>alert" not in text
    assert len(text) < 40_000


@pytest.mark.django_db
def test_broken_bodies_get_a_page(publish: Publish) -> None:
    publish(body_ko="노래")
    form = "application/x-www-form-urlencoded"

    for body in (b"q=%ED%A0%80", b"q=%00", b"q=%FF%FE", b"q", b"&&&", b"q=a&q=b", b"before=1e9&q=%EB", b"\xff\xfe"):
        assert Client().post("/ko/find/", body, content_type=form).status_code == 200, body
    assert Client().post("/ko/find/", b"q=" + b"a" * 2_000_000, content_type=form).status_code == 400
    assert Client().post("/ko/find/", b"--x", content_type="multipart/form-data; boundary=").status_code == 400
    assert Client().put("/ko/find/").status_code == 405


# --- Choices -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_choices_are_counted_beside_those_already_made(publish: Publish) -> None:
    publish(3, country="DE", kind="photo", language="de")
    publish(2, country="DE", kind="text", language="fr")
    publish(4, country="FR", kind="text", language="fr")

    text = find("?country=DE", "en")
    assert '<option value="DE" selected>Germany (5)' in text
    assert '<option value="FR">France (4)' in text
    assert '<option value="photo">Photo (3)' in text
    assert '<option value="fr">French (2)' in text
    text = find("?kind=photo", "en")
    assert '<option value="DE">Germany (3)' in text
    assert 'value="FR"' not in text, "what would leave nothing is not offered"
    assert '<option value="DE" selected>Germany (0)' in find("?country=DE&kind=video", "en")
    assert not re.search(r"<option[^>]*>[^<]*\(", search("…", "en")), "how many have these words is not known"


@pytest.mark.django_db
def test_photos_come_with_the_list_where_they_are_asked_for(publish: Publish) -> None:
    for message in publish(21, country="DE", kind="photo", alt_ko="배 한 척", alt_en="A boat"):
        attach(message, PHOTO)

    text = find("?country=DE")
    assert "<picture>" not in text
    assert 'href="../find/?country=DE&amp;pic=1" data-live' in text
    shown = find("?country=DE&pic=1")
    assert shown.count("<picture>") == 20
    assert shown.count('loading="lazy"') == 20
    assert "320.webp" in shown
    assert "640." not in shown, "a sharp screen would choose it"
    assert 'href="../find/?country=DE" data-live>' in shown
    assert 'href="../find/?country=DE&amp;pic=1&amp;before=' in shown
    assert '<a href="../../en/find/?country=DE&amp;pic=1"' in shown
    assert find("?pic=%3Cscript%3E").count("<picture>") == 0


@pytest.mark.django_db
def test_photos_are_offered_only_where_there_are_some(publish: Publish) -> None:
    publish(1, country="FJ")
    attach(publish(1, country="DE", kind="photo", alt_ko="배 한 척")[0], PHOTO)

    assert "사진도 함께 보기 (7 KB)" in find("?country=DE")
    assert "사진 없이 보기" in find("?country=DE&pic=1")
    for query in ("?country=FJ", "?country=AQ", "?country=AQ&pic=1"):
        assert "pic=1" not in find(query).partition("</details>")[2].partition("</aside>")[0], query


@pytest.mark.django_db
def test_a_postcard_that_was_kept_never_outlives_its_words(publish: Publish) -> None:
    hidden, changed, signed = publish(3, body_ko="옛말")
    assert find("").count("옛말") == 3

    lifecycle.hide([hidden.pk], actor=StaffFactory(), lockdown=1)
    sent = {name: getattr(changed, name) for name in lifecycle.SENT_TEXTS}
    edit = lifecycle.propose_edit(changed, sent=sent, agreed={"web": True})
    due = timezone.now() - timedelta(minutes=1)
    Edit.objects.filter(pk=edit.pk).update(
        status="accepted", live_at=due, body_ko="새말", name_ko="새이름", country="FR"
    )
    lifecycle.apply_edit(edit.pk)

    text = find("")
    assert slugs_in(text) == [signed.slug, changed.slug]
    assert (text.count("옛말"), text.count("새말"), text.count("새이름"), text.count("<b>프랑스</b>")) == (1, 1, 2, 1)
