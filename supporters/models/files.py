"""The file of a message: as it came, and as it is shown."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .messages import SLUG_ALPHABET, Message

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

UPLOAD_LIFETIME = timedelta(hours=24)


def new_token() -> str:
    """130 random bits in a-z2-7, for names nobody can guess."""
    return "".join(secrets.choice(SLUG_ALPHABET) for _place in range(26))


def upload_expiry() -> datetime:
    return timezone.now() + UPLOAD_LIFETIME


class Upload(models.Model):
    """A private file that waits for its form: still arriving in pieces, or kept until the form is sent.

    Without `path` it is still arriving; without `mime` nobody has looked at it yet.
    """

    token = models.CharField(max_length=26, unique=True, default=new_token)
    # Empty when pieces arrive from a program that did not say; then the form says it.
    kind = models.CharField(max_length=5, choices=Message.Kind, blank=True)
    path = models.CharField(max_length=100, blank=True)  # in the private store
    mime = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField()  # as announced, until it has arrived
    # What hides in the file and will be removed: codes of supporters.media.REMOVED.
    removed = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(default=upload_expiry)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return str(self.pk)


class Attachment(models.Model):
    """The one file of a photo, video or voice message. `state` is about the work on the file, apart from `status`."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        PROCESSING = "processing", _("Being prepared")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="attachment")
    # The random folder of its renditions, private and later public.
    token = models.CharField(max_length=26, unique=True, default=new_token)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED, editable=False)
    reason = models.CharField(max_length=12, blank=True)  # one of supporters.media.REASONS when failed
    attempts = models.PositiveSmallIntegerField(default=0)
    # A worker holds the file until then and keeps moving it; a killed worker lets it run out.
    leased_until = models.DateTimeField(null=True, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)  # of the work, while it is being prepared
    path = models.CharField(max_length=100, blank=True)  # of the original in the private store; empty once deleted
    # For radio and USB drives: without metadata, in better quality than any rendition, in the private store. Empty
    # unless one of the two was agreed to when the file was prepared.
    master = models.CharField(max_length=100, blank=True)
    mime = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    removed = models.JSONField(default=list, blank=True)  # codes of supporters.media.REMOVED
    colour = models.CharField(max_length=7, blank=True)  # of a photo on the whole, as #rrggbb
    loudness = models.FloatField(null=True, blank=True)  # integrated, of the original, in LUFS (ITU-R BS.1770)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    if TYPE_CHECKING:
        renditions: RelatedManager[Rendition]

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return f"{self.message_id}/{self.pk}"

    @property
    def prefix(self) -> str:
        """Where its renditions lie in the private store, whether or not the public may see them."""
        return f"renditions/{self.token}"


class Rendition(models.Model):
    """One file made from an attachment, free of metadata. Public only while its message is."""

    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=20)  # 320.webp, 480.mp4, voice.m4a: says nothing of its content
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.FloatField(null=True)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints: ClassVar = [models.UniqueConstraint(fields=["attachment", "name"], name="one_rendition_a_name")]

    def __str__(self) -> str:
        return f"{self.attachment_id}/{self.name}"

    @property
    def stored(self) -> str:
        """Its name in the private store."""
        return f"{self.attachment.prefix}/{self.name}"

    @property
    def public_name(self) -> str:
        """Its name in the public store."""
        return f"{self.attachment.token}/{self.name}"

    @property
    def public_path(self) -> str:
        """Below the root of the published site."""
        return f"media/{self.public_name}"
