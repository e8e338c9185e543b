"""Accounts and groups in the admin, and what must not stand there."""

from __future__ import annotations

from typing import Any, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from supporters.admin import MessageAdmin
from supporters.models import Message

from .accounts import second_factor, sessions
from .accounts.forms import NewAccountForm
from .accounts.views import password_link
from .hinting import rule_admin  # noqa: F401  # registers the lists of rules and words
from .review import claims
from .roles import SAFETY_LEAD, may

# Jobs carry keys of messages, and whoever may edit one may run any function. Devices carry the keys of second factors:
# whoever reads one can be somebody else.
for _label in ("django_q", "otp_totp", "otp_static"):
    for _model in apps.get_app_config(_label).get_models():
        if admin.site.is_registered(_model):
            admin.site.unregister(_model)
admin.site.unregister([User, Group, Message])


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Accounts of staff. An administrator gives roles to others, never more than roles, and none to himself.

    Nobody sets a password for somebody else: who knows another's password can decide in that name.
    """

    add_form = NewAccountForm
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "first_name", "last_name")}),)
    add_form_template = "admin/auth/user/new.html"
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "has_second_factor")
    actions = ("reset_second_factor",)

    def get_urls(self) -> list[URLPattern]:
        mine = path("<int:pk>/access/", self.admin_site.admin_view(self.access_view), name="auth_user_access")
        return [mine, *(url for url in super().get_urls() if url.name != "auth_user_password_change")]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        return ((None, {"fields": ("username", "access")}), *fieldsets[1:])

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [*map(str, super().get_readonly_fields(request, obj)), "access"]
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "totpdevice_set")

    @admin.display(description=gettext_lazy("Roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    @admin.display(description=gettext_lazy("Second step"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        return bool(user.totpdevice_set.all())  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("Password and second step"))
    def access(self, user: User) -> str:
        return format_html('<a href="{}">{}</a>', reverse("admin:auth_user_access", args=[user.pk]), _("See or reset"))

    # --- What ends sessions -------------------------------------------------------------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = set(form.instance.groups.values_list("pk", flat=True)) if change else set()
        super().save_related(request, form, formsets, change)
        user = form.instance
        lost_role = before - set(user.groups.values_list("pk", flat=True))
        lost_flag = {"is_active", "is_staff", "is_superuser"} & set(form.changed_data)
        if change and (lost_role or lost_flag):
            sessions.end_all(user)
            claims.release_held_by(user)

    # --- Password and second step -------------------------------------------------------------------------------

    def access_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a link with which the person sets a password, or forget the second factor. Both end all sessions."""
        user = get_object_or_404(User, pk=pk)
        # One's own is changed with the old password, or with a token of the device.
        if user.pk == request.user.pk and request.method == "GET":
            own = "admin:second-factor-mine" if second_factor.is_required() else "admin:password_change"
            return redirect(own)
        if not self.has_change_permission(request, user) or user.pk == request.user.pk:
            raise PermissionDenied
        action = request.POST.get("action") if request.method == "POST" else None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Password and second step"),
            "subtitle": str(user),
            "opts": self.opts,
            "original": user,
        }
        if action == "link":
            context["link"] = self._new_link(request, user)
        elif action == "reset":
            self._forget_second_factor(request, user)
            messages.success(request, _("The second step was reset. It is set up anew at the next login."))
            return redirect("admin:auth_user_access", pk)
        context |= {
            "has_password": user.has_usable_password(),
            "device": second_factor.device_of(user),
            "left": second_factor.codes_left(user),
        }
        return TemplateResponse(request, "admin/auth/user/access.html", context)

    def _new_link(self, request: HttpRequest, user: User) -> str:
        """The old password is worth nothing from now on, nor is a link made before."""
        user.set_unusable_password()
        user.save(update_fields=["password"])
        sessions.end_all(user)
        self.log_change(request, user, _("Made a link for setting a password; the old password was taken away."))
        return password_link(request, user)

    def _forget_second_factor(self, request: HttpRequest, user: User) -> None:
        second_factor.reset(user)
        sessions.end_all(user)
        self.log_change(request, user, _("Reset the second step."))

    @admin.action(description=gettext_lazy("Reset the second step"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        mine = cast(User, request.user)
        chosen = [user for user in queryset if user.pk != mine.pk and _may_touch(request, user)]
        for user in chosen:
            self._forget_second_factor(request, user)
        text = ngettext(
            "The second step of %(count)s account was reset.",
            "The second steps of %(count)s accounts were reset.",
            len(chosen),
        )
        messages.success(request, text % {"count": len(chosen)})


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """The roles, to read: their names and rights are those of `moderation.roles`, whoever looks."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False


@admin.register(Message)
class DeskMessageAdmin(MessageAdmin):
    """The list of messages without what only Safety leads see; a superuser is none."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        found = super().get_queryset(request)
        return found if may(request.user, SAFETY_LEAD) else found.filter(is_call_for_help=False)


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    """A superuser's account is changed by superusers only."""
    return obj is None or not obj.is_superuser or bool(request.user.is_superuser)
