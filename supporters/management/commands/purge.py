"""Forget what has been kept long enough."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from supporters import retention, sweeping


class Command(BaseCommand):
    help = "Erase expired uploads, old e-mail addresses, withdrawn texts and files without a message."

    def handle(self, *args: object, **options: object) -> None:
        try:
            counts = retention.purge() | sweeping.sweep()
        except OSError as error:
            raise CommandError(f"Not everything could be erased: {error.strerror or error}") from error
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
