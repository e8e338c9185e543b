"""What a child may not do, tried by children that really do it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supporters.media import sandbox
from supporters.media.sandbox import Done, Limits, SandboxFailed, SandboxTimeout

pytestmark = pytest.mark.media
ROOM = Limits(seconds=30, cpu_seconds=10, memory_bytes=1 << 30, file_bytes=1_000_000)
SHORT = Limits(seconds=0.5, cpu_seconds=10, memory_bytes=1 << 30, file_bytes=1_000_000)
# Where everything has to be there (CI=true), a missing layer is a failure and not a skip.
MAY_SKIP = os.environ.get("CI") != "true"
needs_filter = pytest.mark.skipif(
    MAY_SKIP and "seccomp" not in sandbox.level(), reason="no system call filter on this machine"
)
needs_landlock = pytest.mark.skipif(
    MAY_SKIP and "landlock" not in sandbox.level(), reason="no Landlock on this machine"
)


def run(code: str, scratch: Path, limits: Limits = ROOM, **options: object) -> Done:
    return sandbox.run([sandbox.python(), "-I", "-c", code], scratch=scratch, limits=limits, **options)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def nobody_called(listener: socket.socket) -> bool:
    try:
        listener.accept()
    except BlockingIOError:
        return True
    return False


def processes_with(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
            except OSError:
                continue
    return found


def test_a_child_reads_its_input_and_answers(tmp_path: Path):
    done = run("import sys; print(sys.stdin.read().upper())", tmp_path, stdin=b"hello")

    assert done.stdout == b"HELLO\n"
    assert done.cpu_seconds > 0


def test_a_child_has_no_environment_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY", "do not tell")

    assert b"SECRET_KEY" not in run("import os; print(dict(os.environ))", tmp_path).stdout


def test_a_child_stands_in_its_scratch_folder_with_three_open_files(tmp_path: Path):
    code = """
import os
def is_open(number):
    try: os.fstat(number)
    except OSError: return False
    return True
print(os.getcwd(), [number for number in range(60) if is_open(number)])
"""
    with (tmp_path / "ours").open("w"):
        done = run(code, tmp_path)

    assert done.stdout.decode().strip() == f"{tmp_path.resolve()} [0, 1, 2]"


@needs_landlock
@pytest.mark.parametrize(
    "code", ["open({path!r})", "open({path!r}, 'a')", "__import__('os').symlink({path!r}, 'l'); open('l')"]
)
def test_files_outside_are_out_of_reach(tmp_path: Path, code: str):
    (tmp_path / "scratch").mkdir()
    secret = tmp_path / "settings"
    secret.write_text("SECRET_KEY")

    with pytest.raises(SandboxFailed) as failure:
        run(code.format(path=str(secret)), tmp_path / "scratch")

    assert "Permission denied" in failure.value.stderr or "Read-only" in failure.value.stderr
    assert secret.read_text() == "SECRET_KEY"


@needs_landlock
def test_named_files_can_be_read_but_not_changed(tmp_path: Path):
    (tmp_path / "scratch").mkdir()
    upload = tmp_path / "upload"
    upload.write_text("content")
    code = f"print(open({str(upload)!r}).read(), flush=True); open({str(upload)!r}, 'r+')"

    with pytest.raises(SandboxFailed) as failure:
        run(code, tmp_path / "scratch", readable=[upload])

    assert "content" in upload.read_text()
    assert "Permission denied" in failure.value.stderr or "Read-only" in failure.value.stderr


@needs_landlock
def test_the_environment_of_the_worker_cannot_be_read(tmp_path: Path):
    with pytest.raises(SandboxFailed):
        run(f"open('/proc/{os.getpid()}/environ')", tmp_path)


def test_allocating_8_gb_fails(tmp_path: Path):
    with pytest.raises(SandboxFailed) as failure:
        run("bytearray(8 << 30)", tmp_path)

    assert "MemoryError" in failure.value.stderr


@needs_filter
@pytest.mark.parametrize(
    "code",
    [
        "os.fork()",
        "os.posix_spawn('/bin/sh', ['sh', '-c', 'true'], {})",
        "os.execv('/bin/sh', ['sh', '-c', 'true'])",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.kill(os.getppid(), 0)",
        "os.pidfd_open(os.getpid())",
        "os.memfd_create('x')",
        "ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) and fail()",
        "ctypes.CDLL(None, use_errno=True).unshare(0x10000000) and fail()",
    ],
)
def test_other_processes_are_out_of_reach(tmp_path: Path, code: str):
    prelude = "import ctypes, os\ndef fail(): raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))\n"

    with pytest.raises(SandboxFailed) as failure:
        run(prelude + code, tmp_path)

    assert "Operation not permitted" in failure.value.stderr


@needs_filter
def test_limits_cannot_be_widened(tmp_path: Path):
    code = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (r.RLIM_INFINITY,) * 2)"

    with pytest.raises(SandboxFailed):
        run(code, tmp_path)


def test_threads_are_allowed(tmp_path: Path):
    code = "from threading import Thread as T; t = T(target=print, args=['ran']); t.start(); t.join()"

    assert run(code, tmp_path).stdout == b"ran\n"


@needs_filter
@pytest.mark.parametrize(
    "code",
    ["socket.create_connection(('127.0.0.1', {port}), 5)", "socket.socketpair()", "socket.socket(socket.AF_UNIX)"],
)
def test_opening_a_socket_fails_and_the_listener_stays_silent(tmp_path: Path, listener: socket.socket, code: str):
    with pytest.raises(SandboxFailed) as failure:
        run("import socket; " + code.format(port=listener.getsockname()[1]), tmp_path)

    assert "Permission denied" in failure.value.stderr
    assert nobody_called(listener)


def test_sleeping_past_the_wall_clock_is_stopped_although_sigterm_is_ignored(tmp_path: Path):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)  # mark-of-the-sleeper"

    with pytest.raises(SandboxTimeout):
        run(code, tmp_path, SHORT)

    assert processes_with("mark-of-the-sleeper") == []


def test_closing_all_pipes_hides_nothing(tmp_path: Path):
    with pytest.raises(SandboxTimeout):
        run("import os, time; [os.close(n) for n in (0, 1, 2)]; time.sleep(600)", tmp_path, SHORT)


def test_a_busy_child_is_stopped_by_its_cpu_limit(tmp_path: Path):
    limits = Limits(seconds=60, cpu_seconds=1, memory_bytes=1 << 30, file_bytes=0)

    with pytest.raises(SandboxFailed) as failure:
        run("while True: pass", tmp_path, limits)

    assert failure.value.returncode == -signal.SIGXCPU


def test_an_endless_file_is_cut_at_the_limit(tmp_path: Path):
    code = "file = open('endless', 'wb', 0)\nwhile True: file.write(bytes(100_000))"

    with pytest.raises(SandboxFailed):
        run(code, tmp_path)

    assert (tmp_path / "endless").stat().st_size <= ROOM.file_bytes


def test_endless_answers_are_not_kept(tmp_path: Path):
    with pytest.raises(SandboxFailed) as failure:
        run("while True: print('x' * 10_000)", tmp_path)

    assert failure.value.returncode == -signal.SIGXFSZ


def test_only_the_end_of_what_it_complains_about_is_kept(tmp_path: Path):
    done = run("import sys; [sys.stderr.write('x' * 10_000) for _ in range(100)]; sys.stderr.write('end')", tmp_path)

    assert len(done.stderr) <= sandbox.STDERR_TAIL_BYTES
    assert done.stderr.endswith("end")


def test_without_the_filter_the_whole_group_is_killed(tmp_path: Path):
    code = """
import os, signal, time  # mark-of-the-family
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.fork()
os.fork()
time.sleep(600)
"""

    with pytest.raises(SandboxTimeout):
        run(code, tmp_path, SHORT, system_call_filter=False)

    assert processes_with("mark-of-the-family") == []


def test_a_grandchild_that_outlives_its_parent_is_killed(tmp_path: Path):
    code = "import os, time  # mark-of-the-orphan\nif os.fork() == 0: time.sleep(600)"

    run(code, tmp_path, system_call_filter=False)

    assert processes_with("mark-of-the-orphan") == []


def test_a_child_dies_with_the_worker(tmp_path: Path):
    child = "import os, time; open('there', 'w'); time.sleep(600)  # mark-of-the-dependent"
    worker = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from supporters.media import sandbox
limits = sandbox.Limits(seconds=600, cpu_seconds=10, memory_bytes=1 << 30, file_bytes=1000)
sandbox.run([sandbox.python(), "-I", "-c", {child!r}], scratch=Path({str(tmp_path)!r}), limits=limits)
"""
    process = subprocess.Popen([sys.executable, "-c", worker])
    while not (tmp_path / "there").exists():
        assert process.poll() is None
    handles = [os.pidfd_open(int(pid)) for pid in processes_with("mark-of-the-dependent") if int(pid) != process.pid]
    assert handles

    process.kill()
    process.wait()

    # A handle becomes readable when its process has ended; 20 s is only the way out of a failure.
    for handle in handles:
        assert select.select([handle], [], [], 20)[0]
        os.close(handle)


def test_the_heartbeat_is_heard_and_may_stop_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "HEARTBEAT_SECONDS", 0.1)
    beats = []

    def heartbeat() -> None:
        beats.append(1)
        if len(beats) == 3:
            raise LookupError("the lease is gone")

    with pytest.raises(LookupError):
        run("import time; time.sleep(600)  # mark-of-the-lease", tmp_path, heartbeat=heartbeat)

    assert processes_with("mark-of-the-lease") == []


def test_a_program_that_does_not_exist_is_reported(tmp_path: Path):
    with pytest.raises(SandboxFailed) as failure:
        sandbox.run([str(tmp_path / "nothing")], scratch=tmp_path, limits=ROOM)

    assert "No such file" in failure.value.stderr


def test_the_level_has_a_name():
    assert set(sandbox.level().split("+")) <= {"bubblewrap", "seccomp", "rlimits", "landlock"}
