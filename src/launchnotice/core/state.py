"""The state of an endpoint: a pure fold over its journal.

- `apply` records and never judges; `core.decide` judges and never records.
- Memory holds open exchanges, heads and keys. What is settled is read back by key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from launchnotice.core import entries
from launchnotice.core.entries import (
    Abandoned,
    Accepted,
    Claimed,
    Confirmed,
    Drained,
    Ended,
    Entry,
    EpochKey,
    EpochOpened,
    Fact,
    Fired,
    Forked,
    Inherited,
    Kept,
    Listed,
    Mandated,
    Noted,
    Opened,
    Outside,
    Reminded,
    Reserved,
    Returned,
    Rival,
    Sealed,
    Stands,
    Succeeded,
    Synced,
    Trusted,
    Voided,
    position_key,
)
from launchnotice.core.exchange import Exchange, begin, recall
from launchnotice.core.stream import Crowd, Held, Stream
from launchnotice.core.terms import Watch, touch
from launchnotice.errors import Corrupt
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import DISOWNING, Mandate, UnverifiedMandate
from launchnotice.registry import EpochReason, FindingCode, Place
from launchnotice.wire.bounds import MAX_EPOCHS
from launchnotice.wire.cbor import encode
from launchnotice.wire.digest import sha256
from launchnotice.wire.streams import Epoch, Position, genesis

EpochHead: TypeAlias = tuple[int, bytes, int]
"""Number and random of an epoch, and a sequence number in it."""
ROOT: Final[EpochKey] = (0, b"")
"""In place of an epoch: two mandates of one version contradict each other."""
Find: TypeAlias = Callable[[bytes], Sequence[Kept]]
"""Looks up the entries filed under a key."""


class State:
    """What an endpoint knows.

    Attributes:
        channel, own: the channel and the endpoint's party.
        position, digest, time: the last journal entry folded.
        mandates: each party's mandates held, by version from 1; `by_id`: the same by id.
        rivals: each party's mandates beside that chain, by id.
        superseded: when which version of each party's mandates was named first, in seconds.
        streams: each party's epochs; `epoch`: one's own current one, and `reason`: why it was opened.
        noted: each party's ids known beyond the bounds, with the epoch; of emergencies without it.
        exchanges: the open ones by id. `unsealed`: reservations without their seal, by id.
        heads_told: heads of other streams that own notices told, by party, the last one told last.
        confirmed: position up to which the host has the events safe.
        lost: a message of our current epoch came back or was named that this journal does not hold.
        succeeded: position up to which the successor channel has taken over what is owed.
        restored_at: position at which the newest epoch after a restore was opened; 0 if there was none.
        synced: since that restore, each member's head in its answer to the challenge, None until it comes.
        claims: members whose mere claim has cost us an epoch. `untrusted`: parties to be compared by people.
        forks: ids of two notices that contradict each other, by party and epoch; of mandates by `ROOT`.
        effects: of each party's mandates those that disown: version and what stands of which epoch.
        watched: threads of which something may be to come, drawn by `core.watch`; None: to be drawn anew.
    """

    def __init__(self, channel: Channel, own: str, find: Find) -> None:
        self.channel, self.own, self._find = channel, own, find
        self.position, self.digest, self.time = 0, entries.GENESIS, 0
        self.mandates: dict[str, list[Mandate]] = {code: [] for code in channel.parties}
        self.by_id: dict[bytes, Mandate] = {}
        self.rivals: dict[str, dict[bytes, Mandate]] = {code: {} for code in channel.parties}
        self.superseded: dict[str, list[tuple[int, int]]] = {code: [] for code in channel.parties}
        self.streams: dict[str, dict[EpochKey, Stream]] = {code: {} for code in channel.parties}
        self.noted: dict[str, dict[bytes, EpochKey]] = {code: {} for code in channel.parties}
        self.epoch: EpochKey | None = None
        self.reason = 0
        self.exchanges: dict[bytes, Exchange] = {}
        self.unsealed: dict[bytes, Reserved] = {}
        self.heads_told: dict[str, tuple[object, ...]] = {}
        self.confirmed = self.restored_at = self.succeeded = 0
        self.lost = False
        self.synced: dict[str, EpochHead | None] = {}
        self.claims: set[str] = set()
        self.untrusted: set[str] = set()
        self.forks: dict[tuple[str, EpochKey], tuple[bytes, bytes]] = {}
        self.watched: dict[bytes, Watch | None] = {}
        self.effects: dict[str, list[tuple[int, dict[EpochKey, Position]]]] = {c: [] for c in channel.parties}

    # Reading ---------------------------------------------------------------------------

    def find(self, key: bytes) -> list[Kept]:
        """The entries filed under a key, of those that are folded: another node may have written since."""
        return [kept for kept in self._find(key) if kept.position <= self.position]

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

    def crowd(self, party: str) -> Crowd:
        """What is kept of a party in all its epochs."""
        return Crowd(self.streams[party].values(), self.noted[party])

    def crowded(self, party: str, epoch: EpochKey, more: int = 0, *, quiet: bool = False) -> bool:
        """Whether an epoch is a further one of a party of which as many are known as the bound allows.

        Those that its newest mandate confirms do not count, and quiet ones count on their own: the
        authority can always let its party go on, and stolen keys that it has replaced hinder nobody.

        Args:
            party, epoch: which. `more`: epochs that will be known besides.
            quiet: the notice that names the epoch is disowned.
        """
        known = self.streams[party]
        if len(known) + more < MAX_EPOCHS or epoch in known:
            return False
        confirmed = self.confirmed_epochs(party)
        if epoch in confirmed:
            return False
        counted = sum(1 for key, stream in known.items() if stream.quiet is quiet and key not in confirmed)
        return counted + more >= MAX_EPOCHS

    def emergencies(self, party: str) -> int:
        """How many emergency notices of a party are open."""
        return sum(1 for x in self.exchanges.values() if x.sender == party and not x.seq)

    def confirmed_epochs(self, party: str) -> set[EpochKey]:
        """The epochs that a party's newest mandate confirms."""
        mandate = self.mandate(party)
        return {(one.number, one.random) for one in (mandate.payload.confirmed if mandate else ())}

    def latest(self, party: str) -> Stream | None:
        """The stream of a party's newest epoch known; of one's own, the current one.

        After a total loss an epoch that comes back may bear the same number and a higher random id.
        """
        known = self.streams[party]
        if party == self.own and self.epoch in known:
            return known[self.epoch]
        return known[max(known)] if known else None

    def unconfirmed(self, party: str, *more: EpochKey) -> int:
        """How many epochs of a party no mandate confirms, but for the first, and with these."""
        first = next((key for key in self.streams[party] if key[0] == 1), None)
        return len({*self.streams[party], *more} - self.confirmed_epochs(party) - {first})

    def nonce(self, party: str) -> bytes | None:
        """The challenge to a member after a restore, 16 bytes; None while no epoch is open."""
        if self.epoch is None:
            return None
        return sha256(encode(["LNP/1 nonce", self.epoch[1], party]))[:16]

    # Recording -------------------------------------------------------------------------

    def apply(self, kept: Kept) -> None:
        """Record one journal entry."""
        self.position, self.digest, self.time = kept.position, kept.digest, kept.time
        entry = kept.entry
        _RECORD[type(entry)](self, entry)
        self._apply_exchange(kept)
        touch(self.watched, entry)

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
            raise Corrupt(f"journal: expected entries of format {entries.FORMAT}, got {entry.format}")
        if entry.channel != self.channel.id:
            ids = self.channel.id.hex()[:16], entry.channel.hex()[:16]
            raise Corrupt(f"journal: expected that of channel {ids[0]}, got that of {ids[1]}")
        if entry.party != self.own:
            raise Corrupt(f"journal: expected that of party {self.own!r}, got that of {entry.party!r}")

    def recall_mandate(self, entry: Mandated) -> None:
        """Record a mandate, which was verified before it was journalled."""
        mandate = UnverifiedMandate.parse(entry.data).recall(self.channel)
        self.mandates[entry.party].append(mandate)
        self.by_id[entry.id] = mandate
        payload = mandate.payload
        if payload.reason in DISOWNING:
            stands = {(one.epoch.number, one.epoch.random): one.last for one in payload.stands}
            self.effects[entry.party].append((payload.version, stands))

    def recall_rival(self, entry: Rival) -> None:
        """Record a mandate beside its party's chain: the authority signed two stories."""
        mandate = UnverifiedMandate.parse(entry.data).recall(self.channel)
        self.rivals[entry.party][entry.id] = mandate
        known = self.mandates[entry.party][: entry.version]
        if known[-1].payload.version == entry.version:
            self.forks.setdefault((entry.party, ROOT), (known[-1].id, entry.id))

    def _epoch_opened(self, entry: EpochOpened) -> None:
        if entry.reason == EpochReason.RESTORED:
            others = self.channel.others(self.own)
            self.synced = dict.fromkeys(others)
            if not self.streams[self.own]:
                self.untrusted = set(others)  # all is lost: nobody knows which mandates were the newest
            self.restored_at = self.position
        self.lost = False
        self.epoch, self.reason = (entry.number, entry.random), entry.reason
        self._recorded(self.own, self.epoch)
        self.leave_behind()

    def leave_behind(self) -> None:
        """What was reserved in an earlier epoch is never signed; it may be said anew in this one."""
        left = [r for r in self.unsealed.values() if (r.number, r.random) != self.epoch]
        self.unsealed = {n: r for n, r in self.unsealed.items() if (r.number, r.random) == self.epoch}
        for epoch in {(r.number, r.random) for r in left if r.seq}:
            self._cut(epoch, min(r.seq for r in left if r.seq and (r.number, r.random) == epoch))
        for notice, exchange in [*self.exchanges.items()]:
            exchange.leave_behind(self.epoch)
            if exchange.own and exchange.kind and not exchange.data and exchange.epoch != self.epoch:
                del self.exchanges[notice]

    def _cut(self, epoch: EpochKey, seq: int) -> None:
        """The own stream ends before a position that is never signed: others can have what is before it."""
        stream = self.streams[self.own][epoch]
        ids = {at: self._own_at(epoch, at) for at in range(seq - 1, stream.seq + 1)}
        later = [at for at in ids if at >= seq and self._signed(ids[at])]
        stream.held |= {at: Held(ids[at], ids[at - 1], 0) for at in later}
        if stream.seq >= seq:
            stream.seq, stream.head = seq - 1, ids[seq - 1]
        self.heads_told.clear()  # what was told in vain is told anew

    def _own_at(self, epoch: EpochKey, seq: int) -> bytes:
        """The id at a position of the own stream; the genesis for 0."""
        if seq == 0:
            return genesis(self.channel.id, self.own, Epoch(number=epoch[0], random=epoch[1]))
        kept = self.find(position_key("", epoch, seq))
        return next(k.entry.id for k in kept if isinstance(k.entry, Reserved | Returned))

    def _signed(self, notice: bytes) -> bool:
        """Whether the bytes of an own notice were in the journal by now."""
        entries_of = (kept.entry for kept in self.find(notice))
        return any(isinstance(one, Sealed | Returned) and one.id == notice for one in entries_of)

    def _reserved(self, entry: Reserved) -> None:
        self.unsealed[entry.id] = entry
        if entry.seq:
            stream = self._recorded(self.own, (entry.number, entry.random))
            stream.seq, stream.head = entry.seq, entry.id
        for party, *known in entry.told:
            self.heads_told.pop(party, None)  # the last one told stands last
            self.heads_told[party] = tuple(known)

    def _sealed(self, entry: Sealed) -> None:
        self.unsealed.pop(entry.id, None)

    def _accepted(self, entry: Accepted) -> None:
        epoch = (entry.number, entry.random)
        stream = self._recorded(entry.sender, epoch) if entry.seq else self.stream(entry.sender, epoch)
        named = self.superseded[entry.sender]
        if entry.seq and entry.place != Place.DISPUTED and (not named or entry.version > named[-1][0]):
            named.append((entry.version, self.time))
        self.noted[entry.sender].pop(entry.id, None)
        if not entry.seq:
            return
        if entry.place == Place.ACCEPTED:
            stream.seq, stream.head = entry.seq, entry.id
            stream.version = max(stream.version, entry.version)
        elif entry.place == Place.HELD:
            superseded = any(raw[1] == FindingCode.SUPERSEDED_MANDATE for raw in entry.findings)
            stream.held[entry.seq] = Held(entry.id, entry.prev, entry.version, superseded)
        else:
            stream.kept[entry.id] = entry.seq

    def _drained(self, entry: Drained) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        stream.seq, stream.head = entry.seq, entry.id
        held = stream.held.pop(entry.seq, None)
        stream.kept.pop(entry.id, None)
        stream.version = max(stream.version, held.version if held else 0)

    def _noted(self, entry: Noted) -> None:
        epoch = (entry.number, entry.random) if entry.seq else (0, b"")
        self.noted[entry.sender][entry.id] = epoch

    def _forked(self, entry: Forked) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        known = entry.seq if stream.disputed is None else min(entry.seq, stream.disputed)
        stream.disputed = known
        if entry.proof:
            self.forks.setdefault((entry.sender, stream.epoch), (entry.proof[0], entry.proof[1]))

    def _ended(self, entry: Ended) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        stream.end(entry.last, entry.seq, entry.head, disputed=entry.disputed)
        noted = self.noted[entry.sender]
        self.noted[entry.sender] = {one: epoch for one, epoch in noted.items() if epoch != stream.epoch}
        if not entry.disputed:
            self.forks.pop((entry.sender, stream.epoch), None)
        if entry.sender == self.own and stream.epoch == self.epoch:
            self.epoch = None  # the stream goes on in a new one

    def _stands(self, entry: Stands) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        stream.kept.pop(entry.id, None)
        stream.held[entry.seq] = Held(entry.id, entry.prev, entry.version)

    def _outside(self, entry: Outside) -> None:
        exchange = self.exchange(entry.id) if entry.disowned else None
        known = self.streams[entry.sender]
        if exchange is not None and exchange.epoch in known:
            known[exchange.epoch].release(exchange.seq, entry.id)

    def _abandoned(self, entry: Abandoned) -> None:
        stream = self._recorded(entry.sender, (entry.number, entry.random))
        stream.abandoned = min(entry.seq, entry.seq if stream.abandoned is None else stream.abandoned)

    def _returned(self, entry: Returned) -> None:
        epoch = (entry.number, entry.random)
        self.claims.clear()  # what members claimed was true of one at least
        if epoch == self.epoch:
            self.epoch, self.lost = None, True
        # Its position was taken, and its seal alone was lost.
        reserved = self.unsealed.pop(entry.id, None)
        if reserved or entry.subject or not entry.seq:
            return
        stream = self._recorded(self.own, epoch)
        if entry.place == Place.ACCEPTED:
            stream.seq, stream.head = entry.seq, entry.id
        elif entry.place == Place.HELD:
            stream.held[entry.seq] = Held(entry.id, entry.prev, 0)
        else:
            stream.kept[entry.id] = entry.seq

    def _claimed(self, entry: Claimed) -> None:
        self.claims.add(entry.party)
        if (entry.number, entry.random) == self.epoch:
            self.epoch, self.lost = None, True

    def _synced(self, entry: Synced) -> None:
        self.synced[entry.party] = (entry.number, entry.random, entry.seq)

    def _trusted(self, entry: Trusted) -> None:
        self.untrusted.discard(entry.party)

    def _recorded(self, party: str, epoch: EpochKey) -> Stream:
        stream = self.stream(party, epoch)
        self.streams[party][epoch] = stream
        return stream

    def _confirmed(self, entry: Confirmed) -> None:
        self.confirmed = max(self.confirmed, entry.position)

    def _succeeded(self, entry: Succeeded) -> None:
        self.succeeded = max(self.succeeded, entry.position)

    def _nothing(self, _: Entry) -> None:
        return


def _id(entry: Any) -> bytes:
    return bytes(entry.id)


def _subject(entry: Reserved | Returned | Sealed | Fact | Listed) -> bytes:
    return entry.subject or entry.id


# The id of the exchange that an entry belongs to.
_SUBJECT: dict[type, Callable[[Any], bytes]] = {
    **dict.fromkeys((Accepted, Mandated, Rival, Voided, Inherited), _id),
    **dict.fromkeys((Drained, Stands, Outside, Fired, Reminded), _id),
    **dict.fromkeys((Reserved, Returned, Sealed, Fact, Listed), _subject),
}

# Each method takes the entry of its own row.
_RECORD: dict[type, Callable[[State, Any], None]] = {
    Opened: State._opened,
    Mandated: State.recall_mandate,
    Rival: State.recall_rival,
    EpochOpened: State._epoch_opened,
    Reserved: State._reserved,
    Sealed: State._sealed,
    Accepted: State._accepted,
    Drained: State._drained,
    Noted: State._noted,
    Forked: State._forked,
    Ended: State._ended,
    Stands: State._stands,
    Outside: State._outside,
    Abandoned: State._abandoned,
    Returned: State._returned,
    Claimed: State._claimed,
    Synced: State._synced,
    Trusted: State._trusted,
    Confirmed: State._confirmed,
    Succeeded: State._succeeded,
    # These change their exchange alone.
    **dict.fromkeys((Voided, Inherited, Fact, Fired, Reminded, Listed), State._nothing),
}
