"""What the tests of videos and voices ask of what was made."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
from PIL import Image

from supporters import media

Colours = tuple[tuple[int, int, int], ...]


def last_frame(path: Path) -> Image.Image:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_image()
    return picture


def differ(picture: Image.Image, expected: Colours, tolerance: int = 30) -> list[object]:
    """The quadrants whose middle shows another colour than expected."""
    width, height = picture.size
    places = [(1, 1), (3, 1), (1, 3), (3, 3)]
    found = [picture.convert("RGB").getpixel((width * x // 4, height * y // 4)) for x, y in places]
    return [
        (seen, wanted)
        for seen, wanted in zip(found, expected, strict=True)
        if any(abs(a - b) > tolerance for a, b in zip(seen, wanted, strict=True))
    ]


def by_name(made: list[media.Made]) -> dict[str, media.Made]:
    return {part.name: part for part in made}


def streams(path: Path, rate: int) -> dict[str, int]:
    """Demand of a film what every player knows; its size and how many channels its sound has."""
    with av.open(str(path)) as container:
        video, sounds = container.streams.video[0], container.streams.audio
        assert len(container.streams) == 1 + len(sounds) <= 2
        assert (video.codec_context.name, video.pix_fmt) == ("h264", "yuv420p")
        assert video.width % 2 == video.height % 2 == 0
        assert video.average_rate <= rate
        assert (video.sample_aspect_ratio or 1) == 1
        assert not list(container.chapters())
        times = sorted(packet.pts for packet in container.demux(video) if packet.size)
        assert len({after - before for before, after in pairwise(times)}) <= 1
        found = {"width": video.width, "height": video.height}
        if sounds:
            assert sounds[0].codec_context.name == "aac"
            found["channels"] = sounds[0].channels
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    return found


def loudness(path: Path, *filters: str) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP), by FFmpeg's meter."""
    meter = ",".join([*filters, "ebur128=peak=true:framelog=quiet"])
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-nostdin", "-i", str(path)]
    done = subprocess.run([*command, "-vn", "-af", meter, "-f", "null", "-"], capture_output=True, check=True)
    said = done.stderr.decode()
    return float(re.findall(r"I:\s+(\S+) LUFS", said)[-1]), float(re.findall(r"Peak:\s+(\S+) dBFS", said)[-1])
