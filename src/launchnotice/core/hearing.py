"""What is known before a notice is judged: the launch that it is about, what it answers, what was withheld.

The agreement's rules are judged by these facts alone (spec section 8.2); nothing here judges.
"""

from __future__ import annotations

from typing import Final

from launchnotice.core import launches
from launchnotice.core.entries import unannounced_key
from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.references import thread
from launchnotice.core.state import State
from launchnotice.pact.judge import Heard, Unannounced
from launchnotice.registry import Kind
from launchnotice.wire.launch import LaunchNotification, LaunchReport
from launchnotice.wire.message import Payload, recall
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Receipt

SIGNALS: Final = frozenset({Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.DISSEMINATION, Kind.REJECTION})
"""Kinds about a notice of the member that they are addressed to."""


def heard(state: State, payload: Payload, body: Record, received: int) -> Heard:
    """The circumstances of a message: what stands before it in its sender's stream, and what it answers.

    Args:
        state: what is known. `payload`, `body`: the message. `received`: when it arrived, in seconds.
    """
    if payload.kind not in state.channel.judge.looks_back:
        return Heard(payload.sender, payload.issued, received)
    subject = _subject(state, payload.kind, body)
    return Heard(
        sender=payload.sender,
        issued=payload.issued,
        received=received,
        launch=None if subject is None else _launch(state, payload, subject),
        answered=None if subject is None else _answered(subject, payload.sender),
        withheld=_withheld(state, payload, body),
    )


def _subject(state: State, kind: int, body: Record) -> Exchange | None:
    """The launch notification or query that a notice names, the notice that a signal is about."""
    signal = kind in SIGNALS
    notice = getattr(body, "subject", b"") if signal else thread(kind, body)
    found = state.exchange(notice) if notice else None
    if found is None or not found.data or found.kind == MANDATE_KIND:
        return None
    return found if signal or found.kind in (Kind.LAUNCH, Kind.QUERY) else None


def _launch(state: State, payload: Payload, subject: Exchange) -> LaunchNotification | None:
    """A launch as it held before the notice; None if it is another party's."""
    if subject.sender != payload.sender:
        return None
    epoch = payload.epoch.number, payload.epoch.random
    found = launches.launch(state, subject, before=(epoch, getattr(payload, "seq", 0)))
    return None if found is None else launches.held(found)


def _answered(subject: Exchange, sender: str) -> tuple[int, int]:
    """When a notice was issued, and when whoever answers it received it: as it says itself, if it said."""
    issued = recall(subject.data).payload.issued
    receipt = subject.facts.get((sender, Kind.RECEIPT))
    body = recall(receipt.data).body if receipt is not None else None
    return issued, body.received if isinstance(body, Receipt) else subject.time


def _withheld(state: State, payload: Payload, body: Record) -> tuple[Unannounced, ...]:
    """Launches that the sender reported earlier without having notified them, if that is counted."""
    if (
        not isinstance(body, LaunchReport)
        or body.launch is not None
        or not state.channel.judge.counts_withheld
    ):
        return ()
    own = payload.sender == state.own
    kept = state.find(unannounced_key("" if own else payload.sender))
    named = dict.fromkeys(k.entry.id for k in kept if isinstance(k.entry, launches.NOTICES))
    epoch = payload.epoch.number, payload.epoch.random
    place = epoch, getattr(payload, "seq", 0)
    found, corrected = [], _corrected(state, body)
    for exchange in map(state.exchange, named):
        if exchange is not None and exchange.id in corrected:
            continue
        if exchange is None or not launches.stands(state, exchange):
            continue  # a corrected one counts as it was first given
        if not exchange.inherited and (exchange.epoch, exchange.seq) >= place:
            continue
        report = recall(exchange.data).body
        if (
            isinstance(report, LaunchReport)
            and report.launched_at is not None
            and report.category is not None
        ):
            found.append(Unannounced(report.launched_at, report.category, report.launch_count or 1))
    return tuple(found)


def _corrected(state: State, report: LaunchReport) -> set[bytes]:
    """The reports that one corrects: a correction is no other launch."""
    found: set[bytes] = set()
    notice = report.replaces
    while notice and notice not in found:
        found.add(notice)
        exchange = state.exchange(notice)
        before = recall(exchange.data).body if exchange is not None and exchange.data else None
        notice = before.replaces if isinstance(before, LaunchReport) else None
    return found
