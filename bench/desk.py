"""A desk with many waiting letters, for `run.py`: every list of it and the page of one letter."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from demo.content import grown
from demo.loading import MARK
from moderation.models import Flag, Translation
from supporters.models import Event, Look, Message
from supporters.models.files import new_token

Kind = Event.Kind
# Letters arrive over nine days: some wait long, most do not.
PERIOD = timedelta(days=9)


def fill(total: int) -> None:
    """Add waiting letters until there are `total`: among them videos, second looks, hints, the same words twice, and
    for each the texts that translators are asked for.
    """
    have = Message.objects.filter(status=Message.Status.PENDING).count()
    chance = random.Random(have)
    now = timezone.now()
    letters = list(grown(total - have))
    rows = [
        Message(
            kind="video" if chance.random() < 0.1 else "text",
            original=letter.original, original_name=letter.name_en, language=letter.language, country=letter.country,
            agreed_web=True, look=Look.FACES if chance.random() < 0.05 else "",
            submitted_at=now - PERIOD * chance.random(), receipt_hash=f"{MARK}{new_token()}",
        )
        for letter in letters
    ]  # fmt: skip
    with transaction.atomic():
        Message.objects.bulk_create(rows, batch_size=500)
        Event.objects.bulk_create([event for row in rows for event in _life_line(row, chance)], batch_size=500)
        Flag.objects.bulk_create([flag for row in rows for flag in _hints(row, rows[0], chance)], batch_size=500)
        Translation.objects.bulk_create([text for row in rows for text in _texts(row, chance)], batch_size=500)


def _life_line(message: Message, chance: random.Random) -> list[Event]:
    kinds = [Kind.RECEIVED]
    # A third of what needs a second look had its first one.
    if (message.look or message.kind == Message.Kind.VIDEO) and chance.random() < 0.3:
        kinds.append(Kind.SECOND_LOOK)
    actor = User.objects.get(username=chance.choice(["moderator", "moderator2"]))
    events: list[Event] = []
    for number, kind in enumerate(kinds, start=1):
        previous = events[-1].digest if events else ""
        person = actor if kind == Kind.SECOND_LOOK else None
        event = Event(
            message=message, number=number, kind=kind, at=message.submitted_at, actor=person, previous=previous
        )
        event.digest = event.compute_digest()
        events.append(event)
    return events


def _hints(message: Message, other: Message, chance: random.Random) -> list[Flag]:
    kinds = [kind for kind in (Flag.Kind.CONTACT, Flag.Kind.PERSON, Flag.Kind.SOUTHERN) if chance.random() < 0.3]
    flags = [Flag(message=message, kind=kind, field="original", start=0, end=5) for kind in kinds]
    if message is not other and chance.random() < 0.05:
        flags.append(Flag(message=message, kind=Flag.Kind.SAME_TEXT, other=other))
    return flags


def _texts(message: Message, chance: random.Random) -> list[Translation]:
    """A third is open, a third waits for its review, a third came back: with a hundred letters each list is full."""
    texts, sora = [], User.objects.get(username="translator")
    for language in sorted({"ko", "en"} - {message.language}):
        luck = chance.random()
        state = Translation.State.READY if luck < 0.33 else Translation.State.DRAFT
        fields = {"asked_at": message.submitted_at, "state_at": message.submitted_at, "state": state}
        cannot, person = ("language" if 0.33 <= luck < 0.66 else ""), (sora if luck < 0.66 else None)
        texts.append(Translation(message=message, language=language, cannot=cannot, translator=person, **fields))
    return texts


def pages() -> dict[str, Callable[[], object]]:
    """The pages to measure, by the name of their budget row."""
    client, translator = Client(), Client()
    client.force_login(User.objects.get(username="moderator"))
    translator.force_login(User.objects.get(username="translator"))
    # In the middle of the queue, and without hints: what a letter has of its own takes queries of its own.
    plain = Message.objects.filter(status=Message.Status.PENDING, kind="text", look="", flags=None)
    ordered = plain.order_by("submitted_at", "pk")
    letter = ordered[ordered.count() // 2]
    addresses = {
        "queue": "/admin/desk/",
        "second looks": "/admin/desk/second-look/",
        "review page": f"/admin/desk/{letter.slug}/",
        "start page": "/admin/desk/start/",
    }
    found: dict[str, Callable[[], object]] = {
        name: partial(client.get, address, SERVER_NAME="localhost") for name, address in addresses.items()
    }
    return found | {"translation queue": partial(translator.get, "/admin/desk/translate/", SERVER_NAME="localhost")}


def queries(page: Callable[[], object]) -> int:
    page()
    with CaptureQueriesContext(connection) as captured:
        page()
    return len(captured)
