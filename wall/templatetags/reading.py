"""How lengths of sound and picture, and names of languages, are written on pages of either language."""

from __future__ import annotations

from django import template
from django.utils.translation import ngettext

from supporters.languages import language_name

register = template.Library()
register.filter("called_in", language_name)


@register.filter
def duration(seconds: int) -> str:
    """42초, 1분 20초 / 42 seconds, 1 minute 20 seconds."""
    minutes, rest = divmod(seconds, 60)
    parts = []
    if minutes:
        parts.append(ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes})
    if rest or not minutes:
        parts.append(ngettext("%(count)d second", "%(count)d seconds", rest) % {"count": rest})
    return " ".join(parts)
