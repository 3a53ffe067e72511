"""What the host is told, drawn from journal entries: one event at most for each position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launchnotice.core.entries import (
    Accepted,
    Claimed,
    Drained,
    Ended,
    EpochOpened,
    Fact,
    Fired,
    Forked,
    Kept,
    Mandated,
    Noted,
    Outside,
    Reminded,
    Reserved,
    Returned,
    Rival,
    Sealed,
    Synced,
)
from launchnotice.core.tables import Debt
from launchnotice.pact.findings import Finding
from launchnotice.registry import EventCode, Kind
from launchnotice.registry.namedtuples import NamedTuple


class Event(NamedTuple):
    """Something that happened, numbered by its journal position.

    Attributes:
        position: journal position; the host confirms it after its own commit.
        time: when it was decided, in seconds. `code`: what happened.
        party: whose notice, signal, mandate or debt it is about.
        subject: id of the notice or mandate that it is about, 32 bytes; empty for an epoch or a fork.
        kind: kind of the message; 0 if there is none.
        findings: what there is to say of it.
        data: the bytes that arrived or were sealed; empty if there are none.
        again: it was presented before this opening, or may have been.
        owed, multiple: of an overdue event, what is owed and at which multiple of its time.
        opens: of a reminder, when the window opens, in seconds.
    """

    position: int
    time: int
    code: EventCode
    party: str
    subject: bytes = b""
    kind: int = 0
    findings: tuple[Finding, ...] = ()
    data: bytes = b""
    again: bool = False
    owed: Debt | None = None
    multiple: int = 0
    opens: int | None = None

    def __repr__(self) -> str:
        return f"<Event {self.position} {self.code.value} {self.party}>"


def event_of(kept: Kept, own: str) -> Event | None:
    """The event of an entry; None if the host is told nothing of it."""
    draw = _DRAW.get(type(kept.entry))
    return draw(kept.position, kept.time, own, kept.entry) if draw else None


def _accepted(at: int, time: int, _: str, e: Accepted) -> Event:
    if not e.shown:
        return Event(at, time, EventCode.IN_ORDER, e.sender, e.id, e.kind)
    return Event(at, time, EventCode.NOTICE, e.sender, e.id, e.kind, _findings(e.findings), e.data)


def _noted(at: int, time: int, _: str, e: Noted) -> Event:
    return Event(at, time, EventCode.FLOODING if e.last else EventCode.NOTICE, e.sender, e.id)


def _drained(at: int, time: int, _: str, e: Drained) -> Event:
    return Event(at, time, EventCode.IN_ORDER, e.sender, e.id, findings=_findings(e.findings))


def _fact(at: int, time: int, _: str, e: Fact) -> Event:
    return Event(at, time, EventCode.SIGNAL, e.sender, e.subject, e.kind, _findings(e.findings), e.data)


def _forked(at: int, time: int, _: str, e: Forked) -> Event:
    return Event(at, time, EventCode.FORK, e.sender, e.one)


def _ended(at: int, time: int, _: str, e: Ended) -> Event:
    return Event(at, time, EventCode.ENDED, e.sender)


def _outside(at: int, time: int, _: str, e: Outside) -> Event:
    return Event(at, time, EventCode.DISOWNED if e.disowned else EventCode.ABANDONED, e.sender, e.id)


def _returned(at: int, time: int, own: str, e: Returned) -> Event:
    return Event(at, time, EventCode.RETURNED, own, e.subject or e.id, e.kind, data=e.data)


def _claimed(at: int, time: int, _: str, e: Claimed) -> Event:
    return Event(at, time, EventCode.CLAIMED, e.party)


def _synced(at: int, time: int, _: str, e: Synced) -> Event | None:
    return Event(at, time, EventCode.SYNCED, e.party) if e.answer else None


def _fired(at: int, time: int, _: str, e: Fired) -> Event:
    return Event(at, time, EventCode.OVERDUE, e.party, e.id, owed=Debt(e.owed), multiple=e.multiple)


def _reminded(at: int, time: int, _: str, e: Reminded) -> Event:
    return Event(at, time, EventCode.REMINDER, e.party, e.id, Kind.LAUNCH, opens=e.start)


def _mandated(at: int, time: int, _: str, e: Mandated) -> Event:
    return Event(at, time, EventCode.MANDATE, e.party, e.id, data=e.data)


def _rival(at: int, time: int, _: str, e: Rival) -> Event:
    return Event(at, time, EventCode.ROOT_FORK, e.party, e.id, data=e.data)


def _epoch(at: int, time: int, own: str, _: EpochOpened) -> Event:
    return Event(at, time, EventCode.EPOCH, own)


def _reserved(at: int, time: int, own: str, e: Reserved) -> Event:
    return Event(at, time, EventCode.RESERVED, own, e.subject or e.id, e.kind)


def _sealed(at: int, time: int, own: str, e: Sealed) -> Event:
    return Event(at, time, EventCode.SEALED, own, e.subject or e.id, e.kind, data=e.data)


def _findings(raw: list[Any]) -> tuple[Finding, ...]:
    return tuple([Finding.load(one) for one in raw])


_DRAW: dict[type, Callable[[int, int, str, Any], Event | None]] = {
    Accepted: _accepted,
    Noted: _noted,
    Drained: _drained,
    Fact: _fact,
    Forked: _forked,
    Ended: _ended,
    Outside: _outside,
    Returned: _returned,
    Claimed: _claimed,
    Synced: _synced,
    Fired: _fired,
    Reminded: _reminded,
    Mandated: _mandated,
    Rival: _rival,
    EpochOpened: _epoch,
    Reserved: _reserved,
    Sealed: _sealed,
}
