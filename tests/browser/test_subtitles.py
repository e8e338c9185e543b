"""A video from its sender to a reader with subtitles: made without script, timed with it, loaded by Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import media_samples as samples
from tests.browser import steps
from tests.browser.conftest import Site

pytestmark = pytest.mark.media
DESK = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
# Language, whether it is shown, and the words of each track of the video on the page.
TRACKS = """[...document.querySelector("video").textTracks].map(
    track => [track.language, track.mode, track.cues && [...track.cues].map(cue => cue.getCueAsHTML().textContent)])"""
# The two looks a video needs are told elsewhere.
PUBLISH = """
from django.core.management import call_command
from supporters.models import Message
Message.objects.filter(slug="{slug}").update(status="approved", live_at="2026-01-01T00:00Z", cleared_web=True)
call_command("publish")
"""
SEEK = """(video, time) => new Promise((done) => {
    video.addEventListener("seeked", done, { once: true });
    video.addEventListener("loadedmetadata", () => { video.currentTime = time; }, { once: true });
    video.preload = "auto";
    video.load();
})"""


def time_with_script(desk: Page, site: Site, address: str) -> None:
    """Take times from the player by button and by key, and none while typing. Nothing is saved."""
    steps.log_in(desk, site, to=address)
    desk.locator(".veil summary").click()
    desk.locator("video").evaluate(SEEK, 1.1)
    desk.locator("#line-2").get_by_role("button", name="Begins now").click()
    expect(desk.locator("#begin-2")).to_have_value("0:01.1")
    expect(desk.locator("#line-2")).to_have_class("playing chosen")
    desk.locator("#text-1").press_sequentially("be")
    expect(desk.locator("#end-1")).to_have_value("0:00.7")
    desk.locator("h1").click()
    # So low that the next line lies below the window.
    desk.set_viewport_size({"width": 1280, "height": 420})
    desk.keyboard.press("e")
    expect(desk.locator("#end-1")).to_have_value("0:01.1")
    expect(desk.locator("#line-2")).to_have_class("playing chosen")
    expect(desk.locator("#text-2")).to_be_in_viewport(ratio=1)


def test_subtitles_made_without_script_are_loaded_with_the_video(
    page: Page, new_page: Callable[..., Page], site: Site, tmp_path: Path
) -> None:
    clip = samples.film(tmp_path, "clip.mp4", *samples.H264, size=(160, 120), seconds=2, rate=5)
    mine = steps.send(page, "en", "video", file=clip, body="Hello. I think of you.", name="Timed")
    steps.wait_for_file(page, mine)
    desk = new_page(**DESK, java_script_enabled=False)
    steps.log_in(desk, site)
    slug = steps.open_review(desk, "Timed")
    desk.locator("[name=body_ko]").fill("안녕하십니까. 여러분을 생각합니다.")
    desk.locator("[name=body_en]").fill("Hello. I think of you.")
    desk.locator("[name=name_ko]").fill("벗")
    steps.decide(desk, "save")

    steps.press(desk, desk.locator(".tracks a").first)
    expect(desk.locator("[name=text]")).to_have_value("안녕하십니까. 여러분을 생각합니다.")
    steps.press(desk, desk.get_by_role("button", name="Split"))
    expect(desk.locator("[name=text]")).to_have_count(2)
    desk.locator("#text-1").fill("안녕 <하십니까>.")
    desk.locator("#end-1").fill("0:00.7")
    steps.press(desk, desk.get_by_role("button", name="Save and show to readers"))
    expect(desk.locator("[role=status]")).to_contain_text("Readers see these subtitles")

    time_with_script(new_page(**DESK), site, f"/admin/desk/{slug}/subtitles/ko/")
    site.manage("shell", "-c", PUBLISH.format(slug=slug))
    steps.read_afresh(page)
    page.goto(f"/ko/m/{slug}.html")
    expect(page.locator("track")).to_have_count(1)
    page.locator("video").evaluate("video => { video.muted = true; video.play(); }")
    page.locator("track").evaluate(
        "track => track.readyState === 2 || new Promise(done => track.addEventListener('load', done))"
    )
    assert page.evaluate(TRACKS) == [["ko", "showing", ["안녕 <하십니까>.", "여러분을 생각합니다."]]]
