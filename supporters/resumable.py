"""`/uploads/`: files in pieces by the tus protocol 1.0.0 with creation, creation with upload, termination, expiration.

Anonymous: whoever holds the token may write, ask and delete. Of the metadata only what the site acts on is kept and
given back; the name of a file is not. Under the front server a request with a body comes twice (`pieces.Slot`): first
its headers alone, then, when its bytes lie on the disk, for the answer. Elsewhere the view reads the body itself.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable
from contextlib import suppress

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from . import media, pieces, room, uploads
from .models import Message, Upload
from .refusals import refusal

logger = logging.getLogger(__name__)

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration"
PIECE = "application/offset+octet-stream"
MAX_BYTES = max(media.MAX_BYTES.values())
READ_BYTES = 64 * 1024
# What a browser may call a file of each kind. A voice in a container for films often gets the name of a film.
DECLARED = {
    Message.Kind.PHOTO: ("image/",),
    Message.Kind.VIDEO: ("video/",),
    Message.Kind.VOICE: ("audio/", "video/", "application/ogg"),
}
UNSAID = ("", "application/octet-stream")


class Refused(Exception):
    """An answer other than success: its status, a sentence for people, and headers."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(str(status))
        self.status, self.sentence = status, sentence
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@csrf_exempt  # no cookie stands for anybody here; browsers say where a request comes from
def endpoint(request: HttpRequest, token: str = "") -> HttpResponse:
    """Every request of the protocol."""
    # By the protocol the actual method is ignored then.
    method = (request.headers.get("X-HTTP-Method-Override") or request.method or "").upper()
    try:
        answer = _answer(request, method, token)
    except Refused as refused:
        answer = HttpResponse(f"{refused.sentence}\n", status=refused.status, content_type="text/plain; charset=utf-8")
        for name, value in refused.headers.items():
            answer.headers[name] = value
    except uploads.Gone:
        answer = HttpResponse(status=410)
    except room.NoRoom:
        sentence = _("There is no room for more files just now. Please try again later.")
        answer = HttpResponse(f"{sentence}\n", status=507, content_type="text/plain; charset=utf-8")
    except (OSError, OperationalError) as error:
        logger.error("A piece was not saved: %s", type(error).__name__)  # not its text, which may hold a path
        answer = HttpResponse(f"{_not_saved()}\n", status=503, content_type="text/plain; charset=utf-8")
    answer.headers["Tus-Resumable"] = VERSION
    return answer


def _answer(request: HttpRequest, method: str, token: str) -> HttpResponse:
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Refused(403, _("This page was open too long, or it is not for you."))
    if method == "OPTIONS":
        return HttpResponse(
            status=204,
            headers={"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(MAX_BYTES)},
        )
    views: dict[str, Callable[[HttpRequest], HttpResponse]] = {"POST": _create}
    if token:
        views = {
            "HEAD": lambda _request: _tell(_open(token)),
            "PATCH": lambda request: _append(request, token),
            "DELETE": lambda _request: _terminate(_open(token)),
        }
    if method not in views:
        raise Refused(405, _not_understood(), Allow=", ".join([*views, "OPTIONS"]))
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(412, _not_understood(), Tus_Version=VERSION)
    return views[method](request)


def _open(token: str) -> Upload:
    upload = uploads.row(token)
    if upload is None:
        raise Refused(404, _("There is nothing at this address."))
    if uploads.is_expired(upload):
        raise uploads.Gone
    return upload


# --- Creation ---------------------------------------------------------------------------------------------------


def _create(request: HttpRequest) -> HttpResponse:
    slot = _slot(request)
    if slot.reception:  # its bytes are there
        return _created(request, _settled(slot.reception))
    if slot.length is None:
        raise Refused(411, _not_understood())
    size, told = _announced(request), _metadata(request)
    kind = told.get("kind", "")
    _check(request, size, kind, told.get("filetype", ""))
    if slot.length:
        _check_piece(request)
        if slot.length > size:
            raise Refused(413, _not_understood())
    room.check(size)
    if not room.allow(request, size):
        raise Refused(
            429,
            _("Too many files came from your connection. Please wait an hour and try again."),
            Retry_After="3600",
        )
    upload = uploads.begin(kind, size, drawn_anew=told.get("shrunk") == "1" and kind == Message.Kind.PHOTO)
    if not slot.length:
        _complete(upload)
        return _created(request, upload)
    slot.reception = uploads.receive(upload)
    return HttpResponse(status=204) if slot.comes_again else _created(request, _read(request, slot.reception))


def _created(request: HttpRequest, upload: Upload) -> HttpResponse:
    headers = {"Location": f"/uploads/{upload.token}", "Upload-Expires": _expiry(upload)}
    if _slot(request).length:
        headers["Upload-Offset"] = str(uploads.offset(upload))
    return HttpResponse(status=201, headers=headers)


def _announced(request: HttpRequest) -> int:
    """The size of the whole file. Deferring it is an extension this site does not have."""
    size = _number(request, "Upload-Length")
    if "Upload-Defer-Length" in request.headers:
        raise Refused(400, _not_understood())
    return size


def _number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdecimal()):
        raise Refused(400, _not_understood())
    return int(text[:20])  # more digits mean too many bytes just as well


def _metadata(request: HttpRequest) -> dict[str, str]:
    """Key and value of every pair of Upload-Metadata; bytes that are no UTF-8 are replaced."""
    told: dict[str, str] = {}
    header = request.headers.get("Upload-Metadata", "").strip()
    for pair in header.split(",") if header else ():
        key, _space, value = pair.strip().partition(" ")
        if not key or key in told:
            raise Refused(400, _not_understood())
        try:
            told[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Refused(400, _not_understood()) from None
    if told.get("kind", "") not in ("", *media.KINDS):
        raise Refused(400, _not_understood())
    return told


def _check(request: HttpRequest, size: int, kind: str, declared: str) -> None:
    """Refuse what can be told before its first byte."""
    if size > media.MAX_BYTES.get(kind, MAX_BYTES):
        raise Refused(413, str(refusal("too_large", kind, size=size)))
    declared = declared.partition(";")[0].strip().lower()
    wanted = DECLARED.get(Message.Kind(kind), ()) if kind else sum(DECLARED.values(), ())
    if declared not in UNSAID and not declared.startswith(wanted):
        raise Refused(415, str(refusal("wrong_kind", kind)))


# --- Pieces -----------------------------------------------------------------------------------------------------


def _append(request: HttpRequest, token: str) -> HttpResponse:
    slot = _slot(request)
    if slot.reception:  # its bytes are there
        return _appended(_settled(slot.reception))
    upload = _open(token)
    _check_piece(request)
    at, length = _number(request, "Upload-Offset"), slot.length
    if length is None:
        raise Refused(411, _not_understood())
    if at != uploads.offset(upload):
        raise _conflict()
    if at + length > upload.size:
        raise Refused(413, _not_understood())
    if upload.path or not length:
        _complete(upload)
        return _appended(upload)
    room.check(length)
    slot.reception = _receive(upload, at)
    return HttpResponse(status=204) if slot.comes_again else _appended(_read(request, slot.reception))


def _check_piece(request: HttpRequest) -> None:
    if request.content_type != PIECE or request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, _not_understood())
    if _slot(request).is_crowded:
        raise Refused(503, _not_saved(), Retry_After="5")


def _receive(upload: Upload, at: int) -> pieces.Reception:
    try:
        reception = uploads.receive(upload)
    except pieces.Busy:
        raise Refused(423, _not_saved(), Retry_After="1") from None
    if reception.offset != at:  # another piece came first
        reception.close()
        raise _conflict()
    return reception


def _read(request: HttpRequest, reception: pieces.Reception) -> Upload:
    """Take the body from a server that hands it over itself."""
    with suppress(UnreadablePostError):
        while (data := request.read(READ_BYTES)) and reception.write(data):
            pass
    return _settled(reception)


def _settled(reception: pieces.Reception) -> Upload:
    """The upload after the bytes of a request, on the disk for good. Raises Refused for what went wrong with them."""
    try:
        reception.force()
    finally:
        reception.close()
    upload = _open(reception.token)
    if reception.trouble == "wrong_kind":
        uploads.discard(upload)
        raise Refused(415, str(refusal("wrong_kind", upload.kind)))
    if reception.trouble == "no_room":
        raise room.NoRoom
    if reception.trouble == "replaced":
        raise _conflict()
    if reception.trouble:  # not 400: clients try again after this one
        raise Refused(503, _not_saved(), Retry_After="1")
    _complete(upload)
    return upload


def _complete(upload: Upload) -> None:
    """Keep the file if all of it is there. When that fails its bytes are safe all the same, and the look does it."""
    try:
        uploads.complete(upload)
    except pieces.Busy:
        return
    except (OSError, OperationalError) as error:
        logger.error("An upload is not kept yet: %s", type(error).__name__)


def _appended(upload: Upload) -> HttpResponse:
    return HttpResponse(
        status=204, headers={"Upload-Offset": str(uploads.offset(upload)), "Upload-Expires": _expiry(upload)}
    )


def _tell(upload: Upload) -> HttpResponse:
    """How much has arrived."""
    _complete(upload)
    headers = {
        "Upload-Offset": str(uploads.offset(upload)),
        "Upload-Length": str(upload.size),
        "Upload-Expires": _expiry(upload),
        "Cache-Control": "no-store",
    }
    told = {"kind": upload.kind} if upload.kind else {}
    if uploads.IN_BROWSER in upload.removed:
        told["shrunk"] = "1"
    if told:
        pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        headers["Upload-Metadata"] = ",".join(pairs)
    return HttpResponse(status=200, headers=headers)


def _terminate(upload: Upload) -> HttpResponse:
    uploads.discard(upload)
    return HttpResponse(status=204)


# --- Both -------------------------------------------------------------------------------------------------------


def _slot(request: HttpRequest) -> pieces.Slot:
    slot: pieces.Slot | None = request.META.get(pieces.SLOT)
    if slot is None:
        announced = str(request.META.get("CONTENT_LENGTH") or "0")
        slot = pieces.Slot(int(announced) if announced.isdecimal() else None, comes_again=False)
        request.META[pieces.SLOT] = slot
    return slot


def _expiry(upload: Upload) -> str:
    return http_date(upload.expires_at.timestamp())


def _conflict() -> Refused:
    return Refused(409, _not_understood())


def _not_understood() -> str:
    return _("This request could not be understood.")


def _not_saved() -> str:
    return _("It was not saved. Please try again later.")
