"""Opens one picture and, when asked, makes its small upright copies. Runs inside the sandbox; see ``photo.py``.

Reads one JSON object on stdin: ``source`` (path), ``family`` (the only decoder that may open it), ``max_pixels``, and
for the copies ``folder`` and ``widths``. Writes one JSON object on stdout: ``facts``, or ``made`` and ``colour``, or
``refused``, or ``errno`` for a fault of this machine.
"""

from __future__ import annotations

import errno
import io
import json
import operator
import os
import re
import sys
from typing import Any

from PIL import Image, ImageCms

sys.path.append(os.path.dirname(__file__))  # isolated as this interpreter is, it does not look there by itself
import photo_traces  # type: ignore[import-not-found]

# A picture that is this small is decoded at the first look already, so that a torn file is refused while its sender is
# still there; a larger one is only measured then.
QUICK_PIXELS = 16_000_000
HEIGHT_PER_WIDTH = 3  # taller pictures get narrower copies
STRIP_PIXELS = 4_000_000
# A progressive picture redraws all of itself with each scan; cameras write ten to twenty.
MAX_SCANS = 100
MAX_COEFFICIENT_BYTES = 400 << 20
WEBP_320_BYTES = 8_000
WEBP_320_QUALITIES = (74, 62, 52)
# The light of each of the 256 steps of sRGB.
LIGHT = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (step / 255 for step in range(256))]
MACHINE_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
MIMES = {"jpeg": "jpeg", "png": "png", "webp": "webp", "gif": "gif", "avif": "avif", "heif": "heic"}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """The picture is at fault; the text is a code of the package."""


def open_picture(path: str, family: str, max_pixels: int) -> Image.Image:
    """The header of the picture, by one decoder, within the number of pixels."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit differs by family
    if family == "heif":
        import pillow_heif

        pillow_heif.options.DECODE_THREADS = 2
        pillow_heif.register_heif_opener(thumbnails=False)
    picture = Image.open(path, formats=[family.upper()])
    if picture.width * picture.height > max_pixels:
        raise Refused("too_large")
    if family == "jpeg" and picture.info.get("progressive"):
        check_coefficients(picture)
        check_scans(path)
    return picture


def check_coefficients(picture: Image.Image) -> None:
    """Refuse a progressive picture whose coefficients, two bytes each, would not fit: draft() saves none of them."""
    shares = [across * down for _, across, down, _ in getattr(picture, "layer", [])]
    if shares and 2 * picture.width * picture.height * sum(shares) / max(shares) > MAX_COEFFICIENT_BYTES:
        raise Refused("too_large")


def check_scans(path: str) -> None:
    """Refuse a picture of very many scans: few bytes, but each costs a pass over all pixels."""
    with open(path, "rb") as file:
        data = file.read()
    at, scans = 2, 0
    marker = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
    while found := marker.search(data, at):
        code = found.group()[1]
        if code == 0xD9:
            return
        scans += code == 0xDA
        if scans > MAX_SCANS:
            raise Refused("too_large")
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])


def orientation(picture: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 when the EXIF block is broken. HEIC comes upright from its decoder."""
    if picture.format == "HEIF" or (picture.format == "PNG" and "exif" not in picture.info):
        return 1  # asking a PNG without the block would decode all of it
    try:
        value = picture.getexif().get(0x0112, 1)
    except Exception:  # parsers of EXIF raise nearly anything, and the picture may still be good
        return 1
    return value if value in TURNS else 1


def fit(size: tuple[int, int], width: int) -> tuple[int, int]:
    """The size within ``width`` and its cap in height, never larger than before."""
    scale = min(1.0, width / size[0], width * HEIGHT_PER_WIDTH / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def plain(part: Image.Image) -> Image.Image:
    """8 bits a channel, no palette, transparency on white; the mode is L, RGB or CMYK."""
    if part.mode in ("I", "F") or part.mode.startswith("I;16"):
        # convert() would cut off at 255 instead of scaling.
        return part.convert("F").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if part.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in part.info:
        part = part.convert("RGBA")
        paper = Image.new("RGB", part.size, "white")
        paper.paste(part, mask=part.getchannel("A"))
        return paper
    if part.mode in ("L", "RGB", "CMYK"):
        return part
    return part.convert("L" if part.mode == "1" else "RGB")


def shrink(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture in ``size``, plain.

    Strip by strip: a conversion of the whole would hold a large picture in memory two or three times.
    """
    if picture.mode in ("L", "RGB", "CMYK") and "transparency" not in picture.info:
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    factor = max(1, int(min(picture.width / size[0], picture.height / size[1]) / 1.5))
    rows = max(1, STRIP_PIXELS // picture.width // factor) * factor
    result: Image.Image | None = None
    for top in range(0, picture.height, rows):
        part = plain(picture.crop((0, top, picture.width, min(top + rows, picture.height)))).reduce(factor)
        if result is None:
            result = Image.new(part.mode, (part.width, -(-picture.height // factor)))
        result.paste(part, (0, top // factor))
    assert result is not None
    picture.close()
    return result.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB in sRGB. A profile that is broken, or made for other channels, is taken as absent."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if source.profile.xcolor_space.strip() == {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[picture.mode]:
                target = ImageCms.createProfile("sRGB")
                result = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
                assert result is not None
                return result
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB")


def largest(picture: Image.Image, width: int) -> Image.Image:
    """The upright copy in sRGB that all smaller ones are made from."""
    turn = orientation(picture)
    is_lying = turn >= 5
    upright = picture.size[::-1] if is_lying else picture.size
    size = fit(upright, width)
    if is_lying:
        size = size[::-1]
    profile = picture.info.get("icc_profile")
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, size)  # decodes fewer pixels in the first place
    picture.load()
    result = to_srgb(shrink(picture, size), profile)
    if turn in TURNS:
        result = result.transpose(TURNS[turn])
    result.info.clear()  # the encoders would write comment, profile and resolution from it
    return result


def save(picture: Image.Image, folder: str, width: int) -> list[dict[str, Any]]:
    """Write one size as WebP and JPEG."""
    paths = {kind: os.path.join(folder, f"{width}.{kind}") for kind in ("webp", "jpg")}
    if width == 320:
        for quality in WEBP_320_QUALITIES:
            buffer = io.BytesIO()
            picture.save(buffer, "WEBP", quality=quality, method=6)
            if buffer.tell() <= WEBP_320_BYTES:
                break
        with open(paths["webp"], "wb") as file:
            file.write(buffer.getvalue())
    else:
        picture.save(paths["webp"], "WEBP", quality=68, method=4)
    picture.save(paths["jpg"], "JPEG", quality=76, optimize=True, progressive=True)
    made = []
    for kind, mime in (("webp", "image/webp"), ("jpg", "image/jpeg")):
        with Image.open(paths[kind]) as check:
            check.load()
            made.append({"name": f"{width}.{kind}", "mime": mime, "width": check.width, "height": check.height})
    return made


def average(picture: Image.Image) -> str:
    """The colour of the picture seen from far away, as #rrggbb: the mean of its light (IEC 61966-2-1)."""
    counts, pixels = picture.histogram(), picture.width * picture.height
    means = [sum(map(operator.mul, counts[at : at + 256], LIGHT)) / pixels for at in (0, 256, 512)]
    steps = [12.92 * mean if mean <= 0.0031308 else 1.055 * mean ** (1 / 2.4) - 0.055 for mean in means]
    return "#" + "".join(f"{round(255 * step):02x}" for step in steps)


def copies(picture: Image.Image, folder: str, widths: list[int]) -> tuple[list[dict[str, Any]], str]:
    """Every size this picture is large enough for, each made from the next larger one; and its colour on the whole."""
    if picture.format == "PNG":
        picture.load()  # its EXIF block may stand behind the pixels
    lying = orientation(picture) >= 5
    width, height = picture.size[::-1] if lying else picture.size
    need = max(width, -(-height // HEIGHT_PER_WIDTH))
    wanted = [size for number, size in enumerate(widths) if number == 0 or widths[number - 1] < need]
    current = largest(picture, wanted[-1])
    full, made = current.size, []
    for size in reversed(wanted):
        smaller = fit(full, size)
        if smaller != current.size:
            current = current.resize(smaller, Image.Resampling.LANCZOS)
        made += save(current, folder, size)
    return made, average(current)


def look(picture: Image.Image, family: str) -> None:
    """Decode what is cheap to decode; raises what the decoder raises."""
    if family == "jpeg":
        picture.draft(None, (max(1, picture.width // 8), max(1, picture.height // 8)))
    if picture.width * picture.height <= QUICK_PIXELS:
        picture.load()


def answer(request: dict[str, Any]) -> dict[str, Any]:
    family, source = request["family"], request["source"]
    try:
        traces = photo_traces.Traces(source, family)  # before the decoder, which would go through all the parts
    except photo_traces.TooManyParts:
        raise Refused("unreadable") from None
    picture = open_picture(source, family, request["max_pixels"])
    if "folder" in request:
        made, colour = copies(picture, request["folder"], request["widths"])
        return {"made": made, "colour": colour}
    original, removed = picture.size, traces.codes(picture.info)
    look(picture, family)
    width, height = original[::-1] if orientation(picture) >= 5 else original
    facts = {"mime": f"image/{MIMES[family]}", "width": width, "height": height, "removed": sorted(removed)}
    return {"facts": facts}


def main() -> None:
    request = json.load(sys.stdin)
    try:
        os.close(os.open(request["source"], os.O_RDONLY))
    except OSError as error:
        json.dump({"errno": error.errno}, sys.stdout)
        return
    try:
        result = answer(request)
    except Refused as refusal:
        result = {"refused": str(refusal)}
    except ImportError:
        raise  # a broken installation, not a broken picture
    except MemoryError:
        result = {"refused": "too_large"}
    except Exception as error:  # decoders raise nearly anything on a broken file
        if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
            result = {"errno": error.errno}
        else:
            result = {"refused": "unreadable"}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
