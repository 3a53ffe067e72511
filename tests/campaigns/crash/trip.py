"""Where a process can die or its store can fail, and wrappers that make it so.

A passage through a boundary is counted. The first fault of the plan waits for its number of
passages through its boundary; then it strikes, and the next one begins to wait.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol
from unittest import mock

from launchnotice.errors import JournalError
from launchnotice.journal import Anchor, Entry, Journal, Stored
from launchnotice.wire.keys import PublicKey, Signer

ANY: Final = "any"
"""Any boundary but those of reading, of which there are many more."""
READS: Final = ("read", "find", "snapshot.load", "anchor.load")
BOUNDARIES: Final = (
    "append.before",
    "append.inside",  # rows of keys are inserted, none of their entries
    "commit.before",  # SQLite alone: all is inserted, COMMIT is about to run
    "append.after",  # committed, and the library does not know it yet
    "snapshot.before",
    "snapshot.after",
    "anchor.before",  # between commit and anchor
    "anchor.inside",  # files alone: the new anchor is written beside the old one, not synced
    "anchor.renamed",  # files alone: in place, its folder not synced
    "anchor.after",  # between anchor and release
    "sign.before",
    "sign.after",  # between reservation and seal
    "call.returned",  # the host has got nothing yet
    "host.shown",  # on the screen, not in the host's store
    "host.sending",  # some of the bytes are on the wire
    *READS,
)
"""Every place at which the campaign kills."""
FILES_ONLY: Final = frozenset({"commit.before", "anchor.inside", "anchor.renamed"})
FAILING: Final = frozenset(
    {"append.before", "append.after", "snapshot.before", "snapshot.after", "anchor.before", "anchor.after"}
) | frozenset(READS)
"""Where the store can say that it failed; elsewhere there is nobody to say it."""


class Crash(BaseException):
    """The process is dead: no handler of an error may take it for one."""


class Fault(NamedTuple):
    """What strikes at the `nth` passage through a boundary.

    `how` is ``crash``, ``power`` (what was not synced is lost, as `variant` says), ``fail`` (the store
    raises), ``full`` or ``readonly`` (an append meets such a disk), or ``kill`` (SIGKILL).
    """

    boundary: str
    nth: int
    how: str
    variant: int = 0


class Tripwire:
    """The plan of faults of one node, which outlives its processes.

    Attributes:
        plan: faults still to come. `dead`: the present process has crashed.
        passed: passages by boundary; `struck`: faults that struck, by (how, boundary).
        fell: called at a crash, before the process dies. `syncing`: called where all is synced so far.
    """

    def __init__(self) -> None:
        self.plan: list[Fault] = []
        self.dead = False
        self.passed: Counter[str] = Counter()
        self.struck: Counter[tuple[str, str]] = Counter()
        self.fell: Callable[[Fault], None] = lambda fault: None
        self.syncing: Callable[[], None] = lambda: None
        self._waited = 0
        self._losing = False

    def arm(self, plan: Sequence[Fault]) -> None:
        """Replace the plan."""
        self.plan, self._waited = list(plan), 0
        self._losing = self._losing or any(fault.how == "power" for fault in plan)
        self.synced()

    def synced(self) -> None:
        """All that was written is on the disk now; told only if a power loss is to come."""
        if self._losing:
            self.syncing()

    def at(self, boundary: str) -> None:
        """Pass a boundary: nothing happens, or the process dies, or the store fails."""
        if self.dead:
            raise Crash(boundary)
        self.passed[boundary] += 1
        fault = self._due(boundary)
        if fault is None:
            return
        if fault.how == "fail":
            self.synced()  # what it did it has done for good, whatever it says
            raise JournalError(f"planned fault at {boundary}")
        if fault.how == "kill":
            self.fell(fault._replace(boundary=boundary))
            os.kill(os.getpid(), signal.SIGKILL)
        self.dead = True
        self.fell(fault)
        raise Crash(boundary)

    def disk(self) -> Fault | None:
        """The fault that the disk has in store for the append that is about to begin."""
        return self._due("append.before", disk=True)

    def _due(self, boundary: str, *, disk: bool = False) -> Fault | None:
        fault = self.plan[0] if self.plan else None
        if fault is None or (fault.how in {"full", "readonly"}) is not disk:
            return None
        if fault.boundary != boundary and (fault.boundary != ANY or boundary in READS):
            return None
        if fault.how == "fail" and boundary not in FAILING:
            return None
        self._waited += 1
        if self._waited < fault.nth:
            return None
        self._waited = 0
        self.struck[fault.how, boundary] += 1
        return self.plan.pop(0)


class Disk(Protocol):
    """What a journal in a file offers to faults of its disk."""

    def watch(self, journal: Journal, trip: Tripwire) -> None:
        """Let the tripwire see the COMMIT of the next append."""
        ...

    def spoil(self, journal: Journal, fault: Fault) -> Callable[[], None]:
        """Make the disk full or read-only; gives what undoes it."""
        ...


class TrippedJournal:
    """A journal whose every call passes boundaries."""

    def __init__(self, inner: Journal, trip: Tripwire, disk: Disk | None = None) -> None:
        self.inner, self.trip, self.disk = inner, trip, disk

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """As the journal inside, unless a fault strikes."""
        self.trip.at("append.before")
        fault = self.trip.disk()
        restore: Callable[[], None] = lambda: None  # noqa: E731 - nothing to undo
        if fault is not None and self.disk is None:
            raise JournalError(f"planned fault: {fault.how}")
        if self.disk is not None:
            self.disk.watch(self.inner, self.trip)
            if fault is not None:
                restore = self.disk.spoil(self.inner, fault)
        try:
            self.inner.append(after, self._rows(entries))
        finally:
            restore()
        self.trip.at("append.after")
        self.trip.synced()

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """As the journal inside, unless a fault strikes."""
        self.trip.at("read")
        return self.inner.read(after, limit)

    def find(self, key: bytes) -> Sequence[Stored]:
        """As the journal inside, unless a fault strikes."""
        self.trip.at("find")
        return self.inner.find(key)

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """As the journal inside, unless a fault strikes."""
        self.trip.at("snapshot.load")
        return self.inner.load_snapshot()

    def save_snapshot(self, position: int, state: bytes) -> None:
        """As the journal inside, unless a fault strikes."""
        self.trip.at("snapshot.before")
        self.inner.save_snapshot(position, state)
        self.trip.at("snapshot.after")
        self.trip.synced()

    def _rows(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        if self.disk is None:
            return _Pausing(entries, self.trip)
        return [_Row(entry.data, entry.keys).on(self.trip) for entry in entries]


class _Pausing(list[Entry]):
    """Entries whose last one is late: the store in memory has filed the others by then."""

    def __init__(self, entries: Sequence[Entry], trip: Tripwire) -> None:
        super().__init__(entries)
        self._trip = trip

    def __iter__(self) -> Iterator[Entry]:
        for number, entry in enumerate(super().__iter__(), 1):
            if number == len(self):
                self._trip.at("append.inside")
            yield entry


class _Row(Entry):
    """An entry whose bytes are late: a store of tables has inserted the keys by then."""

    trip: Tripwire

    def on(self, trip: Tripwire) -> _Row:
        self.trip = trip
        return self

    def __getattribute__(self, name: str) -> Any:
        if name == "data":
            self.trip.at("append.inside")
        return super().__getattribute__(name)


class TrippedAnchor:
    """An anchor whose every call passes boundaries."""

    def __init__(self, inner: Anchor, trip: Tripwire) -> None:
        self.inner, self.trip = inner, trip

    def load(self) -> tuple[int, bytes] | None:
        """As the anchor inside, unless a fault strikes."""
        self.trip.at("anchor.load")
        return self.inner.load()

    def store(self, position: int, digest: bytes) -> None:
        """As the anchor inside, unless a fault strikes; a file's syncs are boundaries too."""
        self.trip.at("anchor.before")
        syncs, real = iter(("anchor.inside", "anchor.renamed")), os.fsync

        def sync(descriptor: int) -> None:
            self.trip.at(next(syncs))
            real(descriptor)

        with mock.patch("launchnotice.journal.anchor.os.fsync", sync):
            self.inner.store(position, digest)
        self.trip.at("anchor.after")
        self.trip.synced()


class TrippedSigner:
    """A system's key that passes boundaries and tells `record` what it is about to sign."""

    def __init__(self, inner: Signer, trip: Tripwire, record: Callable[[bytes], None]) -> None:
        self.inner, self.trip, self.record = inner, trip, record

    @property
    def key(self) -> PublicKey:
        """The public key."""
        return self.inner.key

    @property
    def exercise(self) -> bool:
        """Whether the key is for exercises."""
        return self.inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        """As the signer inside, unless a fault strikes."""
        self.trip.at("sign.before")
        self.record(tbs)
        signature = self.inner.sign(tbs)
        self.trip.at("sign.after")
        return signature
