"""What happens to every request before and after its view."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from supporters.pages import Place, preferred_language

from . import errors, policy

Handler = Callable[[HttpRequest], HttpResponse]

DESK = "/admin/"
# Pages with a CSRF form, by the first folder below their language.
FORM_FOLDERS = ("send", "mine")
SEND = "send/"  # where a browser may use camera and microphone
CAMPAIGN_FOLDERS = ("/admin/", "/partner/", "/share/", "/embed/")


def kind_of(path: str) -> policy.Kind:
    """Which table of headers the page at `path` gets."""
    if path.startswith(DESK):
        return "desk"
    place = Place.of(path)
    if place and place.path == SEND:
        return "send"
    if place and place.path.split("/")[0] in FORM_FOLDERS:
        return "form"
    return "file" if path.startswith(("/media/", "/static/")) else "reading"


def security_headers(get_response: Handler) -> Handler:
    """Give every answer, errors included, the headers of its kind of page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.policy_kind = kind_of(request.path_info)  # type: ignore[attr-defined]
        response = get_response(request)
        for name, value in policy.headers(request.policy_kind).items():  # type: ignore[attr-defined]
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if onion := onion_location(request):
            response.headers["Onion-Location"] = onion
        return response

    return middleware


def onion_location(request: HttpRequest) -> str:
    """Where our onion service has this page, for pages that are read.

    A form or the desk does not offer it: a browser that follows by itself would lose what was typed, or the login.
    """
    is_read = request.policy_kind == "reading" and request.method in ("GET", "HEAD")  # type: ignore[attr-defined]
    if not is_read or not (request.path_info == "/" or Place.of(request.path_info)):
        return ""
    return policy.onion_location(request.META.get("HTTP_HOST", ""), request.get_full_path())


def cookie_of_the_form(get_response: Handler) -> Handler:
    """Bind the cookie of a form to the folder of its page: a browser must not carry it to the reading pages."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        cookie = response.cookies.get(settings.CSRF_COOKIE_NAME)
        if cookie:
            place = Place.of(request.path_info)
            cookie["path"] = f"/{place.language}/{place.path.split('/')[0]}/" if place else DESK
        return response

    return middleware


def language_of_the_page(get_response: Handler) -> Handler:
    """Speak the language of the address; on the desk the one chosen there, else the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        place = Place.of(request.path_info)
        if place:
            language = place.language
        elif request.path_info.startswith(DESK) and not is_closed(request):
            language = translation.get_language_from_request(request)
        else:
            language = preferred_language(request.headers.get("Accept-Language", ""))
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            if place and language == "ko":
                response.headers["X-Robots-Tag"] = "noindex"
            if not place:
                patch_vary_headers(response, ["Accept-Language"])
            return response

    return middleware


def is_closed(request: HttpRequest) -> bool:
    """Whether a page of the campaign is asked of a host that is for readers only."""
    if not settings.CAMPAIGN_HOSTS or not request.path_info.startswith(CAMPAIGN_FOLDERS):
        return False
    return not policy.is_campaign_host(request.get_host())


def check_the_host(get_response: Handler) -> Handler:
    """Answer 404 for the pages of the campaign under a host that is for readers only (`CAMPAIGN_HOSTS`)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if is_closed(request):
            # With the headers of any other address where nothing is.
            request.policy_kind = "reading"  # type: ignore[attr-defined]
            return errors.not_found(request, Http404())
        return get_response(request)

    return middleware


def refuse_what_the_front_refused(get_response: Handler) -> Handler:
    """Answer for a request whose body the front server did not take (`bodies.BodyRefused`), in the page's language."""

    def middleware(request: HttpRequest) -> HttpResponse:
        refused = request.META.get("messages_site.refused")
        if refused:
            return security_headers(language_of_the_page(lambda it: errors.error_page(it, refused)))(request)
        return get_response(request)

    return middleware
