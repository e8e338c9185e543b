"""Notes on words of the South: where they stand, what they say, and how they follow the glossary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from moderation.models import Term
from supporters.models import Message
from tests.factories import MessageFactory
from tests.wall.conftest import publish_due
from tests.wall.parsed import Page
from tests.wall.test_budgets import weight
from wall import glossary, notes, pages, publishing
from wall.models import DirtyPage

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Publish = Callable[..., list[Message]]
BODY = "휴대폰을 켰습니다. 휴대폰은 작습니다.\n\n라면을 먹고 <b>컴퓨터</b>를 껐습니다."
LINK = re.compile(r'<a class="word" id="w(\d)" href="#n\1" aria-describedby="n\1">(.*?)</a>')
NOTE = re.compile(r'<li id="n(\d)"><b>(.*?)</b>: (.*?) <a href="#w\1"')


@pytest.fixture(autouse=True)
def words() -> None:
    """The glossary of these tests in the place of the one the desk begins with."""
    Term.objects.all().delete()
    rows = [("휴대폰", "손전화(기)"), ("컴퓨터", "콤퓨터"), ("라면", "속성국수; 꼬부랑국수"), ("여성", "녀성, 녀자")]
    Term.objects.bulk_create(Term(south=south, north=north, confidence="C") for south, north in rows)


def page_of(tree: Path, message: Message, language: str = "ko") -> str:
    return (tree / language / "m" / f"{message.slug}.html").read_text()


def write_what_waits() -> None:
    publishing.sweep()
    DirtyPage.objects.update(due_at=timezone.now())
    publish_due()


# --- On the page -------------------------------------------------------------------------------------------------


def test_the_first_of_each_word_leads_to_its_note_and_the_note_back(tree: Path, publish: Publish) -> None:
    (letter,) = publish(body_ko=BODY)

    page = page_of(tree, letter)

    assert LINK.findall(page) == [("1", "휴대폰"), ("2", "라면"), ("3", "컴퓨터")]
    assert NOTE.findall(page) == [
        ("1", "휴대폰", "손전화(기)"),
        ("2", "라면", "속성국수; 꼬부랑국수"),
        ("3", "컴퓨터", "콤퓨터"),
    ]
    assert "</a>을 켰습니다. 휴대폰은 작습니다." in page
    assert '&lt;b&gt;<a class="word" id="w3" href="#n3" aria-describedby="n3">컴퓨터</a>&lt;/b&gt;' in page
    assert page.index("껐습니다") < page.index('class="notes"')
    for other in (tree / "ko" / "index.html", tree / "ko" / "p" / "1.html"):
        assert 'class="word"' not in other.read_text()
    assert 'class="word"' not in page_of(tree, letter, "en")
    ids = [attributes["id"] for _tag, attributes in Page(page).elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_letter_without_such_words_or_with_a_northern_wording_has_no_notes(tree: Path, publish: Publish) -> None:
    (plain,) = publish(body_ko="안녕하십니까. 여성은 강합니다.")
    (signed,) = publish(body_ko=BODY, body_kp="손전화를 켰습니다.", kp_signed=True)

    assert 'class="notes"' not in page_of(tree, plain)
    assert 'class="notes"' not in page_of(tree, signed)
    assert "손전화를" in page_of(tree, signed)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"south": "서비스", "north": "봉사"}, "봉사"),
        ({"south": "서비스", "north": "봉사", "is_active": False}, ""),
        # Understood in the North too, or meant only sometimes: for translators to weigh.
        ({"south": "싸다", "north": "눅다", "is_hint": False, "note_ko": "값이 낮다는 뜻일 때만."}, ""),
        ({"south": "자두", "north": "추리", "is_hint": False}, "추리"),
        ({"south": "여자", "north": "녀성, 녀자"}, ""),
        ({"south": "노인", "north": "로인, 늙은이 (낮춤 아님)"}, ""),
        ({"south": "이해", "north": "리해"}, ""),
        ({"south": "아내", "north": "안해"}, "안해"),
        # Remarks for staff are no words of a page in Korean.
        ({"south": "경찰서", "north": "보안소 (now 안전부 )"}, "보안소"),
        ({"south": "뭐", "north": "(old)"}, ""),
        ({"south": "오빠", "north": "(쓰지 않음) 동지"}, ""),
    ],
)
def test_what_the_note_on_a_word_says(fields: dict[str, object], said: str) -> None:
    assert notes.northern(Term(**fields)) == said


def test_words_that_overlap_are_split_or_hostile_stay_the_words_they_are() -> None:
    Term.objects.create(south="인터넷", north="인터네트")
    Term.objects.create(south="인터넷 검색", north="<script>alert(1)</script>")
    known = notes.explained()
    split = unicodedata.normalize("NFD", "휴대폰")

    shown, found = notes.annotate(
        ["인터넷\n검색 & <i>인터넷</i>", f"{split}을 켰습니다.", '"><script>x</script>', "휴대폰 인터넷 검색"], known
    )

    assert [note.south for note in found] == ["인터넷 검색", "인터넷", "휴대폰"]
    assert LINK.sub(r"\2", shown[0]).replace("\n", " ").count("인터넷") == 2
    assert "</a> &amp; &lt;i&gt;<a" in shown[0]
    assert f">{split}</a>을" in shown[1]
    assert shown[2:] == ['"><script>x</script>', "휴대폰 인터넷 검색"]
    assert not hasattr(shown[2], "__html__"), "the template escapes it"
    page = pages.render("ko", f"m/{a_letter('인터넷 검색').slug}.html") or ""
    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == 1


def a_letter(body: str) -> Message:
    return MessageFactory(approved=True, wall_number=1, body_ko=body)


def test_the_page_with_many_notes_stays_within_its_budget() -> None:
    Term.objects.bulk_create(
        Term(south=f"가나{sign}라", north=f"바사{sign}타") for sign in "다마바사아자차카타파하거너더러"
    )
    body = " ".join(f"{term.south}, 그리고 안녕하십니까." for term in Term.objects.all()) * 2

    html = pages.render("ko", f"m/{a_letter(body).slug}.html")

    assert (html or "").count("<li id=") >= 15
    assert weight(html) <= 8_000


# --- After a change of the glossary ------------------------------------------------------------------------------


def differences() -> str:
    out = StringIO()
    call_command("publish", "--check", stdout=out)
    return out.getvalue()


def test_pages_follow_a_word_that_staff_add_change_or_take_away(tree: Path, publish: Publish) -> None:
    with_word, without = publish(body_ko="도시락을 쌌습니다.") + publish(body_ko="안녕하십니까.")
    glossary.follow()
    write_what_waits()

    for change, said in [
        (lambda: Term.objects.create(south="도시락", north="곽밥"), [("1", "도시락", "곽밥")]),
        (lambda: Term.objects.filter(south="도시락").update(north="밥곽"), [("1", "도시락", "밥곽")]),
        (lambda: Term.objects.filter(south="도시락").update(is_active=False), []),
    ]:
        change()
        assert glossary.follow() == 1, "only letters with the word"
        assert not DirtyPage.objects.filter(due_at__lte=timezone.now()), "it can wait a minute"
        write_what_waits()
        assert NOTE.findall(page_of(tree, with_word)) == said
        assert "no differences" in differences()
        assert glossary.follow() == 0, "nothing has changed since"
    assert 'class="notes"' not in page_of(tree, without)


def test_a_run_does_a_part_and_the_next_goes_on(tree: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = publish(6, body_ko="도시락을 쌌습니다.")
    glossary.follow()
    write_what_waits()
    monkeypatch.setattr(glossary, "BATCH", 2)
    monkeypatch.setattr(glossary, "MOST_MARKED", 2)
    Term.objects.create(south="도시락", north="곽밥")

    assert glossary.follow() == 2
    assert set(DirtyPage.objects.values_list("path", flat=True)) == {f"m/{letter.slug}.html" for letter in letters[4:]}
    # Another word changes meanwhile: all are looked through again.
    Term.objects.create(south="쌌습니다", north="꾸렸습니다")
    marked = [glossary.follow() for _run in range(4)]
    assert marked == [2, 2, 2, 0]
    write_what_waits()
    assert "no differences" in differences()


def test_pages_that_wait_in_numbers_are_written_first(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(2, body_ko="도시락을 쌌습니다.")
    glossary.follow()
    DirtyPage.objects.create(path="p/9.html")
    monkeypatch.setattr(glossary, "MOST_WAITING", 0)
    Term.objects.create(south="도시락", north="곽밥")

    assert glossary.follow() == 0

    DirtyPage.objects.all().delete()
    assert glossary.follow() == 2


@pytest.mark.parametrize("left", [None, "", "{", '{"words": 1, "more": 2}'])
def test_where_nobody_knows_what_pages_say_every_letter_with_a_word_is_written(
    settings, publish: Publish, left: str | None
) -> None:
    publish(body_ko="라면을 먹습니다.")
    glossary.follow()
    DirtyPage.objects.all().delete()
    file = settings.VAR / glossary.FILE
    if left is None:
        file.unlink()
    else:
        file.write_text(left)

    assert glossary.follow() == 1
    assert glossary.follow() == 0
