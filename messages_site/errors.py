"""The pages that say what went wrong, in the language of the address: neutral title, what to do next, no detail."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from supporters.pages import Place

from . import policy

logger = logging.getLogger(__name__)

RETRY_SECONDS = 60


def wording(status: int) -> tuple[str, str]:
    """What happened and what to do, for one status."""
    return {
        400: (_("This request could not be understood."), _("Please go back and try again.")),
        403: (
            _("This page was open too long, or it is not for you."),
            _("Please go back, reload the page and try again."),
        ),
        404: (_("There is nothing at this address."), _("It may have been mistyped, or moved.")),
        405: (_("This request could not be understood."), _("Please go back and try again.")),
        410: (_("This message is no longer here."), _("Its sender took it back, or its address has changed.")),
        413: (
            _("What you sent is too large."),
            _("A photo may have 20 MB, a video or a voice 200 MB. Please go back and choose a smaller file."),
        ),
        429: (
            _("Too many requests came at once."),
            _("Please wait a few minutes and try again. What you typed is not lost if you go back."),
        ),
        500: (_("We cannot open the messages just now."), _("Please try again shortly.")),
        503: (_("We cannot open the messages just now."), _("Please try again shortly.")),
    }[status]


def error_page(request: HttpRequest, status: int) -> HttpResponse:
    """The page for `status`. It touches neither database nor session, so that it works when they do not."""
    language = translation.get_language()
    place = Place.of(request.path_info)
    if place is None:
        place = Place(language if language in ("ko", "en") else "en", "")
    title, advice = wording(status)
    reading: policy.Kind = "reading"
    kind = getattr(request, "policy_kind", reading)
    context: dict[str, Any] = {
        "place": Absolute(place.language, place.path),
        "status": status,
        "happened": title,
        "advice": advice,
        "content_policy": policy.content_policy(kind, in_page=True),
        # The policy of other pages does not let it run; the link alone shows the cover there.
        "has_script": kind == reading,
        "exit_url": policy.exit_url(place.language),
    }
    return render(request, "error.html", context, status=status, using="django")


class Absolute(Place):
    """A place whose links start at the root: an error may stand at any address, however deep."""

    @property
    def up(self) -> str:
        return f"/{self.language}/"

    @property
    def top(self) -> str:
        return "/"

    @property
    def switch(self) -> str:
        return f"/{self.other}/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    if not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return error_page(request, 500)
    # The database is away or locked, which passes. Answers of 503 are not reported by Django's log (`logs`).
    logger.exception("The database did not answer")
    response = error_page(request, 503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """The answer for a letter that was public and is not any more."""
    return error_page(request, 410)


def too_many(request: HttpRequest) -> HttpResponse:
    return error_page(request, 429)
