"""Running queued jobs inside a test, the way a worker would."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage


def run_jobs(*, at: datetime | None = None, limit: int = 200) -> int:
    """Take and call every job due at `at` (now when None) until none is left; jobs may add jobs. Returns how many ran.

    An exception of a job reaches the test. Put the clock forward with time-machine when a job asks for the time.
    """
    done = 0
    while row := OrmQ.objects.filter(lock__lte=at or timezone.now()).order_by("pk").first():
        task = SignedPackage.loads(row.payload)
        row.delete()
        import_string(task["func"])(*task["args"], **task["kwargs"])
        done += 1
        assert done < limit, f"{limit} jobs ran and there is still {task['func']}"
    return done
