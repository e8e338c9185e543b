"""Asking for a translation: which languages, what the draft begins with, and what asking again does."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from moderation import roles
from moderation.models import Translation
from moderation.translating import queue, translations
from moderation.translating.queue import overview
from supporters import lifecycle
from supporters.models import Message
from tests.factories import MessageFactory, StaffFactory

pytestmark = pytest.mark.django_db
State = Translation.State


def row_of(message: Message, language: str) -> Translation:
    return Translation.objects.get(message=message, language=language)


def test_both_languages_are_asked_for_but_not_the_one_it_was_written_in_nor_one_that_is_there(mina: User) -> None:
    asked = [
        {row.language for row in translations.request(MessageFactory(**fields), by=mina)}
        for fields in ({}, {"language": "en"}, {"body_ko": "안녕하십니까."}, {"original": ""})
    ]

    assert asked == [{"ko", "en"}, {"ko"}, {"en"}, set()]


def test_the_senders_own_korean_begins_the_draft(mina: User) -> None:
    message = MessageFactory(own_ko="저는 마리아입니다.")

    assert translations.request(message, by=mina, languages=["ko"])[0].text == "저는 마리아입니다."


def test_asking_twice_keeps_the_draft_and_reopens_what_the_sender_changed(
    mina: User,
) -> None:
    letter = MessageFactory()
    (row, _korean) = translations.request(letter, by=mina, languages=["en", "ko"])
    translations.hand_back(row, by=StaffFactory(), revision=row.revision, text="Hello.", credit="")
    translations.review(row, by=StaffFactory(), revision=row.revision, text="Hello.")
    translations.request(letter, by=mina, languages=["en", "ko"])
    assert row_of(letter, "en").state == State.REVIEWED

    letter.refresh_from_db()
    lifecycle.answer(letter, sent={"original": "Bom dia."}, agreed={})
    translations.request(letter, by=mina, languages=["en"])

    assert (row_of(letter, "en").state, row_of(letter, "en").text) == (State.DRAFT, "Hello.")


def test_what_is_decided_cannot_be_asked_for(mina: User) -> None:
    with pytest.raises(translations.Gone):
        translations.request(MessageFactory(declined=True), by=mina)


def test_the_transcript_of_a_recording_is_translated_too_and_a_new_one_is_noticed(mina: User) -> None:
    voice = MessageFactory(kind=Message.Kind.VOICE, original="")
    assert translations.request(voice, by=mina) == []
    lifecycle.save_transcript(voice, actor=mina, revision=voice.revision, transcript="Falo aqui.")
    (row,) = translations.request(voice, by=mina, languages=["en"])
    assert translations.source_of(voice, "en") == "Falo aqui."
    translations.hand_back(row, by=StaffFactory(), revision=row.revision, text="I speak here.", credit="")

    lifecycle.save_transcript(voice, actor=mina, revision=voice.revision, transcript="Falo aqui e canto.")

    row.refresh_from_db()
    assert row.state == State.DRAFT
    assert translations.is_outdated(row)


# --- A long queue ---------------------------------------------------------------------------------------------------


def test_a_long_queue_is_counted_as_far_as_it_is_read_and_no_language_is_missing(mina, monkeypatch):
    for language in ("pt", "pt", "pt", "sw"):
        translations.request(MessageFactory(language=language), by=mina, languages=["en"])
    sora = StaffFactory(role=roles.TRANSLATOR)
    assert [(str(group.pair), group.count) for group in overview(sora, None, None).groups] == [
        ("pt-en", "3"),
        ("sw-en", "1"),
    ]

    monkeypatch.setattr(queue, "GROUPED", 2)

    counted, *others = [(str(group.pair), group.count) for group in overview(sora, None, None).groups]
    assert counted == ("pt-en", "3+")
    assert ("sw-en", "") in others
