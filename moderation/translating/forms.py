"""What translators, reviewers and Northern readers type, checked; nothing here changes a row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Translation
from ..review.forms import NAME_LIMIT, TEXT_LIMIT, PlainText
from .translations import Cannot

WORD_LIMIT = 200
PO_LIMIT = 1_000_000
INCOMPLETE = gettext_lazy("The page was sent incompletely. Please look at everything once more and send it again.")
REVISIONS = re.compile(r"(?:(ko|en|kp):([0-9]{1,9})(?: |$))", re.ASCII)


class Action(TextChoices):
    """What the buttons of the translation page do."""

    CLAIM = "claim", gettext_lazy("I take this on")
    RELEASE = "release", gettext_lazy("Release")
    SAVE = "save", gettext_lazy("Save")
    READY = "ready", gettext_lazy("Hand back (ready)")
    CANNOT = "cannot", gettext_lazy("I cannot translate this")
    REVIEWED = "reviewed", gettext_lazy("Reviewed")
    SEND_BACK = "send_back", gettext_lazy("Send back to the translator")
    INSERT = "insert", gettext_lazy("Insert")
    REQUEST = "request", gettext_lazy("Ask for a translation")


NEEDS_TEXT = {Action.READY, Action.REVIEWED}


class RevisionField(forms.CharField):
    """Which state of each text the page showed: `ko:3 en:1`, or one number for all of them."""

    def __init__(self) -> None:
        super().__init__(
            max_length=60,
            widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
            error_messages={"required": INCOMPLETE, "max_length": INCOMPLETE},
        )

    def clean(self, value: Any) -> dict[str, int]:
        text: str = super().clean(value)
        if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
            return dict.fromkeys(Translation.Language.values, int(text))
        found = {language: int(number) for language, number in REVISIONS.findall(text)}
        if not found:
            raise ValidationError(INCOMPLETE, code="invalid")
        return found


class TranslateForm(forms.Form):
    """Names as in the interface: `body_…`, `revision`, `action`, `reason`, `note`, and `credit`.

    `language` says which text a button is about; without it a button is about all texts it fits.
    """

    body_ko = PlainText(limit=TEXT_LIMIT, rows=7, label=gettext_lazy("Korean"))
    body_en = PlainText(limit=TEXT_LIMIT, rows=7, label=gettext_lazy("English"))
    body_kp = PlainText(limit=TEXT_LIMIT, rows=7, label=gettext_lazy("Northern wording"))
    credit = PlainText(limit=NAME_LIMIT, label=gettext_lazy("Name shown to readers for your translations"))
    reason = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Why"),
        error_messages={"invalid_choice": gettext_lazy("Choose a reason from the list.")},
    )
    note = PlainText(limit=WORD_LIMIT, label=gettext_lazy("A word to whoever goes on"))
    revision = RevisionField()
    language = forms.ChoiceField(
        required=False,
        choices=[("", ""), *Translation.Language.choices],
        error_messages={"invalid_choice": INCOMPLETE},
    )
    sentence = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), INCOMPLETE
        )
    )  # fmt: skip
    action = forms.ChoiceField(
        choices=Action.choices,
        error_messages={
            "required": gettext_lazy("Press one of the buttons."),
            "invalid_choice": gettext_lazy("This page does not know that action. Nothing was changed."),
        },
    )

    def __init__(self, *args: Any, languages: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "%s"
        self.languages = list(languages)
        self.fields["reason"].choices = [("", _("Choose a reason")), *Cannot.choices]  # type: ignore[attr-defined]
        for code in Translation.Language.values:
            if code not in self.languages:
                del self.fields[f"body_{code}"]
        for name, field in self.fields.items():
            self._mark(name, field)

    def _mark(self, name: str, field: forms.Field) -> None:
        """Tell assistive software the language of a field, and that it has an error."""
        if name.startswith("body_"):
            field.widget.attrs["lang"] = "en" if name == "body_en" else "ko"
        if self.is_bound and name in self.errors:
            field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-error"}

    def clean(self) -> dict[str, Any]:
        data, action = self.cleaned_data, self.cleaned_data.get("action")
        if action in NEEDS_TEXT and not any(data.get(f"body_{code}") for code in self.aimed_at):
            for code in self.aimed_at:
                if f"body_{code}" not in self.errors:
                    self.add_error(f"body_{code}", _("Write the text first."))
        if action == Action.CANNOT and "reason" not in self.errors:
            if not data.get("reason"):
                self.add_error("reason", _("Choose a reason, so that somebody can help."))
            elif data["reason"] == Cannot.OTHER and not data.get("note") and "note" not in self.errors:
                self.add_error("note", _("Say in a few words what the reason is."))
        if action == Action.SEND_BACK and not data.get("note") and "note" not in self.errors:
            self.add_error("note", _("Say in a few words what is missing."))
        return data

    @property
    def aimed_at(self) -> list[str]:
        """The languages on the page that the button is about."""
        chosen = self.cleaned_data.get("language")
        return [code for code in self.languages if chosen in ("", None, code)]

    def text(self, language: str) -> str | None:
        """What was typed for `language`; None when the page did not send it."""
        name = f"body_{language}"
        return self.cleaned_data[name] if name in self.data and name in self.cleaned_data else None

    @property
    def summary(self) -> list[tuple[str, str]]:
        """For the top of the page: the id of the field, or nothing, and what is wrong with it."""
        hidden = {"__all__", "revision", "action", "language", "sentence"}
        return [
            ("" if name in hidden else name, str(error)) for name, errors in self.errors.items() for error in errors
        ]


class WorkFileForm(forms.Form):
    """A file of translations made offline."""

    file = forms.FileField(
        label=gettext_lazy("File with your translations (.po)"),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty."),
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > PO_LIMIT:
            raise ValidationError(_("This file is larger than 1 MB. Send it in parts."), code="large")
        return file
