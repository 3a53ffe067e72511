"""Kinds of messages: their numbers, classes and policies (spec sections 4.5 and 5.2).

Adding a kind is a row in `KINDS` and a body in `wire`.
"""

from __future__ import annotations

from typing import Final

from launchnotice.registry.enumeration import IntEnum, StrEnum
from launchnotice.registry.namedtuples import NamedTuple


class KindClass(StrEnum):
    """What a kind's number range says (spec section 5.2): chained 1-63, emergency 64-79, signal 80-95."""

    CHAINED = "chained"
    EMERGENCY = "emergency"
    SIGNAL = "signal"


class Policy(StrEnum):
    """Who must sign (spec section 4.5); the row is a property of the kind, not of its class."""

    ANNOUNCE = "announce"
    EMERGENCY = "emergency"
    DESK = "desk"
    MACHINE = "machine"


class Kind(IntEnum):
    """Kind of a message."""

    LAUNCH = 1
    AMENDMENT = 2
    WINDOW_EXTENSION = 3
    CANCELLATION = 4
    LAUNCH_REPORT = 5
    QUERY = 6
    REPLY = 7
    ANNUAL_DECLARATION = 8
    ACTIVITY = 9
    REGIME_STATUS = 10
    COMMUNICATIONS_CHECK = 11
    STATEMENT = 12
    CONTINUED_IN = 13
    INCIDENT = 64
    RETRACTION = 65
    RECEIPT = 80
    ACKNOWLEDGEMENT = 81
    DISSEMINATION = 82
    REJECTION = 83
    SYNC = 84


class KindRow(NamedTuple):
    """What the registry says of a kind."""

    kind_class: KindClass
    policy: Policy
    label: str


KINDS: Final[dict[int, KindRow]] = {
    Kind.LAUNCH: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "launch notification"),
    Kind.AMENDMENT: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "amendment"),
    Kind.WINDOW_EXTENSION: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "window extension"),
    Kind.CANCELLATION: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "cancellation"),
    Kind.LAUNCH_REPORT: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "launch report"),
    Kind.QUERY: KindRow(KindClass.CHAINED, Policy.DESK, "query"),
    Kind.REPLY: KindRow(KindClass.CHAINED, Policy.DESK, "reply"),
    Kind.ANNUAL_DECLARATION: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "annual declaration"),
    Kind.ACTIVITY: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "activity"),
    Kind.REGIME_STATUS: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "regime status"),
    Kind.COMMUNICATIONS_CHECK: KindRow(KindClass.CHAINED, Policy.DESK, "communications check"),
    Kind.STATEMENT: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "statement"),
    Kind.CONTINUED_IN: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "continued in"),
    Kind.INCIDENT: KindRow(KindClass.EMERGENCY, Policy.EMERGENCY, "incident"),
    Kind.RETRACTION: KindRow(KindClass.EMERGENCY, Policy.ANNOUNCE, "retraction"),
    Kind.RECEIPT: KindRow(KindClass.SIGNAL, Policy.MACHINE, "receipt"),
    Kind.ACKNOWLEDGEMENT: KindRow(KindClass.SIGNAL, Policy.DESK, "acknowledgement"),
    Kind.DISSEMINATION: KindRow(KindClass.SIGNAL, Policy.DESK, "dissemination"),
    Kind.REJECTION: KindRow(KindClass.SIGNAL, Policy.DESK, "rejection"),
    Kind.SYNC: KindRow(KindClass.SIGNAL, Policy.MACHINE, "sync"),
}

_CLASS_RANGES: Final = (
    (range(1, 64), KindClass.CHAINED),
    (range(64, 80), KindClass.EMERGENCY),
    (range(80, 96), KindClass.SIGNAL),
)


def kind_row(kind: int) -> KindRow | None:
    """The row of a kind; an unknown kind has its class by range and the policy *announce*.

    Returns None for a number outside every range.
    """
    row = KINDS.get(kind)
    if row is not None:
        return row
    for numbers, kind_class in _CLASS_RANGES:
        if kind in numbers:
            return KindRow(kind_class, Policy.ANNOUNCE, f"unknown kind {kind}")
    return None
