"""People of the desk, their browsers, and what they type into the review page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from supporters.models import Message
from tests.factories import ModeratorFactory, SafetyLeadFactory

Post = Callable[..., object]


@pytest.fixture
def mina(db: None) -> User:
    return ModeratorFactory(username="mina", first_name="Mina")


@pytest.fixture
def jin(db: None) -> User:
    return ModeratorFactory(username="jin", first_name="Jin")


@pytest.fixture
def lead(db: None) -> User:
    return SafetyLeadFactory(username="lead", first_name="Lea")


def client_of(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


@pytest.fixture
def desk(mina: User) -> Client:
    """A browser in which Mina, a moderator, is logged in."""
    return client_of(mina)


@pytest.fixture
def lead_desk(lead: User) -> Client:
    return client_of(lead)


def address(message: Message) -> str:
    return f"/admin/desk/{message.slug}/"


def typed(message: Message, action: str, **fields: object) -> dict[str, object]:
    """What a browser posts for `message` when everything is filled in; a field given as None is left out."""
    form = {
        "body_ko": "안녕하십니까.",
        "body_en": "Hello.",
        "body_kp": "",
        "alt_ko": "",
        "alt_en": "",
        "name_ko": "마리아",
        "name_en": "Maria",
        "use_web": "on",
        "check": ["people", "route", "contact", "tone"],
        "reason": "contact",
        "note": "",
        "revision": message.revision,
        "action": action,
        **fields,
    }
    return {name: value for name, value in form.items() if value is not None}
