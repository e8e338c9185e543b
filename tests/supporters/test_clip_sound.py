"""Loudness: measured once, levelled for the web by one gain and a limiter, untouched in the master."""

from __future__ import annotations

import os
from pathlib import Path

import av
import pytest

from supporters import media
from supporters.media import clip, recipe, sandbox
from tests import media_samples as samples
from tests.supporters.clips import by_name, differ, last_frame, loudness, streams

pytestmark = pytest.mark.media
SPEECH = (
    "0.25*sin(2*PI*180*t)*(0.55+0.45*sin(2*PI*3.1*t))*gt(sin(2*PI*0.9*t),-0.6)"
    "+0.1*sin(2*PI*1100*t)*gt(sin(2*PI*4*t),0.7)"
)
# Clicks far above what is between them: no gain alone brings these to the goal.
CLICKS = "0.9*exp(-60*mod(t,0.5))*sin(2*PI*900*t)+0.01*sin(2*PI*300*t)"


def sound(folder: Path, name: str, formula: str, *codecs: str, decibels: float = 0, seconds: float = 3) -> Path:
    """A sound by formula; two channels separated by | for stereo."""
    source = f"aevalsrc=exprs='{formula}':s=44100:d={seconds}"
    samples.ffmpeg("-f", "lavfi", "-i", source, "-af", f"volume={decibels}dB", *codecs, folder / name)
    return folder / name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


@pytest.mark.parametrize("decibels", [4, -15])
def test_a_voice_is_levelled_and_its_loudness_noted(tmp_path: Path, folder: Path, decibels: float):
    source = sound(tmp_path, "voice.wav", SPEECH, decibels=decibels)

    made = media.convert(source, "voice", folder, master=True)

    came, _ = loudness(source)
    assert made.loudness == pytest.approx(came, abs=0.1)
    web, peak = loudness(folder / "voice.m4a")
    assert web == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    assert made.master is not None
    assert loudness(made.master.path)[0] == pytest.approx(came, abs=0.1)
    # What radio will do: the stored figure and one gain, without listening again.
    radio, _ = loudness(made.master.path, recipe.levelled(recipe.gain(made.loudness, -23), -1.5))
    assert radio == pytest.approx(-23, abs=0.2)


def test_both_the_stereo_and_the_mono_sound_of_a_video_are_levelled(tmp_path: Path, folder: Path):
    codecs = ["-shortest", *samples.H264, "-c:a", "aac", "-b:a", "128k"]
    tune = sound(tmp_path, "stereo.wav", f"{SPEECH}|0.2*sin(2*PI*523*t)", decibels=-9)
    source = tmp_path / "stereo.mp4"
    samples.ffmpeg("-f", "lavfi", "-i", "testsrc=s=160x120:r=10:d=3", "-i", tune, *codecs, source)

    made = media.convert(source, "video", folder, master=True)

    for name in ("480.mp4", "240.mp4", "sound.m4a"):
        found, peak = loudness(folder / name)
        assert found == pytest.approx(-16, abs=0.5), name
        assert peak <= -1, name
    assert streams(folder / "480.mp4", 30)["channels"] == 2
    assert streams(folder / "240.mp4", 15)["channels"] == 1
    assert made.master is not None
    assert loudness(made.master.path)[0] == pytest.approx(made.loudness, abs=0.2)


def test_two_channels_against_each_other_are_heard_in_mono(tmp_path: Path, folder: Path):
    source = sound(tmp_path, "against.wav", f"{SPEECH}|-1*({SPEECH})")

    media.convert(source, "voice", folder)

    assert loudness(folder / "voice.m4a")[0] == pytest.approx(-16, abs=0.5)


def test_silence_stays_silence(tmp_path: Path, folder: Path):
    source = sound(tmp_path, "silence.wav", "0*t")

    made = media.convert(source, "voice", folder)

    assert made.loudness is None
    assert loudness(folder / "voice.m4a")[0] <= -69


def test_the_gain_is_bounded(tmp_path: Path, folder: Path):
    source = sound(tmp_path, "whisper.wav", SPEECH, decibels=-45)

    made = media.convert(source, "voice", folder)

    assert made.loudness is not None
    assert loudness(folder / "voice.m4a")[0] == pytest.approx(made.loudness + recipe.MOST_GAIN, abs=0.5)


def test_clicks_do_not_pass_the_limiter(tmp_path: Path, folder: Path):
    source = sound(tmp_path, "clicks.wav", CLICKS, "-c:a", "pcm_f32le", decibels=-8)

    media.convert(source, "voice", folder)

    assert loudness(folder / "voice.m4a")[1] <= -1


@pytest.mark.parametrize(("rate", "channels", "kept"), [(96000, 2, 48000), (8000, 1, 8000)])
def test_the_master_of_a_voice_is_lossless_and_nameless(
    tmp_path: Path, folder: Path, rate: int, channels: int, kept: int
):
    source = tmp_path / "in.wav"
    tags = ["-metadata", f"comment={samples.COMMENT}", "-c:a", "pcm_s24le"]
    samples.ffmpeg(*samples.TONE, "-t", "1", "-ar", str(rate), "-ac", str(channels), *tags, source)

    made = media.convert(source, "voice", folder, master=True)

    assert made.master is not None
    assert [part.name for part in made.renditions] == ["voice.m4a"]
    assert (made.master.name, made.master.mime, made.master.path) == (
        "master.flac",
        "audio/flac",
        folder / "master.flac",
    )
    assert made.master.seconds == pytest.approx(1, abs=0.05)
    with av.open(str(made.master.path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("flac", kept, channels)
        assert stream.format.name.startswith("s16")
        assert set(container.metadata) <= {"encoder"}
    data = made.master.path.read_bytes()
    assert [mark for mark in samples.SECRETS + samples.SIGNATURES if mark in data] == []


def test_the_master_of_a_video_is_larger_and_nameless(tmp_path: Path, folder: Path):
    codecs = [*samples.H264, *samples.AAC, *samples.PHONE_TAGS, "-movflags", "use_metadata_tags"]
    source = samples.film(tmp_path, "hd.mp4", *codecs, size=(1920, 1080), seconds=0.4, rate=60)

    made = media.convert(source, "video", folder, master=True)

    assert made.master is not None
    assert "master.mp4" not in by_name(made.renditions)
    found = streams(made.master.path, 30)
    assert (found["width"], found["height"]) == (made.master.width, made.master.height) == (1280, 720)
    assert differ(last_frame(made.master.path), samples.QUADRANTS) == []
    for path in folder.iterdir():
        data = path.read_bytes()
        assert [mark for mark in samples.SECRETS + samples.SIGNATURES if mark in data] == [], path.name


def test_the_percent_rises_and_ends_below_a_hundred(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "HEARTBEAT_SECONDS", 0.0)
    source = samples.film(tmp_path, "film.mp4", *samples.H264, *samples.AAC, size=(320, 240), seconds=4)
    seen: list[int] = []

    media.convert(source, "video", folder, heartbeat=seen.append)

    assert seen == sorted(seen)
    assert seen[0] == 0
    assert 0 < seen[-1] <= 99


def test_a_program_cannot_take_progress_back():
    progress = clip.Progress(10)

    heard = []
    for line in ("frame=1", "out_time_us=N/A", "out_time_us=5000000", "out_time_us=-3", "out_time_us=99000000"):
        progress.hear(line)
        heard.append(progress.percent)

    assert heard == [0, 0, 50, 50, 99]


def test_long_answers_are_passed_on_line_by_line(tmp_path: Path):
    limits = sandbox.Limits(seconds=30, cpu_seconds=10, memory_bytes=1 << 30, file_bytes=0)
    lines: list[str] = []
    code = "for number in range(200_000): print('line', number)"

    done = sandbox.run([sandbox.python(), "-I", "-c", code], scratch=tmp_path, limits=limits, hear=lines.append)

    assert (len(lines), lines[-1], done.stdout) == (200_000, "line 199999", b"")


def test_a_lossless_master_leaves_nothing_when_the_work_fails(tmp_path: Path, folder: Path):
    source = samples.truncated(samples.m4a, tmp_path)

    with pytest.raises(media.Refused):
        media.convert(source, "voice", folder, master=True)

    assert os.listdir(folder) == []
