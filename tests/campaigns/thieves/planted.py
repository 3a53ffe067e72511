"""How the campaign of thieves looks for planted faults: an expected check must fail within `LIMIT` tries."""

from __future__ import annotations

import os
from typing import Final

from tests.campaigns.planted import Faults, first
from tests.campaigns.thieves.run import THIEVES

FAULTS: Final = Faults(__name__, min(os.cpu_count() or 1, 2), timeout=900)
LIMIT: Final = 1_000
UNCHANGED_LIMIT: Final = 60


def search(checks: list[str]) -> tuple[str, int, str]:
    """Run schedules until an expected check fails, or any if none is."""
    limit = LIMIT if checks else UNCHANGED_LIMIT
    return first((THIEVES.play(THIEVES.draw(seed)).violation for seed in range(limit)), checks)
