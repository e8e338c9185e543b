"""Postcards of found letters, rendered once: building them costs more than everything else on the page.

A postcard is known by its slug and revision, and every change of what it shows moves the revision. Which letters are
shown is read from the database each time: a postcard that is kept here shows itself to nobody.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.html import escape

from supporters.models import Message
from supporters.pages import Place
from supporters.postcards import Postcard

from .. import order
from ..letters import letters_of
from .folding import fold
from .selection import Row

MOST = 1_000  # about 3 kB each

Key = tuple[str, int, str, bool]


@dataclass(frozen=True)
class Shown:
    """Words as they stand in a postcard, what stands around them, and how they are compared."""

    text: str
    start: str
    end: str
    folded: str

    def html(self, escaped: str) -> str:
        return f"{self.start}{escaped}{self.end}".replace("\n", "<br>")


@dataclass(frozen=True)
class Card:
    """A postcard as HTML, and the words in it that a search may mark."""

    html: str
    shown: tuple[Shown, ...]
    picture_bytes: int  # of its photo, when it is shown on request only


_kept: OrderedDict[Key, Card] = OrderedDict()
_lock = threading.Lock()


def cards_of(rows: Sequence[Row], place: Place, *, pictures: bool) -> list[tuple[Row, Card]]:
    """The postcards of these letters; one that has left the wall since it was found is left out."""
    keys = {row.pk: (row.slug, row.revision, place.language, pictures) for row in rows}
    found: dict[int, Card] = {}
    with _lock:
        for pk, key in keys.items():
            if key in _kept:
                _kept.move_to_end(key)
                found[pk] = _kept[key]
    missing = [pk for pk in keys if pk not in found]
    if missing:
        letters = order.on_wall().filter(pk__in=missing)
        made = _made(letters.select_related("attachment").prefetch_related("attachment__renditions"), place, pictures)
        found |= {message.pk: card for message, card in made}
        with _lock:
            # Under the revision that was read with the words, which may be newer than the one that was found.
            _kept.update({(it.slug, it.revision, place.language, pictures): card for it, card in made})
            while len(_kept) > MOST:
                _kept.popitem(last=False)
    return [(row, found[row.pk]) for row in rows if row.pk in found]


def _made(messages: Iterable[Message], place: Place, pictures: bool) -> list[tuple[Message, Card]]:
    template = get_template("supporters/_postcard.html")
    made = []
    for letter in letters_of(messages, place.language):
        context = {
            "letter": letter,
            "card": letter.card,
            "place": place,
            "pictures": pictures,
            "media": "wall/_media.html",
            "actions": "wall/_actions.html",
        }
        html = template.render(context)
        picture = letter.card.small_picture
        card = Card(
            html=html,
            shown=tuple(_shown(html, letter.card)),
            picture_bytes=picture.bytes if picture and letter.card.kind == Message.Kind.PHOTO else 0,
        )
        made.append((letter.message, card))
    return made


def _shown(html: str, card: Postcard) -> Iterator[Shown]:
    texts = [(card.name, "</small>", ""), *((text, "<p>", "</p>") for text in (*card.paragraphs, card.alt) if text)]
    for text, start, end in texts:
        words = Shown(text, start, end, fold(text))
        # A description may be shown to those only who do not see the photo.
        if words.html(escape(text)) in html:
            yield words
