"""What a photo tells besides its pixels is found, whatever format it hides in, and noise finds nothing."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from supporters import media
from supporters.media import photo_traces
from tests import media_samples as samples
from tests.supporters import odd_photos as odd
from tests.supporters import photo_corpus as corpus
from tests.supporters.photo_corpus import chunk, honest, jpeg_with, png_with, saved, segment

PHONE = {"place", "device", "serial", "time", "comment"}  # what `samples.exif` holds


def traces(data: bytes, family: str, folder: Path, **info: bytes) -> set[str]:
    path = folder / "photo"
    path.write_bytes(data)
    return photo_traces.Traces(str(path), family).codes(info)


def plain() -> bytes:
    return saved(samples.quadrants(), "JPEG")


def exif_with(tag: int, value: object, folder: int = 0) -> bytes:
    block = Image.Exif()
    (block.get_ifd(folder) if folder else block)[tag] = value
    return saved(samples.quadrants(), "JPEG", exif=block.tobytes())


def xmp(names: str) -> bytes:
    text = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description {names}/></rdf:RDF></x:xmpmeta>"
    return jpeg_plus(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode()))


def jpeg_plus(*segments: bytes) -> bytes:
    data = plain()
    return data[:2] + b"".join(segments) + data[2:]


def iptc(number: int) -> bytes:
    record = b"\x1c\x02\0\0\2\0\4" + struct.pack(">BBBH", 0x1C, 2, number, 3) + b"abc"
    body = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record
    return jpeg_plus(segment(0xED, body))


def preview() -> bytes:
    """An EXIF block with a small copy in its second folder."""
    block = b"MM\0*\0\0\0\x08\0\0" + struct.pack(">I", 14) + struct.pack(">H", 2)
    block += struct.pack(">HHIIHHII", 0x0201, 4, 1, 44, 0x0202, 4, 1, 4) + bytes(4) + b"\xff\xd8\xff\xd9"
    return jpeg_plus(segment(0xE1, b"Exif\0\0" + block))


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (plain, set()),
        (preview, {"thumbnail"}),
        (lambda: exif_with(0x013B, "Somebody"), {"author"}),
        (lambda: exif_with(0x9C9D, "Somebody".encode("utf-16-le")), {"author"}),
        (lambda: exif_with(0xA430, "Somebody", 0x8769), {"author"}),
        (lambda: exif_with(0xA434, "Lens", 0x8769), {"device"}),
        (lambda: exif_with(0xA420, "0123456789abcdef", 0x8769), {"serial"}),
        (lambda: exif_with(0x927C, b"maker note", 0x8769), {"other"}),
        (lambda: exif_with(0x9286, b"ASCII\0\0\0" + bytes(40), 0x8769), set()),
        (lambda: exif_with(0x9286, b"ASCII\0\0\0Hello", 0x8769), {"comment"}),
        (lambda: exif_with(0x0112, 6), set()),
        (lambda: exif_with(0, b"\2\3\0\0", 0x8825), set()),
        (lambda: exif_with(2, (41.0, 24.0, 0.0), 0x8825), {"place"}),
        (lambda: xmp("exif:GPSLatitude='41'"), {"place"}),
        (lambda: xmp("photoshop:City='a'"), {"place"}),
        (lambda: xmp("tiff:Make='a' xmp:CreatorTool='b'"), {"device"}),
        (lambda: xmp("aux:SerialNumber='1' xmpMM:DocumentID='2'"), {"serial"}),
        (lambda: xmp("xmp:CreateDate='2024'"), {"time"}),
        (lambda: xmp("dc:creator='a'"), {"author"}),
        (lambda: xmp("dc:description='a'"), {"comment"}),
        (lambda: xmp("GCamera:MotionPhoto='1'"), {"other"}),
        (lambda: xmp("tiff:Orientation='6'"), {"other"}),
        (lambda: iptc(90), {"place"}),
        (lambda: iptc(80), {"author"}),
        (lambda: iptc(55), {"time"}),
        (lambda: iptc(120), {"comment"}),
        (lambda: jpeg_plus(segment(0xFE, b"hello")), {"comment"}),
        (lambda: jpeg_plus(segment(0xEB, b"JP\0\1jumb")), {"other"}),
        (lambda: plain() + corpus.ZIP, {"other"}),
        (lambda: plain() + bytes(4000), set()),
        (lambda: plain() + plain(), {"thumbnail"}),
        (lambda: plain() + plain() + b"MotionPhoto_Data", {"thumbnail", "other"}),
        (lambda: honest("two.jpg"), PHONE | {"thumbnail"}),
        (samples.jpeg_full_of_metadata, PHONE | {"other"}),
    ],
)
def test_what_hides_in_a_jpeg(tmp_path: Path, make: Callable[..., bytes | Path], codes: set[str]):
    data = make(tmp_path) if make is samples.jpeg_full_of_metadata else make()

    assert traces(data.read_bytes() if isinstance(data, Path) else data, "jpeg", tmp_path) == codes


def test_what_hides_in_a_png(tmp_path: Path):
    def png(*chunks: bytes) -> set[str]:
        data = saved(samples.quadrants(), "PNG")
        return traces(data[:33] + b"".join(chunks) + data[33:], "png", tmp_path)

    raw = b"\nexif\n    99\n" + samples.exif().hex().encode()
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("Author", "Somebody", zip=True)

    assert png() == set()
    assert png(chunk(b"tIME", bytes(7))) == {"time"}
    assert png(chunk(b"tEXt", b"Software\0Camera")) == {"device"}
    assert png(chunk(b"tEXt", b"Creation Time\0today")) == {"time"}
    assert png(chunk(b"tEXt", b"Comment\0")) == set()
    assert png(chunk(b"caBX", b"claims")) == {"other"}
    assert png(chunk(b"tEXt", b"Raw profile type exif\0" + raw)) == PHONE
    assert png(chunk(b"eXIf", samples.exif()[6:])) == PHONE
    assert traces(saved(samples.quadrants(), "PNG", pnginfo=texts), "png", tmp_path) == {"author"}
    assert traces(honest("gray.png") + corpus.ZIP, "png", tmp_path) == PHONE | {"other"}


def test_what_hides_in_gif_and_webp(tmp_path: Path):
    assert traces(honest("moving.gif"), "gif", tmp_path) == {"comment"}
    assert traces(honest("moving.gif") + b"x", "gif", tmp_path) == {"comment", "other"}
    assert traces(honest("moving.webp"), "webp", tmp_path) == set()
    assert traces(honest("picture.webp"), "webp", tmp_path) == PHONE | {"place", "other"}
    assert traces(honest("moving.webp") + b"x", "webp", tmp_path) == {"other"}


@pytest.mark.media
def test_the_sender_is_told_in_the_order_of_the_codes(tmp_path: Path):
    expected = {"phone.heic": (*media.REMOVED[:4], "comment", "other"), "alpha.png": None, "picture.avif": None}
    for name, codes in expected.items():
        path = tmp_path / name
        path.write_bytes(honest(name))

        removed = media.inspect(path, "photo").removed

        assert set(removed) >= PHONE, name
        assert list(removed) == [code for code in media.REMOVED if code in removed]
        assert codes is None or removed == codes


@pytest.mark.parametrize("family", ["jpeg", "png", "gif", "webp", "heif"])
def test_noise_raises_nothing(tmp_path: Path, family: str):
    name = {"jpeg": "full.jpg", "png": "alpha.png", "gif": "moving.gif", "webp": "picture.webp", "heif": "phone.heic"}
    for seed in range(60):
        data, chance = bytearray(honest(name[family])), random.Random(seed)
        for _byte in range(40):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        noisy = bytearray(samples.exif())
        for _byte in range(10):
            noisy[chance.randrange(6, len(noisy))] = chance.randrange(256)

        assert traces(bytes(data), family, tmp_path, exif=bytes(noisy)) <= set(media.REMOVED)


@pytest.mark.parametrize(
    "make",
    [
        lambda: png_with(chunk(b"teXt", b"") * 30_000),
        lambda: jpeg_with(segment(0xFE, b"") * 30_000),
    ],
)
def test_thousands_of_parts_are_not_walked_through(tmp_path: Path, make: Callable[[], bytes]):
    data = make()
    with pytest.raises(photo_traces.TooManyParts):
        traces(data, "png" if data[:1] == b"\x89" else "jpeg", tmp_path)


def test_a_monitor_names_itself_in_its_profile(tmp_path: Path):
    profile = odd.profile(b"RGB ", {b"mmod": bytes(40), b"desc": odd.NAME})

    assert traces(saved(samples.quadrants(), "JPEG", icc_profile=profile), "jpeg", tmp_path) == {"device", "serial"}
