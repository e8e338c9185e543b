"""The life line: what happened to a message, chained so that a changed row is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .messages import Message

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AT_ONCE = 500  # rows in one statement


class Reason(models.Model):
    """Why a message is declined or sent back, in the words its sender reads."""

    code = models.SlugField(max_length=20, unique=True)
    title_en = models.CharField(max_length=120)
    title_ko = models.CharField(max_length=120)
    words_en = models.TextField(help_text=_("What the sender reads."))
    words_ko = models.TextField(help_text=_("What the sender reads."))
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering: ClassVar = ["position", "code"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_ko if get_language() == "ko" else self.title_en

    @property
    def words(self) -> str:
        return self.words_ko if get_language() == "ko" else self.words_en


class EventManager(models.Manager["Event"]):
    def record(
        self,
        message: Message,
        kind: Event.Kind,
        *,
        actor: User | None,
        reason: str = "",
        is_public: bool = True,
        at: datetime | None = None,
        **ids: int | str,
    ) -> Event:
        """Add the next link to the chain of `message`. `actor` None means its sender or the site itself.

        `at` is now unless a history is brought in from elsewhere.

        Call it inside the transaction of the change. The row of the message is locked first, so that two events at
        once take two numbers.
        """
        Message.objects.select_for_update().values_list("pk").get(pk=message.pk)
        last = self.filter(message=message).order_by("-number").first()
        event = self.model(
            message=message,
            number=last.number + 1 if last else 1,
            kind=kind,
            actor=actor,
            reason=reason,
            is_public=is_public,
            ids=ids,
            at=at or timezone.now(),
            previous=last.digest if last else "",
        )
        event.digest = event.compute_digest()
        event.save(force_insert=True)
        return event

    def record_together(
        self, message_ids: Sequence[int], kind: Event.Kind, *, actor: User | None, is_public: bool, **ids: int | str
    ) -> None:
        """The same as `record` for many messages whose rows the caller has locked, in a few statements."""
        newest = self.filter(message=OuterRef("message")).order_by("-number").values("number")[:1]
        for start in range(0, len(message_ids), AT_ONCE):
            some = message_ids[start : start + AT_ONCE]
            last = {event.message_id: event for event in self.filter(message__in=some, number=Subquery(newest))}
            events = [
                self.model(
                    message_id=message_id,
                    number=last[message_id].number + 1 if message_id in last else 1,
                    kind=kind,
                    actor=actor,
                    is_public=is_public,
                    ids=ids,
                    at=timezone.now(),
                    previous=last[message_id].digest if message_id in last else "",
                )
                for message_id in some
            ]
            for event in events:
                event.digest = event.compute_digest()
            self.bulk_create(events)

    def broken_links(self, message: Message) -> list[int]:
        """Numbers of the events of `message` that do not fit their chain: changed, missing before them, or moved."""
        broken, previous = [], ""
        for expected, event in enumerate(self.filter(message=message).order_by("number"), start=1):
            if (event.number, event.previous, event.digest) != (expected, previous, event.compute_digest()):
                broken.append(event.number)
            previous = event.digest
        return broken


class Event(models.Model):
    """One thing that happened to a message: ids and reasons only, never a text."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Received")
        CONVERTED = "converted", _("File prepared")
        FAILED = "failed", _("File could not be prepared")
        ASKED = "asked", _("Asked to change")
        ANSWERED = "answered", _("Changed by the sender")
        DECLINED = "declined", _("Declined")
        APPROVED = "approved", _("Approved")
        UNDONE = "undone", _("Decision taken back")
        SECOND_LOOK = "second_look", _("Sent to a second look")
        SAVED = "saved", _("Texts saved")
        TRANSLATED = "translated", _("Translation reviewed")
        SIGNED = "signed", _("Northern wording signed")
        SUBTITLED = "subtitled", _("Subtitles saved")
        SHOWN = "shown", _("Published")
        CONSENT = "consent", _("Places of use changed")
        EDITED = "edited", _("Change proposed by the sender")
        EDIT_ACCEPTED = "edit_accepted", _("Change accepted")
        EDIT_REFUSED = "edit_refused", _("Change not accepted")
        EDIT_SHOWN = "edit_shown", _("Change published")
        WITHDRAWN = "withdrawn", _("Taken back by the sender")
        REMOVED = "removed", _("Removed")
        RESTORED = "restored", _("Restored")
        HIDDEN = "hidden", _("Hidden together with others")
        UNHIDDEN = "unhidden", _("No longer hidden")
        CALL_HANDLED = "call_handled", _("Call for help handled")
        CALL_REOPENED = "call_reopened", _("Call for help opened again")
        CALL_RETURNED = "call_returned", _("Not a call for help: read again")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    is_public = models.BooleanField(default=True)
    reason = models.CharField(max_length=20, blank=True)
    ids = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    objects: ClassVar[EventManager] = EventManager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["message_id", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "number"], name="one_event_a_number")]
        indexes: ClassVar = [models.Index(fields=["kind", "at"], name="event_kind")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number} {self.kind}"

    def compute_digest(self) -> str:
        """SHA-256 over the row and the digest before it."""
        fields: dict[str, Any] = {
            "message": self.message_id,
            "number": self.number,
            "kind": str(self.kind),
            "at": self.at.isoformat(),
            "actor": self.actor_id,
            "is_public": self.is_public,
            "reason": self.reason,
            "ids": self.ids,
            "previous": self.previous,
        }
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
