"""Talks to the Python programs of the sandbox: one JSON object in, one out."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from . import sandbox
from .outcome import Refused

# How a child ends when the machine or its keeper stopped it: a restart, a shutdown, the kernel short of memory. The
# file is not to blame and the job may be tried again.
STOPPED_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGQUIT}
NOT_STARTED = 126


def ask(
    program: str,
    request: dict[str, Any],
    *,
    scratch: Path,
    limits: sandbox.Limits,
    readable: Sequence[Path] = (),
    heartbeat: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """The answer of ``child_*.py``.

    Raises Refused for what the file causes, crashes and exhausted CPU time included; OSError and SandboxError for
    what this machine causes.
    """
    command = [sandbox.python(), "-I", str(Path(__file__).with_name(program))]
    data = json.dumps(request).encode()
    try:
        done = sandbox.run(command, scratch=scratch, limits=limits, stdin=data, readable=readable, heartbeat=heartbeat)
    except sandbox.SandboxFailed as failure:
        raise blame(failure, limits) from failure
    result: dict[str, Any] = json.loads(done.stdout)
    if "refused" in result:
        raise Refused(result["refused"])
    if "errno" in result:
        raise OSError(result["errno"], os.strerror(result["errno"]))
    return result


def blame(failure: sandbox.SandboxFailed, limits: sandbox.Limits) -> Exception:
    """Whose fault the end of a child is: Refused for the file's, the failure itself for ours."""
    if failure.cpu_seconds >= limits.cpu_seconds:
        return Refused("unreadable")
    is_crash = failure.returncode < 0 and failure.returncode not in STOPPED_FROM_OUTSIDE
    return Refused("unreadable") if is_crash else failure
