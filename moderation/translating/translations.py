"""Work on texts: who asks for a translation, who drafts it, who reviews it, and when it is forgotten.

Every change locks the message first and finds the row by the revision its page showed: of two people at once the
second is told, and nothing is overwritten silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supporters import lifecycle
from supporters.models import Edit, Event, Message
from supporters.retention import ERASED

from ..hinting.flags import may_be_call
from ..models import Claim, Translation
from ..review import claims
from . import memory

Kind = Event.Kind
Language = Translation.Language
State = Translation.State
Status = Message.Status

SITE_LANGUAGES = (Language.KO, Language.EN)
OPEN_STATUSES = (Status.PENDING, Status.ASKED)
# With these a text in Korean or English is settled; a Northern wording may still be asked for.
SETTLED = {Kind.APPROVED, Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED}
# With these the message leaves the desk of the translators, whatever language is worked on.
LEFT = {Kind.ASKED, Kind.DECLINED, Kind.REMOVED, Kind.HIDDEN}
FORGOTTEN = {Kind.WITHDRAWN, ERASED}
MAY_CHANGE_SOURCE = {Kind.ANSWERED, Kind.EDITED, Kind.EDIT_SHOWN, Kind.SAVED, Kind.TRANSLATED}


class Cannot(TextChoices):
    """Why somebody hands a text back without a translation."""

    LANGUAGE = "language", _("I do not know this language or dialect well enough")
    UNREADABLE = "unreadable", _("The words cannot be read or make no sense")
    SOUND = "sound", _("What is said in the recording is not written down")
    CONTENT = "content", _("Something in it worries me")
    OTHER = "other", _("Another reason")


class Gone(Exception):
    """The message is not, or no longer, translators' work."""


class Unread(Exception):
    """Some words speak of danger, and nobody has said that they are no call for help."""


class OwnWork(Exception):
    """A translation is reviewed by another person than its translator."""


# --- Which work there is ----------------------------------------------------------------------------------------


def readable() -> Q:
    """Translations whose text people of the translation desk may see at all."""
    edit = Q(edit=None) | Q(edit__status=Edit.Status.OPEN)
    # As long as sending it back can be undone, whoever types goes on; then it is its sender's.
    asked = Q(message__status=Status.ASKED, message__live_at__gt=timezone.now())
    status = Q(message__status__in=(Status.PENDING, Status.APPROVED)) | asked
    return edit & status & Q(message__is_hidden=False, message__is_call_for_help=False)


def workable() -> Q:
    """Translations that can be worked on: the text is not decided; a Northern wording may come later."""
    undecided = Q(edit=None, message__status__in=OPEN_STATUSES)
    proposed = Q(edit__status=Edit.Status.OPEN, message__status=Status.APPROVED)
    later = Q(language=Language.KP, edit=None, message__status=Status.APPROVED)
    return readable() & (undecided | proposed | later)


def source_of(draft: Message | Edit, language: str) -> str:
    """What is put into `language`: what the sender wrote and says; for the Northern wording the Korean text."""
    if language == Language.KP:
        return draft.body_ko or (draft.original if draft.language == Language.KO else "")
    message = lifecycle.message_of(draft)
    return "\n\n".join(text for text in (draft.original.strip(), message.transcript.strip()) if text)


def source_language(translation: Translation) -> str:
    return Language.KO if translation.language == Language.KP else translation.draft.language


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def is_outdated(translation: Translation) -> bool:
    """Whether the source is no longer the one the text was written for."""
    return translation.source_digest != digest_of(source_of(translation.draft, translation.language))


def why_not(row: Translation) -> str:
    """Why somebody handed it back without a translation, in words."""
    return str(Cannot(row.cannot).label) if row.cannot in Cannot.values else ""


# --- Asking -----------------------------------------------------------------------------------------------------


@transaction.atomic
def request(
    draft: Message | Edit, *, by: User, languages: Iterable[str] | None = None, is_read: bool = False
) -> list[Translation]:
    """Ask for `draft` in `languages`; without them, in each of Korean and English that is missing.

    What was handed back with "I cannot translate this" is offered again. What was reviewed begins anew when its source
    changed since, or when its text does not stand in the message. A language without anything to translate from is
    left out. Raises `Gone` when the message is not translators' work, and `Unread` when it may be a call for help,
    unless `by` has read it and found that it is none.
    """
    message = lifecycle.message_of(draft)
    Message.objects.select_for_update().values_list("pk").get(pk=message.pk)
    draft.refresh_from_db()
    if languages is None:
        languages = [code for code in SITE_LANGUAGES if code != draft.language and not _body(draft, code)]
    asked = [_ask(draft, message, Language(code), by) for code in languages if source_of(draft, code)]
    if Translation.objects.filter(workable(), pk__in=[row.pk for row in asked]).count() != len(asked):
        raise Gone(message.slug)
    # Whoever approved it has read it.
    is_decided = isinstance(draft, Message) and draft.status == Status.APPROVED
    if asked and not is_read and not is_decided and may_be_call(draft):
        raise Unread(message.slug)
    return asked


def _body(draft: Message | Edit, language: str) -> str:
    return getattr(draft, f"body_{language}") or ""


def _ask(draft: Message | Edit, message: Message, language: Language, by: User) -> Translation:
    # A reader signs the wording of a message; a proposed change gets its own once it is accepted.
    edit = draft if isinstance(draft, Edit) and language != Language.KP else None
    subject = edit or message
    digest = digest_of(source_of(subject, language))
    started = _body(subject, language) or (subject.own_ko if language == Language.KO else "")
    row, is_new = Translation.objects.get_or_create(
        message=message,
        edit=edit,
        language=language,
        defaults={"text": started, "source_digest": digest, "asked_by": by},
    )
    is_settled = row.state == State.REVIEWED
    has_changed = row.source_digest != digest or not _body(subject, language)
    if not is_new and (row.cannot or (is_settled and has_changed)):
        _write(row, state=State.DRAFT, cannot="", note="", asked_by=by, asked_at=timezone.now())
    return row


# --- Working ----------------------------------------------------------------------------------------------------


@transaction.atomic
def save_draft(row: Translation, *, by: User, revision: int, text: str, credit: str) -> None:
    """A translator stores a draft; a Northern reader one of the wording."""
    _hold(row, revision, State.DRAFT, *([State.READY] if row.language == Language.KP else []))
    _write(row, **_drafted(row, by, text, credit), state=State.DRAFT)


@transaction.atomic
def hand_back(row: Translation, *, by: User, revision: int, text: str, credit: str) -> None:
    """A translator is done: the text waits for its review."""
    _hold(row, revision, State.DRAFT)
    _write(row, **_drafted(row, by, text, credit), state=State.READY)
    free(row)


def _drafted(row: Translation, by: User, text: str, credit: str) -> dict[str, Any]:
    digest = digest_of(source_of(row.draft, row.language))
    fields = {"text": text, "credit_name": credit, "source_digest": digest, "cannot": "", "note": ""}
    return {**fields, "translator": by, "reviewer": None}


@transaction.atomic
def give_up(row: Translation, *, by: User, revision: int, reason: Cannot, note: str) -> None:
    """Hand a text back without a translation, so that a moderator sees why."""
    _hold(row, revision, State.DRAFT)
    _write(row, cannot=reason, note=note, translator=by, reviewer=None, state=State.DRAFT)
    free(row)


@transaction.atomic
def correct(row: Translation, *, by: User, revision: int, text: str) -> None:
    """A reviewer changes the text and goes on later."""
    _hold(row, revision, State.READY)
    _write(row, text=text, reviewer=by)


@transaction.atomic
def send_back(row: Translation, *, by: User, revision: int, text: str, note: str) -> None:
    """A reviewer gives a translation back to its translator, with a word about what is missing."""
    _hold(row, revision, State.READY)
    _write(row, text=text, note=note, reviewer=by, state=State.DRAFT)
    free(row)


@transaction.atomic
def review(row: Translation, *, by: User, revision: int, text: str) -> None:
    """Copy the text, as the reviewer leaves it, into the message. Raises `OwnWork`, `Gone`, `StaleRevision`."""
    _hold(row, revision, State.READY)
    if row.translator_id == by.pk:
        raise OwnWork
    digest = digest_of(source_of(row.draft, row.language))
    _write(row, text=text, note="", reviewer=by, source_digest=digest, state=State.REVIEWED)
    lifecycle.save_translation(
        row.draft, language=row.language, text=text, credit=row.credit_name, reviewer=by, translation=row.pk
    )
    memory.remember(row, source_of(row.draft, row.language), source_language(row))
    free(row)


@transaction.atomic
def sign(row: Translation, *, by: User, revision: int, text: str) -> None:
    """A Northern reader signs the wording as it stands in `text`."""
    _hold(row, revision, State.DRAFT, State.READY)
    digest = digest_of(source_of(row.draft, row.language))
    drafted_by = row.translator or by
    _write(
        row, text=text, note="", cannot="", translator=drafted_by, reviewer=by, source_digest=digest,
        state=State.REVIEWED,
    )  # fmt: skip
    lifecycle.sign_northern(row.message, reader=by, text=text, translation=row.pk)
    free(row)


def _hold(row: Translation, revision: int, *states: State) -> None:
    """Lock the message and read the row anew. Raises `Gone`, or `StaleRevision` when its page was older."""
    Message.objects.select_for_update().values_list("pk").get(pk=row.message_id)
    try:
        row.refresh_from_db(from_queryset=Translation.objects.filter(workable()))
    except Translation.DoesNotExist:
        raise Gone(str(row.pk)) from None
    if row.revision != revision or row.state not in states:
        raise lifecycle.StaleRevision(f"translation {row.pk} is {row.state} at revision {row.revision}")


def _write(row: Translation, **fields: Any) -> None:
    """Store `fields`; the revision moves on, and the time of the state when the state changes."""
    if fields.get("state", row.state) != row.state:
        fields["state_at"] = timezone.now()
    for name, value in fields.items():
        setattr(row, name, value)
    row.revision += 1
    row.save(update_fields=[*fields, "revision"])


def free(row: Translation) -> None:
    """Nobody works on it any more."""
    claims.release_all(row.message_id, [row.language])


# --- When the message changes -----------------------------------------------------------------------------------


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`: runs inside the transaction of the change."""
    changed_together([message_id], kind)


def changed_together(message_ids: Sequence[int], kind: str) -> None:
    """The same for many messages at once."""
    if kind in FORGOTTEN:
        Translation.objects.filter(message__in=message_ids).delete()
    tasks = Language.values if kind in LEFT | FORGOTTEN else SITE_LANGUAGES if kind in SETTLED else ()
    if tasks:
        Claim.objects.filter(message__in=message_ids, task__in=tasks).delete()
    if kind in MAY_CHANGE_SOURCE:
        for message_id in message_ids:
            _follow_source(message_id)


def _follow_source(message_id: int) -> None:
    """The page of whoever works on a text that was changed is out of date; what was replaced is not offered again."""
    rows = Translation.objects.select_related("message", "edit").filter(message=message_id)
    for row in rows:
        if row.language == Language.KP and row.state == State.REVIEWED:
            _ask_for_signature(row)
        elif is_outdated(row):
            memory.forget(row)
            if row.state != State.REVIEWED:
                _write(row, state=State.DRAFT)


def _ask_for_signature(row: Translation) -> None:
    """A signature ends with a change of the words: whoever signs next finds them as they are now."""
    if not row.message.kp_signed:
        _write(row, text=row.message.body_kp or row.text, state=State.READY)
