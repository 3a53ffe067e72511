"""Scenarios: what the parties do, and where their processes die.

- A *story* is played once without faults to count its passages, then once for each passage with a
  crash there: no boundary that it reaches is left out.
- *Random* scenarios mix everything: crashes in a row, crashes of recoveries, failing stores, lost,
  repeated and reordered bytes, restores.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from unittest import mock

from launchnotice.engine import ledger
from tests.campaigns.crash.child import Child
from tests.campaigns.crash.life import Life
from tests.campaigns.crash.stores import FileStore, MemoryStore, Store
from tests.campaigns.crash.trip import ANY, BOUNDARIES, FAILING, READS
from tests.campaigns.crash.world import Living, Node, World
from tests.campaigns.failures import Violation
from tests.support.memory import file_system
from tests.support.template import Template, template

Scenario: TypeAlias = dict[str, Any]
"""`store` (of US; RU's is in memory), `snapshots` (entries between two), `born` (both journals are
empty at first), `events`."""
CODES: Final = ("RU", "US")
MEMORY, SQLITE, CHILD = "memory", "sqlite", "child"
OFTEN, NEVER = 6, 5_000
STORY: Final[list[list[Any]]] = [
    ["announce", "US", 1],
    ["deliver_all"],
    ["poll", "RU", 1],
    ["deliver_all"],
    ["announce", "RU", 2],
    ["incident", "US", 3],
    ["announce", "US", 4],
    ["announce", "US", 5],
    ["deliver", 3],  # before its predecessor: held
    ["poll", "RU", 1],
    ["deliver_all"],
    ["confirm", "RU"],
    ["answer", "RU", "acknowledge", 0],
    ["answer", "RU", "reject", 1],
    ["poll", "US", 2],
    ["deliver_all"],
    ["confirm", "US"],
    ["answer", "US", "acknowledge", 0],
    ["replay", 2],
    ["poll", "US", 40],
    ["poll", "RU", 40],
    ["deliver_all"],
    ["restart", "US"],
    ["restart", "RU"],
    ["poll", "US", 400],
    ["deliver_all"],
    ["confirm", "US"],
    ["confirm", "RU"],
]


class Outcome(NamedTuple):
    """What a scenario saw: crashes by boundary, faults that struck, other counts, and what it broke."""

    crashes: Counter[str]
    struck: Counter[tuple[str, str]]
    passed: dict[str, Counter[str]]
    other: Counter[str]
    violation: tuple[str, str] | None


@cache
def made() -> Template:
    """Two centres; the same in every process."""
    return template(*CODES)


def play(scenario: Scenario) -> Outcome:
    """Run a scenario; a broken promise is part of the outcome."""
    with (
        tempfile.TemporaryDirectory(prefix="launchnotice-crash-", dir=file_system()) as folder,
        mock.patch.object(ledger, "SNAPSHOT_EVERY", scenario["snapshots"]),
    ):
        nodes = {code: make_node(code, scenario, Path(folder) / code) for code in CODES}
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        violation, passed = None, {code: node.trip.passed for code, node in nodes.items()}
        try:
            world = World(made(), nodes)
            counts = world.counts
            world.run(scenario["events"])
            passed = world.passed
        except Violation as found:
            violation = (found.check, found.detail)
        except Exception as error:  # noqa: BLE001 - whatever escapes is a finding
            violation = ("unexpected", f"{type(error).__name__}: {error}")
        finally:
            for node in nodes.values():
                node.stop()
                node.store.discard()
    struck = sum((node.trip.struck for node in nodes.values()), Counter[tuple[str, str]]())
    return Outcome(counts[0], struck, passed, counts[1], violation)


# Stories -----------------------------------------------------------------------------------


def each_passage(store: str, how: str, snapshots: int, *, born: bool = False) -> Iterator[Scenario]:
    """The story with one crash at each passage of each boundary that it reaches."""
    events = [["mandates", "US"], ["mandates", "RU"], *STORY] if born else STORY
    plain = {"store": SQLITE if store == CHILD else store, "snapshots": snapshots, "born": born}
    passed = play({**plain, "events": events}).passed
    for code in CODES if store == MEMORY else ("US",):
        for boundary in BOUNDARIES:
            if how == "fail" and boundary not in FAILING:
                continue
            if store == CHILD and boundary.startswith("host."):
                continue  # the host is not in that process
            times = passed[code][boundary]
            # Of reading, which writes nothing, a sample.
            step = 9 if boundary in {"read", "find"} else 1
            for nth in range(1, times + 1, step):
                fault = [boundary, nth, how, nth]
                yield {**plain, "store": store, "events": [["arm", code, fault], *events]}


def each_recovery(store: str, how: str, snapshots: int, chance: random.Random) -> Iterator[Scenario]:
    """The story with a crash somewhere, and crashes at the next passages of what recovers from it."""
    total = sum(times for name, times in _plain(store, snapshots)["US"].items() if name not in READS)
    for nth in range(1, total + 1, 3):
        code = chance.choice(CODES) if store == MEMORY else "US"
        faults = [[ANY, nth, how, nth]]
        faults += [[ANY, chance.randint(1, 4), how, chance.randrange(1000)] for _ in range(3)]
        yield {
            "store": store,
            "snapshots": snapshots,
            "born": False,
            "events": [["arm", code, *faults], *STORY],
        }


@cache
def _plain(store: str, snapshots: int) -> dict[str, Counter[str]]:
    kind = SQLITE if store == CHILD else store
    return play({"store": kind, "snapshots": snapshots, "born": False, "events": STORY}).passed


def restored(code: str, store: str) -> Scenario:
    """A backup comes back after the party has announced and received more."""
    other = "RU" if code == "US" else "US"
    events: list[list[Any]] = [
        *STORY[:5],
        ["deliver_all"],
        ["backup", code],
        ["announce", code, 7],
        ["deliver_all"],
        ["poll", other, 1],
        ["deliver_all"],
        ["restore", code],
        ["announce", code, 8],
        ["announce", other, 9],
        ["deliver_all"],
    ]
    return {"store": store, "snapshots": OFTEN, "born": False, "events": events}


# Random ------------------------------------------------------------------------------------


def anything(seed: int, store: str, *, restoring: bool | None = None) -> Scenario:
    """Forty events or so, and a crash at every fourth; in some, backups come back unless told otherwise."""
    chance = random.Random(seed)
    if restoring is None:
        restoring = store != CHILD and chance.random() < 0.3
    events: list[list[Any]] = []
    for number in range(chance.randint(25, 45)):
        if chance.random() < 0.35:
            events.append(_faults(chance, store))
        events.append(_event(chance, number + 1, restoring=restoring))
    snapshots = chance.choice([OFTEN, NEVER])
    return {"store": store, "snapshots": snapshots, "born": False, "events": events}


def instants(seed: int) -> Scenario:
    """A process that is killed again and again, wherever it is then."""
    chance = random.Random(seed)
    events: list[list[Any]] = []
    for number in range(20):
        if chance.random() < 0.5:
            events.append(["kill", "US", int(10 ** chance.uniform(1, 3.8))])
        events.append(_event(chance, number + 1, restoring=False))
    return {"store": CHILD, "snapshots": chance.choice([OFTEN, NEVER]), "born": False, "events": events}


def _faults(chance: random.Random, store: str) -> list[Any]:
    code = chance.choice(CODES) if store == MEMORY or chance.random() < 0.2 else "US"
    hows = {
        MEMORY: ["crash", "crash", "fail"],
        SQLITE: ["crash", "power", "power", "fail", "full", "readonly"],
    }
    faults = []
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        if store == CHILD and code == "US":
            how = "kill"
        else:
            how = chance.choice(hows.get(store, hows[MEMORY]) if code == "US" else hows[MEMORY])
        boundary = ANY if chance.random() < 0.7 else chance.choice(BOUNDARIES)
        if how in {"full", "readonly"}:
            boundary = "append.before"
        faults.append([boundary, chance.randint(1, 6), how, chance.randrange(100_000)])
    return ["arm", code, *faults]


def _event(chance: random.Random, number: int, *, restoring: bool) -> list[Any]:
    code = chance.choice(CODES)
    events: list[tuple[int, list[Any]]] = [
        (4, ["announce", code, number]),
        (1, ["incident", code, number]),
        (4, ["answer", code, chance.choice(["acknowledge", "acknowledge", "reject"]), chance.randrange(9)]),
        (5, ["poll", code, chance.choice([0, 1, 6, 31, 61, 301, 3_601, 30_000])]),
        (4, ["deliver", chance.randrange(9)]),
        (5, ["deliver_all"]),
        (1, ["drop", chance.randrange(9)]),
        (2, ["replay", chance.randrange(1000)]),
        (3, ["confirm", code]),
        (1, ["restart", code]),
        (2 if restoring else 0, ["backup", code]),
        (2 if restoring else 0, ["restore", code]),
    ]
    weights = [weight for weight, _ in events]
    return chance.choices([event for _, event in events], weights)[0]


# Nodes -------------------------------------------------------------------------------------


def make_node(code: str, scenario: Scenario, folder: Path) -> Node:
    """A party with its stores; US's are as the scenario says."""
    store = scenario["store"] if code == "US" else MEMORY
    rows = [] if scenario["born"] else made().journals[code].read(0, 100)
    opens = _open_child if store == CHILD else _open_here
    return Node(code, _store(store, rows, folder), opens, local=store != CHILD)


def _store(store: str, rows: Any, folder: Path) -> Store:
    if store == MEMORY:
        return MemoryStore(rows)
    return FileStore(folder, rows, shared=store == SQLITE)


def _open_here(node: Node, now: int) -> Living:
    return Life(made(), node.code, node.store, node.trip, now, node.lives, node.signed.append)


def _open_child(node: Node, now: int) -> Living:
    return Child(made(), node, now, node.store.root / "log")  # type: ignore[attr-defined]  # a store of files
