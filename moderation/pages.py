"""What every page of the desk shows, whichever room it belongs to."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supporters.models import Message

from .review import wording
from .review.reviews import Review, title_of
from .roles import MODERATOR, SAFETY_LEAD, may

# `?done=` of the page after a message was declined into the hands of the Safety leads.
HANDED_OVER = "help"
# And after it was left to others.
LEFT = {
    "second_look": gettext_lazy("“%(who)s”: another person is asked to look at it before it can be approved."),
    "translate": gettext_lazy("“%(who)s” is with the translators now."),
}


def page_context(request: HttpRequest, here: str) -> dict[str, Any]:
    """For `moderation/base.html`: `here` names the tab that is open."""
    user = cast(User, request.user)
    decides = may(user, MODERATOR, SAFETY_LEAD)
    # Who sent a message is for those alone who decide.
    notice = _notice(request, user) if decides else ""
    return {
        "here": here,
        "staff_name": wording.staff_name(user),
        "undo": _undo_bar(request, user) if decides and not notice else None,
        "notice": notice,
    }


def _notice(request: HttpRequest, user: User) -> str:
    """What became of the letter the reader left a moment ago."""
    done = request.GET.get("done", "")
    return _handed_over(user) if done == HANDED_OVER else _left(request, user) if done in LEFT else ""


def _left(request: HttpRequest, user: User) -> str:
    """That the letter named by `?after=` was left to others, if it was."""
    done, message = request.GET["done"], _named(request)
    if message is None:
        return ""
    review = Review(message, user, is_lead=False)
    if done == "second_look":
        is_true = review.first_look is not None and review.first_look.actor_id == user.pk
    else:
        is_true = bool(review.translations)
    return LEFT[done] % {"who": title_of(review.draft)} if is_true else ""


def _named(request: HttpRequest) -> Message | None:
    """The letter `?after=` names. A call for help is out of the hands of whoever handed it over."""
    slug = request.GET.get("after", "")
    return Message.objects.filter(slug=slug, is_call_for_help=False).first() if slug else None


def _handed_over(user: User) -> str:
    if may(user, SAFETY_LEAD):
        return _("It stands among the calls for help now. Only Safety leads see it.")
    return _("You handed it to the Safety leads. From now on only they see it, and you cannot open it any more.")


def _undo_bar(request: HttpRequest, user: User) -> dict[str, str] | None:
    """The decision named by `?after=`, as long as it can be taken back."""
    message = _named(request)
    if message is None:
        return None
    decision = Review(message, user, is_lead=False).decision
    if decision is None or decision.draft.live_at is None:
        return None
    happened, takes_effect = wording.decided(decision.kind, title_of(decision.draft), decision.draft.live_at)
    return {"slug": message.slug, "happened": happened, "takes_effect": takes_effect}
