"""The work on a file: once, whoever is killed in between, and nothing left of what was taken back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ
from pytest_django import Settings

from messages_site import jobs
from supporters import attachments, lifecycle, media, originals, retention, services, storing
from supporters.media import clip
from supporters.media import photo as photo_work
from supporters.models import Attachment, Event, Message
from tests import disk, media_samples
from tests.factories import AttachmentFactory, MessageFactory, ModeratorFactory
from tests.queues import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.media, pytest.mark.usefixtures("own_folders")]
State = Attachment.State


def stored(path: Path, **fields: object) -> Attachment:
    """An attachment whose original lies where originals lie."""
    attachment = AttachmentFactory(**fields)
    copy = settings.FILE_UPLOAD_TEMP_DIR / attachment.token
    shutil.copy(path, copy)
    attachment.path = originals.take(copy)
    attachment.save()
    return attachment


@pytest.fixture
def photo(tmp_path: Path) -> Attachment:
    return stored(media_samples.jpeg(tmp_path))


def left_over() -> set[str]:
    root: Path = settings.PRIVATE_ROOT / "renditions"
    return {path.name for path in root.iterdir()} if root.exists() else set()


def kinds(attachment: Attachment) -> list[str]:
    return list(attachment.message.events.values_list("kind", flat=True))


def test_a_photo_becomes_renditions_with_their_sums(photo: Attachment) -> None:
    attachments.process(photo.pk)

    photo.refresh_from_db()
    assert (photo.state, photo.attempts, photo.leased_until, photo.reason) == (State.READY, 1, None, "")
    made = list(photo.renditions.all())
    assert {item.name for item in made} >= {"320.webp", "320.jpg"}
    for item in made:
        assert item.bytes == disk.rendition(item).stat().st_size
        assert len(item.sha256) == 64
    assert {path.name for path in disk.folder(photo).iterdir()} == {item.name for item in made}
    assert left_over() == {photo.token}
    assert kinds(photo) == [Event.Kind.RECEIVED, Event.Kind.CONVERTED]


def test_running_twice_is_running_once(photo: Attachment) -> None:
    for _time in range(2):
        attachments.process(photo.pk)

    photo.refresh_from_db()
    assert photo.attempts == 1
    assert kinds(photo).count(Event.Kind.CONVERTED) == 1


def test_a_held_file_is_left_alone_until_its_lease_ends(photo: Attachment) -> None:
    later = timezone.now() + timedelta(seconds=50)
    Attachment.objects.filter(pk=photo.pk).update(state=State.PROCESSING, leased_until=later, attempts=1)

    attachments.process(photo.pk)
    photo.refresh_from_db()
    assert photo.state == State.PROCESSING

    with time_machine.travel(later + timedelta(seconds=1)):
        attachments.process(photo.pk)
    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == (State.READY, 2)


def test_what_a_killed_worker_left_is_no_obstacle(photo: Attachment) -> None:
    disk.folder(photo).mkdir(parents=True)
    (disk.folder(photo) / "640.jpg").write_bytes(b"from a run whose rows were never written")
    (disk.folder(photo) / "old").write_bytes(b"x")

    attachments.process(photo.pk)

    assert {path.name for path in disk.folder(photo).iterdir()} == {item.name for item in photo.renditions.all()}


def test_a_refused_file_fails_with_its_reason(tmp_path: Path) -> None:
    attachment = stored(media_samples.text(tmp_path))

    attachments.process(attachment.pk)

    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason, attachment.leased_until) == (State.FAILED, "wrong_kind", None)
    assert kinds(attachment)[-1] == Event.Kind.FAILED
    assert left_over() == set()


@pytest.mark.parametrize("trouble", [media.SandboxFailed(1, "", 0.0), OSError(28, "No space left on device")])
def test_trouble_of_ours_is_tried_three_times(
    photo: Attachment, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise trouble

    monkeypatch.setattr(attachments.media, "convert", fail)

    for attempt in (1, 2):
        with pytest.raises(type(trouble)):
            attachments.process(photo.pk)
        photo.refresh_from_db()
        assert (photo.state, photo.attempts, photo.leased_until) == (State.RECEIVED, attempt, None)
    attachments.process(photo.pk)
    photo.refresh_from_db()
    assert (photo.state, photo.reason) == (State.FAILED, "not_saved")
    assert left_over() == set()


def test_a_file_that_kills_its_worker_again_and_again_is_given_up(photo: Attachment) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Attachment.objects.filter(pk=photo.pk).update(state=State.PROCESSING, leased_until=past, attempts=3)

    attachments.process(photo.pk)

    photo.refresh_from_db()
    assert (photo.state, photo.reason) == (State.FAILED, "unreadable")


def test_a_file_that_its_queue_cuts_off_is_given_up_after_three_tries(
    photo: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*arguments: object, **options: object) -> None:
        raise TimeoutException

    monkeypatch.setattr(attachments.media, "convert", too_long)
    for _attempt in range(attachments.MAX_ATTEMPTS):
        with pytest.raises(TimeoutException):
            attachments.process(photo.pk)
        assert list(attachments.work_root().iterdir()) == []
        attachments.release_abandoned()
    attachments.process(photo.pk)

    photo.refresh_from_db()
    assert (photo.state, photo.reason) == (State.FAILED, "unreadable")
    assert kinds(photo)[-1] == Event.Kind.FAILED


def test_a_message_taken_back_during_the_work_leaves_nothing(
    photo: Attachment, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    convert = media.convert

    def and_taken_back_meanwhile(*arguments: object, **options: object) -> media.Converted:
        made = convert(*arguments, **options)
        lifecycle.withdraw(photo.message)
        attachments.delete_files(photo.message_id)
        return made

    monkeypatch.setattr(attachments.media, "convert", and_taken_back_meanwhile)

    attachments.process(photo.pk)

    assert left_over() == set()
    assert list(storing.private().entries(originals.FOLDER)) == []
    assert not photo.renditions.exists()
    assert Event.Kind.CONVERTED not in kinds(photo)


def test_the_lease_moves_while_the_work_goes_on_and_stops_it_when_lost(photo: Attachment) -> None:
    claimed = attachments._claim(photo.pk)
    beat = attachments._heartbeat(claimed)
    before = claimed.leased_until

    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        beat(40)
    claimed.refresh_from_db()
    assert claimed.leased_until > before + timedelta(seconds=20)

    Attachment.objects.filter(pk=photo.pk).update(attempts=2)
    with time_machine.travel(timezone.now() + timedelta(seconds=60)), pytest.raises(attachments.Lost):
        beat(40)


# --- Rescue -----------------------------------------------------------------------------------------------------


def test_a_file_whose_job_was_lost_is_offered_again_but_not_every_minute(photo: Attachment) -> None:
    attachments.rescue()
    assert not OrmQ.objects.exists(), "it has only just arrived"

    with time_machine.travel(timezone.now() + timedelta(minutes=3)) as clock:
        for _minute in range(5):
            attachments.rescue()
            clock.shift(timedelta(minutes=1))
        assert OrmQ.objects.count() == 1
        clock.shift(timedelta(minutes=15))
        attachments.rescue()
        assert OrmQ.objects.count() == 2
        run_jobs()
    photo.refresh_from_db()
    assert photo.state == State.READY


def test_a_file_whose_worker_was_killed_is_offered_again(photo: Attachment) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Attachment.objects.filter(pk=photo.pk).update(state=State.PROCESSING, leased_until=past, attempts=1)

    attachments.rescue()
    run_jobs()

    photo.refresh_from_db()
    assert (photo.state, photo.attempts) == (State.READY, 2)


def test_finished_and_deleted_files_are_not_offered(photo: Attachment) -> None:
    Attachment.objects.filter(pk=photo.pk).update(path="")
    with time_machine.travel(timezone.now() + timedelta(minutes=30)):
        attachments.rescue()
        Attachment.objects.filter(pk=photo.pk).update(path="originals/x", state=State.FAILED)
        attachments.rescue()
    assert not OrmQ.objects.exists()


# --- The end of the original ------------------------------------------------------------------------------------


@pytest.fixture
def decided(photo: Attachment) -> Attachment:
    attachments.process(photo.pk)
    message = Message.objects.get(pk=photo.message_id)
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason="danger")
    photo.refresh_from_db()
    return photo


def test_the_original_goes_when_the_decision_is_final(decided: Attachment) -> None:
    run_jobs()
    assert disk.original(decided).exists()

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()

    assert not disk.original(decided).exists()
    decided.refresh_from_db()
    assert disk.original(decided) is None
    assert decided.renditions.exists()


def test_an_undone_decision_keeps_the_original(decided: Attachment) -> None:
    lifecycle.undo(Message.objects.get(pk=decided.message_id), actor=ModeratorFactory())

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()

    assert disk.original(decided).exists()


@pytest.fixture
def master(photo: Attachment) -> Path:
    """The master of a message that radio and USB drives may both use."""
    Message.objects.filter(pk=photo.message_id).update(agreed_radio=True, agreed_usb=True)
    Attachment.objects.filter(pk=photo.pk).update(master=f"masters/{photo.token}", state=State.READY)
    path: Path = settings.PRIVATE_ROOT / "masters" / photo.token
    path.parent.mkdir()
    path.write_bytes(b"x")
    return path


def master_of(photo: Attachment) -> str:
    return Attachment.objects.values_list("master", flat=True).get(pk=photo.pk)


def test_the_master_goes_with_the_last_of_radio_and_usb(
    photo: Attachment, master: Path, django_capture_on_commit_callbacks
) -> None:
    for outlet in ("web", "radio"):
        with django_capture_on_commit_callbacks(execute=True):
            lifecycle.narrow(Message.objects.get(pk=photo.message_id), outlets=[outlet])
        run_jobs()
        assert master.exists()

    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.narrow(Message.objects.get(pk=photo.message_id), outlets=["usb"])
    assert not master.exists(), "in the request, worker running or not"
    assert master_of(photo) == ""


def test_the_master_goes_by_the_job_or_the_purge_when_the_request_could_not(photo: Attachment, master: Path) -> None:
    lifecycle.narrow(Message.objects.get(pk=photo.message_id), outlets=["usb", "radio"])
    assert master.exists()
    run_jobs()
    assert not master.exists()

    master.write_bytes(b"x")
    Attachment.objects.filter(pk=photo.pk).update(master=f"masters/{photo.token}")
    assert retention.drop_originals() == 1
    assert (master.exists(), master_of(photo)) == (False, "")


def test_a_declined_message_loses_its_master_with_its_original(photo: Attachment, master: Path) -> None:
    message = Message.objects.get(pk=photo.message_id)
    lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason="danger")
    run_jobs()
    assert master.exists(), "the decision can still be taken back"

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        run_jobs()

    assert not master.exists()
    assert not disk.original(photo).exists()
    assert master_of(photo) == ""


def test_taking_back_deletes_the_master(photo: Attachment, master: Path, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(Message.objects.get(pk=photo.message_id))

    assert not master.exists()
    assert master_of(photo) == ""


def test_a_master_made_while_its_sender_chose_again_goes_at_once(
    photo: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    Message.objects.filter(pk=photo.message_id).update(agreed_usb=True)
    convert = media.convert

    def and_chosen_again_meanwhile(*arguments: object, **options: object) -> media.Converted:
        assert options["master"]
        made = convert(*arguments, **options | {"master": False})
        lifecycle.narrow(Message.objects.get(pk=photo.message_id), outlets=["usb"])
        return replace(made, master=made.renditions[-1], renditions=made.renditions[:-1])

    monkeypatch.setattr(attachments.media, "convert", and_chosen_again_meanwhile)

    attachments.process(photo.pk)
    run_jobs()

    assert list(storing.private().entries("masters")) == []
    assert master_of(photo) == ""


# --- Queues -----------------------------------------------------------------------------------------------------


def test_photos_wait_neither_behind_videos_nor_in_front_of_letters() -> None:
    for kind in ("photo", "video", "voice"):
        attachments.enqueue(AttachmentFactory(), kind)
    jobs.enqueue("wall.publishing.sweep")

    assert list(OrmQ.objects.order_by("pk").values_list("key", flat=True)) == ["photos", "media", "media", "short"]


def test_decoders_give_up_before_their_queue_does() -> None:
    queues = settings.Q_CLUSTER["ALT_CLUSTERS"]
    clip_seconds = clip.LISTEN.seconds + clip.CONVERT_SECONDS + clip.CHECK.seconds

    assert photo_work.LOOK.seconds + photo_work.MAKE.seconds < queues["photos"]["timeout"] < queues["photos"]["retry"]
    assert clip_seconds < queues["media"]["timeout"] < queues["media"]["retry"]
    assert queues["media"]["workers"] == settings.MEDIA_WORKERS == 1


def test_deleting_files_twice_changes_nothing(photo: Attachment, settings: Settings) -> None:
    attachments.process(photo.pk)

    for _time in range(2):
        attachments.delete_files(photo.message_id)
    attachments.delete_files(MessageFactory().pk)

    assert [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()] == []


def test_files_tell_the_day_of_the_postmark_and_no_time(photo: Attachment) -> None:
    attachments.process(photo.pk)

    midnight = photo.message.submitted_at.replace(hour=0, minute=0, second=0, microsecond=0)
    assert {disk.rendition(item).stat().st_mtime for item in photo.renditions.all()} == {midnight.timestamp()}
