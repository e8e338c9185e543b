"""What readers send from the page of a letter: without cookie, without token, and nothing is kept of who they are."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messages_site import errors, policy
from supporters import limits
from supporters.models import Message
from supporters.pages import Place

from . import services
from .forms import ConcernForm, asked_again
from .origins import Origin, origin_of

logger = logging.getLogger(__name__)


# Reading pages hold no token and set no cookie; `origin_of` takes its place.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def concern(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """Something in a letter could hurt someone: tell the person responsible for safety."""
    # What was never public is not told from what never was.
    message = Message.objects.filter(slug=slug, wall_number__isnull=False).first()
    if message is None:
        raise Http404
    if request.method == "POST":
        return _take(request, message)
    if not message.is_on_wall:
        return errors.gone(request)
    return _page(request, message, ConcernForm(slug=slug))


def _take(request: HttpRequest, message: Message) -> HttpResponse:
    """Seal what was written. A letter that left the wall meanwhile makes no difference."""
    origin = origin_of(request)
    if origin == Origin.FOREIGN:
        return errors.error_page(request, 403)
    form = ConcernForm(request.POST, slug=message.slug)
    if not form.is_valid():
        return _page(request, message, form, status=400)
    if origin == Origin.UNKNOWN and not form.was_asked_again:
        return _page(request, message, form, ask_again=True)
    try:
        if not limits.take(limits.CONCERN, request):
            return _page(request, message, form, status=429, trouble="too_many")
        services.receive_concern(message, form.cleaned_data["text"])
    except (OSError, OperationalError) as error:
        logger.error("A concern was not saved: %s", type(error).__name__)
        return _page(request, message, form, status=503, trouble="not_saved")
    return render(request, "replies/concern_received.html", _context(request, message))


def _context(request: HttpRequest, message: Message) -> dict[str, Any]:
    place = Place.of(request.path_info)
    assert place is not None
    sheets = policy.FORM_SHEETS
    return {
        "place": place,
        "slug": message.slug,
        "content_policy": policy.content_policy("reading", in_page=True, sheets=sheets),
        "exit_url": policy.exit_url(place.language),
    }


def _page(
    request: HttpRequest,
    message: Message,
    form: ConcernForm,
    *,
    status: int = 200,
    trouble: str = "",
    ask_again: bool = False,
) -> HttpResponse:
    context = _context(request, message)
    context |= {
        "name": message.shown_name(context["place"].language) if message.is_on_wall else "",
        "form": form,
        "trouble": trouble,
        "ask_again": ask_again,
        "again": asked_again(message.slug) if ask_again else form.data.get("again", ""),
    }
    return render(request, "replies/concern.html", context, status=status)
