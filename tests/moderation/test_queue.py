"""The lists of the desk: what stands on them, in which order, and what a page of them costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.queues import queue
from supporters import lifecycle
from supporters.models import Message
from tests import disk
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import address

pytestmark = pytest.mark.django_db


def waiting_since(**age: int) -> dict[str, object]:
    return {"submitted_at": timezone.now() - timedelta(**age)}


def with_edit(**age: int) -> Message:
    message = MessageFactory(approved=True, original_name="Editor")
    edit = lifecycle.propose_edit(
        message, sent={"original": "New."}, agreed={"web": True, "radio": False, "usb": False}
    )
    type(edit).objects.filter(pk=edit.pk).update(**waiting_since(**age))
    return message


def test_new_messages_and_open_edits_wait_together_oldest_first(desk):
    newest = MessageFactory(**waiting_since(minutes=5))
    edited = with_edit(hours=9)
    oldest = MessageFactory(**waiting_since(days=2))
    MessageFactory(approved=True)
    MessageFactory(declined=True)
    MessageFactory(asked=True)

    response = desk.get("/admin/desk/")

    assert [row.message for row in response.context["page"].rows] == [oldest, edited, newest]
    page = response.content.decode()
    assert page.index("2 days") < page.index("9 h") < page.index("5 minutes")
    assert page.count('class="flag">edit<') == 1
    assert "To review <b>3</b>" in page


def test_edit_of_a_removed_message_does_not_wait(lead, desk):
    lifecycle.remove(with_edit(hours=1), actor=lead)

    assert "Nothing is waiting. Thank you." in desk.get("/admin/desk/").content.decode()


def test_line_shows_kind_sender_country_language_and_file(desk):
    message = MessageFactory(kind="voice", original_name="", country="DE", language="fr")
    AttachmentFactory(message=message, state="failed", reason="no_sound")
    MessageFactory(original_name="Ana", country="ZZ")

    page = desk.get("/admin/desk/").content.decode()

    for words in ("a friend", "Voice", "Germany", "French", 'data-state="failed"', "Ana"):
        assert words in page


def test_pages_hold_every_message_once_even_at_the_same_moment(desk):
    at = timezone.now()
    made = {MessageFactory(submitted_at=at).pk for _number in range(60)}
    for message in Message.objects.all()[:3]:
        Message.objects.filter(pk=message.pk).update(status="approved", live_at=at, cleared_web=True)
        message.refresh_from_db()
        edit = lifecycle.propose_edit(message, sent={}, agreed={"web": True, "radio": False, "usb": False})
        type(edit).objects.filter(pk=edit.pk).update(submitted_at=at)

    seen, address_ = [], "/admin/desk/"
    while address_:
        page = desk.get(address_).context["page"]
        seen += [row.message.pk for row in page.rows]
        address_ = f"/admin/desk/?from={page.next}" if page.next else ""

    assert len(seen) == 60
    assert set(seen) == made


@pytest.mark.parametrize(
    "cursor", ["", "x", "1-0", "1-2-3", "-1-0-1", "9" * 17 + "-0-1", "1-0-1'", "٣-0-1", "1\x00-0-1"]
)
def test_any_cursor_is_answered(desk, cursor):
    MessageFactory()

    assert desk.get("/admin/desk/", {"from": cursor}).status_code == 200
    assert desk.get("/admin/desk/published/", {"before": cursor}).status_code == 200


def test_long_queue_is_counted_to_99(desk, monkeypatch):
    monkeypatch.setattr(queue, "COUNTED", 2)
    for _number in range(4):
        MessageFactory()

    assert queue.waiting_count() == "2+"


def test_decided_messages_stand_on_their_lists_and_fresh_ones_on_top(desk):
    live, fresh = MessageFactory(approved=True), MessageFactory(not_yet_live=True)
    asked, declined = MessageFactory(asked=True), MessageFactory(declined=True)

    published = desk.get("/admin/desk/published/")

    assert published.context["fresh"] == [fresh]
    assert published.context["page"].rows == [live]
    assert desk.get("/admin/desk/asked/").context["page"].rows == [asked]
    assert desk.get("/admin/desk/declined/").context["page"].rows == [declined]


def test_decided_lists_go_on(desk):
    made = [MessageFactory(approved=True).pk for _number in range(30)]

    first = desk.get("/admin/desk/published/").context["page"]
    second = desk.get("/admin/desk/published/", {"before": first.next}).context["page"]

    assert [message.pk for message in first.rows + second.rows] == made[::-1]
    assert second.next == ""


def queries(desk, path: str, counter) -> int:
    desk.get(path)
    with counter() as counted:
        assert desk.get(path).status_code == 200
    return len(counted)


@pytest.fixture
def counter():
    return lambda: CaptureQueriesContext(connection)


def fill(count: int) -> None:
    for number in range(count):
        message = MessageFactory(kind="photo", **waiting_since(minutes=number + 5))
        attachment = AttachmentFactory(message=message, state="ready")
        attachment.renditions.create(name="320.jpg", mime="image/jpeg", bytes=1, sha256="0")
        with_edit(minutes=number + 1)
        MessageFactory(not_yet_live=True)


@pytest.mark.parametrize("path", ["/admin/desk/", "/admin/desk/published/", "/admin/supporters/message/", None])
def test_pages_take_a_constant_number_of_queries(desk, counter, path):
    message = MessageFactory(**waiting_since(days=1))
    fill(3)
    few = queries(desk, path or address(message), counter)

    fill(27)
    for _number in range(30):
        lifecycle.narrow(message, outlets=["usb"])

    assert queries(desk, path or address(message), counter) == few
    assert few <= 36


# --- Files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def picture():
    """A waiting photo with one rendition of a thousand bytes."""
    message = MessageFactory(kind="photo")
    attachment = AttachmentFactory(message=message, state="ready")
    rendition = attachment.renditions.create(name="320.jpg", mime="image/jpeg", bytes=1000, sha256="0")
    disk.rendition(rendition).parent.mkdir(parents=True)
    disk.rendition(rendition).write_bytes(bytes(range(250)) * 4)
    return rendition


def media(rendition) -> str:
    return f"{address(rendition.attachment.message)}media/{rendition.name}"


def test_file_is_shown_to_moderators_and_kept_nowhere(desk, picture):
    response = desk.get(media(picture))

    assert b"".join(response) == disk.rendition(picture).read_bytes()
    assert response.headers["Content-Type"] == "image/jpeg"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=900-", 900, 1000), ("bytes=-100", 900, 1000), ("bytes=10-5000", 10, 1000)],
)
def test_part_of_a_file(desk, picture, asked, start, end):
    response = desk.get(media(picture), headers={"range": asked})

    assert response.status_code == 206
    assert b"".join(response) == disk.rendition(picture).read_bytes()[start:end]
    assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/1000"
    assert response.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=", "bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b"])
def test_range_that_is_not_understood_gets_the_whole_file(desk, picture, asked):
    response = desk.get(media(picture), headers={"range": asked})

    assert response.status_code == 200
    assert b"".join(response) == disk.rendition(picture).read_bytes()


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_range_outside_the_file_is_refused(desk, picture, asked):
    response = desk.get(media(picture), headers={"range": asked})

    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */1000"


def test_head_of_a_file(desk, picture):
    response = desk.head(media(picture))

    assert (response.status_code, response.headers["Content-Length"]) == (200, "1000")


def test_file_that_is_not_there_is_not_found(desk, picture):
    assert desk.get(media(picture) + "x").status_code == 404
    assert desk.get(f"{address(MessageFactory())}media/320.jpg").status_code == 404
    disk.rendition(picture).unlink()
    assert desk.get(media(picture)).status_code == 404


def test_file_of_a_withdrawn_message_is_not_shown(desk, picture):
    lifecycle.withdraw(picture.attachment.message)

    assert desk.get(media(picture)).status_code == 404


def test_picture_stands_blurred_until_it_is_asked_for(desk, picture):
    page = desk.get(address(picture.attachment.message)).content.decode()

    assert '<details class="veil"><summary>' in page
    assert "autoplay" not in page
