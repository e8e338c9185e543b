"""Videos and voices: measure, convert with one FFmpeg process, and open what it made."""

from __future__ import annotations

import errno
import functools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import children, recipe, sandbox
from .outcome import REMOVED, Facts, Refused
from .sniff import Family

MAX_SECONDS = 120
# Encoders fill the last block and players round up: a two-minute video often measures a little more.
TOLERATED_SECONDS = MAX_SECONDS + 1.0
# 4096 x 3072: the largest film a phone takes; a frame of ten bits is then 38 MB, and a decoder keeps about twenty.
MAX_PIXELS = 4096 * 3072
# The most phones film in two minutes is 60 frames a second of 3840 x 2160, or 240 of 1920 x 1080.
MAX_WORK = 64_000_000_000
VIDEO_CODECS = [
    *("h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "libaom-av1"),
    *("mpeg4", "h263", "h263p", "mjpeg", "msmpeg4", "msmpeg4v2", "prores", "dvvideo"),
]
AUDIO_CODECS = [
    *("aac", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis", "libvorbis", "alac", "flac"),
    *("ac3", "eac3"),
    *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "adpcm_ms", "adpcm_ima_wav", "gsm_ms"),
    *("pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be"),
    *("pcm_f64le", "pcm_alaw", "pcm_mulaw"),
]
# A look at an honest file takes a tenth of this; what takes longer was made to.
LOOK_CPU_SECONDS = 1.5
MEASURE = sandbox.Limits(seconds=20, cpu_seconds=2, memory_bytes=1536 << 20, file_bytes=0)
LISTEN = sandbox.Limits(seconds=60, cpu_seconds=12, memory_bytes=1536 << 20, file_bytes=0)
CHECK = sandbox.Limits(seconds=60, cpu_seconds=20, memory_bytes=1 << 30, file_bytes=0)
CONVERT_SECONDS = 600
CONVERT_MEMORY_BYTES = 2560 << 20
# Two minutes of a master at its ceiling are 63 MB.
CONVERT_FILE_BYTES = 80 << 20
# FFmpeg answers a signal that asks it to stop with this code, and says which it was.
INTERRUPTED = 255
ISO_DEMUXER = "mov,mp4,m4a,3gp,3g2,mj2"
DEMUXERS = {".mp4": ISO_DEMUXER, ".m4a": ISO_DEMUXER, ".flac": "flac", ".jpg": "jpeg_pipe"}
# The tables of two minutes of picture and sound, which come first, take less.
HEAD_BYTES = 1 << 20
# FFmpeg's list of tags with nothing in it: ``udta`` with ``meta`` of an iTunes reader and an empty ``ilst``.
NO_TAGS = b"udta\0\0\0\x35meta\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl" + bytes(9) + b"\0\0\0\x08ilst"
FLAC_VENDOR = len(b"ffmpeg").to_bytes(4, "little") + b"ffmpeg"
# What stands there and what takes its place, byte for byte.
BLANKS = {FLAC_VENDOR: FLAC_VENDOR[:4] + b" " * 6, NO_TAGS: b"free" + bytes(len(NO_TAGS) - 4)}
OUT_OF_CPU = f"received signal {int(signal.SIGXCPU)}."


@dataclass(frozen=True)
class Work:
    """What lies in the scratch folder: the renditions, and the master where one was asked for."""

    made: list[dict[str, Any]]
    master: dict[str, Any] | None
    loudness: float | None


class Progress:
    """The percent done, from what FFmpeg says about itself once a second."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.percent = 0

    def hear(self, line: str) -> None:
        """A line ``key=value``; anything else says nothing. Only the whole job may say that all is done."""
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.strip().isdigit():
            share = int(value) / 1e6 / self.seconds
            self.percent = max(self.percent, min(99, int(100 * share)))


def measure(source: Path, family: Family, kind: str, scratch: Path, *, listen: bool = False) -> dict[str, Any]:
    """What ``child_clip.py`` found, after the checks that every kind needs; how loud it is where asked for."""
    request = _request(source, family.container, LOOK_CPU_SECONDS) | {"listen": listen}
    limits = LISTEN if listen else MEASURE
    found = children.ask("child_clip.py", request, scratch=scratch, limits=limits, readable=[source])
    if kind == "video" and not found["video"]:
        raise Refused("unreadable" if found["has_pictures"] else "no_picture")
    if kind == "voice" and not found["audio"]:
        raise Refused("unreadable" if found["has_broken_sound"] else "no_sound")
    return found


def inspect(source: Path, family: Family, kind: str, mime: str, scratch: Path) -> Facts:
    """Type, size as shown and measured seconds."""
    found = measure(source, family, kind, scratch)
    # In the order of REMOVED, each once.
    removed = tuple(code for code in REMOVED if code in found["removed"])
    if kind == "voice":
        return Facts(mime, None, None, round(found["audio"]["seconds"], 2), removed)
    video = found["video"]
    return Facts(mime, video["width"], video["height"], round(_seconds(found), 2), removed)


def convert(
    source: Path,
    family: Family,
    kind: str,
    scratch: Path,
    *,
    master: bool,
    heartbeat: Callable[[int], None] | None,
) -> Work:
    """Write the renditions into ``scratch``, and the master beside them; ``heartbeat`` hears the percent done."""
    found = measure(source, family, kind, scratch, listen=True)
    sound = found["audio"]
    if kind == "voice":
        outputs = recipe.voice(sound, master=master)
    else:
        outputs = recipe.video(found["video"], sound, master=master)
    progress = Progress(sound["seconds"] if kind == "voice" else _seconds(found))
    beat = (lambda: heartbeat(progress.percent)) if heartbeat else None
    allowed = ",".join(VIDEO_CODECS + AUDIO_CODECS)
    before = recipe.source(source, family.container, allowed, MAX_PIXELS, TOLERATED_SECONDS)
    command = [ffmpeg(), *before, *outputs.arguments]
    limits = sandbox.Limits(
        seconds=CONVERT_SECONDS,
        cpu_seconds=_cpu_seconds(found, kind, master=master),
        memory_bytes=CONVERT_MEMORY_BYTES,
        file_bytes=CONVERT_FILE_BYTES,
    )
    try:
        sandbox.run(command, scratch=scratch, limits=limits, readable=[source], heartbeat=beat, hear=progress.hear)
    except sandbox.SandboxFailed as failure:
        raise _blame(failure, limits) from failure
    for name in outputs.names:
        _unsign(scratch / name)
    made = _checked(outputs.names | _stills(scratch), scratch)
    return Work(
        [part for part in made if part["name"] != outputs.master],
        next((part for part in made if part["name"] == outputs.master), None),
        round(sound["loudness"], 2) if sound and sound["loudness"] is not None else None,
    )


def _unsign(path: Path) -> None:
    """Blank what FFmpeg writes into a file for no use: its own name (FLAC), an empty list of tags (MP4)."""
    if not path.is_file():
        return  # refused a little later
    with path.open("r+b") as file:
        head = file.read(HEAD_BYTES)
        for mark, blank in BLANKS.items():
            at = head.find(mark)
            if at >= 0:
                file.seek(at)
                file.write(blank)


def _stills(scratch: Path) -> dict[str, str]:
    """Name the still pictures after their places; how many there are, only the whole video tells."""
    made = {}
    for number in range(recipe.MOST_STILLS):
        numbered, name = scratch / (recipe.STILLS % number), recipe.still_name(number)
        if numbered.exists():
            numbered.rename(scratch / name)
            made[name] = "image/jpeg"
    return made


@functools.cache
def ffmpeg() -> str:
    """The absolute path of FFmpeg: ``FFMPEG_BINARY``, or the one that comes with imageio-ffmpeg."""
    own = os.environ.get("FFMPEG_BINARY")
    if own:
        return os.path.abspath(own)
    import imageio_ffmpeg

    return os.path.abspath(str(imageio_ffmpeg.get_ffmpeg_exe()))


def _request(source: Path, container: str, cpu_seconds: float) -> dict[str, Any]:
    return {
        "source": str(source),
        "format": container,
        "max_seconds": TOLERATED_SECONDS,
        "max_pixels": MAX_PIXELS,
        "max_work": MAX_WORK,
        "cpu_seconds": cpu_seconds,
        "video_codecs": VIDEO_CODECS,
        "audio_codecs": AUDIO_CODECS,
    }


def _seconds(found: dict[str, Any]) -> float:
    return max(float(found[part]["seconds"]) for part in ("video", "audio") if found[part])


def _cpu_seconds(found: dict[str, Any], kind: str, *, master: bool) -> int:
    """A generous share of CPU for what the file says it is, so that a small bomb ends long before ten minutes.

    Software decoding of 10-bit HEVC costs about 0.015 s a megapixel, encoding both sizes about 0.02 s a frame on a slow
    core and a master as much again; the shares are double.
    """
    seconds = 30 + _seconds(found)
    if kind == "video":
        video = found["video"]
        seconds += video["frames"] * (0.04 * (1 + master) + 0.03 * video["pixels"] / 1e6)
    return min(2 * CONVERT_SECONDS, int(seconds))


def _blame(failure: sandbox.SandboxFailed, limits: sandbox.Limits) -> Exception:
    """As ``children.blame``, with FFmpeg's ways of saying it."""
    if os.strerror(errno.ENOSPC) in failure.stderr:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if OUT_OF_CPU in failure.stderr:
        return Refused("unreadable")
    if failure.returncode in (INTERRUPTED, children.NOT_STARTED):
        return failure
    return Refused("unreadable") if failure.returncode > 0 else children.blame(failure, limits)


def _checked(names: dict[str, str], scratch: Path) -> list[dict[str, Any]]:
    """What was made, as a player sees it; the exit code alone is no proof."""
    for name in names:
        if not (scratch / name).is_file() or not (scratch / name).stat().st_size:
            raise Refused("unreadable")
    requests = [_request(scratch / name, DEMUXERS[Path(name).suffix], CHECK.cpu_seconds) for name in names]
    answers = children.ask("child_clip.py", {"check": requests}, scratch=scratch, limits=CHECK)["checked"]
    made = []
    for request, answer in zip(requests, answers, strict=True):
        name = Path(request["source"]).name
        wants_picture = names[name].split("/")[0] != "audio"
        if not answer["video" if wants_picture else "audio"]:
            raise Refused("unreadable")
        size = {"width": answer["video"]["width"], "height": answer["video"]["height"]} if wants_picture else {}
        seconds = {} if name.endswith(".jpg") else {"seconds": round(_seconds(answer), 2)}
        made.append({"name": name, "mime": names[name]} | size | seconds)
    return made
