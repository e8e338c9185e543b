"""Turning demo letters into rows, files and pages, with a history that looks lived in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from replies.services import receive_concern
from supporters import attachments, lifecycle, originals, services
from supporters.models import Attachment, Event, Message
from supporters.models.files import new_token
from supporters.models.messages import OUTLETS, SLUG_ALPHABET
from wall import publishing
from wall.finding import index as search_index
from wall.models import WallCounter

from . import desk, drawings, recordings
from .content import DemoLetter, grown

Kind, Status = Event.Kind, Message.Status
# Demo messages are told from real ones by this beginning, which no hash has.
MARK = "demo-"
BATCH = 5_000
MIME = {"photo": "image/jpeg", "video": "video/mp4", "voice": "audio/mp4"}


def has_real_messages() -> bool:
    return Message.objects.exclude(receipt_hash__startswith=MARK).exists()


def has_demo_messages() -> bool:
    return Message.objects.filter(receipt_hash__startswith=MARK).exists()


def load(letters: list[DemoLetter], *, progress: Callable[[int], object]) -> int:
    """Store `letters`, oldest first, convert their files and publish what is approved. Returns how many."""
    moderator = User.objects.get(username="moderator")
    stored: list[tuple[Message, DemoLetter]] = []
    for letter in sorted(letters, key=lambda letter: -letter.days_ago):
        received = timezone.now() - timedelta(days=letter.days_ago, hours=letter.days_ago % 7)
        with transaction.atomic():
            stored.append((_store(letter, received, moderator), letter))
        progress(letter.kind == Message.Kind.TEXT)
    # Making and converting the files is nearly all of the time, and most of it happens in child processes.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        files = [row for row in stored if row[0].kind != Message.Kind.TEXT]
        for _done in threads.map(lambda row: _attach(*row), files):
            progress(1)
    for message, letter in stored:
        if letter.kind == Message.Kind.VIDEO and message.status == Status.APPROVED:
            desk.subtitle(message)
    publishing.sweep()
    for message, letter in stored:
        message.refresh_from_db()
        _end(message, letter)
        if letter.edit:
            _propose(message, letter)
        for words in letter.concerns:
            receive_concern(message, words)
        if letter.status == Status.PENDING:
            desk.work_on(message, letter)
    return len(letters)


def _read_after(letter: DemoLetter) -> timedelta:
    """How long it waited: from six hours to more than a day, but never so long that letters change places."""
    return timedelta(hours=6 + letter.days_ago * 7 % 23)


def _store(letter: DemoLetter, received: datetime, moderator: User) -> Message:
    """One message with the life line its status needs."""
    status = Status(letter.status)
    shown = status in (Status.APPROVED, Status.REMOVED, Status.WITHDRAWN)
    decided = received + _read_after(letter) if status != Status.PENDING else None
    outlets: dict[str, Any] = {f"agreed_{outlet}": outlet in letter.agreed for outlet in OUTLETS}
    # What was taken down or back was public once: it is published first, then taken away like any other.
    cleared = letter.cleared or (["web"] if shown else [])
    outlets |= {f"cleared_{outlet}": outlet in cleared and outlet in letter.agreed for outlet in OUTLETS}
    message = Message.objects.create(
        kind=letter.kind,
        original=letter.original,
        original_name=letter.name,
        original_alt=letter.alt,
        own_ko=letter.own_ko,
        language=letter.language,
        country=letter.country,
        group=letter.group,
        status=Status.APPROVED if shown else status,
        # What translators write comes into the letter through their work.
        body_ko="" if "ko" in letter.translated else letter.body_ko,
        body_en="" if "en" in letter.translated else letter.body_en,
        alt_ko=letter.alt_ko,
        alt_en=letter.alt_en,
        name_ko=letter.name_ko,
        name_en=letter.name_en,
        submitted_at=received,
        live_at=decided,
        is_call_for_help=letter.reason == lifecycle.CALL_FOR_HELP,
        receipt_hash=MARK + new_token(),
        **outlets,
    )
    Event.objects.record(message, Kind.RECEIVED, actor=None, at=received)
    final = Kind.APPROVED if shown else {Status.ASKED: Kind.ASKED, Status.DECLINED: Kind.DECLINED}.get(status)
    if final:
        Event.objects.record(message, final, actor=moderator, reason=letter.reason, at=decided)
    return message


def _attach(message: Message, letter: DemoLetter) -> None:
    """Draw or record the file of a letter, as if its sender had chosen it, and convert it. Runs in a thread."""
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        suffix = {"photo": ".jpg", "video": ".mp4", "voice": ".m4a"}[letter.kind]
        made = Path(folder) / f"made{suffix}"
        if letter.kind == Message.Kind.PHOTO:
            drawings.write_photo(letter.picture, made)
        elif letter.kind == Message.Kind.VIDEO:
            recordings.write_video(letter.clip, made)
        else:
            recordings.write_voice(letter.clip, made)
        size = made.stat().st_size
        path = originals.take(made)
    try:
        attachment = Attachment.objects.create(
            message=message,
            path=path,
            mime=MIME[letter.kind],
            size=size,
            created_at=message.submitted_at,
        )
        attachments.process(attachment.pk)
    finally:
        connection.close()


def _end(message: Message, letter: DemoLetter) -> None:
    """Take away what was public and is not any more."""
    if letter.status == Status.REMOVED:
        lifecycle.remove(message, actor=User.objects.get(username="safety"))
    elif letter.status == Status.WITHDRAWN:
        services.withdraw(message)


def _propose(message: Message, letter: DemoLetter) -> None:
    """The open edit of an approved letter."""
    sent = {name: getattr(message, name) for name in lifecycle.SENT_TEXTS}
    agreed = {outlet: getattr(message, f"agreed_{outlet}") for outlet in OUTLETS}
    lifecycle.propose_edit(message, sent=sent | letter.edit, agreed=agreed)


# --- Many letters, for benchmarks --------------------------------------------------------------------------------

COLUMNS = (
    "slug kind status revision original original_name original_alt own_ko language country"
    " body body_ko body_en alt name name_ko name_en body_kp note"
    " agreed_web agreed_radio agreed_usb cleared_web cleared_radio cleared_usb"
    " submitted_at live_at wall_number receipt_hash"
    " kp_signed credit_ko credit_en transcript look is_call_for_help is_hidden"
).split()


def grow(total: int, *, progress: Callable[[int], object]) -> int:
    """Add short approved letters until there are `total` demo letters. Returns how many were added.

    They are written as rows only, without life lines and pages: `publish --all` makes the pages.
    `rebuild_search` enters their words into the search; the worker does so by itself, little by little.
    """
    missing = total - Message.objects.filter(receipt_hash__startswith=MARK).count()
    names = ", ".join(f'"{column}"' for column in [*COLUMNS, "group"])
    values = ", ".join(["%s"] * (len(COLUMNS) + 1))
    # The columns are ours, the values are parameters.
    insert = f'INSERT INTO "{Message._meta.db_table}" ({names}) VALUES ({values})'  # noqa: S608
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Slugs arrive in random order: their index has to stay in memory while it grows.
            cursor.execute("PRAGMA cache_size=-262144")
    with transaction.atomic():
        counter = WallCounter.objects.select_for_update().get()
        rows = _rows(max(0, missing), counter.last)
        with connection.cursor() as cursor:
            while batch := list(islice(rows, BATCH)):
                cursor.executemany(insert, batch)
                progress(len(batch))
        counter.last += max(0, missing)
        counter.save()
        search_index.note_rows_without_terms()
    return max(0, missing)


LETTERS = bytes(SLUG_ALPHABET.encode()[byte % 32] for byte in range(256))


def _fast_slug() -> str:
    """A slug as random as `new_slug`, from one call: a million of them, picked letter by letter, take minutes."""
    return os.urandom(12).translate(LETTERS).decode()


def _rows(count: int, last_number: int) -> Iterator[tuple[Any, ...]]:
    start = timezone.now() - timedelta(days=400)
    step = timedelta(days=399) / max(1, count)
    stored = connection.ops.adapt_datetimefield_value
    run, at = MARK + new_token(), stored(start)
    for index, letter in enumerate(grown(count), start=1):
        original, language, body_ko, body_en, name_ko, name_en, country = letter
        if index % 20 == 0:
            at = stored(start + index * step)
        yield (
            _fast_slug(), "text", "approved", 1, original, name_en, "", "", language, country,
            "", body_ko, body_en, "", "", name_ko, name_en, "", "",
            True, True, False, True, False, False,
            at, at, last_number + index, f"{run}{index}",
            False, "", "", "", "", False, False, "",
        )  # fmt: skip


# --- From demo to real -------------------------------------------------------------------------------------------


def clear() -> int:
    """Delete every demo message with its files and pages. Returns how many there were."""
    demo = Message.objects.filter(receipt_hash__startswith=MARK)
    count = demo.count()
    for attachment in Attachment.objects.filter(message__receipt_hash__startswith=MARK):
        attachments.delete_files(attachment.message_id)
    demo.delete()
    if not Message.objects.exists():
        WallCounter.objects.update(last=0)
    search_index.start_anew()
    publishing.publish_all()
    return count
