"""Every way a status may and may not go, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from supporters import lifecycle
from supporters.models import Attachment, Edit, Event, Message
from tests.factories import AttachmentFactory, MessageFactory, ModeratorFactory, SafetyLeadFactory
from tests.queues import run_jobs

pytestmark = pytest.mark.django_db
Status = Message.Status
ALL_CHECKS = lifecycle.CHECKS
WEB = {"web": True, "radio": False, "usb": False}


def message_in(status: Status, **fields: object) -> Message:
    """A message with both texts in `status`, its decision not live yet."""
    if status != Status.PENDING:
        fields.setdefault("live_at", timezone.now() + timedelta(minutes=10))
    return MessageFactory(drafted=True, cleared_web=True, status=status, **fields)


def approve(message: Message) -> object:
    return lifecycle.approve(message, moderator=ModeratorFactory(), revision=message.revision, checks=ALL_CHECKS)


def ask(message: Message) -> object:
    return lifecycle.ask(message, moderator=ModeratorFactory(), revision=message.revision, reason="contact", note="Why")


def decline(message: Message) -> object:
    return lifecycle.decline(message, moderator=ModeratorFactory(), revision=message.revision, reason="insult")


def undo(message: Message) -> object:
    return lifecycle.undo(message, actor=ModeratorFactory())


def remove(message: Message) -> object:
    return lifecycle.remove(message, actor=SafetyLeadFactory(), reason="danger")


def restore(message: Message) -> object:
    return lifecycle.restore(message, actor=SafetyLeadFactory())


def answer(message: Message) -> object:
    return lifecycle.answer(message, sent={"original": "Changed."}, agreed=WEB)


def propose_edit(message: Message) -> object:
    return lifecycle.propose_edit(message, sent={"original": "Changed."}, agreed=WEB)


MOVES: dict[Callable[[Message], object], dict[Status, Status]] = {
    approve: {Status.PENDING: Status.APPROVED, Status.ASKED: Status.APPROVED},
    ask: {Status.PENDING: Status.ASKED},
    decline: {Status.PENDING: Status.DECLINED, Status.ASKED: Status.DECLINED},
    undo: dict.fromkeys([Status.APPROVED, Status.ASKED, Status.DECLINED], Status.PENDING),
    remove: {Status.APPROVED: Status.REMOVED},
    restore: {Status.REMOVED: Status.APPROVED},
    answer: {Status.PENDING: Status.PENDING, Status.ASKED: Status.PENDING},
    propose_edit: {Status.APPROVED: Status.APPROVED},
    lifecycle.withdraw: {status: Status.WITHDRAWN for status in Status if status != Status.WITHDRAWN},
}
PAIRS = list(product(MOVES, Status))
ALLOWED = [(move, status) for move, status in PAIRS if status in MOVES[move]]
FORBIDDEN = [(move, status) for move, status in PAIRS if status not in MOVES[move]]


def named(pairs: list[tuple[Callable[[Message], object], Status]]) -> list[str]:
    return [f"{move.__name__}-{status}" for move, status in pairs]


@pytest.mark.parametrize(("move", "before"), ALLOWED, ids=named(ALLOWED))
def test_allowed_move_changes_the_status_and_is_written_down(move, before):
    message = message_in(before)

    move(message)

    stored = Message.objects.get(pk=message.pk)
    assert stored.status == message.status == MOVES[move][before]
    assert stored.revision == message.revision == 2
    assert stored.events.count() == 2
    assert Event.objects.broken_links(stored) == []


@pytest.mark.parametrize(("move", "before"), FORBIDDEN, ids=named(FORBIDDEN))
def test_forbidden_move_changes_nothing(move, before):
    message = message_in(before)

    with pytest.raises(lifecycle.InvalidTransition):
        move(message)

    stored = Message.objects.get(pk=message.pk)
    assert (stored.status, stored.revision, stored.events.count()) == (before, 1, 1)


@pytest.mark.parametrize("move", [approve, ask, decline])
def test_second_decision_on_the_same_message_is_refused(move):
    message = message_in(Status.PENDING)
    late = Message.objects.get(pk=message.pk)
    decline(message)

    with pytest.raises(lifecycle.InvalidTransition):
        move(late)

    assert Message.objects.get(pk=message.pk).status == Status.DECLINED


@pytest.mark.parametrize("move", [approve, ask, decline])
def test_decision_about_a_text_that_changed_is_stale(move):
    message = message_in(Status.PENDING)
    late = Message.objects.get(pk=message.pk)
    answer(message)

    with pytest.raises(lifecycle.StaleRevision):
        move(late)

    assert Message.objects.get(pk=message.pk).status == Status.PENDING


def test_withdrawing_wins_over_a_decision_taken_since_the_page_was_opened():
    message = message_in(Status.PENDING)
    seen_by_sender = Message.objects.get(pk=message.pk)
    approve(message)

    lifecycle.withdraw(seen_by_sender)

    stored = Message.objects.get(pk=message.pk)
    assert stored.status == Status.WITHDRAWN
    assert not stored.cleared_web


@pytest.mark.parametrize("move", [approve, ask, decline])
def test_decision_takes_effect_after_the_delay_and_can_be_undone_until_then(move, settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        message = message_in(Status.PENDING)
        move(message)
        assert message.live_at.isoformat() == "2025-03-06T14:22:00+00:00"
        clock.shift(timedelta(minutes=9, seconds=59))
        assert message.can_undo()
        clock.shift(timedelta(seconds=1))
        assert not message.can_undo()

        with pytest.raises(lifecycle.InvalidTransition):
            undo(message)

        clock.shift(timedelta(seconds=-1))
        undo(message)

    assert (message.status, message.live_at, message.note) == (Status.PENDING, None, "")


def test_approved_message_is_on_the_wall_from_its_time_on(settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        message = message_in(Status.PENDING)
        approve(message)
        assert not Message.objects.on_wall().exists()

        clock.shift(timedelta(minutes=10))

        assert Message.objects.on_wall().get() == message


def test_restored_message_is_live_at_once_and_cannot_be_undone():
    message = message_in(Status.REMOVED)

    restore(message)

    assert message.live_at <= timezone.now()
    assert not message.can_undo()


def test_erased_message_is_not_restored():
    message = message_in(Status.REMOVED, erased_at=timezone.now())

    with pytest.raises(lifecycle.InvalidTransition):
        restore(message)


def test_approval_fills_in_missing_names():
    message = message_in(Status.PENDING, name_ko="", name_en=None)

    approve(message)

    assert (message.name_ko, message.name_en) == ("한 벗", "a friend")


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"body_ko": " "}, ["body_ko"]),
        ({"body_en": None}, ["body_en"]),
        ({"cleared_web": False}, ["outlet"]),
        ({"kind": "voice"}, ["file"]),
        ({"kind": "photo", "alt_ko": "꽃"}, ["alt_en", "file"]),
    ],
)
def test_approval_names_what_is_missing(fields, missing):
    message = MessageFactory(drafted=True, **{"cleared_web": True, **fields})

    with pytest.raises(lifecycle.NotApprovable) as refused:
        approve(message)

    assert refused.value.missing == missing
    assert Message.objects.get(pk=message.pk).status == Status.PENDING


@pytest.mark.parametrize("check", ALL_CHECKS)
def test_approval_needs_each_check(check):
    message = message_in(Status.PENDING)

    with pytest.raises(lifecycle.NotApprovable) as refused:
        lifecycle.approve(
            message, moderator=ModeratorFactory(), revision=1, checks=[other for other in ALL_CHECKS if other != check]
        )

    assert refused.value.missing == [f"check_{check}"]


@pytest.mark.parametrize("state", [state for state in Attachment.State if state != Attachment.State.READY])
def test_file_must_be_ready(state):
    message = message_in(Status.PENDING, kind="voice")
    attachment = AttachmentFactory(message=message, state=state)

    with pytest.raises(lifecycle.NotApprovable):
        approve(message)

    attachment.state = Attachment.State.READY
    attachment.save()
    approve(message)
    assert message.status == Status.APPROVED


def test_saving_clears_only_what_the_sender_agreed_to():
    message = MessageFactory(agreed_usb=True)

    lifecycle.save_texts(
        message,
        actor=ModeratorFactory(),
        revision=1,
        texts={"body_ko": "편지", "original": "not mine to change"},
        cleared={"web": True, "radio": True, "usb": False},
    )

    assert (message.cleared_web, message.cleared_radio, message.cleared_usb) == (True, False, False)
    assert (message.body_ko, message.original) == ("편지", "Olá. Penso em vocês hoje também.")


@pytest.mark.parametrize("status", [Status.APPROVED, Status.DECLINED, Status.REMOVED, Status.WITHDRAWN])
def test_texts_of_a_decided_message_are_not_saved(status):
    message = message_in(status)

    with pytest.raises(lifecycle.StaleRevision):
        lifecycle.save_texts(message, actor=ModeratorFactory(), revision=1, texts={"body_ko": "새 글"}, cleared={})

    assert Message.objects.get(pk=message.pk).body_ko != "새 글"


@pytest.mark.parametrize("outlet", ["web", "radio", "usb"])
def test_database_refuses_to_clear_what_was_not_agreed(outlet):
    message = MessageFactory(agreed_web=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**{f"cleared_{outlet}": True})


def test_narrowing_takes_effect_at_once_and_makes_open_pages_stale():
    message = message_in(Status.APPROVED, agreed_radio=True, cleared_radio=True, live_at=timezone.now())

    lifecycle.narrow(message, outlets=["radio"])

    assert (message.agreed_radio, message.cleared_radio, message.cleared_web) == (False, False, True)
    assert message.revision == 2
    assert not Message.objects.for_outlet("radio").exists()
    assert Message.objects.on_wall().exists()


# --- Edits ------------------------------------------------------------------------------------------------------


def published() -> Message:
    return MessageFactory(approved=True, agreed_radio=True, cleared_radio=True)


def accepted(message: Message, **texts: str) -> Edit:
    """An edit of `message`, put into words and accepted."""
    edit = lifecycle.propose_edit(message, sent={"original": "New words."}, agreed={**WEB, "radio": True})
    edit = lifecycle.save_edit_texts(
        edit,
        actor=ModeratorFactory(),
        revision=message.revision,
        texts={"body_ko": "새 글", "body_en": "New words.", **texts},
        cleared={"web": True, "radio": True, "usb": True},
    )
    lifecycle.accept_edit(edit, moderator=ModeratorFactory(), revision=edit.message.revision, checks=ALL_CHECKS)
    return edit


def test_edit_leaves_the_published_message_alone_until_its_time(settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        message = published()
        accepted(message)
        run_jobs()
        message.refresh_from_db()
        assert message.body_en == "Hello. I am thinking of you today as well."

        clock.shift(timedelta(minutes=10))
        run_jobs()

        message.refresh_from_db()
        assert (message.status, message.original) == (Status.APPROVED, "New words.")
        assert (message.body_ko, message.body_en) == ("새 글", "New words.")
        assert (message.cleared_web, message.cleared_radio, message.cleared_usb) == (True, True, False)
        assert Event.objects.broken_links(message) == []


def test_edit_is_applied_once(settings):
    settings.PUBLISH_DELAY_MINUTES = 0
    edit = accepted(published())

    lifecycle.apply_edit(edit.pk)
    lifecycle.apply_edit(edit.pk)
    lifecycle.apply_due_edits()

    assert edit.message.events.filter(kind="edit_shown").count() == 1


def test_lost_job_of_an_accepted_edit_is_caught_up(settings):
    settings.PUBLISH_DELAY_MINUTES = 0
    message = published()
    accepted(message)

    lifecycle.apply_due_edits()

    assert Message.objects.get(pk=message.pk).body_en == "New words."


def test_outlet_taken_back_after_the_edit_was_accepted_stays_back(settings):
    settings.PUBLISH_DELAY_MINUTES = 0
    message = published()
    edit = accepted(message)
    lifecycle.narrow(message, outlets=["radio"])

    lifecycle.apply_edit(edit.pk)

    message.refresh_from_db()
    assert (message.agreed_radio, message.cleared_radio) == (False, False)


def test_accepted_edit_of_a_withdrawn_message_is_never_applied(settings):
    settings.PUBLISH_DELAY_MINUTES = 0
    message = published()
    edit = accepted(message)
    lifecycle.withdraw(message)

    lifecycle.apply_edit(edit.pk)

    assert Message.objects.get(pk=message.pk).body_en != "New words."


def test_second_proposal_replaces_the_open_one():
    message = published()
    first = lifecycle.propose_edit(message, sent={"original": "One."}, agreed=WEB)

    second = lifecycle.propose_edit(message, sent={"original": "Two."}, agreed={**WEB, "web": False, "usb": True})

    assert first.pk == second.pk
    assert (second.original, second.agreed_web, second.agreed_usb, second.cleared_web) == ("Two.", False, True, False)
    assert message.edits.count() == 1


def test_edit_clears_no_outlet_that_it_takes_back():
    message = published()

    edit = lifecycle.propose_edit(message, sent={}, agreed={"web": False, "radio": True, "usb": False})

    assert (edit.cleared_web, edit.cleared_radio) == (False, True)
    assert (edit.original, edit.country) == (message.original, message.country)


def test_refused_edit_changes_nothing_that_is_shown():
    message = published()
    edit = lifecycle.propose_edit(message, sent={"original": "New."}, agreed=WEB)

    lifecycle.refuse_edit(edit, moderator=ModeratorFactory(), revision=message.revision, reason="contact", note="Why")

    assert (edit.status, edit.note) == (Edit.Status.REFUSED, "Why")
    assert Message.objects.get(pk=message.pk).original != "New."
    with pytest.raises(lifecycle.InvalidTransition):
        lifecycle.accept_edit(edit, moderator=ModeratorFactory(), revision=edit.message.revision, checks=ALL_CHECKS)


def test_decision_about_an_edit_is_undone_only_in_time(settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        edit = accepted(published())
        lifecycle.undo_edit(edit, actor=ModeratorFactory())
        assert (edit.status, edit.live_at) == (Edit.Status.OPEN, None)

        lifecycle.accept_edit(edit, moderator=ModeratorFactory(), revision=edit.message.revision, checks=ALL_CHECKS)
        clock.shift(timedelta(minutes=10))

        with pytest.raises(lifecycle.InvalidTransition):
            lifecycle.undo_edit(edit, actor=ModeratorFactory())


def test_undone_edit_is_not_applied_by_the_job_of_the_first_decision(settings):
    settings.PUBLISH_DELAY_MINUTES = 10
    with time_machine.travel("2025-03-06 14:12:00+00:00", tick=False) as clock:
        message = published()
        lifecycle.undo_edit(accepted(message), actor=ModeratorFactory())

        clock.shift(timedelta(minutes=11))
        run_jobs()

    assert Message.objects.get(pk=message.pk).body_en != "New words."


def test_edit_decided_from_an_old_page_is_stale():
    message = published()
    edit = lifecycle.propose_edit(message, sent={"original": "One."}, agreed=WEB)
    seen = message.revision
    lifecycle.propose_edit(message, sent={"original": "Two."}, agreed=WEB)

    with pytest.raises(lifecycle.StaleRevision):
        lifecycle.accept_edit(edit, moderator=ModeratorFactory(), revision=seen, checks=ALL_CHECKS)


def test_withdrawing_closes_the_open_edit():
    message = published()
    edit = lifecycle.propose_edit(message, sent={"original": "One."}, agreed=WEB)

    lifecycle.withdraw(message)

    edit.refresh_from_db()
    assert edit.status == Edit.Status.REFUSED
