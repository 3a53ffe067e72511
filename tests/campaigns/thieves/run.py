"""The campaign of thieves, as one of schedules: each is drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from tests.campaigns.schedules import Campaign, Event, Schedule
from tests.campaigns.thieves import rest
from tests.campaigns.thieves.world import HANDS, World

ANY: Final = 1 << 30
WAITS: Final = (0, 1, 11, 31, 61, 301)


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(seed)
    parties = chance.choices((2, 3, 4, 5), (35, 40, 15, 10))[0]
    names, weights = list(_DRAWN), [weight for weight, _ in _DRAWN.values()]
    before, after = chance.randint(4, 20), chance.randint(10, 40)
    events = [_DRAWN[name][1](chance) for name in chance.choices(names, weights, k=before + after)]
    if chance.random() < 0.9:
        events.insert(before, ["steal", chance.randrange(len(HANDS))])
    return Schedule(parties, events)


_DRAWN: Final[dict[str, tuple[int, Callable[[random.Random], Event]]]] = {
    "say": (12, lambda c: ["say", c.choice((0, 0, c.randrange(60))), c.randrange(ANY)]),
    "acknowledge": (6, lambda c: ["acknowledge", c.randrange(60), c.randrange(ANY)]),
    "deliver": (18, lambda c: ["deliver", c.randrange(ANY)]),
    "deliver_all": (6, lambda _: ["deliver_all"]),
    "drop": (5, lambda c: ["drop", c.randrange(ANY)]),
    "replay": (6, lambda c: ["replay", c.randrange(ANY), c.randrange(60)]),
    "relay": (6, lambda c: ["relay", c.randrange(ANY), c.randrange(60)]),
    "poll": (12, lambda c: ["poll", c.randrange(60), c.choice(WAITS)]),
    "restart": (2, lambda c: ["restart", c.randrange(60)]),
    "rotate": (2, lambda _: ["rotate"]),
    "forge": (14, lambda c: ["forge", c.randrange(ANY), c.randrange(60)]),
    "expel": (3, lambda _: ["expel"]),
}


THIEVES: Final = Campaign(
    full=2_000,
    quick=120,
    draw=draw,
    begin=World,
    end=rest.end,
    goals={
        "thefts": 0.5,
        "forged": 1.5,
        "compromises": 0.3,
        "rotations": 0.3,
        "notices": 3.0,
        "relayed": 1.0,
        "replays": 1.0,
        "dropped": 1.0,
        "restarts": 0.3,
    },
    told={},
)
