"""The whole campaign: schedules drawn from seeds, in several processes; failures kept for a replay."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.campaigns.figures import Figure, at_least, at_most
from tests.campaigns.network.model import Violation
from tests.campaigns.thieves import rest
from tests.campaigns.thieves.world import HANDS, World

FULL: Final = 2_000
QUICK: Final = 120
KEPT: Final = 20
ANY: Final = 1 << 30
WAITS: Final = (0, 1, 11, 31, 61, 301)
TRIED: Final = {
    "thefts": 0.5,
    "forged": 1.5,
    "compromises": 0.3,
    "rotations": 0.3,
    "notices": 3.0,
    "relayed": 1.0,
    "replays": 1.0,
    "dropped": 1.0,
    "restarts": 0.3,
}
"""How much a run must have tried, for each schedule."""


class Schedule(NamedTuple):
    """How many parties, and what happens."""

    parties: int
    events: list[list[Any]]


class Outcome(NamedTuple):
    """The check that failed and what it saw, and what was tried."""

    violation: tuple[str, str] | None
    counts: Counter[str]


def play(schedule: Schedule) -> Outcome:
    """Run a schedule, let the authority answer and the network heal, and check what must hold."""
    world = World(schedule.parties)
    try:
        for event in schedule.events:
            world.play(event)
        rest.heal(world)
        rest.check(world)
    except Violation as violation:
        return Outcome((violation.check, violation.detail), world.counts)
    return Outcome(None, world.counts)


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    chance = random.Random(seed)  # noqa: S311 - the same schedules each time
    parties = chance.choices((2, 3, 4, 5), (35, 40, 15, 10))[0]
    names, weights = list(_DRAWN), [weight for weight, _ in _DRAWN.values()]
    before, after = chance.randint(4, 20), chance.randint(10, 40)
    events = [_DRAWN[name][1](chance) for name in chance.choices(names, weights, k=before + after)]
    if chance.random() < 0.9:
        events.insert(before, ["steal", chance.randrange(len(HANDS))])
    return Schedule(parties, events)


_DRAWN: Final[dict[str, tuple[int, Callable[[random.Random], list[Any]]]]] = {
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


class Totals:
    """What all schedules tried, and the failures."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []

    def add(self, seed: int, outcome: Outcome) -> None:
        """Count one schedule."""
        self.tried["schedules"] += 1
        self.tried += outcome.counts
        if outcome.violation:
            check, detail = outcome.violation
            self.broken[check] += 1
            if len(self.failures) < KEPT:
                self.failures.append({"check": check, "detail": detail, "seed": seed})

    def figures(self, schedules: int) -> list[Figure]:
        """The figures with their goals."""
        return [
            at_least("schedules", self.tried["schedules"], schedules),
            *(at_least(name, self.tried[name], int(each * schedules)) for name, each in TRIED.items()),
            at_most("violations", self.broken.total(), 0),
            Figure("known_disputed_again", self.tried["disputed_again"]),
            Figure("known_held_back", self.tried["held_back"]),
        ]


def campaign(schedules: int, seed: int, *, stop_early: bool = False) -> Totals:
    """Run schedules on all processors; stop at a failure if told so."""
    totals = Totals()
    seeds = range(seed * 1_000_000, seed * 1_000_000 + schedules)
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, 2)) as pool:
        for number, outcome in pool.imap_unordered(_play, seeds, chunksize=10):
            totals.add(number, outcome)
            if totals.failures and stop_early:
                pool.terminate()
                break
    totals.failures.sort(key=lambda failure: int(failure["seed"]))
    return totals


def _play(seed: int) -> tuple[int, Outcome]:
    return seed, play(draw(seed))


def store(failures: Iterable[dict[str, Any]], path: Path) -> None:
    """Write failures as JSON, the first of each check made as short as it can be."""
    seen: set[str] = set()
    rows = []
    for failure in failures:
        schedule = draw(failure["seed"])
        if failure["check"] not in seen:
            seen.add(failure["check"])
            schedule = shorten(schedule, failure["check"])
        rows.append({**failure, "parties": schedule.parties, "events": schedule.events})
    path.write_text(json.dumps(rows, indent=1) + "\n")


def shorten(schedule: Schedule, check: str) -> Schedule:
    """Leave out one event after the other, as long as the same check fails."""
    events = schedule.events
    for at in reversed(range(len(events))):
        fewer = [*events[:at], *events[at + 1 :]]
        violation = play(Schedule(schedule.parties, fewer)).violation
        if violation is not None and violation[0] == check:
            events = fewer
    return Schedule(schedule.parties, events)


def replay(path: Path) -> list[tuple[str, tuple[str, str] | None]]:
    """Run stored failures again: the check that failed, and what fails now."""
    rows = json.loads(path.read_text())
    return [(row["check"], play(Schedule(row["parties"], row["events"])).violation) for row in rows]
