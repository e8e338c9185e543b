"""Check the Korean catalogue: complete, with the placeholders of the source, and in the words both sides know."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale" / "ko"

# Words of the South's daily speech, and what the interface says instead.
AVOIDED = {
    "메시지": "편지, 글",
    "포스트": "편지, 글",
    "한국어": "우리말",
    "조선말": "우리말",
    "동영상": "영상",
    "비디오": "영상",
    "핸드폰": "손전화",
    "스마트폰": "손전화",
    "클릭": "누르십시오",
    "터치": "누르십시오",
    "사이트": "이곳, 화면",
    "페이지": "이곳, 화면",
    "필터": "골라 보기",
    "다운로드": "저장",
    "데이터": "통신",
    "와이파이": "통신",
    "티처": "교원, 선생님",
    "서포터": "벗들",
    "팬": "벗들",
    "관리자": "살펴보는 사람",
    "모더레이터": "살펴보는 사람",
    "브라우저": "이 창",
    "오리지널": "원문",
    "좋아요": "고맙습니다",
    "공유": "함께 보기",
}
# One syllable stands inside many words: alone, or with a particle.
SHORT_WORD = r"(?<![가-힣]){word}(?=$|[^가-힣]|들|은|이|을|과|의|에게|께)"
# Nouns in -요, which end no sentence in the -해요 style.
NOUNS = ("필요", "중요", "주요", "수요", "개요", "동요", "강요", "소요")
SOFT_ENDING = re.compile(r"([가-힣]*요)(?=[.?!…]|$)", re.MULTILINE)

PLACEHOLDER = re.compile(
    r"%(?:\((?P<name>\w+)\))?[#0\- +]*(?:\d+|\*)?(?:\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])|\{(?P<field>\w*)[^{}]*\}"
)


@dataclass(frozen=True)
class Exceptions:
    """Texts that may be the same in both languages, and sentences that need an avoided word."""

    same: frozenset[str] = frozenset()
    words: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def read(cls, locale: Path) -> Exceptions:
        """Read `same_as_english.txt` (a text a line) and `allowed_words.txt` (word, tab, English text)."""
        words = (line.partition("\t") for line in lines(locale / "allowed_words.txt"))
        return cls(frozenset(lines(locale / "same_as_english.txt")), frozenset((word, text) for word, _, text in words))


def lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]


def placeholders(text: str, flags: list[str]) -> Counter[str]:
    """Count what is filled in; a named one may be said more often or less, so it counts once."""
    found: Counter[str] = Counter()
    for match in PLACEHOLDER.finditer(text):
        if match["field"] is not None:
            if "python-brace-format" in flags:
                found[match[0]] = 1
        elif "python-format" not in flags or match["kind"] == "%":
            continue
        elif match["name"]:
            found[f"%({match['name']}){match['kind']}"] = 1
        else:
            found[match[0]] += 1
    return found


def texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def faults(entry: polib.POEntry, exceptions: Exceptions) -> Iterator[str]:
    if entry.obsolete:
        yield "obsolete: take it out (make messages)"
        return
    if entry.fuzzy:
        yield "fuzzy"
    translated = texts(entry)
    if not translated or not all(text.strip() for text in translated):
        yield "not translated"
        return
    # Korean has one form for every number: it stands for the English plural.
    wanted = placeholders(entry.msgid_plural or entry.msgid, entry.flags)
    for text in translated:
        if placeholders(text, entry.flags) != wanted:
            yield f"other placeholders: {text}"
        if text == entry.msgid and text not in exceptions.same:
            yield "the same as in English (if that is meant: locale/ko/same_as_english.txt)"
        yield from style_faults(text, entry.msgid, exceptions)


def style_faults(text: str, source: str, exceptions: Exceptions) -> Iterator[str]:
    plain = re.sub(r"<[^>]*>", "", text)
    for match in SOFT_ENDING.finditer(plain):
        if not match[1].endswith(NOUNS):
            yield f"-해요 style, use -습니다 or -십시오: {match[1]}"
    for word, better in AVOIDED.items():
        pattern = SHORT_WORD.format(word=word) if len(word) == 1 else word
        if re.search(pattern, plain) and (word, source) not in exceptions.words:
            yield f"avoided word {word}, use {better}: {text}"


def check(locale: Path = LOCALE) -> list[str]:
    """Return every fault in the catalogues of `locale`, one a line."""
    exceptions = Exceptions.read(locale)
    catalogues = sorted(locale.glob("LC_MESSAGES/*.po"))
    if not catalogues:
        return [f"no catalogue in {locale.name}/LC_MESSAGES"]
    return [
        f"{file.name}:{entry.linenum} {entry.msgid!r}: {fault}"
        for file in catalogues
        for entry in polib.pofile(str(file))
        for fault in faults(entry, exceptions)
    ]


def main() -> int:
    found = check()
    print("\n".join(found) or "The Korean catalogue is complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
