"""Long country names fit the circle of the postmark without a break inside a word."""

from __future__ import annotations

import pytest

from supporters.countries import country


@pytest.mark.parametrize(
    ("code", "language", "fit", "parts"),
    [
        ("DE", "en", "", ["Germany"]),
        ("KR", "en", "", ["South Korea"]),
        ("AE", "en", "long", ["United Arab Emirates"]),
        ("BA", "en", "tiny", ["Bosnia & Herzegovina"]),
        ("BR", "ko", "", ["브라질"]),
        ("KZ", "ko", "", ["카자흐스탄"]),
        ("ZA", "ko", "", ["남아프리카", "공화국"]),
        ("AE", "ko", "long", ["아랍", "에미리트"]),
        ("BD", "ko", "", ["방글라데시"]),
        ("AU", "ko", "tiny", ["오스트레일리아"]),
    ],
)
def test_the_type_of_a_postmark_follows_its_longest_word(code: str, language: str, fit: str, parts: list[str]) -> None:
    found = country(code, language)

    assert (found.fit, found.parts) == (fit, parts)
