"""Hostile and broken pictures: whole renditions or one reason, nothing left behind, nobody called."""

from __future__ import annotations

import contextlib
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from supporters import media
from supporters.media import photo
from tests.supporters import photo_corpus as corpus

pytestmark = pytest.mark.media
SAMPLE = 18
# Of every kind that once took long, or once came out wrong, one is in each run.
ALWAYS = ["chunks png", "chunks png packed texts", "exif crowded", "pixels webp lossless", "xmp with hosts"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def outcome(source: Path, folder: Path) -> str:
    """`made` or the reason; anything else that is raised fails the test."""
    try:
        made = media.convert(source, "photo", folder).renditions
    except media.Refused as refused:
        made, code = [], refused.code
    if not made:
        assert os.listdir(folder) == []
        return code
    assert sorted(os.listdir(folder)) == sorted(part.name for part in made)
    assert {part.name for part in made} >= {"320.jpg", "320.webp"}
    for part in made:
        part.path.unlink()
    return "made"


def chosen(test_all: bool) -> list[str]:
    if test_all:
        return list(corpus.HOSTILE)
    return [*random.Random(os.environ.get("SEED", "4")).sample(sorted(corpus.HOSTILE), SAMPLE), *ALWAYS]


def test_the_corpus_is_as_large_as_promised():
    assert len(corpus.ALL) >= 200
    assert len({make() for make in corpus.BROKEN.values()}) == len(corpus.BROKEN)


def test_hostile_pictures_end_in_renditions_or_a_reason(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    listener: socket.socket,
    test_all: bool,
):
    folder, temporary = tmp_path / "made", tmp_path_factory.mktemp("temporary")
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    outcomes = {}

    for name in chosen(test_all):
        source = corpus.written(name, tmp_path, listener.getsockname()[1])
        outcomes[name] = outcome(source, folder)
        if test_all:  # the look, which runs before anybody has sent anything, ends in the same ways
            with contextlib.suppress(media.Refused):
                media.inspect(source, "photo")
        source.unlink()

    assert os.listdir(temporary) == []
    assert set(outcomes.values()) <= {"made", *media.REASONS}
    assert {name for name, code in outcomes.items() if name.startswith("pixels") and code == "made"} <= WITHIN
    with pytest.raises(BlockingIOError):
        listener.accept()


# Their headers promise no more than is allowed.
WITHIN = {
    "pixels png deep",
    "pixels jpeg wide",
    "pixels jpeg progressive within",
    "pixels avif within",
    "pixels webp lossless within",
}


@pytest.mark.parametrize("name", corpus.OTHERS)
def test_what_is_not_on_the_list_reaches_no_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setattr(photo.children, "ask", lambda *_arguments, **_options: pytest.fail("a decoder was started"))
    source = corpus.written(name, tmp_path, 9)

    with pytest.raises(media.Refused) as refused:
        media.inspect(source, "photo")
    assert refused.value.code == "wrong_kind"
