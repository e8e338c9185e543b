"""The demo letters keep the rules that the site asks of real ones."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import av
import pytest
import regex
from PIL import Image

from demo import drawings, recordings
from demo.content import LETTERS, DemoLetter, grown, letters

ALL = letters()
APPROVED = [letter for letter in ALL if letter.status == "approved"]
STATUSES = {"pending", "approved", "asked", "declined", "removed", "withdrawn"}
REASONS = {"danger", "contact", "insult", "advert", "not_for_readers", "unreadable", "duplicate", "help"}
OUTLETS = {"web", "radio", "usb"}

# Labels, promises, leaders, insults, titles of the South and signs that do not belong into a translation.
UNWANTED = re.compile(
    "북한|탈북|북조선|북향민|인민|수령|장군님|괴뢰|빨갱이|곧 만|다시 만나|꼭 만나|데려|구출|파이팅|화이팅|메시지|핸드폰"
    "|스마트폰|오빠|자기야|회원님|독자님|ㅋ|ㅎㅎ|~|\\.\\.\\.|…|[\\U0001F300-\\U0001FAFF]|http|www|@"
)
FORMAL = re.compile(r"(니다|니까|시오)[.?]$")
QUOTED = re.compile("“[^”]*”|‘[^’]*’")  # What somebody said at home may end in any way.


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.?!])\s+|\n+", QUOTED.sub("", text).strip()) if part.strip()]


def ids(letter: DemoLetter) -> str:
    return f"{letter.country}-{letter.language}-{letter.days_ago}"


def test_every_status_kind_and_outlet_is_there():
    assert {letter.status for letter in ALL} == STATUSES
    assert {letter.kind for letter in ALL if letter.status == "pending"} == {"text", "photo", "video", "voice"}
    assert {outlet for letter in ALL for outlet in letter.agreed} == OUTLETS


def test_there_are_enough_approved_letters_for_two_full_pages_and_an_open_one():
    on_the_web = [letter for letter in APPROVED if "web" in letter.cleared]
    kinds = Counter(letter.kind for letter in on_the_web)

    assert 40 < len(on_the_web) < 60
    assert kinds["photo"] >= 6
    assert kinds["video"] >= 3
    assert kinds["voice"] >= 3


def test_letters_come_from_everywhere():
    assert len({letter.language for letter in ALL}) >= 14
    assert {"ar", "fa"} <= {letter.language for letter in APPROVED}
    countries = {letter.country for letter in ALL}
    assert len(countries - {"ZZ"}) >= 30
    assert "KP" not in countries
    assert {"AE", "ZA", "BA"} <= countries


@pytest.mark.parametrize("letter", ALL, ids=ids)
def test_a_letter_is_complete(letter: DemoLetter):
    assert letter.original.strip() == letter.original != ""
    assert len(regex.findall(r"\X", letter.original)) <= 1000
    assert len(regex.findall(r"\X", letter.edit.get("original", ""))) <= 1000
    assert set(letter.cleared) <= set(letter.agreed) <= OUTLETS
    assert bool(letter.cleared) == (letter.status == "approved")
    assert letter.name_ko
    assert letter.name_en
    assert 0 <= letter.days_ago <= 120
    if letter.status in {"asked", "declined"}:
        assert letter.reason in REASONS
    if letter.language == "en":
        assert letter.body_en == letter.original
    if letter.language == "ko":
        assert letter.body_ko == letter.original


@pytest.mark.parametrize("letter", ALL, ids=ids)
def test_a_letter_names_a_picture_or_a_recording_that_exists(letter: DemoLetter):
    assert (letter.picture in drawings.NAMES) == (letter.kind == "photo")
    clips = {"video": recordings.VIDEO_NAMES, "voice": recordings.VOICE_NAMES}.get(letter.kind, ("",))
    assert letter.clip in clips


@pytest.mark.parametrize("letter", APPROVED, ids=ids)
def test_an_approved_letter_can_be_read_in_both_languages(letter: DemoLetter):
    assert letter.body_ko
    assert letter.body_en
    if letter.kind == "photo":
        assert letter.alt
        assert letter.alt_ko
        assert letter.alt_en
    if not letter.name:
        assert (letter.name_ko, letter.name_en) == ("한 벗", "a friend")


@pytest.mark.parametrize("letter", APPROVED, ids=ids)
def test_the_korean_is_formal_and_free_of_unwanted_words(letter: DemoLetter):
    for text in (letter.body_ko, letter.alt_ko, letter.name_ko):
        assert not UNWANTED.search(text)
    if letter.language != "ko":
        assert "동포" not in letter.body_ko
    for sentence in sentences(letter.body_ko):
        assert FORMAL.search(sentence), sentence


@pytest.mark.parametrize("letter", APPROVED, ids=ids)
def test_quotation_marks_are_typographic(letter: DemoLetter):
    assert '"' not in letter.body_ko + letter.body_en + letter.alt_ko + letter.alt_en
    assert "'" not in letter.body_ko


def test_only_an_approved_letter_has_an_open_edit():
    edited = [letter for letter in ALL if letter.edit]

    assert edited
    assert all(letter.status == "approved" and letter.edit["original"] != letter.original for letter in edited)


def test_the_file_stays_small():
    assert LETTERS.stat().st_size < 200_000


def test_grown_letters_are_varied_and_always_the_same():
    first = list(grown(2000))

    assert first == list(islice(grown(5000), 2000))
    assert len({letter.body_ko for letter in first}) == 2000
    assert {letter.language for letter in first} == {"en", "ko"}
    assert 160 <= sum(len(letter.body_ko) for letter in first) / len(first) <= 200
    for letter in first[:300]:
        assert not UNWANTED.search(letter.body_ko)
        assert all(FORMAL.search(sentence) for sentence in sentences(letter.body_ko))


@pytest.mark.parametrize("name", drawings.NAMES)
def test_a_drawing_is_the_same_every_time(name: str, tmp_path: Path):
    drawings.write_photo(name, tmp_path / "one.jpg")
    again = drawings.draw(name)

    with Image.open(tmp_path / "one.jpg") as photo:
        assert photo.format == "JPEG"
        assert photo.size == again.size
        assert sorted(photo.size) == [1100, 1600]
        assert not photo.getexif()
    assert len(again.resize((40, 40)).getcolors(1600)) > 100
    again.save(tmp_path / "two.jpg", "JPEG", quality=90, optimize=True)
    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()


def some(names: tuple[str, ...]) -> tuple[str, ...]:
    """Making one takes seconds, and all are made by the same few lines: without TEST_ALL two are enough."""
    return names if os.environ.get("TEST_ALL") == "1" else tuple(random.Random(8).sample(sorted(names), 2))


@pytest.mark.parametrize("name", some(recordings.VIDEO_NAMES))
def test_a_video_plays(name: str, tmp_path: Path):
    path = tmp_path / "clip.mp4"

    recordings.write_video(name, path)

    with av.open(str(path)) as clip:
        assert clip.streams.video[0].codec_context.name == "h264"
        assert clip.streams.audio[0].codec_context.name == "aac"
        assert sorted((clip.streams.video[0].width, clip.streams.video[0].height)) == [360, 640]
        assert 5.5 < clip.duration / av.time_base < 12.5
        assert sum(1 for _ in clip.decode(video=0)) > 80


@pytest.mark.parametrize("name", some(recordings.VOICE_NAMES))
@pytest.mark.parametrize("suffix", [".m4a", ".ogg"])
def test_a_voice_plays_and_is_heard(name: str, suffix: str, tmp_path: Path):
    path = tmp_path / f"voice{suffix}"

    recordings.write_voice(name, path)

    with av.open(str(path)) as clip:
        assert 6 <= clip.duration / av.time_base <= 15.5
        loudest = max(abs(frame.to_ndarray()).max() for frame in clip.decode(audio=0))
    assert 0.3 < loudest < 1.2
