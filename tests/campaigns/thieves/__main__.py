"""A thief has keys of one of two to five parties, while mandates are on their way: does it gain nothing?

    python -m tests.campaigns.thieves [--quick] [--json] [--seed N] [--schedules N] [--first] [--out FILE]
    python -m tests.campaigns.thieves --replay FILE
    python -m tests.campaigns.thieves --planted

A line per figure: `NAME value goal PASS|FAIL`. Failures are stored as lists of events, the first of
each check made short. The exit status is 1 if a goal is missed or a failure is reproduced.
"""

from __future__ import annotations

import sys

from tests.campaigns.command import main
from tests.campaigns.thieves.planted import FAULTS
from tests.campaigns.thieves.run import THIEVES

if __name__ == "__main__":
    sys.exit(main(FAULTS, THIEVES, __doc__, "schedules"))
