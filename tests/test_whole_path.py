"""One letter through all rooms: what one room announces reaches the next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from supporters import attachments, lifecycle
from supporters.models import Attachment, Event, Message
from tests import disk, media_samples
from tests.factories import ModeratorFactory
from tests.queues import run_jobs
from tests.supporters.sending import sent, upload

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.media]
CHECKS = lifecycle.CHECKS


def approve(message: Message) -> None:
    moderator = ModeratorFactory()
    texts = {"body_ko": "오늘도 생각합니다.", "body_en": "Thinking of you.", "alt_ko": "네모", "alt_en": "Fields"}
    lifecycle.save_texts(message, actor=moderator, revision=message.revision, texts=texts, cleared={"web": True})
    lifecycle.approve(message, moderator=moderator, revision=message.revision, checks=CHECKS)


def pages(slug: str) -> list[Path]:
    return [settings.TREE_ROOT / language / "m" / f"{slug}.html" for language in ("ko", "en")]


def published_photo(client: Client, tmp_path: Path) -> tuple[Message, str]:
    photo = upload(media_samples.jpeg_full_of_metadata(tmp_path))
    message, address = sent(client, "ko", kind="photo", photo=photo, alt="Four fields", email="maria@example.org")
    run_jobs()
    message.refresh_from_db()
    approve(message)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()
    message.refresh_from_db()
    return message, address


def test_photo_is_published_and_its_sender_told(client: Client, tmp_path: Path) -> None:
    message, _address = published_photo(client, tmp_path)

    assert all(path.exists() for path in pages(message.slug))
    assert message.wall_number is not None
    assert len(list((settings.TREE_ROOT / "media" / message.attachment.token).iterdir())) >= 4
    assert [letter.to for letter in mail.outbox] == [["maria@example.org"]] * 2
    kinds = list(message.events.values_list("kind", flat=True))
    assert kinds == ["received", "converted", "saved", "approved", "shown"]
    assert Event.objects.broken_links(message) == []


def test_original_is_deleted_once_the_decision_is_final(client: Client, tmp_path: Path) -> None:
    others = set(disk.originals().glob("*"))

    message, _address = published_photo(client, tmp_path)

    assert Attachment.objects.get(message=message).path == ""
    assert set(disk.originals().glob("*")) <= others


def test_taking_back_removes_everything_in_the_request(client: Client, tmp_path: Path) -> None:
    message, address = published_photo(client, tmp_path)
    public = settings.TREE_ROOT / "media" / message.attachment.token
    private = disk.folder(message.attachment)
    OrmQ.objects.all().delete()

    with time_machine.travel(timezone.now() + timedelta(minutes=12)):
        answer = client.post(f"{address}withdraw/")

        assert answer.status_code == 303
        assert not public.exists()
        assert not private.exists()
        assert not any(path.exists() for path in pages(message.slug))
        assert client.get(f"/ko/m/{message.slug}.html").status_code == 410
        assert message.slug not in (settings.TREE_ROOT / "ko" / "index.html").read_text()
        assert message.slug in settings.WITHDRAWN_LOG.read_text()
        run_jobs()
    assert not attachments.Rendition.objects.filter(attachment__message=message).exists()


def test_withdrawn_before_it_was_public_was_never_there(client: Client) -> None:
    message, address = sent(client, "en")
    approve(message)
    client.post(f"{address}withdraw/")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()

        assert client.get(f"/en/m/{message.slug}.html").status_code == 404
    message.refresh_from_db()
    assert message.wall_number is None
