"""Several letters at once: a preview, a confirmation, and what happened to each."""

from __future__ import annotations

import pytest

from moderation.models import Flag, Translation
from moderation.review import claims
from supporters import lifecycle
from supporters.models import Event, Message
from tests.factories import MessageFactory

from .conftest import client_of

pytestmark = pytest.mark.django_db

SEVERAL = "/admin/desk/several/"


def preview(client, action: str, *message_list: Message):
    return client.post(SEVERAL, {"action": action, "item": [message.slug for message in message_list]})


def confirm(client, action: str, *marks: str):
    return client.post(SEVERAL, {"action": action, "step": "confirm", "item": marks})


def mark(message: Message) -> str:
    return f"{message.slug}:{message.revision}"


def status(message: Message) -> str:
    return Message.objects.get(pk=message.pk).status


def test_nothing_happens_before_the_preview_is_confirmed(desk, mina):
    spam = [MessageFactory(original=f"Buy {number}") for number in range(2)]

    page = preview(desk, "spam", *spam)

    assert "This will happen to 2 letters" in page.content.decode()
    assert "Buy 1" in page.content.decode()
    assert {status(message) for message in spam} == {"pending"}

    done = confirm(desk, "spam", *(item.mark for item in page.context["batch"].eligible))

    assert "2 letters declined." in done.content.decode()
    assert {status(message) for message in spam} == {"declined"}
    event = Event.objects.get(message=spam[0], kind="declined")
    assert (event.actor, event.reason) == (mina, "advert")


def test_preview_says_what_is_left_out_and_why(desk, jin):
    fine, decided, held, danger, edited = (MessageFactory() for _number in range(5))
    lifecycle.decline(decided, moderator=jin, revision=1, reason="advert")
    claims.claim(held, jin)
    Flag.objects.create(message=danger, kind="danger")
    Message.objects.filter(pk=edited.pk).update(status="approved", live_at=edited.submitted_at, cleared_web=True)
    edited.refresh_from_db()
    lifecycle.propose_edit(edited, sent={"original": "New."}, agreed={"web": True, "radio": False, "usb": False})

    response = preview(desk, "duplicate", fine, decided, held, danger, edited)

    assert [item.message for item in response.context["batch"].eligible] == [fine]
    why = {item.message: item.why_not for item in response.context["batch"].left_out}
    assert why[decided] == "It does not wait any more: Declined."
    assert why[held].startswith("Jin holds it until ")
    assert why[danger] == "It may be a call for help: read it on its page."
    assert why[edited] == "It is a change of a published letter: decide about it on its page."
    for sentence in why.values():
        assert sentence in response.content.decode()
    # What the preview left out is not done by whoever writes the form by hand either.
    confirm(desk, "spam", *(mark(message) for message in (held, danger, edited)))
    assert [status(message) for message in (held, danger, edited)] == ["pending", "pending", "approved"]


def test_letter_changed_since_the_preview_is_left_and_the_others_are_not(desk, jin):
    stale, fresh = MessageFactory(), MessageFactory()
    marks = [mark(stale), mark(fresh)]
    lifecycle.save_texts(stale, actor=jin, revision=1, texts={"body_en": "Hello."}, cleared={})

    page = confirm(desk, "spam", *marks).content.decode()

    assert (status(stale), status(fresh)) == ("pending", "declined")
    assert "1 letter declined." in page
    assert "It changed since the preview. Look at it again." in page


def test_letter_somebody_decides_at_the_same_moment_is_left_and_said(desk, jin, monkeypatch):
    first, second = MessageFactory(), MessageFactory()
    decline = lifecycle.decline

    def decide(message: Message, **options: object) -> Event:
        if message == first:
            decline(Message.objects.get(pk=first.pk), moderator=jin, revision=1, reason="contact")
        return decline(message, **options)

    monkeypatch.setattr(lifecycle, "decline", decide)
    page = confirm(desk, "spam", mark(first), mark(second)).content.decode()

    assert "Somebody else changed it at this moment." in page
    assert Event.objects.get(message=first, kind="declined").actor == jin
    assert status(second) == "declined"


def test_letter_in_the_middle_of_other_work_is_released_by_its_holder_only(desk, mina, jin):
    mine, theirs, free = (MessageFactory() for _number in range(3))
    claims.claim(mine, mina)
    claims.claim(theirs, jin)

    response = preview(desk, "release", mine, theirs, free)
    confirm(desk, "release", mark(mine), mark(theirs))

    assert [item.message for item in response.context["batch"].eligible] == [mine]
    assert claims.holder_of(mine) is None
    assert claims.holder_of(theirs).holder == jin


def test_letters_are_sent_to_translation_once(desk):
    french = MessageFactory(language="fr")
    korean = MessageFactory(language="ko", body_en="Hello.")
    mute = MessageFactory(kind="video", original="")

    response = preview(desk, "translate", french, korean, mute)
    page = confirm(desk, "translate", mark(french)).content.decode()

    assert [item.message for item in response.context["batch"].eligible] == [french]
    assert "1 letter sent to translation." in page
    languages = Translation.objects.filter(message=french).values_list("language", flat=True)
    assert sorted(languages) == ["en", "ko"]
    again = preview(desk, "translate", french)
    assert [item.why_not for item in again.context["batch"].left_out] == ["Translators have it already."]


def test_call_for_help_is_not_found(desk, mina):
    secret = MessageFactory()
    lifecycle.decline(secret, moderator=mina, revision=1, reason=lifecycle.CALL_FOR_HELP)

    page = preview(desk, "spam", secret).content.decode()

    assert "1 letter was not found." in page
    assert secret.slug not in page


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, "Press one of the buttons."),
        ({"action": "spam"}, "Tick at least one letter in the list first."),
        ({"action": "approve", "item": "abcdefghijkl"}, "This page does not know that action."),
        ({"action": "spam", "item": "../../etc"}, "The page was sent incompletely."),
        ({"action": "spam", "item": "abcdefghijkl", "step": "confirm"}, "The page was sent incompletely."),
        ({"action": "spam", "item": ["abcdefghijk" + sign for sign in "abcdefgh"] * 11}, "8 letters were not found."),
        ({"action": "spam", "item": [f"abcdefghi{a}{b}{c}" for a in "abcd" for b in "abcde" for c in "abcde"][:91]},
         "Choose at most 90 letters at once."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_answered_with_the_reason(desk, fields, answer):
    response = desk.post(SEVERAL, fields)

    assert response.status_code == 200
    assert answer in response.content.decode()


def test_way_back_leads_to_the_same_list_and_nowhere_else(desk):
    message = MessageFactory(country="DE")
    fields = {
        "action": "spam",
        "item": message.slug,
        "list": "second-look",
        "filters": "country=DE&next=//evil.example",
    }

    page = desk.post(SEVERAL, fields).content.decode()

    assert 'href="/admin/desk/second-look/?country=DE">Back to the list' in page
    assert "evil.test" not in page


def test_page_opened_by_its_address_says_what_to_do(mina):
    page = client_of(mina).get(SEVERAL).content.decode()

    assert "Tick at least one letter in the list first." in page
