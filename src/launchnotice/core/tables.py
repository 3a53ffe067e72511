"""The machines of LNP/1 as tables. No other module decides a state.

Theory. State is a function of the *set* of facts known, so that any order and any
repetition of the same inputs ends the same. Hence each delivery is a chain
``pending < received < acknowledged < rejected``: a fact moves it up or leaves it. An
acknowledgement or dissemination implies receipt; a rejection may follow an acknowledgement,
since neither means agreement. A launch is a chain as well: ``announced < cancelled < reported <
retracted``, and so is a query: ``open < answered < withdrawn``, which touches no delivery. Time
changes no state: *overdue* and *lapsed* are views.

A notice is first compared with its stream (`Case`); the table says what becomes of it.
Nothing authentic is swallowed: every row but *known* and *flooded* shows the notice.
"""

from __future__ import annotations

from typing import Final

from launchnotice.registry import FindingCode, Kind, LaunchPhase, Owed, Place, QueryPhase
from launchnotice.registry.enumeration import IntEnum, StrEnum
from launchnotice.registry.namedtuples import NamedTuple


class Delivery(IntEnum):
    """How far a notice has come with one recipient."""

    PENDING = 0
    RECEIVED = 1
    ACKNOWLEDGED = 2
    REJECTED = 3


DELIVERY: Final[dict[tuple[Delivery, Kind], Delivery]] = {
    (Delivery.PENDING, Kind.RECEIPT): Delivery.RECEIVED,
    (Delivery.PENDING, Kind.ACKNOWLEDGEMENT): Delivery.ACKNOWLEDGED,
    (Delivery.PENDING, Kind.DISSEMINATION): Delivery.RECEIVED,
    (Delivery.PENDING, Kind.REJECTION): Delivery.REJECTED,
    (Delivery.RECEIVED, Kind.RECEIPT): Delivery.RECEIVED,
    (Delivery.RECEIVED, Kind.ACKNOWLEDGEMENT): Delivery.ACKNOWLEDGED,
    (Delivery.RECEIVED, Kind.DISSEMINATION): Delivery.RECEIVED,
    (Delivery.RECEIVED, Kind.REJECTION): Delivery.REJECTED,
    (Delivery.ACKNOWLEDGED, Kind.RECEIPT): Delivery.ACKNOWLEDGED,
    (Delivery.ACKNOWLEDGED, Kind.ACKNOWLEDGEMENT): Delivery.ACKNOWLEDGED,
    (Delivery.ACKNOWLEDGED, Kind.DISSEMINATION): Delivery.ACKNOWLEDGED,
    (Delivery.ACKNOWLEDGED, Kind.REJECTION): Delivery.REJECTED,
    (Delivery.REJECTED, Kind.RECEIPT): Delivery.REJECTED,
    (Delivery.REJECTED, Kind.ACKNOWLEDGEMENT): Delivery.REJECTED,
    (Delivery.REJECTED, Kind.DISSEMINATION): Delivery.REJECTED,
    (Delivery.REJECTED, Kind.REJECTION): Delivery.REJECTED,
}


class Debt(IntEnum):
    """What somebody owes in time, as an overdue event says."""

    ACKNOWLEDGEMENT = 1
    RECEIPT = 2
    REPLY = 3
    REPORT = 4


SETTLED_AT: Final[dict[Owed, Delivery]] = {
    Owed.ACKNOWLEDGEMENT: Delivery.ACKNOWLEDGED,
    Owed.RECEIPT: Delivery.RECEIVED,
    Owed.NOTHING: Delivery.PENDING,
}
"""The state at which a party has given what the descriptor says it owes; its receipt comes on top."""

CARRIED: Final[dict[Owed, frozenset[Kind]]] = {
    Owed.ACKNOWLEDGEMENT: frozenset({Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.REJECTION}),
    Owed.RECEIPT: frozenset({Kind.RECEIPT}),
    Owed.NOTHING: frozenset(),
}
"""Signals for which their notice is repeated, by what their signer owes: those a duplicate brings back.

All others, and two that either of which ends the repetition, are offered by their signer (R-OFFER-1).
"""
ANSWERS: Final = frozenset({Kind.ACKNOWLEDGEMENT, Kind.REJECTION})
"""Either of them ends the repetition of a notice for which an acknowledgement is owed."""

LAUNCH: Final[dict[tuple[LaunchPhase, Kind], LaunchPhase]] = {
    (LaunchPhase.ANNOUNCED, Kind.AMENDMENT): LaunchPhase.ANNOUNCED,
    (LaunchPhase.ANNOUNCED, Kind.WINDOW_EXTENSION): LaunchPhase.ANNOUNCED,
    (LaunchPhase.ANNOUNCED, Kind.CANCELLATION): LaunchPhase.CANCELLED,
    (LaunchPhase.ANNOUNCED, Kind.LAUNCH_REPORT): LaunchPhase.REPORTED,
    (LaunchPhase.ANNOUNCED, Kind.RETRACTION): LaunchPhase.RETRACTED,
    (LaunchPhase.CANCELLED, Kind.AMENDMENT): LaunchPhase.CANCELLED,
    (LaunchPhase.CANCELLED, Kind.WINDOW_EXTENSION): LaunchPhase.CANCELLED,
    (LaunchPhase.CANCELLED, Kind.CANCELLATION): LaunchPhase.CANCELLED,
    (LaunchPhase.CANCELLED, Kind.LAUNCH_REPORT): LaunchPhase.REPORTED,
    (LaunchPhase.CANCELLED, Kind.RETRACTION): LaunchPhase.RETRACTED,
    (LaunchPhase.REPORTED, Kind.AMENDMENT): LaunchPhase.REPORTED,
    (LaunchPhase.REPORTED, Kind.WINDOW_EXTENSION): LaunchPhase.REPORTED,
    (LaunchPhase.REPORTED, Kind.CANCELLATION): LaunchPhase.REPORTED,
    (LaunchPhase.REPORTED, Kind.LAUNCH_REPORT): LaunchPhase.REPORTED,
    (LaunchPhase.REPORTED, Kind.RETRACTION): LaunchPhase.RETRACTED,
    (LaunchPhase.RETRACTED, Kind.AMENDMENT): LaunchPhase.RETRACTED,
    (LaunchPhase.RETRACTED, Kind.WINDOW_EXTENSION): LaunchPhase.RETRACTED,
    (LaunchPhase.RETRACTED, Kind.CANCELLATION): LaunchPhase.RETRACTED,
    (LaunchPhase.RETRACTED, Kind.LAUNCH_REPORT): LaunchPhase.RETRACTED,
    (LaunchPhase.RETRACTED, Kind.RETRACTION): LaunchPhase.RETRACTED,
}


QUERY: Final[dict[tuple[QueryPhase, Kind], QueryPhase]] = {
    (QueryPhase.OPEN, Kind.REPLY): QueryPhase.ANSWERED,
    (QueryPhase.OPEN, Kind.RETRACTION): QueryPhase.WITHDRAWN,
    (QueryPhase.ANSWERED, Kind.REPLY): QueryPhase.ANSWERED,
    (QueryPhase.ANSWERED, Kind.RETRACTION): QueryPhase.WITHDRAWN,
    (QueryPhase.WITHDRAWN, Kind.REPLY): QueryPhase.WITHDRAWN,
    (QueryPhase.WITHDRAWN, Kind.RETRACTION): QueryPhase.WITHDRAWN,
}


STEPS: Final[dict[LaunchPhase | QueryPhase, frozenset[Kind]]] = {
    LaunchPhase.ANNOUNCED: frozenset(
        {Kind.AMENDMENT, Kind.WINDOW_EXTENSION, Kind.CANCELLATION, Kind.LAUNCH_REPORT}
    ),
    LaunchPhase.CANCELLED: frozenset({Kind.LAUNCH_REPORT}),
    LaunchPhase.REPORTED: frozenset({Kind.LAUNCH_REPORT}),
    LaunchPhase.RETRACTED: frozenset({Kind.LAUNCH_REPORT}),
    QueryPhase.OPEN: frozenset({Kind.REPLY}),
    QueryPhase.ANSWERED: frozenset({Kind.REPLY}),
    QueryPhase.WITHDRAWN: frozenset(),
}
"""Steps that a phase allows its party. What flew may always be reported; a retraction is an emergency.

Others raise `UsageError` for the local caller, and are a finding of a peer's; the tables above leave
the phase as it is or move it up, whatever comes.
"""


class Case(StrEnum):
    """How an authentic notice compares with its stream; `expect` is the next sequence number."""

    NEXT = "seq = expect, prev = head"
    FIRST_MISFIT = "seq = expect = 1, prev is not the epoch's genesis"
    MISFIT = "seq = expect, prev is not the head"
    AHEAD = "seq > expect"
    AHEAD_FULL = "seq > expect, as many held as the bound allows"
    AHEAD_FLOODED = "any of those whose id alone is journalled, as many noted as the bound allows"
    CONTRADICTION = "another id is known at that seq"
    KNOWN = "the id is known"
    DISPUTED = "the epoch is disputed from that seq or an earlier one"
    ENDED = "a mandate ended the epoch before that seq, or what stands has another id there"
    KEPT_FULL = "the epoch is disputed or ended, as many kept as the bound allows"
    CROWDED = "a further epoch, as many known as the bound allows"


class Outcome(StrEnum):
    """What becomes of a notice."""

    KEEP = "journalled and shown, with a place"
    NOTE = "its id alone is journalled; shown once"
    REFUSE = "refused"
    REPEAT = "what we stated about it is sent again; not shown"
    FORK = "a proof is kept; journalled and shown as disputed"
    IGNORE = "nothing"


class StreamRow(NamedTuple):
    """What the table says of a case."""

    outcome: Outcome
    place: Place | None = None
    finding: FindingCode | None = None


STREAM: Final[dict[Case, StreamRow]] = {
    Case.NEXT: StreamRow(Outcome.KEEP, Place.ACCEPTED),
    Case.FIRST_MISFIT: StreamRow(Outcome.REFUSE),
    Case.MISFIT: StreamRow(Outcome.FORK, Place.DISPUTED, FindingCode.DISPUTED),
    Case.AHEAD: StreamRow(Outcome.KEEP, Place.HELD, FindingCode.CHAIN_GAP),
    Case.AHEAD_FULL: StreamRow(Outcome.NOTE),
    Case.AHEAD_FLOODED: StreamRow(Outcome.IGNORE),
    Case.CONTRADICTION: StreamRow(Outcome.FORK, Place.DISPUTED, FindingCode.DISPUTED),
    Case.KNOWN: StreamRow(Outcome.REPEAT),
    Case.DISPUTED: StreamRow(Outcome.KEEP, Place.DISPUTED, FindingCode.DISPUTED),
    Case.ENDED: StreamRow(Outcome.KEEP, Place.DISPUTED, FindingCode.DISOWNED),
    Case.KEPT_FULL: StreamRow(Outcome.NOTE),
    Case.CROWDED: StreamRow(Outcome.NOTE),
}

OVERDUE_AT: Final = (1, 2, 4)
"""Multiples of a deadline's time at which it is told again."""
