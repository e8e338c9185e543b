"""What every page of the desk shows, whichever room it belongs to."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from supporters.models import Message

from .review import wording
from .review.reviews import Review, title_of
from .roles import MODERATOR, SAFETY_LEAD, may


def page_context(request: HttpRequest, here: str) -> dict[str, Any]:
    """For `moderation/base.html`: `here` names the tab that is open."""
    user = cast(User, request.user)
    return {
        "here": here,
        "staff_name": wording.staff_name(user),
        # Who sent a message is for those alone who decide.
        "undo": _undo_bar(request, user) if may(user, MODERATOR, SAFETY_LEAD) else None,
    }


def _undo_bar(request: HttpRequest, user: User) -> dict[str, str] | None:
    """The decision named by `?after=`, as long as it can be taken back."""
    slug = request.GET.get("after", "")
    # A call for help is out of the hands of whoever handed it over: only Safety leads see it and take it back.
    message = Message.objects.filter(slug=slug, is_call_for_help=False).first() if slug else None
    if message is None:
        return None
    decision = Review(message, user, is_lead=False).decision
    if decision is None or decision.draft.live_at is None:
        return None
    happened, takes_effect = wording.decided(decision.kind, title_of(decision.draft), decision.draft.live_at)
    return {"slug": slug, "happened": happened, "takes_effect": takes_effect}
