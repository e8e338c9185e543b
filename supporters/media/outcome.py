"""What comes of a stranger's file: facts, renditions, or one of a few reasons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REASONS = ("empty", "too_large", "too_long", "wrong_kind", "unreadable", "no_picture", "no_sound", "not_saved")


# What hides in files, and is in nothing that is made of them. The last one: the sender's browser drew the photo anew,
# so that what hid in it never left the phone.
REMOVED = ("place", "device", "serial", "time", "author", "thumbnail", "comment", "other", "in_browser")


class Refused(Exception):
    """The file itself is the reason. Only ``code``, one of REASONS, may reach the sender."""

    def __init__(self, code: str) -> None:
        if code not in REASONS:
            raise ValueError(f"no such reason: {code}")
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Facts:
    """An upload as it was sent. Pixels as shown (upright), ``seconds`` as measured."""

    mime: str
    width: int | None
    height: int | None
    seconds: float | None
    removed: tuple[str, ...] = ()  # codes of REMOVED


@dataclass(frozen=True)
class Made:
    """One rendition. ``path`` lies in the folder that was asked for, ``sha256`` is hexadecimal."""

    name: str
    path: Path
    mime: str
    width: int | None
    height: int | None
    seconds: float | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Converted:
    """All that was made of one upload.

    ``master`` is private, for radio and USB drives. ``colour`` (#rrggbb) is that of a photo on the whole, ``loudness``
    (LUFS, integrated, ITU-R BS.1770) that of a sound as it came; None where there is nothing to hear.
    """

    renditions: list[Made]
    master: Made | None = None
    colour: str = ""
    loudness: float | None = None
