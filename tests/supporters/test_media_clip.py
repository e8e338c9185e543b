"""Videos and voices: they play, upright and in time, and nothing in them tells of their sender."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image

from supporters import media
from tests import media_samples as samples

pytestmark = pytest.mark.media
WITH_SOUND = ["240.mp4", "480.mp4", "poster.jpg", "s000.jpg", "sound.m4a"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where renditions go; beside it lies the upload."""
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


def last_frame(path: Path) -> Image.Image:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_image()
    return picture


def differ(picture: Image.Image, expected: tuple[tuple[int, int, int], ...], tolerance: int = 30) -> list[object]:
    width, height = picture.size
    places = [(1, 1), (3, 1), (1, 3), (3, 3)]
    found = [picture.convert("RGB").getpixel((width * x // 4, height * y // 4)) for x, y in places]
    return [
        (seen, wanted)
        for seen, wanted in zip(found, expected, strict=True)
        if any(abs(a - b) > tolerance for a, b in zip(seen, wanted, strict=True))
    ]


def traces(folder: Path) -> list[tuple[str, bytes]]:
    """Every secret and signature found in any file."""
    marks = samples.SECRETS + samples.SIGNATURES
    return [(path.name, mark) for path in folder.iterdir() for mark in marks if mark in path.read_bytes()]


def by_name(made: list[media.Made]) -> dict[str, media.Made]:
    return {part.name: part for part in made}


@pytest.mark.parametrize(
    ("make", "mime", "size"),
    [
        (samples.mp4, "video/mp4", (320, 240)),
        (samples.mov, "video/quicktime", (240, 320)),
        (samples.webm, "video/webm", (320, 240)),
        (samples.mkv, "video/x-matroska", (320, 240)),
        (samples.avi, "video/x-msvideo", (320, 240)),
        (samples.three_gp, "video/3gpp", (384, 288)),
    ],
)
def test_videos_of_phones_and_cameras_come_out_playable_and_nameless(
    tmp_path: Path, folder: Path, make: Callable[[Path], Path], mime: str, size: tuple[int, int]
):
    source = make(tmp_path)

    facts = media.inspect(source, "video")
    made = by_name(media.convert(source, "video", folder).renditions)

    assert (facts.mime, facts.width, facts.height) == (mime, *size)
    assert facts.seconds == pytest.approx(2, abs=0.1)
    assert sorted(made) == sorted(os.listdir(folder)) == WITH_SOUND
    for name in ("480.mp4", "240.mp4"):
        assert made[name].seconds == pytest.approx(2, abs=0.15)
        assert differ(last_frame(folder / name), samples.QUADRANTS) == []
    assert (made["480.mp4"].width, made["480.mp4"].height) == size
    assert made["sound.m4a"].seconds == pytest.approx(2, abs=0.15)
    assert differ(Image.open(folder / "poster.jpg"), samples.QUADRANTS) == []
    assert traces(folder) == []


def test_the_samples_do_carry_secrets(tmp_path: Path):
    for make in (samples.mp4, samples.mov, samples.webm, samples.mkv, samples.avi, samples.m4a, samples.wav):
        data = make(tmp_path).read_bytes()

        assert any(mark in data for mark in samples.SECRETS), make.__name__


def test_streams_are_what_old_players_know(tmp_path: Path, folder: Path):
    media.convert(samples.odd_444_surround(tmp_path), "video", folder)

    for name, profile, rate, channels in (("480.mp4", "Main", 30, 2), ("240.mp4", "Constrained Baseline", 15, 1)):
        with av.open(str(folder / name)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert len(container.streams) == 2
            assert (video.codec_context.name, video.profile, video.pix_fmt) == ("h264", profile, "yuv420p")
            assert video.width % 2 == video.height % 2 == 0
            assert video.average_rate <= rate
            assert (audio.codec_context.name, audio.channels) == ("aac", channels)
            assert set(container.metadata) == {"major_brand", "minor_version", "compatible_brands"}
        data = (folder / name).read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("make", [samples.hevc_10_bit_hdr, samples.odd_444_surround, samples.variable_rate])
def test_unusual_pictures_and_sounds_come_out_playable(tmp_path: Path, folder: Path, make: Callable[[Path], Path]):
    made = media.convert(make(tmp_path), "video", folder).renditions

    assert sorted(part.name for part in made) == WITH_SOUND
    assert last_frame(folder / "240.mp4").size == (by_name(made)["240.mp4"].width, by_name(made)["240.mp4"].height)


def test_a_larger_video_fits_both_sizes(tmp_path: Path, folder: Path):
    source = samples.film(tmp_path, "large.mp4", *samples.H264, *samples.AAC, size=(1280, 720), seconds=1)

    made = by_name(media.convert(source, "video", folder).renditions)

    assert (made["480.mp4"].width, made["480.mp4"].height) == (854, 480)
    assert (made["240.mp4"].width, made["240.mp4"].height) == (426, 240)
    assert made["poster.jpg"].width == 640


def test_a_portrait_fits_both_sizes(tmp_path: Path, folder: Path):
    source = samples.film(tmp_path, "tall.mp4", *samples.H264, *samples.AAC, size=(720, 1280), seconds=1)

    made = by_name(media.convert(source, "video", folder).renditions)

    assert (made["480.mp4"].width, made["480.mp4"].height) == (480, 854)
    assert (made["240.mp4"].width, made["240.mp4"].height) == (240, 426)


def test_a_video_without_sound_has_no_sound_file(tmp_path: Path, folder: Path):
    made = media.convert(samples.silent_mp4(tmp_path), "video", folder).renditions

    assert sorted(part.name for part in made) == ["240.mp4", "480.mp4", "poster.jpg", "s000.jpg"]


@pytest.mark.parametrize(
    ("make", "mime"),
    [
        (samples.m4a, "audio/mp4"),
        (samples.mp3, "audio/mpeg"),
        (samples.bare_mp3, "audio/mpeg"),
        (samples.ogg, "audio/ogg"),
        (samples.opus, "audio/ogg"),
        (samples.wav, "audio/wav"),
        (samples.webm_voice, "audio/webm"),
        (samples.amr, "audio/amr"),
        (samples.mov, "audio/mp4"),
        (samples.three_gp, "audio/mp4"),
        (samples.webm, "audio/webm"),
    ],
)
def test_voices_become_one_small_nameless_file(tmp_path: Path, folder: Path, make: Callable[[Path], Path], mime: str):
    source = make(tmp_path)

    facts = media.inspect(source, "voice")
    (made,) = media.convert(source, "voice", folder).renditions

    assert (facts.mime, facts.width, facts.height) == (mime, None, None)
    assert facts.seconds == pytest.approx(2, abs=0.15)
    assert (made.name, made.mime) == ("voice.m4a", "audio/mp4")
    assert made.seconds == pytest.approx(2, abs=0.15)
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    with av.open(str(made.path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.channels) == ("aac", 1)
        assert stream.bit_rate < 40_000
    assert os.listdir(folder) == ["voice.m4a"]
    assert traces(folder) == []


def test_two_minutes_and_a_little_are_accepted(tmp_path: Path, folder: Path):
    source = samples.wav(tmp_path, seconds=120.7)

    assert media.inspect(source, "voice").seconds == pytest.approx(120.7, abs=0.05)
    assert media.convert(source, "voice", folder).renditions[0].seconds == pytest.approx(120.7, abs=0.1)
