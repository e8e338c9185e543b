"""What a reader writes to the person responsible for safety."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supporters.forms import WordsField

from . import sealing

CONCERN_LIMIT = 300
SALT = "replies.asked_again"
ASKED_SECONDS = 3600


class ConcernForm(forms.Form):
    """A few words, or none: that something is wrong is worth reading by itself."""

    text = WordsField(limit=CONCERN_LIMIT, lines=6, label=gettext_lazy("What could be dangerous?"))
    # Proves that this site has shown the page once more to whoever posts it without saying from where.
    again = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "%s"
        self.slug = slug
        # Nothing of it goes to a spelling service, or comes back in another form.
        kept_here = {"autocomplete": "off", "spellcheck": "false", "aria-describedby": "hint"}
        self.fields["text"].widget.attrs |= kept_here

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if not sealing.fits(text):
            raise ValidationError(_("These signs need too much room. Please write less."), code="room")
        return text

    @property
    def was_asked_again(self) -> bool:
        try:
            slug: str = signing.loads(self.cleaned_data.get("again", ""), salt=SALT, max_age=ASKED_SECONDS)
        except signing.BadSignature:
            return False
        return slug == self.slug


def asked_again(slug: str) -> str:
    """For the hidden field `again`."""
    return signing.dumps(slug, salt=SALT)
