"""One letter on a reading page: its postcard, and what only the wall knows about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from supporters.languages import language_name
from supporters.media import PHOTO_WIDTHS
from supporters.models import Message, Rendition
from supporters.postcards import CUT_AT, Postcard, cut, paragraphs, postcard_of

from . import notes
from .notes import Note
from .tracks import Track, tracks_of

# Where even the words had to be cut short, so are names: beyond this many characters.
NAME_CUT_AT = 60
LARGER = ("1280.jpg", "640.jpg")


@dataclass(frozen=True)
class Picture:
    """A photo in all its sizes, for the browser to choose from."""

    webp: list[Rendition]
    jpeg: list[Rendition]
    colour: str = ""  # of the photo on the whole; shown palely until the photo is there

    @property
    def usual(self) -> Rendition:
        """The one for browsers that cannot choose: the middle size when there is one."""
        return self.jpeg[min(1, len(self.jpeg) - 1)]


@dataclass(frozen=True)
class Letter:
    """What the templates of the wall show of a message."""

    message: Message
    card: Postcard
    notes: Sequence[Note] = ()

    @property
    def picture(self) -> Picture | None:
        files = self.card.renditions
        webp = [files[f"{width}.webp"] for width in PHOTO_WIDTHS if f"{width}.webp" in files]
        jpeg = [files[f"{width}.jpg"] for width in PHOTO_WIDTHS if f"{width}.jpg" in files]
        if self.card.language == "ko":
            # A sharp screen would choose the largest, ten times what the button said.
            webp, jpeg = webp[:1], jpeg[:1]
        return Picture(webp, jpeg, self.message.attachment.colour) if jpeg else None

    @property
    def large_picture(self) -> Rendition | None:
        """The photo in the size that pages in Korean leave to a link."""
        jpeg = [self.card.renditions[name] for name in LARGER if name in self.card.renditions]
        return jpeg[0] if jpeg and self.card.language == "ko" else None

    @property
    def tracks(self) -> list[Track]:
        """Subtitles, those in the language of the page first. Prefetch `subtitles`."""
        return tracks_of(self.message, self.card.language)

    @property
    def timed_words(self) -> Track | None:
        """The subtitles in the language of the page, which can also be read as a text."""
        return next((track for track in self.tracks if track.language == self.card.language), None)

    @property
    def original_is_here(self) -> bool:
        """Whether the letter was written in the language of the page."""
        return self.message.language == self.card.language

    @property
    def other_language(self) -> str:
        return "en" if self.card.language == "ko" else "ko"

    @property
    def other_is_original(self) -> bool:
        return self.message.language == self.other_language

    @property
    def other_name(self) -> str:
        """The other language of the site, as readers of this page call it."""
        return language_name(self.other_language, self.card.language)

    @property
    def other_paragraphs(self) -> list[str]:
        return paragraphs(self.message.text(self.other_language))

    @property
    def northern_paragraphs(self) -> list[str]:
        """The words as they are said in the North, on the Korean page, once a reader from there signed them."""
        return paragraphs(self.message.body_kp) if self.card.language == "ko" and self.message.kp_signed else []

    @property
    def original_direction(self) -> str:
        """The direction of most of the original, whatever it begins with and whatever language was named."""
        kinds = [unicodedata.bidirectional(sign) for sign in self.message.original]
        return "rtl" if kinds.count("R") + kinds.count("AL") > kinds.count("L") else "ltr"

    @property
    def credit(self) -> str:
        """Who put the words into the language of the page, by the name they chose; mostly nobody."""
        return self.message.credit_ko if self.card.language == "ko" else self.message.credit_en

    @property
    def original_paragraphs(self) -> list[str]:
        """The words as they came, where they came in neither language of the site.

        Originals in Korean or English are shown as the desk left them, on the page of that language: there it may
        have taken out what could hurt somebody.
        """
        return paragraphs(self.message.original) if self.card.original_differs else []


def letters_of(messages: Iterable[Message], language: str, *, limit: int = CUT_AT) -> list[Letter]:
    """Letters for a list, their words cut at `limit` characters."""
    return [Letter(message, _shortened(postcard_of(message, language, limit=limit), limit)) for message in messages]


def whole_letter(message: Message, language: str) -> Letter:
    """The letter for its own page, with nothing cut and its words of the South explained.

    Where a reader from the North has signed a wording, that explains more.
    """
    letter = Letter(message, postcard_of(message, language, limit=None))
    if language != "ko" or letter.northern_paragraphs:
        return letter
    shown, found = notes.annotate(letter.card.paragraphs, notes.explained())
    return replace(letter, card=replace(letter.card, paragraphs=shown), notes=found)


def _shortened(card: Postcard, limit: int) -> Postcard:
    if limit >= CUT_AT:
        return card
    name, group = (cut(text, NAME_CUT_AT)[0] for text in (card.name, card.group))
    return replace(card, name=name, group=group, alt=cut(card.alt, limit)[0])
