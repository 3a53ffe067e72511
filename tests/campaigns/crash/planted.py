"""Faults planted in a copy of the package: the campaign must find each, by the check that it names.

Each `*.patch` begins with a line ``expect: CHECK ...``; one of these checks must be the first to fail.
A patch that no longer applies fails the command, and so does an unchanged copy in which a check fails.
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
PATCHES: Final = sorted((Path(__file__).parents[1] / "patches").glob("*.patch"))
UNCHANGED: Final = "unchanged"
TIMEOUT: Final = 300
PROGRAM: Final = """\
import json, sys
import launchnotice
from tests.campaigns.crash import stories
from tests.campaigns.crash.planted import scenarios
assert launchnotice.__file__.startswith(sys.argv[1]), launchnotice.__file__
for scenario in scenarios():
    violation = stories.play(scenario).violation
    if violation:
        print(json.dumps(violation))
        break
"""


class Found(NamedTuple):
    """What the campaign found in a copy: the check that failed first, and what it saw."""

    name: str
    expected: tuple[str, ...]
    check: str
    detail: str

    @property
    def passed(self) -> bool:
        """Whether that was to be found."""
        return self.check in self.expected if self.expected else not self.check


def scenarios() -> list[dict[str, object]]:
    """What is tried on each copy: stories in memory and in files, then random scenarios, until one fails."""
    from tests.campaigns.crash import stories  # in the copy's process alone

    passages = [
        *list(stories.each_passage(stories.MEMORY, "crash", stories.OFTEN))[::4],
        *list(stories.each_passage(stories.MEMORY, "fail", stories.OFTEN))[::5],
        *list(stories.each_passage(stories.SQLITE, "power", stories.NEVER))[::12],
    ]
    restores = [stories.restored(code, stories.MEMORY) for code in stories.CODES]
    more = [stories.anything(seed, stories.MEMORY, restoring=False) for seed in range(40)]
    return [*restores, *passages, *more]


def expected(patch: Path) -> tuple[str, ...]:
    """The checks that a patch names in its first line."""
    first = patch.read_text().splitlines()[0]
    name, _, checks = first.partition(": ")
    return tuple(checks.split()) if name == "expect" else ()


def try_patch(patch: Path | None) -> Found:
    """Run the scenarios on a copy of the package with one patch, or with none."""
    name, checks = (patch.stem, expected(patch)) if patch else (UNCHANGED, ())
    with tempfile.TemporaryDirectory(prefix="launchnotice-planted-") as folder:
        source = Path(folder).resolve() / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if patch and (fault := apply(patch, source.parent)):
            return Found(name, checks, "does-not-apply", fault)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(source)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    if done.returncode:
        return Found(name, checks, "does-not-run", (done.stderr.strip().splitlines() or [""])[-1])
    said = json.loads(done.stdout) if done.stdout else ("", "nothing found")
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
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(try_patch, [None, *PATCHES]))
    if as_json:
        print(json.dumps([{**one._asdict(), "passed": one.passed} for one in results], indent=1))
    for one in results if not as_json else ():
        goal = "/".join(one.expected) or "none"
        print(f"{one.name} {one.check or 'none'} {goal} {'PASS' if one.passed else 'FAIL'}")
        print(f"    {one.detail}")
    return 0 if all(one.passed for one in results) else 1
