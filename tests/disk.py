"""Where the files of a test lie: the stores of the tests are folders."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from supporters.models import Attachment, Rendition


def originals() -> Path:
    return settings.PRIVATE_ROOT / "originals"


def original(attachment: Attachment) -> Path | None:
    return settings.PRIVATE_ROOT / attachment.path if attachment.path else None


def folder(attachment: Attachment) -> Path:
    return settings.PRIVATE_ROOT / attachment.prefix


def rendition(item: Rendition) -> Path:
    return settings.PRIVATE_ROOT / item.stored
