"""Security headers of every kind of page: one table for the front server, the middleware and the pages themselves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from django.conf import settings
from django.http.request import split_domain_port
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


# The first stands in every page, the others only where their bytes are needed: more.css for a letter by itself and long
# texts, fields.css for forms, world.css for the map and its figures, saved.css for files to keep.
SHEETS = ("reader.css", "more.css", "fields.css", "world.css", "saved.css")
FORM_SHEETS = ("reader.css", "fields.css")
# The first stands wherever "Leave quickly" does, the other in files that show letters one at a time.
SCRIPTS = ("exit.js", "slides.js")
HASHES = "csp-hashes.json"  # below VAR
ONION_HOST = re.compile(r"\.onion\.?(?::[0-9]+)?$", re.IGNORECASE)

Hashes = dict[str, list[str]]


# What is made for one reader is kept long enough that Back shows it, also the answer to a form, instead of asking
# whether to send it again.
LIVE_SECONDS = 60


def page_age(*, is_live: bool = False) -> str:
    """The Cache-Control of reading pages and their files, by the setting `READING_CACHE_SECONDS`."""
    seconds = min(settings.READING_CACHE_SECONDS, LIVE_SECONDS) if is_live else settings.READING_CACHE_SECONDS
    return f"private, max-age={seconds}" if seconds else "no-store"


@cache
def inline_hash(template: str) -> str:
    """The CSP source of a style sheet or script that stands in pages."""
    digest = hashlib.sha256(render_to_string(template).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def present_hashes() -> Hashes:
    """What pages written now may hold."""
    return {"style": list(map(inline_hash, SHEETS)), "script": list(map(inline_hash, SCRIPTS))}


def published_hashes() -> Hashes:
    """The hashes of style sheets and scripts in published pages, as publishing noted them."""
    try:
        hashes: Hashes = json.loads((settings.VAR / HASHES).read_text())
    except FileNotFoundError:
        return {}
    return hashes


def allowed_hashes() -> Hashes:
    """The hashes of what pages hold now, and of what those published before hold."""
    published = published_hashes()
    return {kind: list(dict.fromkeys([*own, *published.get(kind, [])])) for kind, own in present_hashes().items()}


def content_policy(
    kind: Kind, *, in_page: bool = False, sheets: Iterable[str] = SHEETS[:1], scripts: Iterable[str] = SCRIPTS[:1]
) -> str:
    """The Content-Security-Policy of a page of `kind`, for its header or, with what stands in it, for its meta tag.

    A meta tag cannot carry `frame-ancestors`.
    """
    form = kind in ("form", "send", "desk")
    # A page carries the hashes of what it holds itself; the header also covers pages published earlier.
    hashes = {"style": map(inline_hash, sheets), "script": map(inline_hash, scripts)} if in_page else allowed_hashes()
    rules = {
        "default-src": "'none'",
        "img-src": "'self' data: blob:" if form else "'self' data:",
        "media-src": "'self' blob:" if form else "'self'",
        "style-src": ("'self' " if form else "") + " ".join(hashes["style"]),
        "script-src": "'self'" if form else " ".join(hashes["script"]),
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    if kind == "desk" and settings.S3_ORIGIN:
        # The desk shows private renditions through addresses of the bucket that are good for a minute.
        rules["img-src"] += f" {settings.S3_ORIGIN}"
        rules["media-src"] += f" {settings.S3_ORIGIN}"
    if form:
        rules["connect-src"] = "'self'"
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
    """All security headers of a page of `kind` but HSTS, which Django adds by itself."""
    table = EVERYWHERE | {
        "Content-Security-Policy": content_policy(kind),
        # Under no-referrer browsers post "Origin: null", which Django's CSRF check refuses.
        "Referrer-Policy": "same-origin" if kind in ("form", "send", "desk") else "no-referrer",
    }
    return table | {"Permissions-Policy": permissions(*RECORDING)} if kind == "send" else table


def headers_outside_django(kind: Kind) -> dict[str, str]:
    """The same with HSTS, for what the front server or nginx answers by itself."""
    if not settings.SECURE_HSTS_SECONDS:
        return headers(kind)
    kept = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    return headers(kind) | {"Strict-Transport-Security": kept}


def page_headers(language: str) -> dict[str, str]:
    """All headers of a published page but those that tell its bytes."""
    own = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Cache-Control": page_age(),
        "Vary": "Accept-Encoding",
    }
    if language == "ko":
        own["X-Robots-Tag"] = "noindex"
    return own | headers_outside_django("reading")


def media_headers() -> dict[str, str]:
    """All headers of a public file but those that tell its bytes."""
    return {"Cache-Control": page_age()} | headers_outside_django("file")


def onion_location(host: str, target: str) -> str:
    """The address `target` of this site at our onion service; empty without one, and for who came through it."""
    if not settings.ONION_LOCATION or ONION_HOST.search(host):
        return ""
    return f"{settings.ONION_LOCATION}{target}"


def is_campaign_host(host: str) -> bool:
    """Whether the pages of the campaign may be shown under `host`, however it is spelled (`CAMPAIGN_HOSTS`)."""
    named = {split_domain_port(name)[0] for name in settings.CAMPAIGN_HOSTS}
    return not named or split_domain_port(host)[0] in named
