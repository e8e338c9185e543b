"""The review page by keyboard alone: keys press what stands on the page, and never while somebody types."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Site, Watch

DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
# A keyboard that writes Korean names the place of the key, J, and another letter.
KOREAN_J = "document.body.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyJ', key: 'ㅓ', bubbles: true}))"
COMPOSING = KOREAN_J.replace("bubbles", "isComposing: true, bubbles")


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
    expect(desk).to_have_url(f"{site.url}/admin/desk/{slug}/?done=undo")
    expect(desk.locator("[name=body_en]")).to_have_value("jade")

    desk.evaluate(KOREAN_J)
    expect(desk).not_to_have_url(f"{site.url}/admin/desk/{slug}/?done=undo")
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
