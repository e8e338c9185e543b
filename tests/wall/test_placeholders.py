"""Until a photo has arrived there is its colour, and its place: without styles of its own, in old browsers too."""

from __future__ import annotations

import pytest

from supporters.models import Attachment
from tests.factories import MessageFactory
from tests.wall.conftest import PHOTO, attach, publish_due
from wall import order, pages


@pytest.mark.django_db
@pytest.mark.parametrize("colour", ["#a68c71", ""])
def test_a_photo_has_its_place_and_colour_before_it_has_come(colour: str):
    message = MessageFactory(approved=True, kind="photo", alt_ko="배", alt_en="A boat.")
    attachment = attach(message, PHOTO)
    Attachment.objects.filter(pk=attachment.pk).update(colour=colour)
    publish_due()

    front, korean = (pages.render(language, "index.html") or "" for language in ("en", "ko"))
    letter = pages.render("en", order.message_path(message.slug)) or ""

    drawn = f'<svg viewBox="0 0 640 320" aria-hidden="true"><path fill="{colour or "none"}" d="M0 0h640v320H0z"/></svg>'
    assert drawn in front
    assert drawn in letter
    assert "viewBox" not in korean.partition("<article")[2].partition("</article>")[0]
    assert "style=" not in front + letter
