"""The whole campaign: many schedules in several processes, counted; failures kept for a replay."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.campaigns.figures import Figure, at_least, at_most
from tests.campaigns.network.calls import KNOWN
from tests.campaigns.network.schedule import Outcome, Schedule, draw, play, shorten

FULL: Final = 10_000
QUICK: Final = 240
CHUNK: Final = 20
KEPT: Final = 50
"""Failures stored of one run; more of them say nothing new."""
TRIED: Final = {
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
}
"""How much a run must have tried, for each schedule."""


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
        names = {"acknowledged": "acknowledge", "rejected": "reject"}
        return [
            at_least("schedules", self.tried["schedules"], schedules),
            *(
                at_least(name, self.tried[names.get(name, name)], int(each * schedules))
                for name, each in TRIED.items()
            ),
            at_most("violations", self.broken.total(), 0),
            Figure("restores_unseen", self.tried["unseens"]),
            Figure("openings", self.tried["openings"]),
            *(Figure(f"known_{name}", self.tried[f"known {name}"]) for name in KNOWN),
        ]


def campaign(schedules: int, seed: int, *, stop_early: bool = False) -> Totals:
    """Run schedules on all processors; stop at a failure if told so."""
    totals = Totals()
    seeds = range(seed * 1_000_000, seed * 1_000_000 + schedules)
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, 2)) as pool:
        for number, outcome in pool.imap_unordered(_play, seeds, chunksize=CHUNK):
            totals.add(number, outcome)
            if totals.failures and stop_early:
                pool.terminate()
                break
    totals.failures.sort(key=lambda failure: int(failure["seed"]))
    return totals


def _play(seed: int) -> tuple[int, Outcome]:
    return seed, play(draw(seed))


# Failures ----------------------------------------------------------------------------------


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


def replay(path: Path) -> list[tuple[str, tuple[str, str] | None]]:
    """Run stored failures again: the check that failed, and what fails now."""
    rows = json.loads(path.read_text())
    return [(row["check"], play(Schedule(row["parties"], row["events"])).violation) for row in rows]
