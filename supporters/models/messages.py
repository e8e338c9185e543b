"""Messages and the changes senders propose to them."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from .events import Event
    from .files import Attachment
    from .senders import Contact

SLUG_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LINE_COLUMN = 240  # code points a column of one line holds; forms count characters as a person does
OUTLETS = ("web", "radio", "usb")


def new_slug() -> str:
    """A random public id: 12 of a-z2-7, 60 bits, telling nothing of order or number."""
    return "".join(secrets.choice(SLUG_ALPHABET) for _place in range(12))


class MessageQuerySet(models.QuerySet["Message"]):
    def on_wall(self) -> MessageQuerySet:
        """The only definition of what the public may read."""
        return self.for_outlet("web")

    def for_outlet(self, outlet: str) -> MessageQuerySet:
        """Approved, past its delay, agreed to by the sender and cleared by the desk for `outlet`."""
        if outlet not in OUTLETS:
            raise ValueError(outlet)
        return self.filter(
            **{f"agreed_{outlet}": True, f"cleared_{outlet}": True},
            status=Message.Status.APPROVED,
            live_at__lte=timezone.now(),
            is_hidden=False,
        )


MessageManager = models.Manager.from_queryset(MessageQuerySet)


class Look(models.TextChoices):
    """Why two people have to look at a message before it may be shown."""

    VIDEO = "video", _("Video")
    FACES = "faces", _("Faces")
    MINORS = "minors", _("Children or young people")
    LEFT_NORTH = "left_north", _("The sender left the North")


class Outlets(models.Model):
    """Where a letter may go: the sender agrees, the desk clears."""

    agreed_web = models.BooleanField(default=False)
    agreed_radio = models.BooleanField(default=False)
    agreed_usb = models.BooleanField(default=False)
    cleared_web = models.BooleanField(default=False)
    cleared_radio = models.BooleanField(default=False)
    cleared_usb = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def agreed(self) -> list[str]:
        """The outlets the sender agreed to."""
        return [outlet for outlet in OUTLETS if getattr(self, f"agreed_{outlet}")]


class Message(Outlets):
    """One letter: what its sender wrote, what the desk made of it in both languages, and where it may go.

    `body`, `alt` and `name` are translated columns: code reads `body_ko`, `body_en` and so on, never the bare name.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Words")
        PHOTO = "photo", _("Photo")
        VIDEO = "video", _("Video")
        VOICE = "voice", _("Voice")

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        ASKED = "asked", _("Asked to change")
        DECLINED = "declined", _("Declined")
        REMOVED = "removed", _("Removed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    slug = models.CharField(max_length=12, unique=True, default=new_slug, editable=False)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.PENDING, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    # As the sender typed it.
    original = models.TextField(_("original"), blank=True)
    original_name = models.CharField(max_length=LINE_COLUMN, blank=True)
    original_alt = models.TextField(blank=True)
    own_ko = models.TextField(blank=True)
    language = models.CharField(_("language"), max_length=12)
    country = models.CharField(_("country"), max_length=2)
    group = models.CharField(_("group"), max_length=LINE_COLUMN, blank=True)

    # As it is shown.
    body = models.TextField(blank=True)
    alt = models.TextField(blank=True)
    name = models.CharField(max_length=LINE_COLUMN, blank=True)
    body_kp = models.TextField(blank=True)
    # Whether a Northern reader signed exactly the present Northern wording: only then readers are offered it.
    kp_signed = models.BooleanField(default=False, editable=False)
    # Whom readers may thank for the words in their language, by the name the translator chose.
    credit_ko = models.CharField(max_length=LINE_COLUMN, blank=True)
    credit_en = models.CharField(max_length=LINE_COLUMN, blank=True)
    # What is said in a video or voice, in the language it is said in; the desk writes it, translators work from it.
    transcript = models.TextField(blank=True)
    # Codes of `Look` that moderators ticked, between spaces.
    look = models.CharField(max_length=40, blank=True, editable=False)
    # Asks for rescue, or shows somebody in danger: Safety leads alone see it.
    is_call_for_help = models.BooleanField(default=False, editable=False)
    # When a Safety lead had done for such a call what can be done.
    help_handled_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Hidden by a Safety lead together with others; the status stays, so that it can come back as it was.
    is_hidden = models.BooleanField(default=False, editable=False)
    # What the desk wrote to the sender beside the reason of its last decision.
    note = models.TextField(blank=True)

    submitted_at = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    live_at = models.DateTimeField(null=True, blank=True, editable=False)
    wall_number = models.PositiveIntegerField(null=True, blank=True, unique=True, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    receipt_hash = models.CharField(max_length=64, unique=True, editable=False)

    # The columns modeltranslation adds.
    body_ko: str | None
    body_en: str | None
    alt_ko: str | None
    alt_en: str | None
    name_ko: str | None
    name_en: str | None

    if TYPE_CHECKING:
        events: RelatedManager[Event]
        edits: RelatedManager[Edit]
        attachment: Attachment
        contact: Contact

    objects: ClassVar[MessageManager[Message]] = MessageManager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["pk"]
        permissions: ClassVar = [
            ("decide_message", "May approve, ask for changes and decline"),
            ("guard_message", "May remove and restore what is public"),
        ]
        constraints: ClassVar = [
            *(
                models.CheckConstraint(
                    condition=Q(**{f"cleared_{outlet}": False}) | Q(**{f"agreed_{outlet}": True}),
                    name=f"cleared_{outlet}_implies_agreed",
                )
                for outlet in OUTLETS
            ),
            models.CheckConstraint(condition=~Q(country="KP"), name="country_is_not_kp"),
            models.CheckConstraint(
                condition=Q(status="pending") | Q(status="withdrawn") | Q(live_at__isnull=False),
                name="decided_has_live_at",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(is_call_for_help=False), name="call_for_help_is_not_approved"
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("submitted_at"), F("id"), condition=Q(status="pending"), name="message_queue"),
            models.Index(F("language"), condition=Q(status="pending"), name="message_waiting_in"),
            models.Index(
                F("submitted_at"),
                F("id"),
                condition=Q(status="pending") & (Q(kind="video") | ~Q(look="")),
                name="message_second_look",
            ),
            models.Index(F("live_at"), condition=Q(status="approved", wall_number=None), name="message_to_publish"),
            models.Index(F("country"), F("wall_number"), condition=Q(status="approved"), name="message_country"),
            models.Index(F("kind"), F("wall_number"), condition=Q(status="approved"), name="message_kind"),
            models.Index(F("language"), F("wall_number"), condition=Q(status="approved"), name="message_language"),
            models.Index(F("help_handled_at"), condition=Q(is_call_for_help=True), name="message_calls"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def received_on(self) -> date:
        """The day of the postmark (UTC). Readers never see a clock time."""
        return self.submitted_at.date()

    @property
    def is_on_wall(self) -> bool:
        """Whether the public may read it now; the same rule as `MessageQuerySet.on_wall`."""
        return (
            self.status == self.Status.APPROVED
            and not self.is_hidden
            and self.agreed_web
            and self.cleared_web
            and self.live_at is not None
            and self.live_at <= timezone.now()
        )

    @property
    def was_public(self) -> bool:
        """Whether it ever stood on the wall: then its address answers 410 when it is gone, not 404."""
        return self.wall_number is not None

    def can_undo(self) -> bool:
        """Whether a decision has been taken that has not gone live yet."""
        decided = {self.Status.APPROVED, self.Status.ASKED, self.Status.DECLINED}
        return self.status in decided and self.live_at is not None and self.live_at > timezone.now()

    def text(self, language: str) -> str:
        """The words in `language` (`ko` or `en`)."""
        return getattr(self, f"body_{language}") or ""

    def shown_name(self, language: str) -> str:
        return getattr(self, f"name_{language}") or ""

    def shown_alt(self, language: str) -> str:
        return getattr(self, f"alt_{language}") or ""


class Edit(Outlets):
    """A change the sender of an approved message proposes; the published letter stays until it is accepted.

    It carries the whole proposed message. The desk writes both languages here; they replace the message's own
    once the edit is accepted and its `live_at` has come.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="edits")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN, editable=False)
    submitted_at = models.DateTimeField(default=timezone.now, editable=False)
    live_at = models.DateTimeField(null=True, blank=True, editable=False)
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)

    original = models.TextField(blank=True)
    original_name = models.CharField(max_length=LINE_COLUMN, blank=True)
    original_alt = models.TextField(blank=True)
    own_ko = models.TextField(blank=True)
    language = models.CharField(max_length=12)
    country = models.CharField(max_length=2)
    group = models.CharField(max_length=LINE_COLUMN, blank=True)

    body_ko = models.TextField(blank=True)
    body_en = models.TextField(blank=True)
    body_kp = models.TextField(blank=True)
    alt_ko = models.TextField(blank=True)
    alt_en = models.TextField(blank=True)
    name_ko = models.CharField(max_length=LINE_COLUMN, blank=True)
    name_en = models.CharField(max_length=LINE_COLUMN, blank=True)
    kp_signed = models.BooleanField(default=False, editable=False)
    credit_ko = models.CharField(max_length=LINE_COLUMN, blank=True)
    credit_en = models.CharField(max_length=LINE_COLUMN, blank=True)
    look = models.CharField(max_length=40, blank=True, editable=False)
    # As in a message: refused into the hands of the Safety leads, who alone see its words.
    is_call_for_help = models.BooleanField(default=False, editable=False)
    help_handled_at = models.DateTimeField(null=True, blank=True, editable=False)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("edits")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message"], condition=Q(status="open"), name="one_open_edit"),
            models.CheckConstraint(
                condition=Q(status="refused") | Q(is_call_for_help=False), name="edit_call_for_help_is_refused"
            ),
        ]
        indexes: ClassVar = [
            models.Index(F("help_handled_at"), condition=Q(is_call_for_help=True), name="edit_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.pk}"

    def can_undo(self) -> bool:
        decided = {self.Status.ACCEPTED, self.Status.REFUSED}
        return self.status in decided and self.live_at is not None and self.live_at > timezone.now()
