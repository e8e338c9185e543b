"""What is forgotten, and when. `purge` runs daily; each part of it can run at any time and twice."""

from __future__ import annotations

import fcntl
import os
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from messages_site import jobs
from messages_site.changes import announce, prepare

from . import attachments, countries, languages, lifecycle, uploads
from .models import Attachment, Contact, Edit, Event, Message, Subtitles, Upload

CONTACT_KEPT = timedelta(days=90)
WITHDRAWN_KEPT = timedelta(days=7)
ANSWER_AWAITED = timedelta(days=60)
NO_ANSWER = "no_answer"
# Announced to the rooms downstream, which forget what they wrote about the message. No event: nothing happened to it.
ERASED = "erased"

ERASED_TEXTS = (
    "original original_name original_alt own_ko group note transcript look body_kp credit_ko credit_en"
    " body body_ko body_en body_kp alt alt_ko alt_en name name_ko name_en"
).split()


def purge() -> dict[str, int]:
    """Forget what has been kept long enough. Returns how many of each."""
    return {
        "uploads": expire_uploads(),
        "contacts": erase_contacts(),
        "withdrawn": erase_withdrawn(),
        "unanswered": decline_unanswered(),
        "originals": drop_originals(),
    }


def purge_daily() -> None:
    """Job: the same, and files without rows by a job that may take its time."""
    purge()
    jobs.enqueue("supporters.sweeping.sweep", queue=jobs.MEDIA)


def expire_uploads() -> int:
    """Kept files whose form never came."""
    expired = list(Upload.objects.filter(expires_at__lte=timezone.now()))
    for upload in expired:
        uploads.discard(upload)
    return len(expired)


def erase_contacts() -> int:
    """E-mail addresses 90 days after the last news."""
    deleted, _rows = Contact.objects.filter(last_news_at__lte=timezone.now() - CONTACT_KEPT).delete()
    return deleted


def decline_unanswered() -> int:
    """Messages whose sender was asked 60 days ago and did not answer."""
    asked = Message.objects.filter(status=Message.Status.ASKED, live_at__lte=timezone.now() - ANSWER_AWAITED)
    declined = 0
    for message in asked:
        try:
            lifecycle.decline(message, moderator=None, revision=message.revision, reason=NO_ANSWER)
        except lifecycle.InvalidTransition:
            continue  # they answered this very moment
        declined += 1
    return declined


def drop_originals() -> int:
    """Originals and masters whose own job was lost, or did not get through to its store."""
    messages = list(attachments.decided().values_list("message", flat=True))
    for message_id in messages:
        attachments.drop_original(message_id)
    unwanted = list(attachments.unwanted_masters().values_list("message", flat=True))
    for message_id in unwanted:
        attachments.drop_master(message_id)
    return len({*messages, *unwanted})


# --- Withdrawn messages -----------------------------------------------------------------------------------------


def finish_withdrawal(message_id: int) -> None:
    """What a withdrawal does outside the database, in the request and again as a job: the log, then the files."""
    message = Message.objects.get(pk=message_id)
    if message.status == Message.Status.WITHDRAWN:
        note_withdrawal(message.slug)
        attachments.delete_files(message_id)


def note_withdrawal(slug: str) -> None:
    """Add `slug` to the log that a restored backup is checked against, once, and force it to the disk."""
    # A web server in front may enter this folder.
    settings.WITHDRAWN_LOG.touch(mode=0o600)
    with settings.WITHDRAWN_LOG.open("a+", encoding="ascii") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        if slug in log.read().split():
            return
        log.write(f"{slug}\n")
        log.flush()
        os.fsync(log.fileno())


def erase_withdrawn() -> int:
    """Texts of messages that were taken back seven days ago, and everything else their senders left."""
    before = timezone.now() - WITHDRAWN_KEPT
    taken_back = Event.objects.filter(kind=Event.Kind.WITHDRAWN, at__lte=before).values("message")
    rows = Message.objects.filter(status=Message.Status.WITHDRAWN, erased_at=None, pk__in=taken_back)
    message_ids = list(rows.values_list("pk", flat=True))
    for message_id in message_ids:
        finish_withdrawal(message_id)
        _erase(message_id)
    return len(message_ids)


@transaction.atomic
def _erase(message_id: int) -> None:
    prepare(message_id)
    texts = dict.fromkeys(ERASED_TEXTS, "")
    # Without rewrite(False) modeltranslation would leave the columns `body`, `alt` and `name` as they are.
    every_column: QuerySet[Message] = Message.objects.rewrite(False)  # type: ignore[attr-defined]
    every_column.filter(pk=message_id).update(
        erased_at=timezone.now(), country=countries.SOMEWHERE, language=languages.UNKNOWN, **texts
    )
    Edit.objects.filter(message=message_id).delete()
    Contact.objects.filter(message=message_id).delete()
    Attachment.objects.filter(message=message_id).delete()
    Subtitles.objects.filter(message=message_id).delete()
    announce(message_id, ERASED)
