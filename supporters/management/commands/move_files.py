"""Move all files from the folders of this machine into buckets, or back."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from supporters import moving


class Command(BaseCommand):
    help = (
        "Copy every private and public file into the other kind of store, and compare it there. Run it again after a"
        " stop, and once more while the site is stopped; then start the site with the other settings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", choices=["s3", "folder"], required=True)
        parser.add_argument("--delete", action="store_true", help="empty the old stores, after all has been compared")

    def handle(self, *args: Any, **options: Any) -> None:
        folders, buckets = moving.folders(), moving.buckets()
        if not buckets:
            raise CommandError("Setting S3_BUCKET: is missing, so there are no buckets to move to or from")
        sources, targets = (folders, buckets) if options["to"] == "s3" else (buckets, folders)
        try:
            moves = moving.plan(sources, targets)
            total = sum(move.entry.size for move in moves)
            with tqdm(total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False) as bar:
                counts = moving.carry_out(moves, delete=options["delete"], progress=bar.update)
        except OSError as error:
            raise CommandError(f"Stopped, nothing was deleted: {error.strerror or error}") from error
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
