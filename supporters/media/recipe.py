"""The arguments of FFmpeg: one input, one decoding, several outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MASTER_BOX, LARGE_BOX, SMALL_BOX = (1280, 720), (854, 480), (426, 240)
POSTER_BOX, STILL_BOX = (640, 640), (240, 240)
LARGE_RATE, SMALL_RATE = 30, 15
# Still pictures for whoever reviews a video: one for every so many seconds, the first at its beginning.
STILL_SECONDS, MOST_STILLS = 5, 25
STILLS = "still%03d.jpg"
# ITU-T H.273: transfer characteristics of HDR, and the matrix of what says nothing.
HDR_TRANSFERS = {16, 18}
UNSPECIFIED_MATRIX = {2, 3}
HD_LINES = 720
# Loudness of what is heard on the web, in LUFS; the gain is bounded, so that a whisper does not become a roar of noise.
WEB_LOUDNESS, MOST_GAIN = -16.0, 24.0
MASTER_SOUND_RATE = 48000
# dBFS. A limiter sees samples, ears hear what lies between them: at twice the rate hardly a decibel does. What the
# encoder adds comes on top, the more the fewer bits it has. Together they stay below -1 dBTP (ITU-R BS.1770, annex 2).
LIMITER_RATE = 96000
WIDE_CEILING, NARROW_CEILING = -3.0, -4.0
NARROW_RATE, WIDE_RATE = 32000, 44100
NARROW_SOUND = ["-c:a", "aac", "-b:a", "32k"]
NAMELESS = [
    *("-map_metadata", "-1", "-map_chapters", "-1", "-bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"),
    *("-fflags", "+bitexact", "-sn", "-dn"),
]
MP4 = ["-f", "mp4", "-movflags", "+faststart", "-empty_hdlr_name", "1"]
# x264 writes its name and options into the stream: unit type 6 is that note (SEI). The container has a place for the
# encoder's name too, which FFmpeg fills even when asked for nothing that varies; a neutral word takes it.
H264 = [
    *("-c:v", "libx264", "-bsf:v", "filter_units=remove_types=6", "-metadata:s:v", "encoder=AVC"),
    *("-threads:v", "1", "-fps_mode:v", "vfr"),
]
# Blocks of this size are asked for: what comes out of a graph in pieces of its own would hardly get smaller.
FLAC_BLOCK = 4096
FLAC = ["-c:a", "flac", "-sample_fmt", "s16", "-metadata:s:a", "encoder=FLAC", "-f", "flac"]


@dataclass(frozen=True)
class Outputs:
    """Arguments after the input, the names with their types, and which of them is the master."""

    arguments: list[str]
    names: dict[str, str]
    master: str = ""


def source(path: Path, container: str, codecs: str, max_pixels: int, seconds: float) -> list[str]:
    """The input: by one demuxer and listed decoders, this file only, and no further than allowed."""
    return [
        *("-hide_banner", "-nostats", "-progress", "pipe:1", "-stats_period", "1", "-nostdin", "-y"),
        *("-filter_threads", "1", "-filter_complex_threads", "1"),
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


def video(picture: dict[str, Any], sound: dict[str, Any] | None, *, master: bool) -> Outputs:
    """``480.mp4``, ``240.mp4``, ``poster.jpg``, still pictures and, where there is sound, ``sound.m4a``.

    With ``master`` also ``master.mp4``: up to 720 lines, its sound as loud as it came.
    """
    graph = picture_graph(picture, master=master)
    names = {"480.mp4": "video/mp4", "240.mp4": "video/mp4", "poster.jpg": "image/jpeg"}
    wide: list[str] = []
    narrow: list[str] = []
    kept: list[str] = []
    if sound:
        graph += sound_graph(sound, wide=1, narrow=2, kept=int(master))
        wide = ["-map", "[wide0]", "-c:a", "aac", "-b:a", "64k" if sound["channels"] > 1 else "48k"]
        narrow = ["-map", "[narrow0]", *NARROW_SOUND]
        kept = ["-map", "[kept0]", "-c:a", "aac", "-b:a", f"{96 * min(2, sound['channels'])}k"]
    arguments = ["-filter_complex", ";".join(graph)]
    arguments += ["-map", "[large]", *NAMELESS, *H264, *_quality("fast", "main", 25, 560), *wide, *MP4, "480.mp4"]
    arguments += ["-map", "[small]", *NAMELESS, *H264, *_quality("medium", "baseline", 27, 180)]
    arguments += [*narrow, *MP4, "240.mp4"]
    if master:
        names["master.mp4"] = "video/mp4"
        arguments += ["-map", "[full]", *NAMELESS, *H264, *_quality("veryfast", "high", 20, 4000)]
        arguments += [*kept, *MP4, "master.mp4"]
    jpeg = [*NAMELESS, "-c:v", "mjpeg", "-threads:v", "1", "-f", "image2"]
    arguments += ["-map", "[poster]", *jpeg, "-q:v", "4", "-frames:v", "2", "-update", "1", "poster.jpg"]
    arguments += ["-map", "[stills]", *jpeg, "-q:v", "6", "-frames:v", str(MOST_STILLS), "-start_number", "0", STILLS]
    if sound:
        arguments += ["-map", "[narrow1]", *NAMELESS, *NARROW_SOUND, *MP4, "sound.m4a"]
        names["sound.m4a"] = "audio/mp4"
    return Outputs(arguments, names, "master.mp4" if master else "")


def still_name(number: int) -> str:
    """The name of a still picture: its place in the video in seconds."""
    return f"s{number * STILL_SECONDS:03}.jpg"


def voice(sound: dict[str, Any], *, master: bool) -> Outputs:
    """``voice.m4a``; with ``master`` also ``master.flac``, 16 bits, as loud as it came."""
    graph = sound_graph(sound, wide=0, narrow=1, kept=int(master))
    if master:
        graph.append(f"[kept0]asetnsamples={FLAC_BLOCK}:pad=0[blocks]")
    arguments = ["-filter_complex", ";".join(graph)]
    arguments += ["-map", "[narrow0]", *NAMELESS, *NARROW_SOUND, *MP4, "voice.m4a"]
    names = {"voice.m4a": "audio/mp4"}
    if not master:
        return Outputs(arguments, names)
    arguments += ["-map", "[blocks]", *NAMELESS, *FLAC, "master.flac"]
    return Outputs(arguments, names | {"master.flac": "audio/flac"}, "master.flac")


# Pictures -------------------------------------------------------------------------------------------------------------


def picture_graph(picture: dict[str, Any], *, master: bool) -> list[str]:
    """The graph of [large], [small], [poster], [stills] and, for a master, [full]."""
    shown = picture["width"], picture["height"]
    full, large, small = (fit(*shown, box) for box in (MASTER_BOX, LARGE_BOX, SMALL_BOX))
    poster, still = min(fit(*shown, POSTER_BOX), large), fit(*shown, STILL_BOX)
    rate = frame_rate(picture)
    at = picture["seconds"] / 10
    # Frames of a phone come at odd times; from here on they come evenly, the first at once.
    begin = f"[0:{picture['index']}]fps={rate}:start_time=0,"
    if master:
        begin += f"{to_sdr(picture, full)},split=2[full][f];[f]{_smaller(large)}"
    else:
        begin += to_sdr(picture, large)
    return [
        f"{begin},split=4[a][b][c][d]",
        "[a]null[large]",
        f"[b]{f'fps={SMALL_RATE},' if rate > SMALL_RATE else ''}{_smaller(small)}[small]",
        # The first frame too, replaced by the later one: a file that lies about its length still has a poster.
        # Rounded up, each still shows the very moment its name says, or the last one before it.
        f"[d]fps=1/{STILL_SECONDS}:round=up,{_full_range(still)}[stills]",
        f"[c]select='eq(n,0)+gte(t,{at:.3f})',{_full_range(poster)}[poster]",
    ]


def frame_rate(picture: dict[str, Any]) -> int:
    """Frames a second of what is made: as many as there are on average, no more than ``LARGE_RATE``."""
    return max(1, min(LARGE_RATE, round(picture["rate"])))


def _smaller(size: tuple[int, int]) -> str:
    return f"scale={size[0]}:{size[1]}:flags=area,setsar=1"


def to_sdr(picture: dict[str, Any], size: tuple[int, int]) -> str:
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


# Sounds ---------------------------------------------------------------------------------------------------------------


def gain(loudness: float | None, goal: float = WEB_LOUDNESS) -> float:
    """Decibels that bring a sound of this loudness (LUFS) to the goal; silence stays silence."""
    return 0.0 if loudness is None else max(-MOST_GAIN, min(MOST_GAIN, goal - loudness))


def levelled(decibels: float, ceiling: float) -> str:
    """One gain and a limiter: nothing else changes in the voice. The ceiling is in dBFS."""
    return (
        f"volume={decibels:.2f}dB:precision=float,aresample={LIMITER_RATE},"
        f"alimiter=limit={10 ** (ceiling / 20):.4f}:attack=5:release=50:level=0:latency=1"
    )


def sound_graph(sound: dict[str, Any], *, wide: int, narrow: int, kept: int) -> list[str]:
    """The graph of so many [wideN] (stereo where the source is), [narrowN] (mono) and [keptN] (not levelled).

    Gaps become silence, so that sound and picture stay together in players that ignore the times of packets. Layouts
    are named at each place: left to itself, FFmpeg would make everything mono for the sake of one output.
    """
    is_mono = sound["channels"] == 1
    rate = min(sound["rate"], MASTER_SOUND_RATE)
    layout = "mono" if is_mono else "stereo"
    form = f"aformat=sample_fmts=fltp:channel_layouts={layout}"
    begin = f"[0:{sound['index']}]aresample={rate}:async=1:first_pts=0,{form}"
    parts = [name for name, count in (("wide", wide), ("narrow", narrow), ("kept", kept)) if count]
    graph = [f"{begin},asplit={len(parts)}" + "".join(f"[{name}]" for name in parts)]
    if wide:
        level = levelled(gain(sound["loudness"]), WIDE_CEILING)
        graph.append(f"[wide]{level},aresample={WIDE_RATE},aformat=channel_layouts={layout}[wide0]")
    if kept:
        # Many channels in two may be louder than there are numbers for.
        limited = "alimiter=limit=0.97:level=0," if sound["channels"] > 2 else ""
        graph.append(f"[kept]{limited}aformat=channel_layouts={layout}[kept0]")
    if not narrow:
        return graph
    # A mix that keeps the power. Where the two channels cancel each other out it would be silent: one is enough then.
    mix = "" if is_mono else ("pan=mono|c0=c0," if sound["cancels"] else "pan=mono|c0=0.7071*c0+0.7071*c1,")
    level = levelled(gain(sound["mono_loudness"]), NARROW_CEILING)
    sinks = "".join(f"[narrow{number}]" for number in range(narrow))
    graph.append(f"[narrow]{mix}{level},aresample={NARROW_RATE},aformat=channel_layouts=mono,asplit={narrow}{sinks}")
    return graph
