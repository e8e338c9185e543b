"""What readers tell us, sealed on arrival."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supporters.models import Message


def today() -> date:
    return timezone.now().date()


class Concern(models.Model):
    """What a reader says could hurt someone: sealed with the public key, read by Safety leads."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="concerns")
    sealed = models.BinaryField()
    # The day only: a time could be matched with somebody's connection.
    received_on = models.DateField(default=today, editable=False)
    handled_at = models.DateTimeField(null=True, blank=True, editable=False)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("concern")
        verbose_name_plural = _("concerns")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["handled_at"], name="concern_open")]

    def __str__(self) -> str:
        return str(self.pk)
