"""Measure the site against its budgets: `make bench`, or `make bench-quick` with less data.

Every figure is a weight or a ratio taken in one run on this machine; absolute times on a shared machine say little.
It works in a temporary folder and prints one line a budget: first photos and clips, then pages and the desk;
`--only media` or `--only site` for one of the two.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def start(var: Path) -> None:
    """Start Django on an empty site in `var`."""
    os.environ.update(VAR=str(var), DEMO="1", DJANGO_SETTINGS_MODULE="messages_site.settings")
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    from demo import accounts

    accounts.ensure()


def row(what: str, goal: str, measured: str) -> None:
    """Print one budget."""
    print(f"{what:<62} {goal:<18} {measured}")


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


def weigh(folder: Path) -> None:
    """What a reader pays."""

    def packed(path: Path) -> int:
        return len(gzip.compress(path.read_bytes(), 6, mtime=0))

    for language in ("ko", "en"):
        pages = folder / language
        heaviest = max((pages / "m").glob("*.html"), key=packed)
        row(f"front page, {language}", "<= 14,000 B", f"{packed(pages / 'index.html'):,} B")
        row(f"heaviest message page, {language}", "<= 8,000 B", f"{packed(heaviest):,} B")
        row(f"safety page, {language}", "<= 7,000 B", f"{packed(pages / 'safe.html'):,} B")
        archive = max((pages / "p").glob("*.html"), key=packed)
        row(f"heaviest page of 20 demo letters, {language}", "", f"{packed(archive):,} B")
    brotli = sum(path.stat().st_size for path in folder.rglob("*.html.br"))
    packed_9 = sum(path.stat().st_size for path in folder.rglob("*.html.gz"))
    row("all pages: brotli against gzip 9", "<= 0.87", f"{brotli / packed_9:.2f}")


def grow(total: int) -> None:
    """Add letters up to `total` and say how fast that went."""
    from demo import loading

    begun = time.monotonic()
    added = loading.grow(total, progress=lambda count: None)
    row(f"load_demo --messages {total:,}", ">= 20,000 rows/s", f"{added / (time.monotonic() - begun):,.0f} rows/s")


def live_pages() -> dict[str, Callable[[], object]]:
    """Live pages that read a list, by the name of their budget row."""
    from django.contrib.auth.models import User
    from django.test import Client

    staff = Client()
    staff.force_login(User.objects.get(username="moderator"))
    reader = Client()
    return {
        "find, a country": lambda: reader.get("/ko/find/?country=DE", SERVER_NAME="localhost"),
        "find, all kinds": lambda: reader.get("/en/find/?kind=text", SERVER_NAME="localhost"),
        "the desk's queue": lambda: staff.get("/admin/desk/", SERVER_NAME="localhost"),
    }


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


def files(*, quick: bool) -> None:
    """Photos and clips, each in a process of its own: they count CPU seconds and memory of all their children."""
    for part in ("photos", "clips"):
        command = [sys.executable, str(ROOT / "bench" / f"{part}.py"), *(["--quick"] if quick else [])]
        sys.stdout.flush()
        subprocess.run(command, check=True)


def site(*, quick: bool) -> None:
    """Pages and the desk, with few letters and with many."""
    many = 10_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start(Path(folder))
        from django.core.management import call_command

        call_command("load_demo", verbosity=0)
        # On a busy machine a first sweep leaves pages for a later job.
        call_command("publish", "--all", verbosity=0)
        weigh(Path(folder) / "tree")
        desk_pages(2_000 if quick else 10_000)
        pages = live_pages()
        few = {name: cpu(page, 15) for name, page in pages.items()}
        grow(many)
        for name, page in pages.items():
            goal = "<= 1.3" if "desk" in name else "<= 1.1"
            row(f"{name}: cost at {many:,} letters against the demo's", goal, f"{cpu(page, 15) / few[name]:.2f}")


def main() -> None:
    parts = {"media": files, "site": site}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10^4 letters instead of 10^6, short clips, few rounds")
    parser.add_argument("--only", choices=list(parts), help="one part of it")
    options = parser.parse_args()
    for name, measure in parts.items():
        if options.only in (None, name):
            measure(quick=options.quick)


if __name__ == "__main__":
    main()
