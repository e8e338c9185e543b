"""`/uploads/` by the text of the tus protocol 1.0.0, and what this site asks of it besides."""

from __future__ import annotations

import base64
import os
import random
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
import time_machine
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from messages_site import front, logs
from supporters import limits, media, pieces, resumable, retention, room, services, storing, uploads
from supporters.models import Message, Upload
from tests import disk, media_samples
from tests.supporters.sending import errors, filled, hidden, sent, text_of, upload

pytestmark = [pytest.mark.django_db, pytest.mark.media, pytest.mark.usefixtures("own_folders")]

PIECE = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def photo(tmp_path: Path) -> bytes:
    """A JPEG of more than the bytes that are looked at first."""
    return media_samples.jpeg(tmp_path).read_bytes() + bytes(9000)


def metadata(**told: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())


def create(client: Client, size: int | str, told: str = "", **headers: str) -> HttpResponse:
    asked = {**TUS, "Upload-Length": str(size), **headers} | ({"Upload-Metadata": told} if told else {})
    return client.generic("POST", "/uploads/", headers=asked)


def patch(client: Client, address: str, data: bytes, at: int | str, **headers: str) -> HttpResponse:
    return client.generic("PATCH", address, data, PIECE, headers={**TUS, "Upload-Offset": str(at), **headers})


def head(client: Client, address: str) -> HttpResponse:
    return client.head(address, headers=TUS)


def begun(client: Client, size: int, **told: str) -> str:
    """The address of a new upload."""
    answer = create(client, size, metadata(**told))
    assert answer.status_code == 201, answer.content
    return answer["Location"]


def arrived(client: Client, data: bytes, **told: str) -> str:
    """The token of an upload all of whose bytes are there."""
    address = begun(client, len(data), **told)
    assert patch(client, address, data, 0).status_code == 204
    return address.rpartition("/")[2]


def look(client: Client, token: str, **fields: str) -> HttpResponse:
    return client.post(f"/en/send/file/{token}/", fields)


def files(settings: Settings) -> list[Path]:
    return [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()]


# --- The protocol -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_file_in_three_pieces(client: Client, photo: bytes, slash: str, settings: Settings) -> None:
    answer = create(client, len(photo), metadata(kind="photo"))
    address = answer["Location"] + slash
    assert (answer.status_code, answer["Tus-Resumable"]) == (201, "1.0.0")
    upload = Upload.objects.get()
    assert address.strip("/") == f"uploads/{upload.token}"
    assert head(client, address)["Upload-Offset"] == "0"

    for begin, end in ((0, 100), (100, 9000), (9000, len(photo))):
        answer = patch(client, address, photo[begin:end], begin)
        assert (answer.status_code, answer["Upload-Offset"], answer["Tus-Resumable"]) == (204, str(end), "1.0.0")
        assert parsedate_to_datetime(answer["Upload-Expires"]) == upload.expires_at.replace(microsecond=0)
        asked = head(client, address)
        assert (asked.status_code, asked["Upload-Offset"], asked["Upload-Length"]) == (200, str(end), str(len(photo)))
        assert asked["Cache-Control"] == "no-store"

    upload.refresh_from_db()
    assert [path.read_bytes() for path in files(settings)] == [photo]
    assert (settings.PRIVATE_ROOT / upload.path).stat().st_mode & 0o777 == 0o600
    assert upload.token not in upload.path


def test_what_the_server_can_do_is_told_without_a_version(client: Client) -> None:
    answer = client.options("/uploads/", headers={"Tus-Resumable": "0.2.2"})

    assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
    assert answer["Tus-Extension"].split(",") == ["creation", "creation-with-upload", "termination", "expiration"]
    assert answer["Tus-Max-Size"] == "200000000"


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.1", "1.0.0, 2.0.0"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH", "DELETE"])
def test_other_versions_change_nothing(client: Client, photo: bytes, method: str, version: str) -> None:
    address = begun(client, len(photo))
    headers = {"Upload-Offset": "0", "Upload-Length": "5"} | ({"Tus-Resumable": version} if version else {})

    answer = client.generic(method, "/uploads/" if method == "POST" else address, b"", PIECE, headers=headers)

    assert (answer.status_code, answer["Tus-Version"], answer["Tus-Resumable"]) == (412, "1.0.0", "1.0.0")
    assert head(client, address)["Upload-Offset"] == "0"
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": ""}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "1.5"}, 400),
        ({"Upload-Length": "٣"}, 400),
        ({"Upload-Length": "200000001"}, 413),
        ({"Upload-Length": "9" * 4400}, 413),
        ({"Upload-Length": "20000001", "Upload-Metadata": metadata(kind="photo")}, 413),
        ({"Upload-Length": "20000001", "Upload-Metadata": metadata(kind="video")}, 201),
        ({"Upload-Length": "5", "Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "", "Upload-Defer-Length": "1"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": ""}, 201),
        ({"Upload-Length": "5", "Upload-Metadata": "is_private"}, 201),
        ({"Upload-Length": "5", "Upload-Metadata": "kind !!!"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "kind cGhvdG8=, "}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "kind cGhvdG8=,kind cGhvdG8="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(kind="text")}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(kind="photo", filetype="video/mp4")}, 415),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(kind="video", filetype="audio/mp4")}, 415),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(kind="voice", filetype="video/webm;codecs=opus")}, 201),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filetype="text/html")}, 415),
        ({"Upload-Length": "5", "Upload-Metadata": metadata(filetype="application/octet-stream")}, 201),
    ],
)
def test_creations(client: Client, headers: dict[str, str], status: int, settings: Settings) -> None:
    answer = client.generic("POST", "/uploads/", headers=TUS | {k: v for k, v in headers.items() if v})

    assert answer.status_code == status
    assert answer["Tus-Resumable"] == "1.0.0"
    assert Upload.objects.count() == len(files(settings)) == (status == 201)
    if status == 201:
        assert parsedate_to_datetime(answer["Upload-Expires"]) > timezone.now() + timedelta(hours=23)


@pytest.mark.parametrize(
    ("content_type", "headers", "size", "status"),
    [
        ("application/octet-stream", {"Upload-Offset": "10"}, 5, 415),
        (PIECE, {"Upload-Offset": "10", "Content-Encoding": "gzip"}, 5, 415),
        (PIECE, {"Upload-Offset": "9"}, 5, 409),
        (PIECE, {"Upload-Offset": "11"}, 5, 409),
        (PIECE, {}, 5, 400),
        (PIECE, {"Upload-Offset": "-1"}, 5, 400),
        (PIECE, {"Upload-Offset": "10"}, 91, 413),
        (PIECE, {"Upload-Offset": "10", "Content-Type": PIECE}, 0, 204),
    ],
)
def test_pieces_that_do_not_fit_change_nothing(
    client: Client, content_type: str, headers: dict[str, str], size: int, status: int
) -> None:
    address = begun(client, 100)
    patch(client, address, bytes(10), 0)

    answer = client.generic("PATCH", address, bytes(size), content_type, headers=TUS | headers)

    assert answer.status_code == status
    assert head(client, address)["Upload-Offset"] == "10"


def test_creation_with_the_first_bytes(client: Client, photo: bytes) -> None:
    asked = TUS | {"Upload-Length": str(len(photo))}
    answer = client.generic("POST", "/uploads/", photo[:500], PIECE, headers=asked)

    assert (answer.status_code, answer["Upload-Offset"]) == (201, "500")
    assert patch(client, answer["Location"], photo[500:], 500)["Upload-Offset"] == str(len(photo))
    assert client.generic("POST", "/uploads/", b"a=b", "text/plain", headers=asked).status_code == 415
    assert client.generic("POST", "/uploads/", bytes(len(photo) + 1), PIECE, headers=asked).status_code == 413
    assert Upload.objects.count() == 1


def test_an_empty_upload_is_complete_at_once_and_refused_by_the_look(client: Client) -> None:
    address = begun(client, 0, kind="photo")

    assert head(client, address)["Upload-Offset"] == "0"
    assert look(client, address.rpartition("/")[2]).json()["code"] == "empty"


def test_termination(client: Client, photo: bytes, settings: Settings) -> None:
    half, whole = begun(client, len(photo)), f"/uploads/{arrived(client, photo, kind='photo')}"
    patch(client, half, photo[:100], 0)

    for address in (half, whole):
        assert client.delete(address, headers=TUS).status_code == 204
        assert head(client, address).status_code == 404
        assert "Upload-Offset" not in head(client, address)
        assert patch(client, address, b"x", 0).status_code == 404
    assert files(settings) == []


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "DELETE"])
def test_the_method_in_a_header_counts(client: Client, method: str) -> None:
    address = begun(client, 100)
    headers = TUS | {"X-HTTP-Method-Override": method, "Upload-Offset": "0"}

    answer = client.generic("POST", address, b"12345" if method == "PATCH" else b"", PIECE, headers=headers)

    assert answer.status_code == (200 if method == "HEAD" else 204)
    assert answer.headers.get("Upload-Offset") == {"PATCH": "5", "HEAD": "0"}.get(method)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/uploads/", "POST, OPTIONS"), ("PUT", "/uploads/{}", "HEAD, PATCH, DELETE, OPTIONS")],
)
def test_other_methods_are_not_allowed(client: Client, method: str, path: str, allowed: str) -> None:
    answer = client.generic(method, path.format("a" * 26), headers=TUS)

    assert (answer.status_code, answer["Allow"], answer["Tus-Resumable"]) == (405, allowed, "1.0.0")


@pytest.mark.parametrize("token", ["a" * 26, "A" * 26, "a" * 25, "..%2f..%2fsecret-key", "%00"])
def test_nobody_finds_an_upload_without_its_token(client: Client, token: str) -> None:
    assert head(client, f"/uploads/{token}").status_code == 404


def test_an_expired_upload_is_gone_and_so_are_its_pieces(client: Client, settings: Settings) -> None:
    address = begun(client, 100)
    patch(client, address, bytes(10), 0)

    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert [head(client, address).status_code, patch(client, address, bytes(10), 10).status_code] == [410, 410]
        assert look(client, address.rpartition("/")[2]).status_code == 404
        assert retention.expire_uploads() == 1
        assert head(client, address).status_code == 404
    assert files(settings) == []


# --- What this site asks besides --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 201), ("none", 201)]
)
def test_pages_of_others_cannot_send(site: str, status: int) -> None:
    answer = create(Client(enforce_csrf_checks=True), 5, **{"Sec-Fetch-Site": site})

    assert answer.status_code == status
    assert not answer.cookies
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_of_what_is_told_about_a_file_its_name_is_not_kept(client: Client, photo: bytes) -> None:
    told = {"kind": "photo", "filename": "Kim family.jpg", "filetype": "image/jpeg", "shrunk": "1"}
    token = arrived(client, photo, **told)

    given_back = head(client, f"/uploads/{token}")["Upload-Metadata"]
    assert given_back == metadata(kind="photo", shrunk="1")
    assert "Kim family" not in str(Upload.objects.values().get())
    assert look(client, token).json()["removed"][-1] == "in_browser"


@pytest.mark.parametrize("kind", ["", "photo", "video"])
@pytest.mark.parametrize("size", [20, 50_000])
def test_a_file_of_a_wrong_kind_is_refused_by_its_first_bytes(
    client: Client, kind: str, size: int, settings: Settings
) -> None:
    data = b"<html><script>" + bytes(size)
    address = begun(client, len(data), **({"kind": kind} if kind else {}))

    first = patch(client, address, data[:8192], 0)
    answer = first if first.status_code != 204 else patch(client, address, data[8192:], 8192)

    assert (answer.status_code, head(client, address).status_code) == (415, 404)
    assert "We cannot read this kind of file." not in answer.content.decode()  # nobody said which language they read
    assert files(settings) == []


def test_refusals_speak_the_language_of_the_browser(client: Client) -> None:
    refused = {
        language: create(client, 300_000_000, metadata(kind="video"), **{"Accept-Language": language})
        for language in ("ko", "en")
    }

    assert "limit is 200 MB" in refused["en"].content.decode()
    assert "200" in refused["ko"].content.decode()
    assert refused["ko"].content != refused["en"].content
    assert refused["en"]["Content-Type"] == "text/plain; charset=utf-8"


def test_senders_have_a_share_of_the_hour(client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setitem(limits.PER_HOUR, limits.BYTES, 12)

    assert create(client, 200_000_000).status_code == 201
    refused = create(client, 60_000_000)
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert [create(client, size).status_code for size in (20_000_000, 1, 1)] == [201, 201, 429]
    assert Upload.objects.count() == len(files(settings)) == 3

    monkeypatch.setitem(limits.PER_HOUR, limits.BYTES, 100)
    monkeypatch.setitem(limits.PER_HOUR, limits.UPLOAD, 4)
    assert [create(client, 1).status_code for _time in range(2)] == [201, 429]


def test_all_together_have_a_ceiling_and_what_was_only_announced_does_not_count(
    client: Client, photo: bytes, settings: Settings, tmp_path: Path
) -> None:
    settings.UPLOADS_MAX_BYTES = 3 * len(photo)
    first = arrived(client, photo, kind="photo")
    addresses = [begun(client, len(photo)) for _number in range(3)]
    assert room.taken() == len(photo)
    for address in addresses[:2]:
        assert patch(client, address, photo, 0).status_code == 204
    refused = patch(client, addresses[2], photo[:100], 0, **{"Accept-Language": "en"})

    assert (refused.status_code, refused["Tus-Resumable"]) == (507, "1.0.0")
    assert "no room for more files" in refused.content.decode()
    assert create(client, 1).status_code == 507
    plain = client.post("/en/send/", filled(kind="photo", alt="A tree", photo=upload(tmp_path / "phone-6.jpg")))
    assert (plain.status_code, "Penso em vocês" in text_of(plain)) == (503, True)

    client.delete(f"/uploads/{first}", headers=TUS)
    assert patch(client, addresses[2], photo[:100], 0).status_code == 204


def test_a_disk_that_is_nearly_full_takes_no_more_and_that_is_no_fault(
    client: Client, photo: bytes, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    address = begun(client, len(photo))
    settings.KEEP_FREE_BYTES = 10**18

    with caplog.at_level("INFO", "django.request"):
        assert create(client, 5).status_code == patch(client, address, photo, 0).status_code == 507
    assert len(caplog.records) == 2
    assert not [record for record in caplog.records if logs.WithoutAddress().filter(record)]


def test_pieces_that_began_together_leave_free_what_is_to_stay_free(
    client: Client, photo: bytes, settings: Settings
) -> None:
    begun(client, len(photo))
    writer = uploads.receive(Upload.objects.get())
    assert writer.write(photo[:100])
    settings.KEEP_FREE_BYTES = 10**18
    assert (writer.write(photo[100:]), writer.trouble, writer.offset) == (False, "no_room", 100)
    writer.close()


def test_too_large_a_file_of_no_kind_is_told_the_largest_limit(client: Client) -> None:
    refused = create(client, 10**9, **{"Accept-Language": "en"})

    assert f"the limit is {media.MAX_BYTES['video'] // 10**6} MB" in refused.content.decode()


def test_a_disk_that_fills_up_keeps_what_it_took(
    client: Client, photo: bytes, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    address = begun(client, len(photo))
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda *what: write(*what) if what[2] < 70_000 else fail())

    def fail() -> int:
        raise OSError(28, "No space left on device")

    data = photo + bytes(200_000)
    Upload.objects.update(size=len(data))
    assert patch(client, address, data, 0).status_code == 507
    kept = int(head(client, address)["Upload-Offset"])
    monkeypatch.undo()
    assert 0 < kept < len(data)
    assert patch(client, address, data[kept:], kept).status_code == 204
    assert (settings.PRIVATE_ROOT / Upload.objects.get().path).read_bytes() == data


def test_one_writes_at_a_time(client: Client, photo: bytes) -> None:
    address = begun(client, len(photo))
    writer = uploads.receive(Upload.objects.get())
    writer.write(photo[:100])

    assert patch(client, address, photo[100:200], 100).status_code == 423
    assert head(client, address)["Upload-Offset"] == "100"
    writer.close()
    assert patch(client, address, photo[100:], 100)["Upload-Offset"] == str(len(photo))


def test_a_locked_database_is_answered_and_not_reported_as_a_fault(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_arguments: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(room, "allow", locked)

    assert create(client, 5).status_code == 503


def test_taking_a_message_back_while_the_database_is_locked_is_not_answered_with_a_fault(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message, page = sent(client)

    def locked(_message: Message) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as while_locked:
        while_locked.setattr(services, "withdraw", locked)
        answer = client.post(f"{page}withdraw/")
    assert (answer.status_code, "It was not saved" in text_of(answer)) == (503, True)
    assert [record.name for record in caplog.records if logs.WithoutAddress().filter(record)] == [
        "supporters.private_page"
    ]
    client.post(f"{page}withdraw/")
    message.refresh_from_db()
    assert message.status == Message.Status.WITHDRAWN


# --- Killed at any moment ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """What kill -9 does to the code that runs."""


@pytest.mark.parametrize("moment", ["before the file", "between file and row", "after the row"])
def test_a_server_killed_while_it_keeps_a_complete_file_loses_nothing(
    client: Client, photo: bytes, moment: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    address = begun(client, len(photo), kind="photo")
    take, complete = storing.Folder.take, uploads.complete

    def killed_take(self: storing.Folder, source: Path, name: str) -> None:
        if moment == "between file and row":
            take(self, source, name)
        raise Killed

    def killed_complete(upload: Upload) -> None:
        complete(upload)
        raise Killed

    with monkeypatch.context() as until_killed:
        if moment == "after the row":
            until_killed.setattr(uploads, "complete", killed_complete)
        else:
            until_killed.setattr(storing.Folder, "take", killed_take)
        with pytest.raises(Killed):
            patch(client, address, photo, 0)

    assert head(client, address)["Upload-Offset"] == str(len(photo))
    assert look(client, address.rpartition("/")[2]).json()["state"] == "kept"
    assert [path.read_bytes() for path in files(settings)] == [photo]
    message, _page = sent(client, kind="photo", alt="A tree", upload=address.rpartition("/")[2])
    assert disk.original(message.attachment).read_bytes() == photo


def test_an_upload_given_up_while_its_last_piece_comes_leaves_no_file(
    client: Client, photo: bytes, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    address = begun(client, len(photo))
    take = storing.Folder.take

    def give_up(self: storing.Folder, source: Path, name: str) -> None:
        take(self, source, name)
        Upload.objects.all().delete()

    monkeypatch.setattr(storing.Folder, "take", give_up)

    assert patch(client, address, photo, 0).status_code == 410
    assert files(settings) == []


# --- The look and the form ----------------------------------------------------------------------------------------


def test_the_look_says_what_becomes_of_the_file(client: Client, photo: bytes, tmp_path: Path) -> None:
    voice = media_samples.ogg(tmp_path).read_bytes()
    kept = look(client, arrived(client, photo, kind="photo")).json()
    assert (kept["state"], kept["kind"], kept["size"], kept["seconds"]) == ("kept", "photo", len(photo), None)
    assert kept["removed"] == Upload.objects.get().removed

    token = arrived(client, voice, kind="voice")
    first, again = look(client, token).json(), look(client, token).json()
    assert first["seconds"] > 0.1
    assert (again["state"], again["kind"]) == ("kept", "voice")

    address = begun(client, 100, kind="photo")
    patch(client, address, b"\xff\xd8\xff\xe0" + bytes(30), 0)
    arriving = look(client, address.rpartition("/")[2])
    assert (arriving.status_code, arriving.json()) == (409, {"state": "arriving", "offset": 34, "size": 100})
    assert (look(client, "a" * 26).status_code, look(client, "a" * 26).json()) == (404, {"state": "gone"})


def test_a_file_the_look_refuses_is_gone(client: Client, settings: Settings) -> None:
    token = arrived(client, b"\xff\xd8\xff\xe0" + bytes(20_000), kind="photo")

    refused = look(client, token)

    assert (refused.status_code, refused.json()["state"], refused.json()["code"]) == (200, "refused", "unreadable")
    assert "damaged" in refused.json()["message"]
    assert look(client, token).status_code == 404
    assert files(settings) == []


def test_trouble_with_the_look_is_ours(client: Client, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    token = arrived(client, photo, kind="photo")

    def fail(*_arguments: object) -> None:
        raise media.SandboxFailed(1, "", 0.0)

    with monkeypatch.context() as failing:
        failing.setattr(media, "inspect", fail)
        later = look(client, token)
    assert (later.status_code, later.json()) == (503, {"state": "later"})
    assert look(client, token).json()["state"] == "kept"


def test_the_look_needs_the_token_of_the_form(photo: bytes) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert look(strict, arrived(strict, photo, kind="photo")).status_code == 403


@pytest.mark.parametrize("told", [{"kind": "photo"}, {}])
def test_a_form_looks_itself_at_a_file_that_came_in_pieces(
    client: Client, photo: bytes, told: dict[str, str], tmp_path: Path
) -> None:
    token = arrived(client, photo, **told)

    message, _page = sent(client, kind="photo", alt="A tree", upload=token)

    assert (message.attachment.mime, message.attachment.size) == ("image/jpeg", len(photo))
    assert disk.original(message.attachment).read_bytes() == photo
    assert message.attachment.removed == list(media.inspect(tmp_path / "phone-6.jpg", "photo").removed)
    assert not Upload.objects.exists()


def test_a_form_waits_for_a_file_that_is_still_coming(client: Client, photo: bytes) -> None:
    address = begun(client, len(photo), kind="photo")
    token = address.rpartition("/")[2]
    patch(client, address, photo[:100], 0)

    response = client.post("/en/send/", filled(kind="photo", alt="A tree", upload=token))

    assert [error for error in errors(response) if "not arrived completely" in error] == errors(response) != []
    assert hidden(response)["upload"] == token
    assert 'class="up kept"' not in text_of(response)
    assert not Message.objects.exists()
    patch(client, address, photo[100:], 100)
    sent(client, kind="photo", alt="A tree", upload=token)


def test_a_form_refuses_a_file_that_cannot_be_read(client: Client, settings: Settings) -> None:
    token = arrived(client, b"\xff\xd8\xff\xe0" + bytes(20_000), kind="photo")

    response = client.post("/en/send/", filled(kind="photo", alt="A tree", upload=token))

    assert "This file is damaged or cannot be opened." in errors(response)[0]
    assert "upload" not in hidden(response)
    assert files(settings) == []


@pytest.mark.parametrize("busy", [False, True])
def test_a_file_that_changes_hands_while_its_form_comes_is_no_fault(
    client: Client, photo: bytes, busy: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = arrived(client, photo, kind="photo")
    row = Upload.objects.get()
    if busy:
        monkeypatch.setattr(uploads, "complete", Mock(side_effect=pieces.Busy))
    else:
        monkeypatch.setattr(uploads, "find", lambda _token: row)
        uploads.discard(Upload.objects.get())
        assert look(client, token).json() == {"state": "gone"}
    form = client.post("/en/send/", filled(kind="photo", alt="A tree", upload=token))

    assert form.status_code == 200
    assert errors(form)[0].startswith("Your file has not arrived" if busy else "Choose a photo first.")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_file_without_a_kind_gets_that_of_the_first_who_asks(client: Client, tmp_path: Path) -> None:
    clip = media_samples.ogg(tmp_path).read_bytes()

    assert look(client, arrived(client, clip)).json()["kind"] == "voice"
    assert look(client, arrived(client, clip), kind="photo").json()["code"] == "wrong_kind"


def test_any_order_of_seeded_pieces_gives_the_same_bytes(client: Client, photo: bytes, settings: Settings) -> None:
    """Honest and wrong offsets, repeated and overlapping: only the next byte is ever taken."""
    dice = random.Random(4)
    address, at = begun(client, len(photo)), 0
    while at < len(photo):
        offset = at if dice.random() < 0.6 else dice.randrange(len(photo))
        piece = photo[offset : offset + dice.randrange(1, 4000)]
        answer = patch(client, address, piece, offset)
        assert answer.status_code == (204 if offset == at else 409)
        at += len(piece) if offset == at else 0

    assert [path.read_bytes() for path in files(settings)] == [photo]


def test_the_front_knows_the_addresses(client: Client) -> None:
    address = begun(client, 5)

    assert front.receptions.ADDRESS.fullmatch(address)[1] == address.rpartition("/")[2]
    assert front.receptions.ADDRESS.fullmatch("/uploads/")[1] is None
    assert resumable.MAX_BYTES < front.settings.MAX_REQUEST_BYTES
