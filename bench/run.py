"""Measure the site against its budgets: `make bench`, or `make bench-quick` with less data.

Every figure is a weight or a ratio taken in one run on this machine; absolute times on a shared machine say little.
It works in a temporary folder and prints one line a budget: first photos and clips, then pages, servers and desk,
then the search; `--only site` is one of the three. Most parts run by themselves too: `python bench/serving.py --quick`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# The large wall of `--quick`, and that of a whole run.
QUICK_LETTERS, ALL_LETTERS = 10_000, 1_000_000


def start(var: Path) -> None:
    """Start Django on an empty site in `var`."""
    os.environ.update(VAR=str(var), DEMO="1", DJANGO_SETTINGS_MODULE="messages_site.settings")
    os.environ.pop("DATABASE_URL", None)
    # The static files of the bench are not collected: nothing asks for them.
    warnings.filterwarnings("ignore", message="No directory at")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from demo import accounts

    accounts.ensure()


@contextmanager
def grown_site(*, letters: int) -> Iterator[Path]:
    """A site of its own with nothing but `letters` short ones, for a part that runs by itself."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start(Path(folder))
        from wall.models import WallCounter

        WallCounter.objects.get_or_create(pk=1)
        grow(letters, tell=letters >= QUICK_LETTERS)
        yield Path(folder)


def row(what: str, goal: str, measured: str) -> None:
    """Print one budget."""
    print(f"{what:<66} {goal:<18} {measured}", flush=True)


def cpu(call: Callable[[], object], times: int) -> float:
    """Median CPU seconds of `call`."""
    taken = []
    for _time in range(times):
        begun = time.process_time()
        call()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def least_cpu(call: Callable[[], object], times: int) -> float:
    """CPU seconds of the quickest `call`: what other work on the machine adds is left out."""
    return min(cpu(call, 1) for _time in range(times))


def many(*, quick: bool) -> int:
    """How many letters stand on a large wall."""
    return QUICK_LETTERS if quick else ALL_LETTERS


def grow(total: int, *, tell: bool = True) -> None:
    """Add letters up to `total`, index their words and, to `tell`, say how fast they came."""
    from django.core.management import call_command

    from demo import loading

    begun = time.monotonic()
    added = loading.grow(total, progress=lambda count: None)
    if tell:
        row(f"load_demo --messages {total:,}", ">= 20,000 rows/s", f"{added / (time.monotonic() - begun):,.0f} rows/s")
    call_command("rebuild_search", stdout=sys.stderr)


def desk_pages(waiting: int) -> None:
    """The desk with `waiting` letters against the desk with a hundred: as many queries, hardly more time."""
    from bench import desk

    desk.fill(100)
    few = {name: (desk.queries(page), least_cpu(page, 25)) for name, page in desk.pages().items()}
    desk.fill(waiting)
    for name, page in desk.pages().items():
        queries, seconds = few[name]
        row(f"{name}: queries with 100 and {waiting:,} waiting", "the same", f"{queries} and {desk.queries(page)}")
        # The other lists hold hardly a line when a hundred wait: nothing to compare a full page with.
        goal = "<= 1.3" if name in ("queue", "review page", "translation queue") else ""
        row(f"{name}: cost with {waiting:,} waiting against 100", goal, f"{least_cpu(page, 25) / seconds:.2f}")


def alone(*parts: str) -> Callable[..., None]:
    """Measures `parts`, each in a process of its own: they count CPU seconds and memory of all their children."""

    def measure(*, quick: bool) -> None:
        for part in parts:
            command = [sys.executable, str(ROOT / "bench" / f"{part}.py"), *(["--quick"] if quick else [])]
            subprocess.run(command, check=True)

    return measure


def site(*, quick: bool) -> None:
    """Pages, publishing, servers and the desk, with few letters and with many."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        var = Path(folder)
        start(var)
        from django.core.management import call_command

        from bench import flat, publishing, serving, slow_line, weights

        call_command("load_demo", verbosity=0)
        # On a busy machine a first sweep leaves pages for a later job.
        call_command("publish", "--all", verbosity=0)
        weights.published(var / "tree")
        weights.live()
        slow_line.measure(var, quick=quick)
        desk_pages(2_000 if quick else 10_000)
        few = publishing.measure_few()
        grow(many(quick=quick))
        weights.full_list()
        flat.measure(var, quick=quick)
        publishing.measure_many(few, quick=quick)
        serving.measure(var, quick=quick)


def main() -> None:
    parts = {"media": alone("photos", "clips"), "site": site, "search": alone("search")}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10^4 letters instead of 10^6, short clips, few rounds")
    parser.add_argument("--only", choices=list(parts), help="one part of it")
    options = parser.parse_args()
    for name, measure in parts.items():
        if options.only in (None, name):
            measure(quick=options.quick)


if __name__ == "__main__":
    main()
