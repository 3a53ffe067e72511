"""Two to five parties over a network that does its worst: is every promise kept, and do all agree in the end?

    python -m tests.campaigns.network [--quick] [--json] [--seed N] [--schedules N] [--first] [--out FILE]
    python -m tests.campaigns.network --replay FILE
    python -m tests.campaigns.network --planted

A line per figure: `NAME value goal PASS|FAIL`. Failures are stored as lists of events, the first of
each check made short. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import sys

from tests.campaigns.command import main
from tests.campaigns.network.planted import FAULTS
from tests.campaigns.network.run import NETWORK

if __name__ == "__main__":
    sys.exit(main(FAULTS, NETWORK, __doc__, "schedules"))
