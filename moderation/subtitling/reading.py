"""Subtitle files others made, read as WebVTT or SubRip: plain words and times, or one sentence why not.

Formatting tags and positions are dropped, words never. General readers of many formats lose words between `<` and `>`,
take notes of WebVTT for words, or slow down with the square of unclosed tags; these two are small enough to read here.
"""

from __future__ import annotations

import codecs
import html
from collections.abc import Iterator
from itertools import zip_longest

import regex
from django.utils.translation import gettext as _

from supporters import texts
from supporters.subtitles import MOST_CUES, Cue, plain, read_clock

BYTE_LIMIT = 200_000
ARROW = "-->"
TIMES = regex.compile(r"\s*(-?[0-9][0-9:.,-]*)\s*-->\s*(-?[0-9][0-9:.,-]*)(?:\s.*)?")
NUMBER = regex.compile(r"\s*[0-9]{1,9}\s*")
# The tags of both formats and their positions. Anything else between angle brackets is words: "3 < 4", "<3".
TAGS = regex.compile(
    r"</?(?:b|i|u|s|c|v|font|lang|ruby|rt)(?:[.\s][^<>]*)?/?>|<[0-9][0-9:.]*>|\{\\[^{}]*\}", regex.IGNORECASE
)

LONG_NUMBERS = regex.compile(r"&(#[0-9]{100,})")


class Unreadable(Exception):
    """The file holds no subtitles that can be taken over; the text is a sentence for whoever chose it."""


def read(data: bytes) -> list[Cue]:
    """The cues of a file, by their beginning. Times may still overlap or be too long: the form says so.

    Raises `Unreadable`.
    """
    text = _decoded(data)
    is_webvtt = text.startswith("WEBVTT")
    lines = text.split("\n")
    found = []
    for number, begin, end, words in _blocks(lines, is_webvtt=is_webvtt):
        if begin is None or end is None:
            raise Unreadable(_("The times in line %(line)d of the file cannot be read.") % {"line": number})
        bare = TAGS.sub("", words)
        if spoken := plain(_unescaped(bare) if is_webvtt else bare):
            found.append(Cue(begin, end, spoken))
        if len(found) > MOST_CUES:
            raise Unreadable(_("The file has more than %(most)d lines of subtitles.") % {"most": MOST_CUES})
    if not found:
        raise Unreadable(_("No timed lines were found in this file. Choose an .srt or .vtt file."))
    return sorted(found, key=lambda cue: (cue.begin, cue.end))


def _unescaped(words: str) -> str:
    """Entities as the characters they stand for; numbers no character has stay as they are."""
    # Python refuses to read a number of thousands of digits, with an exception of its own.
    return html.unescape(LONG_NUMBERS.sub(r"&amp;\1", words))


def _decoded(data: bytes) -> str:
    if len(data) > BYTE_LIMIT:
        raise Unreadable(_("The file is larger than 200 kB."))
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not data.startswith(codecs.BOM_UTF32_LE)
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
        if "\0" in text:  # UTF-16 or -32 without its mark, or no text at all
            raise Unreadable(_wrong_encoding())
        return texts.clean(text)
    except (UnicodeDecodeError, texts.Unwritable):
        raise Unreadable(_wrong_encoding()) from None


def _wrong_encoding() -> str:
    return _("The file is not written in UTF-8. Save it as UTF-8 and choose it again.")


def _blocks(lines: list[str], *, is_webvtt: bool) -> Iterator[tuple[int, int | None, int | None, str]]:
    """Line number, times and words of each cue.

    In WebVTT an empty line ends a cue. In SubRip only the times of the next one do, with its number before them.
    """
    starts = [index for index, line in enumerate(lines) if ARROW in line and (is_webvtt or TIMES.fullmatch(line))]
    for start, following in zip_longest(starts, starts[1:]):
        words = lines[start + 1 : following]
        if is_webvtt:
            words = words[: next((index for index, line in enumerate(words) if not line.strip()), len(words))]
        elif following is not None and words and NUMBER.fullmatch(words[-1]):
            words.pop()
        times = TIMES.fullmatch(lines[start])
        begin, end = (read_clock(part) for part in times.groups()) if times else (None, None)
        yield start + 1, begin, end, "\n".join(words)
