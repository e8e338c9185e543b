"""The real site in a subprocess, and Chromium watched for everything that must not happen on it."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tools.setup import find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 90
STOP_SECONDS = 30
OPTIONS = {"locale": "ko-KR", "viewport": {"width": 390, "height": 844}}
# Runs what `Site.run` gives it, line by line; the environment comes first, so that this process does not carry the
# mark of the site's own ones.
CONSOLE = """
import contextlib, io, json, os, sys, traceback
os.environ.update(json.loads(sys.stdin.readline()), DJANGO_SETTINGS_MODULE="messages_site.settings")
import django
django.setup()
from django.db import connection
for line in sys.stdin:
    printed, failed = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {})
    except Exception:
        failed = traceback.format_exc()
    connection.close()
    print("answer", json.dumps([printed.getvalue(), failed]), flush=True)
"""


# --- The site ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Site:
    """The site as `make run` starts it, with a folder and a port of its own."""

    var: Path
    port: int
    log: Path
    inherited: dict[str, str]
    letters: bool = False  # whether it begins with demo letters
    process: subprocess.Popen[bytes] | None = None
    console: subprocess.Popen[str] | None = None
    sessions: dict[str, str] = field(default_factory=dict)
    """The last session of an account (see `steps.log_in`)."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {"DEMO": "1", "DEMO_LETTERS": str(int(self.letters)), "VAR": str(self.var), "PORT": str(self.port)}
        return self.inherited | own

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "messages_site.serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline, f"The site did not answer in {START_SECONDS} s.\n{self.last_words()}"
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(timeout=0.2)
                raise AssertionError(f"The site ended with {code} at its start.\n{self.last_words()}")

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def last_words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and fail if one of its processes stays behind."""
        self.close_console()
        if self.process is None:
            return
        group = self.process.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGINT)
        try:
            self.process.wait(timeout=STOP_SECONDS)
            stopped = True
        except subprocess.TimeoutExpired:
            stopped = False
        left = processes_of(group, mark=f"VAR={self.var}")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=STOP_SECONDS)
        assert stopped, f"The site did not stop within {STOP_SECONDS} s after Ctrl-C.\n{self.last_words()}"
        assert not left, f"Processes of the site were left behind: {left}.\n{self.last_words()}"

    def password(self, account: str) -> str:
        """Return the random password of a demo account."""
        for line in (self.var / "demo-accounts.txt").read_text(encoding="utf-8").splitlines():
            name, _, password = line.strip().partition(" ")
            if name == account:
                return password.strip()
        raise LookupError(f"no demo account {account}")

    def run(self, code: str) -> str:
        """Run Python on the site's own state and return what it printed; Django starts once for all of it."""
        if self.console is None:
            self.console = subprocess.Popen(
                [sys.executable, "-c", CONSOLE],
                cwd=ROOT,
                env=self.inherited,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self.tell_console(self.environment)
        self.tell_console(code)
        assert self.console.stdout is not None
        # Between the answers stands what the log of the console says.
        answer = next((line for line in self.console.stdout if line.startswith("answer ")), "")
        assert answer, f"The console ended while it ran: {code}"
        printed, failed = json.loads(answer.removeprefix("answer "))
        assert not failed, f"{code}\n{printed}\n{failed}"
        return str(printed)

    def tell_console(self, what: object) -> None:
        assert self.console is not None
        assert self.console.stdin is not None
        self.console.stdin.write(json.dumps(what) + "\n")
        self.console.stdin.flush()

    def close_console(self) -> None:
        if self.console is None:
            return
        # At the end of its input it ends by itself.
        self.console.communicate(timeout=STOP_SECONDS)
        self.console = None

    def manage(self, *arguments: str, check: bool = True) -> str:
        """Run a management command on the site's own state and return what it printed."""
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert not (check and done.returncode), f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout


def processes_of(group: int, *, mark: str) -> list[int]:
    """Return processes of the group, and those of sessions of their own that carry its environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            state, _, process_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            inherited = mark.encode() in (entry / "environ").read_bytes().split(b"\0")
            if state != "Z" and (int(process_group) == group or inherited) and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory, plain_environment: dict[str, str]) -> Path:
    """The state of a site that was started on an empty folder and stopped: made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "first-start"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            # What another worker may have left that failed.
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "var").mkdir(parents=True)
            first = Site(var=folder / "var", port=free_port(), log=folder / "log.txt", inherited=plain_environment)
            try:
                first.start()
            finally:
                first.stop()
            (folder / "complete").touch()
    return folder / "var"


@contextlib.contextmanager
def running_site(first_start: Path, folder: Path, inherited: dict[str, str]) -> Iterator[Site]:
    """A site of its own, with accounts and without letters, from where its first start left off."""
    shutil.copytree(first_start, folder / "var")
    site = Site(var=folder / "var", port=free_port(), log=folder / "log.txt", inherited=inherited)
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, first_start: Path, plain_environment: dict[str, str]
) -> Iterator[Site]:
    """The running site: one for each worker, empty of letters."""
    with running_site(first_start, tmp_path_factory.mktemp("site"), plain_environment) as running:
        yield running


# --- The browser -------------------------------------------------------------------------------------------------


@dataclass
class Watch:
    """What the pages of one test did that they must not do."""

    own_hosts: set[str]
    findings: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def allow(self, *statuses: int) -> None:
        """Expect these failing status codes in this test."""
        self.statuses.update(statuses)

    def allow_host(self, host: str) -> None:
        """Expect requests to this `name:port` as well, such as a mirror the test serves itself."""
        self.own_hosts.add(host)

    def follow(self, context: BrowserContext) -> None:
        context.on("console", self.saw_console)
        context.on("weberror", lambda error: self.findings.append(f"script error: {error.error}"))
        context.on("request", self.saw_request)
        context.on("response", self.saw_response)

    def saw_console(self, message: ConsoleMessage) -> None:
        # Chromium reports violations of the content policy here too.
        if message.type != "error":
            return
        # A failing answer is judged by saw_response, which knows its number.
        if message.text.startswith("Failed to load resource: the server responded with a status of"):
            return
        self.findings.append(f"console: {message.text} ({message.location.get('url', '')})")

    def saw_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc not in self.own_hosts:
            self.findings.append(f"request to another host: {request.url} (on {page_address(request)})")

    def saw_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.statuses:
            self.findings.append(f"answer {response.status}: {response.request.method} {response.url}")


def page_address(request: Request) -> str:
    # A request that opens a page has no frame yet.
    return "a new page" if request.is_navigation_request() else request.frame.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    assert executable, "Chromium was not found: install the package chromium, or set CHROMIUM."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def watch(site: Site) -> Watch:
    return Watch(own_hosts={f"127.0.0.1:{site.port}", f"localhost:{site.port}"})


@pytest.fixture
def new_page(
    browser: Browser, site: Site, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own, such as a second person's; options go over those of the test's marker."""
    marked = {}
    for marker in reversed(list(request.node.iter_markers("context"))):
        marked |= marker.kwargs
    contexts = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**{"base_url": site.url, **OPTIONS, **marked, **options})
        contexts.append(context)
        context.set_default_timeout(15_000)
        watch.follow(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    if watch.findings:
        pytest.fail("Seen in the browser:\n" + "\n".join(dict.fromkeys(watch.findings)), pytrace=False)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A phone of a Korean reader, unless a `context` marker says otherwise."""
    return new_page()
