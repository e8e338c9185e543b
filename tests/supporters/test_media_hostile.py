"""Every reason for a refusal by a real file, and files that want more than to be seen."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supporters import media
from supporters.media import clip, sandbox
from tests import media_samples as samples

pytestmark = pytest.mark.media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where renditions would go; beside it lies the upload."""
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever happens, nothing may be left among the temporary files."""
    place = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    assert os.listdir(place) == []


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def code_of(function: Callable[[], object]) -> str:
    with pytest.raises(media.Refused) as refused:
        function()
    assert refused.value.code in media.REASONS
    assert str(refused.value) == refused.value.code
    return refused.value.code


def refusal(source: Path, kind: str, folder: Path) -> str:
    """The reason both functions give, after which nothing lies in the folder."""
    first = code_of(lambda: media.inspect(source, kind))
    assert code_of(lambda: media.convert(source, kind, folder)) == first
    assert os.listdir(folder) == []
    return first


def outcome(source: Path, kind: str, folder: Path) -> str:
    """What becomes of a broken file: whole renditions or one reason, never anything else."""
    try:
        made = media.convert(source, kind, folder).renditions
    except media.Refused as refused:
        assert os.listdir(folder) == []
        return refused.code
    assert sorted(os.listdir(folder)) == sorted(part.name for part in made)
    for part in made:
        part.path.unlink()
    return "made"


@pytest.mark.parametrize(
    ("make", "kind", "code"),
    [
        (samples.empty, "photo", "empty"),
        (samples.empty, "video", "empty"),
        (samples.text, "photo", "wrong_kind"),
        (samples.svg, "photo", "wrong_kind"),
        (samples.pdf, "photo", "wrong_kind"),
        (samples.pdf, "voice", "wrong_kind"),
        (samples.heic, "video", "wrong_kind"),
        (samples.avif, "video", "wrong_kind"),
        (samples.jpeg, "voice", "wrong_kind"),
        (samples.mp4, "photo", "wrong_kind"),
        (samples.wav, "video", "wrong_kind"),
        (samples.avi, "voice", "wrong_kind"),
        (samples.png_bomb, "photo", "too_large"),
        (samples.scan_bomb, "photo", "too_large"),
        (samples.lying_mp4, "video", "too_long"),
        (samples.lying_mp4, "voice", "too_long"),
        (samples.sound_only_mp4, "video", "no_picture"),
        (samples.sound_only_webm, "video", "no_picture"),
        (samples.empty_wav, "voice", "no_sound"),
        (samples.silent_mp4, "voice", "no_sound"),
    ],
)
def test_every_refusal_has_its_reason(tmp_path: Path, folder: Path, make: Callable[[Path], Path], kind: str, code: str):
    assert refusal(make(tmp_path), kind, folder) == code


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (samples.jpeg, "photo"),
        (samples.png, "photo"),
        (samples.heic, "photo"),
        (samples.avif, "photo"),
        (samples.webp, "photo"),
        (samples.mp4, "video"),
        (samples.m4a, "voice"),
    ],
)
def test_half_a_file_is_unreadable(tmp_path: Path, folder: Path, make: Callable[[Path], Path], kind: str):
    assert refusal(samples.truncated(make, tmp_path), kind, folder) == "unreadable"


@pytest.mark.parametrize("make", [samples.webm, samples.mkv, samples.avi])
def test_half_a_film_is_shown_as_far_as_it_goes(tmp_path: Path, folder: Path, make: Callable[[Path], Path]):
    assert outcome(samples.truncated(make, tmp_path, 0.7), "video", folder) == "made"


@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (samples.jpeg_full_of_metadata, "photo"),
        (samples.png, "photo"),
        (samples.gif, "photo"),
        (samples.heic, "photo"),
        (samples.avif, "photo"),
        (samples.webp, "photo"),
        (samples.mov, "video"),
        (samples.webm, "video"),
        (samples.avi, "video"),
        (samples.three_gp, "video"),
        (samples.mp3, "voice"),
        (samples.ogg, "voice"),
    ],
)
def test_turned_bits_end_in_renditions_or_a_reason(
    tmp_path: Path, folder: Path, make: Callable[[Path], Path], kind: str, seed: int
):
    assert outcome(samples.bit_flipped(make, tmp_path, seed), kind, folder) in ("made", *media.REASONS)


def test_more_bytes_than_allowed_are_not_read(tmp_path: Path, folder: Path):
    source = samples.jpeg(tmp_path)
    os.truncate(source, media.MAX_BYTES["photo"] + 1)

    assert refusal(source, "photo", folder) == "too_large"


@pytest.mark.parametrize("kind", media.KINDS)
def test_a_playlist_reaches_no_host_and_no_file(tmp_path: Path, folder: Path, listener: socket.socket, kind: str):
    source = samples.playlist(tmp_path, listener.getsockname()[1], samples.mp4(tmp_path))

    assert refusal(source, kind, folder) == "wrong_kind"
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_playlist_behind_a_films_first_bytes_is_not_played(tmp_path: Path, folder: Path, listener: socket.socket):
    source = samples.playlist(tmp_path, listener.getsockname()[1], samples.mp4(tmp_path))
    source.write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\n" + source.read_bytes())

    assert refusal(source, "video", folder) in ("unreadable", "no_picture")
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_concat_script_is_of_the_wrong_kind(tmp_path: Path, folder: Path):
    assert refusal(samples.concat_script(tmp_path, samples.mp4(tmp_path)), "video", folder) == "wrong_kind"


def test_a_named_pipe_does_not_hold_the_worker(tmp_path: Path, folder: Path):
    os.mkfifo(tmp_path / "pipe.mp4")

    with pytest.raises(OSError, match="not a regular file"):
        media.convert(tmp_path / "pipe.mp4", "video", folder)


def test_an_upload_that_is_gone_is_not_the_senders_fault(tmp_path: Path, folder: Path):
    with pytest.raises(FileNotFoundError):
        media.convert(tmp_path / "gone.jpg", "photo", folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_conversion_stopped_from_outside_is_not_the_files_fault(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
):
    source = samples.wav(tmp_path)

    def run(*arguments: object, **options: object) -> None:
        raise sandbox.SandboxFailed(-number)

    monkeypatch.setattr(clip.sandbox, "run", run)

    with pytest.raises(media.SandboxFailed):
        media.convert(source, "voice", folder)
    assert os.listdir(folder) == []


def test_a_full_disk_is_not_the_files_fault(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!{sandbox.python()} -I\nimport sys\nsys.exit('v.m4a: No space left on device')\n")
    program.chmod(0o755)
    monkeypatch.setattr(clip, "ffmpeg", lambda: str(program))

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        media.convert(samples.wav(tmp_path), "voice", folder)

    assert os.listdir(folder) == []


def test_a_success_without_files_is_not_believed(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!{sandbox.python()} -I\nopen('voice.m4a', 'w').write('not a voice')\n")
    program.chmod(0o755)
    monkeypatch.setattr(clip, "ffmpeg", lambda: str(program))

    assert code_of(lambda: media.convert(samples.wav(tmp_path), "voice", folder)) == "unreadable"


def test_a_lost_lease_stops_the_work_and_leaves_nothing(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "HEARTBEAT_SECONDS", 0.0)

    def heartbeat(percent: int) -> None:
        raise LookupError("the lease is gone")

    with pytest.raises(LookupError):
        media.convert(samples.mp4(tmp_path), "video", folder, heartbeat=heartbeat)

    assert os.listdir(folder) == []
