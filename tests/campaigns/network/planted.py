"""Faults planted in a copy of the package: the campaign must find each, by the check that it names.

Each `*.patch` begins with a line ``expect: CHECK ...``; one of these checks must fail within `LIMIT`
schedules. A patch that no longer applies fails the command, and so does an unchanged copy that fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[3]
PATCHES: Final = sorted((Path(__file__).parent / "patches").glob("*.patch"))
UNCHANGED: Final = "unchanged"
LIMIT: Final = 2_000
UNCHANGED_LIMIT: Final = 200
TIMEOUT: Final = 900
PROGRAM: Final = """\
import sys
import launchnotice
from tests.campaigns.network.planted import search
assert launchnotice.__file__.startswith(sys.argv[1]), launchnotice.__file__
search(int(sys.argv[2]), sys.argv[3:])
"""


class Found(NamedTuple):
    """What the campaign found in a copy: the check that failed, after how many schedules, and what it saw."""

    name: str
    expected: tuple[str, ...]
    check: str
    schedules: int
    detail: str

    @property
    def passed(self) -> bool:
        """Whether that was to be found."""
        return self.check in self.expected if self.expected else not self.check


def search(limit: int, expected: list[str]) -> None:
    """Run schedules until a check that is expected fails, or any if none is; print it as JSON."""
    from tests.campaigns.network.schedule import FORKED, draw, play  # in the copy's process alone

    for seed in range(limit):
        violation = play(draw(seed) if seed else FORKED).violation
        if violation and (not expected or violation[0] in expected):
            print(json.dumps([violation[0], seed + 1, violation[1]]))
            return


def expected(patch: Path) -> tuple[str, ...]:
    """The checks that a patch names in its first line."""
    name, _, checks = patch.read_text().splitlines()[0].partition(": ")
    return tuple(checks.split()) if name == "expect" else ()


def try_patch(patch: Path | None) -> Found:
    """Run the campaign on a copy of the package with one patch, or with none."""
    name, checks = (patch.stem, expected(patch)) if patch else (UNCHANGED, ())
    limit = LIMIT if patch else UNCHANGED_LIMIT
    with tempfile.TemporaryDirectory(prefix="launchnotice-planted-") as folder:
        source = Path(folder).resolve() / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if patch and (fault := apply(patch, source.parent)):
            return Found(name, checks, "does-not-apply", 0, fault)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(source), str(limit), *checks],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    if done.returncode:
        return Found(name, checks, "does-not-run", 0, (done.stderr.strip().splitlines() or [""])[-1])
    said = json.loads(done.stdout) if done.stdout else ("", limit, "nothing found")
    return Found(name, checks, *said)


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


def main(*, as_json: bool) -> int:
    """Try every patch; 0 if each was found by a check that it names, and the unchanged copy has none."""
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 2)) as pool:
        results = list(pool.map(try_patch, [None, *PATCHES]))
    if as_json:
        print(json.dumps([{**one._asdict(), "passed": one.passed} for one in results], indent=1))
    for one in results if not as_json else ():
        goal = "/".join(one.expected) or "none"
        print(f"{one.name} {one.check or 'none'} {goal} {'PASS' if one.passed else 'FAIL'}")
        print(f"    after {one.schedules} schedules: {one.detail}")
    return 0 if all(one.passed for one in results) else 1
