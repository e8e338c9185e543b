"""A session of staff: the time between password and token, how long it lasts, and what ends it."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django_otp.models import Device

from ..roles import roles_of
from . import second_factor

Handler = Callable[[HttpRequest], HttpResponse]
Visitor = AbstractBaseUser | AnonymousUser

BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING, SINCE, SEEN, RIGHTS = "pending", "since", "seen", "rights"
# Enough to install an app; a password that was typed and left lying is of no use after it.
PENDING_SECONDS = 20 * 60
LONGEST_SECONDS = 12 * 3600
# The idle time is Django's (SESSION_COOKIE_AGE, counted from the last save), exact to this.
SEEN_SECONDS = 60


def begin(request: HttpRequest, user: User) -> None:
    """Remember that the password of `user` was right. This opens nothing but the pages of the second factor."""
    request.session.cycle_key()
    request.session[PENDING] = {"user": user.pk, "at": time.time(), "password": user.get_session_auth_hash()}


def pending(request: HttpRequest) -> User | None:
    """Whose password was right in this session, a short time ago, and still is."""
    waiting = request.session.get(PENDING)
    if not waiting or not 0 <= time.time() - waiting["at"] < PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=waiting["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(waiting["password"], user.get_session_auth_hash()):
        return None
    return user


def open_for(request: HttpRequest, user: User, device: Device | None) -> None:
    """Log `user` in: everything that was asked for was right. What the session kept for its person stays in it."""
    request.session.pop(PENDING, None)
    if device is not None:
        user.otp_device = device  # type: ignore[attr-defined]  # django_otp notes it in the session
    login(request, user, backend=BACKEND)
    request.session.set_expiry(None)
    _start(request, user)


def _start(request: HttpRequest, user: Visitor) -> None:
    now = int(time.time())
    request.session.update({SINCE: now, SEEN: now, RIGHTS: sorted(_rights(user))})


def _rights(user: Visitor) -> set[str]:
    flags = {flag for flag in ("is_staff", "is_superuser") if getattr(user, flag, False)}
    return flags | roles_of(user)


def gate(get_response: Handler) -> Handler:
    """Let in as `request.user` only whose session is verified, not over, and has lost no right since the login.

    Everybody else is a stranger to every view, wherever it stands. Pages that ask for no user read no session.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        logged_in = request.user
        request.user = SimpleLazyObject(lambda: _admitted(request, logged_in))  # type: ignore[assignment]
        return get_response(request)

    return middleware


def _admitted(request: HttpRequest, user: User | AnonymousUser) -> Visitor:
    session = request.session
    if not user.is_authenticated:
        if SESSION_KEY in session:
            # Closed or with another password: it must not come back to life when the account does.
            session.flush()
        return user
    if second_factor.is_required() and not user.is_verified():  # type: ignore[attr-defined]
        session.flush()
        return AnonymousUser()
    if SINCE not in session:
        _start(request, user)
    now, rights = int(time.time()), _rights(user)
    if now - session[SINCE] >= LONGEST_SECONDS or set(session[RIGHTS]) - rights:
        session.flush()
        return AnonymousUser()
    if now - session[SEEN] >= SEEN_SECONDS or set(session[RIGHTS]) != rights:
        session[SEEN], session[RIGHTS] = now, sorted(rights)
    return user


def end_all(user: User) -> None:
    """End every session of `user`. Only staff have sessions, so there are few to look through."""
    for row in Session.objects.filter(expire_date__gt=timezone.now()):
        if row.get_decoded().get(SESSION_KEY) == str(user.pk):
            row.delete()
