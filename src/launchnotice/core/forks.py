"""Where a chain is contradicted, and what joins it when a gap closes (spec sections 6.2 and 6.3)."""

from __future__ import annotations

from launchnotice.core.entries import (
    Accepted,
    Drained,
    Entry,
    Forked,
    Noted,
    Reserved,
    Returned,
    position_key,
)
from launchnotice.core.state import State
from launchnotice.core.stream import Stream
from launchnotice.core.tables import Case
from launchnotice.pact.findings import protocol_finding
from launchnotice.registry import FindingCode
from launchnotice.wire.message import ChainedPayload


def find_fork(state: State, stream: Stream, payload: ChainedPayload, notice: bytes, case: Case) -> Forked:
    """The contradiction of a notice with its stream, and the two notices that prove it."""
    sender, epoch = payload.sender, stream.epoch
    if case is Case.MISFIT:
        # prev names another id for the position before: that is where the history splits.
        return Forked(sender, *epoch, stream.seq, stream.head, payload.prev, [stream.head, notice])
    held = stream.held.get(payload.seq)
    one = held.id if held else id_at(state, sender, stream, payload.seq, notice)
    return Forked(sender, *epoch, payload.seq, one, notice, [one, notice])


def drain(stream: Stream, sender: str, seq: int, head: bytes, version: int) -> list[Entry]:
    """What follows when a gap closes: held notices join the chain, as far as their prev does.

    From a disputed position on, nothing joins. What closed the gap may show that a held notice
    lowers the version of its mandate, which nobody could tell on its arrival.
    """
    newest = max(stream.version, version)
    drained: list[Entry] = []
    while (held := stream.held.get(seq + 1)) is not None and seq + 1 != stream.disputed:
        if held.prev != head:
            return [*drained, Forked(sender, *stream.epoch, seq, head, held.prev, [head, held.id])]
        seq, head = seq + 1, held.id
        lowers = held.version < newest and not held.superseded
        findings = [protocol_finding(FindingCode.SUPERSEDED_MANDATE).dump()] if lowers else []
        drained.append(Drained(held.id, sender, *stream.epoch, seq, findings))
        newest = max(newest, held.version)
    return drained


def id_at(state: State, sender: str, stream: Stream, seq: int, notice: bytes) -> bytes:
    """The id of another notice known at a position; empty if there is none."""
    kept = state.find(position_key("" if sender == state.own else sender, stream.epoch, seq))
    ids = [k.entry.id for k in kept if isinstance(k.entry, Accepted | Noted | Reserved | Returned)]
    return next((known for known in ids if known != notice), b"")
