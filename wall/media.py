"""Public files through the site, for those the front server does not find in its tree: with S3 they lie in a bucket.

Whether a file may be read is asked of the database each time. So a letter that was taken back is gone for readers at
once, also while its bucket does not answer.
"""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime
from functools import partial
from typing import IO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from messages_site import policy
from messages_site.ranges import answer_with_part
from supporters import storing
from supporters.models import Attachment, Rendition

from . import order, tree

FILE = re.compile(r"[a-z2-7]{26}/[a-z0-9]{1,16}\.(webp|jpg|mp4|m4a|vtt)")
SUBTITLES = "text/vtt; charset=utf-8"


@require_safe
def media(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A public file of a letter that is on the wall."""
    if not FILE.fullmatch(f"{token}/{name}"):
        raise Http404  # nor asked for: PostgreSQL raises for a NUL
    attachment = Attachment.objects.filter(token=token, message__in=order.on_wall()).select_related("message").first()
    if attachment is None:
        raise Http404
    try:
        if name.endswith(".vtt"):
            if not attachment.message.subtitles.filter(language=name.removesuffix(".vtt"), is_shown=True).exists():
                raise Http404
            return _subtitles(request, f"{token}/{name}")
        found = attachment.renditions.filter(name=name).first()
        if found is None or name not in tree.PUBLIC_NAMES:
            raise Http404
        return _rendition(request, attachment, found)
    except FileNotFoundError:
        raise Http404 from None
    except OSError:
        return HttpResponse(status=503, headers={"Retry-After": "60", "Cache-Control": "no-store"})


def _rendition(request: HttpRequest, attachment: Attachment, found: Rendition) -> HttpResponseBase:
    # The day of the postmark: the bucket's own time would tell when the letter was prepared.
    day = datetime.combine(attachment.message.received_on, datetime.min.time(), UTC).timestamp()
    etag = f'"{found.sha256[:24]}"'
    headers = {"Content-Type": found.mime, "Last-Modified": http_date(day), "ETag": etag}
    headers["Cache-Control"] = policy.page_age()
    if get_conditional_response(request, etag, int(day)):
        return HttpResponse(status=304, headers=headers)
    store, stored = storing.public(), found.public_name
    return answer_with_part(request, store.size(stored), partial(store.read, stored), headers)


def _subtitles(request: HttpRequest, stored: str) -> HttpResponseBase:
    with storing.public().read(stored) as file:
        content = file.read()
    etag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"Content-Type": SUBTITLES, "ETag": etag, "Cache-Control": policy.page_age()}
    if get_conditional_response(request, etag):
        return HttpResponse(status=304, headers=headers)

    def read(start: int, count: int) -> IO[bytes]:
        return io.BytesIO(content[start : start + count])

    return answer_with_part(request, len(content), read, headers)
