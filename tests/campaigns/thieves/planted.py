"""How the campaign of thieves looks for planted faults: an expected check must fail within `LIMIT` tries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tests.campaigns.planted import Faults
from tests.campaigns.thieves.run import draw, play

FAULTS: Final = Faults(
    sorted(Path(__file__).parent.glob("patches/*.patch")), __name__, min(os.cpu_count() or 1, 2), timeout=900
)
LIMIT: Final = 1_000
UNCHANGED_LIMIT: Final = 60


def search(checks: list[str]) -> tuple[str, int, str]:
    """Run schedules until an expected check fails, or any if none is."""
    limit = LIMIT if checks else UNCHANGED_LIMIT
    for seed in range(limit):
        violation = play(draw(seed)).violation
        if violation and (not checks or violation[0] in checks):
            return violation[0], seed + 1, violation[1]
    return "", limit, "nothing found"
