"""The stock admin with a login of two steps."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext as _

from . import views


class DeskSite(admin.AdminSite):
    # Each role sees two or three lists: they stand on the start page.
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("second-factor/", views.ask_for_token, name="second-factor"),
            path("second-factor/set-up/", views.set_up, name="second-factor-set-up"),
            path("second-factor/mine/", self.admin_view(views.mine), name="second-factor-mine"),
            path("second-factor/codes.txt", self.admin_view(views.codes_as_text), name="second-factor-codes"),
            path("set-password/<uidb64>/<token>/", views.SetPassword.as_view(), name="set-password"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {**self.each_context(request), "title": _("Log in"), "app_path": request.get_full_path()}
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        log_in = views.LogIn.as_view(extra_context=context | (extra_context or {}))
        return cast(HttpResponse, log_in(request))
