"""Hints for whoever decides: rules, words, and what they found. A hint never decides anything."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from supporters.models import Edit, Message

LINE = 240


class Confidence(models.TextChoices):
    """How sure a word or rule is."""

    A = "A", _("From people or official material")
    B = "B", _("From the press")
    C = "C", _("Doubtful: shown, never rewritten")


class WordingRule(models.Model):
    """What to look for in a text, and why, in words a moderator can read."""

    class Severity(models.TextChoices):
        HIGH = "high", _("Can put a life in danger")
        MEDIUM = "medium", _("Look closely")
        LOW = "low", _("Wording")

    class Reads(models.TextChoices):
        ORIGINAL = "original", _("What the sender wrote")
        DRAFT = "draft", _("The texts of the desk")
        BOTH = "both", _("Both")

    code = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=12)  # one of Flag.Kind
    # "ko", "en", or empty for every language.
    language = models.CharField(max_length=2, blank=True)
    reads = models.CharField(max_length=8, choices=Reads, default=Reads.BOTH)
    pattern = models.TextField(help_text=_("One expression a line; a line that begins with # is a comment."))
    reason_en = models.CharField(max_length=LINE)
    reason_ko = models.CharField(max_length=LINE)
    severity = models.CharField(max_length=6, choices=Severity, default=Severity.MEDIUM)
    confidence = models.CharField(max_length=1, choices=Confidence, default=Confidence.B)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("wording rule")
        verbose_name_plural = _("wording rules")
        ordering: ClassVar = ["kind", "code"]

    def __str__(self) -> str:
        return self.code

    @property
    def reason(self) -> str:
        return self.reason_ko if get_language() == "ko" else self.reason_en


class Term(models.Model):
    """A word of the South and what the North calls it."""

    south = models.CharField(max_length=80, unique=True)
    north = models.CharField(max_length=120)
    note_en = models.CharField(max_length=LINE, blank=True)
    note_ko = models.CharField(max_length=LINE, blank=True)
    confidence = models.CharField(max_length=1, choices=Confidence, default=Confidence.B)
    source = models.CharField(max_length=80, blank=True)
    # Many words of the South are understood in the North: translators see them, the wording check stays silent.
    is_hint = models.BooleanField(_("raises a hint"), default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering: ClassVar = ["south"]

    def __str__(self) -> str:
        return self.south

    @property
    def note(self) -> str:
        return self.note_ko if get_language() == "ko" else self.note_en


class Flag(models.Model):
    """One hint on a message. The words that raised it are read from the text: a flag keeps no words of its own."""

    class Kind(models.TextChoices):
        DANGER = "danger", _("call for help")
        CONTACT = "contact", _("contact details")
        PERSON = "person", _("names a person")
        PLACE = "place", _("place or route")
        RELATIVE = "relative", _("relative in the North")
        PROMISE = "promise", _("promise")
        POLITICS = "politics", _("politics")
        LEFT_NORTH = "left_north", _("left the North")
        MINOR = "minor", _("minors")
        QR = "qr", _("code in the picture")
        SAME_TEXT = "same_text", _("same words as another")
        SAME_PICTURE = "same_picture", _("same picture as another")
        FLOOD = "flood", _("many at once")
        SOUTHERN = "southern", _("Southern word")
        WORDING = "wording", _("wording")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="flags")
    edit = models.ForeignKey(Edit, null=True, blank=True, on_delete=models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=12, choices=Kind)
    # The column the words stand in (`original`, `body_ko`, …) and where; empty when it is not about words.
    field = models.CharField(max_length=16, blank=True)
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    rule = models.ForeignKey(WordingRule, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    term = models.ForeignKey(Term, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # The message it resembles.
    other = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["kind", "message"], name="flag_kind")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.kind}"


class Fingerprint(models.Model):
    """One band of what a text or picture looks like: messages that share a band may be the same.

    Irreversible numbers; they are forgotten with the message.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Words")
        PICTURE = "picture", _("Picture")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="fingerprints")
    kind = models.CharField(max_length=7, choices=Kind)
    band = models.PositiveSmallIntegerField()
    value = models.BigIntegerField()

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "kind", "band"], name="one_fingerprint_a_band"),
            models.CheckConstraint(condition=Q(band__lt=64), name="fingerprint_band"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "band", "value"], name="fingerprint_value")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.kind}/{self.band}"
