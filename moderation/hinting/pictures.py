"""What a picture looks like, in 64 bits that survive another size or compression; and the codes that stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageOps

SIDE = 32  # of the small grey picture
WAVES = 8  # lowest waves each way
BITS = 64
BYTES = 8
# Copies that were made smaller or compressed anew differ in up to four bits of 64; pictures of two people in about 30.
NEAR = 6
# Grey levels: what varies less (a black frame, an empty page) looks like any other of its sort.
LEAST_CONTRAST = 6.0

Grey = NDArray[np.float64]


def look(path: Path) -> list[int] | None:
    """What the picture at `path` looks like, upright first, then turned and mirrored; None when it shows nothing.

    Eight numbers of 64 bits: the same picture turned by its sender is still the same picture.
    """
    with Image.open(path) as picture:
        grey = np.asarray(ImageOps.grayscale(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=np.float64)
    if grey.std() < LEAST_CONTRAST:
        return None
    turns = [np.rot90(side, turn) for side in (grey, np.fliplr(grey)) for turn in range(4)]
    return [_waves(turn) for turn in turns]


def _waves(grey: Grey) -> int:
    """One bit for each of the lowest waves of the picture: whether it is stronger than most."""
    strengths = (_cosines() @ grey @ _cosines().T).ravel()[1:]
    bits = np.concatenate([[False], strengths > np.median(strengths)])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


@cache
def _cosines() -> Grey:
    places = (2 * np.arange(SIDE) + 1) * np.pi / (2 * SIDE)
    return np.asarray(np.cos(np.outer(np.arange(WAVES), places)))


def distance(one: int, other: int) -> int:
    """In how many bits two pictures differ."""
    return (one ^ other).bit_count()


def turned(look: int, band: int) -> int:
    """`look` with its byte number `band` in front, as a signed number.

    Stored once for each band, a range of numbers finds the looks that share a byte, and each tells all its bits.
    """
    shift = BYTES * band
    return _signed(((look << shift) | (look >> (BITS - shift))) & (2**BITS - 1))


def turned_back(value: int, band: int) -> int:
    """The look that `turned` made `value` from."""
    shift = BYTES * band
    look = value & (2**BITS - 1)
    return ((look >> shift) | (look << (BITS - shift))) & (2**BITS - 1)


def sharing(look: int, band: int) -> tuple[int, int]:
    """The least and the greatest value that a look with the same byte number `band` can have."""
    first = (turned(look, band) & (2**BITS - 1)) >> (BITS - BYTES) << (BITS - BYTES)
    return _signed(first), _signed(first | (2 ** (BITS - BYTES) - 1))


def _signed(value: int) -> int:
    return value - 2**BITS if value >= 2 ** (BITS - 1) else value


def codes(path: Path) -> Iterator[str]:
    """What the square and striped codes in the picture at `path` say."""
    with Image.open(path) as picture:
        for found in zxingcpp.read_barcodes(picture.convert("L")):
            if found.text:
                yield found.text
