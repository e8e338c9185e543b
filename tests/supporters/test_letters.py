"""Letters to senders: at the right time, in the right language, once."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException

import pytest
import regex
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from messages_site.changes import announce
from supporters import letters, lifecycle, services
from supporters.models import Contact, Event, Letter, Message
from tests.factories import ContactFactory, MessageFactory, ModeratorFactory
from tests.queues import run_jobs
from tests.supporters.sending import sent, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


def written_to(language: str, **fields: object) -> Message:
    """A message whose sender can be reached."""
    return ContactFactory(message=MessageFactory(**fields), language=language).message


def ask(message: Message, reason: str = "danger") -> None:
    message.refresh_from_db()
    lifecycle.ask(message, moderator=ModeratorFactory(), revision=message.revision, reason=reason, note="Hyesan")


def decline(message: Message) -> None:
    message.refresh_from_db()
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason="insult", note="Hyesan")


def show(message: Message) -> None:
    """What the wall does when it has published a message."""
    Event.objects.record(message, Event.Kind.SHOWN, actor=None)
    announce(message.pk, Event.Kind.SHOWN)


def run_jobs_later(minutes: int = 11) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        run_jobs()


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [("en", "About your message", "has arrived"), ("ko", "보내신 편지에 대하여", "편지를 잘 받았습니다.")],
)
def test_a_new_message_is_acknowledged_in_the_language_of_the_pages(
    client: Client, settings: Settings, language: str, subject: str, words: str
) -> None:
    settings.SITE_URL = "https://letters.example"
    message, _address = sent(client, language, email="maria@example.org")
    run_jobs()

    letter = mail.outbox[0]
    assert (letter.to, letter.subject) == (["maria@example.org"], subject)
    assert words in letter.body
    assert message.original not in letter.body
    link = regex.search(rf"https://letters\.example(/{language}/mine/~[^/]+/)\n", letter.body)[1]
    assert client.get(link).status_code == 200
    assert f"https://letters.example{link}stop/" in letter.body
    assert letter.extra_headers["List-Unsubscribe"] == f"<https://letters.example{link}stop/>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter.content_subtype == "plain"
    assert text_of(client.get(f"{link}stop/"))


def test_nothing_is_written_without_an_address(client: Client) -> None:
    message, _address = sent(client)
    ask(message)
    run_jobs_later()

    assert mail.outbox == []
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("decide", "english", "korean"),
    [
        (ask, "ask you to change something", "고쳐 주셨으면 하는 곳이"),
        (decline, "cannot publish it", "실을 수 없습니다"),
    ],
)
def test_a_decision_is_told_when_it_takes_effect(decide, english: str, korean: str) -> None:
    for language, words in (("en", english), ("ko", korean)):
        message = written_to(language)
        decide(message)
        run_jobs()
        assert mail.outbox == []

        run_jobs_later()
        letter = mail.outbox.pop()
        assert words in letter.body
        assert "Hyesan" not in letter.body, "the note of the desk may quote the message"
        assert bool(regex.search("[가-힣]", letter.body)) == (language == "ko")


def test_the_reason_is_told_in_its_words() -> None:
    decline(written_to("ko"))
    run_jobs_later()

    assert "모욕이나 조롱" in mail.outbox[0].body


def test_publication_is_told_once_the_wall_has_published() -> None:
    message = written_to("en", approved=True)
    run_jobs_later()
    assert mail.outbox == []

    show(message)
    run_jobs()

    assert "is now published" in mail.outbox[0].body


def test_an_undone_decision_is_not_told() -> None:
    message = written_to("en")
    decline(message)
    message.refresh_from_db()
    lifecycle.undo(message, actor=ModeratorFactory())
    run_jobs_later()

    assert mail.outbox == []


def test_only_the_last_of_two_decisions_is_told() -> None:
    message = written_to("en")
    decline(message)
    message.refresh_from_db()
    lifecycle.undo(message, actor=ModeratorFactory())
    ask(message)
    run_jobs_later()

    assert ["change something" in letter.body for letter in mail.outbox] == [True]


def test_the_second_question_is_told_too() -> None:
    message = written_to("en")
    for reason in ("danger", "contact"):
        ask(message, reason)
        run_jobs_later()
        message.refresh_from_db()
        lifecycle.answer(message, sent={}, agreed={})

    assert len(mail.outbox) == 2


def test_a_question_answered_before_it_was_told_is_not_told_with_the_next() -> None:
    message = written_to("en")
    ask(message)
    message.refresh_from_db()
    lifecycle.answer(message, sent={}, agreed={})
    ask(message, "contact")
    run_jobs_later()

    assert ["telephone numbers" in letter.body for letter in mail.outbox] == [True]


def test_a_letter_is_written_once_however_often_its_job_runs() -> None:
    message = written_to("en")
    for _time in range(3):
        letters.send(message.pk, "received", 1)

    assert len(mail.outbox) == 1
    assert Letter.objects.count() == 1


def test_a_mail_server_that_is_down_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    message = written_to("en")

    def refuse(*arguments: object, **options: object) -> None:
        raise SMTPException

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        with pytest.raises(SMTPException):
            letters.send(message.pk, "received", 1)
    assert not Letter.objects.exists()

    letters.send(message.pk, "received", 1)
    assert len(mail.outbox) == 1


def test_a_message_taken_back_is_written_about_no_more() -> None:
    message = written_to("en", approved=True)
    show(message)
    services.withdraw(message)
    run_jobs_later()

    assert mail.outbox == []


def test_after_stopping_nothing_is_written() -> None:
    message = written_to("en")
    decline(message)
    services.stop_letters(message.contact)
    run_jobs_later()

    assert mail.outbox == []


def test_news_move_the_day_on_which_the_address_is_forgotten() -> None:
    message = written_to("en")
    before = message.contact.last_news_at
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        letters.send(message.pk, "received", 1)

    assert Contact.objects.get().last_news_at > before + timedelta(days=4)
