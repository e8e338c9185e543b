"""Bring the Korean catalogue up to date with the source, or with `--check` say what is missing (needs gettext)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/ko/LC_MESSAGES/django.po")
# Nothing in these is shown to a reader of the site.
IGNORED = (".venv", ".git", "tests", "var", "node_modules", "tools", "bench", "docs", "requirements", "deploy")
OPTIONS = ("--locale=ko", "--extension=html,txt,py", "--add-location=file", "--no-wrap", "--no-obsolete")

Key = tuple[str | None, str, str]


def make_messages(root: Path) -> str:
    """Run Django's command in `root` and return "" or what it complained of."""
    command = [sys.executable, "-m", "django", "makemessages", *OPTIONS]
    command += [f"--ignore={name}" for name in IGNORED]
    # Without settings the command keeps to the folder it stands in.
    env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip()


def entries(catalogue: Path) -> dict[Key, set[str]]:
    """Return the messages with their flags: dates, places and the order of a catalogue do not count."""
    if not catalogue.exists():
        return {}
    found = {}
    for entry in polib.pofile(str(catalogue)):
        if not entry.obsolete:
            found[entry.msgctxt, entry.msgid, entry.msgid_plural] = set(entry.flags) - {"fuzzy"}
    return found


def differences(old: dict[Key, set[str]], new: dict[Key, set[str]]) -> list[str]:
    lines = [f"not in the catalogue: {key[1]!r}" for key in new if key not in old]
    lines += [f"no longer in the source: {key[1]!r}" for key in old if key not in new]
    lines += [f"other flags: {key[1]!r}" for key in new if key in old and old[key] != new[key]]
    return lines


def check(root: Path) -> list[str]:
    """Extract from a copy and return how its catalogue differs from ours."""
    with tempfile.TemporaryDirectory(prefix="messages-") as folder:
        copy = Path(folder) / "source"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*IGNORED, "__pycache__", ".*", "static"))
        (copy / "locale").mkdir(exist_ok=True)
        if error := make_messages(copy):
            return [error]
        return differences(entries(root / CATALOGUE), entries(copy / CATALOGUE))


def main() -> int:
    if not shutil.which("xgettext"):
        print("xgettext was not found (package gettext).")
        return 1
    if "--check" in sys.argv[1:]:
        lines = check(ROOT)
        print("\n".join(lines) or "The catalogue holds what the source says.")
        if lines:
            print("Bring it up to date with: make messages")
        return 1 if lines else 0
    (ROOT / "locale").mkdir(exist_ok=True)
    if error := make_messages(ROOT):
        print(error)
        return 1
    catalogue = polib.pofile(str(ROOT / CATALOGUE))
    left = len(catalogue.untranslated_entries()) + len(catalogue.fuzzy_entries())
    print(f"{len(catalogue)} messages in {CATALOGUE}, {left} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
