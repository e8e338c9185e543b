"""Hiding letters without deciding about them: many at once, everywhere at once, and back as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from messages_site.changes import announce_together
from supporters.models import Event, Message
from supporters.models.events import AT_ONCE

from .moves import Kind, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def held(message_ids: Iterable[int]) -> list[int]:
    """Hold the rows of these messages until the transaction ends. Returns those that are not withdrawn.

    In the order of their keys, so that two who hold many never wait for each other.
    """
    wanted, found = sorted(set(message_ids)), []
    for start in range(0, len(wanted), AT_ONCE):
        rows = Message.objects.filter(pk__in=wanted[start : start + AT_ONCE]).exclude(status=Status.WITHDRAWN)
        found += list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    return found


@transaction.atomic
def hide(message_ids: Iterable[int], *, actor: User | None, lockdown: int) -> list[int]:
    """Hide letters at once, whatever their status (Safety lead). Returns those that were not hidden before."""
    return _set_hidden(message_ids, Kind.HIDDEN, actor=actor, lockdown=lockdown)


@transaction.atomic
def unhide(message_ids: Iterable[int], *, actor: User | None, lockdown: int) -> list[int]:
    """Let hidden letters be shown again as they were. Returns those that were hidden."""
    return _set_hidden(message_ids, Kind.UNHIDDEN, actor=actor, lockdown=lockdown)


def _set_hidden(message_ids: Iterable[int], kind: Kind, *, actor: User | None, lockdown: int) -> list[int]:
    is_hidden, holding, changed = kind == Kind.HIDDEN, held(message_ids), []
    for start in range(0, len(holding), AT_ONCE):
        rows = Message.objects.filter(pk__in=holding[start : start + AT_ONCE], is_hidden=not is_hidden)
        some = list(rows.order_by("pk").values_list("pk", flat=True))
        Message.objects.filter(pk__in=some).update(is_hidden=is_hidden, revision=F("revision") + 1)
        changed += some
    if changed:
        Event.objects.record_together(changed, kind, actor=actor, is_public=False, lockdown=lockdown)
        announce_together(changed, kind)
    return changed
