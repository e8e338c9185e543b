"""Folders of their own for tests that write files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings


@pytest.fixture
def own_folders(settings: Settings, tmp_path: Path, db: None) -> Path:
    """Private files of this test alone, counters at zero, and no other room listening."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.WITHDRAWN_LOG = tmp_path / "withdrawn.log"
    settings.AFTER_CHANGE = ["supporters.attachments.changed", "supporters.letters.changed"]
    for folder in (settings.PRIVATE_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        folder.mkdir()
    cache.clear()
    return tmp_path
