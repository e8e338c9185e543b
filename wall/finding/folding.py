"""How words are compared: accents, case, full-width forms and the two ways to store Hangul make no difference.

A text is composed first and then folded sign by sign, so that what stands in it keeps its place. Neither Python's `re`
nor a database does the same for every writing: both engines get what was folded here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

# What belongs to a word in any writing. Marks are in it: vowels of Hindi or Thai are marks.
RUN = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
# Latin letters that are not a letter with a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe"})
_MOST_SIGNS = 20_000


class _Folds(dict[int, str]):
    """Each sign with what it is compared as, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_SIGNS:
            self.clear()
        folded = self[code] = _fold_sign(chr(code))
        return folded


def _fold_sign(sign: str) -> str:
    if _INVISIBLE.fullmatch(sign):
        return ""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", sign).casefold())
    plain = "".join(part for part in parts if not "\u0300" <= part <= "\u036f")
    return unicodedata.normalize("NFC", plain.translate(_PLAIN))


FOLDS = _Folds()


def fold(text: str) -> str:
    """`text` as it is compared."""
    return unicodedata.normalize("NFC", text).translate(FOLDS)


def runs(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    found: list[str] = RUN.findall(fold(text))
    return found


# --- The initial sound -------------------------------------------------------------------------------------------

_FIRST, _LAST, _A_INITIAL, _A_VOWEL = 0xAC00, 0xD7A3, 588, 28
_N, _R, _SILENT = 2, 5, 11
_Y_VOWELS = {2, 3, 6, 7, 12, 17, 20}  # ㅑ ㅒ ㅕ ㅖ ㅛ ㅠ ㅣ


@lru_cache(maxsize=4096)
def first_syllables(sign: str) -> tuple[str, ...]:
    """The syllables a word that begins with `sign` may begin with on the other side: 녀 for 여, 로 for 노.

    The South drops ㄹ and ㄴ before ㅣ and ㅑㅕㅛㅠ at the beginning of a word and says ㄴ for ㄹ elsewhere; the North
    keeps both.
    """
    code = ord(sign)
    if not _FIRST <= code <= _LAST:
        return ()
    initial, rest = divmod(code - _FIRST, _A_INITIAL)
    family = (_N, _R, _SILENT) if rest // _A_VOWEL in _Y_VOWELS else (_N, _R)
    if initial not in family:
        return ()
    return tuple(chr(_FIRST + other * _A_INITIAL + rest) for other in family if other != initial)
