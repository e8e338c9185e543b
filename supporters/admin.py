"""The change lists of the admin: messages to look up, reasons to edit. A status moves on the desk only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import countries, languages
from .lifecycle import CALL_FOR_HELP
from .models import Event, Message, Reason

if TYPE_CHECKING:
    MessageAdminBase = admin.ModelAdmin[Message]
    ReasonAdminBase = admin.ModelAdmin[Reason]
    EventInlineBase = admin.TabularInline[Event, Message]
    ReasonLineBase = forms.ModelForm[Reason]
else:
    MessageAdminBase = ReasonAdminBase = admin.ModelAdmin
    EventInlineBase = admin.TabularInline
    ReasonLineBase = forms.ModelForm


def _language() -> str:
    return "ko" if get_language() == "ko" else "en"


class CodeFilter(admin.SimpleListFilter):
    """A filter over a column of codes that does not read the table to find its choices."""

    choices_in: Callable[[str], list[tuple[str, str]]]
    template = "admin/long_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return type(self).choices_in(_language())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class CountryFilter(CodeFilter):
    title = _("country")
    parameter_name = "country"
    choices_in = staticmethod(countries.choices)


class LanguageFilter(CodeFilter):
    title = _("language")
    parameter_name = "language"
    choices_in = staticmethod(languages.choices)


class EventInline(EventInlineBase):
    """The life line, to read."""

    model = Event
    fields = readonly_fields = ("place", "what", "when", "actor_name", "why")
    ordering = ("number",)
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("actor", "message")

    @admin.display(description=_("number"))
    def place(self, event: Event) -> int:
        return event.number

    @admin.display(description=_("what"))
    def what(self, event: Event) -> str:
        return str(Event.Kind(event.kind).label)

    @admin.display(description=_("when"))
    def when(self, event: Event) -> datetime:
        return event.at

    @admin.display(description=_("staff"))
    def actor_name(self, event: Event) -> str:
        return event.actor.get_username() if event.actor else ""

    @admin.display(description=_("reason"))
    def why(self, event: Event) -> str:
        return event.reason

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("supporters.view_message")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(MessageAdminBase):
    """Every message there is, to find one; its words stand on the review page."""

    list_display = (
        "address", "sender", "kind", "status", "country_name", "language_name", "submitted_at", "number",
    )  # fmt: skip
    list_filter = ("status", "kind", CountryFilter, LanguageFilter)
    list_select_related = ("attachment",)
    list_per_page = 50
    # Counting every message for the sake of a number beside the filters takes longer than the page.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("slug",)
    ordering = ("-pk",)
    actions = None
    inlines = (EventInline,)
    fields = readonly_fields = (
        "address", "sender", "kind", "status", "country_name", "language_name",
        "submitted_at", "effective_at", "number",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Calls for help are the Safety leads' alone; a superuser's every right is not a role."""
        messages = super().get_queryset(request)
        guards = request.user.groups.filter(permissions__codename="guard_message").exists()
        return messages if guards else messages.filter(is_call_for_help=False)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # Django lets an address ask about every column, letter by letter: also those that no page shows.
        return lookup.partition("__")[0] in ("status", "kind", "country", "language")

    @admin.display(description=_("address"), ordering="slug")
    def address(self, message: Message) -> str:
        return message.slug

    @admin.display(description=_("number on the wall"), ordering="wall_number")
    def number(self, message: Message) -> int | None:
        return message.wall_number

    @admin.display(description=_("takes effect"))
    def effective_at(self, message: Message) -> datetime | None:
        return message.live_at

    @admin.display(description=_("who"))
    def sender(self, message: Message) -> str:
        return message.original_name

    @admin.display(description=_("country"), ordering="country")
    def country_name(self, message: Message) -> str:
        return countries.country(message.country, _language()).label

    @admin.display(description=_("language"), ordering="language")
    def language_name(self, message: Message) -> str:
        return languages.language_name(message.language, _language())


class ReasonLineForm(ReasonLineBase):
    """One line of the list of reasons."""

    class Meta:
        model = Reason
        fields = ("position", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.code == CALL_FOR_HELP:
            self.fields["is_active"].disabled = True


@admin.register(Reason)
class ReasonAdmin(ReasonAdminBase):
    """The reasons moderators choose from, in the words senders read."""

    list_display = ("code", "title_en", "title_ko", "position", "is_active")
    list_editable = ("position", "is_active")
    fields = ("code", "title_en", "title_ko", "words_en", "words_ko", "position", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> tuple[str, ...]:
        # Life lines name the code. Without the reason for calls for help nothing would reach the Safety leads.
        return ("code", "is_active") if obj and obj.code == CALL_FOR_HELP else ("code",) if obj else ()

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ReasonLineForm]:
        return ReasonLineForm

    def has_delete_permission(self, request: HttpRequest, obj: Reason | None = None) -> bool:
        return False
