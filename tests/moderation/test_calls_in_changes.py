"""A proposed change that is a call for help: the Safety leads', while the published letter stays as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from moderation import roles
from moderation.models import Translation
from moderation.queues import queue
from moderation.translating import memory, translations
from supporters import lifecycle, progress
from supporters.lifecycle import CALL_FOR_HELP, InvalidTransition
from supporters.models import Edit, Message
from tests.factories import MessageFactory, StaffFactory

from .conftest import address, client_of, typed

HELP = "/admin/desk/help/"
WORDS = "They found me. Please come."

pytestmark = pytest.mark.django_db


def proposed(message: Message | None = None, **sent: str) -> Edit:
    message = message or MessageFactory(approved=True, language="en", original="Good morning.", wall_number=1)
    return lifecycle.propose_edit(message, sent={"original": WORDS, **sent}, agreed={"web": True})


def refused(mina: User, *, told: bool = True) -> Edit:
    """A call for help; `told` when its sender knows by now that the change was not accepted."""
    edit = proposed()
    lifecycle.refuse_edit(edit, moderator=mina, revision=edit.message.revision, reason=CALL_FOR_HELP)
    if told:
        Edit.objects.filter(pk=edit.pk).update(live_at=timezone.now() - timedelta(hours=1))
    edit.refresh_from_db()
    return edit


def press(client: Client, edit: Edit, action: str):
    return client.post(HELP, {"message": edit.message.slug, "edit": edit.pk, "action": action})


def test_a_declined_change_goes_to_the_leads_and_leaves_everybody_else(
    desk: Client, lead_desk: Client, mina: User
) -> None:
    edit = proposed()
    message = edit.message
    (row,) = translations.request(edit, by=mina, languages=["ko"])
    sora = StaffFactory(role=roles.TRANSLATOR)
    assert WORDS in client_of(sora).get(address(message)).content.decode()

    answer = desk.post(address(message), typed(message, "decline", reason=CALL_FOR_HELP), follow=True)

    message.refresh_from_db()
    assert message.is_on_wall
    assert "You handed it to the Safety leads." in answer.content.decode()
    text = lead_desk.get(HELP).content.decode()
    assert WORDS in text
    assert "Mina handed this over" in text
    assert "Calls for help <b>1</b>" in text
    page = desk.get(address(message)).content.decode()
    assert WORDS not in page
    assert 'value="undo"' not in page, "out of the hands of whoever handed it over"
    desk.post(address(message), {"action": "undo", "revision": message.revision})
    assert Edit.objects.get().status == Edit.Status.REFUSED
    assert client_of(sora).get(address(message)).status_code == 404
    assert Translation.objects.get(pk=row.pk).state == Translation.State.DRAFT


def test_it_is_closed_opened_again_and_returned(lead_desk: Client, desk: Client, mina: User) -> None:
    edit = refused(mina)

    press(lead_desk, edit, "handled")
    assert "No call for help is open." in lead_desk.get(HELP).content.decode()
    assert press(lead_desk, edit, "handled").status_code == 409
    press(lead_desk, edit, "reopen")
    assert WORDS in lead_desk.get(HELP).content.decode()

    press(lead_desk, edit, "return")
    edit.refresh_from_db()
    assert (edit.status, edit.is_call_for_help, edit.live_at) == (Edit.Status.OPEN, False, None)
    assert [line.edit for line in queue.waiting().rows] == [edit]
    assert WORDS in desk.get(address(edit.message)).content.decode()
    kinds = list(edit.message.events.order_by("number").values_list("kind", "is_public"))
    assert kinds[-3:] == [("call_handled", False), ("call_reopened", False), ("call_returned", True)]
    assert press(lead_desk, edit, "return").status_code == 409


def test_returned_behind_a_newer_change_it_stays_declined(lead_desk: Client, mina: User) -> None:
    edit = refused(mina)
    newer = proposed(edit.message, original="Another word.")

    press(lead_desk, edit, "return")

    edit.refresh_from_db()
    assert (edit.status, edit.is_call_for_help) == (Edit.Status.REFUSED, False)
    assert [line.edit for line in queue.waiting().rows] == [newer]
    assert not edit.message.events.filter(kind="call_returned", is_public=True).exists()


def test_it_goes_with_the_letter_its_sender_takes_back(lead_desk: Client, lead: User, mina: User) -> None:
    edit = refused(mina)
    lifecycle.withdraw(edit.message)

    assert WORDS not in lead_desk.get(HELP).content.decode()
    for change in (lifecycle.return_call, lifecycle.handle_call):
        with pytest.raises(InvalidTransition):
            change(edit, actor=lead)


def test_returned_before_it_was_told_the_sender_never_learns_of_it(mina: User, lead: User) -> None:
    edit = refused(mina, told=False)

    lifecycle.return_call(edit, actor=lead)

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert "Your change was not accepted." not in [line.words for line in progress.life_line(edit.message)]
        assert progress.edit_state(edit.message) == progress.EditState(is_waiting=True)


def test_translated_sentences_of_it_are_not_offered_elsewhere(mina: User) -> None:
    edit = proposed(original="Please come to the old bridge.", language="en")
    (row,) = translations.request(edit, by=mina, languages=["ko"])
    translations.hand_back(row, by=mina, revision=row.revision, text="낡은 다리로 와 주십시오.", credit="")
    translations.review(row, by=StaffFactory(role=roles.REVIEWER), revision=row.revision, text=row.text)
    assert memory.offers("Please come to the old bridge.", "en", "ko")

    edit.message.refresh_from_db()
    lifecycle.refuse_edit(edit, moderator=mina, revision=edit.message.revision, reason=CALL_FOR_HELP)

    assert not memory.offers("Please come to the old bridge.", "en", "ko")
