"""Sentences of the desk about time and about what somebody else did."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from supporters.models import Event

Kind = Event.Kind

IN_THE_MEANTIME = {
    Kind.APPROVED: gettext_lazy("%(who)s approved this %(time)s ago."),
    Kind.ASKED: gettext_lazy("%(who)s sent this back to its sender %(time)s ago."),
    Kind.DECLINED: gettext_lazy("%(who)s declined this %(time)s ago."),
    Kind.UNDONE: gettext_lazy("%(who)s took a decision about this back %(time)s ago."),
    Kind.SAVED: gettext_lazy("%(who)s changed the texts %(time)s ago."),
    Kind.EDIT_ACCEPTED: gettext_lazy("%(who)s accepted this change %(time)s ago."),
    Kind.EDIT_REFUSED: gettext_lazy("%(who)s declined this change %(time)s ago."),
    Kind.REMOVED: gettext_lazy("%(who)s removed this %(time)s ago."),
    Kind.RESTORED: gettext_lazy("%(who)s put this back %(time)s ago."),
    Kind.CONVERTED: gettext_lazy("The file became ready %(time)s ago. Look at it before you decide."),
    Kind.FAILED: gettext_lazy("The file could not be prepared. That became clear %(time)s ago."),
    Kind.ANSWERED: gettext_lazy("The sender changed this %(time)s ago."),
    Kind.EDITED: gettext_lazy("The sender proposed a change %(time)s ago."),
    Kind.CONSENT: gettext_lazy("The sender took a place of use back %(time)s ago."),
    Kind.WITHDRAWN: gettext_lazy("The sender took this message back %(time)s ago."),
}
# What a sender may change, and where it may be used, by the names the page gives them.
SENT = {
    "original": gettext_lazy("Original"),
    "original_name": gettext_lazy("Name"),
    "original_alt": gettext_lazy("What the picture shows, as its sender says"),
    "own_ko": gettext_lazy("The sender’s own Korean"),
    "language": gettext_lazy("Language"),
    "country": gettext_lazy("Country"),
    "group": gettext_lazy("Group"),
}
OUTLET = {"web": gettext_lazy("Website"), "radio": gettext_lazy("Radio"), "usb": gettext_lazy("USB")}
TOO_LATE = gettext_lazy("It is too late to undo this: it has taken effect.")
SIGNED_OUT = gettext_lazy("You were signed out. Your draft is kept.")
CHANGED = gettext_lazy("This message changed in the meantime.")
BY_THE_SITE = {Kind.CONVERTED, Kind.FAILED, Kind.SHOWN, Kind.EDIT_SHOWN, Kind.DECLINED, Kind.REMOVED}


def duration(since: datetime) -> str:
    """The time since then in its largest unit: `2 days`, `9 h`, `3 minutes`."""
    minutes = max(0, int((now() - since).total_seconds())) // 60
    if minutes >= 24 * 60:
        days = minutes // (24 * 60)
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    if minutes >= 60:
        return _("%(count)d h") % {"count": minutes // 60}
    if minutes:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    return _("a moment")


def actor_name(event: Event) -> str:
    """Who did it: staff by name, the sender, or the site itself."""
    if event.actor:
        return staff_name(event.actor)
    return _("The site") if event.kind in BY_THE_SITE else _("The sender")


def staff_name(user: AbstractBaseUser) -> str:
    return getattr(user, "first_name", "") or user.get_username()


def in_the_meantime(event: Event) -> str:
    """What the person who was slower is told: `Jin approved this 2 minutes ago.`"""
    sentence = IN_THE_MEANTIME.get(Kind(event.kind))
    if sentence is None:
        return str(CHANGED)
    return str(sentence) % {"who": actor_name(event), "time": duration(event.at)}


def clock(at: datetime) -> str:
    """A time of day for staff, who sit in many countries: always UTC, and saying so."""
    return at.strftime("%H:%M UTC")


def decided(kind: Kind, who: str, live_at: datetime) -> tuple[str, str]:
    """What the undo bar says about a decision: what happened, and when it takes effect."""
    sentences = {
        Kind.APPROVED: (_("“%(who)s” approved."), _("It goes live at %(time)s.")),
        Kind.ASKED: (_("“%(who)s” sent back to its sender."), _("The sender is told at %(time)s.")),
        Kind.DECLINED: (_("“%(who)s” declined."), _("The sender is told at %(time)s.")),
        Kind.EDIT_ACCEPTED: (_("Change of “%(who)s” accepted."), _("It goes live at %(time)s.")),
        Kind.EDIT_REFUSED: (_("Change of “%(who)s” declined."), _("The sender is told at %(time)s.")),
    }
    happened, takes_effect = sentences[kind]
    return happened % {"who": who}, takes_effect % {"time": clock(live_at)}
