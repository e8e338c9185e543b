"""What search engines are told, and what only English pages say of themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from supporters.models import Message
from tests.factories import MessageFactory
from wall import pages, publishing, robots
from wall.models import WallCounter

NAMES = {"map": "http://www.sitemaps.org/schemas/sitemap/0.9", "xhtml": "http://www.w3.org/1999/xhtml"}
SITE = "https://letters.example"

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture(autouse=True)
def named(settings: Any, tmp_path: Path) -> None:
    settings.SITE_URL = SITE
    settings.VAR, settings.TREE_ROOT = tmp_path, tmp_path / "tree"


def entries(path: str = "/sitemap.xml") -> dict[str, dict[str, str]]:
    """Each address of a map with its languages."""
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/xml"
    return {
        entry.findtext("map:loc", "", NAMES): {
            link.attrib["hreflang"]: link.attrib["href"] for link in entry.findall("xhtml:link", NAMES)
        }
        for entry in ElementTree.fromstring(answer.content)
    }


def test_the_map_names_what_is_on_the_wall_in_both_languages_and_nothing_else() -> None:
    shown = [MessageFactory(approved=True) for _number in range(3)]
    MessageFactory(not_yet_live=True)
    while publishing.number_due():
        pass
    gone = shown.pop()
    Message.objects.filter(pk=gone.pk).update(status=Message.Status.WITHDRAWN)

    found = entries()

    letters = {f"{SITE}/en/m/{message.slug}.html" for message in shown}
    assert {address for address in found if "/m/" in address} == letters
    assert {f"{SITE}/en/", f"{SITE}/en/map.html", f"{SITE}/en/safe.html", f"{SITE}/en/p/1.html"} <= set(found)
    for address, languages in found.items():
        assert languages == {"en": address, "ko": address.replace("/en/", "/ko/")}
        assert pages.render("en", address.removeprefix(f"{SITE}/en/")) is not None


def test_a_large_wall_has_several_maps_with_each_letter_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "LETTERS_OF_A_MAP", 40)
    slugs = [MessageFactory(approved=True, wall_number=number).slug for number in range(1, 91)]
    WallCounter.objects.update_or_create(pk=1, defaults={"last": 90})

    maps = [address.removeprefix(SITE) for address in entries()]
    found = [address for path in maps for address in entries(path)]

    assert maps == ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-3.xml"]
    assert len(found) == len(set(found))
    assert [address for address in found if "/m/" in address] == [f"{SITE}/en/m/{slug}.html" for slug in slugs]
    assert [address for address in found if "/p/" in address] == [f"{SITE}/en/p/{page}.html" for page in range(1, 6)]
    for path in ("/sitemap-0.xml", "/sitemap-4.xml", f"/sitemap-{'9' * 40}.xml"):
        assert Client().get(path).status_code == 404


def test_engines_may_read_both_languages_and_nothing_on_hosts_for_readers(settings: Any) -> None:
    settings.CAMPAIGN_HOSTS = ["testserver"]

    lines = Client().get("/robots.txt").content.decode().splitlines()
    elsewhere = Client().get("/robots.txt", headers={"host": "localhost"}).content.decode()

    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    # An engine that may not read a page does not see that it must not be listed.
    assert not [line for line in lines if re.fullmatch(r"Disallow: /(ko|en)?/?", line)]
    assert elsewhere == "User-agent: *\nDisallow: /\n"
    assert Client().get("/sitemap.xml", headers={"host": "localhost"}).status_code == 404
    assert Client().get("/sitemap-1.xml", headers={"host": "localhost"}).status_code == 404


def test_korean_pages_are_never_listed_and_english_ones_describe_themselves() -> None:
    MessageFactory(approved=True)
    while publishing.number_due():
        pass
    slug = Message.objects.get().slug
    described = re.compile(r'<meta name="description" content="([^"]{50,160})">')

    for path in ("", "p/1.html", f"m/{slug}.html", "map.html", "about.html", "find/"):
        english, korean = Client().get(f"/en/{path}"), Client().get(f"/ko/{path}")
        assert described.search(english.content.decode()), path
        assert "noindex" not in english.content.decode() + english.headers.get("X-Robots-Tag", "")
        assert '<meta name="robots" content="noindex">' in korean.content.decode()
        assert korean.headers["X-Robots-Tag"] == "noindex"
        assert "description" not in korean.content.decode()
