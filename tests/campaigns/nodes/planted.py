"""How the campaign of several nodes looks for planted faults: an expected check must fail in some scene."""

from __future__ import annotations

from typing import Final

from tests.campaigns.nodes.run import QUICK, SCENES, play
from tests.campaigns.nodes.stores import STORES
from tests.campaigns.planted import Faults

FAULTS: Final = Faults(__name__, 1, timeout=900)
SMALL: Final = QUICK._replace(appends=100, rounds=6)
TRIES: Final = 5
"""Seeds; what two nodes do at once is never the same twice."""


def search(checks: list[str]) -> tuple[str, int, str]:
    """Play each scene on each store until an expected check fails, or any if none is."""
    tried = 0
    for seed in range(1, TRIES + 1 if checks else 2):
        for name in SCENES:
            for store in STORES:
                tried += 1
                for scene, wrong in play(store, SMALL, seed, name).violations.items():
                    found = [one.partition(" ")[0] for one in wrong.split(", ")]
                    check = next((one for one in found if one in checks or not checks), "")
                    if check:
                        return check, tried, f"{store} {scene}: {wrong}"
    return "", tried, "nothing found"
