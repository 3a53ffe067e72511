"""How agreements are written as data (spec section 8.2)."""

from __future__ import annotations

from enum import IntEnum


class Evidence(IntEnum):
    """How well a constant of an agreement is known."""

    VERIFIED = 1
    PROVISIONAL = 2


class Check(IntEnum):
    """What a rule of an agreement compares (spec section 8.2)."""

    SCOPE = 1
    REQUIRED = 2
    FORBIDDEN = 3
    AREA_FORM = 4
    LEAD_TIME = 5
    VALIDITY = 6


class Anchor(IntEnum):
    """The time from which a lead time counts."""

    ISSUED = 1
    RECEIVED = 2


class TimeUnit(IntEnum):
    """Unit of a rule's number. Three calendar days are not 72 hours."""

    HOURS = 1
    DAYS = 2
