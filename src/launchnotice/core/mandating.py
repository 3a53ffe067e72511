"""Judge received mandates: whether they follow the chain, and what they end (spec sections 9.2 and 9.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from launchnotice.core.entries import (
    Abandoned,
    Accepted,
    Entry,
    EpochKey,
    Mandated,
    Reserved,
    Returned,
    Rival,
    emergency_key,
)
from launchnotice.core.exchange import Exchange
from launchnotice.core.standing import end, known_above, outside
from launchnotice.core.state import State
from launchnotice.errors import Refused
from launchnotice.pact.mandate import DISOWNING, Mandate, UnverifiedMandate
from launchnotice.registry import MandateReason, Refusal
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.bounds import MAX_RIVALS
from launchnotice.wire.streams import Epoch, Position, genesis


class Judged(NamedTuple):
    """What becomes of a mandate: whose it is, what is journalled, and whether it was known."""

    party: str
    entries: list[Entry]
    known: bytes


def judge_mandate(state: State, unverified: UnverifiedMandate) -> Judged:
    """Judge a mandate; raises `Refused`."""
    if unverified.channel != state.channel.id:
        raise Refused(Refusal.WRONG_CHANNEL, "another channel's mandate")
    held = state.mandates.get(unverified.party)
    if held is None:
        raise Refused(Refusal.UNKNOWN_PARTY, "not a party of the channel")
    rivals = state.rivals[unverified.party]
    beside = rivals.get(unverified.prev or b"")
    if unverified.version > len(held) + 1 and beside is None:
        raise Refused(Refusal.MANDATE_GAP, f"expected version {len(held) + 1} at most", unverified.party)
    previous = beside or (held[unverified.version - 2] if unverified.version > 1 else None)
    known = state.by_id.get(unverified.id) or rivals.get(unverified.id)
    if known is not None:
        if unverified.data != known.data:
            unverified.verify(state.channel, previous)
        return Judged(unverified.party, [], unverified.id)
    mandate = unverified.verify(state.channel, previous)
    if beside is not None or unverified.version <= len(held):
        return _judge_rival(state, mandate)
    _check_key_use(state, mandate)
    payload = mandate.payload
    entry = Mandated(mandate.id, payload.party, payload.version, mandate.data)
    return Judged(payload.party, [entry, *_effects(state, mandate)], b"")


def _judge_rival(state: State, mandate: Mandate) -> Judged:
    """A verified mandate beside the chain: the authority signed two stories, or somebody with its keys did.

    It has no effect but that messages under it can be shown. Nobody can tell which story is the thief's,
    so the mandates that follow it are kept as well.
    """
    payload = mandate.payload
    if len(state.rivals[payload.party]) >= MAX_RIVALS:
        raise Refused(Refusal.BAD_MANDATE_CHAIN, "more mandates beside the chain than are kept")
    return Judged(payload.party, [Rival(mandate.id, payload.party, payload.version, mandate.data)], b"")


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


# What a mandate ends ---------------------------------------------------------------------


def _effects(state: State, mandate: Mandate) -> list[Entry]:
    """For each epoch known: where it ends, what joins after all, and what lies outside.

    After a loss nothing ends and nothing is disowned: what lies beyond was abandoned.
    """
    payload = mandate.payload
    party, stands = payload.party, {(one.epoch.number, one.epoch.random): one.last for one in payload.stands}
    if payload.reason is MandateReason.LOSS:
        return [
            one for epoch, last in stands.items() for one in judge_abandoned(state, party, epoch, last.seq)
        ]
    found: list[Entry] = []
    # What stands of an epoch that is not known yet is asked for.
    named = {**state.streams[party], **{epoch: state.stream(party, epoch) for epoch in stands}}
    for stream in named.values() if payload.reason in DISOWNING else ():
        record = Epoch(number=stream.epoch[0], random=stream.epoch[1])
        nothing = Position(seq=0, id=genesis(state.channel.id, party, record))
        found += end(state, party, stream, stands.get(stream.epoch, nothing))
    if payload.reason is MandateReason.COMPROMISE:
        found += outside(party, _emergencies(state, party, payload.emergencies), disowned=True)
    return found


def judge_abandoned(state: State, party: str, epoch: EpochKey, seq: int) -> list[Entry]:
    """A party's later epoch names a position as the last of an earlier one: what lies beyond was lost."""
    stream = state.stream(party, epoch)
    if stream.abandoned is not None and stream.abandoned <= seq:
        return []  # what lies beyond was told already, or is when it arrives
    known = known_above(state, party, stream, seq)
    lost = (one for one in known if one.seq > seq and one.outside is None)
    return [Abandoned(party, *epoch, seq), *outside(party, lost, disowned=False)]


def _emergencies(state: State, party: str, standing: Sequence[bytes]) -> Iterator[Exchange]:
    """Emergency notices that the authority does not name, newest first: a thief may have made them.

    They stand outside of the chain, so that no position says which of them the officers signed.
    """
    kept = state.find(emergency_key("" if party == state.own else party))
    ids = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, Accepted | Reserved | Returned))
    for one in map(state.exchange, reversed(ids)):
        if one is not None and one.data and one.outside is None and one.id not in standing:
            yield one
