"""How often one sender may do something in an hour, without keeping who they are.

An address only exists as an HMAC with a random key that lives in the cache for a day and is then thrown away. A limit
is a number of slots: taking one is a single `add` that the cache decides, so that two at once never share a slot, and
each slot is free again an hour after it was taken.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpRequest

SEND, UPLOAD, BYTES, WRONG_KEY, CONCERN = "send", "upload", "bytes", "wrong_key", "concern"
# A school class sends from one address. A slot of BYTES stands for 20 MB (room.SLOT_BYTES), and a smaller file takes
# one too: with fewer of them than of UPLOAD, photos would run out of bytes first.
PER_HOUR = {SEND: 60, UPLOAD: 180, BYTES: 180, WRONG_KEY: 10, CONCERN: 20}
HOUR = 3600
DAY = 24 * HOUR
DAILY_KEY = "limits:~key"  # behind the slots: a full cache drops the first keys of the alphabet


def take(name: str, request: HttpRequest, count: int = 1) -> bool:
    """Take `count` slots of the limit `name` for the sender of `request`; False when fewer are free.

    Raises `OperationalError` when nothing can be written. The cache in the database only says that it added nothing:
    trying slot after slot would wait for a locked database as often, and then blame the sender.
    """
    slots = _slots(name, request)
    used = cache.get_many(slots)
    if len(slots) - len(used) < count:
        return False
    for slot in slots:
        if slot in used:
            continue
        if cache.add(slot, 1, HOUR):
            count -= 1
            if not count:
                return True
        elif slot not in cache:
            raise OperationalError("a slot cannot be taken")
    return False


def is_used_up(name: str, request: HttpRequest) -> bool:
    """Whether no slot of the limit `name` is free; takes none."""
    return taken(name, request) == PER_HOUR[name]


def taken(name: str, request: HttpRequest) -> int:
    """How many slots of the limit `name` are taken, which is how often it was done within the hour."""
    return len(cache.get_many(_slots(name, request)))


def _slots(name: str, request: HttpRequest) -> list[str]:
    digest = keyed(sender_address(request))
    return [f"limits:{name}:{digest}:{slot}" for slot in range(PER_HOUR[name])]


def keyed(text: str) -> str:
    """What stands for `text` until the end of the day: without the key of the day nobody can tell or try it."""
    return hmac.new(_daily_key().encode(), text.encode(), hashlib.sha256).hexdigest()


def _daily_key() -> str:
    # `add` decides between two that find no key at once; both then read the same one.
    if not cache.get(DAILY_KEY):
        cache.add(DAILY_KEY, secrets.token_hex(32), DAY)
    key = cache.get(DAILY_KEY)
    if not key:
        raise OperationalError("the key of the day cannot be kept")
    return str(key)


def sender_address(request: HttpRequest) -> str:
    """The address a request came from: behind our own proxies the rightmost one that is not theirs."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if address in settings.SAFE_PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        address = next((part for part in reversed(forwarded) if part and part not in settings.SAFE_PROXIES), address)
    return _neighbourhood(address)


def _neighbourhood(address: str) -> str:
    """One household holds 2^64 addresses of IPv6, so these count together."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
