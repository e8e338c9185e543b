"""The review page's form: what a moderator typed, checked; nothing here changes a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supporters import texts
from supporters.lifecycle import CALL_FOR_HELP, FRIEND, SHOWN_TEXTS, Check, message_of
from supporters.models import Edit, Look, Message, Reason
from supporters.models.messages import LINE_COLUMN, OUTLETS

TEXT_LIMIT, ALT_LIMIT, NAME_LIMIT, NOTE_LIMIT = 3000, 500, 60, 1000


class Action(TextChoices):
    """What the buttons of the review page do. An action without a button is not known to the form."""

    CLAIM = "claim", gettext_lazy("Claim")
    RELEASE = "release", gettext_lazy("Release")
    SAVE = "save", gettext_lazy("Save the texts")
    APPROVE = "approve", gettext_lazy("Approve")
    SECOND_LOOK = "second_look", gettext_lazy("Ask for a second look")
    TRANSLATE = "translate", gettext_lazy("Send to translators")
    ASK = "ask", gettext_lazy("Ask the sender to change it")
    DECLINE = "decline", gettext_lazy("Decline")
    UNDO = "undo", gettext_lazy("Undo")
    REMOVE = "remove", gettext_lazy("Remove from the wall")
    RESTORE = "restore", gettext_lazy("Put back on the wall")


# A second look at a video needs no tick: it is obligatory.
TICKED_LOOKS = [(code, label) for code, label in Look.choices if code != Look.VIDEO]
WITH_SOUND = (Message.Kind.VIDEO, Message.Kind.VOICE)


class PlainText(forms.CharField):
    """Text of at most `limit` characters as a person counts them, without what could mislead."""

    def __init__(self, *, limit: int, rows: int = 0, **options: Any) -> None:
        self.limit = limit
        self.is_line = rows == 0
        widget = forms.TextInput if self.is_line else forms.Textarea(attrs={"rows": rows, "cols": 30})
        super().__init__(required=False, widget=widget, **options)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            text = texts.clean_line(text) if self.is_line else texts.clean(text)
        except texts.Unwritable:
            raise ValidationError(_("This text holds characters that cannot be stored."), code="unwritable") from None
        if texts.is_too_long(text, self.limit) or (self.is_line and len(text) > LINE_COLUMN):
            raise ValidationError(_("Please shorten it to %(limit)d characters.") % {"limit": self.limit}, code="long")
        return text


class ReviewForm(forms.Form):
    """Names as in the interface: texts, `use_…`, `check`, `reason`, `note`, `revision`, `action`; besides them `look`
    for the ticks of a second look, `not_help` where words speak of danger and, where something can be said,
    `transcript`.
    """

    body_ko = PlainText(limit=TEXT_LIMIT, rows=7, label=gettext_lazy("Korean"))
    body_en = PlainText(limit=TEXT_LIMIT, rows=7, label=gettext_lazy("English"))
    body_kp = PlainText(limit=TEXT_LIMIT, rows=5, label=gettext_lazy("Northern wording"))
    alt_ko = PlainText(limit=ALT_LIMIT, rows=2, label=gettext_lazy("What the picture shows, in Korean"))
    alt_en = PlainText(limit=ALT_LIMIT, rows=2, label=gettext_lazy("What the picture shows, in English"))
    name_ko = PlainText(limit=NAME_LIMIT, label=gettext_lazy("Name in Korean"))
    name_en = PlainText(limit=NAME_LIMIT, label=gettext_lazy("Name in English"))
    transcript = PlainText(limit=TEXT_LIMIT, rows=5, label=gettext_lazy("What is said, in its own language"))
    use_web = forms.BooleanField(required=False, label=gettext_lazy("Website"))
    use_radio = forms.BooleanField(required=False, label=gettext_lazy("Radio"))
    use_usb = forms.BooleanField(required=False, label=gettext_lazy("USB"))
    check = forms.MultipleChoiceField(
        choices=Check.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Safety check"),
        error_messages={"invalid_choice": gettext_lazy("This page does not know one of these checks.")},
    )
    look = forms.MultipleChoiceField(
        choices=TICKED_LOOKS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Second look"),
        error_messages={"invalid_choice": gettext_lazy("This page does not know one of these reasons to look again.")},
    )
    not_help = forms.BooleanField(required=False, label=gettext_lazy("I have read it: nobody asks for help here"))
    reason = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Reason"),
        error_messages={"invalid_choice": gettext_lazy("Choose a reason from the list.")},
    )
    note = PlainText(limit=NOTE_LIMIT, rows=3, label=gettext_lazy("Note to the sender"))
    revision = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        widget=forms.HiddenInput(attrs={"autocomplete": "off"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("The page was sent incompletely. Please look at everything once more and send it again."),
        ),
    )
    action = forms.ChoiceField(
        choices=Action.choices,
        error_messages={
            "required": gettext_lazy("Press one of the buttons."),
            "invalid_choice": gettext_lazy("This page does not know that action. Nothing was changed."),
        },
    )

    def __init__(self, *args: Any, draft: Message | Edit, reasons: Iterable[Reason], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "%s"
        # What `add_missing` was told.
        self.missing: list[str] = []
        self.draft = draft
        if message_of(draft).kind not in WITH_SOUND:
            del self.fields["transcript"]
        for language, friend in FRIEND.items():
            # What an empty name becomes; a hint below says so as long as the field is empty.
            self.fields[f"name_{language}"].widget.attrs["placeholder"] = friend
        choices = [("", _("Choose a reason")), *((reason.code, _said(reason)) for reason in reasons)]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]
        for outlet in OUTLETS:
            # Only narrowed, never widened: what was not agreed cannot be ticked, whatever the browser sends.
            if not getattr(draft, f"agreed_{outlet}"):
                self.fields[f"use_{outlet}"].disabled = True
                self.initial[f"use_{outlet}"] = False
        for name, field in self.fields.items():
            self._mark(name, field)

    def _mark(self, name: str, field: forms.Field) -> None:
        """Tell assistive software the language of a field, and that it has an error."""
        attributes = field.widget.attrs
        if name.endswith(("_ko", "_en", "_kp")):
            attributes["lang"] = {"ko": "ko", "kp": "ko", "en": "en"}[name[-2:]]
        elif name == "transcript":
            attributes |= {"lang": self.draft.language, "dir": "auto"}
        if self.is_bound and name in self.errors:
            attributes["aria-invalid"] = "true"
            attributes["aria-describedby"] = f"{name}-error"

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        needs_reason = data.get("action") in (Action.ASK, Action.DECLINE) and "reason" not in self.errors
        if needs_reason and not data["reason"]:
            self.add_error("reason", _("Choose a reason: the sender reads it."))
        if needs_reason and data.get("reason") == CALL_FOR_HELP and data["action"] == Action.ASK:
            sentence = _("A call for help is not sent back: press “Decline”. Then only Safety leads see it.")
            self.add_error("reason", sentence)
        is_looked_at = data.get("action") == Action.SECOND_LOOK and "look" not in self.errors
        if is_looked_at and not self.needs_look:
            self.add_error("look", _("Tick why another person has to look."))
        return data

    def add_unread(self) -> None:
        """Say why what may be a call for help does not go to translators yet."""
        sentence = _("Some words speak of danger. Read it, and tick that nobody asks for help, or decline it.")
        self.add_error("not_help", sentence)

    @property
    def needs_look(self) -> bool:
        """Whether this is a video, or somebody ticked a reason to look again, now or before."""
        is_video = message_of(self.draft).kind == Message.Kind.VIDEO
        return is_video or bool(self.cleaned_data.get("look") or self.draft.look)

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in SHOWN_TEXTS}

    @property
    def cleared(self) -> dict[str, bool]:
        return {outlet: self.cleaned_data[f"use_{outlet}"] for outlet in OUTLETS}

    @property
    def spoken(self) -> str | None:
        """What is said in a video or voice; None where nothing can be said."""
        text: str | None = self.cleaned_data.get("transcript")
        return text

    @property
    def has_new_texts(self) -> bool:
        """Whether a text was changed: a draft is kept even when the message goes back to its sender."""
        typed = {**self.texts, "transcript": self.spoken or ""}
        return any(text != texts.clean(self.initial.get(name, "")).strip() for name, text in typed.items())

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was typed, ticked or chosen since the page came."""
        return set(self.changed_data) <= {"action", "revision"}

    def add_missing(self, codes: Iterable[str]) -> None:
        """Say what `lifecycle.missing_for_approval` found, once for each field."""
        self.missing = list(codes)
        words = {
            "body_ko": ("body_ko", _("Write the Korean text first.")),
            "body_en": ("body_en", _("Write the English text first.")),
            "alt_ko": ("alt_ko", _("Say in Korean what the picture shows.")),
            "alt_en": ("alt_en", _("Say in English what the picture shows.")),
            "file": (None, _("The file is not ready, so this cannot be approved yet.")),
            "outlet": ("use_web", _("Choose at least one place of use.")),
            "second_look": ("look", _("Another person has to look at this before it is approved.")),
            "second_person": ("look", _("You looked at this first: another person has to approve it.")),
        }
        unticked = ("check", _("Tick all four safety checks before you approve."))
        for field, sentence in dict.fromkeys(words.get(code, unticked) for code in self.missing):
            self.add_error(field, sentence)

    @property
    def summary(self) -> list[tuple[str, str]]:
        """For the top of the page: the id of the field, or nothing, and what is wrong with it."""
        anchors = {"__all__": "", "revision": "", "action": "", "check": "check_0", "look": "look"}
        return [(anchors.get(name, name), str(error)) for name, errors in self.errors.items() for error in errors]


def _said(reason: Reason) -> str:
    """A reason in the list; the one that does more than decline says so."""
    if reason.code != CALL_FOR_HELP:
        return reason.title
    return _("%(reason)s (decline: from then on only Safety leads see it)") % {"reason": reason.title}
