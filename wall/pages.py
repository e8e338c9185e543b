"""The reading pages: one function that gives the HTML of any of them, for the tree and for a live answer alike."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from messages_site import policy
from supporters import countries
from supporters.models import Message
from supporters.pages import Place
from supporters.postcards import CUT_AT, postcard_of

from . import figures, order, saved, tree, world
from .finding.choice import Choice
from .finding.offered import choices_for
from .letters import letters_of, whole_letter

Context = dict[str, Any]

FRONT = "index.html"
# Lists of letters do without the sheet for long pages, but for the English ones, which show pictures.
LIST_SHEETS = {"ko": ("reader.css",), "en": ("reader.css", "more.css")}
# Where letters can be picked, the list has fields too.
PICK_SHEETS = {language: (*sheets, "fields.css") for language, sheets in LIST_SHEETS.items()}
PLAIN_SHEETS = ("reader.css", "more.css")
MAP_SHEETS = ("reader.css", "world.css")
FRONT_BYTES = 14_000  # gzip 6, style sheet included: one round trip of a phone far away
GZIP_LEVEL = 6
# How much of each letter the front page shows, tried from the top until the page fits.
FRONT_LIMITS = (CUT_AT, 450, 350, 280, 230, 190, 160, 130, 100, 80, 60, 40, 20)
MESSAGE = re.compile(r"m/([a-z2-7]{12})\.html")
ARCHIVE = re.compile(r"p/([1-9][0-9]{0,6})\.html")
WORDS = ("about", "safe", "declaration", "privacy")


def render(language: str, path: str, pictures: saved.Pictures | None = None) -> str | None:
    """The page at `path` below the folder of `language`, or None when there is no such page (any more).

    A file to keep holds the `pictures` it is given, or reads them itself.
    """
    path = path or FRONT
    with translation.override(language):
        place = Place(language, path)
        if path == FRONT:
            return _front(place)
        if path == "map.html":
            return _map(place)
        if path in saved.PATHS:
            return saved.newest_letters(place, pictures)
        if match := ARCHIVE.fullmatch(path):
            return _archive(place, int(match[1]))
        if match := MESSAGE.fullmatch(path):
            return _message(place, match[1])
        if path.removesuffix(".html") in WORDS and path.endswith(".html"):
            return _words(place, path.removesuffix(".html"))
    return None


def fixed_paths() -> list[str]:
    """The pages that exist however many letters there are."""
    # The front page names the weight of the files to keep: it comes last.
    return ["map.html", *(f"{name}.html" for name in WORDS), *saved.PATHS, FRONT]


def context_of(
    place: Place,
    here: str = "",
    *,
    sheets: Sequence[str] = PLAIN_SHEETS,
    scripts: Sequence[str] = policy.SCRIPTS[:1],
) -> Context:
    """What every page needs."""
    return {
        "more_sheets": sheets[1:],  # the first stands in every page
        "place": place,
        "here": here,
        "content_policy": policy.content_policy("reading", in_page=True, sheets=sheets, scripts=scripts),
        "exit_url": policy.exit_url(place.language),
    }


def _render(template: str, context: Context) -> str:
    return render_to_string(f"wall/{template}.html", context)


def gzip_size(html: str) -> int:
    return len(gzip.compress(html.encode(), GZIP_LEVEL, mtime=0))


# --- Lists of letters -------------------------------------------------------------------------------------------


def _front(place: Place) -> str:
    counted = figures.current()
    last = order.last_number()
    start = order.front_start(last)
    messages = list(order.between(start, last))
    picture_bytes = _picture_bytes(messages[: order.PAGE]) if place.language == "ko" else 0
    context = context_of(place, "wall", sheets=PICK_SHEETS[place.language]) | {
        "figures": counted,
        "picture_bytes": picture_bytes,
        "offers_pictures": bool(picture_bytes),
        "choices": choices_for(counted, Choice(), place.language),
        "next": _next_page(place.language, order.older_page(start)),
        "saved": saved.offer(place.language),
    }
    return _fitting(lambda limit: context | {"letters": letters_of(messages, place.language, limit=limit)})


def _picture_bytes(messages: Sequence[Message]) -> int:
    """What the photos of these letters cost when they are shown in the list, as on the first page of `find/`."""
    photos = (postcard_of(message, "ko").small_picture for message in messages if message.kind == Message.Kind.PHOTO)
    return sum(photo.bytes for photo in photos if photo)


def _fitting(context_at: Callable[[int], Context]) -> str:
    """The front page with as much of each letter as fits into its budget."""
    best, low, high = "", 0, len(FRONT_LIMITS) - 1
    html = _render("index", context_at(FRONT_LIMITS[low]))
    if gzip_size(html) <= FRONT_BYTES:
        return html
    # The first limit was too long: look for the longest that fits by halving.
    low = 1
    while low < high:
        middle = (low + high) // 2
        html = _render("index", context_at(FRONT_LIMITS[middle]))
        if gzip_size(html) <= FRONT_BYTES:
            best, high = html, middle
        else:
            best, low = "", middle + 1
    return best or _render("index", context_at(FRONT_LIMITS[low]))


def _archive(place: Place, page: int) -> str | None:
    if page > order.page_of(order.last_number()):
        return None
    context = context_of(place, "wall", sheets=LIST_SHEETS[place.language]) | {
        "letters": letters_of(order.letters_of(page), place.language),
        "newer": order.newer_page(page),
        "next": _next_page(place.language, order.older_page((page - 1) * order.PAGE + 1)),
    }
    return _render("archive", context)


def _next_page(language: str, page: int | None) -> Context | None:
    """What the link to the next archive page says: how many letters, at which cost."""
    if page is None:
        return None
    path = order.archive_path(page)
    return {"path": path, "count": order.letters_of(page).count(), "bytes": tree.weight(language, path)}


# --- One letter -------------------------------------------------------------------------------------------------


def _message(place: Place, slug: str) -> str | None:
    messages = order.on_wall().select_related("attachment").prefetch_related("attachment__renditions", "subtitles")
    message = messages.filter(slug=slug).first()
    if message is None or message.wall_number is None:
        return None
    context = context_of(place) | {
        "letter": whole_letter(message, place.language),
        "file_name": f"{slug}.html",
        "back": order.archive_path(order.page_of(message.wall_number)),
        "before": _neighbour(order.newer(message.wall_number), place.language),
        "after": _neighbour(order.older(message.wall_number), place.language),
    }
    # The page names its own weight: measured with a box that names none.
    unweighed = _render("_save", context)
    html = _render("message", context | {"save_box": unweighed})
    weight = gzip_size(html)
    weights = {"bytes": weight, "bytes_with_picture": saved.weight_with_picture(message, weight)}
    return html.replace(unweighed, _render("_save", context | weights))


def _neighbour(message: Message | None, language: str) -> Context | None:
    if message is None:
        return None
    return {
        "path": order.message_path(message.slug),
        "name": message.shown_name(language),
        "country": countries.country(message.country, language).label,
        "photo": postcard_of(message, language).small_picture if language == "ko" and message.kind == "photo" else None,
    }


# --- Figures and words ------------------------------------------------------------------------------------------


def _map(place: Place) -> str:
    counted = figures.current()
    context = context_of(place, "map", sheets=MAP_SHEETS) | {
        "figures": counted,
        "world": world.drawing(counted.named),
        "countries": world.rows(counted, place.language),
    }
    return _render("map", context)


def _words(place: Place, name: str) -> str:
    context = context_of(place, name)
    if name == "about":
        context["figures"] = figures.current()
    return _render(name, context)
