"""Files to keep that are made when they are asked for: one letter with its photo, and a booklet of chosen letters."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from messages_site import policy
from supporters.pages import Place

from . import order, saved, views
from .finding.choice import Choice
from .finding.query import Query
from .finding.selection import select


@require_safe
def saved_letter(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """One letter with its photo, and nothing that leads back here."""
    found = saved.letters(order.on_wall().filter(slug=slug).values_list("pk", flat=True))
    if not found:
        return views.missing(request, slug)
    html = saved.single(Place(language, f"m/{slug}/{saved.WORDS}"), found[0], saved.readable_pictures(found))
    return HttpResponse(html, headers={"Cache-Control": policy.page_age()})


@require_safe
def booklet(request: HttpRequest, language: str) -> HttpResponse:
    """Up to fifty of the letters that a reader chose, to print or to keep."""
    choice = Choice.of(request.GET)
    messages = saved.letters(_found(choice)) if choice.is_known else []
    pictures = saved.readable_pictures(messages) if choice.pictures else {}
    html = saved.booklet(Place(language, "booklet/"), messages, pictures, has_pictures=choice.pictures)
    return HttpResponse(html, headers={"Cache-Control": policy.page_age(is_live=True)})


def _found(choice: Choice) -> list[int]:
    """The keys of the newest letters that fit, found page by page as the search does."""
    keys: list[int] = []
    for _page in range(ceil(saved.COUNT / order.PAGE)):
        found = select(choice, Query.of(""))
        keys += [row.pk for row in found.rows]
        if not found.before:
            break
        choice = replace(choice, before=found.before)
    return keys[: saved.COUNT]
