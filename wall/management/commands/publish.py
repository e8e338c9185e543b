"""Write the reading pages."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from wall import inventory, publishing
from wall.models import DirtyPage

NAMED = 3


class Command(BaseCommand):
    help = "Publish what is due; with --all write every page again, with --check compare the tree with the database."

    def add_arguments(self, parser: CommandParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--all", action="store_true", help="write every page and remove what should not be there")
        choice.add_argument("--check", action="store_true", help="change nothing; exit 1 when something differs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self.check_tree()
        elif options["all"]:
            self.publish_all()
        else:
            self.publish_due()

    def publish_due(self) -> None:
        letters = 0
        while numbered := publishing.number_due():
            letters += numbered
        # Figures and labels that would wait for their minute come now.
        DirtyPage.objects.update(due_at=timezone.now())
        written = publishing.sweep()
        while DirtyPage.objects.filter(due_at__lte=timezone.now()).exists():
            written += publishing.write_marked()
        self.stdout.write(f"{letters} letters published, {written} pages written")

    def publish_all(self) -> None:
        with self.bar() as bar:
            counts = publishing.publish_all(bar.update)
        self.stdout.write(f"{counts.pages} pages: {counts.written} written, {counts.removed} other files removed")

    def check_tree(self) -> None:
        with self.bar() as bar:
            found = inventory.differences(bar.update)
        if found:
            named = ", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")
            raise CommandError(f"{len(found)} differences between tree and database: {named}")
        self.stdout.write(f"{inventory.count()} paths compared, no differences")

    def bar(self) -> tqdm[Any]:
        """Progress, on a terminal only."""
        return tqdm(total=inventory.count(), unit="page", disable=not sys.stderr.isatty(), leave=False, delay=1)
