"""The private page of a sender: what became of a message, and changing it, its outlets, or taking it back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from messages_site import errors

from . import attachments, lifecycle, limits, progress, receipts, removed, services
from .consent import outlet_sentence
from .forms import EditForm, OutletsForm
from .models import Attachment, Message
from .models.messages import OUTLETS
from .postcards import postcard_as_typed
from .refusals import refusal
from .views import page_context, see_other

logger = logging.getLogger(__name__)

PrivateView = Callable[[HttpRequest, str, str, Message], HttpResponse]


def private(view: PrivateView) -> Callable[[HttpRequest, str, str], HttpResponse]:
    """Find the message of a key; make wrong keys slow to guess and the page leave no trace."""

    @wraps(view)
    def opened(request: HttpRequest, language: str, key: str) -> HttpResponse:
        message = receipts.message_of(key)
        if message is None:
            # Whoever has a key may read their page while nothing can be written.
            with suppress(OperationalError):
                if not limits.take(limits.WRONG_KEY, request):
                    return errors.too_many(request)
            raise Http404
        # A right key opens also after somebody at the same address mistyped theirs too often: among 80 bits nobody
        # finds one by that, and taking a message back must not wait for an hour.
        return unseen(view(request, language, key, message))

    return opened


def unseen(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _back(language: str, key: str, done: str) -> HttpResponse:
    return see_other(f"{reverse('supporters:mine', args=[language, key])}?{done}=1")


@require_safe
@private
def mine(request: HttpRequest, language: str, key: str, message: Message) -> HttpResponse:
    """The life line and what can be done."""
    words, at = services.words_of(message), progress.stage(message)
    file: Attachment | None = getattr(message, "attachment", None)
    context = page_context(request) | {
        "key": key,
        "message": message,
        "stage": at,
        "can_change": can_change(message),
        "just": next((name for name in ("sent", "changed", "stopped") if name in request.GET), ""),
        "link": _link(request, language, key),
        "steps": progress.steps(message),
        "lines": progress.life_line(message),
        "reason": progress.reason(message),
        "edit": progress.edit_state(message),
        "file": file,
        "removed": removed.sentences(file.removed) if file else [],
        "refusal": _refusal(message),
        "files_left": at == progress.WITHDRAWN and attachments.undeleted().filter(message=message).exists(),
        "outlets": outlet_sentence(services.agreed_outlets(message)),
        "card": None if message.erased_at or at == progress.WITHDRAWN else _card(message, words, language),
    }
    return render(request, "supporters/mine.html", context)


def _card(message: Message, words: services.Words, language: str) -> Any:
    return postcard_as_typed(words, message.kind, page_language=language, received=message.submitted_at)


def _refusal(message: Message) -> Any:
    file: Attachment | None = getattr(message, "attachment", None)
    if file is None or file.state != Attachment.State.FAILED:
        return None
    return refusal(file.reason, message.kind)


def _link(request: HttpRequest, language: str, key: str) -> str:
    """The private address to keep; a page opened from a letter cannot know it, only its hash is stored."""
    bare = receipts.normal(key)
    if not bare:
        return ""
    return request.build_absolute_uri(reverse("supporters:mine", args=[language, receipts.shown(bare)]))


@require_safe
@private
def key_file(request: HttpRequest, language: str, key: str, message: Message) -> HttpResponse:
    """The private address as a text file whose name says nothing."""
    link = _link(request, language, key)
    if not link:
        raise Http404
    lines = [_("This is the private link of your message. Keep it, and show it to nobody."), link]
    headers = {"Content-Disposition": 'attachment; filename="letter.txt"'}
    return HttpResponse("\r\n".join([*lines, ""]), content_type="text/plain; charset=utf-8", headers=headers)


# --- Changing ---------------------------------------------------------------------------------------------------


def can_change(message: Message) -> bool:
    """Whether the sender is offered changes: as far as they know, it is undecided, asked about or approved."""
    return progress.stage(message) in (progress.READING, progress.ASKED, progress.APPROVED, progress.PUBLISHED)


@require_http_methods(["GET", "HEAD", "POST"])
@private
def edit(request: HttpRequest, language: str, key: str, message: Message) -> HttpResponse:
    """Change the words. What is published stays until the new words have been read."""
    if not can_change(message):
        return _back(language, key, "closed")
    words = services.words_of(message)
    typed = {
        "body": words.original,
        "own_ko": words.own_ko,
        "alt": words.original_alt,
        "name": words.original_name,
        "group": words.group,
        "country": words.country,
        "language": words.language,
    }
    form = EditForm(request.POST or None, kind=message.kind, initial=typed)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_words(message, form.words())
        except lifecycle.InvalidTransition:
            form.add_error(None, _busy())
        except OperationalError:
            form.add_error(None, _("It was not saved. Please try again later."))
        else:
            return _back(language, key, "changed")
    context = page_context(request) | {"key": key, "form": form, "message": message, "stage": progress.stage(message)}
    return render(request, "supporters/mine_edit.html", context | {"reason": progress.reason(message)})


@require_http_methods(["GET", "HEAD", "POST"])
@private
def outlets(request: HttpRequest, language: str, key: str, message: Message) -> HttpResponse:
    """Choose again where the message may be used."""
    if not can_change(message):
        return _back(language, key, "closed")
    agreed = services.agreed_outlets(message)
    initial = {f"use_{outlet}": outlet in agreed for outlet in OUTLETS}
    form = OutletsForm(request.POST if request.method == "POST" else None, initial=initial)
    nothing_left = False
    if request.method == "POST" and form.is_valid():
        try:
            services.change_outlets(message, form.outlets())
        except services.NothingLeft:
            nothing_left = True
        except lifecycle.InvalidTransition:
            form.add_error(None, _busy())
        except OperationalError:
            form.add_error(None, _("It was not saved. Please try again later."))
        else:
            return _back(language, key, "changed")
    context = page_context(request) | {"key": key, "form": form, "message": message, "nothing_left": nothing_left}
    return render(request, "supporters/mine_outlets.html", context)


def _busy() -> str:
    minutes = settings.PUBLISH_DELAY_MINUTES + 1
    return ngettext(
        "Somebody is deciding about your message just now. Nothing you typed is lost: try again in %(count)d minute.",
        "Somebody is deciding about your message just now. Nothing you typed is lost: try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}


@require_http_methods(["GET", "HEAD", "POST"])
@private
def withdraw(request: HttpRequest, language: str, key: str, message: Message) -> HttpResponse:
    """Take the message back, after one question."""
    not_saved = False
    if request.method == "POST":
        try:
            # Pressed twice: once is enough.
            with suppress(lifecycle.InvalidTransition):
                services.withdraw(message)
            return _back(language, key, "withdrawn")
        except OperationalError:
            logger.error("A message was not taken back: the database cannot be written.")
            not_saved = True
    if message.status == Message.Status.WITHDRAWN:
        return _back(language, key, "withdrawn")
    context = page_context(request) | {"key": key, "message": message, "stage": progress.stage(message)}
    status = 503 if not_saved else 200
    return render(request, "supporters/mine_withdraw.html", context | {"not_saved": not_saved}, status=status)


# A mail program posts here for its owner, without a page and its token before; the link itself is the permission.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """No more letters by e-mail: one button, or one click in a mail program."""
    contact = receipts.contact_of(key) if key.startswith(receipts.LINK_PREFIX) else None
    if contact is None:
        if not limits.take(limits.WRONG_KEY, request):
            return errors.too_many(request)
        raise Http404
    if request.method == "POST":
        services.stop_letters(contact)
    context = page_context(request) | {"done": request.method == "POST"}
    return unseen(render(request, "supporters/stop.html", context))
