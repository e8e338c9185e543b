"""Leave quickly: what covers the letters, how soon, and what Back finds afterwards."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Watch, running_site

TITLES = {"ko": "편지", "en": "Letters"}
# What a page with letters says and the cover does not.
LETTERS = re.compile("[가-힣]|letter|North", re.IGNORECASE)
# A page that is a file, one that is answered live, an error.
PAGES = {"ko": ("safe.html", "find/", "nothing.html"), "en": ("safe.html",)}


@dataclass
class Weather:
    """A page elsewhere that answers when the test lets it."""

    address: str
    open: threading.Event = field(default_factory=threading.Event)


@pytest.fixture(scope="module")
def weather() -> Iterator[Weather]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.open.wait(10)
            # Who loads the page again does not wait for this one.
            with contextlib.suppress(BrokenPipeError):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Weather</title><link rel=icon href=data:,><p>Rain")

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    shown = Weather(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield shown
    shown.open.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def own_site(
    tmp_path_factory: pytest.TempPathFactory, first_start, plain_environment: dict[str, str], weather: Weather
) -> Iterator[Site]:
    exits = {f"EXIT_URL_{language.upper()}": f"http://{weather.address}/{language}" for language in TITLES}
    with running_site(first_start, tmp_path_factory.mktemp("quick-close"), plain_environment | exits) as running:
        running.run("from wall import publishing; publishing.publish_all()")
        yield running


@pytest.fixture
def site(own_site: Site, weather: Weather, watch: Watch) -> Site:
    weather.open.set()
    return own_site


@pytest.fixture
def watch(own_site: Site, weather: Weather) -> Watch:
    return Watch(own_hosts={f"127.0.0.1:{own_site.port}", weather.address}, statuses={404})


# While another page is on its way the browser answers no question about this one: the page tells by itself, once
# two frames were drawn after the press.
TELL = """addEventListener("click", () => requestAnimationFrame(() => requestAnimationFrame(() => console.log(
    "told " + JSON.stringify([document.title, document.body.innerText, document.body.children.length])))))"""


def after_leaving(page: Page, press: Callable[[], object]) -> tuple[str, str, int]:
    """Title, words and number of parts of the page shortly after `press`, while the weather is still on its way."""
    with page.expect_console_message(lambda message: message.text.startswith("told ")) as told:
        press()
    title, words, parts = json.loads(told.value.text.removeprefix("told "))
    return title, words, parts


def is_only_the_cover(words: str) -> bool:
    return words.startswith("九九乘法表") and words.rstrip().endswith("天气预报") and not LETTERS.search(words)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_back_from_the_weather_never_shows_the_page_just_left(
    page: Page, site: Site, weather: Weather, language: str
) -> None:
    page.add_init_script(TELL)
    weather_page = f"http://{weather.address}/{language}"
    for path in PAGES[language]:
        page.goto(f"/{language}/")
        page.goto(f"/{language}/{path}")
        # Another state of the same page, which Back must not find either.
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{site.url}/{language}/{path}#m")
        weather.open.clear()

        title, words, parts = after_leaving(page, lambda: page.locator("a.exit").dblclick(no_wait_after=True))
        assert title == "天气"
        assert is_only_the_cover(words), words
        assert parts == 1, "what plays would be heard"

        weather.open.set()
        page.wait_for_url(weather_page)
        page.go_back()
        assert page.url == f"{site.url}/{language}/", path
        page.go_forward()
        assert page.url == weather_page


def test_enter_leaves_too(page: Page, site: Site, weather: Weather) -> None:
    page.add_init_script(TELL)
    page.goto("/ko/")
    page.goto("/ko/safe.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    weather.open.clear()

    assert is_only_the_cover(after_leaving(page, lambda: page.keyboard.press("Enter"))[1])

    weather.open.set()
    page.wait_for_url(f"http://{weather.address}/ko")
    page.go_back()
    assert page.url == f"{site.url}/ko/"


def test_a_covered_page_loaded_again_stays_covered_and_its_link_leaves_no_way_back(
    page: Page, site: Site, weather: Weather
) -> None:
    page.goto("/ko/")
    page.goto("/ko/safe.html#x")
    page.reload()
    assert is_only_the_cover(page.locator("body").inner_text())

    page.locator("#x a").click()
    page.wait_for_url(f"http://{weather.address}/ko")
    page.go_back()

    assert page.url == f"{site.url}/ko/"


def test_without_a_connection_the_letters_are_gone_all_the_same(page: Page, site: Site, weather: Weather) -> None:
    page.goto("/ko/")
    page.goto("/ko/safe.html")
    page.context.set_offline(True)
    page.locator("a.exit").click(no_wait_after=True)
    # The browser says that there is no connection.
    expect(page.locator("#x")).to_have_count(0)
    assert not LETTERS.search(page.locator("body").inner_text())

    page.context.set_offline(False)
    page.go_back()

    assert page.url == f"{site.url}/ko/"


@pytest.mark.context(java_script_enabled=False)
def test_without_a_script_the_cover_comes_at_once_online_offline_and_from_a_folder(page: Page, site: Site) -> None:
    for address in (f"{site.url}/ko/safe.html", f"{site.url}/en/find/", f"file://{site.var}/tree/ko/safe.html"):
        page.goto(address)
        title = page.title()
        page.context.set_offline(True)
        for _stop in range(2):
            page.keyboard.press("Tab")
        button = page.locator("a.exit")
        expect(button).to_be_focused()
        box = button.bounding_box()
        assert box
        assert box["height"] >= 48
        assert 844 - 20 <= box["y"] + box["height"] <= 844, "in reach of the thumb"

        page.keyboard.press("Enter")

        assert is_only_the_cover(page.locator("body").inner_text()), address
        heard = page.locator("body").aria_snapshot()
        assert "九九乘法表" in heard
        assert not LETTERS.search(heard), heard
        assert page.title() == title in TITLES.values()
        page.context.set_offline(False)
