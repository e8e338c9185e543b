"""The kept file of a form, for whoever holds its token: its picture, and what the page's script asks about it."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_http_methods

from . import media, pieces, uploads
from .refusals import refusal

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
def kept_file(request: HttpRequest, language: str, token: str) -> HttpResponseBase:
    """The photo of a preview; by POST, a look at a file that came in pieces."""
    return look(request, token) if request.method == "POST" else picture(token)


def picture(token: str) -> HttpResponseBase:
    """The upright copy of a kept photo."""
    upload = uploads.find(token)
    shown = uploads.preview(upload) if upload else None
    if shown is None:
        raise Http404
    return FileResponse(shown, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


def look(request: HttpRequest, token: str) -> HttpResponse:
    """Whether the file can be taken, as JSON: state `kept`, `refused`, `arriving`, `gone` or `later`."""
    try:
        status, told = _look(request, token)
    except uploads.Gone:
        status, told = 404, {"state": "gone"}
    except (media.SandboxError, OSError, OperationalError, pieces.Busy) as error:
        if not isinstance(error, pieces.Busy):
            logger.error("An upload could not be looked at: %s", type(error).__name__)
        status, told = 503, {"state": "later"}
    return JsonResponse(told, status=status)


def _look(request: HttpRequest, token: str) -> tuple[int, dict[str, Any]]:
    upload = uploads.find(token)
    if upload is None:
        raise uploads.Gone
    if not uploads.complete(upload):
        return 409, {"state": "arriving", "offset": uploads.offset(upload), "size": upload.size}
    kind, posted = uploads.guessed_kind(upload), request.POST.get("kind", "")
    if not upload.kind and posted in media.KINDS:
        kind = posted
    try:
        seconds = uploads.look(upload, kind)
    except media.Refused as refused:
        why = refusal(refused.code, kind, size=upload.size)
        return 200, {"state": "refused", "code": why.code, "message": str(why)}
    return 200, {
        "state": "kept",
        "kind": upload.kind,
        "size": upload.size,
        "seconds": seconds,
        "removed": upload.removed,
    }
