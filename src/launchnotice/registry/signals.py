"""What parties owe for notices and state about them (spec sections 5.21 to 5.25 and 8.1)."""

from __future__ import annotations

from launchnotice.registry.enumeration import IntEnum


class Owed(IntEnum):
    """What a member owes for a notice."""

    ACKNOWLEDGEMENT = 1
    RECEIPT = 2
    NOTHING = 3


class Place(IntEnum):
    """Where a notice took its place on arrival, as its receipt says."""

    ACCEPTED = 1
    HELD = 2
    DISPUTED = 3
    RECOVERED = 4


class RejectionCode(IntEnum):
    """Why an officer disputes a notice."""

    UNINTELLIGIBLE = 1
    IMPLAUSIBLE = 2
    CONTRADICTS_EARLIER = 3
    NOT_UNDER_AGREEMENT = 4
    OTHER = 5


class DisseminatedTo(IntEnum):
    """To whom a notice was passed on."""

    EARLY_WARNING = 1
    MEMBERS = 2
    OTHER_AUTHORITY = 3
