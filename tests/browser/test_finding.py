"""Looking for words in a real browser: by keyboard, in both languages, and back from a letter to what was found."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

LETTERS = """
from datetime import timedelta
from django.utils import timezone
from supporters.models import Message
from wall import publishing
for number in range(22):
    Message.objects.create(
        kind="text", status="approved", agreed_web=True, cleared_web=True, country="DE", language="de",
        original="Wir denken an euch.", body_ko=f"느티나무 {number}", body_en=f"A zelkova {number}.", name_ko="한나",
        name_en="Hannah", live_at=timezone.now() - timedelta(minutes=1), receipt_hash=f"finding-{number}",
    )
publishing.number_due()
"""


def test_words_are_found_by_keyboard_and_found_again_on_the_way_back(page: Page, site: Site) -> None:
    site.run(LETTERS)
    page.goto("/ko/find/")
    page.locator("details.pick summary").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("느티나무")
    page.keyboard.press("Enter")

    expect(page.locator("article.card mark")).to_have_count(20)
    assert page.url.endswith("/ko/find/"), "no word in the address"
    page.locator(".side form button.link").click()
    expect(page.locator(".side form button.link")).to_contain_text("사진 없이 보기")
    page.go_back()
    page.locator(".next button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article.card mark")).to_have_count(2)
    page.locator("article.card .act a").first.click()
    expect(page.locator("main")).to_contain_text("느티나무 1")
    page.go_back()
    expect(page.locator("article.card mark")).to_have_count(2)

    page.locator(".nav button").click()
    assert page.url.endswith("/en/find/")
    expect(page.locator("article.card .hit mark")).to_have_count(2)
    expect(page.locator("article.card .hit").first).to_have_attribute("lang", "ko")
    page.go_back()
    page.go_back()
    expect(page.locator("article.card mark")).to_have_count(20)
    assert not page.context.cookies()
