"""Both kinds of store keep the same promises; the bucket is one of a real S3 server."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from messages_site import policy
from supporters import attachments, bucket, receipts, services, storing, sweeping
from supporters.bucket import Bucket
from supporters.models import Attachment, Message
from supporters.storing import Store, Unreachable
from tests import media_samples
from tests.factories import AttachmentFactory, MessageFactory, ModeratorFactory
from tests.queues import run_jobs
from tests.s3 import S3Server
from tests.supporters.sending import hidden, send, sent, text_of, upload
from tests.supporters.stores import names, owner, written
from wall import publishing

pytestmark = [pytest.mark.usefixtures("own_folders"), pytest.mark.media]
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, own_folders: Path) -> Store:
    if request.param == "bucket":
        request.getfixturevalue("buckets")
    return storing.private()


# --- What every store promises ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_that_was_taken_is_there_whole_and_its_source_is_gone(store: Store, tmp_path: Path) -> None:
    source = written(tmp_path)
    store.take(source, "originals/a")
    store.take(written(tmp_path, b""), "originals/empty")

    assert not source.exists()
    assert (store.exists("originals/a"), store.size("originals/a"), store.size("originals/empty")) == (True, 10, 0)
    with store.read("originals/a") as file:
        assert file.read() == b"0123456789"
    with store.read("originals/a", 3, 4) as file:
        assert file.read(4) == b"3456"
    with store.local("originals/a") as path:
        assert path.read_bytes() == b"0123456789"
        assert path.stat().st_mode & 0o077 == 0
    (entry, _empty) = sorted(store.entries("originals"), key=lambda entry: entry.name)
    assert (entry.name, entry.size) == ("originals/a", 10)
    assert abs(entry.modified - timezone.now()) < timedelta(minutes=2)
    store.check()


@pytest.mark.django_db
def test_what_is_missing_is_a_missing_file(store: Store) -> None:
    assert not store.exists("originals/a")
    for ask in (store.size, store.read):
        with pytest.raises(FileNotFoundError):
            ask("originals/a")
    with pytest.raises(FileNotFoundError), store.local("originals/a") as path:
        path.read_bytes()
    with pytest.raises(FileNotFoundError):
        storing.public().copy_from(store, "originals/a", "t/a", DAY)
    assert not store.remove("originals/a")
    assert not store.remove_folder("renditions/t")
    assert list(store.entries("originals")) == []


@pytest.mark.django_db
def test_a_folder_takes_the_place_of_what_lay_there(store: Store, tmp_path: Path) -> None:
    for round_of in ("one", "two"):
        folder = tmp_path / round_of
        folder.mkdir()
        written(folder, round_of.encode(), "320.webp")
        written(folder, round_of.encode(), f"{round_of}.jpg")
        store.take_folder(folder, "renditions/t")
        assert not folder.exists()
    store.take(written(tmp_path), "renditions/tt")

    assert names(store, "renditions/t") == ["renditions/t/320.webp", "renditions/t/two.jpg"]
    with store.read("renditions/t/320.webp") as file:
        assert file.read() == b"two"
    assert store.folders() == ["renditions"]
    assert store.remove_folder("renditions/t")
    assert names(store) == ["renditions/tt"], "a name that begins alike stays"


@pytest.mark.django_db
def test_the_public_store_gets_copies_and_loses_them_alone(store: Store, tmp_path: Path) -> None:
    store.take(written(tmp_path), "renditions/t/320.webp")
    public = storing.public()

    public.copy_from(store, "renditions/t/320.webp", "t/320.webp", DAY)
    assert names(public) == ["t/320.webp"]
    assert public.size("t/320.webp") == 10

    assert public.remove("t/320.webp")
    assert names(store) == ["renditions/t/320.webp"]


# --- The bucket alone -------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("buckets")
def test_nothing_is_readable_without_a_signature(tmp_path: Path) -> None:
    for store in (storing.private(), storing.public()):
        store.take(written(tmp_path), "t/320.webp")
        bare = store.address("t/320.webp").partition("?")[0]
        assert 400 <= status(bare) < 500
        assert 400 <= status(bare.removesuffix("/t/320.webp")) < 500


def status(address: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextmanager
def relay(server: S3Server, mark: bytes, instead: bytes) -> Iterator[str]:
    """A line to the server that changes bytes on the way there."""
    host, port = server.endpoint.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket, change: bool) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data.replace(mark, instead) if change else data)
        except OSError:
            return
        finally:
            for side in (source, target):
                side.close()

    def accept() -> None:
        while True:
            try:
                inward, _address = listener.accept()
            except OSError:
                return
            outward = socket.create_connection((host, int(port)))
            threading.Thread(target=pump, args=(inward, outward, True), daemon=True).start()
            threading.Thread(target=pump, args=(outward, inward, False), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        # A thread in accept() keeps the socket alive without this.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.django_db
def test_a_file_that_changes_on_the_way_is_not_stored(buckets: dict[str, dict], s3_server: S3Server, tmp_path: Path):
    with relay(s3_server, b"right bytes", b"wrong bytes") as endpoint:
        options = buckets["private"]["OPTIONS"] | {"endpoint_url": endpoint}
        source = written(tmp_path, b"x" * 20_000 + b"right bytes")
        through = Bucket(**options)
        with pytest.raises(OSError, match="refuses"):
            through.take(source, "originals/a")
        through.connection.meta.client.close()

    assert source.exists()
    assert names(storing.private()) == []


@pytest.fixture
def silent(buckets: dict[str, dict], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket whose server takes connections and says nothing."""
    config = bucket.CONFIG.merge(bucket.Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
    monkeypatch.setattr(bucket, "CONFIG", config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        made = Bucket(**buckets["private"]["OPTIONS"] | {"endpoint_url": endpoint})
        yield made
        made.connection.meta.client.close()


def test_a_silent_bucket_is_asked_once_and_then_left_alone_for_a_while(silent: Bucket, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="ReadTimeout"):
        silent.size("originals/a")
    for ask in (silent.size, silent.exists, silent.read, silent.remove, silent.remove_folder):
        with pytest.raises(Unreachable, match="a moment ago"):
            ask("originals/a")
    with pytest.raises(Unreachable, match="a moment ago"):
        silent.take(written(tmp_path), "originals/a")
    silent.silent_until = 0
    with pytest.raises(Unreachable, match="ReadTimeout"):
        silent.check()


@pytest.mark.django_db
@pytest.mark.usefixtures("buckets")
def test_a_bucket_that_is_not_there_is_trouble_and_no_missing_file() -> None:
    storing.private().bucket_name = "nobodys"

    with pytest.raises(OSError, match="not there"):
        storing.private().check()
    with pytest.raises(OSError, match="refuses") as caught:
        storing.private().read("originals/a")
    assert not isinstance(caught.value, FileNotFoundError)


def test_a_lock_tells_that_a_copy_is_still_read(buckets: object, tmp_path: Path) -> None:
    storing.private().take(written(tmp_path), "originals/a")
    with storing.private().local("originals/a") as path, time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert not sweeping._is_left(path)
        left = path.with_name("reading-of-a-killed-worker")
        left.write_bytes(b"x")
        assert sweeping._is_left(left)


# --- The whole path of a photo ----------------------------------------------------------------------------------


def all_files() -> list[str]:
    return names(storing.private()) + names(storing.public())


@pytest.mark.django_db
@pytest.mark.django_db
def test_objects_of_other_names_are_none_of_our_files(buckets: object, s3_server: S3Server, tmp_path: Path) -> None:
    stores = storing.private(), storing.public()
    for store in stores:
        for key in ("originals/", "/x", "a/", "a/b//c", "originals/.hidden", "a/b\n"):
            owner(s3_server).put_object(Bucket=store.bucket_name, Key=key, Body=b"")
        store.take(written(tmp_path), "a/own")

    assert [names(store) for store in stores] == [["a/own"], ["a/own"]]
    assert stores[1].folders() == ["a", "originals"]
    assert sweeping.private_files()["stray"] == 0
    assert stores[1].remove_folder("a")
    assert stores[1].folders() == ["a", "originals"]


@pytest.mark.usefixtures("buckets", "everything")
def test_a_photo_goes_its_way_through_buckets(
    client: Client, tmp_path: Path, settings: Settings, django_capture_on_commit_callbacks
) -> None:
    form = send(client, kind="photo", alt="A tree", photo=upload(media_samples.jpeg(tmp_path)), step="preview")
    with django_capture_on_commit_callbacks(execute=True):
        message, _page = sent(client, kind="photo", alt="A tree", upload=hidden(form)["upload"])
    assert [name.split("/")[0] for name in all_files()] == ["originals"]
    run_jobs()
    attachment = Attachment.objects.get()
    assert attachment.state == Attachment.State.READY
    desk_preview(client, message, settings)

    Message.objects.filter(pk=message.pk).update(
        status=Message.Status.APPROVED, cleared_web=True, live_at=timezone.now(), body_ko="글", body_en="Text"
    )
    publishing.show(message.pk)
    reader = Client()
    public_path = f"/media/{attachment.token}/320.webp"
    whole = reader.get(public_path)
    content = b"".join(whole.streaming_content)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "image/webp", "bytes")
    assert whole["Content-Security-Policy"] == policy.content_policy("file")
    assert whole["Last-Modified"].endswith("00:00:00 GMT")
    assert "Location" not in whole
    part = reader.get(public_path, headers={"range": "bytes=2-5"})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 2-5/{len(content)}")
    assert b"".join(part.streaming_content) == content[2:6]
    assert reader.get(public_path, headers={"if-none-match": whole["ETag"]}).status_code == 304
    assert reader.get(f"/media/{attachment.token}/other.webp").status_code == 404

    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(Message.objects.get())
    assert reader.get(public_path).status_code == 404
    assert [name for name in all_files() if attachment.token in name or name == attachment.path] == []


def desk_preview(client: Client, message: Message, settings: Settings) -> None:
    """Staff are sent to an address that reads for a minute, and only as it is."""
    client.force_login(ModeratorFactory())
    answer = client.get(f"/admin/desk/{message.slug}/media/320.webp")
    address = answer["Location"]
    assert answer.status_code == 302
    assert "no-store" in answer["Cache-Control"]
    assert address.startswith(settings.S3_ORIGIN)
    for directive in ("img-src", "media-src"):
        rule = next(rule for rule in answer["Content-Security-Policy"].split("; ") if rule.startswith(directive))
        assert settings.S3_ORIGIN in rule
    assert settings.S3_ORIGIN not in policy.content_policy("send") + policy.content_policy("reading")
    with urllib.request.urlopen(address, timeout=30) as picture:
        assert picture.headers["Content-Type"] == "image/webp"
        assert picture.read(4) == b"RIFF"
    assert status(address, Range="bytes=0-3") == 206
    assert status(address[:-1] + ("0" if address[-1] != "0" else "1")) == 403
    assert status(address.replace("/320.webp", "/320.jpg")) == 403
    assert status(address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")) == 403
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        old = storing.private().address(f"renditions/{message.attachment.token}/320.webp")
    assert status(old) == 403
    client.logout()


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
def test_taking_back_counts_at_once_while_the_buckets_are_silent_and_files_go_later(
    buckets: dict[str, dict], client: Client, tmp_path: Path, django_capture_on_commit_callbacks
) -> None:
    key = receipts.hash_of("A" * 16)
    message = MessageFactory(approved=True, kind="photo", agreed_usb=True, wall_number=None, receipt_hash=key)
    attachment = AttachmentFactory(message=message, path="originals/a", state="ready")
    master = f"masters/{attachment.token}"
    Attachment.objects.update(master=master)
    for name in ("originals/a", master, f"{attachment.prefix}/320.webp"):
        storing.private().take(written(tmp_path), name)
    attachment.renditions.create(name="320.webp", mime="image/webp", bytes=10, sha256="0" * 64)
    publishing.show(message.pk)
    address = f"/media/{attachment.token}/320.webp"
    assert b"".join(client.get(address).streaming_content) == b"0123456789"

    stores = [storing.private(), storing.public()]
    for each in stores:
        each.silent_until = float("inf")
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(Message.objects.get())
    assert client.get(address).status_code == 404
    assert client.get(f"/en/m/{message.slug}.html").status_code == 410
    assert "could not all be deleted yet" in text_of(client.get(f"/en/mine/{'A' * 16}/"))
    attachments.rescue()
    publishing.sweep()
    assert client.get("/readyz").status_code == 503

    for each in stores:
        each.silent_until = 0
    assert len(all_files()) == 4, "the files are where they were, and the rows still say so"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        attachments.rescue()
        publishing.sweep()
    assert all_files() == []
    assert "its files are deleted" in text_of(client.get(f"/en/mine/{'A' * 16}/"))
    attachment.refresh_from_db()
    assert (attachment.path, attachment.master, attachment.renditions.count()) == ("", "", 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("buckets")
def test_a_file_is_not_given_up_because_its_bucket_was_silent(tmp_path: Path) -> None:
    attachment = AttachmentFactory()
    storing.private().take(media_samples.jpeg(tmp_path), "originals/a")
    Attachment.objects.filter(pk=attachment.pk).update(path="originals/a")

    storing.private().silent_until = float("inf")
    for _time in range(attachments.MAX_ATTEMPTS + 1):
        attachments.process(attachment.pk)
    attachment.refresh_from_db()
    assert (attachment.state, attachment.attempts) == (Attachment.State.RECEIVED, 0)

    storing.private().silent_until = 0
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        attachments.rescue()
        run_jobs()
    attachment.refresh_from_db()
    assert (attachment.state, attachment.attempts) == (Attachment.State.READY, 1)
    assert list((attachments.work_root()).iterdir()) == []
