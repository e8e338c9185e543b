"""What a line of a list shows beside its letter: hints, who holds it, whose second look it waits for, its translators.

All of it is read at once for the lines of a page, however long the queue is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.timezone import now

from supporters.models import Attachment, Edit, Event, Message

from ..models import Claim, Flag, Translation
from ..review import wording
from .filters import LONG_WAIT, SAME
from .queue import COUNTED, LOOKS_END, Page, Waiting

# What is read of a group of the same letters to count it; beyond that it is "many".
GROUP_READ = 200
ORDER = {kind: number for number, kind in enumerate(Flag.Kind)}
# Hints about wording are for whoever works on the texts; the others are for whoever decides.
WORDING = {Flag.Kind.SOUTHERN, Flag.Kind.WORDING}


@dataclass(frozen=True)
class Hint:
    """One kind of hint on a letter. `other` is the address of the letter it resembles, `alike` how many wait."""

    kind: Flag.Kind
    other: str = ""
    group: str = ""
    alike: int = 0

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def is_danger(self) -> bool:
        return self.kind == Flag.Kind.DANGER

    @property
    def is_wording(self) -> bool:
        return self.kind in WORDING

    @property
    def is_text(self) -> bool:
        return self.kind == Flag.Kind.SAME_TEXT

    @property
    def alike_shown(self) -> str:
        return str(self.alike) if self.alike <= COUNTED else f"{COUNTED}+"


@dataclass(frozen=True)
class FirstLook:
    """Who sent a letter to a second look."""

    reader_id: int | None
    name: str


@dataclass
class Row:
    """A line with everything it shows."""

    line: Waiting
    hints: list[Hint] = field(default_factory=list)
    claim: Claim | None = None
    look: FirstLook | None = None
    reader: User | AnonymousUser | None = None
    translated: frozenset[str] = frozenset()  # the states its translations are in

    @property
    def message(self) -> Message:
        return self.line.message

    @property
    def edit(self) -> Edit | None:
        return self.line.edit

    @property
    def draft(self) -> Message | Edit:
        return self.line.draft

    @property
    def attachment(self) -> Attachment | None:
        return self.line.attachment

    @property
    def waits_long(self) -> bool:
        return now() - self.draft.submitted_at > LONG_WAIT

    @property
    def is_held_by_reader(self) -> bool:
        return self.claim is not None and self.reader is not None and self.claim.holder_id == self.reader.pk

    @property
    def holder(self) -> str:
        return wording.staff_name(self.claim.holder) if self.claim else ""

    @property
    def is_first_reader(self) -> bool:
        """Whether whoever reads the list was the first to look: then somebody else has to be the second."""
        return self.look is not None and self.reader is not None and self.look.reader_id == self.reader.pk

    @property
    def is_at_translators(self) -> bool:
        return bool(self.translated - {Translation.State.REVIEWED})

    @property
    def has_come_back(self) -> bool:
        """Whether all that was asked of the translators has been reviewed and stands in the letter."""
        return self.translated == {Translation.State.REVIEWED}

    @property
    def first_reader(self) -> str:
        return self.look.name if self.look else ""


def fill(page: Page, *, reader: User | AnonymousUser | None) -> Page:
    """The same page, each line with what it shows to `reader`."""
    lines: list[Waiting] = page.rows
    message_ids = [line.message.pk for line in lines]
    hints, claims, looks = _hints(lines), _claims(message_ids), _looks(message_ids)
    translated = _translated(message_ids)
    rows = [
        Row(
            line,
            hints.get(line.cursor, []),
            claims.get(line.message.pk),
            looks.get(line.message.pk),
            reader,
            frozenset(translated[line.message.pk, line.edit.pk if line.edit else None]),
        )
        for line in lines
    ]
    return Page(rows, page.next)


def _translated(message_ids: list[int]) -> dict[tuple[int, int | None], set[str]]:
    """The states of what translators were asked for, by letter and change. The Northern wording holds nothing up."""
    rows = Translation.objects.filter(message__in=message_ids).exclude(language=Translation.Language.KP).order_by()
    states: dict[tuple[int, int | None], set[str]] = defaultdict(set)
    for message_id, edit_id, state in rows.values_list("message", "edit", "state"):
        states[message_id, edit_id].add(state)
    return states


def _claims(message_ids: list[int]) -> dict[int, Claim]:
    claims = Claim.objects.filter(message__in=message_ids, task=Claim.Task.REVIEW, until__gt=now())
    return {claim.message_id: claim for claim in claims.select_related("holder")}


def _looks(message_ids: list[int]) -> dict[int, FirstLook]:
    """The first looks that still count, as `lifecycle.first_look` says it of one letter."""
    # By letter, not by kind: of all kinds there are as many events as there were letters.
    events = Event.objects.filter(message__in=message_ids).order_by("number")
    found: dict[int, FirstLook] = {}
    columns = ("message", "kind", "actor", "actor__first_name", "actor__username")
    for message_id, kind, actor_id, first_name, username in events.values_list(*columns):
        if kind == Event.Kind.SECOND_LOOK:
            found[message_id] = FirstLook(actor_id, first_name or username or "")
        elif kind in LOOKS_END:
            found.pop(message_id, None)
    return found


def _hints(lines: Iterable[Waiting]) -> dict[Any, list[Hint]]:
    """The hints of each line by its cursor, those about danger first; each kind once."""
    by_draft = {(line.message.pk, line.edit.pk if line.edit else None): line for line in lines}
    message_ids = [message_id for message_id, _edit in by_draft]
    flags = Flag.objects.filter(message__in=message_ids).order_by()
    # A letter that asks for help is nobody's but the Safety leads': it is not named here either.
    columns = ("message", "edit", "kind", "other", "other__slug", "other__is_call_for_help")
    found: dict[Any, dict[str, tuple[int, str]]] = defaultdict(dict)
    for message_id, edit_id, kind, other_id, slug, is_secret in flags.values_list(*columns).distinct():
        line = by_draft.get((message_id, edit_id))
        if line is not None and kind in ORDER:
            found[line.cursor].setdefault(kind, (other_id or 0, "" if is_secret else slug or ""))
    alike = _alike(message_ids, found)
    slugs = {line.message.pk: line.message.slug for line in by_draft.values()}
    for line in by_draft.values():
        for kind in SAME:
            if (kind, line.message.pk) in alike and line.edit is None:
                found[line.cursor].setdefault(kind, (line.message.pk, ""))
    return {cursor: _sorted(kinds, alike, slugs) for cursor, kinds in found.items()}


def _sorted(kinds: dict[str, tuple[int, str]], alike: dict[tuple[str, int], int], slugs: dict[int, str]) -> list[Hint]:
    hints = []
    for kind in sorted(kinds, key=lambda kind: ORDER[Flag.Kind(kind)]):
        other_id, slug = kinds[kind]
        group = slug or slugs.get(other_id, "")
        hints.append(Hint(Flag.Kind(kind), slug, group, alike.get((kind, other_id), 0)))
    return hints


def _alike(message_ids: list[int], found: dict[Any, dict[str, tuple[int, str]]]) -> dict[tuple[str, int], int]:
    """For each letter that others resemble: how many of them wait, itself included."""
    firsts = {other_id for kinds in found.values() for other_id, _slug in kinds.values() if other_id}
    resembling = Flag.objects.filter(kind__in=SAME, other__in=firsts | set(message_ids))
    resembling = resembling.filter(message__status=Message.Status.PENDING, message__is_call_for_help=False).order_by()
    columns = ("kind", "other", "message", "edit", "other__status")
    members: dict[tuple[str, int], set[int]] = defaultdict(set)
    for kind, other_id, message_id, edit_id, status in resembling.values_list(*columns)[:GROUP_READ]:
        if edit_id is not None:  # asked of the database, it would read every hint on a message instead of these
            continue
        members[kind, other_id].add(message_id)
        if status == Message.Status.PENDING:
            members[kind, other_id].add(other_id)
    return {key: len(ids) for key, ids in members.items()}
