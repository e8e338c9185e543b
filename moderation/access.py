"""Who may open a page of the desk: every view says so in one line, and a test walks them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from .review import kept
from .roles import may

View = Callable[..., HttpResponseBase]


def for_roles(*roles: str) -> Callable[[View], View]:
    """Strangers are sent to the login; staff in none of `roles` get 403, superusers included.

    What a stranger posts to a page shown to somebody before is kept through the login (`moderation.review.kept`).
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, *roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        staff_only = admin.site.admin_view(guarded)

        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST" and not request.user.is_authenticated:
                kept.keep(request, kept.subject(**kwargs))
            return staff_only(request, *args, **kwargs)

        opened.for_roles = roles  # type: ignore[attr-defined]
        return opened

    return guard
