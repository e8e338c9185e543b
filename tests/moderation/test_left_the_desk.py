"""Letters that left the desk of the translators: nothing at their address, and no typed word lost."""

from __future__ import annotations

from datetime import timedelta

import polib
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from moderation import roles
from moderation.models import Translation
from moderation.review import kept
from moderation.translating import translations
from supporters import lifecycle
from supporters.lifecycle import CALL_FOR_HELP
from supporters.models import Edit, Message
from tests.factories import MessageFactory, ModeratorFactory, StaffFactory

from .conftest import address, client_of, typed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Status = Message.Status
WORDS = (roles.TRANSLATOR, roles.REVIEWER, roles.NORTHERN_READER)
OPEN, NOTHING = 200, 404
# What became of a letter with open work on all its texts, and whether people of the translation desk still open it.
STATES = {
    "pending": ({}, OPEN),
    "asked a moment ago": ({"status": Status.ASKED, "minutes": 5}, OPEN),
    "asked": ({"status": Status.ASKED}, NOTHING),
    "approved": ({"status": Status.APPROVED}, OPEN),
    "declined a moment ago": ({"status": Status.DECLINED, "minutes": 5}, NOTHING),
    "declined": ({"status": Status.DECLINED}, NOTHING),
    "call for help": ({"status": Status.DECLINED, "is_call_for_help": True}, NOTHING),
    "removed": ({"status": Status.REMOVED}, NOTHING),
    "withdrawn": ({"status": Status.WITHDRAWN}, NOTHING),
    "hidden": ({"status": Status.APPROVED, "is_hidden": True}, NOTHING),
    "hidden while it waits": ({"is_hidden": True}, NOTHING),
}


def worked_on(*, rows: bool = True, **fields: object) -> Message:
    message = MessageFactory(body_ko="안녕하십니까.", original="Olá.")
    for language, state in (("ko", "draft"), ("en", "ready"), ("kp", "draft")) if rows else ():
        other = StaffFactory()
        Translation.objects.create(message=message, language=language, state=state, text="글", translator=other)
    minutes = fields.pop("minutes", -5)
    Message.objects.filter(pk=message.pk).update(live_at=timezone.now() + timedelta(minutes=minutes), **fields)
    message.refresh_from_db()
    return message


def sent(action: str, **fields: object) -> dict[str, object]:
    texts = {"body_ko": "이 글", "body_en": "This text", "body_kp": "이 글"}
    return {"action": action, "revision": "ko:1 en:1 kp:1", "note": "Why", "reason": "language", **texts, **fields}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", WORDS)
def test_a_letter_is_open_to_the_translation_desk_only_as_long_as_it_is_their_work(role: str, state: str) -> None:
    fields, status = STATES[state]
    message, user = worked_on(**fields), StaffFactory(role=role)
    client, before = client_of(user), list(Translation.objects.order_by("pk").values())

    for path in (address(message), f"/admin/desk/translate/{message.slug}/"):
        assert client.get(path).status_code == status
        if status == NOTHING:
            actions = ("claim", "save", "ready", "cannot", "reviewed", "send_back", "insert", "request")
            assert {client.post(path, sent(action)).status_code for action in actions} == {NOTHING}
    if status == NOTHING:
        assert list(Translation.objects.order_by("pk").values()) == before
        assert message.slug not in client.get("/admin/desk/translate/").content.decode()
        work, name = taken_along(client), f"{message.slug}/ko/1"
        assert message.slug not in work
        assert "This text is not, or no longer, among your work." in brought_back(client, name) or not work


def taken_along(client: Client) -> str:
    """The work files of a person; empty when they may not take any."""
    files = [client.get(f"/admin/desk/translate/work.po?pair={pair}") for pair in ("pt-ko", "pt-en", "ko-kp")]
    return "".join(file.content.decode() for file in files if file.status_code == OPEN)


def brought_back(client: Client, name: str) -> str:
    file = polib.POFile()
    file.append(polib.POEntry(msgctxt=name, msgid="Olá.", msgstr="새 글"))
    upload = SimpleUploadedFile("letters.po", str(file).encode())
    return client.post("/admin/desk/translate/file/", {"file": upload}).content.decode()


@pytest.mark.parametrize("state", STATES)
def test_a_northern_wording_is_asked_for_only_of_letters_one_may_read(state: str) -> None:
    fields, status = STATES[state]
    message = worked_on(rows=False, **fields)
    path = f"/admin/desk/translate/{message.slug}/"
    reviewer, moderator = client_of(StaffFactory(role=roles.REVIEWER)), client_of(ModeratorFactory())

    # What nobody sent to the translators is the moderators' alone until it is approved.
    assert reviewer.get(path).status_code == (OPEN if state == "approved" else NOTHING)
    assert moderator.get(path).status_code == (OPEN if state in ("approved", "pending") else NOTHING)
    if status == NOTHING:
        for client in (reviewer, moderator):
            assert client.post(path, {"action": "request", "revision": "0"}).status_code == NOTHING
        assert not Translation.objects.exists()


# --- What was typed -------------------------------------------------------------------------------------------------


@pytest.fixture
def sora(db: None) -> User:
    return StaffFactory(role=roles.TRANSLATOR, username="sora", first_name="Sora")


def left(message: Message, how: str, mina: User) -> None:
    message.refresh_from_db()
    if how == "withdrawn":
        lifecycle.withdraw(message)
    else:
        reason = CALL_FOR_HELP if how == "help" else "names"
        lifecycle.decline(message, moderator=mina, revision=message.revision, reason=reason)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("withdrawn", "Its sender took this message back."),
        ("declined", "It was declined."),
        ("help", "This text is no longer among your work."),
    ],
)
def test_typed_words_come_back_once_and_nobody_elses(mina: User, sora: User, how: str, sentence: str) -> None:
    message = MessageFactory(original="Olá do norte.", original_name="Ines")
    translations.request(message, by=mina)
    form = sent("save", body_ko="내가 옮긴 글", body_en="Olá do norte.", kept_for=kept.mark(message.slug, sora.pk))
    left(message, how, mina)

    answer = client_of(sora).post(address(message), form)

    text = answer.content.decode()
    assert answer.status_code == 410
    assert sentence in text
    assert "내가 옮긴 글" in text
    assert "Olá" not in text, "what the field began with are the words of somebody else"
    assert "Ines" not in text
    assert ("danger" in text, "help" in text.lower()) == (False, False)
    for stranger in (StaffFactory(role=roles.TRANSLATOR), ModeratorFactory()):
        again = client_of(stranger).post(f"/admin/desk/translate/{message.slug}/", form)
        assert again.status_code == NOTHING, "the page was never shown to them"


def test_words_typed_before_the_session_ended_come_back_too(mina: User, sora: User) -> None:
    message, client = MessageFactory(), client_of(sora)
    translations.request(message, by=mina)
    form = sent("save", body_ko="밤새 옮긴 글", kept_for=kept.mark(message.slug, sora.pk))
    client.logout()
    client.post(address(message), form)
    left(message, "declined", mina)

    client.force_login(sora)

    assert "밤새 옮긴 글" in client.get(address(message)).content.decode()
    assert client.get(address(message)).status_code == NOTHING, "once"


def test_words_for_a_change_that_was_decided_are_not_lost(mina: User, sora: User) -> None:
    message = MessageFactory(approved=True)
    Translation.objects.create(message=message, language="ko", state="reviewed", text=message.body_ko)
    edit = lifecycle.propose_edit(message, sent={"original": "Uma palavra nova."}, agreed={})
    translations.request(edit, by=mina, languages=["en"])
    lifecycle.refuse_edit(edit, moderator=mina, revision=edit.message.revision, reason="names")
    form = {
        "action": "ready",
        "revision": "en:1",
        "body_en": "A new word.",
        "kept_for": kept.mark(message.slug, sora.pk),
    }

    answer = client_of(sora).post(address(message), form)

    assert answer.status_code == 410
    assert "A new word." in answer.content.decode()
    assert Edit.objects.get().status == Edit.Status.REFUSED


def test_a_moderator_who_was_slower_keeps_the_own_words_of_a_call_for_help(desk: Client, mina: User, jin: User) -> None:
    message = MessageFactory(original="Olá, socorro.", language="en")
    form = typed(message, "save", body_en="Olá, socorro.", body_ko="내 글", kept_for=kept.mark(message.slug, mina.pk))
    lifecycle.decline(message, moderator=jin, revision=message.revision, reason=CALL_FOR_HELP)

    answer = desk.post(address(message), form)

    assert answer.status_code == 410
    assert "내 글" in answer.content.decode()
    assert "socorro" not in answer.content.decode()
    form.pop("kept_for")
    assert desk.post(address(message), form).status_code == NOTHING
