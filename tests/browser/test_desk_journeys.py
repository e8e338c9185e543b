"""The desk at work in a real browser: two people at once, translators, Safety leads, and the way in with a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.axe import violations
from tests.browser.conftest import Site, Watch, running_site
from tests.browser.test_journeys import DESK, ENGLISH, KOREAN

TRANSLATE = "/admin/desk/translate/"


def test_of_two_who_decide_at_once_the_second_keeps_what_was_typed(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch
) -> None:
    watch.allow(409)
    steps.send(page, "en", "text", body="Two people read this.", name="Raced")
    first, second = new_page(**DESK), new_page(**DESK)
    steps.log_in(first, site)
    steps.log_in(second, site, "moderator2")
    for desk in (first, second):
        steps.open_review(desk, "Raced")
    second.locator("[name=body_ko]").fill("둘째 사람이 쓴 글입니다.")

    steps.approve_here(first, body_ko=KOREAN, body_en=ENGLISH)
    steps.approve_here(second, body_en="What the second person wrote.")

    expect(first.locator(".undo")).to_contain_text("approved")
    expect(second.locator("#conflict")).to_contain_text("Mina")
    expect(second.locator("[name=body_ko]")).to_have_value("둘째 사람이 쓴 글입니다.")
    expect(second.locator("[name=body_en]")).to_have_value("What the second person wrote.")
    expect(second.locator("main")).to_contain_text(KOREAN)


REVIEWED_BEFORE = """
from django.contrib.auth.models import User
from moderation.translating import translations
from tests.factories import MessageFactory
people = {user.username: user for user in User.objects.all()}
message = MessageFactory(language="uk", original="Я думаю про вас щодня. Ви не самі.", receipt_hash="reviewed")
(row,) = translations.request(message, by=people["moderator"], languages=["ko"])
words = {"text": "저는 날마다 여러분을 생각합니다. 여러분은 혼자가 아닙니다."}
translations.hand_back(row, by=people["translator"], revision=row.revision, credit="", **words)
translations.review(row, by=people["reviewer"], revision=row.revision, **words)
"""


def test_letter_goes_through_the_translation_desk_to_its_readers(
    page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    site.run(REVIEWED_BEFORE)
    words = "Я думаю про вас щодня. Моя мама пече хліб."
    steps.send(page, "en", "text", body=words, name="Olena", language="uk")
    desk, sora, haneul = (new_page(**DESK) for _person in range(3))
    steps.log_in(desk, site)
    slug = steps.open_review(desk, "Olena")
    steps.decide(desk, "translate")

    steps.log_in(sora, site, "translator", TRANSLATE)
    steps.press(sora, sora.locator("th a", has_text="Olena").first)
    steps.decide(sora, "claim")
    sora.locator(".offers button", has_text="Insert").first.click()
    expect(sora.locator("[name=body_ko]")).to_have_value("저는 날마다 여러분을 생각합니다.")
    sora.locator("[name=body_ko]").press_sequentially(" 저희 어머니는 빵을 구우십니다.")
    sora.locator("[name=credit]").fill("Sora K.")
    steps.decide(sora, "save")
    sora.goto(f"{TRANSLATE}?pair=uk-en")
    with sora.expect_download() as download:
        sora.locator("a[href$='work.po?pair=uk-en']").click()
    work = tmp_path / "work.po"
    text = download.value.path().read_text()
    work.write_text(re.sub(rf'(msgctxt "{slug}/en/.*?\nmsgstr )""', rf'\1"{ENGLISH}"', text, flags=re.DOTALL))
    sora.goto(f"{TRANSLATE}file/")
    sora.locator("[type=file]").set_input_files(work)
    steps.press(sora, sora.locator("main form .btn").first)
    steps.press(sora, sora.locator("th a", has_text=slug))
    expect(sora.locator("[name=body_en]")).to_have_value(ENGLISH)
    for _language in ("ko", "en"):
        steps.decide(sora, "ready")

    steps.log_in(haneul, site, "reviewer", TRANSLATE)
    steps.press(haneul, haneul.locator("section[aria-labelledby=ready] th a", has_text="Olena").first)
    for _language in ("ko", "en"):
        steps.decide(haneul, "reviewed")
    desk.goto(f"/admin/desk/{slug}/")
    expect(desk.locator("[name=body_en]")).to_have_value(ENGLISH)
    steps.approve_here(desk)
    desk.goto(f"{TRANSLATE}{slug}/")
    steps.decide(desk, "request")
    northern = new_page(**DESK)
    steps.log_in(northern, site, "northern", f"{TRANSLATE}?pair=ko-kp")
    steps.press(northern, northern.locator("th a", has_text="Olena").first)
    northern.locator("[name=body_kp]").fill("저는 날마다 여러분을 생각합니다. 우리 어머니는 빵을 굽습니다.")
    steps.decide(northern, "reviewed")
    steps.let_the_delay_pass(site)

    page.goto(f"/ko/m/{slug}.html")
    expect(page.locator("main")).to_contain_text("Sora K.")
    expect(page.locator("main")).to_contain_text("저희 어머니는 빵을 구우십니다.")
    expect(page.locator("main")).to_contain_text("우리 어머니는 빵을 굽습니다.")


def test_concern_from_the_page_of_a_letter_hides_it(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch
) -> None:
    watch.allow(410)
    steps.send(page, "en", "text", body="A letter that tells too much.", name="Worrying")
    desk = new_page(**DESK)
    steps.log_in(desk, site, "safety")
    slug = steps.approve(desk, "Worrying", body_ko=KOREAN, body_en="A letter that tells too much.")
    steps.let_the_delay_pass(site)

    reader = new_page()
    reader.goto(f"/en/m/{slug}.html")
    reader.locator("a[href$='concern/']").click()
    reader.locator("[name=text]").fill("This village is easily found.")
    steps.press(reader, reader.locator("main form button"))
    expect(reader.locator("[role=status]")).to_contain_text("has reached the person responsible")
    assert reader.context.cookies() == []

    desk.goto("/admin/desk/concerns/")
    case = desk.locator(".case", has_text="This village is easily found.")
    steps.press(desk, case.locator("[value=hide]"))
    steps.read_afresh(page)
    for language in ("ko", "en"):
        assert page.goto(f"/{language}/m/{slug}.html").status == 410
        page.goto(f"/{language}/")
        expect(page.locator("main")).not_to_contain_text("A letter that tells too much.")


# --- The second step of a login --------------------------------------------------------------------------------


@pytest.fixture
def strict_site(tmp_path: Path, first_start: Path, plain_environment: dict[str, str]) -> Iterator[Site]:
    """A site that asks for the second step, as all do outside a demonstration."""
    with running_site(first_start, tmp_path, plain_environment | {"REQUIRE_SECOND_FACTOR": "1"}) as running:
        yield running


def examined(desk: Page) -> list[str]:
    """Findings of axe, and whether it scrolls sideways on a small phone."""
    desk.set_viewport_size({"width": 320, "height": 700})
    width = desk.evaluate("document.documentElement.scrollWidth")
    return violations(desk) + ([f"{width} px wide"] if width > 320 else [])


def test_second_step_is_set_up_asked_for_and_recovered(
    new_page: Callable[..., Page], strict_site: Site, watch: Watch
) -> None:
    site, found = strict_site, {}
    watch.allow_host(f"127.0.0.1:{site.port}")
    desk = new_page(locale="en-GB")
    steps.type_password(desk, site, "moderator")
    found["set up"] = examined(desk)
    numbers = [steps.token_of(desk, drift) for drift in (0, 1)]
    steps.type_token(desk, "000000")
    expect(desk.locator(".errornote")).to_be_visible()
    found["set up, wrong"] = examined(desk)
    steps.type_token(desk, numbers[0])
    codes = desk.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    found["codes"] = examined(desk)
    with desk.expect_download() as download:
        desk.locator(".quiet").click()
    assert download.value.path().read_text().split() == codes
    steps.press(desk, desk.locator(".opendesk a"))
    expect(desk).to_have_url(f"{site.url}/admin/desk/")

    steps.type_password(desk, site, "moderator")
    desk.goto(f"{site.url}/admin/desk/")
    expect(desk.locator("[name=username]")).to_be_visible()
    steps.type_password(desk, site, "moderator")
    found["token"] = examined(desk)
    steps.type_token(desk, "000000")
    expect(desk.locator(".errornote")).to_be_visible()
    found["token, wrong"] = examined(desk)
    desk.locator("details summary").click()
    steps.type_token(desk, codes[0], "details form")
    expect(desk.locator("#content")).to_contain_text("9 recovery codes are left")
    found["mine"] = examined(desk)
    steps.type_token(desk, numbers[1])
    expect(desk.locator(".codes code")).to_have_count(10)
    assert not set(codes) & set(desk.locator(".codes code").all_inner_texts())
    assert found == {name: [] for name in found}
