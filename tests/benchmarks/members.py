"""What one notice costs a channel of many members, all its signals included: bytes, checks, memory.

    python -m tests.benchmarks.members [--json] [--quick]

Every member is an endpoint of its own, and all keys are real. One announces; each other member receives,
its machine states the receipt, an officer acknowledges, until nobody owes anything. A line per figure,
`NAME value goal PASS|FAIL`: totals for each number of members, and then how much dearer one member of the
largest channel is than one of 16; 1 is linear. *Busy* is a notice after every other member has sent one, so
that it has as many heads of theirs to tell as it may. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from launchnotice import Channel, Endpoint, Send
from launchnotice.core import entries
from launchnotice.core.entries import Fact, Mandated, Opened, Reserved, Sealed
from launchnotice.journal import Entry, memory
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.registry import Kind
from launchnotice.wire.keys import PublicKey
from launchnotice.wire.signals import Acknowledgement
from tests.campaigns.figures import Figure, at_most, show
from tests.support import NOW, launch, make_centre, make_channel, make_mandate, state
from tests.support.forge import Forger, chain
from tests.support.template import mandate_id

SIZES = (2, 16, 145)
QUICK = (2, 16, 48)
OFFICERS = ("officer-1", "officer-2")
GOALS = {"memory_bytes": 1.25, "busy_bytes": 1.10}
"""How much dearer than in a channel of 16 a member may be: a table in memory has 2, 4, 8, … places."""


class Cost(NamedTuple):
    """What one notice cost, all signals included.

    Attributes:
        wire_bytes: everything that was sent. `checks`: signatures verified, at all members together.
        journal_bytes: what all journals grew by. `memory_bytes`: what all endpoints grew by in memory
            while every member still owed its acknowledgement, without the journals.
        busy_bytes: the notice alone, to all members, when every other one has spoken since the last.
    """

    wire_bytes: int
    checks: int
    journal_bytes: int
    memory_bytes: int
    busy_bytes: int


class Members:
    """A channel in which everybody holds everybody's mandate, and owes nothing for it."""

    def __init__(self, count: int) -> None:
        self.centres = {f"P{number:03}": make_centre(f"P{number:03}") for number in range(count)}
        self.channel = make_channel([*self.centres.values()])
        self.mandates = {code: make_mandate(self.channel, c) for code, c in self.centres.items()}
        ids = {code: mandate_id(data) for code, data in self.mandates.items()}
        known = [Mandated(ids[code], code, 1, data) for code, data in self.mandates.items()]
        self.journals = {code: _founded(self.channel, code, known) for code in self.centres}
        self.endpoints: dict[str, Endpoint] = {}
        for code in self.centres:
            self.restart(code)
        self.first, *self.others = self.centres

    def announce(self) -> tuple[bytes, list[Send]]:
        """The first member's notice, and what is sent."""
        step = state(self.endpoints[self.first], self.centres[self.first], launch(), NOW, OFFICERS)
        return step.events[-1].subject, [*step.sends]

    def carry(self, sends: list[Send]) -> None:
        """Everything arrives, once and in order."""
        for send in sends:
            refusal = self.endpoints[send.to].receive(send.data, NOW).refusal
            if refusal is not None:
                raise refusal

    def polled(self) -> list[Send]:
        """What everybody's machine has to say."""
        return [send for endpoint in self.endpoints.values() for send in endpoint.poll(NOW).sends]

    def acknowledged(self, notice: bytes) -> list[Send]:
        """What the officers of all others say."""
        body = Acknowledgement(subject=notice)
        return [
            send
            for code in self.others
            for send in state(self.endpoints[code], self.centres[code], body, NOW).sends
        ]

    def journalled(self) -> int:
        """Bytes in all journals."""
        return sum(len(row.data) for journal in self.journals.values() for row in journal.read(0, 1 << 30))

    def forger(self, code: str) -> Forger:
        """Whoever has all keys of a member."""
        return Forger(self.channel, self.centres[code], mandate_id(self.mandates[code]))

    def restart(self, code: str) -> None:
        """Open a member's endpoint on its journal."""
        anchor = MemoryAnchor()
        last = self.journals[code].read(0, 1 << 30)[-1]
        anchor.store(last.position, entries.digest(last.data))
        system = self.centres[code].keys["system"]
        seed = code.encode().ljust(16)
        self.endpoints[code] = Endpoint.open(
            self.channel, code, self.journals[code], NOW, anchor=anchor, system=system, epoch_id=lambda: seed
        )


def cost(count: int) -> Cost:
    """What one notice costs a channel of so many members."""
    members = Members(count)
    if members.polled():
        raise RuntimeError("the channel is not at rest")
    gc.collect()
    tracemalloc.start()
    heap, journals = _heap(), members.journalled()
    with checks_counted() as checks:
        notice, sent = members.announce()
        members.carry(sent)
        receipts = members.polled()
        members.carry(receipts)
        gc.collect()
        kept = members.journalled() - journals
        grown = _heap() - heap - kept
        tracemalloc.stop()
        said = members.acknowledged(notice)
        members.carry(said)
    if any(members.endpoints[members.first].pending(code) for code in members.others):
        raise RuntimeError("somebody still owes something")
    wire = sum(len(send.data) for send in (*sent, *receipts, *said))
    return Cost(wire, checks(), members.journalled() - journals, grown, _busy(members))


def _busy(members: Members) -> int:
    """The bytes of a notice to all members, after every other one has sent one."""
    endpoint = members.endpoints[members.first]
    for code in members.others:
        members.carry([Send(members.first, chain(members.forger(code), 1)[0].data)])
    step = state(endpoint, members.centres[members.first], launch(launch_count=2), NOW, OFFICERS)
    return sum(len(send.data) for send in step.sends)


def _heap() -> int:
    """Bytes in use, but for the journals' tables in memory: they grow in steps by all that was before."""
    found = tracemalloc.take_snapshot().filter_traces(
        [tracemalloc.Filter(inclusive=False, filename_pattern=memory.__file__)]
    )
    return sum(one.size for one in found.statistics("filename"))


@contextmanager
def checks_counted() -> Iterator[Callable[[], int]]:
    """Counts the signatures that are verified meanwhile."""
    count, verify = 0, PublicKey.verify

    def counted(self: PublicKey, signature: bytes, signed: bytes) -> None:
        nonlocal count
        count += 1
        verify(self, signature, signed)

    with patch.object(PublicKey, "verify", counted):  # the one place that all checks go through
        yield lambda: count


def _founded(channel: Channel, code: str, known: list[Mandated]) -> MemoryJournal:
    """The journal of a member long after the founding: every mandate is held and receipted.

    Made by hand: founding a channel of 145 takes 20,880 receipts, which are no part of a notice's cost.
    """
    epoch = (1, code.encode().ljust(16))
    decided: list[entries.Entry] = [Opened(entries.FORMAT, channel.id, code)]
    decided.append(entries.EpochOpened(*epoch, 1))
    for mandate in known:
        decided.append(mandate)
        kind, to = Kind.RECEIPT.value, mandate.party
        if to == code:
            peers = channel.others(code)
            decided += [Fact(b"r" + one.encode(), one, *epoch, kind, mandate.id, [], b"") for one in peers]
        else:
            decided.append(Reserved(b"r" + to.encode(), kind, *epoch, 0, mandate.id, b"", to, [], b""))
            decided.append(Sealed(b"r" + to.encode(), kind, mandate.id, to, b"sent long ago"))
    rows, digest = [], entries.GENESIS
    for entry in decided:
        data = entries.encode(digest, NOW, entry)
        digest = entries.digest(data)
        rows.append(Entry(data, entries.keys(entry)))
    journal = MemoryJournal()
    journal.append(0, rows)
    return journal


def figures(found: dict[int, Cost]) -> list[Figure]:
    """A line for each number and size, and for each number how it grows."""
    lines = [
        Figure(f"{name}_{count}", getattr(one, name)) for name in Cost._fields for count, one in found.items()
    ]
    small, large = sorted(found)[-2:]
    for name in Cost._fields:
        each = {count: getattr(found[count], name) / (count - 1) for count in (small, large)}
        lines.append(at_most(f"{name}_growth", each[large] / each[small], GOALS.get(name, 1.02)))
    return lines


def main() -> int:
    """Print the figures; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--quick", action="store_true", help="48 members in place of 145, for CI")
    args = parser.parse_args()
    found = {count: cost(count) for count in (QUICK if args.quick else SIZES)}
    return 0 if show(figures(found), {}, as_json=args.json) else 1


if __name__ == "__main__":
    sys.exit(main())
