"""Run the whole suite: on SQLite, what touches the database again on PostgreSQL, then in a browser.

.venv/bin/python tools/run_tests.py [--only sqlite|postgres|browser] [-- PYTEST OPTIONS OR FILES]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import compile_messages  # noqa: E402
from tools.postgres import PostgresError, temporary_server  # noqa: E402
from tools.setup import find_chromium  # noqa: E402

BROWSER_TESTS = "tests/browser"
NO_BROWSER = "Chromium was not found (package chromium, or its path in CHROMIUM)"
NO_TESTS = 5  # pytest's exit code when nothing was collected


@dataclass(frozen=True)
class Stage:
    name: str
    title: str
    arguments: tuple[str, ...]
    default: str
    """What runs when no file is named."""

    def takes(self, path: str) -> bool:
        in_browser = path.rstrip("/").startswith(BROWSER_TESTS)
        return in_browser == (self.name == "browser")


STAGES = (
    Stage("sqlite", "everything but the browser, on SQLite", (f"--ignore={BROWSER_TESTS}",), "tests"),
    Stage("postgres", "what touches the database, on PostgreSQL", (f"--ignore={BROWSER_TESTS}", "-m", "db"), "tests"),
    Stage("browser", "in Chromium, on the running site", (), BROWSER_TESTS),
)


# From the elements of the report to the words of the last line; what failed only while it cleaned up had passed.
OUTCOMES = {"failure": "failed", "skipped": "skipped", "error": "error"}


@dataclass
class Result:
    """Numbers of all stages together, and the first exit code that was not 0."""

    counts: Counter[str] = field(default_factory=Counter)
    code: int = 0

    def add(self, code: int, report: Path) -> None:
        self.code = self.code or code
        if not report.exists():
            return
        words: dict[tuple[str | None, str | None], set[str]] = {}
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            # A test that fails and then cannot clean up stands here twice.
            said = words.setdefault((case.get("classname"), case.get("name")), set())
            for element in case:
                on_teardown = "on teardown" in element.get("message", "")
                said.add("teardown" if element.tag == "error" and on_teardown else element.tag)
                self.counts["error"] += element.tag == "error"
        for said in words.values():
            outcome = next((word for tag, word in OUTCOMES.items() if tag in said), "passed")
            if outcome != "error":
                self.counts[outcome] += 1

    def line(self, seconds: float) -> str:
        """Return the last line in pytest's own form."""
        counts = {name: self.counts[name] for name in ("failed", "passed", "skipped", "error") if self.counts[name]}
        parts = [f"{count} {name}{'s' if name == 'error' and count > 1 else ''}" for name, count in counts.items()]
        took = f"{seconds:.2f}s"
        if seconds >= 60:
            took += f" ({int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02})"
        return f" {', '.join(parts) or 'no tests ran'} in {took} ".center(80, "=")


def say(text: str) -> None:
    print(text, flush=True)


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def split(extra: list[str]) -> tuple[list[str], list[str]]:
    """Tell files and folders to test from options and their values: `-k wall` means no folder."""
    paths = [item for item in extra if item.startswith("tests/") and (ROOT / item.split("::")[0]).exists()]
    return [item for item in extra if item not in paths], paths


def environment(database_url: str | None) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}}
    env["LC_ALL"] = "C.UTF-8"
    if database_url:
        env["DATABASE_URL"] = database_url
    return env


@contextmanager
def child(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run pytest; when we are stopped, it ends before its database does."""
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_pytest(stage: Stage, extra: list[str], report: Path, database_url: str | None) -> int:
    options, paths = split(extra)
    targets = [path for path in paths if stage.takes(path)] if paths else [stage.default]
    cores = len(os.sched_getaffinity(0))
    # A worker that has nothing left takes tests from the other: those of media are long.
    command = [sys.executable, "-m", "pytest", f"--numprocesses={cores}", "--dist=worksteal", f"--junitxml={report}"]
    with child([*command, *stage.arguments, *options, *targets], environment(database_url)) as process:
        return process.wait()


def missing(stage: Stage, extra: list[str]) -> str:
    """Return why a stage cannot or need not run."""
    _, paths = split(extra)
    if paths and not any(stage.takes(path) for path in paths):
        return "none of the named files belongs to it"
    if stage.name == "browser" and not find_chromium():
        return f"{NO_BROWSER}; CI may not go without" if in_ci() else f"{NO_BROWSER}: the browser tests are skipped"
    return ""


def run_stages(stages: tuple[Stage, ...], extra: list[str], folder: Path) -> Result:
    result = Result()
    for number, stage in enumerate(stages, 1):
        say(f"\n##### {number} of {len(stages)}: {stage.title} #####")
        if why := missing(stage, extra):
            say(why)
            if why.startswith(NO_BROWSER) and in_ci():
                result.code = result.code or 1
            continue
        with ExitStack() as stack:
            url = stack.enter_context(temporary_server() if stage.name == "postgres" else nullcontext())
            report = folder / f"{stage.name}.xml"
            code = run_pytest(stage, extra, report, url)
        # With a choice of tests a stage may have none of them; without, an empty stage is a fault.
        result.add(0 if code == NO_TESTS and extra else code, report)
        if code == signal.SIGINT:
            break
    if not result.code and not result.counts.total():
        result.code = NO_TESTS
    return result


def stop(number: int, frame: FrameType | None) -> NoReturn:
    """Turn a polite kill into an exception, so that everything started here is stopped."""
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the tests.")
    parser.add_argument("--only", choices=[stage.name for stage in STAGES])
    parser.add_argument("extra", nargs="*", help="after --: options and files for pytest")
    options = parser.parse_args(arguments)
    stages = tuple(stage for stage in STAGES if options.only in (None, stage.name))
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    begin = time.monotonic()
    if code := compile_messages.main():
        return code
    try:
        with tempfile.TemporaryDirectory(prefix="tests-") as folder:
            result = run_stages(stages, options.extra, Path(folder))
    except PostgresError as error:
        say(f"PostgreSQL: {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    say("\n" + result.line(time.monotonic() - begin))
    return result.code


if __name__ == "__main__":
    sys.exit(main())
