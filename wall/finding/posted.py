"""Posts from pages without a cookie: there is no token to compare, only where the browser says they come from."""

from __future__ import annotations

from django.http import HttpRequest


def is_foreign(request: HttpRequest) -> bool:
    """Whether a page of somebody else sent this form. A browser that does not say so is believed.

    Reading pages send no referrer, so that the origin of their own forms is `null`.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site != "same-origin"
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] != request.get_host()
