"""News for senders who left an e-mail address: plain text, in the language of the pages they used, each told once.

A decision is told when it takes effect, a publication when the wall has published. No letter quotes a message.
"""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from messages_site import jobs

from . import receipts
from .lifecycle import CALL_FOR_HELP
from .models import Contact, Event, Letter, Message, Reason

NEWS: dict[str, Letter.Kind] = {
    Event.Kind.RECEIVED: Letter.Kind.RECEIVED,
    Event.Kind.ASKED: Letter.Kind.ASKED,
    Event.Kind.DECLINED: Letter.Kind.DECLINED,
    Event.Kind.SHOWN: Letter.Kind.PUBLISHED,
}
# Told only while the message is still in the status the event gave it.
STATUS_OF = {
    Letter.Kind.ASKED: Message.Status.ASKED,
    Letter.Kind.DECLINED: Message.Status.DECLINED,
    Letter.Kind.PUBLISHED: Message.Status.APPROVED,
}
DECISIONS = (Event.Kind.ASKED, Event.Kind.DECLINED, Event.Kind.APPROVED, Event.Kind.UNDONE)


def changed(message_id: int, kind: str) -> None:
    """Called by `announce`: have the news written when it takes effect."""
    if kind not in NEWS or not Contact.objects.filter(message=message_id).exists():
        return
    event = Event.objects.filter(message=message_id, kind=kind).order_by("-number").first()
    if event is None:
        return
    at = None
    if kind in (Event.Kind.ASKED, Event.Kind.DECLINED):
        at = Message.objects.values_list("live_at", flat=True).get(pk=message_id)
    jobs.enqueue("supporters.letters.send", message_id, NEWS[kind].value, event.number, at=at)


def send(message_id: int, kind: str, event_number: int) -> None:
    """Job: write to the sender of a message about one event, unless it is no longer true. May run twice."""
    contact = Contact.objects.select_related("message").filter(message=message_id).first()
    if contact is None or not _is_true(contact.message, Letter.Kind(kind), event_number):
        return
    try:
        with transaction.atomic():
            letter = Letter.objects.create(message_id=message_id, kind=kind, event_number=event_number)
    except IntegrityError:
        return  # told already
    try:
        _compose(contact, Letter.Kind(kind), event_number).send()
    except (SMTPException, OSError):
        letter.delete()
        raise
    Contact.objects.filter(pk=contact.pk).update(last_news_at=timezone.now())


def _is_true(message: Message, kind: Letter.Kind, event_number: int) -> bool:
    """Whether the event still holds: not undone, not followed by another decision, and in effect."""
    if kind == Letter.Kind.RECEIVED:
        return message.status != Message.Status.WITHDRAWN
    if message.status != STATUS_OF[kind] or message.live_at is None or message.live_at > timezone.now():
        return False
    return not message.events.filter(number__gt=event_number, kind__in=DECISIONS).exists()


def _compose(contact: Contact, kind: Letter.Kind, event_number: int) -> EmailMessage:
    link = f"{settings.SITE_URL}/{contact.language}/mine/{receipts.signed_link(contact)}/"
    with translation.override(contact.language):
        subject = _("About your message")
        news = _news(contact.message, kind, event_number)
        body = "\n\n".join([*news, _where(link), _stop(link)])
    headers = {
        "List-Unsubscribe": f"<{link}stop/>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(subject, f"{body}\n", to=[contact.email], headers=headers)


def _news(message: Message, kind: Letter.Kind, event_number: int) -> list[str]:
    """The paragraphs that say what happened."""
    if kind == Letter.Kind.RECEIVED:
        return [_("Thank you. Your message has arrived. Somebody will read it, usually within three days.")]
    if kind == Letter.Kind.PUBLISHED:
        return [_("Your message is now published, in Korean and in English.")]
    if kind == Letter.Kind.ASKED:
        first = _("We have read your message and ask you to change something before it can be published.")
    else:
        first = _("We have read your message and cannot publish it.")
    # Not the desk's note, which may quote the message: that stands on the private page only. Nor that somebody called
    # for help: whoever else reads this mailbox must not learn it.
    told = message.events.filter(number=event_number).exclude(reason=CALL_FOR_HELP).values("reason")
    reason = Reason.objects.filter(code__in=told).first()
    return [first, reason.words] if reason else [first]


def _where(link: str) -> str:
    return _(
        "On your private page you can see your message, change it or take it back. This link works for thirty days:"
        "\n%(link)s"
    ) % {"link": link}


def _stop(link: str) -> str:
    return _("If you want no more letters from us, open this address:\n%(link)s") % {"link": f"{link}stop/"}
