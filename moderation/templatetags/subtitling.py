"""Links from the pages of a message to its subtitles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django import template
from django.contrib.auth.models import User
from django.template import Context

from moderation.subtitling.page import SubtitlePage
from supporters import subtitles
from supporters.models import Message
from supporters.pages import LANGUAGES

register = template.Library()


@dataclass(frozen=True)
class Link:
    language: str
    is_shown: bool
    is_saved: bool
    is_outdated: bool


@register.simple_tag(takes_context=True)
def subtitle_links(context: Context, message: Message) -> list[Link]:
    """The languages in which whoever reads the page may work on the subtitles of `message`, and how far each is."""
    if not subtitles.is_open(message):
        return []
    user = cast(User, context["request"].user)
    pages = [SubtitlePage(message, language, user) for language in LANGUAGES]
    return [
        Link(page.language, page.is_shown, page.row is not None, page.is_outdated)
        for page in pages
        if page.is_there and page.clip
    ]
