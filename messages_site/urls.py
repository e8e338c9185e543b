"""Root of the addresses. Everything a reader opens lies below `/ko/` and `/en/`."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, register_converter
from django.views.i18n import set_language

from supporters.pages import LANGUAGES

from . import health


class LanguageConverter:
    regex = "|".join(LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(LanguageConverter, "language")

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/desk/concerns/", include("replies.desk_urls")),
    path("admin/desk/", include("moderation.urls")),
    path("admin/language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("uploads/", include("supporters.upload_urls")),
    path("<language:language>/", include("supporters.urls")),
    path("<language:language>/m/", include("replies.urls")),
    path("", include("wall.urls")),
]

handler400 = "messages_site.errors.bad_request"
handler403 = "messages_site.errors.forbidden"
handler404 = "messages_site.errors.not_found"
handler500 = "messages_site.errors.server_error"
