"""Lockdowns: a Safety lead hides a group of letters everywhere at once, and can let them be shown again at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from supporters import lifecycle
from supporters.models import Message
from supporters.models.messages import MessageQuerySet

from ..models import Lockdown
from ..roles import SAFETY_LEAD, may
from ..tabs import Tab

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SEARCHED = (
    "original", "original_name", "original_alt", "own_ko", "group", "transcript",
    "body_ko", "body_en", "body_kp", "alt_ko", "alt_en", "name_ko", "name_en",
)  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Which letters to hide: all that fit every given choice, whatever their status."""

    country: str = ""
    group: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen; that would be every letter there is."""
        return self == Selection()

    @property
    def mark(self) -> str:
        """Tells whether a choice is still the one whose letters were looked at."""
        return sha256(repr(self).encode()).hexdigest()

    def letters(self) -> MessageQuerySet:
        """The letters that fit. Those taken back by their senders are gone already."""
        rows = Message.objects.exclude(status=Message.Status.WITHDRAWN)
        if self.country:
            rows = rows.filter(country=self.country)
        if self.group:
            rows = rows.filter(_contains("group", self.group))
        if self.since:
            rows = rows.filter(submitted_at__date__gte=self.since)
        if self.until:
            rows = rows.filter(submitted_at__date__lte=self.until)
        for word in self.words.split():
            somewhere = Q()
            for field in SEARCHED:
                somewhere |= _contains(field, word)
            rows = rows.filter(somewhere)
        return rows


def _contains(field: str, words: str) -> Q:
    """`field` holds `words` in whatever case, composed or not: SQLite knows the case of ASCII letters only."""
    cases = {words, words.lower(), words.upper(), words.title()} if not words.isascii() else {words}
    found = Q()
    for form in {unicodedata.normalize(kind, case) for kind in ("NFC", "NFD") for case in cases}:
        found |= Q(**{f"{field}__icontains": form})
    return found


@transaction.atomic
def begin(message_ids: Iterable[int], *, lead: User | None, note: str = "") -> Lockdown:
    """Hide these letters at once. `lead` is None for the command line."""
    lockdown = Lockdown.objects.create(lead=lead, note=note)
    # Held before anything is read or written: a lockdown lifted at this moment either sees this one, or is seen by it.
    holding = lifecycle.held(message_ids)
    link = Lockdown.messages.through
    link.objects.bulk_create([link(lockdown=lockdown, message_id=message_id) for message_id in holding], 500)
    lifecycle.hide(holding, actor=lead, lockdown=lockdown.pk)
    return lockdown


@transaction.atomic
def lift(lockdown: Lockdown, *, lead: User) -> int | None:
    """Let the letters be shown again that no other lockdown holds. Returns how many; None when it was lifted before."""
    holding = lifecycle.held(lockdown.messages.values_list("pk", flat=True))
    if not Lockdown.objects.filter(pk=lockdown.pk, lifted_at=None).update(lifted_at=timezone.now(), lifted_by=lead):
        return None
    others = Lockdown.messages.through.objects.filter(lockdown__lifted_at=None).values_list("message", flat=True)
    held_elsewhere = set(others.filter(message__lockdowns=lockdown.pk))
    free = [message_id for message_id in holding if message_id not in held_elsewhere]
    return len(lifecycle.unhide(free, actor=lead, lockdown=lockdown.pk))


def tab(user: User) -> Tab | None:
    """For Safety leads, with how many lockdowns hold letters now."""
    if not may(user, SAFETY_LEAD):
        return None
    count = Lockdown.objects.filter(lifted_at=None).count()
    return Tab("lockdown", _("Lockdown"), reverse("moderation:lockdown"), str(count or ""))
