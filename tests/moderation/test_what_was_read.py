"""Nothing is approved that nobody read, and nothing a moderator typed is lost on the way."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from moderation.review import kept
from supporters import attachments, lifecycle, services
from supporters.models import Attachment, Edit, Message
from tests import disk, media_samples
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import address, client_of, typed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Status = Message.Status
OLDER = "The sender changed the original after these texts were written."


def stored(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def changed_words(message: Message, **fields: str) -> None:
    current = stored(message)
    words = {name: getattr(services.words_of(current), name) for name in lifecycle.SENT_TEXTS} | fields
    services.change_words(current, services.Words(**words))


# --- What was not seen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", [media_samples.jpeg, media_samples.text])
def test_file_that_arrived_after_the_page_was_opened_is_looked_at_first(desk, tmp_path, sample):
    attachment = AttachmentFactory(path="originals/one")
    disk.originals().mkdir(parents=True, exist_ok=True)
    shutil.copy(sample(tmp_path), disk.original(attachment))
    message = attachment.message
    opened = typed(message, "approve", alt_ko="손", alt_en="Hands", seen="1")
    attachments.process(attachment.pk)

    response = desk.post(address(message), opened)

    page = response.content.decode()
    assert response.status_code == 409
    assert stored(message).status == Status.PENDING
    is_ready = Attachment.objects.get().state == "ready"
    assert ("The file became ready a moment ago." if is_ready else "The file could not be prepared.") in page
    assert "손</textarea>" in page


@pytest.mark.parametrize(
    "change", [{"original": "Outro"}, {"own_ko": "새 글"}, {"original_alt": "Outra"}, {"original_name": "Ana"}]
)
def test_words_changed_while_the_page_was_open_are_not_approved(desk, change):
    message = MessageFactory()
    opened = typed(message, "approve")
    changed_words(message, **change)

    response = desk.post(address(message), opened)

    assert (response.status_code, stored(message).status) == (409, Status.PENDING)


def test_edit_replaced_by_a_newer_one_is_not_approved(desk):
    message = MessageFactory(approved=True)
    changed_words(message, original="Primeiro")
    opened = typed(stored(message), "approve")
    changed_words(message, original="Segundo")

    response = desk.post(address(message), opened)

    assert response.status_code == 409
    assert Edit.objects.get(message=message).status == Edit.Status.OPEN


def test_conflict_tells_everything_since_the_page_was_opened(desk, jin):
    message = MessageFactory()
    opened = typed(message, "approve", seen="1")
    changed_words(message, original="Outro")
    client_of(jin).post(address(message), typed(stored(message), "save"))

    page = desk.post(address(message), opened).content.decode()

    assert "The sender changed this a moment ago. Jin changed the texts a moment ago." in page


# --- Older drafts ------------------------------------------------------------------------------------------------


def test_draft_is_marked_as_older_until_it_is_saved_beside_the_new_words(desk):
    message = MessageFactory()
    desk.post(address(message), typed(message, "ask"))
    assert OLDER not in desk.get(address(message)).content.decode()
    Message.objects.update(live_at=timezone.now())
    changed_words(message, original="Outro")

    assert OLDER in desk.get(address(message)).content.decode()

    desk.post(address(message), typed(stored(message), "save"))
    assert OLDER not in desk.get(address(message)).content.decode()


def test_edit_names_what_it_changes_and_that_the_texts_are_older(desk):
    message = MessageFactory(approved=True)
    changed_words(message, original="Outro", group="Turma 5")

    page = desk.get(address(message)).content.decode()

    assert OLDER in page
    assert "What changes: Original · Group" in page
    assert "also agrees to" not in page


def test_wider_consent_is_named_and_needs_no_new_words(desk):
    message = MessageFactory(approved=True)
    services.change_outlets(message, {"web", "radio"})

    page = desk.get(address(message)).content.decode()

    assert "The sender now also agrees to: Radio" in page
    assert OLDER not in page
    assert "What changes" not in page


# --- Pressed twice -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["approve", "ask", "decline"])
def test_decision_sent_twice_goes_on_like_the_first(desk, action):
    message, following = MessageFactory(), MessageFactory()
    form = typed(message, action, name_ko="")

    first, second = (desk.post(address(message), form) for _press in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert second["Location"] == first["Location"] == f"{address(following)}?after={message.slug}"
    assert stored(message).events.filter(kind__in=["approved", "asked", "declined"]).count() == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"body_ko": "다른 글"}),
        ({}, {"use_web": None, "use_radio": "on"}),
    ],
)
def test_approving_again_with_something_else_is_a_conflict(desk, first, second):
    message = MessageFactory(agreed_radio=True)
    desk.post(address(message), typed(message, "approve", **first))

    response = desk.post(address(message), typed(message, "approve", **second))

    assert response.status_code == 409


def test_undo_pressed_twice_is_no_conflict_but_too_late_is_said(desk):
    message = MessageFactory()
    desk.post(address(message), typed(message, "approve"))
    undo = {"action": "undo", "revision": 0}
    for _press in range(2):
        assert desk.post(address(message), undo).status_code == 302
    desk.post(address(message), typed(stored(message), "approve"))
    Message.objects.update(live_at=timezone.now())

    response = desk.post(address(message), undo)

    page = response.content.decode()
    assert response.status_code == 409
    assert "It is too late to undo this" in page
    assert 'name="body_ko"' not in page


# --- What was typed ----------------------------------------------------------------------------------------------


def test_note_of_the_slower_person_is_kept_too(desk, jin):
    message = MessageFactory()
    form = typed(message, "decline", note="Please leave out the number.")
    client_of(jin).post(address(message), typed(message, "approve"))

    page = desk.post(address(message), form).content.decode()

    assert "Please leave out the number.</textarea>" in page


def test_conflict_over_a_withdrawn_message_does_not_promise_what_it_does_not_show(desk):
    message = MessageFactory()
    form = typed(message, "approve")
    services.withdraw(message)

    page = desk.post(address(message), form).content.decode()

    assert "The sender took this message back" in page
    assert "What you typed is kept" not in page
    assert "안녕하십니까." not in page


def posted_without_session(message: Message, owner: int) -> Client:
    browser = Client(headers={"accept-language": "en"})
    mark = kept.mark(message.slug, owner)
    response = browser.post(address(message), typed(message, "approve", kept_for=mark, look="faces", transcript="Olá."))
    assert response["Location"] == f"/admin/login/?next={address(message)}"
    assert stored(message).status == Status.PENDING
    return browser


def log_in(browser: Client, username: str) -> None:
    browser.post("/admin/login/", {"username": username, "password": "a long enough pass"})


def test_text_typed_after_the_session_ended_is_there_after_the_login(mina, jin):
    message = MessageFactory(kind="voice")
    AttachmentFactory(message=message, state="ready")
    browser = posted_without_session(message, mina.pk)
    client_of(jin).post(address(message), typed(message, "save", body_ko="진 님의 글"))
    assert "Your draft is kept." in browser.get(f"/admin/login/?next={address(message)}").content.decode()

    log_in(browser, "mina")
    page = browser.get(address(message)).content.decode()

    assert "You were signed out. Your draft is kept. Jin changed the texts a moment ago." in page
    assert "안녕하십니까.</textarea>" in page
    assert "Olá.</textarea>" in page
    assert 'value="faces" autocomplete="off" checked>' in page
    assert 'value="people" id="check_0" autocomplete="off">' in page
    assert "You were signed out" not in browser.get(address(message)).content.decode()


def test_text_is_given_back_to_nobody_else(mina, jin):
    message = MessageFactory()
    browser = posted_without_session(message, mina.pk)

    log_in(browser, "jin")

    assert "안녕하십니까." not in browser.get(address(message)).content.decode()


@pytest.mark.parametrize("mark", ["", "nonsense", "other"])
def test_strangers_store_nothing(mina, mark):
    message = MessageFactory()
    mark = kept.mark(MessageFactory().slug, mina.pk) if mark == "other" else mark

    Client().post(address(message), typed(message, "save", kept_for=mark))

    assert not Session.objects.exists()


def test_sessions_that_are_over_are_deleted_with_what_they_kept(mina):
    posted_without_session(MessageFactory(), mina.pk)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    kept.clear_sessions()

    assert not Session.objects.exists()


# --- The next one ------------------------------------------------------------------------------------------------


def test_next_message_is_the_one_behind_and_at_the_end_the_oldest(desk):
    start = timezone.now() - timedelta(days=1)
    first, second, third = (MessageFactory(submitted_at=start + timedelta(hours=hour)) for hour in range(3))

    page = desk.get(address(second)).content.decode()
    assert f'href="{address(third)}" data-key="KeyJ"' in page
    assert f'href="{address(first)}" data-key="KeyK"' in page
    assert desk.post(address(second), typed(second, "approve"))["Location"].startswith(address(third))
    assert desk.post(address(third), typed(third, "approve"))["Location"].startswith(address(first))


def test_queue_beside_a_late_message_begins_with_it(desk):
    start = timezone.now() - timedelta(days=1)
    rows = [MessageFactory(submitted_at=start + timedelta(minutes=minute)) for minute in range(25)]

    page = desk.get(address(rows[22])).content.decode()

    assert f'href="{address(rows[22])}" aria-current="true"' in page
    assert f'href="{address(rows[24])}"' in page
    assert f'href="{address(rows[0])}"' not in page


def test_enter_presses_no_button_that_takes_something_back(lead_desk, jin):
    message = MessageFactory(approved=True)

    page = lead_desk.get(address(message)).content.decode()

    form = page.partition('<form class="review"')[2]
    assert form[form.index("<button") :].startswith('<button type="submit" name="action" value="save" hidden disabled>')


@pytest.mark.parametrize(("language", "stands"), [("pt", True), ("en", False), ("ko", False)])
def test_moderator_is_told_when_readers_see_the_original_as_it_came(desk, language, stands):
    message = MessageFactory(language=language, original="Uma palavra.")

    page = desk.get(address(message)).content.decode()

    assert ("The wall shows these words as they came." in page) == stands
