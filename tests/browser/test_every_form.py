"""Every form that is posted, pressed at least once in a real browser; the journeys press the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Site

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
# Where each template with a posted form is pressed. A new one has to be added here, with its test.
PRESSED = {
    "admin/base_site.html": "test_staff_change_language_and_password_and_log_out",
    "moderation/_language.html": "test_staff_change_language_and_password_and_log_out",
    "moderation/base.html": "test_staff_change_language_and_password_and_log_out",
    "moderation/preferences.html": "test_desk_keys.py",
    "moderation/review.html": "test_journeys.py, test_draft_is_saved",
    "supporters/mine_edit.html": "test_journeys.py",
    "supporters/mine_outlets.html": "test_outlets_are_narrowed",
    "supporters/mine_withdraw.html": "test_journeys.py",
    "supporters/preview.html": "test_journeys.py, test_preview_is_changed",
    "supporters/send.html": "test_journeys.py",
    "supporters/stop.html": "test_letters_are_stopped",
}


def test_every_template_with_a_posted_form_is_pressed_somewhere() -> None:
    posted = {
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if 'method="post"' in path.read_text()
    }

    assert posted == set(PRESSED)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_preview_is_changed(page: Page, language: str) -> None:
    steps.fill_letter(page, language, "text", body="First thoughts.", name="Changer", use_radio="on")
    steps.preview(page)
    steps.press(page, page.locator("[name=step][value=change]"))

    expect(page.locator("[name=body]")).to_have_value("First thoughts.")
    expect(page.locator("[name=use_radio]")).to_be_checked()
    page.locator("[name=body]").fill("Second thoughts.")
    steps.preview(page)
    expect(page.locator("article.card")).to_contain_text("Second thoughts.")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_outlets_are_narrowed(page: Page, site: Site, language: str) -> None:
    private = steps.send(page, language, "text", body="For two places.", name="Outlets", use_radio="on")
    page.goto(f"{private}outlets/")
    expect(page.locator("[name=use_radio]")).to_be_checked()
    page.locator("[name=use_radio]").uncheck()
    steps.press(page, page.locator("main form button").last)

    page.goto(f"{private}outlets/")
    expect(page.locator("[name=use_radio]")).not_to_be_checked()


def test_letters_are_stopped(page: Page, site: Site) -> None:
    steps.send(page, "en", "text", body="Write to me.", name="Stopper", email="stopper@example.org")
    address = site.manage(
        "shell",
        "-c",
        "from supporters import receipts\n"
        "from supporters.models import Contact\n"
        "print('link', receipts.signed_link(Contact.objects.get(email='stopper@example.org')))",
    ).split("link ")[1]  # fmt: skip
    page.goto(f"/en/mine/{address.strip()}/stop/")
    steps.press(page, page.locator("main form button"))

    left = site.manage("shell", "-c", "from supporters.models import Contact; print('left', Contact.objects.count())")
    assert "left 0" in left


def test_draft_is_saved(page: Page, new_page: Callable[..., Page], site: Site) -> None:
    steps.send(page, "en", "text", body="Save my draft.", name="Draft Saved")
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    steps.open_review(desk, "Draft Saved")
    desk.locator("[name=body_ko]").fill("저장한 글입니다.")
    steps.decide(desk, "save")

    desk.reload()
    expect(desk.locator("[name=body_ko]")).to_have_value("저장한 글입니다.")


def test_staff_change_language_and_password_and_log_out(new_page: Callable[..., Page], site: Site) -> None:
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    steps.press(desk, desk.locator("form.language button").first)
    assert desk.locator("html").get_attribute("lang") == "ko"
    steps.press(desk, desk.locator("form.language button").first)
    assert desk.locator("html").get_attribute("lang") == "en"

    desk.goto("/admin/password_change/")
    old, new = site.password("moderator"), "quiet-river-seven-geese"
    for before, after in ((old, new), (new, old)):
        desk.goto("/admin/password_change/")
        desk.locator("[name=old_password]").fill(before)
        desk.locator("[name=new_password1]").fill(after)
        desk.locator("[name=new_password2]").fill(after)
        steps.press(desk, desk.locator("#content [type=submit]"))
    expect(desk.locator("#content")).to_contain_text("Your password was changed")

    desk.goto("/admin/")
    steps.press(desk, desk.locator("#logout-form button"))
    desk.goto("/admin/desk/")
    expect(desk.locator("#login-form")).to_be_visible()


def test_administrator_adds_an_account_and_words_a_reason(new_page: Callable[..., Page], site: Site) -> None:
    desk = new_page(**DESK)
    desk.goto("/admin/login/?next=/admin/")
    desk.locator("[name=username]").fill("admin")
    desk.locator("[name=password]").fill(site.password("admin"))
    steps.press(desk, desk.locator("#login-form [type=submit]"))

    desk.goto("/admin/auth/user/add/")
    desk.locator("[name=username]").fill("newcomer")
    for name in ("password1", "password2"):
        desk.locator(f"[name={name}]").fill("quiet-river-seven-geese")
    steps.press(desk, desk.locator("[name=_save]"))
    expect(desk.locator("#content")).to_contain_text("newcomer")

    desk.goto("/admin/supporters/reason/")
    desk.locator("#result_list a", has_text="advert").click()
    desk.locator("[name=words_en]").fill("This looks like an advertisement.")
    steps.press(desk, desk.locator("[name=_save]"))
    expect(desk.locator(".messagelist")).to_contain_text("changed successfully")
