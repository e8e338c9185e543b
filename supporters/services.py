"""What a sender does: send, change, choose other outlets, take back. Each is one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from messages_site import jobs

from . import attachments, lifecycle, receipts, retention, uploads
from .models import Attachment, Contact, Edit, Message, Upload
from .models.messages import OUTLETS

Status = Message.Status


class UploadGone(Exception):
    """The kept file has expired or belongs to another message by now."""


class NothingLeft(Exception):
    """No outlet would be left: that is taking the message back."""


@dataclass(frozen=True)
class Words:
    """What a sender types about a message, by the names of its columns."""

    original: str
    original_name: str
    original_alt: str
    own_ko: str
    language: str
    country: str
    group: str


def submit_message(
    *,
    form_token: str,
    kind: str,
    words: Words,
    agreed: dict[str, bool],
    upload: Upload | None = None,
    email: str = "",
    page_language: str = "en",
    burst: int = 1,
) -> str:
    """Store one message for one form token, however often and however concurrently it comes. Returns its key.

    `burst` is how many its sender has sent within the hour, this one included.
    """
    key = receipts.key_of(form_token)
    if receipts.find(form_token) is None:
        try:
            with transaction.atomic():
                _store(receipts.hash_of(key), kind, words, agreed, upload, email, page_language, burst)
        except (IntegrityError, UploadGone):
            # The same form a moment earlier: its message stands, and has taken the file.
            if receipts.find(form_token) is None:
                raise
    return key


def _store(
    receipt_hash: str,
    kind: str,
    words: Words,
    agreed: dict[str, bool],
    upload: Upload | None,
    email: str,
    page_language: str,
    burst: int,
) -> None:
    consent = {f"agreed_{outlet}": agreed[outlet] for outlet in OUTLETS}
    # First, because its unique hash decides between two at once.
    message = Message.objects.create(receipt_hash=receipt_hash, kind=kind, **asdict(words), **consent)
    if upload is not None:
        attachment = Attachment.objects.create(
            message=message, path=upload.path, mime=upload.mime, size=upload.size, removed=upload.removed
        )
        rows, _by_model = Upload.objects.filter(pk=upload.pk, kind=kind, expires_at__gt=timezone.now()).delete()
        if not rows:
            raise UploadGone
        transaction.on_commit(lambda: uploads.forget_preview(upload), robust=True)
        attachments.enqueue(attachment, kind)
    if email:
        Contact.objects.create(message=message, email=email, language=page_language)
    lifecycle.receive(message, burst=burst)


# --- The private page -------------------------------------------------------------------------------------------


def open_edit(message: Message) -> Edit | None:
    return message.edits.filter(status=Edit.Status.OPEN).first()


def words_of(message: Message) -> Words:
    """What the sender typed last: the open edit's words, else the message's."""
    typed = open_edit(message) or message
    return Words(**{name: getattr(typed, name) for name in lifecycle.SENT_TEXTS})


def agreed_outlets(message: Message) -> set[str]:
    """What the sender agreed to last, an open edit's wish included."""
    typed = open_edit(message) or message
    return set(typed.agreed())


def change_words(message: Message, words: Words) -> None:
    """Send changed words back to the desk; what is published stays until then. Raises `InvalidTransition`."""
    if words == words_of(message) and message.status != Status.ASKED:
        return
    agreed = {outlet: outlet in agreed_outlets(message) for outlet in OUTLETS}
    # An approved message that is not live yet too: nothing may become public that nobody has read.
    if message.status == Status.APPROVED:
        lifecycle.propose_edit(message, sent=asdict(words), agreed=agreed)
    else:
        lifecycle.answer(message, sent=asdict(words), agreed=agreed)


@transaction.atomic
def change_outlets(message: Message, outlets: set[str]) -> None:
    """Take outlets back at once; ask the desk about more. Raises `NothingLeft` or `InvalidTransition`."""
    if not outlets:
        raise NothingLeft
    before = agreed_outlets(message)
    agreed = {outlet: outlet in outlets for outlet in OUTLETS}
    if less := before - outlets:
        lifecycle.narrow(message, outlets=less)
    if outlets - before:
        if message.status == Status.APPROVED:
            lifecycle.propose_edit(message, sent={}, agreed=agreed)
        else:
            lifecycle.answer(message, sent={}, agreed=agreed)


@transaction.atomic
def withdraw(message: Message) -> None:
    """Take a message back: gone from everywhere and its files deleted in this request, worker running or not."""
    lifecycle.withdraw(message)
    transaction.on_commit(lambda: retention.finish_withdrawal(message.pk), robust=True)
    jobs.enqueue("supporters.retention.finish_withdrawal", message.pk)


def stop_letters(contact: Contact) -> None:
    """Forget the address of a sender who wants no more letters."""
    contact.delete()
