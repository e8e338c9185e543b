"""Sending a private rendition to staff: whole or a part of it, never kept by anyone on the way."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from messages_site.ranges import answer_with_part
from supporters.storing import Store


def answer_with_file(request: HttpRequest, store: Store, name: str, mime: str) -> HttpResponseBase:
    """The bytes of a stored file asked for, as `mime`, or the address they have for a minute.

    Raises `FileNotFoundError`.
    """
    if address := store.address(name):
        return HttpResponse(status=302, headers={"Location": address, "Cache-Control": "no-store"})
    headers = {"Content-Type": mime, "Cache-Control": "no-store", "Content-Disposition": "inline"}
    return answer_with_part(request, store.size(name), partial(store.read, name), headers)
