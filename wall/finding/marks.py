"""What was looked for, marked in the letters that were found; and shown beside them where they do not show it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from .cards import Card
from .folding import FOLDS, fold
from .query import Piece, Query, Unit

AROUND = 50  # characters on either side of what was found
ACTIONS = '<p class="act">'

Span = tuple[int, int]


def marked_card(card: Card, query: Query, texts: Iterable[tuple[str, str]], language: str) -> SafeString:
    """The postcard with its marks, and with the place of each word that was found in what it does not show."""
    html = str(card.html)
    pieces = [piece for unit in query.units for piece in unit.pieces()]
    for words in card.shown:
        if any(piece.run in words.folded for piece in pieces):
            html = html.replace(words.html(escape(words.text)), words.html(marked(words.text, query)), 1)
    together = "\n".join(words.folded for words in card.shown)
    excerpts = _excerpts([unit for unit in query.units if not unit.fits(together)], query, texts, language)
    head, actions, tail = html.rpartition(ACTIONS)
    # Every part of it was escaped by the template or by `marked`.
    return mark_safe(head + "".join(excerpts) + actions + tail)  # noqa: S308


def _excerpts(units: list[Unit], query: Query, texts: Iterable[tuple[str, str]], language: str) -> Iterable[SafeString]:
    """Where the words stand that the postcard does not show, each text once, that of the page first."""
    left = units
    for spoken, text in sorted(texts, key=lambda row: row[0] != language):
        folded = fold(text)
        here = [unit for unit in left if unit.fits(folded)]
        if not here:
            continue
        left = [unit for unit in left if unit not in here]
        first = min(spans(text, here[0].pieces()), default=None)
        if first is None:
            continue
        part = marked(_around(text, first), query)
        yield format_html('<p class="hit"{}>{}</p>', _language(spoken, language), part)


def _language(spoken: str, language: str) -> SafeString:
    return format_html(' lang="{}" dir="auto"', spoken) if spoken != language else SafeString("")


def _around(text: str, span: Span) -> str:
    """The words around a place of a text, in one line, cut between words where there are any."""
    start, end = max(0, span[0] - AROUND), min(len(text), span[1] + AROUND)
    before, after = text[start : span[0]], text[span[1] : end]
    if start:
        before = "…" + (before.partition(" ")[2] if " " in before else before)
    if end < len(text):
        after = (after.rpartition(" ")[0] if " " in after else after) + "…"
    return " ".join(f"{before}{text[span[0] : span[1]]}{after}".split())


def marked(text: str, query: Query) -> SafeString:
    """`text`, escaped, with a mark around whatever was looked for."""
    parts: list[str] = []
    last = 0
    for start, end in _merged(spans(text, (piece for unit in query.units for piece in unit.pieces()))):
        parts += [escape(text[last:start]), format_html("<mark>{}</mark>", text[start:end])]
        last = end
    return mark_safe("".join([*parts, escape(text[last:])]))  # noqa: S308


def spans(text: str, pieces: Iterable[Piece]) -> list[Span]:
    """Where these pieces stand in `text` as it is stored, accents, joined and separate letters included."""
    folded = fold(text)
    wanted = [(piece, place) for piece in pieces for place in piece.places(folded)]
    if not wanted:
        return []
    if len(folded) == len(text) and all(len(FOLDS[ord(sign)]) == 1 for sign in {*text}):
        return [(place, place + len(piece.run)) for piece, place in wanted]
    places: list[Span] = []
    parts = []
    for cluster in regex.finditer(r"\X", text):
        part = unicodedata.normalize("NFC", cluster[0]).translate(FOLDS)
        parts.append(part)
        places += [cluster.span()] * len(part)
    if "".join(parts) != folded:
        return []  # a writing that composes across clusters: shown without marks
    return [(places[place][0], places[place + len(piece.run) - 1][1]) for piece, place in wanted]


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
