"""Sentences of the desk about time and about what somebody else did."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from supporters.models import Event, Look

from ..models import Claim, Translation
from ..translating.translations import Cannot

Kind = Event.Kind

IN_THE_MEANTIME = {
    Kind.APPROVED: gettext_lazy("%(who)s approved this %(time)s ago."),
    Kind.ASKED: gettext_lazy("%(who)s sent this back to its sender %(time)s ago."),
    Kind.DECLINED: gettext_lazy("%(who)s declined this %(time)s ago."),
    Kind.UNDONE: gettext_lazy("%(who)s took a decision about this back %(time)s ago."),
    Kind.SAVED: gettext_lazy("%(who)s changed the texts %(time)s ago."),
    Kind.SECOND_LOOK: gettext_lazy("%(who)s asked for a second look %(time)s ago."),
    Kind.TRANSLATED: gettext_lazy("A translation reviewed by %(who)s arrived %(time)s ago."),
    Kind.SIGNED: gettext_lazy("%(who)s signed the Northern wording %(time)s ago."),
    Kind.HIDDEN: gettext_lazy("%(who)s hid this from readers %(time)s ago."),
    Kind.UNHIDDEN: gettext_lazy("%(who)s let readers see this again %(time)s ago."),
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
# What the desk writes, likewise.
WRITTEN = {
    "body_ko": gettext_lazy("Korean"),
    "body_en": gettext_lazy("English"),
    "body_kp": gettext_lazy("Northern wording"),
    "alt_ko": gettext_lazy("What the picture shows, in Korean"),
    "alt_en": gettext_lazy("What the picture shows, in English"),
    "name_ko": gettext_lazy("Name in Korean"),
    "name_en": gettext_lazy("Name in English"),
    "transcript": gettext_lazy("What is said, in its own language"),
}
OUTLET = {"web": gettext_lazy("Website"), "radio": gettext_lazy("Radio"), "usb": gettext_lazy("USB")}
TOO_LATE = gettext_lazy("It is too late to undo this: it has taken effect.")
SIGNED_OUT = gettext_lazy("You were signed out. Your draft is kept.")
NOTHING_TO_TRANSLATE = gettext_lazy(
    "There is nothing to ask the translators for: both texts are there, or no words are written down to translate from."
)
MAY_BE_CALL = gettext_lazy("It may be a call for help: read it on its page.")
CHANGED = gettext_lazy("This message changed in the meantime.")
BY_THE_SITE = {
    Kind.CONVERTED, Kind.FAILED, Kind.SHOWN, Kind.EDIT_SHOWN, Kind.DECLINED, Kind.REMOVED, Kind.HIDDEN, Kind.UNHIDDEN,
}  # fmt: skip


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


def place(name: str) -> str:
    """The name of a text as the page gives it."""
    return str(SENT.get(name) or WRITTEN.get(name) or "")


def looks(event: Event) -> str:
    """Why another person was asked to look, as the page names the reasons."""
    codes = str(event.ids.get("why", "")).split()
    return " · ".join(str(Look(code).label) for code in codes if code in Look.values)


def first_look(event: Event, *, is_mine: bool) -> str:
    """What is said about a letter that was sent to a second look."""
    words = {"who": actor_name(event), "time": duration(event.at), "why": looks(event) or "–"}
    if is_mine:
        return _("You looked first, %(time)s ago: %(why)s. Another person has to approve it.") % words
    return _("%(who)s looked first, %(time)s ago: %(why)s. You are the second person.") % words


def held(claim: Claim | None) -> str:
    """Who reviews it now, and until when."""
    if claim is None:
        return _("Somebody else took this at the same moment.")
    return _("%(who)s holds this until %(time)s.") % {"who": staff_name(claim.holder), "time": clock(claim.until)}


def held_by_you(claim: Claim) -> str:
    return _("You hold this until %(time)s.") % {"time": clock(claim.until)}


def translation(row: Translation, claim: Claim | None) -> str:
    """How far a translation is, and with whom."""
    who, reviewer = (staff_name(user) if user else "–" for user in (row.translator, row.reviewer))
    words = {"who": who, "reviewer": reviewer, "time": duration(row.state_at)}
    if row.cannot:
        why = Cannot(row.cannot).label if row.cannot in Cannot.values else row.cannot
        return _("%(who)s cannot translate this: %(why)s") % {**words, "why": why}
    if row.state == Translation.State.REVIEWED:
        done = _("Translated by %(who)s, reviewed by %(reviewer)s.") % words
        # It is published with the letter: whoever approves reads it too.
        credit = _("Readers will see the name: %(name)s") % {"name": row.credit_name}
        return f"{done} {credit}" if row.credit_name else done
    if row.state == Translation.State.READY:
        return _("Translated by %(who)s %(time)s ago; it waits for its review.") % words
    if claim is not None:
        return _("%(who)s is translating this.") % {"who": staff_name(claim.holder)}
    if row.translator:
        return _("%(who)s has begun a translation.") % words
    return _("Waits for a translator, asked for %(time)s ago.") % {"time": duration(row.asked_at)}


def place_in_video(seconds: int) -> str:
    """`1:05`."""
    return f"{seconds // 60}:{seconds % 60:02}"
