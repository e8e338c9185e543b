"""`check_hints`: how well the wording rules find what people marked in labelled sentences."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.hinting.checker import Checker
from moderation.hinting.starting import rows

FOLDER = settings.BASE_DIR / "tests" / "moderation" / "data"
LABELS = (
    "danger", "contact", "person", "place", "relative", "promise", "politics", "southern", "left_north", "minor",
)  # fmt: skip


@dataclass
class Score:
    """Counts over the sentences of one file, by label."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def add(self, marked: set[str], found: set[str]) -> None:
        self.right.update(marked & found)
        self.wrong.update(found - marked)
        self.missed.update(marked - found)

    def precision(self, label: str = "") -> float:
        """Of what was found, the share that people marked; over all labels without one."""
        return _share(_count(self.right, label), _count(self.wrong, label))

    def recall(self, label: str = "") -> float:
        """Of what people marked, the share that was found."""
        return _share(_count(self.right, label), _count(self.missed, label))


def _count(counter: Counter[str], label: str) -> int:
    return counter[label] if label else counter.total()


def _share(hits: int, others: int) -> float:
    return hits / (hits + others) if hits + others else 1.0


def measure(path: Path) -> tuple[Score, int]:
    """The score over the sentences of `path`, and how many there are. The sentences themselves go nowhere."""
    check, score, count = Checker.active(), Score(), 0
    for row in rows(path):
        marked = set(re.findall(r"[a-z_]+", row["labels"]))
        found = {str(hint.kind) for hint in check.hints(row["sentence"].replace("\\n", "\n"), is_draft=None)}
        score.add(marked & set(LABELS), found & set(LABELS))
        count += 1
    return score, count


class Command(BaseCommand):
    help = "Print how many of the marked hints in labelled sentences the rules find, and how many they find wrongly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        files = files or [FOLDER / "working.tsv", FOLDER / "held_out.tsv"]
        try:
            scores = [(path, *measure(path)) for path in files]
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"This is no table of labelled sentences: {error}") from error
        titles = "".join(f"  {f'{path.name} ({count})':>24}" for path, _score, count in scores)
        self.stdout.write(f"{'':12}{titles}")
        self.stdout.write(f"{'label':12}" + f"  {'precision':>15} {'recall':>8}" * len(scores))
        for label in (*LABELS, ""):
            figures = "".join(
                f"  {score.precision(label):15.2f} {score.recall(label):8.2f}" for _path, score, _count in scores
            )
            self.stdout.write(f"{label or 'all':12}{figures}")
