"""Set up what a fresh machine lacks: virtual environment, locked packages, translations, a browser for the tests.

Run with the system's Python, before anything is installed: it needs the standard library only.

    python3 tools/setup.py run|dev [--browser] [--gettext] [--programs]

`run` is enough for the site, `dev` adds what tests and checks need; both live in `.venv`. A stamp inside it says what
was installed completely, so a second call only compares two hashes.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
PAUSES = (3.0, 10.0)  # Seconds before the second and the third try.
# The first is the same engine without windows: the journeys take a third less time in it.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM_PACKAGES = ("chromium-headless-shell", "fonts-nanum")
# What checks the site from outside, and the Debian packages that have it.
READERS = {"exiftool": ("libimage-exiftool-perl",)}
# A real S3 server, and nginx with what serves .br files. Where systemd runs, these packages would start as services:
# that is left to the machine's owner.
SERVERS = {
    "swift-proxy-server": ("swift-proxy",),
    "swift-account-server": ("swift-account",),
    "swift-container-server": ("swift-container",),
    "swift-object-server": ("swift-object",),
    "memcached": ("memcached",),
    "nginx": ("nginx-light", "libnginx-mod-http-brotli-static"),
}
# Where Debian keeps programs like nginx: not on everybody's PATH.
SERVER_FOLDERS = "/usr/sbin:/sbin"
SYSTEMD = Path("/run/systemd/system")


class SetupError(Exception):
    """Something the reader of the message has to mend; always one line."""


def say(text: str) -> None:
    print(text, flush=True)


def retry(action: Callable[[], str], *, what: str, pauses: tuple[float, ...] = PAUSES) -> None:
    """Call `action` until it returns no error; after the last pause its error is final."""
    for pause in (*pauses, None):
        error = action()
        if not error:
            return
        if pause is None:
            raise SetupError(f"{what} failed: {error}")
        say(f"{what} failed ({error}); trying again in {pause:.0f} s")
        time.sleep(pause)


def run_quietly(command: list[str], *, counted: str = "", env: dict[str, str] | None = None) -> str:
    """Run without the tool's chatter and return "" or the line that says what went wrong.

    On a terminal the lines that begin with `counted` are counted, so that a long download is seen to move.
    """
    last: deque[str] = deque(maxlen=30)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    count = 0
    with process:
        for line in process.stdout or ():
            last.append(line.strip())
            if counted and line.startswith(counted) and sys.stdout.isatty():
                count += 1
                print(f"\r  {count} …", end="", flush=True)
    if count:
        print("\r", end="")
    if process.returncode == 0:
        return ""
    errors = [line for line in last if line.startswith(("ERROR", "E:", "error"))]
    return (errors or [line for line in last if line] or [f"exit code {process.returncode}"])[-1]


@dataclass(frozen=True)
class Environment:
    """A virtual environment and the folder of requirement files it is filled from."""

    venv: Path
    requirements: Path
    pauses: tuple[float, ...] = PAUSES

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def stamp_file(self) -> Path:
        return self.venv / "installed.json"

    def fingerprint(self, kind: str) -> str:
        """Change with the packages, the interpreter, or the place: scripts in a venv hold its absolute path."""
        parts = (platform.python_version(), platform.machine(), str(self.venv))
        content = (self.requirements / f"{kind}.txt").read_bytes()
        return hashlib.sha256("\n".join(parts).encode() + b"\n" + content).hexdigest()

    def stamp(self) -> dict[str, str]:
        """Return what was installed completely; nothing when an installation was cut off."""
        try:
            stamp = json.loads(self.stamp_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) and os.access(self.python, os.X_OK) else {}

    def is_current(self, kind: str) -> bool:
        return self.stamp().get(kind) == self.fingerprint(kind)

    def ensure(self, kind: str) -> bool:
        """Install what `kind` needs and return whether there was anything to do."""
        if self.is_current(kind):
            return False
        stamp = self.stamp()
        if stamp.get("python") != platform.python_version() or stamp.get("place") != str(self.venv):
            self.build()
        self.install(kind)
        return True

    def build(self) -> None:
        """Make an empty environment; a half-installed or moved one goes first."""
        say(f"Making the virtual environment {self.venv.name} with Python {platform.python_version()}")
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError("Python cannot make a virtual environment here: install the package python3-venv")
        shutil.rmtree(self.venv, ignore_errors=True)
        # A separate process: this one may itself run from the environment just removed.
        base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        python = str(base if base.exists() else sys.executable)
        if error := run_quietly([python, "-m", "venv", str(self.venv)]):
            shutil.rmtree(self.venv, ignore_errors=True)
            raise SetupError(f"the virtual environment cannot be made (is python3-venv installed?): {error}")

    def install(self, kind: str) -> None:
        file = self.requirements / f"{kind}.txt"
        count = sum(line[:1].isalnum() for line in file.read_text(encoding="utf-8").splitlines())
        say(
            f"Installing {count} packages from {file.parent.name}/{file.name} (the first time this takes a few minutes)"
        )
        command = [str(self.python), "-m", "pip", "install", "--require-hashes", "--no-input"]
        command += ["--disable-pip-version-check", "-r", str(file)]
        with self.unstamped():
            retry(partial(run_quietly, command, counted="Collecting"), what="Installing packages", pauses=self.pauses)
        # The files of dev hold everything run has, with the same versions.
        kinds = ("run", "dev") if kind == "dev" else (kind,)
        self.write_stamp({name: self.fingerprint(name) for name in kinds})

    @contextlib.contextmanager
    def unstamped(self) -> Iterator[None]:
        """Take the stamp away while packages change; give it back if none did.

        pip fetches everything before it installs anything, so a failed download leaves a good environment behind.
        """
        stamp, before = self.stamp(), self.packages()
        self.stamp_file.unlink(missing_ok=True)
        try:
            yield
        except BaseException:
            if stamp and self.packages() == before:
                self.write_stamp(stamp)
            raise

    def packages(self) -> set[str]:
        return {path.name for path in self.venv.glob("lib/python*/site-packages/*.dist-info")}

    def write_stamp(self, stamp: dict[str, str]) -> None:
        place = {"python": platform.python_version(), "place": str(self.venv)}
        scratch = self.stamp_file.with_suffix(".new")
        scratch.write_text(json.dumps({**stamp, **place}, indent=1) + "\n", encoding="utf-8")
        scratch.replace(self.stamp_file)


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let `make run` wait while `make test` installs, and the other way round."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this folder")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def find_chromium() -> str | None:
    """Return the browser for the tests: CHROMIUM, or the first one on PATH."""
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    return None


def find_program(name: str) -> str | None:
    """Return the path of a program, also of one that servers and their owners use."""
    return shutil.which(name) or shutil.which(name, path=SERVER_FOLDERS)


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Install Debian packages; only called as root."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    names = " ".join(packages)
    say(f"Installing the Debian packages {names}")
    steps = (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages])
    for step in steps:
        retry(partial(run_quietly, step, env=env), what=f"apt-get {step[1]}")


def ensure_program(found: Callable[[], object], packages: tuple[str, ...], missing: str) -> None:
    """Install a program the checks use if we may; without it they go on, and say so themselves."""
    if found():
        return
    if may_install():
        try:
            apt_install(*packages)
        except SetupError as error:
            say(f"Set-up: {error}")
    if not found():
        say(missing)


def missing_programs() -> dict[str, tuple[str, ...]]:
    """What the tests use and this machine lacks, with the packages that bring it."""
    missing = {} if find_chromium() else {"Chromium": CHROMIUM_PACKAGES}
    return missing | {name: packages for name, packages in (READERS | SERVERS).items() if not find_program(name)}


def ensure_programs() -> None:
    """Install what the tests use in one step if we may; they go on without, and say so themselves."""
    wanted = missing_programs()
    if wanted and not shutil.which(CHROMIUM_NAMES[0]) and not os.environ.get("CHROMIUM"):
        wanted["Chromium"] = CHROMIUM_PACKAGES
    if SYSTEMD.is_dir():
        wanted = {name: packages for name, packages in wanted.items() if name not in SERVERS}
    if wanted and may_install():
        try:
            apt_install(*dict.fromkeys(package for packages in wanted.values() for package in packages))
        except SetupError as error:
            say(f"Set-up: {error}")
    if missing := missing_programs():
        named = ", ".join(f"{name} (package {packages[0]})" for name, packages in missing.items())
        say(f"Not found: {named}. The tests that need them are skipped.")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Set up this checkout.")
    parser.add_argument("kind", choices=("run", "dev"))
    parser.add_argument("--browser", action="store_true", help="look for Chromium, install it if possible")
    parser.add_argument("--programs", action="store_true", help="the same for all programs the tests use")
    parser.add_argument("--gettext", action="store_true", help="look for xgettext, install it if possible")
    options = parser.parse_args(arguments)
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        say(f"Set-up failed: Python {wanted} or newer is needed, this is {platform.python_version()} (make PYTHON=…)")
        return 1
    environment = Environment(ROOT / ".venv", ROOT / "requirements")
    try:
        with one_at_a_time(environment.requirements):
            environment.ensure(options.kind)
            compiled = subprocess.run([environment.python, ROOT / "tools" / "compile_messages.py"], check=False)
        if compiled.returncode:
            raise SetupError("the translations cannot be compiled")
        if options.browser:
            ensure_program(
                find_chromium,
                CHROMIUM_PACKAGES,
                "Chromium was not found: the browser tests need it (package chromium, or its path in CHROMIUM).",
            )
        if options.programs:
            ensure_programs()
        if options.gettext:
            ensure_program(
                lambda: shutil.which("xgettext"),
                ("gettext",),
                "xgettext was not found: the check of the message catalogue needs it (package gettext).",
            )
    except SetupError as error:
        say(f"Set-up failed: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nSet-up stopped; the next start goes on from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
