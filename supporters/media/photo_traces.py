"""Finds what a photo tells besides its pixels: place, device, names, … Imported by ``child_photo.py``, in the sandbox.

Nothing here removes anything (the copies are made of bare pixels): it only finds what to tell the sender. It reads the
parts of a file itself, for decoders hand out few of them, and none of what stands behind the end of a picture.
Names of fields: EXIF 3.0 (CIPA DC-008), XMP (ISO 16684-1), IPTC-IIM 4.2, PNG 3, ISO/IEC 23008-12.
"""

from __future__ import annotations

import contextlib
import re
import struct
import zlib
from collections.abc import Generator, Iterator
from typing import Any

# A picture of more parts than this is no picture: programs that open it would be busy with them alone.
MAX_PARTS = 20_000
MAX_TEXT = 1 << 20  # bytes of one block that are looked at
MAX_INFLATED = 1 << 17  # bytes of one packed text
MAX_BLOCKS = 30  # of one kind that are read
MAX_FIELDS = 300  # of one folder
MAX_PICTURES = 4  # one behind the other in a file

EXIF_TAGS = {
    "device": (0x000B, 0x010F, 0x0110, 0x0131, 0x013C, 0xA433, 0xA434, 0xA439, 0xA43A, 0xA43B, 0xA43C, 0xC614),
    "serial": (0xA420, 0xA431, 0xA435, 0xC62F, 0xC65D),
    "time": (0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292),
    "author": (0x013B, 0x8298, 0x9C9D, 0xA430, 0xA437, 0xA438),
    "comment": (0x010D, 0x010E, 0x9286, 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F, 0xA436),
    "thumbnail": (0x0201,),
    "other": (0x927C, 0x8649, 0xC634),  # notes of makers
}
EXIF = {tag: code for code, tags in EXIF_TAGS.items() for tag in tags}
EXIF_FOLDER, GPS_FOLDER, XMP_INSIDE, IPTC_INSIDE = 0x8769, 0x8825, 0x02BC, 0x83BB
LONG_FIELDS = {XMP_INSIDE: 65536, IPTC_INSIDE: 65536}
VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 129: 1}
# Datasets of record 2. All others but the version of the record are "other".
IPTC_DATASETS = {
    "place": (26, 27, 90, 92, 95, 100, 101),
    "author": (80, 85, 110, 115, 116, 118, 122),
    "time": (30, 35, 37, 38, 47, 55, 60, 62, 63),
    "comment": (5, 25, 40, 105, 120),
    "device": (65, 70),
}
IPTC = {number: code for code, numbers in IPTC_DATASETS.items() for number in numbers}
# What the name of a property says, tried in this order.
NAMES = [
    (code, re.compile(names, re.IGNORECASE))
    for code, names in (
        ("place", r"gps|geo|place|location|city|state$|country|latitude|longitude"),
        ("thumbnail", r"thumb|xmpgimg|xapgimg"),
        ("serial", r"serial|documentid|instanceid|uniqueid|identifier|uuid"),
        ("author", r"creator$|author|rights|credit|artist|owner|copyright|person|photographer|byline"),
        ("device", r"^(make|model|source)$|lens|creatortool|software|camera|firmware|producer|device"),
        ("time", r"date|time$|^(create|modify)d?$"),
        ("comment", r"description|title|subject|headline|caption|comment|keyword|label"),
    )
]
# These carry other properties, or say nothing of anybody.
STRUCTURE = re.compile(
    r"(xml|xmlns|rdf|x|stevt|stref|xmpnote|colr):|(tiff|exif|photoshop):(orientation|.*resolution.*|resolutionunit"
    r"|.*ima?ge?(width|length|height)|pixel.dimension|colorspace|colormode|iccprofile|exifversion|flashpixversion"
    r"|bitspersample|compression|photometricinterpretation|samplesperpixel|ycbcr.*|componentsconfiguration)|dc:format"
)
PROPERTY = re.compile(rb"[<\s]([A-Za-z][\w.-]{0,40}:[A-Za-z][\w.-]{0,60})(?=[\s=>/])")
PNG_KNOWN = set(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD hIST pHYs sPLT iCCP cICP mDCV cLLI acTL fcTL fdAT iDOT".split()
)
GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


class TooManyParts(Exception):
    """The file consists of more parts than any camera or program writes."""


class Traces:
    """The parts of a photo that may tell something. Raises TooManyParts."""

    def __init__(self, path: str, family: str) -> None:
        with open(path, "rb") as file:
            data = file.read()
        walk = {"jpeg": _jpeg, "png": _png, "gif": _gif, "webp": _webp, "heif": _iso, "avif": _iso}[family]
        self.blocks: list[tuple[str, bytes]] = []
        with contextlib.suppress(struct.error, ValueError, IndexError):  # torn or broken: as far as it can be read
            self.blocks += walk(data)
        self.asks_decoder = walk is _iso

    def codes(self, info: dict[Any, Any]) -> set[str]:
        """Codes of what the file tells; ``info`` is what its decoder handed out.

        Broken fields are passed over: what cannot be read tells nobody anything, and a good picture stays good.
        """
        blocks = [(kind, _bytes(info.get(kind))) for kind in ("exif", "xmp")] if self.asks_decoder else []
        blocks += self.blocks
        found = {kind for kind, _block in blocks if kind not in READERS}
        for kind, read in READERS.items():
            # Some split one text into hundreds of blocks; what the first ones do not say the others hardly do.
            for block in [block for name, block in blocks if name == kind and block][:MAX_BLOCKS]:
                with contextlib.suppress(struct.error, ValueError, IndexError):
                    found |= read(block[:MAX_TEXT])
        return found


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""


# Blocks ---------------------------------------------------------------------------------------------------------------
# Each walk yields a code, or the name of a reader and what it shall read.

Blocks = Iterator[tuple[str, bytes]]


def _jpeg(data: bytes) -> Blocks:
    start = 0
    for _picture in range(MAX_PICTURES):
        end = yield from _one_jpeg(data, start)
        rest = data[end:].lstrip(b"\0")
        if not rest:
            return
        start = len(data) - len(rest)
        if not rest.startswith(b"\xff\xd8\xff"):
            yield "other", b""
            return
        # A second picture is a preview; a film or a note may stand behind it.
        yield "thumbnail", b""


def _one_jpeg(data: bytes, start: int) -> Generator[tuple[str, bytes], None, int]:
    """The segments of the picture at ``start``; gives back where it ends."""
    at, marker = start + 2, re.compile(rb"\xff[^\x00\xff\xd0-\xd7\x01]")
    for _part in range(MAX_PARTS):
        hit = marker.search(data, at)
        if hit is None:
            return len(data)
        code, at = hit.group()[1], hit.end()
        if code == 0xD9:
            return at
        length = int.from_bytes(data[at : at + 2])
        yield from _segment(code, data[at + 2 : at + length])
        at += max(2, length)
    raise TooManyParts


def _segment(code: int, body: bytes) -> Blocks:
    """One segment of a JPEG."""
    if code == 0xFE:
        if body.strip(b"\0 "):
            yield "comment", b""
    elif code == 0xE0:
        if body.startswith(b"JFXX\0") or (body.startswith(b"JFIF\0") and len(body) > 14):
            yield "thumbnail", b""
    elif code == 0xE1 and body.startswith(b"Exif\0"):
        yield "exif", body[6:]
    elif code == 0xE1 and body.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        yield "xmp", body[29:]
    elif code == 0xE1 and body.startswith(b"http://ns.adobe.com/xmp/extension/\0"):
        yield "xmp", body[75:]  # its digest, length and place come first
    elif code == 0xE2 and body.startswith(b"ICC_PROFILE\0"):
        yield "profile", body[14:]
    elif code == 0xE2 and body.startswith(b"MPF\0"):
        yield "thumbnail", b""
    elif code == 0xED and body.startswith(b"Photoshop 3.0\0"):
        yield from _resources(body[14:])
    elif 0xE1 <= code <= 0xEF and not (code == 0xEE and body.startswith(b"Adobe")):
        yield "other", b""


def _resources(data: bytes) -> Blocks:
    """Photoshop's image resources, of which one is the IPTC record."""
    at = 0
    while data[at : at + 4] == b"8BIM" and at + 12 <= len(data):
        number, name = struct.unpack_from(">HB", data, at + 4)
        at += 6 + (name + 2 & ~1)
        size = int.from_bytes(data[at : at + 4])
        body = data[at + 4 : at + 4 + size]
        at += 4 + (size + 1 & ~1)
        if number in (0x0404, 0x0422, 0x0424):
            yield {0x0404: "iptc", 0x0422: "exif", 0x0424: "xmp"}[number], body
        elif number in (0x0409, 0x040C):
            yield "thumbnail", b""


def _png(data: bytes) -> Blocks:
    at = 8
    for _part in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + min(size, MAX_TEXT)]
        at += 12 + size
        if name == b"eXIf":
            yield "exif", body
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            yield from _png_text(name, body)
        elif name == b"tIME":
            yield "time", b""
        elif name == b"IEND":
            if data[at:].strip(b"\0"):
                yield "other", b""
            return
        elif name not in PNG_KNOWN:
            yield "other", b""
    raise TooManyParts


def _png_text(chunk: bytes, body: bytes) -> Blocks:
    """A text by its keyword; programs put whole EXIF and IPTC blocks there, as hexadecimal digits."""
    keyword, _nul, text = body.partition(b"\0")
    if chunk == b"zTXt":
        text = _inflated(text[1:])
    elif chunk == b"iTXt":
        is_packed, text = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
        text = _inflated(text) if is_packed else text
    name = keyword.decode("latin-1").lower()
    if name == "xml:com.adobe.xmp":
        yield "xmp", text
    elif name.startswith("raw profile type"):
        lines = text.strip().split(b"\n", 2)
        digits = re.sub(rb"[^0-9a-fA-F]", b"", lines[2]) if len(lines) == 3 else b""
        raw = bytes.fromhex(digits[: len(digits) & ~1].decode())
        kind = name.rpartition(" ")[2]
        if kind in ("exif", "app1"):
            is_xmp = raw.startswith(b"http://")
            yield ("xmp", raw[29:]) if is_xmp else ("exif", raw.removeprefix(b"Exif\0\0"))
        elif kind in ("iptc", "xmp"):
            yield ("iptc", raw[raw.find(b"\x1c") :]) if kind == "iptc" else ("xmp", raw)
        elif kind not in ("icc", "icm"):
            yield "other", b""
    elif text[:1000].strip(b"\0 "):
        yield _named(name), b""


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MAX_INFLATED)
    except zlib.error:
        return b""


def _gif(data: bytes) -> Blocks:
    at = 13 + (3 << (data[10] & 7) + 1 if data[10:11] and data[10] & 0x80 else 0)
    for _part in range(MAX_PARTS):
        sign = data[at : at + 1]
        if sign == b"!":
            label, name = data[at + 1 : at + 2], data[at + 3 : at + 14]
            if label in (b"\xfe", b"\x01"):
                yield "comment", b""
            elif label == b"\xff" and name == b"XMP DataXMP":
                yield "xmp", data[at + 14 :]
            elif label == b"\xff" and name not in GIF_LOOPS:
                yield "other", b""
            at = _gif_blocks_end(data, at + 2)
        elif sign == b"," and at + 10 < len(data):
            table = 3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0
            at = _gif_blocks_end(data, at + 11 + table)
        else:
            if sign == b";" and data[at + 1 :].strip(b"\0"):
                yield "other", b""
            return
    raise TooManyParts


def _gif_blocks_end(data: bytes, at: int) -> int:
    """Behind the sub-blocks that begin at ``at``."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: bytes) -> Blocks:
    end = 8 + int.from_bytes(data[4:8], "little")
    if data[end:].strip(b"\0"):
        yield "other", b""
    at = 12
    for _part in range(MAX_PARTS):
        if at + 8 > min(end, len(data)):
            return
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + min(size, MAX_TEXT)]
        at += 8 + (size + 1 & ~1)
        if name == b"EXIF":
            yield "exif", body.removeprefix(b"Exif\0\0")
        elif name == b"XMP ":
            yield "xmp", body
        elif name not in (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"):
            yield "other", b""
    raise TooManyParts


def _iso(data: bytes) -> Blocks:
    """Boxes of HEIC and AVIF; EXIF and XMP are items inside, which the decoder finds."""
    at = 0
    for _part in range(MAX_PARTS):
        if at >= len(data):
            return
        size, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        end = at + size if size else len(data)
        if end < at + 8 or end > len(data):
            if data[at:].strip(b"\0"):
                yield "other", b""
            return
        if name == b"meta":
            if b"thmb" in data[at:end]:
                yield "thumbnail", b""
            if b"uuid" in data[at:end]:
                yield "other", b""
        elif name not in (b"ftyp", b"mdat", b"free", b"skip", b"moov", b"idat"):
            yield "other", b""  # films behind the picture, notes of programs
        at = end
    raise TooManyParts


# Readers --------------------------------------------------------------------------------------------------------------


def _exif(data: bytes) -> set[str]:
    """An EXIF block: folders of numbered fields, each of which may be read once."""
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return set()
    codes: set[str] = set()
    seen: set[int] = set()
    folders = [(struct.unpack_from(f"{order}I", data, 4)[0], "")]
    while folders and len(seen) < 16:
        at, kind = folders.pop()
        if at in seen:
            continue
        seen.add(at)
        count = min(struct.unpack_from(f"{order}H", data, at)[0], MAX_FIELDS)
        for place in range(at + 2, min(at + 2 + 12 * count, len(data) - 11), 12):
            tag, form, number = struct.unpack_from(f"{order}HHI", data, place)
            size = VALUE_BYTES.get(form, 1) * number
            where = struct.unpack_from(f"{order}I", data, place + 8)[0]
            # Fields may point to the same bytes: a short look at each, or a small block takes minutes.
            size = min(size, LONG_FIELDS.get(tag, 64))
            value = data[place + 8 : place + 8 + size] if size <= 4 else data[where : where + size]
            if kind == "gps":
                codes |= {"place"} if tag else set()  # 0 is the version
            elif tag in (EXIF_FOLDER, GPS_FOLDER):
                folders.append((where, "gps" if tag == GPS_FOLDER else "exif"))
            else:
                codes |= _exif_field(tag, value)
        after = at + 2 + 12 * count
        if not kind and after + 4 <= len(data):
            following = struct.unpack_from(f"{order}I", data, after)[0]
            folders += [(following, "")] if following else []
    return codes


def _exif_field(tag: int, value: bytes) -> set[str]:
    if tag == XMP_INSIDE:
        return _xmp(value)
    if tag == IPTC_INSIDE:
        return _iptc(value)
    # Phones write fields that are blank; before a comment stands how it is written.
    said = value[8:] if tag == 0x9286 and len(value) >= 8 else value
    return {EXIF[tag]} if tag in EXIF and said.strip(b"\0 ") else set()


def _xmp(data: bytes) -> set[str]:
    """By the names of its properties, whatever their values."""
    names = {hit.decode().lower() for hit in PROPERTY.findall(data.replace(b"\0", b""))}
    codes = {_named(name) for name in names if not STRUCTURE.match(name)}
    return codes or {"other"}


def _named(name: str) -> str:
    """The code of a property by its name; its prefix is whoever thought of it."""
    name = name.rpartition(":")[2]
    return next((code for code, pattern in NAMES if pattern.search(name)), "other")


def _iptc(data: bytes) -> set[str]:
    codes, at = set(), 0
    while data[at : at + 1] == b"\x1c" and at + 5 <= len(data):
        record, number, size = struct.unpack_from(">BBH", data, at + 1)
        at += 5 + size
        if record == 2 and number and size:
            codes.add(IPTC.get(number, "other"))
    return codes


def _profile(data: bytes) -> set[str]:
    """A colour profile that a monitor was measured for names the monitor."""
    return {"device", "serial"} if b"mmod" in data[128:2048] else set()


READERS = {"exif": _exif, "xmp": _xmp, "iptc": _iptc, "profile": _profile}
