"""The lists of the desk: what waits, and what was decided."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from supporters.models import Message

from ..access import for_roles
from ..pages import page_context
from ..roles import MODERATOR, SAFETY_LEAD
from . import queue, rows
from .bulk import BulkAction
from .shelves import Shelf

LISTS = {
    "asked": (Message.Status.ASKED, gettext_lazy("Asked")),
    "published": (Message.Status.APPROVED, gettext_lazy("Published")),
    "declined": (Message.Status.DECLINED, gettext_lazy("Declined")),
}
WAITING = {
    "waiting": (gettext_lazy("To review"), gettext_lazy("Nothing is waiting. Thank you.")),
    "mine": (gettext_lazy("Mine"), gettext_lazy("You hold no letter now.")),
    "second-look": (gettext_lazy("Second look"), gettext_lazy("No letter waits for a second look.")),
}


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def waiting_list(request: HttpRequest) -> HttpResponse:
    """What waits for its first look, oldest first."""
    return _waiting(request, "waiting", queue.first_looks())


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader holds."""
    return _waiting(request, "mine", queue.held_by(cast(User, request.user)))


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def second_looks(request: HttpRequest) -> HttpResponse:
    """What waits for another person than the first; what the reader looked at first is marked."""
    return _waiting(request, "second-look", queue.second_look())


def _waiting(request: HttpRequest, here: str, chosen: queue.Selection) -> HttpResponse:
    title, empty = WAITING[here]
    shelf = Shelf.read(request.GET, here)
    form = shelf.filters
    page = queue.waiting(queue.Cursor.read(request.GET.get("from", "")), chosen=chosen & form.selection)
    context = page_context(request, here) | {
        "title": title,
        "empty": empty,
        "shelf": shelf,
        "list_address": shelf.place,
        "page": rows.fill(page, reader=request.user),
        "form": form,
        "is_first": "from" not in request.GET,
        "is_ticked": request.GET.get("tick") == "all",
        "bulk_actions": BulkAction,
    }
    return render(request, "moderation/waiting_list.html", context)


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def decided_list(request: HttpRequest, name: str) -> HttpResponse:
    """What was decided one way, the newest first; on top what can still be undone."""
    status, title = LISTS[name]
    before = request.GET.get("before", "")
    context = page_context(request, name) | {
        "title": title,
        "fresh": [] if before else queue.not_yet_live(status),
        "page": queue.decided(status, before),
    }
    return render(request, "moderation/decided_list.html", context)
