"""Files to keep: the newest letters, chosen ones or a single one, in a page that needs nothing else and leads nowhere.

What lies on a phone may be opened by others: such a file names neither the site nor those it is written for.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from messages_site import policy
from supporters import storing
from supporters.models import Message, Rendition
from supporters.models.messages import MessageQuerySet
from supporters.pages import Place
from supporters.postcards import postcard_of

from . import order, tree
from .letters import Letter, whole_letter

WORDS, WITH_PICTURES = PATHS = ("letters.html", "letters-pictures.html")
COUNT = 50
# The first that a photo has. Half the bytes of JPEG; where WebP is unknown (iPhones of 2019), its description shows.
SMALL = ("320.webp", "320.jpg")
SHEETS = ("reader.css", "saved.css")
SINGLE_SHEETS = ("reader.css", "more.css", "saved.css")

# The content of small photos by the key of their letter.
Pictures = dict[int, bytes]


@dataclass(frozen=True)
class SavedLetter(Letter):
    """A letter with what its file carries of it."""

    content: bytes = b""  # of its small photo

    @property
    def picture_file(self) -> Rendition | None:
        return _picture_file(self.message)

    @property
    def data(self) -> str:
        """The photo as an address that holds it; empty without one."""
        file = self.picture_file
        return f"data:{file.mime};base64,{base64.b64encode(self.content).decode()}" if file and self.content else ""


def newest() -> list[Message]:
    """The letters of the published files."""
    return list(_with_pictures()[:COUNT])


def letters(keys: Iterable[int]) -> list[Message]:
    """The letters with these keys that are on the wall, newest first."""
    return list(_with_pictures().filter(pk__in=keys))


def _with_pictures() -> MessageQuerySet:
    found = order.on_wall().order_by("-wall_number")
    return found.select_related("attachment").prefetch_related("attachment__renditions")


def may_hold(number: int) -> bool:
    """Whether the letter with this number is among the newest, or was before it left the wall."""
    kept = list(order.on_wall().order_by("-wall_number").values_list("wall_number", flat=True)[:COUNT])
    return len(kept) < COUNT or number >= (kept[-1] or 0)


def read_pictures(messages: Sequence[Message]) -> Pictures:
    """The small photos of these letters; without those that are gone. Raises `storing.Unreachable`."""
    pictures: Pictures = {}
    for message in messages:
        if file := _picture_file(message):
            # The private copy has the same bytes, and is there before the public one.
            with suppress(FileNotFoundError), storing.private().read(file.stored) as opened:
                pictures[message.pk] = opened.read()
    return pictures


def readable_pictures(messages: Sequence[Message]) -> Pictures:
    """The same for a page that is answered live: while the store does not answer, the descriptions have to do."""
    try:
        return read_pictures(messages)
    except OSError:
        return {}


def _picture_file(message: Message) -> Rendition | None:
    if message.kind != Message.Kind.PHOTO or not hasattr(message, "attachment"):
        return None
    files = {file.name: file for file in message.attachment.renditions.all()}
    return next((files[name] for name in SMALL if name in files), None)


# --- The files --------------------------------------------------------------------------------------------------


def newest_letters(place: Place, pictures: Pictures | None = None) -> str:
    """The published file at `place`. It reads the photos it needs itself unless they are given."""
    messages = newest()
    if place.path == WORDS:
        pictures = {}
    elif pictures is None:
        pictures = readable_pictures(messages)
    return booklet(place, messages, pictures, has_pictures=place.path == WITH_PICTURES)


def booklet(place: Place, messages: Sequence[Message], pictures: Pictures, *, has_pictures: bool) -> str:
    """Many letters, to read one under another, to show one at a time, or to print."""
    return _render(
        place,
        SHEETS,
        ("exit.js", "slides.js"),
        letters=_letters(messages, place.language, pictures),
        has_pictures=has_pictures,
        newest_on=max((message.received_on for message in messages), default=None),
    )


def single(place: Place, message: Message, pictures: Pictures) -> str:
    """One letter with its photo, all its languages and the notes on its words."""
    letter = whole_letter(message, place.language)
    content = pictures.get(message.pk, b"")
    return _render(
        place,
        SINGLE_SHEETS,
        ("exit.js",),
        letters=[SavedLetter(message, letter.card, letter.notes, content=content)],
        has_pictures=True,
        is_single=True,
    )


def _letters(messages: Sequence[Message], language: str, pictures: Pictures) -> list[SavedLetter]:
    return [
        SavedLetter(message, postcard_of(message, language, limit=None), content=pictures.get(message.pk, b""))
        for message in messages
    ]


def _render(place: Place, sheets: Sequence[str], scripts: Sequence[str], **context: Any) -> str:
    frame = {
        "place": place,
        "sheets": sheets,
        "content_policy": content_policy(sheets, scripts),
        "exit_url": policy.exit_url(place.language),
    }
    return render_to_string("wall/letters.html", frame | context)


def content_policy(sheets: Sequence[str], scripts: Sequence[str]) -> str:
    """What such a file may do, wherever it lies: nothing but show what it holds itself."""
    style, script = (" ".join(map(policy.inline_hash, held)) for held in (sheets, scripts))
    rules = ("default-src 'none'", "img-src data:", f"style-src {style}", f"script-src {script}")
    return "; ".join((*rules, "form-action 'none'", "base-uri 'none'"))


# --- What the pages of the wall say of them ---------------------------------------------------------------------


def offer(language: str) -> dict[str, Any]:
    """How many letters the files hold, and what each costs; nothing for a file that is not there just now."""
    kinds = list(order.on_wall().order_by("-wall_number").values_list("kind", flat=True)[:COUNT])
    return {
        "count": len(kinds),
        "bytes": tree.weight(language, WORDS),
        "has_photos": Message.Kind.PHOTO in kinds,
        "bytes_with_pictures": tree.weight(language, WITH_PICTURES),
    }


def weight_with_picture(message: Message, words: int) -> int | None:
    """What a letter of `words` bytes costs with its photo; None when it has none."""
    file = _picture_file(message)
    return words + file.bytes if file else None
