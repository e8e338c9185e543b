"""Wording rules and words in the admin, with a box to try them on a text before they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ..access import for_roles
from ..models import Flag, Term, WordingRule
from ..roles import TRIES_RULES
from . import rules
from .checker import Checker, parts

if TYPE_CHECKING:
    RuleAdminBase = admin.ModelAdmin[WordingRule]
    TermAdminBase = admin.ModelAdmin[Term]
    RuleFormBase = forms.ModelForm[WordingRule]
else:
    RuleAdminBase = TermAdminBase = admin.ModelAdmin
    RuleFormBase = forms.ModelForm

LONGEST_SAMPLE = 5000
TRY = "_try"  # the name of the second button
# What words can raise; the others come from pictures and from comparing.
NOT_IN_WORDS = {Flag.Kind.QR, Flag.Kind.SAME_TEXT, Flag.Kind.SAME_PICTURE, Flag.Kind.FLOOD}
KINDS = [(kind.value, kind.label) for kind in Flag.Kind if kind not in NOT_IN_WORDS]
LANGUAGES = [("", gettext_lazy("Every language")), ("ko", gettext_lazy("Korean")), ("en", gettext_lazy("English"))]
RULE_FIELDS = (
    "code", "kind", "language", "reads", "pattern", "reason_en", "reason_ko", "severity", "confidence", "is_active",
)  # fmt: skip
WRONG = {
    "empty": gettext_lazy("There has to be at least one expression."),
    "wrong": gettext_lazy("Line %(line)d is not an expression: %(why)s."),
    "everything": gettext_lazy("Line %(line)d would be found in every text, even an empty one."),
    "slow": gettext_lazy("Line %(line)d takes too long on a long text. Repeat less inside of what is repeated."),
}


class RuleForm(RuleFormBase):
    """A rule and a text to try it on. With the second button nothing is saved, right as everything may be."""

    kind = forms.ChoiceField(label=gettext_lazy("Hint"), choices=KINDS)
    language = forms.ChoiceField(label=gettext_lazy("Texts in"), choices=LANGUAGES, required=False)
    sample = forms.CharField(
        label=gettext_lazy("Try it on a text"),
        help_text=gettext_lazy("The text is not kept."),
        max_length=LONGEST_SAMPLE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )

    class Meta:
        model = WordingRule
        fields = RULE_FIELDS
        labels: ClassVar = {
            "code": gettext_lazy("Code"),
            "reads": gettext_lazy("Looks at"),
            "pattern": gettext_lazy("Expressions"),
            "reason_en": gettext_lazy("Reason in English"),
            "reason_ko": gettext_lazy("Reason in Korean"),
            "severity": gettext_lazy("How serious"),
            "confidence": gettext_lazy("How sure"),
            "is_active": gettext_lazy("In use"),
        }

    def clean_pattern(self) -> str:
        pattern: str = self.cleaned_data["pattern"].replace("\r\n", "\n")
        try:
            rules.check(pattern)
        except rules.BadExpression as bad:
            raise ValidationError(WRONG[bad.code], code=bad.code, params={"line": bad.line, "why": bad.detail}) from bad
        return pattern

    def is_valid(self) -> bool:
        # The admin shows a form that is not valid again, with everything that was typed.
        return super().is_valid() and not self.is_trial

    @property
    def is_trial(self) -> bool:
        return self.is_bound and TRY in self.data

    def trial(self) -> dict[str, Any] | None:
        """What the rule as typed finds in the sample; None when it was not asked for or cannot be told."""
        if not self.is_trial or self.errors:
            return None
        rule = WordingRule(**{name: self.cleaned_data[name] for name in RULE_FIELDS if name in self.cleaned_data})
        return _found(self.cleaned_data["sample"], Checker(rules.Rulebook([rule]), []))


class TrialForm(forms.Form):
    sample = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST_SAMPLE,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
    )


def _found(sample: str, check: Checker) -> dict[str, Any]:
    """For the template: the text in pieces, what was found, and which rules could not be used."""
    sample = sample.replace("\r\n", "\n")
    hints = check.hints(sample, is_draft=None)
    rows = [
        {
            "words": sample[hint.start : hint.end],
            "label": Flag.Kind(hint.kind).label,
            "reason": hint.rule.reason if hint.rule else (hint.term.note if hint.term else ""),
            "north": hint.term.north if hint.term else "",
            "code": hint.rule.code if hint.rule else "",
        }
        for hint in hints
    ]
    return {"parts": parts(sample, hints), "rows": rows, "broken": check.book.broken}


@for_roles(*TRIES_RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def try_rules(request: HttpRequest) -> HttpResponse:
    """All rules and words in use on a pasted text. Nothing is saved."""
    form = TrialForm(request.POST if request.method == "POST" else None)
    found = _found(form.cleaned_data["sample"], Checker.active()) if form.is_valid() else None
    context = admin.site.each_context(request) | {
        "title": _("Try the wording check"),
        "opts": WordingRule._meta,
        "form": form,
        "trial": found,
    }
    return TemplateResponse(request, "admin/moderation/wordingrule/try.html", context)


@admin.register(WordingRule)
class WordingRuleAdmin(RuleAdminBase):
    form = RuleForm
    list_display = ("name", "hint", "texts", "how_serious", "how_sure", "in_use")
    list_filter = ("severity", "confidence", "is_active")
    search_fields = ("code", "reason_en", "reason_ko", "pattern")
    change_list_template = "admin/moderation/wordingrule/change_list.html"
    change_form_template = "admin/moderation/wordingrule/change_form.html"

    def get_fields(self, request: HttpRequest, obj: WordingRule | None = None) -> Any:
        return (*RULE_FIELDS, "sample")

    def get_urls(self) -> list[URLPattern]:
        return [path("try/", try_rules, name="moderation_wordingrule_try"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        context["trial"] = context["adminform"].form.trial() if "adminform" in context else None
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("Code"), ordering="code")
    def name(self, rule: WordingRule) -> str:
        return rule.code

    @admin.display(description=gettext_lazy("Hint"), ordering="kind")
    def hint(self, rule: WordingRule) -> str:
        return str(dict(KINDS).get(Flag.Kind(rule.kind).value, rule.kind))

    @admin.display(description=gettext_lazy("Texts in"), ordering="language")
    def texts(self, rule: WordingRule) -> str:
        return str(dict(LANGUAGES)[rule.language])

    @admin.display(description=gettext_lazy("How serious"), ordering="severity")
    def how_serious(self, rule: WordingRule) -> str:
        return str(WordingRule.Severity(rule.severity).label)

    @admin.display(description=gettext_lazy("How sure"), ordering="confidence")
    def how_sure(self, rule: WordingRule) -> str:
        return rule.confidence

    @admin.display(description=gettext_lazy("In use"), boolean=True, ordering="is_active")
    def in_use(self, rule: WordingRule) -> bool:
        return rule.is_active


@admin.register(Term)
class TermAdmin(TermAdminBase):
    fields = ("south", "north", "note_en", "note_ko", "confidence", "source", "is_hint", "is_active")
    list_display = ("word", "in_the_north", "how_sure", "raises_a_hint", "in_use")
    list_filter = ("confidence", "is_hint", "is_active")
    search_fields = ("south", "north")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in TERM_LABELS:
            field.label = TERM_LABELS[db_field.name]
        return field

    @admin.display(description=gettext_lazy("In the South"), ordering="south")
    def word(self, term: Term) -> str:
        return term.south

    @admin.display(description=gettext_lazy("In the North"), ordering="north")
    def in_the_north(self, term: Term) -> str:
        return term.north

    @admin.display(description=gettext_lazy("How sure"), ordering="confidence")
    def how_sure(self, term: Term) -> str:
        return term.confidence

    @admin.display(description=gettext_lazy("Raises a hint"), boolean=True, ordering="is_hint")
    def raises_a_hint(self, term: Term) -> bool:
        return term.is_hint

    @admin.display(description=gettext_lazy("In use"), boolean=True, ordering="is_active")
    def in_use(self, term: Term) -> bool:
        return term.is_active


TERM_LABELS = {
    "south": gettext_lazy("In the South"),
    "north": gettext_lazy("In the North"),
    "note_en": gettext_lazy("Note in English"),
    "note_ko": gettext_lazy("Note in Korean"),
    "confidence": gettext_lazy("How sure"),
    "source": gettext_lazy("Source"),
    "is_hint": gettext_lazy("Raises a hint"),
    "is_active": gettext_lazy("In use"),
}
