"""Kill an endpoint at every boundary, damage its files, and check that nothing is lost or shown twice.

    python -m tests.campaigns.crash [--quick] [--json] [--seed N] [--crashes N] [--first]
                                    [--out FILE]
    python -m tests.campaigns.crash --replay FILE
    python -m tests.campaigns.crash --planted

A line per figure: `NAME value goal PASS|FAIL`. A crash is one death of a process: the endpoint
is thrown away at a boundary or an instant, and opened again on what is left. Failures are stored
as lists of events. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import sys
import time

from tests.campaigns import planted
from tests.campaigns.command import options, show_replay, temporary
from tests.campaigns.crash.planted import FAULTS
from tests.campaigns.crash.run import FULL, QUICK, campaign, replay, store
from tests.campaigns.figures import Figure, show


def main() -> int:
    """Run what the arguments say."""
    args = options("crash", __doc__, "crashes")
    if args.replay:
        return show_replay(replay(args.replay))
    if args.planted:
        return planted.main(FAULTS, as_json=args.json)
    goals = QUICK if args.quick else FULL
    if args.crashes is not None:
        goals = goals._replace(crashes=args.crashes)
    start = time.monotonic()
    totals = campaign(goals, args.seed, stop_early=args.first)
    figures = [*totals.figures(goals), Figure("seconds", round(time.monotonic() - start))]
    tables = totals.tables()
    if totals.failures:
        store(totals.failures, path := args.out or temporary("crash"))
        tables["failures"] = [str(path)]
    return 0 if show(figures, tables, as_json=args.json) else 1


if __name__ == "__main__":
    sys.exit(main())
