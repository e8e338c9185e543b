"""Measures a video or a voice, or checks what was made of one. Runs inside the sandbox; see ``clip.py``.

Reads one JSON object on stdin: ``source`` (path), ``format`` (the only container that may open it), ``max_seconds``,
``max_pixels``, ``max_work`` (pixels of all frames), ``cpu_seconds``, ``video_codecs``, ``audio_codecs`` and ``listen``
(whether to measure the loudness too); to check, a list of such objects under ``check``. Writes one JSON object on
stdout: the measures, or ``refused``, or ``errno`` for a fault of this machine.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.error
import av.filter
from av.container import InputContainer
from av.stream import Stream

MAX_STREAMS = 32
MAX_PACKETS = 400_000
# Slow motion is stored with 240 frames a second by phones; more than that for the whole length is a bomb.
MAX_FRAMES = 240 * 125
TRIES = 300  # packets without one good frame before a stream counts as unreadable
LOUDNESS_RATE = 48000
STEP = LOUDNESS_RATE // 10  # samples; the meter works in tenths of a second
SILENCE = -69.9  # LUFS; the gate of BS.1770 hears nothing below -70
CANCELS = 6.0  # LU between stereo and mono: two channels that have nothing to do with each other lose 3
# What a key of the metadata tells, tried in this order; every other key counts as "other". An album artist is an
# author before an album is a comment.
KEYS = [
    ("place", r"location|xyz|gps|geo|loci|6709|city|country|^xmp.*gps"),
    ("serial", r"serial|imei|identifier"),
    ("author", r"artist|author|copyright|composer|performer|director|producer|publisher|owner|encoded_?by|engineer"),
    (
        "device",
        r"make|model|encod|software|handler|manufactur|version|vendor|device|camera|lens|originator|coding|tool",
    ),
    ("time", r"creation|date|time|year|utc"),
    ("comment", r"comment|descr|title|lyrics|synopsis|keyword|genre|subject|album|group|text|note|information|show"),
]
STRUCTURE = re.compile(
    r"major_brand|minor_version|compatible_brands|language|duration.*|bps.*|number_of_.*|_statistics_.*|rotate|track|disc"
    r"|alpha_mode|stereo_mode|compilation|gapless_playback"
)
# What programs write that know nothing of the sender's device.
NOTHING_SAID = {"VideoHandler", "SoundHandler", "[0][0][0][0]", "FFMP", ""}
# Sample descriptions of data tracks that hold positions: GoPro, Android.
PLACE_TRACKS = {"gpmd", "camm"}


class Refused(Exception):
    """The file is at fault; the text is a code of the package."""


def open_container(request: dict[str, Any]) -> InputContainer:
    """By one demuxer that may open nothing but this file."""
    options = {
        "export_all": "1",
        "export_xmp": "1",
        "protocol_whitelist": "file",
        "format_whitelist": request["format"],
        "codec_whitelist": ",".join(request["video_codecs"] + request["audio_codecs"]),
        "max_streams": str(MAX_STREAMS),
        "max_pixels": str(request["max_pixels"]),
    }
    name = request["format"].split(",")[0]
    container = av.open(f"file:{request['source']}", format=name, options=options, metadata_errors="ignore")
    assert isinstance(container, InputContainer)
    return container


class Track:
    """What is learnt about one stream while its packets go by. Times are whole ticks of it, which add up fast."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.packets = 0
        self.tick = float(stream.time_base or 0)
        self.start: int | None = None
        self.end = 0
        self.last = 0
        self.frame: av.VideoFrame | av.AudioFrame | None = None
        self.tries = 0

    @property
    def seconds(self) -> float:
        return (self.end - self.start) * self.tick if self.start is not None else 0.0

    @property
    def rate(self) -> float:
        """Packets a second on average, between the first and the last: how long the last one lasts is often unsaid."""
        if self.start is None or self.packets < 2 or self.last == self.start:
            return 0.0
        return (self.packets - 1) / ((self.last - self.start) * self.tick)

    def take(self, packet: av.Packet[Any]) -> None:
        """Note when the packet plays, and decode until there is one frame."""
        at = packet.pts if packet.pts is not None else packet.dts
        if packet.size and at is not None and self.tick:
            self.start = at if self.start is None else min(self.start, at)
            self.last = max(self.last, at)
            self.end = max(self.end, at + (packet.duration or 0))
        self.packets += bool(packet.size)
        if self.frame is None and self.tries < TRIES:
            self.tries += 1
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                return
            self.frame = next((frame for frame in frames if isinstance(frame, av.VideoFrame | av.AudioFrame)), None)


def tracks_of(container: InputContainer, request: dict[str, Any]) -> dict[int, Track]:
    """The pictures and sounds that may be used; not cover pictures, not other codecs."""
    allowed = {"video": request["video_codecs"], "audio": request["audio_codecs"]}
    tracks = {}
    for stream in container.streams:
        context = getattr(stream, "codec_context", None)
        if stream.type not in allowed or context is None or context.name not in allowed[stream.type]:
            continue
        if stream.disposition & av.stream.Disposition.attached_pic:
            continue
        if stream.type == "video":
            if context.width * context.height > request["max_pixels"]:
                raise Refused("too_large")
            context.options = {"max_pixels": str(request["max_pixels"])}
        context.thread_count = 1
        tracks[stream.index] = Track(stream)
    return tracks


def measure(request: dict[str, Any]) -> dict[str, Any]:
    """Read every packet, for a length in the header proves nothing, and decode one frame of each stream."""
    with open_container(request) as container:
        tracks = tracks_of(container, request)
        if tracks:
            read(container, tracks, request)
        picture = first(tracks, "video")
        sound = first(tracks, "audio")
        return {
            "has_pictures": any(stream.type == "video" for stream in container.streams if not is_cover(stream)),
            "has_broken_sound": any(
                stream.index not in tracks or tracks[stream.index].packets
                for stream in container.streams
                if stream.type == "audio"
            ),
            "video": describe_picture(picture) if picture else None,
            "audio": describe_sound(sound) if sound else None,
            "removed": sorted(traces(container, request["source"])),
        }


def read(container: InputContainer, tracks: dict[int, Track], request: dict[str, Any]) -> None:
    """Let all packets go by. Raises Refused when there is more of something than allowed."""
    for count, packet in enumerate(container.demux([track.stream for track in tracks.values()])):
        track = tracks[packet.stream.index]
        track.take(packet)
        if track.seconds > request["max_seconds"]:
            raise Refused("too_long")
        if count > MAX_PACKETS or (track.stream.type == "video" and track.packets > MAX_FRAMES):
            raise Refused("too_large")
        frame = track.frame
        if isinstance(frame, av.VideoFrame) and track.packets * frame.width * frame.height > request["max_work"]:
            raise Refused("too_large")
        if count % 16 == 0 and time.process_time() > request["cpu_seconds"]:
            raise Refused("too_large")


def is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def first(tracks: dict[int, Track], kind: str) -> Track | None:
    """The first stream of a kind that gave a frame and takes time."""
    right = (track for track in tracks.values() if track.stream.type == kind)
    return next((track for track in right if track.frame is not None and track.seconds > 0), None)


def describe_picture(track: Track) -> dict[str, Any]:
    """Size as shown (square pixels, upright), rate and colours."""
    frame = track.frame
    assert isinstance(frame, av.VideoFrame)
    aspect = getattr(track.stream, "sample_aspect_ratio", None) or Fraction(1)
    if not Fraction(1, 8) <= aspect <= 8:
        aspect = Fraction(1)  # nonsense of a broken header
    width, height = max(1, round(frame.width * aspect)), frame.height
    if frame.rotation % 180:
        width, height = height, width
    return {
        "index": track.stream.index,
        "seconds": track.seconds,
        "frames": track.packets,
        "rate": track.rate or track.packets / track.seconds,
        "width": width,
        "height": height,
        "pixels": frame.width * frame.height,
        "transfer": int(frame.color_trc),
        "matrix": int(frame.colorspace),
    }


def describe_sound(track: Track) -> dict[str, Any]:
    frame = track.frame
    assert isinstance(frame, av.AudioFrame)
    return {
        "index": track.stream.index,
        "seconds": track.seconds,
        "channels": max(1, frame.layout.nb_channels),
        "rate": frame.sample_rate,
    }


# Loudness -------------------------------------------------------------------------------------------------------------


class Meter:
    """Integrated loudness by ITU-R BS.1770 of sound that is pushed in, mixed to so many channels."""

    def __init__(self, layout: str) -> None:
        self.resampler: av.AudioResampler | None = None
        self.layout = layout
        self.form: tuple[object, ...] = ()
        self.graph = av.filter.Graph()
        begin = self.graph.add_abuffer(
            sample_rate=LOUDNESS_RATE, format="flt", layout=layout, time_base=Fraction(1, LOUDNESS_RATE)
        )
        meter, end = self.graph.add("ebur128", "metadata=1:framelog=quiet"), self.graph.add("abuffersink")
        begin.link_to(meter)
        meter.link_to(end)
        self.graph.configure()
        self.at = 0
        self.found = SILENCE

    def take(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """Listen to a frame; it as it was heard. Its form may change in the middle of a stream."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self.form:
            self.resampler, self.form = av.AudioResampler("flt", self.layout, LOUDNESS_RATE, STEP), form
        assert self.resampler is not None
        heard = self.resampler.resample(frame)
        for part in heard:
            # One after the other: wrong times would be an error of the graph, and loudness has no times.
            part.pts, self.at = self.at, self.at + part.samples
            part.time_base = Fraction(1, LOUDNESS_RATE)
            self.graph.push(part)
            self._note()
        return heard

    def _note(self) -> None:
        while True:
            try:
                measured = self.graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self.found = float(measured.metadata.get("lavfi.r128.I", SILENCE))

    @property
    def loudness(self) -> float | None:
        """LUFS; None where there was nothing to hear."""
        return self.found if self.found > SILENCE else None


def listen(request: dict[str, Any], sound: dict[str, Any]) -> dict[str, Any]:
    """The loudness of a sound: with its channels, two at most, and of their mix to one."""
    meter = Meter("mono" if sound["channels"] == 1 else "stereo")
    mixed = meter if sound["channels"] == 1 else Meter("mono")
    with open_container(request) as container:
        stream = container.streams[sound["index"]]
        stream.codec_context.thread_count = 1
        for frame in frames_of(container, stream):
            heard = meter.take(frame)
            if mixed is not meter:
                for part in heard:
                    mixed.take(part)
            if meter.at > 1.1 * request["max_seconds"] * LOUDNESS_RATE:
                raise Refused("too_long")  # its packets last longer than they say
    whole, mono = meter.loudness, mixed.loudness
    cancels = whole is not None and (mono is None or mono < whole - CANCELS)
    if cancels and whole is not None:
        mono = whole - 3.01  # one of two channels that are as loud as each other
    return {"loudness": whole, "mono_loudness": mono, "cancels": cancels}


def frames_of(container: InputContainer, stream: Stream) -> Iterator[av.AudioFrame]:
    """What can be decoded; players go over the rest too."""
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError):
            continue
        yield from (frame for frame in frames if isinstance(frame, av.AudioFrame) and frame.samples)


# What hides in the file -----------------------------------------------------------------------------------------------


def traces(container: InputContainer, path: str) -> set[str]:
    """Codes of what the file tells besides pictures and sound."""
    found = codes(container.metadata)
    if container.chapters():
        found.add("other")
    for stream in container.streams:
        found |= codes(stream.metadata)
        if is_cover(stream):
            found.add("thumbnail")
        elif stream.type == "attachment":
            found.add("thumbnail" if stream.metadata.get("mimetype", "").startswith("image/") else "other")
        elif stream.type == "subtitle":
            found.add("comment")
        elif stream.type not in ("video", "audio"):
            context = getattr(stream, "codec_context", None)
            tag = getattr(context, "codec_tag", "") or getattr(stream, "codec_tag", "")
            found.add("place" if tag in PLACE_TRACKS else "other")
    if container.format.name.startswith("mov") and has_private_box(path):
        found.add("other")
    return found


def codes(metadata: dict[str, str]) -> set[str]:
    """What these keys and values tell."""
    found = set()
    for key, value in metadata.items():
        key = key.lower().removeprefix("com.apple.quicktime.")
        if STRUCTURE.fullmatch(key) or value.strip() in NOTHING_SAID:
            continue
        if key == "xmp" and "gps" in value.lower():
            found.add("place")
        found.add(next((code for code, pattern in KEYS if re.search(pattern, key)), "other"))
    return found


def has_private_box(path: str) -> bool:
    """Whether an ISO file has a box of somebody's own (``uuid``: XMP, notes of cameras) at its top or in ``moov``."""
    with open(path, "rb") as file:
        at, end = 0, os.fstat(file.fileno()).st_size
        for _box in range(1000):
            file.seek(at)
            head = file.read(16)
            if len(head) < 8 or at >= end:
                return False
            size, name = int.from_bytes(head[:4], "big"), head[4:8]
            if name == b"uuid":
                return True
            long = size == 1
            size = int.from_bytes(head[8:16], "big") if long else size
            at += 8 + 8 * long if name == b"moov" else max(8, size or end)
    return False


def check(requests: list[dict[str, Any]]) -> dict[str, Any]:
    """Open what was made, as a player would."""
    measured = []
    for request in requests:
        found = measure(request)
        measured.append({"video": found["video"], "audio": found["audio"]})
    return {"checked": measured}


def main() -> None:
    request = json.load(sys.stdin)
    try:
        for part in request.get("check", [request]):
            os.close(os.open(part["source"], os.O_RDONLY))
    except OSError as error:
        json.dump({"errno": error.errno}, sys.stdout)
        return
    try:
        result = check(request["check"]) if "check" in request else measure(request)
        if result.get("audio") and request.get("listen"):
            result["audio"] |= listen(request, result["audio"])
    except Refused as refusal:
        result = {"refused": str(refusal)}
    except MemoryError:
        result = {"refused": "too_large"}
    except (av.error.FFmpegError, OSError, ValueError):
        result = {"refused": "unreadable"}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
