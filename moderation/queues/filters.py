"""Choosing among the letters that wait: what stands in the address of a list, and the rows it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from supporters import countries, languages
from supporters.models import Attachment, Message

from ..models import Flag, Translation
from .queue import Selection

LONG_WAIT = timedelta(days=3)
WORDS_LIMIT = 100
# A flood of the same letter can be long; a list of it is read page by page like any other.
GROUP_LIMIT = 1000
SAME = (Flag.Kind.SAME_TEXT, Flag.Kind.SAME_PICTURE)
SELECTS = ("kind", "language", "country", "flag")
TICKS = ("file", "long", "here")
SEARCHED = ("original_name", "group", "original", "own_ko", "body_ko", "body_en")


def _language() -> str:
    return "ko" if get_language() == "ko" else "en"


@cache
def _choices(name: str, language: str) -> dict[str, str]:
    """Codes and labels of one choice, in the order in which they are offered."""
    if name == "country":
        return dict(countries.choices(language))
    if name == "language":
        return dict(languages.choices(language))
    return {str(code): str(label) for code, label in (Message.Kind if name == "kind" else Flag.Kind).choices}


@cache
def _options(name: str, language: str) -> SafeString:
    """The same as HTML, made once: there are hundreds of countries."""
    return format_html_join("", '<option value="{}">{}</option>', _choices(name, language).items())


@dataclass(frozen=True)
class Select:
    """One choice of the form as it is drawn."""

    field: forms.BoundField
    language: str

    @property
    def options(self) -> SafeString:
        return _options(self.field.name, self.language)

    @property
    def chosen(self) -> str:
        value = self.field.value()
        return value if value in _choices(self.field.name, self.language) else ""

    @property
    def chosen_label(self) -> str:
        return _choices(self.field.name, self.language).get(self.chosen, "")


class FilterForm(forms.Form):
    """The form above a list, sent by GET. What it does not know is left out and said."""

    kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind"))
    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"))
    country = forms.ChoiceField(required=False, label=gettext_lazy("Country"))
    flag = forms.ChoiceField(required=False, label=gettext_lazy("Hint"))
    file = forms.BooleanField(required=False, label=gettext_lazy("The file is not ready"))
    long = forms.BooleanField(required=False, label=gettext_lazy("Waits for more than 3 days"))
    here = forms.BooleanField(required=False, label=gettext_lazy("Without what is with the translators"))
    same = forms.RegexField(r"^[a-z2-7]{12}$", required=False, widget=forms.HiddenInput)
    q = forms.CharField(required=False, max_length=WORDS_LIMIT, label=gettext_lazy("Name, words or address"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "f_%s"
        for name in SELECTS:
            self.fields[name].choices = list(_choices(name, _language()).items())  # type: ignore[attr-defined]
            self.fields[name].error_messages["invalid_choice"] = _("This list does not know that choice.")

    @property
    def selects(self) -> list[Select]:
        return [Select(self[name], _language()) for name in SELECTS]

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[name] for name in TICKS]

    @property
    def active(self) -> dict[str, str]:
        """What is chosen, by the name it has in the address."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return {name: "1" if value is True else value for name, value in chosen.items()}

    @property
    def query(self) -> str:
        """The same list again, as the query of an address."""
        return urlencode(self.active)

    @property
    def selection(self) -> Selection:
        chosen = Selection()
        for name, value in self.active.items():
            chosen &= getattr(self, f"_by_{name}")(value)
        return chosen

    def _by_kind(self, kind: str) -> Selection:
        return Selection(Q(kind=kind), Q(message__kind=kind))

    def _by_language(self, code: str) -> Selection:
        return Selection(Q(language=code), Q(language=code))

    def _by_country(self, code: str) -> Selection:
        return Selection(Q(country=code), Q(country=code))

    def _by_flag(self, kind: str) -> Selection:
        flags = Flag.objects.filter(kind=kind)
        new, edited = flags.filter(edit=None).values("message"), flags.filter(edit__isnull=False).values("edit")
        return Selection(Q(pk__in=new), Q(pk__in=edited))

    def _by_file(self, _chosen: str) -> Selection:
        states = [Attachment.State.RECEIVED, Attachment.State.PROCESSING, Attachment.State.FAILED]
        return Selection(Q(attachment__state__in=states), Q(message__attachment__state__in=states))

    def _by_long(self, _chosen: str) -> Selection:
        waits = Q(submitted_at__lte=now() - LONG_WAIT)
        return Selection(waits, waits)

    def _by_here(self, _chosen: str) -> Selection:
        """What translators were asked for and have not brought back is left out."""
        asked = Translation.objects.exclude(state=Translation.State.REVIEWED).exclude(language=Translation.Language.KP)
        return Selection(
            ~Q(Exists(asked.filter(message=OuterRef("pk"), edit=None))), ~Q(Exists(asked.filter(edit=OuterRef("pk"))))
        )

    def _by_same(self, slug: str) -> Selection:
        """The letter at `slug` and those that are like it."""
        alike = Flag.objects.filter(kind__in=SAME, other__slug=slug).values_list("message", flat=True)
        found = list(alike.distinct()[:GROUP_LIMIT])
        return Selection(Q(slug=slug) | Q(pk__in=found), Q(message__slug=slug) | Q(message__in=found))

    def _by_q(self, words: str) -> Selection:
        found, edited = Q(slug=words.strip().lower()), Q(message__slug=words.strip().lower())
        for column in SEARCHED:
            found |= Q(**{f"{column}__icontains": words})
            edited |= Q(**{f"{column}__icontains": words})
        return Selection(found, edited)
