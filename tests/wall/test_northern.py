"""The wording of the North on the page of a letter, and whom readers may thank for a translation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from moderation import roles
from moderation.translating import translations
from supporters import lifecycle
from supporters.models import Message
from tests.factories import MessageFactory, ModeratorFactory, StaffFactory
from tests.wall.conftest import publish_due
from tests.wall.test_budgets import fill, weight
from wall import order, pages

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Publish = Callable[..., list[Message]]
NORTHERN = "안녕하십니까. 오늘도 동무들을 그립니다."


def page_of(tree: Path, message: Message, language: str = "ko") -> str:
    return (tree / language / "m" / f"{message.slug}.html").read_text()


def sign(message: Message) -> None:
    reader = StaffFactory(role=roles.NORTHERN_READER)
    (row,) = translations.request(message, by=ModeratorFactory(), languages=["kp"])
    translations.sign(row, by=reader, revision=row.revision, text=NORTHERN)


def test_a_signature_brings_the_northern_wording_to_the_published_page(tree: Path, publish: Publish) -> None:
    (letter,) = publish()
    assert "동무들을" not in page_of(tree, letter)

    sign(letter)
    publish_due()

    page = page_of(tree, letter)
    assert '<div lang="ko-KP"><p>안녕하십니까. 오늘도 동무들을 그립니다.</p>' in page
    assert page.count("<script") == page.replace(NORTHERN, "").count("<script")
    assert "동무들을" not in page_of(tree, letter, "en")


def test_a_wording_without_a_signature_is_not_offered(tree: Path, publish: Publish) -> None:
    (letter,) = publish(body_kp=NORTHERN)

    assert "동무들을" not in page_of(tree, letter)
    assert "ko-KP" not in page_of(tree, letter)


@pytest.mark.parametrize("changed", [{"body_kp": "다른 말입니다."}, {"body_ko": "고친 편지입니다."}])
def test_the_signature_ends_when_the_desk_changes_the_wording_or_its_korean(
    tree: Path, publish: Publish, changed: dict[str, str]
) -> None:
    (letter,) = publish()
    sign(letter)
    letter.refresh_from_db()
    mina = ModeratorFactory()
    edit = lifecycle.propose_edit(letter, sent={"original": "Olá."}, agreed={})
    cleared = {"web": True, "radio": False, "usb": False}
    lifecycle.save_edit_texts(edit, actor=mina, revision=edit.message.revision, texts=changed, cleared=cleared)
    assert not edit.kp_signed
    lifecycle.accept_edit(edit, moderator=mina, revision=edit.message.revision, checks=lifecycle.CHECKS)
    type(edit).objects.filter(pk=edit.pk).update(live_at=letter.live_at)
    lifecycle.apply_edit(edit.pk)
    publish_due()

    letter.refresh_from_db()
    assert not letter.kp_signed
    assert "ko-KP" not in page_of(tree, letter)
    row = letter.translations.get(language="kp")
    assert row.state == translations.State.READY, "a reader is asked to sign it again"
    assert row.text == letter.body_kp


def test_the_signature_ends_with_a_newly_reviewed_korean_text() -> None:
    message = MessageFactory(body_ko="안녕하십니까.")
    sign(message)
    (row,) = translations.request(Message.objects.get(pk=message.pk), by=ModeratorFactory(), languages=["ko"])
    translations.hand_back(row, by=StaffFactory(), revision=row.revision, text="고친 글입니다.", credit="")

    translations.review(row, by=StaffFactory(), revision=row.revision, text="고친 글입니다.")

    message.refresh_from_db()
    assert (message.body_ko, message.body_kp, message.kp_signed) == ("고친 글입니다.", NORTHERN, False)


def test_translators_are_named_in_the_language_they_wrote(tree: Path, publish: Publish) -> None:
    (letter,) = publish(credit_ko="<b>소라</b>", credit_en="Sora")

    assert "&lt;b&gt;소라&lt;/b&gt;" in page_of(tree, letter)
    assert "English by Sora" in page_of(tree, letter, "en")
    assert "소라" not in page_of(tree, letter, "en")
    (unnamed,) = publish()
    assert "English by" not in page_of(tree, unnamed, "en")


def test_the_page_with_all_of_it_stays_within_its_budget() -> None:
    fill(40)
    letter = Message.objects.get(wall_number=20)
    northern = (letter.body_ko or "").replace("습니다", "ㅂ니다요")
    Message.objects.filter(pk=letter.pk).update(
        body_kp=northern, kp_signed=True, credit_ko="옮긴 사람 소라", credit_en="Sora the translator"
    )

    assert "ko-KP" in (pages.render("ko", order.message_path(letter.slug)) or "")
    assert weight(pages.render("ko", order.message_path(letter.slug))) <= 8_000
