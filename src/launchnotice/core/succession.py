"""What a channel takes over from the one before it (spec section 8.3).

Every notice of the predecessor is known in the successor, by its message id and as it stood there: later
notices name it, launches and queries go on, and so do their deadlines and reminders: the predecessor, which
goes on listening, is silent about those. Receipt and acknowledgement of it stay with the predecessor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchnotice.core.entries import Accepted, Entry, Inherited, Kept, Returned, Sealed, Succeeded
from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.launches import is_disputed, is_over
from launchnotice.core.references import thread
from launchnotice.core.state import State
from launchnotice.core.tables import OVERDUE_AT, Debt
from launchnotice.core.watch import watched, watches
from launchnotice.errors import UsageError
from launchnotice.pact.channel import Channel
from launchnotice.registry import Place, Usage
from launchnotice.wire.message import recall


def check_successor(channel: Channel, before: Channel) -> None:
    """Whether one channel succeeds another.

    Raises:
        UsageError: `bad-value`: its descriptor names another predecessor, or a key is an authority's in both;
            `exercise`: one is an exercise, the other is real.
    """
    if channel.descriptor.exercise is not before.descriptor.exercise:
        raise UsageError(Usage.EXERCISE, "an exercise succeeds no real channel, nor the reverse")
    if channel.descriptor.predecessor != before.id:
        raise UsageError(Usage.BAD_VALUE, "the descriptor does not name that channel as its predecessor")
    old = {kid for party in before.parties.values() for kid in party.authority}
    if any(old.intersection(party.authority) for party in channel.parties.values()):
        raise UsageError(Usage.BAD_VALUE, "a channel has keys of its own: one is the predecessor's as well")


def inherited(state: State, before: State, journalled: Iterable[Kept], now: int) -> Iterator[Inherited]:
    """The notices of the predecessor that are not known here as they stand there now.

    Args:
        state, before: of the channel and of its predecessor.
        journalled: the predecessor's entries. `now`: seconds.
    """
    owed = {watch.term.subject for watch in watches(before) if watch.term is not None}
    for notice in dict.fromkeys(notice for one in journalled for notice in _notice(one)):
        exchange = before.exchange(notice)
        if exchange is None or not exchange.data or exchange.kind == MANDATE_KIND:
            continue
        # A launch that was over, and not to be reported, is not to be reported by rules that came later.
        moves = exchange.position > before.succeeded
        over = moves and notice not in owed and is_over(before, exchange, now)
        entry = _as_it_stands(before, exchange, _told(exchange) if over else exchange.fired)
        known = [kept.entry for kept in state.find(notice) if isinstance(kept.entry, Inherited)]
        if known[-1:] != [entry]:
            yield entry


def taken_over(before: State, channel: Channel, position: int) -> list[Entry]:
    """What the predecessor journals: what is to come of its launches and queries is the successor's by now.

    Args:
        before: the predecessor's state. `channel`: the successor.
        position: of the last of the predecessor's entries that it has taken over.
    """
    threads = (before.exchange(notice) for notice in watched(before))
    moves = any(one is not None and before.succeeded < one.position <= position for one in threads)
    return [Succeeded(channel.id, position)] if moves else []


def _told(launch: Exchange) -> frozenset[tuple[str, int, int]]:
    """As if all had been told of a missing report."""
    return launch.fired | {(launch.sender, Debt.REPORT.value, multiple) for multiple in OVERDUE_AT}


def _notice(kept: Kept) -> tuple[bytes, ...]:
    match kept.entry:
        case Accepted() | Inherited() | Sealed(subject=b"") | Returned(subject=b"") as entry:
            return (entry.id,)
        case _:
            return ()


def _as_it_stands(before: State, exchange: Exchange, fired: frozenset[tuple[str, int, int]]) -> Inherited:
    return Inherited(
        id=exchange.id,
        sender="" if exchange.own else exchange.sender,
        kind=exchange.kind,
        number=exchange.epoch[0],
        random=exchange.epoch[1],
        seq=exchange.seq,
        thread=thread(exchange.kind, recall(exchange.data).body),
        place=(Place.DISPUTED if is_disputed(before, exchange) else exchange.place).value,
        readable=exchange.readable,
        outside=exchange.outside.value if exchange.outside else "",
        findings=exchange.findings,
        generation=exchange.inherited + 1,
        since=exchange.time,
        data=exchange.data,
        fired=[list(one) for one in sorted(fired)],
        reminded=[list(one) for one in sorted(exchange.reminded)],
    )
