"""What a Safety lead hid in one step, so that it can be undone in one step."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supporters.models import Message


class Lockdown(models.Model):
    """Letters hidden together. What was searched for is not kept, only which letters it found."""

    lead = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=240, blank=True)
    began_at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    messages = models.ManyToManyField(Message, related_name="lockdowns")

    class Meta:
        verbose_name = _("lockdown")
        verbose_name_plural = _("lockdowns")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return str(self.pk)
