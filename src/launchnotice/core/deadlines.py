"""What is overdue, and of what officers are reminded: views of (facts, now).

The telling is journalled, so that each is told once, across restarts and nodes.
"""

from __future__ import annotations

from launchnotice.core import watch
from launchnotice.core.entries import Fired, Reminded
from launchnotice.core.exchange import NEVER
from launchnotice.core.state import State


def overdue(state: State, now: int) -> list[Fired | Reminded]:
    """What is to be told at `now`: a deadline is met at ``time <= deadline``."""
    found: list[Fired | Reminded] = [
        Fired(x.id, due.party, due.debt.value, due.multiple)
        for x in state.exchanges.values()
        if x.first_deadline(state.channel, state.own) < now
        for due in x.deadlines(state.channel, state.own)
        if due.at < now
    ]
    return [*found, *(entry for at, entry in watch.coming(state) if at <= now)]


def next_overdue(state: State) -> int | None:
    """The first second, from which `overdue` finds something; None if nothing is to come."""
    ends = (x.first_deadline(state.channel, state.own) for x in state.exchanges.values())
    first = min(ends, default=NEVER)
    coming = (at for at, _ in watch.coming(state))
    return min([*coming, *([] if first == NEVER else [first + 1])], default=None)
