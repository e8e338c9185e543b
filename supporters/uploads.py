"""Files that wait for their form: looked at once, kept privately, shown again only to whoever holds their token."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from . import media, originals
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
        facts = media.inspect(settings.PRIVATE_ROOT / path, kind)
        return Upload.objects.create(kind=kind, path=path, mime=facts.mime, size=size)
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
    shutil.rmtree(_preview_folder(upload), ignore_errors=True)


def make_preview(upload: Upload) -> None:
    """Make the upright, metadata-free copies of a photo that its preview shows. Raises as `media.convert` does."""
    if upload.kind != Message.Kind.PHOTO or preview(upload):
        return
    folder = _preview_folder(upload)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        media.convert(upload.file, upload.kind, folder)
    except BaseException:
        forget_preview(upload)
        raise


def preview(upload: Upload) -> Path | None:
    """The picture `make_preview` made, if it did."""
    folder = _preview_folder(upload)
    return next((folder / name for name in PREVIEWS if (folder / name).is_file()), None)


def _preview_folder(upload: Upload) -> Path:
    return settings.PRIVATE_ROOT / "renditions" / upload.token
