"""Videos and voices: measure, convert with one FFmpeg process, and open what it made."""

from __future__ import annotations

import errno
import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import children, recipe, sandbox
from .outcome import Facts, Refused
from .sniff import Family

MAX_SECONDS = 120
# Encoders fill the last block and players round up: a two-minute video often measures a little more.
TOLERATED_SECONDS = MAX_SECONDS + 1.0
# 4096 x 3072: the largest film a phone takes; a frame of ten bits is then 38 MB, and a decoder keeps about twenty.
MAX_PIXELS = 4096 * 3072
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
MEASURE = sandbox.Limits(seconds=20, cpu_seconds=4, memory_bytes=1536 << 20, file_bytes=0)
CHECK = sandbox.Limits(seconds=60, cpu_seconds=20, memory_bytes=1 << 30, file_bytes=0)
CONVERT_SECONDS = 600
CONVERT_MEMORY_BYTES = 2560 << 20
CONVERT_FILE_BYTES = 40 << 20
# FFmpeg answers a signal that asks it to stop with this code, and says which it was.
INTERRUPTED = 255
OUT_OF_CPU = f"received signal {int(signal.SIGXCPU)}."


def measure(source: Path, family: Family, kind: str, scratch: Path) -> dict[str, Any]:
    """What ``child_clip.py`` found, after the checks that every kind needs."""
    request = _request(source, family.container)
    found = children.ask("child_clip.py", request, scratch=scratch, limits=MEASURE, readable=[source])
    if kind == "video" and not found["video"]:
        raise Refused("unreadable" if found["has_pictures"] else "no_picture")
    if kind == "voice" and not found["audio"]:
        raise Refused("unreadable" if found["has_broken_sound"] else "no_sound")
    return found


def inspect(source: Path, family: Family, kind: str, mime: str, scratch: Path) -> Facts:
    """Type, size as shown and measured seconds."""
    found = measure(source, family, kind, scratch)
    if kind == "voice":
        return Facts(mime, None, None, round(found["audio"]["seconds"], 2))
    video = found["video"]
    return Facts(mime, video["width"], video["height"], round(_seconds(found), 2))


def convert(
    source: Path, family: Family, kind: str, scratch: Path, heartbeat: Callable[[], None] | None
) -> list[dict[str, Any]]:
    """Write the renditions into ``scratch``; what was made."""
    found = measure(source, family, kind, scratch)
    outputs = recipe.voice(found["audio"]) if kind == "voice" else recipe.video(found["video"], found["audio"])
    allowed = ",".join(VIDEO_CODECS + AUDIO_CODECS)
    before = recipe.source(source, family.container, allowed, MAX_PIXELS, TOLERATED_SECONDS)
    command = [ffmpeg(), *before, *outputs.arguments]
    limits = sandbox.Limits(
        seconds=CONVERT_SECONDS,
        cpu_seconds=_cpu_seconds(found, kind),
        memory_bytes=CONVERT_MEMORY_BYTES,
        file_bytes=CONVERT_FILE_BYTES,
    )
    try:
        sandbox.run(command, scratch=scratch, limits=limits, readable=[source], heartbeat=heartbeat)
    except sandbox.SandboxFailed as failure:
        raise _blame(failure, limits) from failure
    return _checked(outputs.names | _stills(scratch), scratch)


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


def _request(source: Path, container: str) -> dict[str, Any]:
    return {
        "source": str(source),
        "format": container,
        "max_seconds": TOLERATED_SECONDS,
        "max_pixels": MAX_PIXELS,
        "video_codecs": VIDEO_CODECS,
        "audio_codecs": AUDIO_CODECS,
    }


def _seconds(found: dict[str, Any]) -> float:
    return max(float(found[part]["seconds"]) for part in ("video", "audio") if found[part])


def _cpu_seconds(found: dict[str, Any], kind: str) -> int:
    """A generous share of CPU for what the file says it is, so that a small bomb ends long before ten minutes.

    Software decoding of 10-bit HEVC costs about 0.015 s a megapixel and encoding both sizes about 0.02 s a frame on
    a slow core; the shares are double.
    """
    seconds = 30 + _seconds(found)
    if kind == "video":
        video = found["video"]
        seconds += video["frames"] * (0.04 + 0.03 * video["pixels"] / 1e6)
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
    clips = [name for name in names if not name.endswith(".jpg")]
    requests = [_request(scratch / name, "mov,mp4,m4a,3gp,3g2,mj2") for name in clips]
    requests += [_request(scratch / name, "jpeg_pipe") for name in names if name.endswith(".jpg")]
    answers = children.ask("child_clip.py", {"check": requests}, scratch=scratch, limits=CHECK)["checked"]
    made = []
    for request, answer in zip(requests, answers, strict=True):
        name = Path(request["source"]).name
        wants_picture = not name.endswith(".m4a")
        if not answer["video" if wants_picture else "audio"]:
            raise Refused("unreadable")
        size = {"width": answer["video"]["width"], "height": answer["video"]["height"]} if wants_picture else {}
        seconds = {} if name.endswith(".jpg") else {"seconds": round(_seconds(answer), 2)}
        made.append({"name": name, "mime": names[name]} | size | seconds)
    return made
