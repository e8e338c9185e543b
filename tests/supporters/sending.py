"""The send form as a browser fills it in, and what comes back."""

from __future__ import annotations

import html
import itertools
from pathlib import Path

import regex
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from supporters import receipts
from supporters.models import Message

TOKENS = itertools.count(1)


def filled(**changes: object) -> dict[str, object]:
    """A form that can be sent; a value of None leaves the field out."""
    fields = {
        "kind": "text",
        "body": "Olá. Penso em vocês hoje também, daqui da minha escola.",
        "name": "Maria",
        "country": "BR",
        "use_web": "on",
        "made_by_me": "on",
        "old_enough": "on",
        "form_token": f"{next(TOKENS):032x}",
        "step": "send",
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def send(client: Client, page: str = "en", **changes: object) -> HttpResponse:
    return client.post(f"/{page}/send/", filled(**changes))


def sent(client: Client, page: str = "en", **changes: object) -> tuple[Message, str]:
    """Send a message; it and the address of its private page."""
    response = send(client, page, **changes)
    assert response.status_code == 303, errors(response)
    address = response["Location"].partition("?")[0]
    message = receipts.message_of(address.split("/")[3])
    assert message is not None
    return message, address


def upload(path: Path, name: str = "IMG_0001.JPG") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, path.read_bytes())


def text_of(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def errors(response: HttpResponse) -> list[str]:
    """The lines of the error summary."""
    summary = regex.search(r'<section class="st err".*?</section>', text_of(response), regex.DOTALL)
    return regex.findall(r"<li><a href=\"#[\w-]+\">(.*?)</a>", summary.group()) if summary else []


def hidden(response: HttpResponse) -> dict[str, str]:
    """The hidden fields of the page, as a browser would post them."""
    page = response.content.decode()
    found = regex.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}
