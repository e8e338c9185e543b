"""Wording rules: what expressions find, how administrators try and change them, and how well they do."""

from __future__ import annotations

import importlib
import unicodedata

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from moderation import roles, terms
from moderation.hinting import rules, starting
from moderation.hinting.checker import Checker, parts
from moderation.management.commands.check_hints import FOLDER, measure
from moderation.models import Flag, Term, WordingRule
from tests.factories import StaffFactory

from .conftest import client_of

TRY = "/admin/moderation/wordingrule/try/"
# Two ways to read each letter: on a long text that nearly fits it would take longer than the world has stood.
ENDLESS = r"(?:a|a)+b"


def rule(pattern: str, **fields: str) -> WordingRule:
    return WordingRule(**{"code": "one", "kind": "contact", "reads": "both", "pattern": pattern, **fields})


def words(pattern: str, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in rules.Rulebook([rule(pattern)]).hits(text, reads=["original"])]


# --- Expressions ------------------------------------------------------------------------------------------------


def test_split_hangul_and_marks_are_found_where_they_stand():
    text = unicodedata.normalize("NFD", "어제 회령 옆 café 에서")

    assert words("회령\ncafé", text) == [unicodedata.normalize("NFD", word) for word in ("회령", "café")]


def test_unseen_and_wide_characters_hide_nothing():
    assert words(r"\d{6}", "tel ０１０\u200b５５５.") == ["０１０\u200b５５５"]
    assert words("don't", "I don’t") == ["don’t"]


def test_comments_and_empty_lines_are_no_expressions():
    assert words("# one\n\n  two  ", "one two") == ["two"]


def test_rules_for_a_language_look_at_texts_with_its_letters():
    book = rules.Rulebook([rule("a1|가", language="ko")])

    assert book.hits("a1 나", reads=[]) != []
    assert book.hits("a1", reads=[]) == []


def test_one_place_is_marked_once_for_one_reason():
    check = Checker(rules.Rulebook([rule("one two"), rule("two", code="two"), rule("two", kind="person")]), [])

    hints = check.hints("one two", is_draft=None)

    assert [(hint.kind, hint.start, hint.end) for hint in hints] == [("contact", 0, 7), ("person", 4, 7)]
    assert [(part.words, len(part.hints)) for part in parts("one two", hints)] == [("one ", 1), ("two", 2)]


def test_endless_expression_stops_neither_the_text_nor_other_rules(caplog):
    book = rules.Rulebook([rule(ENDLESS, code="endless"), rule("(", code="open"), rule("hello", code="fine")])

    hits = book.hits("hello " + "a" * 90, reads=[])

    assert [hit.rule.code for hit in hits] == ["fine"]
    assert book.broken == ["endless", "open"]
    assert "endless" in caplog.text
    assert "hello" not in caplog.text


def test_what_is_too_slow_for_one_text_hides_nothing_else():
    book = rules.Rulebook([rule(ENDLESS + "\nhello")])

    assert [(hit.start, hit.end) for hit in book.hits("a" * 90 + " hello", reads=[])] == [(91, 96)]
    assert [(hit.start, hit.end) for hit in book.hits("ab hello", reads=[])] == [(0, 2), (3, 8)]
    assert book.broken == ["one"]


def test_many_hits_are_bounded_whatever_the_number_of_expressions():
    assert len(rules.Rulebook([rule("a\nb")]).hits("a " * 100 + "b " * 100, reads=[])) == 2 * rules.MOST_HITS


@pytest.mark.parametrize(
    ("pattern", "line", "code"),
    [
        ("# only a comment", 1, "empty"),
        ("fine\n(open", 2, "wrong"),
        (r"fine\n\n".replace(r"\n", "\n") + r"\L<nothing_like_it>", 3, "wrong"),
        ("x*", 1, "everything"),
        ("fine\n" + ENDLESS, 2, "slow"),
        # Written out while it is compiled: gigabytes.
        ("(?:a{60000}){60000}b", 1, "slow"),
        ("(" * 2000 + "a" + ")" * 2000, 1, "wrong"),
    ],
)
def test_bad_expression_is_refused_with_its_line(pattern, line, code):
    with pytest.raises(rules.BadExpression) as caught:
        rules.check(pattern)

    assert (caught.value.line, caught.value.code) == (line, code)


# --- Words of the South -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("south", "text", "words"),
    [
        ("앱", "앱을 열었습니다. 앱들도 많습니다.", ["앱", "앱"]),
        ("앱", "앱솔루트, 지갑", []),
        ("휴대폰", "새휴대폰번호", ["휴대폰"]),
        ("가르치다", "가르쳐 주고 가르칩니다", ["가르쳐", "가르칩니다"]),
        ("데이트하다", "데이트했습니다", ["데이트했습니다"]),
        ("TV", "TV를 보는 MTV", []),
        ("SNS하다", "SNS합니다", ["SNS합니다"]),
        ("PR다", "그 PR다", ["PR다"]),
        ("TV", "tv 앞에서", ["tv"]),
        ("인터넷 검색", "인터넷검색을", ["인터넷검색"]),
    ],
)
def test_word_of_the_south_is_found_with_its_endings(south, text, words):
    found = terms.in_text(text, [Term(south=south, north="x")])

    assert [text[one.start : one.end] for one in found] == words


def test_longer_word_is_found_instead_of_the_one_in_it():
    found = terms.in_text("인터넷 검색", [Term(south="인터넷"), Term(south="인터넷 검색")])

    assert [one.term.south for one in found] == ["인터넷 검색"]


# --- What the desk starts with ----------------------------------------------------------------------------------


HOSTILE = ("부대", "새벽", "비자도강Сен", "누이", "언제나", "a-", "1", "영일이", "kid투먼", "beer", "a.a", "at닷")


@pytest.mark.django_db
@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_of_a_sender_is_too_slow_for_the_rules_at_the_start(words):
    book = rules.Rulebook.active()

    book.hits((words * 1000)[:1000] + "!", reads=["original"])

    assert book.broken == []


@pytest.mark.django_db
def test_every_rule_at_the_start_can_be_used_and_explains_itself():
    rows = list(WordingRule.objects.all())

    for row in rows:
        rules.check(row.pattern)
        assert row.kind in Flag.Kind.values
        assert row.reason_en.endswith(".")
        assert row.reason_ko.endswith((".", "십시오."))
    raised = {row.kind for row in rows}
    assert set(Flag.Kind.values) - raised == {"qr", "same_text", "same_picture", "flood"}
    assert {row.confidence for row in rows} == {"A", "B", "C"}
    assert Term.objects.count() > 84


@pytest.mark.django_db
def test_starting_rows_can_be_taken_back_and_brought_again():
    migration = importlib.import_module("moderation.migrations.0006_first_rules_and_terms")
    own = WordingRule.objects.create(code="our-own", kind="contact", pattern="x", reason_en="x", reason_ko="x")
    WordingRule.objects.filter(code="link").update(pattern="changed by staff")

    migration.add(apps, None)
    assert WordingRule.objects.get(code="link").pattern == "changed by staff"
    migration.remove(apps, None)

    assert list(WordingRule.objects.all()) == [own]
    assert not Term.objects.exists()
    migration.add(apps, None)
    assert WordingRule.objects.count() == len(starting.rule_rows()) + 1


@pytest.mark.django_db
def test_sentences_nobody_tuned_the_rules_on_are_judged_well():
    held_out, count = measure(FOLDER / "held_out.tsv")

    assert count >= 100
    assert held_out.recall("contact") >= 0.95
    assert held_out.recall("promise") >= 0.95
    assert held_out.recall() >= 0.85
    assert held_out.precision() >= 0.85


@pytest.mark.django_db
def test_command_prints_precision_and_recall_of_each_file(tmp_path, capsys):
    path = tmp_path / "few.tsv"
    path.write_text("language\tlabels\tsentence\nen\tcontact promise\tI promise.\nen\t-\tI promise.\n")

    call_command("check_hints", path)

    lines = capsys.readouterr().out.splitlines()
    assert "few.tsv (2)" in lines[0]
    assert [line.split() for line in lines if line.startswith(("contact", "promise", "all"))] == [
        ["contact", "1.00", "0.00"], ["promise", "0.50", "1.00"], ["all", "0.50", "0.50"],
    ]  # fmt: skip
    path.write_text("no table\n1\t2\n")
    with pytest.raises(CommandError):
        call_command("check_hints", path)


# --- The admin --------------------------------------------------------------------------------------------------


@pytest.fixture
def administrator(db):
    return client_of(StaffFactory(role=roles.ADMINISTRATOR))


def typed(pattern: str, **fields: str) -> dict[str, str]:
    row = {
        "code": "paper", "kind": "contact", "language": "", "reads": "both", "pattern": pattern,
        "reason_en": "Paper.", "reason_ko": "종이입니다.", "severity": "low", "confidence": "C", "is_active": "on",
        "sample": "",
    }  # fmt: skip
    return row | fields


def test_rule_is_tried_without_saving(administrator):
    form = typed("paper", sample="A <b>paper</b> boat", _try="1")

    page = administrator.post("/admin/moderation/wordingrule/add/", form).content.decode()

    assert "&lt;b&gt;<mark>paper</mark>&lt;/b&gt;" in page
    assert "Paper." in page
    assert "Please correct the error" not in page
    assert not WordingRule.objects.filter(code="paper").exists()


def test_rule_is_added_and_then_finds(administrator):
    response = administrator.post("/admin/moderation/wordingrule/add/", typed("paper\r\n# comment\r\nboat"))

    assert response.status_code == 302
    assert WordingRule.objects.get(code="paper").pattern == "paper\n# comment\nboat"
    assert "<mark>boat</mark>" in administrator.post(TRY, {"sample": "a boat"}).content.decode()


def test_bad_expression_is_not_saved_and_its_line_is_named(administrator):
    page = administrator.post("/admin/moderation/wordingrule/add/", typed("paper\n[a")).content.decode()

    assert "Line 2 is not an expression" in page
    assert not WordingRule.objects.filter(code="paper").exists()


def test_all_rules_are_tried_on_a_pasted_text(administrator):
    WordingRule.objects.create(code="bad", kind="contact", pattern="(", reason_en="x", reason_ko="x")

    page = administrator.post(TRY, {"sample": "<i>새 휴대폰</i>을 샀습니다."}).content.decode()

    assert "&lt;i&gt;새 <mark>휴대폰</mark>" in page
    assert "in the North: 손전화(기)" in page
    assert "take too long: bad" in " ".join(page.split())
    assert not Flag.objects.exists()


@pytest.mark.django_db
def test_administrators_and_safety_leads_try_rules_and_nobody_else(lead):
    for role in roles.ROLES:
        expected = 200 if role in (roles.ADMINISTRATOR, roles.SAFETY_LEAD) else 403
        assert client_of(StaffFactory(role=role)).get(TRY).status_code == expected, role


def test_text_that_is_too_long_is_refused_with_the_page(administrator):
    page = administrator.post(TRY, {"sample": "a" * 5001}).content.decode()

    assert "at most 5000 characters" in page
    assert "a" * 5001 in page


def test_lists_of_rules_and_words_are_shown_and_searched(administrator):
    rule_list = administrator.get("/admin/moderation/wordingrule/?q=phone").content.decode()
    term_list = administrator.get("/admin/moderation/term/?q=휴대폰").content.decode()

    assert "phone-number" in rule_list
    assert TRY in rule_list
    assert "손전화(기)" in term_list
    pk = Term.objects.get(south="휴대폰").pk
    assert "Raises a hint" in administrator.get(f"/admin/moderation/term/{pk}/change/").content.decode()
