"""Words: what is found and what never is, the same on both databases, whatever was typed."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from moderation.models import Term
from supporters import lifecycle, retention, services
from supporters.models import Edit, Event, Message
from tests.factories import MessageFactory, StaffFactory
from wall import marking, publishing
from wall.finding import grams, index, selection
from wall.finding.choice import Choice
from wall.finding.marks import marked
from wall.finding.query import LONGEST, Query

Letters = Callable[..., Message]


@pytest.fixture
def letter() -> Letters:
    """A letter on the wall, with a number and in the index; what is not said is empty of words."""

    def make(**fields: Any) -> Message:
        plain = {"body_ko": "…", "body_en": "…", "name_ko": "…", "name_en": "…", "original": "…"}
        made = MessageFactory(approved=True, **plain | fields)
        publishing.number_due()
        made.refresh_from_db()
        return made

    return make


def found(words: str, **choice: Any) -> list[str]:
    """The slugs of all letters with these words, page by page."""
    slugs, query, before = [], Query.of(words), None
    while True:
        page = selection.select(Choice(**choice, before=before), query)
        slugs += [row.slug for row in page.rows]
        before = page.before
        if before is None:
            return slugs


def is_indexed(word: str) -> bool:
    """Whether the index knows any letter, shown or not, with this word."""
    return bool(index.numbers(Query.of(word).needed(), before=10**6, limit=1))


# --- The same as reading every letter -----------------------------------------------------------------------------

PIECES = [
    "안녕하십니까",
    "여성",
    "녀성",
    "로인",
    "노인",
    "손전화",
    "휴대폰을",
    "가나다라",
    "나다",
    "다라가",
    "ㅎㅎ",
    "ᄒᆞᆫ글",
    unicodedata.normalize("NFD", "여러분"),
    "Thinking",
    "thing",
    "Ünï",
    "straße",
    "ŁÓDŹ",
    "Øre",
    "café",
    "ＡＢＣ１２",
    "2025",
    "Привёт",
    "ёлка",
    "नमस्ते",
    "สวัสดี",
    "سلام",
    "שלום",
    "日本語",
    "👋🏽",
    "e\u0301te\u0301",
    "a_b",
    "x",
    "이",
]
JOINTS = [" ", " ", " ", "\n\n", ", ", "", "-", "'", '"', "* ", " AND ", "^"]


def composed_text(choose: random.Random, words: int) -> str:
    return "".join(choose.choice(PIECES) + choose.choice(JOINTS) for _word in range(words))


def plainly_folded(text: str) -> str:
    """The rule of folding in the words of Unicode, slowly."""
    kept = []
    for sign in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
        parts = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
        kept.append(unicodedata.normalize("NFC", parts.replace("ø", "o").replace("ł", "l")))
    return "".join(kept)


def is_word_sign(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN" and sign not in "\u200d\ufe0f"


@cache
def words_of(text: str) -> list[str]:
    return "".join(sign if is_word_sign(sign) else " " for sign in plainly_folded(text)).split()


def sounds(word: str) -> list[str]:
    """The word with the other initial sounds of its family."""
    first = unicodedata.normalize("NFD", word[0])
    if len(word) < 2 or len(first) < 2 or first[0] not in "ᄂᄅᄋ":
        return []
    family = "ᄂᄅᄋ" if first[1] in "ᅣᅤᅧᅨᅭᅲᅵ" else "ᄂᄅ"
    others = family.replace(first[0], "") if first[0] in family else ""
    return [unicodedata.normalize("NFC", other + first[1:]) + word[1:] for other in others]


def has_word(texts: list[str], word: str) -> bool:
    own = [one for text in texts for one in words_of(text)]
    return any(word in one for one in own) or any(one.startswith(other) for other in sounds(word) for one in own)


@pytest.mark.django_db
def test_the_index_finds_what_reading_every_letter_would_find(test_all: bool) -> None:
    choose = random.Random(20250722)
    Term.objects.update(is_active=False)
    written: list[tuple[str, list[str]]] = []
    for _number in range(400 if test_all else 45):
        texts = [composed_text(choose, choose.randrange(1, 12)) for _text in range(3)]
        made = MessageFactory(
            approved=True, body_ko=texts[0], body_en=texts[1], original=texts[2], language="fr", name_ko="", name_en=""
        )
        written.insert(0, (made.slug, texts))
    while publishing.number_due():
        pass
    queries = [composed_text(choose, choose.randrange(1, 4)) for _query in range(40)]
    for _query in range(1000 if test_all else 80):
        text = choose.choice(choose.choice(written)[1])
        start = choose.randrange(len(text))
        queries.append(text[start : start + choose.randrange(1, LONGEST)])

    for typed in queries:
        query = Query.of(typed)
        words = words_of(query.words)
        expected = [slug for slug, texts in written if all(has_word(texts, word) for word in words)]
        if words:
            assert found(typed) == expected, typed
        else:
            assert not query.units, typed


# --- Spellings ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_word_is_found_in_every_spelling_of_it(letter: Letters) -> None:
    made = letter(
        body_ko="녀성들과 로인들이 래일을 리해합니다. " + unicodedata.normalize("NFD", "고향의 봄"),
        body_en="Ünïcode in ŁÓDŹ, straße, Ａｂｃ, naïve café.",
        original="Ça va, Đặng Thị Ngọc? Œuvre",
        language="fr",
    )
    plain = letter(body_ko="여성, 노인, 내일, 이해, 양심", body_en="unicode")

    for words in ("여성", "녀성", "노인", "로인", "내일", "래일", "이해"):
        assert found(words) == [plain.slug, made.slug], words
        assert found(unicodedata.normalize("NFD", words)) == [plain.slug, made.slug], words
    for words in ("고향", "향", "unicode", "lodz", "STRASSE", "ABC", "ca", "dang thi", "Dang ngoc", "oeuvre", "cafe"):
        assert made.slug in found(words), words
    assert found("량심") == [plain.slug]
    assert found("리다") == [], "only where a word begins: 합니다 is not 리다"


@pytest.mark.django_db
def test_words_of_north_and_south_find_each_other(letter: Letters) -> None:
    south = letter(body_ko="휴대폰으로 문자 메시지를 보냈습니다.")
    north = letter(body_ko="손전화로 통보문을 보냈습니다.")

    for words in (
        "휴대폰",
        "손전화",
        "휴대폰을",
        "손전화기",
        "문자 메시지",
        "통보문",
        "손전화 통보문",
        "휴대폰 통보문",
    ):
        assert found(words) == [north.slug, south.slug], words
    assert found("메시지") == [south.slug]
    Term.objects.filter(south="휴대폰").update(is_active=False)
    assert found("휴대폰") == [south.slug], "a word the desk took out of its list is one no more"


@pytest.mark.django_db
def test_characters_that_stand_apart_are_no_word(letter: Letters) -> None:
    letter(body_ko="가나다 나다라 다라가", body_en="than hand")

    assert found("나다라")
    assert found("가나다라") == found("thand") == []


@pytest.mark.django_db
def test_words_and_choices_narrow_together(letter: Letters) -> None:
    wanted = letter(body_ko="노래 하나", country="DE", kind="photo", language="de")
    letter(body_ko="노래 둘", country="DE", language="de")
    letter(body_ko="춤", country="DE", kind="photo", language="de")

    assert found("노래", country="DE", kind="photo", language="de") == [wanted.slug]
    assert found("", country="DE", kind="photo", language="de") == [*found("춤 ", kind="photo"), wanted.slug]
    assert found("노래 하나 춤") == []


# --- What is not to be found -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_what_is_shown_to_readers_is_found(letter: Letters) -> None:
    made = letter(
        original="비밀번지 온성군",
        language="ko",
        original_name="Kim Whole Name",
        original_alt="secretalt",
        own_ko="초고말",
        group="Class 4B",
        transcript="받아쓴말",
        note="쪽지말",
        body_kp="북녘말씨",
        name_ko="아미나",
        alt_en="A bridge",
        credit_ko="옮긴이",
        kind="photo",
    )
    for words in ("온성군", "Whole", "secretalt", "초고말", "Class", "받아쓴말", "쪽지말", "북녘말씨", "옮긴이"):
        assert found(words) == [], words
        assert not is_indexed(words), words
    assert found("아미나") == found("bridge") == [made.slug]

    lifecycle.sign_northern(made, reader=StaffFactory(), text="손기척 소리", translation=0)
    assert found("손기척") == [made.slug]
    for trait in ("not_yet_live", "asked", "declined", "drafted"):
        MessageFactory(**{trait: True}, body_ko="아직아닌말")
    publishing.number_due()
    assert found("아직아닌말") == []
    assert index.differences() == []


def _taken_back(message: Message) -> None:
    services.withdraw(message)


def _removed(message: Message) -> None:
    lifecycle.remove(message, actor=StaffFactory())


def _narrowed(message: Message) -> None:
    lifecycle.narrow(message, outlets=["web"])


@pytest.mark.django_db
@pytest.mark.parametrize("take", [_taken_back, _removed, _narrowed])
def test_words_of_a_letter_that_left_the_wall_are_in_no_index(letter: Letters, take: Callable[[Message], None]) -> None:
    kept = letter(body_ko="강가의 노래")
    gone = letter(body_ko="떠나는이 노래", body_en="farewell")

    take(gone)

    assert found("노래") == [kept.slug]
    assert not is_indexed("떠나는이")
    assert not is_indexed("farewell")
    assert index.differences() == []


@pytest.mark.django_db
def test_erasing_and_restoring_leave_index_and_wall_alike(letter: Letters) -> None:
    erased, restored = letter(body_ko="지워질말"), letter(body_ko="돌아온말")
    services.withdraw(erased)
    Event.objects.filter(message=erased).update(at=timezone.now() - timedelta(days=8))
    retention.erase_withdrawn()
    lifecycle.remove(restored, actor=StaffFactory())
    restored.refresh_from_db()
    lifecycle.restore(restored, actor=StaffFactory())

    assert not is_indexed("지워질말")
    assert found("돌아온말") == [restored.slug]
    assert index.differences() == []


def _edit(message: Message, **fields: Any) -> Edit:
    """An accepted edit that is due."""
    sent = {name: getattr(message, name) for name in lifecycle.SENT_TEXTS}
    edit = lifecycle.propose_edit(message, sent=sent, agreed={"web": True})
    due = timezone.now() - timedelta(minutes=1)
    Edit.objects.filter(pk=edit.pk).update(status=Edit.Status.ACCEPTED, live_at=due, **fields)
    return edit


@pytest.mark.django_db
def test_an_edit_changes_what_is_found_in_the_moment_it_is_shown(letter: Letters) -> None:
    made = letter(body_ko="옛말 그대로", country="DE", language="de", original="Altwort")
    edit = _edit(made, body_ko="새말 그대로", country="FR", language="fr", original="Neuwort")
    assert found("옛말") == [made.slug]
    assert not is_indexed("새말")

    lifecycle.apply_edit(edit.pk)

    assert found("새말") == found("neuwort") == found("그대로", country="FR", language="fr") == [made.slug]
    assert found("그대로", country="DE") == []
    assert not is_indexed("옛말")
    assert not is_indexed("Altwort")
    assert index.differences() == []


@pytest.mark.django_db
def test_hidden_letters_are_not_found_and_come_back_as_they_are(letter: Letters) -> None:
    made = letter(body_ko="숨은말")
    lifecycle.hide([made.pk], actor=StaffFactory(), lockdown=1)
    assert found("숨은말") == []
    edit = _edit(Message.objects.get(pk=made.pk), body_ko="바뀐말")
    lifecycle.apply_edit(edit.pk)

    lifecycle.unhide([made.pk], actor=StaffFactory(), lockdown=1)

    assert found("바뀐말") == [made.slug]
    assert found("숨은말") == []
    assert index.differences() == []


@pytest.mark.django_db
def test_a_change_that_fails_leaves_the_index_as_it_was(letter: Letters, monkeypatch: pytest.MonkeyPatch) -> None:
    made = letter(body_ko="옛말 그대로")
    edit = _edit(made, body_ko="새말 그대로")

    def fail(*_arguments: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(marking, "mark", fail)
    with pytest.raises(FileNotFoundError), transaction.atomic():
        lifecycle.apply_edit(edit.pk)

    assert found("옛말") == [made.slug]
    assert index.differences() == []


@pytest.mark.django_db
def test_an_index_that_is_wrong_shows_no_letter_without_the_words(letter: Letters) -> None:
    made = letter(body_ko="들어있는말")
    Message.objects.filter(pk=made.pk).update(body_ko="빠져나간뜻")  # past the life line, as a repair by hand might

    assert found("들어있는말") == []


# --- The whole index ---------------------------------------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("rebuild_search", *arguments)
    return capsys.readouterr().out.strip()


@pytest.mark.django_db
def test_the_index_is_compared_with_the_wall_and_built_again(
    letter: Letters, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = letter(body_ko="첫째 편지"), letter(body_ko="둘째 편지")
    assert printed(capsys, "--check") == "2 letters compared, no differences"
    Message.objects.filter(pk=first.pk).update(body_ko="바꿔친 편지")
    with pytest.raises(CommandError, match="terms with other letters"):
        printed(capsys, "--check")
    index.clear()
    with pytest.raises(CommandError, match="letter 1 is missing, letter 2 is missing"):
        printed(capsys, "--check")

    assert printed(capsys) == "2 letters can be searched"

    assert printed(capsys, "--check") == "2 letters compared, no differences"
    assert found("바꿔친") == [first.slug]
    assert found("편지") == [second.slug, first.slug]


@pytest.mark.django_db
def test_building_goes_on_where_it_stopped_while_letters_come_change_and_go(
    letter: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [letter(body_ko=f"편지 {number}째") for number in range(9)]
    index.start_anew()
    index.catch_up(3)
    assert found("편지") == [message.slug for message in made[:5:-1]], "the newest come first"
    assert not index.is_complete()

    new = letter(body_ko="편지 새로")
    services.withdraw(made[2])
    for message in (made[1], made[8]):
        lifecycle.apply_edit(_edit(message, body_ko="편지 고침").pk)
    index.catch_up_for_a_while()

    assert index.is_complete()
    assert found("편지") == [new.slug, *(message.slug for message in made[::-1] if message != made[2])]
    assert found("고침") == [made[8].slug, made[1].slug]
    assert index.differences() == []


@pytest.mark.django_db
def test_letters_that_nearly_fit_are_read_in_portions_and_none_is_missed(
    letter: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [letter(body_ko="가나다라") for _letter in range(3)]
    for _letter in range(30):
        letter(body_ko="가나다 나다라")
    newest = letter(body_ko="가나다라")
    monkeypatch.setattr(selection, "FIRST_LOOK", 5)
    monkeypatch.setattr(selection, "MOST_READ", 10)

    page = selection.select(Choice(), Query.of("가나다라"))

    assert [row.slug for row in page.rows] == [newest.slug]
    assert not page.is_whole
    assert found("가나다라") == [newest.slug, *(message.slug for message in wanted[::-1])]


# --- Whatever is typed -------------------------------------------------------------------------------------------

HOSTILE = [
    "",
    " ",
    "\0",
    "\ud800",
    "\udfff노래",
    "\0노래\0",
    "* OR 1",
    '"',
    "'",
    "\\",
    "노래*",
    'a" OR "b',
    "NEAR(가 나)",
    "NOT 노래",
    "-노래",
    "terms:노래",
    "(((((",
    "')::tsquery --",
    "!",
    "&|!():*<->",
    ".,;:",
    "👋🏽❤️",
    "\u200d\ufe0f",
    "가" * 100_000,
    "가 " * 50_000,
    "e\u0301" * 1000,
    "a" + "\u0301" * 100_000,
    "\u202e노래",
    "%",
    "_",
    "{{ 7 }}",
    "<b>",
    "ᄒᆞᆫ",
    "ㅎ",
    "ß" * 50,
    "ﷺ" * 40,
    "\ue000노래",
    "\ue001DE",
]


@pytest.mark.django_db
def test_whatever_is_typed_is_looked_for_or_left(letter: Letters) -> None:
    made = letter(body_ko="노래 가가가 ᄒᆞᆫ글 ㅎㅎ", body_en="near not or and terms")

    for typed in HOSTILE:
        query = Query.of(typed)
        slugs = found(typed)
        assert slugs in ([], [made.slug]), typed[:50]
        assert len(query.words) <= LONGEST * 4
        assert len(query.needed()) <= LONGEST
        query.words.encode()
    for typed in ("\0노래\0", "노래*", "-노래", "NOT 노래", "\udfff노래", "\ue000노래", "ㅎ", "ᄒᆞᆫ"):
        assert found(typed) == [made.slug], typed
    for typed in ("가" * 100_000, "가 " * 50_000):
        assert Query.of(typed).is_cut


APART = unicodedata.normalize("NFD", "고향의 봄")


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("<b>노래</b> & 노래", "노래", "&lt;b&gt;<mark>노래</mark>&lt;/b&gt; &amp; <mark>노래</mark>"),
        ("a <script> b", "script", "a &lt;<mark>script</mark>&gt; b"),
        ("&amp;amp;", "amp", "&amp;<mark>amp</mark>;<mark>amp</mark>;"),
        ("Ünïcödé rocks", "UNICODE", "<mark>Ünïcödé</mark> rocks"),
        (APART, "고향", f"<mark>{APART[:5]}</mark>{APART[5:]}"),
        ("straße", "ss", "stra<mark>ß</mark>e"),
        ("녀성 합니다", "여성", "<mark>녀성</mark> 합니다"),
        ("banana", "ana", "b<mark>anana</mark>"),
        ("ﬁne 👋🏽 x", "fine x", "<mark>ﬁne</mark> 👋🏽 <mark>x</mark>"),
        ("x́y", "x", "<mark>x́</mark>y"),
    ],
)
@pytest.mark.django_db
def test_marks_stand_around_what_was_found_and_change_nothing_else(text: str, words: str, expected: str) -> None:
    html = marked(text, Query.of(words))

    assert html == expected
    assert re.sub("</?mark>", "", html) == marked(text, Query())


def test_terms_take_little_room() -> None:
    """Each place of a text gives at most three terms, and a facet seven: the index stays below its text."""
    assert len(grams.of_texts(["가나다라마바사"])) <= 3 * 7
    assert len(grams.of_facets("DE", "text", "zh-Hans")) == 7
    assert all(
        re.fullmatch(r"\w+", term.replace("\ue000", "").replace("\ue001", ""))
        for term in grams.of_facets("DE", "text", "zh-Hans")
    )
