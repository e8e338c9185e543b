"""What has to be true before a message may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from supporters.models import Attachment, Edit, Event, Look, Message
from supporters.models.messages import OUTLETS

from .moves import Kind

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The name of a sender who gave none, on either wall.
FRIEND = {"ko": "한 벗", "en": "a friend"}


class Check(TextChoices):
    """What has to be true before a message may be shown."""

    PEOPLE = "people", _("Names or shows no one in North Korea or in transit")
    ROUTE = "route", _("No route, place, date or helper that could identify a journey")
    CONTACT = "contact", _("No phone number, address, link or offer to meet")
    TONE = "tone", _("Tone is kind; no insult, threat or false promise")


CHECKS = tuple(Check.values)


class NotApprovable(Exception):
    """Something needed for approval is missing; `missing` holds the codes."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def message_of(draft: Message | Edit) -> Message:
    """The message a draft is, or belongs to."""
    return draft.message if isinstance(draft, Edit) else draft


def look_reasons(draft: Message | Edit) -> list[Look]:
    """Why two people have to look at `draft`; empty when one is enough."""
    ticked = set(draft.look.split())
    if message_of(draft).kind == Message.Kind.VIDEO:
        ticked.add(Look.VIDEO)
    return [reason for reason in Look if reason in ticked]


def first_look(draft: Message | Edit) -> Event | None:
    """Who sent `draft` to a second look, unless its sender has changed it since."""
    message = message_of(draft)
    changed_by_sender = [Kind.RECEIVED, Kind.ANSWERED, Kind.EDITED]
    events = message.events.filter(kind__in=[Kind.SECOND_LOOK, *changed_by_sender]).order_by("-number")
    last = events.first()
    if last is None or last.kind != Kind.SECOND_LOOK:
        return None
    return last if last.ids.get("edit") == (draft.pk if isinstance(draft, Edit) else None) else None


def missing_for_approval(draft: Message | Edit, *, checks: Iterable[str], moderator: User) -> list[str]:
    """Codes of what still keeps `draft` from approval by `moderator`; empty when nothing does."""
    message = message_of(draft)
    missing = [field for field in ("body_ko", "body_en") if not (getattr(draft, field) or "").strip()]
    if message.kind == Message.Kind.PHOTO:
        missing += [field for field in ("alt_ko", "alt_en") if not (getattr(draft, field) or "").strip()]
    if message.kind != Message.Kind.TEXT and not _file_is_ready(message):
        missing.append("file")
    missing += [f"check_{check}" for check in CHECKS if check not in checks]
    if not any(getattr(draft, f"cleared_{outlet}") for outlet in OUTLETS):
        missing.append("outlet")
    if look_reasons(draft):
        first = first_look(draft)
        if first is None:
            missing.append("second_look")
        elif first.actor_id == moderator.pk:
            missing.append("second_person")
    return missing


def _file_is_ready(message: Message) -> bool:
    return Attachment.objects.filter(message=message, state=Attachment.State.READY).exists()
