"""Programs that check from outside: used where they are there, asked for by name where they are not."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.setup import find_program

MAY_SKIP = Path(__file__).with_name("may_skip.txt")
NODE = Path(__file__).with_name("node")


def may_skip() -> dict[str, str]:
    """Programs CI may go without, each with the reason."""
    lines = (line.partition("#")[0].strip() for line in MAY_SKIP.read_text(encoding="utf-8").splitlines())
    return {name.strip(): why.strip() for name, _colon, why in (line.partition(":") for line in lines if line)}


def need(program: str, package: str) -> str:
    """The path of `program`. Without it the test is skipped with one line; with CI=true it fails unless listed."""
    if path := find_program(program):
        return path
    line = f"{program} was not found (package {package})"
    if os.environ.get("CI") == "true" and program not in may_skip():
        pytest.fail(f"{line}, and tests/may_skip.txt does not list it", pytrace=False)
    pytest.skip(line)


def install_node_packages(folder: Path) -> Path:
    """Bring what tests/node asks for, as its lock file has it, into `folder`: once for all workers of a run."""
    need("node", "nodejs")
    npm = need("npm", "npm")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "complete").exists():
            return folder
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE / name, folder)
        command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("the packages of tests/node could not be installed within two minutes (npm ci)")
        if done.returncode:
            pytest.skip(f"the packages of tests/node could not be installed (npm ci ended with {done.returncode})")
        (folder / "complete").touch()
    return folder
