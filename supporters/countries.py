"""Country names for readers and senders: Korean and English from CLDR, the Northern form from our own table."""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale

SOMEWHERE = "ZZ"  # "a friend somewhere": a sender who gives no country; not counted as one
# In CLDR, but not places a sender would call a country; KP is not offered to senders.
NOT_OFFERED = set("AC CP CQ DG EA EU EZ IC KP QO TA UN XA XB ZZ".split())
# Where CLDR's name is official or long; the everyday name fits a postmark.
EVERYDAY = {
    "ko": {
        "KR": "한국",
        "ZA": "남아프리카공화국",
        "HK": "홍콩",
        "MO": "마카오",
        "PS": "팔레스타인",
        SOMEWHERE: "어느 나라의 벗",
    },
    "en": {"HK": "Hong Kong", "MO": "Macao", "MM": "Myanmar", "PS": "Palestine", SOMEWHERE: "a friend somewhere"},
}
# Where a long Korean name may break: after its first part.
JOINTS = ("공화국", "제도", "에미리트", "아라비아", "헤르체고비나", "뉴기니", "그레나딘", "연방", "왕국")


@dataclass(frozen=True)
class Country:
    code: str
    name: str  # as the South, or the reader's English, says
    north: str  # as the North says, when that differs and the page is Korean; else empty

    @property
    def label(self) -> str:
        """For lists: 독일 (도이췰란드)."""
        return f"{self.name} ({self.north})" if self.north else self.name

    @property
    def is_long(self) -> bool:
        """Whether it fills a line of the postmark: six or more letters of Hangul, or ten of Latin."""
        return max(len(self.name), len(self.north)) >= (6 if self.name[0] >= "가" else 10)

    @property
    def fit(self) -> str:
        """The type a postmark needs so that no word breaks and nothing leaves the circle: "", "long" or "tiny"."""
        words = [word for part in self.parts for word in part.split()]
        widest, whole = max(map(_ems, words)), _ems(self.name)
        if widest <= 5 and whole <= (5 if self.north else 9):
            return ""
        return "long" if widest <= 6 and whole <= (6 if self.north else 13) else "tiny"

    @property
    def parts(self) -> list[str]:
        """The name cut where a postmark may break it, never inside a word."""
        for joint in JOINTS:
            if self.is_long and self.name.endswith(joint) and self.name != joint:
                return [self.name[: -len(joint)], joint]
        return [self.name]


def _ems(word: str) -> float:
    """About how wide a word is, in widths of a Hangul letter."""
    return sum(1 if sign >= "ᄀ" else 0.62 for sign in word)


@cache
def _northern() -> dict[str, str]:
    with (Path(__file__).parent / "data" / "country_names_north.tsv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["ko_north"] for row in csv.DictReader(file, delimiter="\t")}


@cache
def country(code: str, language: str) -> Country:
    """The country `code` (ISO 3166-1 alpha-2 or ZZ) as readers of `language` (`ko` or `en`) call it."""
    name = EVERYDAY[language].get(code) or Locale(language).territories[code]
    north = _northern().get(code, "") if language == "ko" else ""
    return Country(code, name, north if north != name else "")


@cache
def codes() -> frozenset[str]:
    """Every code a sender may choose, without `SOMEWHERE`."""
    territories = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha() and code not in NOT_OFFERED)


@cache
def choices(language: str) -> list[tuple[str, str]]:
    """Codes and labels in the order of the alphabet of `language`; `SOMEWHERE` comes first."""
    listed = [(code, country(code, language).label) for code in codes()]
    friend = (SOMEWHERE, country(SOMEWHERE, language).name)
    return [friend, *sorted(listed, key=lambda row: _sort_key(row[1]))]


def _sort_key(label: str) -> str:
    """Accents do not move a name to the end of the list (Åland, Türkiye)."""
    decomposed = unicodedata.normalize("NFKD", label)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()
