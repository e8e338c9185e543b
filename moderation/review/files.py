"""Sending a private rendition to staff: whole or a part of it, never kept by anyone on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from messages_site.ranges import asked_range
from supporters.storing import Store

PIECE = 64 * 1024


class FilePart(Iterator[bytes]):
    """Some bytes of a file in pieces. Closed by the response, also when nobody reads it."""

    def __init__(self, file: IO[bytes], start: int, count: int) -> None:
        self.left = count
        self.file = file
        self.file.seek(start)

    def __next__(self) -> bytes:
        piece = self.file.read(min(PIECE, self.left))
        if not piece:
            raise StopIteration
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


def answer_with_file(request: HttpRequest, store: Store, name: str, mime: str) -> HttpResponseBase:
    """The bytes of a stored file asked for, as `mime`. Raises `FileNotFoundError`."""
    if address := store.address(name):
        return HttpResponse(status=302, headers={"Location": address, "Cache-Control": "no-store"})
    size = store.size(name)
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-store", "Content-Disposition": "inline"}
    try:
        part = asked_range(request.headers.get("Range", ""), size)
    except ValueError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"} | headers)
    start, end = part or (0, size - 1)
    headers |= {"Content-Type": mime, "Content-Length": str(end - start + 1)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    if request.method == "HEAD":
        return HttpResponse(status=206 if part else 200, headers=headers)
    return StreamingHttpResponse(
        FilePart(store.read(name), start, end - start + 1), status=206 if part else 200, headers=headers
    )
