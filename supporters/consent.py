"""Where a message may be used, as sentences."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .models.messages import OUTLETS


def outlet_sentence(agreed: Iterable[str]) -> str:
    """Where a message goes and where it does not. Whole sentences: languages join such lists differently."""
    chosen = tuple(outlet for outlet in OUTLETS if outlet in set(agreed))
    return {
        (): _("Nowhere."),
        ("web",): _("On the website. Not on radio, not on USB drives."),
        ("radio",): _("On radio. Not on the website, not on USB drives."),
        ("usb",): _("On USB drives. Not on the website, not on radio."),
        ("web", "radio"): _("On the website and on radio. Not on USB drives."),
        ("web", "usb"): _("On the website and on USB drives. Not on radio."),
        ("radio", "usb"): _("On radio and on USB drives. Not on the website."),
        ("web", "radio", "usb"): _("On the website, on radio and on USB drives."),
    }[chosen]
