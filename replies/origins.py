"""Where a post without cookie and token comes from.

Reading pages send no referrer, so that some browsers post `Origin: null`; older ones say nothing at all.
"""

from __future__ import annotations

from enum import Enum

from django.http import HttpRequest


class Origin(Enum):
    OURS = "ours"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


def origin_of(request: HttpRequest) -> Origin:
    """Whether a page of this site posted `request`, as far as its browser says so."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return Origin.OURS if site == "same-origin" else Origin.FOREIGN
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return Origin.UNKNOWN
    return Origin.OURS if origin.partition("://")[2] == request.get_host() else Origin.FOREIGN
