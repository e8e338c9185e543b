"""Choosing among what waits, whose work it is, and the hints of a line."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from moderation.models import Claim, Flag, Translation
from moderation.queues import queue
from moderation.queues.shelves import Shelf
from moderation.review import claims
from supporters import lifecycle
from supporters.models import Message
from tests.factories import AttachmentFactory, MessageFactory

from .conftest import address, client_of, typed

pytestmark = pytest.mark.django_db


def ago(**age: int) -> dict[str, object]:
    return {"submitted_at": timezone.now() - timedelta(**age)}


def shown(client, path: str = "/admin/desk/", **query: str) -> list[Message]:
    return [row.message for row in client.get(path, query).context["page"].rows]


def with_edit(**fields: object) -> Message:
    message = MessageFactory(approved=True, **fields)
    lifecycle.propose_edit(message, sent={"original": "New."}, agreed={"web": True, "radio": False, "usb": False})
    return message


def flag(message: Message, kind: str, other: Message | None = None) -> None:
    Flag.objects.create(message=message, kind=kind, other=other, edit=message.edits.first())


def looked_at(message: Message, by, *reasons: str) -> None:
    draft = message.edits.first() or message
    lifecycle.send_to_second_look(draft, moderator=by, revision=message.revision, reasons=reasons)
    message.refresh_from_db()


# --- Choosing ---------------------------------------------------------------------------------------------------


def test_letters_with_the_translators_are_marked_and_can_be_left_out(desk):
    plain, back, gone = MessageFactory(), MessageFactory(), MessageFactory()
    edited = with_edit()
    for state in ("draft", "reviewed"):
        Translation.objects.create(message=gone, language="ko" if state == "draft" else "en", state=state)
    Translation.objects.create(message=back, language="ko", state="reviewed")
    Translation.objects.create(message=back, language="kp")
    Translation.objects.create(message=edited, edit=edited.edits.get(), language="en", state="ready")

    page = desk.get("/admin/desk/").content.decode()

    assert page.count('"held">with the translators') == 2
    assert page.count(">translated</span>") == 1
    assert set(shown(desk, here="1")) == {plain, back}


def test_choices_narrow_new_letters_and_changes_alike(desk):
    german = MessageFactory(country="DE", language="de", **ago(days=4))
    edited = with_edit(country="DE", language="de", kind="photo")
    AttachmentFactory(message=edited, state="processing")
    french = MessageFactory(country="FR", language="fr", kind="voice")
    AttachmentFactory(message=french, state="ready")
    flag(french, "contact")
    flag(edited, "minor")

    assert shown(desk, country="DE") == [german, edited]
    assert shown(desk, language="fr") == [french]
    assert shown(desk, kind="photo") == [edited]
    assert shown(desk, flag="contact") == [french]
    assert shown(desk, flag="minor") == [edited]
    assert shown(desk, file="1") == [edited]
    assert shown(desk, long="1") == [german]
    assert shown(desk, country="DE", kind="photo") == [edited]
    assert shown(desk, country="DE", flag="contact") == []


def test_search_finds_address_name_and_words(desk):
    named = MessageFactory(original_name="Zofia")
    worded = MessageFactory(original="Ein Licht im Fenster", body_ko="창가에 등불을 켭니다.")
    MessageFactory()

    assert shown(desk, q="zofi") == [named]
    assert shown(desk, q="licht IM") == [worded]
    assert shown(desk, q="등불") == [worded]
    assert shown(desk, q=named.slug.upper()) == [named]
    assert shown(desk, q="%") == []


@pytest.mark.parametrize(
    "query", [{"kind": "letter"}, {"country": "KP"}, {"flag": "x"}, {"same": "A"}, {"q": "x" * 101}, {"q": "a\x00b"}]
)
def test_choice_the_list_does_not_know_is_answered(desk, query):
    MessageFactory()

    assert desk.get("/admin/desk/", query).status_code == 200


def test_choices_stay_while_paging_and_can_be_left(desk, monkeypatch):
    monkeypatch.setattr(queue.waiting, "__kwdefaults__", {"limit": 2, "chosen": None})
    made = [MessageFactory(country="DE", original=f"Gruß & {number}") for number in range(5)]
    MessageFactory(country="FR")

    seen, path = [], "/admin/desk/?country=DE&q=Gru%C3%9F+%26"
    while path:
        page = desk.get(path)
        seen += [row.message for row in page.context["page"].rows]
        assert 'href="/admin/desk/">Show all</a>' in page.content.decode()
        following = page.context["page"].next
        path = f"/admin/desk/?{page.context['form'].query}&from={following}" if following else ""

    assert seen == made


def test_empty_list_says_whether_nothing_waits_or_nothing_matches(desk):
    assert "Nothing is waiting. Thank you." in desk.get("/admin/desk/").content.decode()
    MessageFactory(country="FR")
    page = desk.get("/admin/desk/", {"country": "DE"}).content.decode()
    assert "Nothing matches." in page
    assert "Thank you" not in page


# --- Whose work it is -------------------------------------------------------------------------------------------


def test_second_look_is_a_list_of_its_own_until_the_sender_changes_the_words(desk, jin, mina):
    video, faces, plain = MessageFactory(kind="video"), MessageFactory(), MessageFactory()
    edited = with_edit()
    looked_at(video, jin)
    looked_at(faces, mina, "faces")
    looked_at(edited, jin, "minors")

    response = desk.get("/admin/desk/second-look/")

    assert shown(desk) == [plain]
    assert [row.message for row in response.context["page"].rows] == [video, faces, edited]
    page = response.content.decode()
    assert page.count("waits for another person than you") == 1
    assert page.count("first look: Jin") == 2
    # Counted is what Mina may do.
    assert "Second look <b>2</b>" in page
    assert "To review <b>1</b>" in page

    lifecycle.propose_edit(edited, sent={"original": "Newer."}, agreed={"web": True, "radio": False, "usb": False})
    assert shown(desk) == [plain, edited]
    assert shown(desk, "/admin/desk/second-look/") == [video, faces]


@pytest.mark.parametrize("kind", ["text", "video"])
def test_lists_agree_with_the_rule_for_one_letter(mina, kind):
    message = MessageFactory(kind=kind)
    looks = [None, ("look", "faces"), ("ask",), ("answer",), ("look", "minors"), ("undo",)]
    for step in looks:
        message.refresh_from_db()
        if step and step[0] == "look":
            looked_at(message, mina, *step[1:])
        elif step == ("ask",):
            lifecycle.ask(message, moderator=mina, revision=message.revision, reason="contact")
        elif step == ("answer",):
            Message.objects.filter(pk=message.pk).update(live_at=timezone.now())
            message.refresh_from_db()
            lifecycle.answer(message, sent={"original": "Better."}, agreed={"web": True, "radio": False, "usb": False})
        elif step == ("undo",):
            lifecycle.decline(message, moderator=mina, revision=message.revision, reason="contact")
            lifecycle.undo(message, actor=mina)

        message.refresh_from_db()
        waits = message.status == "pending"
        is_second = waits and bool(lifecycle.look_reasons(message)) and lifecycle.first_look(message) is not None
        assert [row.message for row in queue.waiting(chosen=queue.second_look()).rows] == [message] * is_second
        assert [row.message for row in queue.waiting().rows] == [message] * (waits and not is_second)


def test_claim_shows_who_holds_a_letter_and_hides_it_from_nobody(desk, jin, mina):
    message, other = MessageFactory(), MessageFactory()
    claims.claim(message, jin)
    claims.claim(other, mina)

    page = desk.get("/admin/desk/").content.decode()

    until = claims.holder_of(message).until.strftime("%H:%M UTC")
    assert f"held by Jin until {until}" in page
    assert "you hold it until" in page
    assert shown(desk) == [message, other]
    assert shown(desk, "/admin/desk/mine/") == [other]
    assert shown(client_of(jin), "/admin/desk/mine/") == [message]
    assert "Mine <b>1</b>" in page

    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert shown(desk, "/admin/desk/mine/") == []
    assert "held by" not in desk.get("/admin/desk/").content.decode()


def test_next_letter_is_of_the_list_the_reader_came_from(mina, jin):
    seconds = [MessageFactory(kind="video") for _number in range(2)]
    for message in seconds:
        looked_at(message, jin)
    plain = MessageFactory()
    line, opened = queue.Waiting(seconds[0]), Shelf.read(QueryDict())

    assert queue.next_waiting(line, chosen=opened.of(line, mina).chosen(mina)) == seconds[1]
    assert queue.next_waiting(line, chosen=opened.of(line, jin).chosen(jin)) == plain
    assert queue.next_waiting(line) == plain


def test_letter_opened_from_a_list_stays_in_it_until_nothing_is_left(desk):
    first, _french, last = (MessageFactory(country=code, drafted=True) for code in ("DE", "FR", "DE"))
    query = "?list=waiting&country=DE"
    assert f'href="{escape(address(first) + query)}"' in desk.get("/admin/desk/?country=DE&kind=none").content.decode()

    response = desk.get(address(first) + query)
    page = response.content.decode()
    assert [line.message for line in response.context["queue"].rows] == [first, last]
    assert page.count(f'href="{escape(address(last) + query)}"') == 2  # in the list beside it, and as the next one
    assert f'action="{escape(address(first) + query)}"' in page
    assert desk.post(address(first) + query, typed(first, "save")).url == f"{address(first)}{query}&done=save"

    first.refresh_from_db()
    response = desk.post(address(first) + query, typed(first, "approve"))
    assert response.url == f"{address(last)}{query}&after={first.slug}"
    response = desk.post(address(last) + query, typed(last, "approve"), follow=True)
    assert response.redirect_chain[0][0] == f"/admin/desk/?country=DE&after={last.slug}"
    assert "Nothing matches." in response.content.decode()


def test_list_of_ones_own_is_gone_through_and_comes_back_after_the_login(desk, mina):
    messages = [MessageFactory() for _number in range(3)]
    for message in messages[::2]:
        claims.claim(message, mina)

    assert desk.get(address(messages[0]) + "?list=mine").context["next_waiting"] == messages[2]
    response = Client().post(address(messages[0]) + "?list=mine", typed(messages[0], "save"))
    assert response.url.endswith("?next=" + quote(address(messages[0]) + "?list=mine"))


# --- Hints ------------------------------------------------------------------------------------------------------


def test_line_shows_each_hint_once_and_the_letters_it_resembles(desk):
    first = MessageFactory(original_name="First", **ago(days=5))
    alike = [MessageFactory(**ago(hours=number)) for number in (3, 2)]
    for message in alike:
        flag(message, "same_text", first)
    flag(alike[0], "contact")
    flag(alike[0], "contact")
    published = MessageFactory(approved=True)
    lone = MessageFactory()
    flag(lone, "same_picture", published)

    page = desk.get("/admin/desk/").content.decode()

    assert page.count(f'href="/admin/desk/?same={first.slug}">3 with the same words') == 3
    assert [hint.label for hint in desk.get("/admin/desk/").context["page"].rows[1].hints] == [
        "contact details", "same words as another",
    ]  # fmt: skip
    assert f'<a class="flag" href="{address(published)}">same picture as another</a>' in page
    assert page.count('<span class="flag">long wait</span>') == 1
    assert shown(desk, same=first.slug) == [first, *alike]


def test_hints_of_a_change_are_not_those_of_its_letter(desk):
    message = MessageFactory(approved=True)
    Flag.objects.create(message=message, kind="contact")
    lifecycle.propose_edit(message, sent={"original": "New."}, agreed={"web": True, "radio": False, "usb": False})
    flag(message, "promise")

    assert [hint.kind for hint in desk.get("/admin/desk/").context["page"].rows[0].hints] == ["promise"]


def test_call_for_help_is_in_no_list_of_the_desk(desk, lead_desk, mina):
    secret = MessageFactory(original_name="Hidden", original="We are hiding.")
    flag(alike := MessageFactory(original_name="Alike"), "same_text", secret)
    lifecycle.decline(secret, moderator=mina, revision=1, reason=lifecycle.CALL_FOR_HELP)

    for _moment in ("fresh", "in effect"):
        for client in (desk, lead_desk):
            pages = [
                client.get("/admin/desk/"),
                client.get("/admin/desk/", {"q": "hiding"}),
                client.get("/admin/desk/", {"same": secret.slug}),
                client.get("/admin/desk/declined/"),
                client.get("/admin/desk/start/"),
            ]
            for page in pages:
                assert address(secret) not in page.content.decode()
                assert "Hidden" not in page.content.decode()
        Message.objects.filter(pk=secret.pk).update(live_at=timezone.now() - timedelta(minutes=1))
    assert shown(desk) == [alike]


# --- How long a list may take -----------------------------------------------------------------------------------


def queries(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


def fill(count: int, mina, jin) -> None:
    first = MessageFactory(**ago(days=8))
    for number in range(count):
        message = MessageFactory(**ago(minutes=number))
        flag(message, "same_text", first)
        flag(message, "contact")
        claims.claim(message, (mina, jin)[number % 2])
        looked_at(MessageFactory(kind="video"), (mina, jin)[number % 2])
        flag(with_edit(), "promise")


@pytest.mark.parametrize("path", ["", "mine/", "second-look/", "?flag=contact&long=1&q=a", "start/"])
def test_lists_take_as_many_queries_for_many_letters_as_for_few(desk, mina, jin, path):
    fill(2, mina, jin)
    few = queries(desk, f"/admin/desk/{path}")

    fill(12, mina, jin)

    assert queries(desk, f"/admin/desk/{path}") == few
    assert few <= 32
