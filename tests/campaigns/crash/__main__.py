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

from tests.campaigns.command import main
from tests.campaigns.crash import run
from tests.campaigns.crash.planted import FAULTS

if __name__ == "__main__":
    sys.exit(main(FAULTS, run, __doc__, "crashes"))
