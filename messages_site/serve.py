"""Start the whole site in the foreground: `python -m messages_site.serve`.

Prepares the database, then supervises four processes: the web server and a worker for each queue. When one ends, or
on Ctrl-C or SIGTERM, all end; nothing stays behind, also when this process itself is killed.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "messages_site.settings")

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
GRACE_SECONDS = 8
LIBC = ctypes.CDLL(None, use_errno=True)


def say(line: str) -> None:
    print(line, flush=True)


def prepare(demo: bool) -> None:
    """Bring database, static files and, under DEMO, accounts and first letters up to date."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from supporters import attachments

    from . import jobs

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database …")
        call_command("migrate", verbosity=0)
    # No migration makes this table: whoever migrated by hand has none yet.
    call_command("createcachetable", verbosity=0)
    collect_static()
    for function in settings.EVERY_MINUTE:
        jobs.every(1, function)
    for function in settings.EVERY_DAY:
        jobs.every(24 * 60, function)
    # Whatever a killed start had taken goes on now: this process is about to start all the workers there are.
    attachments.release_abandoned()
    jobs.release_abandoned()
    if demo:
        from demo import accounts

        accounts.ensure()
        if os.environ.get("DEMO_LETTERS") != "0":
            call_command("load_demo", "--if-empty")
    call_command("publish")
    connection.close()


def collect_static() -> None:
    """Collect and compress static files, unless the ones collected last time are the same."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    files = [
        (path, (state := os.stat(storage.path(path))).st_mtime_ns, state.st_size)
        for finder in get_finders()
        for path, storage in finder.list([])
    ]
    stamp = settings.VAR / "static.stamp"
    seen = hashlib.sha256(repr(sorted(files)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == seen:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(seen)


def commands(address: str, port: int) -> list[list[str]]:
    """The command lines of web server and workers."""
    web = [
        "granian", "--interface", "rsgi", "--host", address, "--port", str(port), "--http", "1",
        "--workers", "1", "--loop", "asyncio", "--backpressure", "2048", "--log-level", "warning", "--no-access-log",
        "--no-ws", "--http1-header-read-timeout", "30000", "messages_site.front:app",
    ]  # fmt: skip
    here = [sys.executable, "-m"]
    return [here + web, *([*here, "messages_site.worker", queue] for queue in ("short", "photos", "media"))]


def end_with_parent() -> None:
    """In the child: be told to stop when the supervisor dies without a word."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, preexec_fn=end_with_parent)


def descendants(of: int) -> Iterator[int]:
    """All processes below `of`, from /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
    below = {of}
    while grown := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= grown
    yield from below - {of}


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every process to end, wait, and end what is left over with its children."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            continue
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def wait_until_open(address: str, port: int, processes: list[subprocess.Popen[bytes]]) -> bool:
    """Whether the web server answers before one of the processes ends or 30 seconds have passed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return True
        time.sleep(0.05)
    return False


def greet(address: str, port: int, demo: bool) -> None:
    """Print where everything is."""
    from django.conf import settings

    from supporters.media import sandbox

    root = f"http://{address}:{port}"
    say(f"\n  The wall        {root}/ko/   {root}/en/")
    say(f"  Send a message  {root}/en/send/   {root}/ko/send/")
    say(f"  The desk        {root}/admin/desk/")
    if demo:
        path = settings.VAR / "demo-accounts.txt"
        say(f"\n  Demo accounts (also in {path}):")
        for line in path.read_text().splitlines():
            name, password = line.split()
            say(f"    {name:<12} {password}")
    say(f"\n  Files of senders are opened under {sandbox.level()}.")
    say("  Ctrl-C stops everything.\n")


def port_is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def main() -> int:
    from django.conf import settings

    from supporters.media import sandbox

    address, port, demo = settings.ADDRESS, settings.PORT, settings.DEMO
    if not port_is_free(address, port):
        sys.exit(f"Setting PORT: {address}:{port} is taken; try PORT={port + 1}")
    prepare(demo)
    sandbox.level()  # asked before anything else runs; greet() says it
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
    stopping: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    processes = [start(command) for command in commands(address, port)]
    try:
        if wait_until_open(address, port, processes):
            greet(address, port, demo)
        while not stopping and all(process.poll() is None for process in processes):
            time.sleep(0.2)
    except BaseException:
        stop(processes)
        raise
    if not stopping:
        ended = next(process for process in processes if process.poll() is not None)
        say(f"A process ended by itself ({' '.join(map(str, ended.args[2:4]))}, status {ended.returncode}).")  # type: ignore[index]
    say("Stopping …")
    stop(processes)
    say("Stopped.")
    return 0 if stopping else 1


if __name__ == "__main__":
    sys.exit(main())
