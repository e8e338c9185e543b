"""Keys of the review page: each has a visible button, and everybody can switch them off without script."""

from __future__ import annotations

import gzip
import re

import pytest
from django.conf import settings

from moderation.models import Preference
from tests.factories import MessageFactory

from .conftest import address, typed

pytestmark = pytest.mark.django_db
SCRIPT = "moderation/desk.js"


def keys(page: str) -> set[str]:
    """The keys of buttons and links, each of which shows its key."""
    found = re.findall(r'<(a|button|summary)\b[^>]* data-key="(?:Key)?([A-Z?])"[^>]*>(.*?)</\1>', page)
    for _tag, key, label in found:
        assert f">{key}</kbd>" in label
    return {key for _tag, key, _label in found}


def test_every_key_has_a_button_that_shows_it(desk):
    first, middle, _last = (MessageFactory() for _message in range(3))

    page = desk.post(address(first), typed(first, "decline"), follow=True).content.decode()
    assert keys(page) == {"J", "C", "A", "S", "T", "E", "D", "U", "?"}
    assert "K" in keys(desk.get(address(_last)).content.decode())
    assert SCRIPT in page
    assert middle.slug in page


def test_keys_are_switched_off_and_on_again_by_a_form(desk, mina):
    message = MessageFactory()
    back = {"next": address(message)}

    assert desk.post("/admin/desk/preferences/", {"has_keys": "off", **back})["Location"] == address(message)
    page = desk.get(address(message)).content.decode()
    assert keys(page) == set()
    assert SCRIPT not in page
    assert "The keys are switched off." in page
    assert not Preference.objects.get(user=mina).has_keys

    desk.post("/admin/desk/preferences/", {"has_keys": "on"})
    assert "A" in keys(desk.get(address(message)).content.decode())


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/ko/", "javascript:alert(1)"])
def test_form_leads_back_to_the_desk_only(desk, target):
    answer = desk.post("/admin/desk/preferences/", {"has_keys": "on", "next": target})

    assert answer["Location"] == "/admin/desk/preferences/"


def test_wrong_choice_is_answered_with_the_page(desk):
    answer = desk.post("/admin/desk/preferences/", {"has_keys": "perhaps"})

    assert "Choose on or off." in answer.content.decode()
    assert not Preference.objects.exists()


def test_script_stays_small():
    assert len(gzip.compress((settings.BASE_DIR / "static" / SCRIPT).read_bytes())) <= 2048
