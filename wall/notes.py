"""Notes on words of the South in a letter (풀이): marked where a word first stands, explained below the letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from moderation import terms
from moderation.terms import Term

# What the glossary adds for staff, in Latin letters: a note is for readers of Korean.
_ASIDE = regex.compile(r"\s*\([^()]*\p{Latin}[^()]*\)")
# How the glossary says that the North has no such word in this place: what follows is advice for writers, and a
# reader would take it for the meaning (of 오빠, who may well be a brother).
_UNUSED = "(쓰지 않음)"
_ALTERNATIVES = regex.compile(r"[;,/]")
# Initial sounds that the North writes where the South writes none, or another: 녀성, 여성; 로인, 노인; 리해, 이해.
_INITIALS = {0x1102: 0x110B, 0x1105: 0x110B}  # nieun and rieul, to ieung


@dataclass(frozen=True)
class Note:
    """One word of a letter and what the North calls it; `number` counts the notes of the letter."""

    number: int
    south: str
    north: str


def northern(term: Term) -> str:
    """What the note on a word says, or nothing for a word without one.

    A word has a note where the desk hints at it, and where nothing has to be weighed. None has a word in which only
    the spelling differs, one that the North does without, or one that is left to translators: it raises no hint, and
    a remark says when it is meant.
    """
    north = " ".join(_ASIDE.sub("", term.north).split())
    is_left_to_people = not term.is_hint and (term.note_ko or term.note_en)
    if not term.is_active or is_left_to_people or _UNUSED in north or _differs_in_spelling_only(term.south, north):
        return ""
    return north


def _differs_in_spelling_only(south: str, north: str) -> bool:
    return any(_without_initials(south) == _without_initials(word) for word in _ALTERNATIVES.split(north))


def _without_initials(word: str) -> str:
    return unicodedata.normalize("NFD", word.strip()).translate(_INITIALS)


def explained() -> list[Term]:
    """The words that have a note, in one query."""
    return [term for term in terms.active() if northern(term)]


def annotate(paragraphs: Sequence[str], words: Iterable[Term]) -> tuple[list[str], list[Note]]:
    """The paragraphs with the first occurrence of each of `words` linked to its note, and the notes in that order.

    A paragraph without one stays the text it was; one with links is HTML, with everything else in it escaped.
    """
    known = list(words)
    notes: dict[str, Note] = {}
    annotated: list[str] = []
    for paragraph in paragraphs:
        pieces: list[str] = []
        rest = 0
        for found in terms.in_text(paragraph, known):
            south = found.term.south
            if south in notes:
                continue
            notes[south] = Note(len(notes) + 1, south, northern(found.term))
            pieces += [paragraph[rest : found.start], _link(notes[south], paragraph[found.start : found.end])]
            rest = found.end
        pieces.append(paragraph[rest:])
        # The pieces are escaped one by one, but for the links among them.
        annotated.append(format_html_join("", "{}", ((piece,) for piece in pieces)) if rest else paragraph)
    return annotated, list(notes.values())


def _link(note: Note, word: str) -> SafeString:
    return format_html('<a class="word" id="w{0}" href="#n{0}" aria-describedby="n{0}">{1}</a>', note.number, word)
