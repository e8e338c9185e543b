"""A wall in a folder of its own, and letters to put on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker

from messages_site import errors
from supporters.models import Attachment, Message, Rendition
from supporters.pages import LANGUAGES
from tests import disk
from tests.factories import AttachmentFactory, MessageFactory
from wall import pages, publishing
from wall import tree as written
from wall.models import DirtyPage

PHOTO = {f"{width}.{kind}": (width, width // 2) for width in (320, 640, 1280) for kind in ("webp", "jpg")}
VIDEO = {"240.mp4": (426, 240), "480.mp4": (854, 480), "poster.jpg": (640, 360), "sound.m4a": (None, None)}
VOICE = {"voice.m4a": (None, None)}
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\'"&{{ 7 }}{% now %}\u202e</style></title>'
QUERIES = (
    "",
    "?country=DE",
    "?country=FJ",
    "?kind=photo&lang=fr",
    "?before=30",
    "?before=1",
    "?country=%3Cb%3E",
)
ERRORS = (400, 403, 404, 410, 413, 429, 500)
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


def publish_lists() -> None:
    """Give numbers, and write the lists that are due: a test of these can do without the page of every letter."""
    while publishing.number_due():
        pass
    due = DirtyPage.objects.values_list("path", flat=True)
    publishing.write_marked(only=[path for path in due if path == pages.FRONT or pages.ARCHIVE.fullmatch(path)])


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


# --- The whole site ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wall:
    """A published site as a reader finds it; the tests that look at it change nothing."""

    tree: Path
    pages: list[tuple[str, str]]
    """Each page with its address, the live ones included."""
    beside: list[tuple[str, str]]
    """What a reader may meet besides: errors, and what is said by a form."""
    letters: dict[str, Message]
    """Those that a test asks for by name."""
    slugs: dict[int, str]
    """Of the letter with this number on the wall."""


@pytest.fixture(scope="session")
def wall(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Wall:
    """25 letters: words, photos, videos and voices, in several languages, some of them hostile. Made once for all."""
    folder = tmp_path_factory.mktemp("wall")
    (folder / "tree").mkdir()
    places = override_settings(VAR=folder, PRIVATE_ROOT=folder / "private", TREE_ROOT=folder / "tree")
    with pytest.MonkeyPatch.context() as patch, places, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(written, "BROTLI_QUALITY", 1)
        letters = publish_letters()
        slugs = dict(Message.objects.exclude(wall_number=None).values_list("wall_number", "slug"))
        beside = list(pages_beside(letters["voice"].slug))
        made = Wall(folder / "tree", list(every_page(folder / "tree")), beside, letters, slugs)
        transaction.set_rollback(True)
    return made


def publish_letters() -> dict[str, Message]:
    """Publish letters of every kind; returns some of them by name."""
    for number in range(21):
        MessageFactory(
            approved=True, country=("BR", "DE", "KE", "ZA", "ZZ")[number % 5], body_ko=f"편지 {number}번입니다."
        )
    photo = MessageFactory(approved=True, kind="photo", alt_ko="배 한 척입니다.", alt_en="A boat.", language="fr")
    attach(photo, PHOTO)
    attach(MessageFactory(approved=True, kind="video", alt_ko="노래합니다.", alt_en="A song.", language="ko"), VIDEO)
    voice = MessageFactory(approved=True, kind="voice", language="ar", original="مرحبا بكم")
    attach(voice, VOICE)
    words = dict.fromkeys(("original", "original_name", "body_ko", "body_en", "name_ko", "name_en", "group"), HOSTILE)
    hostile = MessageFactory(approved=True, kind="photo", alt_ko=HOSTILE, alt_en=HOSTILE, language="en", **words)
    attach(hostile, PHOTO)
    publishing.publish_all()
    photo.refresh_from_db()
    return {"photo": photo, "voice": voice, "hostile": hostile}


def every_page(tree: Path) -> Iterator[tuple[str, str]]:
    """Each file of the tree, and answers of the search."""
    for path in sorted(tree.rglob("*.html")):
        yield "/" + str(path.relative_to(tree)), path.read_text()
    for language in LANGUAGES:
        for query in QUERIES:
            address = f"/{language}/find/{query}"
            yield address, Client().get(address).content.decode()


def pages_beside(slug: str) -> Iterator[tuple[str, str]]:
    """Every error, and the form about a letter with its fault and its answer."""
    for language in LANGUAGES:
        address = f"/{language}/m/{slug}/concern/"
        yield address, Client().get(address).content.decode()
        yield f"{address} empty", Client().post(address, {"text": ""}).content.decode()
        request: HttpRequest = RequestFactory().get(f"/{language}/nothing.html")
        for status in ERRORS:
            with translation.override(language):
                yield f"/{language}/ {status}", errors.error_page(request, status).content.decode()
