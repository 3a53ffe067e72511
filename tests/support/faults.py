"""A site whose journal, anchor and system key can each fail, be rolled back or be restored."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import count

from launchnotice import Endpoint, JournalError, Signer
from launchnotice.core import entries
from launchnotice.core.entries import Entry
from launchnotice.journal import Entry as Row
from launchnotice.journal import Journal, Stored
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.testing.journal import FlakyJournal
from tests.support.centres import NOW
from tests.support.template import Template
from tests.support.world import FlakyAnchor, MoodySigner

NEVER = 10**6
"""As many signatures as a signer refuses that is out of order."""


class FaultyJournal(FlakyJournal):
    """A journal of which each part fails on its own.

    Attributes:
        good_reads: reads that succeed before one fails; None if none fails.
        doomed: the next append of an entry of this type fails; `stored` says whether after storing it.
        no_snapshots: whether saving a snapshot fails.
    """

    def __init__(self, inner: Journal) -> None:
        super().__init__(inner)
        self.good_reads: int | None = None
        self.doomed: type | None = None
        self.stored = False
        self.no_snapshots = False

    def append(self, after: int, entries: Sequence[Row]) -> None:
        doomed = self.doomed is not None and any(type(_entry(row.data)) is self.doomed for row in entries)
        if not doomed or self.stored:
            super().append(after, entries)
        if doomed:
            self.doomed = None
            raise JournalError("planned fault of an append")

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        if self.good_reads == 0:
            self.good_reads = None
            raise JournalError("planned fault of a read")
        if self.good_reads is not None:
            self.good_reads -= 1
        return super().read(after, limit)

    def save_snapshot(self, position: int, state: bytes) -> None:
        if self.no_snapshots:
            raise JournalError("planned fault of a snapshot")
        super().save_snapshot(position, state)


class Site:
    """One party's journal, anchor and system key; endpoints live on them one after another.

    The signer remembers what it ever signed and fails the test if it signs two ids at one position.
    """

    def __init__(self, made: Template, code: str) -> None:
        self.made, self.code = made, code
        self.journal = FaultyJournal(copy.deepcopy(made.journals[code]))
        self.anchor = FlakyAnchor()
        last = self.journal.read(0, 100)[-1]
        self.anchor.store(last.position, entries.digest(last.data))
        self.signer = MoodySigner(made.centres[code].keys["system"][0])
        self._epochs = count(1)

    def open(self, *, now: int = NOW, system: Sequence[Signer] | None = None) -> Endpoint:
        """The process starts again on journal and anchor."""
        return self._open(self.anchor, now, system)

    def restore(self, *, now: int = NOW) -> Endpoint:
        """It starts again on a journal that counts as restored, since it has lost its anchor."""
        return self._open(None, now, None)

    def beside(self, anchor: MemoryAnchor) -> Endpoint:
        """Another node on the same journal, with an anchor of its own."""
        return self._open(anchor, NOW, None)

    def length(self) -> int:
        """Entries in the journal."""
        return len(self.journal.inner.read(0, 100_000))

    def roll_back(self, length: int) -> None:
        """The store loses all entries but the first, as a fail-over can."""
        rows = self.journal.inner.read(0, length)
        self.journal.inner = MemoryJournal()
        for stored in rows:
            row = Row(stored.data, entries.keys(_entry(stored.data)))
            self.journal.inner.append(stored.position - 1, [row])

    def _open(self, anchor: MemoryAnchor | None, now: int, system: Sequence[Signer] | None) -> Endpoint:
        return Endpoint.open(
            self.made.channel,
            self.code,
            self.journal,
            now,
            anchor=anchor,
            system=(self.signer,) if system is None else system,
            epoch_id=lambda: next(self._epochs).to_bytes(16, "big"),
        )


def _entry(data: bytes) -> Entry:
    return entries.decode(0, data).entry
