"""Moving all files into buckets and back: nothing is lost, whatever stops it. And the settings that name buckets."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from messages_site.buckets import BadBucket, bucket_stores
from supporters import attachments, moving
from supporters.bucket import Bucket
from supporters.storing import Store, Unreachable
from tests.factories import AttachmentFactory
from tests.supporters.stores import names, written

pytestmark = [pytest.mark.usefixtures("own_folders"), pytest.mark.media]


@pytest.fixture
def filled(buckets: dict[str, dict], everything: None, tmp_path: Path) -> dict[str, bytes]:
    """Folders with files of every kind; the buckets are empty."""
    folders = moving.folders()
    attachment = AttachmentFactory()
    private = {
        "originals/a": b"original",
        "masters/m": b"",
        f"renditions/{attachment.token}/320.webp": b"rendition",
        "previews/p.jpg": b"preview",
    }
    for name, content in private.items():
        folders["private"].take(written(tmp_path, content), name)
    folders["public"].take(written(tmp_path, b"rendition"), f"{attachment.token}/320.webp")
    work = attachments.work_root()
    work.mkdir()
    written(work, b"being made")
    return private | {f"{attachment.token}/320.webp": b"rendition"}


def contents(stores: dict[str, Store]) -> dict[str, bytes]:
    found = {}
    for store in stores.values():
        for name in names(store):
            if not name.startswith("work/"):
                with store.read(name) as file:
                    found[name] = file.read()
    return found


@pytest.mark.django_db
def test_files_move_into_buckets_and_back_and_are_the_same(
    filled: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("move_files", to="s3")
    assert contents(moving.buckets()) == contents(moving.folders()) == filled
    call_command("move_files", to="s3", delete=True)
    assert contents(moving.folders()) == {}
    assert contents(moving.buckets()) == filled
    call_command("move_files", to="folder", delete=True)
    assert contents(moving.buckets()) == {}
    assert contents(moving.folders()) == filled
    public = moving.folders()["public"]
    assert {entry.modified.hour + entry.modified.minute for entry in public.entries("")} == {0}
    assert capsys.readouterr().out.splitlines() == [
        "copied: 5, there already: 0, gone meanwhile: 0, deleted: 0",
        "copied: 0, there already: 5, gone meanwhile: 0, deleted: 5",
        "copied: 5, there already: 0, gone meanwhile: 0, deleted: 5",
    ]


@pytest.mark.django_db
def test_a_move_that_was_stopped_goes_on_and_mends_what_is_half(
    filled: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = moving.buckets()["private"]
    target.take(written(tmp_path, b"original"), "originals/a")
    target.take(written(tmp_path, b"preview, but other"), "previews/p.jpg")
    put = Bucket._put

    def stopped_there(self: Bucket, path: Path, name: str) -> None:
        if name.startswith("renditions/"):
            raise Unreachable(5, "the bucket does not answer")
        put(self, path, name)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "_put", stopped_there)
        with pytest.raises(CommandError, match=r"Stopped, nothing was deleted: the bucket does not answer$"):
            call_command("move_files", to="s3", delete=True)
    assert contents(moving.folders()) == filled

    call_command("move_files", to="s3", delete=True)
    assert contents(moving.buckets()) == filled
    assert capsys.readouterr().out == "copied: 3, there already: 2, gone meanwhile: 0, deleted: 5\n"


@pytest.mark.django_db
def test_a_copy_that_is_not_the_same_stops_the_move(filled: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def another(self: Bucket, path: Path, name: str) -> None:
        self._client.put_object(Bucket=self.bucket_name, Key=name, Body=b"x" * path.stat().st_size)

    monkeypatch.setattr(Bucket, "_put", another)

    with pytest.raises(CommandError, match="not the same"):
        call_command("move_files", to="s3", delete=True)
    assert contents(moving.folders()) == filled


@pytest.mark.django_db
def test_without_buckets_there_is_nothing_to_move_to() -> None:
    with pytest.raises(CommandError, match=r"^Setting S3_BUCKET: "):
        call_command("move_files", to="s3")


# --- Settings ---------------------------------------------------------------------------------------------------

GOOD = {
    "S3_BUCKET": "letters",
    "S3_PUBLIC_BUCKET": "letters-public",
    "S3_ENDPOINT": "https://objects.example",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
    "S3_REGION": "",
}


def test_buckets_are_named_apart_and_never_opened_to_everybody() -> None:
    stores = bucket_stores(GOOD)

    for alias, name in (("private", "letters"), ("public", "letters-public")):
        store = Bucket(**stores[alias]["OPTIONS"])
        assert (store.bucket_name, store.default_acl, store.querystring_auth) == (name, None, True)
        assert store.address("a").startswith(f"https://objects.example/{name}/a?")
    assert bucket_stores(dict.fromkeys(GOOD, "")) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_BUCKET", ""),
        ("S3_BUCKET", "Letters"),
        ("S3_PUBLIC_BUCKET", ""),
        ("S3_PUBLIC_BUCKET", "letters"),
        ("S3_ENDPOINT", ""),
        ("S3_ENDPOINT", "objects.example"),
        ("S3_ENDPOINT", "http://objects.example"),
        ("S3_ENDPOINT", "https://objects.example/path"),
        ("S3_ENDPOINT", "https://objects.example; script-src *"),
        ("S3_ENDPOINT", "https://objects.example:many"),
        ("S3_ACCESS_KEY", ""),
        ("S3_SECRET_KEY", ""),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadBucket) as caught:
        bucket_stores(GOOD | {name: value})
    assert caught.value.name == name
