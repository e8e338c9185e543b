"""The only place where the status of a message or of an edit changes.

Every change is one transaction: one conditional `update()` that only the first of two at once can win, one `Event`
and one announcement to the rooms downstream.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messages_site import jobs
from messages_site.changes import announce

from .models import Attachment, Edit, Event, Message
from .models.messages import OUTLETS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Message.Status
Kind = Event.Kind

TRANSITIONS: dict[Status, set[Status]] = {
    Status.PENDING: {Status.APPROVED, Status.ASKED, Status.DECLINED, Status.WITHDRAWN},
    Status.ASKED: {Status.PENDING, Status.APPROVED, Status.DECLINED, Status.WITHDRAWN},
    Status.APPROVED: {Status.PENDING, Status.REMOVED, Status.WITHDRAWN},
    Status.DECLINED: {Status.PENDING, Status.WITHDRAWN},
    Status.REMOVED: {Status.APPROVED, Status.WITHDRAWN},
    Status.WITHDRAWN: set(),
}


class Check(TextChoices):
    """What has to be true before a message may be shown."""

    PEOPLE = "people", _("Names or shows no one in North Korea or in transit")
    ROUTE = "route", _("No route, place, date or helper that could identify a journey")
    CONTACT = "contact", _("No phone number, address, link or offer to meet")
    TONE = "tone", _("Tone is kind; no insult, threat or false promise")


CHECKS = tuple(Check.values)
SHOWN_TEXTS = ("body_ko", "body_en", "body_kp", "alt_ko", "alt_en", "name_ko", "name_en")
SENT_TEXTS = ("original", "original_name", "original_alt", "own_ko", "language", "country", "group")
CONSENTS = tuple(f"{word}_{outlet}" for word in ("agreed", "cleared") for outlet in OUTLETS)


class InvalidTransition(Exception):
    """The message is no longer, or never was, in a state that allows this."""


class StaleRevision(InvalidTransition):
    """Somebody changed the message since the page was opened."""


class NotApprovable(Exception):
    """Something needed for approval is missing; `missing` holds the codes."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def go_live_at() -> datetime:
    """When a decision taken now takes effect; until then it can be undone."""
    return timezone.now() + timedelta(minutes=settings.PUBLISH_DELAY_MINUTES)


def _move(
    message: Message,
    to: Status,
    kind: Kind,
    *,
    actor: User | None,
    sources: Iterable[Status] = (),
    revision: int | None = None,
    reason: str = "",
    event: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    **fields: Any,
) -> Event:
    """Change the status with one conditional update; call inside a transaction."""
    before = Status(message.status)
    allowed = set(sources) or {source for source, targets in TRANSITIONS.items() if to in targets}
    if before not in allowed or to not in TRANSITIONS[before]:
        raise InvalidTransition(f"{before} to {to}")
    conditions = {"pk": message.pk, "status": before, **(where or {})}
    if revision is not None:
        conditions["revision"] = revision
    changes = {"status": to, "revision": F("revision") + 1, **fields}
    # Two people may decide at once: only the first update finds the row as it was.
    if not Message.objects.filter(**conditions).update(**changes):
        current = Message.objects.get(pk=message.pk)
        if revision is not None and current.status == before and current.revision != revision:
            raise StaleRevision(f"{message.pk} is at revision {current.revision}")
        raise InvalidTransition(f"{message.pk} is no longer {before}")
    message.refresh_from_db()
    recorded = Event.objects.record(message, kind, actor=actor, reason=reason, **(event or {}))
    announce(message.pk, kind)
    return recorded


def _lock(message: Message) -> None:
    """Read `message` anew and hold its row until the transaction ends.

    Whoever writes an edit locks its message first: everybody takes the two in the same order.
    """
    message.refresh_from_db(from_queryset=Message.objects.select_for_update())


@transaction.atomic
def receive(message: Message) -> Event:
    """Note that a message, saved in this transaction, has arrived."""
    event = Event.objects.record(message, Kind.RECEIVED, actor=None)
    announce(message.pk, Kind.RECEIVED)
    return event


# --- The desk ---------------------------------------------------------------------------------------------------


def missing_for_approval(draft: Message | Edit, *, checks: Iterable[str]) -> list[str]:
    """Codes of what still keeps `draft` from approval; empty when nothing does."""
    message = draft.message if isinstance(draft, Edit) else draft
    missing = [field for field in ("body_ko", "body_en") if not (getattr(draft, field) or "").strip()]
    if message.kind == Message.Kind.PHOTO:
        missing += [field for field in ("alt_ko", "alt_en") if not (getattr(draft, field) or "").strip()]
    if message.kind != Message.Kind.TEXT and not _file_is_ready(message):
        missing.append("file")
    missing += [f"check_{check}" for check in CHECKS if check not in checks]
    if not any(getattr(draft, f"cleared_{outlet}") for outlet in OUTLETS):
        missing.append("outlet")
    return missing


def _file_is_ready(message: Message) -> bool:
    return Attachment.objects.filter(message=message, state=Attachment.State.READY).exists()


@transaction.atomic
def save_texts(
    message: Message, *, actor: User, revision: int, texts: dict[str, str], cleared: dict[str, bool]
) -> Message:
    """Store the desk's texts and cleared outlets on a message that is not public. Raises `StaleRevision`."""
    fields: dict[str, Any] = {name: texts[name] for name in SHOWN_TEXTS if name in texts}
    fields |= {f"cleared_{outlet}": value and getattr(message, f"agreed_{outlet}") for outlet, value in cleared.items()}
    editable = [Status.PENDING, Status.ASKED]
    rows = Message.objects.filter(pk=message.pk, revision=revision, status__in=editable)
    if not rows.update(revision=F("revision") + 1, **fields):
        raise StaleRevision(str(message.pk))
    message.refresh_from_db()
    Event.objects.record(message, Kind.SAVED, actor=actor, is_public=False)
    return message


@transaction.atomic
def approve(message: Message, *, moderator: User, revision: int, checks: Iterable[str]) -> Event:
    """Approve what `save_texts` stored. It becomes public at `live_at`, until then it can be undone."""
    missing = missing_for_approval(message, checks=checks)
    if missing:
        raise NotApprovable(missing)
    names: dict[str, Any] = {
        "name_ko": message.name_ko or FRIEND["ko"],
        "name_en": message.name_en or FRIEND["en"],
    }
    return _move(
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


# The name of a sender who gave none, on either wall.
FRIEND = {"ko": "한 벗", "en": "a friend"}


@transaction.atomic
def ask(message: Message, *, moderator: User, revision: int, reason: str, note: str = "") -> Event:
    """Send the message back to its sender with a reason; they are told after `live_at`."""
    return _move(
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
    """Decline with a reason; the sender is told after `live_at`."""
    return _move(
        message,
        Status.DECLINED,
        Kind.DECLINED,
        actor=moderator,
        sources=[Status.PENDING, Status.ASKED],
        revision=revision,
        reason=reason,
        live_at=go_live_at(),
        note=note,
    )


@transaction.atomic
def undo(message: Message, *, actor: User) -> Event:
    """Take a decision back while it has not gone live."""
    return _move(
        message,
        Status.PENDING,
        Kind.UNDONE,
        actor=actor,
        sources=[Status.APPROVED, Status.ASKED, Status.DECLINED],
        where={"live_at__gt": timezone.now()},
        event={"is_public": False},
        live_at=None,
        note="",
    )


@transaction.atomic
def remove(message: Message, *, actor: User | None, reason: str = "") -> Event:
    """Take a public message down at once (Safety lead)."""
    return _move(message, Status.REMOVED, Kind.REMOVED, actor=actor, sources=[Status.APPROVED], reason=reason)


@transaction.atomic
def restore(message: Message, *, actor: User) -> Event:
    """Put a removed message back (Safety lead), as long as its texts have not been erased."""
    return _move(
        message,
        Status.APPROVED,
        Kind.RESTORED,
        actor=actor,
        sources=[Status.REMOVED],
        where={"erased_at": None},
        live_at=timezone.now(),
    )


# --- The sender -------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(message: Message, *, sent: dict[str, str], agreed: dict[str, bool]) -> Event:
    """The sender changes a message that is not public: it waits for the desk (again).

    The desk's drafts stay beside the new original; the moderator compares.
    """
    _lock(message)
    fields: dict[str, Any] = {name: sent[name] for name in SENT_TEXTS if name in sent} | _narrowed(agreed)
    if message.status == Status.ASKED:
        return _move(
            message, Status.PENDING, Kind.ANSWERED, actor=None, sources=[Status.ASKED], live_at=None, note="", **fields
        )
    if message.status != Status.PENDING:
        raise InvalidTransition(f"{message.pk} is no longer pending")
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1, **fields)
    message.refresh_from_db()
    event = Event.objects.record(message, Kind.ANSWERED, actor=None)
    announce(message.pk, Kind.ANSWERED)
    return event


def _narrowed(agreed: dict[str, bool]) -> dict[str, Any]:
    """The columns for the sender's choice of outlets: what is not agreed cannot stay cleared."""
    fields: dict[str, Any] = {f"agreed_{outlet}": value for outlet, value in agreed.items()}
    return fields | {f"cleared_{outlet}": False for outlet, value in agreed.items() if not value}


@transaction.atomic
def narrow(message: Message, *, outlets: Iterable[str]) -> Event:
    """The sender takes outlets back: at once, in any state, without review."""
    outlets = sorted(outlets)
    fields = _narrowed(dict.fromkeys(outlets, False))
    changed = Message.objects.filter(pk=message.pk).exclude(status=Status.WITHDRAWN)
    if not changed.update(revision=F("revision") + 1, **fields):
        raise InvalidTransition(f"{message.pk} is withdrawn")
    Edit.objects.filter(message=message).exclude(applied_at__isnull=False).update(**fields)
    message.refresh_from_db()
    event = Event.objects.record(message, Kind.CONSENT, actor=None, without=" ".join(outlets))
    announce(message.pk, Kind.CONSENT)
    return event


@transaction.atomic
def propose_edit(message: Message, *, sent: dict[str, str], agreed: dict[str, bool]) -> Edit:
    """The sender proposes a change of an approved message; the published one stays. One open edit a message."""
    _lock(message)
    if message.status != Status.APPROVED:
        raise InvalidTransition(f"{message.pk} is not approved")
    shown = {name: getattr(message, name) or "" for name in SHOWN_TEXTS}
    proposal: dict[str, Any] = {name: sent[name] for name in SENT_TEXTS if name in sent} | _narrowed(agreed)
    kept = {name: getattr(message, name) for name in (*SENT_TEXTS, *CONSENTS)}
    edit, created = Edit.objects.get_or_create(
        message=message, status=Edit.Status.OPEN, defaults={**kept, **shown, **proposal}
    )
    if not created:
        Edit.objects.filter(pk=edit.pk).update(submitted_at=timezone.now(), **proposal)
        edit.refresh_from_db()
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1)
    message.refresh_from_db()
    Event.objects.record(message, Kind.EDITED, actor=None, edit=edit.pk)
    announce(message.pk, Kind.EDITED)
    return edit


@transaction.atomic
def withdraw(message: Message) -> Event:
    """The sender takes the message back: gone at once, for good, whatever the desk does at the same moment."""
    _lock(message)
    fields: dict[str, Any] = {f"cleared_{outlet}": False for outlet in OUTLETS}
    event = _move(message, Status.WITHDRAWN, Kind.WITHDRAWN, actor=None, **fields)
    Edit.objects.filter(message=message, status=Edit.Status.OPEN).update(status=Edit.Status.REFUSED)
    return event


# --- Edits ------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_edit_texts(edit: Edit, *, actor: User, revision: int, texts: dict[str, str], cleared: dict[str, bool]) -> Edit:
    """Store the desk's texts of an open edit. Raises `StaleRevision`."""
    _bump(edit.message, revision)
    fields: dict[str, Any] = {name: texts[name] for name in SHOWN_TEXTS if name in texts}
    fields |= {f"cleared_{outlet}": value and getattr(edit, f"agreed_{outlet}") for outlet, value in cleared.items()}
    if not Edit.objects.filter(pk=edit.pk, status=Edit.Status.OPEN).update(**fields):
        raise InvalidTransition(f"edit {edit.pk} is no longer open")
    edit.refresh_from_db()
    Event.objects.record(edit.message, Kind.SAVED, actor=actor, is_public=False, edit=edit.pk)
    return edit


def _bump(message: Message, revision: int) -> None:
    if not Message.objects.filter(pk=message.pk, revision=revision).update(revision=F("revision") + 1):
        raise StaleRevision(str(message.pk))
    message.refresh_from_db()


def _decide_edit(
    edit: Edit, to: Edit.Status, kind: Kind, *, moderator: User, revision: int, reason: str = "", note: str = ""
) -> Event:
    _bump(edit.message, revision)
    changes = {"status": to, "live_at": go_live_at(), "note": note}
    if not Edit.objects.filter(pk=edit.pk, status=Edit.Status.OPEN).update(**changes):
        raise InvalidTransition(f"edit {edit.pk} is no longer open")
    edit.refresh_from_db()
    event = Event.objects.record(edit.message, kind, actor=moderator, reason=reason, edit=edit.pk)
    announce(edit.message_id, kind)
    return event


@transaction.atomic
def accept_edit(edit: Edit, *, moderator: User, revision: int, checks: Iterable[str]) -> Event:
    """Accept what `save_edit_texts` stored; it replaces the published texts at `live_at`."""
    missing = missing_for_approval(edit, checks=checks)
    if missing:
        raise NotApprovable(missing)
    event = _decide_edit(edit, Edit.Status.ACCEPTED, Kind.EDIT_ACCEPTED, moderator=moderator, revision=revision)
    jobs.enqueue("supporters.lifecycle.apply_edit", edit.pk, at=edit.live_at)
    return event


@transaction.atomic
def refuse_edit(edit: Edit, *, moderator: User, revision: int, reason: str, note: str = "") -> Event:
    """Refuse an edit with a reason; the published message stays as it is."""
    return _decide_edit(
        edit, Edit.Status.REFUSED, Kind.EDIT_REFUSED, moderator=moderator, revision=revision, reason=reason, note=note
    )


@transaction.atomic
def undo_edit(edit: Edit, *, actor: User) -> Event:
    """Take the decision about an edit back while it has not gone live."""
    _lock(edit.message)
    if Edit.objects.filter(message=edit.message, status=Edit.Status.OPEN).exists():
        raise InvalidTransition(f"{edit.message_id} has a newer edit")
    decided = [Edit.Status.ACCEPTED, Edit.Status.REFUSED]
    rows = Edit.objects.filter(pk=edit.pk, status__in=decided, live_at__gt=timezone.now())
    if not rows.update(status=Edit.Status.OPEN, live_at=None, note=""):
        raise InvalidTransition(f"edit {edit.pk} cannot be undone any more")
    edit.refresh_from_db()
    Message.objects.filter(pk=edit.message_id).update(revision=F("revision") + 1)
    event = Event.objects.record(edit.message, Kind.UNDONE, actor=actor, is_public=False, edit=edit.pk)
    announce(edit.message_id, Kind.UNDONE)
    return event


@transaction.atomic
def apply_edit(edit_id: int) -> None:
    """Job: let an accepted edit whose time has come replace the texts of its message. May run twice."""
    message = Edit.objects.select_related("message").get(pk=edit_id).message
    _lock(message)
    # Read under the lock: the sender may just have taken an outlet back.
    edit = Edit.objects.get(pk=edit_id)
    rows = Edit.objects.filter(
        pk=edit_id,
        status=Edit.Status.ACCEPTED,
        applied_at=None,
        live_at__lte=timezone.now(),
        message__status=Status.APPROVED,
    )
    if not rows.update(applied_at=timezone.now()):
        return
    fields: dict[str, Any] = {name: getattr(edit, name) for name in (*SHOWN_TEXTS, *SENT_TEXTS, *CONSENTS)}
    fields["name_ko"], fields["name_en"] = edit.name_ko or FRIEND["ko"], edit.name_en or FRIEND["en"]
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1, **fields)
    message.refresh_from_db()
    Event.objects.record(message, Kind.EDIT_SHOWN, actor=None, edit=edit.pk)
    announce(message.pk, Kind.EDIT_SHOWN)


def apply_due_edits() -> None:
    """Job: catch up with accepted edits whose own job was lost."""
    due = Edit.objects.filter(status=Edit.Status.ACCEPTED, applied_at=None, live_at__lte=timezone.now())
    for edit_id in due.filter(message__status=Status.APPROVED).values_list("pk", flat=True):
        apply_edit(edit_id)
