"""The site as `make run` starts it: it survives kill -9, ends together, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import media_samples
from tests.browser.conftest import Site, processes_of, running_site

PATIENCE_SECONDS = 120


@pytest.fixture
def own_site(tmp_path: Path, first_start: Path, plain_environment: dict[str, str]) -> Iterator[Site]:
    with running_site(first_start, tmp_path, plain_environment) as site:
        yield site


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = iter(lambda: time.monotonic() < deadline, False)
    for _again in pause:
        if condition():
            return
        select_pause()
    raise AssertionError(f"It did not happen: {what}")


def select_pause() -> None:
    """Let the other processes work for a moment."""
    subprocess.run(["sleep", "0.1"], check=True)


def decoders(site: Site) -> list[int]:
    """Processes that run ffmpeg on files of this site; they live in sessions of their own."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"ffmpeg" in command and str(site.var).encode() in os.readlink(entry / "cwd").encode() + command:
            found.append(int(entry.name))
    return found


def state_of_file(site: Site) -> str:
    with sqlite3.connect(site.var / "db.sqlite3", timeout=20) as database:
        return database.execute("SELECT state FROM supporters_attachment").fetchone()[0]


def send_long_video(site: Site, tmp_path: Path) -> None:
    """Store a message with a clip that takes a while, the way the form does, without a browser."""
    clip = media_samples.long_mp4(tmp_path, seconds=30)
    shutil.copy(clip, site.var / "private" / "clip")
    site.run(
        "from django.db import transaction\n"
        "from supporters import attachments, lifecycle\n"
        "from supporters.models import Attachment, Message\n"
        "with transaction.atomic():\n"
        "    message = Message.objects.create(kind='video', language='en', country='ZZ', agreed_web=True)\n"
        "    lifecycle.receive(message)\n"
        "    file = Attachment.objects.create(message=message, path='clip', mime='video/mp4', size=1)\n"
        "    attachments.enqueue(file, 'video')\n",
    )


@pytest.mark.media
def test_group_killed_during_ffmpeg_finishes_after_the_restart(own_site: Site, tmp_path: Path) -> None:
    send_long_video(own_site, tmp_path)
    until(lambda: bool(decoders(own_site)), "ffmpeg starts")
    assert own_site.process is not None

    os.killpg(own_site.process.pid, signal.SIGKILL)
    own_site.process.wait(10)
    until(lambda: not decoders(own_site), "ffmpeg dies with its worker")
    assert not processes_of(own_site.process.pid, mark=f"VAR={own_site.var}")
    assert state_of_file(own_site) == "processing"
    own_site.start()

    until(lambda: state_of_file(own_site) == "ready", "the file is prepared")
    renditions = own_site.var / "private" / "renditions"
    assert sorted(file.name for file in renditions.rglob("*.*") if file.is_file()) == [
        "240.mp4",
        "480.mp4",
        "poster.jpg",
        *(f"s{second:03}.jpg" for second in range(0, 30, 5)),
        "sound.m4a",
    ]
    assert not [folder for folder in renditions.iterdir() if folder.name.startswith(".")]


def test_supervisor_killed_alone_takes_everything_with_it(own_site: Site) -> None:
    assert own_site.process is not None
    os.kill(own_site.process.pid, signal.SIGKILL)
    own_site.process.wait(10)

    mark = f"VAR={own_site.var}"
    until(lambda: not processes_of(own_site.process.pid, mark=mark), "all processes end")  # type: ignore[union-attr]


def test_worker_that_ends_ends_the_site(own_site: Site) -> None:
    assert own_site.process is not None
    workers = subprocess.run(
        ["pgrep", "-P", str(own_site.process.pid), "-f", "worker short"], capture_output=True, text=True, check=True
    )
    os.kill(int(workers.stdout.split()[0]), signal.SIGKILL)

    assert own_site.process.wait(30) == 1
    assert "ended by itself" in own_site.last_words()
    assert not processes_of(own_site.process.pid, mark=f"VAR={own_site.var}")


def test_wall_stays_readable_without_database_and_workers(own_site: Site) -> None:
    assert own_site.process is not None
    for name in ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"):
        if (own_site.var / name).exists():
            (own_site.var / name).rename(own_site.var / f"away-{name}")

    import http.client

    for path, status in (("/ko/", 200), ("/en/", 200), ("/ko/safe.html", 200), ("/", 302)):
        connection = http.client.HTTPConnection("127.0.0.1", own_site.port, timeout=20)
        connection.request("GET", path)
        assert connection.getresponse().status == status
        connection.close()
