"""Several letters at once: declined as spam or duplicate, released, sent to translation. Never approved.

First a preview says what will happen to which letter, and what will not and why; only then something happens, each
letter in a transaction of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.auth.models import User
from django.db.models import TextChoices
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supporters import lifecycle
from supporters.models import Edit, Message

from ..models import Claim, Flag, Translation
from ..review import claims, wording
from ..translating import translations
from .filters import SAME

# A form of this site has at most a hundred fields; a page of a list has fewer lines.
AT_ONCE = 90
EXCERPT = 240


class BulkAction(TextChoices):
    """What may be done to several letters at once."""

    SPAM = "spam", gettext_lazy("Decline as spam")
    DUPLICATE = "duplicate", gettext_lazy("Decline as duplicate")
    RELEASE = "release", gettext_lazy("Release")
    TRANSLATE = "translate", gettext_lazy("Send to translation")


# The reason a sender reads.
REASONS = {BulkAction.SPAM: "advert", BulkAction.DUPLICATE: "duplicate"}


@dataclass(frozen=True)
class Picked:
    """A ticked letter; `revision` is the one the preview showed, or none before it."""

    slug: str
    revision: int | None = None

    @classmethod
    def read(cls, text: str) -> Picked | None:
        match = re.fullmatch(r"([a-z2-7]{12})(?::([0-9]{1,9}))?", text, re.ASCII)
        return cls(match[1], int(match[2]) if match[2] else None) if match else None


@dataclass(frozen=True)
class Item:
    """One letter of a preview or a result; `why_not` says what keeps it out, `remark` what to think of."""

    message: Message
    edit: Edit | None = None
    why_not: str = ""
    remark: str = ""

    @property
    def draft(self) -> Message | Edit:
        return self.edit or self.message

    @property
    def excerpt(self) -> str:
        """Enough of the words to know the letter by."""
        return Truncator(" ".join(self.draft.original.split())).chars(EXCERPT)

    @property
    def mark(self) -> str:
        return f"{self.message.slug}:{self.message.revision}"


@dataclass
class Outcome:
    done: list[Item] = field(default_factory=list)
    failed: list[Item] = field(default_factory=list)
    unknown: int = 0


class Batch:
    """The ticked letters, read at once, and what `action` would do to each."""

    def __init__(self, picked: Iterable[Picked], action: BulkAction, *, user: User) -> None:
        self.picked = {item.slug: item for item in picked}
        self.action = action
        self.user = user

    @cached_property
    def messages(self) -> list[Message]:
        """In the order of the queue. A call for help is not known here."""
        found = Message.objects.filter(slug__in=self.picked, is_call_for_help=False)
        return list(found.select_related("attachment").order_by("submitted_at", "pk"))

    @property
    def unknown(self) -> int:
        return len(self.picked) - len(self.messages)

    @cached_property
    def _edits(self) -> dict[int, Edit]:
        rows = Edit.objects.filter(message__in=self.messages, status=Edit.Status.OPEN)
        approved = {message.pk: message for message in self.messages if message.status == Message.Status.APPROVED}
        edits = {edit.message_id: edit for edit in rows if edit.message_id in approved}
        for edit in edits.values():
            edit.message = approved[edit.message_id]
        return edits

    @cached_property
    def _claims(self) -> dict[int, Claim]:
        rows = claims.live().filter(message__in=self.messages, task=Claim.Task.REVIEW)
        return {claim.message_id: claim for claim in rows}

    @cached_property
    def _flagged(self) -> dict[int, set[str]]:
        """The kinds of hints on each letter, or on its proposed change."""
        flags: dict[int, set[str]] = {message.pk: set() for message in self.messages}
        kinds = Flag.objects.filter(message__in=self.messages, kind__in=[Flag.Kind.DANGER, *SAME]).order_by()
        for message_id, edit_id, kind in kinds.values_list("message", "edit", "kind").distinct():
            edit = self._edits.get(message_id)
            if edit_id == (edit.pk if edit else None):
                flags[message_id].add(kind)
        return flags

    @cached_property
    def _in_work(self) -> dict[tuple[int, int | None], set[str]]:
        """The languages that translators already have, by message and edit."""
        states = [Translation.State.DRAFT, Translation.State.READY]
        rows = Translation.objects.filter(message__in=self.messages, state__in=states, cannot="")
        found: dict[tuple[int, int | None], set[str]] = {}
        for message_id, edit_id, language in rows.values_list("message", "edit", "language"):
            found.setdefault((message_id, edit_id), set()).add(language)
        return found

    @cached_property
    def items(self) -> list[Item]:
        return [
            Item(message, self._edits.get(message.pk), self._why_not(message), self._remark(message))
            for message in self.messages
        ]

    @property
    def eligible(self) -> list[Item]:
        return [item for item in self.items if not item.why_not]

    @property
    def left_out(self) -> list[Item]:
        return [item for item in self.items if item.why_not]

    def _why_not(self, message: Message) -> str:
        seen = self.picked[message.slug].revision
        if seen is not None and seen != message.revision:
            return _("It changed since the preview. Look at it again.")
        if self.action == BulkAction.RELEASE:
            return self._not_released(message)
        if message.status != Message.Status.PENDING and message.pk not in self._edits:
            return _("It does not wait any more: %(status)s.") % {"status": message.get_status_display()}
        if self.action == BulkAction.TRANSLATE:
            return self._not_translated(message) or self._may_be_call(message)
        return self._not_declined(message)

    def _not_released(self, message: Message) -> str:
        claim = self._claims.get(message.pk)
        if claim is None:
            return _("Nobody holds it.")
        return "" if claim.holder_id == self.user.pk else self._held(claim)

    def _not_translated(self, message: Message) -> str:
        edit = self._edits.get(message.pk)
        draft = edit or message
        if not translations.source_of(draft, Translation.Language.EN):
            return _("There are no words to translate yet: write down what is said.")
        # What the sender wrote in a language of the site needs no translation into it.
        others = {Translation.Language.KO, Translation.Language.EN} - {draft.language}
        missing = {str(code) for code in others if not (getattr(draft, f"body_{code}") or "").strip()}
        if not missing:
            return _("There is nothing left to translate.")
        if missing <= self._in_work.get((message.pk, edit.pk if edit else None), set()):
            return _("Translators have it already.")
        return ""

    def _not_declined(self, message: Message) -> str:
        if message.pk in self._edits:
            return _("It is a change of a published letter: decide about it on its page.")
        if why_not := self._may_be_call(message):
            return why_not
        claim = self._claims.get(message.pk)
        return self._held(claim) if claim and claim.holder_id != self.user.pk else ""

    def _may_be_call(self, message: Message) -> str:
        return str(wording.MAY_BE_CALL) if Flag.Kind.DANGER in self._flagged[message.pk] else ""

    def _held(self, claim: Claim) -> str:
        who = {"who": wording.staff_name(claim.holder), "time": wording.clock(claim.until)}
        return _("%(who)s holds it until %(time)s.") % who

    def _remark(self, message: Message) -> str:
        if self.action == BulkAction.DUPLICATE and not self._flagged[message.pk] & set(SAME):
            return _("No other letter with the same words or picture is known.")
        return ""


def carry_out(batch: Batch) -> Outcome:
    """Do it to each eligible letter. What somebody else changed at the same moment is left alone and said."""
    outcome = Outcome(failed=batch.left_out, unknown=batch.unknown)
    for item in batch.eligible:
        try:
            _do(item, batch.action, by=batch.user)
        except lifecycle.InvalidTransition:
            outcome.failed.append(Item(item.message, item.edit, _("Somebody else changed it at this moment.")))
        except translations.Unread:
            outcome.failed.append(Item(item.message, item.edit, str(wording.MAY_BE_CALL)))
        except translations.Gone:
            outcome.failed.append(Item(item.message, item.edit, _("It cannot be translated now.")))
        except _NothingToDo:
            outcome.failed.append(Item(item.message, item.edit, _("There was nothing to do any more.")))
        else:
            outcome.done.append(item)
    return outcome


class _NothingToDo(Exception):
    """It was done a moment ago."""


def _do(item: Item, action: BulkAction, *, by: User) -> None:
    if action == BulkAction.RELEASE:
        if not claims.release(item.message, by):
            raise _NothingToDo
    elif action == BulkAction.TRANSLATE:
        if not translations.request(item.draft, by=by):
            raise _NothingToDo
    else:
        lifecycle.decline(item.message, moderator=by, revision=item.message.revision, reason=REASONS[action])
