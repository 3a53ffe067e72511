"""Judge received bytes against the state: what is journalled, and what is sent again.

- Nothing here changes the state or reads a clock; a refusal leaves no trace.
- The order of checks is the spec's (section 4.6); the first failure is the code.
- An authentic notice is never refused for being late, out of order or against a rule of
  the agreement: such things are findings.
"""

from __future__ import annotations

from typing import Final

from launchnotice.core.entries import (
    Accepted,
    Entry,
    EpochKey,
    Fact,
    Listed,
    Noted,
    Outside,
    Sealed,
    Synced,
    Voided,
)
from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.forks import drain, find_fork, id_at
from launchnotice.core.hearing import heard
from launchnotice.core.mandating import judge_abandoned, judge_mandate
from launchnotice.core.references import thread
from launchnotice.core.remarks import notice_findings, signal_findings
from launchnotice.core.returning import judge_claims, judge_returned, stored
from launchnotice.core.standing import Newcomer, Word, compare, settle
from launchnotice.core.state import State
from launchnotice.core.stream import Held, Stream
from launchnotice.core.superseding import mandate_findings, voided
from launchnotice.core.tables import STREAM, Case, Outcome, StreamRow
from launchnotice.errors import Refused
from launchnotice.pact.mandate import Mandate, UnverifiedMandate
from launchnotice.registry import (
    ContentType,
    FindingCode,
    Kind,
    KindClass,
    Place,
    Refusal,
)
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cose
from launchnotice.wire.bounds import MAX_HELD, MAX_MANDATE, MAX_NOTED, MAX_SYNC_ITEMS
from launchnotice.wire.message import (
    ChainedPayload,
    EmergencyPayload,
    Message,
    Opening,
    SignalPayload,
    Unverified,
)
from launchnotice.wire.message import parse as parse_message
from launchnotice.wire.signals import Sync
from launchnotice.wire.streams import Head

MAX_EVIDENCE: Final = 8
"""Contradicting signals kept about one notice: enough to prove, too few to fill a disk."""


_IN_ANY_EPOCH: Final = frozenset({Case.FIRST_MISFIT, Case.KNOWN})
"""Cases of a notice that are the same however many epochs are known."""


class Decision(NamedTuple):
    """What becomes of received bytes.

    Attributes:
        sender: who sent them. `entries`: what is journalled, in order.
        answers: stored bytes to send to the sender again.
        sync: the sync that they are, if they are one. `heads`: what they say of how far streams go.
        held: id of the signal that they are, if its signer is to be told that it arrived; else empty.
    """

    sender: str
    entries: list[Entry]
    answers: list[bytes]
    sync: Sync | None = None
    heads: tuple[Head, ...] = ()
    held: bytes = b""


def read(data: bytes, channel: bytes | None = None) -> Unverified | UnverifiedMandate:
    """What received bytes claim, before any state is looked at.

    Args:
        data: the received bytes.
        channel: the receiver's channel id; another channel's message is refused before it is decoded.

    Raises:
        Refused: they are neither a message nor a mandate.
    """
    envelope = cose.parse(data, MAX_MANDATE)
    if envelope.content_type is ContentType.MANDATE:
        return UnverifiedMandate.parse(data, envelope)
    return parse_message(data, envelope, channel)


def decide(state: State, claimed: Unverified | UnverifiedMandate, now: int) -> Decision:
    """Judge what received bytes claim; raises `Refused`, and then nothing happens."""
    if isinstance(claimed, Unverified):
        return _message(state, claimed, now)
    judged = judge_mandate(state, claimed)
    if judged.known and judged.party != state.own:
        return _repeated(state, judged.party, state.exchange(judged.known))
    return Decision(judged.party, judged.entries, [])


def peek(data: bytes) -> bytes:
    """The channel id, 32 bytes, that unverified bytes name: for hosts with several endpoints.

    Raises:
        Refused: they are neither a message nor a mandate.
    """
    return read(data).channel


# Messages --------------------------------------------------------------------------------


def _message(state: State, unverified: Unverified, now: int) -> Decision:
    mandate = _context(state, unverified)
    if unverified.sender == state.own:
        return _own(state, unverified, mandate)
    known = state.exchanges.get(unverified.id)
    if known is not None and known.data == unverified.data:
        return _repeated(state, unverified.sender, known)
    message = unverified.verify(mandate.keyring, state.channel.accept, len(state.channel.algorithms))
    if message.row.kind_class is KindClass.SIGNAL:
        return _signal(state, message, mandate, now)
    if message.row.kind_class is KindClass.EMERGENCY:
        return _emergency(state, message, mandate, now)
    return _chained(state, message, mandate, now)


def _own(state: State, unverified: Unverified, mandate: Mandate) -> Decision:
    """One's own message: a reflection of what the journal holds, or the proof that it lacks something."""
    held = stored(state, unverified.id)
    if held == unverified.data:
        return Decision(state.own, [], [])
    message = unverified.verify(mandate.keyring, state.channel.accept, len(state.channel.algorithms))
    return Decision(state.own, [] if held else judge_returned(state, message), [])


def _context(state: State, unverified: Unverified) -> Mandate:
    """The mandate of a message that belongs here; raises `Refused`."""
    channel = state.channel
    if unverified.envelope.content_type is not channel.content_type:
        raise Refused(Refusal.WRONG_CONTENT_TYPE, f"expected {channel.content_type.value}")
    if unverified.sender not in channel.parties:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    ours = unverified.sender == state.own
    if ours and unverified.kind == Kind.SYNC:
        raise Refused(Refusal.OWN_MESSAGE, "one's own message came back")
    if unverified.to is not None and (unverified.to == state.own) == ours:
        raise Refused(Refusal.WRONG_ADDRESSEE, "addressed to another party")
    # Under a mandate beside a peer's chain it is shown; under one beside our own it is a stranger's.
    beside = None if ours else state.rivals[unverified.sender].get(unverified.mandate)
    mandate = state.by_id.get(unverified.mandate) or beside
    if mandate is None or mandate.payload.party != unverified.sender:
        detail = "signed under a mandate that is not held"
        raise Refused(Refusal.UNKNOWN_MANDATE, detail, unverified.sender)
    return mandate


def _chained(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    payload = message.payload
    assert isinstance(payload, ChainedPayload)  # safe: the class of the kind gives the payload
    sender = payload.sender
    stream = state.stream(sender, (payload.epoch.number, payload.epoch.random))
    notice = Held(message.id, payload.prev, mandate.payload.version)
    case, word = _case(state, stream, payload, notice)
    row = STREAM[case]
    match row.outcome:
        case Outcome.KEEP:
            entry = _accepted(state, message, mandate, stream, row, now)
            # What its sender has lost goes back to it at once.
            lost = stream.abandoned is not None and payload.seq > stream.abandoned
            back = [message.data] if lost else []
            if case is not Case.NEXT:
                stands = word is Word.STANDS
                settled = settle(state, sender, stream, Newcomer(payload.seq, notice, case)) if stands else []
                return Decision(sender, [entry, *settled], back)
            joined = drain(stream, sender, payload.seq, message.id, mandate.payload.version)
            return _joined(state, payload, [entry, *joined], back)
        case Outcome.FORK:
            entry = _accepted(state, message, mandate, stream, row, now)
            return Decision(sender, [find_fork(state, stream, payload, message.id, case), entry], [])
        case Outcome.REFUSE:
            raise Refused(Refusal.BAD_EPOCH_PREV, "prev: expected the genesis of the epoch")
        case Outcome.REPEAT:
            return _repeated(state, sender, state.exchange(message.id))
        case _:
            noted = [_noted(state, message)] if row.outcome is Outcome.NOTE else []
            return Decision(sender, [*noted], [])


def _case(state: State, stream: Stream, payload: ChainedPayload, notice: Held) -> tuple[Case, Word]:
    """The case of a notice, and what mandates say of it."""

    def known() -> bool:
        return bool(state.find(notice.id))

    crowd = state.crowd(payload.sender)
    case, word = compare(state, payload.sender, stream, payload.seq, notice, known)
    disowned = word is Word.DISOWNED
    if case not in _IN_ANY_EPOCH and state.crowded(payload.sender, stream.epoch, quiet=disowned):
        return Case.KNOWN if notice.id in crowd.noted else crowd.further(Case.CROWDED), word
    noted = crowd.noted and case in {Case.NEXT, Case.AHEAD} and word is Word.NOTHING
    if noted and id_at(state, payload.sender, stream, payload.seq, notice.id):
        return Case.CONTRADICTION, word
    return case, word


def _joined(state: State, payload: ChainedPayload, joined: list[Entry], back: list[bytes]) -> Decision:
    """A notice that joined its stream: what it says of heads, and of the epoch before its own."""
    joined += judge_claims(state, payload.sender, payload.heads)
    if payload.opening is not None:
        return _opened(state, payload, payload.opening, joined)
    return Decision(payload.sender, joined, back, None, payload.heads)


def _opened(state: State, payload: ChainedPayload, opening: Opening, joined: list[Entry]) -> Decision:
    """An epoch begins: what we hold beyond the head that it names was abandoned, and goes back."""
    sender, new = payload.sender, (payload.epoch.number, payload.epoch.random)
    abandoned, heads, named = [], payload.heads, (0, b"")
    answered = state.synced.get(sender)
    if answered is not None and answered[:2] == _before(opening):
        joined = [Synced(sender, *new, 0, answer=False), *joined]
    if opening.epoch is not None and opening.head is not None:
        heads = (*heads, Head(party=sender, epoch=opening.epoch, contiguous=opening.head))
        named = opening.epoch.number, opening.epoch.random
        if not state.crowded(sender, named, 1):
            abandoned.append((named, opening.head.seq))
    abandoned += [(key, 0) for key in state.streams[sender] if named < key != new and key[0] <= new[0]]
    entries = [entry for epoch, seq in abandoned for entry in judge_abandoned(state, sender, epoch, seq)]
    lost = [state.exchange(entry.id) for entry in entries if isinstance(entry, Outside)]
    back = [exchange.data for exchange in lost if exchange is not None]
    return Decision(sender, [*joined, *entries], back[:MAX_SYNC_ITEMS], None, heads)


def _before(opening: Opening) -> EpochKey:
    """The epoch that an opening names as the one before; number 0 if it names none."""
    return (0, b"") if opening.epoch is None else (opening.epoch.number, opening.epoch.random)


def _emergency(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    """A notice outside the chain: its id alone is its replay protection."""
    payload = message.payload
    sender = payload.sender
    assert isinstance(payload, EmergencyPayload)  # safe: the class of the kind gives the payload
    stream = state.stream(sender, (payload.epoch.number, payload.epoch.random))
    noted = message.id in state.noted[sender]
    if not noted and state.find(message.id):
        return _repeated(state, sender, state.exchange(message.id))
    if state.emergencies(sender) >= MAX_HELD:
        flooded = noted or len(state.noted[sender]) >= MAX_NOTED
        return Decision(sender, [] if flooded else [_noted(state, message)], [])
    row = StreamRow(Outcome.KEEP, Place.ACCEPTED)
    return Decision(sender, [_accepted(state, message, mandate, stream, row, now)], [])


def _accepted(
    state: State, message: Message, mandate: Mandate, stream: Stream, row: StreamRow, now: int
) -> Accepted:
    payload = message.payload
    findings = notice_findings(state, message, mandate, stream, row, now)
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
        shown=not _seen(state, message),
        data=message.data,
    )


def _seen(state: State, message: Message) -> bool:
    """Whether a notice was shown when its id alone was journalled; the end of an epoch forgets those ids."""
    sender = message.payload.sender
    return message.id in state.noted[sender] or bool(state.effects[sender] and state.find(message.id))


def _noted(state: State, message: Message) -> Noted:
    payload = message.payload
    number, random = payload.epoch.number, payload.epoch.random
    last = len(state.noted[payload.sender]) + 1 >= MAX_NOTED
    return Noted(message.id, payload.sender, number, random, getattr(payload, "seq", 0), last)


def _repeated(state: State, sender: str, exchange: Exchange | None) -> Decision:
    """Every signal that we signed about a notice, byte for byte; what a thief may have made is due anew."""
    if exchange is None:
        return Decision(sender, [], [])
    kinds = voided(state, exchange)
    signed = [one.data for kind, one in exchange.stated.items() if one.data and kind not in kinds]
    return Decision(sender, [Voided(exchange.id, kinds)] if kinds else [], signed)


# Signals ---------------------------------------------------------------------------------


def _signal(state: State, message: Message, mandate: Mandate, now: int) -> Decision:
    payload, body = message.payload, message.body
    assert isinstance(payload, SignalPayload)  # safe: the class of the kind gives the payload
    if isinstance(body, Sync):
        entries = [*_synced(state, payload, body), *judge_claims(state, payload.sender, body.heads)]
        entries += _listed(state, payload.sender, body.signals)
        return Decision(payload.sender, entries, [], body, body.heads)
    subject: bytes = body.subject  # type: ignore[union-attr]  # every other signal has one
    exchange = state.exchange(subject)
    if exchange is None or not exchange.own or not exchange.data or exchange.inherited:
        raise Refused(Refusal.UNKNOWN_SUBJECT, "not a notice of ours", payload.sender)
    if exchange.kind == MANDATE_KIND and payload.kind != Kind.RECEIPT:
        raise Refused(Refusal.UNKNOWN_SUBJECT, "a mandate is receipted and nothing else")
    # R-OFFER-2: for a notice that is no longer repeated, the signer alone brings its signals.
    repeated = exchange.kind == MANDATE_KIND or exchange.awaits(payload.sender, state.channel)
    held = b"" if repeated else message.id
    said = (payload.sender, payload.kind)
    counted = [exchange.facts[said]] if said in exchange.facts else []
    evidence = [fact for fact in exchange.evidence if (fact.party, fact.kind) == said]
    findings = mandate_findings(state, message, mandate, now)
    void = any(finding.code is FindingCode.WITHOUT_EFFECT for finding in findings)
    # What a thief said before leaves room for what counts.
    full = len(evidence) >= MAX_EVIDENCE and (void or bool(counted))
    if full or any(fact.id == message.id for fact in (*counted, *evidence)):
        return Decision(payload.sender, [], [], held=held)
    findings += signal_findings(message, exchange, [*counted, *evidence], now)
    if body is not None:
        findings += state.channel.judge(payload.kind, body, heard(state, payload, body, now))
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
    return Decision(payload.sender, [fact], [], held=held)


def _listed(state: State, sender: str, signals: tuple[bytes, ...]) -> list[Entry]:
    """Which signals that we still offer their addressee says it holds."""
    entries: list[Entry] = []
    for one in signals:
        subjects = {kept.entry.subject for kept in state.find(one) if isinstance(kept.entry, Sealed)}
        for exchange in filter(None, map(state.exchanges.get, subjects)):
            offered = exchange.offered(state.channel, state.own)
            if exchange.sender == sender and any(stated.id == one for stated in offered):
                entries.append(Listed(one, exchange.id, sender))
    return entries


def _synced(state: State, payload: SignalPayload, sync: Sync) -> list[Entry]:
    """The answer to our challenge says up to where we may have seen its sender's notices before."""
    outstanding = payload.sender in state.synced and state.synced[payload.sender] is None
    if not outstanding or sync.echo is None or sync.echo != state.nonce(payload.sender):
        return []
    own = [head for head in sync.heads if head.party == payload.sender]
    if not own:
        return [Synced(payload.sender, 0, b"", 0, answer=True)]
    epoch = own[0].epoch
    return [Synced(payload.sender, epoch.number, epoch.random, own[0].contiguous.seq, answer=True)]
