"""isso, a comment server for one's own machine, for comparison: installed below `var/bench/` for the bench alone.

`isso.txt` names its exact packages; `uv pip compile --generate-hashes` makes it from `isso==0.13.0`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import HEADERS, Request, Server, free_port, running

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent / "var" / "bench" / "isso"
THREAD = "/?uri=%2Fletters%2F"
COMMENTS = 20
CONFIG = """
[general]
dbpath = {folder}/comments.db
host = http://localhost:{port}/
[server]
listen = http://127.0.0.1:{port}/
[guard]
enabled = false
"""


def program() -> Path | None:
    """The installed program; None, with the reason printed, when it cannot be installed."""
    found, done = PLACE / "bin" / "isso", PLACE / "installed"
    wanted = (HERE / "isso.txt").read_text()
    if done.exists() and done.read_text() == wanted:
        return found
    print("Installing isso for comparison", file=sys.stderr)
    venv.create(PLACE, with_pip=True, clear=True)
    command = [str(PLACE / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    installed = subprocess.run(
        [*command, "--disable-pip-version-check", "-r", str(HERE / "isso.txt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if installed.returncode:
        lines = installed.stderr.strip().splitlines() or ["pip failed"]
        print(f"isso cannot be installed: {lines[-1]}", file=sys.stderr)
        return None
    done.write_text(wanted)
    return found


def page() -> Request:
    """What a page with comments asks for."""
    return ("GET", THREAD, HEADERS, "")


@contextmanager
def isso(installed: Path, folder: Path, texts: list[str]) -> Iterator[Server]:
    """isso with a thread of `texts`, at most twenty, in a database below `folder`."""
    port = free_port()
    config = folder / "isso.cfg"
    config.write_text(CONFIG.format(folder=folder, port=port))
    with running([str(installed), "-c", str(config), "run"], port, folder=folder) as server:
        for text in texts[:COMMENTS]:
            comment = json.dumps({"text": text, "author": "Anna", "title": "letters"}).encode()
            address = f"http://127.0.0.1:{port}/new?uri=%2Fletters%2F"
            request = urllib.request.Request(address, comment, {"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=30).close()
        yield server
