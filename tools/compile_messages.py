"""Compile the translations (`.po` to `.mo`) with Babel, so that no machine needs gettext to run the site."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def stale(root: Path) -> list[Path]:
    """Return the catalogues whose compiled form is missing or older."""
    found = []
    for po in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            found.append(po)
    return found


def compile_catalogue(po: Path) -> int:
    """Write the `.mo` beside `po` and return the number of messages; fuzzy ones stay English."""
    # Imported here: most starts find nothing to do and should not wait for Babel.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with po.open("rb") as source:
        catalogue = read_po(source, locale=po.parent.parent.name, abort_invalid=True)
    scratch = po.with_suffix(f".{os.getpid()}.new")
    with scratch.open("wb") as target:
        write_mo(target, catalogue, use_fuzzy=False)
    scratch.replace(po.with_suffix(".mo"))
    return sum(1 for message in catalogue if message.id and message.string and not message.fuzzy)


def main(root: Path = ROOT) -> int:
    for po in stale(root):
        try:
            count = compile_catalogue(po)
        except (ValueError, OSError) as error:
            print(f"{po.relative_to(root)}: {error}")
            return 1
        print(f"Compiled {po.relative_to(root)}: {count} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
