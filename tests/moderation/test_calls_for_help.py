"""Calls for help: declined into the hands of the Safety leads, and seen by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from moderation import roles
from moderation.models import Flag
from supporters import lifecycle, progress
from supporters.lifecycle import CALL_FOR_HELP, InvalidTransition
from supporters.models import Event, Message, Reason
from tests.factories import ContactFactory, MessageFactory, ModeratorFactory, SafetyLeadFactory, StaffFactory
from tests.queues import run_jobs

from .conftest import address, client_of, typed

HELP = "/admin/desk/help/"
HOSTILE = "<script>alert(1)</script>"

pytestmark = pytest.mark.django_db


def call(*, told: bool = True, **fields: object) -> Message:
    """A call for help; `told` when its sender knows by now that it was declined."""
    message = MessageFactory(**{"original": "도와주십시오.", "language": "ko"} | fields)
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason=CALL_FOR_HELP)
    if told:
        earlier = timezone.now() - timedelta(hours=1)
        Message.objects.filter(pk=message.pk).update(live_at=earlier)
    message.refresh_from_db()
    return message


def page(client: Client) -> str:
    return client.get(HELP).content.decode()


def press(client: Client, message: Message, action: str):
    return client.post(HELP, {"message": message.slug, "action": action})


def test_a_moderator_hands_it_over_by_declining_and_a_lead_finds_it(desk: Client, lead_desk: Client) -> None:
    message = MessageFactory(original="I am hiding. Please help me.", language="en")

    desk.post(address(message), typed(message, "decline", reason=CALL_FOR_HELP))

    message.refresh_from_db()
    assert message.is_call_for_help
    text = page(lead_desk)
    assert "I am hiding. Please help me." in text
    assert "Mina handed this over" in text
    assert "Calls for help <b>1</b>" in text


@pytest.mark.parametrize("role", [role for role in roles.ROLES if role != roles.SAFETY_LEAD])
def test_nobody_but_safety_leads_sees_it(role: str) -> None:
    message = call(original="도와주십시오. 여기 있습니다.")
    client = client_of(StaffFactory(role=role))

    assert client.get(HELP).status_code == 403
    assert press(client, message, "return").status_code == 403
    assert client.get(address(message)).status_code in (403, 404)
    for path in ("/admin/desk/declined/", "/admin/desk/", f"/admin/supporters/message/{message.pk}/change/"):
        assert message.slug not in client.get(path).content.decode()
    assert message.slug not in client.get("/admin/supporters/message/").content.decode()


def test_it_is_read_as_text_with_advice_beside_it(lead_desk: Client) -> None:
    call(original=f"{HOSTILE} help", original_name=HOSTILE, body_en=HOSTILE)

    text = page(lead_desk)

    assert HOSTILE not in text
    assert text.count("&lt;script&gt;") == 3
    assert "Do not forward it" in text


def test_a_call_that_is_done_leaves_the_list_and_can_be_opened_again(lead_desk: Client) -> None:
    message = call()

    answer = press(lead_desk, message, "handled")
    assert "The call for help is closed." in lead_desk.get(answer["Location"]).content.decode()
    assert "No call for help is open." in page(lead_desk)
    assert press(lead_desk, message, "handled").status_code == 409

    press(lead_desk, message, "reopen")
    assert "No call for help is open." not in page(lead_desk)
    kinds = list(message.events.order_by("number").values_list("kind", "is_public"))
    assert kinds[-2:] == [("call_handled", False), ("call_reopened", False)]


def test_a_call_that_was_none_is_read_again(lead_desk: Client, desk: Client) -> None:
    message = call()
    assert progress.stage(message) == progress.DECLINED

    press(lead_desk, message, "return")

    message.refresh_from_db()
    assert (message.status, message.is_call_for_help, message.live_at) == (Message.Status.PENDING, False, None)
    assert progress.stage(message) == progress.READING
    told = [line.words for line in progress.life_line(message)]
    assert told == ["Your message arrived.", "We are reading it again."], "declined an instant ago: never told"
    assert desk.get(address(message)).status_code == 200
    assert press(lead_desk, message, "return").status_code == 409


def test_the_sender_reads_what_is_true_in_each_state() -> None:
    lead = SafetyLeadFactory()
    start = timezone.now()
    with time_machine.travel(start - timedelta(hours=2), tick=False):
        message = call(told=False)
        assert progress.stage(message) == progress.READING, "within the time to undo nothing is told"
        lifecycle.handle_call(message, actor=lead)
    with time_machine.travel(start - timedelta(hours=1), tick=False):
        assert progress.stage(message) == progress.DECLINED
        assert progress.reason(message) == Reason.objects.get(code=CALL_FOR_HELP).words_en
        lifecycle.return_call(message, actor=lead)

    assert [line.words for line in progress.life_line(message)] == [
        "Your message arrived.", "We decided not to publish it.", "We are reading it again.",
    ]  # fmt: skip
    assert progress.reason(message) == ""
    lifecycle.decline(message, moderator=lead, revision=message.revision, reason=CALL_FOR_HELP)
    assert message.help_handled_at is None, "a new call is open"


def test_returned_before_it_was_told_the_sender_never_learns_of_it() -> None:
    message = call(told=False)

    lifecycle.return_call(message, actor=SafetyLeadFactory())

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert [line.words for line in progress.life_line(message)] == ["Your message arrived."]


def test_only_calls_for_help_are_returned() -> None:
    message = MessageFactory(declined=True)

    for change in (lifecycle.return_call, lifecycle.handle_call, lifecycle.reopen_call):
        with pytest.raises(InvalidTransition):
            change(message, actor=SafetyLeadFactory())

    assert message.events.count() == 1


def test_a_letter_by_mail_does_not_say_that_somebody_called_for_help() -> None:
    message = MessageFactory()
    ContactFactory(message=message)
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason=CALL_FOR_HELP)

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()

    assert "cannot publish it" in mail.outbox[0].body
    assert "danger" not in mail.outbox[0].body


def test_messages_with_words_of_danger_are_shown_beside_the_calls(lead_desk: Client) -> None:
    waiting, decided = MessageFactory(original_name="Ines"), MessageFactory(approved=True, original_name="Otto")
    for message in (waiting, decided):
        Flag.objects.filter(message=message).delete()
        Flag.objects.create(message=message, kind=Flag.Kind.DANGER)

    text = page(lead_desk)

    assert "May be calls for help" in text
    assert waiting.slug in text
    assert decided.slug not in text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "explode"}, 200),
        ({"message": ""}, 200),
        ({"message": "a b"}, 200),
        ({"message": "aaaaaaaaaaaa"}, 409),
    ],
)
def test_what_cannot_be_done_changes_nothing(lead_desk: Client, fields: dict[str, str], status: int) -> None:
    message = call()

    answer = lead_desk.post(HELP, {"message": message.slug, "action": "return", **fields})

    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()
    assert Message.objects.get(pk=message.pk).status == Message.Status.DECLINED


# --- Reasons -----------------------------------------------------------------------------------------------------


def test_every_reason_has_words_for_the_sender_in_both_languages() -> None:
    reasons = {reason.code: reason for reason in Reason.objects.all()}

    assert {"help", "names", "route", "contact", "promise", "politics", "minor", "duplicate", "advert"} <= set(reasons)
    for reason in reasons.values():
        assert all((reason.title_en, reason.title_ko, reason.words_en, reason.words_ko))
        assert reason.words_ko.endswith(("니다.", "오."))


def test_history_names_what_was_done(lead_desk: Client) -> None:
    message = call()
    press(lead_desk, message, "return")

    text = lead_desk.get(address(message)).content.decode()

    assert str(Event.Kind.CALL_RETURNED.label) in text
