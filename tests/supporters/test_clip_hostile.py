"""Broken and hostile videos and sounds: whole renditions or one of the reasons, and nothing else happens."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from supporters import media
from tests import media_samples as samples
from tests.supporters import clip_corpus
from tests.supporters.clip_corpus import Bait, Case

pytestmark = pytest.mark.media
SAMPLE = {"video": 11, "voice": 5}


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    """Somebody who must never be called, by TCP and by UDP, at one port."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        for listener in (tcp, udp):
            listener.setblocking(False)
        yield [tcp, udp]


@pytest.fixture
def bait(tmp_path: Path, listeners: list[socket.socket]) -> Bait:
    canary = tmp_path / "canary.txt"
    canary.write_bytes(clip_corpus.CANARY * 100)
    return Bait(canary, listeners[0].getsockname()[1])


def is_silent(listeners: list[socket.socket]) -> bool:
    tcp, udp = listeners
    for call in (tcp.accept, lambda: udp.recv(1)):
        try:
            call()
        except BlockingIOError:
            continue
        return False
    return True


def outcome(case: Case, folder: Path) -> str:
    """``made``, a reason, or what went wrong."""
    source = folder.parent / "upload"
    source.write_bytes(case.make())
    try:
        made = media.convert(source, case.kind, folder, master=True)
    except media.Refused as refused:
        return refused.code if not os.listdir(folder) else f"left {os.listdir(folder)}"
    except (media.SandboxError, OSError) as error:
        return repr(error)
    parts = [*made.renditions, *([made.master] if made.master else [])]
    if sorted(os.listdir(folder)) != sorted(part.name for part in parts):
        return f"left {os.listdir(folder)}"
    leak = [part.name for part in parts if clip_corpus.CANARY in part.path.read_bytes()]
    for part in parts:
        part.path.unlink()
    return f"told the canary: {leak}" if leak else "made"


def is_right(case: Case, found: str) -> bool:
    return found in media.REASONS or (found == "made" and not case.never_made)


def sample(cases: list[Case]) -> list[Case]:
    """The same few of every kind each time."""
    chance = random.Random(4)
    return [
        case for kind, count in SAMPLE.items() for case in chance.sample([c for c in cases if c.kind == kind], count)
    ]


def test_hostile_files_end_in_renditions_or_a_reason(
    tmp_path: Path,
    bait: Bait,
    listeners: list[socket.socket],
    test_all: bool,
    monkeypatch: pytest.MonkeyPatch,
):
    for name in ("bases", "temporary", "made"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    cases = clip_corpus.corpus(clip_corpus.bases(tmp_path / "bases"), bait)

    found = {case.name: outcome(case, tmp_path / "made") for case in (cases if test_all else sample(cases))}

    assert {
        case.name: found[case.name] for case in cases if case.name in found and not is_right(case, found[case.name])
    } == {}
    assert is_silent(listeners)
    assert os.listdir(tmp_path / "temporary") == []


def test_the_corpus_is_as_large_as_promised(tmp_path: Path, bait: Bait):
    cases = clip_corpus.corpus(clip_corpus.bases(tmp_path), bait)

    assert len({case.name for case in cases}) == len(cases)
    assert sum(case.kind == "video" for case in cases) >= 80
    assert sum(case.kind == "voice" for case in cases) >= 30


def test_a_film_that_is_more_work_than_any_phone_makes_is_refused_at_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = samples.film(tmp_path, "film.mp4", *samples.H264, sound=False, seconds=1, size=clip_corpus.SMALL)
    monkeypatch.setattr("supporters.media.clip.MAX_WORK", 20 * clip_corpus.SMALL[0] * clip_corpus.SMALL[1])

    with pytest.raises(media.Refused, match="too_large"):
        media.inspect(source, "video")
