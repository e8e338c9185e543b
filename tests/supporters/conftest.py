"""Folders of their own for tests that write files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings

from messages_site.buckets import origin_of
from supporters import storing
from tests.s3 import S3Server, s3_server
from tests.supporters.stores import configuration

__all__ = ["s3_server"]


@pytest.fixture
def own_folders(settings: Settings, tmp_path: Path, db: None) -> Path:
    """Private files of this test alone, counters at zero, and no other room listening."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.TREE_ROOT = tmp_path / "tree"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.WITHDRAWN_LOG = tmp_path / "withdrawn.log"
    settings.AFTER_CHANGE = ["supporters.attachments.changed", "supporters.letters.changed"]
    for folder in (settings.PRIVATE_ROOT, settings.TREE_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        folder.mkdir()
    cache.clear()
    return tmp_path


@pytest.fixture
def buckets(settings: Settings, s3_server: S3Server) -> Iterator[dict[str, dict[str, object]]]:
    """The site with its files in buckets."""
    stores = configuration(s3_server)
    settings.STORAGES = {**settings.STORAGES, **stores}
    settings.S3_ORIGIN = origin_of(s3_server.endpoint)
    yield stores
    for store in (storing.private(), storing.public()):
        store.connection.meta.client.close()


@pytest.fixture
def everything(settings: Settings, own_folders: Path) -> None:
    """The wall listens too, in folders of this test."""
    settings.AFTER_CHANGE = ["wall.publishing.changed", *settings.AFTER_CHANGE]
