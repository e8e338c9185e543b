"""The translation desk: who may do what to a text, what of the sender is shown, and what the slower of two is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation import roles
from moderation.models import Claim, Preference, Term, Translation, WordingRule
from moderation.review import claims
from moderation.translating import translations
from supporters import lifecycle, retention
from supporters.models import Event, Message
from tests.factories import ContactFactory, MessageFactory, StaffFactory

from .conftest import address, client_of

pytestmark = pytest.mark.django_db
State = Translation.State
QUEUE = "/admin/desk/translate/"


@pytest.fixture
def sora(db: None) -> User:
    return StaffFactory(role=roles.TRANSLATOR, username="sora", first_name="Sora")


@pytest.fixture
def rae(db: None) -> User:
    return StaffFactory(role=roles.REVIEWER, username="rae", first_name="Rae")


@pytest.fixture
def nam(db: None) -> User:
    return StaffFactory(role=roles.NORTHERN_READER, username="nam", first_name="Nam")


@pytest.fixture
def letter(mina: User) -> Message:
    """A letter in Portuguese for which both languages were asked for."""
    message = MessageFactory()
    translations.request(message, by=mina)
    return message


def row_of(message: Message, language: str) -> Translation:
    return Translation.objects.get(message=message, language=language)


def post(client: Client, message: Message, action: str, **fields: object) -> object:
    """What a browser sends from the page as it is now; fields replace what stands in it."""
    revision = " ".join(f"{row.language}:{row.revision}" for row in message.translations.all()) or "0"
    return client.post(address(message), {"revision": revision, "action": action, **fields})


def handed_back(message: Message, translator: User, **texts: str) -> None:
    for language, text in texts.items():
        row = row_of(message, language)
        translations.hand_back(row, by=translator, revision=row.revision, text=text, credit="Sora")


# --- The way of a text ------------------------------------------------------------------------------------------


def test_a_text_goes_from_translator_to_reviewer_into_the_letter(letter: Message, sora: User, rae: User) -> None:
    said = post(client_of(sora), letter, "ready", body_ko="안녕하십니까.", body_en="Hello.", credit="Sora")
    assert said.status_code == 302
    assert {row.state for row in letter.translations.all()} == {State.READY}
    assert Preference.objects.get(user=sora).credit_name == "Sora"
    letter.refresh_from_db()
    assert not letter.body_ko

    post(client_of(rae), letter, "reviewed", body_ko="안녕하십니까!", body_en="Hello.")

    letter.refresh_from_db()
    assert (letter.body_ko, letter.body_en, letter.credit_ko) == ("안녕하십니까!", "Hello.", "Sora")
    assert letter.events.filter(kind=Event.Kind.TRANSLATED, actor=rae).count() == 2
    assert not Event.objects.broken_links(letter)
    # Whoever approves it reads what is published beside it.
    desk = client_of(StaffFactory(role=roles.MODERATOR)).get(address(letter))
    assert "Readers will see the name: Sora" in desk.content.decode()


def test_without_a_chosen_name_nobody_is_credited(letter: Message, sora: User, rae: User) -> None:
    post(client_of(sora), letter, "ready", body_en="Hello.", language="en")
    post(client_of(rae), letter, "reviewed", body_en="Hello.")

    letter.refresh_from_db()
    assert (letter.body_en, letter.credit_en) == ("Hello.", "")
    assert row_of(letter, "ko").state == State.DRAFT


def test_handing_back_one_text_keeps_what_was_typed_into_the_other(letter: Message, sora: User) -> None:
    post(client_of(sora), letter, "ready", body_ko="절반", body_en="Hello.", language="en")

    assert [(row_of(letter, code).text, row_of(letter, code).state) for code in ("ko", "en")] == [
        ("절반", State.DRAFT),
        ("Hello.", State.READY),
    ]


def test_a_reviewer_sends_back_with_a_word(letter: Message, sora: User, rae: User) -> None:
    handed_back(letter, sora, en="Helo.")
    refused = post(client_of(rae), letter, "send_back", body_en="Helo.", language="en")
    assert "Say in a few words what is missing." in refused.content.decode()

    post(client_of(rae), letter, "send_back", body_en="Helo.", language="en", note="A letter is missing")

    assert row_of(letter, "en").state == State.DRAFT
    assert "A letter is missing" in client_of(sora).get(address(letter)).content.decode()


def test_what_nobody_can_translate_comes_back_to_the_moderators_with_its_reason(
    letter: Message, sora: User, mina: User
) -> None:
    assert "Choose a reason" in post(client_of(sora), letter, "cannot", language="en").content.decode()

    post(client_of(sora), letter, "cannot", language="en", reason="language", note="It is Galician")

    queue = client_of(mina).get(QUEUE).content.decode()
    assert queue.index("Handed back without a translation") < queue.index("It is Galician") < queue.index('id="open"')
    assert client_of(mina).post(f"{QUEUE}{letter.slug}/", {"action": "request", "revision": "0"}).status_code == 302
    assert row_of(letter, "en").cannot == ""


def test_a_claim_is_shown_and_ends_with_the_decision(letter: Message, sora: User, mina: User) -> None:
    post(client_of(sora), letter, "claim", language="ko")
    other = client_of(StaffFactory(role=roles.TRANSLATOR))
    assert "Sora until" in other.get(QUEUE).content.decode()
    assert "Sora works on this until" in post(other, letter, "claim", language="ko").content.decode()
    assert post(other, letter, "save", body_ko="저도 합니다.").status_code == 302, "nobody is locked out"
    claims.claim(letter, mina)

    lifecycle.decline(letter, moderator=mina, revision=letter.revision, reason="spam")

    assert not Claim.objects.filter(task__in=Translation.Language.values).exists()


def test_a_proposed_change_is_translated_beside_the_published_letter(mina: User, sora: User, rae: User) -> None:
    message = MessageFactory(approved=True)
    edit = lifecycle.propose_edit(message, sent={"original": "Uma palavra nova."}, agreed={})
    translations.request(edit, by=mina, languages=["en"])
    page = client_of(sora).get(address(message)).content.decode()
    assert "Uma palavra nova." in page
    assert message.original not in page

    handed_back(message, sora, en="A new word.")
    assert post(client_of(rae), message, "reviewed", body_en="A new word.").status_code == 302

    edit.refresh_from_db()
    message.refresh_from_db()
    assert (edit.body_en, edit.credit_en, message.body_en) == (
        "A new word.",
        "Sora",
        "Hello. I am thinking of you today as well.",
    )


# --- Rights -----------------------------------------------------------------------------------------------------


FOREIGN = [
    (roles.TRANSLATOR, "reviewed", "ko"),
    (roles.TRANSLATOR, "reviewed", "kp"),
    (roles.TRANSLATOR, "save", "kp"),
    (roles.TRANSLATOR, "request", "kp"),
    (roles.REVIEWER, "ready", "ko"),
    (roles.REVIEWER, "reviewed", "kp"),
    (roles.NORTHERN_READER, "reviewed", "ko"),
    (roles.NORTHERN_READER, "ready", "kp"),
    (roles.MODERATOR, "ready", "ko"),
    (roles.MODERATOR, "save", "ko"),
    (roles.MODERATOR, "reviewed", "ko"),
    (roles.SAFETY_LEAD, "reviewed", "kp"),
]


def test_each_button_belongs_to_its_role(letter: Message, mina: User) -> None:
    Message.objects.filter(pk=letter.pk).update(body_ko="안녕하십니까.")
    translations.request(letter, by=mina, languages=["kp"])
    before = list(letter.translations.order_by("pk").values())
    clients = {role: client_of(StaffFactory(role=role)) for role, _action, _language in FOREIGN}

    for role, action, language in FOREIGN:
        sent = {"revision": "1", "action": action, "language": language, f"body_{language}": "다른 글입니다."}
        answer = clients[role].post(f"{QUEUE}{letter.slug}/", sent)

        assert (role, action, answer.status_code) == (role, action, 403)
    assert list(letter.translations.order_by("pk").values()) == before


def test_a_reviewer_cannot_write_a_draft_that_was_not_handed_back(letter: Message, rae: User) -> None:
    answer = post(client_of(rae), letter, "save", body_ko="제 글입니다.")

    assert answer.status_code == 409
    assert row_of(letter, "ko").text == ""


def test_nobody_reviews_their_own_translation(letter: Message, sora: User) -> None:
    handed_back(letter, sora, ko="안녕하십니까.")
    sora.groups.add(*StaffFactory(role=roles.REVIEWER).groups.all())

    answer = post(client_of(sora), letter, "reviewed", body_ko="안녕하십니까.", language="ko")

    assert "Another person than the translator reviews" in answer.content.decode()
    answer = post(client_of(sora), letter, "save", body_ko="다시 고친 글입니다.", language="ko")
    assert "Another person than the translator reviews" in answer.content.decode()
    assert row_of(letter, "ko").text == "안녕하십니까."
    assert row_of(letter, "ko").state == State.READY


def test_a_northern_reader_signs_what_the_desk_asked_for(letter: Message, mina: User, nam: User) -> None:
    assert client_of(nam).get(address(letter)).status_code == 404
    Message.objects.filter(pk=letter.pk).update(body_ko="안녕하십니까. 오빠입니다.")
    Term.objects.update_or_create(south="오빠", defaults={"north": "오라버니", "note_en": "An elder brother"})
    client_of(mina).post(f"{QUEUE}{letter.slug}/", {"action": "request", "language": "kp", "revision": "0"})
    page = client_of(nam).get(address(letter)).content.decode()
    assert letter.original not in page
    assert page.count("안녕하십니까. 오빠입니다.") == 2, "the Korean text, and the field that begins with it"
    assert "오라버니" in page
    assert "An elder brother" in page

    post(client_of(nam), letter, "reviewed", body_kp="안녕하십니까. 오라버니입니다.")

    letter.refresh_from_db()
    assert (letter.body_kp, letter.kp_signed) == ("안녕하십니까. 오라버니입니다.", True)
    assert letter.events.get(kind=Event.Kind.SIGNED).actor == nam


# --- What is shown ----------------------------------------------------------------------------------------------


def test_the_page_shows_the_text_and_its_signature_and_nothing_else_of_the_sender(sora: User, mina: User) -> None:
    message = MessageFactory(
        original="<script>alert(1)</script> Olá",
        original_name="<b>Maria</b>",
        country="MZ",
        group="Escola Secreta",
        transcript="Falo <i>aqui</i>",
        kind=Message.Kind.VOICE,
    )
    ContactFactory(message=message, email="maria@example.org")
    translations.request(message, by=mina)

    for client in (client_of(sora), client_of(StaffFactory(role=roles.REVIEWER))):
        page = client.get(address(message)).content.decode()
        queue = client.get(f"{QUEUE}?after={message.slug}").content.decode()

        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "&lt;b&gt;Maria&lt;/b&gt;" in page
        assert "Falo &lt;i&gt;aqui" in page
        for hidden in ("maria@example.org", "Mozambique", "Escola Secreta", "History", "2026", "/media/"):
            assert hidden not in page
            assert hidden not in queue.partition("<main")[2].partition('id="reviewed"')[0]


def test_the_undo_bar_tells_translators_nothing(sora: User, mina: User) -> None:
    message = MessageFactory(original_name="Amina", country="KE")
    lifecycle.decline(message, moderator=mina, revision=message.revision, reason="spam")

    assert "Kenya" not in client_of(sora).get(f"{QUEUE}?after={message.slug}").content.decode()


@pytest.mark.parametrize("how", ["withdrawn", "declined", "help", "hidden"])
def test_what_left_the_desk_is_gone_from_every_page_at_once(letter: Message, sora: User, mina: User, how: str) -> None:
    client = client_of(sora)
    assert letter.slug in client.get(QUEUE).content.decode()
    if how == "withdrawn":
        lifecycle.withdraw(letter)
        assert not letter.translations.exists()
    elif how == "hidden":
        lifecycle.hide([letter.pk], actor=mina, lockdown=1)
    else:
        reason = lifecycle.CALL_FOR_HELP if how == "help" else "spam"
        lifecycle.decline(letter, moderator=mina, revision=letter.revision, reason=reason)

    assert letter.slug not in client.get(QUEUE).content.decode()
    assert client.get(address(letter)).status_code == 404
    assert client.post(address(letter), {"action": "save", "revision": "1", "body_ko": "글"}).status_code == 404


def test_erasing_forgets_the_work(letter: Message) -> None:
    lifecycle.withdraw(letter)
    Translation.objects.create(message=letter, language="ko", text="남은 글")  # brought back by an old backup
    Event.objects.filter(message=letter).update(at=timezone.now() - timedelta(days=8))

    retention.erase_withdrawn()

    assert not letter.translations.exists()


def test_what_waits_for_review_over_a_week_is_marked(letter: Message, sora: User, rae: User) -> None:
    handed_back(letter, sora, ko="안녕하십니까.", en="Hello.")
    Translation.objects.filter(language="en").update(state_at=timezone.now() - timedelta(days=7, minutes=1))
    Translation.objects.filter(language="ko").update(state_at=timezone.now() - timedelta(days=6, hours=23))

    assert client_of(rae).get(QUEUE).content.decode().count("over 7 days") == 1
    assert "more than 7 days" in client_of(rae).get(address(letter)).content.decode()


def test_the_queue_goes_pair_by_pair_oldest_first(letter: Message, mina: User, sora: User) -> None:
    older = MessageFactory(language="uk", original="Добрий день!")
    translations.request(older, by=mina)
    Translation.objects.filter(message=older).update(asked_at=timezone.now() - timedelta(days=1))
    client = client_of(sora)

    everything = client.get(QUEUE).content.decode()
    ukrainian = client.get(f"{QUEUE}?pair=uk-ko").content.decode()

    assert everything.index(older.slug) < everything.index(letter.slug)
    assert "Ukrainian into Korean" in everything
    assert "Portuguese into English" in everything
    assert ukrainian.count(older.slug) == 1
    assert letter.slug not in ukrainian
    assert client.get(f"{QUEUE}?pair=x").status_code == 404


def test_queries_do_not_grow_with_the_queue(mina: User, sora: User) -> None:

    def count(path: str) -> int:
        client = client_of(sora)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    first = MessageFactory()
    translations.request(first, by=mina)
    small = count(QUEUE), count(address(first))
    for _number in range(8):
        message = MessageFactory()
        translations.request(message, by=mina)
        handed_back(message, sora, en="Hello.")

    assert (count(QUEUE), count(address(first))) == small


# --- Two at once, and mistakes ----------------------------------------------------------------------------------


def test_the_slower_of_two_is_told_and_keeps_the_words(letter: Message, sora: User) -> None:
    page = {"revision": "ko:1 en:1", "action": "save", "body_ko": "제 글입니다.", "body_en": ""}
    client_of(sora).post(address(letter), {**page, "body_ko": "소라의 글입니다."})

    answer = client_of(StaffFactory(role=roles.TRANSLATOR)).post(address(letter), page)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Sora changed this text in the meantime: Korean." in text
    assert "제 글입니다." in text
    assert "소라의 글입니다." in text
    assert row_of(letter, "ko").text == "소라의 글입니다."
    assert 'value="ko:2 en:1"' in text, "saving again is a decision"


def test_a_changed_original_is_noticed(letter: Message, sora: User) -> None:
    handed_back(letter, sora, ko="안녕하십니까.")
    page = {"revision": "ko:2 en:1", "action": "save", "body_en": "Hello."}
    lifecycle.answer(letter, sent={"original": "Bom dia."}, agreed={})

    answer = client_of(sora).post(address(letter), page)

    assert answer.status_code == 409
    assert row_of(letter, "ko").state == State.DRAFT, "not reviewed as it is"
    assert "The original was changed after this text was written." in answer.content.decode()


def test_a_text_decided_meanwhile_is_not_overwritten(letter: Message, sora: User, mina: User) -> None:
    Message.objects.filter(pk=letter.pk).update(body_ko="가", body_en="A", name_ko="마", name_en="M", cleared_web=True)
    letter.refresh_from_db()
    lifecycle.approve(letter, moderator=mina, revision=letter.revision, checks=lifecycle.CHECKS)

    answer = post(client_of(sora), letter, "ready", body_ko="늦은 글입니다.", language="ko")

    assert answer.status_code == 409
    assert "늦은 글입니다." in answer.content.decode()
    assert row_of(letter, "ko").state == State.DRAFT


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"action": "approve"}, "does not know that action"),
    ({"action": ""}, "Press one of the buttons"),
    ({"revision": "now"}, "sent incompletely"),
    ({"language": "fr"}, "sent incompletely"),
    ({"action": "ready", "language": "ko", "body_ko": " "}, "Write the text first."),
    ({"body_ko": "가" * 3001}, "Please shorten it to 3000 characters."),
    ({"credit": "x" * 61}, "Please shorten it to 60 characters."),
    ({"action": "cannot", "reason": "boring"}, "Choose a reason from the list."),
    ({"action": "cannot", "reason": "other"}, "Say in a few words what the reason is."),
    ({"action": "insert", "sentence": "99"}, "no longer offered"),
    ({"action": "insert", "sentence": "-1"}, "sent incompletely"),
]


def test_a_mistake_is_answered_with_the_reason_and_what_was_typed(letter: Message, sora: User) -> None:
    client = client_of(sora)
    for fields, sentence in MISTAKES:
        typed = {"revision": "ko:1 en:1", "action": "save", "body_en": "What I typed", **fields}

        answer = client.post(address(letter), typed)

        assert answer.status_code == 200
        assert sentence in answer.content.decode()
        assert "What I typed" in answer.content.decode()
    assert not letter.translations.exclude(text="").exists()


def test_what_was_typed_outlives_the_session(letter: Message, sora: User) -> None:
    client = client_of(sora)
    page = client.get(address(letter))
    mark = page.content.decode().partition('name="kept_for" value="')[2].partition('"')[0]
    client.logout()
    typed = {"revision": "ko:1 en:1", "action": "save", "body_ko": "쓰던 글입니다.", "credit": "So", "kept_for": mark}
    assert client.post(address(letter), typed).status_code == 302

    client.force_login(sora)
    text = client.get(address(letter)).content.decode()

    assert "쓰던 글입니다." in text
    assert "Your draft is kept." in text
    assert 'value="So"' in text


def test_the_wording_check_reads_the_korean_as_it_is_saved(letter: Message, sora: User) -> None:
    Term.objects.update_or_create(south="이메일", defaults={"north": "전자우편", "note_en": "Post by wire"})
    WordingRule.objects.create(
        code="soon", kind="promise", language="ko", pattern="무지개 언덕", reason_en="Read as a promise"
    )

    post(client_of(sora), letter, "save", body_ko="이메일을 보내십시오. 무지개 언덕에서 화이팅!")

    text = client_of(sora).get(address(letter)).content.decode()
    assert "Read as a promise" in text
    assert "<bdi>무지개 언덕</bdi>" in text
    assert '<bdi>이메일</bdi></b> → <bdi lang="ko">전자우편</bdi> Post by wire' in text
    assert text.count("<bdi>화이팅</bdi>") == 1  # slang and a loanword: two rules, one thing to look at


def test_letter_that_waits_for_two_languages_is_one_line(letter: Message, sora: User) -> None:
    MessageFactory(drafted=True)
    claims.claim(letter, sora, "en")

    text = client_of(sora).get(QUEUE).content.decode().partition('id="open"')[2]

    assert text.count(f'href="{QUEUE}{letter.slug}/"') == 1
    assert "Portuguese into Korean<br>Portuguese into English" in text.replace("\n", "")
    assert "–<br>Sora until" in text
