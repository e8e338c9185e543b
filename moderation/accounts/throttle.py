"""Limits on guessing passwords and tokens (django-axes asks this handler), and browsers that are known.

Whoever got in once from a browser keeps a signed cookie there, good for that name only: its wrong tries are counted
by themselves. All other browsers are counted by name and address for passwords. For tokens they are counted together:
whoever gets that far knows the password, and there are only a million numbers. A wrong try takes a slot for a quarter
of an hour, counted from that try; what is refused takes none. So nobody waits longer than that, and an address stands
here only as a hash under a key that is thrown away every day (`supporters.limits`).
"""

from __future__ import annotations

import math
import secrets
import time
from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core import signing
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from supporters import limits

PASSWORD, TOKEN = "password", "token"
COOKIE, COOKIE_SALT = "d", "moderation.accounts.known"
COOKIE_SECONDS = 180 * 24 * 3600
# A browser may be shared by a few colleagues.
NAMES_IN_COOKIE = 5


class Guesses(AxesBaseHandler, AbstractAxesHandler):
    """What django-axes knows about wrong tries."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        return len(_taken(_bucket(request, credentials)))

    def user_login_failed(
        self, sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        request.axes_credentials = credentials  # type: ignore[attr-defined]
        if request.axes_locked_out:  # type: ignore[attr-defined]
            return
        bucket = _bucket(request, credentials)
        _take(bucket)
        request.axes_locked_out = len(_taken(bucket)) >= settings.AXES_FAILURE_LIMIT  # type: ignore[attr-defined]

    def user_logged_in(self, sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
        """Nothing yet: a right password is only half of a login. `forget` comes when both were right."""

    def user_logged_out(self, sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
        """Nothing is kept about logging out."""


def no_address(request: HttpRequest) -> str:
    """What django-axes is told about where a request comes from."""
    return ""


# --- Tokens -----------------------------------------------------------------------------------------------------


def is_locked(request: HttpRequest, user: User) -> bool:
    """Whether too many wrong tokens of `user` came from where `request` comes from."""
    return len(_taken(_bucket(request, _token_of(user)))) >= settings.AXES_FAILURE_LIMIT


def wrong_token(request: HttpRequest, user: User) -> None:
    user_login_failed.send(__name__, credentials=_token_of(user), request=request)


def locked_out(request: HttpRequest, user: User) -> HttpResponse:
    return locked_page(request, None, _token_of(user))


def forget(request: HttpRequest, user: User) -> None:
    """Both were right: the wrong tries before are forgotten, for this name from here."""
    for step in (PASSWORD, TOKEN):
        bucket = _bucket(request, {"username": user.get_username(), "step": step})
        caches["guesses"].delete_many(_slots(bucket))


def _token_of(user: User) -> dict[str, Any]:
    return {"username": user.get_username(), "step": TOKEN}


# --- Slots ------------------------------------------------------------------------------------------------------


def _bucket(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """What is counted together: one name, from one browser or place, at one step."""
    credentials = credentials or {}
    step, username = credentials.get("step", PASSWORD), str(credentials.get("username") or "")
    device = _device(request, username)
    if device:
        client = f"device {device}"
    else:
        client = "elsewhere" if step == TOKEN else f"address {limits.sender_address(request)}"
    return f"{step}:{limits.keyed(f'{username} {client}')}"


def _slots(bucket: str) -> list[str]:
    return [f"{bucket}:{number}" for number in range(settings.AXES_FAILURE_LIMIT)]


def _seconds() -> int:
    return int(settings.AXES_COOLOFF_TIME.total_seconds())


def _taken(bucket: str) -> list[float]:
    """When the wrong tries were that still count."""
    oldest = time.time() - _seconds()
    return [at for at in caches["guesses"].get_many(_slots(bucket)).values() if at > oldest]


def _take(bucket: str) -> None:
    # `add` decides between two at once: each wrong try takes a slot of its own.
    for slot in _slots(bucket):
        if caches["guesses"].add(slot, time.time(), _seconds()):
            return


# --- The page ---------------------------------------------------------------------------------------------------


def locked_page(
    request: HttpRequest, response: HttpResponseBase | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Say when to try again; the same for names that exist and names that do not."""
    taken = _taken(_bucket(request, credentials))
    seconds = max(1, math.ceil(min(taken) + _seconds() - time.time())) if taken else 1
    context = admin.site.each_context(request) | {
        "title": _("Too many tries"),
        "minutes": math.ceil(seconds / 60),
        "has_permission": False,
    }
    page = render(request, "admin/too_many_tries.html", context, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


# --- Known browsers ---------------------------------------------------------------------------------------------


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let this browser be known for `user`: others who hammer at the name from elsewhere do not count here."""
    mark = _mark(user.get_username())
    others = [(name, device) for name, device in _known(request).items() if name != mark]
    known = dict([(mark, secrets.token_urlsafe(12)), *others][:NAMES_IN_COOKIE])
    response.set_cookie(
        COOKIE,
        signing.dumps(known, salt=COOKIE_SALT),
        max_age=COOKIE_SECONDS,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _device(request: HttpRequest, username: str) -> str:
    return _known(request).get(_mark(username), "")


def _known(request: HttpRequest) -> dict[str, str]:
    try:
        known: dict[str, str] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE_SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return {}
    return known


def _mark(username: str) -> str:
    """A name in the cookie: who reads the cookie learns no names."""
    return salted_hmac(COOKIE_SALT, username, algorithm="sha256").hexdigest()[:20]
