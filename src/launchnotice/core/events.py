"""What the host is told, drawn from journal entries: one event at most for each position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from launchnotice.core.entries import (
    Accepted,
    Drained,
    EpochOpened,
    Fact,
    Fired,
    Forked,
    Kept,
    Mandated,
    Noted,
    Reserved,
    Sealed,
)
from launchnotice.pact.findings import Finding
from launchnotice.registry import EventCode, Owed


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
    owed: Owed | None = None
    multiple: int = 0

    def __repr__(self) -> str:
        return f"<Event {self.position} {self.code.value} {self.party}>"


def event_of(kept: Kept, own: str) -> Event | None:
    """The event of an entry; None if the host is told nothing of it."""
    draw = _DRAW.get(type(kept.entry))
    return draw(Event(kept.position, kept.time, EventCode.NOTICE, own), kept.entry) if draw else None


def _accepted(base: Event, e: Accepted) -> Event:
    if not e.shown:
        return base._replace(code=EventCode.IN_ORDER, party=e.sender, subject=e.id, kind=e.kind)
    return Event(
        base.position, base.time, EventCode.NOTICE, e.sender, e.id, e.kind, _findings(e.findings), e.data
    )


def _noted(base: Event, e: Noted) -> Event:
    code = EventCode.FLOODING if e.last else EventCode.NOTICE
    return base._replace(code=code, party=e.sender, subject=e.id)


def _drained(base: Event, e: Drained) -> Event:
    return base._replace(code=EventCode.IN_ORDER, party=e.sender, subject=e.id)


def _fact(base: Event, e: Fact) -> Event:
    return Event(
        base.position, base.time, EventCode.SIGNAL, e.sender, e.subject, e.kind, _findings(e.findings), e.data
    )


def _forked(base: Event, e: Forked) -> Event:
    return base._replace(code=EventCode.FORK, party=e.sender, subject=e.one)


def _fired(base: Event, e: Fired) -> Event:
    owed = Owed(e.owed)
    return base._replace(code=EventCode.OVERDUE, party=e.party, subject=e.id, owed=owed, multiple=e.multiple)


def _mandated(base: Event, e: Mandated) -> Event:
    return base._replace(code=EventCode.MANDATE, party=e.party, subject=e.id, data=e.data)


def _epoch(base: Event, e: EpochOpened) -> Event:
    return base._replace(code=EventCode.EPOCH)


def _reserved(base: Event, e: Reserved) -> Event:
    return base._replace(code=EventCode.RESERVED, subject=e.subject or e.id, kind=e.kind)


def _sealed(base: Event, e: Sealed) -> Event:
    return base._replace(code=EventCode.SEALED, subject=e.subject or e.id, kind=e.kind, data=e.data)


def _findings(raw: list[Any]) -> tuple[Finding, ...]:
    return tuple([Finding.load(one) for one in raw])


_DRAW: dict[type, Callable[[Event, Any], Event]] = {
    Accepted: _accepted,
    Noted: _noted,
    Drained: _drained,
    Fact: _fact,
    Forked: _forked,
    Fired: _fired,
    Mandated: _mandated,
    EpochOpened: _epoch,
    Reserved: _reserved,
    Sealed: _sealed,
}
