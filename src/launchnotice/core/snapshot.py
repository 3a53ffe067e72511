"""A state as bytes, so that opening a long journal does not fold all of it.

- A snapshot names exchanges, reservations and mandates by id; their entries stay in the
  journal and are read back by key.
- It is a cache: it counts only if the journal still holds the entry that it was made at.
- Two states are equal if their snapshots are.
- Its first 32 bytes are the SHA-256 of the rest: a store may damage what no hash chain covers.
"""

from __future__ import annotations

from typing import Any

from launchnotice.core import entries
from launchnotice.core.entries import Mandated, Reserved, Rival
from launchnotice.core.exchange import recall
from launchnotice.core.state import Find, State
from launchnotice.core.stream import Held, Stream
from launchnotice.core.watch import watched
from launchnotice.errors import Corrupt, Refused
from launchnotice.pact.channel import Channel
from launchnotice.wire import cbor
from launchnotice.wire.digest import sha256

MAX_SNAPSHOT = 128 * 2**20
"""256 parties with full bounds of epochs, held and noted ids take 120 MiB."""


def dump(state: State) -> bytes:
    """The snapshot of a state."""
    data = cbor.encode(
        [
            entries.FORMAT,
            state.channel.id,
            state.own,
            state.position,
            state.digest,
            state.time,
            [[mandate.id for mandate in held] for held in state.mandates.values()],
            [[*rivals] for rivals in state.rivals.values()],
            [[list(named) for named in known] for known in state.superseded.values()],
            [[_dump_stream(stream) for stream in epochs.values()] for epochs in state.streams.values()],
            [[[one, *epoch] for one, epoch in sorted(noted.items())] for noted in state.noted.values()],
            list(state.epoch) if state.epoch else [],
            state.reason,
            sorted(state.exchanges),
            sorted(state.unsealed),
            [[party, *known] for party, known in state.heads_told.items()],
            state.confirmed,
            state.restored_at,
            state.succeeded,
            state.lost,
            [[party, *(head or ())] for party, head in sorted(state.synced.items())],
            sorted(state.claims),
            sorted(state.untrusted),
            [[party, *epoch, *proof] for (party, epoch), proof in sorted(state.forks.items())],
            watched(state),
        ]
    )
    return sha256(data) + data


def load(channel: Channel, own: str, find: Find, data: bytes) -> State:
    """The state of a snapshot; raises `Corrupt`."""
    if sha256(data[32:]) != data[:32]:
        raise Corrupt("journal: the snapshot is damaged")
    try:
        raw: Any = cbor.decode(data[32:], MAX_SNAPSHOT)
        version, channel_id, party, *rest = raw
        if (version, channel_id, party) != (entries.FORMAT, channel.id, own):
            raise Corrupt("journal: the snapshot is of another format, channel or party")
        state = State(channel, own, find)
        _restore(state, rest)
    except (Refused, TypeError, ValueError, LookupError, StopIteration) as error:
        raise Corrupt(f"journal: the snapshot is damaged ({type(error).__name__})") from None
    return state


def _restore(state: State, rest: list[Any]) -> None:
    (
        state.position,
        state.digest,
        state.time,
        mandates,
        rivals,
        superseded,
        streams,
        noted,
        epoch,
        state.reason,
        exchanges,
        unsealed,
        told,
        state.confirmed,
        state.restored_at,
        state.succeeded,
        state.lost,
        synced,
        claims,
        untrusted,
        forks,
        watched_ids,
    ) = rest
    for ids in mandates:
        for mandate in ids:
            state.recall_mandate(_entry(state, mandate, Mandated))
    for rival in (one for ids in rivals for one in ids):
        state.recall_rival(_entry(state, rival, Rival))
    for party, known in zip(state.superseded, superseded, strict=True):
        state.superseded[party] = [(version, time) for version, time in known]
    for party, epochs in zip(state.streams, streams, strict=True):
        state.streams[party] = {stream.epoch: stream for stream in map(_load_stream, epochs)}
    for party, ids in zip(state.noted, noted, strict=True):
        state.noted[party] = {one: (number, random) for one, number, random in ids}
    state.epoch = (epoch[0], epoch[1]) if epoch else None
    for notice in exchanges:
        found = recall(state.find(notice), state.own)
        if found is None:
            raise ValueError(notice)
        found.leave_behind(state.epoch)
        state.exchanges[notice] = found
    state.unsealed = {notice: _entry(state, notice, Reserved) for notice in unsealed}
    state.heads_told = {party: tuple(known) for party, *known in told}
    state.synced = {party: tuple(head) if head else None for party, *head in synced}
    state.claims, state.untrusted = set(claims), set(untrusted)
    state.forks = {(party, (number, random)): (one, two) for party, number, random, one, two in forks}
    state.watched = dict.fromkeys(watched_ids)


def _entry(state: State, key: bytes, kind: type[Any]) -> Any:
    return next(
        kept.entry for kept in state.find(key) if isinstance(kept.entry, kind) and kept.entry.id == key
    )


def _dump_stream(stream: Stream) -> list[Any]:
    held = [[seq, *held] for seq, held in sorted(stream.held.items())]
    kept = [[notice, seq] for notice, seq in sorted(stream.kept.items())]
    marks = [-1 if mark is None else mark for mark in (stream.disputed, stream.ended, stream.abandoned)]
    return [*stream.epoch, stream.seq, stream.head, held, kept, stream.version, *marks]


def _load_stream(raw: list[Any]) -> Stream:
    number, random, seq, head, held, kept, version, *marks = raw
    stream = Stream((number, random), head)
    stream.seq = seq
    stream.held = {at: Held(*rest) for at, *rest in held}
    stream.kept, stream.version = dict(kept), version
    stream.disputed, stream.ended, stream.abandoned = (None if mark < 0 else mark for mark in marks)
    return stream
