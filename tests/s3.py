"""A real S3 server on loopback ports: OpenStack Swift with its S3 interface, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.programs import need

PROGRAM = Path(__file__).with_name("s3_program.py")
SERVERS = ("object", "container", "account")
PACKAGES = {
    "swift-proxy-server": "swift-proxy",
    "swift-object-server": "swift-object",
    "swift-container-server": "swift-container",
    "swift-account-server": "swift-account",
    "memcached": "memcached",
}
START_SECONDS = 60
PIPELINE = "catch_errors cache s3api tempauth proxy-server"
PROXY = f"""
[pipeline:main]
pipeline = {PIPELINE}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{{memcached}}
"""
STORAGE = """
devices = {folder}/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
workers = 0
user = {user}
log_level = ERROR
log_address = {folder}/no-log
"""


@dataclass(frozen=True)
class S3Server:
    """Where the server answers, and as whom."""

    endpoint: str
    access_key: str = "test:tester"
    secret_key: str = "testing"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _number in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def write_configuration(folder: Path, ports: dict[str, int]) -> None:
    """One configuration for each of the four servers."""
    import getpass

    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n"
        "[storage-policy:0]\nname = only\ndefault = yes\n"
    )
    for kind, port in ports.items():
        common = COMMON.format(port=port, folder=folder, user=getpass.getuser())
        rest = PROXY.format(**ports) if kind == "proxy" else STORAGE.format(folder=folder, kind=kind)
        (folder / f"{kind}.conf").write_text(common + rest)


def python_of(script: str) -> str:
    """The interpreter that has the packages of an installed script: the one in its first line."""
    with Path(script).open(encoding="utf-8") as file:
        return file.readline().removeprefix("#!").split()[0]


def end_with_parent() -> None:
    """In the child: a test process that is killed takes its server along (prctl PR_SET_PDEATHSIG)."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, preexec_fn=end_with_parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(endpoint: str, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        try:
            urllib.request.urlopen(endpoint, timeout=5)
        except urllib.error.HTTPError as error:
            error.close()
            return  # it answers: nobody may read without a signature
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("Swift does not start")


@contextmanager
def server() -> Iterator[S3Server]:
    """Run Swift for the tests of this process. Skips them with one line where it is not installed."""
    programs = {name: need(name, package) for name, package in PACKAGES.items()}
    kinds = ("proxy", *SERVERS)
    *numbers, memcached = free_ports(len(kinds) + 1)
    ports = dict(zip(kinds, numbers, strict=True)) | {"memcached": memcached}
    folder = Path(tempfile.mkdtemp(prefix="tests-swift-"))
    log = folder / "log"
    try:
        with ExitStack() as stack:
            write_configuration(folder, {kind: ports[kind] for kind in (*kinds, "memcached")})
            cache = [programs["memcached"], "-l", "127.0.0.1", "-p", str(memcached), "-U", "0", "-m", "8"]
            if os.geteuid() == 0:
                cache += ["-u", "root"]
            processes = [stack.enter_context(running(cache, log))]
            command = [python_of(programs["swift-proxy-server"]), "-I", str(PROGRAM), str(folder), *map(str, numbers)]
            processes.append(stack.enter_context(running(command, log)))
            endpoint = f"http://127.0.0.1:{ports['proxy']}"
            try:
                wait_until_it_answers(endpoint, processes)
            except RuntimeError:
                sys.stderr.write(log.read_text(errors="replace")[-3000:])
                raise
            yield S3Server(endpoint)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_fixture() -> Iterator[S3Server]:
    with server() as found:
        yield found


s3_server = pytest.fixture(scope="session", name="s3_server")(as_fixture)
