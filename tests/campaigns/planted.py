"""Faults planted in a copy of the package: a campaign must find each, by a check that it names.

Each `*.patch` begins with a line ``expect: CHECK ...``. A patch that no longer applies fails the
command, and so does an unchanged copy in which a check fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.planted import ROOT, planted, run

UNCHANGED: Final = "unchanged"
PROGRAM: Final = """\
import importlib, json
search = importlib.import_module(sys.argv[1]).search
print(json.dumps(search(sys.argv[2:])))
"""


class Faults(NamedTuple):
    """The faults of a campaign, and how it looks for them.

    Attributes:
        module: its `search(checks)` gives what `first` does; no checks for the unchanged copy.
        workers: copies at a time. `timeout`: seconds for each.
    """

    module: str
    workers: int
    timeout: float

    @property
    def campaign(self) -> str:
        """Its name: the package of the module."""
        return self.module.split(".")[-2]

    @property
    def patches(self) -> list[Path]:
        """The faults, which lie beside the module."""
        return sorted(ROOT.joinpath(*self.module.split(".")[:-1], "patches").glob("*.patch"))


class Found(NamedTuple):
    """What the campaign found in a copy: the check that failed, after how many tries, and what it saw."""

    name: str
    expected: tuple[str, ...]
    check: str
    tried: int
    detail: str

    @property
    def passed(self) -> bool:
        """Whether that was to be found."""
        return self.check in self.expected if self.expected else not self.check


def first(violations: Iterable[tuple[str, str] | None], checks: Sequence[str] = ()) -> tuple[str, int, str]:
    """The first violation of one of these checks, or of any if none is named.

    Returns:
        The check that failed (or ""), after how many tries, and what it saw.
    """
    tried = 0
    for tried, violation in enumerate(violations, 1):
        if violation and (not checks or violation[0] in checks):
            return violation[0], tried, violation[1]
    return "", tried, "nothing found"


def expected(patch: Path) -> tuple[str, ...]:
    """The checks that a patch names in its first line."""
    name, _, checks = patch.read_text().splitlines()[0].partition(": ")
    return tuple(checks.split()) if name == "expect" else ()


def try_patch(faults: Faults, patch: Path | None) -> Found:
    """Run the campaign on a copy of the package with one patch, or with none."""
    name, checks = (patch.stem, expected(patch)) if patch else (UNCHANGED, ())
    with planted(patch) as (source, wrong):
        if wrong:
            return Found(name, checks, "does-not-apply", 0, wrong)
        done = run(source, PROGRAM, faults.module, *checks, timeout=faults.timeout)
    if done.returncode:
        return Found(name, checks, "does-not-run", 0, (done.stderr.strip().splitlines() or [""])[-1])
    return Found(name, checks, *json.loads(done.stdout))


def main(faults: Faults, *, as_json: bool) -> int:
    """Try every patch; 0 if each was found by a check that it names, and the unchanged copy has none."""
    with ThreadPoolExecutor(faults.workers) as pool:
        results = list(pool.map(partial(try_patch, faults), [None, *faults.patches]))
    if as_json:
        print(json.dumps([{**one._asdict(), "passed": one.passed} for one in results], indent=1))
    for one in results if not as_json else ():
        goal = "/".join(one.expected) or "none"
        print(f"{one.name} {one.check or 'none'} {goal} {'PASS' if one.passed else 'FAIL'}")
        print(f"    after {one.tried} tries: {one.detail}")
    return 0 if all(one.passed for one in results) else 1
