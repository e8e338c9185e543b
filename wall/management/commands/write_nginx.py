"""Write what nginx in front of the site has to know of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from wall import nginx, tree


class Command(BaseCommand):
    help = (
        "Write the files below VAR/nginx that deploy/nginx includes: headers, limits, error pages. Run it before a new "
        "version starts and after a change of settings, and reload nginx then."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        written = 0
        for name, content in nginx.files():
            target = nginx.folder() / name
            target.parent.mkdir(parents=True, exist_ok=True)
            tree.replace(target, content)
            written += 1
        self.stdout.write(f"{written} files in {nginx.folder()}: reload nginx")
