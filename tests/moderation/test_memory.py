"""Sentences that were translated before: how texts are divided, what is offered, and what is never offered again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation import roles
from moderation.models import MemoryBand, MemorySentence
from moderation.translating import memory, translations
from supporters import lifecycle
from supporters.models import Message
from tests.factories import MessageFactory, StaffFactory

from .conftest import address, client_of

SOURCE = "Добрий день! Я думаю про вас щодня.\n\nВи не самі."
KOREAN = "안녕하십니까! 저는 날마다 여러분을 생각합니다.\n\n여러분은 혼자가 아닙니다."


def reviewed(mina: User, source: str = SOURCE, korean: str = KOREAN, **fields: object) -> Message:
    """A letter whose Korean was translated and reviewed."""
    message = MessageFactory(original=source, language="uk", **fields)
    (row,) = translations.request(message, by=mina, languages=["ko"])
    people = [StaffFactory(), StaffFactory()]
    translations.hand_back(row, by=people[0], revision=row.revision, text=korean, credit="")
    translations.review(row, by=people[1], revision=row.revision, text=korean)
    return message


def offered(text: str, language: str = "uk") -> dict[str, list[tuple[str, int]]]:
    return {
        found.source: [(offer.sentence.target, offer.percent) for offer in found.offers]
        for found in memory.offers(text, language, "ko")
    }


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello. I am Mr. Kim, J. K. to you! Right?", ["Hello.", "I am Mr. Kim, J. K. to you!", "Right?"]),
        (
            "안녕하십니까. ‘혼자가 아닙니다.’ 저는 교원입니다!",
            ["안녕하십니까.", "‘혼자가 아닙니다.’", "저는 교원입니다!"],
        ),
        ("你好。“真的吗？”他说。", ["你好。", "“真的吗？”", "他说。"]),
        ("Я думаю... и буду. Привет! Да", ["Я думаю... и буду.", "Привет!", "Да"]),
        ("مرحبا؟ نعم. لا", ["مرحبا؟", "نعم.", "لا"]),
        ("", []),
    ],
)
def test_sentences_end_in_every_writing(text: str, parts: list[str]) -> None:
    assert memory.sentences(text) == parts


def test_only_what_is_built_alike_is_paired() -> None:
    assert memory.pairs("A b. C d.\nE f.", "가. 나.\n다.") == [("A b.", "가."), ("C d.", "나."), ("E f.", "다.")]
    assert memory.pairs("A b.\nC d. E f.", "가.\n나.") == [("A b.", "가.")], "line by line, as far as it goes"
    assert memory.pairs("A b.\n\nC d.", "가. 나.") == [("A b.", "가."), ("C d.", "나.")]
    assert memory.pairs("A b. C d.", "가.\n나.\n다.") == []


@pytest.mark.django_db
def test_similar_reviewed_sentences_are_offered_the_best_first(mina: User) -> None:
    reviewed(mina)
    reviewed(mina, "Я думаю про вас щовечора.", "저는 저녁마다 여러분을 생각합니다.")

    found = offered("Я думаю про вас щодня. Моя мама пече хліб.")

    assert list(found) == ["Я думаю про вас щодня."]
    (best, second) = found["Я думаю про вас щодня."]
    assert best == ("저는 날마다 여러분을 생각합니다.", 100)
    assert second[0] == "저는 저녁마다 여러분을 생각합니다."
    assert 60 <= second[1] < 100
    assert offered("Я думаю про вас щодня.", "ru") == {}, "another language"


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["withdrawn", "declined", "hidden", "changed"])
def test_the_words_of_a_letter_that_left_are_not_offered(mina: User, how: str) -> None:
    message = reviewed(mina)
    assert offered("Ви не самі.")
    message.refresh_from_db()
    if how == "withdrawn":
        lifecycle.withdraw(message)
        assert not MemorySentence.objects.exists()
        assert not MemoryBand.objects.exists()
    elif how == "declined":
        lifecycle.decline(message, moderator=mina, revision=message.revision, reason="spam")
    elif how == "hidden":
        lifecycle.hide([message.pk], actor=mina, lockdown=1)
    else:
        lifecycle.answer(message, sent={"original": "Інші слова."}, agreed={})

    assert offered("Ви не самі.") == {}


@pytest.mark.django_db
def test_a_sentence_is_kept_a_few_times_and_offered_once(mina: User) -> None:
    for _number in range(5):
        reviewed(mina, "Ви не самі.", "여러분은 혼자가 아닙니다.")

    assert MemorySentence.objects.count() == memory.KEPT_ALIKE
    assert offered("Ви не самі.") == {"Ви не самі.": [("여러분은 혼자가 아닙니다.", 100)]}


@pytest.mark.django_db
def test_looking_up_takes_two_queries_however_long_the_text(mina: User) -> None:
    reviewed(mina)
    text = SOURCE + "\n" + "\n".join(f"Речення номер {number} про хліб і сіль." for number in range(80))

    with CaptureQueriesContext(connection) as queries:
        assert len(memory.offers(text, "uk", "ko")) == 3

    assert len(queries) == 2


@pytest.mark.django_db
def test_the_button_inserts_without_script_and_keeps_what_was_typed(mina: User) -> None:
    reviewed(mina)
    message = MessageFactory(original="Ви не самі.", language="uk")
    translations.request(message, by=mina)
    client = client_of(StaffFactory(role=roles.TRANSLATOR))
    page = client.get(address(message)).content.decode()
    sentence = MemorySentence.objects.get(source="Ви не самі.")
    assert f'name="action" value="insert" formaction="?sentence={sentence.pk}"' in page
    typed = {"revision": "ko:1 en:1", "body_ko": "먼저 쓴 글.", "body_en": "Typed too.", "action": "insert"}

    text = client.post(f"{address(message)}?sentence={sentence.pk}", typed).content.decode()

    assert "먼저 쓴 글. 여러분은 혼자가 아닙니다.</textarea>" in text
    assert "Typed too.</textarea>" in text
    assert not message.translations.exclude(text="").exists(), "nothing is stored yet"
    as_fields = client.post(address(message), {**typed, "sentence": str(sentence.pk)}).content.decode()
    assert "먼저 쓴 글. 여러분은 혼자가 아닙니다.</textarea>" in as_fields
