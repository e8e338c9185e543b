"""A wall in a folder of its own, and letters to put on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from supporters.models import Attachment, Message, Rendition
from tests import disk
from tests.factories import AttachmentFactory, MessageFactory
from wall import publishing
from wall import tree as written
from wall.models import DirtyPage

PHOTO = {f"{width}.{kind}": (width, width // 2) for width in (320, 640, 1280) for kind in ("webp", "jpg")}
VIDEO = {"240.mp4": (426, 240), "480.mp4": (854, 480), "poster.jpg": (640, 360), "sound.m4a": (None, None)}
VOICE = {"voice.m4a": (None, None)}
MIME = {"webp": "image/webp", "jpg": "image/jpeg", "mp4": "video/mp4", "m4a": "audio/mp4", "flac": "audio/flac"}


@pytest.fixture(autouse=True)
def tree(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the published site; all other state lies beside it."""
    settings.VAR = tmp_path
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.TREE_ROOT = tmp_path / "tree"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.TREE_ROOT.mkdir()
    # The best compression takes most of the time of publishing; test_budgets.py looks at it.
    monkeypatch.setattr(written, "BROTLI_QUALITY", 1)
    return settings.TREE_ROOT


@pytest.fixture
def publish() -> Callable[..., list[Message]]:
    """Make letters that are due and publish them; keywords go to the factory."""

    def make(count: int = 1, **fields: Any) -> list[Message]:
        made = [MessageFactory(approved=True, **fields) for _number in range(count)]
        publish_due()
        for message in made:
            message.refresh_from_db()
        return made

    return make


def publish_due() -> None:
    while publishing.number_due():
        pass
    while DirtyPage.objects.filter(due_at__lte=timezone.now()).exists():
        publishing.write_marked()


def attach(message: Message, names: dict[str, tuple[int | None, int | None]], *, size: int = 7000) -> Attachment:
    """Give a message its converted file."""
    attachment = AttachmentFactory(message=message, state=Attachment.State.READY)
    disk.folder(attachment).mkdir(parents=True)
    for name, (width, height) in names.items():
        (disk.folder(attachment) / name).write_bytes(f"{attachment.token} {name}".encode())
        Rendition.objects.create(
            attachment=attachment,
            name=name,
            mime=MIME[name.partition(".")[2]],
            width=width,
            height=height,
            seconds=None if name.endswith(("webp", "jpg")) else 42,
            bytes=size,
            sha256="0" * 64,
        )
    return attachment


def text_of(folder: Path) -> str:
    """All pages of a folder in one string."""
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.html")))
