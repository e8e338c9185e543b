"""Hints on messages: raised with the words that raised them, kept up to date, forgotten with the message."""

from __future__ import annotations

import unicodedata

import pytest

from messages_site.changes import announce
from moderation.hinting import flags
from moderation.models import Fingerprint, Flag, Term, WordingRule
from supporters import lifecycle, retention
from supporters.lifecycle import CHECKS
from supporters.models import Message
from tests.factories import MessageFactory
from tests.queues import run_jobs
from tests.supporters.sending import sent

pytestmark = pytest.mark.django_db


def found(draft) -> dict[str, list[str]]:
    """The words found in `draft`, by kind of hint."""
    kinds: dict[str, list[str]] = {}
    for finding in flags.findings(draft):
        kinds.setdefault(finding.kind, []).append(finding.words)
    return kinds


def received(**fields) -> Message:
    message = MessageFactory(**fields)
    lifecycle.receive(message)
    run_jobs()
    return message


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("danger", "Oh please help me escape from here.", "please help me"),
        ("contact", "Call +82 10 5555 0142 in the evening.", "+82 10 5555 0142"),
        ("contact", "옆집 사람이 카톡을 씁니다.", "카톡"),
        ("person", "My name is Elena Petrova.", "My name is Elena Petrova"),
        ("person", "박철수 씨가 도와주었습니다.", "박철수 씨"),
        ("place", "온 가족이 회령 근처에서 살았습니다.", "회령"),
        ("relative", "북에 있는 언니가 그립습니다.", "북에 있는 언니"),
        ("promise", "마음 놓으십시오. 곧 만납시다.", "만납시다"),
        ("politics", "He is a dictator and nothing else.", "dictator"),
        ("left_north", "저는 탈북민입니다.", "탈북민입니다"),
        ("minor", "저는 열두 살입니다.", "열두 살입니다"),
        ("southern", "새 휴대폰을 샀습니다.", "휴대폰"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_raise_a_hint_and_stand_where_it_says(kind, text, words, form):
    text = unicodedata.normalize(form, text)

    message = received(original=text)

    flag = Flag.objects.get(message=message, kind=kind)
    assert (flag.field, flag.edit) == ("original", None)
    assert text[flag.start : flag.end] == unicodedata.normalize(form, words)
    assert [one.words for one in flags.findings(message) if one.kind == kind] == [unicodedata.normalize(form, words)]


def test_hint_tells_its_reason_and_the_word_of_the_north():
    message = received(original="새 휴대폰을 샀습니다. 010-5555-0142", language="ko", original_name="")

    phone, number = flags.findings(message)

    assert (phone.kind, phone.suggestion, phone.severity) == ("southern", "손전화(기)", "low")
    assert number.reason == WordingRule.objects.get(code="phone-number").reason_en
    assert (number.label, number.severity) == ("contact details", "high")


def test_hints_decide_nothing(mina):
    message = received(original="Call +82 10 5555 0142 soon.", drafted=True)
    lifecycle.save_texts(
        message, actor=mina, revision=message.revision, texts={"body_ko": "곧 만나요."}, cleared={"web": True}
    )

    lifecycle.approve(message, moderator=mina, revision=message.revision, checks=CHECKS)

    assert found(message)["promise"] == ["만나요"]
    assert message.status == Message.Status.APPROVED


def test_saving_the_draft_shows_its_hints_at_once(mina):
    message = MessageFactory(drafted=True)

    lifecycle.save_texts(
        message, actor=mina, revision=message.revision, texts={"body_ko": "우리 파이팅해요."}, cleared={}
    )

    assert found(message) == {"southern": ["파이팅"], "wording": ["파이팅해요"]}

    lifecycle.save_texts(message, actor=mina, revision=message.revision, texts={"body_ko": "힘내십시오."}, cleared={})

    assert found(message) == {}


def test_wording_of_drafts_is_not_asked_of_senders():
    message = received(original="오늘도 생각해요~", language="ko", original_name="")

    assert found(message) == {}


def test_changed_words_lose_their_old_hints_at_once_and_get_new_ones_soon():
    message = received(original="Call +82 10 5555 0142.")
    sent = {"original": "I promise to write less."}

    lifecycle.answer(message, sent=sent, agreed={})

    assert found(message) == {}
    run_jobs()
    assert found(message) == {"promise": ["promise"]}


def test_open_edit_has_hints_of_its_own():
    message = MessageFactory(approved=True)

    edit = lifecycle.propose_edit(message, sent={"original": "My number is 555 0199."}, agreed={})
    run_jobs()

    assert "contact" in found(edit)
    assert found(message) == {}


def test_same_hints_twice_write_nothing(django_assert_num_queries):
    message = received(original="Call +82 10 5555 0142. I promise.")
    before = list(Flag.objects.values_list("pk", flat=True))

    with django_assert_num_queries(7):  # two for the savepoint
        flags.refresh(message)

    assert list(Flag.objects.values_list("pk", flat=True)) == before


def test_number_of_queries_is_the_same_for_many_hints(django_assert_num_queries):
    message = MessageFactory(original="Call +82 10 5555 0142. I promise. " * 12, body_ko="파이팅! 곧 만나요. " * 12)

    with django_assert_num_queries(8):
        flags.refresh(message)

    assert Flag.objects.filter(message=message).count() > 40
    with django_assert_num_queries(1):
        assert all(finding.reason for finding in flags.findings(message))


def test_rule_that_is_switched_off_finds_nothing():
    WordingRule.objects.filter(kind="promise").update(is_active=False)
    Term.objects.update(is_active=False)

    message = received(original="I promise. 새 휴대폰을 샀습니다.")

    assert found(message) == {}


def test_many_from_one_sender_are_marked():
    crowd, one = MessageFactory(original="Warm greetings."), MessageFactory(original="Good morning to all.")

    lifecycle.receive(crowd, burst=6)
    lifecycle.receive(one, burst=5)
    run_jobs()

    assert list(found(crowd)) == ["flood"]
    assert found(one) == {}


def test_sixth_message_of_a_sender_within_an_hour_is_noted(client):
    letters = [sent(client, body=f"Letter number {number}.")[0] for number in range(1, 7)]

    notes = [letter.events.get(number=1).ids for letter in letters]

    assert notes == [{}] * 5 + [{"burst": 6}]


@pytest.mark.parametrize("kind", ["withdrawn", retention.ERASED])
def test_message_that_is_gone_leaves_nothing(kind):
    text = "We light a candle for you every single evening. I promise."
    first, second = received(original=text), received(original=text)
    assert set(found(second)) == {"promise", "same_text"}

    announce(first.pk, kind)

    assert not Flag.objects.filter(message=first).exists()
    assert not Fingerprint.objects.filter(message=first).exists()
    assert set(found(second)) == {"promise"}


def test_job_of_a_message_taken_back_meanwhile_writes_nothing():
    message = MessageFactory(original="I promise.")
    lifecycle.receive(message)
    lifecycle.withdraw(message)

    run_jobs()

    assert not Flag.objects.exists()
    assert not Fingerprint.objects.exists()
