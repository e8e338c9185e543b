"""What is forgotten, and when."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from supporters import lifecycle, retention, services, uploads
from supporters.models import Attachment, Contact, Edit, Event, Message, Upload
from tests import disk, media_samples
from tests.factories import AttachmentFactory, ContactFactory, MessageFactory, ModeratorFactory
from tests.queues import run_jobs
from tests.supporters.sending import hidden, send, text_of, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]


def files(settings: Settings) -> list[Path]:
    return [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()]


def age(path: Path, hours: int) -> Path:
    then = timezone.now().timestamp() - hours * 3600
    os.utime(path, (then, then))
    return path


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_uploads_without_their_form_go_after_a_day(client: Client, tmp_path: Path, settings: Settings) -> None:
    photo = upload(media_samples.jpeg(tmp_path))
    send(client, kind="photo", alt="A tree", photo=photo, step="preview")
    assert len(files(settings)) > 1

    assert retention.purge()["uploads"] == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert retention.purge()["uploads"] == 1

    assert files(settings) == []
    assert not Upload.objects.exists()


def test_a_file_a_message_took_over_survives_its_upload(client: Client, tmp_path: Path) -> None:
    form = send(client, kind="photo", alt="", photo=upload(media_samples.jpeg(tmp_path)))
    kept = uploads.find(hidden(form)["upload"])
    send(client, kind="photo", alt="A tree", upload=kept.token)

    uploads.discard(kept)  # late, with the row as it was before

    assert disk.original(Attachment.objects.get()).exists()


def test_addresses_go_ninety_days_after_the_last_news() -> None:
    now = timezone.now()
    ContactFactory(last_news_at=now - timedelta(days=91))
    recent = ContactFactory(last_news_at=now - timedelta(days=89))

    assert retention.purge()["contacts"] == 1
    assert Contact.objects.get() == recent


@pytest.fixture
def taken_back(settings: Settings) -> Message:
    settings.AFTER_CHANGE = [
        *settings.AFTER_CHANGE,
        "moderation.translating.translations.changed",
        "moderation.hinting.flags.changed",
    ]
    message = MessageFactory(
        approved=True,
        original="quondam words",
        original_name="quondam name",
        original_alt="quondam words",
        own_ko="quondam words",
        group="quondam group",
        body_kp="quondam words",
        body_ko="quondam words",
        body_en="quondam words",
        alt_ko="quondam words",
        alt_en="quondam words",
        name_en="quondam name",
        note="quondam words",
        transcript="quondam words",
        credit_ko="quondam name",
    )
    lifecycle.propose_edit(message, sent={"original": "quondam edit"}, agreed={})
    message.translations.create(language="kp", text="quondam words", note="quondam words")
    ContactFactory(message=message, email="quondam@example.org")
    AttachmentFactory(message=message, path="originals/quondam")
    write(settings.PRIVATE_ROOT / "originals" / "quondam")
    services.withdraw(message)
    return message


def test_withdrawn_words_are_erased_after_seven_days(taken_back: Message, settings: Settings) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        assert retention.purge()["withdrawn"] == 0
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert retention.purge()["withdrawn"] == 1
        assert retention.purge()["withdrawn"] == 0

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert "quondam" not in str(cursor.fetchall()), table
    taken_back.refresh_from_db()
    assert taken_back.erased_at is not None
    assert taken_back.country == "ZZ"
    assert not Edit.objects.exists()
    assert not Attachment.objects.exists()
    assert files(settings) == []
    assert Event.objects.broken_links(taken_back) == []
    assert Message.objects.filter(slug=taken_back.slug).exists()


def test_an_erased_message_still_has_a_private_page(client: Client, taken_back: Message) -> None:
    from supporters import receipts

    Message.objects.filter(pk=taken_back.pk).update(receipt_hash=receipts.hash_of("A" * 16))
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        retention.purge()

    assert "You took this message back." in text_of(client.get(f"/en/mine/{'A' * 16}/"))


def test_the_log_of_withdrawals_has_each_slug_once(taken_back: Message, settings: Settings) -> None:
    settings.WITHDRAWN_LOG.write_text("aaaaaaaaaaaa\n")

    run_jobs()
    retention.finish_withdrawal(taken_back.pk)

    assert settings.WITHDRAWN_LOG.read_text() == f"aaaaaaaaaaaa\n{taken_back.slug}\n"


def test_only_withdrawn_messages_are_finished_off(settings: Settings) -> None:
    retention.finish_withdrawal(MessageFactory(approved=True).pk)

    assert not settings.WITHDRAWN_LOG.exists()


def test_a_question_unanswered_for_sixty_days_ends_the_message() -> None:
    message = MessageFactory()
    lifecycle.ask(message, moderator=ModeratorFactory(), revision=message.revision, reason="danger")

    with time_machine.travel(timezone.now() + timedelta(days=59)):
        assert retention.purge()["unanswered"] == 0
    with time_machine.travel(timezone.now() + timedelta(days=61)):
        assert retention.purge()["unanswered"] == 1

    message.refresh_from_db()
    assert message.status == Message.Status.DECLINED
    assert message.events.last().reason == "no_answer"


def test_files_without_a_row_go_after_a_day(settings: Settings) -> None:
    kept = AttachmentFactory(path="originals/known", size=1)
    known = age(write(disk.originals() / "known"), 48)
    strays = [
        age(write(disk.originals() / "stray"), 25),
        age(write(Path(settings.FILE_UPLOAD_TEMP_DIR) / "tmp.upload"), 25),
    ]
    strays.append(write(settings.PRIVATE_ROOT / "work" / "gone-1" / "640.jpg"))
    age(strays[-1].parent, 25)
    for name in ("renditions/gone/640.jpg", "previews/gone.jpg", "masters/gone"):
        strays.append(age(write(settings.PRIVATE_ROOT / name), 25))
    kept.renditions.create(name="640.jpg", mime="image/jpeg", bytes=1, sha256="0" * 64)
    rendition = age(write(disk.folder(kept) / "640.jpg"), 48)
    fresh = write(disk.originals() / "fresh")

    retention.purge_daily()
    assert all(path.exists() for path in strays), "that may take its time, and is a job of its own"
    run_jobs()

    assert [path for path in strays if path.exists()] == []
    assert known.exists()
    assert rendition.exists()
    assert fresh.exists()


def test_originals_whose_job_was_lost_go_with_the_purge(settings: Settings) -> None:
    attachment = AttachmentFactory(message=MessageFactory(declined=True), path="originals/old")
    path = write(settings.PRIVATE_ROOT / "originals" / "old")

    assert retention.purge()["originals"] == 1
    assert not path.exists()
    attachment.refresh_from_db()
    assert attachment.path == ""


def test_the_command_prints_one_line_of_counts(capsys: pytest.CaptureFixture[str]) -> None:
    ContactFactory(last_news_at=timezone.now() - timedelta(days=91))

    call_command("purge")

    assert capsys.readouterr().out == (
        "uploads: 0, contacts: 1, withdrawn: 0, unanswered: 0, originals: 0,"
        " stray: 0, left: 0, restored: 0, offered: 0, failed: 0, forgotten: 0\n"
    )
