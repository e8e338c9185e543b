"""Sending a photo, a video or a voice: kept between the steps, refused with a reason, never lost or left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import regex
import time_machine
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from PIL import Image
from pytest_django import Settings

from supporters import limits, media, refusals, uploads
from supporters.models import Attachment, Message, Upload
from tests import disk, media_samples
from tests.queues import run_jobs
from tests.supporters.sending import errors, filled, hidden, send, sent, text_of, upload

pytestmark = [pytest.mark.django_db, pytest.mark.media, pytest.mark.usefixtures("own_folders")]

PHOTO = {"kind": "photo", "alt": "A red tree"}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return media_samples.jpeg(tmp_path)


def large_jpeg(folder: Path) -> Path:
    """Noise: too large to be kept in memory on its way in."""
    path = folder / "noise.jpg"
    Image.effect_noise((800, 600), 120).convert("RGB").save(path, quality=95)
    return path


def private_files(settings: Settings) -> list[Path]:
    """Everything that lies in the private folder or on its way there."""
    folders = (settings.PRIVATE_ROOT, settings.FILE_UPLOAD_TEMP_DIR)
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_a_photo_sent_at_once_becomes_an_attachment_with_a_job(client: Client, photo: Path, settings: Settings) -> None:
    message, _address = sent(client, photo=upload(photo), **PHOTO)

    attachment = message.attachment
    assert (attachment.state, attachment.mime, attachment.size) == ("received", "image/jpeg", photo.stat().st_size)
    assert message.original_alt == "A red tree"
    original = disk.original(attachment)
    assert original.read_bytes() == photo.read_bytes()
    assert original.suffix == ""
    assert original.stat().st_mode & 0o777 == 0o600
    assert private_files(settings) == [original]
    job = SignedPackage.loads(OrmQ.objects.get().payload)
    assert (job["func"], job["args"]) == ("supporters.attachments.process", (attachment.pk,))
    assert not Upload.objects.exists()


def test_the_file_is_kept_from_preview_to_send(client: Client, photo: Path, settings: Settings) -> None:
    preview = send(client, photo=upload(photo), step="preview", **PHOTO)
    kept = Upload.objects.get()
    assert hidden(preview)["upload"] == kept.token
    assert f'src="../send/file/{kept.token}/"' in text_of(preview)

    response = client.post("/en/send/", hidden(preview) | {"language": "en", "step": "send"})

    assert response.status_code == 303
    attachment = Attachment.objects.get()
    assert disk.original(attachment).read_bytes() == photo.read_bytes()
    assert not Upload.objects.exists()


def test_the_preview_picture_is_a_clean_copy_for_its_token_only(client: Client, tmp_path: Path) -> None:
    preview = send(client, photo=upload(media_samples.jpeg_full_of_metadata(tmp_path)), step="preview", **PHOTO)
    token = hidden(preview)["upload"]

    response = client.get(f"/en/send/file/{token}/")

    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert response["Cache-Control"] == "no-store"
    data = b"".join(response.streaming_content)
    assert not [secret for secret in media_samples.SECRETS if secret in data]
    assert client.get("/en/send/file/aaaaaaaaaaaaaaaaaaaaaaaaaa/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert client.get(f"/en/send/file/{token}/").status_code == 404


def test_the_preview_picture_goes_when_the_message_is_sent(
    client: Client, photo: Path, settings: Settings, django_capture_on_commit_callbacks
) -> None:
    preview = send(client, photo=upload(photo), step="preview", **PHOTO)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/en/send/", hidden(preview) | {"language": "en", "step": "send"})

    assert private_files(settings) == [disk.original(Attachment.objects.get())]
    assert client.get(f"/en/send/file/{hidden(preview)['upload']}/").status_code == 404


def test_a_refused_form_keeps_the_file_and_tells_its_size_not_its_name(client: Client, photo: Path) -> None:
    response = send(client, photo=upload(photo, "Holiday in Hyesan.jpg"), kind="photo", alt="")

    page = text_of(response)
    assert errors(response) == ["Say in one sentence what is in the photo."]
    assert regex.search(r"Your file \(\d+ KB\) is kept", page)
    assert "Hyesan" not in page
    again = client.post("/en/send/", filled(upload=hidden(response)["upload"], **PHOTO))
    assert again.status_code == 303


def test_another_file_takes_the_place_of_the_kept_one(
    client: Client, photo: Path, tmp_path: Path, settings: Settings
) -> None:
    first = send(client, photo=upload(photo), kind="photo", alt="")
    other = media_samples.png(tmp_path)
    second = send(client, photo=upload(other), kind="photo", alt="", upload=hidden(first)["upload"])

    assert Upload.objects.get().token == hidden(second)["upload"] != hidden(first)["upload"]
    assert [path.read_bytes() for path in private_files(settings)] == [other.read_bytes()]


def test_the_kept_file_can_be_taken_out(client: Client, photo: Path, settings: Settings) -> None:
    form = send(client, photo=upload(photo), kind="photo", alt="")
    response = client.post("/en/send/", filled(step="remove", upload=hidden(form)["upload"], **PHOTO))

    assert errors(response) == []
    assert "A red tree" in text_of(response)
    assert "upload" not in hidden(response)
    assert private_files(settings) == []


def test_a_file_of_another_kind_is_ignored_and_forgotten(client: Client, photo: Path, settings: Settings) -> None:
    form = send(client, photo=upload(photo), kind="photo", alt="")
    token = hidden(form)["upload"]

    assert "Choose a video first." in errors(send(client, kind="video", upload=token))
    message, _address = sent(client, kind="text", upload=token)

    assert not hasattr(message, "attachment")
    assert private_files(settings) == []


def test_an_expired_or_foreign_token_is_no_file(client: Client, photo: Path) -> None:
    form = send(client, photo=upload(photo), kind="photo", alt="")

    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert errors(send(client, upload=hidden(form)["upload"], **PHOTO)) == ["Choose a photo first."]
    assert errors(send(client, upload="../../secret-key", **PHOTO)) == ["Choose a photo first."]


def test_one_kept_file_makes_one_message(client: Client, photo: Path) -> None:
    form = send(client, photo=upload(photo), kind="photo", alt="")
    token = hidden(form)["upload"]
    sent(client, upload=token, **PHOTO)

    assert errors(send(client, upload=token, **PHOTO)) == ["Choose a photo first."]
    assert Message.objects.count() == 1


def test_a_doubled_post_with_a_file_leaves_nothing_behind(client: Client, photo: Path, settings: Settings) -> None:
    form = filled(**PHOTO)
    for _time in range(2):
        assert client.post("/en/send/", form | {"photo": upload(photo)}).status_code == 303

    assert private_files(settings) == [disk.original(Attachment.objects.get())]


def test_videos_and_voices_need_no_words_and_go_to_the_media_queue(client: Client, tmp_path: Path) -> None:
    voice, _address = sent(client, kind="voice", body="", voice=upload(media_samples.ogg(tmp_path)))

    assert voice.attachment.mime == "audio/ogg"
    assert voice.language == "und"
    assert OrmQ.objects.get().key == "media"


REFUSALS = [
    pytest.param("photo", media_samples.empty, "empty", id="empty"),
    pytest.param("photo", media_samples.text, "wrong_kind", id="text"),
    pytest.param("photo", media_samples.svg, "wrong_kind", id="drawing with script"),
    pytest.param("photo", media_samples.png_bomb, "too_large", id="bomb"),
    pytest.param("photo", media_samples.mp4, "wrong_kind", id="video as photo"),
    pytest.param("video", media_samples.jpeg, "wrong_kind", id="photo as video"),
    pytest.param("video", media_samples.sound_only_mp4, "no_picture", id="video without pictures"),
    pytest.param("voice", media_samples.empty_wav, "no_sound", id="voice of no seconds"),
]


@pytest.mark.parametrize(("kind", "make", "code"), REFUSALS)
def test_a_refused_file_has_a_reason_and_nothing_is_lost_or_left(
    client: Client, tmp_path: Path, settings: Settings, kind: str, make, code: str
) -> None:
    path = make(tmp_path)
    for language in ("en", "ko"):
        response = send(client, language, step="preview", kind=kind, alt="x", **{kind: upload(path)})

        assert response.status_code == 200
        with translation.override(language):
            assert errors(response) == [str(refusals.refusal(code, kind))]
        assert "Penso em vocês" in text_of(response)
    assert private_files(settings) == []
    assert not Upload.objects.exists()


def test_a_torn_photo_is_refused_at_its_preview(client: Client, tmp_path: Path, settings: Settings) -> None:
    torn = SimpleUploadedFile("torn.jpg", large_jpeg(tmp_path).read_bytes()[:100_000])
    response = send(client, step="preview", photo=torn, **PHOTO)

    assert errors(response) == [str(refusals.refusal("unreadable", "photo"))]
    assert private_files(settings) == []


@pytest.mark.parametrize(("kind", "limit"), [("photo", 20), ("video", 200), ("voice", 200)])
def test_a_file_over_the_limit_is_told_both_numbers(kind: str, limit: int) -> None:
    sentence = refusals.refusal("too_large", kind, size=limit * 1_000_000 + 1).sentence

    assert sentence == f"This file is {limit + 1} MB; the limit is {limit} MB."


def test_a_photo_of_20_mb_and_a_byte_is_refused(client: Client, settings: Settings) -> None:
    large = SimpleUploadedFile("large.jpg", b"\xff\xd8\xff" + bytes(20_000_000))

    assert errors(send(client, photo=large, **PHOTO))[0].startswith("This file is 21 MB; the limit is 20 MB.")
    assert private_files(settings) == []


def test_every_refusal_has_words_in_both_languages() -> None:
    for language in ("en", "ko"):
        with translation.override(language):
            for code in media.REASONS:
                for kind in media.KINDS:
                    words = refusals.refusal(code, kind)
                    assert words.sentence
                    assert words.advice
                    assert bool(regex.search(r"[가-힣]", words.sentence)) == (language == "ko")


def test_trouble_of_ours_with_a_file_is_not_blamed_on_it(
    client: Client, photo: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*arguments: object) -> None:
        raise media.SandboxFailed(1, "", 0.0)

    monkeypatch.setattr(uploads.media, "inspect", fail)

    response = send(client, photo=upload(photo), **PHOTO)
    assert errors(response) == ["We could not store or prepare this file. Please try again later."]
    assert private_files(settings) == []


def test_a_full_disk_while_a_file_comes_in_keeps_the_words(client: Client, tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "no such folder"
    large = large_jpeg(tmp_path)
    assert large.stat().st_size > settings.FILE_UPLOAD_MAX_MEMORY_SIZE

    response = send(client, photo=upload(large), **PHOTO)

    assert response.status_code == 503
    assert "It was not saved. Please try again later." in text_of(response)
    assert "Penso em vocês" in text_of(response)
    assert not Message.objects.exists()


def test_a_disk_that_fills_up_half_way_keeps_the_words(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    on_a_full_disk = File(Path("/dev/full").open("wb"))  # noqa: SIM115 - the handler closes it
    monkeypatch.setattr("django.core.files.uploadhandler.TemporaryUploadedFile", lambda *_arguments: on_a_full_disk)
    response = send(client, photo=upload(large_jpeg(tmp_path)), **PHOTO)

    assert response.status_code == 503
    assert "Penso em vocês" in text_of(response)


def test_a_disk_that_is_full_for_originals_keeps_the_words(client: Client, photo: Path, settings: Settings) -> None:
    settings.PRIVATE_ROOT.rmdir()
    settings.PRIVATE_ROOT.write_text("in the way")

    response = send(client, photo=upload(photo), **PHOTO)
    assert response.status_code == 503
    assert "Penso em vocês" in text_of(response)


def test_large_files_are_moved_and_not_copied(client: Client, tmp_path: Path, settings: Settings) -> None:
    large = large_jpeg(tmp_path)
    message, _address = sent(client, photo=upload(large), **PHOTO)

    assert message.attachment.size == large.stat().st_size
    assert disk.original(message.attachment).read_bytes() == large.read_bytes()
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
    assert disk.original(message.attachment).stat().st_mode & 0o777 == 0o600


def test_uploads_are_limited(client: Client, monkeypatch: pytest.MonkeyPatch, photo: Path) -> None:
    monkeypatch.setitem(limits.PER_HOUR, limits.UPLOAD, 2)

    for status in (200, 200, 429):
        assert send(client, photo=upload(photo), kind="photo", alt="").status_code == status


def test_from_form_to_renditions(client: Client, tmp_path: Path) -> None:
    message, address = sent(client, photo=upload(media_samples.heic(tmp_path)), **PHOTO)
    assert 'data-state="received"' in text_of(client.get(address))

    run_jobs()

    assert 'data-state="ready"' in text_of(client.get(address))
    names = {item.name for item in message.attachment.renditions.all()}
    assert "320.webp" in names
    for item in message.attachment.renditions.all():
        with Image.open(disk.rendition(item)) as picture:
            assert picture.size == (item.width, item.height)


def test_a_file_that_was_taken_meanwhile_is_asked_for_again(
    client: Client, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = send(client, photo=upload(photo), kind="photo", alt="")
    taken = uploads.find(hidden(form)["upload"])
    sent(client, upload=taken.token, **PHOTO)
    monkeypatch.setattr(uploads, "find", lambda _token: taken)  # as another request read it a moment before

    response = send(client, upload=taken.token, **PHOTO)

    assert errors(response) == ["Your file is not kept any more. Please choose it once more."]
    assert "upload" not in hidden(response)
    assert Message.objects.count() == 1


def test_words_that_are_no_token_are_not_looked_for(django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(0):
        assert uploads.find("\0") is None
        assert uploads.find("a" * 27) is None


def test_too_many_files_keep_the_words_and_the_file_kept_before(
    client: Client, monkeypatch: pytest.MonkeyPatch, photo: Path
) -> None:
    monkeypatch.setitem(limits.PER_HOUR, limits.UPLOAD, 1)
    first = send(client, photo=upload(photo), **PHOTO | {"step": "preview"})
    response = send(
        client, photo=upload(photo), upload=hidden(first)["upload"], **PHOTO | {"step": "preview", "body": "Typed."}
    )

    assert response.status_code == 429
    assert "Typed." in text_of(response)
    assert hidden(response)["upload"] == hidden(first)["upload"]
