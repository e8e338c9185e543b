"""What Safety leads do with concerns: read them, hide the letter in one step, take it back, and forget."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from moderation import roles
from moderation.models import Lockdown
from replies import retention, services
from replies.models import Concern
from supporters import lifecycle
from supporters.models import Message
from tests.factories import MessageFactory, SafetyLeadFactory, StaffFactory
from tests.moderation.conftest import client_of
from tests.wall.conftest import publish, tree  # noqa: F401

CONCERNS = "/admin/desk/concerns/"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return client_of(SafetyLeadFactory(first_name="Lea"))


def letter_with(*texts: str, **fields: object) -> Message:
    message = MessageFactory(approved=True, wall_number=Message.objects.count() + 1, **fields)
    for text in texts:
        services.receive_concern(message, text)
    return message


def keys(message: Message) -> list[int]:
    return list(message.concerns.values_list("pk", flat=True))


def page(client: Client, query: str = "") -> str:
    return client.get(CONCERNS + query).content.decode()


def test_concerns_are_read_beside_their_letter(desk: Client) -> None:
    letter_with("그 마을을 압니다.", "", body_ko="강가에 삽니다.", body_en="I live by the river.")

    text = page(desk)

    assert "그 마을을 압니다." in text
    assert "without words" in text
    assert "강가에 삽니다." in text
    assert "I live by the river." in text
    assert timezone.now().date().strftime("%Y") in text
    assert "Concerns <b>2</b>" in text


def test_without_the_private_key_the_page_says_so(desk: Client, settings: Settings) -> None:
    letter_with("secret words")
    settings.REPLY_PRIVATE_KEY = None

    text = page(desk)

    assert "secret words" not in text
    assert "This machine does not have the key" in text
    assert "Hide this letter now" in text, "the letter can be hidden all the same"


def test_hostile_words_are_shown_as_text(desk: Client) -> None:
    letter_with(HOSTILE, body_en=HOSTILE, original_name=HOSTILE)

    text = page(desk)

    assert HOSTILE not in text
    assert text.count("&lt;script&gt;alert(1)") == 3


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_letter_is_hidden_in_one_step_and_shown_again(tree, publish) -> None:  # noqa: F811
    desk, message = client_of(SafetyLeadFactory()), publish(3)[1]
    services.receive_concern(message, "It names a road.")

    answer = desk.post(CONCERNS, {"action": "hide", "concern": keys(message)})

    assert "The letter is hidden everywhere on this site" in desk.get(answer["Location"]).content.decode()
    assert not list(tree.rglob(f"{message.slug}*"))
    for language in ("ko", "en"):
        assert Client().get(f"/{language}/m/{message.slug}.html").status_code == 410
        assert Client().get(f"/{language}/m/{message.slug}/concern/").status_code == 410
    assert "No concern is open." in page(desk)

    desk.post(CONCERNS, {"action": "show", "concern": keys(message)})

    assert Client().get(f"/ko/m/{message.slug}.html").status_code == 200
    assert Lockdown.objects.get().lifted_at


def test_a_concern_is_closed_and_opened_again(desk: Client) -> None:
    message = letter_with("Nothing much.")

    desk.post(CONCERNS, {"action": "nothing", "concern": keys(message)})
    text = page(desk)
    assert "No concern is open." in text
    assert "closed by Lea" in text
    assert Message.objects.on_wall().get() == message

    desk.post(CONCERNS, {"action": "reopen", "concern": keys(message)})
    assert Concern.objects.get().handled_at is None


def test_a_concern_that_came_after_the_page_stays_open(desk: Client) -> None:
    message = letter_with("First.")
    seen = keys(message)
    services.receive_concern(message, "Second.")

    desk.post(CONCERNS, {"action": "nothing", "concern": seen})

    assert [concern.handled_at is None for concern in message.concerns.all()] == [False, True]


def test_a_flood_about_one_letter_keeps_no_lead_from_hiding_it(desk: Client) -> None:
    message = letter_with("The one that matters.")
    Concern.objects.bulk_create(Concern(message=message, sealed=b"x") for _number in range(150))
    other = letter_with("About another letter.")

    text = page(desk)
    shown = [int(key) for key in re.findall(r'name="concern" value="([0-9]+)"', text)]
    answer = desk.post(CONCERNS, {"action": "hide", "concern": [key for key in shown if key in keys(message)]})

    assert "The one that matters." in text
    assert "About another letter." in text
    assert "and 131 more" in text
    assert answer.status_code == 302
    message.refresh_from_db()
    assert message.is_hidden
    assert other.pk != message.pk


@pytest.mark.parametrize(
    ("fields", "said", "status"),
    [
        ({"action": "explode"}, "This page does not know that action.", 200),
        ({"concern": []}, "This concern is not here any more.", 200),
        ({"concern": ["999999"]}, "This concern is not here any more.", 200),
        ({"concern": ["x"]}, "This concern is not here any more.", 200),
        ({"concern": ["9" * 20]}, "This concern is not here any more.", 200),
        ({"action": "reopen"}, "Somebody else was faster.", 409),
        ({"action": "show"}, "Somebody else was faster.", 409),
    ],
)
def test_what_cannot_be_done_is_said(desk: Client, fields: dict[str, object], said: str, status: int) -> None:
    message = letter_with("Words.")

    answer = desk.post(CONCERNS, {"action": "nothing", "concern": keys(message), **fields})

    assert answer.status_code == status
    assert said in answer.content.decode()
    assert Concern.objects.get().handled_at is None


def test_the_second_of_two_leads_is_told(desk: Client) -> None:
    message = letter_with("Words.")
    form = {"action": "hide", "concern": keys(message)}
    client_of(SafetyLeadFactory()).post(CONCERNS, form)

    answer = desk.post(CONCERNS, form)

    assert answer.status_code == 409
    assert Lockdown.objects.count() == 1


def test_a_letter_that_was_taken_back_shows_no_words(desk: Client) -> None:
    message = letter_with("It names my aunt.", body_en="Words taken back")
    lifecycle.withdraw(message)

    text = page(desk)

    assert "It names my aunt." in text
    assert "Words taken back" not in text
    assert "Hide this letter now" not in text


@pytest.mark.parametrize("role", [*(role for role in roles.ROLES if role != roles.SAFETY_LEAD), None])
def test_nobody_else_reads_concerns(role: str | None) -> None:
    message = letter_with("Words.")
    client = client_of(StaffFactory(role=role, is_superuser=role is None))

    assert client.get(CONCERNS).status_code == 403
    assert client.post(CONCERNS, {"action": "hide", "concern": keys(message)}).status_code == 403
    assert not Message.objects.get(pk=message.pk).is_hidden


def test_words_are_erased_thirty_days_after_the_concern_was_closed(desk: Client) -> None:
    closed, still_open = letter_with("Old words."), letter_with("Open words.")
    desk.post(CONCERNS, {"action": "nothing", "concern": keys(closed)})

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert retention.purge() == 0
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert retention.purge() == 1
        assert retention.purge() == 0

    assert not closed.concerns.get().sealed
    assert still_open.concerns.get().sealed
