"""Accounts and groups in the admin, and what must not stand there."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

# Each role sees two or three lists: they stand on the start page.
admin.site.enable_nav_sidebar = False
# Jobs carry keys of messages; whoever may edit one may run any function.
for _model in apps.get_app_config("django_q").get_models():
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)
admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Accounts of staff. An administrator gives roles to others, never more than roles, and none to himself."""

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [str(field) for field in super().get_readonly_fields(request, obj)]
        if not request.user.is_superuser:
            fields += ["is_superuser", "user_permissions", "last_login", "date_joined"]
            if obj is not None and obj.pk == request.user.pk:
                fields += ["groups", "is_staff", "is_active"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Life lines name their people: an account that is not needed any more is made inactive.
        return False

    def get_list_filter(self, request: HttpRequest) -> Any:
        return ("is_staff", "is_active", "groups")


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    """A superuser's account is changed by superusers only, its password included."""
    return obj is None or not obj.is_superuser or request.user.is_superuser
