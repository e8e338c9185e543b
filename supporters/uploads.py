"""Files that wait for their form: kept privately, looked at once, shown again only to whoever holds their token.

A file comes with the form (`keep`), or before it in pieces (`begin`, `complete`, `look`).
"""

from __future__ import annotations

import base64
import re
import tempfile
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import attachments, media, originals, pieces, storing
from .media.sniff import HEAD_BYTES, family_of
from .models import Attachment, Message, Upload
from .models.files import new_token

TOKEN = re.compile(r"[a-z2-7]{26}")
# The still of a preview, the best first; a small photo has only the first of the sizes below its own.
PREVIEWS = ("640.jpg", "1280.jpg", "320.jpg")
# Among the codes of Upload.removed: the browser drew the photo anew, so that what hid in it never left the phone.
IN_BROWSER = "in_browser"


class Gone(Exception):
    """The upload has expired, was given up, or belongs to a message by now."""


def keep(file: UploadedFile, kind: str) -> Upload:
    """Store and look at a file of a request. Raises `media.Refused`, `media.SandboxError` or `OSError`."""
    if not file.size:
        raise media.Refused("empty")
    if file.size > media.MAX_BYTES[kind]:
        raise media.Refused("too_large")
    size = file.size  # the handle of a file that is moved away cannot tell it any more
    path = originals.store(file)
    try:
        facts = _facts(path, kind)
        return Upload.objects.create(kind=kind, path=path, mime=facts.mime, size=size, removed=list(facts.removed))
    except BaseException:
        originals.delete(path)
        raise


def row(token: str) -> Upload | None:
    """The upload of this token, complete or not, expired or not."""
    if not TOKEN.fullmatch(token):
        return None  # nor asked for: PostgreSQL raises for a NUL
    return Upload.objects.filter(token=token).first()


def is_expired(upload: Upload) -> bool:
    return upload.expires_at <= timezone.now()


def find(token: str) -> Upload | None:
    """The upload of this token unless it has expired; complete (`path`) and looked at (`mime`), or not yet."""
    upload = row(token)
    return upload if upload and not is_expired(upload) else None


def discard(upload: Upload) -> None:
    """Delete a kept file with its preview, or what has arrived of it; a file that a message has taken over stays."""
    deleted, _rows = Upload.objects.filter(pk=upload.pk).delete()
    if deleted:
        # The last piece may have come after `upload` was read.
        originals.delete(upload.path or original_name(upload))
        pieces.remove(upload.token)
    forget_preview(upload)


# --- In pieces --------------------------------------------------------------------------------------------------


def begin(kind: str, size: int, *, drawn_anew: bool = False) -> Upload:
    """A new upload of `size` announced bytes; `kind` may be empty. Raises OSError."""
    token = new_token()
    # The file first: an upload without one has lost what had arrived.
    pieces.make(token)
    try:
        removed = [IN_BROWSER] if drawn_anew else []
        return Upload.objects.create(token=token, kind=kind, size=size, removed=removed)
    except BaseException:
        pieces.remove(token)
        raise


def offset(upload: Upload) -> int:
    """How many bytes have arrived. Raises Gone."""
    if upload.path:
        return upload.size
    try:
        return pieces.size(upload.token)
    except FileNotFoundError:
        if storing.private().exists(original_name(upload)):
            return upload.size
        raise Gone from None


def receive(upload: Upload) -> pieces.Reception:
    """Begin to write to the upload. Raises `pieces.Busy` or Gone."""
    kind = upload.kind
    try:
        return pieces.Reception(
            upload.token, size=upload.size, head=HEAD_BYTES, fits=lambda first: _can_be(kind, first)
        )
    except FileNotFoundError:
        raise Gone from None


def complete(upload: Upload) -> bool:
    """Keep the file of an upload whose bytes are all there. Returns whether they are.

    The original has a name that follows from the token. So whoever comes after a server that was killed between the
    file and the row finds the file and ends the work. Raises Gone, `pieces.Busy` or OSError.
    """
    if upload.path:
        return True
    name, took = original_name(upload), False
    try:
        if pieces.size(upload.token) < upload.size:
            return False
        with pieces.held(upload.token) as path:
            storing.private().take(path, name)
            took = True
    except FileNotFoundError:
        if not storing.private().exists(name):
            raise Gone from None
    if not Upload.objects.filter(pk=upload.pk).update(path=name):
        # Given up a moment ago, or made part of a message by somebody who found the file as said above.
        if took and not Attachment.objects.filter(path=name).exists():
            originals.delete(name)
        raise Gone
    upload.path = name
    return True


def look(upload: Upload, kind: str = "") -> float | None:
    """Look at a complete upload, once; one without a kind takes `kind`. Returns its length in seconds, if known.

    Raises `media.Refused` after discarding it, Gone when somebody else has meanwhile; `media.SandboxError` or
    `OSError` as `keep` does.
    """
    if upload.mime:
        return None
    kind = upload.kind or kind
    try:
        facts = _facts(upload.path, kind)
    except media.Refused:
        discard(upload)
        raise
    except FileNotFoundError:
        if Upload.objects.filter(pk=upload.pk).exists():
            raise
        raise Gone from None
    removed = [*facts.removed, *(code for code in upload.removed if code not in facts.removed)]
    Upload.objects.filter(pk=upload.pk).update(kind=kind, mime=facts.mime, removed=removed)
    upload.kind, upload.mime, upload.removed = kind, facts.mime, removed
    return facts.seconds


def guessed_kind(upload: Upload) -> str:
    """The kind of a complete upload: the one announced, else the first its file can be of."""
    if upload.kind:
        return upload.kind
    with storing.private().read(upload.path) as file:
        first = file.read(HEAD_BYTES)
    return next((kind for kind in media.KINDS if _can_be(kind, first)), Message.Kind.PHOTO)


def _can_be(kind: str, first: bytes) -> bool:
    """Whether a file that begins with `first` can be of `kind`, or with an empty one of any."""
    family = family_of(first)
    return family is not None and (not kind or kind in family.kinds)


def original_name(upload: Upload) -> str:
    """The name of its original in the private store; whoever knows the token does not know it."""
    digest = salted_hmac(__name__, upload.token, algorithm="sha256").digest()
    return f"{originals.FOLDER}/{base64.b32encode(digest).decode().lower()[:26]}"


def _facts(path: str, kind: str) -> media.Facts:
    with originals.local(path) as original:
        return media.inspect(original, kind)


# --- Previews ---------------------------------------------------------------------------------------------------


def forget_preview(upload: Upload) -> None:
    storing.private().remove(_preview_name(upload))


def make_preview(upload: Upload) -> None:
    """Make the upright, metadata-free copies of a photo that its preview shows. Raises as `media.convert` does."""
    if upload.kind != Message.Kind.PHOTO or has_preview(upload):
        return
    attachments.work_root().mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="preview-", dir=attachments.work_root()) as folder,
        originals.local(upload.path) as original,
    ):
        made = {item.name: item.path for item in media.convert(original, upload.kind, folder).renditions}
        storing.private().take(next(made[name] for name in PREVIEWS if name in made), _preview_name(upload))


def preview(upload: Upload) -> IO[bytes] | None:
    """The picture `make_preview` made, open for reading, if it did."""
    try:
        return storing.private().read(_preview_name(upload))
    except FileNotFoundError:
        return None


def has_preview(upload: Upload) -> bool:
    return storing.private().exists(_preview_name(upload))


def _preview_name(upload: Upload) -> str:
    return f"previews/{upload.token}.jpg"
