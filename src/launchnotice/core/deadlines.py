"""What is overdue: a view of (facts, now). The firing is journalled, so that each is told once."""

from __future__ import annotations

from launchnotice.core.entries import Fired
from launchnotice.core.exchange import NEVER
from launchnotice.core.state import State


def overdue(state: State, now: int) -> list[Fired]:
    """The deadlines that have passed and were not told: a deadline is met at ``time <= deadline``."""
    return [
        Fired(x.id, due.party, due.owed.value, due.multiple)
        for x in state.exchanges.values()
        if x.first_deadline(state.channel, state.own) < now
        for due in x.deadlines(state.channel, state.own)
        if due.at < now
    ]


def next_overdue(state: State) -> int | None:
    """The first second, from which `overdue` finds something; None if nothing is owed."""
    ends = (x.first_deadline(state.channel, state.own) for x in state.exchanges.values())
    first = min(ends, default=NEVER)
    return None if first == NEVER else first + 1
