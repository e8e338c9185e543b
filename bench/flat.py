"""Whether a page costs the same however many letters there are (B2): a wall of a hundred beside one of a million.

    python bench/flat.py [--quick]

Each wall has a process of its own; they render every page in turn, and the least CPU seconds of each are compared. The
hundred letters are the newest hundred of the large wall, so that both render the same words.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.run import grow, grown_site, many, row, start  # noqa: E402

FEW = 100
GOALS = {"the desk's queue": "<= 1.3"}
WORDS = "language country original original_name body_ko body_en name_ko name_en".split()


def pages() -> dict[str, Callable[[], object]]:
    """The pages to measure, by the name of their row."""
    from django.contrib.auth.models import User
    from django.test import Client

    from wall import order
    from wall import pages as wall_pages

    staff, reader = Client(), Client()
    staff.force_login(User.objects.get(username="moderator"))
    last = order.last_number()
    slugs = order.on_wall().order_by("-wall_number").values_list("slug", flat=True)
    newest = slugs[0]
    middle = slugs.filter(wall_number__lte=last // 2)[0]
    rendered = {
        "front page": "index.html",
        "newest archive page": order.archive_path(last // order.PAGE),
        "oldest archive page": order.archive_path(1),
        "page of the newest letter": order.message_path(newest),
        "page of a letter in the middle": order.message_path(middle),
    } | {path.removesuffix(".html"): path for path in wall_pages.fixed_paths() if path != "index.html"}
    found: dict[str, Callable[[], object]] = {
        name: partial(wall_pages.render, "ko", path) for name, path in rendered.items()
    }
    addresses = {
        "find, everything": "/en/find/",
        "find, a country": "/ko/find/?country=KR",
        "find, a kind and a language": "/en/find/?kind=text&lang=en",
        "find, an old page": f"/en/find/?kind=text&before={last // 2}",
        "find, with pictures": "/en/find/?pic=1",
        "find, two choices that nothing fits": "/en/find/?country=DE&lang=ko",
        "find, a kind that nothing fits": "/ko/find/?country=KR&kind=photo",
    }
    found |= {name: partial(reader.get, address, SERVER_NAME="localhost") for name, address in addresses.items()}
    return found | {"the desk's queue": partial(staff.get, "/admin/desk/", SERVER_NAME="localhost")}


def answer() -> None:
    """In the process of one wall: render what the lines of the input name, and say what it cost."""
    from bench import desk

    desk.fill(FEW)
    found = pages()
    print(json.dumps(list(found)), flush=True)
    for line in sys.stdin:
        name, times = json.loads(line)
        taken = []
        for _time in range(times):
            begun = time.process_time()
            found[name]()
            taken.append(time.process_time() - begun)
        print(min(taken), flush=True)


class Wall:
    """A process with one wall, which renders what it is asked for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self.asked, self.said = process.stdin, process.stdout
        self.pages: list[str] = self._line()

    def cost(self, name: str, times: int) -> float:
        """The least CPU seconds of rendering a page."""
        self.asked.write(json.dumps([name, times]) + "\n")
        self.asked.flush()
        return float(self._line())

    def _line(self) -> Any:
        if not (line := self.said.readline()):
            sys.exit("a process of the bench ended early")
        return json.loads(line)


@contextmanager
def wall(var: Path, *more: str) -> Iterator[Wall]:
    """Start the process of the wall in `var`."""
    command = [sys.executable, str(Path(__file__)), "--wall", str(var), *more]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Wall(process)
    finally:
        process.communicate()


def copy_newest(large: Path, small: Path) -> None:
    """Give the letters of the small wall the words of the newest of the large one."""
    with sqlite3.connect(small / "db.sqlite3") as database:
        database.execute("ATTACH ? AS large", [str(large / "db.sqlite3")])
        (shift,) = database.execute(
            "SELECT (SELECT max(wall_number) FROM large.supporters_message) - max(wall_number) FROM supporters_message"
        ).fetchone()
        columns = ", ".join(f"{column} = other.{column}" for column in WORDS)
        # The columns are ours, the value is a parameter.
        database.execute(
            f"UPDATE supporters_message SET {columns} FROM large.supporters_message AS other"
            " WHERE other.wall_number = supporters_message.wall_number + ?",
            [shift],
        )
    database.close()


def measure(var: Path, *, quick: bool) -> None:
    """All rows of this part, with the grown site in `var` as the large wall."""
    from wall import order

    total, rounds = order.last_number(), 6 if quick else 12
    with tempfile.TemporaryDirectory(prefix="bench-") as small:
        command = [sys.executable, str(Path(__file__)), "--wall", small]
        subprocess.run([*command, "--letters", str(FEW)], check=True)
        copy_newest(var, Path(small))
        with wall(Path(small), "--index") as few, wall(var) as large:
            for name in few.pages:
                taken = [(few.cost(name, 4), large.cost(name, 4)) for _round in range(rounds)]
                little, much = (min(times) for times in zip(*taken, strict=True))
                measured = f"{much / little:.2f} ({little * 1e3:.1f} ms)"
                row(f"B2 {name}, {total:,} letters against {FEW}", GOALS.get(name, "<= 1.1"), measured)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10^4 letters instead of 10^6, fewer rounds")
    parser.add_argument("--wall", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--index", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--letters", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wall:
        start(options.wall)
        from django.core.management import call_command

        if options.letters:
            from wall.models import WallCounter

            WallCounter.objects.get_or_create(pk=1)
            grow(options.letters, tell=False)
        else:
            if options.index:
                call_command("rebuild_search", stdout=sys.stderr)
            answer()
    else:
        with grown_site(letters=many(quick=options.quick)) as folder:
            measure(folder, quick=options.quick)
