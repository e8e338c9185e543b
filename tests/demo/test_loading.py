"""Demo letters become rows, files and pages, stay away from real ones, and leave nothing when they go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from demo import accounts, loading
from demo.content import letters
from moderation import roles
from supporters.models import Event, Message
from tests.factories import MessageFactory
from wall.models import WallCounter

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.media]


@pytest.fixture(autouse=True)
def _demo(settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    # Nine accounts with a slow hash each are most of the time of a test here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.VAR = tmp_path
    settings.PRIVATE_ROOT, settings.TREE_ROOT = tmp_path / "private", tmp_path / "tree"
    settings.TREE_ROOT.mkdir()


def some_of_each_status() -> list[Any]:
    """A text of every status and one photo: real files, but few."""
    chosen = {letter.status: letter for letter in letters() if letter.kind == "text"}
    photo = next(letter for letter in letters() if letter.kind == "photo" and letter.status == "approved")
    edited = next(letter for letter in letters() if letter.edit)
    return [*chosen.values(), photo, edited]


def load() -> list[Any]:
    accounts.ensure()
    content = some_of_each_status()
    loading.load(content, progress=lambda _count: None)
    return content


def test_letters_get_their_status_their_life_line_and_their_files() -> None:
    content = load()

    assert {message.status for message in Message.objects.all()} == {letter.status for letter in content}
    assert all(Event.objects.broken_links(message) == [] for message in Message.objects.all())
    photo = Message.objects.get(kind="photo")
    assert photo.attachment.state == "ready"
    assert (settings.TREE_ROOT / "media" / photo.attachment.token / "320.webp").exists()
    assert Message.objects.filter(edits__status="open").count() == 1
    assert Message.objects.on_wall().count() == Message.objects.filter(status="approved", cleared_web=True).count()


def test_clearing_leaves_nothing() -> None:
    load()

    call_command("load_demo", "--clear")

    assert not Message.objects.exists()
    assert not User.objects.filter(username="moderator").exists()
    assert WallCounter.objects.get().last == 0
    assert not list((settings.TREE_ROOT / "ko" / "m").glob("*.html"))
    assert not [path for path in (settings.TREE_ROOT / "media").rglob("*") if path.is_file()]
    assert not [path for path in (settings.PRIVATE_ROOT / "renditions").rglob("*") if path.is_file()]


def test_demo_letters_stay_away_from_real_ones() -> None:
    MessageFactory()

    with pytest.raises(CommandError, match="real messages"):
        call_command("load_demo")
    call_command("load_demo", "--if-empty")

    assert Message.objects.count() == 1


def test_outside_demo_nothing_is_loaded(settings: Any) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("load_demo")


def test_growing_adds_numbered_letters_up_to_the_total() -> None:
    loading.grow(7, progress=lambda _count: None)
    before = Message.objects.count()

    added = loading.grow(before + 250, progress=lambda _count: None)

    assert added == 250
    assert loading.grow(before + 250, progress=lambda _count: None) == 0
    numbers = sorted(Message.objects.exclude(wall_number=None).values_list("wall_number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert WallCounter.objects.get().last == len(numbers)
    assert Message.objects.on_wall().filter(kind="text", body_ko__gt="", body_en__gt="").count() >= 250


def test_every_role_has_an_account_and_keeps_its_password() -> None:
    accounts.ensure()
    first = (settings.VAR / "demo-accounts.txt").read_text()
    accounts.ensure()

    assert (settings.VAR / "demo-accounts.txt").read_text() == first
    assert len(first.splitlines()) == 9
    for line in first.splitlines():
        name, password = line.split()
        user = User.objects.get(username=name)
        assert user.check_password(password)
        assert user.is_staff
        assert not user.is_superuser
        assert user.groups.get().name in roles.ROLES
