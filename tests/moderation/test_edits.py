"""A change its sender proposes to a published message, as the desk decides it."""

from __future__ import annotations

import pytest

from supporters import lifecycle
from supporters.models import Edit, Message
from tests.factories import MessageFactory

from .conftest import address, client_of, typed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Status = Message.Status


@pytest.fixture
def edited() -> Message:
    """A published message whose sender proposes other words, and radio besides."""
    message = MessageFactory(approved=True, language="en", original="Old words.")
    lifecycle.propose_edit(message, sent={"original": "New words."}, agreed={"web": True, "radio": True, "usb": False})
    return message


def test_edit_is_shown_beside_what_is_published(desk, edited):
    response = desk.get(address(edited))

    fields = response.context["form"].initial
    assert fields["body_en"] == "New words."
    assert fields["body_ko"] == edited.body_ko
    assert (fields["use_web"], fields["use_radio"], fields["use_usb"]) == (True, True, False)
    page = response.content.decode()
    assert "<p>New words.</p>" in page
    assert "<p>Old words.</p>" in page
    assert 'value="ask"' not in page


def test_edit_is_approved_and_undone(desk, edited, settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    desk.post(address(edited), typed(edited, "approve", body_en="New words.", use_radio="on"))

    edit = edited.edits.get()
    assert (edit.status, edit.body_en, edit.cleared_radio) == (Edit.Status.ACCEPTED, "New words.", True)
    assert Message.objects.get(pk=edited.pk).body_en != "New words."

    desk.post(address(edited), {"action": "undo", "revision": 0})
    edit.refresh_from_db()
    assert edit.status == Edit.Status.OPEN
    assert Message.objects.get(pk=edited.pk).status == Status.APPROVED


def test_edit_is_declined_with_a_reason(desk, edited):
    response = desk.post(address(edited), typed(edited, "decline"), follow=True)

    assert edited.edits.get().status == Edit.Status.REFUSED
    assert "Change of “Maria, Brazil” declined." in response.content.decode()


def test_edit_needs_what_a_message_needs(desk, edited):
    page = desk.post(address(edited), typed(edited, "approve", body_ko="", check=None)).content.decode()

    assert "Write the Korean text first." in page
    assert "Tick all four safety checks" in page
    assert edited.edits.get().status == Edit.Status.OPEN


def test_edit_saved_first_then_decided_by_somebody_else(desk, edited, jin):
    desk.post(address(edited), typed(edited, "save", body_en="Draft"))
    assert edited.edits.get().body_en == "Draft"

    response = client_of(jin).post(address(edited), typed(edited, "approve"))

    assert response.status_code == 409
    assert "Mina changed the texts a moment ago." in response.content.decode()
    assert client_of(jin).post(address(edited), typed(edited, "ask", revision=3)).status_code == 409
