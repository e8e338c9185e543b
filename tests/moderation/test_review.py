"""The review page: every decision by form, every refusal, and what the slower of two people is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from moderation.review.forms import ReviewForm
from supporters import lifecycle
from supporters.models import Event, Message, Reason
from tests.factories import AttachmentFactory, MessageFactory, StaffFactory

from .conftest import address, client_of, typed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Status = Message.Status


def stored(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_approving_saves_what_was_typed_and_goes_on_to_the_next_message(desk, mina, settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False):
        message, following = MessageFactory(original_name="Amina", country="KE"), MessageFactory()

        response = desk.post(address(message), typed(message, "approve"), follow=True)

        assert response.redirect_chain == [(f"{address(following)}?after={message.slug}", 302)]
        approved = stored(message)
        assert (approved.status, approved.body_ko, approved.body_en) == (Status.APPROVED, "안녕하십니까.", "Hello.")
        assert (approved.cleared_web, approved.cleared_radio) == (True, False)
        assert [event.kind for event in approved.events.all()] == ["received", "saved", "approved"]
        assert approved.events.last().actor == mina
        page = response.content.decode()
        assert "“Amina, Kenya” approved." in page
        assert "It goes live at 14:22 UTC." in page


def test_last_decision_leads_to_the_empty_queue(desk):
    message = MessageFactory()

    response = desk.post(address(message), typed(message, "approve"), follow=True)

    assert response.redirect_chain == [(f"/admin/desk/?after={message.slug}", 302)]
    assert "Nothing is waiting. Thank you." in response.content.decode()


def test_saving_keeps_the_message_waiting(desk):
    message = MessageFactory()

    response = desk.post(address(message), typed(message, "save", check=None, body_en="", name_en=" "), follow=True)

    assert (stored(message).status, stored(message).body_ko) == (Status.PENDING, "안녕하십니까.")
    assert "The texts are saved." in response.content.decode()


@pytest.mark.parametrize(("action", "status"), [("ask", Status.ASKED), ("decline", Status.DECLINED)])
def test_message_goes_back_with_a_reason_and_a_note(desk, action, status):
    message = MessageFactory()

    desk.post(address(message), typed(message, action, note="Please leave out the number.", check=None))

    decided = stored(message)
    assert (decided.status, decided.note) == (status, "Please leave out the number.")
    assert decided.events.last().reason == "contact"
    assert decided.body_ko == "안녕하십니까."


def test_untouched_texts_are_not_saved_when_a_message_is_declined(desk):
    message = MessageFactory(language="ko", original="안녕하십니까.", name_ko="")
    fields = {"body_ko": "안녕하십니까.", "body_en": "", "name_ko": "Maria", "name_en": ""}

    desk.post(address(message), typed(message, "decline", **fields))

    assert [event.kind for event in message.events.all()] == ["received", "declined"]


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [("asked", "approve", Status.APPROVED), ("asked", "decline", Status.DECLINED), ("asked", "save", Status.ASKED)],
)
def test_asked_message_can_still_be_decided(desk, before, action, after):
    message = MessageFactory(asked=True)

    desk.post(address(message), typed(message, action))

    assert stored(message).status == after


@pytest.mark.parametrize("action", ["approve", "ask", "decline"])
def test_own_decision_is_undone_until_it_is_live(desk, action):
    message = MessageFactory()
    desk.post(address(message), typed(message, action))
    assert 'value="undo"' in desk.get(address(message)).content.decode()

    response = desk.post(address(message), {"action": "undo", "revision": 0}, follow=True)

    assert stored(message).status == Status.PENDING
    assert "The decision was taken back." in response.content.decode()


def test_undo_comes_too_late(desk, settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        message = MessageFactory()
        desk.post(address(message), typed(message, "approve"))
        desk.get(address(message))
        clock.shift(timedelta(minutes=10))
        desk.force_login(StaffFactory(role="Moderator"))

        response = desk.post(address(message), {"action": "undo", "revision": 0})

    assert response.status_code == 409
    assert "Mina approved this 10 minutes ago." in response.content.decode()
    assert stored(message).status == Status.APPROVED


def test_decision_of_another_moderator_is_not_undone(desk, jin, lead_desk):
    message = MessageFactory()
    client_of(jin).post(address(message), typed(message, "decline"))
    assert 'value="undo"' not in desk.get(address(message)).content.decode()

    response = desk.post(address(message), {"action": "undo", "revision": 0})

    assert "Only the person who decided, or a Safety lead, can undo this." in response.content.decode()
    assert stored(message).status == Status.DECLINED
    lead_desk.post(address(message), {"action": "undo", "revision": 0})
    assert stored(message).status == Status.PENDING


def test_only_the_safety_lead_removes_and_restores(desk, lead_desk):
    message = MessageFactory(approved=True)
    assert desk.post(address(message), {"action": "remove", "revision": 1}).status_code == 403
    assert stored(message).status == Status.APPROVED
    assert 'value="remove"' not in desk.get(address(message)).content.decode()

    lead_desk.post(address(message), {"action": "remove", "revision": 1, "reason": "danger"})
    assert stored(message).status == Status.REMOVED
    assert desk.post(address(message), {"action": "restore", "revision": 2}).status_code == 403

    lead_desk.post(address(message), {"action": "restore", "revision": 2})
    assert stored(message).status == Status.APPROVED


@pytest.mark.parametrize("action", ["ready", "reviewed", "withdraw", "", "APPROVE"])
def test_unknown_action_is_answered_with_the_page_and_what_was_typed(desk, action):
    message = MessageFactory()

    response = desk.post(address(message), typed(message, action, body_en="Typed with care"))

    page = response.content.decode()
    assert response.status_code == 200
    assert "This page does not know that action." in page or "Press one of the buttons." in page
    assert "Typed with care" in page
    assert stored(message).revision == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body_ko": " "}, "Write the Korean text first."),
        ({"body_en": ""}, "Write the English text first."),
        ({"use_web": None}, "Choose at least one place of use."),
        ({"check": ["people", "route", "contact"]}, "Tick all four safety checks"),
        ({"check": None}, "Tick all four safety checks"),
        ({"check": ["people", "route", "contact", "tone", "all"]}, "does not know one of these checks"),
        ({"look": ["faces", "video"]}, "does not know one of these reasons to look again"),
        ({"body_ko": "가" * 3001}, "Please shorten it to 3000 characters."),
        ({"name_en": "x" * 61}, "Please shorten it to 60 characters."),
        ({"name_en": "e" + "́" * 300}, "Please shorten it to 60 characters."),
        ({"note": "x" * 1001}, "Please shorten it to 1000 characters."),
        ({"reason": "because"}, "Choose a reason from the list."),
        ({"revision": ""}, "sent incompletely"),
        ({"revision": "9" * 30}, "sent incompletely"),
    ],
)
def test_refused_approval_says_why_and_keeps_everything(desk, fields, sentence):
    message = MessageFactory(agreed_radio=True)

    response = desk.post(address(message), typed(message, "approve", body_kp="Kept as typed", **fields))

    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert "Kept as typed" in page
    assert (stored(message).status, stored(message).revision) == (Status.PENDING, 1)
    assert message.events.count() == 1


def test_half_a_character_is_refused():
    message = MessageFactory()

    form = ReviewForm(typed(message, "save", body_ko="\ud800"), draft=message, reasons=[])

    assert form.errors["body_ko"] == ["This text holds characters that cannot be stored."]


def test_photo_needs_both_descriptions_and_its_file(desk):
    message = MessageFactory(kind="photo")
    AttachmentFactory(message=message, state="processing")

    page = desk.post(address(message), typed(message, "approve")).content.decode()

    assert "Say in Korean what the picture shows." in page
    assert "Say in English what the picture shows." in page
    assert "The file is not ready" in page
    assert "3 things need your attention" in page


@pytest.mark.parametrize("action", ["ask", "decline"])
def test_reason_is_needed(desk, action):
    message = MessageFactory()

    page = desk.post(address(message), typed(message, action, reason="", note="My note")).content.decode()

    assert "Choose a reason: the sender reads it." in page
    assert "My note" in page
    assert stored(message).status == Status.PENDING


def test_reason_that_is_no_longer_used_is_not_offered(desk):
    Reason.objects.filter(code="advert").update(is_active=False)
    message = MessageFactory()

    response = desk.post(address(message), typed(message, "decline", reason="advert"))

    assert 'value="advert"' not in response.content.decode()
    assert stored(message).status == Status.PENDING


def test_outlets_are_only_narrowed(desk):
    message = MessageFactory(agreed_radio=True)

    desk.post(address(message), typed(message, "approve", use_web="on", use_radio=None, use_usb="on"))

    decided = stored(message)
    assert (decided.cleared_web, decided.cleared_radio, decided.cleared_usb) == (True, False, False)


def test_texts_are_cleaned(desk):
    message = MessageFactory()

    desk.post(address(message), typed(message, "save", body_en="One\r\n\u202etwo\x07", name_en="Ma\nria"))

    assert (stored(message).body_en, stored(message).name_en) == ("One\ntwo", "Ma ria")


# --- What the fields begin with ---------------------------------------------------------------------------------


def initial(desk, message: Message) -> dict[str, object]:
    return desk.get(address(message)).context["form"].initial


def test_own_korean_of_the_sender_starts_the_draft(desk):
    message = MessageFactory(own_ko="보고 싶습니다.", agreed_radio=True)

    fields = initial(desk, message)

    assert (fields["body_ko"], fields["body_en"], fields["name_en"]) == ("보고 싶습니다.", "", "Maria")
    assert (fields["use_web"], fields["use_radio"], fields["use_usb"]) == (True, True, False)


def test_original_in_english_starts_the_english_text(desk):
    message = MessageFactory(language="en", original="Be well.", original_alt="A house")

    assert initial(desk, message)["body_en"] == "Be well."
    assert initial(desk, message)["alt_en"] == "A house"


def test_emptied_and_saved_text_stays_empty(desk):
    message = MessageFactory(language="en", original="Be well.", agreed_radio=True)

    desk.post(address(message), typed(message, "save", body_en="", use_radio=None))

    fields = initial(desk, message)
    assert (fields["body_en"], fields["use_web"], fields["use_radio"]) == ("", True, False)


# --- Conflicts --------------------------------------------------------------------------------------------------


def test_stale_page_says_who_saved_and_shows_both_texts(desk, jin):
    message = MessageFactory()
    lifecycle.save_texts(
        Message.objects.get(pk=message.pk), actor=jin, revision=1, texts={"body_en": "By Jin"}, cleared={"web": True}
    )

    response = desk.post(address(message), typed(message, "approve", body_en="By me"))

    page = response.content.decode()
    assert response.status_code == 409
    assert "Jin changed the texts a moment ago." in page
    assert "By me</textarea>" in page
    assert "<p>By Jin</p>" in page
    assert 'name="revision" value="2"' in page
    assert stored(message).body_en == "By Jin"
    # Reading it once more is part of deciding.
    assert not response.context["ticked"]

    message.revision = 2
    desk.post(address(message), typed(message, "approve", body_en="By me"))
    assert (stored(message).status, stored(message).body_en) == (Status.APPROVED, "By me")


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ("approve", "Jin approved this a moment ago."),
        ("ask", "Jin sent this back to its sender a moment ago."),
        ("decline", "Jin declined this a moment ago."),
    ],
)
@pytest.mark.parametrize("second", ["approve", "ask", "decline", "save"])
def test_second_of_two_decisions_is_told_of_the_first(desk, jin, first, sentence, second):
    message = MessageFactory()
    client_of(jin).post(address(message), typed(message, first))

    response = desk.post(address(message), typed(message, second, body_en="By me"))

    assert response.status_code == 409
    assert sentence in response.content.decode()
    assert "By me" in response.content.decode()
    assert message.events.filter(actor=jin).count() == message.events.exclude(actor=None).count()


def test_refused_and_stale_page_is_a_conflict_too(desk, jin):
    message = MessageFactory()
    client_of(jin).post(address(message), typed(message, "decline"))

    response = desk.post(address(message), typed(message, "ask", reason=""))

    assert response.status_code == 409


def test_sender_who_was_faster_is_named_as_sender(desk):
    message = MessageFactory(agreed_radio=True)
    lifecycle.narrow(Message.objects.get(pk=message.pk), outlets=["radio"])

    response = desk.post(address(message), typed(message, "approve", use_radio="on"))

    assert response.status_code == 409
    assert "The sender took a place of use back a moment ago." in response.content.decode()
    assert not stored(message).cleared_radio


def test_withdrawn_message_shows_no_words(desk):
    message = MessageFactory(original="These words are gone.")
    lifecycle.withdraw(Message.objects.get(pk=message.pk))

    response = desk.post(address(message), typed(message, "approve"))

    assert response.status_code == 409
    assert "These words are gone." not in response.content.decode()
    assert "The sender took this message back a moment ago." in response.content.decode()


# --- The page ---------------------------------------------------------------------------------------------------


def test_history_names_who_did_what_when_and_why(desk, jin):
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False):
        message = MessageFactory()
        client_of(jin).post(address(message), typed(message, "decline", reason="danger"))

        page = desk.get(address(message)).content.decode()

    assert "14:12 UTC</time> · Declined · Jin · Could identify or endanger someone" in page
    assert "Received · The sender" in page


def test_tampered_life_line_is_announced(desk):
    message = MessageFactory()
    assert "changed by hand" not in desk.get(address(message)).content.decode()

    Event.objects.filter(message=message).update(at=timezone.now() - timedelta(days=1))

    assert "The life line of this message was changed by hand." in desk.get(address(message)).content.decode()


def test_failed_file_is_explained(desk):
    message = MessageFactory(kind="voice")
    AttachmentFactory(message=message, state="failed", reason="unreadable")

    page = desk.get(address(message)).content.decode()

    assert 'data-state="failed"' in page
    assert "is asked to send a new message" in page
    assert "This file is damaged or cannot be opened." in page


def test_foreign_slug_is_not_found(desk):
    for slug in ("aaaaaaaaaaaa", "x", "a" * 300, "asked-"):
        assert desk.get(f"/admin/desk/{slug}/").status_code == 404
        assert desk.post(f"/admin/desk/{slug}/", {"action": "approve", "revision": 1}).status_code == 404


def test_korean_page_speaks_korean(mina):
    message = MessageFactory()

    response = client_of(mina, "ko").get(address(message))

    assert response.headers["Content-Language"] == "ko"
    assert '<html lang="ko">' in response.content.decode()
    assert "브라질" in response.content.decode()


def test_language_is_switched_by_a_form_and_kept_below_the_desk(desk):
    response = desk.post("/admin/language/", {"language": "ko", "next": "/admin/desk/"})

    assert response.headers["Location"] == "/admin/desk/"
    assert response.cookies["l"]["path"] == "/admin/"
    assert '<html lang="ko">' in desk.get("/admin/desk/").content.decode()
    assert desk.post("/admin/language/", {"language": "ko", "next": "https://evil.example/"}).headers["Location"] == "/"


def test_forged_undo_bar_says_nothing_untrue(desk):
    waiting, live = MessageFactory(), MessageFactory(approved=True)

    for slug in (waiting.slug, live.slug, "nothing", "'\"<"):
        assert 'class="undo"' not in desk.get("/admin/desk/", {"after": slug}).content.decode()
