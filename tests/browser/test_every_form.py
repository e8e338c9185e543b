"""Every form that is posted, pressed at least once in a real browser; the journeys press the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Site, Watch

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
# Where each template with a posted form is pressed. A new one has to be added here, with its test.
PRESSED = {
    "admin/auth/user/access.html": "test_administrator_adds_an_account_and_words_a_reason",
    "admin/base_site.html": "test_staff_change_language_and_password_and_log_out",
    "admin/moderation/wordingrule/try.html": "test_administrator_adds_an_account_and_words_a_reason",
    "admin/second_factor.html": "test_desk_journeys.py",
    "admin/second_factor_codes.html": "test_desk_journeys.py",
    "admin/second_factor_mine.html": "test_desk_journeys.py",
    "admin/second_factor_set_up.html": "test_desk_journeys.py",
    "admin/set_password.html": "test_administrator_adds_an_account_and_words_a_reason",
    "moderation/_language.html": "test_staff_change_language_and_password_and_log_out",
    "moderation/base.html": "test_staff_change_language_and_password_and_log_out",
    "moderation/calls_for_help.html": "test_safety_lead_answers_calls_and_hides_letters",
    "moderation/lockdown.html": "test_safety_lead_answers_calls_and_hides_letters",
    "moderation/preferences.html": "test_desk_keys.py",
    "moderation/review.html": "test_journeys.py, test_draft_is_saved",
    "moderation/several_preview.html": "test_several_letters_are_declined_at_once",
    "moderation/subtitles.html": "test_subtitles.py",
    "moderation/translate.html": "test_desk_journeys.py",
    "moderation/translate_file.html": "test_desk_journeys.py",
    "moderation/waiting_list.html": "test_several_letters_are_declined_at_once",
    "replies/_case.html": "test_desk_journeys.py",
    "replies/concern.html": "test_desk_journeys.py",
    "supporters/mine_edit.html": "test_journeys.py",
    "supporters/mine_outlets.html": "test_outlets_are_narrowed",
    "supporters/mine_withdraw.html": "test_journeys.py",
    "supporters/preview.html": "test_journeys.py, test_preview_is_changed",
    "supporters/send.html": "test_journeys.py",
    "supporters/stop.html": "test_letters_are_stopped",
    "wall/_filter.html": "test_finding.py",
    "wall/_pictures.html": "test_finding.py",
    "wall/find.html": "test_finding.py",
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
    address = site.run(
        "from supporters import receipts\n"
        "from supporters.models import Contact\n"
        "print('link', receipts.signed_link(Contact.objects.get(email='stopper@example.org')))",
    ).split("link ")[1]  # fmt: skip
    page.goto(f"/en/mine/{address.strip()}/stop/")
    steps.press(page, page.locator("main form button"))

    left = site.run("from supporters.models import Contact; print('left', Contact.objects.count())")
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
    desk, newcomer = new_page(**DESK), new_page(**DESK)
    steps.log_in(desk, site, "admin", "/admin/")

    desk.goto("/admin/auth/user/add/")
    desk.locator("[name=username]").fill("newcomer")
    steps.press(desk, desk.locator("[name=_save]"))
    desk.locator("#id_is_staff").check()
    steps.press(desk, desk.locator("[name=_continue]"))
    desk.locator("a[href$='/access/']").click()
    steps.press(desk, desk.locator("[value=link]"))
    newcomer.goto(desk.locator("#link").input_value())
    for name in ("new_password1", "new_password2"):
        newcomer.locator(f"[name={name}]").fill("quiet-river-seven-geese")
    steps.press(newcomer, newcomer.locator("#content [type=submit]"))
    newcomer.locator("[name=username]").fill("newcomer")
    newcomer.locator("[name=password]").fill("quiet-river-seven-geese")
    steps.press(newcomer, newcomer.locator("#login-form [type=submit]"))
    expect(newcomer.locator("#user-tools")).to_be_visible()

    desk.goto("/admin/supporters/reason/")
    desk.locator("#result_list a", has_text="advert").click()
    desk.locator("[name=words_en]").fill("This looks like an advertisement.")
    steps.press(desk, desk.locator("[name=_save]"))
    expect(desk.locator(".messagelist")).to_contain_text("changed successfully")
    desk.goto("/admin/moderation/wordingrule/try/")
    desk.locator("textarea").fill("Call me on 010-1234-5678.")
    steps.press(desk, desk.locator("#content [type=submit]"))
    expect(desk.locator("#found mark").last).to_have_text("010-1234-5678")


def test_several_letters_are_declined_at_once(page: Page, new_page: Callable[..., Page], site: Site) -> None:
    for number in ("one", "two"):
        steps.send(page, "en", "text", body=f"Buy this, number {number}, it is cheap.", name=f"Seller {number}")
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    desk.goto("/admin/desk/?q=Seller&tick=all")
    steps.decide(desk, "spam")
    expect(desk.locator(".items li")).to_have_count(2)
    steps.decide(desk, "spam")

    expect(desk.locator("[role=status]")).to_contain_text("2 letters declined.")
    desk.goto("/admin/desk/?q=Seller")
    expect(desk.locator(".empty")).to_be_visible()


def test_safety_lead_answers_calls_and_hides_letters(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch
) -> None:
    watch.allow(404)
    steps.send(page, "en", "text", body="Please get my sister out.", name="Caller")
    desk, moderator = new_page(**DESK), new_page(**DESK)
    steps.log_in(moderator, site)
    slug = steps.open_review(moderator, "Caller")
    moderator.locator("[name=reason]").select_option("help")
    steps.decide(moderator, "decline")
    assert moderator.goto(f"/admin/desk/{slug}/").status == 404

    steps.log_in(desk, site, "safety")
    for button, closed in (("handled", False), ("reopen", True), ("return", False)):
        desk.goto("/admin/desk/help/")
        case = desk.locator(".plain li" if closed else ".case", has_text="Caller")
        steps.press(desk, case.locator(f"[value={button}]"))
    moderator.goto(f"/admin/desk/{slug}/")
    expect(moderator.locator("h1")).to_contain_text("Caller")

    desk.goto("/admin/desk/lockdown/")
    desk.locator("#words").fill("get my sister out")
    steps.decide(desk, "preview")
    expect(desk.locator("#found")).to_contain_text("1 letter fits")
    steps.decide(desk, "hide")
    moderator.reload()
    expect(moderator.locator("main")).to_contain_text("A Safety lead has hidden this letter")
    steps.press(desk, desk.locator("[name=lift]").first)
    moderator.reload()
    expect(moderator.locator("main")).not_to_contain_text("A Safety lead has hidden this letter")
