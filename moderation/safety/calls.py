"""Calls for help: messages and proposed changes that ask for rescue or show somebody in danger.

Safety leads alone work on them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from supporters.lifecycle import message_of
from supporters.models import Edit, Event, Message

from ..models import Flag
from ..roles import SAFETY_LEAD, may
from ..tabs import Tab

SHOWN = 50
# How long a call that was seen to stays in the list, so that it can be opened again.
HANDLED_SHOWN = timedelta(days=30)
OPEN: dict[str, Any] = {"help_handled_at": None}
Call = Message | Edit


def _messages(**chosen: Any) -> QuerySet[Message]:
    return Message.objects.filter(is_call_for_help=True, status=Message.Status.DECLINED, **chosen)


def _edits(**chosen: Any) -> QuerySet[Edit]:
    """Proposed changes. The letter itself stays published; with it the sender takes back everything."""
    found = Edit.objects.filter(is_call_for_help=True, **chosen).exclude(message__status=Message.Status.WITHDRAWN)
    return found.select_related("message")


def open_calls() -> list[Call]:
    """The oldest first."""
    found: list[Call] = [*_messages(**OPEN).order_by("live_at", "pk")[:SHOWN]]
    found += _edits(**OPEN).order_by("live_at", "pk")[:SHOWN]
    return sorted(found, key=lambda call: (call.live_at or timezone.now(), call.pk))[:SHOWN]


def handled_calls() -> list[Call]:
    """Those seen to lately, the newest first."""
    lately = {"help_handled_at__gt": timezone.now() - HANDLED_SHOWN}
    found: list[Call] = [*_messages(**lately).order_by("-help_handled_at")[:SHOWN]]
    found += _edits(**lately).order_by("-help_handled_at")[:SHOWN]
    return sorted(found, key=lambda call: (call.help_handled_at or timezone.now(), call.pk), reverse=True)[:SHOWN]


def find(slug: str, edit: int | None) -> Call | None:
    """The call for help of this address, or the proposed change of that number."""
    if edit:
        return _edits(message__slug=slug, pk=edit).first()
    return _messages(slug=slug).first()


def possible_calls() -> QuerySet[Message]:
    """Messages and proposed changes that wait for the desk and hold words of danger."""
    waits = Q(edit=None, message__status=Message.Status.PENDING)
    proposed = Q(edit__status=Edit.Status.OPEN, message__status=Message.Status.APPROVED)
    flagged = Flag.objects.filter(waits | proposed, kind=Flag.Kind.DANGER)
    return Message.objects.filter(pk__in=flagged.values("message")).order_by("submitted_at", "pk")


def declined_by(call: Call) -> Event | None:
    """Who handed it to the Safety leads, and when."""
    kind = Event.Kind.EDIT_REFUSED if isinstance(call, Edit) else Event.Kind.DECLINED
    events = message_of(call).events.filter(kind=kind).select_related("actor").order_by("-number")
    return next((event for event in events if event.ids.get("edit") in (None, call.pk)), None)


def tab(user: User) -> Tab | None:
    """For Safety leads, with how many calls and possible calls wait."""
    if not may(user, SAFETY_LEAD):
        return None
    count = _messages(**OPEN).count() + _edits(**OPEN).count() + possible_calls().count()
    return Tab("help", _("Calls for help"), reverse("moderation:calls-for-help"), str(count or ""))
