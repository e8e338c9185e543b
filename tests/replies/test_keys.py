"""The keys that seal and open: from the settings, or made once; a wrong one stops the start with one line."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from messages_site.keys import BadKey, reply_keys

ROOT = Path(__file__).resolve().parents[2]


def encoded(key: object) -> str:
    return base64.b64encode(bytes(key)).decode()


def test_a_pair_is_made_once_that_only_its_owner_reads(tmp_path: Path) -> None:
    found: list[tuple[bytes, bytes | None]] = []
    threads = [threading.Thread(target=lambda: found.append(reply_keys("", "", tmp_path))) for _process in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert os.stat(tmp_path / "reply-key").st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["reply-key"]


def test_a_public_front_needs_the_public_half_only(tmp_path: Path) -> None:
    pair = PrivateKey.generate()

    assert reply_keys(encoded(pair.public_key), "", tmp_path) == (bytes(pair.public_key), None)
    assert reply_keys("", encoded(pair), tmp_path) == (bytes(pair.public_key), bytes(pair))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("public", "private", "name"),
    [
        ("not base64!", "", "REPLY_PUBLIC_KEY"),
        (encoded(b"short"), "", "REPLY_PUBLIC_KEY"),
        ("", encoded(b"short"), "REPLY_PRIVATE_KEY"),
        (encoded(b"x" * 32), encoded(b"y" * 32), "REPLY_PUBLIC_KEY"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, public: str, private: str, name: str) -> None:
    with pytest.raises(BadKey) as caught:
        reply_keys(public, private, tmp_path)

    assert caught.value.name == name


def test_a_wrong_key_stops_the_start_with_one_line(tmp_path: Path, plain_environment: dict[str, str]) -> None:
    own = {
        "DEMO": "1",
        "VAR": str(tmp_path),
        "REPLY_PUBLIC_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "messages_site.settings",
    }
    command = [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"]

    done = subprocess.run(command, cwd=ROOT, env=plain_environment | own, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "Setting REPLY_PUBLIC_KEY: must be 32 bytes in base64\n"
