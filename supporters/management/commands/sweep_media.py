"""Find files without rows and rows without files."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from supporters import sweeping


class Command(BaseCommand):
    help = "Delete files no message knows, mend messages whose files are gone; with --check only say what there is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is found")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = sweeping.sweep(check=options["check"])
        except OSError as error:
            raise CommandError(f"The stores could not be swept: {error.strerror or error}") from error
        line = ", ".join(f"{name}: {count}" for name, count in counts.items())
        if options["check"] and counts.total():
            raise CommandError(f"Found {line}")
        self.stdout.write(line)
