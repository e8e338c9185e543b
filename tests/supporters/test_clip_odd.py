"""Honest but odd videos and sounds of real phones, cameras and browsers: they come out right."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest
from PIL import Image

from supporters import media
from tests import media_samples as samples
from tests.supporters.clips import by_name, differ, last_frame, streams

pytestmark = pytest.mark.media
HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-tag:v", "hvc1"]
TEN_BITS = ["-pix_fmt", "yuv420p10le"]
PQ = ["-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"]
HLG = ["-color_trc", "arib-std-b67", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"]
QUICK_VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]
AMR = ["-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"]
H264, AAC = samples.H264, samples.AAC


@dataclass(frozen=True)
class Film:
    """An odd film: its name, FFmpeg's arguments, and what is odd about the result."""

    name: str
    codecs: list[str]
    size: tuple[int, int] = (160, 120)
    rate: int = 25
    sound: bool = True
    turned: int = 0  # degrees clockwise that a player has to turn it
    shown: tuple[int, int] | None = None  # where it is not ``size``
    channels: int = 1
    is_exact: bool = True  # whether colours come out as they were; HDR is mapped


FILMS = [
    Film("hevc.mov", [*HEVC, *AAC]),
    Film("hevc-10-bit.mp4", [*HEVC, *TEN_BITS, *AAC]),
    Film("hdr-pq.mov", [*HEVC, *TEN_BITS, *PQ, *AAC], is_exact=False),
    Film("hdr-hlg.mov", [*HEVC, *TEN_BITS, *HLG, *AAC], is_exact=False),
    Film("h264-10-bit.mp4", ["-c:v", "libx264", "-preset", "ultrafast", *TEN_BITS, *AAC]),
    Film("turned-90.mov", [], turned=90, shown=(120, 160)),
    Film("turned-180.mp4", [], turned=180),
    Film("turned-270.mp4", [], turned=270, shown=(120, 160)),
    Film("gaps.mp4", ["-vf", "select='lt(n,10)+not(mod(n,4))'", "-fps_mode", "vfr", *H264, *AAC]),
    Film("odd-444.mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", *AAC], (161, 121)),
    Film("eight-channels.mp4", [*H264, "-c:a", "aac", "-ac", "8"], channels=2),
    Film("six-channels.mkv", [*H264, "-c:a", "ac3", "-ac", "6"], channels=2),
    Film("amr.3gp", ["-c:v", "h263", *AMR], (176, 144), shown=(192, 144)),  # its pixels are not square
    Film("asp.mp4", ["-c:v", "mpeg4", "-bf", "2", "-q:v", "2", *AAC]),
    Film("asp.avi", ["-c:v", "mpeg4", "-vtag", "XVID", "-q:v", "2", "-c:a", "libmp3lame"]),
    Film("vp8.webm", ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libvorbis"]),
    Film("vp9.webm", [*QUICK_VP9, "-c:a", "libopus"]),
    Film("av1.webm", ["-c:v", "libsvtav1", "-preset", "12", "-c:a", "libopus"]),
    Film("recorder.webm", [*QUICK_VP9, "-c:a", "libopus", "-f", "webm", "-live", "1"]),
    Film("h264.mkv", [*H264, "-c:a", "flac"]),
    Film("motion-jpeg.avi", ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "2", "-c:a", "pcm_u8"]),
    Film("motion-jpeg-422.mov", ["-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-q:v", "2", "-c:a", "pcm_s16le"]),
    Film("prores.mov", ["-c:v", "prores_ks", "-c:a", "alac"]),
    Film("no-sound.mp4", [*H264], sound=False),
    Film("long-gop.mp4", [*H264, "-g", "9999", "-keyint_min", "9999", *AAC]),
    Film("sixty.mp4", [*H264, *AAC], rate=60),
    Film("slow-motion.mp4", [*H264, *AAC], rate=240),
    Film("ten-a-second.mp4", [*H264, *AAC], rate=10),
    Film("anamorphic.mp4", ["-vf", "setsar=2", *H264, *AAC], (80, 120), shown=(160, 120)),
    Film("fragments.mp4", [*H264, *AAC, "-movflags", "frag_keyframe+empty_moov+default_base_moof"]),
    Film("full-range.mp4", ["-vf", "scale=out_range=full", "-color_range", "pc", *H264, *AAC]),
    Film("late-sound.mp4", ["-af", "asetpts=PTS+0.3/TB", *H264, *AAC]),
]
VOICES = {
    "telephone.wav": ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"],
    "deep.wav": ["-c:a", "pcm_s24le", "-ar", "96000", "-ac", "2"],
    "float.wav": ["-c:a", "pcm_f32le"],
    "adpcm.wav": ["-c:a", "adpcm_ima_wav"],
    "lossless.m4a": ["-c:a", "alac"],
    "lossless.flac": ["-c:a", "flac", "-ar", "96000", "-ac", "2"],
    "surround.opus": ["-c:a", "libopus", "-ac", "6", "-mapping_family", "1"],
    "low.mp3": ["-c:a", "libmp3lame", "-ar", "11025", "-b:a", "16k"],
    "bare.aac": [*AAC],
    "memo.amr": AMR,
    "recorder.webm": ["-c:a", "libopus", "-f", "webm", "-live", "1"],
}


def make(folder: Path, odd: Film) -> Path:
    """The file, 0.6 seconds long; what a recorder of a browser makes is written without going back."""
    if odd.turned:
        return turned(folder, odd)
    options = {"size": odd.size, "rate": odd.rate, "sound": odd.sound, "seconds": 0.6}
    return samples.film(folder, odd.name, *odd.codecs, **options)


def turned(folder: Path, odd: Film) -> Path:
    """Pixels stored lying or standing on their head, with a matrix that says so."""
    still, flat, path = folder / "still.png", folder / "flat.mp4", folder / odd.name
    upright = samples.quadrants(*(odd.shown or odd.size))
    upright.rotate(odd.turned, expand=True).save(still)
    samples.ffmpeg("-loop", "1", "-framerate", "25", "-i", still, *samples.TONE, "-t", "0.6", *H264, *AAC, flat)
    samples.ffmpeg("-display_rotation", str(-odd.turned), "-i", flat, "-c", "copy", path)
    return path


def chosen(every: list[str], count: int, test_all: bool) -> list[str]:
    return every if test_all else random.Random(11).sample(every, count)


def is_upright(picture: Image.Image, odd: Film) -> bool:
    if odd.is_exact:
        return differ(picture, samples.QUADRANTS, 36) == []
    # Mapped from HDR: each quadrant is still the reddest, greenest, bluest of all, and yellow has no blue.
    found = [picture.getpixel((picture.width * x // 4, picture.height * y // 4)) for x, y in ((1, 1), (3, 1), (1, 3))]
    return all(max(range(3), key=lambda channel, c=colour: c[channel]) == n for n, colour in enumerate(found))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


def problems(source: Path, odd: Film, folder: Path) -> list[str]:
    """What is wrong with what becomes of a film."""
    made = by_name(media.convert(source, "video", folder).renditions)
    large, small = streams(folder / "480.mp4", 30), streams(folder / "240.mp4", 15)
    width, height = odd.shown or odd.size
    size = (width - width % 2, height - height % 2)
    wrong = []
    for name, found in (("480.mp4", large), ("240.mp4", small)):
        if (found["width"], found["height"]) != size:
            wrong.append(f"{name}: {found}")
        if found.get("channels", 0) != (odd.sound and (odd.channels if name == "480.mp4" else 1)):
            wrong.append(f"{name}: {found}")
        if abs((made[name].seconds or 0) - 0.6) > 0.15:
            wrong.append(f"{name}: {made[name].seconds} s")
        if not is_upright(last_frame(folder / name), odd):
            wrong.append(f"{name}: colours")
    if not is_upright(Image.open(folder / "poster.jpg"), odd):
        wrong.append("poster.jpg: colours")
    if ("sound.m4a" in made) != odd.sound:
        wrong.append("sound.m4a")
    for path in folder.iterdir():
        path.unlink()
    return wrong


def test_odd_films_come_out_right(tmp_path: Path, folder: Path, test_all: bool):
    films = {odd.name: odd for odd in FILMS}

    wrong = {
        name: found
        for name in chosen(sorted(films), 4, test_all)
        if (found := problems(make(tmp_path, films[name]), films[name], folder))
    }

    assert wrong == {}


def test_odd_voices_come_out_right(tmp_path: Path, folder: Path, test_all: bool):
    wrong = {}
    for name in chosen(sorted(VOICES), 3, test_all):
        source = samples.tone(tmp_path, name, *VOICES[name], seconds=0.8)

        (made,) = media.convert(source, "voice", folder).renditions

        if made.seconds is None or abs(made.seconds - 0.8) > 0.15:
            wrong[name] = made.seconds
    assert wrong == {}


def test_a_recording_of_a_browser_says_no_length_and_has_one(tmp_path: Path):
    """Without a way back, as a browser writes: no duration in the header, no index."""
    path = tmp_path / "recorded.webm"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:d=1"]
    done = subprocess.run([*command, "-c:v", "libvpx", "-f", "webm", "pipe:1"], capture_output=True, check=True)
    path.write_bytes(done.stdout)

    facts = media.inspect(path, "video")

    assert facts.seconds == pytest.approx(1, abs=0.1)


def test_frames_come_evenly_and_none_are_invented(tmp_path: Path, folder: Path):
    source = samples.film(tmp_path, "ten.mp4", *H264, sound=False, size=(64, 48), rate=10, seconds=1)

    media.convert(source, "video", folder)

    for name in ("480.mp4", "240.mp4"):
        streams(folder / name, 10)
