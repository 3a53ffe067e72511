"""A journal read without the endpoint: its chain verified, its entries sorted for the checks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from launchnotice import Channel
from launchnotice.core import entries
from launchnotice.core.entries import Accepted, Fact, Reserved, Sealed
from launchnotice.core.events import event_of
from launchnotice.engine.ledger import Ledger
from launchnotice.journal import Stored
from tests.campaigns.crash.stores import fresh
from tests.campaigns.failures import Violation
from tests.support.dump import canonical


class Book:
    """The committed entries of one journal.

    Attributes:
        rows: their bytes. `digests`: their SHA-256.
        accepted: positions of peers' notices by id. `sealed`: bytes by id. `reserved`: by id.
        where: position of what is kept, by its bytes. `subjects`: of the events, by position.
        facts: (sender, kind, subject) of peers' signals.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.rows: list[bytes] = []
        self.digests: list[bytes] = []
        self.accepted: dict[bytes, int] = {}
        self.sealed: dict[bytes, bytes] = {}
        self.reserved: dict[bytes, Reserved] = {}
        self.where: dict[bytes, int] = {}
        self.subjects: dict[int, bytes] = {}
        self.facts: set[tuple[str, int, bytes]] = set()

    def extend(self, rows: Sequence[Stored]) -> None:
        """Take further entries; each must follow the one before it."""
        for row in rows:
            if row.position != len(self.rows) + 1:
                raise Violation("chain", f"{self.code}: position {row.position} after {len(self.rows)}")
            prev = self.digests[-1] if self.digests else bytes(32)
            if row.data[:32] != prev:
                raise Violation(
                    "chain", f"{self.code}: entry {row.position} does not follow the one before it"
                )
            self.rows.append(row.data)
            self.digests.append(hashlib.sha256(row.data).digest())
            self._file(entries.decode(row.position, row.data))

    def holds(self, mark: tuple[int, bytes] | None) -> bool:
        """Whether the entry that an anchor names is there."""
        return mark is not None and mark[0] <= len(self.rows) and self.digests[mark[0] - 1] == mark[1]

    def state(self, channel: Channel, now: int) -> dict[str, Any]:
        """What a fold without a snapshot gives, as plain values."""
        rows = [Stored(position, data) for position, data in enumerate(self.rows, 1)]
        return canonical(Ledger(channel, self.code, fresh(rows), None, now).state)

    def _file(self, kept: entries.Kept) -> None:
        entry = kept.entry
        event = event_of(kept, self.code)
        if event is not None:
            self.subjects[kept.position] = event.subject
        match entry:
            case Accepted():
                if entry.id in self.accepted:
                    raise Violation("accepted-twice", f"{self.code}: {entry.id.hex()}")
                self.accepted[entry.id] = kept.position
            case Sealed():
                if entry.id in self.sealed:
                    raise Violation("sealed-twice", f"{self.code}: {entry.id.hex()}")
                self.sealed[entry.id] = entry.data
            case Reserved():
                if entry.id in self.reserved:
                    raise Violation("reserved-twice", f"{self.code}: {entry.id.hex()}")
                self.reserved[entry.id] = entry
            case Fact():
                self.facts.add((entry.sender, entry.kind, entry.subject))
            case _:
                pass
        data = getattr(entry, "data", None)
        if isinstance(data, bytes):
            self.where.setdefault(data, kept.position)
