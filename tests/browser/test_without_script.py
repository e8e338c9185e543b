"""Sending, reading, deciding: everything works with script switched off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import media_samples
from tests.browser import steps
from tests.browser.conftest import Site
from tests.browser.test_journeys import DESK, ENGLISH, KOREAN

pytestmark = pytest.mark.context(java_script_enabled=False)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_photo_is_sent_approved_and_read(
    page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path, language: str
) -> None:
    name = f"Plain {language}"
    photo = media_samples.jpeg_full_of_metadata(tmp_path)
    private = steps.send(page, language, "photo", file=photo, alt="Four fields", name=name)
    steps.wait_for_file(page, private)
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(desk, name, body_ko=KOREAN + name, body_en=ENGLISH + name, alt_ko="네모", alt_en="Four fields")
    steps.let_the_delay_pass(site)

    steps.expect_on_wall(page, slug, KOREAN + name, ENGLISH + name)


def test_letter_is_claimed_looked_at_twice_and_approved(page: Page, new_page: Callable[..., Page], site: Site) -> None:
    steps.send(page, "en", "text", body="My children think of you.", name="Plain Twice")
    first, second = new_page(**DESK), new_page(**DESK)
    steps.log_in(first, site)
    slug = steps.open_review(first, "Plain Twice")
    steps.decide(first, "claim")
    expect(first.locator(".claim")).to_contain_text("You hold this until")
    first.locator("[name=look][value=minors]").check()
    first.locator("[name=body_ko]").fill(KOREAN)
    steps.decide(first, "second_look")
    first.goto(f"/admin/desk/{slug}/")
    expect(first.locator(".decide")).to_contain_text("another person has to approve it")
    expect(first.locator(".decide [value=approve]")).to_have_count(0)

    steps.log_in(second, site, "moderator2")
    second.goto("/admin/desk/second-look/")
    steps.press(second, second.locator("th a", has_text="Plain Twice"))
    steps.decide(second, "claim")
    expect(second.locator("[name=body_ko]")).to_have_value(KOREAN)
    steps.approve_here(second, body_en=ENGLISH)
    expect(second.locator(".undo")).to_contain_text("approved")


def test_refused_form_keeps_words_and_file(page: Page, tmp_path: Path) -> None:
    photo = media_samples.jpeg_full_of_metadata(tmp_path)
    steps.fill_letter(page, "en", "photo", file=photo, name="Kept", body="Words that must not be lost.")
    steps.preview(page)

    expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.locator("[name=body]")).to_have_value("Words that must not be lost.")
    assert page.locator("[name=upload]").input_value()
    page.locator("[name=alt]").fill("Four fields")
    steps.preview(page)
    expect(page.locator("article.card")).to_be_visible()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_quick_close_covers_the_page_at_once(page: Page, language: str) -> None:
    page.goto(f"/{language}/")
    page.locator("a.exit").click()

    expect(page.locator("#x")).to_be_visible()
    expect(page.locator("h1")).to_be_hidden()
    expect(page.locator("main")).to_be_hidden()


def test_filter_and_language_switch_work(page: Page) -> None:
    page.goto("/ko/")
    if page.locator("details.pick").count():
        page.locator("details.pick summary").click()
        page.locator("details.pick form:not([method]) button").click()
        expect(page).to_have_title("편지")
    page.locator("nav .lang a").click()
    expect(page).to_have_title("Letters")
