"""What Safety leads send from their own pages; nothing here changes a row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from supporters import countries
from supporters.models.messages import LINE_COLUMN

from ..review.forms import PlainText
from .lockdowns import Selection

WORDS_LIMIT = 200
UNKNOWN_ACTION = gettext_lazy("This page does not know that action. Nothing was changed.")
ACTION_ERRORS = {"required": gettext_lazy("Press one of the buttons."), "invalid_choice": UNKNOWN_ACTION}


class CallAction(TextChoices):
    RETURN = "return", gettext_lazy("Not a call for help")
    HANDLED = "handled", gettext_lazy("Close this call")
    REOPEN = "reopen", gettext_lazy("Open again")


class CallForm(forms.Form):
    """One button of one call for help."""

    action = forms.ChoiceField(choices=CallAction.choices, error_messages=ACTION_ERRORS)
    message = forms.SlugField(max_length=12)
    # Of a proposed change its number.
    edit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class LockdownAction(TextChoices):
    PREVIEW = "preview", gettext_lazy("See which letters these are")
    HIDE = "hide", gettext_lazy("Hide all of them now")


class DayField(forms.DateField):
    """A day, as browsers send it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        errors = {"invalid": gettext_lazy("Write the day as year-month-day, such as 2026-03-14.")}
        super().__init__(required=False, input_formats=["%Y-%m-%d"], widget=widget, error_messages=errors, **options)


class LockdownForm(forms.Form):
    """Which letters to hide, and why."""

    action = forms.ChoiceField(choices=LockdownAction.choices, error_messages=ACTION_ERRORS)
    country = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Country"),
        error_messages={"invalid_choice": gettext_lazy("Choose a country from the list.")},
    )
    group = PlainText(limit=LINE_COLUMN, label=gettext_lazy("Group"))
    since = DayField(label=gettext_lazy("Received from"))
    until = DayField(label=gettext_lazy("Received until"))
    words = PlainText(
        limit=WORDS_LIMIT,
        label=gettext_lazy("Words in it"),
        help_text=gettext_lazy("Every word has to stand in a name or text of the letter, in any language."),
    )
    note = PlainText(limit=LINE_COLUMN, label=gettext_lazy("Note for the team"))
    # The choice whose letters were looked at.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "%s"
        listed = countries.choices("ko" if get_language() == "ko" else "en")
        self.fields["country"].choices = [("", _("All countries")), *listed]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "off"
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"{name}-hint"
            if self.is_bound and name in self.errors:
                field.widget.attrs["aria-invalid"] = "true"

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            raise ValidationError(_("The first day lies behind the last one."), code="days")
        if not self.errors and self.selection.is_empty:
            raise ValidationError(_("Choose at least one thing: a country, a group, a day or words."), code="empty")
        return data

    @property
    def was_looked_at(self) -> bool:
        """Whether the page has shown the letters of this very choice."""
        return self.selection.mark == self.cleaned_data["seen"]

    @property
    def selection(self) -> Selection:
        chosen = {name: self.cleaned_data[name] for name in ("country", "group", "since", "until", "words")}
        return Selection(**chosen)


class LiftForm(forms.Form):
    """The button that ends a lockdown."""

    lift = forms.IntegerField(min_value=1, max_value=2**63 - 1)
