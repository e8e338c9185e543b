"""Which part of a file a browser asks for; players move about in a video by it."""

from __future__ import annotations

import re


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a `Range` header with one range; None asks for all of it (RFC 9110, 14.2).

    Raises `ValueError` when no byte of the file lies in the range.
    """
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", header.strip(), re.ASCII)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if first and last and int(last) < start:
        return None
    if start >= size:
        raise ValueError(header)
    return start, end
