"""The lines of the list beside the review page, with their hints."""

from __future__ import annotations

from django import template
from django.template import Context

from moderation.queues import queue, rows

register = template.Library()


@register.simple_tag(takes_context=True)
def filled_lines(context: Context, page: queue.Page) -> queue.Page:
    """The lines of `page` with what each shows to whoever reads it."""
    # A template included by itself keeps the request as an attribute, not as a variable.
    request = getattr(context, "request", None)
    return rows.fill(page, reader=request.user if request else None)
