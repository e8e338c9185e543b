"""Files on their way in: a full disk costs the file, not the words that came with it."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest

# In the environment of a request; the front server sets it too, when it could only keep the words of a form.
MARK = "supporters.file_not_stored"


class SparingUploadHandler(TemporaryFileUploadHandler):
    """Django's own handler would end the request with an error before any view could show the words again."""

    def new_file(self, *arguments: Any, **options: Any) -> None:
        try:
            super().new_file(*arguments, **options)
        except OSError:
            self._give_up()
            raise SkipFile from None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError:
            self._give_up()
            raise SkipFile from None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        try:
            return super().file_complete(file_size)
        except OSError:
            self._give_up()
            return None

    def _give_up(self) -> None:
        assert self.request is not None
        self.request.META[MARK] = True
        if hasattr(self, "file"):
            # Closing writes what is still buffered, and fails once more.
            with contextlib.suppress(OSError):
                self.file.close()
            del self.file


def was_not_stored(request: HttpRequest) -> bool:
    """Whether a file of `request` could not be written."""
    return bool(request.META.get(MARK))
