"""What this room adds to the top of the desk."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from moderation.roles import SAFETY_LEAD, may
from moderation.tabs import Tab

from .models import Concern


def concerns(user: User) -> Tab | None:
    """For Safety leads, with how many concerns are open."""
    if not may(user, SAFETY_LEAD):
        return None
    count = Concern.objects.filter(handled_at=None).count()
    return Tab("concerns", _("Concerns"), reverse("replies_desk:concerns"), str(count or ""))
