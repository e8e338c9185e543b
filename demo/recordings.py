"""The demo videos and voices: real encoded files, made of drawings in motion and synthesised sound."""

import math
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from demo import outdoors, sounds
from demo.canvas import FLAME, HEIGHT, INK, NIGHT, PAPER, SCALE, WIDTH, Canvas, mix, veil
from demo.drawings import draw
from demo.sounds import Sound

FRAMES_A_SECOND = 16
WIDE, TALL = (640, 360), (360, 640)
TIMEOUT = 60

Frames = Iterator[Image.Image]


def _view(picture: Image.Image, size: tuple[int, int], left: float, top: float, width: float) -> Image.Image:
    """What a camera sees that stands over the picture; fractions of a pixel count, so that it moves without jerks."""
    box = (left, top, left + width, top + width * size[1] / size[0])
    return picture.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=None)


def _ease(i: int, count: int) -> float:
    """From 0 to 1, slow at both ends."""
    return 0.5 - 0.5 * math.cos(math.pi * i / (count - 1))


def _lit(picture: Image.Image, x: float, y: float, radius: float) -> Image.Image:
    """The picture with more light around a point, to blend with when a flame flickers."""
    sheet = Canvas.over(picture)
    sheet.glow(x / SCALE, y / SCALE, radius / SCALE, FLAME, 0.5)
    return sheet.image


def _snow_window(count: int) -> Frames:
    """Snow falls outside; the candle flickers inside."""
    calm = draw("candle")
    bright = _lit(calm, 1086, 690, 420)
    calm, bright = (picture.resize((1200, 825), Image.Resampling.LANCZOS) for picture in (calm, bright))
    chance = np.random.default_rng(2)
    flakes = chance.uniform((260, 90, 22, 1.2, 0), (1330, 846, 60, 3.6, 6.3), (190, 5))
    for i in range(count):
        t = i / FRAMES_A_SECOND
        sheet = Canvas.over(Image.blend(calm, bright, 0.5 + 0.28 * math.sin(t * 7.1) * math.sin(t * 2.3)))
        for x, y, speed, radius, phase in flakes:
            across = x + 26 * math.sin(phase + t * 0.8)
            down = 90 + (y - 90 + speed * 2 * t) % 756
            in_pane = (292 < across < 784 or 816 < across < 1308) and (down < 418 or 446 < down < 842)
            if in_pane and not (1040 < across < 1132 and down > 610):
                sheet.oval(across * 0.75 / SCALE, down * 0.75 / SCALE, radius * 0.75 / SCALE, colour=veil(PAPER, 0.8))
        far = _ease(i, count)
        yield _view(sheet.image, WIDE, 70 * far, 90 + 100 * far, 1200 - 190 * far)


def _geese(count: int) -> Frames:
    """A flight of geese crosses the hills from left to right."""
    sheet = Canvas(WIDTH, HEIGHT, seed=5)
    outdoors.autumn_hills(sheet)
    ground = sheet.finish().resize((1280, 880), Image.Resampling.LANCZOS).crop((0, 100, 1280, 820))
    for i in range(count):
        t = i / FRAMES_A_SECOND
        air = Canvas.over(ground)
        for k in range(-4, 6):
            x = -10 + t * 76 - abs(k) * 44 + 6 * math.sin(t + k)
            y = 120 + k * 17 - t * 4 + 4 * math.sin(1.7 * t + k * 1.3)
            outdoors.goose(air, x, y, 20 - abs(k) * 0.6, math.sin(7.4 * t + k * 0.9), mix(INK, NIGHT, 0.4))
        yield air.image.reduce(SCALE)


def _boat(count: int) -> Frames:
    """A boat drifts over the river while the light moves on the water."""
    sheet = Canvas(WIDTH, HEIGHT, seed=43)
    outdoors.river_at_dawn(sheet)
    later = Canvas.over(sheet.image)
    later.ripples(260, (0, 580, 1600, 1090), mix(PAPER, FLAME, 0.3), 90)
    waters = [
        water.finish().resize((1280, 880), Image.Resampling.BOX).crop((0, 120, 1280, 840)) for water in (sheet, later)
    ]
    for i in range(count):
        t = i / FRAMES_A_SECOND
        river = Canvas.over(Image.blend(waters[0], waters[1], 0.5 + 0.5 * math.sin(t * 1.9)))
        outdoors.rowing_boat(river, 120 + 26 * t, 244 + 2.4 * math.sin(1.8 * t), 78)
        yield river.image.reduce(SCALE)


def _lantern_path(count: int) -> Frames:
    """The camera climbs a mountain path to the lamp."""
    calm = draw("mountain-path")
    bright = _lit(calm, 1150, 548, 320)
    for i in range(count):
        t, far = i / FRAMES_A_SECOND, _ease(i, count)
        night = Image.blend(calm, bright, 0.5 + 0.5 * math.sin(t * 2.6))
        yield _view(night, TALL, 400 + 490 * far, 150 - 70 * far, 530 - 50 * far)


def _candle_flame(count: int) -> Frames:
    """One candle, close."""
    calm = draw("candle")
    bright = _lit(calm, 1086, 690, 380)
    for i in range(count):
        t, far = i / FRAMES_A_SECOND, _ease(i, count)
        room = Image.blend(calm, bright, 0.5 + 0.5 * math.sin(t * 8.3) * math.sin(t * 3.1 + 1))
        yield _view(room, WIDE, 560 - 240 * far, 480 - 140 * far, 900 + 200 * far)


def _wind_and_voice(seconds: float) -> Sound:
    sound = sounds.hum(sounds.RIVER, 0.52, seconds)
    sounds.lay(sound, sounds.water(seconds, 4), 0, 2.2)
    return sounds.in_room(sound, 0.45)


def _river_and_strings(seconds: float) -> Sound:
    sound = sounds.play_box([(note - 12 if note else 0, beats) for note, beats in sounds.HEARTH], 0.5, seconds)
    sounds.lay(sound, sounds.water(seconds, 2), 0, 2.6)
    return sounds.in_room(sound, 0.3)


def _road_and_voice(seconds: float) -> Sound:
    sound = sounds.hum(sounds.HEARTH, 0.5, seconds) * 0.35
    sounds.lay(sound, sounds.water(seconds, 7), 0, 9.0)
    return sounds.in_room(sound, 0.1)


def _choir(seconds: float) -> Sound:
    sound = sounds.silence(seconds)
    for voice, lower in enumerate((0, 0, 5, 5, 12, 12, 17)):
        sounds.lay(sound, sounds.hum(sounds.HEARTH, 0.72, seconds, lower, voice), 0, 0.8 if lower else 1.0)
    return sounds.in_room(sound, 0.5, 2.2)


def _clock(seconds: float) -> Sound:
    sound = sounds.play_box(sounds.CLOCK, 0.5, seconds)
    sounds.lay(sound, sounds.ticking(seconds), 0)
    return sounds.in_room(sound, 0.25)


_VIDEOS: dict[str, tuple[float, Callable[[int], Frames], Callable[[float], Sound]]] = {
    "boat": (8.0, _boat, _river_and_strings),
    "candle-flame": (6.0, _candle_flame, _road_and_voice),
    "geese": (8.0, _geese, _wind_and_voice),
    "lantern-path": (8.0, _lantern_path, lambda s: sounds.in_room(sounds.play_box(sounds.RIVER, 0.46, s), 0.4)),
    "snow-window": (8.0, _snow_window, lambda s: sounds.in_room(sounds.play_box(sounds.LULLABY, 0.48, s), 0.35)),
}
_VOICES: dict[str, tuple[float, Callable[[float], Sound]]] = {
    "choir": (13.0, _choir),
    "clock": (9.0, _clock),
    "humming": (11.0, lambda s: sounds.in_room(sounds.hum(sounds.LULLABY, 0.66, s), 0.22)),
    "music-box": (10.0, lambda s: sounds.in_room(sounds.play_box(sounds.BOX, 0.4, s), 0.3)),
}
VIDEO_NAMES = tuple(_VIDEOS)
VOICE_NAMES = tuple(_VOICES)


def write_video(name: str, path: Path) -> None:
    """Write an MP4 (H.264 and AAC) of that name."""
    seconds, frames, sound = _VIDEOS[name]
    pictures = frames(round(seconds * FRAMES_A_SECOND))
    first = next(pictures)
    with tempfile.TemporaryDirectory() as folder:
        track = Path(folder, "sound.wav")
        _write_wave(sound(seconds), track)
        raw = b"".join([first.tobytes(), *(picture.tobytes() for picture in pictures)])
        options = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "{}x{}".format(*first.size), "-r", str(FRAMES_A_SECOND)]
        options += ["-i", "pipe:0", "-i", str(track), "-c:v", "libx264", "-preset", "veryfast", "-crf", "22"]
        options += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-shortest", "-movflags", "+faststart"]
        _encode([*options, "-f", "mp4", str(path)], raw)


def write_voice(name: str, path: Path) -> None:
    """Write the recording of that name; the suffix chooses AAC (.m4a) or Opus (.ogg)."""
    seconds, sound = _VOICES[name]
    kind = ["-c:a", "libopus", "-f", "ogg"] if path.suffix == ".ogg" else ["-c:a", "aac", "-f", "ipod"]
    raw = sound(seconds).astype("<f4").tobytes()
    _encode(["-f", "f32le", "-ar", str(sounds.RATE), "-ac", "1", "-i", "pipe:0", *kind, "-b:a", "64k", str(path)], raw)


def _write_wave(sound: Sound, path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sounds.RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())


def _encode(options: list[str], raw: bytes) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-threads", "2"]
    subprocess.run([*command, *options], input=raw, check=True, timeout=TIMEOUT, capture_output=True)
