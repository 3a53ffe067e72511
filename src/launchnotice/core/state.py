"""The state of an endpoint: a pure fold over its journal.

- `apply` records and never judges; `core.decide` judges and never records.
- Memory holds open exchanges, heads and keys. What is settled is read back by key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from launchnotice.core import entries
from launchnotice.core.entries import (
    Accepted,
    Confirmed,
    Drained,
    Entry,
    EpochKey,
    EpochOpened,
    Fact,
    Fired,
    Forked,
    Kept,
    Mandated,
    Noted,
    Opened,
    Reserved,
    Sealed,
)
from launchnotice.core.exchange import Exchange, begin, recall
from launchnotice.core.stream import Held, Stream
from launchnotice.errors import Corrupt
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import FindingCode, Place
from launchnotice.wire.streams import Epoch, genesis

Find: TypeAlias = Callable[[bytes], Sequence[Kept]]
"""Looks up the entries filed under a key."""


class State:
    """What an endpoint knows.

    Attributes:
        channel, own: the channel and the endpoint's party.
        position, digest: the last journal entry folded.
        mandates: each party's mandates held, by version from 1.
        streams: each party's epochs; `epoch`: one's own current one.
        exchanges: the open ones by id. `unsealed`: reservations without their seal, by id.
        confirmed: position up to which the host has the events safe.
    """

    def __init__(self, channel: Channel, own: str, find: Find) -> None:
        self.channel, self.own, self.find = channel, own, find
        self.position, self.digest = 0, entries.GENESIS
        self.mandates: dict[str, list[Mandate]] = {code: [] for code in channel.parties}
        self.by_id: dict[bytes, Mandate] = {}
        self.streams: dict[str, dict[EpochKey, Stream]] = {code: {} for code in channel.parties}
        self.epoch: EpochKey | None = None
        self.reason = 0
        self.exchanges: dict[bytes, Exchange] = {}
        self.unsealed: dict[bytes, Reserved] = {}
        self.heads_told: dict[str, tuple[object, ...]] = {}
        self.confirmed = 0

    # Reading ---------------------------------------------------------------------------

    def exchange(self, notice: bytes) -> Exchange | None:
        """The exchange of a notice or mandate, read back if it is settled."""
        return self.exchanges.get(notice) or self._recall(self.find(notice))

    def mandate(self, party: str) -> Mandate | None:
        """The newest mandate of a party that is held."""
        held = self.mandates[party]
        return held[-1] if held else None

    def stream(self, party: str, epoch: EpochKey) -> Stream:
        """The stream of an epoch; a fresh one, not yet recorded, if the epoch was not seen."""
        known = self.streams[party].get(epoch)
        return known or Stream(
            epoch, genesis(self.channel.id, party, Epoch(number=epoch[0], random=epoch[1]))
        )

    def latest(self, party: str) -> Stream | None:
        """The stream of a party's newest epoch known."""
        known = self.streams[party]
        return known[max(known)] if known else None

    def highest_epoch(self) -> int:
        """The highest own epoch number known; 0 if none was opened."""
        return max((number for number, _ in self.streams[self.own]), default=0)

    def version_named(self, party: str, epoch: EpochKey, seq: int) -> int:
        """The highest mandate version named before a position, in its epoch or an earlier one."""
        highest = 0
        for key, stream in self.streams[party].items():
            if key[0] <= epoch[0]:
                highest = max(highest, stream.version_before(seq if key == epoch else 0))
        return highest

    def newest_named(self, party: str) -> int:
        """The highest mandate version that any notice of a party names."""
        return max((stream.version_before(0) for stream in self.streams[party].values()), default=0)

    # Recording -------------------------------------------------------------------------

    def apply(self, kept: Kept) -> None:
        """Record one journal entry."""
        self.position, self.digest = kept.position, kept.digest
        entry = kept.entry
        _RECORD[type(entry)](self, entry)
        self._apply_exchange(kept)

    def _recall(self, kept: Sequence[Kept]) -> Exchange | None:
        exchange = recall(kept, self.own)
        if exchange is not None:
            exchange.leave_behind(self.epoch)
        return exchange

    def _apply_exchange(self, kept: Kept) -> None:
        entry = kept.entry
        find = _SUBJECT.get(type(entry))
        if find is None:
            return
        subject = find(entry)
        exchange = self.exchanges.get(subject) or begin(entry, self.own)
        if exchange is None:
            # Read back what is settled; the entry itself is in the journal already, so it is folded too.
            exchange = self._recall([k for k in self.find(subject) if k.position < kept.position])
        if exchange is None:
            return
        exchange.apply(kept)
        if exchange.settled(self.channel, self.own):
            self.exchanges.pop(subject, None)
        else:
            self.exchanges[subject] = exchange

    def _opened(self, entry: Opened) -> None:
        if entry.format != entries.FORMAT:
            raise Corrupt(f"journal: format {entry.format}, expected {entries.FORMAT}")
        if (entry.channel, entry.party) != (self.channel.id, self.own):
            raise Corrupt("journal: belongs to another channel or party")

    def recall_mandate(self, entry: Mandated) -> None:
        """Record a mandate, which was verified before it was journalled."""
        mandate = UnverifiedMandate.parse(entry.data).recall(self.channel)
        self.mandates[entry.party].append(mandate)
        self.by_id[entry.id] = mandate

    def _epoch_opened(self, entry: EpochOpened) -> None:
        self.epoch, self.reason = (entry.number, entry.random), entry.reason
        self._recorded(self.own, self.epoch)
        self.leave_behind()

    def leave_behind(self) -> None:
        """What was reserved in an earlier epoch is never signed; it may be said anew in this one."""
        self.unsealed = {n: r for n, r in self.unsealed.items() if (r.number, r.random) == self.epoch}
        for notice, exchange in [*self.exchanges.items()]:
            exchange.leave_behind(self.epoch)
            if exchange.own and exchange.kind and not exchange.data and exchange.epoch != self.epoch:
                del self.exchanges[notice]

    def _reserved(self, entry: Reserved) -> None:
        self.unsealed[entry.id] = entry
        if entry.seq:
            stream = self._recorded(self.own, (entry.number, entry.random))
            stream.seq, stream.head = entry.seq, entry.id
        for party, *known in entry.told:
            self.heads_told[party] = tuple(known)

    def _sealed(self, entry: Sealed) -> None:
        self.unsealed.pop(entry.id, None)

    def _accepted(self, entry: Accepted) -> None:
        epoch = (entry.number, entry.random)
        stream = self._recorded(entry.sender, epoch) if entry.seq else self.stream(entry.sender, epoch)
        stream.noted.discard(entry.id)
        if not entry.seq:
            return
        if entry.place == Place.ACCEPTED:
            stream.seq, stream.head = entry.seq, entry.id
            stream.version = max(stream.version, entry.version)
        elif entry.place == Place.HELD:
            superseded = any(raw[1] == FindingCode.SUPERSEDED_MANDATE for raw in entry.findings)
            stream.held[entry.seq] = Held(entry.id, entry.prev, entry.version, superseded)
        else:
            stream.kept += 1

    def _drained(self, entry: Drained) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        stream.seq, stream.head = entry.seq, entry.id
        held = stream.held.pop(entry.seq, None)
        stream.version = max(stream.version, held.version if held else 0)

    def _noted(self, entry: Noted) -> None:
        self._recorded(entry.sender, (entry.number, entry.random)).noted.add(entry.id)

    def _forked(self, entry: Forked) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        known = entry.seq if stream.disputed is None else min(entry.seq, stream.disputed)
        stream.disputed = known

    def _recorded(self, party: str, epoch: EpochKey) -> Stream:
        stream = self.stream(party, epoch)
        self.streams[party][epoch] = stream
        return stream

    def _confirmed(self, entry: Confirmed) -> None:
        self.confirmed = max(self.confirmed, entry.position)

    def _nothing(self, _: Entry) -> None:
        return


def _id(entry: Accepted | Mandated | Drained | Fired) -> bytes:
    return entry.id


def _subject(entry: Reserved | Sealed | Fact) -> bytes:
    return entry.subject or entry.id


# The id of the exchange that an entry belongs to.
_SUBJECT: dict[type, Callable[[Any], bytes]] = {
    Accepted: _id,
    Mandated: _id,
    Drained: _id,
    Fired: _id,
    Reserved: _subject,
    Sealed: _subject,
    Fact: _subject,
}

# Each method takes the entry of its own row; a fact and a firing change their exchange alone.
_RECORD: dict[type, Callable[[State, Any], None]] = {
    Opened: State._opened,
    Mandated: State.recall_mandate,
    EpochOpened: State._epoch_opened,
    Reserved: State._reserved,
    Sealed: State._sealed,
    Accepted: State._accepted,
    Drained: State._drained,
    Noted: State._noted,
    Fact: State._nothing,
    Forked: State._forked,
    Fired: State._nothing,
    Confirmed: State._confirmed,
}
