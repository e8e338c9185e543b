"""Who works on what: claims, translations, what was translated before, and how a person likes to work."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supporters.models import Edit, Message
from supporters.models.messages import LINE_COLUMN


class Claim(models.Model):
    """Somebody works on a message now. It tells the others; it never locks them out or hides the message."""

    class Task(models.TextChoices):
        REVIEW = "review", _("Review")
        KO = "ko", _("Korean translation")
        EN = "en", _("English translation")
        KP = "kp", _("Northern wording")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="claims")
    task = models.CharField(max_length=6, choices=Task)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "task"], name="one_claim_a_task")]
        indexes: ClassVar = [models.Index(fields=["holder", "until"], name="claim_holder")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.task}"


class Translation(models.Model):
    """The work on one text in one language. Reviewing copies it into the message; readers' pages never read this."""

    class Language(models.TextChoices):
        KO = "ko", _("Korean")
        EN = "en", _("English")
        KP = "kp", _("Northern wording")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        READY = "ready", _("Ready for review")
        REVIEWED = "reviewed", _("Reviewed")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="translations")
    edit = models.ForeignKey(Edit, null=True, blank=True, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    translator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    credit_name = models.CharField(max_length=LINE_COLUMN, blank=True)
    # Why a translator handed it back without a text: a code of `translations.Cannot`.
    cannot = models.CharField(max_length=LINE_COLUMN, blank=True)
    # What a translator or reviewer says about it to whoever goes on.
    note = models.CharField(max_length=LINE_COLUMN, blank=True)
    # The source as it was when the work began: a changed original is noticed.
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    state_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "language"], condition=Q(edit=None), name="one_translation_a_language"
            ),
            models.UniqueConstraint(
                fields=["edit", "language"], condition=Q(edit__isnull=False), name="one_edit_translation_a_language"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "language", "state_at"], name="translation_queue"),
            models.Index(fields=["state", "asked_at", "id"], name="translation_asked"),
            models.Index(fields=["state", "state_at", "id"], name="translation_state"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.language}"

    @property
    def draft(self) -> Message | Edit:
        """What is translated: the message, or the change its sender proposes."""
        return self.edit or self.message


class MemorySentence(models.Model):
    """A sentence and its reviewed translation, offered where a similar sentence comes again."""

    translation = models.ForeignKey(Translation, on_delete=models.CASCADE, related_name="sentences")
    source_language = models.CharField(max_length=12)
    target_language = models.CharField(max_length=2)
    source = models.TextField()
    target = models.TextField()

    class Meta:
        verbose_name = _("translated sentence")
        verbose_name_plural = _("translated sentences")
        indexes: ClassVar = [
            models.Index(fields=["source_language", "target_language"], name="memory_languages"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class MemoryBand(models.Model):
    """One band of a remembered sentence: sentences that share a band may be similar."""

    sentence = models.ForeignKey(MemorySentence, on_delete=models.CASCADE, related_name="bands")
    band = models.PositiveSmallIntegerField()
    value = models.BigIntegerField()

    class Meta:
        verbose_name = _("fingerprint of a sentence")
        verbose_name_plural = _("fingerprints of sentences")
        indexes: ClassVar = [models.Index(fields=["band", "value"], name="memory_band")]

    def __str__(self) -> str:
        return f"{self.sentence_id}/{self.band}"


class Preference(models.Model):
    """How a member of staff likes to work."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference")
    has_keys = models.BooleanField(_("keyboard keys on the review page"), default=True)
    credit_name = models.CharField(_("name shown to readers for translations"), max_length=LINE_COLUMN, blank=True)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user_id)
