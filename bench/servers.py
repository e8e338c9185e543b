"""Servers to compare on loopback: the site, nginx, a Django project that says hello, and the comment server isso.

Each is asked by `load.py`, and what counts are the CPU seconds of its whole process tree.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from messages_site.serve import descendants

# Started as root, nginx would give its rights away and could not read a temporary folder.
AS = getpass.getuser()
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60

# What a phone sends, behind a proxy that took the request over HTTPS.
HEADERS = {"Accept-Encoding": "gzip, deflate, br", "X-Forwarded-Proto": "https"}
# nginx keeps files compressed by gzip beside the pages in any case, brotli only with a module.
GZIP_ONLY = HEADERS | {"Accept-Encoding": "gzip"}

Request = tuple[str, str, dict[str, str], str]

HELLO = """
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

MIDDLEWARE = {middleware!r}
settings.configure(
    SECRET_KEY="{key}", ALLOWED_HOSTS=["localhost"], ROOT_URLCONF=__name__, MIDDLEWARE=MIDDLEWARE,
    INSTALLED_APPS=[f"django.contrib.{{name}}" for name in ("auth", "contenttypes", "sessions", "messages")],
)
urlpatterns = [path("", lambda request: HttpResponse("hello"))]
application = get_wsgi_application()
"""
# As `startproject` writes them.
USUAL_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# nginx as bare as it serves compressed files: the yardstick.
BARE_NGINX = """
daemon off; worker_processes 1; {user} pid {folder}/nginx.pid; error_log {folder}/error.log error;
events {{ worker_connections 256; }}
http {{
    types {{ text/html html; }}
    access_log off; sendfile on; tcp_nopush on;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {tree}; index index.html; gzip_static on; }}
}}
"""


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu(self) -> float:
        """CPU seconds of all its processes so far, with those of their children that ended."""
        ticks = 0
        for pid in (self.process.pid, *descendants(self.process.pid)):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks += sum(map(int, fields[11:15]))
        return ticks / TICK

    def ask(self, requests: Sequence[Request], count: int) -> float:
        """Ask `count` times in turn and return the CPU seconds that one request cost."""
        before = self.cpu()
        lines = "\n".join(map(json.dumps, requests))
        command = [sys.executable, str(HERE / "load.py"), str(self.port), str(count)]
        done = subprocess.run(command, input=lines, text=True, capture_output=True, timeout=600, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, self.process.args[:4]))}: {done.stderr.strip()}")  # type: ignore[index]
        return (self.cpu() - before) / count

    def memory(self) -> int:
        """Resident bytes of its largest process."""
        sizes = []
        for pid in (self.process.pid, *descendants(self.process.pid)):
            try:
                pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
            except (FileNotFoundError, ProcessLookupError):
                continue
            sizes.append(int(pages) * os.sysconf("SC_PAGE_SIZE"))
        return max(sizes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], port: int, *, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """Start a server and wait until it takes connections; stop it with all its children."""
    with (folder / f"{Path(command[0]).name}-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | (environment or {}), stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(process, port, Path(log.name))
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"{' '.join(map(str, process.args[:4]))} does not start: {log.read_text()[-500:]}")  # type: ignore[index]


def granian(application: str, interface: str, port: int, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(port),
        "--http", "1", "--workers", "1", "--loop", "asyncio", "--backpressure", "2048", "--log-level", "warning",
        "--no-access-log", "--no-ws", *more, application,
    ]  # fmt: skip


def production(var: Path) -> dict[str, str]:
    """The environment of a site in earnest, behind a proxy on this machine, with its state in `var`."""
    return {
        "VAR": str(var), "DEMO": "", "SECRET_KEY": secrets.token_urlsafe(48), "ALLOWED_HOSTS": "localhost",
        "SAFE_PROXIES": "127.0.0.1", "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "messages_site.settings",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip


@contextmanager
def site(var: Path, folder: Path, port: int = 0) -> Iterator[Server]:
    """The web process of the site, exactly as `messages_site.serve` starts it, without the workers."""
    from messages_site import serve

    port = port or free_port()
    with running(serve.commands("127.0.0.1", port)[0], port, folder=folder, environment=production(var)) as server:
        yield server


@contextmanager
def hello(folder: Path, *, middleware: Sequence[str] = ()) -> Iterator[Server]:
    """A Django project of one view that says hello, under the server of the site with as many threads."""
    from messages_site.front import THREADS

    name = "hello_with_middleware" if middleware else "hello"
    text = HELLO.format(middleware=list(middleware), key=secrets.token_urlsafe(48))
    (folder / f"{name}.py").write_text(text)
    port = free_port()
    command = granian(f"{name}:application", "wsgi", port, "--blocking-threads", str(THREADS))
    with running(command, port, folder=folder, environment={"PYTHONPATH": str(folder)}) as server:
        yield server


def nginx_program() -> str | None:
    """The path of nginx; Debian keeps it where not every user looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def bare_nginx(tree: Path, folder: Path) -> Iterator[Server]:
    """nginx with `gzip_static` over the same tree, and nothing else."""
    program = nginx_program()
    assert program
    port = free_port()
    place = folder / "bare-nginx"
    place.mkdir()
    user = f"user {AS};" if os.geteuid() == 0 else ""
    (place / "nginx.conf").write_text(BARE_NGINX.format(folder=place, tree=tree, port=port, user=user))
    with running([program, *_options(place)], port, folder=place) as server:
        yield server


@contextmanager
def shipped_nginx(var: Path, app: Server, folder: Path) -> Iterator[Server]:
    """nginx in front of the site as `deploy/nginx` has it, but without TLS, which would cost the other as much."""
    program = nginx_program()
    assert program
    port, other = free_port(), free_port()
    place = folder / "shipped-nginx"
    (place / "letters").mkdir(parents=True)
    environment = os.environ | production(var)
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "write_nginx"], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    places = {
        "user www-data": f"user {AS}",
        "worker_processes auto": "worker_processes 1; daemon off",
        "/run/nginx.pid": f"{place}/nginx.pid",
        "/var/log/nginx/error.log": f"{place}/error.log",
        "/etc/nginx/": f"{place}/",
        "/srv/letters/var": str(var),
        "127.0.0.1:8000": f"127.0.0.1:{app.port}",
        "server_name letters.example": "server_name localhost",
        "listen 443 ssl http2": f"listen 127.0.0.1:{port}",
        "listen 443 ssl": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{other}",
    }
    for name in ("nginx.conf", "site.conf", "proxy.conf"):
        text = (ROOT / "deploy" / "nginx" / name).read_text()
        for shipped, own in places.items():
            text = text.replace(shipped, own)
        text = re.sub(r"(?m)^ *ssl_.*\n", "", text)
        (place / ("" if name == "nginx.conf" else "letters") / name).write_text(text)
    with running([program, *_options(place)], port, folder=place) as server:
        yield server


def _options(place: Path) -> list[str]:
    return ["-p", str(place), "-c", str(place / "nginx.conf"), "-e", str(place / "error.log")]
