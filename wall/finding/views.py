"""The search by words, country, kind and language: live, twenty letters at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import escape
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messages_site import errors, policy
from supporters import countries
from supporters.languages import language_name
from supporters.models import Message
from supporters.pages import Place

from .. import figures, pages
from . import frames
from .cards import cards_of
from .choice import PICTURES, Choice
from .marks import marked_card
from .offered import choices_for
from .posted import is_foreign
from .query import LONGEST, Query
from .selection import Selection, select


# Nothing is changed here, and a form on a published page can carry no token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, language: str) -> HttpResponse:
    """The wall narrowed to words, a country, a kind or a language, twenty letters at a time.

    Words come by POST only: an address is kept by browsers and by whatever lies between.
    """
    if request.method == "POST" and is_foreign(request):
        return errors.forbidden(request, PermissionError())
    given = request.POST if request.method == "POST" else request.GET
    typed = request.POST.get("q", "") if request.method == "POST" else ""
    html = _page(Choice.of(given), Query.of(typed), bool(typed.strip()), language)
    return HttpResponse(html, headers={"Cache-Control": policy.page_age(is_live=True)})


def _page(choice: Choice, query: Query, is_search: bool, language: str) -> str:
    place = Place(language, "find/")
    # What was typed may hold no word at all: then nothing has it.
    nothing = not choice.is_known or (is_search and not query.units)
    found = Selection([]) if nothing else select(choice, query)
    cards = cards_of(found.rows, place, pictures=choice.pictures or language == "en")
    letters = [marked_card(card, query, row.texts, language) if query.units else card.html for row, card in cards]
    state = State(
        choice=choice,
        is_search=is_search,
        has_words=bool(query.units),
        is_cut=query.is_cut,
        is_whole=found.is_whole,
        is_empty=not cards,
        has_more=found.before is not None,
        # A search is counted when it fills one page at most.
        count=len(found.rows) if is_search and not choice.before and not found.before else None,
        picture_bytes=0 if choice.pictures or is_search else sum(card.picture_bytes for _row, card in cards),
    )
    filled = {frames.WORDS: escape(query.words), frames.BEFORE: str(found.before)}
    # Last: no letter can hold a mark, but none is looked for in letters either.
    filled |= {frames.LETTERS: "\n".join(letters)}
    return frames.page((language, state), lambda: render_to_string("wall/find.html", _context(state, place)), filled)


@dataclass(frozen=True)
class State:
    """All that a page of found letters shows, but for the letters and the words themselves."""

    choice: Choice
    is_search: bool
    has_words: bool
    is_cut: bool
    is_whole: bool
    is_empty: bool
    has_more: bool
    count: int | None
    picture_bytes: int


def _context(state: State, place: Place) -> dict[str, Any]:
    counted, choice, language = figures.current(), state.choice, place.language
    count = state.count
    if not state.is_search:
        count = counted.count(country=choice.country, kind=choice.kind, language=choice.language)
    before = frames.BEFORE if state.has_more else None
    sheets = pages.PICK_SHEETS["en" if choice.pictures else language]
    return pages.context_of(place, "wall", sheets=sheets) | {
        "state": state,
        "choice": choice,
        "words": frames.WORDS if state.is_search else "",
        "letters_here": frames.LETTERS,
        "is_search": state.is_search,
        "longest": LONGEST,
        "is_open": state.is_empty or not (choice.is_narrowed or state.is_search),
        "chosen": _chosen(choice, language),
        "choices": choices_for(counted, choice, language),
        "count": count,
        "picture_bytes": state.picture_bytes,
        "offers_pictures": language == "ko" and _offers_pictures(state),
        "kept": choice.values(before=None),
        "next_values": choice.values(before=before),
        "next_query": choice.query(before=before),
        "with_pictures": choice.values(pic=PICTURES),
        "with_pictures_query": choice.query(pic=PICTURES),
        "without_pictures": choice.values(pic=""),
        "without_pictures_query": choice.query(pic=""),
        "switched": choice.values(),
        "switch_query": choice.query(),
    }


def _offers_pictures(state: State) -> bool:
    """Whether showing photos, or not, makes a difference here; of words that were looked for nobody counted it."""
    return not state.is_empty and bool(state.is_search or state.choice.pictures or state.picture_bytes)


def _chosen(choice: Choice, language: str) -> dict[str, str]:
    """What was chosen, in words."""
    return {
        "country": countries.country(choice.country, language).label if choice.country else "",
        "kind": str(Message.Kind(choice.kind).label) if choice.kind else "",
        "language": language_name(choice.language, language) if choice.language else "",
    }
