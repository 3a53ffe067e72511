"""What stands of an epoch that a mandate ended, and what lies outside (spec section 9.3).

Theory. A mandate names the last notice that stands, and each notice names the one before it: so what stands
is known from the last one downwards, as far as notices lead without a gap. What is known to stand waits
behind that gap (`Stream.held`) and takes its place when our chain meets it; any other notice at such a
position is disowned, also one that had joined, and contradicts nothing. Below, nobody can tell yet, and
notices are compared as in any epoch. So the order in which mandate and notices arrive decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from launchnotice.core.entries import (
    Accepted,
    Drained,
    Ended,
    Entry,
    EpochKey,
    Outside,
    Reserved,
    Returned,
    Stands,
    position_key,
)
from launchnotice.core.exchange import Exchange
from launchnotice.core.state import State
from launchnotice.core.stream import Held, Stream
from launchnotice.core.tables import Case
from launchnotice.registry import FindingCode, Place
from launchnotice.registry.enumeration import IntEnum
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.bounds import MAX_NOTED
from launchnotice.wire.streams import Epoch, Position, genesis


class Word(IntEnum):
    """What mandates say of a notice."""

    NOTHING = 0
    STANDS = 1
    DISOWNED = 2


class Newcomer(NamedTuple):
    """A notice that has just arrived and stands: where it is, what it names, and how it compared."""

    seq: int
    notice: Held
    case: Case


class _Traced(NamedTuple):
    """How far down what stands is known.

    Attributes:
        seq, id: the lowest position of which is known what stands there, and that notice.
        known: the notices that stand above it. `meets`: whether our chain holds that lowest one.
    """

    seq: int
    id: bytes
    known: dict[int, Held]
    meets: bool


def compare(
    state: State, party: str, stream: Stream, seq: int, notice: Held, known: Callable[[], bool]
) -> tuple[Case, Word]:
    """Compare a notice with what mandates say of it, and with its stream.

    Args:
        state, party, stream: where it belongs. `seq`, `notice`: its position and what it names.
        known: looks up whether its id is journalled; called only if memory cannot tell.
    """
    crowd, lowest = state.crowd(party), frontier(state, party, stream)
    if lowest is not None and (seq, notice.id) == (lowest.seq, lowest.id):
        return stream.compare_standing(seq, notice.prev, notice.id, known, crowd), Word.STANDS
    if _is_disowned(state, party, stream, lowest, seq, notice.version):
        return stream.compare_kept(notice.id, known, crowd, Case.ENDED), Word.DISOWNED
    return stream.compare(seq, notice.prev, notice.id, known, crowd), Word.NOTHING


def _is_disowned(
    state: State, party: str, stream: Stream, lowest: Position | None, seq: int, version: int
) -> bool:
    """Whether a mandate says that a notice does not stand; it is not known, nor what stands there next."""
    if stream.ended is None:
        # Every epoch that was known or named was ended: of this one nothing stands before the mandate.
        return any(version < later for later, _ in state.effects[party])
    # What stands was named by its hash, so that none of it names the mandate that did.
    return lowest is None or seq >= lowest.seq or version >= _ended_by(state, party, stream.epoch)


def frontier(state: State, party: str, stream: Stream) -> Position | None:
    """The lowest position of which is known what stands there; None if nothing that stands is missing."""
    if stream.ended is None:
        return None
    last = last_standing(state, party, stream)
    if (stream.seq, stream.head) == (last.seq, last.id):
        return None
    seq = stream.lowest_standing()
    return last if seq == last.seq else Position(seq=seq, id=stream.held[seq + 1].prev)


def last_standing(state: State, party: str, stream: Stream) -> Position:
    """The last notice that stands of an epoch that was ended."""
    for _, stands in reversed(state.effects[party]):
        last = stands.get(stream.epoch)
        if last is not None and last.seq == stream.ended:
            return last
    return Position(seq=0, id=_genesis(state, party, stream.epoch))


def is_named(state: State, one: Exchange) -> bool:
    """Whether a mandate of its sender names a notice as standing, itself or by one that follows it."""
    if not one.seq:
        return any(one.id in mandate.payload.emergencies for mandate in state.mandates[one.sender])
    stream = state.streams[one.sender].get(one.epoch)
    if stream is None or stream.ended is None or one.seq > stream.ended or _is_outside(one):
        return False
    return frontier(state, one.sender, stream) is None


def end(state: State, party: str, stream: Stream, last: Position) -> list[Entry]:
    """What a mandate makes of an epoch: where it ends, what joins after all, and what lies outside.

    What an earlier mandate disowned no later one brings back.
    """
    if stream.ended is not None and stream.ended < last.seq:
        last = last_standing(state, party, stream)
    traced = _trace(state, party, stream, last, None)
    return [
        _ended(state, party, stream, last, traced),
        *_places(party, stream, traced, None),
        *outside(party, _lost(state, party, stream, last, traced, None), disowned=True),
    ]


def settle(state: State, party: str, stream: Stream, newcomer: Newcomer) -> list[Entry]:
    """What follows when a notice arrives of which a mandate says that it stands."""
    last = last_standing(state, party, stream)
    traced = _trace(state, party, stream, last, newcomer)
    ended = _ended(state, party, stream, last, traced)
    changes = traced.meets or ended.seq < stream.seq or (stream.disputed is not None and not ended.disputed)
    return [
        *([ended] if changes else []),
        *_places(party, stream, traced, newcomer),
        *outside(party, _lost(state, party, stream, last, traced, newcomer), disowned=True),
    ]


def outside(party: str, newest_first: Iterator[Exchange], *, disowned: bool) -> list[Entry]:
    """An entry for each, oldest first; of more than the bound allows, for the newest."""
    found = list(islice(newest_first, MAX_NOTED))
    return [Outside(one.id, party, disowned) for one in reversed(found)]


def known_above(state: State, party: str, stream: Stream, base: int) -> Iterator[Exchange]:
    """The notices of an epoch that nothing disowns so far, newest first: above a position, or never joined.

    A thief's own epoch may have made abandoned what a mandate disowns now.
    """
    seqs = {*range(base + 1, stream.seq + 1), *stream.held, *stream.kept.values()}
    yield from _undecided(state, party, stream, base, sorted(seqs, reverse=True))


def _ended_by(state: State, party: str, epoch: EpochKey) -> int:
    """The version of the first mandate that names the last notice of an epoch."""
    return next((version for version, stands in state.effects[party] if epoch in stands), 0)


def _trace(state: State, party: str, stream: Stream, last: Position, newcomer: Newcomer | None) -> _Traced:
    known: dict[int, Held] = {}
    seq, notice = last.seq, last.id
    while not (meets := seq <= stream.seq and notice == _joined(state, party, stream, seq)):
        link = _link(state, stream, seq, notice, newcomer)
        if link is None:
            break
        known[seq] = link
        seq, notice = seq - 1, link.prev
    return _Traced(seq, notice, known, meets)


def _link(state: State, stream: Stream, seq: int, notice: bytes, newcomer: Newcomer | None) -> Held | None:
    """A notice as a link of its chain; None if it is not known, or an earlier mandate disowned it."""
    held = stream.held.get(seq)
    if held is not None and held.id == notice:
        return held
    if newcomer is not None and newcomer.notice.id == notice:
        return newcomer.notice
    exchange = state.exchange(notice) if notice else None
    if exchange is None or _is_outside(exchange):
        return None
    entries = (kept.entry for kept in state.find(notice))
    found = (one for one in entries if isinstance(one, Accepted | Returned) and one.id == notice)
    return next((Held(notice, one.prev, getattr(one, "version", 0)) for one in found), None)


def _ended(state: State, party: str, stream: Stream, last: Position, traced: _Traced) -> Ended:
    """Our chain goes to where it meets what stands, else as far as nothing known to stand contradicts it."""
    base = traced.seq if traced.meets else min(stream.seq, max(traced.seq - 1, 0))
    below = not traced.meets and stream.disputed is not None and stream.disputed < traced.seq
    head = _joined(state, party, stream, base)
    return Ended(party, *stream.epoch, last.seq, base, head, below)


def _places(party: str, stream: Stream, traced: _Traced, newcomer: Newcomer | None) -> Iterator[Entry]:
    """What is known to stand joins if our chain meets it, and waits else."""
    for seq in sorted(traced.known):
        one = traced.known[seq]
        waits = seq in stream.held and stream.held[seq].id == one.id
        if traced.meets:
            yield Drained(one.id, party, *stream.epoch, seq, [])
        elif not waits and not (newcomer is not None and newcomer.seq == seq and newcomer.case is Case.AHEAD):
            yield Stands(one.id, party, *stream.epoch, seq, one.prev, one.version)


def _lost(
    state: State, party: str, stream: Stream, last: Position, traced: _Traced, newcomer: Newcomer | None
) -> Iterator[Exchange]:
    """What lies outside, newest first; after a newcomer, what was decided by it."""
    decided = 0 if traced.meets else traced.seq
    standing = {traced.seq: traced.id} | {seq: one.id for seq, one in traced.known.items()}
    base = traced.seq if traced.meets else min(stream.seq, max(traced.seq - 1, 0))
    seqs = {*range(base + 1, stream.seq + 1), *stream.held, *stream.kept.values()}
    top = newcomer.seq if newcomer is not None else None
    within = (seq for seq in seqs if seq >= decided and (top is None or seq <= top))
    for one in _undecided(state, party, stream, base, sorted(within, reverse=True)):
        # Where our chain meets what stands, what is known besides it has lost its place.
        if one.seq > last.seq or one.id != standing.get(one.seq):
            yield one


def _undecided(state: State, party: str, stream: Stream, base: int, seqs: list[int]) -> Iterator[Exchange]:
    for seq in seqs:
        for one in reversed(_placed(state, party, stream, seq)):
            if not _is_outside(one) and (seq > base or one.place is not Place.ACCEPTED):
                yield one


def _joined(state: State, party: str, stream: Stream, seq: int) -> bytes:
    """The id of the notice that joined a stream at a position; its genesis at 0."""
    if seq == stream.seq:
        return stream.head
    if seq == 0:
        return _genesis(state, party, stream.epoch)
    found = _placed(state, party, stream, seq)
    return next((one.id for one in found if one.place is Place.ACCEPTED and not _is_outside(one)), b"")


def _is_outside(one: Exchange) -> bool:
    """Whether a notice is known to be disowned: since a mandate, or since it arrived."""
    return one.outside is FindingCode.DISOWNED or any(raw[1] == FindingCode.DISOWNED for raw in one.findings)


def _genesis(state: State, party: str, epoch: EpochKey) -> bytes:
    return genesis(state.channel.id, party, Epoch(number=epoch[0], random=epoch[1]))


def _placed(state: State, party: str, stream: Stream, seq: int) -> list[Exchange]:
    kept = state.find(position_key("" if party == state.own else party, stream.epoch, seq))
    ids = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, Accepted | Reserved | Returned))
    return [one for one in map(state.exchange, ids) if one is not None]
