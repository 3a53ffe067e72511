"""How the network campaign looks for planted faults: an expected check must fail within `LIMIT` schedules."""

from __future__ import annotations

import os
from typing import Final

from tests.campaigns.network.run import NETWORK
from tests.campaigns.network.schedule import FORKED
from tests.campaigns.planted import Faults, first

FAULTS: Final = Faults(__name__, min(os.cpu_count() or 1, 2), timeout=900)
LIMIT: Final = 2_000
UNCHANGED_LIMIT: Final = 200


def search(checks: list[str]) -> tuple[str, int, str]:
    """Run schedules until an expected check fails, or any if none is."""
    limit = LIMIT if checks else UNCHANGED_LIMIT
    return first(
        (NETWORK.play(NETWORK.draw(seed) if seed else FORKED).violation for seed in range(limit)), checks
    )
