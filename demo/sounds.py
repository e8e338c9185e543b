"""Sounds of the demo recordings: plucked and hummed tunes made of sums of partials, and a room around them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RATE = 44_100

Sound = NDArray[np.float64]
Tune = Sequence[tuple[int, float]]  # (MIDI note, beats); note 0 is a rest

LULLABY: Tune = (
    (64, 1), (67, 1), (69, 2), (72, 1), (69, 1), (67, 2), (64, 1), (62, 1), (60, 1), (62, 1), (64, 3), (0, 1),
)  # fmt: skip
HEARTH: Tune = ((62, 1.5), (64, 0.5), (67, 2), (69, 1), (67, 1), (64, 2), (62, 1), (60, 1), (57, 1), (60, 1), (62, 3))
RIVER: Tune = ((57, 2), (60, 1), (62, 1), (64, 3), (62, 1), (60, 2), (57, 1), (55, 1), (57, 4))
CLOCK: Tune = ((67, 1), (72, 1), (71, 1), (67, 1), (69, 2), (64, 2), (65, 1), (69, 1), (67, 1), (62, 1), (64, 4))
BOX: Tune = (
    (76, 1), (79, 1), (81, 1), (79, 1), (76, 1), (0, 2), (74, 1), (76, 1), (79, 1), (81, 1), (84, 1), (81, 1), (0, 2),
    (79, 1), (76, 1), (74, 1), (72, 2),
)  # fmt: skip


def pitch(note: int) -> float:
    """The frequency of a MIDI note."""
    return 440.0 * 2 ** ((note - 69) / 12)


def silence(seconds: float) -> Sound:
    """Nothing yet."""
    return np.zeros(round(seconds * RATE))


def lay(ground: Sound, sound: Sound, at: float, loud: float = 1.0) -> None:
    """Add a sound to another from a moment on; what reaches beyond the end is left out."""
    start = round(at * RATE)
    part = sound[: max(0, len(ground) - start)]
    ground[start : start + len(part)] += loud * part


def pluck(note: int, seconds: float = 2.4, bright: float = 1.0) -> Sound:
    """A tooth of a music box: partials that are not quite whole multiples and die at different speeds."""
    t = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros_like(t)
    for ratio, loud, life in (
        (1, 1, 0.9),
        (2.003, 0.42, 0.55),
        (3.01, 0.2, 0.32),
        (5.42, 0.14, 0.12),
        (8.9, 0.05, 0.05),
    ):
        strength = loud * bright ** (ratio - 1)
        sound += strength * np.exp(-t / life) * np.sin(2 * np.pi * pitch(note) * ratio * t)
    return sound * np.minimum(1, t / 0.003) * np.minimum(1, (seconds - t) / 0.05)


def play_box(tune: Tune, beat: float, seconds: float, deeper: bool = True) -> Sound:
    """A tune on the music box, with a low note under every fourth beat."""
    sound, at, since = silence(seconds), 0.25, 4.0
    for note, beats in tune:
        if note:
            lay(sound, pluck(note), at, 0.5)
            if deeper and since >= 4:
                lay(sound, pluck(note - 24 if note > 70 else note - 12, 3.2, 0.6), at, 0.34)
                since = 0
        since += beats
        at += beats * beat
    return sound


def hum(tune: Tune, beat: float, seconds: float, lower: int = 0, voice: int = 0) -> Sound:
    """A closed-mouth voice that glides from note to note, with vibrato and a little breath."""
    noise = np.random.default_rng(100 + voice)
    size = round(seconds * RATE)
    tone, loud = np.zeros(size), np.zeros(size)
    at = round((0.2 + 0.02 * voice) * RATE)
    tone[:] = pitch(next(note for note, _ in tune if note) - lower)
    for note, beats in tune:
        end = min(size, at + round(beats * beat * RATE))
        if note:
            tone[at:] = pitch(note - lower)
            loud[at : max(at, end - round(0.09 * RATE))] = 1.0
        at = end
    tone = _smear(tone, 0.09) * (1 + 0.0035 * (voice % 3 - 1))
    t = np.arange(size) / RATE
    tone *= 1 + 0.007 * np.sin(2 * np.pi * (5.1 + 0.17 * voice) * t + voice) * np.minimum(1, t / 1.5)
    phase = 2 * np.pi * np.cumsum(tone) / RATE
    sound = np.zeros(size)
    for n in range(1, 9):
        body = np.exp(-(((tone * n - 260) / 330) ** 2)) + 0.10 * np.exp(-(((tone * n - 1050) / 300) ** 2)) + 0.02
        sound += body / n**0.5 * np.sin(n * phase + 0.3 * n * n)
    breath = _smear(noise.normal(0, 1, size), 0.0006) * 0.03
    return (sound * 0.5 + breath) * _smear(loud, 0.16)


def _smear(sound: Sound, seconds: float) -> Sound:
    """A moving average, twice, by running sums: rounds corners and darkens noise."""
    width = max(2, round(seconds * RATE / 2))
    for _ in range(2):
        padded = np.concatenate((np.full(width // 2, sound[0]), sound, np.full(width - width // 2, sound[-1])))
        total = np.cumsum(padded)
        sound = (total[width:] - total[:-width]) / width
    return sound


def water(seconds: float, seed: int = 1) -> Sound:
    """Dark noise that swells and ebbs: a river, wind, a road far away."""
    noise = np.random.default_rng(seed)
    size = round(seconds * RATE)
    t = np.arange(size) / RATE
    body = _smear(noise.normal(0, 1, size), 0.0016)
    swell = 0.55 + 0.3 * np.sin(2 * np.pi * t / 3.1 + seed) + 0.15 * np.sin(2 * np.pi * t / 1.3)
    return body * swell


def ticking(seconds: float) -> Sound:
    """An old clock: two soft knocks in turn."""
    sound = silence(seconds)
    t = np.arange(round(0.06 * RATE)) / RATE
    for i in range(int(seconds * 2)):
        ring = 1900 if i % 2 else 1500
        knock = np.exp(-t / 0.006) * np.sin(2 * np.pi * ring * t) + 0.5 * np.exp(-t / 0.015) * np.sin(
            2 * np.pi * 420 * t
        )
        lay(sound, knock, 0.15 + i * 0.5, 0.2)
    return sound


def in_room(sound: Sound, share: float = 0.3, seconds: float = 1.4) -> Sound:
    """Echo of a small hall, soft beginning and end, and an even level."""
    t = np.arange(round(seconds * RATE)) / RATE
    walls = _smear(np.random.default_rng(9).normal(0, 1, len(t)), 0.0002) * np.exp(-t / (seconds / 4.5))
    walls /= np.sqrt(np.sum(walls**2))
    size = 1 << (len(sound) + len(walls) - 1).bit_length()
    echo = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(walls, size), size)[: len(sound)]
    mixed = (1 - share) * sound + share * echo
    edge = np.minimum(1, np.minimum(np.arange(len(sound)), np.arange(len(sound))[::-1]) / (0.35 * RATE))
    mixed *= edge
    return mixed / np.max(np.abs(mixed)) * 0.8
