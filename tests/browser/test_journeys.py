"""The main path in a real browser: from the form of a stranger to both walls, through the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import media_samples
from tests.browser import steps
from tests.browser.conftest import Site, Watch

DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
KOREAN = "안녕하십니까. 오늘도 여러분을 생각합니다."
ENGLISH = "Hello. I am thinking of you today as well."
LANGUAGES = pytest.mark.parametrize("language", ["ko", "en"])


@LANGUAGES
def test_words_go_from_the_form_to_both_walls(
    page: Page, new_page: Callable[..., Page], site: Site, language: str
) -> None:
    name = f"Amina {language}"
    steps.fill_letter(page, language, "text", body="Habari. Ninawakumbuka leo pia.", name=name, country="KE")
    steps.preview(page)
    expect(page.locator("article.card")).to_contain_text("Ninawakumbuka")
    private = steps.confirm(page)
    expect(page.locator("main")).to_contain_text(re.compile(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}"))

    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(
        desk, name, body_ko=KOREAN + language, body_en=ENGLISH + language, name_ko="아미나", name_en="Amina"
    )
    assert page.request.get(f"/{language}/m/{slug}.html").status == 404
    steps.let_the_delay_pass(site)

    steps.expect_on_wall(page, slug, KOREAN + language, ENGLISH + language)
    page.goto(private)
    expect(page.locator(f"a[href*='{slug}']").first).to_be_visible()


@pytest.mark.parametrize(
    ("sample", "language"), [("heic", "ko"), ("jpeg_full_of_metadata", "en")], ids=["heic", "jpeg"]
)
def test_photo_loses_its_place_and_reaches_both_walls(
    page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path, sample: str, language: str
) -> None:
    name = f"Kenji {sample}"
    photo = getattr(media_samples, sample)(tmp_path)
    private = steps.send(page, language, "photo", file=photo, alt="Four coloured fields", name=name, country="JP")
    steps.wait_for_file(page, private)

    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(
        desk,
        name,
        body_ko=KOREAN,
        body_en=ENGLISH,
        alt_ko="네 가지 빛깔의 네모",
        alt_en="Four coloured fields",
    )
    steps.let_the_delay_pass(site)

    page.goto(f"/ko/m/{slug}.html")
    picture = page.locator("main img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    planted = [media_samples.MAKER, media_samples.SERIAL, media_samples.COMMENT]
    for file in (site.var / "tree" / "media").rglob("*.*"):
        assert not any(secret.encode() in file.read_bytes() for secret in planted), file.name


def test_rotated_video_plays_upright(page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    clip = media_samples.mov(tmp_path)
    private = steps.send(page, "en", "video", file=clip, name="Hannah", country="CA")
    steps.wait_for_file(page, private)

    first, desk = new_page(**DESK), new_page(**DESK)
    steps.log_in(first, site, "moderator2")
    slug = steps.open_review(first, "Hannah")
    steps.decide(first, "second_look")
    steps.log_in(desk, site)
    desk.goto(f"/admin/desk/{slug}/")
    steps.approve_here(desk, body_ko=KOREAN, body_en=ENGLISH)
    steps.let_the_delay_pass(site)

    for language in ("ko", "en"):
        page.goto(f"/{language}/m/{slug}.html")
        video = page.locator("main video")
        expect(video).to_have_attribute("preload", "none")
        size = video.evaluate(
            "video => new Promise((done, fail) => {"
            " video.onloadedmetadata = () => done([video.videoWidth, video.videoHeight, video.duration]);"
            " video.onerror = () => fail(video.error.message); video.load(); video.preload = 'auto' })"
        )
        assert size[0] < size[1]
        assert size[2] > 0.5


def test_voice_is_heard_on_both_walls(page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path) -> None:
    private = steps.send(page, "ko", "voice", file=media_samples.ogg(tmp_path), name="Lucia", country="MX")
    steps.wait_for_file(page, private)

    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(desk, "Lucia", body_ko=KOREAN, body_en=ENGLISH)
    steps.let_the_delay_pass(site)

    for language in ("ko", "en"):
        page.goto(f"/{language}/m/{slug}.html")
        audio = page.locator("main audio")
        expect(audio).to_have_attribute("preload", "none")
        seconds = audio.evaluate(
            "audio => new Promise((done, fail) => { audio.onloadedmetadata = () => done(audio.duration);"
            " audio.onerror = () => fail(audio.error.message); audio.preload = 'auto'; audio.load() })"
        )
        assert seconds > 0.5


@LANGUAGES
def test_declined_letter_tells_its_sender_why(
    page: Page, new_page: Callable[..., Page], site: Site, language: str
) -> None:
    name = f"Rajesh {language}"
    private = steps.send(page, language, "text", body="Call me on 000 000 000!", name=name)
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    steps.open_review(desk, name)
    desk.locator("[name=reason]").select_option("contact")
    desk.locator("[name=note]").fill("Without the number it is a good letter.")
    steps.decide(desk, "decline")

    page.goto(private)
    expect(page.locator("main")).not_to_contain_text("Without the number")
    steps.let_the_delay_pass(site)
    page.reload()

    expect(page.locator("main")).to_contain_text("Without the number")
    expect(page.locator("main")).to_contain_text("전화번호" if language == "ko" else "telephone numbers")


@LANGUAGES
def test_asked_letter_is_changed_by_its_sender_and_approved(
    page: Page, new_page: Callable[..., Page], site: Site, language: str
) -> None:
    name = f"Sofia {language}"
    private = steps.send(page, language, "text", body="Hola. Mi primo pasó por un pueblo.", name=name)
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    steps.open_review(desk, name)
    desk.locator("[name=reason]").select_option("danger")
    steps.decide(desk, "ask")
    steps.let_the_delay_pass(site)

    page.goto(private)
    expect(page.locator("main")).to_contain_text("목숨" if language == "ko" else "put a life in danger")
    page.goto(f"{private}edit/")
    page.locator("[name=body]").fill("Hola. Pienso en ustedes.")
    steps.press(page, page.locator("main form button").last)
    slug = steps.approve(desk, name, body_ko=KOREAN + name, body_en=ENGLISH + name)
    steps.let_the_delay_pass(site)

    steps.expect_on_wall(page, slug, KOREAN + name, ENGLISH + name)


def test_edit_of_a_published_letter_waits_for_its_approval(
    page: Page, new_page: Callable[..., Page], site: Site
) -> None:
    private = steps.send(page, "en", "text", body="First words of mine.", name="Per Edit")
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(desk, "Per Edit", body_ko="처음에 쓴 글입니다.", body_en="First words of mine.")
    steps.let_the_delay_pass(site)

    page.goto(f"{private}edit/")
    page.locator("[name=body]").fill("Better words of mine.")
    steps.press(page, page.locator("main form button").last)
    steps.expect_on_wall(page, slug, "처음에 쓴 글입니다.", "First words of mine.")
    steps.approve(desk, "Per Edit", body_ko="고쳐 쓴 글입니다.", body_en="Better words of mine.")
    steps.expect_on_wall(page, slug, "처음에 쓴 글입니다.", "First words of mine.")
    steps.let_the_delay_pass(site)

    steps.expect_on_wall(page, slug, "고쳐 쓴 글입니다.", "Better words of mine.")


def test_decision_is_undone_before_it_goes_live(page: Page, new_page: Callable[..., Page], site: Site) -> None:
    steps.send(page, "en", "text", body="A letter approved too fast.", name="Undo Me")
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(desk, "Undo Me", body_ko=KOREAN, body_en=ENGLISH)
    steps.decide(desk, "undo")
    steps.let_the_delay_pass(site)

    assert page.request.get(f"/en/m/{slug}.html").status == 404
    assert steps.open_review(desk, "Undo Me") == slug


@LANGUAGES
def test_withdrawn_letter_is_gone_at_once(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch, language: str
) -> None:
    watch.allow(410)
    name = f"Tomas {language}"
    private = steps.send(page, language, "text", body="Words I will take back.", name=name)
    desk = new_page(**DESK)
    steps.log_in(desk, site)
    slug = steps.approve(desk, name, body_ko=KOREAN + name, body_en=ENGLISH + name)
    steps.let_the_delay_pass(site)
    steps.expect_on_wall(page, slug, KOREAN + name, ENGLISH + name)

    page.goto(f"{private}withdraw/")
    steps.press(page, page.locator("main form button.danger"))

    for shown in ("ko", "en"):
        assert page.goto(f"/{shown}/m/{slug}.html").status == 410
        page.goto(f"/{shown}/")
        expect(page.locator("main")).not_to_contain_text(name)


def test_removed_letter_leaves_and_comes_back(
    page: Page, new_page: Callable[..., Page], site: Site, watch: Watch
) -> None:
    watch.allow(410)
    steps.send(page, "en", "text", body="Words somebody worries about.", name="Noor Removed")
    desk = new_page(**DESK)
    steps.log_in(desk, site, "safety")
    slug = steps.approve(desk, "Noor Removed", body_ko=KOREAN + "누르", body_en=ENGLISH + "Noor")
    steps.let_the_delay_pass(site)

    desk.goto(f"/admin/desk/{slug}/")
    steps.decide(desk, "remove")
    assert page.goto(f"/en/m/{slug}.html").status == 410
    desk.goto(f"/admin/desk/{slug}/")
    steps.decide(desk, "restore")
    steps.let_the_delay_pass(site)

    steps.expect_on_wall(page, slug, KOREAN + "누르", ENGLISH + "Noor")
