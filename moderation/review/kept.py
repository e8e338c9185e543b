"""What a moderator had typed when the session was over: kept through the login, for the same person and message."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.http import HttpRequest, QueryDict

from supporters.lifecycle import SHOWN_TEXTS
from supporters.models.messages import OUTLETS

SALT = "moderation.review.kept"
KEY = "kept"
KEPT_SECONDS = 3600
# A page may stay open over a weekend.
PAGE_SECONDS = 7 * 24 * 3600
# The safety ticks and the button are not kept: whoever comes back looks again before deciding.
FIELDS = (
    *SHOWN_TEXTS, *(f"use_{outlet}" for outlet in OUTLETS), "transcript", "look", "not_help", "reason", "note",
    "credit", "revision", "seen",
    # The lines of subtitles.
    "before", "begin", "end", "text", "after",
)  # fmt: skip


def subject(slug: str = "", language: str = "", **_more: str) -> str:
    """What a page is about, by the parts of its address: a message, or its subtitles in one language."""
    return f"{slug}/{language}" if language else slug


def mark(slug: str, user_id: int) -> str:
    """For a hidden field: proves later that this page was shown to this person. Strangers store nothing here."""
    return signing.dumps([slug, user_id], salt=SALT)


def _shown_to(request: HttpRequest, slug: str) -> int | None:
    """To whom the page about `slug` was shown that posts this."""
    try:
        page, owner = signing.loads(request.POST.get("kept_for", ""), salt=SALT, max_age=PAGE_SECONDS)
    except signing.BadSignature:
        return None
    return owner if page == slug else None


def was_shown(request: HttpRequest, slug: str) -> bool:
    """Whether the page that posts this was shown to the same person before."""
    return request.user.is_authenticated and _shown_to(request, slug) == request.user.pk


def keep(request: HttpRequest, slug: str) -> None:
    """Remember what was posted without a session, until somebody logs in within the hour."""
    owner = _shown_to(request, slug)
    if owner is not None:
        fields = {name: request.POST.getlist(name) for name in FIELDS if name in request.POST}
        request.session[KEY] = {"slug": slug, "owner": owner, "fields": fields}
        request.session.set_expiry(KEPT_SECONDS)


def take(request: HttpRequest, slug: str) -> QueryDict | None:
    """What was kept for this message and person; it is handed out once."""
    kept: dict[str, Any] = request.session.get(KEY, {})
    if kept.get("slug") != slug:
        return None
    del request.session[KEY]
    request.session.set_expiry(None)
    if kept["owner"] != request.user.pk:
        return None
    typed = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        typed.setlist(name, values)
    return typed


def clear_sessions() -> None:
    """Every day: delete the rows of sessions that are over, with what they kept."""
    SessionStore.clear_expired()
