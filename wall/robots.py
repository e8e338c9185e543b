"""What search engines are told: English pages may be found, Korean ones never, and nothing under hosts for readers.

No page names its other language in its head, because copies of a page must not name the site they came from and search
engines take only whole addresses: the maps do it for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from messages_site import policy
from supporters.pages import LANGUAGES

from . import order, pages, saved

# How many letters one map names, with their archive pages. Search engines take 50,000 addresses and 50 MB.
LETTERS_OF_A_MAP = 10_000
UNLISTED = {pages.FRONT, *saved.PATHS}  # the front page stands for its folder, the others repeat letters
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
# What is live, by the first folder below a language, and what lies beside both languages.
NOT_FOR_ENGINES = ("/*/find/", "/*/mine/", "/uploads/", "/admin/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Korean pages are not named here: an engine has to read them to see that it may not list them."""
    if policy.is_campaign_host(request.get_host()):
        hidden = [f"Disallow: {path}" for path in NOT_FOR_ENGINES]
        lines = ["User-agent: *", *hidden, "", f"Sitemap: {settings.SITE_URL}/sitemap.xml"]
    else:
        lines = ["User-agent: *", "Disallow: /"]
    return _answer("\n".join(lines) + "\n", "text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The map of a small site, or the list of the maps of a large one."""
    _only_for_the_campaign(request)
    maps = _number_of_maps()
    if maps == 1:
        return _map(1)
    places = "".join(
        f"<sitemap><loc>{settings.SITE_URL}/sitemap-{number}.xml</loc></sitemap>\n" for number in range(1, maps + 1)
    )
    return _answer(f'{XML}<sitemapindex xmlns="{SCHEMA}">\n{places}</sitemapindex>\n', "application/xml")


@require_safe
def sitemap_part(request: HttpRequest, number: int) -> HttpResponse:
    """The map of the letters from one number to another."""
    _only_for_the_campaign(request)
    if not 1 <= number <= _number_of_maps():
        raise Http404
    return _map(number)


def _only_for_the_campaign(request: HttpRequest) -> None:
    if not policy.is_campaign_host(request.get_host()):
        raise Http404


def _number_of_maps() -> int:
    return max(1, -(-order.last_number() // LETTERS_OF_A_MAP))


def _map(number: int) -> HttpResponse:
    entries = "".join(map(_entry, _paths(number)))
    opening = f'<urlset xmlns="{SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return _answer(f"{XML}{opening}\n{entries}</urlset>\n", "application/xml")


def _paths(number: int) -> Iterator[str]:
    """The pages of one map, below the folder of their language."""
    if number == 1:
        yield ""
        yield from (path for path in pages.fixed_paths() if path not in UNLISTED)
    first = (number - 1) * LETTERS_OF_A_MAP + 1
    within = order.on_wall().filter(wall_number__gte=first, wall_number__lt=first + LETTERS_OF_A_MAP)
    letters: Iterable[tuple[int | None, str]] = within.order_by("wall_number").values_list("wall_number", "slug")
    archive = 0
    for wall_number, slug in letters:
        page = order.page_of(wall_number or 1)
        if page != archive:
            archive = page
            yield order.archive_path(page)
        yield order.message_path(slug)


def _entry(path: str) -> str:
    """An English page with the addresses of its languages. Paths hold nothing that XML would need escaped."""
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href="{settings.SITE_URL}/{language}/{path}"/>'
        for language in LANGUAGES
    )
    return f"<url><loc>{settings.SITE_URL}/en/{path}</loc>{others}</url>\n"


def _answer(text: str, content_type: str) -> HttpResponse:
    return HttpResponse(text, content_type=content_type, headers={"Cache-Control": policy.page_age()})
