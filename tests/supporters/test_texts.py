"""What people typed is kept exactly, but for what misleads or cannot be stored."""

from __future__ import annotations

import pytest

from supporters import texts

DECOMPOSED = "안녕"
OLD_HANGUL = "ᄒᆞᆫ글 ᄠᅳᆮ"
FAMILY = "👩‍👩‍👧‍👦"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("안녕하십니까", id="composed"),
        pytest.param(DECOMPOSED, id="decomposed"),
        pytest.param(OLD_HANGUL, id="old Hangul"),
        pytest.param(f"{FAMILY} 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇰🇷 👍🏽", id="emoji sequences"),
        pytest.param("می\u200cخواهم", id="Persian with a non-joiner"),
        pytest.param("שלום\u200f!", id="Hebrew with its mark"),
        pytest.param("  two\n\n\tlines  ", id="spaces, tabs and lines"),
        pytest.param("ﬁ Å Å １", id="compatibility characters"),
    ],
)
def test_text_survives_exactly(text: str) -> None:
    assert texts.clean(text) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("a\x00b", "ab", id="NUL"),
        pytest.param("a\x07\x1b\x7f\x85b", "ab", id="controls"),
        pytest.param("a\u202eb\u2066c\u2069d\u202a", "abcd", id="direction controls"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="line ends"),
        pytest.param("a\uffff\ufffeb", "ab", id="not allowed in XML"),
    ],
)
def test_invisible_characters_are_removed(typed: str, kept: str) -> None:
    assert texts.clean(typed) == kept


def test_half_a_character_is_refused() -> None:
    with pytest.raises(texts.Unwritable):
        texts.clean("a\ud83d")


def test_a_line_has_no_line_end_and_no_space_around() -> None:
    assert texts.clean_line(" Maria\nda\u2028Silva\t") == "Maria da Silva"


@pytest.mark.parametrize(
    ("text", "count"),
    [(DECOMPOSED, 2), (FAMILY, 1), ("👍🏽🇰🇷", 2), ("नमस्ते", 3), ("e\u0301", 1), ("", 0)],
)
def test_characters_are_counted_as_a_person_counts_them(text: str, count: int) -> None:
    assert texts.count(text) == count


def test_a_thousand_emoji_of_seven_parts_fit() -> None:
    assert not texts.is_too_long(FAMILY * 1000, 1000)
    assert texts.is_too_long(FAMILY * 1001, 1000)


def test_one_character_with_endless_marks_is_too_long() -> None:
    assert texts.count("Z" + "\u0301" * 30_000) == 1
    assert texts.is_too_long("Z" + "\u0301" * 30_000, 1000)
