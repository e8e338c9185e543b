"""The one seam to the job engine (django-q2 on the site's own database).

A job is a row: enqueued inside a transaction it is committed or lost together with what it is about. Its arguments
are primary keys and short codes; it may run twice, so it checks the state of its rows first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.models import OrmQ, Schedule
from django_q.signing import SignedPackage
from django_q.tasks import async_task

SHORT = "short"  # seconds: publishing, letters
PHOTOS = "photos"  # seconds too, but many at once may keep it busy for long
MEDIA = "media"  # minutes: videos, voices
QUEUES = (SHORT, PHOTOS, MEDIA)


class _LaterORM(ORM):
    """django-q2's database broker, able to hold a job back: a worker takes only rows whose lock lies in the past."""

    def __init__(self, list_key: str, at: datetime) -> None:
        super().__init__(list_key=list_key)
        self.at = at

    def enqueue(self, task: str) -> int:
        return self.get_connection().create(key=self.list_key, payload=task, lock=self.at).pk


def enqueue(function: str, *arguments: int | str, queue: str = SHORT, at: datetime | None = None) -> None:
    """Have `function` (a dotted path) called with `arguments` by a worker of `queue`, not before `at`."""
    due = at or timezone.now()
    # The group carries the time a job waits for: a lock alone would not tell a waiting job from a taken one.
    async_task(function, *arguments, cluster=queue, group=due.isoformat(), broker=_LaterORM(queue, due))


def every(minutes: int, function: str) -> None:
    """Have `function` called about every `minutes` minutes by the short queue. Calling this again changes nothing."""
    Schedule.objects.update_or_create(
        name=function,
        defaults={
            "func": function,
            "schedule_type": Schedule.MINUTES,
            "minutes": minutes,
            "repeats": -1,
            "cluster": SHORT,
        },
    )


def release_abandoned() -> int:
    """Make jobs that a killed worker had taken available at once. Returns how many.

    Only for the start of a machine that runs all the workers there are: a job still running elsewhere would run
    a second time beside itself.
    """
    now = timezone.now()
    taken = [row.pk for row in OrmQ.objects.filter(lock__gt=now) if _due(row) <= now]
    return OrmQ.objects.filter(pk__in=taken).update(lock=now)


def _due(row: OrmQ) -> datetime:
    task: dict[str, Any] = SignedPackage.loads(row.payload)
    return datetime.fromisoformat(task["group"]) if task.get("group") else task["started"]
