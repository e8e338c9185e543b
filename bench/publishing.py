"""What publishing costs: pages written for one letter and for many at once (B6), and again after few changes (B13).

    python bench/publishing.py [--quick]

Counts and ratios of CPU seconds: those of writing the very same pages are the yardstick.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import grow, grown_site, many, row  # noqa: E402

FEW = 100
CHANGES = 10


def approve(count: int) -> list[int]:
    """Add letters that are due to come on the wall now, and return their keys."""
    from django.utils import timezone

    from demo.content import grown
    from demo.loading import MARK
    from supporters.models import Message
    from supporters.models.files import new_token

    now = timezone.now()
    rows = [
        Message(
            kind="text", status=Message.Status.APPROVED, original=letter.original, original_name=letter.name_en,
            language=letter.language, country=letter.country, body_ko=letter.body_ko, body_en=letter.body_en,
            name_ko=letter.name_ko, name_en=letter.name_en, agreed_web=True, cleared_web=True,
            submitted_at=now - timedelta(days=1), live_at=now - timedelta(seconds=1), receipt_hash=MARK + new_token(),
        )
        for letter in grown(count)
    ]  # fmt: skip
    return [message.pk for message in Message.objects.bulk_create(rows, batch_size=500)]


@contextmanager
def written() -> Iterator[Counter[str]]:
    """Counts how often each page is rendered and put in place, both languages together as one."""
    from wall import publishing

    counts: Counter[str] = Counter()
    write = publishing.write

    def counting(path: str) -> int:
        counts[path] += 1
        return write(path)

    with patch.object(publishing, "write", counting):
        yield counts


def settle() -> None:
    """Write what waits, as if a minute had passed."""
    from django.utils import timezone

    from wall import publishing
    from wall.models import DirtyPage

    while DirtyPage.objects.exists():
        DirtyPage.objects.update(due_at=timezone.now())
        publishing.sweep()


def pages_of_one_letter() -> None:
    """B6: what is written at once, and what waits its minute."""
    from supporters import services
    from supporters.models import Message
    from wall import publishing
    from wall.models import DirtyPage

    settle()
    with written() as counts:
        (key,) = approve(1)
        publishing.show(key)
    waiting = DirtyPage.objects.count()
    row("B6 pages a language written at once for a letter shown", "<= 4", f"{counts.total()} ({waiting} more later)")
    settle()
    message = Message.objects.filter(wall_number__isnull=False).order_by("-wall_number")[30]
    with written() as counts:
        services.withdraw(message)
    # Its own page is taken away, not written.
    left = counts.total() - counts[f"m/{message.slug}.html"]
    waiting = DirtyPage.objects.count()
    row("B6 pages a language written at once for a letter withdrawn", "<= 4", f"{left} ({waiting} more later)")
    settle()


def many_at_once(count: int) -> None:
    """B6: the jobs of many letters that come due together."""
    from wall import order, pages, publishing
    from wall.models import DirtyPage

    settle()
    keys = approve(count)
    with written() as counts:
        for key in keys:
            publishing.show(key)
        while publishing.number_due() or publishing.write_marked():
            pass
        letters = sum(times for path, times in counts.items() if path.startswith("m/"))
        archive = sum(times for path, times in counts.items() if pages.ARCHIVE.fullmatch(path))
        least = count // order.PAGE + 1
        row(f"B6 front page written for {count:,} approvals at once", "a few times", f"{counts[pages.FRONT]} times")
        row(f"B6 pages of letters, of archive pages ({least} hold the new)", "", f"{letters:,}, {archive:,}")
        waiting = sorted(DirtyPage.objects.values_list("path", flat=True))
        others = [path for path in pages.fixed_paths() if path != pages.FRONT]
        times = ", ".join(f"{path} {counts[path]}" for path in others if counts[path] or path in waiting)
        row("B6 pages that may wait a minute: written meanwhile", "<= 1 a minute", times or "none")


def cost_of_an_approval() -> float:
    """CPU seconds of showing one letter with its pages at once: the median while an archive page fills up."""
    from wall import order, publishing

    settle()
    taken = []
    for _round in range(order.PAGE):
        (key,) = approve(1)
        begun = time.process_time()
        publishing.show(key)
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def counting_anew() -> float:
    """CPU seconds of the figures of the whole wall, counted at most once a minute."""
    from wall import figures

    begun = time.process_time()
    figures.recount()
    return time.process_time() - begun


def after_changes() -> None:
    """B13: a change of few letters costs what their pages cost, and the same database gives the same bytes."""
    from django.conf import settings

    from wall import publishing, tree

    settle()
    keys = approve(CHANGES)
    with written() as counts:
        begun = time.process_time()
        publishing.show(keys[0])
        taken = time.process_time() - begun
    for path in counts:
        for language in ("ko", "en"):
            tree.remove(language, path)
    begun = time.process_time()
    for path in counts:
        publishing.write(path)
    alone = time.process_time() - begun
    row(f"B13 publishing {CHANGES} letters against writing their {len(counts)} pages", "<= 2", f"{taken / alone:.2f}")
    publishing.publish_all()
    first = _digest(settings.TREE_ROOT)
    again = publishing.publish_all()
    row(f"B13 publish --all once more: pages written, of {again.pages:,}", "0", str(again.written))
    for file in list(settings.TREE_ROOT.rglob("*.html*")):
        file.unlink()
    publishing.publish_all()
    row("B13 the whole tree made anew: the same bytes", "yes", "yes" if _digest(settings.TREE_ROOT) == first else "no")


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.html*")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def measure_few() -> tuple[float, float]:
    """The rows of a small wall. Returns what `measure_many` compares with."""
    after_changes()
    pages_of_one_letter()
    cost = cost_of_an_approval()
    return cost, counting_anew()


def measure_many(few: tuple[float, float], *, quick: bool) -> None:
    """The rows of a large wall."""
    from wall import order

    total = order.last_number()
    cost = cost_of_an_approval()
    measured = f"{cost / few[0]:.2f} ({few[0] * 1e3:.0f} ms)"
    row(f"B6 cost of an approval at {total:,} letters against a small wall", "<= 1.1", measured)
    row(
        "B6 counting the figures, at most once a minute", "", f"{counting_anew():.2f} s, {few[1]:.2f} s on a small wall"
    )
    many_at_once(200 if quick else 1_000)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="10^4 letters instead of 10^6, 200 approvals instead of 1,000"
    )
    options = parser.parse_args()
    with grown_site(letters=FEW):
        small = measure_few()
        grow(many(quick=options.quick))
        measure_many(small, quick=options.quick)
