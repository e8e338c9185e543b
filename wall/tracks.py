"""Subtitles as readers get them: one WebVTT file a language beside the video, while they and the letter are shown.

A page links it relatively, so it goes wherever the page and the video go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from supporters import attachments, storing, subtitles
from supporters.models import Attachment, Message, Subtitles
from supporters.pages import LANGUAGES

SECONDS_OF_A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class Track:
    """The shown subtitles of a message in one language."""

    row: Subtitles
    token: str  # of the attachment

    @property
    def language(self) -> str:
        return self.row.language

    @property
    def content(self) -> bytes:
        return subtitles.webvtt(subtitles.cues_of(self.row)).encode()

    @property
    def bytes(self) -> int:
        return len(self.content)

    @property
    def public_path(self) -> str:
        """Below the root of the published site."""
        return f"media/{public_name(self.token, self.language)}"


def public_name(token: str, language: str) -> str:
    return f"{token}/{language}.vtt"


def tracks_of(message: Message, language: str) -> list[Track]:
    """Those readers may see, the one in the language of the page first."""
    attachment: Attachment | None = getattr(message, "attachment", None)
    if attachment is None:
        return []
    shown = [Track(row, attachment.token) for row in message.subtitles.all() if row.is_shown]
    return sorted(shown, key=lambda track: (track.language != language, track.language))


def bring(attachment: Attachment) -> None:
    """Bring the files of a message on the wall to what the database says. Call it under `tree.media_lock`."""
    for name, track in _wrong(attachment):
        if track is None:
            storing.public().remove(name)
        else:
            _write(attachment, track, name)


def wrong(attachment: Attachment) -> list[str]:
    """The paths of files that are missing, old, or there though they should not be."""
    return [f"media/{name}" for name, _track in _wrong(attachment)]


def _wrong(attachment: Attachment) -> Iterator[tuple[str, Track | None]]:
    shown = {track.language: track for track in tracks_of(attachment.message, LANGUAGES[0])}
    for language in LANGUAGES:
        name, track = public_name(attachment.token, language), shown.get(language)
        if _read(name) != (track.content if track else None):
            yield name, track


def _read(name: str) -> bytes | None:
    with suppress(FileNotFoundError), storing.public().read(name) as file:
        return file.read()
    return None


def _write(attachment: Attachment, track: Track, name: str) -> None:
    """Put it into the private store first: only from there both kinds of store take a file in one step."""
    folder = attachments.work_root()
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f"{attachment.token}.{track.language}.vtt"
    scratch.write_bytes(track.content)
    stored = f"{attachment.prefix}/{track.language}.vtt"
    storing.private().take(scratch, stored)
    # The day of the postmark like every file, but another second for every revision: a browser that holds an older
    # one asks whether it has changed.
    day = datetime.combine(attachment.message.received_on, datetime.min.time(), UTC)
    second = timedelta(seconds=track.row.revision % SECONDS_OF_A_DAY)
    storing.public().copy_from(storing.private(), stored, name, day + second)
    storing.private().remove(stored)
