"""A changed row of the life line is found by its chain."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from supporters import lifecycle
from supporters.models import Event, Message
from tests.factories import MessageFactory, ModeratorFactory

pytestmark = pytest.mark.django_db


def chain() -> Message:
    """A message with five events."""
    message, moderator = MessageFactory(), ModeratorFactory()
    for decide in (lifecycle.ask, lifecycle.decline):
        decide(message, moderator=moderator, revision=message.revision, reason="contact")
        lifecycle.undo(message, actor=moderator)
    return message


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "approved"},
        {"reason": "other"},
        {"actor": None},
        {"is_public": False},
        {"at": timezone.now() - timedelta(days=1)},
        {"ids": {"edit": 7}},
        {"digest": "0" * 64},
        {"previous": "0" * 64},
        {"number": 9},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_event_is_found(change):
    message = chain()

    Event.objects.filter(message=message, number=2).update(**change)

    assert Event.objects.broken_links(message) != []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_missing_event_is_found(number):
    message = chain()

    Event.objects.filter(message=message, number=number).delete()

    assert Event.objects.broken_links(message) != []


def test_whole_chain_is_not_suspected():
    assert Event.objects.broken_links(chain()) == []
