"""Honest pictures as odd as senders' programs make them. All show the four quadrants of `tests.media_samples`."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
from PIL import Image, ImageChops

from tests import media_samples as samples
from tests.supporters.photo_corpus import chunk, honest, jpeg_with, png_of, saved, segment

Matrix = list[list[float]]
# Primaries as profiles hold them, adapted to D50 (columns: red, green, blue).
SRGB = [[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]]
DISPLAY_P3 = [[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]]
ADOBE_RGB = [[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]]


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2."""
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4sI", start + len(body), b"\0\0\0\0", 0x02100000) + b"mntr" + space + b"XYZ " + bytes(12)
    head += b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def point(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in (x, y, z))


def curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


NAME = b"desc\0\0\0\0" + struct.pack(">I", len(samples.SERIAL) + 1) + samples.SERIAL.encode() + bytes(80)
WHITE = point(0.9642, 1.0, 0.8249)


def rgb_profile(primaries: Matrix, gamma: float = 2.2) -> bytes:
    columns = {
        name: point(*column)
        for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), zip(*primaries, strict=True), strict=True)
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma))
    return profile(b"RGB ", {b"desc": NAME, b"wtpt": WHITE, **columns, **curves})


def gray_profile(gamma: float) -> bytes:
    return profile(b"GRAY", {b"desc": NAME, b"wtpt": WHITE, b"kTRC": curve(gamma)})


def solved(matrix: Matrix, right: list[float]) -> list[float]:
    """x of matrix · x = right, by Cramer's rule."""

    def determinant(m: Matrix) -> float:
        return sum(m[0][i] * (m[1][(i + 1) % 3] * m[2][(i + 2) % 3] - m[1][(i + 2) % 3] * m[2][(i + 1) % 3])
                   for i in range(3))  # fmt: skip

    whole = determinant(matrix)
    swap = [[[right[r] if c == k else matrix[r][c] for c in range(3)] for r in range(3)] for k in range(3)]
    return [determinant(m) / whole for m in swap]


def seen_as(colour: tuple[int, ...], primaries: Matrix, gamma: float = 2.2) -> tuple[int, ...]:
    """The numbers that mean in other primaries what `colour` means in sRGB."""
    light = [(value / 255 + 0.055) ** 2.4 / 1.055**2.4 if value > 10 else value / 255 / 12.92 for value in colour]
    xyz = [sum(a * b for a, b in zip(row, light, strict=True)) for row in SRGB]
    return tuple(round(255 * min(1, max(0, part)) ** (1 / gamma)) for part in solved(primaries, xyz))


def painted(colours: list[tuple[int, ...]]) -> Image.Image:
    picture = Image.new("RGB", (400, 300))
    for number, colour in enumerate(colours):
        picture.paste(colour, (number % 2 * 200, number // 2 * 150, number % 2 * 200 + 200, number // 2 * 150 + 150))
    return picture


def in_space(primaries: Matrix, form: str) -> bytes:
    picture = painted([seen_as(colour, primaries) for colour in samples.QUADRANTS])
    options = {"subsampling": 0} if form == "JPEG" else {}
    return saved(picture, form, quality=95, icc_profile=rgb_profile(primaries), **options)


def deep_png(alpha: bool, interlaced: bool = False, *more: bytes) -> bytes:
    """16 bits a channel; interlaced by Adam7 when asked."""
    picture, size = samples.quadrants(), 8 if alpha else 6
    rows = []
    for y in range(300):
        parts = [struct.pack(">3H", *(value * 257 for value in picture.getpixel((x, y)))) for x in (0, 399)]
        rows.append(b"".join((part + (b"\xff\xff" if alpha else b"")) * 200 for part in parts))
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    pixels = b""
    for left, top, across, down in steps if interlaced else [(0, 0, 1, 1)]:
        for y in range(top, 300, down):
            row = rows[y]
            pixels += b"\0" + b"".join(row[x * size : (x + 1) * size] for x in range(left, 400, across))
    return png_of(400, 300, 16, 6 if alpha else 2, zlib.compress(pixels, 1), *more, interlaced=int(interlaced))


def ycck() -> bytes:
    """As Adobe's programs write for print: inverted, the first three channels as luma and colour difference."""
    cyan, magenta, yellow, black = samples.quadrants().convert("CMYK").split()
    # Pillow inverts what it writes; the decoder takes luma and differences for red, green and blue and inverts these.
    luma = [ImageChops.invert(part) for part in Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr").split()]
    data = bytearray(saved(Image.merge("CMYK", (*luma, black)), "JPEG", quality=95, subsampling=0))
    at = data.index(b"Adobe")
    data[at + 11] = 2
    return bytes(data)


def heic(bits: int = 8, orientation: int = 1, **info: object) -> bytes:
    picture = samples.quadrants()
    if orientation in samples.STORE:
        picture = picture.transpose(samples.STORE[orientation])
    if bits == 8:
        file = pillow_heif.from_pillow(picture)
    else:
        deep = b"".join(struct.pack("<H", value * 257) for value in picture.tobytes())
        file = pillow_heif.from_bytes("RGB;16", picture.size, deep)
    file.info.update(exif=samples.exif(orientation), **info)
    buffer = io.BytesIO()
    file.save(buffer, quality=90)
    return buffer.getvalue()


def avif_10_bit() -> bytes:
    """By FFmpeg: Pillow writes eight bits."""
    with tempfile.TemporaryDirectory() as folder:
        still, path = Path(folder) / "still.png", Path(folder) / "deep.avif"
        samples.quadrants().save(still)
        samples.ffmpeg("-i", still, "-c:v", "libaom-av1", "-cpu-used", "8", "-still-picture", "1", "-crf", "20",
                       "-pix_fmt", "yuv420p10le", "-frames:v", "1", path)  # fmt: skip
        return path.read_bytes()


def large(width: int, height: int, **options: object) -> bytes:
    return saved(samples.quadrants(width, height), "JPEG", quality=70, **options)


def broken_exif(block: bytes) -> bytes:
    picture = saved(samples.quadrants(), "JPEG", quality=92)
    return picture[:2] + segment(0xE1, b"Exif\0\0" + block) + picture[2:]


def png_in_colour(*chunks: bytes) -> bytes:
    data = saved(samples.quadrants(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def png_with_profile() -> bytes:
    """Eight bits in other primaries."""
    colours = painted([seen_as(colour, DISPLAY_P3) for colour in samples.QUADRANTS])
    return saved(colours, "PNG", icc_profile=rgb_profile(DISPLAY_P3))


def heic_in_p3() -> bytes:
    file = pillow_heif.from_pillow(painted([seen_as(colour, DISPLAY_P3) for colour in samples.QUADRANTS]))
    file.info.update(icc_profile=rgb_profile(DISPLAY_P3), icc_profile_type="prof")
    buffer = io.BytesIO()
    file.save(buffer, quality=95)
    return buffer.getvalue()


MAKERS: dict[str, Callable[[], bytes]] = {
    "16 bit png": lambda: deep_png(False),
    "16 bit png with alpha": lambda: deep_png(True),
    "16 bit interlaced png": lambda: deep_png(False, True),
    "Display P3 png": png_with_profile,
    "palette with transparency": lambda: saved(samples.quadrants().quantize(8), "PNG", transparency=7),
    "palette of two bits": lambda: saved(samples.quadrants().quantize(4), "PNG", bits=2),
    "moving png": lambda: honest("moving.png"),
    "moving webp": lambda: honest("moving.webp"),
    "moving avif": lambda: honest("moving.avif"),
    "moving gif": lambda: honest("moving.gif"),
    "two pictures in a jpeg": lambda: honest("two.jpg"),
    "lossless webp with alpha": lambda: honest("lossless.webp"),
    "Adobe RGB jpeg": lambda: in_space(ADOBE_RGB, "JPEG"),
    "Display P3 jpeg": lambda: in_space(DISPLAY_P3, "JPEG"),
    "Display P3 webp": lambda: in_space(DISPLAY_P3, "WEBP"),
    "Display P3 avif": lambda: in_space(DISPLAY_P3, "AVIF"),
    "print jpeg, inverted": lambda: honest("print.jpg"),
    "print jpeg, luma": ycck,
    "jpeg kept in RGB": lambda: saved(samples.quadrants(), "JPEG", quality=92, keep_rgb=True),
    "jpeg with few colour samples": lambda: saved(samples.quadrants(), "JPEG", quality=92, subsampling="4:1:1"),
    "jpeg with restarts": lambda: saved(samples.quadrants(), "JPEG", quality=92, restart_marker_rows=1),
    "jpeg after fill bytes": lambda: honest("full.jpg")[:2] + b"\xff" * 9 + honest("full.jpg")[2:],
    "jpeg turned by no known way": lambda: saved(samples.quadrants(), "JPEG", exif=samples.exif(9)),
    "jpeg with a torn exif": lambda: broken_exif(samples.exif()[6:90]),
    "jpeg with a looping exif": lambda: broken_exif(b"MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"),
    "jpeg with an exif of noise": lambda: broken_exif(bytes(range(256)) * 4),
    "jpeg with a broken index": lambda: jpeg_with(segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff" + bytes(30))),
    "jpeg with a broken profile": lambda: saved(samples.quadrants(), "JPEG", quality=92, icc_profile=b"x" * 500),
    "jpeg with a gray profile": lambda: saved(samples.quadrants(), "JPEG", quality=92, icc_profile=gray_profile(1)),
    "png with a broken exif": lambda: png_in_colour(chunk(b"eXIf", bytes(range(99)))),
    "webp with a broken exif": lambda: saved(samples.quadrants(), "WEBP", quality=92, exif=bytes(range(99))),
    "heic of ten bits": lambda: heic(10),
    "heic in P3": heic_in_p3,
    "avif of ten bits": avif_10_bit,
    "avif of full colour": lambda: saved(samples.quadrants(), "AVIF", quality=90, subsampling="4:4:4"),
    "48 megapixels": lambda: large(8064, 6048),
    "48 megapixels, progressive": lambda: large(8064, 6048, progressive=True),
    "108 megapixels": lambda: large(12000, 9000),
    "200 megapixels": lambda: large(16320, 12240),
}
MAKERS |= {f"heic turned by {turn}": lambda turn=turn: heic(8, turn) for turn in range(2, 9)}  # type: ignore[misc]
LARGE = {name for name in MAKERS if "megapixels" in name}
