"""One notice (or mandate) with its signals: how far it has come with each recipient.

An exchange is a fold over the entries filed under its id, so a settled one leaves memory
and is read back when somebody asks or something more arrives about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from launchnotice.core.entries import (
    Accepted,
    Drained,
    Entry,
    EpochKey,
    Fact,
    Fired,
    Inherited,
    Kept,
    Listed,
    Mandated,
    Outside,
    Reminded,
    Reserved,
    Returned,
    Rival,
    Sealed,
    Stands,
    Voided,
)
from launchnotice.core.tables import ANSWERS, CARRIED, DELIVERY, OVERDUE_AT, SETTLED_AT, Debt, Delivery
from launchnotice.pact.channel import Channel
from launchnotice.registry import FindingCode, Kind, Owed, Place
from launchnotice.registry.namedtuples import NamedTuple

MANDATE_KIND = 0
"""An exchange about a mandate: its kind on no wire; receipts are owed for it and nothing else."""


class Stated(NamedTuple):
    """A signal about the exchange: whose, when it was journalled, its bytes (empty until sealed)."""

    party: str
    id: bytes
    time: int
    kind: int
    number: int
    random: bytes
    findings: list[Any]
    data: bytes


class Deadline(NamedTuple):
    """`party` owes `debt`; it is overdue at the `multiple` of its time when `at` has passed."""

    party: str
    debt: Debt
    multiple: int
    at: int


NEVER: Final = 1 << 64
"""Later than any time."""
_UNKNOWN: Final = -1


class Exchange:
    """A notice with its signals.

    Attributes:
        id: message id. `sender`: whose notice. `kind`: its kind, `MANDATE_KIND` for a mandate.
        epoch, seq: its position. `place`: where it stands in our journal; `own`: whether it is ours.
        arrived: where it stood on arrival, as its receipt says.
        time: when it was journalled (sealed, if it is ours); `position`: where.
        data: its exact bytes; empty while it is ours and not sealed.
        facts: peers' signals about it by (party, kind); the first of each that has an effect counts, the
            rest are evidence.
        stated: our signals about it by kind. `listed`: ids of those that its sender said it holds.
        fired: deadlines told. `reminded`: start and time before it of the windows reminded of.
        outside: why it does not stand (*disowned*, *abandoned*), or None.
        returned: it is ours, a restore had lost it, and a member gave it back.
        inherited: 0, or how many channels ago it was said: nothing is owed for it here.
    """

    __slots__ = (
        "_first", "_offered", "arrived", "data", "epoch", "evidence", "facts", "findings", "fired", "id",
        "inherited", "kind", "listed", "outside", "own", "place", "position", "readable", "reminded",
        "returned", "sender", "seq", "stated", "time",
    )  # fmt: skip

    def __init__(
        self, notice: bytes, sender: str, kind: int, epoch: EpochKey, seq: int, *, own: bool
    ) -> None:
        self.id, self.sender, self.kind, self.epoch, self.seq, self.own = (
            notice,
            sender,
            kind,
            epoch,
            seq,
            own,
        )
        self.place = self.arrived = Place.ACCEPTED
        self.readable = True
        self.returned = False
        self.inherited = 0
        self.outside: FindingCode | None = None
        self.findings: list[Any] = []
        self.time = self.position = 0
        self.data = b""
        self.facts: dict[tuple[str, int], Stated] = {}
        self.evidence: tuple[Stated, ...] = ()
        self.stated: dict[int, Stated] = {}
        self.listed: frozenset[bytes] = frozenset()
        self.fired: frozenset[tuple[str, int, int]] = frozenset()
        self._first = _UNKNOWN
        self.reminded: frozenset[tuple[int, int]] = frozenset()
        self._offered: tuple[Stated, ...] | None = None

    def delivery(self, party: str) -> Delivery:
        """How far the notice has come with that recipient: a function of the set of facts."""
        state = Delivery.PENDING
        for kind in SIGNALS:
            if (party, kind) in self.facts:
                state = DELIVERY[state, kind]
        return state

    def rejected(self) -> bool:
        """Whether any recipient disputes it."""
        return any(kind == Kind.REJECTION for _, kind in self.facts)

    def owes(self, party: str, channel: Channel) -> Owed:
        """What that party still owes for the notice, by the descriptor."""
        owed = self._owed(party, channel)
        return owed if self._reached(party) < SETTLED_AT[owed] else Owed.NOTHING

    def awaits(self, party: str, channel: Channel) -> bool:
        """Whether our notice is repeated to that party: until it has given what it owes, and its receipt.

        An acknowledgement implies the receipt; one that overtakes a lost receipt must not end the
        repetition that brings the receipt back (R-RETRY-1).
        """
        if self._owed(party, channel) is Owed.NOTHING:
            return False
        return self.owes(party, channel) is not Owed.NOTHING or (party, Kind.RECEIPT) not in self.facts

    def offered(self, channel: Channel, own: str) -> tuple[Stated, ...]:
        """Our signals about it that nothing but an offer of ours brings to its sender (R-OFFER-1).

        Kept until something changes, as is `first_deadline`: every poll asks each open exchange for both.
        """
        if self._offered is None:
            self._offered = tuple(self._find_offered(channel, own))
        return self._offered

    def _find_offered(self, channel: Channel, own: str) -> list[Stated]:
        if self.own or self.inherited or self.outside is FindingCode.DISOWNED:
            return []
        carried = CARRIED[self._owed(own, channel)]
        if self.stated.keys() >= ANSWERS:
            carried -= ANSWERS
        late = [stated for kind, stated in self.stated.items() if kind not in carried]
        return [stated for stated in late if stated.data and stated.id not in self.listed]

    def settled(self, channel: Channel, own: str) -> bool:
        """Whether all that is owed for it has been given, and nobody disputes it.

        A notice of ours that was rejected stays open, for an officer to see.
        """
        if self.inherited:
            return True
        if self.own:
            awaited = any(self.awaits(party, channel) for party in channel.others(own))
            return bool(self.data) and not awaited and not self.rejected()
        if Kind.RECEIPT not in self.stated or not all(stated.data for stated in self.stated.values()):
            return False
        return self.owes(own, channel) is Owed.NOTHING and not self.offered(channel, own)

    def deadlines(self, channel: Channel, own: str) -> Iterator[Deadline]:
        """What is owed for it, by whom and when it is overdue, at each multiple not yet told."""
        debtors = channel.others(own) if self.own else [own]
        for party in debtors if self.data else ():
            for debt, within in self.terms(party, channel):
                for multiple in OVERDUE_AT:
                    if (party, debt.value, multiple) not in self.fired:
                        yield Deadline(party, debt, multiple, self.time + multiple * within)

    def first_deadline(self, channel: Channel, own: str) -> int:
        """When the first of `deadlines` ends, `NEVER` without any."""
        if self._first == _UNKNOWN:
            self._first = min((due.at for due in self.deadlines(channel, own)), default=NEVER)
        return self._first

    def apply(self, kept: Kept) -> None:
        """Record one entry that is filed under the exchange's id."""
        self._changed()
        match kept.entry:
            case Accepted() as entry:
                self._apply_accepted(kept.time, kept.position, entry)
            case Drained() as entry:
                self.place = Place.ACCEPTED
                self.findings = [*self.findings, *entry.findings]
            case Mandated() | Rival() | Inherited() as entry:
                self.data, self.time, self.position = entry.data, kept.time, kept.position
                self._apply_kept(entry)
            case Voided() as entry:
                self.stated = {kind: one for kind, one in self.stated.items() if kind not in entry.kinds}
            case Reserved() | Sealed() | Fact() | Listed() as entry:
                self._apply_signal(kept.time, kept.position, entry)
            case Returned() as entry:
                self._apply_returned(kept.time, kept.position, entry)
            case Stands():
                self.place = Place.HELD
            case Outside() as entry:
                self.outside = FindingCode.DISOWNED if entry.disowned else FindingCode.ABANDONED
            case Fired() | Reminded() as entry:
                self._apply_told(entry)
            case _:
                pass

    def leave_behind(self, epoch: EpochKey | None) -> None:
        """Forget what was reserved in another epoch and not sealed: it is stated anew (R-RESTORE-2)."""
        self.stated = {k: s for k, s in self.stated.items() if s.data or (s.number, s.random) == epoch}
        self._changed()

    def _changed(self) -> None:
        self._first, self._offered = _UNKNOWN, None

    def _apply_accepted(self, time: int, position: int, entry: Accepted) -> None:
        self.place = self.arrived = _PLACES[entry.place]
        if any(raw[1] == FindingCode.ROOT_FORK for raw in entry.findings):
            self.arrived = Place.DISPUTED
        self.readable = entry.readable
        self.findings, self.data = entry.findings, entry.data
        self.time, self.position = time, position

    def _apply_kept(self, entry: Mandated | Rival | Inherited) -> None:
        if isinstance(entry, Rival):
            self.place = self.arrived = Place.DISPUTED
        elif isinstance(entry, Inherited):
            self.place = self.arrived = _PLACES[entry.place]
            self.readable, self.findings = entry.readable, entry.findings
            self.outside = FindingCode(entry.outside) if entry.outside else None
            self.inherited, self.time = entry.generation, entry.since
            self.fired |= {(party, owed, multiple) for party, owed, multiple in entry.fired}
            self.reminded |= {(start, before) for start, before in entry.reminded}

    def _apply_signal(self, time: int, position: int, entry: Reserved | Sealed | Fact | Listed) -> None:
        match entry:
            case Reserved() if entry.subject == self.id:
                known = self.stated.get(entry.kind)
                if known is None or not known.data:  # one reserved before a restore is never sealed
                    stated = Stated("", entry.id, time, entry.kind, entry.number, entry.random, [], b"")
                    self.stated[entry.kind] = stated
            case Sealed():
                self._apply_sealed(time, position, entry)
            case Fact():
                self._apply_fact(time, entry)
            case Listed():
                self.listed |= {entry.id}

    def _apply_sealed(self, time: int, position: int, entry: Sealed) -> None:
        if entry.id == self.id:
            self.data, self.time, self.position = entry.data, time, position
        elif entry.kind in self.stated and self.stated[entry.kind].id == entry.id:
            self.stated[entry.kind] = self.stated[entry.kind]._replace(data=entry.data)

    def _apply_returned(self, time: int, position: int, entry: Returned) -> None:
        if entry.id == self.id:
            self.data, self.time, self.position, self.returned = entry.data, time, position, True
            self.place = _PLACES[entry.place]
        elif entry.kind not in self.stated or not self.stated[entry.kind].data:
            self.stated[entry.kind] = Stated(
                "", entry.id, time, entry.kind, entry.number, entry.random, [], entry.data
            )
            self.listed |= {entry.id}  # whoever gives it back holds it

    def _apply_told(self, entry: Fired | Reminded) -> None:
        if isinstance(entry, Fired):
            self.fired |= {(entry.party, entry.owed, entry.multiple)}
        else:
            self.reminded |= {(entry.start, entry.before)}

    def _apply_fact(self, time: int, entry: Fact) -> None:
        state = Stated(
            entry.sender, entry.id, time, entry.kind, entry.number, entry.random, entry.findings, entry.data
        )
        void = any(raw[1] == FindingCode.WITHOUT_EFFECT for raw in entry.findings)
        if void or self.facts.setdefault((entry.sender, entry.kind), state) is not state:
            self.evidence += (state,)

    def _owed(self, party: str, channel: Channel) -> Owed:
        if self.inherited:
            return Owed.NOTHING
        return Owed.RECEIPT if self.kind == MANDATE_KIND else channel.parties[party].owes

    def _reached(self, party: str) -> Delivery:
        if self.own:
            return self.delivery(party)
        state = Delivery.PENDING
        for kind in self.stated:
            state = DELIVERY[state, Kind(kind)]
        return state

    def terms(self, party: str, channel: Channel) -> Iterator[tuple[Debt, int]]:
        """What that party still owes, and within how many seconds."""
        owed = self.owes(party, channel)
        if owed is not Owed.NOTHING and self._reached(party) < Delivery.RECEIVED:
            yield Debt.RECEIPT, channel.descriptor.receipt_within
        if owed is Owed.ACKNOWLEDGEMENT:
            yield Debt.ACKNOWLEDGEMENT, channel.descriptor.acknowledge_within


def begin(entry: Entry, own: str) -> Exchange | None:
    """The exchange that an entry begins, if it begins one; `own` is the endpoint's party."""
    match entry:
        case Accepted() as e:
            return Exchange(e.id, e.sender, e.kind, (e.number, e.random), e.seq, own=False)
        case Inherited() as e:
            return Exchange(e.id, e.sender or own, e.kind, (e.number, e.random), e.seq, own=not e.sender)
        case Mandated() as e:
            return Exchange(e.id, e.party, MANDATE_KIND, (0, b""), e.version, own=e.party == own)
        case Rival() as e if e.party != own:
            return Exchange(e.id, e.party, MANDATE_KIND, (0, b""), e.version, own=False)
        case (Reserved() | Returned()) as e if not e.subject:
            return Exchange(e.id, own, e.kind, (e.number, e.random), e.seq, own=True)
        case _:
            return None


def recall(kept: Iterable[Kept], own: str) -> Exchange | None:
    """Fold an exchange from the entries filed under its id."""
    exchange: Exchange | None = None
    for item in kept:
        exchange = exchange or begin(item.entry, own)
        if exchange is not None:
            exchange.apply(item)
    return exchange


SIGNALS: Final = tuple(dict.fromkeys(kind for _, kind in DELIVERY))
"""Kinds of signals that move a delivery."""
_PLACES: Final = {place.value: place for place in Place}
