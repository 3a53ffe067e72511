"""Copies of the package with a fault planted in them, and programs that run there.

A fault is a patch of `src`. It is applied by git.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_OURS: Final = """\
import sys
import launchnotice
assert launchnotice.__file__.startswith(sys.argv.pop(1)), launchnotice.__file__
"""


def copy(folder: Path) -> Path:
    """Copy the package's sources into a folder; gives the `src` there."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    return Path(shutil.copytree(ROOT / "src", folder / "src", ignore=ignored))


def apply(patch: Path, folder: Path) -> str:
    """Apply a patch to the copy; gives what is wrong with it, nothing if it was applied."""
    # The ceiling keeps git from taking the copy for a part of some repository around it.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        # Some patches have no context, so that a change of a neighbouring line leaves them valid.
        ["git", "apply", "--unidiff-zero", str(patch)],  # noqa: S607 - whichever git there is
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


def changed(patch: Path) -> list[str]:
    """The files that a patch changes."""
    return [line[6:] for line in patch.read_text().splitlines() if line.startswith("+++ b/")]


@contextmanager
def planted(patch: Path | None) -> Iterator[tuple[Path, str]]:
    """A copy's `src` with one patch, or with none, and what is wrong with the patch."""
    with tempfile.TemporaryDirectory(prefix="launchnotice-planted-") as folder:
        source = copy(Path(folder).resolve())
        yield source, apply(patch, source.parent) if patch else ""


def run(source: Path, program: str, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a program with the package of a copy and the tests of this one; `timeout` in seconds."""
    return subprocess.run(
        [sys.executable, "-c", _OURS + program, str(source), *arguments],
        cwd=source.parent,
        env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
