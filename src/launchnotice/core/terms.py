"""What is to come of a launch or a query: what is owed for it, and reminders before its window."""

from __future__ import annotations

from launchnotice.core.entries import (
    Accepted,
    Drained,
    Ended,
    Entry,
    Fired,
    Forked,
    Inherited,
    Outside,
    Reminded,
    Returned,
    Sealed,
    Stands,
    Succeeded,
)
from launchnotice.core.tables import Debt
from launchnotice.registry.namedtuples import NamedTuple


class Term(NamedTuple):
    """`party` owes `debt` for a notice, within so many seconds after `since`; None if nobody set a time."""

    subject: bytes
    party: str
    debt: Debt
    since: int
    within: int | None

    @property
    def by(self) -> int | None:
        """The last second in time, if a time was set."""
        return None if self.within is None else self.since + self.within


class Watch(NamedTuple):
    """What is to come of a thread.

    Attributes:
        term: what is owed for it, or None.
        firings: when which multiple of the term is told. `reminders`: when which reminder is told.
    """

    term: Term | None
    firings: tuple[tuple[int, Fired], ...]
    reminders: tuple[tuple[int, Reminded], ...]


def touch(watched: dict[bytes, Watch | None], entry: Entry) -> None:
    """Mark what is to be drawn anew after an entry (`core.watch`): None stands for not drawn."""
    match entry:
        case Accepted() | Inherited() | Sealed(subject=b"") | Returned(subject=b""):
            watched[entry.id] = None
        case Drained() | Stands() | Outside():
            watched[entry.id] = None
        case Fired() | Reminded() if entry.id in watched:
            watched[entry.id] = None
        case Forked() | Ended() | Succeeded():
            watched.update(dict.fromkeys(watched))
        case _:
            pass
