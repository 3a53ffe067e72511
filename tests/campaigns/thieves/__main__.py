"""A thief has keys of one of two to five parties, while mandates are on their way: does it gain nothing?

    python -m tests.campaigns.thieves [--quick] [--json] [--seed N] [--schedules N] [--first] [--out FILE]
    python -m tests.campaigns.thieves --replay FILE
    python -m tests.campaigns.thieves --planted

A line per figure: `NAME value goal PASS|FAIL`. Failures are stored as lists of events, the first of
each check made short. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.campaigns import planted
from tests.campaigns.command import options, show_replay, temporary
from tests.campaigns.figures import Figure, show
from tests.campaigns.thieves.planted import FAULTS
from tests.campaigns.thieves.run import FULL, QUICK, campaign, replay, store


def main() -> int:
    """Run what the arguments say."""
    args = options("thieves", __doc__, "schedules")
    if args.replay:
        return show_replay(replay(args.replay))
    if args.planted:
        return planted.main(FAULTS, as_json=args.json)
    schedules = args.schedules or (QUICK if args.quick else FULL)
    start = time.monotonic()
    totals = campaign(schedules, args.seed, stop_early=args.first)
    figures = [*totals.figures(schedules), Figure("seconds", round(time.monotonic() - start))]
    tables: dict[str, Any] = {"violations by check": dict(sorted(totals.broken.items()))}
    if totals.failures:
        store(totals.failures, path := args.out or temporary("thieves"))
        tables["failures"] = [str(path)]
    return 0 if show(figures, tables, as_json=args.json) else 1


if __name__ == "__main__":
    sys.exit(main())
