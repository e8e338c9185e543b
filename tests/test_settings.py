"""Settings come from the environment; a bad value stops the start with one line that names it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from messages_site import settings
from tests.conftest import SETTINGS

ROOT = Path(__file__).parent.parent
IN_BUCKETS = {
    "S3_BUCKET": "letters",
    "S3_PUBLIC_BUCKET": "letters-public",
    "S3_ENDPOINT": "https://objects.example",
    "S3_ACCESS_KEY": "key",
    "S3_SECRET_KEY": "secret",
}


def start(tmp_path: Path, plain_environment: dict[str, str], **given: str) -> subprocess.CompletedProcess[str]:
    environment = plain_environment | {"VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "messages_site.settings"} | given
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.SECRET_KEY, settings.DEBUG)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("DEBUG", "perhaps"),
        ("PORT", "eighty"),
        ("PUBLISH_DELAY_MINUTES", "-1"),
        ("PUBLISH_DELAY_MINUTES", "soon"),
        ("DATABASE_URL", "oracle-of-delphi://somewhere"),
        ("CACHE_URL", "memcached://localhost"),
        ("EMAIL_URL", "pigeon://roof"),
        ("ADDRESS", "0.0.0.0"),
        ("REQUIRE_SECOND_FACTOR", "perhaps"),
        ("MEDIA_WORKERS", "0"),
        ("ONION_LOCATION", "http://letters.onion"),
        ("READING_CACHE_SECONDS", "-1"),
        ("S3_BUCKET", ""),
        ("S3_PUBLIC_BUCKET", "letters"),
    ],
)
def test_bad_value_stops_the_start_and_is_named(
    tmp_path: Path, plain_environment: dict[str, str], name: str, value: str
) -> None:
    buckets = IN_BUCKETS if name.startswith("S3_") else {}
    done = start(tmp_path, plain_environment, DEMO="1", **buckets | {name: value})

    assert done.returncode != 0
    assert done.stderr.strip().startswith(f"Setting {name}: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_production_start_needs_a_key(tmp_path: Path, plain_environment: dict[str, str]) -> None:
    done = start(tmp_path, plain_environment, DEMO="0")

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_demo_makes_a_key_once_that_only_its_owner_reads(tmp_path: Path, plain_environment: dict[str, str]) -> None:
    first, second = (start(tmp_path, plain_environment, DEMO="1").stdout for _time in range(2))

    assert first == second
    assert len(first.split()[0]) >= 50
    assert first.split()[1] == "False"
    assert os.stat(tmp_path / "secret-key").st_mode & 0o077 == 0


def test_all_state_stays_in_var(tmp_path: Path, plain_environment: dict[str, str]) -> None:
    start(tmp_path / "elsewhere", plain_environment, DEMO="1")
    places = {name: value for name, value in vars(settings).items() if isinstance(value, Path) and name != "BASE_DIR"}

    assert (tmp_path / "elsewhere" / "secret-key").exists()
    assert {"PRIVATE_ROOT", "TREE_ROOT", "STATIC_ROOT", "FILE_UPLOAD_TEMP_DIR", "WITHDRAWN_LOG"} <= places.keys()
    assert [name for name, place in places.items() if not place.is_relative_to(settings.VAR)] == []


def test_no_setting_of_whoever_runs_the_tests_reaches_them() -> None:
    read = set(re.findall(r'\bread\("([A-Z0-9_]+)"', Path(settings.__file__).read_text()))

    assert len(read) > 20
    # The run on PostgreSQL names its database.
    assert read - SETTINGS == {"DATABASE_URL"}
