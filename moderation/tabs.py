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

from .queues import queue
from .roles import MODERATOR, NORTHERN_READER, REVIEWER, SAFETY_LEAD, TRANSLATOR, may
from .translating import queue as translation_queue

DECIDES = (MODERATOR, SAFETY_LEAD)
# Who works on the desk; radio and packs have rooms of their own.
DESK = (*DECIDES, TRANSLATOR, REVIEWER, NORTHERN_READER)


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


def start(user: User) -> Tab | None:
    return Tab("start", _("Start"), reverse("moderation:start")) if may(user, *DESK) else None


def mine(user: User) -> Tab | None:
    if not may(user, *DECIDES):
        return None
    return Tab("mine", _("Mine"), reverse("moderation:mine"), queue.held_count(user))


def second_look(user: User) -> Tab | None:
    """Counted is what `user` may do; the list also shows what waits for somebody else."""
    if not may(user, *DECIDES):
        return None
    count = queue.waiting_count(queue.second_look(not_by=user))
    return Tab("second-look", _("Second look"), reverse("moderation:second-look"), count)


def to_translate(user: User) -> Tab | None:
    if not may(user, *DECIDES, TRANSLATOR, REVIEWER):
        return None
    count = translation_queue.count_for(user)
    return Tab("translate", _("To translate"), reverse("moderation:translate-queue"), count)


def to_sign(user: User) -> Tab | None:
    """Northern wordings, for those who sign them."""
    if not may(user, NORTHERN_READER):
        return None
    address = f"{reverse('moderation:translate-queue')}?pair=ko-kp"
    return Tab("signing", _("To sign"), address, translation_queue.signing_count(user))


def asked(user: User) -> Tab | None:
    return _list("asked", _("Asked"), user)


def published(user: User) -> Tab | None:
    return _list("published", _("Published"), user)


def declined(user: User) -> Tab | None:
    return _list("declined", _("Declined"), user)


def _list(name: str, title: str, user: User) -> Tab | None:
    return Tab(name, title, reverse("moderation:decided", args=[name])) if may(user, *DECIDES) else None
