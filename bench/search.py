"""The search by words against its budgets (B2, B14), for `run.py` or alone: find the newest 20 of many letters.

Times are of the index and the reading of what it found, beside LIKE over the same columns; nothing is rendered.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import cpu, row, start  # noqa: E402

ABSENT = [
    "코끼리",
    "눈사람",
    "라디오",
    "elephant",
    "xylophone",
    "zq",
    "끼룩",
    "쀍",
    "봄여름가을겨울",
    "hello thereafter",
]
LONGEST = 40
FEW = 100
LIKED = 12  # queries that are timed with LIKE, which reads everything


def queries(count: int) -> list[str]:
    """Parts of letters in both languages, of 1 to 40 characters, many of two; and words that stand nowhere."""
    from supporters.models import Message

    choose = random.Random(20250722)
    texts = [
        text for pair in Message.objects.order_by("pk").values_list("body_ko", "body_en")[:200] for text in pair if text
    ]
    made = list(ABSENT)
    while len(made) < count:
        text = choose.choice(texts)
        place = choose.randrange(len(text))
        length = 2 if choose.random() < 0.3 else choose.randrange(1, LONGEST + 1)
        made.append(text[place : place + length])
    return made


def find(words: str) -> Callable[[], object]:
    from wall.finding.choice import Choice
    from wall.finding.query import Query
    from wall.finding.selection import select

    return lambda: select(Choice(), Query.of(words))


def like(words: str) -> Callable[[], object]:
    """The same without an index, for one word as it is written."""
    from django.db.models import Q

    from wall import order

    anywhere = Q(body_ko__contains=words) | Q(body_en__contains=words)
    return lambda: list(order.on_wall().filter(anywhere).order_by("-wall_number").values_list("pk")[:20])


def milliseconds(call: Callable[[], object], times: int = 3) -> float:
    """The median of a few calls, by the clock: what a reader waits for."""
    taken = []
    for _time in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def weigh() -> None:
    """The index beside the text it is made of."""
    from django.db import connection

    from wall.finding import index
    from wall.finding.texts import COLUMNS, texts_of

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length(block)) FROM wall_search_data")
        size = cursor.fetchone()[0]
        cursor.execute("SELECT sum(length(sz) + 4) FROM wall_search_docsize")
        size += cursor.fetchone()[0]
    rows = index.belonging().values_list(*COLUMNS).iterator(chunk_size=2000)
    text = sum(len(words.encode()) for values in rows for _language, words in texts_of(values))
    row("B14 index against the text it finds", "<= 0.8", f"{size / text:.2f}")


def measure(*, letters: int) -> None:
    """Print the rows of the search with `letters` letters on the wall."""
    from django.core.management import call_command

    from demo import loading
    from wall.finding import index

    def fill(total: int) -> float:
        loading.grow(total, progress=lambda count: None)
        begun = time.monotonic()
        call_command("rebuild_search", stdout=sys.stderr)
        return time.monotonic() - begun

    fill(FEW)
    asked = queries(200)
    few = {words: cpu(find(words), 3) for words in asked}
    seconds = fill(letters)
    assert index.is_complete()
    row(f"rebuild_search, {letters:,} letters", "", f"{letters / seconds:,.0f} letters/s")
    taken = sorted(milliseconds(find(words)) for words in asked)
    row(f"B14 newest 20 of {letters:,}, 200 queries: p95", "<= 20 ms", f"{taken[int(len(taken) * 0.95)]:.1f} ms")
    row("B14 the same: median, slowest", "", f"{statistics.median(taken):.1f} ms, {taken[-1]:.1f} ms")
    liked = ABSENT[:LIKED]
    ours, theirs = (statistics.median(milliseconds(way(words), 1) for words in liked) for way in (find, like))
    row("B14 absent words: against LIKE", "<= 0.02", f"{ours / theirs:.3f}")
    many = statistics.median(cpu(find(words), 3) / max(few[words], 1e-5) for words in asked)
    row(f"B2 a search among {letters:,} against {FEW}", "<= 1.1", f"{many:.2f}")
    weigh()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10^4 letters instead of 10^6")
    parser.add_argument("--letters", type=int, help="another number of letters")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        start(Path(folder))
        measure(letters=options.letters or (10_000 if options.quick else 1_000_000))


if __name__ == "__main__":
    main()
