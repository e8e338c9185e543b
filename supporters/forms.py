"""The forms of senders. A form checks what was typed and changes nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from . import countries, languages, receipts, texts
from .media import MAX_BYTES
from .models import Message, Upload
from .models.messages import LINE_COLUMN, OUTLETS
from .refusals import Refusal
from .services import Words

BODY_LIMIT, NAME_LIMIT, GROUP_LIMIT, ALT_LIMIT = 1000, 60, 80, 300
FILE_KINDS = (Message.Kind.PHOTO, Message.Kind.VIDEO, Message.Kind.VOICE)
CHOOSE_A_FILE = {
    Message.Kind.PHOTO: _("Choose a photo first."),
    Message.Kind.VIDEO: _("Choose a video first."),
    Message.Kind.VOICE: _("Choose a recording of your voice first."),
}


class WordsField(forms.CharField):
    """Text as typed, cleaned but never normalised or trimmed, at most `limit` characters as a person counts them."""

    def __init__(self, *, limit: int, lines: int = 0, **options: Any) -> None:
        self.limit, self.is_line = limit, not lines
        attributes = {"data-limit": limit, "dir": "auto"} | ({"rows": lines} if lines else {})
        widget = forms.Textarea(attributes) if lines else forms.TextInput(attributes)
        super().__init__(required=False, strip=False, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        try:
            return texts.clean_line(typed) if self.is_line else texts.clean(typed)
        except texts.Unwritable:
            raise ValidationError(_("Some of these characters cannot be stored. Please type them again.")) from None

    def validate(self, value: str) -> None:
        super().validate(value)
        if texts.is_too_long(value, self.limit) or (
            self.is_line and self.limit < ALT_LIMIT and len(value) > LINE_COLUMN
        ):
            raise ValidationError(
                _("Please shorten this to %(limit)s characters; it has %(count)s."),
                code="too_long",
                params={"limit": f"{self.limit:,}", "count": f"{texts.count(value):,}"},
            )


class LightSelect(forms.Select):
    """A list of some 300 choices in the fewest bytes: HTML lets an option end where the next one begins."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        choices = [choice for _group, choices, _index in widget["optgroups"] for choice in choices]
        options = format_html_join(
            "",
            '<option value="{}"{}>{}',
            ((choice["value"], flatatt({"selected": choice["selected"]}), choice["label"]) for choice in choices),
        )
        return format_html("<select{}>{}</select>", flatatt({"name": name, **widget["attrs"]}), options)


class WordsForm(forms.Form):
    """The words of a message and how it is signed: part of sending, and all of editing."""

    use_required_attribute = False

    body = WordsField(
        limit=BODY_LIMIT,
        lines=7,
        label=pgettext_lazy("field", "Your message"),
        help_text=_("Speak as you would to one person. Up to 1,000 characters. Write in the language you know best."),
    )
    own_ko = WordsField(
        limit=BODY_LIMIT, lines=5, label=_("Can you write it in Korean too?"), help_text=_("It will still be checked.")
    )
    alt = WordsField(
        limit=ALT_LIMIT,
        label=_("What is in the photo?"),
        help_text=_("One sentence. Readers on slow connections see this first."),
    )
    name = WordsField(
        limit=NAME_LIMIT,
        label=_("Name to show"),
        help_text=_(
            "A first name or any name you like. Do not use your full name if you have family in North Korea or China."
        ),
    )
    group = WordsField(
        limit=GROUP_LIMIT, label=_("Group"), help_text=_("A class, a choir, an organisation, if you write together.")
    )
    country = forms.ChoiceField(
        required=False,
        label=_("Country"),
        widget=LightSelect,
        error_messages={"invalid_choice": _("Please choose a country from the list.")},
    )
    language = forms.ChoiceField(
        required=False,
        label=_("Language of the message"),
        widget=LightSelect,
        error_messages={"invalid_choice": _("Please choose a language from the list.")},
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        page_language = get_language() or "en"
        country, language = self.fields["country"], self.fields["language"]
        assert isinstance(country, forms.ChoiceField)
        assert isinstance(language, forms.ChoiceField)
        country.choices = countries.choices(page_language)
        language.choices = [("", _("Find out from the text")), *languages.choices(page_language)]
        self.fields["name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["own_ko"].widget.attrs["lang"] = "ko"

    @property
    def message_kind(self) -> str:
        """What kind of message the words belong to."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if self.message_kind == Message.Kind.TEXT and "body" in typed and not typed["body"].strip():
            self.add_error("body", ValidationError(_("Write a few words first."), code="required"))
        if self.message_kind == Message.Kind.PHOTO and "alt" in typed and not typed["alt"]:
            self.add_error("alt", ValidationError(_("Say in one sentence what is in the photo."), code="required"))
        return typed

    def words(self) -> Words:
        """What was typed, the language found out when it was not chosen."""
        typed = self.cleaned_data
        return Words(
            original=typed["body"] if typed["body"].strip() else "",
            original_name=typed["name"],
            original_alt=typed["alt"] if self.message_kind == Message.Kind.PHOTO else "",
            own_ko=typed["own_ko"] if typed["own_ko"].strip() else "",
            language=typed["language"] or self.detected(),
            country=typed["country"] or countries.SOMEWHERE,
            group=typed["group"],
        )

    def detected(self) -> str:
        """The language of the words, or of the description when there are no others."""
        typed = self.cleaned_data
        return languages.detect(typed["body"] if typed["body"].strip() else typed["alt"])


class OutletsMixin(forms.Form):
    """Where a message may be used; at least one."""

    use_web = forms.BooleanField(required=False)
    use_radio = forms.BooleanField(required=False)
    use_usb = forms.BooleanField(required=False)

    def outlets(self) -> set[str]:
        return {outlet for outlet in OUTLETS if self.cleaned_data.get(f"use_{outlet}")}


class OutletsForm(OutletsMixin):
    use_required_attribute = False


class EditForm(WordsForm):
    """The words of a message that was sent before; its file and kind stay."""

    def __init__(self, *arguments: Any, kind: str, **options: Any) -> None:
        self._kind = kind
        super().__init__(*arguments, **options)
        if kind != Message.Kind.PHOTO:
            self.fields["alt"].widget = forms.HiddenInput()

    @property
    def message_kind(self) -> str:
        return self._kind


class SendForm(OutletsMixin, WordsForm):
    """The whole form. `upload` is the kept file, `refused` why one that was just sent is not kept."""

    kind = forms.ChoiceField(
        choices=Message.Kind,
        error_messages={
            "required": _("Choose what you would like to send."),
            "invalid_choice": _("Choose what you would like to send."),
        },
    )
    # Only for their errors: the files themselves are looked at and kept before the form is checked.
    photo = forms.Field(required=False, widget=forms.FileInput({"accept": "image/*", "max": MAX_BYTES["photo"]}))
    video = forms.Field(required=False, widget=forms.FileInput({"accept": "video/*", "max": MAX_BYTES["video"]}))
    voice = forms.Field(required=False, widget=forms.FileInput({"accept": "audio/*", "max": MAX_BYTES["voice"]}))
    email = forms.EmailField(
        required=False,
        max_length=254,
        label=_("E-mail"),
        help_text=_(
            "Only to tell you when your message is published, or if we have a question. Never shown, never shared. "
            "Without it you still get a private link to follow your message."
        ),
        error_messages={"invalid": _("This is not a complete e-mail address.")},
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    made_by_me = forms.BooleanField(error_messages={"required": _("Please confirm that you made it yourself.")})
    old_enough = forms.BooleanField(error_messages={"required": _("Please confirm your age.")})
    website = forms.CharField(
        required=False,
        label=_("Please leave this field empty."),
        widget=forms.TextInput({"autocomplete": "off", "tabindex": "-1"}),
    )
    form_token = forms.CharField(required=False)

    # As they stand in the page, for the list of errors.
    ORDER = (
        "form_token kind photo alt video voice body own_ko name group country language use_web use_radio use_usb email"
        " made_by_me old_enough website"
    ).split()

    def __init__(
        self, *arguments: Any, upload: Upload | None = None, refused: Refusal | None = None, **options: Any
    ) -> None:
        self.upload, self.refused = upload, refused
        super().__init__(*arguments, **options)
        self.order_fields(self.ORDER)

    @property
    def message_kind(self) -> str:
        return str(self.data.get("kind") or self.initial.get("kind") or "")

    @property
    def own_upload(self) -> Upload | None:
        """The kept file, when it is of the kind chosen; one of another kind only waits for a change of mind.

        One of which pieces are missing, or at which nobody could look, is none yet.
        """
        upload = self.upload
        return upload if upload and upload.mime and upload.kind == self.message_kind else None

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("This field is a trap for programs that fill in everything. Leave it empty."))
        return ""

    def clean_form_token(self) -> str:
        token: str = self.cleaned_data["form_token"]
        if not receipts.is_form_token(token):
            raise ValidationError(_("This form had lost its mark. Please look through it and go on."))
        return token

    def clean(self) -> dict[str, Any]:
        typed = super().clean()
        kind = self.message_kind
        if kind in FILE_KINDS:
            if self.refused:
                self.add_error(kind, ValidationError(str(self.refused), code=self.refused.code))
            elif self.own_upload is None:
                self.add_error(kind, ValidationError(CHOOSE_A_FILE[Message.Kind(kind)], code="required"))
        if not self.outlets():
            self.add_error("use_web", ValidationError(_("Choose at least one place where we may use it.")))
        return typed

    def agreed(self) -> dict[str, bool]:
        return {outlet: outlet in self.outlets() for outlet in OUTLETS}

    def summary(self) -> list[tuple[str, str]]:
        """Errors in the order of the page: the id to go to, and what is wrong there."""
        ids = {"kind": "k-text", "form_token": "m"}
        return [
            (ids.get(name, f"id_{name}"), str(message)) for name in self.ORDER for message in self.errors.get(name, [])
        ]
