"""Photos: the right way up, in the right colours, small, and with nothing left of their sender."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from supporters import media
from tests import media_samples as samples

pytestmark = pytest.mark.media
JFIF = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
WEBP_CANVAS = {"loop", "background", "timestamp", "duration"}
SIZES_OF_400 = ["320.jpg", "320.webp", "640.jpg", "640.webp"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where renditions go; beside it lies the upload."""
    (tmp_path / "made").mkdir()
    return tmp_path / "made"


def corners(path: Path) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quadrants."""
    with Image.open(path) as picture:
        assert picture.mode == "RGB"
        width, height = picture.size
        places = [(1, 1), (3, 1), (1, 3), (3, 3)]
        return [picture.getpixel((width * x // 4, height * y // 4)) for x, y in places]


def differ(path: Path, expected: tuple[tuple[int, int, int], ...], tolerance: int = 12) -> list[object]:
    found = corners(path)
    return [
        (path.name, seen, wanted)
        for seen, wanted in zip(found, expected, strict=True)
        if any(abs(a - b) > tolerance for a, b in zip(seen, wanted, strict=True))
    ]


def traces(folder: Path) -> list[tuple[str, bytes]]:
    """Every secret and signature found in any file."""
    marks = samples.SECRETS + samples.SIGNATURES
    return [(path.name, mark) for path in folder.iterdir() for mark in marks if mark in path.read_bytes()]


def exchanged_profile() -> bytes:
    """An ICC profile like sRGB (D50, gamma 2.2) with the colours of the first and third channel exchanged."""

    def point(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in (x, y, z))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    serial = samples.SERIAL.encode()
    name = b"desc\0\0\0\0" + struct.pack(">I", len(serial) + 1) + serial + bytes(79)
    red, green, blue = point(0.4361, 0.2225, 0.0139), point(0.3851, 0.7169, 0.0971), point(0.1431, 0.0606, 0.7141)
    tags = {b"desc": name, b"wtpt": point(0.9642, 1.0, 0.8249), b"rXYZ": blue, b"gXYZ": green, b"bXYZ": red}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += tag + struct.pack(">II", start + len(body), len(padded))
        body += padded
    head = struct.pack(">I4sI", start + len(body), b"\0\0\0\0", 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    head += bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def jpeg_in_a_profile(folder: Path) -> Path:
    """JPEG whose red and blue are exchanged, and whose profile says so: right only when converted through it."""
    path = folder / "profile.jpg"
    red, green, blue = samples.quadrants().split()
    Image.merge("RGB", (blue, green, red)).save(
        path, "JPEG", quality=92, icc_profile=exchanged_profile(), subsampling=0
    )
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_orientations_come_out_upright(tmp_path: Path, folder: Path, orientation: int):
    source = samples.jpeg(tmp_path, orientation)

    made = media.convert(source, "photo", folder).renditions

    facts = media.inspect(source, "photo")
    assert (facts.width, facts.height) == (400, 300)
    assert {(part.width, part.height) for part in made} == {(400, 300), (320, 240)}
    assert [problem for part in made for problem in differ(part.path, samples.QUADRANTS)] == []


@pytest.mark.parametrize("kind", ["webp", "png", "avif"])
@pytest.mark.parametrize("orientation", [2, 6, 7])
def test_other_formats_are_turned_too(tmp_path: Path, folder: Path, kind: str, orientation: int):
    source = samples.turned(tmp_path, kind, orientation)

    made = media.convert(source, "photo", folder).renditions

    assert (media.inspect(source, "photo").width, made[0].width) == (400, 400)
    assert [problem for part in made for problem in differ(part.path, samples.QUADRANTS)] == []


@pytest.mark.parametrize(
    ("make", "mime"),
    [
        (samples.jpeg_full_of_metadata, "image/jpeg"),
        (jpeg_in_a_profile, "image/jpeg"),
        (samples.palette_png, "image/png"),
        (samples.webp, "image/webp"),
        (samples.avif, "image/avif"),
        (samples.heic, "image/heic"),
        (samples.gif, "image/gif"),
    ],
)
def test_every_format_keeps_its_colours_and_loses_its_metadata(
    tmp_path: Path, folder: Path, make: Callable[[Path], Path], mime: str
):
    source = make(tmp_path)

    facts = media.inspect(source, "photo")
    made = media.convert(source, "photo", folder).renditions

    assert (facts.mime, facts.width, facts.height, facts.seconds) == (mime, 400, 300, None)
    assert sorted(part.name for part in made) == sorted(os.listdir(folder)) == SIZES_OF_400
    assert [problem for part in made for problem in differ(part.path, samples.QUADRANTS, 20)] == []
    assert traces(folder) == []


def test_the_samples_do_carry_secrets(tmp_path: Path):
    for make in (samples.jpeg, samples.jpeg_full_of_metadata, samples.png, samples.webp, samples.avif, samples.heic):
        data = make(tmp_path).read_bytes()

        assert any(mark in data for mark in samples.SECRETS), make.__name__


def test_no_marker_of_a_rendition_can_hold_metadata(tmp_path: Path, folder: Path):
    made = media.convert(samples.jpeg_full_of_metadata(tmp_path), "photo", folder).renditions

    for part in made:
        with Image.open(part.path) as picture:
            assert set(picture.info) <= JFIF | WEBP_CANVAS
            assert not dict(picture.getexif())
    assert [part.path.read_bytes()[-2:] for part in made if part.name.endswith(".jpg")] == [b"\xff\xd9"] * 2


def test_cmyk_becomes_rgb(tmp_path: Path, folder: Path):
    made = media.convert(samples.cmyk_jpeg(tmp_path), "photo", folder).renditions

    assert [problem for part in made for problem in differ(part.path, samples.QUADRANTS, 20)] == []


def test_16_bits_become_8_without_being_cut_off(tmp_path: Path, folder: Path):
    made = media.convert(samples.png_16_bit(tmp_path), "photo", folder).renditions

    black, grey = (0, 0, 0), (128, 128, 128)
    assert [problem for part in made for problem in differ(part.path, (black, grey, black, grey), 4)] == []


def test_transparent_becomes_white(tmp_path: Path, folder: Path):
    made = media.convert(samples.png(tmp_path), "photo", folder).renditions

    expected = (samples.RED, (255, 255, 255), samples.BLUE, samples.YELLOW)
    assert [problem for part in made for problem in differ(part.path, expected)] == []
    assert traces(folder) == []


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((200, 100), {320: 200}),
        ((320, 240), {320: 320}),
        ((321, 240), {320: 320, 640: 321}),
        ((640, 480), {320: 320, 640: 640}),
        ((700, 20), {320: 320, 640: 640, 1280: 700}),
        ((2000, 1000), {320: 320, 640: 640, 1280: 1280}),
        ((1000, 6000), {320: 160, 640: 320, 1280: 640}),
        ((1, 1), {320: 1}),
    ],
)
def test_sizes_never_grow_and_tall_pictures_are_capped(
    tmp_path: Path, folder: Path, size: tuple[int, int], widths: dict[int, int]
):
    made = media.convert(samples.jpeg(tmp_path, 1, *size), "photo", folder).renditions

    assert {part.name: part.width for part in made} == {
        f"{name}.{kind}": width for name, width in widths.items() for kind in ("webp", "jpg")
    }
    assert all(part.height <= 3 * int(part.name.split(".")[0]) for part in made)


def test_what_is_reported_is_what_lies_there(tmp_path: Path, folder: Path):
    for part in media.convert(samples.progressive_jpeg(tmp_path), "photo", folder).renditions:
        data = part.path.read_bytes()

        assert part.path == folder / part.name
        assert (part.bytes, part.sha256, part.seconds) == (len(data), hashlib.sha256(data).hexdigest(), None)
        with Image.open(part.path) as picture:
            assert (picture.size, picture.get_format_mimetype()) == ((part.width, part.height), part.mime)


def test_names_of_uploads_mean_nothing(tmp_path: Path, folder: Path):
    source = samples.jpeg(tmp_path).rename(tmp_path / "-i http:%d 한글\n.png")

    assert media.inspect(source, "photo").mime == "image/jpeg"
    assert len(media.convert(source, "photo", folder).renditions) == 4


def test_an_upload_is_never_changed(tmp_path: Path, folder: Path):
    source = samples.jpeg(tmp_path)
    before = source.read_bytes()

    media.convert(source, "photo", folder)

    assert source.read_bytes() == before
