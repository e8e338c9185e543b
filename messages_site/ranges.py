"""The part of a file a browser asks for; players move about in a video by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE = 64 * 1024


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


class FilePart(Iterator[bytes]):
    """The next bytes of an open file in pieces. Closed by the response, also when nobody reads it."""

    def __init__(self, file: IO[bytes], count: int) -> None:
        self.file, self.left = file, count

    def __next__(self) -> bytes:
        piece = self.file.read(min(PIECE, self.left))
        if not piece:
            raise StopIteration
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


def answer_with_part(
    request: HttpRequest, size: int, read: Callable[[int, int], IO[bytes]], headers: dict[str, str]
) -> HttpResponseBase:
    """The part of a file of `size` bytes that is asked for; `read` opens it at a first byte for so many bytes."""
    headers = {"Accept-Ranges": "bytes"} | headers
    try:
        part = asked_range(request.headers.get("Range", ""), size)
    except ValueError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"} | headers)
    start, end = part or (0, size - 1)
    headers |= {"Content-Length": str(end - start + 1)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    count = end - start + 1
    return StreamingHttpResponse(FilePart(read(start, count), count), status=status, headers=headers)
