"""One message as the desk sees it: its texts, its file, its life line, and what may be done with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import get_language

from supporters.countries import SOMEWHERE, country
from supporters.lifecycle import CALL_FOR_HELP, FRIEND, SENT_TEXTS, SHOWN_TEXTS, first_look, look_reasons
from supporters.models import Attachment, Edit, Event, Look, Message, Reason, Rendition
from supporters.models.messages import OUTLETS
from supporters.refusals import refusal

from ..models import Claim, Translation
from ..queues.queue import Waiting
from . import claims, wording
from .forms import Action

Status = Message.Status
DECISIONS = {
    Status.APPROVED: Event.Kind.APPROVED,
    Status.ASKED: Event.Kind.ASKED,
    Status.DECLINED: Event.Kind.DECLINED,
}
# What the desk puts into both languages.
WORDS = ("original", "original_name", "original_alt", "own_ko")
EDIT_DECISIONS = {
    Edit.Status.ACCEPTED: Event.Kind.EDIT_ACCEPTED,
    Edit.Status.REFUSED: Event.Kind.EDIT_REFUSED,
}


STILL = re.compile(r"s[0-9]{3}\.jpg")


@dataclass(frozen=True)
class Decision:
    """A decision that can still be taken back."""

    kind: Event.Kind
    draft: Message | Edit
    event: Event | None  # None only when the life line was tampered with

    def may_be_undone_by(self, user: User, *, is_lead: bool) -> bool:
        """One's own, or anybody's for the Safety lead."""
        return is_lead or (self.event is not None and self.event.actor_id == user.pk)


class Review:
    """What the review page shows of `message` to `user`. Everything is read once, when it is first needed."""

    def __init__(self, message: Message, user: User, *, is_lead: bool) -> None:
        self.message = message
        self.user = user
        self.is_lead = is_lead

    def again(self) -> Review:
        """The same, read anew."""
        message = Message.objects.select_related("attachment").get(pk=self.message.pk)
        return Review(message, self.user, is_lead=self.is_lead)

    # --- What there is ------------------------------------------------------------------------------------------

    @cached_property
    def _edits(self) -> list[Edit]:
        """The open edit, and those whose decision is fresh; the newest first. Calls for help are for Safety leads."""
        edits = self.message.edits.filter(Q(status=Edit.Status.OPEN) | Q(live_at__gt=now())).order_by("-pk")
        if not self.is_lead:
            edits = edits.filter(is_call_for_help=False)
        for edit in edits:
            edit.message = self.message
        return list(edits)

    @property
    def edit(self) -> Edit | None:
        """The open edit that is reviewed instead of the message, which stays as it is published."""
        if self.message.status != Status.APPROVED:
            return None
        return next((edit for edit in self._edits if edit.status == Edit.Status.OPEN), None)

    @property
    def draft(self) -> Message | Edit:
        return self.edit or self.message

    @property
    def line(self) -> Waiting:
        """Its place in the queue."""
        return Waiting(self.message, self.edit)

    @cached_property
    def events(self) -> list[Event]:
        return list(self.message.events.select_related("actor").order_by("number"))

    @property
    def last_event(self) -> int:
        return self.events[-1].number if self.events else 0

    @cached_property
    def broken_links(self) -> list[int]:
        return Event.objects.broken_links(self.message)

    @cached_property
    def reasons(self) -> list[Reason]:
        return list(Reason.objects.all())

    @property
    def active_reasons(self) -> list[Reason]:
        # The way to the Safety leads is always open.
        return [reason for reason in self.reasons if reason.is_active or reason.code == CALL_FOR_HELP]

    @property
    def reason_for_help(self) -> str:
        """What to choose when somebody asks for rescue or is in danger."""
        return next((reason.title for reason in self.active_reasons if reason.code == CALL_FOR_HELP), "")

    @property
    def attachment(self) -> Attachment | None:
        return getattr(self.message, "attachment", None)

    @cached_property
    def renditions(self) -> dict[str, Rendition]:
        return {item.name: item for item in self.attachment.renditions.all()} if self.attachment else {}

    def _first(self, *names: str) -> Rendition | None:
        return next((self.renditions[name] for name in names if name in self.renditions), None)

    @property
    def picture(self) -> Rendition | None:
        return self._first("1280.jpg", "640.jpg", "320.jpg")

    @property
    def thumbnail(self) -> Rendition | None:
        """What stands blurred before the picture or video is asked for."""
        return self._first("320.jpg", "640.jpg", "poster.jpg")

    @property
    def video(self) -> Rendition | None:
        return self._first("240.mp4", "480.mp4")

    @property
    def sound(self) -> Rendition | None:
        return self._first("voice.m4a", "sound.m4a")

    @property
    def stills(self) -> list[tuple[str, Rendition]]:
        """Pictures of a video, each with its place in it: `0:05`."""
        names = sorted(name for name in self.renditions if STILL.fullmatch(name))
        return [(wording.place_in_video(int(name[1:4])), self.renditions[name]) for name in names]

    @property
    def failure(self) -> str:
        """Why the file could not be prepared, in words."""
        attachment = self.attachment
        if attachment is None or attachment.state != Attachment.State.FAILED or not attachment.reason:
            return ""
        return refusal(attachment.reason, self.message.kind).sentence

    @property
    def title(self) -> str:
        return title_of(self.message)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The life line, each event with who did it and why."""
        titles = {reason.code: reason.title for reason in self.reasons}
        return [
            {
                "event": event,
                "who": wording.actor_name(event),
                "time": wording.clock(event.at),
                "reason": titles.get(event.reason, event.reason) or wording.looks(event),
            }
            for event in self.events
        ]

    def was_last(self, kind: Event.Kind) -> bool:
        """Whether the last thing that happened is of `kind`, and `user` did it."""
        last = self.events[-1] if self.events else None
        return last is not None and (last.kind, last.actor_id) == (kind, self.user.pk)

    # --- Who works on it ----------------------------------------------------------------------------------------

    @cached_property
    def _claims(self) -> dict[str, Claim]:
        return {claim.task: claim for claim in claims.live().filter(message=self.message)}

    @property
    def claim(self) -> Claim | None:
        """Who reviews it at present."""
        return self._claims.get(claims.REVIEW)

    @property
    def is_mine(self) -> bool:
        return self.claim is not None and self.claim.holder_id == self.user.pk

    @property
    def held(self) -> str:
        """Who reviews it, and until when."""
        if self.is_mine and self.claim:
            return wording.held_by_you(self.claim)
        return wording.held(self.claim) if self.claim else ""

    @cached_property
    def translations(self) -> dict[str, str]:
        """How far the translation into each language is, in words, by code."""
        rows = Translation.objects.filter(message=self.message, edit=self.edit).select_related("translator", "reviewer")
        return {row.language: wording.translation(row, self._claims.get(row.language)) for row in rows}

    # --- The second look ----------------------------------------------------------------------------------------

    @property
    def look_reasons(self) -> list[Look]:
        return look_reasons(self.draft)

    @cached_property
    def first_look(self) -> Event | None:
        """Who looked first and asked another person to look too."""
        if not any(event.kind == Event.Kind.SECOND_LOOK for event in self.events):
            return None
        found = first_look(self.draft)
        return next((event for event in self.events if found and event.pk == found.pk), None)

    @property
    def second_look(self) -> str:
        """What the page says about it: who looked first, when and why, and who goes on."""
        if self.first_look is None:
            return ""
        return wording.first_look(self.first_look, is_mine=self.first_look.actor_id == self.user.pk)

    @property
    def is_first_looker(self) -> bool:
        """Whether `user` sent it to the second look: then somebody else has to approve it."""
        is_first = self.first_look is not None and self.first_look.actor_id == self.user.pk
        return is_first and bool(self.look_reasons)

    # --- What may be done ---------------------------------------------------------------------------------------

    @property
    def is_editable(self) -> bool:
        return self.edit is not None or self.message.status in (Status.PENDING, Status.ASKED)

    @property
    def is_waiting(self) -> bool:
        """Whether it stands in the queue."""
        return self.edit is not None or self.message.status == Status.PENDING

    @property
    def decision(self) -> Decision | None:
        """The newest decision, while it can be taken back."""
        if self.edit is None:
            for edit in self._edits:
                if edit.can_undo():
                    kind = EDIT_DECISIONS[Edit.Status(edit.status)]
                    return Decision(kind, edit, self._last(kind, edit=edit.pk))
        if self.message.can_undo():
            kind = DECISIONS[Status(self.message.status)]
            return Decision(kind, self.message, self._last(kind))
        return None

    def _last(self, kind: Event.Kind, **ids: int) -> Event | None:
        found = (event for event in reversed(self.events) if event.kind == kind and event.ids.items() >= ids.items())
        return next(found, None)

    @property
    def may_undo(self) -> bool:
        return self.decision is not None and self.decision.may_be_undone_by(self.user, is_lead=self.is_lead)

    @property
    def actions(self) -> set[str]:
        """The buttons of the page."""
        actions: set[str] = set()
        if self.is_editable:
            actions |= {Action.SAVE, Action.DECLINE} | (set() if self.is_first_looker else {Action.APPROVE})
        if self.message.status == Status.PENDING:
            actions.add(Action.ASK)
        if self.is_waiting:
            actions |= {Action.TRANSLATE, Action.SECOND_LOOK, Action.RELEASE if self.is_mine else Action.CLAIM}
        if self.may_undo:
            actions.add(Action.UNDO)
        if self.is_lead and self.message.status == Status.APPROVED and not self.message.can_undo():
            actions.add(Action.REMOVE)
        if self.is_lead and self.message.status == Status.REMOVED and self.message.erased_at is None:
            actions.add(Action.RESTORE)
        return {str(action) for action in actions}

    # --- What the sender changed ---------------------------------------------------------------------------------

    @property
    def is_outdated(self) -> bool:
        """Whether the stored texts were written for words which the sender has changed since."""
        draft = self.draft
        if not self.is_editable or not any(getattr(draft, name) for name in SHOWN_TEXTS):
            return False
        if self.edit and not self._is_saved:
            return any(getattr(self.edit, name) != getattr(self.message, name) for name in WORDS)
        ids = {"edit": self.edit.pk} if self.edit else {}
        saved = self._last(Event.Kind.SAVED, **ids)
        changed = self._last(Event.Kind.EDITED if self.edit else Event.Kind.ANSWERED, **ids)
        return changed is not None and (saved is None or saved.number < changed.number)

    @property
    def changes(self) -> list[str]:
        """What the open edit would change, by the names the page gives it."""
        if self.edit is None:
            return []
        changed = [name for name in SENT_TEXTS if getattr(self.edit, name) != getattr(self.message, name)]
        return [str(wording.SENT[name]) for name in changed]

    @property
    def newly_agreed(self) -> list[str]:
        """The outlets the sender agrees to in the open edit and did not agree to before."""
        if self.edit is None:
            return []
        before = self.message.agreed()
        return [str(wording.OUTLET[outlet]) for outlet in self.edit.agreed() if outlet not in before]

    # --- What the fields begin with -----------------------------------------------------------------------------

    @property
    def _is_saved(self) -> bool:
        """Whether the desk has stored texts and places of use for this draft before."""
        ids = {"edit": self.edit.pk} if self.edit else {}
        return self._last(Event.Kind.SAVED, **ids) is not None

    def initial(self) -> dict[str, Any]:
        """The stored texts; where the desk has stored none yet, what the sender wrote in that language."""
        draft = self.draft
        fields: dict[str, Any] = {name: getattr(draft, name) or "" for name in SHOWN_TEXTS}
        if self.is_editable and not self._is_saved:
            sent = self._sent().items()
            fields |= {name: text for name, text in sent if not fields[name] or self._is_new(name, text)}
        for outlet in OUTLETS:
            fields[f"use_{outlet}"] = self._is_used(outlet)
        fields["look"] = draft.look.split()
        fields["transcript"] = self.message.transcript
        fields["revision"] = self.message.revision
        return fields

    def _sent(self) -> dict[str, str]:
        """What the sender wrote that can stand in a field as it is."""
        draft = self.draft
        own = "ko" if draft.language == "ko" else "en"
        sent = {f"name_{own}": draft.original_name}
        if draft.language in ("ko", "en"):
            sent |= {f"body_{own}": draft.original, f"alt_{own}": draft.original_alt}
        if draft.own_ko:
            sent["body_ko"] = draft.own_ko
        return {name: text for name, text in sent.items() if text}

    def _is_new(self, name: str, text: str) -> bool:
        """Whether an edit brings `text`: then it stands before the published one, which is shown beside it."""
        source = {"name": "original_name", "alt": "original_alt"}.get(name[:-3], "")
        published = [getattr(self.message, source)] if source else [self.message.original, self.message.own_ko]
        return self.edit is not None and text not in published

    def _is_used(self, outlet: str) -> bool:
        if not getattr(self.draft, f"agreed_{outlet}"):
            return False
        if getattr(self.draft, f"cleared_{outlet}"):
            return True
        if self._is_saved or not self.is_editable:
            return False
        # Not looked at yet: the sender's choice, but in an edit never what the desk had left out before.
        return self.edit is None or not getattr(self.message, f"agreed_{outlet}")


def title_of(message: Message | Edit) -> str:
    """`Marek, Poland`."""
    language = "ko" if get_language() == "ko" else "en"
    name = message.original_name or FRIEND[language]
    return name if message.country == SOMEWHERE else f"{name}, {country(message.country, language).name}"
