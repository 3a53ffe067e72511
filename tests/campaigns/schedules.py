"""Campaigns of schedules: events drawn from seeds, played, counted, stored, run again, made shorter."""

from __future__ import annotations

import json
import multiprocessing
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from tests.campaigns import failures
from tests.campaigns.failures import Failure, Failures, Violation
from tests.campaigns.figures import Figure, at_least, at_most

CHUNK: Final = 10
TRIES: Final = 600
"""Schedules that are played at the most to make one shorter."""
Event: TypeAlias = list[Any]


class Schedule(NamedTuple):
    """How many parties, and what happens."""

    parties: int
    events: list[Event]


class Outcome(NamedTuple):
    """What a schedule came to: the check that failed and what it saw, and what was tried."""

    violation: tuple[str, str] | None
    counts: Counter[str]


class Carried(Protocol):
    """A packet, as far as the network looks at it."""

    @property
    def to(self) -> str:
        """The party that it is meant for."""


P = TypeVar("P", bound=Carried)


class World(ABC, Generic[P]):
    """Events by name, and a network that carries packets, or does not.

    Attributes:
        wire: packets on their way; `ever`: all that ever were. `counts`: what was tried.
    """

    def __init__(self) -> None:
        self.wire: list[P] = []
        self.ever: list[P] = []
        self.counts: Counter[str] = Counter()

    def play(self, event: Sequence[Any]) -> None:
        """Let one event happen; raises `Violation`."""
        name, *numbers = event
        getattr(self, f"do_{name}")(*numbers)

    @abstractmethod
    def arrive(self, packet: P) -> None:
        """A packet reaches a party, unless the network is such that it does not."""

    def do_deliver(self, pick: int) -> None:
        """A packet arrives, in whatever order."""
        if self.wire:
            self.arrive(self.wire.pop(pick % len(self.wire)))

    def do_deliver_all(self) -> None:
        """Everything that is on its way arrives in order."""
        for packet in [self.wire.pop(0) for _ in range(len(self.wire))]:
            self.arrive(packet)

    def do_drop(self, pick: int) -> None:
        """A packet is lost."""
        if self.wire:
            self.counts["dropped"] += 1
            self.wire.pop(pick % len(self.wire))


W = TypeVar("W", bound=World[Any])


class Totals(Failures):
    """What all schedules tried, and the failures."""

    def __init__(self, goals: Mapping[str, float], told: Mapping[str, str]) -> None:
        super().__init__()
        self.tried: Counter[str] = Counter()
        self.goals, self.told = goals, told

    def add(self, seed: int, outcome: Outcome) -> None:
        """Count one schedule."""
        self.tried["schedules"] += 1
        self.tried += outcome.counts
        if outcome.violation:
            self.fail({"seed": seed}, outcome.violation)

    def figures(self, schedules: int) -> list[Figure]:
        """The figures with their goals."""
        return [
            at_least("schedules", self.tried["schedules"], schedules),
            *(at_least(name, self.tried[name], int(each * schedules)) for name, each in self.goals.items()),
            at_most("violations", self.broken.total(), 0),
            *(Figure(name, self.tried[count]) for name, count in self.told.items()),
        ]


@dataclass(frozen=True)
class Campaign(Generic[W]):
    """What a campaign of schedules is made of; plain enough to be sent to other processes.

    Attributes:
        full, quick: how many schedules. `draw`: the schedule of a seed.
        begin: the world of so many parties. `end`: brings it to rest, and raises `Violation`.
        goals: how much a run must have tried, for each schedule.
        told: figures without a goal, and what each counts.
    """

    full: int
    quick: int
    draw: Callable[[int], Schedule]
    begin: Callable[[int], W]
    end: Callable[[W], None]
    goals: Mapping[str, float]
    told: Mapping[str, str]

    def size(self, least: int | None, *, quick: bool) -> int:
        """How many schedules a run has."""
        return least or (self.quick if quick else self.full)

    def run(self, size: int, seed: int, *, stop_early: bool = False) -> Totals:
        """Run schedules on all processors; stop at a failure if told so."""
        totals = Totals(self.goals, self.told)
        seeds = range(seed * 1_000_000, seed * 1_000_000 + size)
        with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, 2)) as pool:
            for number, outcome in pool.imap_unordered(self._play_seed, seeds, chunksize=CHUNK):
                totals.add(number, outcome)
                if totals.failures and stop_early:
                    pool.terminate()
                    break
        totals.failures.sort(key=lambda failure: int(failure["seed"]))
        return totals

    def _play_seed(self, seed: int) -> tuple[int, Outcome]:
        return seed, self.play(self.draw(seed))

    def play(self, schedule: Schedule) -> Outcome:
        """Run a schedule, let the world come to rest, and check what must hold in the end."""
        world = self.begin(schedule.parties)
        try:
            for event in schedule.events:
                world.play(event)
            self.end(world)
        except Violation as violation:
            return Outcome((violation.check, violation.detail), world.counts)
        return Outcome(None, world.counts)

    # Failures --------------------------------------------------------------------------

    def store(self, found: Iterable[Failure], path: Path) -> None:
        """Write failures with their events as JSON, the first of each check made short."""
        rows = [{**failure, **self.draw(failure["seed"])._asdict()} for failure in found]
        failures.store(rows, path, self._shorter)

    def _shorter(self, row: Failure) -> Failure:
        return {**row, **self.shorten(_schedule(row), row["check"])._asdict()}

    def replay(self, path: Path) -> list[tuple[str, tuple[str, str] | None]]:
        """Run stored failures again: the check that failed, and what fails now."""
        return [(row["check"], self.play(_schedule(row)).violation) for row in json.loads(path.read_text())]

    def shorten(self, schedule: Schedule, check: str, tries: int = TRIES) -> Schedule:
        """Leave out events, then parties, as long as the same check fails."""

        def fails(parties: int, events: list[Event]) -> bool:
            violation = self.play(Schedule(parties, events)).violation
            return violation is not None and violation[0] == check

        parties, events = schedule
        size = max(1, len(events) // 2)
        while tries > 0:
            at, before = len(events), len(events)
            while at > 0 and tries > 0:
                at = max(0, at - size)
                fewer = [*events[:at], *events[at + size :]]
                tries -= 1
                if fails(parties, fewer):
                    events = fewer
            if size == 1 and len(events) == before:
                break
            size = max(1, size // 2)
        for fewer_parties in range(2, parties):
            if fails(fewer_parties, events):
                return Schedule(fewer_parties, events)
        return Schedule(parties, events)


def _schedule(row: Failure) -> Schedule:
    return Schedule(row["parties"], row["events"])
