"""What time has to do with a launch or a query: what is owed for it, and reminders before its window.

- `State.watched` names the threads that may have something to come. What that is, is drawn from the
  facts when somebody asks, and kept until one of them changes; a thread with nothing more is dropped.
- What was told is journalled (`Fired`, `Reminded`), so that each is told once.

Nothing here changes a phase: what is overdue is a view of (facts, now).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from launchnotice.core import launches, queries
from launchnotice.core.entries import Fired, Reminded
from launchnotice.core.exchange import Exchange
from launchnotice.core.launches import Launch
from launchnotice.core.references import thread
from launchnotice.core.state import State
from launchnotice.core.tables import LAUNCH, OVERDUE_AT, QUERY, Debt
from launchnotice.core.terms import Term, Watch
from launchnotice.pact.agreement import Rule, due
from launchnotice.registry import Check, Kind, LaunchPhase, QueryPhase
from launchnotice.wire.bounds import REMIND_FIRST, REMIND_LAST
from launchnotice.wire.message import recall

ROOTS: Final = (Kind.LAUNCH, Kind.QUERY)
"""Kinds of notices that begin a thread with something to come."""
MOVING: Final = frozenset({*ROOTS, *(kind for _, kind in (*LAUNCH, *QUERY))})
"""Kinds of notices that move such a thread."""


def watches(state: State) -> list[Watch]:
    """What is to come of all threads; those of which nothing is are forgotten."""
    for notice in [one for one, known in state.watched.items() if known is None]:
        # Another notice of the same thread may have had it drawn.
        if notice in state.watched and state.watched[notice] is None:
            _refresh(state, notice)
    return [known for known in state.watched.values() if known is not None]


def watched(state: State) -> list[bytes]:
    """Ids of the launches and queries of which something is to come, ascending."""
    watches(state)
    return sorted(state.watched)


def coming(state: State) -> Iterator[tuple[int, Fired | Reminded]]:
    """What is told from which second on."""
    for watch in watches(state):
        yield from watch.firings
        yield from watch.reminders


def _refresh(state: State, notice: bytes) -> None:
    """Draw anew what is to come of the thread to which a notice belongs.

    All is read first: a store that fails meanwhile must not make the thread forgotten.
    """
    root = _root(state, notice)
    drawn = None
    # R-SUCC-6: what the successor channel took over is told there.
    if root is not None and root.position > state.succeeded:
        drawn = _launch(state, root) if root.kind == Kind.LAUNCH else _query(state, root)
    if root is not None:
        state.watched.pop(root.id, None)
    state.watched.pop(notice, None)  # its root may have been drawn with another notice of the thread
    if root is not None and drawn is not None and (drawn.term or drawn.firings or drawn.reminders):
        state.watched[root.id] = drawn


def _root(state: State, notice: bytes) -> Exchange | None:
    """The launch or query to whose thread a notice belongs; None if it moves none."""
    root = state.exchange(notice)
    while root is not None and root.data and root.kind in MOVING and root.kind not in ROOTS:
        above = thread(root.kind, recall(root.data).body)
        root = state.exchange(above) if above else None
    return root if root is not None and root.data and root.kind in ROOTS else None


def _launch(state: State, root: Exchange) -> Watch | None:
    found = launches.launch(state, root)
    if found is None or found.phase is not LaunchPhase.ANNOUNCED or not launches.stands(state, root):
        return None
    spans = launches.spans(state, found)
    term = _report(state, root, found, spans[-1][1]) if spans else None
    newest = state.exchange(found.newest)
    heard = root.time if newest is None else newest.time
    reminders = [] if root.own else list(_reminders(root, spans, heard))
    return Watch(term, _firings(root, term), tuple(reminders))


def _reminders(
    root: Exchange, spans: tuple[tuple[int, int], ...], heard: int
) -> Iterator[tuple[int, Reminded]]:
    """Reminders of each window, if it was heard of earlier (Norway 1995: a wide window decays)."""
    for start, _ in spans:
        for before in (REMIND_FIRST, REMIND_LAST):
            if start - before > heard and (start, before) not in root.reminded:
                yield start - before, Reminded(root.id, root.sender, start, before)


def _report(state: State, root: Exchange, found: Launch, end: int) -> Term | None:
    """The report of a launch counts from the end of its last span: when it was launched, it says itself."""
    descriptor = state.channel.descriptor
    rule = descriptor.agreement.owed(Kind.LAUNCH_REPORT, found.notification, root.sender)
    within = _within(rule, end, descriptor.report_within)
    return Term(root.id, root.sender, Debt.REPORT, end, within) if within is not None else None


def _query(state: State, root: Exchange) -> Watch | None:
    asked = queries.question(root)
    if asked is None or queries.query(state, root) is not QueryPhase.OPEN:
        return None
    if asked.asked not in state.channel.parties or not launches.stands(state, root):
        return None
    descriptor = state.channel.descriptor
    hoped = asked.answer_by - root.time if asked.answer_by is not None else 0
    rule = descriptor.agreement.owed(Kind.REPLY, asked, asked.asked)
    within = _within(rule, root.time, descriptor.reply_within or (hoped if hoped > 0 else None))
    term = Term(root.id, asked.asked, Debt.REPLY, root.time, within)
    return Watch(term, _firings(root, term), ())


def _within(rule: Rule | None, since: int, agreed: int | None) -> int | None:
    """The time for a step, by the agreement, else the channel; None if none is set, or it is not owed."""
    if rule is not None and rule.check is Check.NOT_OWED:
        return None
    last = due(rule, since) if rule is not None else None
    return agreed if last is None else max(last - since, 1)


def _firings(root: Exchange, term: Term | None) -> tuple[tuple[int, Fired], ...]:
    if term is None or term.within is None:
        return ()
    return tuple(
        (term.since + multiple * term.within + 1, Fired(root.id, term.party, term.debt.value, multiple))
        for multiple in OVERDUE_AT
        if (term.party, term.debt.value, multiple) not in root.fired
    )
