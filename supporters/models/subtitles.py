"""Subtitles of a video or a voice, one set a language."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .messages import Message


class Subtitles(models.Model):
    """Timed lines in one language. Readers get them while `is_shown` and the message is public."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="subtitles")
    language = models.CharField(max_length=2, choices=[("ko", _("Korean")), ("en", _("English"))])
    # [[begin, end, text], …] in milliseconds, in order and without overlap.
    cues = models.JSONField(default=list)
    is_shown = models.BooleanField(default=False)
    # SHA-256 of the text they were last compared with, to tell when that has changed since.
    source_digest = models.CharField(max_length=64, blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("subtitles")
        verbose_name_plural = _("subtitles")
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "language"], name="one_set_a_language")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.language}"
