"""Runs one command on a stranger's file, in a child that can do little besides.

The child has its own session, an almost empty environment, a scratch folder, resource limits, no capabilities and,
where the kernel offers them, a system call filter without network, processes and signals to others, and a view of
the file system without anything of the site (``launcher.py``).
``level()`` names what is in force on this machine. Nothing here imports Django.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

LAUNCHER = Path(__file__).with_name("launcher.py")
HEARTBEAT_SECONDS = 2.0
STDOUT_BYTES = 1_000_000  # JSON of a child; more is not an answer
STDERR_TAIL_BYTES = 8_000
GONE_TRIES = 200  # of 5 ms
STDIN_BYTES = 32_000  # fits a pipe, so that writing it before the child reads cannot block
SYSTEM_FOLDERS = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom", "/sys/devices/system/cpu"]
# Threads that allocate would each reserve 64 MB of address space for an arena of their own.
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


class SandboxError(Exception):
    """Something about the child, not about what it was asked."""


class SandboxTimeout(SandboxError):
    """The wall clock ran out and the whole group was killed."""


class SandboxFailed(SandboxError):
    """The child ended otherwise than with 0.

    ``returncode`` is negative for a signal; ``stderr`` is the end of what it wrote; ``cpu_seconds`` what it used.
    """

    def __init__(self, returncode: int, stderr: str = "", cpu_seconds: float = 0.0) -> None:
        super().__init__(f"ended with {returncode}: {stderr[-300:].strip()}")
        self.returncode = returncode
        self.stderr = stderr
        self.cpu_seconds = cpu_seconds


@dataclass(frozen=True)
class Limits:
    """What one child may use. ``memory_bytes`` is address space, ``seconds`` wall clock, ``file_bytes`` each file."""

    seconds: float
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    open_files: int = 64
    tasks: int = 128  # threads and processes beside those this user has; the filter forbids processes altogether


PROBE = Limits(seconds=60, cpu_seconds=20, memory_bytes=1 << 30, file_bytes=1000)


@dataclass(frozen=True)
class Done:
    """A child that ended with 0."""

    stdout: bytes
    stderr: str
    cpu_seconds: float


def run(
    command: Sequence[str],
    *,
    scratch: Path,
    limits: Limits,
    stdin: bytes = b"",
    readable: Sequence[Path] = (),
    heartbeat: Callable[[], None] | None = None,
    hear: Callable[[str], None] | None = None,
    system_call_filter: bool = True,
) -> Done:
    """Run ``command`` (first part: an absolute path) in ``scratch`` and wait for it.

    Where the kernel can (Landlock), the command reads nothing but the system's libraries, this interpreter, itself, the
    ``readable`` files (links are followed) and ``scratch``, where alone it writes.
    ``heartbeat`` is called about every two seconds; what it raises stops the child and goes to the caller.
    ``hear`` is given each line of stdout as it comes; the lines are not kept then.
    Raises SandboxTimeout, SandboxFailed, or OSError when the child could not be started.
    """
    if len(stdin) > STDIN_BYTES:
        raise ValueError("more input than a pipe holds")
    outer = _bubblewrap(scratch) if _bubblewrap_works() else []
    confine = _landlock_works()
    spec = _spec(limits, scratch, [Path(command[0]), *readable], confine=confine, system_call_filter=system_call_filter)
    if outer:
        spec["parent"] = 0  # a number of another name space
    process = _start([*outer, *_launch(spec), *command], scratch, stdin)
    watch = _Watch(process, limits.seconds, heartbeat, hear)
    try:
        watch.until_the_end()
    finally:
        # bubblewrap's own helper may wait for the init process to collect it; only after a kill is there more to it.
        returncode, cpu_seconds = _end(process, wait_for_group=not (outer and watch.saw_the_end))
    stderr = watch.stderr.decode("utf-8", "replace")
    if outer and 128 < returncode < 128 + signal.NSIG:
        returncode = 128 - returncode  # bubblewrap passes a signal on the way a shell does
    if watch.says_too_much:
        returncode = -signal.SIGXFSZ  # as if its answer had been a file over the limit
    if watch.is_late:
        raise SandboxTimeout(f"not finished after {limits.seconds:g} s")
    if returncode:
        raise SandboxFailed(returncode, stderr, cpu_seconds)
    return Done(bytes(watch.stdout), stderr, cpu_seconds)


@functools.cache
def level() -> str:
    """What protects this machine from a child.

    "seccomp" or, where there is no system call filter, "rlimits"; before it "bubblewrap+" and behind it "+landlock",
    where these work.
    """
    with tempfile.TemporaryDirectory(prefix="level-") as folder:
        outer = _bubblewrap(Path(folder)) if _bubblewrap_works() else []
        spec = _spec(PROBE, Path(folder), [], confine=_landlock_works(), system_call_filter=True)
        command = [*outer, *_launch(spec | {"parent": 0, "report": True}), "none"]
        answer = _probe(command, Path(folder))
    return ("bubblewrap+" if outer else "") + answer.stdout.decode()


def _spec(
    limits: Limits, scratch: Path, readable: Sequence[Path], *, confine: bool, system_call_filter: bool
) -> dict[str, Any]:
    """What ``launcher.py`` reads. The interpreter's own folders are those of this process."""
    folders = [*SYSTEM_FOLDERS, sys.prefix, sys.base_prefix, str(LAUNCHER.parent)]
    return asdict(limits) | {
        "parent": os.getpid(),
        "report": False,
        "filter": system_call_filter,
        "confine": confine,
        "scratch": str(scratch),
        "readable": [*folders, *(os.path.realpath(path) for path in readable)],
    }


def _probe(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    # In a session of its own: Ctrl-C is for whoever asks, and would look like a protection that does not work.
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
        start_new_session=True,
    )


@functools.cache
def _landlock_works() -> bool:
    """Whether the interpreter still finds its libraries with the rest of the file system out of reach."""
    with tempfile.TemporaryDirectory(prefix="level-") as folder:
        spec = _spec(PROBE, Path(folder), [Path(python())], confine=True, system_call_filter=False)
        code = "import ctypes, json, PIL.Image; open('w', 'w').close()"
        try:
            _probe([*_launch(spec), python(), "-I", "-c", code], Path(folder))
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def python() -> str:
    """The interpreter for children, with the packages of this one."""
    return sys.executable


def _launch(spec: dict[str, Any]) -> list[str]:
    return [python(), "-I", "-S", str(LAUNCHER), json.dumps(spec)]


def _bubblewrap(scratch: Path) -> list[str]:
    """No network, no other processes in sight, and nothing writable but the scratch folder."""
    folder = str(scratch)
    return [
        *(shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--bind", folder, folder, "--chdir", folder, "--"),
    ]


@functools.cache
def _bubblewrap_works() -> bool:
    """Present is not enough: containers and hardened kernels often forbid the name spaces it needs."""
    if shutil.which("bwrap") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="level-") as folder:
        try:
            _probe([*_bubblewrap(Path(folder)), python(), "-I", "-S", "-c", "open('w', 'w').close()"], Path(folder))
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _start(command: list[str], scratch: Path, stdin: bytes) -> subprocess.Popen[bytes]:
    """Start the child as leader of a session of its own, with its input already in the pipe."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(stdin)
        return subprocess.Popen(
            command,
            cwd=scratch,
            env=ENVIRONMENT,
            stdin=reader,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    finally:
        os.close(reader)


def _end(process: subprocess.Popen[bytes], *, wait_for_group: bool) -> tuple[int, float]:
    """Kill what is left of the group, then collect the leader: (return code, CPU seconds).

    In this order, because after the collection the number of the group may belong to somebody else.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    with contextlib.suppress(ProcessLookupError):
        # Killed is not gone: the others, if any, end on their own within moments. Signal 0 only asks.
        for _ in range(GONE_TRIES if wait_for_group else 0):
            os.killpg(process.pid, 0)
            time.sleep(0.005)
    return process.returncode, usage.ru_utime + usage.ru_stime


class _Watch:
    """Waits for a child, keeping at most so much of what it says."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        seconds: float,
        heartbeat: Callable[[], None] | None,
        hear: Callable[[str], None] | None,
    ) -> None:
        self.process = process
        self.hear = hear
        self.deadline = time.monotonic() + seconds
        self.heartbeat = heartbeat
        self.next_beat = time.monotonic() + HEARTBEAT_SECONDS
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.is_late = False
        self.says_too_much = False
        self.saw_the_end = False

    def until_the_end(self) -> None:
        """Return when the child has ended or must be killed."""
        with selectors.DefaultSelector() as selector:
            for pipe, sink in ((self.process.stdout, self.stdout), (self.process.stderr, self.stderr)):
                assert pipe is not None
                os.set_blocking(pipe.fileno(), False)
                selector.register(pipe, selectors.EVENT_READ, sink)
            while not self.is_late:
                # A child that closed its pipes, or a grandchild that holds them, is noticed at the next tick.
                ended = self._has_ended()
                for key, _ in selector.select(0 if ended else self._tick(bool(selector.get_map()))):
                    if not self._take(key.fileobj, key.data):  # type: ignore[arg-type]
                        selector.unregister(key.fileobj)
                self._pass_on()
                self.says_too_much = len(self.stdout) > STDOUT_BYTES
                if ended or self.says_too_much:
                    self.saw_the_end = ended
                    return
                self._mind_the_clock()

    def _tick(self, has_pipes: bool) -> float:
        return max(0.0, min(0.1 if has_pipes else 0.005, self.deadline - time.monotonic()))

    def _has_ended(self) -> bool:
        """Whether the leader has ended, without collecting it: see _end."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _take(self, pipe: IO[bytes], sink: bytearray) -> bool:
        """Read what is there; False at the end of the pipe."""
        for _ in range(64):
            try:
                data = os.read(pipe.fileno(), 65536)
            except BlockingIOError:
                return True
            if not data:
                return False
            sink += data
            if sink is self.stderr:
                del sink[:-STDERR_TAIL_BYTES]
            elif len(sink) > STDOUT_BYTES:
                return True
        return True

    def _pass_on(self) -> None:
        """Give away whole lines; an endless one stays, until it is too much."""
        if self.hear is None or b"\n" not in self.stdout:
            return
        lines, _newline, rest = bytes(self.stdout).rpartition(b"\n")
        self.stdout[:] = rest
        for line in lines.decode("utf-8", "replace").splitlines():
            self.hear(line)

    def _mind_the_clock(self) -> None:
        now = time.monotonic()
        self.is_late = now >= self.deadline
        if self.heartbeat is not None and now >= self.next_beat:
            self.next_beat = now + HEARTBEAT_SECONDS
            self.heartbeat()
