"""Judge received bytes against the state: what is journalled, and what is sent again.

- Nothing here changes the state or reads a clock; a refusal leaves no trace.
- The order of checks is the spec's (section 4.6); the first failure is the code.
- An authentic notice is never refused for being late, out of order or against a rule of
  the agreement: such things are findings.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from launchnotice.core.entries import (
    Accepted,
    Drained,
    Entry,
    EpochKey,
    Fact,
    Forked,
    Mandated,
    Noted,
    position_key,
)
from launchnotice.core.exchange import MANDATE_KIND, Exchange, Stated
from launchnotice.core.references import reference_findings, thread
from launchnotice.core.state import State
from launchnotice.core.stream import Stream
from launchnotice.core.tables import STREAM, Case, Outcome, StreamRow
from launchnotice.errors import Refused
from launchnotice.pact.findings import Finding, content_findings, protocol_finding
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import ContentType, FindingCode, Kind, KindClass, Place, Policy, Refusal, Role
from launchnotice.wire import cose, times
from launchnotice.wire.bounds import CLOCK_BRACKET, MAX_HELD, MAX_MANDATE, MAX_NOTED
from launchnotice.wire.message import (
    ChainedPayload,
    EmergencyPayload,
    Message,
    SignalPayload,
    Unverified,
)
from launchnotice.wire.message import parse as parse_message
from launchnotice.wire.signals import Receipt, Sync

MAX_EVIDENCE: Final = 8
"""Contradicting signals kept about one notice: enough to prove, too few to fill a disk."""


class Decision(NamedTuple):
    """What becomes of received bytes.

    Attributes:
        sender: who sent them. `entries`: what is journalled, in order.
        answers: stored bytes to send to the sender again.
        sync: the sync that they are, if they are one.
    """

    sender: str
    entries: list[Entry]
    answers: list[bytes]
    sync: Sync | None = None


def decide(state: State, data: bytes, now: int) -> Decision:
    """Judge received bytes; raises `Refused`, and then nothing happens."""
    envelope = cose.parse(data, MAX_MANDATE)
    if envelope.content_type is ContentType.MANDATE:
        return _mandate(state, UnverifiedMandate.parse(data, envelope))
    unverified = parse_message(data, envelope, state.channel.id)
    return _message(state, unverified, envelope.content_type, now)


def peek(data: bytes) -> bytes:
    """The channel id, 32 bytes, that unverified bytes name: for hosts with several endpoints.

    Raises:
        Refused: they are neither a message nor a mandate.
    """
    envelope = cose.parse(data, MAX_MANDATE)
    if envelope.content_type is ContentType.MANDATE:
        return UnverifiedMandate.parse(data, envelope).channel
    return parse_message(data, envelope).channel


# Messages --------------------------------------------------------------------------------


def _message(state: State, unverified: Unverified, content_type: ContentType, now: int) -> Decision:
    mandate = _context(state, unverified, content_type)
    known = state.exchanges.get(unverified.id)
    if known is not None and known.data == unverified.data:
        return Decision(unverified.sender, [], _stated(known))
    message = unverified.verify(mandate.keyring, state.channel.accept, len(state.channel.algorithms))
    if message.row.kind_class is KindClass.SIGNAL:
        return _signal(state, message, mandate, now)
    if message.row.kind_class is KindClass.EMERGENCY:
        return _emergency(state, message, mandate, now)
    return _chained(state, message, mandate, now)


def _context(state: State, unverified: Unverified, content_type: ContentType) -> Mandate:
    """The mandate of a message that belongs here; raises `Refused`."""
    channel = state.channel
    if content_type is not channel.content_type:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {channel.content_type.value}")
    if unverified.sender not in channel.parties:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    if unverified.sender == state.own:
        raise Refused(Refusal.OWN_MESSAGE, "one's own message came back")
    if unverified.to is not None and unverified.to != state.own:
        raise Refused(Refusal.WRONG_ADDRESSEE, "addressed to another party")
    mandate = state.by_id.get(unverified.mandate)
    if mandate is None or mandate.payload.party != unverified.sender:
        detail = "signed under a mandate that is not held"
        raise Refused(Refusal.UNKNOWN_MANDATE, detail, unverified.sender)
    return mandate


def _chained(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    payload = message.payload
    assert isinstance(payload, ChainedPayload)  # safe: the class of the kind gives the payload
    stream = state.stream(payload.sender, (payload.epoch.number, payload.epoch.random))
    case = stream.compare(payload.seq, payload.prev, message.id, lambda: bool(state.find(message.id)))
    if stream.noted and case in {Case.NEXT, Case.AHEAD} and _id_at(state, stream, message):
        case = Case.CONTRADICTION
    row = STREAM[case]
    sender = payload.sender
    match row.outcome:
        case Outcome.KEEP:
            entry = _accepted(state, message, mandate, stream, row, now)
            version = mandate.payload.version
            drained = _drain(stream, payload, message.id, version) if case is Case.NEXT else []
            return Decision(sender, [entry, *drained], [])
        case Outcome.REFUSE:
            raise Refused(Refusal.BAD_EPOCH_PREV, "prev: expected the genesis of the epoch")
        case Outcome.REPEAT:
            return Decision(sender, [], _stated(state.exchange(message.id)))
        case Outcome.NOTE:
            return Decision(sender, [_noted(stream, message)], [])
        case Outcome.FORK:
            entry = _accepted(state, message, mandate, stream, row, now)
            return Decision(sender, [_fork(state, stream, message, case), entry], [])
        case _:
            return Decision(sender, [], [])


def _emergency(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    """A notice outside the chain: its id alone is its replay protection."""
    payload = message.payload
    sender = payload.sender
    assert isinstance(payload, EmergencyPayload)  # safe: the class of the kind gives the payload
    stream = state.stream(sender, (payload.epoch.number, payload.epoch.random))
    noted = message.id in stream.noted
    if not noted and state.find(message.id):
        return Decision(sender, [], _stated(state.exchange(message.id)))
    if sum(1 for x in state.exchanges.values() if x.sender == sender and not x.seq) >= MAX_HELD:
        flooded = noted or len(stream.noted) >= MAX_NOTED
        return Decision(sender, [] if flooded else [_noted(stream, message)], [])
    row = StreamRow(Outcome.KEEP, Place.ACCEPTED)
    return Decision(sender, [_accepted(state, message, mandate, stream, row, now)], [])


def _accepted(
    state: State, message: Message, mandate: Mandate, stream: Stream, row: StreamRow, now: int
) -> Accepted:
    payload = message.payload
    findings = _findings(state, message, mandate, stream, row, now)
    return Accepted(
        id=message.id,
        sender=payload.sender,
        number=payload.epoch.number,
        random=payload.epoch.random,
        seq=getattr(payload, "seq", 0),
        prev=getattr(payload, "prev", b""),
        kind=payload.kind,
        thread=thread(payload.kind, message.body),
        place=(row.place or Place.ACCEPTED).value,
        readable=message.body is not None,
        version=mandate.payload.version,
        findings=[finding.dump() for finding in findings],
        shown=message.id not in stream.noted,
        data=message.data,
    )


def _findings(
    state: State, message: Message, mandate: Mandate, stream: Stream, row: StreamRow, now: int
) -> list[Finding]:
    payload, body = message.payload, message.body
    findings = [protocol_finding(row.finding)] if row.finding else []
    if body is None:
        findings.append(protocol_finding(FindingCode.UNINTELLIGIBLE))
    else:
        findings += content_findings(body)
        findings += state.channel.judge(payload.kind, body, payload.issued, now)
        findings += reference_findings(payload.kind, body, payload.sender, state.exchange)
    named = state.version_named(payload.sender, stream.epoch, getattr(payload, "seq", 0))
    findings += _mandate_findings(message, mandate, named)
    if not _confirmed(state, message, stream):
        findings.append(protocol_finding(FindingCode.UNCONFIRMED_EPOCH))
    if message.row.policy is Policy.EMERGENCY and _officers(message) == 1:
        findings.append(protocol_finding(FindingCode.SINGLE_SIGNATURE))
    if payload.issued > now + CLOCK_BRACKET:
        findings.append(_bracket("issued", f"at most {times.format_instant(now)}", payload.issued))
    return findings


def _officers(message: Message) -> int:
    return sum(1 for signer in message.signers if signer.role is Role.OFFICER)


def _mandate_findings(message: Message, mandate: Mandate, named: int) -> list[Finding]:
    """What there is to say of the mandate under which a message is signed."""
    findings = []
    if mandate.payload.version < named:
        findings.append(protocol_finding(FindingCode.SUPERSEDED_MANDATE))
    if message.payload.issued > mandate.payload.expires:
        findings.append(protocol_finding(FindingCode.EXPIRED_MANDATE))
    return findings


def _confirmed(state: State, message: Message, stream: Stream) -> bool:
    """Whether an epoch is the first one numbered 1 that is known, or confirmed by the newest mandate."""
    if stream.epoch[0] == 1 and _first(state, message.payload.sender) in {None, stream.epoch}:
        return True
    mandate = state.mandate(message.payload.sender)
    return mandate is not None and message.payload.epoch in mandate.payload.confirmed


def _first(state: State, party: str) -> EpochKey | None:
    """The first epoch numbered 1 of a party that is known."""
    for key in state.streams[party]:
        if key[0] == 1:
            return key
    return None


def _drain(stream: Stream, payload: ChainedPayload, head: bytes, version: int) -> list[Entry]:
    """What follows when a gap closes: held notices join the chain, as far as their prev does.

    From a disputed position on, nothing joins. What closed the gap may show that a held notice
    lowers the version of its mandate, which nobody could tell on its arrival.
    """
    number, random = stream.epoch
    sender, seq, newest = payload.sender, payload.seq, max(stream.version, version)
    drained: list[Entry] = []
    while (held := stream.held.get(seq + 1)) is not None and seq + 1 != stream.disputed:
        if held.prev != head:
            return [*drained, Forked(sender, number, random, seq, head, held.prev)]
        seq, head = seq + 1, held.id
        lowers = held.version < newest and not held.superseded
        findings = [protocol_finding(FindingCode.SUPERSEDED_MANDATE).dump()] if lowers else []
        drained.append(Drained(held.id, sender, number, random, seq, findings))
        newest = max(newest, held.version)
    return drained


def _fork(state: State, stream: Stream, message: Message, case: Case) -> Forked:
    payload = message.payload
    assert isinstance(payload, ChainedPayload)  # safe: forks are of chained notices
    number, random = stream.epoch
    if case is Case.MISFIT:
        # prev names another id for the position before: that is where the history splits.
        return Forked(payload.sender, number, random, stream.seq, stream.head, payload.prev)
    held = stream.held.get(payload.seq)
    one = held.id if held else _id_at(state, stream, message)
    return Forked(payload.sender, number, random, payload.seq, one, message.id)


def _id_at(state: State, stream: Stream, message: Message) -> bytes:
    """The id of another notice known at a notice's position; empty if there is none."""
    payload = message.payload
    assert isinstance(payload, ChainedPayload)  # safe: positions are of chained notices
    kept = state.find(position_key(payload.sender, stream.epoch, payload.seq))
    ids = [k.entry.id for k in kept if isinstance(k.entry, Accepted | Noted)]
    return next((known for known in ids if known != message.id), b"")


def _noted(stream: Stream, message: Message) -> Noted:
    payload = message.payload
    number, random = payload.epoch.number, payload.epoch.random
    last = len(stream.noted) + 1 >= MAX_NOTED
    return Noted(message.id, payload.sender, number, random, getattr(payload, "seq", 0), last)


def _stated(exchange: Exchange | None) -> list[bytes]:
    """Every signal that we signed about a notice, byte for byte."""
    return [stated.data for stated in exchange.stated.values() if stated.data] if exchange else []


# Signals ---------------------------------------------------------------------------------


def _signal(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    payload, body = message.payload, message.body
    assert isinstance(payload, SignalPayload)  # safe: the class of the kind gives the payload
    if isinstance(body, Sync):
        return Decision(payload.sender, [], [], body)
    subject: bytes = body.subject  # type: ignore[union-attr]  # every other signal has one
    exchange = state.exchange(subject)
    if exchange is None or not exchange.own or not exchange.data:
        raise Refused(Refusal.UNKNOWN_SUBJECT, "not a notice of ours")
    if exchange.kind == MANDATE_KIND and payload.kind != Kind.RECEIPT:
        raise Refused(Refusal.UNKNOWN_SUBJECT, "a mandate is receipted and nothing else")
    earlier = [fact for fact in (exchange.facts.get((payload.sender, payload.kind)),) if fact]
    said = (payload.sender, payload.kind)
    earlier += [fact for fact in exchange.evidence if (fact.party, fact.kind) == said]
    if len(earlier) > MAX_EVIDENCE or any(fact.id == message.id for fact in earlier):
        return Decision(payload.sender, [], [])
    findings = _mandate_findings(message, mandate, state.newest_named(payload.sender))
    findings += _signal_findings(message, exchange, earlier, now)
    fact = Fact(
        id=message.id,
        sender=payload.sender,
        number=payload.epoch.number,
        random=payload.epoch.random,
        kind=payload.kind,
        subject=subject,
        findings=[finding.dump() for finding in findings],
        data=message.data,
    )
    return Decision(payload.sender, [fact], [])


def _signal_findings(message: Message, exchange: Exchange, earlier: list[Stated], now: int) -> list[Finding]:
    epoch = message.payload.epoch
    findings = []
    if earlier:
        same = any((fact.number, fact.random) == (epoch.number, epoch.random) for fact in earlier)
        findings.append(protocol_finding(FindingCode.STATED_TWICE if same else FindingCode.STATED_AGAIN))
    if message.payload.issued > now + CLOCK_BRACKET:
        findings.append(_bracket("issued", f"at most {times.format_instant(now)}", message.payload.issued))
    if isinstance(message.body, Receipt):
        findings += _receipt_findings(message.body, exchange, now)
    return findings


def _receipt_findings(receipt: Receipt, exchange: Exchange, now: int) -> list[Finding]:
    """The receipt says what arrived, and when: between our sending and its return."""
    findings = []
    if not exchange.time - CLOCK_BRACKET <= receipt.received <= now + CLOCK_BRACKET:
        span = f"{times.format_instant(exchange.time)} to {times.format_instant(now)}"
        findings.append(_bracket("received", span, receipt.received))
    if receipt.envelope != cose.envelope_digest(exchange.data):
        findings.append(protocol_finding(FindingCode.OTHER_BYTES))
    return findings


def _bracket(subject: str, expected: str, found: int) -> Finding:
    return protocol_finding(
        FindingCode.CLOCK_BRACKET, subject=subject, expected=expected, found=times.format_instant(found)
    )


# Mandates --------------------------------------------------------------------------------


def _mandate(state: State, unverified: UnverifiedMandate) -> Decision:
    if unverified.channel != state.channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's mandate")
    held = state.mandates.get(unverified.party)
    if held is None:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    if unverified.version > len(held) + 1:
        raise Refused(Refusal.MANDATE_GAP, f"expected version {len(held) + 1} at most", unverified.party)
    previous = held[unverified.version - 2] if unverified.version > 1 else None
    if unverified.version <= len(held):
        return _known_mandate(state, unverified, held[unverified.version - 1], previous)
    mandate = unverified.verify(state.channel, previous)
    _check_key_use(state, mandate)
    payload = mandate.payload
    return Decision(payload.party, [Mandated(mandate.id, payload.party, payload.version, mandate.data)], [])


def _known_mandate(
    state: State, unverified: UnverifiedMandate, known: Mandate, previous: Mandate | None
) -> Decision:
    if unverified.id != known.id:
        raise Refused(Refusal.BAD_MANDATE_CHAIN, "another mandate of that version is held")
    if unverified.data != known.data:
        unverified.verify(state.channel, previous)
    answers = [] if unverified.party == state.own else _stated(state.exchange(known.id))
    return Decision(unverified.party, [], answers)


def _check_key_use(state: State, mandate: Mandate) -> None:
    """A thumbprint belongs to one identity in one role of its party, for good (R-KEY-4).

    Another party's mandate may list it: a mandate proves no possession of its keys, so refusing
    would let a party shut another out by listing its new key first. It gains nothing by it, since
    a message counts under its sender's own mandate alone.
    """
    for other in state.by_id.values():
        if other.payload.party != mandate.payload.party:
            continue
        for kid in mandate.keyring.keys() & other.keyring.keys():
            if mandate.keyring[kid][1:] != other.keyring[kid][1:]:
                raise Refused(Refusal.KEY_REUSED, "a key of another identity or role")
