"""Hours and calendar days: how an agreement counts from one time to another.

- Minutes and hours are counted in seconds, as POSIX counts them: a leap second has no number.
- Calendar days are counted by the calendar on the wall of a stated offset from UTC: from 23:59
  of Monday to 00:01 of Thursday it is three days, and 48 hours. Days of the clocks' change do
  not exist at a fixed offset.
- A window touches the days from that of its first second to that of its last, both counted;
  its end is the first second that is not in it.

Offsets are minutes east of UTC.
"""

from __future__ import annotations

from typing import Final

from launchnotice.registry import Bound, Unit
from launchnotice.wire.times import DAY

SECONDS: Final = {Unit.MINUTES: 60, Unit.HOURS: 3_600, Unit.CALENDAR_DAYS: DAY}


def day_of(instant: int, offset: int) -> int:
    """The calendar day, in days since 1970-01-01, that an instant falls on."""
    return (instant + 60 * offset) // DAY


def first_second(day: int, offset: int) -> int:
    """The instant at which a calendar day begins."""
    return day * DAY - 60 * offset


def elapsed(start: int, end: int, unit: Unit, offset: int) -> tuple[int, int]:
    """How long it is from start to end, and what one unit is in the same measure."""
    if unit is Unit.CALENDAR_DAYS:
        return day_of(end, offset) - day_of(start, offset), 1
    return end - start, SECONDS[unit]


def touched(start: int, end: int, unit: Unit, offset: int) -> tuple[int, int]:
    """How long a window ``[start, end)`` is, and what one unit is in the same measure."""
    if unit is Unit.CALENDAR_DAYS:
        return day_of(end - 1, offset) - day_of(start, offset) + 1, 1
    return end - start, SECONDS[unit]


def last_before(start: int, amount: int, unit: Unit, offset: int) -> int:
    """The last second that lies at least so much before a start."""
    if unit is Unit.CALENDAR_DAYS:
        return first_second(day_of(start, offset) - amount + 1, offset) - 1
    return start - amount * SECONDS[unit]


def first_before(start: int, amount: int, unit: Unit, offset: int) -> int:
    """The first second that lies at most so much before a start."""
    if unit is Unit.CALENDAR_DAYS:
        return first_second(day_of(start, offset) - amount, offset)
    return start - amount * SECONDS[unit]


def last_after(start: int, amount: int, unit: Unit, offset: int) -> int:
    """The last second that lies at most so much after a start."""
    if unit is Unit.CALENDAR_DAYS:
        return first_second(day_of(start, offset) + amount + 1, offset) - 1
    return start + amount * SECONDS[unit]


def keeps(bound: Bound, value: int, limit: int) -> bool:
    """Whether a number keeps a bound."""
    match bound:
        case Bound.AT_LEAST:
            return value >= limit
        case Bound.AT_MOST:
            return value <= limit
        case Bound.ABOVE:
            return value > limit
        case Bound.BELOW:
            return value < limit
        case _:
            return value == limit
