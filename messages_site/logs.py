"""Logs carry numbers and ids: no path of a request (a private one is a key) and no words out of an exception."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

LATER = (503, 507)


class WithoutAddress(logging.Filter):
    """Keep Django's reports of server errors, without the address; drop those of mistyped or refused requests.

    "Try again later" is an answer and no fault: any line that is cut in the middle of an upload ends with it, and
    where the trouble is ours whoever met it has reported it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR or getattr(record, "status_code", 500) in LATER:
            return False
        record.msg, record.args = "A request ended with a server error", ()
        return True


class WithoutWords(logging.Formatter):
    """Tracebacks with the places and the types of exceptions; their texts can quote what somebody typed."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  (the name is logging's)
        lines: list[str] = []
        error: BaseException | None = ei[1]
        while error is not None:
            lines += [f"{type(error).__module__}.{type(error).__qualname__}"]
            lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)
