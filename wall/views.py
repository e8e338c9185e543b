"""Live answers of the reading room beside the search: the root, and pages that are not a file yet."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from messages_site import errors, policy
from supporters.models import Message
from supporters.pages import preferred_language

from . import pages


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the language their browser asks for."""
    response = HttpResponseRedirect(f"/{preferred_language(request.headers.get('Accept-Language', ''))}/")
    patch_vary_headers(response, ["Accept-Language"])
    response.headers["Cache-Control"] = policy.page_age()
    return response


@require_safe
def no_icon(request: HttpRequest) -> HttpResponse:
    """Nothing, in few bytes: a browser asks for this beside a picture or a video opened by itself."""
    return HttpResponse(status=204, headers={"Cache-Control": policy.page_age()})


@require_safe
def language_root(request: HttpRequest, language: str) -> HttpResponse:
    return HttpResponseRedirect(f"/{language}/")


@require_safe
def page(request: HttpRequest, language: str, path: str = "") -> HttpResponse:
    """A reading page, the same bytes as its file would have."""
    html = pages.render(language, path)
    if html is None:
        match = pages.MESSAGE.fullmatch(path)
        return missing(request, match[1] if match else "")
    return HttpResponse(html, headers={"Cache-Control": policy.page_age()})


def missing(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer for a letter that is not on the wall: another when it once was."""
    if slug and Message.objects.filter(slug=slug, wall_number__isnull=False).exists():
        return errors.gone(request)
    raise Http404
