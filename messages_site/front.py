"""The front server: published files straight from the tree, everything else through Django in a few threads.

It lives in the server's event loop (Granian's RSGI interface), so that two hundred slow uploads cost sockets and not
threads: a body is collected into a spooled file first, and only a complete one takes a thread. Published pages touch
neither database nor template, and stay readable when both are gone.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "messages_site.settings")

import brotli
from django.conf import settings
from django.utils.crypto import salted_hmac

from supporters import incoming, pieces
from supporters.pages import preferred_language

from . import bodies, policy, receptions
from .ranges import asked_range
from .wsgi import application

logger = logging.getLogger(__name__)

THREADS = 4
# Enough for what many read; reading another page again costs 20 microseconds.
CACHED_BYTES = 8 * 1024 * 1024
USUAL_LENGTH = 60  # of the header that names encodings
PAGE = re.compile(r"/(ko|en)/((?:[a-z-]+|p/[0-9]{1,9}|m/[a-z2-7]{12})\.html)?")
MEDIA = re.compile(r"/media/[a-z2-7]{26}/[a-z0-9]+\.(webp|jpg|mp4|m4a|vtt)")
# Taking in a message may mean to look at a photo and to wait for a lock.
FORM = re.compile(r"/(ko|en)/send/")
SENDING = re.compile(rf"{FORM.pattern}(file/[a-z2-7]{{26}}/)?")
MIME = {
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "vtt": "text/vtt; charset=utf-8",
}
# What an answer of Django may not set: the server frames the body itself.
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}

Header = tuple[str, str]
# Of a request, names in small letters: the server's own, or a dictionary.
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Variant:
    """One encoding of one published page, ready to send."""

    body: bytes
    etag: str
    modified: str  # as in its header
    headers: list[Header]


class PublishedPages:
    """The pages of the tree, kept in memory while their files do not change."""

    def __init__(self, root: Path) -> None:
        # As text: this is the path of nearly every request, and a Path costs more than the rest of it.
        self.root = f"{root}/"
        self.kept: dict[str, tuple[tuple[int, int, int], Variant]] = {}
        self.size = 0

    def find(self, address: str, accepted: str) -> Variant | None:
        """The page at `address` in the best encoding `accepted`, or None when it is not published."""
        match = PAGE.fullmatch(address)
        if not match:
            return None
        name = f"{match[1]}/{match[2] or 'index.html'}"
        for coding, suffix in _forms(accepted):
            variant = self._read(name + suffix, match[1], coding)
            if variant:
                return variant
        return None

    def _read(self, name: str, language: str, coding: str) -> Variant | None:
        path = self.root + name
        try:
            state = os.stat(path)
            stamp = (state.st_mtime_ns, state.st_ino, state.st_size)
            kept = self.kept.get(name)
            if kept and kept[0] == stamp:
                return kept[1]
            body = Path(path).read_bytes()
        except OSError:
            # Not there, taken away a moment ago, or a name that is too long for a file.
            return None
        variant = _variant(body, language, coding, state.st_mtime)
        self._keep(name, stamp, variant)
        return variant

    def _keep(self, name: str, stamp: tuple[int, int, int], variant: Variant) -> None:
        if self.size + len(variant.body) > CACHED_BYTES:
            self.kept.clear()
            self.size = 0
        self.kept[name] = (stamp, variant)
        self.size += len(variant.body)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def _media_etag(state: os.stat_result) -> str:
    """A file of the tree never changes under its name. Neither when it was made nor its number may be read from it."""
    facts = f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"
    return f'"{salted_hmac(__name__, facts, algorithm="sha256").hexdigest()[:24]}"'


def _accepts(header: str, coding: str) -> bool:
    for part in header.split(","):
        name, _semicolon, parameters = part.strip().partition(";")
        if name.strip().lower() == coding:
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _forms(accepted: str) -> tuple[tuple[str, str], ...]:
    """The encodings to look for, the smallest first, each with how its file ends."""
    # What a browser sends is short, and the same for millions. Anything else is not kept in memory.
    return _forms_again(accepted) if len(accepted) <= USUAL_LENGTH else _forms_of(accepted)


def _forms_of(accepted: str) -> tuple[tuple[str, str], ...]:
    offered = (("br", ".br"), ("gzip", ".gz"), ("", ""))
    return tuple((coding, suffix) for coding, suffix in offered if not coding or _accepts(accepted, coding))


_forms_again = lru_cache(maxsize=64)(_forms_of)


def _variant(body: bytes, language: str, coding: str, mtime: float) -> Variant:
    etag, modified = _etag(body), formatdate(mtime, usegmt=True)
    headers = {"ETag": etag} | policy.page_headers(language) | {"Last-Modified": modified}
    if coding:
        headers["Content-Encoding"] = coding
    return Variant(body, etag, modified, list(headers.items()))


def _onion(scope: Any, request: Headers) -> list[Header]:
    """The header that names the same page at our onion service, if there is one."""
    target = f"{scope.path}?{scope.query_string}" if scope.query_string else scope.path
    address = policy.onion_location(request.get("host", scope.authority or ""), target)
    return [("Onion-Location", address)] if address else []


def _is_unchanged(request: Headers, etag: str, mtime_header: str) -> bool:
    """Whether a conditional request (RFC 9110, 13) may be answered with 304."""
    if known := request.get("if-none-match"):
        return known.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    if since := request.get("if-modified-since"):
        try:
            return parsedate_to_datetime(mtime_header) <= parsedate_to_datetime(since)
        except (TypeError, ValueError, OverflowError):
            return False
    return False


class Front:
    """The RSGI application."""

    def __init__(self) -> None:
        self.pages = PublishedPages(settings.TREE_ROOT)
        self.bodies = bodies.Bodies()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="django")
        # Their own: many large photos at once, or a database that does not take them, would stop all live pages.
        self.sending = ThreadPoolExecutor(THREADS, thread_name_prefix="sending")
        self.receptions = receptions.Receptions(_call, self.bodies)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.proto != "http":
            protocol.close(403)
            return
        try:
            await self._answer(scope, protocol)
        except Exception as error:
            # The server would write what it says past our log, and what it says may be a reader's.
            logger.error("Answering failed: %s", type(error).__name__)
            # Where an answer has begun already, a second one is refused.
            with suppress(Exception):
                protocol.response_empty(500, list(policy.headers_outside_django("reading").items()))

    async def _answer(self, scope: Any, protocol: Any) -> None:
        if scope.method in ("GET", "HEAD") and self._from_tree(scope, scope.headers, protocol):
            return
        request = {name.lower(): value for name, value in scope.headers.items()}
        if upload := receptions.ADDRESS.fullmatch(scope.path):
            await self._upload(scope, request, protocol, upload[1])
            return
        await self._from_django(scope, request, protocol)

    # --- Published files ----------------------------------------------------------------------------------------

    def _from_tree(self, scope: Any, request: Headers, protocol: Any) -> bool:
        path = scope.path
        if settings.SECURE_SSL_REDIRECT and _scheme(scope, request) != "https":
            return False
        if path == "/":
            return self._to_language(scope, request, protocol)
        if MEDIA.fullmatch(path):
            return self._media(scope, request, protocol)
        page = self.pages.find(path, request.get("accept-encoding", ""))
        if page is None:
            return False
        headers = [*page.headers, *_onion(scope, request)] if settings.ONION_LOCATION else page.headers
        if _is_unchanged(request, page.etag, page.modified):
            protocol.response_empty(304, headers)
        elif scope.method == "HEAD":
            protocol.response_empty(200, [("Content-Length", str(len(page.body))), *headers])
        else:
            protocol.response_bytes(200, headers, page.body)
        return True

    def _to_language(self, scope: Any, request: Headers, protocol: Any) -> bool:
        language = preferred_language(request.get("accept-language", ""))
        headers = {"Location": f"/{language}/", "Vary": "Accept-Language", "Cache-Control": policy.page_age()}
        headers |= policy.headers_outside_django("reading")
        protocol.response_empty(302, [*headers.items(), *_onion(scope, request)])
        return True

    def _media(self, scope: Any, request: Headers, protocol: Any) -> bool:
        path = settings.TREE_ROOT / scope.path.removeprefix("/")
        try:
            state = path.stat()
        except OSError:
            return False
        headers = policy.media_headers() | {
            "Content-Type": MIME[path.suffix[1:]],
            "Accept-Ranges": "bytes",
            "Last-Modified": formatdate(state.st_mtime, usegmt=True),
            "ETag": _media_etag(state),
        }
        if _is_unchanged(request, headers["ETag"], headers["Last-Modified"]):
            protocol.response_empty(304, list(headers.items()))
            return True
        try:
            part = asked_range(request.get("range", ""), state.st_size)
        except ValueError:
            protocol.response_empty(416, [*headers.items(), ("Content-Range", f"bytes */{state.st_size}")])
            return True
        start, end = part or (0, state.st_size - 1)
        headers["Content-Length"] = str(end - start + 1)
        if part:
            headers["Content-Range"] = f"bytes {start}-{end}/{state.st_size}"
        if scope.method == "HEAD":
            protocol.response_empty(206 if part else 200, list(headers.items()))
        elif part:
            protocol.response_file_range(206, list(headers.items()), str(path), start, end + 1)
        else:
            protocol.response_file(200, list(headers.items()), str(path))
        return True

    # --- Everything else ----------------------------------------------------------------------------------------

    async def _from_django(self, scope: Any, request: dict[str, str], protocol: Any) -> None:
        environ = _environ(scope, request)
        body: IO[bytes] = io.BytesIO()
        try:
            bodies.check(scope.path, request)
            if scope.method not in ("GET", "HEAD", "OPTIONS"):
                is_form = FORM.fullmatch(scope.path) is not None
                collected = await self.bodies.collect(protocol, request, is_form=is_form)
                body, environ[incoming.MARK] = collected.file, collected.is_shortened
        except bodies.BodyRefused as refusal:
            _refuse(environ, refusal)
        size = body.seek(0, os.SEEK_END)
        body.seek(0)
        environ["CONTENT_LENGTH"] = str(size)
        environ["wsgi.input"] = body
        try:
            loop = asyncio.get_running_loop()
            is_sending = scope.method == "POST" and SENDING.fullmatch(scope.path)
            threads = self.sending if is_sending else self.threads
            status, headers, answer = await loop.run_in_executor(threads, _call, environ)
        finally:
            body.close()
        _send(scope, request, protocol, (status, headers, answer))

    async def _upload(self, scope: Any, request: dict[str, str], protocol: Any, token: str | None) -> None:
        """A request of the tus protocol, whose body does not wait for its end."""
        slot = pieces.Slot(None)
        environ = _environ(scope, request) | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0", pieces.SLOT: slot}
        try:
            bodies.check(scope.path, request)
        except bodies.BodyRefused as refusal:
            _refuse(environ, refusal)
        _send(scope, request, protocol, await self.receptions.answer(protocol, token, request, environ, slot))


def _refuse(environ: dict[str, Any], refusal: bodies.BodyRefused) -> None:
    """Have the request answered with nothing but the status of `refusal`."""
    environ["messages_site.refused"] = refusal.status
    environ.pop("CONTENT_TYPE", None)  # Django would read it once more


def _send(scope: Any, request: dict[str, str], protocol: Any, answer: receptions.Answer) -> None:
    status, headers, body = answer
    if status == 204:
        protocol.response_empty(status, headers)
        return
    headers, body = _encoded(headers, body, request)
    if scope.method in ("GET", "HEAD") and _may_be_kept(status, headers):
        # A page without a file, compressed a moment ago: the tag is of these very bytes, as that of a file is.
        etag = _etag(body)
        headers = [*headers, ("ETag", etag)]
        if _is_unchanged(request, etag, ""):
            kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
            protocol.response_empty(304, kept)
            return
    if scope.method == "HEAD":
        protocol.response_empty(status, headers)
    else:
        protocol.response_bytes(status, headers, body)


def _may_be_kept(status: int, headers: list[Header]) -> bool:
    """Whether a browser may keep this page for a while, and has nothing yet to ask for it again with."""
    named = {name.lower(): value for name, value in headers}
    return status == 200 and "max-age" in named.get("cache-control", "") and "etag" not in named


def _client(scope: Any) -> str:
    return str(scope.client.rpartition(":")[0].strip("[]"))


def _scheme(scope: Any, request: Headers) -> str:
    """How the request reached us, or the safe proxy it came through."""
    if _client(scope) in settings.SAFE_PROXIES and "x-forwarded-proto" in request:
        return request["x-forwarded-proto"].split(",")[0].strip()
    return str(scope.scheme)


def _environ(scope: Any, request: dict[str, str]) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of a request."""
    host, _colon, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _as_bytes(scope.path),
        "QUERY_STRING": _as_bytes(scope.query_string),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": _client(scope),
        "wsgi.version": (1, 0),
        # Django's own SECURE_PROXY_SSL_HEADER would believe the header from anybody.
        "wsgi.url_scheme": _scheme(scope, request),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if scope.authority and "host" not in request:
        environ["HTTP_HOST"] = scope.authority
    for name, value in request.items():
        # An underscore would let one header pass for another (X_Forwarded_For).
        if "_" in name or name == "content-length":
            continue
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ


def _as_bytes(text: str) -> str:
    """What stood in an address as WSGI wants it, one character a byte: letters of any writing may stand there raw."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _call(environ: dict[str, Any]) -> tuple[int, list[Header], bytes]:
    """Call Django in this thread and take its whole answer."""
    started: list[tuple[str, list[Header]]] = []

    def start_response(status: str, headers: list[Header], exc_info: Any = None, /) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _data: None  # the old write() of PEP 3333, which Django does not use

    result = application(environ, start_response)
    try:
        body = b"".join(result)
    finally:
        if hasattr(result, "close"):
            result.close()
    status, sent = started[-1]
    headers = [(name, value) for name, value in sent if name.lower() not in HOP_BY_HOP]
    return int(status.split(" ", 1)[0]), headers, body


def _encoded(headers: list[Header], body: bytes, request: dict[str, str]) -> tuple[list[Header], bytes]:
    """A live page compressed for its reader. Pages with a CSRF token too: Django masks it anew in every answer."""
    names = {name.lower(): value for name, value in headers}
    if len(body) < 500 or "content-encoding" in names or not names.get("content-type", "").startswith("text/"):
        return headers, body
    accepted = request.get("accept-encoding", "")
    if _accepts(accepted, "br"):
        coding, body = "br", brotli.compress(body, quality=4)
    elif _accepts(accepted, "gzip"):
        coding, body = "gzip", gzip.compress(body, 6, mtime=0)
    else:
        return headers, body
    kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "vary")]
    vary = ", ".join(filter(None, [names.get("vary", ""), "Accept-Encoding"]))
    return [*kept, ("Content-Encoding", coding), ("Vary", vary), ("Content-Length", str(len(body)))], body


app = Front()
