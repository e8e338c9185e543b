"""The check of the Korean catalogue finds what a hurried translator leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_korean, compile_messages, make_messages

HEADER = r"""
msgid ""
msgstr ""
"Language: ko\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""
CLEAN = """
#, python-format
msgid "%(count)d letter from %(name)s"
msgid_plural "%(count)d letters from %(name)s"
msgstr[0] "%(name)s님이 보낸 편지 %(count)d통입니다."

msgid "Confirm"
msgstr "확인이 필요."

msgid "100% written by hand"
msgstr "모두 손으로 썼습니다."
"""


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    folder = tmp_path / "locale" / "ko"
    (folder / "LC_MESSAGES").mkdir(parents=True)
    return folder


def write(locale: Path, text: str) -> Path:
    catalogue = locale / "LC_MESSAGES" / "django.po"
    catalogue.write_text(HEADER + text, encoding="utf-8")
    return catalogue


def test_a_clean_catalogue_passes(locale: Path) -> None:
    write(locale, CLEAN)

    assert check_korean.check(locale) == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        pytest.param('msgid "Send"\nmsgstr ""', "not translated", id="empty"),
        pytest.param('msgid "a"\nmsgid_plural "b"\nmsgstr[0] ""', "not translated", id="empty plural"),
        pytest.param('#, fuzzy\nmsgid "Send"\nmsgstr "보내기"', "fuzzy", id="fuzzy"),
        pytest.param('#~ msgid "Send"\n#~ msgstr "보내기"', "obsolete", id="obsolete"),
        pytest.param('msgid "Send"\nmsgstr "Send"', "the same as in English", id="same"),
        pytest.param('#, python-format\nmsgid "%d m"\nmsgstr "편지"', "other placeholders", id="lost"),
        pytest.param('#, python-format\nmsgid "%(n)s m"\nmsgstr "%(m)s 편지"', "other placeholders", id="renamed"),
        pytest.param('#, python-format\nmsgid "%s"\nmsgstr "%s %s"', "other placeholders", id="one more"),
        pytest.param('#, python-brace-format\nmsgid "{a}"\nmsgstr "{b}"', "other placeholders", id="brace"),
        pytest.param('msgid "Write"\nmsgstr "편지를 써 주세요."', "-해요 style", id="soft"),
        pytest.param('msgid "Write?"\nmsgstr "쓸까요? 예."', "-해요 style", id="soft question"),
        pytest.param('msgid "Write"\nmsgstr "편지를 써 주세요"', "-해요 style", id="soft without a full stop"),
        pytest.param('msgid "Message"\nmsgstr "메시지를 쓰십시오."', "avoided word 메시지", id="loanword"),
        pytest.param('msgid "Fans"\nmsgstr "팬들이 썼습니다."', "avoided word 팬", id="short loanword"),
    ],
)
def test_a_planted_fault_is_found(locale: Path, entry: str, fault: str) -> None:
    write(locale, CLEAN + "\n" + entry + "\n")

    found = check_korean.check(locale)

    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize("word", check_korean.AVOIDED)
def test_every_avoided_word_is_found(locale: Path, word: str) -> None:
    write(locale, f'msgid "Word"\nmsgstr "{word} 보기"\n')

    assert any(f"avoided word {word}" in line for line in check_korean.check(locale))


def test_a_short_word_inside_another_is_left_alone(locale: Path) -> None:
    write(locale, 'msgid "Panda"\nmsgstr "팬더"\n')

    assert check_korean.check(locale) == []


def test_listed_exceptions_pass(locale: Path) -> None:
    write(locale, 'msgid "PDF"\nmsgstr "PDF"\n\nmsgid "Korean of the South"\nmsgstr "남녘의 한국어"\n')
    (locale / "same_as_english.txt").write_text("# Names of formats\nPDF\n", encoding="utf-8")
    (locale / "allowed_words.txt").write_text("한국어\tKorean of the South\n", encoding="utf-8")

    assert check_korean.check(locale) == []


def test_a_missing_catalogue_is_a_fault(locale: Path) -> None:
    assert check_korean.check(locale) == ["no catalogue in ko/LC_MESSAGES"]


def test_difference_names_new_gone_and_changed_messages() -> None:
    old = {(None, "kept", ""): set(), (None, "gone", ""): set(), (None, "%d", ""): set()}
    new = {(None, "kept", ""): set(), (None, "new", ""): set(), (None, "%d", ""): {"python-format"}}

    assert make_messages.differences(old, new) == [
        "not in the catalogue: 'new'",
        "no longer in the source: 'gone'",
        "other flags: '%d'",
    ]


def test_catalogue_is_compiled_once_and_fuzzy_stays_english(locale: Path) -> None:
    root = locale.parent.parent
    catalogue = write(locale, CLEAN + '\n#, fuzzy\nmsgid "Send"\nmsgstr "보내기"\n')

    assert compile_messages.main(root) == 0

    compiled = catalogue.with_suffix(".mo").read_bytes()
    assert "손으로".encode() in compiled
    assert "보내기".encode() not in compiled
    assert compile_messages.stale(root) == []


def test_a_broken_catalogue_is_named(locale: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (locale / "LC_MESSAGES" / "django.po").write_bytes(b'msgid "Send"\nmsgstr "\xff"\n')

    assert compile_messages.main(locale.parent.parent) == 1
    assert "locale/ko/LC_MESSAGES/django.po" in capsys.readouterr().out
