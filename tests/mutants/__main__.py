"""Delete checks of the library one at a time and see the demonstration fail: ``python -m tests.mutants``.

Each `*.patch` beside this file deletes one check. It is applied to a copy of `src`, and the
demonstration (suite classic, a fixed seed) runs there. A line for each, and one for the copy
as it is: `NAME exit-status goal PASS|FAIL`, as JSON with `--json`. The exit status is 1 if a
patch no longer applies, if the demonstration succeeds without the check, or if it fails without
saying what is wrong (a traceback is no finding).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
PATCHES: Final = sorted(HERE.glob("*.patch"))
UNCHANGED: Final = "unchanged"
TIMEOUT: Final = 180
PROGRAM: Final = """\
import sys
import launchnotice
from launchnotice.cli import main
assert launchnotice.__file__.startswith(sys.argv.pop(1)), launchnotice.__file__
sys.exit(main())
"""


class Result(NamedTuple):
    """How the demonstration ended: its exit status (None if the patch did not apply), and what it said."""

    name: str
    status: int | None
    goal: int
    said: str

    @property
    def passed(self) -> bool:
        return self.status == self.goal and (self.goal == 0 or self.said.startswith("FAILED: "))


def try_patch(patch: Path | None) -> Result:
    """Run the demonstration on a copy of the package with one patch, or with none."""
    name = patch.stem if patch else UNCHANGED
    goal = 1 if patch else 0
    with tempfile.TemporaryDirectory(prefix="launchnotice-mutant-") as folder:
        source = Path(folder).resolve() / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if patch and (fault := apply(patch, source.parent)):
            return Result(name, None, goal, f"the patch does not apply: {fault}")
        return demonstrate(name, goal, source)


def apply(patch: Path, folder: Path) -> str:
    """Apply a patch to the copy; gives what is wrong with it, nothing if it was applied."""
    # The ceiling keeps git from taking the copy for a part of some repository around it.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        ["git", "apply", str(patch)],  # noqa: S607 - whichever git there is
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


def demonstrate(name: str, goal: int, source: Path) -> Result:
    """Run the demonstration with the package in that folder."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(source), "demo", "--suite", "classic", "--seed", "1988"],
        cwd=source.parent,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("FAILED: ")]
    last = done.stderr.strip().splitlines()[-1:] or done.stdout.strip().splitlines()[-1:]
    return Result(name, done.returncode, goal, (said or last or [""])[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every patch; 0 if each was noticed and the unchanged copy succeeds."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    args = parser.parse_args(arguments)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(try_patch, [None, *PATCHES]))
    if args.json:
        print(json.dumps([{**result._asdict(), "passed": result.passed} for result in results], indent=1))
    else:
        for result in results:
            print(f"{result.name} {result.status} {result.goal} {'PASS' if result.passed else 'FAIL'}")
            print(f"    {result.said}")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
