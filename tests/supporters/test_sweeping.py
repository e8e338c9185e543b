"""Files without rows and rows without files: found, and put right where that can be."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from supporters import attachments, pieces, storing, sweeping, uploads
from supporters.models import Attachment, Event, Upload
from tests import disk, media_samples
from tests.factories import AttachmentFactory, MessageFactory
from tests.queues import run_jobs
from wall import publishing, tree

pytestmark = [pytest.mark.django_db, pytest.mark.media]
State = Attachment.State


@pytest.fixture(autouse=True)
def root(own_folders: Path, settings: Settings) -> Path:
    return settings.PRIVATE_ROOT


def age(path: Path, **ago: float) -> Path:
    then = (timezone.now() - timedelta(**ago)).timestamp()
    os.utime(path, (then, then))
    return path


def write(path: Path, content: bytes = b"0123456789") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def old(path: Path) -> Path:
    return age(write(path), minutes=61)


def found(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def prepared(**fields: object) -> Attachment:
    """A file that is ready: one rendition, and everything its row speaks of is there."""
    fields = {"message": MessageFactory(kind="photo"), "size": 10} | fields
    attachment = AttachmentFactory(state=State.READY, path="", **fields)
    attachment.path = f"originals/{attachment.token}"
    attachment.save()
    write(disk.original(attachment))
    row = attachment.renditions.create(
        name="320.webp", mime="image/webp", bytes=10, sha256=hashlib.sha256(b"0123456789").hexdigest()
    )
    old(disk.rendition(row))
    return attachment


# --- Files without a row ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "originals/stray",
        "masters/" + "a" * 26,
        f"renditions/{'a' * 26}/320.webp",
        f"previews/{'a' * 26}.jpg",
    ],
)
def test_a_file_no_row_knows_goes_after_an_hour(root: Path, name: str) -> None:
    path = old(root / name)
    fresh = age(write(path.with_name("b" * 26)), minutes=59)

    assert found(sweeping.sweep(check=True)) == {"stray": 1}
    assert path.exists()
    assert found(sweeping.sweep()) == {"stray": 1}
    assert not path.exists()
    assert fresh.exists() or "renditions" in name
    assert found(sweeping.sweep()) == {}


def test_links_are_neither_followed_nor_counted(root: Path, tmp_path: Path) -> None:
    foreign = old(tmp_path / "foreign" / "320.webp")
    link, folder = root / "originals" / "link", tree.settings.TREE_ROOT / "media" / ("a" * 26)
    for place, target in ((link, foreign), (folder, foreign.parent)):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)

    assert list(storing.private().entries("originals")) == []
    assert found(sweeping.sweep()) == {"stray": 1}
    assert not folder.is_symlink()
    assert foreign.exists()


def test_what_a_row_knows_stays(root: Path) -> None:
    attachment = prepared()
    master = f"masters/{attachment.token}"
    old(root / master)
    Attachment.objects.update(master=master)
    upload = Upload.objects.create(kind="photo", path="originals/kept", mime="image/jpeg", size=10)
    complete = Upload.objects.create(kind="photo", size=10)
    for name in ("originals/kept", uploads.original_name(complete), f"previews/{upload.token}.jpg"):
        old(root / name)
    arriving = uploads.begin("video", 1000)
    age(pieces.path_of(arriving.token), hours=20)
    age(disk.original(attachment), hours=20)
    before = sorted(root.rglob("*"))

    assert found(sweeping.sweep()) == {}
    assert sorted(root.rglob("*")) == before


def test_a_rendition_beside_those_of_its_file_goes(root: Path) -> None:
    attachment = prepared()
    stray = old(disk.folder(attachment) / "640.webp")

    assert found(sweeping.sweep()) == {"stray": 1}
    assert not stray.exists()
    assert disk.rendition(attachment.renditions.get()).exists()


def test_what_a_worker_has_in_hand_is_left_alone(root: Path) -> None:
    attachment = AttachmentFactory(
        state=State.PROCESSING, attempts=2, leased_until=timezone.now() + timedelta(seconds=30), path="originals/a"
    )
    held = [
        age(write(root / "work" / f"{attachment.token}-2" / "part"), hours=3).parent,
        old(root / "renditions" / attachment.token / "320.webp"),
        old(root / "masters" / attachment.token),
    ]
    write(root / "originals" / "a")
    killed = write(root / "work" / f"{attachment.token}-1" / "part").parent

    assert found(sweeping.sweep()) == {"left": 1}
    assert not killed.exists()
    assert all(path.exists() for path in held)


def test_what_killed_processes_left_on_the_machine_goes(root: Path, settings: Settings) -> None:
    left = [
        age(write(root / "work" / "reading-1"), minutes=2),
        old(root / "work" / "preview-1"),
        old(root / "pieces" / ("a" * 26)),
        old(settings.FILE_UPLOAD_TEMP_DIR / "tmp.upload"),
        write(root / "work" / f"{'a' * 26}-1" / "part").parent,
    ]
    read = age(write(root / "work" / "reading-2"), minutes=2)
    kept = [
        read,
        write(root / "work" / "reading-3"),
        write(root / "work" / "preview-2"),
        write(settings.FILE_UPLOAD_TEMP_DIR / "tmp2.upload"),
    ]
    with read.open("rb") as reading:
        fcntl.flock(reading, fcntl.LOCK_SH)
        assert sweeping.clear_work() == 5

    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


# --- Rows without their file ------------------------------------------------------------------------------------


def lose(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [lose, cut])
def test_a_lost_rendition_is_made_again_from_the_original(harm: Callable[[Path], None], tmp_path: Path) -> None:
    attachment = prepared()
    photo = media_samples.jpeg(tmp_path).read_bytes()
    write(disk.original(attachment), photo)
    Attachment.objects.update(size=len(photo))
    harm(disk.rendition(attachment.renditions.get()))

    assert found(sweeping.sweep(check=True)) == {"offered": 1}
    assert not OrmQ.objects.exists()
    assert found(sweeping.sweep()) == {"offered": 1}
    run_jobs()
    attachment.refresh_from_db()
    assert attachment.state == State.READY
    assert attachment.renditions.count() > 1
    assert found(sweeping.sweep()) == {}


def test_without_its_original_it_has_failed_for_sender_and_desk() -> None:
    attachment = prepared()
    lose(disk.rendition(attachment.renditions.get()))
    lose(disk.original(attachment))

    assert found(sweeping.sweep()) == {"failed": 1}
    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason, attachment.path) == (State.FAILED, "not_saved", "")
    assert not attachment.renditions.exists()
    assert attachment.message.events.last().kind == Event.Kind.FAILED
    assert found(sweeping.sweep()) == {}


@pytest.mark.parametrize("state", [State.RECEIVED, State.PROCESSING])
def test_an_original_lost_before_it_was_prepared_has_failed_too(state: str) -> None:
    attachment = AttachmentFactory(state=state, path="originals/gone")

    assert found(sweeping.sweep()) == {"failed": 1}
    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason) == (State.FAILED, "not_saved")


def test_an_original_or_master_nobody_needs_is_forgotten() -> None:
    attachment = prepared()
    lose(disk.original(attachment))
    Attachment.objects.update(master="masters/gone")

    assert found(sweeping.sweep()) == {"forgotten": 1}
    attachment.refresh_from_db()
    assert (attachment.state, attachment.path, attachment.master) == (State.READY, "", "")


def test_a_kept_upload_without_its_file_is_forgotten() -> None:
    Upload.objects.create(kind="photo", path="originals/gone", mime="image/jpeg", size=10)
    Upload.objects.create(kind="photo", size=10)

    assert found(sweeping.sweep()) == {"forgotten": 2}
    assert not Upload.objects.exists()


def test_so_many_losses_at_once_mean_another_store() -> None:
    for _row in range(sweeping.MANY + 1):
        AttachmentFactory(state=State.READY, path="originals/gone")
    with pytest.raises(CommandError, match="is this the right store"):
        call_command("sweep_media")
    assert not Attachment.objects.filter(state=State.FAILED).exists()


# --- Public files -----------------------------------------------------------------------------------------------


@pytest.fixture
def published() -> Attachment:
    attachment = prepared(message=MessageFactory(approved=True, kind="photo"))
    publishing.show(attachment.message_id)
    return attachment


def public(attachment: Attachment, name: str = "320.webp") -> Path:
    return Path(storing.public().path(f"{attachment.token}/{name}"))  # type: ignore[attr-defined]


def test_public_files_are_as_the_rows_say(published: Attachment) -> None:
    assert found(sweeping.sweep()) == {}
    write(public(published, "640.webp"))
    stray = write(tree.settings.TREE_ROOT / "media" / ("a" * 26) / "320.webp")
    scratch = write(public(published, ".320.webp.1.tmp"))

    assert found(sweeping.sweep(check=True)) == {"stray": 2, "left": 1}
    assert found(sweeping.sweep()) == {"stray": 2, "left": 1}
    assert not stray.exists()
    assert not scratch.exists()
    assert [path.name for path in public(published).parent.iterdir()] == ["320.webp"]


@pytest.mark.parametrize("harm", [lose, cut])
def test_a_public_file_comes_back_from_the_private_one_and_the_other_way_round(
    published: Attachment, harm: Callable[[Path], None]
) -> None:
    row = published.renditions.get()
    for path in (public(published), disk.rendition(row)):
        # Two names of one file: each by itself now.
        content = path.read_bytes()
        path.unlink()
        write(path, content)
    harm(public(published))
    assert found(sweeping.sweep()) == {"restored": 1}
    assert public(published).read_bytes() == b"0123456789"

    path = disk.rendition(row)
    path.unlink()
    write(path, b"012345678")
    assert found(sweeping.sweep()) == {"restored": 1}
    assert path.read_bytes() == b"0123456789"
    assert found(sweeping.sweep()) == {}


# --- The command ------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_in_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old(root / "originals" / "stray")

    with pytest.raises(CommandError, match=r"^Found stray: 1, left: 0, restored: 0, offered: 0, failed: 0, forgotten"):
        call_command("sweep_media", check=True)
    call_command("sweep_media")
    call_command("sweep_media", check=True)

    line = "left: 0, restored: 0, offered: 0, failed: 0, forgotten: 0\n"
    assert capsys.readouterr().out == f"stray: 1, {line}stray: 0, {line}"


def test_trouble_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(self: object) -> None:
        raise storing.Unreachable(5, "the bucket does not answer")

    monkeypatch.setattr(storing.Folder, "check", silent)

    with pytest.raises(CommandError, match=r"could not be swept: the bucket does not answer$"):
        call_command("sweep_media")
    assert not attachments.work_root().exists()
