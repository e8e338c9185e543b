"""What moderators and Safety leads decide about a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from messages_site.changes import announce
from supporters.models import Edit, Event, Look, Message

from .approval import FRIEND, NotApprovable, look_reasons, message_of, missing_for_approval
from .moves import InvalidTransition, Kind, Status, bump, go_live_at, move

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The reason that hands a message to the Safety leads.
CALL_FOR_HELP = "help"


@transaction.atomic
def send_to_second_look(draft: Message | Edit, *, moderator: User, revision: int, reasons: Iterable[str]) -> Event:
    """Ask another person to look before `draft` is shown, for `reasons` (codes of `Look`). Raises `StaleRevision`."""
    message = message_of(draft)
    bump(message, revision)
    ticked = {*reasons, *draft.look.split()} - {Look.VIDEO}
    look = " ".join(reason for reason in Look if reason in ticked)
    if isinstance(draft, Edit):
        changed = Edit.objects.filter(pk=draft.pk, status=Edit.Status.OPEN).update(look=look)
    else:
        changed = Message.objects.filter(pk=draft.pk, status=Status.PENDING).update(look=look)
    if not changed:
        raise InvalidTransition(f"{message.pk} is decided")
    draft.look = look
    message.refresh_from_db()
    ids: dict[str, Any] = {"edit": draft.pk} if isinstance(draft, Edit) else {}
    why = " ".join(look_reasons(draft))
    event = Event.objects.record(message, Kind.SECOND_LOOK, actor=moderator, is_public=False, why=why, **ids)
    announce(message.pk, Kind.SECOND_LOOK)
    return event


@transaction.atomic
def approve(message: Message, *, moderator: User, revision: int, checks: Iterable[str]) -> Event:
    """Approve what `save_texts` stored. It becomes public at `live_at`, until then it can be undone."""
    missing = missing_for_approval(message, checks=checks, moderator=moderator)
    if missing:
        raise NotApprovable(missing)
    names: dict[str, Any] = {
        "name_ko": message.name_ko or FRIEND["ko"],
        "name_en": message.name_en or FRIEND["en"],
    }
    return move(
        message,
        Status.APPROVED,
        Kind.APPROVED,
        actor=moderator,
        sources=[Status.PENDING, Status.ASKED],
        revision=revision,
        live_at=go_live_at(),
        note="",
        **names,
    )


@transaction.atomic
def ask(message: Message, *, moderator: User, revision: int, reason: str, note: str = "") -> Event:
    """Send the message back to its sender with a reason; they are told after `live_at`."""
    return move(
        message,
        Status.ASKED,
        Kind.ASKED,
        actor=moderator,
        sources=[Status.PENDING],
        revision=revision,
        reason=reason,
        live_at=go_live_at(),
        note=note,
    )


@transaction.atomic
def decline(message: Message, *, moderator: User | None, revision: int, reason: str, note: str = "") -> Event:
    """Decline with a reason; the sender is told after `live_at`.

    With the reason `CALL_FOR_HELP` it is the Safety leads' from now on, and nobody else's.
    """
    return move(
        message,
        Status.DECLINED,
        Kind.DECLINED,
        actor=moderator,
        sources=[Status.PENDING, Status.ASKED],
        revision=revision,
        reason=reason,
        live_at=go_live_at(),
        note=note,
        is_call_for_help=reason == CALL_FOR_HELP,
        help_handled_at=None,
    )


@transaction.atomic
def undo(message: Message, *, actor: User) -> Event:
    """Take a decision back while it has not gone live."""
    return move(
        message,
        Status.PENDING,
        Kind.UNDONE,
        actor=actor,
        sources=[Status.APPROVED, Status.ASKED, Status.DECLINED],
        where={"live_at__gt": timezone.now()},
        event={"is_public": False},
        live_at=None,
        note="",
        is_call_for_help=False,
    )


@transaction.atomic
def remove(message: Message, *, actor: User | None, reason: str = "") -> Event:
    """Take a public message down at once (Safety lead)."""
    return move(message, Status.REMOVED, Kind.REMOVED, actor=actor, sources=[Status.APPROVED], reason=reason)


@transaction.atomic
def restore(message: Message, *, actor: User) -> Event:
    """Put a removed message back (Safety lead), as long as its texts have not been erased."""
    return move(
        message,
        Status.APPROVED,
        Kind.RESTORED,
        actor=actor,
        sources=[Status.REMOVED],
        where={"erased_at": None},
        live_at=timezone.now(),
    )
