"""The pages on which several letters are declined, released or sent to translation: preview, then result."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from ..access import for_roles
from ..pages import page_context
from ..review import wording
from ..roles import MODERATOR, SAFETY_LEAD
from .bulk import AT_ONCE, Batch, BulkAction, Outcome, Picked, carry_out
from .shelves import ADDRESSES, Shelf


class PickedField(forms.MultipleChoiceField):
    """Ticked letters, each `slug` or `slug:revision`."""

    def valid_value(self, value: str) -> bool:
        return Picked.read(value) is not None

    def clean(self, value: Any) -> list[Picked]:
        values = dict.fromkeys(super().clean(value))
        if len(values) > AT_ONCE:
            raise ValidationError(_("Choose at most %(limit)d letters at once.") % {"limit": AT_ONCE}, code="many")
        return [picked for picked in map(Picked.read, values) if picked]


class SeveralForm(forms.Form):
    """What is posted from a list and from the preview."""

    action = forms.ChoiceField(
        choices=BulkAction.choices,
        error_messages={
            "required": gettext_lazy("Press one of the buttons."),
            "invalid_choice": gettext_lazy("This page does not know that action. Nothing was changed."),
        },
    )
    item = PickedField(
        error_messages={
            "required": gettext_lazy("Tick at least one letter in the list first."),
            "invalid_choice": gettext_lazy("The page was sent incompletely. Go back to the list and choose again."),
        }
    )
    step = forms.ChoiceField(required=False, choices=[("confirm", "")])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("step") and any(item.revision is None for item in data.get("item", [])):
            self.add_error("item", self.fields["item"].error_messages["invalid_choice"])
        return data

    @property
    def summary(self) -> list[str]:
        return list(dict.fromkeys(str(error) for errors in self.errors.values() for error in errors))


@for_roles(MODERATOR, SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest) -> HttpResponse:
    """Show what would happen; when that was seen and confirmed, do it and say what happened."""
    form = SeveralForm(request.POST)
    if not form.is_valid():
        # Opened by its address, for example after the login: nothing was chosen.
        errors = form.summary if request.method == "POST" else form.errors["item"]
        return _render(request, "moderation/several_preview.html", errors=errors)
    action = BulkAction(form.cleaned_data["action"])
    batch = Batch(form.cleaned_data["item"], action, user=cast(User, request.user))
    if not form.cleaned_data["step"]:
        return _render(request, "moderation/several_preview.html", batch=batch, errors=[])
    outcome = carry_out(batch)
    return _render(request, "moderation/several_result.html", outcome=outcome, done=_done(action, outcome))


def _done(action: BulkAction, outcome: Outcome) -> str:
    count = len(outcome.done)
    if action == BulkAction.RELEASE:
        return ngettext("%(count)d letter released.", "%(count)d letters released.", count) % {"count": count}
    if action == BulkAction.TRANSLATE:
        sentence = ngettext("%(count)d letter sent to translation.", "%(count)d letters sent to translation.", count)
        return sentence % {"count": count}
    sentence = ngettext("%(count)d letter declined.", "%(count)d letters declined.", count) % {"count": count}
    live_at = outcome.done[0].message.live_at if outcome.done else None
    if live_at is None:
        return sentence
    later = _("Until %(time)s each can be taken back on its page; then its sender is told.")
    return f"{sentence} {later % {'time': wording.clock(live_at)}}"


def _render(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    here = request.POST.get("list", "")
    here = here if here in ADDRESSES else "waiting"
    shelf = Shelf.read(QueryDict(request.POST.get("filters", "")[:500]), here)
    common = {"list": here, "filters": shelf.filters.query, "back": shelf.address()}
    return render(request, template, page_context(request, here) | common | context)
