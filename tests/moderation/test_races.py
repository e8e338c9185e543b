"""Two people at the same message at the same moment, each with a connection of their own."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client

from supporters import lifecycle
from supporters.models import Event, Message
from tests.factories import MessageFactory, ModeratorFactory, SafetyLeadFactory

from .conftest import address, client_of, typed

SEEDS = 50
CHUNK = 10
Kind = Event.Kind
DECISIONS = {"approve": Kind.APPROVED, "decline": Kind.DECLINED, "ask": Kind.ASKED, "undo": Kind.UNDONE}
SENDER = {"withdraw": Kind.WITHDRAWN, "narrow": Kind.CONSENT}
WON, LOST = "won", "lost"


@transaction.atomic
def made(**fields: object) -> Message:
    """A message and its first event: the life line asks for a transaction."""
    return MessageFactory(**fields)


def at_the_desk(client: Client, message: Message, action: str) -> Callable[[], str]:
    form = typed(message, action, use_radio="on")

    def press() -> str:
        response = client.post(address(message), form)
        assert response.status_code in (302, 409), response.status_code
        return WON if response.status_code == 302 else LOST

    return press


def by_the_sender(message: Message, action: str) -> Callable[[], str]:
    seen = Message.objects.get(pk=message.pk)

    def press() -> str:
        try:
            if action == "withdraw":
                lifecycle.withdraw(seen)
            else:
                lifecycle.narrow(seen, outlets=["radio"])
        except lifecycle.InvalidTransition:
            return LOST
        return WON

    return press


def at_once(*presses: Callable[[], str]) -> list[str]:
    """Call each in its own thread, all let go at the same moment."""
    barrier = Barrier(len(presses))

    def run(press: Callable[[], str]) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return press()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(presses)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, press) for press in presses]]


def race(seed: int, people: list[User]) -> tuple[Message, list[str], list[str]]:
    """One message, two presses chosen by `seed`: the message afterwards, what was pressed, and who won."""
    chosen = random.Random(seed)
    first = chosen.choice(sorted(DECISIONS))
    second = chosen.choice(sorted(DECISIONS | SENDER))
    message = made(agreed_radio=True)
    if "undo" in (first, second):
        client_of(people[0]).post(address(message), typed(message, "approve"))
        message.refresh_from_db()
    presses = []
    for person, action in zip(people, (first, second), strict=True):
        if action in SENDER:
            presses.append(by_the_sender(message, action))
        else:
            presses.append(at_the_desk(client_of(person), message, action))
    results = at_once(*presses)
    return Message.objects.get(pk=message.pk), [first, second], results


def check(message: Message, pressed: list[str], results: list[str]) -> None:
    before = ["received", "saved", "approved"] if "undo" in pressed else ["received"]
    events = list(message.events.order_by("number").values_list("kind", flat=True))
    happened = [kind for kind in events[len(before) :] if kind != Kind.SAVED]
    winners = [(DECISIONS | SENDER)[action] for action, result in zip(pressed, results, strict=True) if result == WON]

    # Whoever was told "done" stands in the life line, once, and nobody else does.
    assert sorted(happened) == sorted(winners)
    assert Event.objects.broken_links(message) == []
    decisions = [kind for kind in happened if kind in DECISIONS.values()]
    assert len(decisions) <= 1
    if not set(pressed) & set(SENDER):
        assert len(decisions) == 1
    for action in set(pressed) & set(SENDER):
        assert results[pressed.index(action)] == WON
    if "withdraw" in pressed:
        assert message.status == Message.Status.WITHDRAWN
        assert not message.cleared_web
    if "narrow" in pressed:
        assert not message.cleared_radio
    assert all(
        getattr(message, f"agreed_{outlet}") or not getattr(message, f"cleared_{outlet}") for outlet in ("web", "radio")
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("start", range(0, SEEDS, CHUNK))
def test_of_two_at_once_one_wins_and_the_other_is_told(start):
    # Both may undo the other's decision: otherwise a refusal would not be a lost race.
    people = [ModeratorFactory(), SafetyLeadFactory()]

    for seed in range(start, start + CHUNK):
        check(*race(seed, people))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_decisions_about_an_edit_one_wins():
    people = [ModeratorFactory(), SafetyLeadFactory()]
    agreed = {"web": True, "radio": False, "usb": False}
    for first, second in [("approve", "approve"), ("approve", "decline"), ("decline", "decline")] * 3:
        message = made(approved=True)
        lifecycle.propose_edit(message, sent={"original": "New."}, agreed=agreed)

        results = at_once(
            at_the_desk(client_of(people[0]), message, first), at_the_desk(client_of(people[1]), message, second)
        )

        assert sorted(results) == [LOST, WON]
        assert message.events.filter(kind__in=[Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED]).count() == 1
        assert Event.objects.broken_links(message) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_sender_and_desk_at_an_edit_do_not_block_each_other():
    lead = SafetyLeadFactory()
    agreed = {"web": True, "radio": True, "usb": False}
    for _round in range(8):
        message = made(approved=True, agreed_radio=True)
        edit = lifecycle.propose_edit(message, sent={"original": "New."}, agreed=agreed)

        at_once(
            at_the_desk(client_of(lead), message, "approve"),
            by_the_sender(message, "narrow"),
            by_the_sender(message, "narrow"),
        )

        edit.refresh_from_db()
        assert not edit.cleared_radio
        assert Event.objects.broken_links(message) == []
