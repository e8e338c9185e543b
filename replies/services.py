"""Taking in what readers send, and what Safety leads do with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from moderation.models import Lockdown
from moderation.safety import lockdowns
from supporters.models import Message

from . import sealing
from .models import Concern

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def receive_concern(message: Message, text: str) -> None:
    """Store what a reader wrote about `message`, sealed, with the day and nothing else."""
    Concern.objects.create(message=message, sealed=sealing.seal(text))


def handle(concerns: Iterable[int], *, lead: User) -> int:
    """Note that `lead` has seen to these concerns. Returns how many were open."""
    rows = Concern.objects.filter(pk__in=list(concerns), handled_at=None)
    return rows.update(handled_at=timezone.now(), handled_by=lead)


def reopen(concerns: Iterable[int]) -> int:
    """Take `handle` back. Returns how many were handled."""
    rows = Concern.objects.filter(pk__in=list(concerns), handled_at__isnull=False)
    return rows.update(handled_at=None, handled_by=None)


@transaction.atomic
def hide_letter(message: Message, concerns: Iterable[int], *, lead: User) -> Lockdown:
    """Hide one letter everywhere at once because of these concerns, and note that they are seen to."""
    lockdown = lockdowns.begin([message.pk], lead=lead)
    handle(concerns, lead=lead)
    return lockdown
