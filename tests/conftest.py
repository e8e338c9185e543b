"""The environment every test runs in, and what several rooms' tests share.

Settings are read when Django starts, and each xdist worker needs a folder of its own. Therefore DJANGO_SETTINGS_MODULE
stands here too and not in `pyproject.toml`: from there pytest-django would load the settings before this file is read.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
import zlib
from collections.abc import Generator
from pathlib import Path

import django
import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from tests.programs import install_node_packages

# Whatever the settings read: the environment of whoever runs the tests must not change their outcome.
SETTINGS = {
    "ADDRESS",
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "CAMPAIGN_HOSTS",
    "DEBUG",
    "DEMO",
    "EMAIL_URL",
    "EXIT_URL_EN",
    "EXIT_URL_KO",
    "FFMPEG_BINARY",
    "FROM_EMAIL",
    "KEEP_FREE_BYTES",
    "MEDIA_WORKERS",
    "ONION_LOCATION",
    "PORT",
    "PUBLISH_DELAY_MINUTES",
    "READING_CACHE_SECONDS",
    "REPLY_PRIVATE_KEY",
    "REPLY_PUBLIC_KEY",
    "REQUIRE_SECOND_FACTOR",
    "S3_ACCESS_KEY",
    "S3_BUCKET",
    "S3_ENDPOINT",
    "S3_PUBLIC_BUCKET",
    "S3_REGION",
    "S3_SECRET_KEY",
    "SAFE_PROXIES",
    "SECRET_KEY",
    "SECURE_SSL_REDIRECT",
    "SENTRY_DSN",
    "SIGNING_KEY",
    "SITE_URL",
    "UPLOADS_MAX_BYTES",
    "VAR",
}
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}
ON_POSTGRESQL = 8
"""Of the tests marked `any_database`, every how many-th runs on PostgreSQL too."""


def worker_folder() -> Path:
    """Make a fresh folder; the first process of a run removes those of all workers."""
    base = os.environ.get("TESTS_VAR")
    if base is None:
        base = os.environ["TESTS_VAR"] = tempfile.mkdtemp(prefix="tests-var-")
        atexit.register(shutil.rmtree, base, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=os.environ.get("PYTEST_XDIST_WORKER", "main") + "-", dir=base))


def set_environment() -> None:
    if os.environ.get("DJANGO_SETTINGS_MODULE"):
        raise pytest.UsageError(
            "Unset DJANGO_SETTINGS_MODULE: with it Django reads settings before the tests set theirs."
        )
    for name in SETTINGS:
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="messages_site.settings",
        VAR=str(worker_folder()),
        DEMO="0",
        SECRET_KEY="only for tests: the same in every run, and long enough",
        ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
        SECURE_SSL_REDIRECT="0",
        # Most tests ask what somebody does who is inside; those about getting in switch it on.
        REQUIRE_SECOND_FACTOR="0",
        PUBLISH_DELAY_MINUTES="10",
    )


set_environment()
# Now, so that the conftest files of the rooms may import models.
django.setup()
from wall.finding import frames, index  # noqa: E402

# Otherwise the first request of every test client lists all static files: a tenth of the time of the suite.
django_settings.WHITENOISE_AUTOREFRESH = True


def pytest_xdist_setupnodes() -> None:
    """Let each worker go through set_environment() itself, before Django starts there."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what has to pass on both databases; first, so that `-m db` can choose by it."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction") and not marker.kwargs.get("serialized_rollback"):
            # Without it the flush leaves the next test no groups, and half of what it would bring back.
            raise pytest.UsageError(f"{item.nodeid}: say serialized_rollback=True beside transaction=True")
        touches = marker is not None or fixtures & DATABASE_FIXTURES
        if touches and item.get_closest_marker("media") is None and is_for_both_databases(item):
            item.add_marker("db")


def is_for_both_databases(item: pytest.Item) -> bool:
    """All tests are, but of those about words and pages the same sample every time: their queries are made elsewhere.

    A name chooses, so that a test which is new moves no other one in or out.
    """
    if item.get_closest_marker("any_database") is None or os.environ.get("TEST_ALL") == "1":
        return True
    return zlib.crc32(item.nodeid.encode()) % ON_POSTGRESQL == 0


def pytest_collection_finish() -> None:
    """Let the collector of cycles pass over what lives as long as the process: modules, templates, the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """Bring back the first rows (groups, reasons, rules) that a flush took: any test may be next on this worker."""
    outcome = yield
    marker = item.get_closest_marker("django_db")
    if nextitem and marker and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
            # The index of words is no table of a model: the flush passes it over.
            index.clear()
    return outcome


@pytest.fixture(autouse=True)
def forget_frames() -> None:
    """Have no page of the search show figures and addresses of the test before: what stands around letters is kept."""
    frames.forget()


@pytest.fixture
def var_folder() -> Path:
    """The folder that holds all state of this test process."""
    return Path(os.environ["VAR"])


@pytest.fixture(scope="session")
def plain_environment() -> dict[str, str]:
    """The environment without what steers the site: for a site of its own in another process."""
    return {key: value for key, value in os.environ.items() if key not in {*SETTINGS, "DATABASE_URL"}}


@pytest.fixture(scope="session")
def test_all() -> bool:
    """Whether to go through everything (`make test-all`) or a seeded sample."""
    return os.environ.get("TEST_ALL") == "1"


@pytest.fixture(scope="session")
def node_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the packages of tests/node."""
    base = tmp_path_factory.getbasetemp()
    return install_node_packages((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "node")
