"""What a sender may know of their message, and when: a decision counts for them once it has taken effect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .models import Edit, Event, Message, Reason

Kind = Event.Kind
Status = Message.Status

READING, ASKED, DECLINED = "reading", "asked", "declined"
APPROVED, PUBLISHED, REMOVED, WITHDRAWN = "approved", "published", "removed", "withdrawn"
DECISIONS = (Kind.ASKED, Kind.DECLINED, Kind.APPROVED, Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED)
# What, coming before a decision took effect, means that its sender never learns of it.
OVERTAKING = (
    Kind.ASKED, Kind.DECLINED, Kind.APPROVED, Kind.UNDONE, Kind.CALL_RETURNED, Kind.ANSWERED, Kind.WITHDRAWN,
)  # fmt: skip
# The same for a decision about a change.
TAKEN_BACK = (Kind.UNDONE, Kind.CALL_RETURNED)


@dataclass(frozen=True)
class Step:
    label: str
    state: str  # "done", "now" or ""


@dataclass(frozen=True)
class Line:
    day: date
    words: str


def stage(message: Message) -> str:
    """Where the message stands for its sender: undecided until `live_at`."""
    if message.status == Status.WITHDRAWN:
        return WITHDRAWN
    if message.status == Status.REMOVED:
        return REMOVED
    if message.status == Status.PENDING or message.live_at is None or message.live_at > timezone.now():
        return READING
    if message.status == Status.APPROVED:
        return PUBLISHED if message.is_on_wall and message.was_public else APPROVED
    return ASKED if message.status == Status.ASKED else DECLINED


def steps(message: Message) -> list[Step]:
    """Received, being read, being translated, published."""
    at = stage(message)
    is_read = at in (APPROVED, PUBLISHED)
    has_both = bool(message.body_ko and message.body_en)
    states = [
        "done",
        "done" if is_read else "now",
        "done" if is_read and has_both else "",
        {PUBLISHED: "done", APPROVED: "now"}.get(at, ""),
    ]
    labels = [
        pgettext("progress", "Received"),
        pgettext("progress", "Being read"),
        pgettext("progress", "Being translated"),
        pgettext("progress", "Published"),
    ]
    return [Step(label, state) for label, state in zip(labels, states, strict=True)]


def life_line(message: Message) -> list[Line]:
    """What happened, in the order it happened, each with its day."""
    events = list(message.events.order_by("number"))
    words = _words()
    return [
        Line(event.at.date(), words[event.kind])
        for position, event in enumerate(events)
        if event.is_public and event.kind in words and _is_known(event, events[position + 1 :])
    ]


def _is_known(event: Event, later: Iterable[Event]) -> bool:
    if event.kind not in DECISIONS:
        return True
    due = event.at + timedelta(minutes=settings.PUBLISH_DELAY_MINUTES)
    if event.kind in (Kind.EDIT_ACCEPTED, Kind.EDIT_REFUSED):
        overtaken = any(
            other.kind in TAKEN_BACK and other.ids.get("edit") == event.ids.get("edit") and other.at < due
            for other in later
        )
    else:
        overtaken = any(other.kind in OVERTAKING and "edit" not in other.ids and other.at < due for other in later)
    return not overtaken and due <= timezone.now()


def _words() -> dict[str, str]:
    return {
        Kind.RECEIVED: _("Your message arrived."),
        Kind.CONVERTED: _("Your file was prepared."),
        Kind.FAILED: _("Your file could not be prepared."),
        Kind.ASKED: _("We asked you to change something."),
        Kind.ANSWERED: _("You changed your message."),
        Kind.DECLINED: _("We decided not to publish it."),
        Kind.APPROVED: _("It was approved."),
        Kind.SHOWN: _("It was published."),
        Kind.CONSENT: _("You chose again where it may be used."),
        Kind.EDITED: _("You asked us to change it."),
        Kind.EDIT_ACCEPTED: _("Your change was accepted."),
        Kind.EDIT_REFUSED: _("Your change was not accepted."),
        Kind.EDIT_SHOWN: _("Your change was published."),
        Kind.WITHDRAWN: _("You took it back."),
        Kind.REMOVED: _("We took it down."),
        Kind.RESTORED: _("We put it back."),
        Kind.CALL_RETURNED: _("We are reading it again."),
    }


def reason(message: Message) -> str:
    """The words of the reason for the last question, refusal or removal that the sender may know of."""
    kind = {ASKED: Kind.ASKED, DECLINED: Kind.DECLINED, REMOVED: Kind.REMOVED}.get(stage(message))
    return _reason_of(message, kind) if kind else ""


def _reason_of(message: Message, kind: Event.Kind) -> str:
    event = message.events.filter(kind=kind).order_by("-number").first()
    found = Reason.objects.filter(code=event.reason).first() if event and event.reason else None
    return found.words if found else ""


@dataclass(frozen=True)
class EditState:
    """The sender's last change of an approved message: still waiting, or refused with a reason."""

    is_waiting: bool
    reason: str = ""
    note: str = ""


def edit_state(message: Message) -> EditState | None:
    """None when there is nothing to say: no change, or one that is shown."""
    edit = message.edits.order_by("-pk").first()
    if edit is None or edit.applied_at or message.status in (Status.WITHDRAWN, Status.REMOVED):
        return None
    undecided = edit.live_at is None or edit.live_at > timezone.now()
    if edit.status == Edit.Status.REFUSED and not undecided:
        return EditState(False, _reason_of(message, Kind.EDIT_REFUSED), edit.note)
    return EditState(True)
