"""Jobs are rows: lost with their transaction, held back until their time, taken up again after a crash."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule

from messages_site import jobs
from tests.queues import run_jobs

pytestmark = pytest.mark.django_db
calls: list[int] = []


def remember(number: int) -> None:
    calls.append(number)


NAME = f"{__name__}.remember"


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


def test_job_runs_with_its_arguments() -> None:
    jobs.enqueue(NAME, 7)

    assert run_jobs() == 1
    assert calls == [7]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_job_is_lost_with_the_transaction_it_was_made_in() -> None:
    with transaction.atomic():
        jobs.enqueue(NAME, 7)
        transaction.set_rollback(True)

    assert not OrmQ.objects.exists()


def test_waiting_job_is_left_alone_until_its_time() -> None:
    due = timezone.now() + timedelta(minutes=10)
    jobs.enqueue(NAME, 7, at=due)

    assert run_jobs() == 0
    assert not ORM(list_key=jobs.SHORT).dequeue()
    assert run_jobs(at=due + timedelta(seconds=1)) == 1


def test_queues_are_apart() -> None:
    jobs.enqueue(NAME, 1)
    jobs.enqueue(NAME, 2, queue=jobs.MEDIA)

    assert sorted(OrmQ.objects.values_list("key", flat=True)) == ["media", "short"]


def test_start_releases_what_a_killed_worker_had_taken_and_nothing_else() -> None:
    jobs.enqueue(NAME, 1)
    jobs.enqueue(NAME, 2, at=timezone.now() + timedelta(minutes=5))
    assert ORM(list_key=jobs.SHORT).dequeue()
    assert run_jobs() == 0

    released = jobs.release_abandoned()

    assert released == 1
    assert run_jobs() == 1
    assert calls == [1]


def test_repeated_job_is_scheduled_once() -> None:
    jobs.every(1, NAME)
    jobs.every(1, NAME)

    assert Schedule.objects.filter(func=NAME, minutes=1).count() == 1
