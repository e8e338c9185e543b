"""Claims: who works on a message is said to the others, ends by itself, and keeps nobody from deciding."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from moderation.models import Claim
from moderation.review import claims
from supporters import lifecycle
from supporters.models import Message
from tests.factories import MessageFactory

from .conftest import address, client_of, typed

pytestmark = pytest.mark.django_db


def stored(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_claim_is_shown_to_its_holder_and_to_the_others_who_can_still_decide(desk, jin):
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False):
        message = MessageFactory(drafted=True)
        others = client_of(jin)
        assert 'value="claim"' in desk.get(address(message)).content.decode()

        desk.post(address(message), {"action": "claim", "revision": 1})

        mine, theirs = (browser.get(address(message)).content.decode() for browser in (desk, others))
        assert "You hold this until 14:32 UTC." in mine
        assert 'value="release"' in mine
        assert "Mina holds this until 14:32 UTC." in theirs
        assert 'value="claim"' not in theirs
        assert others.post(address(message), typed(message, "approve")).status_code == 302
        assert not Claim.objects.exists()


def test_claim_of_somebody_else_is_refused_with_who_holds_it_and_what_was_typed_stays(desk, jin):
    message = MessageFactory()
    claims.claim(message, jin)

    response = desk.post(address(message), typed(message, "claim", body_en="Typed with care"))

    page = response.content.decode()
    assert response.status_code == 409
    assert "Jin holds this until" in page
    assert "Typed with care</textarea>" in page
    assert response.context["ticked"] == ["people", "route", "contact", "tone"]
    assert Claim.objects.get().holder == jin


def test_what_was_typed_stays_when_a_message_is_claimed_or_given_back(desk):
    message = MessageFactory()

    for action in ("claim", "release"):
        page = desk.post(address(message), typed(message, action, body_en="Typed with care")).content.decode()
        assert "Typed with care</textarea>" in page
        assert Claim.objects.exists() == (action == "claim")
    assert stored(message).revision == 1


def test_claim_that_has_run_out_can_be_taken(mina, jin):
    message = MessageFactory()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        claims.claim(message, mina)
        with pytest.raises(claims.Held) as held:
            claims.claim(message, jin)
        assert held.value.by.holder == mina

        clock.shift(claims.LENGTH)

        assert claims.holder_of(message) is None
        claims.claim(message, jin)
        assert claims.holder_of(message).holder == jin
        assert not claims.release(message, mina)
        assert not claims.renew(message, mina)


def test_saving_takes_what_nobody_holds_and_holds_it_longer(desk, mina, jin):
    message, other, free, asked = MessageFactory(), MessageFactory(), MessageFactory(), MessageFactory(asked=True)
    Claim.objects.create(message=message, task="review", holder=mina, until=timezone.now() + timedelta(minutes=1))
    claims.claim(other, jin)

    desk.post(address(message), typed(message, "save"))
    desk.post(address(other), typed(other, "save"))
    desk.get(address(free))
    assert claims.holder_of(free) is None
    desk.post(address(free), typed(free, "save"))
    desk.post(address(asked), typed(asked, "save"))

    assert claims.holder_of(message).until > timezone.now() + timedelta(minutes=19)
    assert claims.holder_of(other).holder == jin
    assert claims.holder_of(free).holder == mina
    assert claims.holder_of(asked) is None


@pytest.mark.parametrize("action", ["approve", "ask", "decline", "second_look", "translate"])
def test_every_outcome_frees_the_message(desk, mina, action):
    message = MessageFactory()
    claims.claim(message, mina)
    claims.claim(message, mina, "ko")

    fields = {"second_look": {"look": ["faces"]}, "translate": {"body_ko": ""}}.get(action, {})

    desk.post(address(message), typed(message, action, **fields))

    assert claims.holder_of(message) is None
    assert (claims.holder_of(message, "ko") is not None) == (action in ("second_look", "translate"))


def test_sender_and_safety_lead_free_it_too(mina, lead):
    waiting, live = MessageFactory(), MessageFactory(approved=True)
    for message in (waiting, live):
        claims.claim(message, mina)

    lifecycle.withdraw(waiting)
    lifecycle.remove(live, actor=lead)

    assert not Claim.objects.exists()


def test_decided_message_is_not_claimed(desk, jin):
    message = MessageFactory()
    client_of(jin).post(address(message), typed(message, "decline"))

    response = desk.post(address(message), typed(message, "claim"))

    assert response.status_code == 409
    assert "Jin declined this" in response.content.decode()
    assert not Claim.objects.exists()
