"""How agreements are written as data (spec section 8.2)."""

from __future__ import annotations

from launchnotice.registry.enumeration import IntEnum


class Evidence(IntEnum):
    """How well a constant of an agreement is known."""

    VERIFIED = 1
    PROVISIONAL = 2


class Check(IntEnum):
    """What a rule of an agreement says (spec section 8.2)."""

    SCOPE = 1
    REQUIRED = 2
    FORBIDDEN = 3
    AREA_FORM = 4
    LEAD_TIME = 5
    VALIDITY = 6
    ALLOWED = 7
    LIMIT = 8
    OWED = 9
    NOT_OWED = 10
    WITHHOLDING = 11


class Anchor(IntEnum):
    """The time from which a lead time or the time for a step counts."""

    ISSUED = 1
    RECEIVED = 2
    LAUNCH = 3
    END = 4


class Bound(IntEnum):
    """How a number limits what is compared with it."""

    AT_LEAST = 1
    AT_MOST = 2
    ABOVE = 3
    BELOW = 4
    EXACTLY = 5


class Unit(IntEnum):
    """Unit of a rule's number. Three calendar days are not 72 hours, 40 nautical miles not 40 kilometres."""

    HOURS = 1
    CALENDAR_DAYS = 2
    MINUTES = 3
    KILOMETRES = 4
    NAUTICAL_MILES = 5


class Topic(IntEnum):
    """What an agreement says besides its rules: shown, never compared."""

    CONFIDENTIALITY = 1
    COVERAGE = 2
    CARRIER = 3
    ACKNOWLEDGEMENT = 4
    BINDING = 5
    DURATION = 6
    READING = 7
