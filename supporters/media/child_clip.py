"""Measures a video or a voice, or checks what was made of one. Runs inside the sandbox; see ``clip.py``.

Reads one JSON object on stdin: ``source`` (path), ``format`` (the only container that may open it), ``max_seconds``,
``max_pixels``, ``video_codecs``, ``audio_codecs``; to check, a list of such objects under ``check``. Writes one JSON
object on stdout: the measures, or ``refused``, or ``errno`` for a fault of this machine.
"""

from __future__ import annotations

import json
import os
import sys
from fractions import Fraction
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.stream import Stream

MAX_STREAMS = 32
MAX_PACKETS = 400_000
# Slow motion is stored with 240 frames a second by phones; more than that for the whole length is a bomb.
MAX_FRAMES = 240 * 125
TRIES = 300  # packets without one good frame before a stream counts as unreadable


class Refused(Exception):
    """The file is at fault; the text is a code of the package."""


def open_container(request: dict[str, Any]) -> InputContainer:
    """By one demuxer that may open nothing but this file."""
    options = {
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
    """What is learnt about one stream while its packets go by. Times are seconds."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.packets = 0
        self.start: Fraction | None = None
        self.end = Fraction(0)
        self.frame: av.VideoFrame | av.AudioFrame | None = None
        self.tries = 0

    @property
    def seconds(self) -> float:
        return float(self.end - self.start) if self.start is not None else 0.0

    def take(self, packet: av.Packet[Any]) -> None:
        """Note when the packet plays, and decode until there is one frame."""
        at = packet.pts if packet.pts is not None else packet.dts
        if packet.size and at is not None and packet.time_base:
            begin = at * packet.time_base
            self.start = begin if self.start is None else min(self.start, begin)
            self.end = max(self.end, begin + (packet.duration or 0) * packet.time_base)
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
        count = 0
        if tracks:
            for packet in container.demux([track.stream for track in tracks.values()]):
                track = tracks[packet.stream.index]
                track.take(packet)
                count += 1
                if track.seconds > request["max_seconds"]:
                    raise Refused("too_long")
                if count > MAX_PACKETS or (track.stream.type == "video" and track.packets > MAX_FRAMES):
                    raise Refused("too_large")
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
            "audio": {"index": sound.stream.index, "seconds": sound.seconds} if sound else None,
        }


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
        "width": width,
        "height": height,
        "pixels": frame.width * frame.height,
        "transfer": int(frame.color_trc),
        "matrix": int(frame.colorspace),
    }


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
    except Refused as refusal:
        result = {"refused": str(refusal)}
    except MemoryError:
        result = {"refused": "too_large"}
    except (av.error.FFmpegError, OSError, ValueError):
        result = {"refused": "unreadable"}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
