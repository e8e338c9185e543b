"""The arguments of FFmpeg: one input, one decoding, several outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGE_BOX, SMALL_BOX, POSTER_BOX, STILL_BOX = (854, 480), (426, 240), (640, 640), (240, 240)
LARGE_RATE, SMALL_RATE = 30, 15
# Still pictures for whoever reviews a video: one for every so many seconds, the first at its beginning.
STILL_SECONDS, MOST_STILLS = 5, 25
STILLS = "still%03d.jpg"
# ITU-T H.273: transfer characteristics of HDR, and the matrix of what says nothing.
HDR_TRANSFERS = {16, 18}
UNSPECIFIED_MATRIX = {2, 3}
HD_LINES = 720
SOUND = ["-c:a", "aac", "-b:a", "32k", "-ac", "1", "-ar", "32000"]
NAMELESS = [
    *("-map_metadata", "-1", "-map_chapters", "-1", "-bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
    *("-fflags", "+bitexact", "-sn", "-dn"),
]
MP4 = ["-f", "mp4", "-movflags", "+faststart", "-empty_hdlr_name", "1", "-video_track_timescale", "90000"]
M4A = ["-f", "mp4", "-movflags", "+faststart", "-empty_hdlr_name", "1"]
# x264 writes its name and options into the stream: unit type 6 is that note (SEI). The container has a place for the
# encoder's name too, which FFmpeg fills even when asked for nothing that varies; a neutral word takes it.
H264 = [
    *("-c:v", "libx264", "-bsf:v", "filter_units=remove_types=6", "-metadata:s:v", "encoder=AVC"),
    *("-threads:v", "1", "-fps_mode:v", "vfr"),
]


@dataclass(frozen=True)
class Outputs:
    """Arguments after the input, and the names with their types."""

    arguments: list[str]
    names: dict[str, str]


def source(path: Path, container: str, codecs: str, max_pixels: int, seconds: float) -> list[str]:
    """The input: by one demuxer and listed decoders, this file only, and no further than allowed."""
    return [
        *("-hide_banner", "-nostats", "-nostdin", "-y", "-filter_threads", "1", "-filter_complex_threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", container, "-codec_whitelist", codecs),
        *("-max_streams", "32", "-max_pixels", str(max_pixels), "-threads", "2", "-t", f"{seconds:g}"),
        *("-f", container.split(",")[0], "-i", f"file:{path}"),
    ]


def fit(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """Even sides within the box, which is turned for portraits; never larger than the source."""
    longer, shorter = max(box), min(box)
    scale = min(1.0, longer / max(width, height), shorter / min(width, height))
    return _even(width, scale), _even(height, scale)


def _even(side: int, scale: float) -> int:
    return max(2, min(2 * round(side * scale / 2), side - side % 2))


def video(picture: dict[str, Any], sound: dict[str, Any] | None) -> Outputs:
    """``480.mp4``, ``240.mp4``, ``poster.jpg``, still pictures and, where there is sound, ``sound.m4a``."""
    shown = picture["width"], picture["height"]
    large, small, poster = fit(*shown, LARGE_BOX), fit(*shown, SMALL_BOX), fit(*shown, POSTER_BOX)
    poster, still = min(poster, large), fit(*shown, STILL_BOX)
    rate = picture["frames"] / picture["seconds"]
    at = picture["seconds"] / 10
    graph = [
        f"[0:{picture['index']}]{_slower(rate, LARGE_RATE)}{_to_sdr(picture, large)},split=4[a][b][c][d]",
        "[a]null[large]",
        f"[b]{_slower(rate, SMALL_RATE)}scale={small[0]}:{small[1]}:flags=area,setsar=1[small]",
        # The first frame too, replaced by the later one: a file that lies about its length still has a poster.
        # Rounded up, each still shows the very moment its name says, or the last one before it.
        f"[d]fps=1/{STILL_SECONDS}:round=up,{_full_range(still)}[stills]",
        f"[c]select='eq(n,0)+gte(t,{at:.3f})',{_full_range(poster)}[poster]",
    ]
    listen = ["-map", f"0:{sound['index']}"] if sound else []
    arguments = ["-filter_complex", ";".join(graph)]
    arguments += ["-map", "[large]", *listen, *NAMELESS, *H264, *_quality("fast", "main", 25, 560)]
    arguments += ["-c:a", "aac", "-b:a", "64k", "-ac", "2", "-ar", "44100", *MP4, "480.mp4"]
    arguments += ["-map", "[small]", *listen, *NAMELESS, *H264, *_quality("medium", "baseline", 27, 180)]
    arguments += [*SOUND, *MP4, "240.mp4"]
    jpeg = [*NAMELESS, "-c:v", "mjpeg", "-threads:v", "1", "-f", "image2"]
    arguments += ["-map", "[poster]", *jpeg, "-q:v", "4", "-frames:v", "2", "-update", "1", "poster.jpg"]
    arguments += ["-map", "[stills]", *jpeg, "-q:v", "6", "-frames:v", str(MOST_STILLS), "-start_number", "0", STILLS]
    names = {"480.mp4": "video/mp4", "240.mp4": "video/mp4", "poster.jpg": "image/jpeg"}
    if sound:
        arguments += [*listen, *NAMELESS, *SOUND, *M4A, "sound.m4a"]
        names["sound.m4a"] = "audio/mp4"
    return Outputs(arguments, names)


def still_name(number: int) -> str:
    """The name of a still picture: its place in the video in seconds."""
    return f"s{number * STILL_SECONDS:03}.jpg"


def voice(sound: dict[str, Any]) -> Outputs:
    """``voice.m4a``."""
    arguments = ["-map", f"0:{sound['index']}", *NAMELESS, *SOUND, *M4A, "voice.m4a"]
    return Outputs(arguments, {"voice.m4a": "audio/mp4"})


def _slower(rate: float, most: int) -> str:
    """Drop frames only where there are too many: a filter at a lower rate would repeat frames instead."""
    return f"fps={most}," if rate > most + 0.5 else ""


def _to_sdr(picture: dict[str, Any], size: tuple[int, int]) -> str:
    """Scale once, to 8 bits in BT.709; HDR is mapped after the scaling, where it is cheap."""
    width, height = size
    end = "format=yuv420p,setsar=1"
    if picture["transfer"] in HDR_TRANSFERS:
        return (
            f"scale={width}:{height}:flags=area,format=yuv420p10le,zscale=t=linear:npl=203,format=gbrpf32le,"
            f"zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,{end}"
        )
    guess = "bt709" if min(picture["width"], picture["height"]) >= HD_LINES else "bt601"
    matrix = f":in_color_matrix={guess}" if picture["matrix"] in UNSPECIFIED_MATRIX else ""
    return f"scale={width}:{height}:flags=area{matrix}:out_color_matrix=bt709:out_range=tv,{end}"


def _full_range(size: tuple[int, int]) -> str:
    """What JPEG expects."""
    return f"scale={size[0]}:{size[1]}:out_range=full,format=yuvj420p,setsar=1"


def _quality(preset: str, profile: str, crf: int, kbits: int) -> list[str]:
    """Constant quality under a ceiling; colours named, so that no player guesses."""
    return [
        *("-preset", preset, "-profile:v", profile, "-crf", str(crf)),
        *("-maxrate", f"{kbits}k", "-bufsize", f"{2 * kbits}k", "-g", "150"),
        *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"),
    ]
