"""Languages of messages: their names for readers, and a first guess from the text itself."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"
# Offered in the form. BCP 47; the order of the list is that of the names.
OFFERED = (
    "am ar bg bn ca cs da de el en es et fa fi fil fr ha he hi hr hu id is it ja kk km ko ky lo lt lv mn ms my ne nl no"
    " pl ps pt ro ru sk sl so sq sr sv sw ta te th tr uk ur uz vi yo zh-Hans zh-Hant zu"
).split()
EVERYDAY = {
    "ko": {
        "ko": "우리말",
        "es": "에스파냐어",
        "zh-Hans": "중국어 (간체)",
        "zh-Hant": "중국어 (번체)",
        UNKNOWN: "다른 말",
    },
    "en": {"zh-Hans": "Chinese (simplified)", "zh-Hant": "Chinese (traditional)", UNKNOWN: "Another language"},
}
# A text is Korean when at least this share of its letters is Hangul: greetings in Hangul inside a letter in another
# language stay below it.
HANGUL_SHARE = 0.3


@cache
def language_name(code: str, language: str) -> str:
    """How readers of `language` (`ko` or `en`) call the language `code`."""
    if name := EVERYDAY[language].get(code):
        return name
    try:
        return Locale(language).languages[code.split("-")[0]]
    except KeyError:
        return EVERYDAY[language][UNKNOWN]


def stands_as_typed(language: str) -> bool:
    """Whether the wall shows an original in `language` as it came; in its own two it shows what the desk made of it."""
    return language not in ("ko", "en")


@cache
def choices(language: str) -> list[tuple[str, str]]:
    """Codes and names for the form, in the order of the names; "another language" comes last."""
    named = sorted(((code, language_name(code, language)) for code in OFFERED), key=lambda row: row[1].casefold())
    return [*named, (UNKNOWN, language_name(UNKNOWN, language))]


@cache
def _identifier() -> LanguageIdentifier:
    # Imported here: loading the model takes about a second and only senders need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    known = {str(label) for label in identifier.labels}
    identifier.set_languages(sorted({code.split("-")[0] for code in OFFERED} & known))
    return identifier


def detect(text: str) -> str:
    """The language of `text` as BCP 47: Korean by its letters, the rest by py3langid; `und` when there is no letter."""
    letters = [sign for sign in unicodedata.normalize("NFC", text) if sign.isalpha()]
    if not letters:
        return UNKNOWN
    hangul = sum("가" <= sign <= "힣" or "ᄀ" <= sign <= "ᇿ" or "ㄱ" <= sign <= "ㆎ" for sign in letters)
    if hangul / len(letters) >= HANGUL_SHARE:
        return "ko"
    code, _probability = _identifier().classify(text)
    if code == "zh":
        return "zh-Hant" if _is_traditional(text) else "zh-Hans"
    return code if code in OFFERED else UNKNOWN


# Frequent characters that exist in one of the two writings only.
TRADITIONAL = set("們個這會來國說為時對學愛過還開點經頭長願嗎問聽讓與從難給關邊號請謝")
SIMPLIFIED = set("们个这会来国说为时对学爱过还开点经头长愿吗问听让与从难给关边号请谢")


def _is_traditional(text: str) -> bool:
    return sum(sign in TRADITIONAL for sign in text) > sum(sign in SIMPLIFIED for sign in text)
