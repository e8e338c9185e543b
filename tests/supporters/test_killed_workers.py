"""kill -9 at seeded moments of conversion and storing: nothing accepted is lost, doubled, or left lying about.

A worker process of its own does the job. Its moments are the calls Python announces to audit hooks: every file opened,
renamed or deleted, every program started, every connection; so a moment is the same in every run.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import storages
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ

from messages_site import jobs
from supporters import attachments, originals, storing, sweeping
from supporters.models import Attachment, Event
from tests import media_samples
from tests.factories import AttachmentFactory, MessageFactory
from tests.queues import run_jobs

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.media]
State = Attachment.State
SEED = 20261122
MOMENTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.utime", "os.chmod", "fcntl.flock"}
MOMENTS |= {"subprocess.Popen", "shutil.rmtree", "socket.connect", "sqlite3.connect", "tempfile.mkstemp"}


def accepted(photo: Path) -> Attachment:
    """A message whose file was accepted, with its job."""
    message = MessageFactory(kind="photo")
    copy = settings.FILE_UPLOAD_TEMP_DIR / "copy"
    shutil.copy(photo, copy)
    attachment = AttachmentFactory(message=message, path=originals.take(copy), size=photo.stat().st_size)
    attachments.enqueue(attachment, "photo")
    return attachment


def work(attachment: Attachment, moment: int | None) -> int:
    """Do the job in a process that kills itself at a moment; without one, count its moments."""
    connections.close_all()
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(reader)
            # Connections to a bucket stay with the parent.
            storages._storages.clear()
            os.write(writer, b"%d" % counted_until(moment, attachment.pk))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        count = answer.read()
    _pid, status = os.waitpid(pid, 0)
    if moment is None:
        assert status == 0
        return int(count)
    assert os.WIFSIGNALED(status), "the moment never came"
    assert os.WTERMSIG(status) == signal.SIGKILL
    return 0


def counted_until(moment: int | None, attachment_id: int) -> int:
    seen = 0

    def hook(event: str, _arguments: object) -> None:
        nonlocal seen
        if event in MOMENTS:
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(hook)
    attachments.process(attachment_id)
    return seen


def restart() -> None:
    """What `messages_site.serve` does at its start, and the workers after it."""
    attachments.release_abandoned()
    jobs.release_abandoned()
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        attachments.rescue()
        run_jobs()


def stored() -> Counter[str]:
    return Counter(entry.name for entry in storing.private().entries("") if not entry.name.startswith("work/"))


def test_a_file_that_kills_its_worker_is_given_up_after_three_tries(own_folders: Path, tmp_path: Path) -> None:
    attachment = accepted(media_samples.jpeg(tmp_path))
    OrmQ.objects.all().delete()

    for attempt in range(1, attachments.MAX_ATTEMPTS + 1):
        work(attachment, 10)
        attachment.refresh_from_db()
        assert (attachment.state, attachment.attempts) == (State.PROCESSING, attempt)
        attachments.release_abandoned()
    restart()

    attachment.refresh_from_db()
    assert (attachment.state, attachment.reason) == (State.FAILED, "unreadable")
    assert attachment.message.events.last().kind == Event.Kind.FAILED
    sweeping.clear_work()
    assert list(attachments.work_root().iterdir()) == []
    assert not attachment.renditions.exists()


@pytest.fixture(params=["folder", "bucket"])
def site(request: pytest.FixtureRequest, own_folders: Path) -> str:
    if request.param == "bucket":
        request.getfixturevalue("buckets")
    return request.param


def test_a_killed_worker_costs_nothing(
    site: str, tmp_path: Path, test_all: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = media_samples.jpeg(tmp_path)
    # What is only read and found out once has its own moments.
    accepted(photo)
    run_jobs()
    moments = work(accepted(photo), None)
    assert moments > 20
    OrmQ.objects.all().delete()
    share = (28 if site == "folder" else 12) if test_all else 2
    chosen = sorted(random.Random(SEED).sample(range(moments), share))

    for moment in chosen:
        attachment = accepted(photo)
        work(attachment, moment)
        restart()
        attachment.refresh_from_db()
        assert attachment.state == State.READY, moment
        events = list(attachment.message.events.values_list("kind", flat=True))
        assert events == [Event.Kind.RECEIVED, Event.Kind.CONVERTED], moment
        assert not OrmQ.objects.exists()

    # An hour later; only that a bucket refuses whoever has the wrong time.
    for name in ("YOUNG", "JUST_MADE"):
        monkeypatch.setattr(sweeping, name, timedelta(minutes=-1))
    sweeping.sweep()
    assert not sweeping.sweep(check=True).total()
    expected = Counter(
        name
        for attachment in Attachment.objects.prefetch_related("renditions")
        for name in (attachment.path, *(row.stored for row in attachment.renditions.all()))
    )
    assert stored() == expected
    assert list(attachments.work_root().iterdir()) == []
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == []
