"""Security headers of every kind of page: one table for the front server, the middleware and the pages themselves."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Literal

from django.conf import settings
from django.template.loader import render_to_string

Kind = Literal["reading", "form", "send", "desk", "file"]

FEATURES = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen geolocation gyroscope"
    " hid idle-detection magnetometer microphone midi payment publickey-credentials-get screen-wake-lock serial usb"
    " xr-spatial-tracking"
).split()
RECORDING = ("camera", "microphone")  # of the page where senders may record


def permissions(*own: str) -> str:
    """A Permissions-Policy that grants the page itself the features `own`, and nobody any other."""
    return ", ".join(f"{feature}={'(self)' if feature in own else '()'}" for feature in FEATURES)


EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": permissions(),
}


# The first stands in every page. The others only where their bytes are needed: more.css for a letter by itself, figures
# and long texts, fields.css for forms.
SHEETS = ("reader.css", "more.css", "fields.css")
FORM_SHEETS = ("reader.css", "fields.css")
HASHES = "csp-hashes.json"  # below VAR
# How long a browser may show what it has of a reading page without asking again.
PAGE_AGE = "private, max-age=600"


@cache
def style_hash(sheet: str = SHEETS[0]) -> str:
    """The CSP source of a style sheet that stands in pages."""
    style = render_to_string(sheet)
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def published_hashes() -> list[str]:
    """The hashes of style sheets in published pages, as publishing noted them."""
    try:
        hashes: list[str] = json.loads((settings.VAR / HASHES).read_text())
    except FileNotFoundError:
        return []
    return hashes


def style_hashes() -> list[str]:
    """The hashes of the present style sheets, and of those in pages published before."""
    return list(dict.fromkeys([*map(style_hash, SHEETS), *published_hashes()]))


def content_policy(kind: Kind, *, in_page: bool = False, sheets: Iterable[str] = SHEETS[:1]) -> str:
    """The Content-Security-Policy of a page of `kind`, for its header or, with `sheets` in it, for its meta tag.

    A meta tag cannot carry `frame-ancestors`.
    """
    form = kind in ("form", "send", "desk")
    rules = {
        "default-src": "'none'",
        "img-src": "'self' data: blob:" if form else "'self' data:",
        "media-src": "'self' blob:" if form else "'self'",
        # A page carries the hashes of its own sheets only; the header also covers pages published earlier.
        "style-src": ("'self' " if form else "") + " ".join(map(style_hash, sheets) if in_page else style_hashes()),
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    if kind == "desk" and settings.S3_ORIGIN:
        # The desk shows private renditions through addresses of the bucket that are good for a minute.
        rules["img-src"] += f" {settings.S3_ORIGIN}"
        rules["media-src"] += f" {settings.S3_ORIGIN}"
    if form:
        rules |= {"script-src": "'self'", "connect-src": "'self'"}
    if kind == "file":
        # A video, sound or picture opened by itself is a page of the browser's own that loads this very address.
        rules = {"default-src": "'none'", "img-src": "'self'", "media-src": "'self'"}
    if not in_page:
        rules["frame-ancestors"] = "'none'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def exit_url(language: str) -> str:
    """Where "Leave quickly" leads from a page in `language`."""
    return str(settings.EXIT_URL_KO if language == "ko" else settings.EXIT_URL_EN)


def headers(kind: Kind) -> dict[str, str]:
    """All security headers of a page of `kind`; HSTS is Django's, or the front server's in production."""
    table = EVERYWHERE | {
        "Content-Security-Policy": content_policy(kind),
        # Under no-referrer browsers post "Origin: null", which Django's CSRF check refuses.
        "Referrer-Policy": "same-origin" if kind in ("form", "send", "desk") else "no-referrer",
    }
    return table | {"Permissions-Policy": permissions(*RECORDING)} if kind == "send" else table
