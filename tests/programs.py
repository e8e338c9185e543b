"""Programs that check from outside: used where they are there, asked for by name where they are not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

MAY_SKIP = Path(__file__).with_name("may_skip.txt")


def may_skip() -> dict[str, str]:
    """Programs CI may go without, each with the reason."""
    lines = (line.partition("#")[0].strip() for line in MAY_SKIP.read_text(encoding="utf-8").splitlines())
    return {name.strip(): why.strip() for name, _colon, why in (line.partition(":") for line in lines if line)}


def need(program: str, package: str) -> str:
    """The path of `program`. Without it the test is skipped with one line; with CI=true it fails unless listed."""
    if path := shutil.which(program):
        return path
    line = f"{program} was not found (package {package})"
    if os.environ.get("CI") == "true" and program not in may_skip():
        pytest.fail(f"{line}, and tests/may_skip.txt does not list it", pytrace=False)
    pytest.skip(line)
