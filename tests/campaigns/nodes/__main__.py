"""Two nodes on one journal, SQLite and PostgreSQL: threads, processes, deaths, restores, fail-overs.

    python -m tests.campaigns.nodes [--quick] [--json] [--seed N] [--store STORE] [--only SCENE]
    python -m tests.campaigns.nodes --planted

A line per figure: `NAME value goal PASS|FAIL`. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.campaigns import planted
from tests.campaigns.figures import Figure, show
from tests.campaigns.nodes.planted import FAULTS
from tests.campaigns.nodes.run import FULL, QUICK, SCENES, figures, play
from tests.campaigns.nodes.stores import STORES


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.nodes", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of what is random but for the race itself")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--store", choices=STORES, help="one of the stores")
    parser.add_argument("--only", choices=SCENES, help="one of the scenes; goals of others are missed")
    parser.add_argument("--planted", action="store_true", help="run with each planted fault")
    args = parser.parse_args()
    if args.planted:
        return planted.main(FAULTS, as_json=args.json)
    size, begun = (QUICK if args.quick else FULL), time.monotonic()
    found: list[Figure] = []
    tables: dict[str, dict[str, float] | dict[str, str]] = {}
    for store in [args.store] if args.store else STORES:
        totals = play(store, size, args.seed, args.only)
        found += figures(store, totals, size)
        tables[f"{store} seconds"] = totals.seconds
        tables[f"{store} violations"] = totals.violations
    found.append(Figure("seconds", round(time.monotonic() - begun)))
    return 0 if show(found, tables, as_json=args.json) else 1


if __name__ == "__main__":
    sys.exit(main())
