"""Flood an endpoint, and check that what it keeps, journals, sends and spends is bounded.

    python -m tests.campaigns.flood [--quick] [--json] [--seed N] [--only NAME]

A line per figure: `NAME value goal PASS|FAIL`. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.campaigns.figures import Figure, show
from tests.campaigns.flood.run import FULL, NAMES, QUICK, campaigns


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.flood", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument("--quick", action="store_true", help="smaller bounds, and less of everything")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--only", choices=NAMES, help="one of the floods")
    args = parser.parse_args()
    start = time.monotonic()
    figures = campaigns(QUICK if args.quick else FULL, args.seed, [args.only] if args.only else NAMES)
    figures.append(Figure("seconds", round(time.monotonic() - start)))
    return 0 if show(figures, {}, as_json=args.json) else 1


if __name__ == "__main__":
    sys.exit(main())
