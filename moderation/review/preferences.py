"""How a member of staff likes to work at the desk."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ..access import for_roles
from ..models import Preference
from ..pages import page_context
from ..roles import MODERATOR, SAFETY_LEAD


class KeysForm(forms.Form):
    """Single keys can be pressed by mistake, or by speech input: everybody can switch them off."""

    has_keys = forms.ChoiceField(
        choices=[("on", gettext_lazy("On")), ("off", gettext_lazy("Off"))],
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose on or off.")),
    )
    next = forms.CharField(required=False, max_length=2000)


def has_keys(user: User) -> bool:
    """Whether `user` works with keys; everybody does who has not switched them off."""
    return not Preference.objects.filter(user=user, has_keys=False).exists()


@for_roles(MODERATOR, SAFETY_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Keyboard keys on or off."""
    user = cast(User, request.user)
    form = KeysForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wanted = form.cleaned_data["has_keys"] == "on"
        Preference.objects.update_or_create(user=user, defaults={"has_keys": wanted})
        return redirect(_back(form.cleaned_data["next"]))
    context = page_context(request, "preferences") | {"form": form, "is_on": has_keys(user)}
    return render(request, "moderation/preferences.html", context)


def _back(address: str) -> str:
    """The page of the desk the form stood on; nowhere else."""
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    desk = reverse("moderation:queue")
    return address if is_ours and address.startswith(desk) else reverse("moderation:preferences")
