"""Where temporary folders are in memory: nothing there depends on a real disk, and it is faster."""

from __future__ import annotations

import os
from pathlib import Path


def file_system() -> Path | None:
    """The file system in memory; None, which is the usual place for `tempfile`, if there is none."""
    found = Path("/dev/shm")  # noqa: S108 - callers make a folder in it by `tempfile`, and no name of their own
    return found if os.access(found, os.W_OK) else None
