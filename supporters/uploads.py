"""Files that wait for their form: looked at once, kept privately, shown again only to whoever holds their token."""

from __future__ import annotations

import re
import tempfile
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from . import attachments, media, originals, storing
from .models import Message, Upload

# The still of a preview, the best first; a small photo has only the first of the sizes below its own.
TOKEN = re.compile(r"[a-z2-7]{26}")
PREVIEWS = ("640.jpg", "1280.jpg", "320.jpg")


def keep(file: UploadedFile, kind: str) -> Upload:
    """Store and look at a file of a request. Raises `media.Refused`, `media.SandboxError` or `OSError`."""
    if not file.size:
        raise media.Refused("empty")
    if file.size > media.MAX_BYTES[kind]:
        raise media.Refused("too_large")
    size = file.size  # the handle of a file that is moved away cannot tell it any more
    path = originals.store(file)
    try:
        with originals.local(path) as original:
            facts = media.inspect(original, kind)
        return Upload.objects.create(kind=kind, path=path, mime=facts.mime, size=size, removed=list(facts.removed))
    except BaseException:
        originals.delete(path)
        raise


def find(token: str) -> Upload | None:
    """The kept file of this token, unless it has expired."""
    if not TOKEN.fullmatch(token):
        return None  # nor asked for: PostgreSQL raises for a NUL
    return Upload.objects.filter(token=token, expires_at__gt=timezone.now()).first()


def discard(upload: Upload) -> None:
    """Delete a kept file with its preview; a file that a message has taken over stays."""
    deleted, _rows = Upload.objects.filter(pk=upload.pk).delete()
    if deleted:
        originals.delete(upload.path)
    forget_preview(upload)


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
