"""Build the index of words again, or compare it with the wall."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from wall import order
from wall.finding import index

NAMED = 3


class Command(BaseCommand):
    help = (
        "Enter every letter into the search again, newest first; the site may run meanwhile. After an interruption"
        " --continue goes on, as the worker does by itself. --check compares and changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--continue", action="store_true", dest="go_on", help="only enter what still waits for it")
        choice.add_argument("--check", action="store_true", help="change nothing; exit 1 when something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self.check_index()
            return
        if not options["go_on"]:
            index.start_anew()
        with self.bar(order.last_number()) as bar:
            while done := index.catch_up():
                bar.update(done)
        self.stdout.write(f"{index.belonging().count()} letters can be searched")

    def check_index(self) -> None:
        with self.bar(index.belonging().count()) as bar:
            found = index.differences(bar.update)
        if found:
            named = ", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")
            raise CommandError(f"{len(found)} differences between search and wall: {named}")
        self.stdout.write(f"{index.belonging().count()} letters compared, no differences")

    def bar(self, total: int) -> tqdm[Any]:
        """Progress, on a terminal only."""
        return tqdm(total=total, unit=" letters", disable=not sys.stderr.isatty(), leave=False, delay=1)
