"""Fixtures of the store tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.sqlite_helpers import fill

NOBODY = 65_534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of ours while permissions count: root gives its rights away for the test."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed journal of 21 entries and a snapshot, 30 pages or so."""
    fill(path)
    return path
