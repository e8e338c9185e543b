"""Hostile and broken videos and sounds, made on the spot from small honest ones.

Each case has a name, the kind it is sent as, and its bytes. What they try to reach is the bait of the test.
"""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import media_samples as samples

CANARY = b"the-canary-of-this-test"
SMALL = (160, 112)
FTYP = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
EBML = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581 02".replace(" ", ""))


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    make: Callable[[], bytes]
    never_made: bool = False  # whether anything but a refusal would be wrong


@dataclass(frozen=True)
class Bait:
    """What a file may try to reach: a file of this machine, and a port of it that must stay silent."""

    canary: Path
    port: int

    @property
    def addresses(self) -> list[str]:
        host = f"127.0.0.1:{self.port}"
        return [
            *(f"file://{self.canary}", str(self.canary), f"http://{host}/a.mp4", f"https://{host}/a.mp4"),
            *(f"tcp://{host}", f"udp://{host}", f"rtmp://{host}/a/b", f"rtsp://{host}/a", f"ftp://{host}/a.mp4"),
        ]


def bases(folder: Path) -> dict[str, bytes]:
    """One small honest file of every container."""
    short = {"seconds": 0.4, "size": SMALL, "rate": 10}
    amr = ["-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"]
    film, tone = samples.film, samples.tone
    made = [
        film(folder, "film.mp4", *samples.H264, *samples.AAC, *samples.PHONE_TAGS, "-movflags", "+faststart", **short),
        film(folder, "film.mov", *samples.H264, *samples.AAC, *samples.PHONE_TAGS, **short),
        film(folder, "film.webm", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", **short),
        film(folder, "film.mkv", *samples.H264, *samples.AAC, **short),
        film(folder, "film.avi", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "libmp3lame", **short),
        film(folder, "film.3gp", "-c:v", "h263", *amr, **{**short, "size": (176, 144)}),
        tone(folder, "tone.m4a", *samples.AAC, seconds=0.4),
        tone(folder, "tone.mp3", "-c:a", "libmp3lame", "-metadata", f"comment={samples.COMMENT}", seconds=0.4),
        tone(folder, "tone.ogg", "-c:a", "libvorbis", seconds=0.4),
        tone(folder, "tone.opus", "-c:a", "libopus", seconds=0.4),
        tone(folder, "tone.wav", "-c:a", "pcm_s16le", seconds=0.4),
        tone(folder, "tone.flac", "-c:a", "flac", seconds=0.4),
        tone(folder, "tone.aac", *samples.AAC, seconds=0.4),
        tone(folder, "tone.amr", *amr, seconds=0.4),
    ]
    return {path.name: path.read_bytes() for path in made}


def corpus(honest: dict[str, bytes], bait: Bait) -> list[Case]:
    """All cases, in an order that does not change."""
    return [
        *broken(honest),
        *liars(honest),
        *playlists(honest, bait),
        *references(honest, bait),
        *bombs(honest),
        *sound_bombs(honest),
    ]


def kind_of(name: str) -> str:
    return "video" if name.startswith("film") else "voice"


# Broken ---------------------------------------------------------------------------------------------------------------


def broken(honest: dict[str, bytes]) -> Iterator[Case]:
    for name, data in honest.items():
        for seed in range(4 if kind_of(name) == "video" else 2):
            yield Case(f"flips {seed} of {name}", kind_of(name), lambda d=data, s=seed: flipped(d, s))
        for share in (0.15, 0.6, 0.95) if kind_of(name) == "video" else (0.5,):
            yield Case(f"{share:.0%} of {name}", kind_of(name), lambda d=data, s=share: d[: int(len(d) * s)])
    for name in ("film.mp4", "film.webm", "film.avi", "tone.ogg"):
        yield Case(f"a hole in {name}", kind_of(name), lambda d=honest[name]: d[:600] + bytes(1500) + d[2100:])
        yield Case(f"{name} twice", kind_of(name), lambda d=honest[name]: d + d)


def flipped(data: bytes, seed: int) -> bytes:
    """Some bits turned, more of them with every seed."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _bit in range(4 ** (seed + 1)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


# Liars ----------------------------------------------------------------------------------------------------------------


def liars(honest: dict[str, bytes]) -> Iterator[Case]:
    """Files under another name, and two in one."""
    mp4, webm, wav = honest["film.mp4"], honest["film.webm"], honest["tone.wav"]
    page = b"<!doctype html><script>alert(1)</script>"
    yield Case("WebM behind MP4's first bytes", "video", lambda: FTYP + webm, never_made=True)
    yield Case("MP4 behind WebM's first bytes", "video", lambda: EBML + mp4, never_made=True)
    yield Case("MP4 that says it is HEIC", "video", lambda: mp4.replace(b"ftypisom", b"ftypheic", 1), never_made=True)
    yield Case("a page before the film", "video", lambda: page + mp4, never_made=True)
    yield Case("a page behind the film", "video", lambda: mp4 + page)
    yield Case("a zip behind the film", "video", lambda: mp4 + b"PK\x05\x06" + bytes(18))
    yield Case("a program", "video", lambda: b"\x7fELF\x02\x01\x01" + bytes(4000), never_made=True)
    yield Case("a picture before the film", "video", lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + mp4, never_made=True)
    yield Case("a sound as a film", "video", lambda: honest["tone.m4a"], never_made=True)
    yield Case("an MP3 as a film", "video", lambda: honest["tone.mp3"], never_made=True)
    yield Case("RIFF that is neither", "video", lambda: wav.replace(b"WAVE", b"AVI ", 1), never_made=True)
    yield Case("AVI as a WAV", "voice", lambda: honest["film.avi"].replace(b"AVI ", b"WAVE", 1), never_made=True)
    yield Case("OggS and nothing", "voice", lambda: b"OggS" + bytes(2000), never_made=True)
    yield Case("fLaC and nothing", "voice", lambda: b"fLaC" + bytes(2000), never_made=True)
    yield Case("noise", "video", lambda: FTYP + random.Random(1).randbytes(20_000), never_made=True)


# References to files and hosts ----------------------------------------------------------------------------------------


def playlists(honest: dict[str, bytes], bait: Bait) -> Iterator[Case]:
    """Lists that players follow, as they are and behind the first bytes of something that is allowed."""
    goals = bait.addresses
    lists = {
        "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n" + "".join(f"#EXTINF:9,\n{goal}\n" for goal in goals),
        "m3u8 with a key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{goals[2]}"\n#EXTINF:9,\n{goals[0]}\n',
        "concat": "ffconcat version 1.0\n" + "".join(f"file '{goal}'\n" for goal in goals),
        "SDP": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {bait.port} RTP/AVP 96\n",
        "DASH": f'<?xml version="1.0"?><MPD><Period><BaseURL>{goals[2]}</BaseURL></Period></MPD>',
        "ASX": '<asx version="3.0">' + "".join(f'<entry><ref href="{goal}"/></entry>' for goal in goals) + "</asx>",
        "PLS": "[playlist]\n" + "".join(f"File{n}={goal}\n" for n, goal in enumerate(goals, 1)),
        "SMIL": f'<smil><body><video src="{goals[2]}"/></body></smil>',
        "subtitles": f"1\n00:00:00,000 --> 00:00:09,000\n{{\\img({goals[0]})}}\n",
        "image sequence": f"{bait.canary.parent}/%03d.jpg",
    }
    for name, text in lists.items():
        words = text.encode()
        yield Case(f"{name}", "video", lambda w=words: w, never_made=True)
        yield Case(f"{name} behind ftyp", "video", lambda w=words: FTYP + b"\n" + w, never_made=True)
    for name, head in (("RIFF", b"RIFF\xff\0\0\0WAVE"), ("ID3", b"ID3\4\0\0\0\0\0\0"), ("OggS", b"OggS")):
        words = lists["m3u8"].encode()
        yield Case(f"m3u8 behind {name}", "voice", lambda h=head, w=words: h + b"\n" + w, never_made=True)
    yield Case("concat behind EBML", "video", lambda: EBML + b"\n" + lists["concat"].encode(), never_made=True)


def references(honest: dict[str, bytes], bait: Bait) -> Iterator[Case]:
    """Films whose own tables point elsewhere."""
    mov, mkv = honest["film.mov"], honest["film.mkv"]
    for address in bait.addresses:
        yield Case(
            f"data of a MOV at {address.split('/')[0]}", "video", lambda a=address: with_reference(mov, a, b"url ")
        )
    yield Case("data of a MOV by an alias", "video", lambda: with_reference(mov, str(bait.canary), b"alis"))
    yield Case("a movie by reference", "video", lambda: reference_movie(bait.addresses[2]), never_made=True)
    named = str(bait.canary).encode()
    yield Case("the next file of a Matroska", "video", lambda: with_next_file(mkv, named))
    listing = json.dumps(bait.addresses).encode()
    yield Case("a list attached to a Matroska", "video", lambda: mkv + element(b"\x19\x41\xa4\x69", listing))


def box(name: bytes, *body: bytes) -> bytes:
    data = b"".join(body)
    return struct.pack(">I", 8 + len(data)) + name + data


def with_reference(mov: bytes, address: str, form: bytes) -> bytes:
    """The samples of every track lie elsewhere, the tables say; ``moov`` stands at the end, so that nothing moves."""
    entry = box(form, b"\0\0\0\0", address.encode() + b"\0")
    new = box(b"dref", b"\0\0\0\0\0\0\0\1", entry)
    at = mov.index(b"moov") - 4
    return mov[:at] + _replaced(mov[at:], [b"moov", b"trak", b"mdia", b"minf", b"dinf"], b"dref", new)


def _replaced(data: bytes, path: list[bytes], name: bytes, new: bytes) -> bytes:
    """The boxes in ``data`` with every ``name`` under ``path`` replaced."""
    made, at = b"", 0
    while at + 8 <= len(data):
        size, found = max(8, int.from_bytes(data[at : at + 4])), data[at + 4 : at + 8]
        whole = data[at : at + size]
        if path and found == path[0]:
            whole = box(found, _replaced(whole[8:], path[1:], name, new))
        elif not path and found == name:
            whole = new
        made, at = made + whole, at + size
    return made


def reference_movie(address: str) -> bytes:
    """QuickTime's ``rmra``: a movie that is only a list of other movies."""
    place = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(address) + 1), address.encode() + b"\0")
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"rmra", box(b"rmda", place)))


def element(name: bytes, body: bytes) -> bytes:
    """A Matroska element with a size of eight bytes."""
    return name + (len(body) | 1 << 56).to_bytes(8) + body


def with_next_file(mkv: bytes, name: bytes) -> bytes:
    """Segment information that names the file to go on with."""
    at = mkv.index(bytes.fromhex("1549a966"))
    info = element(bytes.fromhex("1549a966"), element(bytes.fromhex("3e83bb"), name))
    return mkv[:at] + info + mkv[at:]


# Bombs ----------------------------------------------------------------------------------------------------------------


def bombs(honest: dict[str, bytes]) -> Iterator[Case]:
    """Much from little: pixels, frames, durations, streams, chapters, boxes."""
    mp4, mov, webm, mkv, avi = (honest[f"film.{name}"] for name in ("mp4", "mov", "webm", "mkv", "avi"))
    sides = struct.pack(">HH", *SMALL)
    yield Case("65,535 pixels a side in MP4", "video", lambda: mp4.replace(sides, b"\xff\xff\xff\xff"))
    frame = b"\xff\xc0\0\x11\x08" + struct.pack(">HH", SMALL[1], SMALL[0])
    large = b"\xff\xc0\0\x11\x08\xff\xdc\xff\xdc"
    yield Case("65,500 pixels a side in AVI", "video", lambda: avi.replace(frame, large), never_made=True)
    start, wide = b"\x9d\x01\x2a" + struct.pack("<HH", *SMALL), b"\x9d\x01\x2a\xff\x3f\xff\x3f"
    yield Case("16,383 pixels a side in VP8", "video", lambda: webm.replace(start, wide), never_made=True)
    yield Case("450,000 frames", "video", lambda: many_frames(avi, 450_000), never_made=True)
    for value in (1e12, -1.0, float("nan"), float("inf")):
        length = b"\x44\x89\x88" + struct.pack(">d", value)
        yield Case(f"a length of {value}", "video", lambda n=length: patched(mkv, b"\x44\x89\x88", n))
    yield Case("frames that last for hours", "video", lambda: stretched(mp4))
    yield Case("1,000 tracks", "video", lambda: many_tracks(mov, 1000))
    yield Case("40 tracks", "video", lambda: many_tracks(mov, 40))
    for name in (b"stsz", b"stco", b"stts", b"stsc"):
        yield Case(f"a table {name.decode()} without end", "video", lambda n=name: endless_table(mp4, n))
    for size in (0, 1, 7, 0xFFFFFFFF):
        yield Case(
            f"a box of {size}", "video", lambda s=size: patched(mp4, b"moov", b"moov", before=struct.pack(">I", s))
        )
    yield Case("50,000 boxes in each other", "video", lambda: nested(50_000), never_made=True)
    yield Case("500,000 empty boxes", "video", lambda: mp4[:32] + box(b"free") * 500_000 + mp4[32:])
    yield Case("a packed header of 100 MB", "video", lambda: packed_header(100_000_000), never_made=True)
    yield Case(
        "a note of 8 MB", "video", lambda: mp4 + box(b"udta", box(b"\xa9cmt", b"\x7f\xff\0\0" + b"a" * 8_000_000))
    )
    yield Case("20,000 chapters", "video", lambda: with_chapters(mkv, 20_000))
    yield Case(
        "elements without a size", "video", lambda: EBML + bytes.fromhex("18538067ff1f43b675ff") * 5000, never_made=True
    )
    yield Case(
        "an element of 2^56 bytes", "video", lambda: EBML + bytes.fromhex("1853806701fffffffffffffe") + webm[50:]
    )
    yield Case("an edit list of years", "video", lambda: patched(mov, b"elst", edit_list(), before=b""))


def patched(data: bytes, mark: bytes, new: bytes, before: bytes = b"") -> bytes:
    """What stands at ``mark``, and right before it, replaced by as many bytes."""
    at = data.index(mark)
    return data[: at - len(before)] + before + new + data[at + len(new) :]


def edit_list() -> bytes:
    return b"elst\0\0\0\0\0\0\0\1" + struct.pack(">iiI", 0x7FFFFFFF, 0x7FFFFFF0, 0x10000)


def many_frames(avi: bytes, count: int) -> bytes:
    """Frames of nothing behind the first one."""
    at = avi.index(b"movi") + 4
    return avi[:at] + b"00dc\1\0\0\0\xff\0" * count + avi[at:]


def stretched(mp4: bytes) -> bytes:
    """Every entry of the time tables says the largest number."""
    data, at = bytearray(mp4), mp4.find(b"stts")
    while at >= 0:
        struct.pack_into(">I", data, at + 16, 0x7FFFFFFF)
        at = mp4.find(b"stts", at + 4)
    return bytes(data)


def many_tracks(mov: bytes, count: int) -> bytes:
    at = mov.index(b"moov") - 4
    first = mov.index(b"trak") - 4
    size = int.from_bytes(mov[first : first + 4])
    return mov[:at] + box(b"moov", mov[at + 8 : first], mov[first : first + size] * count, mov[first + size :])


def endless_table(mp4: bytes, name: bytes) -> bytes:
    count = 12 if name == b"stsz" else 8
    return patched(mp4, name, mp4[mp4.index(name) :][:count] + b"\xff\xff\xff\xf0")


def nested(depth: int) -> bytes:
    boxes = b"".join(struct.pack(">I", 8 * (depth - n)) + (b"moov", b"trak")[n % 2] for n in range(depth))
    return FTYP + boxes


def packed_header(size: int) -> bytes:
    """A header that is stored packed and unpacks to zeros."""
    packer = zlib.compressobj(9)
    packed = b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)), packer.flush()])
    body = box(b"cmvd", struct.pack(">I", size), packed)
    return box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), body))


def with_chapters(mkv: bytes, count: int) -> bytes:
    atom = element(b"\xb6", element(b"\x73\xc4", b"\1") + element(b"\x91", b"\0"))
    chapters = element(bytes.fromhex("1043a770"), element(bytes.fromhex("45b9"), atom * count))
    at = mkv.index(bytes.fromhex("1549a966"))
    return mkv[:at] + chapters + mkv[at:]


def sound_bombs(honest: dict[str, bytes]) -> Iterator[Case]:
    wav, mp3, flac, ogg, aac, amr = (honest[f"tone.{name}"] for name in ("wav", "mp3", "flac", "ogg", "aac", "amr"))
    body = struct.pack("<I", len(wav) - 44)
    yield Case(
        "4 GB of sound in a small WAV", "voice", lambda: wav.replace(b"data", b"data", 1)[:40] + b"\xff" * 4 + wav[44:]
    )
    for name, at, value in (
        ("no channels", 22, b"\0\0"),
        ("65,535 channels", 22, b"\xff\xff"),
        ("a rate of zero", 24, bytes(4)),
        ("a rate of four thousand million", 24, b"\xff" * 4),
        ("a rate of one", 24, b"\1\0\0\0\2\0\0\0"),
        ("64,000 bits a sample", 34, b"\0\xfa"),
        ("a codec nobody knows", 20, b"\xee\xee"),
    ):
        yield Case(f"WAV with {name}", "voice", lambda a=at, v=value: wav[:a] + v + wav[a + len(v) :])
    yield Case(
        "WAV with 100,000 chunks", "voice", lambda: wav[:36] + b"LIST\0\0\0\0" * 100_000 + b"data" + body + wav[44:]
    )
    yield Case("a tag of 200 MB that is not there", "voice", lambda: b"ID3\4\0\0\x5f\x5f\x5f\x5f" + mp3)
    yield Case("a packed tag of 100 MB", "voice", lambda: packed_tag(100_000_000) + mp3)
    yield Case("500,000 sounds of one kind", "voice", lambda: aac[: int.from_bytes(aac[3:6]) >> 5 & 0x1FFF] * 20_000)
    yield Case(
        "hours of AMR", "voice", lambda: amr[:6] + b"\x3c" + bytes(31) + (b"\x7c" + bytes(0)) * 900_000, never_made=True
    )
    yield Case("FLAC with a picture of 16 MB", "voice", lambda: flac[:42] + b"\x06\xff\xff\xff" + flac[42:])
    yield Case("FLAC that says days", "voice", lambda: flac[:21] + b"\x0f" + b"\xff" * 4 + flac[26:])
    yield Case("FLAC of one frame many times", "voice", lambda: flac + flac[-2000:] * 3000)
    yield Case("Ogg of one page many times", "voice", lambda: ogg + ogg[-400:] * 5000)
    yield Case("10,000 Ogg streams", "voice", lambda: many_ogg_streams(ogg, 10_000))


def packed_tag(size: int) -> bytes:
    """An ID3 tag with one packed frame of zeros."""
    packed = zlib.compress(bytes(size), 9)
    frame = b"TXXX" + struct.pack(">I", len(packed) + 4) + b"\0\x80" + struct.pack(">I", size) + packed
    length = len(frame)
    return b"ID3\3\0\0" + bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0)) + frame


def many_ogg_streams(ogg: bytes, count: int) -> bytes:
    """The first page again and again, each time of another stream."""
    end = ogg.index(b"OggS", 4)
    return b"".join(ogg[:14] + struct.pack("<I", n) + ogg[18:end] for n in range(count)) + ogg[end:]
