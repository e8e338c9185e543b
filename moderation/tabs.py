"""The tabs of the desk: what each role finds at the top of every page, with how much waits there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from . import queue
from .roles import MODERATOR, SAFETY_LEAD, may

DECIDES = (MODERATOR, SAFETY_LEAD)


@dataclass(frozen=True)
class Tab:
    """One entry; `here` names the page it leads to, `count` says how much waits and may be empty."""

    here: str
    title: str
    address: str
    count: str = ""


@cache
def _sources() -> list[Callable[[User], Tab | None]]:
    return [import_string(path) for path in settings.DESK_TABS]


def tabs_for(user: User) -> list[Tab]:
    """The tabs `user` may open, in the order of `DESK_TABS`."""
    return [tab for source in _sources() if (tab := source(user))]


def to_review(user: User) -> Tab | None:
    if not may(user, *DECIDES):
        return None
    return Tab("waiting", _("To review"), reverse("moderation:queue"), queue.waiting_count())


def asked(user: User) -> Tab | None:
    return _list("asked", _("Asked"), user)


def published(user: User) -> Tab | None:
    return _list("published", _("Published"), user)


def declined(user: User) -> Tab | None:
    return _list("declined", _("Declined"), user)


def _list(name: str, title: str, user: User) -> Tab | None:
    return Tab(name, title, reverse("moderation:decided", args=[name])) if may(user, *DECIDES) else None
