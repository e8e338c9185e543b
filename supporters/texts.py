"""What people typed: kept exactly, but for characters that are invisible and only serve to mislead or to break files.

Removed are NUL and the other control characters (line end and tab stay), the controls that turn the direction of
writing for the rest of a line or page, and code points XML forbids. Kept are joiners (emoji, Persian) and the marks
U+200E, U+200F and U+061C: right-to-left writers need them beside punctuation, and they move nothing beyond it.
Nothing is normalised: composed, decomposed and old Hangul stay as typed.
"""

from __future__ import annotations

import regex

LINE_END = regex.compile(r"\r\n?")
REMOVED = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
SURROGATE = regex.compile(r"[\ud800-\udfff]")
# A cluster may carry any number of marks; no writing needs as many as this on average.
CODE_POINTS_PER_CHARACTER = 20


class Unwritable(ValueError):
    """The text holds halves of characters and cannot be stored in any encoding."""


def clean(text: str) -> str:
    """`text` with plain line ends and without the characters named above."""
    if SURROGATE.search(text):
        raise Unwritable
    return REMOVED.sub("", LINE_END.sub("\n", text))


def clean_line(text: str) -> str:
    """The same for a field of one line, without spaces around it."""
    return regex.sub(r"[\n\t\u2028\u2029]+", " ", clean(text)).strip()


def count(text: str) -> int:
    """Characters as a person counts them: grapheme clusters."""
    return len(regex.findall(r"\X", text))


def is_too_long(text: str, limit: int) -> bool:
    """Whether `text` has more than `limit` characters, or hides more behind them than writing needs."""
    return len(text) > limit and (len(text) > limit * CODE_POINTS_PER_CHARACTER or count(text) > limit)
