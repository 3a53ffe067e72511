"""What a schedule of this campaign is: events drawn at random from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, TypeAlias

from tests.campaigns.network import bodies
from tests.campaigns.schedules import Event, Schedule

ANY: Final = 1 << 30
WAITS: Final = (0, 0, 1, 5, 11, 30, 31, 61, 300, 301, 900, 1_000, 3_600, 7_201, 30_000)
SKEWS: Final = (0, 0, -100, 100, -7_000, 7_000, 40_000, -200_000)


def draw(seed: int) -> Schedule:
    """The schedule of a seed. Some have no restores, no crashes, or one node a party: strict checks bite."""
    chance = random.Random(seed)
    parties = chance.choices((2, 3, 4, 5), (40, 40, 13, 7))[0]
    drawn = dict(_DRAWN)
    begun = [["further", chance.randrange(60)] for _ in range(chance.choice((0, 0, 1, 2, 3)))]
    if not begun:
        del drawn["further"], drawn["meanwhile"]
    if chance.random() < 0.4:
        del drawn["restore"], drawn["fail_over"]
    if chance.random() < 0.85:
        del drawn["rewind"]
    if chance.random() < 0.4:
        del drawn["fuse"], drawn["restart"]
    names, weights = list(drawn), [weight for weight, _ in drawn.values()]
    length = chance.randint(25, 60)
    events = [drawn[name][1](chance) for name in chance.choices(names, weights, k=length)]
    return Schedule(parties, begun + events)


FORKED: Final = Schedule(
    2,
    [
        ["say", 1, "launch", 1],
        ["save", 1],
        ["say", 1, "launch", 2],
        ["deliver_all"],
        ["restore", 1, -1, "old"],
        ["say", 1, "launch", 3],
        ["drop_all"],
        ["say", 1, "launch", 4],
        ["deliver_all"],
    ],
)
"""Position 3 of one branch meets position 2 of another, which chance hardly brings about."""


def _number(chance: random.Random) -> int:
    return chance.randrange(ANY)


def _meanwhile(chance: random.Random) -> Event:
    """Something that another node of the same party does."""
    party = chance.randrange(60)
    what = chance.choices(("say", "state", "deliver", "poll", "resubmit"), (4, 2, 3, 3, 1))[0]
    event = _DRAWN[what][1](chance)
    if what != "deliver":
        event[1] = party
    return ["meanwhile", party, chance.randrange(6), event]


_Draw: TypeAlias = Callable[[random.Random], Event]
_DRAWN: Final[dict[str, tuple[int, _Draw]]] = {
    "say": (18, lambda c: ["say", c.randrange(60), _what(c), _number(c)]),
    "state": (8, lambda c: ["state", c.randrange(60), _number(c), c.choice([*bodies.STATEMENTS])]),
    "resubmit": (2, lambda c: ["resubmit", c.randrange(60), _number(c)]),
    "renew": (1, lambda c: ["renew", c.randrange(60)]),
    "confirm": (2, lambda c: ["confirm", c.randrange(60), c.randrange(4)]),
    "deliver": (24, lambda c: ["deliver", _number(c)]),
    "deliver_all": (7, lambda _: ["deliver_all"]),
    "duplicate": (4, lambda c: ["duplicate", _number(c)]),
    "drop": (6, lambda c: ["drop", _number(c)]),
    "drop_all": (2, lambda _: ["drop_all"]),
    "replay": (10, lambda c: ["replay", _number(c), c.randrange(60)]),
    "flip": (6, lambda c: ["flip", _number(c), _number(c)]),
    "cut": (2, lambda c: ["cut", _number(c), _number(c)]),
    "splice": (2, lambda c: ["splice", _number(c), _number(c), _number(c)]),
    "swap": (2, lambda c: ["swap", _number(c), _number(c)]),
    "poll": (14, lambda c: ["poll", c.randrange(60), c.choice(WAITS)]),
    "poll_all": (7, lambda c: ["poll_all", c.choice(WAITS)]),
    "part": (2, lambda c: ["part", c.randrange(32)]),
    "join": (2, lambda _: ["join"]),
    "fuse": (5, lambda c: ["fuse", c.randrange(60), c.randrange(8), int(c.random() < 0.3)]),
    "restart": (3, lambda c: ["restart", c.randrange(60)]),
    "further": (1, lambda c: ["further", c.randrange(60)]),
    "meanwhile": (9, _meanwhile),
    "save": (9, lambda c: ["save", c.randrange(60)]),
    "restore": (7, lambda c: ["restore", c.randrange(60), _number(c), c.choice(("kept", "kept", "lost"))]),
    "fail_over": (2, lambda c: ["fail_over", c.randrange(60), _number(c)]),
    "rewind": (5, lambda c: ["restore", c.randrange(60), -1, "old"]),
    "clock": (3, lambda c: ["clock", c.randrange(60), c.choice(SKEWS)]),
}


def _what(chance: random.Random) -> str:
    return chance.choice(("launch", "launch", "launch", *bodies.NOTICES))
