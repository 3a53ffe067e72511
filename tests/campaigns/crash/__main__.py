"""Kill an endpoint at every boundary, damage its files, and check that nothing is lost or shown twice.

    python -m tests.campaigns.crash [--quick] [--json] [--seed N] [--crashes N] [--out FILE]
    python -m tests.campaigns.crash --replay FILE
    python -m tests.campaigns.crash --planted

A line per figure: `NAME value goal PASS|FAIL`. A crash is one death of a process: the endpoint
is thrown away at a boundary or an instant, and opened again on what is left. Failures are stored
as lists of events. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.campaigns.crash import planted
from tests.campaigns.crash.run import FULL, QUICK, campaign, replay, store
from tests.campaigns.figures import Figure, show


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument("--crashes", type=int, help="goal of crashes")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--out", type=Path, help="where failures are stored; else a temporary file")
    parser.add_argument("--first", action="store_true", help="stop at the first failure")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run stored failures again")
    parser.add_argument("--planted", action="store_true", help="run with each planted fault")
    args = parser.parse_args()
    if args.replay:
        return _replay(args.replay)
    if args.planted:
        return planted.main(as_json=args.json)
    goals = QUICK if args.quick else FULL
    if args.crashes is not None:
        goals = goals._replace(crashes=args.crashes)
    start = time.monotonic()
    totals = campaign(goals, args.seed, stop_early=args.first)
    figures = [*totals.figures(goals), Figure("seconds", round(time.monotonic() - start))]
    tables = totals.tables()
    if totals.failures:
        store(totals.failures, path := args.out or _temporary())
        tables["failures"] = [str(path)]
    return 0 if show(figures, tables, as_json=args.json) else 1


def _replay(path: Path) -> int:
    failed = False
    for check, violation in replay(path):
        print(f"{check}: {': '.join(violation) if violation else 'does not fail'}")
        failed = failed or violation is not None
    return 1 if failed else 0


def _temporary() -> Path:
    descriptor, name = tempfile.mkstemp(".json", "launchnotice-crash-")
    os.close(descriptor)
    return Path(name)


if __name__ == "__main__":
    sys.exit(main())
