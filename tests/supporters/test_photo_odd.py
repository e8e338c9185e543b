"""Honest pictures of odd makes come out upright and in their colours."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from PIL import Image

from supporters import media
from tests import media_samples as samples
from tests.supporters import odd_photos as odd

pytestmark = pytest.mark.media
SAMPLE = 8
TOLERANCE = 12
# One of each way to store colours; what needs no decoder of its own is left to the sample.
ALWAYS = ["Display P3 jpeg", "print jpeg, luma", "16 bit interlaced png", "heic turned by 6"]


def chosen(test_all: bool) -> list[str]:
    if test_all:
        return list(odd.MAKERS)
    others = sorted(set(odd.MAKERS) - odd.LARGE - set(ALWAYS))
    return [*ALWAYS, *random.Random(os.environ.get("SEED", "4")).sample(others, SAMPLE)]


def wrong(path: Path) -> list[object]:
    """Places of one rendition, in the middle of each quadrant and near the corners, whose colour is another."""
    places = [(x, y) for y in (1, 5, 15, 19) for x in (1, 5, 15, 19)]
    with Image.open(path) as picture:
        width, height = picture.size
        seen = {(x, y): picture.getpixel((width * x // 20, height * y // 20)) for x, y in places}
    expected = {place: samples.QUADRANTS[(place[0] > 10) + 2 * (place[1] > 10)] for place in places}
    return [
        (place, colour, expected[place])
        for place, colour in seen.items()
        if any(abs(a - b) > TOLERANCE for a, b in zip(colour, expected[place], strict=True))
    ]


def test_odd_pictures_come_out_right(tmp_path: Path, test_all: bool):
    problems = {}
    for name in chosen(test_all):
        source, folder = tmp_path / "source", tmp_path / name
        source.write_bytes(odd.MAKERS[name]())
        folder.mkdir()

        made = media.convert(source, "photo", folder)

        if found := [problem for part in made.renditions for problem in wrong(part.path)]:
            problems[name] = found
        assert made.renditions[0].width > made.renditions[0].height, name
    assert problems == {}


def test_the_profiles_would_be_seen_if_they_were_left_out():
    for primaries in (odd.DISPLAY_P3, odd.ADOBE_RGB):
        stored = [odd.seen_as(colour, primaries) for colour in samples.QUADRANTS]

        assert any(
            abs(a - b) > 2 * TOLERANCE
            for colours in zip(stored, samples.QUADRANTS, strict=True)
            for a, b in zip(*colours, strict=True)
        )


def test_the_colour_on_the_whole_is_that_of_its_light(tmp_path: Path):
    """Black and white make the grey that has half of the light, not the grey of the middle number."""
    picture = Image.new("RGB", (400, 300), "white")
    picture.paste("black", (0, 0, 200, 300))
    picture.save(tmp_path / "half.png")

    colour = media.convert(tmp_path / "half.png", "photo", tmp_path).colour

    assert colour.startswith("#")
    assert all(abs(int(colour[at : at + 2], 16) - 188) <= 2 for at in (1, 3, 5))
