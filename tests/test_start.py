"""The first start of a server: a database migrated by hand lacks nothing the site needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_start_after_a_migration_by_hand_is_complete(tmp_path: Path, plain_environment: dict[str, str]) -> None:
    server = {"VAR": str(tmp_path), "SECRET_KEY": "s" * 50, "ALLOWED_HOSTS": "letters.example"}
    steps = (["manage.py", "migrate"], ["-c", "from messages_site import serve; serve.prepare(demo=False)"])

    for step in steps:
        done = subprocess.run(
            [sys.executable, *step],
            cwd=ROOT,
            env=plain_environment | server,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    assert (tmp_path / "tree" / "ko" / "index.html").exists()
    assert (tmp_path / "tree" / "en" / "index.html").exists()
