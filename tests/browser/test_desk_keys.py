"""The desk by keyboard alone: keys press what stands on the page, and never while somebody types."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import Site, Watch

DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
# A keyboard that writes Korean names the place of the key, J, and another letter.
KOREAN_J = "document.body.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyJ', key: 'ㅓ', bubbles: true}))"
COMPOSING = KOREAN_J.replace("bubbles", "isComposing: true, bubbles")


def tab_to(page: Page, target: Locator, most: int = 150) -> None:
    """Press Tab until `target` has the focus, as somebody without a mouse does."""
    for _step in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach it: {target}")


def press_key(page: Page, key: str) -> None:
    """Press a key that opens a page, and wait for that page."""
    with page.expect_navigation():
        page.keyboard.press(key)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_letter_is_approved_and_taken_back_by_keyboard_alone(
    page: Page, new_page: Callable[..., Page], site: Site, language: str
) -> None:
    first, second = f"Tab one {language}", f"Tab two {language}"
    for name in (first, second):
        steps.send(page, "en", "text", body="Words for the desk.", name=name)
    desk = new_page(viewport=DESK["viewport"], locale={"ko": "ko-KR", "en": "en-GB"}[language])
    desk.goto("/admin/login/?next=/admin/desk/%3Fq=Tab")
    tab_to(desk, desk.locator("[name=username]"))
    desk.keyboard.type("moderator")
    tab_to(desk, desk.locator("[name=password]"))
    desk.keyboard.type(site.password("moderator"))
    press_key(desk, "Enter")
    tab_to(desk, desk.locator("th a", has_text=first))
    press_key(desk, "Enter")
    assert desk.locator("html").get_attribute("lang") == language

    press_key(desk, "j")
    expect(desk.locator("h1")).to_contain_text(second)
    slug = steps.slug_in(desk.url)
    press_key(desk, "c")
    expect(desk.locator(".claim")).to_be_visible()
    tab_to(desk, desk.locator("[name=body_ko]"))
    desk.keyboard.insert_text("여러분을 생각합니다.")
    tab_to(desk, desk.locator("[name=body_en]"))
    desk.keyboard.type(" jack and duke, ask? used")
    expect(desk.locator("[name=body_en]")).to_have_value(re.compile("jack and duke, ask[?] used"))
    for check in steps.CHECKS:
        tab_to(desk, desk.locator(f"[name=check][value={check}]"))
        desk.keyboard.press("Space")
    press_key(desk, "a")
    expect(desk.locator(".undo")).to_be_visible()
    press_key(desk, "u")

    expect(desk).to_have_url(re.compile(rf"/{slug}/.*[?&]done=undo$"))
    expect(desk.locator("[name=body_ko]")).to_have_value("여러분을 생각합니다.")
    expect(desk.locator(".undo")).to_have_count(0)


def test_letter_is_claimed_declined_and_taken_back_by_keys(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch
) -> None:
    for name in ("Keys one", "Keys two"):
        steps.send(page, "en", "text", body="Words for the desk.", name=name)
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.open_review(desk, "Keys one")

    desk.keyboard.press("c")
    expect(desk.locator(".claim")).to_contain_text("You hold this until")
    desk.locator("[name=body_en]").fill("")
    desk.locator("[name=body_en]").press_sequentially("jade")
    expect(desk.locator("[name=body_en]")).to_have_value("jade")

    desk.locator("[name=check]").first.focus()
    desk.keyboard.press("Control+d")
    desk.evaluate(COMPOSING)
    desk.keyboard.press("d")
    expect(desk.locator("#reason")).to_be_focused()
    desk.locator("#reason").select_option("contact")
    desk.locator("[name=check]").first.focus()
    desk.keyboard.press("d")
    expect(desk.locator(".undo")).to_contain_text("declined")
    desk.keyboard.press("u")
    expect(desk).to_have_url(re.compile(rf"/{slug}/.*[?&]done=undo$"))
    expect(desk.locator("[name=body_en]")).to_have_value("jade")

    desk.evaluate(KOREAN_J)
    expect(desk).not_to_have_url(re.compile(slug))
    following = desk.url
    desk.keyboard.press("?")
    steps.press(desk, desk.get_by_role("button", name="Switch the keys off"))
    desk.keyboard.press("k")
    desk.keyboard.press("?")
    expect(desk).to_have_url(following)
    expect(desk.locator("kbd:visible")).to_have_count(0)

    desk.goto("/admin/desk/preferences/")
    steps.press(desk, desk.get_by_role("button", name="Switch the keys on"))
    expect(desk.get_by_role("button", name="Switch the keys off")).to_be_visible()
