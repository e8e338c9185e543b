"""Hints of the desk: what was found in a message and why it matters. They point; they never decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messages_site import jobs
from supporters import storing
from supporters.lifecycle import SHOWN_TEXTS, message_of
from supporters.models import Attachment, Edit, Event, Message, Rendition
from supporters.retention import ERASED

from ..models import Fingerprint, Flag, WordingRule
from .checker import Checker

Kind = Flag.Kind
Severity = WordingRule.Severity

# Fields in which a sender's words stand; the desk writes the transcript, but they are what the sender says.
SENT_FIELDS = ("original", "original_name", "original_alt", "own_ko", "group", "transcript")
# Why a hint that no rule gives reasons for matters.
REASONS = {
    Kind.QR: _("A code in the picture may hold a link, a number or an address."),
    Kind.SAME_TEXT: _("Another message says the same or nearly the same."),
    Kind.SAME_PICTURE: _("Another message shows the same or nearly the same picture."),
    Kind.FLOOD: _("Many messages came from one place within an hour."),
    Kind.SOUTHERN: _("Readers in the North may not know this word, and it tells where the text comes from."),
}
SEVERITY = {Kind.QR: Severity.HIGH, Kind.SOUTHERN: Severity.LOW}

# Four numbers a band: texts share one when most of their words are the same.
TEXT_ROWS = 4
SAME_TEXT = 0.8
# Letters; of shorter texts ("Hello") only the very same is a repetition.
SHORT_TEXT = 40
# However many say the same, so many rows are read and so many texts compared.
MOST_ROWS, MOST_TEXTS = 600, 20
MOST_PICTURE_ROWS = 50_000

AT_ONCE = {Event.Kind.SAVED, Event.Kind.TRANSLATED, Event.Kind.SIGNED}
SOON = {
    Event.Kind.RECEIVED, Event.Kind.ANSWERED, Event.Kind.EDITED, Event.Kind.UNDONE, Event.Kind.EDIT_SHOWN,
    Event.Kind.CALL_RETURNED,
}  # fmt: skip
GONE = {Event.Kind.WITHDRAWN, ERASED}


@dataclass(frozen=True)
class Finding:
    """One hint as a page shows it. `field`, `start` and `end` say where `words` stand; empty when it is about no words.

    `suggestion` is the word of the North for a Southern one, `other` the message it resembles.
    """

    kind: str
    label: str
    reason: str
    severity: str
    field: str = ""
    start: int = 0
    end: int = 0
    words: str = ""
    suggestion: str = ""
    other: Message | None = None


def findings(draft: Message | Edit) -> list[Finding]:
    """The hints for `draft` as stored (call `refresh` to compute them anew), in the order of the fields' words.

    For a message its own, for an edit the edit's. Costs one query.
    """
    edit = draft if isinstance(draft, Edit) else None
    rows = Flag.objects.filter(message=message_of(draft), edit=edit).select_related("rule", "term", "other")
    return sorted((_finding(flag, draft) for flag in rows), key=lambda found: (found.field, found.start, found.kind))


def may_be_call(draft: Message | Edit) -> bool:
    """Whether words of `draft` speak of danger: somebody has to read whether they are a call for help."""
    edit = draft if isinstance(draft, Edit) else None
    return Flag.objects.filter(message=message_of(draft), edit=edit, kind=Kind.DANGER).exists()


def _finding(flag: Flag, draft: Message | Edit) -> Finding:
    kind = Kind(flag.kind)
    start, end = flag.start or 0, flag.end or 0
    text = (getattr(draft, flag.field, "") or "") if flag.field else ""
    reason = flag.rule.reason if flag.rule else (flag.term.note if flag.term else "")
    return Finding(
        kind=kind.value,
        label=str(kind.label),
        reason=reason or str(REASONS.get(kind, "")),
        severity=flag.rule.severity if flag.rule else SEVERITY.get(kind, Severity.MEDIUM),
        field=flag.field,
        start=start,
        end=end,
        words=text[start:end],
        suggestion=flag.term.north if flag.term else "",
        other=flag.other,
    )


# --- When ---------------------------------------------------------------------------------------------------------


def changed(message_id: int, kind: str) -> None:
    """Listener of `messages_site.changes`. A sender does not wait for the hints; a moderator who saves sees them."""
    if kind in GONE:
        forget(message_id)
    elif kind in AT_ONCE:
        refresh(Message.objects.get(pk=message_id))
    elif kind in SOON:
        if kind == Event.Kind.ANSWERED:
            # Their places are those of the words before.
            Flag.objects.filter(message=message_id, field__in=SENT_FIELDS).delete()
        jobs.enqueue("moderation.hinting.flags.compute", message_id)
    elif kind == Event.Kind.CONVERTED:
        jobs.enqueue("moderation.hinting.flags.compute_pictures", message_id)


def forget(message_id: int) -> None:
    """Delete what is known of the looks of a message, and every hint on it or because of it."""
    Flag.objects.filter(Q(message=message_id) | Q(other=message_id)).delete()
    Fingerprint.objects.filter(message=message_id).delete()


@transaction.atomic
def compute(message_id: int) -> None:
    """Job: every hint that needs no picture. May run twice."""
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.status == Message.Status.WITHDRAWN:
        return
    refresh(message)
    _compare_text(message)
    received = Event.objects.filter(message=message, kind=Event.Kind.RECEIVED)
    _set(message, Kind.FLOOD, received.filter(ids__has_key="burst").exists())


# --- Words --------------------------------------------------------------------------------------------------------


@transaction.atomic
def refresh(message: Message) -> None:
    """Make the hints on words of `message` and its open edit what the rules find now. Five queries, however many."""
    message = Message.objects.select_for_update().get(pk=message.pk)
    drafts: list[Message | Edit] = [message, *message.edits.filter(status=Edit.Status.OPEN)]
    check = Checker.active()
    wanted = {key for draft in drafts for key in _found_in(draft, check)}
    rows = list(Flag.objects.filter(message=message).exclude(field=""))
    stored = {_key(flag): flag.pk for flag in rows}
    if gone := [flag.pk for flag in rows if _key(flag) not in wanted or stored[_key(flag)] != flag.pk]:
        Flag.objects.filter(pk__in=gone).delete()
    new = sorted(wanted - stored.keys(), key=lambda key: (key[2], key[3], key[4], key[1]))
    Flag.objects.bulk_create(Flag(message=message, **dict(zip(COLUMNS, key, strict=True))) for key in new)


COLUMNS = ("edit_id", "kind", "field", "start", "end", "rule_id", "term_id")
Key = tuple[Any, ...]


def _key(flag: Flag) -> Key:
    return tuple(getattr(flag, column) for column in COLUMNS)


def _found_in(draft: Message | Edit, check: Checker) -> Iterator[Key]:
    edit_id = draft.pk if isinstance(draft, Edit) else None
    for field in (*SENT_FIELDS, *SHOWN_TEXTS):
        text = getattr(draft, field, "") or ""
        for hint in check.hints(text, is_draft=field in SHOWN_TEXTS):
            rule_id, term_id = (part.pk if part else None for part in (hint.rule, hint.term))
            yield edit_id, hint.kind, field, hint.start, hint.end, rule_id, term_id


# --- The same again -----------------------------------------------------------------------------------------------


def _compare_text(message: Message) -> None:
    # Here and below, not above: what compares costs each web process 19 MB, and jobs alone use it.
    from . import similar

    text = message.original or message.own_ko
    values = dict(enumerate(similar.bands(text, TEXT_ROWS)))
    _keep(message, Fingerprint.Kind.TEXT, values)
    _set(message, Kind.SAME_TEXT, _older_with(text, message, values))


def _older_with(text: str, message: Message, values: dict[int, int]) -> Message | None:
    """The oldest message before `message` that says nearly the same as `text`."""
    from . import similar

    if not values:
        return None
    shares = (Q(kind=Fingerprint.Kind.TEXT, band=band, value=value) for band, value in values.items())
    # Without an order, so that a text sent ten thousand times costs no more than one sent twice.
    rows = Fingerprint.objects.filter(reduce(or_, shares), message__lt=message.pk)
    shared = Counter(rows.values_list("message", flat=True)[:MOST_ROWS])
    likely = sorted(shared, key=lambda pk: (-shared[pk], pk))[:MOST_TEXTS]
    needed = 1.0 if len(similar.letters(text)) < SHORT_TEXT else SAME_TEXT
    for other in Message.objects.filter(pk__in=likely).order_by("pk"):
        if similar.similarity(text, other.original or other.own_ko) >= needed:
            return other
    return None


def compute_pictures(message_id: int) -> None:
    """Job: the same picture sent before, and codes in pictures. May run twice."""
    from . import pictures

    attachment = Attachment.objects.filter(message=message_id, state=Attachment.State.READY).first()
    if attachment is None:
        return
    shown = _pictures(attachment)
    try:
        with ExitStack() as stack:
            paths = [stack.enter_context(storing.private().local(rendition.stored)) for rendition in shown]
            has_code = any(True for path in paths for _text in pictures.codes(path))
            looks = pictures.look(paths[-1]) if paths else None
    except FileNotFoundError:
        return  # taken back this very moment
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message_id)
        if message.status == Message.Status.WITHDRAWN:
            return
        _set(message, Kind.QR, has_code)
        own = looks[0] if looks else None
        bands = range(pictures.BYTES) if own is not None else ()
        _keep(message, Fingerprint.Kind.PICTURE, {band: pictures.turned(own or 0, band) for band in bands})
        _set(message, Kind.SAME_PICTURE, _older_looking(looks or [], message))


def _pictures(attachment: Attachment) -> list[Rendition]:
    """Every picture of a video, the largest and the smallest of a photo; the last is what it is recognised by."""
    rows = attachment.renditions.filter(mime="image/jpeg").select_related("attachment")
    if attachment.message.kind == Message.Kind.PHOTO:
        by_width = sorted(rows, key=lambda rendition: -(rendition.width or 0))
        return [*by_width[:1], *by_width[-1:]]
    return sorted(rows, key=lambda rendition: rendition.name == "poster.jpg")


def _older_looking(looks: list[int], message: Message) -> Message | None:
    """The oldest message before `message` whose picture looks like one of `looks`."""
    from . import pictures

    ranges = [(band, *pictures.sharing(look, band)) for look in looks for band in range(pictures.BYTES)]
    if not ranges:
        return None
    shares = (Q(kind=Fingerprint.Kind.PICTURE, band=band, value__range=span) for band, *span in ranges)
    rows = Fingerprint.objects.filter(reduce(or_, shares), message__lt=message.pk)
    near = [
        other
        for other, band, value in rows.values_list("message", "band", "value")[:MOST_PICTURE_ROWS]
        if min(pictures.distance(look, pictures.turned_back(value, band)) for look in looks) <= pictures.NEAR
    ]
    return Message.objects.get(pk=min(near)) if near else None


def _keep(message: Message, kind: Fingerprint.Kind, values: dict[int, int]) -> None:
    """Store what `message` looks like, band by band."""
    rows = Fingerprint.objects.filter(message=message, kind=kind)
    if dict(rows.values_list("band", "value")) == values:
        return
    rows.delete()
    Fingerprint.objects.bulk_create(
        Fingerprint(message=message, kind=kind, band=band, value=value) for band, value in values.items()
    )


def _set(message: Message, kind: Flag.Kind, found: Message | bool | None) -> None:
    """Let there be one hint of `kind` on `message` when something was found, and none otherwise."""
    other = found if isinstance(found, Message) else None
    rows = Flag.objects.filter(message=message, kind=kind)
    if found and [row.other_id for row in rows] == [other.pk if other else None]:
        return
    rows.delete()
    if found:
        Flag.objects.create(message=message, kind=kind, other=other)
