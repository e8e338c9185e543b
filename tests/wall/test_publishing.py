"""Letters come on the wall once, in order, and leave it within the request that takes them away."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import brotli
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from messages_site import changes, policy
from supporters import lifecycle
from supporters.models import Event, Message
from tests.factories import MessageFactory, ModeratorFactory, StaffFactory
from tests.queues import run_jobs
from tests.wall.conftest import PHOTO, VOICE, attach, publish_due, text_of
from wall import order, pages, publishing
from wall import tree as published
from wall.models import DirtyPage, WallCounter

Publish = Callable[..., list[Message]]


def numbers() -> list[int]:
    return list(
        Message.objects.filter(wall_number__isnull=False).order_by("wall_number").values_list("wall_number", flat=True)
    )


# --- Coming ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_approved_letter_stands_on_the_wall_in_both_languages_once_its_delay_is_over(tree: Path) -> None:
    message = MessageFactory(drafted=True, cleared_web=True)
    lifecycle.approve(message, moderator=ModeratorFactory(), revision=1, checks=lifecycle.CHECKS)
    message.refresh_from_db()
    run_jobs()
    assert not (tree / "ko" / "m" / f"{message.slug}.html").exists()

    with time_machine.travel(message.live_at + timedelta(seconds=1)):
        run_jobs()

    for language in ("ko", "en"):
        assert message.text(language) in (tree / language / "m" / f"{message.slug}.html").read_text()
        assert message.text(language) in (tree / language / "index.html").read_text()
        assert message.text(language) in (tree / language / "p" / "1.html").read_text()


@pytest.mark.django_db
def test_showing_a_letter_twice_gives_one_number_and_one_event(publish: Publish) -> None:
    message = publish()[0]

    publishing.show(message.pk)

    assert numbers() == [1]
    assert message.events.filter(kind=Event.Kind.SHOWN).count() == 1


@pytest.mark.django_db
def test_the_rooms_downstream_hear_once_that_a_letter_is_shown(settings, publish: Publish, monkeypatch) -> None:
    heard: list[tuple[int, str]] = []
    settings.AFTER_CHANGE = ["a.listener"]
    monkeypatch.setattr(changes, "import_string", lambda path: lambda pk, kind: heard.append((pk, str(kind))))

    message = publish()[0]
    publishing.show(message.pk)

    assert heard == [(message.pk, "shown")]


@pytest.mark.django_db
def test_an_undone_approval_never_reaches_the_wall(tree: Path) -> None:
    message = MessageFactory(drafted=True, cleared_web=True)
    moderator = ModeratorFactory()
    lifecycle.approve(message, moderator=moderator, revision=1, checks=lifecycle.CHECKS)
    live_at = message.live_at
    lifecycle.undo(message, actor=moderator)

    with time_machine.travel(live_at + timedelta(hours=1)):
        run_jobs()
        publishing.sweep()

    assert numbers() == []
    assert not (tree / "ko" / "m").exists()


@pytest.mark.django_db
def test_the_minute_job_publishes_what_a_lost_job_left(tree: Path) -> None:
    message = MessageFactory(approved=True)

    publishing.sweep()

    assert (tree / "ko" / "m" / f"{message.slug}.html").exists()
    assert numbers() == [1]


@pytest.mark.django_db
def test_a_page_is_written_with_its_compressed_forms_which_hold_the_same(tree: Path, publish: Publish) -> None:
    publish()

    for page in tree.rglob("*.html"):
        packed = page.with_name(page.name + ".gz").read_bytes()
        assert gzip.decompress(packed) == page.read_bytes()
        assert packed[3:8] == bytes(5), "neither name nor time"
        assert brotli.decompress(page.with_name(page.name + ".br").read_bytes()) == page.read_bytes()
    assert list(tree.rglob(".*")) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_numbers_are_consecutive_when_eight_workers_publish_at_once() -> None:
    MessageFactory.create_batch(48, approved=True)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        while publishing.number_due(limit=3):
            pass
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert numbers() == list(range(1, 49))
    assert WallCounter.objects.get().last == 48
    assert Event.objects.filter(kind=Event.Kind.SHOWN).count() == 48


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_writers_of_a_page_take_turns_so_that_the_later_one_knows_most(monkeypatch, publish: Publish) -> None:
    message = publish()[0]
    together = threading.Barrier(2)
    met: list[bool] = []
    original = pages.render

    def render(language: str, path: str) -> str | None:
        try:
            together.wait(timeout=0.3)
            met.append(True)
        except threading.BrokenBarrierError:
            together.reset()
        return original(language, path)

    monkeypatch.setattr(pages, "render", render)

    def work() -> None:
        publishing.write(order.message_path(message.slug))
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert met == []


@pytest.mark.django_db
@pytest.mark.parametrize("others", [5, 45])
def test_showing_a_letter_writes_at_most_four_pages_a_language(others: int, publish: Publish, monkeypatch) -> None:
    publish(others)
    written: list[tuple[str, str]] = []
    original = published.write
    monkeypatch.setattr(published, "write", lambda *page: written.append(page[:2]) or original(*page))

    publish(body_ko="새 편지입니다.")

    assert len(written) <= 2 * 4
    assert {path for _language, path in written} >= {"index.html"}


@pytest.mark.django_db
def test_many_letters_due_at_once_write_the_front_page_once(publish: Publish, monkeypatch) -> None:
    messages = MessageFactory.create_batch(30, approved=True)
    written: list[str] = []
    original = publishing.write
    monkeypatch.setattr(publishing, "write", lambda path: written.append(path) or original(path))

    for message in messages:
        publishing.show(message.pk)

    assert written.count("index.html") == 1
    assert len(numbers()) == 30


@pytest.mark.django_db
def test_figures_on_the_map_follow_within_a_minute(tree: Path, publish: Publish) -> None:
    publishing.sweep()
    publish(country="KE")
    assert "KE" not in (tree / "en" / "map.html").read_text()

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        publishing.sweep()

    assert "find/?country=KE" in (tree / "en" / "map.html").read_text()
    assert not DirtyPage.objects.exists()


# --- Leaving -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("how", ["withdraw", "remove", "narrow"])
def test_a_letter_leaves_pages_and_media_within_the_request(how: str, tree: Path, publish: Publish) -> None:
    publish(3)
    message = MessageFactory(
        approved=True, kind="photo", body_ko="이 편지는 거둡니다.", body_en="This one goes.",
        name_ko="떠나는이", name_en="Leaver", alt_ko="배", alt_en="A boat",
    )  # fmt: skip
    token = attach(message, PHOTO).token
    publish_due()
    publish(2)
    message.refresh_from_db()
    assert (tree / "media" / token / "320.webp").exists()
    assert "떠나는이" in text_of(tree)

    if how == "withdraw":
        lifecycle.withdraw(message)
    elif how == "remove":
        lifecycle.remove(message, actor=StaffFactory())
    else:
        lifecycle.narrow(message, outlets=["web"])

    assert not (tree / "media" / token).exists()
    assert not list(tree.rglob(f"{message.slug}*"))
    for word in ("거둡니다", "This one goes", "떠나는이", "Leaver", message.slug, token):
        assert word not in text_of(tree)
    assert Client().get(f"/ko/m/{message.slug}.html").status_code == 410
    assert "떠나는이" not in Client().get("/ko/find/").content.decode()
    run_jobs()
    assert numbers() == [1, 2, 3, 4, 5, 6], "its number is not used again"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_taking_a_letter_down_writes_at_most_four_pages_a_language(tree: Path, publish: Publish, monkeypatch) -> None:
    message = publish(45)[25]
    written: list[tuple[str, str]] = []
    original = published.write
    monkeypatch.setattr(published, "write", lambda *page: written.append(page[:2]) or original(*page))

    lifecycle.withdraw(message)

    assert 0 < len(written) <= 2 * 4


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_failure_while_taking_down_is_repeated_by_the_job(tree: Path, publish: Publish, monkeypatch) -> None:
    message = publish(2)[0]

    def fail(*_arguments: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(published, "remove", fail)
        lifecycle.withdraw(message)
    assert (tree / "ko" / "m" / f"{message.slug}.html").exists()

    run_jobs()

    assert not (tree / "ko" / "m" / f"{message.slug}.html").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_letter_whose_files_are_erased_at_once_leaves_no_media_behind(tree: Path) -> None:
    message = MessageFactory(approved=True, kind="voice")
    attachment = attach(message, VOICE)
    publish_due()
    message.refresh_from_db()
    token = attachment.token
    assert (tree / "media" / token / "voice.m4a").exists()

    lifecycle.withdraw(message)
    attachment.delete()
    run_jobs()

    assert not (tree / "media" / token).exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_restored_letter_comes_back_under_its_number(tree: Path, publish: Publish) -> None:
    message = publish(3)[1]
    lead = StaffFactory()
    lifecycle.remove(message, actor=lead)
    assert not (tree / "ko" / "m" / f"{message.slug}.html").exists()

    lifecycle.restore(message, actor=lead)
    run_jobs()

    message.refresh_from_db()
    assert message.wall_number == 2
    assert (tree / "ko" / "m" / f"{message.slug}.html").exists()
    assert message.slug in (tree / "en" / "index.html").read_text()
    assert message.events.filter(kind=Event.Kind.SHOWN).count() == 1


@pytest.mark.django_db
def test_an_applied_edit_changes_the_published_words(tree: Path, publish: Publish) -> None:
    message = publish(name_ko="옛이름")[0]
    Message.objects.filter(pk=message.pk).update(body_ko="고친 편지입니다.", name_ko="새이름")

    changes.announce(message.pk, Event.Kind.EDIT_SHOWN)
    run_jobs()

    assert "고친 편지입니다." in (tree / "ko" / "m" / f"{message.slug}.html").read_text()
    assert "옛이름" not in text_of(tree / "ko")


# --- Media -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_public_names_of_public_letters_are_in_the_tree(tree: Path) -> None:
    hidden = attach(MessageFactory(not_yet_live=True, kind="photo"), PHOTO)
    shown = attach(MessageFactory(approved=True, kind="voice"), VOICE | {"master.flac": (None, None)})

    publish_due()

    assert not (tree / "media" / hidden.token).exists()
    assert [path.name for path in (tree / "media" / shown.token).iterdir()] == ["voice.m4a"]


@pytest.mark.django_db
def test_a_public_file_tells_the_day_it_was_received_and_not_the_second(tree: Path) -> None:
    received = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
    shown = attach(MessageFactory(approved=True, kind="photo", submitted_at=received), PHOTO)

    publish_due()

    times = {path.stat().st_mtime for path in (tree / "media" / shown.token).iterdir()}
    assert times == {datetime(2026, 3, 14, tzinfo=UTC).timestamp()}


# --- The whole tree ----------------------------------------------------------------------------------------------


def publish_command(*options: str) -> str:
    output = StringIO()
    call_command("publish", *options, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
@pytest.mark.any_database
def test_publishing_everything_makes_what_publishing_one_by_one_made(tree: Path, publish: Publish) -> None:
    publish(25)
    publish_command("--all")
    before = {path: path.read_bytes() for path in tree.rglob("*.html*")}
    for path in before:
        path.unlink()

    output = publish_command("--all")

    assert {path: path.read_bytes() for path in tree.rglob("*.html*")} == before
    assert output == f"{len(before) // 3} pages: {len(before) // 3} written, 0 other files removed\n"
    assert " 0 written, 0 other" in publish_command("--all")


@pytest.mark.django_db
@pytest.mark.any_database
def test_publishing_everything_removes_what_should_not_be_there(tree: Path, publish: Publish) -> None:
    message = publish(2)[0]
    token = attach(message, VOICE).token
    publish_command("--all")
    Message.objects.filter(pk=message.pk).update(status=Message.Status.WITHDRAWN)
    (tree / "ko" / "p" / "9.html.gz").write_bytes(b"old")
    (tree / "ko" / ".half.html.1.2.tmp").write_bytes(b"half")

    publish_command("--all")

    assert message.slug not in text_of(tree)
    assert not list(tree.rglob(f"{message.slug}*"))
    assert not (tree / "media" / token).exists()
    assert not list(tree.rglob("9.html*"))
    assert not list(tree.rglob("*.tmp"))
    assert "no differences" in publish_command("--check")


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize(
    "plant",
    [
        pytest.param(lambda tree, slug, token: (tree / "ko" / "index.html").unlink(), id="missing page"),
        pytest.param(lambda tree, slug, token: (tree / "en" / "safe.html.br").unlink(), id="missing form"),
        pytest.param(lambda tree, slug, token: (tree / "en" / "p" / "1.html").write_text("old"), id="old page"),
        pytest.param(lambda tree, slug, token: (tree / "ko" / "m" / f"{slug}.html.gz").write_bytes(b"?"), id="broken"),
        pytest.param(
            lambda tree, slug, token: (tree / "ko" / "m" / "aaaaaaaaaaaa.html").write_text(""), id="stray page"
        ),
        pytest.param(lambda tree, slug, token: (tree / "media" / ("z" * 26)).mkdir(), id="stray media"),
        pytest.param(lambda tree, slug, token: (tree / "media" / token / "voice.m4a").unlink(), id="missing media"),
        pytest.param(lambda tree, slug, token: MessageFactory(approved=True), id="not published"),
    ],
)
def test_the_check_names_a_difference(plant, tree: Path, publish: Publish) -> None:
    message = publish(2)[0]
    token = attach(message, VOICE).token
    publish_command("--all")
    assert "no differences" in publish_command("--check")

    plant(tree, message.slug, token)

    with pytest.raises(CommandError, match=r"^1 differences between tree and database: [^\n]+$"):
        publish_command("--check")


@pytest.mark.django_db
@pytest.mark.any_database
def test_a_label_that_waits_for_its_minute_is_no_difference_but_one_that_waits_longer_is(publish: Publish) -> None:
    publish(20)
    publish_command("--all")
    publish(1)  # opens the second page, to which the first has to link

    assert "no differences" in publish_command("--check")
    with time_machine.travel(timezone.now() + timedelta(minutes=2)), pytest.raises(CommandError, match=r"ko/p/1\.html"):
        publish_command("--check")
    publish_command()
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert "no differences" in publish_command("--check")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.any_database
def test_links_learn_the_weight_of_a_page_that_was_written_after_them(publish: Publish, tree: Path) -> None:
    messages = MessageFactory.create_batch(42, approved=True)
    publishing.number_due()
    messages[30].refresh_from_db()
    lifecycle.withdraw(messages[30])  # writes the second page while the first still waits

    publish_due()
    assert not re.search(r"20통 \(약", (tree / "ko" / "p" / "2.html").read_text())
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        publishing.sweep()

    assert re.search(r"20통 \(약 \d+ KB\)", (tree / "ko" / "p" / "2.html").read_text())
    assert "no differences" in publish_command("--check")


@pytest.mark.django_db
def test_without_options_the_command_publishes_what_is_due(tree: Path) -> None:
    MessageFactory.create_batch(2, approved=True)

    output = publish_command()

    assert output.startswith("2 letters published, ")
    assert (tree / "ko" / "safe.html").exists()
    assert publish_command() == "0 letters published, 0 pages written\n"


@pytest.mark.django_db
def test_a_new_style_is_allowed_before_the_first_page_uses_it_and_old_ones_until_all_are_written(
    tree: Path, publish: Publish
) -> None:
    hashes = tree.parent / "csp-hashes.json"
    hashes.write_text(json.dumps({"style": ["'sha256-old'"], "script": ["'sha256-older'"]}))

    publish()
    assert all(f"'sha256-{age}'" in policy.content_policy("reading") for age in ("old", "older"))
    assert all(policy.inline_hash(each) in hashes.read_text() for each in (*policy.SHEETS, *policy.SCRIPTS))

    publish_command("--all")
    assert "sha256-old" not in hashes.read_text()
    assert "sha256-old" not in policy.content_policy("reading")


@pytest.mark.django_db
def test_a_published_page_needs_no_query(tree: Path, publish: Publish, django_assert_num_queries) -> None:
    message = publish()[0]

    with django_assert_num_queries(0, connection=connection):
        assert message.slug in (tree / "ko" / "index.html").read_text()
