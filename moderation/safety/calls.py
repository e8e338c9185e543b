"""Calls for help: messages that ask for rescue or show somebody in danger. Safety leads alone work on them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from supporters.models import Edit, Event, Message

from ..models import Flag
from ..roles import SAFETY_LEAD, may
from ..tabs import Tab

SHOWN = 50
# How long a call that was seen to stays in the list, so that it can be opened again.
HANDLED_SHOWN = timedelta(days=30)


def calls() -> QuerySet[Message]:
    """Every call for help, the oldest first."""
    return Message.objects.filter(is_call_for_help=True, status=Message.Status.DECLINED).order_by("live_at", "pk")


def open_calls() -> QuerySet[Message]:
    return calls().filter(help_handled_at=None)


def handled_calls() -> QuerySet[Message]:
    """Those seen to lately, the newest first."""
    return calls().filter(help_handled_at__gt=timezone.now() - HANDLED_SHOWN).order_by("-help_handled_at")


def possible_calls() -> QuerySet[Message]:
    """Messages and proposed changes that wait for the desk and hold words of danger."""
    waits = Q(edit=None, message__status=Message.Status.PENDING)
    proposed = Q(edit__status=Edit.Status.OPEN, message__status=Message.Status.APPROVED)
    flagged = Flag.objects.filter(waits | proposed, kind=Flag.Kind.DANGER)
    return Message.objects.filter(pk__in=flagged.values("message")).order_by("submitted_at", "pk")


def declined_by(message: Message) -> Event | None:
    """Who handed it to the Safety leads, and when."""
    events = message.events.filter(kind=Event.Kind.DECLINED).select_related("actor")
    return events.order_by("-number").first()


def tab(user: User) -> Tab | None:
    """For Safety leads, with how many calls and possible calls wait."""
    if not may(user, SAFETY_LEAD):
        return None
    count = open_calls().count() + possible_calls().count()
    return Tab("help", _("Calls for help"), reverse("moderation:calls-for-help"), str(count or ""))
