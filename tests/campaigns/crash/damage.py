"""Files that a crash alone never makes: torn, cut, garbled, lost or rolled back.

Each must be refused as `Corrupt` with a message that names the file or the entry, or open as
exactly a committed state, with every look-up key; a state behind the anchor must count as
restored. What lies beyond the anchor was released to nobody, and its loss looks like a crash.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock

from launchnotice import Endpoint
from launchnotice.core import entries
from launchnotice.engine import ledger
from launchnotice.errors import Corrupt
from launchnotice.journal import Stored
from launchnotice.journal.anchor import FileAnchor
from launchnotice.journal.sqlite import SqliteJournal
from tests.campaigns.crash.book import Book
from tests.campaigns.crash.stores import ANCHOR, INDEX, LOG, FileStore, Image, write
from tests.campaigns.crash.stories import CODES, SQLITE, STORY, Scenario, made, make_node
from tests.campaigns.crash.world import World
from tests.campaigns.failures import Violation
from tests.support import NOW
from tests.support.dump import canonical, state_of
from tests.support.memory import file_system

NAMED: Final = re.compile(r"(journal|anchor)( /\S+| entry \d+)?: \S")
PAGE: Final = 4096
KINDS: Final = (
    "log-tail", "log-cut", "log-byte", "log-sector", "log-lost", "index-lost", "index-garbage",
    "page-torn", "page-zero", "page-byte", "file-cut", "anchor-cut", "anchor-byte", "anchor-old",
    "anchor-lost", "anchor-temporary", "journal-old", "journal-lost",
)  # fmt: skip
HARMLESS: Final = frozenset({"log-tail", "index-lost", "index-garbage", "anchor-old", "anchor-temporary"})
"""After these everything that was committed is there, and no restore is seen."""


class Lived(NamedTuple):
    """Files with a full log and after a clean end, an earlier copy, and the entries of each."""

    running: Image
    closed: Image
    early: Image
    rows: tuple[tuple[Stored, ...], tuple[Stored, ...]]


class Result(NamedTuple):
    """How the damaged files were met: ``refused``, ``whole``, ``behind`` the anchor or only ``shorter``."""

    outcome: str
    violation: tuple[str, str] | None


def cases(count: int, seed: int) -> list[Scenario]:
    """So many cases, all kinds in turn."""
    return [
        {
            "damage": KINDS[number % len(KINDS)],
            "variant": seed + number,
            "snapshots": (5_000, 8)[number // 2 % 2],
        }
        for number in range(count)
    ]


def meet(scenario: Scenario) -> Result:
    """Damage the files of a party that has lived, and open them."""
    chance = random.Random(scenario["variant"])
    lived = _lived(scenario["snapshots"])
    at = chance.randrange(2)
    image = damaged(dict((lived.running, lived.closed)[at]), lived.early, scenario["damage"], chance)
    with tempfile.TemporaryDirectory(prefix="launchnotice-damage-", dir=file_system()) as folder:
        write(Path(folder) / "us", image)
        try:
            return Result(_judge(Path(folder) / "us", lived.rows[at], scenario["damage"]), None)
        except Violation as found:
            return Result("broken", (found.check, found.detail.replace(folder, "")))
        except Corrupt as error:
            if not NAMED.match(str(error)) or "\n" in str(error):
                return Result("broken", ("damage-unnamed", str(error)))
            if scenario["damage"] in HARMLESS:
                return Result("broken", ("damage-refused", str(error)))
            return Result("refused", None)
        except Exception as error:  # noqa: BLE001 - whatever escapes is a finding
            return Result("broken", ("damage-escaped", f"{type(error).__name__}: {error}"))


def damaged(image: Image, early: Image, kind: str, chance: random.Random) -> Image:
    """The image with one fault of that kind, if it has the file for it."""
    log, file = image.get(LOG, b""), image["journal"]
    part, _, how = kind.partition("-")
    target = {"log": LOG, "page": "journal", "file": "journal", "anchor": ANCHOR, "index": INDEX}.get(
        part, ""
    )
    match kind:
        case "log-tail":
            # Beyond the last commit; of an empty log there is no tail.
            image |= {LOG: log + chance.randbytes(chance.randrange(1, 9_000))} if log else {}
        case "index-garbage":
            image[INDEX] = chance.randbytes(len(image.get(INDEX, b"")) or 32_768)
        case "log-lost" | "index-lost" | "anchor-lost":
            image.pop(target, None)
        case "anchor-old":
            image[ANCHOR] = early[ANCHOR]
        case "anchor-temporary":
            image[f"{ANCHOR}.x.tmp"] = image[ANCHOR][: chance.randrange(81)]
        case "journal-old":
            image = {**early, ANCHOR: image[ANCHOR]}
        case "journal-lost":
            image = {ANCHOR: image[ANCHOR]}
        case _ if image.get(target):
            image[target] = _garbled(image[target], how, chance)
        case _:
            image["journal"] = _garbled(file, how, chance)
    return image


def _garbled(data: bytes, how: str, chance: random.Random) -> bytes:
    found = bytearray(data)
    place_ = chance.randrange(len(found))
    page = place_ - place_ % PAGE
    match how:
        case "cut":
            return data[:place_]
        case "byte":
            found[place_] ^= chance.randrange(1, 256)
        case "sector":
            found[place_ : place_ + 512] = chance.randbytes(len(found[place_ : place_ + 512]))
        case "torn":
            last = len(found) - PAGE if chance.random() < 0.5 else page
            found[last + PAGE // 2 : last + PAGE] = bytes(PAGE // 2)
        case _:
            found[page : page + PAGE] = bytes(len(found[page : page + PAGE]))
    return bytes(found)


def _judge(folder: Path, rows: tuple[Stored, ...], kind: str) -> str:
    anchor = FileAnchor(folder / ANCHOR)
    mark = anchor.load()
    with SqliteJournal(folder / "journal", busy_timeout=1.0) as journal:
        there = list(journal.read(0, 100_000))
        endpoint = Endpoint.open(
            made().channel, "US", journal, NOW, anchor=anchor, system=made().centres["US"].keys["system"]
        )
        if there != list(rows[: len(there)]):
            raise Violation("damage-silent", f"{len(there)} entries, and others than were committed")
        book = Book("US")
        book.extend(there)
        restored = endpoint.health(NOW).restored
        if restored is book.holds(mark):
            raise Violation(
                "not-restored" if mark else "false-restore", f"{len(there)} entries, anchor {mark}"
            )
        _check_look_ups(journal, there)
        if there and canonical(state_of(endpoint)) != book.state(made().channel, NOW):
            raise Violation("refold", f"after {kind}")
        for event in endpoint.events(0):
            if event.subject and not event.again:
                raise Violation("unmarked", f"event {event.position}")
        endpoint.poll(NOW + 40_000)
    if kind in HARMLESS and len(there) < len(rows):
        raise Violation("lost-entries", f"{len(rows)} were committed, {len(there)} are left")
    if len(there) == len(rows):
        return "whole"
    return "behind" if restored else "shorter"


def _check_look_ups(journal: SqliteJournal, rows: list[Stored]) -> None:
    filed: dict[bytes, list[Stored]] = {}
    for row in rows:
        for key in set(entries.keys(entries.decode(row.position, row.data).entry)):
            filed.setdefault(key, []).append(row)
    for key, found in filed.items():
        if list(journal.find(key)) != found:
            raise Violation("damage-look-up", f"the key of entry {found[0].position} does not find it")


@cache
def _lived(snapshots: int) -> Lived:
    """Play the story in files; the early copy is taken before most of it."""
    scenario: Scenario = {"store": SQLITE, "snapshots": snapshots, "born": False, "events": []}
    with (
        tempfile.TemporaryDirectory(prefix="launchnotice-damage-", dir=file_system()) as folder,
        mock.patch.object(ledger, "SNAPSHOT_EVERY", snapshots),
    ):
        nodes = {code: make_node(code, scenario, Path(folder) / code) for code in CODES}
        world, us = World(made(), nodes), nodes["US"]
        store = us.store
        if not isinstance(store, FileStore):
            raise TypeError(store)
        early: Image = {}
        running: Image = {}
        rows: list[tuple[Stored, ...]] = []
        world.begin()
        for number, event in enumerate(STORY):
            world.do(event)
            if number == 7:
                early = store.image()
            if number == len(STORY) - 7:
                running = store.image()
                rows.append(tuple(store.rows()))
        us.stop()
        rows.append(tuple(store.rows()))
        store.close()
        closed = store.image()
        for node in nodes.values():
            node.stop()
            node.store.discard()
    return Lived(running, closed, early, (rows[0], rows[1]))


def tally(results: list[Result]) -> Counter[str]:
    """How many cases ended in each way."""
    return Counter(result.outcome for result in results)


def replay(scenario: dict[str, Any]) -> tuple[str, str] | None:
    """Run a stored case again."""
    return meet(scenario).violation
