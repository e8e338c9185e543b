"""Kept files, opened from a folder: read, shown one at a time by keys and touch, printed; nothing else is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Browser, Page, expect

from supporters.models import Attachment, Message, Rendition
from supporters.pages import Place
from tests.browser.conftest import Watch
from wall import notes, pages, saved
from wall.letters import whole_letter

# The smallest JPEG a browser shows: one grey point.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303"
    "020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a2526"
    "2728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a9293949596"
    "9798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6"
    "f7f8f9faffda0008010100003f00d2cf20ffd9"
)
COUNT = 12
LONG = 3  # which of the letters is longer than a screen
LANGUAGES = ["ko", "en"]
IS_WIDE = """[document.scrollingElement, ...document.querySelectorAll(".one:target")]
    .some(part => part.scrollWidth > part.clientWidth)"""
COLOURS = """part => {
    const {backgroundColor, color} = getComputedStyle(document.querySelector(part));
    return [backgroundColor, color];
}"""


def letters() -> list[Message]:
    made = []
    for number in range(1, COUNT + 1):
        times = 60 if number == LONG else 2
        message = Message(
            pk=number,
            kind=Message.Kind.PHOTO if number == 2 else Message.Kind.TEXT,
            body_ko="먼 곳에서 여러분을 생각합니다. " * times,
            body_en="From far away I am thinking of you. " * times,
            name_ko="마리아",
            name_en="Maria",
            alt_ko="바다",
            alt_en="The sea",
            country="ZA" if number == 1 else "BR",
            language="pt",
            original="Olá.",
            submitted_at=datetime(2026, 3, 14, tzinfo=UTC),
        )
        attachment = Attachment(pk=number, message=message, token="a" * 26)
        picture = Rendition(
            attachment=attachment, name="320.jpg", mime="image/jpeg", width=320, height=240, bytes=len(JPEG)
        )
        attachment._prefetched_objects_cache = {"renditions": [picture]}
        made.append(message)
    return made


def page_of(message: Message, language: str) -> str:
    """The page of a letter as it stands on the wall."""
    shown = {"letter": whole_letter(message, language), "file_name": "x.html", "back": "p/1.html", "bytes": 3000}
    return render_to_string("wall/message.html", pages.context_of(Place(language, "m/x.html")) | shown)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files as somebody handed them on: `ko.html`, `en.html`, one letter by itself, and a page of the wall."""
    made = tmp_path_factory.mktemp("kept")
    for language in LANGUAGES:
        with translation.override(language), pytest.MonkeyPatch.context() as patch:
            patch.setattr(notes, "explained", list)  # they stand in a database, which nothing else here needs
            place = Place(language, saved.WITH_PICTURES)
            html = saved.booklet(place, letters(), {2: JPEG}, has_pictures=True)
            (made / f"{language}.html").write_text(html)
            (made / f"{language}-one.html").write_text(saved.single(place, letters()[1], {2: JPEG}))
            (made / f"{language}-page.html").write_text(page_of(letters()[0], language))
    return made


@pytest.fixture
def open_file(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Open a file without any network; whatever it asks for, and every script error, fails the test."""
    watch, contexts = Watch(own_hosts=set()), []

    def open_page(name: str, **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 390, "height": 700}, **options})
        contexts.append(context)
        context.set_offline(True)
        watch.follow(context)
        page = context.new_page()
        path, _sign, letter = name.partition("#")
        page.goto(f"{(folder / path).as_uri()}#{letter}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.findings == []


def shown(page: Page) -> int:
    """The letter that fills the screen; 0 when all are listed."""
    slides = page.locator(".one:target")
    if slides.count() == 0:
        return 0
    size = page.viewport_size
    assert size is not None
    assert slides.bounding_box() == {"x": 0, "y": 0, **{side: float(size[side]) for side in ("width", "height")}}
    return int((slides.get_attribute("id") or "").removeprefix("l"))


def press(page: Page, *keys: str) -> int:
    for key in keys:
        page.keyboard.press(key)
    return shown(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_shown_one_at_a_time_by_keys(language: str, open_file: Callable[..., Page]) -> None:
    page = open_file(f"{language}.html", viewport={"width": 390, "height": 900})
    assert shown(page) == 0
    assert press(page, "ArrowRight", "End") == 0, "keys mean what they always do while all are listed"

    page.locator(".top [href='#l1']").click()

    assert shown(page) == 1
    assert press(page, "ArrowLeft") == 1
    assert press(page, "ArrowRight") == 2
    assert press(page, " ") == LONG
    assert press(page, "PageDown") == LONG, "a long letter is read to its end first"
    assert press(page, *["PageDown"] * 40) > LONG
    assert press(page, "Home") == 1
    assert press(page, "End") == COUNT
    assert press(page, "ArrowRight", " ") == COUNT
    assert press(page, "PageUp") == COUNT - 1
    assert press(page, "Shift+ ") == COUNT - 2
    assert press(page, "Control+ArrowLeft") == COUNT - 2, "keys of the browser stay its own"
    assert press(page, "Escape") == 0
    page.go_back()
    assert page.url == "about:blank", "letters that were shown are not left behind one by one"


def swipe(page: Page, start: tuple[int, int], end: tuple[int, int]) -> int:
    touch = page.context.new_cdp_session(page)
    for kind, points in (("touchStart", [start]), ("touchMove", [end]), ("touchEnd", [])):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
    return shown(page)


def test_letters_are_turned_by_touch_and_by_large_buttons(open_file: Callable[..., Page]) -> None:
    page = open_file("ko.html", has_touch=True)
    page.locator(".top [href='#l1']").tap()

    for press_next in (True, True, False):
        button = page.locator(".one:target .go a").nth(-1 if press_next else 1)
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        button.tap()
    assert shown(page) == 2
    assert swipe(page, (300, 300), (80, 310)) == 3
    assert swipe(page, (300, 300), (280, 100)) == 3, "up and down reads on"
    assert swipe(page, (80, 300), (300, 310)) == 2
    page.locator(".one:target .go [href='#m']").click()
    assert shown(page) == 0


def test_without_script_letters_are_turned_and_the_cover_hides_them(open_file: Callable[..., Page]) -> None:
    page = open_file("en.html", java_script_enabled=False)
    page.get_by_role("link", name="Show one letter at a time").click()
    page.locator(".one:target").get_by_role("link", name="Next message").click()

    assert shown(page) == 2
    page.get_by_role("link", name="Leave quickly").click()
    expect(page.locator("#x")).to_be_visible()
    assert page.locator("article:visible, h1:visible").count() == 0


def test_pictures_are_shown_from_the_file_itself(open_file: Callable[..., Page]) -> None:
    for name in ("ko.html", "ko-one.html"):
        page = open_file(name)
        assert page.evaluate("document.images.length && document.images[0].naturalWidth") == 1


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720)])
def test_a_photo_keeps_its_proportions_while_it_is_shown_by_itself(
    width: int, height: int, open_file: Callable[..., Page]
) -> None:
    page = open_file("ko.html#l2", viewport={"width": width, "height": height})
    assert shown(page) == 2
    # A photo as large as its size says; the file of the test is a single point.
    page.evaluate(
        """() => {
            const drawn = document.createElement('canvas');
            [drawn.width, drawn.height] = [320, 240];
            document.images[0].src = drawn.toDataURL();
            return document.images[0].decode();
        }"""
    )
    wide, high = page.evaluate("[document.images[0].clientWidth, document.images[0].clientHeight]")
    assert abs(wide / high - 320 / 240) < 0.05
    assert high <= height / 2
    frame = page.evaluate("getComputedStyle(document.images[0].closest('.card')).overflow")
    assert frame == "visible", "the card has no margin here, and would cut off the frame of the photo"


@pytest.mark.parametrize("width", [320, 250])
def test_buttons_for_turning_lie_apart_and_under_nothing(width: int, open_file: Callable[..., Page]) -> None:
    """A window of 250 pixels holds as many letters as one of 390 does with type of one and a half times the size."""
    for language in LANGUAGES:
        page = open_file(f"{language}.html#l2", viewport={"width": width, "height": 600})
        before, after = (page.locator(".one:target .go a").nth(number).bounding_box() for number in (1, 2))
        leave = page.locator(".exit").bounding_box()
        assert before is not None
        assert after is not None
        assert leave is not None
        assert after["x"] - before["x"] - before["width"] >= 8
        assert after["x"] + after["width"] < leave["x"] or after["y"] + after["height"] < leave["y"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_scrolls_sideways_on_a_narrow_phone(language: str, open_file: Callable[..., Page]) -> None:
    for name in (f"{language}.html", f"{language}-one.html"):
        page = open_file(name, viewport={"width": 320, "height": 600})
        assert not page.evaluate(IS_WIDE)
        if page.locator(".top [href='#l1']").count():
            for number in range(1, LONG + 1):
                page.evaluate(f"location.hash = 'l{number}'")
                assert not page.evaluate(IS_WIDE)
            page.evaluate("location.hash = 'g'")
            assert not page.evaluate(IS_WIDE)


def pages_of(pdf: bytes) -> list[tuple[int, int]]:
    """The sizes of the pages in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
    return [(round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)) for width, height in boxes]


def test_a_dark_phone_prints_a_light_booklet_of_small_pages(open_file: Callable[..., Page]) -> None:
    page = open_file("ko.html", color_scheme="dark")
    page.locator(".top [href='#l1']").click()

    small = pages_of(page.pdf(prefer_css_page_size=True, print_background=True))
    page.evaluate("location.hash = 'g'")
    large = pages_of(page.pdf(prefer_css_page_size=True, print_background=True))

    assert set(small) == {(148, 210)}
    assert COUNT / 5 <= len(small) <= COUNT
    assert len(large) > len(small), "large type"
    page.emulate_media(media="print", color_scheme="dark")
    for part in ("body", ".card", ".msg", "h1"):
        ground, ink = page.evaluate(COLOURS, part)
        assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert ink == "rgb(0, 0, 0)"
    assert page.locator(".exit:visible, .go:visible, .act:visible, .note:visible, #x:visible").count() == 0
    assert page.locator(".pm:visible").count() == COUNT


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_letter_prints_the_card_alone(language: str, open_file: Callable[..., Page]) -> None:
    page = open_file(f"{language}-page.html", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")

    assert page.locator("a:visible, nav:visible, h1:visible, .note:visible, .stamp:visible").count() == 0
    assert page.locator("article:visible .pm:visible").count() == 1
    assert page.locator("body").inner_text().split("\n")[0] in ("보낸 분", "From")
    assert page.evaluate(COLOURS, "body") == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
