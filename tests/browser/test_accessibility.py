"""Every public page and state, and the desk: for eyes, hands and ears of every kind, light and dark."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.axe import COLOUR_RULES, violations
from tests.browser.conftest import ROOT, Site, Watch
from tests.browser.desk_walk import Walk, find_letters
from tests.browser.reading_checks import every_check

LANGUAGES = ("ko", "en")
READING = ("index", "p/1", "map", "about", "safe", "declaration", "privacy", "letters-pictures")
LETTERS = ("arabic", "photo", "video", "voice", "gone")
SEARCHES = ("?country=DE", "?country=AQ", "?kind=photo&pic=1")
FILL = "from tests.browser import filling; filling.wall()"
# What the desk hid and showed again may still be on its way to the pages.
SWEEP = "from wall import publishing; publishing.sweep()"
DESK_LETTERS = """
from io import BytesIO
from PIL import Image
from django.conf import settings
from demo import loading
from demo.content import letters
from supporters.models import Message
from tests.factories import AttachmentFactory, MessageFactory
waiting = ("pending", "declined")
loading.load(
    [one for one in letters() if one.kind == "text" and (one.status in waiting or one.edit or one.concerns)],
    progress=lambda number: None,
)
for kind, mime, names in (
    ("photo", "image/jpeg", ("320.jpg", "640.jpg")),
    ("video", "video/mp4", ("240.mp4", "poster.jpg", "s000.jpg", "s005.jpg", "s010.jpg")),
):
    message = MessageFactory(kind=kind, original_alt="A field", receipt_hash=f"desk-{kind}")
    file = AttachmentFactory(message=message, state="ready", mime=mime)
    for name in names:
        data = BytesIO()
        Image.new("RGB", (240, 320), "teal").save(data, "jpeg")
        made = file.renditions.create(
            name=name, mime=mime if name.endswith("mp4") else "image/jpeg", bytes=9, width=240, height=320, sha256="0"
        )
        path = settings.PRIVATE_ROOT / made.stored
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue())
"""


@pytest.fixture(scope="session")
def filled(site: Site) -> dict[str, str]:
    """The site with more than one page of letters; slugs of some by name."""
    lines = [line.split() for line in site.run(FILL).splitlines()]
    return {words[1]: words[2] for words in lines if words and words[0] == "slug"}


def examine(page: Page, *schemes: str) -> list[str]:
    """Findings of the page as it stands, light and dark, and whether it scrolls sideways on a small phone."""
    found = []
    for number, scheme in enumerate(schemes or ("light", "dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # Colours that fade from one scheme to the other are judged when they have arrived.
        page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")
        # Schemes differ in nothing but colours (test_the_dark_scheme_changes_colours_only).
        found += [f"{scheme}: {line}" for line in violations(page, only=COLOUR_RULES if number else ())]
    return found + sideways(page)


DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(.*?)\}\}", re.DOTALL)
A_COLOUR = r"#[0-9a-f]{3,8}|none"


def test_the_dark_scheme_changes_colours_only() -> None:
    """So `examine` asks a page in its second scheme about nothing but colours."""
    found = 0
    for sheet in (*ROOT.glob("templates/**/*.css"), *ROOT.glob("static/**/*.css")):
        text = sheet.read_text()
        found += text.count("prefers-color-scheme")
        rules = DARK.findall(text)
        assert len(rules) == text.count("prefers-color-scheme"), sheet
        for rule in rules:
            selector, _, declarations = rule.partition("{")
            assert selector == ":root", sheet
            for declaration in declarations.replace("\n", "").rstrip(";").split(";"):
                assert re.fullmatch(rf"(--[a-z-]+:({A_COLOUR})|color-scheme:dark)", declaration), (sheet, declaration)
    assert found


def sideways(page: Page) -> list[str]:
    """The widths of small phones at which the page scrolls sideways."""
    found = []
    size = page.viewport_size
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"scrolls sideways at {width} px")
    page.set_viewport_size(size or {"width": 390, "height": 844})
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_reading_pages(page: Page, filled: dict[str, str], watch: Watch, language: str) -> None:
    """Each page once, with all checks."""
    watch.allow(404, 410)
    addresses = [f"{name}.html" for name in READING]
    addresses += [f"m/{filled[name]}.html" for name in LETTERS]
    addresses += [f"find/{query}" for query in SEARCHES]
    addresses += ["letters.html#l2", "nothing.html", f"m/{filled['voice']}/concern/"]

    found = {}
    for address in addresses:
        page.goto(f"/{language}/{address}")
        found[address] = every_check(page, keys="#" not in address)
    steps.press(page, page.locator("main form button"))
    found["told"] = every_check(page)

    assert {address: lines for address, lines in found.items() if lines} == {}
    assert len(found) == len(addresses) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_senders(page: Page, language: str) -> None:
    found = {}

    def note(name: str) -> None:
        found[name] = examine(page)

    page.goto(f"/{language}/send/")
    for kind in ("text", "photo", "video", "voice"):
        steps.choose_kind(page, kind)
        note(kind)
    steps.preview(page)
    note("error summary")
    steps.fill_letter(page, language, "text", body="Olá. Penso em vocês.", name="Maria", country="BR")
    steps.preview(page)
    note("preview")
    private = steps.confirm(page)
    note("receipt")
    for name in ("edit/", "outlets/", "withdraw/"):
        page.goto(private + name)
        note(name)
    steps.press(page, page.locator("main form button.danger"))
    note("withdrawn")

    assert found == {name: [] for name in found}
    assert len(found) == 11


@pytest.mark.parametrize("language", LANGUAGES)
def test_asked_and_declined(page: Page, new_page: Callable[..., Page], site: Site, language: str) -> None:
    desk = new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
    steps.log_in(desk, site)
    found = {}
    for action in ("ask", "decline"):
        name = f"Axe {action} {language}"
        private = steps.send(page, language, "text", body="Words for the desk.", name=name)
        steps.open_review(desk, name)
        desk.locator("[name=reason]").select_option("danger")
        steps.decide(desk, action)
        steps.let_the_delay_pass(site)
        page.goto(private)
        found[action] = examine(page)

    assert found == {"ask": [], "decline": []}


@pytest.fixture(scope="session")
def desk_letters(site: Site) -> dict[str, str]:
    """The demo letters the desk has to do with; a photo and a video without waiting until they are prepared."""
    site.run(DESK_LETTERS)
    return find_letters(site)


# One walk takes more than a minute: in English, whose pages are the same but for their words, with TEST_ALL only.
@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"] if os.environ.get("TEST_ALL") == "1" else ["ko-KR"])
def test_desk(
    new_page: Callable[..., Page],
    site: Site,
    watch: Watch,
    desk_letters: dict[str, str],
    locale: str,
) -> None:
    """Every state, by turns in light and dark colours."""
    watch.allow(400, 404, 409, 429)
    desk = new_page(viewport={"width": 1280, "height": 900}, locale=locale)
    found: dict[str, list[str]] = {}

    def see(page: Page, name: str) -> None:
        found[name] = examine(page, "dark" if len(found) % 2 else "light")

    Walk(desk, site, desk_letters, see).everything()

    assert found == {name: [] for name in found}
    assert len(found) == 50


@pytest.fixture
def folder_page(new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tree_opened_from_a_folder_reads_like_the_site(
    folder_page: Page, filled: dict[str, str], site: Site, language: str
) -> None:
    site.run(SWEEP)
    folder_page.goto(f"file://{site.var}/tree/{language}/index.html")
    front = folder_page.locator("main").inner_text()
    assert folder_page.locator(".card").first.evaluate("card => getComputedStyle(card).borderRadius") == "4px"

    folder_page.locator("a[href*='p/']").first.click()
    expect(folder_page.locator(".card").first).to_be_visible()
    folder_page.locator(".card .act a").first.click()
    expect(folder_page).to_have_url(re.compile(r"/m/[a-z2-7]{12}\.html$"))
    folder_page.locator("nav .lang a").click()
    expect(folder_page).to_have_title("Letters" if language == "ko" else "편지")
    folder_page.goto(f"{site.url}/{language}/")
    assert folder_page.locator("main").inner_text() == front
