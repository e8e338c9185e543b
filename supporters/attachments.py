"""The work on the file of a message, and the end of its files.

A worker claims the row with one update, converts in a folder of its own and moves the lease while it works. A killed
worker lets the lease run out; `rescue` then offers the file again.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from messages_site import jobs
from messages_site.changes import announce

from . import media, originals, storing
from .models import Attachment, Event, Message, Rendition

logger = logging.getLogger(__name__)

State = Attachment.State
LEASE = timedelta(seconds=60)
LEASE_MOVED_AFTER = timedelta(seconds=10)
# What storing may take, in a slow bucket too; nothing moves the lease meanwhile.
STORING = timedelta(minutes=5)
MAX_ATTEMPTS = 3
MASTERS = "masters"  # in the private store
# A file that nobody began for so long may have lost its job.
UNTOUCHED = timedelta(minutes=2)
# A long queue is no reason to offer the same file every minute.
OFFERED_AGAIN_AFTER = timedelta(minutes=15)
# After the store did not answer.
STORE_AWAITED = timedelta(minutes=1)
# Events after which radio and USB drives may both be no longer agreed to.
MAY_NARROW = (Event.Kind.CONSENT, Event.Kind.ANSWERED, Event.Kind.EDIT_SHOWN)


class Lost(Exception):
    """Another worker holds the file by now, or its message was taken back."""


def enqueue(attachment: Attachment, kind: str) -> None:
    """Have the file prepared. Call it inside the transaction that stores or offers it."""
    queue = jobs.PHOTOS if kind == Message.Kind.PHOTO else jobs.MEDIA
    jobs.enqueue("supporters.attachments.process", attachment.pk, queue=queue)


def process(attachment_id: int) -> None:
    """Job: make the renditions of a file, or note why there are none. May run twice, also at once."""
    attachment = _claim(attachment_id)
    if attachment is None:
        return
    if attachment.attempts > MAX_ATTEMPTS:
        _fail(attachment, "unreadable")  # it killed its worker again and again
        return
    work = _work_folder(attachment)
    message = attachment.message
    try:
        _remove_work(attachment)
        work.mkdir(parents=True)
        with originals.local(attachment.path) as original:
            made = media.convert(
                original,
                message.kind,
                work,
                master=_wants_master(message),
                heartbeat=_heartbeat(attachment),
            )
        _finish(attachment, made, work)
    except Lost:
        _forget_if_taken_back(attachment)
        logger.info("Attachment %s was taken over or taken back.", attachment.pk)
    except media.Refused as refused:
        _fail(attachment, refused.code)
    except storing.Unreachable:
        # Nothing is wrong with the file: this was no attempt, and `rescue` offers it again.
        awaited = timezone.now() + STORE_AWAITED
        _held(attachment).update(state=State.RECEIVED, leased_until=awaited, attempts=F("attempts") - 1)
        logger.warning("Attachment %s waits: the store does not answer.", attachment.pk)
    except (media.SandboxError, OSError, OperationalError):
        if attachment.attempts < MAX_ATTEMPTS:
            if _held(attachment).update(state=State.RECEIVED, leased_until=None):
                raise
            return  # taken back meanwhile, and its files with it
        logger.exception("Attachment %s could not be prepared.", attachment.pk)
        _fail(attachment, "not_saved")
    finally:
        _remove_work(attachment)


def rescue() -> None:
    """Job for every minute: offer files again whose job was lost or whose worker was killed."""
    now = timezone.now()
    forgotten = Q(state=State.RECEIVED, created_at__lt=now - UNTOUCHED) & (
        Q(leased_until=None) | Q(leased_until__lt=now)
    )
    abandoned = Q(state=State.PROCESSING, leased_until__lt=now)
    rows = Attachment.objects.filter(forgotten | abandoned).exclude(path="").select_related("message")
    for attachment in rows:
        with transaction.atomic():
            if attachment.state == State.RECEIVED:
                Attachment.objects.filter(pk=attachment.pk, state=State.RECEIVED).update(
                    leased_until=now + OFFERED_AGAIN_AFTER
                )
            enqueue(attachment, attachment.message.kind)
    _finish_withdrawals()


def undeleted() -> QuerySet[Attachment]:
    """Files of withdrawn messages of which something is left."""
    withdrawn = Attachment.objects.filter(message__status=Message.Status.WITHDRAWN)
    return withdrawn.filter(~Q(path="", master="") | Q(renditions__isnull=False)).distinct()


def _finish_withdrawals() -> None:
    """Delete files of withdrawn messages that are still there because their store did not answer."""
    for attachment in undeleted():
        try:
            delete_files(attachment.message_id)
        except OSError:
            logger.warning("Files of message %s could not be deleted yet.", attachment.message_id)


def release_abandoned() -> int:
    """End the leases of workers that were killed, so that their files go on at once. Returns how many.

    Only for the start of a machine that runs all the workers there are, like `jobs.release_abandoned`.
    """
    now = timezone.now()
    return Attachment.objects.filter(state=State.PROCESSING, leased_until__gt=now).update(leased_until=now)


def _claim(attachment_id: int) -> Attachment | None:
    """Take the file for this worker; None when it is taken, finished or gone."""
    now = timezone.now()
    # Columns of this row only: with a join both of two workers could find it free on PostgreSQL.
    free = Q(state=State.RECEIVED) | Q(state=State.PROCESSING, leased_until__lt=now)
    rows = Attachment.objects.filter(free, pk=attachment_id).exclude(path="")
    if not rows.update(state=State.PROCESSING, leased_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    return Attachment.objects.select_related("message").get(pk=attachment_id)


def _held(attachment: Attachment) -> QuerySet[Attachment]:
    """The row as long as this worker holds it: each claim counts the attempts up, a withdrawal empties the path."""
    rows = Attachment.objects.filter(pk=attachment.pk, state=State.PROCESSING, attempts=attachment.attempts)
    return rows.exclude(path="")


def _heartbeat(attachment: Attachment) -> Callable[[int], None]:
    moved_at = timezone.now()

    def beat(percent: int) -> None:
        nonlocal moved_at
        now = timezone.now()
        if now - moved_at < LEASE_MOVED_AFTER:
            return
        moved_at = now
        if not _held(attachment).update(leased_until=now + LEASE, percent=percent):
            raise Lost

    return beat


def offer_again(attachment: Attachment) -> None:
    """Have a file prepared anew whose renditions were lost."""
    with transaction.atomic():
        rows = Attachment.objects.filter(pk=attachment.pk, state=attachment.state, path=attachment.path)
        if rows.update(state=State.RECEIVED, leased_until=None, attempts=0, percent=0):
            enqueue(attachment, attachment.message.kind)


@transaction.atomic
def give_up(attachment: Attachment) -> None:
    """Say to sender and desk that a file was lost, original and all."""
    message = Message.objects.select_for_update().get(pk=attachment.message_id)
    rows = Attachment.objects.filter(pk=attachment.pk, state=attachment.state, attempts=attachment.attempts)
    if rows.update(state=State.FAILED, leased_until=None, reason="not_saved", path=""):
        attachment.renditions.all().delete()
        _tell_failed(message)


def forget_lost(attachment: Attachment, *, original: bool, master: bool) -> None:
    """Let the row speak no more of an original or a master that is gone."""
    lost = ({"path": ""} if original else {}) | ({"master": ""} if master else {})
    Attachment.objects.filter(pk=attachment.pk).update(**lost)


def is_work_folder(name: str) -> bool:
    """Whether an entry of the work root belongs to the attempt of a worker."""
    return re.fullmatch(r"[a-z2-7]{26}-[0-9]+", name) is not None


def work_root() -> Path:
    """Where workers make renditions before they are stored; on this machine, whatever the store is."""
    root: Path = settings.PRIVATE_ROOT / "work"
    return root


def _work_folder(attachment: Attachment) -> Path:
    return work_root() / f"{attachment.token}-{attachment.attempts}"


def _remove_work(attachment: Attachment) -> None:
    """Remove the work folders of this attempt and of earlier ones, whose workers were killed."""
    for attempt in range(1, attachment.attempts + 1):
        shutil.rmtree(work_root() / f"{attachment.token}-{attempt}", ignore_errors=True)


def _forget_if_taken_back(attachment: Attachment) -> None:
    """Delete what this worker may have stored after its message was taken back."""
    if not Attachment.objects.filter(pk=attachment.pk).exclude(path="").exists():
        _delete_made(attachment.token)


def _delete_made(token: str) -> None:
    storing.private().remove_folder(f"renditions/{token}")
    storing.private().remove(f"{MASTERS}/{token}")


def _store(attachment: Attachment, made: media.Converted, work: Path) -> str:
    """Put what was made into the private store. Returns the name of the master, if there is one."""
    day = attachment.message.submitted_at.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    for item in made.renditions:
        # Web servers tell the time of a file: readers may know the day of the postmark, not when a sender was there.
        os.utime(item.path, (day, day))
    master = ""
    if made.master:
        master = f"{MASTERS}/{attachment.token}"
        storing.private().take(made.master.path, master)
    storing.private().take_folder(work, attachment.prefix)
    return master


def _finish(attachment: Attachment, made: media.Converted, work: Path) -> None:
    # Before the transaction: a bucket may be slow, and on SQLite nobody else could write meanwhile.
    if not _held(attachment).update(leased_until=timezone.now() + STORING, percent=100):
        raise Lost
    master = _store(attachment, made, work)
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=attachment.message_id)
        is_ours = _held(attachment).update(
            state=State.READY,
            leased_until=None,
            reason="",
            master=master,
            colour=made.colour,
            loudness=made.loudness,
        )
        if message.status == Message.Status.WITHDRAWN or not is_ours:
            raise Lost
        if master and not _wants_master(message):
            _drop_master_later(message.pk)  # they chose again meanwhile
        attachment.renditions.all().delete()
        Rendition.objects.bulk_create(
            Rendition(
                attachment=attachment,
                name=item.name,
                mime=item.mime,
                width=item.width,
                height=item.height,
                seconds=item.seconds,
                bytes=item.bytes,
                sha256=item.sha256,
            )
            for item in made.renditions
        )
        _outdate_open_pages(message)
        Event.objects.record(message, Event.Kind.CONVERTED, actor=None)
        announce(message.pk, Event.Kind.CONVERTED)


@transaction.atomic
def _fail(attachment: Attachment, reason: str) -> None:
    message = Message.objects.select_for_update().get(pk=attachment.message_id)
    if _held(attachment).update(state=State.FAILED, leased_until=None, reason=reason):
        _tell_failed(message)


def _tell_failed(message: Message) -> None:
    _outdate_open_pages(message)
    Event.objects.record(message, Event.Kind.FAILED, actor=None, is_public=True)
    announce(message.pk, Event.Kind.FAILED)


def _wants_master(message: Message) -> bool:
    """Only radio and USB drives use the master: nobody else may keep a file of that quality."""
    return message.agreed_radio or message.agreed_usb


def _outdate_open_pages(message: Message) -> None:
    """Whoever opened the message before its file was there has not seen the file, and cannot approve it unseen."""
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1)


# --- The end of files -------------------------------------------------------------------------------------------


def changed(message_id: int, kind: str) -> None:
    """Called by `announce`: once a decision has become final, nobody needs the original any more.

    The master goes as soon as neither radio nor USB drives are agreed to.
    """
    if kind in MAY_NARROW:
        message = Message.objects.get(pk=message_id)
        if not _wants_master(message) and Attachment.objects.filter(message=message).exclude(master="").exists():
            _drop_master_later(message_id)
    if kind not in (Event.Kind.APPROVED, Event.Kind.DECLINED):
        return
    if Attachment.objects.filter(message=message_id).exclude(path="", master="").exists():
        live_at = Message.objects.values_list("live_at", flat=True).get(pk=message_id)
        jobs.enqueue("supporters.attachments.drop_original", message_id, at=live_at)


def drop_original(message_id: int) -> None:
    """Job: delete what is not needed once the decision is final: the original, when declined the master too.

    Does nothing after an undo.
    """
    for attachment in decided().filter(message=message_id).select_related("message"):
        originals.delete(attachment.path)
        Attachment.objects.filter(pk=attachment.pk).update(path="")
        if attachment.message.status == Message.Status.DECLINED:
            _drop_master(attachment)


def decided() -> QuerySet[Attachment]:
    """Files with an original, or a master of a declined message, that is not needed any more."""
    declined = Q(message__status=Message.Status.DECLINED) & ~Q(path="", master="")
    shown = Q(
        message__status__in=[Message.Status.APPROVED, Message.Status.REMOVED], state__in=[State.READY, State.FAILED]
    ) & ~Q(path="")
    return Attachment.objects.filter(declined | shown, message__live_at__lte=timezone.now())


def _drop_master_later(message_id: int) -> None:
    """Once this transaction stands, and again as a job should the store not answer."""
    jobs.enqueue("supporters.attachments.drop_master", message_id)
    transaction.on_commit(lambda: drop_master(message_id), robust=True)


def drop_master(message_id: int) -> None:
    """Part of the request that narrows, and job: delete the master that neither radio nor USB drives may use."""
    attachment = Attachment.objects.filter(message=message_id).select_related("message").first()
    if attachment and not _wants_master(attachment.message):
        _drop_master(attachment)


def unwanted_masters() -> QuerySet[Attachment]:
    """Files whose master should have gone by `drop_master`."""
    rows = Attachment.objects.filter(message__agreed_radio=False, message__agreed_usb=False)
    return rows.exclude(master="")


def _drop_master(attachment: Attachment) -> None:
    if attachment.master:
        storing.private().remove(attachment.master)
        Attachment.objects.filter(pk=attachment.pk).update(master="")


def delete_files(message_id: int) -> None:
    """Delete original and renditions of a withdrawn message. Repeating it changes nothing."""
    attachment = Attachment.objects.filter(message=message_id).first()
    if attachment is None:
        return
    # Files first: should this be cut short, the rows still say what there is to delete.
    originals.delete(attachment.path)
    for folder in work_root().glob(f"{attachment.token}-*"):
        shutil.rmtree(folder)
    _delete_made(attachment.token)
    with transaction.atomic():
        attachment.renditions.all().delete()
        Attachment.objects.filter(pk=attachment.pk).update(path="", master="", leased_until=None)
