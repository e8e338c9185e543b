"""How a sender is reached, and what was written to them. Only this room reads these tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .messages import Message


class Contact(models.Model):
    """The e-mail address a sender may leave; erased 90 days after the last news, or when they stop the letters."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="contact")
    email = models.EmailField()
    language = models.CharField(max_length=2)  # of the pages they used
    last_news_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return str(self.message_id)


class Letter(models.Model):
    """One piece of news passed on to a sender by e-mail."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Received")
        ASKED = "asked", _("Asked to change")
        DECLINED = "declined", _("Declined")
        PUBLISHED = "published", _("Published")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=9, choices=Kind)
    event_number = models.PositiveIntegerField()  # of the event it tells about: news is told once
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "kind", "event_number"], name="one_letter_an_event"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.kind}"
