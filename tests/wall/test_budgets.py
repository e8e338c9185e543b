"""What a page weighs: one round trip of a phone far away."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.utils import timezone

from supporters.models import Message
from tests.factories import MessageFactory
from wall import order, pages, publishing
from wall import tree as written
from wall.models import WallCounter

pytestmark = pytest.mark.any_database

LETTERS = Path(__file__).resolve().parent.parent.parent / "demo" / "letters.json"
TYPICAL = {"ko": 180, "en": 330}  # characters that say the same


def weight(html: str | None) -> int:
    assert html is not None
    return len(gzip.compress(html.encode(), 6))


def passages(language: str, length: int) -> Iterator[str]:
    """Natural words without end, `length` characters at a time in two paragraphs."""
    letters = [letter for letter in json.loads(LETTERS.read_text()) if letter["status"] == "approved"]
    words = " ".join(letter[f"body_{language}"] for letter in letters if letter.get(f"body_{language}")).split()
    shuffled = random.Random(5)
    while True:
        text = " ".join(words)
        for start in range(0, len(text) - length, length):
            part = text[start : start + length]
            yield f"{part[: length // 2].strip()}\n\n{part[length // 2 :].strip()}"
        # The demo has no more to say: the same words again in another order.
        shuffled.shuffle(words)


def fill(count: int, times: int = 1) -> None:
    """Numbered letters of a typical length, or a multiple of it, with the names and countries of the demo."""
    people = [letter for letter in json.loads(LETTERS.read_text()) if letter["status"] == "approved"]
    texts = {language: passages(language, length * times) for language, length in TYPICAL.items()}
    for number in range(1, count + 1):
        person: dict[str, Any] = people[number % len(people)]
        MessageFactory(
            approved=True,
            wall_number=number,
            submitted_at=timezone.now() - timedelta(days=2 * (count - number)),
            body_ko=next(texts["ko"]),
            body_en=next(texts["en"]),
            **{name: person[name] for name in ("original", "language", "country", "name_ko", "name_en")},
        )
    WallCounter.objects.update_or_create(pk=1, defaults={"last": count})


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 8])
def test_the_front_page_fits_into_one_round_trip(times: int) -> None:
    fill(39, times)

    for language in ("ko", "en"):
        front = pages.render(language, "index.html")
        assert weight(front) <= 14_000
        assert front.count("<article") == 39
        assert weight(front) > 12_500 or times == 1, "no more is cut away than needed"


@pytest.mark.django_db
def test_the_front_page_fits_whatever_names_and_groups_are_sent() -> None:
    fill(39, 8)
    signs = "".join(chr(0xAC00 + 7919 * number % 11172) for number in range(240))
    for number, message in enumerate(Message.objects.all()):
        part = signs[number:] + signs[:number]
        Message.objects.filter(pk=message.pk).update(name_ko=part[:200], name_en=part[:200], group=part)

    for language in ("ko", "en"):
        assert weight(pages.render(language, "index.html")) <= 14_000


@pytest.mark.django_db
def test_other_pages_stay_within_their_budgets() -> None:
    fill(40)
    slug = Message.objects.get(wall_number=20).slug

    for language in ("ko", "en"):
        assert weight(pages.render(language, "p/1.html")) <= 9_000
        assert weight(pages.render(language, order.message_path(slug))) <= 8_000
        assert weight(pages.render(language, "safe.html")) <= 7_000


@pytest.mark.django_db
def test_brotli_saves_what_it_is_there_for(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    fill(20)
    for path in ("index.html", "p/1.html", "safe.html", "map.html", *map(order.message_path, slugs())):
        for language in ("ko", "en"):
            written.write(language, path, pages.render(language, path) or "")

    sizes = {form: sum(path.stat().st_size for path in tree.rglob(f"*{form}")) for form in (".br", ".gz")}
    assert sizes[".br"] <= 0.87 * sizes[".gz"]
    assert all(brotli.decompress(path.read_bytes()) for path in tree.rglob("*.br"))


def slugs() -> list[str]:
    return list(Message.objects.values_list("slug", flat=True)[:5])


@pytest.mark.django_db
def test_a_page_names_its_own_weight(tree: Path) -> None:
    fill(1)
    slug = Message.objects.get().slug
    publishing.publish_all()
    page = tree / "ko" / "m" / f"{slug}.html"

    assert f"글만 저장 ({round(page.with_name(page.name + '.gz').stat().st_size / 1000)} KB)" in page.read_text()
