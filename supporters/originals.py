"""Files as they came: private, under random names, stored before anything says that they have arrived."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from . import storing
from .models.files import new_token

FOLDER = "originals"


def store(file: UploadedFile) -> str:
    """Take over a file of a request. Returns its name in the private store."""
    if isinstance(file, TemporaryUploadedFile):
        file.flush()
        return take(Path(file.temporary_file_path()))
    # Made readable to nobody but the site from its first moment.
    descriptor, path = tempfile.mkstemp(dir=settings.FILE_UPLOAD_TEMP_DIR)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(file, copy)
        return take(Path(path))
    finally:
        Path(path).unlink(missing_ok=True)


def take(path: Path) -> str:
    """Move a finished file of this machine into the private store. Returns its name there."""
    name = f"{FOLDER}/{new_token()}"
    path.chmod(0o600)
    storing.private().take(path, name)
    return name


def local(name: str) -> AbstractContextManager[Path]:
    """A path under which the original can be read meanwhile."""
    return storing.private().local(name)


def delete(name: str) -> None:
    """Remove one original; nothing happens when there is none or it is gone."""
    if name:
        storing.private().remove(name)
