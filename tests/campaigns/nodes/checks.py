"""What must hold when all is over: of the journal, of what was signed and released, of both sides."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from launchnotice.core import entries
from launchnotice.core.entries import Entry, EpochOpened, Fired, Reserved, Returned, Sealed
from launchnotice.registry import Kind
from tests.campaigns.nodes.centre import NAMES, Centre

CHECKS: Final = {
    "failed": "nodes and writers that an exception ended",
    "positions_twice": "positions of the journal or of the stream that two entries have",
    "lost": "appends that the journal lacks, and notices whose submission returned that it lacks signed",
    "signed_twice": "positions of the stream for which the system signed two payloads",
    "stated_twice": "receipts and acknowledgements of one notice with two payloads signed in one epoch",
    "sealed_twice": "messages of which the journal has two sets of final bytes",
    "released_otherwise": "messages that reached the peer in bytes that are not those of the journal",
    "unreleased": "messages that were sealed and never reached the peer",
    "shown_twice": "notices that one node presented as new twice, unmarked",
    "unshown": "notices of the peer that no node presented",
    "forks": "forks that the peer found",
    "broken": "entries that do not follow the one before",
    "unsettled": "notices of the present epochs still owed something at the end",
    "silent": "notices of earlier epochs still owed something, of which no officer was told *overdue*",
}


def examine(centre: Centre, owed: int) -> Counter[str]:
    """Everything that is wrong, by check, and what was done; `owed` is what did not come to rest."""
    stored, broken = _entries(centre)
    found = _journal(centre, stored)
    found += _logs(centre)
    found["unsettled"] = owed
    found["broken"] = broken
    found["forks"] = len(centre.peer.forks())
    found["shown_twice"] = sum(times > 1 for times in centre.shown.values())
    seen = {bytes.fromhex(rest[0]) for word, *rest in _log(centre) if word == "shown"}
    found["unshown"] = len(set(centre.told) - seen)
    found["entries"] = len(stored)
    return found + centre.counts


def _entries(centre: Centre) -> tuple[list[Entry], int]:
    """The journal's entries, and how many do not follow the one before."""
    found: list[Entry] = []
    broken, digest = 0, entries.GENESIS
    with closing(centre.place.open()) as journal:
        while batch := journal.read(len(found), 1_000):
            for row in batch:
                broken += row.data[: len(digest)] != digest
                digest = entries.digest(row.data)
                found.append(entries.decode(row.position, row.data).entry)
    return found, broken


def _journal(centre: Centre, stored: list[Entry]) -> Counter[str]:
    reserved = [entry for entry in stored if isinstance(entry, Reserved)]
    sealed = [entry for entry in stored if isinstance(entry, Sealed)]
    own = {entry.id: entry.data for entry in stored if isinstance(entry, Sealed | Returned)}
    positions = Counter((one.number, one.random, one.seq) for one in reserved if one.seq)
    said = {bytes.fromhex(rest[0]) for word, *rest in _log(centre) if word == "said"}
    overdue = {entry.id for entry in stored if isinstance(entry, Fired)}
    return Counter(
        notices=sum(1 for entry in reserved if entry.seq),
        receipts=sum(1 for entry in reserved if entry.kind == Kind.RECEIPT),
        epochs=sum(1 for entry in stored if isinstance(entry, EpochOpened)),
        positions_twice=_again(positions),
        sealed_twice=_again(Counter(entry.id for entry in sealed)),
        lost=len(said - own.keys()),
        silent=len(centre.left_open() - overdue),
        released_otherwise=sum(bool(centre.arrived[one] - {data}) for one, data in own.items()),
        unreleased=sum(1 for one in own if not centre.arrived[one]),
    )


def _logs(centre: Centre) -> Counter[str]:
    """What the system signed, by what may be signed once."""
    slots: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for word, *rest in _log(centre):
        if word == "signed":
            slots[rest[0], rest[1]].add(rest[2])
    twice = Counter(kind for (kind, _), contents in slots.items() if len(contents) > 1)
    failed = sum(word == "failed" for word, *_ in _log(centre))
    return Counter(
        failed=failed, signed=len(slots), signed_twice=twice["position"], stated_twice=twice["statement"]
    )


def _log(centre: Centre) -> Iterator[list[Any]]:
    for name in NAMES:
        if centre.plan(name).log.exists():
            for line in centre.plan(name).log.read_text().splitlines():
                yield json.loads(line)


def _again(counted: Counter[Any]) -> int:
    return sum(times - 1 for times in counted.values())
