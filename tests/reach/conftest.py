"""The site in production as strangers meet it: published, served by its own server, with nginx in front or without."""

from __future__ import annotations

import getpass
import http.client
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from messages_site import serve
from supporters.models import Message
from tests.factories import MessageFactory
from tests.programs import need
from tests.s3 import free_ports
from tests.wall.conftest import PHOTO, VIDEO, attach
from wall import publishing
from wall import tree as written

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOYED = ROOT / "deploy" / "nginx"
BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
HOST, READERS = "letters.example", "readers.example"
ONION = "http://" + "a2" * 28 + ".onion"
PRODUCTION = {
    "SECRET_KEY": "only for tests: another one, and long enough for it",
    "ALLOWED_HOSTS": f"{HOST},{READERS}",
    "CAMPAIGN_HOSTS": HOST,
    "ONION_LOCATION": ONION,
    "SAFE_PROXIES": "127.0.0.1",
    "SITE_URL": f"https://{HOST}",
}


class Answer:
    """What came back, read to its end."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def all(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []


@dataclass
class Site:
    """A published site with its state, and the server in front of it while that runs."""

    var: Path
    port: int
    log: Path
    environment: dict[str, str]
    shown: list[str]
    """Slugs on the wall, oldest first: words, then a photo, then a video."""
    gone: str
    """The slug of a letter that was taken back."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def pages(self) -> list[str]:
        """The address of every page in the tree."""
        return ["/" + str(path.relative_to(self.tree)) for path in sorted(self.tree.rglob("*.html"))]

    @property
    def media(self) -> list[str]:
        return ["/" + str(path.relative_to(self.tree)) for path in sorted((self.tree / "media").rglob("*.*"))]

    @property
    def tree(self) -> Path:
        return self.var / "tree"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                serve.commands("127.0.0.1", self.port)[0],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert serve.wait_until_open("127.0.0.1", self.port, [self.process]), self.log.read_text()

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """As the web server in front would ask, which has ended TLS."""
        given = {"Host": HOST, "X-Forwarded-Proto": "https"} | named(headers)
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            client.request(method, path, body, given)
            return Answer(client.getresponse())
        finally:
            client.close()


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(scope="session")
def published(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    plain_environment: dict[str, str],
) -> Site:
    """A wall of a few letters in files and in a database of its own; nothing runs yet."""
    folder = tmp_path_factory.mktemp("reach")
    var = folder / "var"
    for name in ("tree", "static"):
        (var / name).mkdir(parents=True)
    (var / "static" / "probe.css").write_text("p{color:red}" * 60)
    places = override_settings(
        VAR=var, PRIVATE_ROOT=var / "private", TREE_ROOT=var / "tree", ONION_LOCATION=ONION, CAMPAIGN_HOSTS=[HOST]
    )
    with pytest.MonkeyPatch.context() as patch, places, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(written, "BROTLI_QUALITY", 1)
        letters = [MessageFactory(approved=True) for _number in range(22)]
        letters += [MessageFactory(approved=True, kind="photo", alt_ko="배입니다.", alt_en="A boat.")]
        letters += [MessageFactory(approved=True, kind="video", alt_ko="노래합니다.", alt_en="A song.")]
        attach(letters[-2], PHOTO)
        attach(letters[-1], VIDEO)
        publishing.number_due()
        gone = letters.pop(0)
        Message.objects.filter(pk=gone.pk).update(status=Message.Status.WITHDRAWN)
        publishing.publish_all()
        call_command("write_nginx")
        # The rows as this transaction sees them, which is never committed.
        (var / "db.sqlite3").write_bytes(connection.connection.serialize())
        transaction.set_rollback(True)
    (port,) = free_ports(1)
    environment = plain_environment | PRODUCTION | {"VAR": str(var), "PORT": str(port)}
    return Site(var, port, folder / "log.txt", environment, [letter.slug for letter in letters], gone.slug)


@pytest.fixture(scope="session")
def site(published: Site) -> Iterator[Site]:
    """The same, with the site's own server running."""
    published.start()
    yield published
    published.stop()


# --- nginx -------------------------------------------------------------------------------------------------------


@dataclass
class Nginx:
    """Debian's nginx with the configuration of `deploy/nginx`, in a folder and on ports of its own."""

    folder: Path
    tls: int
    plain: int
    onion: int
    program: str
    process: subprocess.Popen[bytes] | None = None
    context: ssl.SSLContext = field(default_factory=ssl._create_unverified_context)
    kept: http.client.HTTPConnection | None = None

    @property
    def command(self) -> list[str]:
        return [self.program, "-p", str(self.folder), "-c", "nginx.conf", "-e", str(self.folder / "error.log")]

    def test(self) -> str:
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    @contextmanager
    def running(self) -> Iterator[None]:
        self.process = subprocess.Popen([*self.command, "-g", "daemon off;"], start_new_session=True)
        try:
            assert serve.wait_until_open("127.0.0.1", self.tls, [self.process]), self.errors()
            yield
        finally:
            if self.kept:
                self.kept.close()
            self.process.terminate()
            self.process.wait(20)

    def errors(self) -> str:
        return (self.folder / "error.log").read_text()

    def connect(self, host: str = HOST) -> ssl.SSLSocket:
        sock = socket.create_connection(("127.0.0.1", self.tls), timeout=30)
        try:
            return self.context.wrap_socket(sock, server_hostname=host)
        except OSError:
            sock.close()
            raise

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Over a connection that is kept, as browsers keep theirs."""
        if self.kept is None:
            self.kept = Encrypted(self)
        try:
            self.kept.request(method, path, body, {"Host": HOST} | named(headers))
            return Answer(self.kept.getresponse())
        except (ConnectionError, http.client.HTTPException):
            self.kept.close()
            self.kept.request(method, path, body, {"Host": HOST} | named(headers))
            return Answer(self.kept.getresponse())


class Encrypted(http.client.HTTPConnection):
    """A connection to our host on this machine, with TLS."""

    def __init__(self, nginx: Nginx) -> None:
        super().__init__("127.0.0.1", nginx.tls, timeout=30)
        self.nginx = nginx

    def connect(self) -> None:
        self.sock = self.nginx.connect()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, published: Site) -> Iterator[Nginx]:
    """nginx over the published tree; whether the application runs behind it is up to the test."""
    program = need("nginx", "nginx-light")
    openssl = need("openssl", "openssl")
    folder = tmp_path_factory.mktemp("nginx")
    made = Nginx(folder, *free_ports(3), program)
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    place = ["-subj", f"/CN={HOST}", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run([openssl, "req", *kind, *place], check=True, capture_output=True)
    (folder / "letters").mkdir()
    (folder / "modules-enabled").mkdir()
    names = {"site.conf", "proxy.conf", "onion.conf"}
    if BROTLI.exists():
        names.add("brotli.conf")
        (folder / "modules-enabled" / "brotli.conf").write_text(f"load_module {BROTLI};\n")
    for name in names:
        (folder / "letters" / name).write_text(placed(DEPLOYED / name, made, published))
    temporary = "".join(f"{kind}_temp_path {folder}/temp-{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    temporary += f"client_body_temp_path {folder}/temp-body;\n"
    conf = placed(DEPLOYED / "nginx.conf", made, published).replace("http {\n", f"http {{\n{temporary}")
    (folder / "nginx.conf").write_text(conf)
    with made.running():
        yield made
    shutil.rmtree(folder, ignore_errors=True)


def placed(file: Path, nginx: Nginx, site: Site) -> str:
    """A file of `deploy/nginx` with places and ports that need no root; all else as it is shipped."""
    text = file.read_text()
    places = {
        f"server_name {HOST}": f"server_name {HOST} {READERS}",
        "user www-data": f"user {getpass.getuser()}",
        "/run/nginx.pid": f"{nginx.folder}/nginx.pid",
        "/var/log/nginx/error.log": f"{nginx.folder}/error.log",
        "/etc/nginx/": f"{nginx.folder}/",
        "/etc/letsencrypt/live/letters.example/": f"{nginx.folder}/",
        "/srv/letters/var": str(site.var),
        "127.0.0.1:8000": f"127.0.0.1:{site.port}",
        "127.0.0.1:8081": f"127.0.0.1:{nginx.onion}",
        "listen 80": f"listen 127.0.0.1:{nginx.plain}",
        "listen 443": f"listen 127.0.0.1:{nginx.tls}",
    }
    for shipped, own in places.items():
        text = text.replace(shipped, own)
    return text


def held_marks(folders: list[Path], marks: list[str]) -> list[str]:
    """Files below `folders` in which, or in whose name, one of `marks` stands."""
    wanted = [mark.encode() for mark in marks]
    found = []
    for folder in folders:
        for base, _folders, names in os.walk(folder):
            for path in (Path(base, name) for name in names):
                content = path.read_bytes() + str(path).encode()
                found += [f"{path}: {mark.decode()}" for mark in wanted if mark in content]
    return found
