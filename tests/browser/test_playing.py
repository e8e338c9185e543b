"""What is made of odd films and voices plays in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from supporters import media
from tests import media_samples as samples

pytestmark = pytest.mark.media
# Plays from the beginning and answers once time has passed; a failure answers too.
PLAY = """async address => {
  const player = document.createElement("video");
  player.muted = true;
  player.src = address;
  document.body.append(player);
  await new Promise((resolve, reject) => {
    player.ontimeupdate = () => player.currentTime > 0.3 && resolve();
    player.onended = resolve;
    player.onerror = () => reject(new Error(player.error.message));
    player.play().catch(reject);
  });
  return [player.videoWidth, player.videoHeight, player.currentTime, player.duration];
}"""


def hevc_of_a_phone(folder: Path) -> Path:
    codecs = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-tag:v", "hvc1"]
    return samples.film(folder, "hevc.mov", *codecs, *samples.AAC, size=(160, 120), seconds=1)


def sound_of_eight_channels(folder: Path) -> Path:
    codecs = [*samples.H264, "-pix_fmt", "yuv444p", "-c:a", "aac", "-ac", "8"]
    return samples.film(folder, "8.mp4", *codecs, size=(161, 121), seconds=1)


@pytest.mark.parametrize(
    ("make", "kind", "name", "size"),
    [
        (hevc_of_a_phone, "video", "480.mp4", [160, 120]),
        (sound_of_eight_channels, "video", "240.mp4", [160, 120]),
        (samples.amr, "voice", "voice.m4a", [0, 0]),
    ],
)
def test_it_plays(browser: Browser, tmp_path: Path, make: object, kind: str, name: str, size: list[int]):
    (tmp_path / "made").mkdir()
    media.convert(make(tmp_path), kind, tmp_path / "made")
    (tmp_path / "page.html").write_text("<!doctype html><title>Player</title>", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())

    width, height, at, seconds = page.evaluate(PLAY, f"made/{name}")

    assert [width, height] == size
    assert at > 0
    assert seconds == pytest.approx(2 if kind == "voice" else 1, abs=0.15)
    context.close()
