"""Why a file cannot be taken, in words for its sender: the one table for form, private page and desk."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .media import MAX_BYTES
from .models import Message


@dataclass(frozen=True)
class Refusal:
    code: str  # one of supporters.media.REASONS, or "arriving"
    sentence: str
    advice: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}"


def refusal(code: str, kind: str, *, size: int = 0) -> Refusal:
    """The words for `code`, for a file of `kind`; `size` in bytes names the number when the file is over the limit."""
    sentence, advice = _words(kind)[code]
    limit = MAX_BYTES.get(kind, max(MAX_BYTES.values()))  # of a file whose kind was not said
    if code == "too_large" and size > limit:
        sentence = _("This file is %(size)d MB; the limit is %(limit)d MB.") % {
            # Rounded up: 20.3 MB must not read as "20 MB; the limit is 20 MB".
            "size": -(-size // 1_000_000),
            "limit": limit // 1_000_000,
        }
    return Refusal(code, sentence, advice)


def arriving() -> Refusal:
    """The words for a file of which pieces are still missing: nothing is wrong with it."""
    return Refusal(
        "arriving",
        _("Your file has not arrived completely yet."),
        _("Please wait until it has, or choose it once more."),
    )


def _words(kind: str) -> dict[str, tuple[str, str]]:
    smaller = {
        Message.Kind.PHOTO: _("Please choose a smaller photo, or take it again with a lower resolution."),
        Message.Kind.VIDEO: _("Please choose a shorter video, or record it again with a lower resolution."),
    }.get(kind, _("Please choose a shorter recording."))  # type: ignore[call-overload]
    other = {
        Message.Kind.PHOTO: _("Please choose a photo: JPEG, PNG, WebP or HEIC."),
        Message.Kind.VIDEO: _("Please choose a video: MP4, MOV or WebM."),
    }.get(kind, _("Please choose a recording of a voice: M4A, MP3, OGG or WAV."))  # type: ignore[call-overload]
    again = _("Please choose it once more, or send another file.")
    return {
        "empty": (_("This file is empty."), again),
        "too_large": (_("This file is too large."), smaller),
        "too_long": (_("This recording is longer than two minutes."), _("Please shorten it and send it again.")),
        "wrong_kind": (_("We cannot read this kind of file."), other),
        "unreadable": (_("This file is damaged or cannot be opened."), again),
        "no_picture": (
            _("There are no pictures in this video."),
            _("If it is only sound, choose “A voice” instead. Otherwise please send another file."),
        ),
        "no_sound": (_("There is no sound in this recording."), _("Please record it again and listen to it first.")),
        "not_saved": (_("We could not store or prepare this file."), _("Please try again later.")),
    }
