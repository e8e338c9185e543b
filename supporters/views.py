"""The send form: look, preview, send, change. One address, complete without a script."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messages_site import policy

from . import countries, incoming, languages, limits, media, pieces, receipts, removed, room, services, uploads
from .consent import outlet_sentence
from .forms import FILE_KINDS, SendForm
from .models import Message, Upload
from .models.messages import OUTLETS
from .pages import Place
from .postcards import paragraphs, postcard_as_typed
from .refusals import Refusal, arriving, refusal
from .services import Words

logger = logging.getLogger(__name__)

PASSED_ON = "kind body own_ko alt name group country email".split()
TICKS = [*(f"use_{outlet}" for outlet in OUTLETS), "made_by_me", "old_enough"]


class TooMany(Exception):
    """The sender did this too often in an hour; `upload` is the file that is kept for them."""

    def __init__(self, upload: Upload | None = None) -> None:
        super().__init__()
        self.upload = upload


def page_context(request: HttpRequest, here: str = "") -> dict[str, Any]:
    """What every page of senders gives to the base template."""
    place = Place.of(request.path_info)
    assert place is not None
    return {
        "place": place,
        "here": here,
        "content_policy": policy.content_policy("form", in_page=True, sheets=policy.FORM_SHEETS),
        "exit_url": policy.exit_url(place.language),
    }


def see_other(address: str) -> HttpResponse:
    """A redirect after a POST."""
    return HttpResponse(status=303, headers={"Location": address})


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, language: str) -> HttpResponse:
    """The form and its steps: `preview`, `send`, and without a script `change` and `remove`."""
    if request.method != "POST":
        initial = {"kind": Message.Kind.TEXT, "use_web": True, "form_token": receipts.new_form_token()}
        return _form_page(request, SendForm(initial=initial))
    try:
        return _take(request, language)
    except TooMany as refused:
        # No error page: browsers forget what was typed into a page that is not stored, whoever goes back to it.
        form = SendForm(initial=_typed(request), upload=refused.upload)
        return _form_page(request, form, status=429, trouble="too_many")
    except (OSError, OperationalError) as error:
        logger.error("A message was not saved: %s", type(error).__name__)  # not its text, which may hold a path
        return _not_saved(request)


@require_safe
def recorder(request: HttpRequest, language: str) -> HttpResponse:
    """The box of the recorder and its sentences, which only whoever records needs."""
    return render(request, "supporters/recorder.html")


def _take(request: HttpRequest, language: str) -> HttpResponse:
    data: QueryDict = request.POST
    step = data.get("step")
    token = data.get("form_token", "")
    sent_before = receipts.is_form_token(token) and receipts.find(token) is not None
    if sent_before and step == "send":
        return _receipt(language, receipts.key_of(token))
    upload, refused = _file(request)
    if step in ("change", "remove"):
        return _form_page(request, SendForm(initial=_typed(request), upload=upload))
    if sent_before:
        # They went back to write another message: it must not vanish behind the first one's token.
        again = data.copy()
        again["form_token"] = receipts.new_form_token()
        data = again
    form = SendForm(data, upload=upload, refused=refused)
    if not form.is_valid():
        return _form_page(request, form)
    return _submit(request, language, form) if step == "send" else _preview_page(request, form)


def _file(request: HttpRequest) -> tuple[Upload | None, Refusal | None]:
    """The kept file of the form, after taking in or giving up one; and why one that came is not kept."""
    kept = uploads.find(request.POST.get("upload", ""))
    if request.POST.get("step") == "remove":
        if kept:
            uploads.discard(kept)
        return None, None
    if incoming.was_not_stored(request):
        raise OSError("no room for an upload")
    kind = request.POST.get("kind", "")
    file = request.FILES.get(kind) if kind in FILE_KINDS else None
    if file is None:
        return _arrived(kept, kind) if kept else (None, None)
    size = file.size or 0
    if not room.allow(request, size):
        raise TooMany(kept)
    room.check(size)
    try:
        new = uploads.keep(file, kind)
    except media.Refused as refused:
        return kept, refusal(refused.code, kind, size=size)
    except media.SandboxError:
        logger.exception("An upload could not be looked at.")
        return kept, refusal("not_saved", kind)
    if kept:
        uploads.discard(kept)
    return new, None


def _arrived(upload: Upload, kind: str) -> tuple[Upload | None, Refusal | None]:
    """The file that came in pieces for a form of `kind`, looked at; and why it cannot be taken, or not yet."""
    if kind not in FILE_KINDS or (upload.kind or kind) != kind:
        return upload, None  # of a kind they tried first; it waits for a change of mind
    try:
        if not uploads.complete(upload):
            return upload, arriving()
        uploads.look(upload, kind)
    except uploads.Gone:
        return None, None
    except pieces.Busy:  # its last piece is just being written
        return upload, arriving()
    except media.Refused as refused:
        return None, refusal(refused.code, kind, size=upload.size)
    except media.SandboxError:
        logger.exception("An upload could not be looked at.")
        return upload, refusal("not_saved", kind)
    return upload, None


def _submit(request: HttpRequest, language: str, form: SendForm) -> HttpResponse:
    earlier = limits.taken(limits.SEND, request)
    if earlier >= limits.PER_HOUR[limits.SEND]:
        raise TooMany(form.upload)
    kind = form.message_kind
    try:
        key = services.submit_message(
            form_token=form.cleaned_data["form_token"],
            kind=kind,
            words=form.words(),
            agreed=form.agreed(),
            upload=form.own_upload,
            email=form.cleaned_data["email"],
            page_language=language,
            burst=earlier + 1,
        )
    except services.UploadGone:
        form.upload = None
        form.add_error(kind, ValidationError(_("Your file is not kept any more. Please choose it once more.")))
        return _form_page(request, form)
    with suppress(OperationalError):  # it is stored, and this counts no more
        limits.take(limits.SEND, request)
    if form.upload and form.own_upload is None:
        uploads.discard(form.upload)  # of a kind they tried first
    return _receipt(language, key)


def _receipt(language: str, key: str) -> HttpResponse:
    address = reverse("supporters:mine", args=[language, receipts.shown(key)])
    return see_other(f"{address}?sent=1")


# --- Pages ------------------------------------------------------------------------------------------------------


def _form_page(request: HttpRequest, form: SendForm, *, status: int = 200, trouble: str = "") -> HttpResponse:
    typed = form.data if form.is_bound else form.initial
    words = _words_as_typed(typed)
    token = str(typed.get("form_token", ""))
    context = page_context(request, here="send") | {
        "form": form,
        "kind": form.message_kind or Message.Kind.TEXT,
        "form_token": token if receipts.is_form_token(token) else receipts.new_form_token(),
        "trouble": trouble,
        # Neither the catch for programs nor a broken mark is worth a page without its form: 200 throughout.
        "summary": form.summary() if form.is_bound else [],
        "card": postcard_as_typed(words, form.message_kind, page_language=_language(request)),
    }
    return render(request, "supporters/send.html", context, status=status)


def _preview_page(request: HttpRequest, form: SendForm) -> HttpResponse:
    upload, kind = form.own_upload, form.message_kind
    if upload:
        try:
            uploads.make_preview(upload)
        except media.Refused as refused:
            uploads.discard(upload)
            form.upload = None
            form.add_error(kind, ValidationError(str(refusal(refused.code, kind)), code=refused.code))
            return _form_page(request, form)
        except media.SandboxError:
            logger.exception("Upload %s has no preview.", upload.pk)  # shown by its description alone
    typed, words, language = form.cleaned_data, form.words(), _language(request)
    fields = [(name, typed[name]) for name in PASSED_ON] + [(name, "on") for name in TICKS if typed[name]]
    context = page_context(request, here="send") | {
        "fields": [*fields, ("form_token", typed["form_token"]), ("detected", form.detected())],
        "upload": form.upload,
        "file": upload,
        "has_picture": upload is not None and uploads.has_preview(upload),
        "removed": removed.sentences(upload.removed) if upload else [],
        "card": postcard_as_typed(words, kind, page_language=language),
        "own_ko": paragraphs(words.own_ko),
        "outlets": outlet_sentence(form.outlets()),
        "languages": languages.choices(language),
        "chosen": words.language,
    }
    return render(request, "supporters/preview.html", context)


def _not_saved(request: HttpRequest) -> HttpResponse:
    """The form as it was, without a look at the database or the disk."""
    typed = _typed(request)
    typed.setdefault("form_token", receipts.new_form_token())
    return _form_page(request, SendForm(initial=typed), status=503, trouble="not_saved")


# --- What was typed ---------------------------------------------------------------------------------------------


def _language(request: HttpRequest) -> str:
    place = Place.of(request.path_info)
    return place.language if place else "en"


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The fields of a form that is shown again without being judged."""
    data = request.POST
    typed: dict[str, Any] = {name: data[name] for name in [*PASSED_ON, "language", "form_token"] if name in data}
    if data.get("language") == data.get("detected"):
        typed["language"] = ""  # found out by us: changed words may be in another language
    return typed | {name: name in data for name in TICKS}


def _words_as_typed(typed: Any) -> Words:
    """The words of a form that may not be valid, for the card beside it."""
    country = typed.get("country") or countries.SOMEWHERE
    return Words(
        original=typed.get("body", ""),
        original_name=typed.get("name", ""),
        original_alt="",
        own_ko="",
        language=typed.get("language") or languages.UNKNOWN,
        country=country if country in countries.codes() else countries.SOMEWHERE,
        group=typed.get("group", ""),
    )
