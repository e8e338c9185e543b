"""Files on their way from Chromium: in pieces over a bad line, recorded with a camera of its own, made smaller."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests import media_samples
from tests.browser import steps
from tests.browser.conftest import CHROMIUM_ARGUMENTS, Site, Watch
from tools.setup import find_chromium

FAKE_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
PADDING = 2_200_000  # bytes, for three pieces
ARRIVED = "The file has arrived and is kept"
PATIENCE = 60_000  # milliseconds, for a look at a file on a busy machine
ENGLISH = {"locale": "en-GB"}


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """Chromium with a camera and a microphone of its own making, and leave to use them."""
    arguments = CHROMIUM_ARGUMENTS + FAKE_CAMERA
    chromium = browser.browser_type.launch(executable_path=find_chromium(), args=arguments)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest video that takes a while: its second half is a box that players skip."""
    path = media_samples.mp4(tmp_path_factory.mktemp("clip"))
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 8 + PADDING, b"free") + os.urandom(PADDING))
    return path


def choose(page: Page, language: str, kind: str, file: Path | None = None) -> Locator:
    """The form with a file on its way; its box."""
    page.goto(f"/{language}/send/")
    steps.choose_kind(page, kind)
    if file:
        page.locator(f"[name={kind}]").set_input_files(file)
    return page.locator(".up")


def line(page: Page, *, upload: int) -> CDPSession:
    """Give the page a line of `upload` bytes a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    session.send("Network.emulateNetworkConditions", conditions)
    return session


def expect_more_than(box: Locator, done: float) -> float:
    """Wait until more than `done` MB have arrived, as the page tells it; returns how many."""
    more = "|".join(f"{tenth // 10}[.]{tenth % 10}" for tenth in range(round(done * 10) + 1, 30))
    count = box.locator("[data-count]")
    expect(count).to_have_text(re.compile(f"^({more}) of 2[.][0-9] MB$"), timeout=PATIENCE)
    return float(count.inner_text().split()[0])


def press(box: Locator, name: str) -> None:
    box.get_by_role("button", name=name, exact=True).click()


def token_of(page: Page) -> str:
    return page.locator("[name=upload]").input_value()


# --- A bad line -------------------------------------------------------------------------------------------------


@pytest.mark.context(**ENGLISH)
def test_a_slow_file_is_paused_loses_its_line_and_its_page_and_arrives(page: Page, clip: Path, watch: Watch) -> None:
    page.goto("/en/send/")
    slow = line(page, upload=300_000)
    box = choose(page, "en", "video", clip)

    first = expect_more_than(box, 0.0)
    second = expect_more_than(box, first)
    third = expect_more_than(box, second)
    assert 0 < first < second < third < 2.2
    expect(box).to_contain_text("You can go on filling in the form.")

    press(box, "Pause")
    expect(box).to_contain_text("You stopped the upload.")
    expect(box.get_by_role("button", name="Continue")).to_be_focused()
    page.locator("[name=name]").fill("Written meanwhile")
    press(box, "Continue")
    expect(box).to_contain_text("You can go on filling in the form.")
    fourth = expect_more_than(box, max(third, 1.0))

    page.reload()
    expect(page.locator("[name=kind][value=video]")).to_be_checked()
    expect(page.locator("[name=name]")).to_have_value("Written meanwhile")
    again = expect_more_than(box, 0.0)
    assert again >= fourth // 1, "what had arrived before is not sent again"

    slow.detach()
    page.context.set_offline(True)
    expect(box).to_contain_text("The connection was lost. Nothing is lost")
    expect(box.get_by_role("button", name="Continue")).to_be_visible()
    page.context.set_offline(False)
    expect(box).to_contain_text(ARRIVED, timeout=PATIENCE)
    assert re.fullmatch(r"[a-z2-7]{26}", token_of(page))


@pytest.mark.context(**ENGLISH)
def test_a_preview_pressed_too_early_waits_for_the_file(page: Page, clip: Path, watch: Watch) -> None:
    page.goto("/en/send/")
    line(page, upload=1_000_000)
    box = choose(page, "en", "video", clip)
    page.locator("[name=made_by_me]").check()
    page.locator("[name=old_enough]").check()
    expect_more_than(box, 0.0)
    page.locator("[name=step][value=preview]:not(.vh)").click()
    expect(box).to_contain_text("The preview opens by itself as soon as the file is there.")
    expect(box).to_be_focused()

    expect(page.locator("article.card .media")).to_be_visible(timeout=PATIENCE)

    expect(page.locator("main")).to_contain_text(re.compile("We remove from your file|found none"))
    steps.press(page, page.locator("[name=step][value=change]"))
    expect(page.locator(".up.kept")).to_contain_text("Your file (2.2 MB) is kept.")
    assert page.evaluate("sessionStorage.getItem('upload')") is None, "the page itself tells of it by now"


@pytest.mark.context(**ENGLISH)
def test_without_a_database_in_the_browser_the_same_file_is_asked_for(page: Page, clip: Path, watch: Watch) -> None:
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page.goto("/en/send/")
    line(page, upload=600_000)
    box = choose(page, "en", "video", clip)
    expect_more_than(box, 1.0)

    page.reload()
    expect(box).to_contain_text("Please choose the same file once more", timeout=PATIENCE)
    assert page.locator("[name=upload]").count() == 0
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.headers.get("upload-offset"))))
    page.locator("[name=video]").set_input_files(clip)

    expect(box).to_contain_text(ARRIVED, timeout=PATIENCE)
    assert next(int(offset) for method, offset in sent if method == "PATCH") >= 1_000_000


# --- What is not taken ------------------------------------------------------------------------------------------


def test_a_file_of_a_wrong_kind_and_a_broken_one_are_refused_in_words(
    page: Page, clip: Path, watch: Watch, tmp_path: Path
) -> None:
    watch.allow(415)
    box = choose(page, "ko", "video", media_samples.text(tmp_path))
    expect(box).to_contain_text("영상을 고르십시오", timeout=PATIENCE)
    expect(page.locator("[name=video]")).to_be_visible()

    page.locator("[name=video]").set_input_files(media_samples.truncated(media_samples.mp4, tmp_path))
    expect(box).to_contain_text("깨졌거나", timeout=PATIENCE)
    expect(box).to_have_attribute("data-at", "refused", timeout=PATIENCE)
    assert page.locator("[name=upload]").count() == 0
    assert page.locator("[name=video]").input_value() == ""


@pytest.mark.context(**ENGLISH)
def test_a_file_that_arrived_can_be_taken_out(page: Page, watch: Watch, tmp_path: Path) -> None:
    box = choose(page, "en", "voice", media_samples.ogg(tmp_path))
    expect(box).to_contain_text(ARRIVED, timeout=PATIENCE)
    token = token_of(page)
    with page.expect_request(lambda request: request.method == "DELETE") as asked:
        press(box, "Remove")

    assert asked.value.url.endswith(token)
    expect(box).to_have_count(0)
    expect(page.locator("[name=voice]")).to_be_focused()
    assert page.locator("[name=upload]").count() == 0


# --- Photos -----------------------------------------------------------------------------------------------------


@pytest.mark.context(**ENGLISH)
def test_a_large_photo_arrives_smaller_upright_and_bare(page: Page, site: Site, tmp_path: Path, watch: Watch) -> None:
    photo = media_samples.jpeg(tmp_path, 6, 3000, 4000)  # upright
    with photo.open("ab") as file:
        file.write(os.urandom(1_600_000))
    known = set(originals(site))

    box = choose(page, "en", "photo", photo)
    expect(box).to_contain_text(ARRIVED, timeout=PATIENCE)

    (sent,) = set(originals(site)) - known
    with Image.open(sent) as picture:
        assert picture.size == (1920, 2560)
        assert not picture.getexif()
        places = ((400, 500), (1500, 500), (400, 2000), (1500, 2000))
        for place, colour in zip(places, media_samples.QUADRANTS, strict=True):
            seen = picture.convert("RGB").getpixel(place)
            assert max(abs(one - other) for one, other in zip(seen, colour, strict=True)) < 12
    page.locator("[name=alt]").fill("Four fields")
    page.locator("[name=made_by_me]").check()
    page.locator("[name=old_enough]").check()
    steps.preview(page)
    expect(page.locator("main")).to_contain_text("What was hidden in it never left your device.")


def originals(site: Site) -> list[Path]:
    return [path for path in (site.var / "private" / "originals").rglob("*") if path.is_file()]


# --- Recording --------------------------------------------------------------------------------------------------


@pytest.mark.context(**ENGLISH)
def test_a_recorded_video_is_watched_sent_and_prepared(page: Page, watch: Watch) -> None:
    choose(page, "en", "video")
    page.locator(".p-video").get_by_role("button", name="Record now").click()
    recorder = page.locator(".rec")
    expect(recorder).to_contain_text("Press the button when you are ready.", timeout=PATIENCE)
    live = recorder.locator("video")
    assert live.evaluate("video => [video.muted, video.srcObject.getTracks().length]") == [True, 2]
    level = recorder.locator("progress")
    press(recorder, "● Start recording")
    expect(recorder.locator("[data-time]")).to_have_text("0:02", timeout=PATIENCE)
    expect(recorder).to_contain_text("of 2:00")
    assert level.evaluate("bar => new Promise(seen => setInterval(() => bar.value > 0.01 && seen(true), 20))")
    press(recorder, "Stop")

    expect(recorder).to_contain_text("See or hear it first.")
    assert live.evaluate("video => video.srcObject") is None, "the camera is off"
    press(recorder, "Use this video")
    box = page.locator(".up")
    expect(box).to_contain_text(ARRIVED, timeout=PATIENCE)
    expect(box).to_be_focused()
    page.locator("[name=name]").fill("Recorder")
    page.locator("[name=made_by_me]").check()
    page.locator("[name=old_enough]").check()
    steps.preview(page)
    private = steps.confirm(page)

    expect(page.locator("[data-state=ready]")).to_contain_text("The file is ready.", timeout=PATIENCE)
    assert page.url.startswith(private)
    assert page.evaluate("sessionStorage.getItem('upload')") is None


def test_a_voice_is_recorded_again_and_kept(page: Page, watch: Watch) -> None:
    choose(page, "ko", "voice")
    button = page.locator(".p-voice .file button")
    watch.allow(503)
    page.route("**/static/supporters/*", lambda route: route.fulfill(status=503))
    with page.expect_response("**/upload.css"):
        button.click()
    expect(page.locator("link[href$='upload.css']")).to_have_count(0)
    page.unroute("**/static/supporters/*")
    button.dblclick()  # another try asks for all of it again
    recorder = page.locator(".rec")
    expect(recorder).to_have_attribute("data-at", "ready", timeout=PATIENCE)  # one, however often it was pressed
    expect(recorder.locator("[data-stop]")).to_be_hidden()
    for _take in range(2):
        recorder.locator("[data-start]").click()
        expect(recorder.locator("[data-time]")).to_have_text("0:01", timeout=PATIENCE)
        recorder.locator("[data-again]").click()
        expect(recorder).to_have_attribute("data-at", "ready")
    recorder.locator("[data-start]").click()
    expect(recorder.locator("[data-time]")).to_have_text("0:01")
    page.locator("[name=step][value=preview]:not(.vh)").click()  # stops it, and shows it first
    expect(recorder.locator("audio")).to_be_visible()
    recorder.locator("[data-use]").click()

    expect(page.locator(".up")).to_have_attribute("data-at", "kept", timeout=PATIENCE)


@pytest.mark.context(**ENGLISH)
def test_a_recording_ends_by_itself_after_two_minutes(page: Page, watch: Watch) -> None:
    page.clock.install()
    choose(page, "en", "voice")
    page.locator(".p-voice .file button").click()
    recorder = page.locator(".rec")
    expect(recorder.locator("[data-start]")).to_be_visible()
    recorder.locator("[data-start]").click()
    expect(recorder.locator("[data-time]")).to_have_text("0:01", timeout=PATIENCE)
    page.clock.fast_forward(90_000)
    expect(recorder).to_contain_text("30 seconds left.")
    page.clock.fast_forward(30_000)

    expect(recorder).to_contain_text("See or hear it first.")


@pytest.mark.context(**ENGLISH)
def test_without_a_camera_or_a_recorder_the_page_says_what_to_do(
    page: Page, browser: Browser, site: Site, new_page: Callable[..., Page]
) -> None:
    bare = browser.browser_type.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
    try:
        alone = bare.new_context(base_url=site.url, **ENGLISH).new_page()
        choose(alone, "en", "video")
        alone.locator(".p-video .file button").click()
        recorder = alone.locator(".rec")
        expect(recorder).to_contain_text("This browser cannot record here. Please record with your phone itself")
        press(recorder, "Do not record")
        expect(alone.locator("[name=video]")).to_be_visible()
        expect(alone.locator(".p-video .file button")).to_be_focused()
    finally:
        bare.close()

    page.add_init_script("delete window.MediaRecorder")
    choose(page, "en", "video")
    expect(page.locator("[name=video]")).to_be_visible()
    assert page.get_by_role("button", name="Record now").count() == 0
