"""What a reader gets first: over a slow line, by keys, and from a voice that reads the page out."""

from __future__ import annotations

import gzip
import itertools
import re
import zlib

import pytest

from tests.wall.conftest import ERRORS, Wall
from tests.wall.parsed import Page

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
# Ten segments of TCP, which a server may send before the first answer of the reader's phone; less the headers.
FIRST_FLIGHT = 10 * 1460 - 1600
REACHED_BY_KEYS = {"a", "button", "input", "select", "textarea", "summary", "video", "audio"}


def begins_with(compressed: bytes) -> str:
    """What a browser can show of a compressed page once these bytes are there."""
    return zlib.decompressobj(wbits=31).decompress(compressed).decode(errors="ignore")


def test_the_first_text_comes_with_the_first_bytes(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        first = begins_with(gzip.compress(text.encode(), 6)[:FIRST_FLIGHT])

        # The whole first letter where there are letters, the first words of the page where there are none.
        if '<article class="card' in text:
            assert "</article>" in first, address
        assert re.search(r"<main[^>]*>.*?[^\s<>][^<>]+<", first, re.DOTALL), address


def test_the_first_text_waits_for_no_other_file(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        for tag, attributes in Page(text).elements:
            assert tag != "script" or "src" not in attributes, address
            assert tag != "link" or attributes["rel"] in ("icon", "alternate", "canonical"), (address, attributes)
        assert not re.search(r"@import|url\((?!data:)", "".join(re.findall(r"<style>(.*?)</style>", text, re.DOTALL)))


def test_headings_go_down_one_level_at_a_time_from_a_single_first_one(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        levels = [int(tag[1]) for tag, _attributes in Page(text).elements if re.fullmatch(r"h[1-6]", tag)]

        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(below - above <= 1 for above, below in itertools.pairwise(levels)), (address, levels)


def test_parts_of_a_page_can_be_told_apart(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        elements = Page(text).elements
        names = [
            (tag, attributes.get("aria-label")) for tag, attributes in elements if tag in ("nav", "aside", "section")
        ]

        assert [attributes.get("id") for tag, attributes in elements if tag == "main"] == ["m"], address
        assert all(name for tag, name in names if tag in ("nav", "aside")), (address, names)
        labels = [label for label in names if label[1]]
        assert len(labels) == len(set(labels)), (address, names)


def test_keys_come_to_the_content_and_to_quick_close_first(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        # What covers the page is not there until it is asked for.
        page = Page(re.sub(r'<div class="cover".*?</div>', "", text, flags=re.DOTALL))
        stops = [attributes for tag, attributes in page.elements if tag in REACHED_BY_KEYS]
        classes = [attributes.get("class") for attributes in stops[:2]]

        # A file to keep has nothing before its letters that could be skipped.
        assert classes[0] == "exit" if 'class="skip"' not in text else classes == ["skip", "exit"], address
        assert not [one for _tag, one in page.elements if (one.get("tabindex") or "-1") != "-1"], address


def test_what_is_in_another_language_says_so(wall: Wall) -> None:
    for address, text in [*wall.pages, *wall.beside]:
        page = Page(text)
        language = address[1:3]
        assert page.elements[0] == ("html", {"lang": language}) or page.elements[1][1].get("lang") == language, address
        for tag, attributes in page.elements:
            if tag == "a" and "hreflang" in attributes:
                assert attributes.get("lang") == attributes["hreflang"], (address, attributes)
            # Words somebody else chose may run from right to left; those of this site do not.
            if tag != "html" and attributes.get("lang", language) not in ("ko", "en", "zh-CN"):
                direction = "rtl" if attributes["lang"] == "ar" else "ltr"
                assert attributes.get("dir") in ("auto", direction), (address, tag, attributes)
        # Every picture has its words, if only empty ones.
        assert all("alt" in attributes for tag, attributes in page.elements if tag == "img"), address


def test_error_pages_say_what_happened_and_lead_back(wall: Wall) -> None:
    errors = {address: text for address, text in wall.beside if re.search(r" \d{3}$", address)}

    assert len(errors) == 2 * len(ERRORS)
    for address, text in errors.items():
        assert f"<title>{'편지' if address.startswith('/ko/') else 'Letters'}</title>" in text
        assert re.search(r"<h2>[^<]+</h2><p>[^<]+</p>", text), address
        assert f'<a class="btn line" href="{address[:4]}">' in text
