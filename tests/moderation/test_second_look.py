"""A second look: nobody alone approves a video, or what was ticked as faces, minors or somebody who left the North."""

from __future__ import annotations

import pytest

from moderation.models import Flag, Translation
from supporters import lifecycle
from supporters.models import Message
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import address, client_of, typed

pytestmark = pytest.mark.django_db
Status = Message.Status


def stored(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


@pytest.fixture
def video() -> Message:
    message = MessageFactory(kind="video")
    AttachmentFactory(message=message, state="ready", mime="video/mp4")
    return message


def test_video_is_not_approved_by_one_person(desk, video):
    page = desk.post(address(video), typed(video, "approve", body_en="By me", transcript="Olá.")).content.decode()

    assert "Another person has to look at this before it is approved." in page
    assert page.partition('id="errors"')[2].partition("</div>")[0].count('value="second_look"') == 1
    assert "By me</textarea>" in page
    assert "Olá.</textarea>" in page
    assert stored(video).status == Status.PENDING


def test_video_is_sent_to_a_second_look_with_what_was_typed_and_approved_by_another_person(desk, jin, video):
    following = MessageFactory(original_name="Next")

    response = desk.post(address(video), typed(video, "second_look", body_en="By me", transcript="Olá."), follow=True)

    assert response.context["message"] == following
    assert "another person is asked to look at it" in response.content.decode()
    assert (stored(video).body_en, stored(video).transcript) == ("By me", "Olá.")
    mine = desk.get(address(video)).content.decode()
    assert 'value="approve"' not in mine
    assert "You looked at this first: another person has to approve it." in mine
    assert "You looked first, a moment ago: Video. Another person has to approve it." in mine
    refused = desk.post(address(video), typed(stored(video), "approve", transcript="Olá.")).content.decode()
    assert "You looked at this first: another person has to approve it." in refused

    others = client_of(jin)
    theirs = others.get(address(video)).content.decode()
    assert "Mina looked first, a moment ago: Video." in theirs
    assert 'value="approve"' in theirs
    others.post(address(video), typed(stored(video), "approve", transcript="Olá."))
    assert stored(video).status == Status.APPROVED
    assert "Sent to a second look · Mina · Video" in others.get(address(video)).content.decode()


def test_tick_is_not_lost_by_approving(desk):
    message = MessageFactory()

    response = desk.post(address(message), typed(message, "approve", look=["faces"]))

    page = response.content.decode()
    assert stored(message).status == Status.PENDING
    assert "Another person has to look at this before it is approved." in page
    assert 'name="look" value="faces" autocomplete="off" checked' in page


def test_tick_is_kept_by_saving_and_taken_off_until_another_person_is_asked(desk, jin):
    message = MessageFactory()
    desk.post(address(message), typed(message, "save", look=["minors", "faces"]))
    assert stored(message).look == "faces minors"
    desk.post(address(message), typed(stored(message), "save", look=["minors"]))
    desk.post(address(message), typed(stored(message), "second_look", look=["minors"]))

    others = client_of(jin)
    page = others.get(address(message)).content.decode()
    assert 'value="minors" autocomplete="off" checked disabled' in page
    others.post(address(message), typed(stored(message), "save", look=[]))
    assert stored(message).look == "minors"
    others.post(address(message), typed(stored(message), "approve", look=["left_north"]))
    assert (stored(message).status, stored(message).look) == (Status.APPROVED, "minors left_north")


def test_second_look_at_words_needs_a_tick(desk):
    message = MessageFactory()

    page = desk.post(address(message), typed(message, "second_look", body_en="By me")).content.decode()

    assert "Tick why another person has to look." in page
    assert "By me</textarea>" in page
    assert stored(message).revision == 1


def test_hints_suggest_a_tick_and_never_set_it(desk):
    message = MessageFactory()
    Flag.objects.create(message=message, kind="minor", field="original", start=0, end=3)

    page = desk.get(address(message)).content.decode()

    assert page.count("the words suggest it") == 1
    assert 'value="minors" autocomplete="off">' in page


def test_change_of_a_published_message_is_looked_at_twice_as_well(desk, jin):
    message = MessageFactory(approved=True)
    agreed = {"web": True, "radio": False, "usb": False}
    edit = lifecycle.propose_edit(message, sent={"original": "New."}, agreed=agreed)

    desk.post(address(message), typed(message, "second_look", look=["left_north"]))
    desk.post(address(message), typed(stored(message), "approve"))
    edit.refresh_from_db()
    assert (edit.status, edit.look) == ("open", "left_north")

    client_of(jin).post(address(message), typed(stored(message), "approve"))
    edit.refresh_from_db()
    assert edit.status == "accepted"


@pytest.mark.parametrize("done", ["second_look", "translate"])
def test_forged_notice_says_nothing_untrue(desk, done):
    message = MessageFactory(original_name="Amina")

    assert desk.get("/admin/desk/start/", {"done": done, "after": message.slug}).context["notice"] == ""


def test_second_look_asked_twice_is_no_conflict(desk):
    message = MessageFactory()
    form = typed(message, "second_look", look=["faces"])

    for _press in range(2):
        assert desk.post(address(message), form).status_code == 302
    assert message.events.filter(kind="second_look").count() == 1


# --- Translators -------------------------------------------------------------------------------------------------


def test_translators_are_asked_for_what_is_missing_and_the_page_says_how_far_they_are(desk, jin):
    message = MessageFactory()

    response = desk.post(address(message), typed(message, "translate", body_ko=""), follow=True)

    assert response.redirect_chain[0][0] == f"/admin/desk/?done=translate&after={message.slug}"
    assert "is with the translators now." in response.content.decode()
    assert "Waits for a translator, asked for a moment ago." in desk.get(address(message)).content.decode()
    assert stored(message).body_en == "Hello."
    row = Translation.objects.get()
    assert row.language == "ko"
    Translation.objects.update(state="ready", translator=jin)
    assert "Translated by Jin a moment ago; it waits for its review." in desk.get(address(message)).content.decode()


def test_nothing_to_translate_is_said(desk):
    message = MessageFactory()

    page = desk.post(address(message), typed(message, "translate", body_en="By me")).content.decode()

    assert "There is nothing to ask the translators for" in page
    assert "By me</textarea>" in page
    assert not Translation.objects.exists()


def test_translation_that_arrives_while_the_page_is_open_is_a_conflict(desk, jin, lead):
    message = MessageFactory()
    opened = typed(message, "save", seen="1", body_ko="내 글")
    desk.post(address(message), typed(message, "translate", body_ko=""))
    row = Translation.objects.get()
    lifecycle.save_translation(
        stored(message), language="ko", text="옮긴 글", credit="", reviewer=lead, translation=row.pk
    )

    page = desk.post(address(message), opened).content.decode()

    assert "A translation reviewed by Lea arrived a moment ago." in page
    assert "<p>옮긴 글</p>" in page
    assert "내 글</textarea>" in page
