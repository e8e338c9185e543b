"""The search by country, kind and language: live, twenty letters at a time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from supporters import countries
from supporters.languages import language_name
from supporters.models import Message
from supporters.pages import Place

from .. import figures, order, pages
from ..letters import letters_of
from .choice import Choice

FIND_AGE = "private, max-age=60"


@require_safe
def find(request: HttpRequest, language: str) -> HttpResponse:
    """The wall narrowed to a country, a kind or a language, twenty letters at a time."""
    choice = Choice.of(request.GET)
    counted = figures.current()
    # One more than a page tells whether another follows.
    found = list(choice.letters()[: order.PAGE + 1]) if choice.is_known else []
    shown = found[: order.PAGE]
    place = Place(language, "find/")
    more = len(found) > order.PAGE and shown[-1].wall_number
    context = pages.context_of(place, "wall", sheets=pages.PICK_SHEETS[language]) | {
        "letters": letters_of(shown, language),
        "choice": choice,
        "is_open": not (choice.is_narrowed and shown),
        "chosen": _chosen(choice, language),
        "choices": pages.choices_of(counted, language),
        "count": counted.count(country=choice.country, kind=choice.kind, language=choice.language),
        "more": choice.query(before=more or None) if more else "",
        "switch_query": choice.query(before=choice.before),
    }
    response = render(request, "wall/find.html", context)
    response.headers["Cache-Control"] = FIND_AGE
    return response


def _chosen(choice: Choice, language: str) -> dict[str, str]:
    """What was chosen, in words."""
    return {
        "country": countries.country(choice.country, language).label if choice.country else "",
        "kind": str(Message.Kind(choice.kind).label) if choice.kind else "",
        "language": language_name(choice.language, language) if choice.language else "",
    }
