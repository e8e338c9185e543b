"""The lists of the desk: what waits, and what was decided."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from supporters.models import Message

from . import queue
from .access import for_roles
from .pages import page_context
from .roles import MODERATOR, SAFETY_LEAD

LISTS = {
    "asked": (Message.Status.ASKED, gettext_lazy("Asked")),
    "published": (Message.Status.APPROVED, gettext_lazy("Published")),
    "declined": (Message.Status.DECLINED, gettext_lazy("Declined")),
}


@for_roles(MODERATOR, SAFETY_LEAD)
@require_safe
def waiting_list(request: HttpRequest) -> HttpResponse:
    """What waits, oldest first."""
    page = queue.waiting(queue.Cursor.read(request.GET.get("from", "")))
    context = {**page_context(request, "waiting"), "page": page, "is_first": "from" not in request.GET}
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
