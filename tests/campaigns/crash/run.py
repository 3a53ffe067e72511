"""The whole campaign: stories, random scenarios, damage; counted, and failures kept for a replay."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.campaigns import failures
from tests.campaigns.crash import damage, stories
from tests.campaigns.crash.stories import CHILD, MEMORY, NEVER, OFTEN, SQLITE, Outcome, Scenario
from tests.campaigns.crash.trip import BOUNDARIES
from tests.campaigns.failures import Failure, Failures
from tests.campaigns.figures import Figure, at_least, at_most

BATCH: Final = 64
LOST: Final = frozenset(
    {"not-presented", "untold", "confirmed-lost", "lost-entries", "not-offered", "incomplete", "not-durable"}
)
"""Checks that find something lost."""


class Goals(NamedTuple):
    """How much a run must have tried."""

    crashes: int
    kills: int
    losses: int
    restores: int
    damaged: int
    sample: int  # of a story's passages, one in so many


FULL: Final = Goals(10_000, 500, 1_000, 100, 1_800, 1)
QUICK: Final = Goals(900, 60, 80, 8, 180, 9)


class Totals(Failures):
    """What all scenarios saw together, and the failures."""

    def __init__(self) -> None:
        super().__init__()
        self.crashes: Counter[str] = Counter()
        self.struck: Counter[tuple[str, str]] = Counter()
        self.other: Counter[str] = Counter()

    def add(self, scenario: Scenario, outcome: Outcome) -> None:
        """Count one scenario."""
        self.other["scenarios"] += 1
        self.crashes += outcome.crashes
        self.struck += outcome.struck
        self.other += outcome.other
        if outcome.violation:
            self.fail(scenario, outcome.violation)

    def kills(self) -> int:
        """Processes that SIGKILL ended: at a boundary of their own, or at an instant."""
        return self.crashes["instant"] + self._struck("kill")

    def losses(self) -> int:
        """Power losses."""
        return self._struck("power")

    def enough(self, goals: Goals) -> bool:
        """Whether as much was tried as was to be."""
        return (
            self.crashes.total() >= goals.crashes
            and self.kills() >= goals.kills
            and self.losses() >= goals.losses
            and self.other["restores"] >= goals.restores
        )

    def _struck(self, *hows: str) -> int:
        return sum(times for (how, _), times in self.struck.items() if how in hows)

    def figures(self, goals: Goals) -> list[Figure]:
        """The figures with their goals."""
        covered = sum(1 for name in BOUNDARIES if self.crashes[name])
        other = self.other
        return [
            at_least("crashes", self.crashes.total(), goals.crashes),
            at_least("kills", self.kills(), goals.kills),
            at_least("power_losses", self.losses(), goals.losses),
            at_least("boundaries", covered, len(BOUNDARIES)),
            at_least("restores", other["restores"], goals.restores),
            at_least(
                "restores_detected", min(other["restores_detected"], other["restores"]), other["restores"]
            ),
            at_least("damaged", other["damaged"], goals.damaged),
            at_most("violations", self.broken.total(), 0),
            at_most("lost", sum(self.broken[name] for name in LOST), 0),
            at_most("shown_twice", self.broken["shown-twice"] + self.broken["unmarked"], 0),
            Figure("store_failures", self._struck("fail", "full", "readonly")),
            Figure("restarts", other["restarts"]),
            Figure("rollbacks_behind_no_anchor", other["rollbacks_behind_no_anchor"]),
            Figure("begun_without_anchor", other["begun_without_anchor"]),
            Figure("scenarios", other["scenarios"]),
        ]

    def tables(self) -> dict[str, Any]:
        """What the figures count, by name."""
        found = {name: times for name, times in self.other.items() if name.startswith("damaged ")}
        return {
            "crashes by boundary": {name: self.crashes[name] for name in (*BOUNDARIES, "instant")},
            "damaged files": {name[8:]: times for name, times in sorted(found.items())},
            **super().tables(),
        }


def size(least: int | None, *, quick: bool) -> Goals:
    """How much is tried."""
    goals = QUICK if quick else FULL
    return goals if least is None else goals._replace(crashes=least)


def run(size: Goals, seed: int, *, stop_early: bool = False) -> Totals:
    """Run scenarios until there are enough, on all processors; stop at a failure if told so."""
    totals = Totals()
    planned: Iterator[Scenario] = chain(told(size.sample, seed), endless(seed))
    with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1) as pool:
        while batch := list(islice(planned, BATCH)):
            for scenario, outcome in zip(batch, pool.map(stories.play, batch, chunksize=2), strict=True):
                totals.add(scenario, outcome)
            stories_left = next(iter(batch))["of"] == "story"
            if (totals.failures and stop_early) or (not stories_left and totals.enough(size)):
                break
        if not (totals.failures and stop_early):
            _damage(pool.map(damage.meet, damage.cases(size.damaged, seed), chunksize=20), size, seed, totals)
    return totals


def told(sample: int, seed: int) -> Iterator[Scenario]:
    """Every story, with one in so many of its passages."""
    chance = random.Random(seed)
    kinds: list[Iterable[Scenario]] = [
        stories.each_passage(MEMORY, "crash", NEVER),
        stories.each_passage(MEMORY, "crash", OFTEN, born=True),
        stories.each_passage(MEMORY, "fail", OFTEN),
        stories.each_passage(SQLITE, "crash", OFTEN),
        stories.each_passage(SQLITE, "power", NEVER),
        stories.each_passage(SQLITE, "fail", NEVER),
        stories.each_passage(CHILD, "kill", OFTEN),
        stories.each_recovery(MEMORY, "crash", OFTEN, chance),
        stories.each_recovery(SQLITE, "power", OFTEN, chance),
    ]
    for kind in kinds:
        taken = chance.randrange(sample)
        for number, scenario in enumerate(kind):
            nth = scenario["events"][0][2][1]
            if nth == 1 or number % sample == taken:  # each boundary at least once
                yield {"of": "story", **scenario}


def endless(seed: int) -> Iterator[Scenario]:
    """Random scenarios without end: most in memory, since those are the fastest."""
    number = seed * 1_000_000
    while True:
        for store in (MEMORY, SQLITE, MEMORY, SQLITE, MEMORY, CHILD, MEMORY, SQLITE, MEMORY, MEMORY):
            number += 1
            yield {"of": "random", **stories.anything(number, store)}
        yield {"of": "random", **stories.instants(number)}


def _damage(results: Sequence[damage.Result], goals: Goals, seed: int, totals: Totals) -> None:
    for scenario, result in zip(damage.cases(goals.damaged, seed), results, strict=True):
        totals.other["damaged"] += 1
        totals.other[f"damaged {scenario['damage']} {result.outcome}"] += 1
        if result.violation:
            totals.fail(scenario, result.violation)


# Failures ----------------------------------------------------------------------------------


def store(found: Iterable[Failure], path: Path) -> None:
    """Write failures as JSON, the first of each check made as short as it can be."""
    failures.store(found, path, shorten)


def shorten(failure: Failure) -> Failure:
    """Leave out events as long as the same check fails."""
    events, detail, at = failure["events"], failure["detail"], len(failure["events"])
    while at:
        at -= 1
        fewer = [*events[:at], *events[at + 1 :]]
        violation = stories.play({**failure, "events": fewer}).violation
        if violation and violation[0] == failure["check"]:
            events = fewer
            detail = violation[1]
    return {**failure, "events": events, "detail": detail}


def replay(path: Path) -> list[tuple[str, tuple[str, str] | None]]:
    """Run stored failures again: the check that failed, and what fails now. An instant is tried ten times."""
    found = []
    for failure in json.loads(path.read_text()):
        violation = None
        for _ in range(10 if any(name == "kill" for name, *_ in failure.get("events", [])) else 1):
            violation = damage.replay(failure) if "damage" in failure else stories.play(failure).violation
            if violation:
                break
        found.append((failure["check"], violation))
    return found
