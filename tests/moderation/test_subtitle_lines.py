"""Lines of subtitles: made from a text, checked, written as files and read from those of others."""

from __future__ import annotations

import itertools
import random
import re

import pysubs2
import pytest

from moderation.subtitling import reading
from moderation.subtitling.lines import Line, Sheet
from moderation.subtitling.splitting import LINE_COLUMNS, columns, split
from supporters import subtitles
from supporters.subtitles import Cue, check, clock, read_clock

KOREAN = (
    "안녕하십니까. 저는 한나라고 합니다. 우리 할머니의 고향은 함흥입니다.\n\n"
    "혹시 이 가락을 아시는 분이 계시면, 함께 불러 주십시오."
)
ENGLISH = (
    "Hello, my name is Hannah. My grandmother comes from Hamhung, a town by the sea which she never saw again after"
    " that winter. I would like you to hear a tune that she used to hum every evening."
)
LENGTH = 20_000
SRT = "1\n00:00:00,000 --> 00:00:02,000\nOne\n\n2\n00:00:02,000 --> 00:00:04,500\nTwo\nlines\n"


# --- From the text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [KOREAN, ENGLISH])
def test_text_becomes_lines_that_fit_and_fill_the_clip(text):
    cues = split(text, LENGTH)

    assert " ".join(" ".join(cue.text for cue in cues).split()) == " ".join(text.split())
    assert check(cues, LENGTH) == []
    assert all(columns(line) <= LINE_COLUMNS for cue in cues for line in cue.text.split("\n"))
    assert (cues[0].begin, cues[-1].end) == (0, LENGTH)
    assert all(earlier.end == later.begin for earlier, later in itertools.pairwise(cues))


def test_lines_break_where_the_reader_pauses():
    texts = [cue.text for cue in split(KOREAN, LENGTH)]

    assert texts[0] == "안녕하십니까. 저는 한나라고 합니다."
    assert "계시면,\n함께" in texts[-1]


def test_longer_lines_stay_longer():
    short, long = split("Hello there, my friends.\nThis one is a good deal longer, and it takes two lines.", 10_000)

    assert long.end - long.begin > short.end - short.begin >= 500


@pytest.mark.parametrize("length", [600, 2_000])
def test_much_text_in_a_short_clip_is_shown_together(length):
    cues = split(ENGLISH, length)

    assert " ".join(" ".join(cue.text for cue in cues).split()) == ENGLISH
    assert not [problem for problem in check(cues, length) if problem.code in ("short", "overlap", "late")]


def test_text_without_spaces_is_split_too():
    cues = split("가" * 200, 60_000)

    assert "".join(cue.text for cue in cues) == "가" * 200
    assert check(cues, 60_000) == []


def test_line_of_a_hundred_thousand_words_is_not_parted():
    sheet = Sheet([Line("0:00.0", "1:00.0", "a " * 100_000)])

    assert (sheet.split(0), len(sheet.lines)) == (0, 1)


def test_no_text_makes_no_lines():
    assert split(" \n ", 5_000) == []


# --- What may be stored -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cues", "code"),
    [
        ([Cue(0, 1000, "")], "empty"),
        ([Cue(0, 1000, "a\nb\nc")], "lines"),
        ([Cue(0, 1000, "x" * 121)], "long"),
        ([Cue(1000, 1000, "a")], "backwards"),
        ([Cue(0, 499, "a")], "short"),
        ([Cue(0, LENGTH + 1, "a")], "late"),
        ([Cue(0, 2000, "a"), Cue(1999, 3000, "b")], "overlap"),
        ([Cue(0, 1000, "a")] * 301, "many"),
    ],
)
def test_what_a_reader_could_not_read_is_named(cues, code):
    assert [problem.code for problem in check(cues, LENGTH)] == [code]


@pytest.mark.parametrize(
    ("typed", "milliseconds"),
    [("0:03.5", 3500), ("62,25", 62_250), ("0:01:02.500", 62_500), ("7", 7000), ("", None), ("-1", None),
     ("1:75", None), ("1:2:3:4", None), ("٣", None), ("1e3", None), ("0:01.2345", None)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(typed, milliseconds):
    assert read_clock(typed) == milliseconds


def test_every_time_is_written_so_that_it_is_read_back():
    chance = random.Random(4)
    for time in [0, 59_999, 60_000, *(chance.randrange(600_000) for _number in range(200))]:
        assert read_clock(clock(time)) == time


# --- Files --------------------------------------------------------------------------------------------------------

HARD = [
    Cue(0, 1000, "A < B & C > D"),
    Cue(1000, 2000, "<3 --> you"),
    Cue(2000, 3500, "둘째 줄\n1"),
    Cue(3500, 4000, "{braces} \\N stay"),
    Cue(4000, 5000, "2"),
]


def test_our_webvtt_comes_back_as_it_was():
    assert reading.read(subtitles.webvtt(HARD).encode()) == HARD


def test_our_srt_comes_back_as_it_was_but_for_an_arrow():
    assert reading.read(subtitles.srt(HARD).encode()) == [
        cue._replace(text=cue.text.replace("-->", "→")) for cue in HARD
    ]


@pytest.mark.parametrize(("kind", "write"), [("srt", subtitles.srt), ("vtt", subtitles.webvtt)])
def test_another_program_reads_our_files(kind, write):
    cues = split(KOREAN, LENGTH)

    found = pysubs2.SSAFile.from_string(write(cues), format_=kind)

    assert [(event.start, event.end, event.plaintext) for event in found] == [tuple(cue) for cue in cues]


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_files_of_another_program_are_read(kind):
    made = pysubs2.SSAFile()
    made.append(pysubs2.SSAEvent(start=0, end=1500, text=r"{\i1}안녕하십니까.{\i0}\N여러분"))
    made.append(pysubs2.SSAEvent(start=1500, end=3000, text="Hello"))

    assert reading.read(made.to_string(kind).encode()) == [
        Cue(0, 1500, "안녕하십니까.\n여러분"),
        Cue(1500, 3000, "Hello"),
    ]


def test_formatting_positions_and_notes_are_dropped_and_words_kept():
    data = (
        "WEBVTT - title\n\nNOTE not\nshown\n\nSTYLE\n::cue {color:red}\n\nfirst\n"
        "00:00.000 --> 00:01.000 line:0 align:start\n"
        "<v.loud Roger><b>Tom &amp; <00:00:00.500>Jerry</b> &lt;3\n\nNOTE no --\nwords\n\n"
        "00:01.000 --> 00:02.000\n<i>two</i>\n"
    )

    assert reading.read(data.encode()) == [Cue(0, 1000, "Tom & Jerry <3"), Cue(1000, 2000, "two")]


@pytest.mark.parametrize(
    "data",
    [
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        SRT.replace("\n", "\r\n").encode(),
        SRT.replace("\n", "\r").encode(),
        SRT.replace("One", "O\u202en\x07e").encode(),
        SRT.replace("One", '<font color="red">One</font>{\\an8}').encode(),
        SRT.replace("00:00:00,000", "0:0:0,0").encode(),
        b"\n\n" + SRT.encode(),
    ],
)
def test_odd_but_honest_files_are_read(data):
    assert reading.read(data) == [Cue(0, 2000, "One"), Cue(2000, 4500, "Two\nlines")]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no subtitles here",
        SRT.encode("utf-16-le"),
        SRT.encode("utf-32"),
        SRT.replace("One", "하나").encode("cp949"),
        SRT.replace("One", "O\0ne").encode(),
        SRT.replace("00:00:02,000 --> 00:00:04", "-00:00:02,000 --> 00:00:04").encode(),
        b"WEBVTT\n\n00:99.000 --> 01:00.000\nx\n",
        b"1\n99:99:99,999 --> 99:99:99,999\nx\n",
        b"".join(b"%d\n00:00:00,000 --> 00:00:01,000\nx\n\n" % number for number in range(5000)),
        SRT.encode() + b"x" * 1_000_000,
        b"\xff\xfe" + b"\x00\xd8" * 99,
        b"<a" * 99_000,
        b"WEBVTT\n\n" + b"-->\n" * 40_000,
        b"RIFF\x00\x00\x00\x00WAVE",
    ],
)
def test_files_that_cannot_be_used_get_one_sentence(data):
    with pytest.raises(reading.Unreadable) as refused:
        reading.read(data)

    assert re.fullmatch(r"[A-Z].{10,120}\.", str(refused.value))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&amp;#65; &#65;&#x1F600;", "&#65; A😀"),
        ("&#0000065;", "A"),
        ("a &#" + "1" * 5000 + ";", "a &#" + "1" * 5000 + ";"),
    ],
)
def test_entities_are_characters_unless_no_character_has_the_number(written, read):
    assert reading.read(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{written}\n".encode())[0].text == read


def test_open_tags_without_end_are_words_and_cost_no_time():
    cues = reading.read(b"1\n00:00:00,000 --> 00:00:01,000\n" + b"<a" * 80_000)

    assert cues[0].text == "<a" * 80_000


def test_broken_files_give_cues_or_a_sentence_and_never_an_error():
    chance = random.Random(21)
    good = subtitles.webvtt(HARD).encode() + SRT.encode("utf-8-sig")
    for _attempt in range(300):
        broken = bytearray(good[chance.randrange(20) :])
        for _flip in range(chance.randrange(1, 12)):
            broken[chance.randrange(len(broken))] = chance.choice([0, 10, 45, 62, 58, 0xFF, chance.randrange(256)])
        try:
            cues = reading.read(bytes(broken))
        except reading.Unreadable:
            continue
        assert all(cue.begin >= 0 and cue.text for cue in cues)
