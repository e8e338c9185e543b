"""People at the same message at the same moment, each with a connection of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from moderation.models import Claim
from moderation.review import views
from supporters import lifecycle
from supporters.models import Edit, Event, Message
from tests.factories import MessageFactory, ModeratorFactory, SafetyLeadFactory

from .conftest import address, client_of, typed

SEEDS, CHUNK = 200, 50
Kind = Event.Kind
Status = Message.Status
WON, LOST = "won", "lost"
AGREED = {"web": True, "radio": True, "usb": False}

# What each may press, by what the message is when both begin, and the event it leaves.
DESK = {
    "waiting": ["approve", "decline", "ask", "save", "second_look", "claim"],
    "decided": ["undo", "claim"],
    "live": ["claim"],
    "edited": ["approve", "decline", "save", "second_look", "claim"],
}
LEAD = {"live": ["remove", "remove"], "edited": ["remove"]}
SENDER = {"waiting": ["withdraw", "edit", "narrow"], "live": ["withdraw", "edit"]}
EVENTS = {
    "approve": (Kind.APPROVED, Kind.EDIT_ACCEPTED), "decline": (Kind.DECLINED, Kind.EDIT_REFUSED), "ask": (Kind.ASKED,),
    "undo": (Kind.UNDONE,), "second_look": (Kind.SECOND_LOOK,), "remove": (Kind.REMOVED,), "claim": (), "save": (),
    "withdraw": (Kind.WITHDRAWN,), "edit": (Kind.ANSWERED, Kind.EDITED), "narrow": (Kind.CONSENT,),
}  # fmt: skip
STATUS_AFTER = {
    Kind.APPROVED: Status.APPROVED, Kind.DECLINED: Status.DECLINED, Kind.ASKED: Status.ASKED,
    Kind.UNDONE: Status.PENDING, Kind.REMOVED: Status.REMOVED, Kind.WITHDRAWN: Status.WITHDRAWN,
}  # fmt: skip
DECISIONS = {Kind.APPROVED, Kind.DECLINED, Kind.ASKED, Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED}


@transaction.atomic
def made(stage: str, moderator: User | None = None) -> Message:
    """A message as both find it: the life line asks for a transaction."""
    trait = {"decided": {"not_yet_live": True}, "waiting": {}}.get(stage, {"approved": True})
    message = MessageFactory(agreed_radio=True, **trait)
    if stage == "decided":
        Event.objects.record(message, Kind.APPROVED, actor=moderator)
    if stage == "edited":
        lifecycle.propose_edit(message, sent={"original": "New."}, agreed=AGREED)
    return message


def at_the_desk(client: Client, message: Message, action: str) -> Callable[[], str]:
    form = typed(message, action, use_radio="on", look=["faces"] if action == "second_look" else [])

    def press() -> str:
        response = client.post(address(message), form)
        assert response.status_code == 409 or response.status_code == (200 if action == "claim" else 302), action
        return LOST if response.status_code == 409 else WON

    return press


def by_the_sender(message: Message, action: str) -> Callable[[], str]:
    seen = Message.objects.get(pk=message.pk)

    def press() -> str:
        try:
            if action == "withdraw":
                lifecycle.withdraw(seen)
            elif action == "narrow":
                lifecycle.narrow(seen, outlets=["radio"])
            elif seen.status == Status.PENDING:
                lifecycle.answer(seen, sent={"original": "Newer."}, agreed=AGREED)
            else:
                lifecycle.propose_edit(seen, sent={"original": "Newer."}, agreed=AGREED)
        except lifecycle.InvalidTransition:
            return LOST
        return WON

    return press


@contextmanager
def threads(count: int) -> Iterator[Callable[..., list[str]]]:
    """Threads with a connection each; what is given to them is let go at the same moment."""
    barrier = Barrier(count)

    def run(press: Callable[[], str]) -> str:
        barrier.wait(timeout=30)
        return press()

    def close() -> None:
        barrier.wait(timeout=30)
        connection.close()

    with ThreadPoolExecutor(count) as pool:
        yield lambda *presses: [future.result(60) for future in [pool.submit(run, press) for press in presses]]
        for future in [pool.submit(close) for _thread in range(count)]:
            future.result(60)


def race(seed: int, people: list[User], desks: list[Client], at_once: Callable[..., list[str]]) -> None:
    """One message, two presses chosen by `seed`; then nobody's decision is lost and nobody was told a lie."""
    chosen = random.Random(seed)
    stage = chosen.choice(["waiting", "waiting", "decided", "live", "edited"])
    message = made(stage, people[0])
    before = message.events.count()
    first = chosen.choice(DESK[stage])
    second = chosen.choice([*DESK[stage], *LEAD.get(stage, []), *SENDER.get(stage, ["withdraw"])])
    is_sender = second in ("withdraw", "edit", "narrow")
    other = by_the_sender(message, second) if is_sender else at_the_desk(desks[1], message, second)

    results = at_once(at_the_desk(desks[0], message, first), other)

    check(stage, Message.objects.get(pk=message.pk), before, dict(zip((first, f"{second} 2"), results, strict=True)))


def check(stage: str, message: Message, before: int, results: dict[str, str]) -> None:
    told = [action.removesuffix(" 2") for action, result in results.items() if result == WON]
    events = list(message.events.order_by("number"))
    new = [Kind(event.kind) for event in events[before:]]

    assert Event.objects.broken_links(message) == []
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    # Whoever was told "done" stands in the life line, once, and nobody else does.
    happened = [kind for kind in new if kind != Kind.SAVED]
    assert len(happened) == sum(bool(EVENTS[action]) for action in told), (results, new)
    assert all(any(kind in EVENTS[action] for kind in happened) for action in told if EVENTS[action]), (results, new)
    # One decision about one text, and the status is the one that the life line ends with.
    assert sum(kind in DECISIONS for kind in new) <= 1, (results, new)
    statuses = [STATUS_AFTER[Kind(event.kind)] for event in events if Kind(event.kind) in STATUS_AFTER]
    start = Status.APPROVED if stage in ("live", "edited") else Status.PENDING
    back = [Status.PENDING] if new[-1:] == [Kind.ANSWERED] else []
    assert message.status == (*[start], *statuses, *back)[-1], (results, new)
    if "withdraw 2" in results:
        assert message.status == Status.WITHDRAWN
        assert not message.cleared_web
    check_rows(message, told, new)


def check_rows(message: Message, told: list[str], new: list[Kind]) -> None:
    """What lies beside the life line agrees with it."""
    assert told.count("claim") <= 1
    held = Claim.objects.filter(message=message).count()
    is_waiting = message.status == Status.PENDING or message.edits.filter(status=Edit.Status.OPEN).exists()
    assert held <= min(1, told.count("claim") + told.count("save"))
    assert not held or (is_waiting and message.status in (Status.PENDING, Status.APPROVED)), (told, new)
    assert message.edits.filter(status=Edit.Status.OPEN).count() <= 1
    for outlet in ("web", "radio"):
        assert getattr(message, f"agreed_{outlet}") or not getattr(message, f"cleared_{outlet}")


@pytest.fixture(autouse=True)
def bare_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are shown by other tests; here they would take most of the time of two hundred races."""

    def show(_request: object, _page: object, _form: object, *, conflict: str = "", **_rest: object) -> HttpResponse:
        return HttpResponse(status=409 if conflict else 200)

    monkeypatch.setattr(views, "_show", show)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("start", range(0, SEEDS, CHUNK))
def test_of_two_at_once_nothing_is_lost_and_nobody_is_told_a_lie(start):
    # Both may undo the decision: otherwise a refusal would not be a lost race.
    people = [ModeratorFactory(), SafetyLeadFactory()]
    desks = [client_of(person) for person in people]

    with threads(2) as at_once:
        for seed in range(start, start + CHUNK):
            race(seed, people, desks, at_once)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_sender_and_desk_at_an_edit_do_not_block_each_other():
    desk = client_of(SafetyLeadFactory())
    with threads(3) as at_once:
        for _round in range(6):
            message = made("edited")

            at_once(
                at_the_desk(desk, message, "approve"),
                by_the_sender(message, "narrow"),
                by_the_sender(message, "narrow"),
            )

            assert not message.edits.get().cleared_radio
            assert Event.objects.broken_links(message) == []
