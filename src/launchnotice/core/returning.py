"""Own messages that come back, and what members say of our stream (spec section 6.4).

An own message that the journal does not hold shows that it was restored from a copy: the
current epoch then ends here, and what came back is kept as what it is, our own history.
A member's mere word costs at most one epoch, until a message proves somebody right.
"""

from __future__ import annotations

from collections.abc import Sequence

from launchnotice.core.entries import Claimed, Entry, EpochKey, Outside, Returned, Sealed
from launchnotice.core.forks import drain, find_fork
from launchnotice.core.references import thread
from launchnotice.core.standing import Newcomer, Word, compare, settle
from launchnotice.core.state import State
from launchnotice.core.stream import Held
from launchnotice.core.superseding import is_void
from launchnotice.core.tables import Case
from launchnotice.errors import Refused
from launchnotice.registry import Place, Refusal
from launchnotice.wire.bounds import MAX_HELD
from launchnotice.wire.message import ChainedPayload, EmergencyPayload, Message, SignalPayload, recall
from launchnotice.wire.streams import Head

_PLACES = {
    Case.NEXT: Place.ACCEPTED,
    Case.AHEAD: Place.HELD,
    Case.MISFIT: Place.DISPUTED,
    Case.CONTRADICTION: Place.DISPUTED,
    Case.DISPUTED: Place.DISPUTED,
    Case.ENDED: Place.DISPUTED,
}
_BACK = "one's own message came back"


def stored(state: State, notice: bytes) -> bytes:
    """The bytes of an own message that the journal holds; empty if it holds none of that id."""
    for kept in state.find(notice):
        if isinstance(kept.entry, Sealed | Returned) and kept.entry.id == notice:
            return kept.entry.data
    return b""


def judge_returned(state: State, message: Message) -> list[Entry]:
    """What becomes of a verified own message that the journal does not hold; raises `Refused`."""
    payload = message.payload
    epoch = (payload.epoch.number, payload.epoch.random)
    version = state.by_id[payload.mandate].payload.version
    if epoch == state.epoch and version < max((newest for newest, _ in state.effects[state.own]), default=0):
        # This epoch began after a mandate that ours would name: a thief cannot end one after the other.
        raise Refused(Refusal.OWN_MESSAGE, f"{_BACK}, under a mandate older than the epoch")
    if isinstance(payload, SignalPayload):
        return [_signal(state, message, payload)]
    if message.id in state.unsealed:  # its position is taken: the copy was made before its seal
        return [_returned(message, Place.ACCEPTED)]
    if isinstance(payload, ChainedPayload):
        return _chained(state, message, payload, version)
    if state.emergencies(state.own) >= MAX_HELD:
        raise Refused(Refusal.OWN_MESSAGE, f"{_BACK}, beyond what is kept")
    stolen = is_void(state, state.own, version, message.id)
    return [_returned(message, Place.ACCEPTED), *_outside(state, message, disowned=stolen)]


def _chained(state: State, message: Message, payload: ChainedPayload, version: int) -> list[Entry]:
    epoch = (payload.epoch.number, payload.epoch.random)
    stream = state.stream(state.own, epoch)
    notice = Held(message.id, payload.prev, version)
    case, word = compare(state, state.own, stream, payload.seq, notice, lambda: False)
    if case is Case.FIRST_MISFIT:
        raise Refused(Refusal.BAD_EPOCH_PREV, "prev: expected the genesis of the epoch")
    place = _PLACES.get(case)
    if place is None or state.crowded(state.own, epoch):
        raise Refused(Refusal.OWN_MESSAGE, f"{_BACK}, beyond what is kept")
    entry = _returned(message, place)
    if case is Case.NEXT:
        return [entry, *drain(stream, state.own, payload.seq, message.id, 0)]
    if case in {Case.MISFIT, Case.CONTRADICTION}:
        return [find_fork(state, stream, payload, message.id, case), entry]
    if word is Word.STANDS:
        return [entry, *settle(state, state.own, stream, Newcomer(payload.seq, notice, case))]
    return [entry, *_outside(state, message, disowned=word is Word.DISOWNED)]


def _outside(state: State, message: Message, *, disowned: bool) -> list[Entry]:
    """What our own authority has disowned is ours in name alone, whoever gives it back."""
    return [Outside(message.id, state.own, disowned=True)] if disowned else []


def seen_before(state: State, party: str, epoch: EpochKey, seq: int, data: bytes) -> bool:
    """Whether a peer's notice may have been shown before the last restore (R-RESTORE-5).

    An emergency notice has no place of its own: that of its sender's head when it was drafted counts.
    """
    if party not in state.synced:
        return False
    if not seq and data:
        payload = recall(data).payload
        seq = payload.head.seq if isinstance(payload, EmergencyPayload) else 0
    head = state.synced[party]
    # An epoch that the answer does not lead to may be one that its sender has lost.
    return head is None or epoch != head[:2] or seq <= head[2]


def judge_claims(state: State, party: str, heads: Sequence[Head]) -> list[Entry]:
    """What a member's head of our own current epoch says that we do not know."""
    own = state.streams[state.own].get(state.epoch) if state.epoch else None
    if own is None or party in state.claims:
        return []
    for head in heads:
        top = (head.highest or head.contiguous).seq
        ours = (head.party, head.epoch.number, head.epoch.random) == (state.own, *own.epoch)
        if ours and top > own.seq:
            return [Claimed(party, *own.epoch, top)]
    return []


def _signal(state: State, message: Message, payload: SignalPayload) -> Returned:
    subject = getattr(message.body, "subject", None)
    exchange = state.exchange(subject) if subject else None
    if exchange is None or exchange.own or exchange.inherited:
        raise Refused(Refusal.UNKNOWN_SUBJECT, "not a notice that we hold")
    stated = exchange.stated.get(payload.kind)
    if stated is not None and stated.data:
        raise Refused(Refusal.OWN_MESSAGE, f"{_BACK}; another one of its kind is held")
    return _returned(message, Place.ACCEPTED)


def _returned(message: Message, place: Place) -> Returned:
    payload = message.payload
    signal = isinstance(payload, SignalPayload)
    return Returned(
        id=message.id,
        kind=payload.kind,
        number=payload.epoch.number,
        random=payload.epoch.random,
        seq=getattr(payload, "seq", 0),
        prev=getattr(payload, "prev", b""),
        thread=b"" if signal else thread(payload.kind, message.body),
        place=place.value,
        subject=getattr(message.body, "subject", b"") if signal else b"",
        to=getattr(payload, "to", ""),
        data=message.data,
    )
