"""Two nodes on one journal, SQLite and PostgreSQL: threads, processes, deaths, restores, fail-overs.

    python -m tests.campaigns.nodes [--quick] [--json] [--seed N] [--store STORE] [--only SCENE]
    python -m tests.campaigns.nodes --planted

A line per figure: `NAME value goal PASS|FAIL`. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import sys
import time

from tests.campaigns import planted
from tests.campaigns.command import conclude, parser, timed
from tests.campaigns.figures import Figure
from tests.campaigns.nodes.planted import FAULTS
from tests.campaigns.nodes.run import FULL, QUICK, SCENES, figures, play
from tests.campaigns.nodes.stores import STORES


def main() -> int:
    """Run what the arguments say."""
    made = parser("nodes", __doc__)
    made.add_argument("--store", choices=STORES, help="one of the stores")
    made.add_argument("--only", choices=SCENES, help="one of the scenes; goals of others are missed")
    made.add_argument("--planted", action="store_true", help="run with each planted fault")
    args = made.parse_args()
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
    return conclude(timed(found, begun), tables, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
