"""The numbers of the start page, counted by hand, as pictures and as tables."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from moderation import roles
from moderation.models import Claim, Translation
from moderation.start import figures
from moderation.start.charts import Bar, BarChart, Column, ColumnChart
from supporters import lifecycle
from supporters.models import Event
from tests.factories import MessageFactory, StaffFactory

from .conftest import client_of

pytestmark = pytest.mark.django_db


def ago(**age: float) -> dict[str, object]:
    return {"submitted_at": timezone.now() - timedelta(**age)}


def with_edit(message, **age: float) -> None:
    edit = lifecycle.propose_edit(message, sent={}, agreed={"web": True, "radio": False, "usb": False})
    type(edit).objects.filter(pk=edit.pk).update(**ago(**age))


def event(kind: str, at: datetime, actor=None, **fields: object):
    return Event.objects.record(MessageFactory(**fields), kind, actor=actor, at=at)


def test_waiting_is_counted_by_age_and_language():
    for hours in (1, 23, 25, 71, 73, 24 * 6, 24 * 8, 24 * 9, 24 * 10):
        MessageFactory(language="fr" if hours < 24 else "de", **ago(hours=hours))
    with_edit(MessageFactory(approved=True, language="fr"), hours=30)
    MessageFactory(declined=True, language="de")

    assert figures.waiting_by_age() == [2, 3, 2, 3]
    assert figures.waiting_by_language() == [("de", 7), ("fr", 3)]
    assert figures.long_waits() == 5


def test_decisions_of_people_are_counted_by_day(mina):
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    for kind, at, actor in (
        ("approved", now, mina), ("edit_accepted", now, mina), ("asked", yesterday, mina), ("declined", now, mina),
        ("edit_refused", yesterday, mina), ("declined", now, None), ("approved", now - timedelta(days=15), mina),
        ("saved", now, mina),
    ):  # fmt: skip
        event(kind, at, actor)

    days = figures.decisions()

    assert len(days) == 14
    assert days[-1] == figures.Day(now.astimezone(UTC).date(), approved=2, asked=0, declined=1)
    assert days[-2] == figures.Day(yesterday.astimezone(UTC).date(), approved=0, asked=1, declined=1)
    assert sum(day.total for day in days) == 5


def test_time_to_publish_is_the_median_and_what_nine_of_ten_kept_to(mina):
    now = timezone.now()
    assert figures.publishing_times().letters == 0
    for hours in (1, 2, 3, 4, 5, 6, 7, 8, 30, 100):
        event("approved", now, mina, approved=True, submitted_at=now - timedelta(hours=hours), live_at=now)
    # Decided twice: counted once. Decided long ago, or taken away since: not at all.
    twice = MessageFactory(approved=True, submitted_at=now - timedelta(hours=5.5), live_at=now)
    for _time in range(2):
        Event.objects.record(twice, "approved", actor=mina)
    event("approved", now - timedelta(days=31), mina, approved=True)
    event("approved", now, mina, declined=True)

    times = figures.publishing_times()

    assert times.letters == 11
    assert times.median == timedelta(hours=5.5)
    assert times.ninetieth == timedelta(hours=30)


def test_languages_without_a_translator_and_late_reviews_need_help(mina):
    now = timezone.now()
    french, also_french, polish = (MessageFactory(language=code) for code in ("fr", "fr", "pl"))
    for message, since in ((french, 3), (also_french, 2), (polish, 5)):
        Translation.objects.create(message=message, language="ko", asked_at=now - timedelta(days=since))
    Claim.objects.create(message=polish, task="ko", holder=mina, until=now + timedelta(minutes=5))
    for days in (6, 8):
        Translation.objects.create(
            message=MessageFactory(), language="en", state="ready", state_at=now - timedelta(days=days)
        )
    Translation.objects.create(message=MessageFactory(declined=True, language="ar"), language="ko")

    work = figures.translation_work(["ko", "en"])

    assert [(row.source, row.target, row.count, row.needs_help) for row in work] == [
        ("pl", "ko", 1, False), ("fr", "ko", 2, True),
    ]  # fmt: skip
    assert figures.reviews_waiting(["ko", "en"]) == {"en": 1}
    assert figures.translation_work(["kp"]) == []


@pytest.mark.parametrize("role", [roles.TRANSLATOR, roles.REVIEWER, roles.NORTHERN_READER])
def test_people_of_the_translation_desk_see_what_waits_for_them_and_nobody_by_name(role):
    message = MessageFactory(language="fr", original_name="Secret", body_ko="안녕하십니까.")
    Translation.objects.create(message=message, language="en")
    Translation.objects.create(message=message, language="kp")

    response = client_of(StaffFactory(role=role)).get("/admin/desk/start/")

    page = response.content.decode()
    is_northern = role == roles.NORTHERN_READER
    assert ("French → English" in page) is not is_northern
    assert ("Korean → Northern wording" in page) is is_northern
    assert "Secret" not in page
    assert "Decisions of the last 14 days" not in page


def test_page_shows_each_number_as_picture_and_table(desk, mina):
    MessageFactory(language="fr", **ago(hours=1))
    MessageFactory(language="de", **ago(days=9))

    page = desk.get("/admin/desk/start/").content.decode()

    charts = re.findall(r'<svg class="chart".*?</svg>\s*<details class="numbers">.*?</details>', page, re.S)
    assert len(charts) >= 3
    for chart in charts:
        picture, table = chart.split("</svg>")
        drawn = re.findall(r'class="ch-value"[^>]*>([^<]*)<', picture)
        written = re.findall(r"<td>([^<]*)</td>", table)
        if drawn:
            assert drawn == written
        assert 'role="img"' in picture
        assert "<title" in picture
        assert "<desc" in picture
        assert " style=" not in chart


def test_second_looks_are_counted_for_whoever_reads_as_the_tab_counts_them(desk, mina, jin):
    for first in (mina, jin, jin):
        message = MessageFactory()
        lifecycle.send_to_second_look(message, moderator=first, revision=message.revision, reasons=["faces"])

    page = desk.get("/admin/desk/start/").content.decode()

    assert "2 letters wait for your second look." in page
    assert "Second look <b>2</b>" in page


def test_pages_of_a_quiet_desk_say_so(desk):
    page = desk.get("/admin/desk/start/").content.decode()

    assert "Nobody, just now. Thank you." in page
    assert "Nothing was published in the last 30 days." in page


def test_bars_and_columns_are_drawn_to_scale():
    bars = BarChart([Bar("a", 1000), Bar("b", 500), Bar("c", 1), Bar("d", 0)]).drawn
    assert [drawn.width for drawn in bars] == [320, 160, 2, 0]
    assert [drawn.bar.text for drawn in bars] == ["1,000", "500", "1", "0"]

    full, empty = ColumnChart([Column("1", "one", (2, 1, 1)), Column("2", "two", (0, 0, 0))]).drawn
    assert [(part.number, part.y, part.height) for part in full.parts] == [(0, 76, 60), (1, 46, 30), (2, 16, 30)]
    assert empty.parts == []
