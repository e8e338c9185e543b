"""What nginx in front of the site has to know of it: headers, languages, limits and words, as files to include.

They come from the tables the front server uses, so that a page has the same headers whoever sends it.
"""

from __future__ import annotations

import gzip
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from messages_site import errors, policy
from supporters.pages import LANGUAGES

FOLDER = "nginx"  # below VAR
# What nginx answers by itself: malformed, closed to strangers, too large, too often, and while the application is away.
STATUSES = (400, 404, 413, 429, 503)
# nginx takes its Content-Type, and what tells the bytes, from the file.
FROM_THE_FILE = {"Content-Type"}
STATIC_AGE = f"max-age={settings.WHITENOISE_MAX_AGE}, public"
# A network is one of 20 * 20 * 20 by three keyed hashes.
SHARES = 20
FIRST_HALF = '"~^(?<first_half>(?:[0-9a-f]*:){4})"'  # a household has 2^64 addresses of IPv6


def files() -> Iterator[tuple[str, bytes]]:
    """Every file with its path below the folder."""
    yield "http.conf", _http().encode()
    yield "page.conf", _added(_of_both_languages()).encode()
    yield "media.conf", _added(policy.media_headers()).encode()
    static = policy.headers_outside_django("file") | {"Cache-Control": STATIC_AGE, "Vary": "Accept-Encoding"}
    yield "static.conf", _added(static).encode()
    own = {"Cache-Control": "no-store", "Retry-After": str(errors.RETRY_SECONDS)}
    own |= {"Content-Language": "$spoken", "Vary": "Accept-Language"}
    yield "error.conf", _added(policy.headers_outside_django("reading") | own).encode()
    for language in LANGUAGES:
        for status in STATUSES:
            page = _error_page(language, status)
            yield f"errors/{language}/{status}.html", page
            yield f"errors/{language}/{status}.html.gz", gzip.compress(page, 9, mtime=0)


def folder() -> Path:
    return Path(settings.VAR / FOLDER)


# --- Headers ----------------------------------------------------------------------------------------------------


def _of_both_languages() -> dict[str, str]:
    """The headers of published pages, with variables where they differ between the languages."""
    english, korean = policy.page_headers("en"), policy.page_headers("ko")
    varying = {"Content-Language": "$of_page", "X-Robots-Tag": "$robots"}
    table = {name: varying.get(name, value) for name, value in (english | korean).items()}
    return table | ({"Onion-Location": "$onion_location"} if settings.ONION_LOCATION else {})


def _added(headers: Mapping[str, str]) -> str:
    """The directives that send `headers` with answers of every status; nginx leaves out those with an empty value."""
    own = {name: value for name, value in headers.items() if name not in FROM_THE_FILE}
    return "".join(f"add_header {name} {_quoted(value)} always;\n" for name, value in own.items())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- Maps and limits --------------------------------------------------------------------------------------------


def _http() -> str:
    onion = _quoted(f"{settings.ONION_LOCATION}$request_uri" if settings.ONION_LOCATION else "")
    return "\n".join(
        [
            _map("$uri", "$of_page", {"~^/ko/": "ko", "default": "en"}),
            _map("$uri", "$robots", {"~^/ko/": "noindex", "default": '""'}),
            # The language of an error: of its address, else the first one the browser names.
            _map("$http_accept_language", "$first", {'""': "ko", r'"~*^\s*(?:ko|zh|\*)"': "ko", "default": "en"}),
            _map("$request_uri", "$spoken", {"~^/ko/": "ko", "~^/en/": "en", "default": "$first"}),
            _map("$http_host", "$onion_location", {f'"~*{policy.ONION_HOST.pattern}"': '""', "default": onion}),
            # The way from a browser to its onion service is encrypted without a certificate.
            _map("$host", "$came_by", {r'"~\.onion$"': "https", "default": "$scheme"}),
            _map("$remote_addr", "$network", {FIRST_HALF: "$first_half", "default": "$remote_addr"}),
            *(_share(f"$share_{part}", secrets.token_hex(16)) for part in "abc"),
            _map("$host", "$asking", {r'"~\.onion$"': '""', "default": '"$share_a$share_b$share_c"'}),
        ]
    )


def _map(source: str, target: str, values: Mapping[str, str]) -> str:
    lines = "".join(f"    {key} {value};\n" for key, value in values.items())
    return f"map {source} {target} {{\n{lines}}}\n"


def _share(target: str, key: str) -> str:
    """One part of the hash of a network. Its key is new whenever these files are written."""
    parts = "".join(f"    {100 / SHARES:.2f}% {chr(ord('a') + number)};\n" for number in range(SHARES - 1))
    return f'split_clients "{key}$network" {target} {{\n{parts}    * {chr(ord("a") + SHARES - 1)};\n}}\n'


# --- Words ------------------------------------------------------------------------------------------------------


def _error_page(language: str, status: int) -> bytes:
    request = HttpRequest()
    request.path = request.path_info = f"/{language}/"
    with translation.override(language):
        return bytes(errors.error_page(request, status).content)
