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
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.planted import planted, run

PATCHES: Final = sorted(Path(__file__).parent.glob("*.patch"))
UNCHANGED: Final = "unchanged"
TIMEOUT: Final = 180
PROGRAM: Final = """\
from launchnotice.cli import main
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
    with planted(patch) as (source, wrong):
        if wrong:
            return Result(name, None, goal, f"the patch does not apply: {wrong}")
        done = run(source, PROGRAM, "demo", "--suite", "classic", "--seed", "1988", timeout=TIMEOUT)
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
