"""Views: what a host shows, drawn from the state. Time is an argument and changes no state.

*Overdue*, *lapsed* and, of a launch's window, *open* are views of (facts, now); no table has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from launchnotice.core import launches, queries
from launchnotice.core.events import Event
from launchnotice.core.exchange import MANDATE_KIND, Exchange, Stated
from launchnotice.core.remarks import own_findings
from launchnotice.core.state import State
from launchnotice.core.tables import Debt, Delivery
from launchnotice.core.terms import Term
from launchnotice.core.watch import watches
from launchnotice.engine.sealing import Send
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.findings import Finding, protocol_finding
from launchnotice.registry import LaunchPhase, Need, Owed, Place, QueryPhase, Usage
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.launch import LaunchNotification
from launchnotice.wire.message import Message, identify, recall
from launchnotice.wire.record import Record


class Step(NamedTuple):
    """What a call did, after its commit.

    Attributes:
        refusal: why the bytes were not accepted, or None.
        events: what happened, oldest first. `sends`: bytes for members.
    """

    refusal: Refused | None
    events: tuple[Event, ...]
    sends: tuple[Send, ...]

    def __repr__(self) -> str:
        code = self.refusal.code.value if self.refusal else None
        return f"<Step refusal={code} events={len(self.events)} sends={len(self.sends)}>"


class SignalView(NamedTuple):
    """A signal about a notice: whose, what, when we knew it, what it says, what there is to say of it."""

    party: str
    kind: int
    id: bytes
    time: int
    body: Record | None
    findings: tuple[Finding, ...]


class ExchangeView(NamedTuple):
    """A notice with its signals.

    Attributes:
        id, sender, kind, epoch, seq: what it is and where it stands.
        place: where it stands in this journal; `disputed`: its position is under dispute.
        time: when it arrived or was sealed, in seconds; `issued`: when it was drafted.
        body: the record of its kind, None if unreadable or a mandate.
        findings: what there is to say of it; of one's own, what its recipients find.
        deliveries: how far it has come with each other party; empty if it is a peer's.
        signals: everything stated about it, by peers and by us, oldest first.
        evidence: peers' signals that contradict an earlier one under the same key.
        followers: ids of notices that belong to its thread, a retraction of it among them.
        phase: how a query stands; None if it is no query that can be read.
        data: its exact bytes; empty while it waits for the system's signature.
    """

    id: bytes
    sender: str
    kind: int
    epoch: tuple[int, bytes]
    seq: int
    place: Place
    disputed: bool
    time: int
    issued: int
    body: Record | None
    findings: tuple[Finding, ...]
    deliveries: dict[str, Delivery]
    signals: tuple[SignalView, ...]
    evidence: tuple[SignalView, ...]
    followers: tuple[bytes, ...]
    data: bytes
    phase: QueryPhase | None = None

    def __repr__(self) -> str:
        return f"<ExchangeView {self.id.hex()[:16]}>"


class LaunchView(NamedTuple):
    """A launch, drawn from the notices of its thread, whatever the order in which they came.

    Silence is legal: a lapsed launch raises no alarm.

    Attributes:
        id: id of its launch notification. `phase`: how it stands.
        version: 1 for the notification, one more with each amendment and window extension.
        notification: what was last said in full.
        span: the seconds ``[start, end)`` in which it may take place; None if that is not known.
        backups: such spans after it, if it is not used; a window extension ends them.
        open, lapsed: whether now is in one of them, or after the last.
        notices: ids of the notices of its thread that count, in the order of the stream.
        held: what holds now: the notification, with an extended window in place of its own.
    """

    id: bytes
    phase: LaunchPhase
    version: int
    notification: LaunchNotification
    span: tuple[int, int] | None
    backups: tuple[tuple[int, int], ...]
    open: bool
    lapsed: bool
    notices: tuple[bytes, ...]
    held: LaunchNotification

    def __repr__(self) -> str:
        return f"<LaunchView {self.id.hex()[:16]} {self.phase}>"


class Attention(NamedTuple):
    """Something that needs an officer: what, about which notice, with which party, by when (seconds)."""

    need: Need
    subject: bytes
    party: str
    by: int | None


class Health(NamedTuple):
    """How an endpoint stands.

    Attributes:
        position: last journal entry. `confirmed`: events safe with the host.
        epoch: one's own epoch, number and 16 random bytes; (0, b"") if none is open.
        restored: the next signing opens a new epoch.
        open_exchanges: notices and mandates for which something is owed. `unsealed`: waiting for the system.
        mandates: version held of each party. `gaps`: parties whose stream has a gap.
        disputed: parties with a disputed epoch. `expiring`: the own mandate ends within 30 days, or has.
    """

    position: int
    confirmed: int
    epoch: tuple[int, bytes]
    restored: bool
    open_exchanges: int
    unsealed: int
    mandates: dict[str, int]
    gaps: list[str]
    disputed: list[str]
    expiring: bool


EXPIRY_NOTICE = 30 * 86_400


def exchange(state: State, notice: bytes) -> ExchangeView:
    """A notice with its signals; raises `UsageError` (`unknown-subject`)."""
    found = _exchange(state, notice)
    message = recall(found.data) if found.data and found.kind != MANDATE_KIND else None
    others = state.channel.others(state.own) if found.own and not found.inherited else []
    signals = [_signal(state, stated) for stated in (*found.facts.values(), *found.stated.values())]
    return ExchangeView(
        id=found.id,
        sender=found.sender,
        kind=found.kind,
        epoch=found.epoch,
        seq=found.seq,
        place=found.place,
        disputed=launches.is_disputed(state, found),
        time=found.time,
        issued=message.payload.issued if message else found.time,
        body=message.body if message else None,
        findings=_findings(state, found, message),
        deliveries={party: found.delivery(party) for party in others},
        signals=tuple(sorted(signals, key=lambda signal: signal.time)),
        evidence=tuple(_signal(state, stated) for stated in found.evidence),
        followers=tuple(one.id for one in launches.followers(state, found)),
        data=found.data,
        phase=queries.query(state, found),
    )


def launch(state: State, notice: bytes, now: int) -> LaunchView:
    """The launch that a notice begins; raises `UsageError` (`unknown-subject`)."""
    found = launches.launch(state, _exchange(state, notice))
    if found is None:
        raise UsageError(Usage.UNKNOWN_SUBJECT, "not a readable launch notification")
    spans = launches.spans(state, found)
    return LaunchView(
        id=notice,
        phase=found.phase,
        version=found.version,
        notification=found.notification,
        span=spans[0] if spans else None,
        backups=spans[1:],
        open=any(start <= now < end for start, end in spans),
        lapsed=bool(spans) and now >= spans[-1][1],
        notices=found.notices,
        held=launches.held(found),
    )


def pending(state: State, party: str) -> list[bytes]:
    """Ids of notices and mandates for which that party still owes something, oldest first."""
    if party not in state.channel.parties:
        raise UsageError(Usage.NOT_A_PARTY, f"the channel has no party {party!r}")
    owing = [
        x
        for x in state.exchanges.values()
        if x.own != (party == state.own) and x.owes(party, state.channel) is not Owed.NOTHING
    ]
    return [x.id for x in sorted(owing, key=lambda x: x.position)]


def attention(state: State, now: int, *, listed: bool) -> list[Attention]:
    """What needs an officer, the most urgent first; drawn from state, not from events.

    Args:
        state: the state. `now`: seconds.
        listed: whether the newest own mandate lists the system whose signers this node has.
    """
    needs = [need for x in state.exchanges.values() for need in _needs(state, x, now)]
    needs += [need for watch in watches(state) if watch.term for need in _term_needs(state, watch.term, now)]
    needs += [
        Attention(Need.DISPUTED_STREAM, b"", party, None)
        for party, streams in state.streams.items()
        if any(stream.disputed is not None for stream in streams.values())
    ]
    needs += [Attention(Need.ROOT_FORK, b"", party, None) for party in state.rivals if state.rivals[party]]
    needs += [Attention(Need.TRUST, _newest(state, party), party, None) for party in sorted(state.untrusted)]
    limit = state.channel.descriptor.unconfirmed_epochs
    needs += [
        Attention(Need.UNCONFIRMED_EPOCHS, b"", party, None)
        for party in state.streams
        if state.unconfirmed(party) > limit
    ]
    mandate = state.mandate(state.own)
    if mandate is not None and not listed:
        needs.append(Attention(Need.SYSTEM_KEY, mandate.id, state.own, None))
    if mandate is None:
        needs.append(Attention(Need.MANDATE, b"", state.own, None))
    elif mandate.payload.expires - EXPIRY_NOTICE < now:
        needs.append(Attention(Need.MANDATE, mandate.id, state.own, mandate.payload.expires))
    return sorted(needs, key=lambda need: (need.by is not None, need.by or 0, need.need.value))


def _newest(state: State, party: str) -> bytes:
    mandate = state.mandate(party)
    return mandate.id if mandate else b""


def health(state: State, now: int, *, restored: bool) -> Health:
    """How the endpoint stands."""
    streams = [(party, s) for party, epochs in state.streams.items() for s in epochs.values()]
    own = state.mandate(state.own)
    return Health(
        position=state.position,
        confirmed=state.confirmed,
        epoch=state.epoch or (0, b""),
        restored=restored,
        open_exchanges=len(state.exchanges),
        unsealed=len(state.unsealed),
        mandates={party: len(held) for party, held in state.mandates.items()},
        gaps=sorted({party for party, stream in streams if stream.gap()}),
        disputed=sorted(
            {party for party, stream in streams if stream.disputed is not None}
            | {party for party, rivals in state.rivals.items() if rivals}
        ),
        expiring=own is None or own.payload.expires - EXPIRY_NOTICE < now,
    )


def _exchange(state: State, notice: bytes) -> Exchange:
    found = state.exchange(notice)
    if found is None:
        raise UsageError(Usage.UNKNOWN_SUBJECT, "no notice or mandate with that id")
    return found


def _needs(state: State, x: Exchange, now: int) -> Iterator[Attention]:
    if not x.data:
        yield Attention(Need.SYSTEM_SIGNATURE, x.id, state.own, None)
    if x.own:
        for party in state.channel.others(state.own):
            if x.delivery(party) is Delivery.REJECTED:
                yield Attention(Need.REJECTED, x.id, party, None)
            terms = [x.time + within for _, within in x.terms(party, state.channel)] if x.data else []
            if terms and min(terms) < now:
                yield Attention(Need.OVERDUE, x.id, party, min(terms))
    elif x.kind != MANDATE_KIND and x.owes(state.own, state.channel) is Owed.ACKNOWLEDGEMENT:
        need = Need.ACKNOWLEDGE if x.readable else Need.UNINTELLIGIBLE
        yield Attention(need, x.id, x.sender, x.time + state.channel.descriptor.acknowledge_within)


def _term_needs(state: State, term: Term, now: int) -> Iterator[Attention]:
    """What we owe from when on it can be given; what a peer owes when it is overdue."""
    if term.party != state.own:
        if term.by is not None and term.by < now:
            yield Attention(Need.OVERDUE, term.subject, term.party, term.by)
    elif term.since <= now:
        yield Attention(_OWN[term.debt], term.subject, _sender(state, term.subject), term.by)


_OWN: Final = {Debt.REPLY: Need.REPLY, Debt.REPORT: Need.REPORT}


def _sender(state: State, notice: bytes) -> str:
    found = state.exchange(notice)
    return found.sender if found else ""


def _findings(state: State, found: Exchange, message: Message | None) -> tuple[Finding, ...]:
    """What was found on arrival; of one's own notice, what its recipients find."""
    outside = [protocol_finding(found.outside)] if found.outside else []
    if not found.own or found.inherited:
        return (*(Finding.load(raw) for raw in found.findings), *outside)
    if message is None or message.body is None:
        return tuple(outside)
    mandate = state.by_id[message.payload.mandate]
    message.signers = identify(message.payload.manifest, mandate.keyring, len(state.channel.algorithms))
    found_again = own_findings(state, message, mandate)
    return (*found_again, *(one for one in outside if one not in found_again))


def _signal(state: State, stated: Stated) -> SignalView:
    findings = tuple(Finding.load(raw) for raw in stated.findings)
    body = recall(stated.data).body if stated.data else None
    return SignalView(stated.party or state.own, stated.kind, stated.id, stated.time, body, findings)
