"""The texts of a message: what the desk, translators and Northern readers store, without deciding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from messages_site.changes import announce, prepare
from supporters.models import Edit, Event, Look, Message

from .approval import first_look, message_of
from .moves import SHOWN_TEXTS, InvalidTransition, Kind, StaleRevision, Status, bump, lock

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def save_texts(
    message: Message,
    *,
    actor: User,
    revision: int,
    texts: dict[str, str],
    cleared: dict[str, bool],
    look: Iterable[str] | None = None,
    transcript: str | None = None,
) -> Message:
    """Store the desk's texts and cleared outlets on a message that is not public. Raises `StaleRevision`.

    `look` are the reasons for a second look that are ticked (codes of `Look`), `transcript` what is said in a video
    or voice; both stay as they are when None.
    """
    fields: dict[str, Any] = {name: texts[name] for name in SHOWN_TEXTS if name in texts}
    fields |= {f"cleared_{outlet}": value and getattr(message, f"agreed_{outlet}") for outlet, value in cleared.items()}
    editable = [Status.PENDING, Status.ASKED]
    fields |= _unsigned(message, fields) | _ticked(message, look)
    fields |= {} if transcript is None else {"transcript": transcript}
    rows = Message.objects.filter(pk=message.pk, revision=revision, status__in=editable)
    if not rows.update(revision=F("revision") + 1, **fields):
        raise StaleRevision(str(message.pk))
    message.refresh_from_db()
    Event.objects.record(message, Kind.SAVED, actor=actor, is_public=False)
    announce(message.pk, Kind.SAVED)
    return message


@transaction.atomic
def save_edit_texts(
    edit: Edit,
    *,
    actor: User,
    revision: int,
    texts: dict[str, str],
    cleared: dict[str, bool],
    look: Iterable[str] | None = None,
) -> Edit:
    """Store the desk's texts of an open edit. Raises `StaleRevision`."""
    bump(edit.message, revision)
    fields: dict[str, Any] = {name: texts[name] for name in SHOWN_TEXTS if name in texts}
    fields |= {f"cleared_{outlet}": value and getattr(edit, f"agreed_{outlet}") for outlet, value in cleared.items()}
    fields |= _unsigned(edit, fields) | _ticked(edit, look)
    if not Edit.objects.filter(pk=edit.pk, status=Edit.Status.OPEN).update(**fields):
        raise InvalidTransition(f"edit {edit.pk} is no longer open")
    edit.refresh_from_db()
    Event.objects.record(edit.message, Kind.SAVED, actor=actor, is_public=False, edit=edit.pk)
    announce(edit.message_id, Kind.SAVED)
    return edit


def _unsigned(draft: Message | Edit, fields: dict[str, Any]) -> dict[str, Any]:
    """A signature holds for the very words that were signed, as a wording of the Korean text of that moment."""
    stored = {name: getattr(draft, name) or "" for name in ("body_kp", "body_ko")}
    return {"kp_signed": False} if any((fields.get(name, text) or "") != text for name, text in stored.items()) else {}


def _ticked(draft: Message | Edit, look: Iterable[str] | None) -> dict[str, Any]:
    """What was ticked may be unticked until another person is asked to look; from then on it only grows."""
    if look is None:
        return {}
    reasons = {*look} - {Look.VIDEO}
    if first_look(draft):
        reasons |= set(draft.look.split())
    return {"look": " ".join(reason for reason in Look if reason in reasons)}


@transaction.atomic
def save_transcript(message: Message, *, actor: User, revision: int, transcript: str) -> Message:
    """Store what is said in a video or voice, in its own language. Raises `StaleRevision`."""
    bump(message, revision)
    Message.objects.filter(pk=message.pk).update(transcript=transcript)
    message.refresh_from_db()
    Event.objects.record(message, Kind.SAVED, actor=actor, is_public=False)
    announce(message.pk, Kind.SAVED)
    return message


@transaction.atomic
def save_translation(
    draft: Message | Edit, *, language: str, text: str, credit: str, reviewer: User, translation: int
) -> None:
    """Store a reviewed translation as the text of `draft` in `language` (`ko` or `en`).

    Whoever has the page of the message open is told: its revision moves on. Raises `InvalidTransition` once the
    message is decided.
    """
    message = message_of(draft)
    lock(message)
    fields: dict[str, Any] = {f"body_{language}": text, f"credit_{language}": credit}
    fields |= _unsigned(draft, fields)
    ids: dict[str, Any] = {"translation": translation} | ({"edit": draft.pk} if isinstance(draft, Edit) else {})
    if isinstance(draft, Edit):
        stored = Edit.objects.filter(pk=draft.pk, status=Edit.Status.OPEN).update(**fields)
    else:
        stored = Message.objects.filter(pk=draft.pk, status__in=[Status.PENDING, Status.ASKED]).update(**fields)
    if not stored:
        raise InvalidTransition(f"{message.pk} is decided")
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1)
    message.refresh_from_db()
    draft.refresh_from_db()
    Event.objects.record(message, Kind.TRANSLATED, actor=reviewer, is_public=False, **ids)
    announce(message.pk, Kind.TRANSLATED)


@transaction.atomic
def sign_northern(message: Message, *, reader: User, text: str, translation: int) -> Event:
    """A Northern reader signs `text` as the Northern wording of `message`, which may be published already."""
    lock(message)
    if message.status not in (Status.PENDING, Status.ASKED, Status.APPROVED):
        raise InvalidTransition(f"{message.pk} is {message.status}")
    prepare(message.pk)
    Message.objects.filter(pk=message.pk).update(revision=F("revision") + 1, body_kp=text, kp_signed=True)
    message.refresh_from_db()
    event = Event.objects.record(message, Kind.SIGNED, actor=reader, is_public=False, translation=translation)
    announce(message.pk, Kind.SIGNED)
    return event
