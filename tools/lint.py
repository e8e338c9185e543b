"""Run every check of style, types, templates, translations and the repository; all of them, even when one fails.

.venv/bin/python tools/lint.py [NAME …]      only these, such as: ruff mypy
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PACKAGES = ("supporters", "moderation", "wall", "replies", "outlets", "messages_site", "demo", "tools")


@dataclass(frozen=True)
class Check:
    name: str
    command: tuple[str, ...]
    program: str = ""
    """A program from the system without which the check is left out; CI insists on it."""


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


CHECKS = (
    Check("ruff", (str(BIN / "ruff"), "check", "--output-format=concise", ".")),
    Check("format", (str(BIN / "ruff"), "format", "--check", "--output-format=concise", ".")),
    Check("mypy", python("-m", "mypy", *PACKAGES)),
    Check("templates", (str(BIN / "djlint"), "templates", "--lint", "--quiet")),
    Check("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
    Check("deploy", python("manage.py", "check", "--deploy", "--fail-level", "WARNING")),
    Check("messages", python("tools/make_messages.py", "--check"), program="xgettext"),
    Check("korean", python("tools/check_korean.py")),
    Check("repository", python("tools/check_repository.py")),
)


def production(var: Path) -> dict[str, str]:
    """The environment of a server: what only the demo may do without has to be given."""
    return {
        **{key: value for key, value in os.environ.items() if key not in {"DEBUG", "PYTHONWARNINGS"}},
        "DEMO": "0",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "example.org",
        "DATABASE_URL": f"sqlite:///{var / 'db.sqlite3'}",
        "VAR": str(var),
        "LC_ALL": "C.UTF-8",
    }


def run(check: Check, env: dict[str, str]) -> str:
    """Run one check and return its word in the table."""
    print(f"\n##### {check.name} #####", flush=True)
    if check.program and not shutil.which(check.program):
        print(f"{check.program} was not found")
        return "failed" if os.environ.get("CI") == "true" else "left out"
    return "failed" if subprocess.run(check.command, cwd=ROOT, env=env, check=False).returncode else "ok"


def main(names: list[str]) -> int:
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        print(f"There is no check {', '.join(sorted(unknown))}. There are: {', '.join(c.name for c in CHECKS)}")
        return 2
    table = []
    with tempfile.TemporaryDirectory(prefix="lint-") as folder:
        env = production(Path(folder))
        for check in CHECKS:
            if not names or check.name in names:
                begin = time.monotonic()
                table.append((check.name, run(check, env), time.monotonic() - begin))
    print()
    for name, word, seconds in table:
        print(f"  {name:<12} {word:<9} {seconds:5.1f} s")
    return 1 if any(word == "failed" for _, word, _ in table) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
