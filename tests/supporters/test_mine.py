"""The private page: every state in both languages, and what a sender can do there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import regex
import time_machine
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from supporters import lifecycle, limits, receipts, services
from supporters.models import Attachment, Contact, Edit, Event, Message
from tests import media_samples
from tests.factories import ContactFactory, ModeratorFactory, SafetyLeadFactory
from tests.queues import run_jobs
from tests.supporters.sending import sent, text_of, upload

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.usefixtures("own_folders")]
Status = Message.Status
KEY = "ABCDEFGHIJKLMNOP"
DRAFT = {
    "body_ko": "여러분을 생각합니다.",
    "body_en": "I am thinking of you.",
    "name_ko": "마리아",
    "name_en": "Maria",
    "alt_ko": "나무",
    "alt_en": "A tree",
}


@pytest.fixture
def message(client: Client) -> Message:
    return sent(client, name="Maria", use_radio="on")[0]


def key_of(message: Message) -> str:
    """Give `message` the key of these tests; the real one is stored as its hash only."""
    Message.objects.filter(pk=message.pk).update(receipt_hash=receipts.hash_of(KEY))
    message.refresh_from_db()
    return receipts.shown(KEY)


def page(client: Client, message: Message, language: str = "en", query: str = "") -> str:
    response = client.get(f"/{language}/mine/{key_of(message)}/{query}")
    assert response.status_code == 200
    return text_of(response)


def post(client: Client, message: Message, action: str, **fields: object) -> HttpResponse:
    return client.post(f"/en/mine/{key_of(message)}/{action}/", fields)


def draft(message: Message, **cleared: bool) -> Message:
    return lifecycle.save_texts(
        message, actor=ModeratorFactory(), revision=message.revision, texts=DRAFT, cleared={"web": True, **cleared}
    )


def approve(message: Message, **cleared: bool) -> Message:
    message = draft(message, **cleared)
    lifecycle.approve(message, moderator=ModeratorFactory(), revision=message.revision, checks=lifecycle.CHECKS)
    return message


def make_live(message: Message) -> Message:
    """As if the delay of a decision had passed, and the wall had published it."""
    Message.objects.filter(pk=message.pk).update(live_at=timezone.now() - timedelta(seconds=1))
    message.refresh_from_db()
    return message


def publish(message: Message) -> Message:
    Message.objects.filter(pk=message.pk).update(wall_number=1)
    Event.objects.record(message, Event.Kind.SHOWN, actor=None)
    return make_live(message)


def ask(message: Message) -> Message:
    decision = {"moderator": ModeratorFactory(), "revision": message.revision}
    lifecycle.ask(message, reason="danger", note="The village.", **decision)
    return message


def decline(message: Message) -> Message:
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason="insult", note="Sorry.")
    return message


# --- Keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["ABCD-EFGH-IJKL-MNOP", "ABCDEFGHIJKLMNOP", "abcd-efgh-ijkl-mnop", "abcdefghijklmnop", "ABCD-EFGHIJKLMNOP"]
)
def test_the_key_opens_however_it_is_typed(client: Client, message: Message, typed: str) -> None:
    key_of(message)

    response = client.get(f"/ko/mine/{typed}/")

    assert response.status_code == 200
    assert "http://testserver/ko/mine/ABCD-EFGH-IJKL-MNOP/" in text_of(response)


@pytest.mark.parametrize("action", ["", "edit/", "outlets/", "withdraw/", "key.txt", "stop/"])
@pytest.mark.parametrize("key", ["ABCD-EFGH-IJKL-MNOQ", "1", "~x", "~1:abc:def", "AAAAAAAAAAAAAAAAA", "%00", "ＡBCD"])
def test_a_wrong_key_is_404(client: Client, message: Message, key: str, action: str) -> None:
    key_of(message)

    assert client.get(f"/en/mine/{key}/{action}").status_code == 404


def test_guessing_is_slow(client: Client, message: Message) -> None:
    key = key_of(message)

    for guess in range(limits.PER_HOUR[limits.WRONG_KEY]):
        assert client.get(f"/en/mine/ABCD-EFGH-IJKL-{guess:04}/").status_code == 404
    assert client.get("/en/mine/ABCD-EFGH-IJKL-QQQQ/").status_code == 429
    assert client.get(f"/en/mine/{key}/").status_code == 200, "a neighbour's typing must not keep a sender out"
    assert client.get("/en/mine/~wrong/stop/").status_code == 429
    assert client.get(f"/en/mine/{key}/", REMOTE_ADDR="192.0.2.5").status_code == 200


def test_the_page_leaves_no_trace(client: Client, message: Message) -> None:
    for language in ("en", "ko"):
        response = client.get(f"/{language}/mine/{key_of(message)}/")

        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in text_of(response)
        assert response["Referrer-Policy"] == "same-origin"
        assert 'href="#x"' not in text_of(response)
    assert "<title>편지</title>" in page(client, message, "ko")


def test_only_a_hash_of_the_key_is_stored(client: Client) -> None:
    message, address = sent(client)
    key = address.split("/")[3].replace("-", "")

    assert key not in str(Message.objects.values().get(pk=message.pk))


def test_the_receipt_says_thank_you_with_the_link(client: Client, message: Message) -> None:
    assert "Thank you, Maria. Your message is with us." in page(client, message, query="?sent=1")
    korean = page(client, message, "ko", "?sent=1")
    assert "Maria 님, 고맙습니다. 편지를 잘 받았습니다." in korean
    assert "이 비밀 주소를 간직해 주십시오." in korean
    assert "Thank you" not in page(client, message)


def test_the_link_can_be_saved_under_a_neutral_name(client: Client, message: Message) -> None:
    response = client.get(f"/ko/mine/{key_of(message)}/key.txt")

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="letter.txt"'
    assert response["Cache-Control"] == "no-store"
    assert "http://testserver/ko/mine/ABCD-EFGH-IJKL-MNOP/" in response.content.decode()


# --- States -----------------------------------------------------------------------------------------------------


def steps(page_text: str) -> list[str]:
    line = regex.search(r'<ol class="line4">.*?</ol>', page_text)
    return regex.findall(r'<li(?: class="(\w+)")?(?: aria-current="step")?>', line[0]) if line else []


STATES = [
    pytest.param(lambda it: it, "waiting to be read", "읽기를 기다리고", ["done", "now", "", ""], id="pending"),
    pytest.param(draft, "waiting to be read", "읽기를 기다리고", ["done", "now", "", ""], id="drafted"),
    pytest.param(approve, "waiting to be read", "읽기를 기다리고", ["done", "now", "", ""], id="approved, not live"),
    pytest.param(ask, "waiting to be read", "읽기를 기다리고", ["done", "now", "", ""], id="asked, not live"),
    pytest.param(decline, "waiting to be read", "읽기를 기다리고", ["done", "now", "", ""], id="declined, not live"),
    pytest.param(
        lambda it: make_live(approve(it)),
        "It was approved",
        "싣기로 하였습니다",
        ["done", "done", "done", "now"],
        id="approved",
    ),
    pytest.param(
        lambda it: publish(approve(it)), "It is published.", "편지가 실렸습니다.", ["done"] * 4, id="published"
    ),
    pytest.param(
        lambda it: make_live(ask(it)), "leave out names", "이름, 장소, 날짜, 길은", ["done", "now", "", ""], id="asked"
    ),
    pytest.param(lambda it: make_live(decline(it)), "insults, mockery", "모욕이나 조롱", [], id="declined"),
    pytest.param(
        lambda it: lifecycle.remove(publish(approve(it)), actor=SafetyLeadFactory(), reason="danger"),
        "We have taken it down.",
        "우리가 편지를 내렸습니다.",
        [],
        id="removed",
    ),
    pytest.param(lifecycle.withdraw, "You took this message back.", "이 편지를 거두셨습니다.", [], id="withdrawn"),
]


@pytest.mark.parametrize(("bring", "english", "korean", "line"), STATES)
def test_each_state_is_told_in_both_languages(
    client: Client, message: Message, bring, english: str, korean: str, line: list[str]
) -> None:
    bring(message)
    message.refresh_from_db()

    assert english in page(client, message)
    assert korean in page(client, message, "ko")
    assert steps(page(client, message)) == line


@pytest.mark.parametrize("decide", [ask, decline])
def test_a_decision_stays_unseen_until_it_takes_effect(client: Client, message: Message, decide) -> None:
    decide(message)

    early = page(client, message)
    for words in ("The village.", "Sorry.", "leave out names", "insults", "We asked you", "We decided"):
        assert words not in early
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        late = page(client, message)
    assert ("The village." in late) or ("Sorry." in late)
    assert ("We asked you to change something." in late) or ("We decided not to publish it." in late)


def test_an_undone_decision_is_never_seen(client: Client, message: Message) -> None:
    lifecycle.undo(decline(message), actor=ModeratorFactory())

    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert "We decided" not in page(client, message)


def test_the_life_line_tells_days_and_hides_the_desk(client: Client, message: Message) -> None:
    with time_machine.travel("2026-03-14 09:30:00+00:00", tick=False):
        told = sent(client)[0]
    draft(told)

    text = page(client, told)
    line = regex.search(r'<ol class="life">.*?</ol>', text)[0]
    assert '<time datetime="2026-03-14">14 March 2026</time> Your message arrived.' in line
    assert "09:30" not in text
    assert line.count("<li>") == 1, "saving a draft is the desk's own"
    assert "2026년 3월 14일" in page(client, told, "ko")


def test_a_published_message_links_to_both_walls(client: Client, message: Message) -> None:
    assert f"m/{message.slug}.html" not in page(client, message)
    publish(approve(message))

    for language in ("en", "ko"):
        text = page(client, message, language)
        assert f'href="../../../en/m/{message.slug}.html"' in text
        assert f'href="../../../ko/m/{message.slug}.html"' in text


@pytest.mark.parametrize("state", Attachment.State)
def test_the_state_of_the_file_is_told(client: Client, message: Message, state: str) -> None:
    Message.objects.filter(pk=message.pk).update(kind="photo")
    reason = "no_picture" if state == "failed" else ""
    Attachment.objects.create(message=message, mime="image/jpeg", size=1000, state=state, reason=reason)

    for language in ("en", "ko"):
        text = page(client, message, language)
        assert f'data-state="{state}"' in text
    if state == "failed":
        assert "There are no pictures in this video." in page(client, message)
        assert "이 영상에는 화면이 없습니다." in text


def test_what_was_typed_is_shown_as_text(client: Client) -> None:
    message, _address = sent(client, body="<img src=x onerror=alert(1)>", name="<b>M</b>", group="<i>4B</i>")

    raw = client.get(f"/en/mine/{key_of(message)}/?sent=1").content.decode()
    for tag in ("<img src=x", "<b>M</b>", "<i>4B</i>"):
        assert tag not in raw
    assert "&lt;img src=x onerror=alert(1)&gt;" in raw


# --- Editing ----------------------------------------------------------------------------------------------------

NEW = {"body": "Mudei de ideia: penso em vocês sempre, todos os dias.", "name": "Ana", "country": "PT"}


def test_a_waiting_message_is_changed_in_place(client: Client, message: Message) -> None:
    response = post(client, message, "edit", **NEW)

    assert response.status_code == 303
    message.refresh_from_db()
    assert (message.original, message.original_name, message.country) == (NEW["body"], "Ana", "PT")
    assert message.status == Status.PENDING
    assert message.agreed() == ["web", "radio"]
    assert "Your change is saved." in text_of(client.get(response["Location"]))


def test_an_answer_brings_an_asked_message_back_to_the_desk(client: Client, message: Message) -> None:
    make_live(ask(message))
    assert "The village." in text_of(client.get(f"/en/mine/{key_of(message)}/edit/"))

    post(client, message, "edit", **NEW)

    message.refresh_from_db()
    assert (message.status, message.original, message.live_at) == (Status.PENDING, NEW["body"], None)


@pytest.mark.parametrize("bring", [approve, lambda it: publish(approve(it))], ids=["not live", "published"])
def test_a_change_of_an_approved_message_waits_and_nothing_unread_is_shown(
    client: Client, message: Message, bring
) -> None:
    bring(message)
    post(client, message, "edit", **NEW)

    message.refresh_from_db()
    assert message.status == Status.APPROVED
    assert message.original != NEW["body"]
    assert message.body_en == DRAFT["body_en"]
    edit = Edit.objects.get()
    assert (edit.status, edit.original, edit.agreed_radio) == (Edit.Status.OPEN, NEW["body"], True)
    assert "Your change is waiting to be read." in page(client, message)
    assert NEW["body"] in text_of(client.get(f"/en/mine/{key_of(message)}/edit/"))


def test_a_refused_change_is_told_once_it_counts(client: Client, message: Message) -> None:
    publish(approve(message))
    post(client, message, "edit", **NEW)
    message.refresh_from_db()
    lifecycle.refuse_edit(
        Edit.objects.get(), moderator=ModeratorFactory(), revision=message.revision, reason="contact", note="A number."
    )

    assert "Your change is waiting" in page(client, message)
    assert "A number." not in page(client, message)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        text = page(client, message)
    assert "Your change was not accepted; the message stays as it was." in text
    assert "telephone numbers" in text
    assert "A number." in text


def test_the_same_words_again_change_nothing(client: Client, message: Message) -> None:
    before = message.revision
    words = services.words_of(message)
    fields = {"body": words.original, "name": words.original_name, "country": "BR", "language": words.language}

    assert post(client, message, "edit", **fields).status_code == 303
    message.refresh_from_db()
    assert message.revision == before


def test_a_refused_change_keeps_what_was_typed(client: Client, message: Message) -> None:
    response = post(client, message, "edit", body="", name="Ana <3", country="PT")

    assert response.status_code == 200
    assert "Write a few words first." in text_of(response)
    assert 'value="Ana <3"' in text_of(response)
    message.refresh_from_db()
    assert message.original_name == "Maria"


def test_a_change_while_the_desk_declines_is_not_lost(client: Client, message: Message) -> None:
    decline(message)

    response = post(client, message, "edit", **NEW)

    assert response.status_code == 200
    assert "Somebody is deciding about your message just now." in text_of(response)
    assert NEW["body"] in text_of(response)


@pytest.mark.parametrize("action", ["edit", "outlets"])
@pytest.mark.parametrize("end", [lambda it: make_live(decline(it)), lifecycle.withdraw])
def test_what_is_over_cannot_be_changed(client: Client, message: Message, action: str, end) -> None:
    end(message)
    message.refresh_from_db()

    assert f'/{action}/"' not in page(client, message)
    assert client.get(f"/en/mine/{KEY}/{action}/").status_code == 303
    assert post(client, message, action, **NEW, use_web="on", use_usb="on").status_code == 303
    message.refresh_from_db()
    assert message.original != NEW["body"]
    assert not message.agreed_usb


# --- Outlets ----------------------------------------------------------------------------------------------------


def test_outlets_can_be_narrowed_at_once(client: Client, message: Message) -> None:
    publish(approve(message, radio=True))

    assert post(client, message, "outlets", use_radio="on").status_code == 303

    message.refresh_from_db()
    assert message.agreed() == ["radio"]
    assert (message.cleared_web, message.cleared_radio) == (False, True)
    assert not message.is_on_wall
    assert not Edit.objects.exists()


def test_outlets_of_a_waiting_message_can_be_widened(client: Client, message: Message) -> None:
    post(client, message, "outlets", use_web="on", use_usb="on")

    message.refresh_from_db()
    assert message.agreed() == ["web", "usb"]
    assert message.status == Status.PENDING


def test_outlets_of_a_published_message_are_widened_by_the_desk(client: Client, message: Message) -> None:
    publish(approve(message))

    post(client, message, "outlets", use_web="on", use_radio="on", use_usb="on")

    message.refresh_from_db()
    assert message.agreed() == ["web", "radio"]
    edit = Edit.objects.get()
    assert edit.agreed_usb
    assert edit.original == message.original
    assert edit.body_ko == DRAFT["body_ko"]
    assert "On the website, on radio and on USB drives." in page(client, message)


def test_a_wish_for_more_can_be_taken_back(client: Client, message: Message) -> None:
    publish(approve(message))
    post(client, message, "outlets", use_web="on", use_radio="on", use_usb="on")
    post(client, message, "outlets", use_web="on", use_radio="on")

    assert not Edit.objects.get().agreed_usb


def test_no_outlet_at_all_suggests_taking_it_back(client: Client, message: Message) -> None:
    response = post(client, message, "outlets")

    assert "Then it could be used nowhere." in text_of(response)
    assert f'href="/en/mine/{receipts.shown(KEY)}/withdraw/"' in text_of(response)
    message.refresh_from_db()
    assert message.agreed() == ["web", "radio"]


# --- Taking back ------------------------------------------------------------------------------------------------


def test_looking_takes_nothing_back(client: Client, message: Message) -> None:
    assert "Take back this message?" in text_of(client.get(f"/en/mine/{key_of(message)}/withdraw/"))
    message.refresh_from_db()
    assert message.status == Status.PENDING


@pytest.mark.media
def test_taking_back_deletes_the_files_with_no_worker(
    client: Client, tmp_path: Path, settings: Settings, django_capture_on_commit_callbacks
) -> None:
    message, _address = sent(client, kind="photo", alt="x", photo=upload(media_samples.jpeg(tmp_path)))
    run_jobs()
    assert message.attachment.renditions.exists()

    with django_capture_on_commit_callbacks(execute=True):
        response = post(client, message, "withdraw")

    assert response.status_code == 303
    message.refresh_from_db()
    assert message.status == Status.WITHDRAWN
    assert [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()] == []
    attachment = Attachment.objects.get()
    assert (attachment.path, attachment.renditions.count()) == ("", 0)
    assert settings.WITHDRAWN_LOG.read_text() == f"{message.slug}\n"
    assert settings.WITHDRAWN_LOG.stat().st_mode & 0o777 == 0o600
    text = page(client, message)
    assert "You took this message back." in text
    assert "<form" not in text
    assert "/edit/" not in text
    assert message.original not in text
    run_jobs()  # repeats it
    assert settings.WITHDRAWN_LOG.read_text() == f"{message.slug}\n"


def test_a_published_message_can_be_taken_back_and_twice_is_once(client: Client, message: Message) -> None:
    publish(approve(message))
    assert "leave the website within a minute" in text_of(client.get(f"/en/mine/{key_of(message)}/withdraw/"))
    assert "cannot be recalled" in text_of(client.get(f"/en/mine/{key_of(message)}/withdraw/"))

    for _time in range(2):
        assert post(client, message, "withdraw").status_code == 303

    assert not Message.objects.on_wall().exists()
    assert message.events.filter(kind="withdrawn").count() == 1
    assert client.get(f"/en/mine/{KEY}/withdraw/").status_code == 303


def test_every_change_needs_our_own_form(message: Message) -> None:
    strict = Client(enforce_csrf_checks=True)

    for action in ("edit", "outlets", "withdraw"):
        assert post(strict, message, action, **NEW).status_code == 403
    message.refresh_from_db()
    assert message.status == Status.PENDING


# --- Links in letters -------------------------------------------------------------------------------------------


def test_a_signed_link_opens_the_page_without_the_key(client: Client, message: Message) -> None:
    contact = ContactFactory(message=message)
    link = receipts.signed_link(contact)

    text = text_of(client.get(f"/en/mine/{link}/"))
    assert "Where it is now" in text
    assert "Keep this private link" not in text
    assert client.get(f"/en/mine/{link}/key.txt").status_code == 404
    assert client.post(f"/en/mine/{link}/edit/", NEW).status_code == 303


def test_a_signed_link_ends_after_thirty_days_or_with_its_contact(client: Client, message: Message) -> None:
    contact = ContactFactory(message=message)
    link = receipts.signed_link(contact)

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert client.get(f"/en/mine/{link}/").status_code == 404
    assert client.get(f"/en/mine/{link[:-1]}x/").status_code == 404
    contact.delete()
    assert client.get(f"/en/mine/{link}/").status_code == 404


def test_letters_are_stopped_with_one_click(message: Message) -> None:
    strict, contact = Client(enforce_csrf_checks=True), ContactFactory(message=message)
    address = f"/ko/mine/{receipts.signed_link(contact)}/stop/"

    assert "그만 받기" in text_of(strict.get(address))
    assert Contact.objects.exists()
    response = strict.post(address, {"List-Unsubscribe": "One-Click"})

    assert "앞으로 소식을 보내지 않습니다." in text_of(response)
    assert not Contact.objects.exists()
    assert strict.get(address).status_code == 404


@pytest.mark.parametrize("page", ["edit", "outlets"])
def test_a_change_that_cannot_be_saved_says_so_and_keeps_the_words(
    client: Client, message: Message, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OperationalError

    address = f"/en/mine/{_give_key(message)}/{page}/"
    monkeypatch.setattr(services, "change_words", fail)
    monkeypatch.setattr(services, "change_outlets", fail)
    response = client.post(address, {"body": "Typed for an hour.", "use_usb": "on"})

    assert "It was not saved. Please try again later." in text_of(response)
    assert page == "outlets" or "Typed for an hour." in text_of(response)


def test_a_key_opens_its_page_while_nothing_can_be_written(
    client: Client, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/en/mine/{_give_key(message)}/"
    cache.clear()
    monkeypatch.setattr(cache, "add", lambda *arguments: False)

    assert client.get(address).status_code == 200
    assert client.get("/en/mine/ABCD-EFGH-IJKL-QQQQ/").status_code == 404


def _give_key(message: Message) -> str:
    Message.objects.filter(pk=message.pk).update(receipt_hash=receipts.hash_of(KEY))
    return receipts.shown(KEY)
