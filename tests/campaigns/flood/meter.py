"""One flooded endpoint, and everything about it that could grow."""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
import tracemalloc
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from launchnotice import Endpoint, Step
from launchnotice.core import entries
from launchnotice.journal import Entry
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import EventCode, Kind, Place
from launchnotice.testing.journal import FlakyJournal
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.signals import Receipt
from tests.support import NOW
from tests.support.dump import state_of
from tests.support.memory import file_system
from tests.support.template import Template, mandate_id

POLL_EVERY = 100
"""Inputs a second: the endpoint is polled after so many."""


class CountedJournal(FlakyJournal):
    """A journal in a file, outside of what is measured as memory; it counts what it is given."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteJournal(path)
        super().__init__(self._file)
        self.entries = self.bytes = 0

    def append(self, after: int, rows: Sequence[Entry]) -> None:
        super().append(after, rows)
        self.entries += len(rows)
        self.bytes += sum(len(row.data) for row in rows)

    def close(self) -> None:
        self._file.close()


class Sizes(NamedTuple):
    """What could grow, at one moment."""

    state: int
    rss: int
    entries: int
    bytes: int
    sent: int
    messages: int


class Subject:
    """RU's endpoint, which owes nothing to anybody, and whoever has all keys of the US.

    Attributes:
        endpoint, us, now: the endpoint; who signs as the US; the time by its clock.
        shown: how often each notice was presented as new. `times`: seconds of each input.
        received, sent, messages: bytes in, bytes out, messages out. `busiest`: most messages out in a second.
        refused: inputs refused.
    """

    def __init__(self, made: Template, folder: Path) -> None:
        self.made, self.us, self.now = made, made.forger("US"), NOW
        self.journal = CountedJournal(folder / "journal")
        for stored in made.journals["RU"].read(0, 100):
            row = Entry(stored.data, entries.keys(entries.decode(0, stored.data).entry))
            self.journal.append(stored.position - 1, [row])
        last, anchor = self.journal.read(0, 100)[-1], MemoryAnchor()
        anchor.store(last.position, entries.digest(last.data))
        system = made.centres["RU"].keys["system"]
        self.endpoint = Endpoint.open(made.channel, "RU", self.journal, NOW, anchor=anchor, system=system)
        self.shown: Counter[bytes] = Counter()
        self.flooding = 0
        self.times = array("d")
        self.received = self.sent = self.messages = self.refused = 0
        self.busiest, self._second = 0, (NOW, 0)
        self._settle()

    def give(self, inputs: Iterable[bytes]) -> None:
        """Give it all inputs, and let it do what is due each second."""
        for number, data in enumerate(inputs, 1):
            started = time.process_time()
            step = self.endpoint.receive(data, self.now)
            self.times.append(time.process_time() - started)
            self.received += len(data)
            self.refused += step.refusal is not None
            self._take(step)
            if number % POLL_EVERY == 0:
                self.now += 1
                self._take(self.endpoint.poll(self.now))

    def rest(self, seconds: int) -> None:
        """Nobody answers for a while; it does what is due at each deadline."""
        end = self.now + seconds
        while (due := self.endpoint.next_deadline) is not None and due <= end:
            self.now = max(self.now, due)
            self._take(self.endpoint.poll(self.now))

    def sizes(self) -> Sizes:
        """What there is of it now."""
        gc.collect()
        traced = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
        return Sizes(traced, _rss(), self.journal.entries, self.journal.bytes, self.sent, self.messages)

    def milliseconds(self) -> float:
        """The median of one input."""
        return statistics.median(self.times) * 1_000

    def _take(self, step: Step) -> None:
        for event in step.events:
            if event.code in {EventCode.NOTICE, EventCode.FLOODING}:
                self.shown[event.subject] += 1
                self.flooding += event.code is EventCode.FLOODING
        self.messages += len(step.sends)
        self._second = self.now, len(step.sends) + (self._second[1] if self._second[0] == self.now else 0)
        self.busiest = max(self.busiest, self._second[1])
        self.sent += sum(len(send.data) for send in step.sends)

    def _settle(self) -> None:
        """It has told its mandate and been receipted, so that all it sends is drawn by the flood."""
        self.endpoint.poll(NOW)
        mandate = self.made.mandates["RU"]
        assert len(mandate) < MAX_MANDATE
        receipt = Receipt(
            subject=mandate_id(mandate),
            envelope=cose.envelope_digest(mandate),
            received=NOW,
            place=Place.ACCEPTED,
            readable=True,
        )
        self.endpoint.receive(self.us.signal(Kind.RECEIPT, receipt, "RU").data, NOW)
        self.endpoint.poll(NOW)
        self.busiest, self._second = 0, (NOW, 0)
        assert self.endpoint.next_deadline is None
        assert not [x for x in state_of(self.endpoint).exchanges.values() if x.own]


@contextmanager
def subject(made: Template) -> Iterator[Subject]:
    """A fresh endpoint whose memory is traced."""
    with tempfile.TemporaryDirectory(dir=file_system()) as folder:
        found = Subject(made, Path(folder))
        try:
            yield found
        finally:
            found.journal.close()


def _rss() -> int:
    """Bytes of this process in memory; 0 where nobody says."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0
