"""Hiding many letters at once, everywhere, and letting them be shown again."""

from __future__ import annotations

import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from moderation import roles
from moderation.models import Lockdown
from moderation.safety.views import lockdowns
from supporters import lifecycle
from supporters.models import Event, Message
from tests.factories import MessageFactory, SafetyLeadFactory, StaffFactory
from tests.queues import run_jobs
from tests.wall.conftest import PHOTO, attach, publish, publish_due, text_of, tree  # noqa: F401
from wall import figures, publishing

from .conftest import client_of

LOCKDOWN = "/admin/desk/lockdown/"


def preview(client: Client, **chosen: str) -> dict[str, str]:
    """The form of a lockdown after its letters were looked at."""
    page = client.post(LOCKDOWN, {**chosen, "action": "preview"})
    return {**chosen, "seen": page.context["preview"]["mark"], "action": "hide", "note": "checked by Lea"}


def slugs_shown(client: Client, **chosen: str) -> set[str]:
    page = client.post(LOCKDOWN, {**chosen, "action": "preview"})
    return {message.slug for message in page.context["preview"]["letters"]}


# --- Choosing ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_choices_narrow_together_whatever_the_status(lead_desk: Client) -> None:
    day = timezone.now().date().isoformat()
    wanted = MessageFactory(country="DE", group="School at the river", original="Grüße aus ÖSTERREICH, liebe Freunde")
    shown = MessageFactory(approved=True, country="DE", group="school AT the river", body_ko="österreich freunde")
    MessageFactory(country="DE", group="School at the river", original="Grüße")
    MessageFactory(country="FR", group="School at the river", original="Österreich Freunde")
    withdrawn = MessageFactory(country="DE", group="School at the river", original="Österreich Freunde")
    lifecycle.withdraw(withdrawn)

    found = slugs_shown(
        lead_desk, country="DE", group="the river", since=day, until=day, words="Österreich freunde"
    )  # fmt: skip

    assert found == {wanted.slug, shown.slug}
    assert slugs_shown(lead_desk, country="DE", until="2001-01-01") == set()
    assert len(slugs_shown(lead_desk, country="DE", since="0001-01-01", until="9999-12-31")) == 3


@pytest.mark.django_db
def test_composed_and_decomposed_hangul_find_each_other(lead_desk: Client) -> None:
    import unicodedata

    composed = MessageFactory(original_name="한별")
    decomposed = MessageFactory(original_name=unicodedata.normalize("NFD", "한별"))

    assert slugs_shown(lead_desk, words="한별") == {composed.slug, decomposed.slug}
    assert slugs_shown(lead_desk, words=unicodedata.normalize("NFD", "한별")) == {composed.slug, decomposed.slug}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "Choose at least one thing"),
        ({"country": "KP"}, "Choose a country from the list."),
        ({"since": "yesterday"}, "Write the day as year-month-day"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "The first day lies behind the last one."),
        ({"words": "w" * 201}, "Please shorten it to 200 characters."),
        ({"country": "DE", "action": "explode"}, "This page does not know that action."),
        ({"lift": "12"}, "There is no such lockdown."),
        ({"lift": "x"}, "There is no such lockdown."),
    ],
)
def test_what_cannot_be_done_is_said_and_hides_nothing(lead_desk: Client, chosen: dict[str, str], said: str) -> None:
    MessageFactory(country="DE")

    page = lead_desk.post(LOCKDOWN, {"action": "hide", **chosen})

    assert said in page.content.decode()
    assert not Lockdown.objects.exists()


@pytest.mark.django_db
def test_nothing_is_hidden_before_its_letters_were_looked_at(lead_desk: Client) -> None:
    message = MessageFactory(country="DE", group="River")
    looked_at = preview(lead_desk, country="DE")

    for form in ({"country": "DE", "action": "hide"}, {**looked_at, "country": "", "group": "River"}):
        page = lead_desk.post(LOCKDOWN, form)
        assert page.context["preview"]["count"] == 1

    assert not Message.objects.get(pk=message.pk).is_hidden


# --- Effect ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_group_leaves_everything_within_the_request_and_comes_back_as_it_was(tree, publish) -> None:  # noqa: F811
    others = publish(3, country="FR", name_ko="남는이", name_en="Stayer")
    gone = publish(21, country="DE", name_ko="숨는이", name_en="Hider", body_ko="숨길 글", body_en="Words to hide")
    photo = MessageFactory(approved=True, kind="photo", country="DE", alt_ko="배", alt_en="A boat", name_ko="숨는이")
    token = attach(photo, PHOTO).token
    publish_due()
    after = publish(1, country="FR", name_ko="남는이")[0]
    publishing.publish_all()
    before = {path.relative_to(tree): path.read_bytes() for path in tree.rglob("*.html*")}
    client = client_of(SafetyLeadFactory())

    answer = client.post(LOCKDOWN, preview(client, country="DE"))

    assert "22 letters are hidden" in client.get(answer["Location"]).content.decode()
    assert not (tree / "media" / token).exists()
    for word in ("숨는이", "Hider", "숨길 글", "Words to hide", token, *(message.slug for message in gone)):
        assert word not in text_of(tree)
        assert word not in Client().get("/ko/find/").content.decode()
    for language in ("ko", "en"):
        assert Client().get(f"/{language}/m/{gone[12].slug}.html").status_code == 410
        assert "숨는이" not in Client().get(f"/{language}/p/2.html").content.decode()
        assert not list((tree / language / "m").glob(f"{gone[0].slug}*"))
    assert figures.current().letters == 4
    assert "DE" not in (tree / "en" / "map.html").read_text()
    run_jobs()
    assert all((tree / "ko" / "m" / f"{message.slug}.html").exists() for message in (*others, after))

    client.post(LOCKDOWN, {"lift": Lockdown.objects.get().pk})
    run_jobs()
    publishing.publish_all()

    assert {path.relative_to(tree): path.read_bytes() for path in tree.rglob("*.html*")} == before
    assert (tree / "media" / token / "320.jpg").exists()
    assert Event.objects.broken_links(gone[0]) == []
    kinds = list(gone[0].events.order_by("number").values_list("kind", flat=True))
    assert kinds[-2:] == [Event.Kind.HIDDEN, Event.Kind.UNHIDDEN]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pages_around_letters_far_apart_name_none_of_them(tree, monkeypatch) -> None:  # noqa: F811
    monkeypatch.setattr(publishing, "TOGETHER_SECONDS", -1)
    for number in range(26):
        MessageFactory(approved=True, country="FR", name_ko="남는이")
        if number % 8 == 0:
            MessageFactory.create_batch(1 + number % 3, approved=True, country="DE", name_ko="숨는이")
    publish_due()
    assert "숨는이" in text_of(tree)

    lockdowns.begin(Message.objects.filter(country="DE").values_list("pk", flat=True), lead=None)

    assert "숨는이" not in text_of(tree), "what is not written in time is not there"
    run_jobs()
    assert "숨는이" not in text_of(tree)
    call_command("publish", "--check", stdout=StringIO())


@pytest.mark.django_db
def test_letters_that_wait_are_held_too(tree) -> None:  # noqa: F811
    waiting, due = MessageFactory(drafted=True, cleared_web=True, country="DE"), MessageFactory(approved=True)
    lockdown = lockdowns.begin([waiting.pk, due.pk], lead=SafetyLeadFactory())
    waiting.refresh_from_db()
    lifecycle.approve(waiting, moderator=StaffFactory(), revision=waiting.revision, checks=lifecycle.CHECKS)
    Message.objects.filter(pk=waiting.pk).update(live_at=timezone.now())

    publishing.sweep()

    assert not Message.objects.filter(wall_number__isnull=False).exists()
    assert not list(tree.rglob("m/*.html"))
    lockdowns.lift(lockdown, lead=SafetyLeadFactory())
    publishing.sweep()
    assert Message.objects.filter(wall_number__isnull=False).count() == 2


@pytest.mark.django_db
def test_a_letter_comes_back_only_when_no_lockdown_holds_it() -> None:
    lead = SafetyLeadFactory()
    both, first_only, second_only = MessageFactory.create_batch(3, approved=True)
    first = lockdowns.begin([both.pk, first_only.pk], lead=lead)
    second = lockdowns.begin([both.pk, second_only.pk], lead=lead)

    assert lockdowns.lift(first, lead=lead) == 1

    assert set(Message.objects.filter(is_hidden=True)) == {both, second_only}
    assert lockdowns.lift(first, lead=lead) is None, "ended once"
    assert lockdowns.lift(second, lead=lead) == 2
    assert not Message.objects.filter(is_hidden=True).exists()
    assert both.events.filter(kind=Event.Kind.HIDDEN).count() == 1


@pytest.mark.django_db
def test_hiding_is_not_told_to_the_sender() -> None:
    from supporters import progress

    message = MessageFactory(approved=True)
    before = progress.life_line(message)

    lockdowns.begin([message.pk], lead=SafetyLeadFactory())

    assert progress.life_line(message) == before


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_letters(django_assert_max_num_queries, settings) -> None:
    # What other rooms ask about each letter is theirs.
    settings.AFTER_CHANGE = ["wall.publishing.changed"]
    for number, message in enumerate(MessageFactory.create_batch(200, approved=True), start=1):
        Message.objects.filter(pk=message.pk).update(wall_number=number)
    keys = list(Message.objects.values_list("pk", flat=True))

    with django_assert_max_num_queries(60):
        lockdowns.begin(keys, lead=None)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_publishing_and_locking_down_at_once_shows_nothing(tree) -> None:  # noqa: F811
    keys = [message.pk for message in MessageFactory.create_batch(30, approved=True)]
    start = threading.Barrier(2)

    def publish_all() -> None:
        start.wait()
        while publishing.number_due(limit=4):
            pass
        publishing.write_marked()
        connections.close_all()

    thread = threading.Thread(target=publish_all)
    thread.start()
    start.wait()
    lockdowns.begin(keys, lead=None)
    thread.join()

    assert not list(tree.rglob("m/*.html"))
    assert "마리아" not in text_of(tree)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_lockdowns_that_end_at_once_leave_nothing_hidden() -> None:
    lead = SafetyLeadFactory()
    keys = [message.pk for message in MessageFactory.create_batch(20, approved=True)]
    began = [lockdowns.begin(keys, lead=lead) for _time in range(2)]
    start = threading.Barrier(2)

    def lift(lockdown: Lockdown) -> None:
        start.wait()
        lockdowns.lift(lockdown, lead=lead)
        connections.close_all()

    threads = [threading.Thread(target=lift, args=[lockdown]) for lockdown in began]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not Message.objects.filter(is_hidden=True).exists()


# --- Who ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in roles.ROLES if role != roles.SAFETY_LEAD])
def test_only_safety_leads_lock_down(role: str) -> None:
    message = MessageFactory(country="DE")
    client = client_of(StaffFactory(role=role))

    assert client.get(LOCKDOWN).status_code == 403
    assert client.post(LOCKDOWN, {"country": "DE", "action": "hide"}).status_code == 403
    assert not Message.objects.get(pk=message.pk).is_hidden


@pytest.mark.django_db
def test_what_senders_and_leads_typed_is_shown_as_text(lead_desk: Client) -> None:
    hostile = "<script>alert(1)</script>"
    MessageFactory(original=hostile, original_name=hostile, country="DE")

    page = lead_desk.post(LOCKDOWN, {"words": "script", "note": hostile, "action": "preview"}).content.decode()
    form = preview(lead_desk, words="script") | {"note": hostile}
    after = lead_desk.get(lead_desk.post(LOCKDOWN, form)["Location"]).content.decode()

    assert hostile not in page + after
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;script&gt;" in after


# --- From the command line ---------------------------------------------------------------------------------------


def take_down(*slugs: str) -> str:
    output = StringIO()
    call_command("take_down", *slugs, stdout=output)
    return output.getvalue()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_take_down_works_without_web_and_worker(tree: Path, publish) -> None:  # noqa: F811
    one, other, kept = publish(3)

    assert take_down(one.slug, other.slug, one.slug).startswith("2 letters hidden, 0 hidden before, 0 taken back")

    for message in (one, other):
        assert not list(tree.rglob(f"{message.slug}*"))
        assert message.slug not in text_of(tree)
        assert Client().get(f"/en/m/{message.slug}.html").status_code == 410
    assert (tree / "ko" / "m" / f"{kept.slug}.html").exists()
    assert take_down(one.slug).startswith("0 letters hidden, 1 hidden before")
    client = client_of(SafetyLeadFactory())
    for lockdown in Lockdown.objects.all():
        client.post(LOCKDOWN, {"lift": lockdown.pk})
    run_jobs()
    assert (tree / "ko" / "m" / f"{one.slug}.html").exists()


@pytest.mark.django_db
def test_take_down_of_an_unknown_letter_hides_nothing() -> None:
    message = MessageFactory(approved=True)

    with pytest.raises(CommandError, match=r"^Nothing was hidden: there is no letter aaaaaaaaaaaa$"):
        take_down(message.slug, "aaaaaaaaaaaa")

    assert not Message.objects.get(pk=message.pk).is_hidden


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_take_down_says_so_when_a_page_could_not_be_removed(tree, publish, monkeypatch) -> None:  # noqa: F811
    from wall import tree as published

    message = publish(1)[0]
    monkeypatch.setattr(published, "remove", lambda *arguments: False)

    with pytest.raises(CommandError, match="pages are still there"):
        take_down(message.slug)
