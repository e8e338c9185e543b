"""The page of one letter: in every state its words and files can be in, and in large type."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from supporters.models import Message
from tests.factories import MessageFactory
from tests.wall.conftest import PHOTO, VIDEO, VOICE, attach
from wall import order, pages

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
Publish = Callable[..., list[Message]]
FILES = {"photo": PHOTO, "video": VIDEO, "voice": VOICE}


def rendered(message: Message, language: str = "ko") -> str:
    return pages.render(language, order.message_path(message.slug)) or ""


@pytest.mark.parametrize(
    ("original", "language", "direction"),
    [
        ("مرحبا بكم", "ar", "rtl"),
        # It begins with a name in other letters, or says another language than it is in.
        ("Ahmad: مرحبا بكم يا أصدقاء", "ar", "rtl"),
        ("مرحبا بكم", "fr", "rtl"),
        ("שלום (Shalom) לכולם", "he", "rtl"),
        ("Bonjour, محمد vous salue.", "fr", "ltr"),
        ("你好", "zh", "ltr"),
        ("…", "ar", "ltr"),
    ],
)
def test_an_original_stands_in_the_direction_of_most_of_its_words(original: str, language: str, direction: str) -> None:
    message = MessageFactory(approved=True, wall_number=1, original=original, language=language)

    for page in ("ko", "en"):
        assert f'<div lang="{language}" dir="{direction}"><p>{original}' in rendered(message, page)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", FILES)
def test_what_cannot_be_opened_is_described_instead(kind: str, language: str) -> None:
    message = MessageFactory(approved=True, wall_number=1, kind=kind, alt_ko="바다입니다.", alt_en="The sea.")

    page = rendered(message, language)

    assert {"ko": "바다입니다.", "en": "The sea."}[language] in page
    assert "/media/" not in page
    assert 'class="media' in page
    for element in ("<img", "<video", "<audio", "If the "):
        assert element not in page


@pytest.mark.parametrize("kind", ["video", "voice"])
def test_a_recording_without_words_does_not_send_readers_to_them(kind: str) -> None:
    message = MessageFactory(approved=True, wall_number=1, kind=kind, alt_en="A song.", alt_ko="노래")
    attach(message, FILES[kind])
    assert 'class="hint"' in rendered(message, "en")

    Message.objects.filter(pk=message.pk).update(status="pending", body_en="")
    message.refresh_from_db()
    message.status = "approved"
    page = pages.render_to_string(
        "wall/_player.html", {"letter": pages.whole_letter(message, "en"), "place": pages.Place("en", "m/a.html")}
    )

    assert f"<{'audio' if kind == 'voice' else 'video'}" in page
    assert "read the words below" not in page


def test_large_type_needs_no_script_and_no_other_address(tree: Path, publish: Publish) -> None:
    (letter,) = publish()

    page = (tree / "ko" / "m" / f"{letter.slug}.html").read_text()

    main = page[page.index("<main") :]
    # The style sheet reaches the card from the box, so that notes, the cover and Back do not end it.
    assert re.search(r'<input type="checkbox" id="big"[^>]*><label for="big">', main)
    assert main.index('id="big"') < main.index('<article class="card')
    assert "#big:checked~.card .msg" in page
    assert "<form" not in page
    assert 'id="big"' not in (tree / "ko" / "index.html").read_text()
