"""The postcard: one letter as the wall, the preview and the private page show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import regex

from .countries import Country, country
from .languages import language_name, stands_as_typed
from .lifecycle import FRIEND
from .models import Attachment, Message, Rendition
from .services import Words

# Above this many characters the wall shows the beginning and a link to the whole letter.
CUT_AT = 600
SENTENCE_END = regex.compile(r"(?<=[.!?。！？…][”’\"'」』)]*)\s+|(?<=[。！？])")


@dataclass(frozen=True)
class Postcard:
    """What `supporters/_postcard.html` shows, all of it text in the language of the page or marked with its own."""

    language: str  # of the page
    name: str
    group: str
    country: Country
    received_on: date
    kind: str
    paragraphs: list[str]
    text_language: str  # of the words shown, for the lang attribute
    group_language: str = ""  # of the group, which nobody translates, when it is not that of the page
    alt: str = ""
    slug: str = ""
    is_cut: bool = False
    original_language: str = ""  # its name in the language of the page
    original_differs: bool = True  # whether the original is in neither language of the site
    renditions: dict[str, Rendition] = field(default_factory=dict)

    @property
    def picture(self) -> Rendition | None:
        """The still picture of a photo, the middle size when there is one."""
        return self.renditions.get("640.jpg") or self.renditions.get("320.jpg")

    @property
    def small_picture(self) -> Rendition | None:
        """What pressing "show the photo" costs on a phone."""
        return self.renditions.get("320.webp") or self.renditions.get("320.jpg")

    @property
    def video(self) -> Rendition | None:
        return self.renditions.get("240.mp4")

    @property
    def large_video(self) -> Rendition | None:
        return self.renditions.get("480.mp4")

    @property
    def poster(self) -> Rendition | None:
        return self.renditions.get("poster.jpg")

    @property
    def sound(self) -> Rendition | None:
        return self.renditions.get("voice.m4a") or self.renditions.get("sound.m4a")

    @property
    def seconds(self) -> int:
        timed = self.video or self.sound
        return round(timed.seconds) if timed and timed.seconds else 0


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text as typed: empty lines part them; single line ends stay inside."""
    return [part.strip() for part in regex.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]


def cut(text: str, limit: int) -> tuple[str, bool]:
    """The beginning of `text` up to a sentence end before `limit` characters, and whether anything was left out.

    Characters are grapheme clusters. A text without a sentence end is cut at a space, one without a space anywhere.
    """
    clusters = regex.findall(r"\X", text)
    if len(clusters) <= limit:
        return text, False
    head = "".join(clusters[:limit])
    ends = [match.start() for match in SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= len(head) // 3:
        return head[: ends[-1]].rstrip(), True
    space = head.rfind(" ")
    return (head[:space] if space >= len(head) // 3 else head).rstrip() + "…", True


def postcard_of(message: Message, language: str, *, limit: int | None = CUT_AT) -> Postcard:
    """The postcard of a message as the wall of `language` shows it. Prefetch `attachment__renditions`."""
    body = message.text(language)
    shown, is_cut = cut(body, limit) if limit else (body, False)
    attachment: Attachment | None = getattr(message, "attachment", None)
    return Postcard(
        language=language,
        name=message.shown_name(language) or FRIEND[language],
        group=message.group,
        country=country(message.country, language),
        received_on=message.received_on,
        kind=message.kind,
        paragraphs=paragraphs(shown),
        text_language=language,
        group_language=message.language if message.language != language else "",
        alt=message.shown_alt(language),
        slug=message.slug,
        is_cut=is_cut,
        original_language=language_name(message.language, language),
        original_differs=stands_as_typed(message.language),
        renditions={item.name: item for item in attachment.renditions.all()} if attachment else {},
    )


def postcard_as_typed(words: Words, kind: str, *, page_language: str, received: datetime | None = None) -> Postcard:
    """The postcard of what a sender typed, in their own words; the day is today unless it was `received` before."""
    return Postcard(
        language=page_language,
        name=words.original_name or FRIEND[page_language],
        group=words.group,
        country=country(words.country, page_language),
        received_on=(received or datetime.now(UTC)).date(),
        kind=kind,
        paragraphs=paragraphs(words.original),
        text_language=words.language,
        alt=words.original_alt,
        group_language=words.language if words.language != page_language else "",
    )
