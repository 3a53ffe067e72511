"""All scenes on both stores, counted against goals."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from launchnotice.errors import JournalError
from tests.campaigns.figures import Figure, at_least, at_most
from tests.campaigns.nodes import scenes
from tests.campaigns.nodes.appends import MODES
from tests.campaigns.nodes.checks import CHECKS
from tests.campaigns.nodes.node import BOUNDARIES
from tests.campaigns.nodes.scenes import Stage
from tests.campaigns.nodes.stores import POSTGRES, home
from tests.support import memory

BARE: Final = "appends"
WORK: Final = "work"
DEATHS: Final = "deaths"
FAIL_OVER: Final = "failed-over"
REFUSED: Final = "refused"
SCENES: Final = (REFUSED, BARE, *scenes.UNDER_LOAD, FAIL_OVER, DEATHS)


class Size(NamedTuple):
    """How much of everything, and what must at least have happened on each store."""

    appends: int
    rounds: int
    announce: int
    seeds: int
    deaths: int
    rollbacks: int
    failovers: int


FULL: Final = Size(5_000, 24, 3, 2, 48, 60, 6)
QUICK: Final = Size(300, 8, 2, 1, 8, 4, 1)


class Totals:
    """What all scenes of one store saw together, and the scenes in which a check failed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.violations: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def add(self, scene: str, found: Counter[str], seconds: float) -> None:
        """Count one scene."""
        self.counts += found
        name = scene.partition(" ")[0]
        self.seconds[name] = round(self.seconds.get(name, 0) + seconds, 1)
        wrong = [f"{check} {found[check]}" for check in (*CHECKS, "needless") if found[check]]
        if found["refused"] < found["refusable"]:
            wrong.append(f"refused {found['refused']} of {found['refusable']}")
        if wrong:
            self.violations[scene] = ", ".join(wrong)


def play(store: str, size: Size, seed: int, only: str | None = None) -> Totals:
    """All scenes of one store, or one."""
    totals = Totals()
    if store != POSTGRES and only in {FAIL_OVER, REFUSED}:
        return totals
    with tempfile.TemporaryDirectory(dir=memory.file_system()) as folder, home(store, Path(folder)) as where:
        stage = Stage(store, where, Path(folder), size.appends, size.rounds, size.announce)
        for name, scene in planned(stage, size, seed):
            if only in {None, name.partition(" ")[0]}:
                begun = time.monotonic()
                try:
                    found = scene()
                except JournalError:  # what the nodes have left cannot even be read
                    found = Counter(broken=1)
                totals.add(name, found, time.monotonic() - begun)
    return totals


def planned(stage: Stage, size: Size, seed: int) -> Iterator[tuple[str, Callable[[], Counter[str]]]]:
    """Every scene with a name that says which it is."""
    for mode in MODES:
        yield f"{BARE} {mode}", partial(scenes.bare, stage, mode)
    for number in range(seed, seed + size.seeds):
        for name, scene in scenes.UNDER_LOAD.items():
            for mode in MODES if size.seeds > 1 or name == WORK else MODES[-1:]:
                yield f"{name} {mode} {number}", partial(scene, stage, mode, number)
        yield f"{DEATHS} {number}", partial(scenes.deaths, stage, number)
    if stage.store == POSTGRES:
        for number in range(seed, seed + size.failovers):
            mode = MODES[number % 2]
            yield f"{FAIL_OVER} {mode} {number}", partial(scenes.failed_over, stage, mode, number)
        yield REFUSED, partial(scenes.refused, stage)


def figures(store: str, totals: Totals, size: Size) -> list[Figure]:
    """The figures of one store with their goals."""
    counts = totals.counts
    died = sum(1 for boundary in BOUNDARIES if counts[f"died {boundary}"])
    found = [
        at_least("appends", counts["appends"], 4 * size.appends),
        at_least("conflicts", counts["conflicts"], 1),
        at_least("notices", counts["notices"], size.seeds * size.rounds * size.announce * 6),
        at_least("late_drafts", counts["stale"], 1),
        at_least("deaths", counts["deaths"], size.deaths),
        at_least("boundaries", died, len(BOUNDARIES)),
        at_least("rollbacks", counts["rollbacks"], size.rollbacks),
        *(at_most(check, counts[check], 0) for check in (*CHECKS, "needless")),
        Figure("entries", counts["entries"]),
        Figure("signed", counts["signed"]),
        Figure("receipts", counts["receipts"]),
        Figure("epochs", counts["epochs"]),
        Figure("starts", counts["starts"]),
        Figure("store_errors", counts["store_errors"]),
    ]
    if store == POSTGRES:
        found += [
            at_least("failovers", counts["failovers"], size.failovers),
            at_least("refused", counts["refused"], max(counts["refusable"], 1)),
        ]
    return [figure._replace(name=f"{store}.{figure.name}") for figure in found]
