"""Files as they came: private, under random names, on the disk before anything says that they have arrived."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from .models.files import new_token


def folder() -> Path:
    """Where originals and kept uploads lie."""
    return settings.PRIVATE_ROOT / "originals"


def store(file: UploadedFile) -> str:
    """Move a file of a request to its place and force it to the disk. Returns the path below PRIVATE_ROOT."""
    folder().mkdir(parents=True, exist_ok=True)
    target = folder() / new_token()
    try:
        if isinstance(file, TemporaryUploadedFile):
            file.flush()
            os.replace(file.temporary_file_path(), target)
        else:
            # Not write_bytes: nobody but the site may look in, not even for a moment.
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
                shutil.copyfileobj(file, copy)
        target.chmod(0o600)
        force_to_disk(target)
        force_to_disk(folder())
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return str(target.relative_to(settings.PRIVATE_ROOT))


def force_to_disk(path: Path) -> None:
    """Return when the file, or the names in the folder, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete(path: str) -> None:
    """Remove one original by its path below PRIVATE_ROOT; nothing happens when it is gone."""
    if path:
        (settings.PRIVATE_ROOT / path).unlink(missing_ok=True)
