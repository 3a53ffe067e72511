"""Flood an endpoint, and check that what it keeps, journals, sends and spends is bounded.

    python -m tests.campaigns.flood [--quick] [--json] [--seed N] [--only NAME]

A line per figure: `NAME value goal PASS|FAIL`. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import sys
import time

from tests.campaigns.command import conclude, parser, timed
from tests.campaigns.flood.run import FULL, NAMES, QUICK, campaigns


def main() -> int:
    """Run what the arguments say."""
    made = parser("flood", __doc__)
    made.add_argument("--only", choices=NAMES, help="one of the floods")
    args = made.parse_args()
    start = time.monotonic()
    figures = campaigns(QUICK if args.quick else FULL, args.seed, [args.only] if args.only else NAMES)
    return conclude(timed(figures, start), {}, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
