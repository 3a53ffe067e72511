"""The campaign of a network that does its worst, as one of schedules."""

from __future__ import annotations

from typing import Final

from tests.campaigns.network import rest
from tests.campaigns.network.calls import KNOWN
from tests.campaigns.network.schedule import draw
from tests.campaigns.network.world import World
from tests.campaigns.schedules import Campaign

NETWORK: Final = Campaign(
    full=10_000,
    quick=240,
    draw=draw,
    begin=World,
    end=rest.end,
    goals={
        "notices": 2.0,
        "acknowledged": 3.0,
        "rejected": 0.1,
        "replays": 1.5,
        "bit_flips": 0.8,
        "splices": 0.4,
        "cuts": 0.2,
        "duplicates": 0.4,
        "dropped": 3.0,
        "partitions": 0.3,
        "crashes": 0.4,
        "store_failures": 0.05,
        "restores": 0.4,
        "rewinds": 0.05,
        "clock_jumps": 0.4,
        "mandates": 0.1,
        "nodes_took_turns": 0.5,
        "interleaved": 0.1,
        "conflicts": 1.0,
        "node_deaths": 0.1,
        "fail_overs": 0.1,
    },
    told={
        "restores_unseen": "unseens",
        "openings": "openings",
        **{f"known_{name}": f"known {name}" for name in KNOWN},
    },
)
