"""What this room forgets, and when."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from .models import Concern

HANDLED_KEPT = timedelta(days=30)


def purge() -> int:
    """Every day: erase the texts of concerns that were seen to thirty days ago. Returns how many."""
    handled = Concern.objects.filter(handled_at__lte=timezone.now() - HANDLED_KEPT).exclude(sealed=b"")
    return handled.update(sealed=b"")
