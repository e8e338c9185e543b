"""Fill an empty site with demo letters, grow it for benchmarks, or take them away again."""

from __future__ import annotations

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from demo import accounts, loading
from demo.content import letters


class Command(BaseCommand):
    help = "Fill an empty site with about 70 demo letters in many languages."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--messages", type=int, metavar="N", help="grow to N letters with short texts, rows only")
        parser.add_argument("--clear", action="store_true", help="remove demo letters and demo accounts")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are messages already")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self._clear()
            return
        if not settings.DEMO:
            raise CommandError("load_demo works under DEMO=1 only (load_demo --clear works always).")
        if loading.has_real_messages():
            if options["if_empty"]:
                return
            raise CommandError("There are real messages here: demo letters stay away from them.")
        added = 0
        if not loading.has_demo_messages():
            added = self._load()
        elif options["if_empty"]:
            return
        if options["messages"]:
            with self._bar(options["messages"], "letters") as bar:
                added += loading.grow(options["messages"], progress=bar.update)
        self.stdout.write(f"{added} demo letters added.")

    def _load(self) -> int:
        accounts.ensure()
        content = letters()
        with self._bar(len(content), "letters") as bar:
            return loading.load(content, progress=bar.update)

    def _clear(self) -> None:
        messages = loading.clear()
        closed = accounts.remove()
        self.stdout.write(f"{messages} demo letters and {closed} demo accounts removed.")

    def _bar(self, total: int, unit: str) -> tqdm[Any]:
        # disable=None: a bar on a terminal, nothing in a log.
        return tqdm(total=total, unit=" " + unit, disable=None, leave=False, delay=1)
