"""Live answers of the reading room: the search by country, kind and language, and pages that are not a file yet."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from messages_site import errors, policy
from supporters import countries
from supporters.languages import language_name
from supporters.models import Message
from supporters.pages import Place, preferred_language

from . import figures, order, pages
from .forms import Choice
from .letters import letters_of

FIND_AGE = "private, max-age=60"


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the language their browser asks for."""
    response = HttpResponseRedirect(f"/{preferred_language(request.headers.get('Accept-Language', ''))}/")
    patch_vary_headers(response, ["Accept-Language"])
    response.headers["Cache-Control"] = policy.PAGE_AGE
    return response


@require_safe
def no_icon(request: HttpRequest) -> HttpResponse:
    """Nothing, in few bytes: a browser asks for this beside a picture or a video opened by itself."""
    return HttpResponse(status=204, headers={"Cache-Control": policy.PAGE_AGE})


@require_safe
def language_root(request: HttpRequest, language: str) -> HttpResponse:
    return HttpResponseRedirect(f"/{language}/")


@require_safe
def page(request: HttpRequest, language: str, path: str = "") -> HttpResponse:
    """A reading page, the same bytes as its file would have."""
    html = pages.render(language, path)
    if html is None:
        match = pages.MESSAGE.fullmatch(path)
        if match and Message.objects.filter(slug=match[1], wall_number__isnull=False).exists():
            return errors.gone(request)
        raise Http404
    return HttpResponse(html, headers={"Cache-Control": policy.PAGE_AGE})


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
