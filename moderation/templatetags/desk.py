"""Names and times as the desk writes them."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context
from django.utils.translation import get_language

from moderation import roles, tabs
from moderation.models import Translation
from moderation.review import wording
from supporters import subtitles
from supporters.countries import SOMEWHERE, country
from supporters.languages import language_name, stands_as_typed
from supporters.lifecycle import FRIEND
from supporters.models import Edit, Message

register = template.Library()
register.filter(stands_as_typed)


def _language() -> str:
    return "ko" if get_language() == "ko" else "en"


@register.simple_tag(takes_context=True)
def desk_tabs(context: Context) -> list[tabs.Tab]:
    """The tabs of whoever reads the page."""
    return tabs.tabs_for(context["request"].user)


@register.filter
def duration(since: datetime) -> str:
    return wording.duration(since)


@register.filter
def clock(at: datetime) -> str:
    return wording.clock(at)


@register.filter
def clock_in_clip(milliseconds: int) -> str:
    """A place in a video or voice: `1:02.5`."""
    return subtitles.clock(milliseconds)


@register.filter
def sender(message: Message | Edit) -> str:
    return message.original_name or FRIEND[_language()]


@register.filter
def staff(user: User) -> str:
    return wording.staff_name(user)


@register.filter
def country_name(code: str) -> str:
    if code == SOMEWHERE:
        return "–"
    return country(code, _language()).label


@register.filter
def in_words(code: str) -> str:
    """The name of a language."""
    return language_name(code, _language())


@register.filter
def into(code: str) -> str:
    """The name of a language that texts are put into; the Northern wording has one of its own."""
    return str(Translation.Language.KP.label) if code == Translation.Language.KP else in_words(code)


@register.filter
def decides(user: User | AnonymousUser) -> bool:
    """Whether the desk is open to `user`."""
    return roles.may(user, roles.MODERATOR, roles.SAFETY_LEAD)


@register.filter
def tries_rules(user: User | AnonymousUser) -> bool:
    """Whether the page on which rules are tried on a text is open to `user`."""
    return roles.may(user, *roles.TRIES_RULES)
