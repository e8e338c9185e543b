"""Tells what a file is by its first bytes; its name is never asked."""

from __future__ import annotations

from dataclasses import dataclass

import filetype  # type: ignore[import-untyped]

HEAD_BYTES = 8192


@dataclass(frozen=True)
class Family:
    """Files that one decoder opens. ``container`` is FFmpeg's name of the only demuxer for them; photos have none."""

    name: str
    kinds: frozenset[str]
    container: str = ""
    max_pixels: int = 0


def _photo(name: str, max_pixels: int) -> Family:
    return Family(name, frozenset({"photo"}), max_pixels=max_pixels)


def _clip(name: str, container: str, *kinds: str) -> Family:
    return Family(name, frozenset(kinds), container)


# Bounded by what each decoder needs for a pixel within ``photo.MEMORY_BYTES``: PNG and GIF take 4 bytes, AVIF and HEIC
# 7 to 9, WebP 16. A JPEG is asked for an eighth of it: its limit is that of the largest cameras in phones.
JPEG, HEIF = _photo("jpeg", 210_000_000), _photo("heif", 52_000_000)
PNG, GIF = _photo("png", 60_000_000), _photo("gif", 60_000_000)
AVIF, WEBP = _photo("avif", 50_000_000), _photo("webp", 28_000_000)
ISO = _clip("iso", "mov,mp4,m4a,3gp,3g2,mj2", "video", "voice")
MATROSKA = _clip("matroska", "matroska,webm", "video", "voice")
AVI = _clip("avi", "avi", "video")
OGG, WAV, MP3, AMR, FLAC, AAC = (_clip(name, name, "voice") for name in ("ogg", "wav", "mp3", "amr", "flac", "aac"))

BY_MIME = {
    "image/jpeg": JPEG,
    "image/heic": HEIF,
    "image/png": PNG,
    "image/apng": PNG,
    "image/webp": WEBP,
    "image/gif": GIF,
    "image/avif": AVIF,
    "video/mp4": ISO,
    "video/x-m4v": ISO,
    "video/quicktime": ISO,
    "video/3gpp": ISO,
    "audio/mp4": ISO,
    "video/webm": MATROSKA,
    "video/x-matroska": MATROSKA,
    "video/x-msvideo": AVI,
    "audio/ogg": OGG,
    "audio/x-wav": WAV,
    "audio/mpeg": MP3,
    "audio/amr": AMR,
    "audio/x-flac": FLAC,
    "audio/aac": AAC,
}
SOUND_MIMES = {
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "flac": "audio/flac",
    "aac": "audio/aac",
}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}
# QuickTime files of old cameras start with their contents instead of a brand.
BARE_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def family_of(head: bytes) -> Family | None:
    """The family of a file that begins with ``head``; None for everything that is not on the list."""
    if head[4:8] == b"ftyp":
        return _by_brands(head)
    if head.startswith(b"#!AMR"):
        return AMR
    found = BY_MIME.get(filetype.guess_mime(bytearray(head)) or "")
    if found is None and head[4:8] in BARE_QUICKTIME:
        return ISO
    return found


def _by_brands(head: bytes) -> Family:
    """Stills and films share one container: the brands tell which it is."""
    size = min(int.from_bytes(head[:4]), len(head))
    main = head[8:12]
    brands = {head[at : at + 4] for at in range(16, size - 3, 4)}
    if main in AVIF_BRANDS or (main in HEIF_BRANDS and brands & AVIF_BRANDS):
        return AVIF
    return HEIF if main in HEIF_BRANDS else ISO


def mime_of(family: Family, kind: str, head: bytes) -> str:
    """The type to show for an upload of this kind."""
    if family is ISO:
        if kind == "voice":
            return "audio/mp4"
        return "video/quicktime" if head[4:8] != b"ftyp" or head[8:12] == b"qt  " else _iso_video(head)
    if family is MATROSKA:
        is_webm = filetype.guess_mime(bytearray(head)) == "video/webm"
        return f"{'video' if kind == 'video' else 'audio'}/{'webm' if is_webm else 'x-matroska'}"
    return "video/x-msvideo" if family is AVI else SOUND_MIMES[family.name]


def _iso_video(head: bytes) -> str:
    return "video/3gpp" if head[8:11] in (b"3gp", b"3g2") else "video/mp4"
