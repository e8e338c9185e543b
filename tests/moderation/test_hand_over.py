"""The way of a call for help out of the queue: one reason, one button, no translator before somebody has read it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from moderation import roles
from moderation.models import Translation, WordingRule
from moderation.queues.bulk import Batch, BulkAction, Picked
from moderation.review import claims
from moderation.translating import translations
from supporters import lifecycle
from supporters.lifecycle import CALL_FOR_HELP
from supporters.models import Message, Reason
from tests.factories import MessageFactory, StaffFactory

from .conftest import address, client_of, typed

pytestmark = pytest.mark.django_db
DANGER = "mayday from here"
TICK = 'name="not_help"'


@pytest.fixture
def rule() -> WordingRule:
    return WordingRule.objects.create(code="sos", kind="danger", pattern="mayday", reason_en="A call", reason_ko="부름")


@pytest.fixture
def letter(rule: WordingRule, mina: User) -> Message:
    """Words of danger in a letter that the desk has saved once."""
    message = MessageFactory(original=DANGER)
    return lifecycle.save_texts(message, actor=mina, revision=message.revision, texts={}, cleared={"web": True})


def translate(desk: Client, message: Message, **fields: object):
    return desk.post(address(message), typed(message, "translate", body_ko="", **fields))


# --- The reason ---------------------------------------------------------------------------------------------------


def test_a_call_for_help_is_declined_not_sent_back(desk: Client) -> None:
    message = MessageFactory()
    assert "(decline: from then on only Safety leads see it)" in desk.get(address(message)).content.decode()

    answer = desk.post(address(message), typed(message, "ask", reason=CALL_FOR_HELP))

    assert "A call for help is not sent back: press “Decline”." in answer.content.decode()
    assert Message.objects.get().status == Message.Status.PENDING


@pytest.mark.parametrize("others", [0, 1])
def test_whoever_hands_it_over_is_told_also_when_pressing_twice(desk: Client, others: int) -> None:
    message = MessageFactory()
    MessageFactory.create_batch(others)
    sent = typed(message, "decline", reason=CALL_FOR_HELP)

    for _press in range(2):
        answer = desk.post(address(message), sent, follow=True)

        assert answer.status_code == 200
        assert "From now on only they see it, and you cannot open it any more." in answer.content.decode()
    assert desk.get(address(message)).status_code == 404


def test_an_administrator_edits_its_words_but_cannot_close_the_way() -> None:
    reason = Reason.objects.get(code=CALL_FOR_HELP)
    client = client_of(StaffFactory(role=roles.ADMINISTRATOR))
    words = {name: f"new {name}" for name in ("title_en", "title_ko", "words_en", "words_ko")}
    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": reason.pk, "form-0-position": 99}

    client.post(f"/admin/supporters/reason/{reason.pk}/change/", {**words, "position": 7, "code": "other"})
    reason.refresh_from_db()
    assert (reason.code, reason.is_active, reason.title_en, reason.position) == ("help", True, "new title_en", 7)
    client.post("/admin/supporters/reason/?code=help", {**form, "_save": "Save"})
    reason.refresh_from_db()
    assert (reason.is_active, reason.position) == (True, 99)


# --- Before it goes to translators --------------------------------------------------------------------------------


def test_words_of_danger_are_read_before_they_go_to_translators(desk: Client, letter: Message) -> None:
    assert TICK in desk.get(address(letter)).content.decode()

    refused = translate(desk, letter, body_en="What I typed").content.decode()

    assert "Some words speak of danger. Read it, and tick that nobody asks for help, or decline it." in refused
    assert "What I typed" in refused
    assert not Translation.objects.exists()
    assert translate(desk, letter, not_help="on").status_code == 302
    assert Translation.objects.get().language == "ko"


def test_words_of_danger_typed_this_moment_are_asked_about_too(desk: Client, rule: WordingRule) -> None:
    message = MessageFactory(original="Olá.")
    assert TICK not in desk.get(address(message)).content.decode()

    assert TICK in translate(desk, message, body_en=DANGER).content.decode()

    assert not Translation.objects.exists()
    assert translate(desk, message, body_en="Hello.").status_code == 302, "where nothing is found nothing is asked"


def test_approving_needs_no_more_than_the_four_ticks(desk: Client, letter: Message) -> None:
    assert desk.post(address(letter), typed(letter, "approve")).status_code == 302

    assert Message.objects.get().status == Message.Status.APPROVED


@pytest.mark.parametrize("is_changed", [False, True])
def test_the_tick_outlives_a_conflict_unless_the_sender_wrote_anew(
    desk: Client, letter: Message, jin: User, is_changed: bool
) -> None:
    sent = typed(letter, "translate", not_help="on", seen=2)
    lifecycle.save_texts(letter, actor=jin, revision=letter.revision, texts={"body_en": "Jin"}, cleared={})
    if is_changed:
        lifecycle.answer(letter, sent={"original": f"{DANGER}, now"}, agreed={})

    answer = desk.post(address(letter), sent)

    assert answer.status_code == 409
    assert bool(answer.context["form"]["not_help"].value()) is not is_changed


def test_several_at_once_and_reviewers_leave_it_out(letter: Message, mina: User) -> None:
    batch = Batch([Picked(letter.slug)], BulkAction.TRANSLATE, user=mina)
    assert [item.why_not for item in batch.items] == ["It may be a call for help: read it on its page."]

    (row,) = translations.request(letter, by=mina, languages=["en"], is_read=True)
    translations.give_up(row, by=mina, revision=row.revision, reason=translations.Cannot.CONTENT, note="")
    reviewer = client_of(StaffFactory(role=roles.REVIEWER))
    answer = reviewer.post(address(letter), {"action": "request", "revision": "0", "language": "en"})

    assert "a moderator has to read it on its review page first" in answer.content.decode()
    assert Translation.objects.get().cannot == translations.Cannot.CONTENT


# --- Who has left ---------------------------------------------------------------------------------------------------


def test_a_closed_account_holds_nothing_any_more(desk: Client, jin: User) -> None:
    message = MessageFactory()
    claims.claim(message, jin)
    assert "Jin holds this until" in desk.get(address(message)).content.decode()
    kept = {
        "username": jin.username,
        "first_name": "Jin",
        "is_staff": "on",
        "groups": [group.pk for group in jin.groups.all()],
    }

    client_of(StaffFactory(role=roles.ADMINISTRATOR)).post(f"/admin/auth/user/{jin.pk}/change/", kept)

    jin.refresh_from_db()
    assert not jin.is_active
    assert claims.holder_of(message) is None
    assert "Jin holds this" not in desk.get(address(message)).content.decode()


# --- The rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "page"), [("Safety lead", "/admin/desk/start/"), ("Administrator", "/admin/")])
def test_who_may_try_the_rules_finds_the_way_there(role: str, page: str) -> None:
    link = 'href="/admin/moderation/wordingrule/try/"'

    assert link in client_of(StaffFactory(role=role)).get(page).content.decode()
    assert link not in client_of(StaffFactory(role=roles.MODERATOR)).get(page).content.decode()
