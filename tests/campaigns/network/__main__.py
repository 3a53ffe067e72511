"""Two to five parties over a network that does its worst: is every promise kept, and do all agree in the end?

    python -m tests.campaigns.network [--quick] [--json] [--seed N] [--schedules N] [--first] [--out FILE]
    python -m tests.campaigns.network --replay FILE
    python -m tests.campaigns.network --planted

A line per figure: `NAME value goal PASS|FAIL`. Failures are stored as lists of events, the first of
each check made short. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from tests.campaigns.figures import Figure, show
from tests.campaigns.network import planted
from tests.campaigns.network.run import FULL, QUICK, campaign, replay, store, temporary


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.network", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument("--schedules", type=int, help="how many")
    parser.add_argument("--quick", action="store_true", help="fewer schedules")
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
    schedules = args.schedules or (QUICK if args.quick else FULL)
    start = time.monotonic()
    totals = campaign(schedules, args.seed, stop_early=args.first)
    figures = [*totals.figures(schedules), Figure("seconds", round(time.monotonic() - start))]
    tables: dict[str, Any] = {"violations by check": dict(sorted(totals.broken.items()))}
    if totals.failures:
        store(totals.failures, path := args.out or temporary())
        tables["failures"] = [str(path)]
    return 0 if show(figures, tables, as_json=args.json) else 1


def _replay(path: Path) -> int:
    failed = False
    for check, violation in replay(path):
        print(f"{check}: {': '.join(violation) if violation else 'does not fail'}")
        failed = failed or violation is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
