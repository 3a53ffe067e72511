"""Comparing what a notice says with what a rule names: values, sectors, forms, numbers with units.

- True: it fits; False: it does not; None: the notice does not say enough to tell, which is no finding.
- All arithmetic is in integers: metres, seconds, hundredths of a degree.

Not here: where the values come from (`pact.fields`), what follows (`pact.judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from launchnotice.pact.fields import Interval
from launchnotice.pact.timing import SECONDS, keeps, touched
from launchnotice.registry import Bound, LengthUnit, Sector, Unit, label
from launchnotice.registry.enumeration import IntEnum
from launchnotice.wire.coordinates import format_length
from launchnotice.wire.geo import AreaRecord, Zone
from launchnotice.wire.launch import Bounds, Direction, Window

METRES: Final = {Unit.KILOMETRES: 1_000, Unit.NAUTICAL_MILES: 1_852}
_CIRCLE: Final = 36_000
_STEP: Final = 2_250  # from one of the 16 sectors to the next, hundredths of a degree


def among(value: Any, allowed: Collection[int]) -> bool:
    """Whether a value is one of those: its number, the form of an area, the sector of a direction."""
    if type(value) is Direction:
        return any(_towards(value, sector) for sector in allowed)
    area = value.area if type(value) is Zone else value
    return (area.FORM if isinstance(area, AreaRecord) else int(area)) in allowed


def within(value: Any, bound: Bound, amount: int, unit: Unit | None, offset: int) -> bool | None:
    """Whether a value keeps a limit.

    Args:
        value: a number, metres, a window, an interval, or bounds of a length that is not told.
        bound: how the limit limits it. `amount`, `unit`: the limit. `offset`: minutes east of UTC.
    """
    if type(value) is Bounds:
        return _bounded(value, bound, amount * METRES[unit or Unit.KILOMETRES])
    if type(value) is Window:
        found, one = touched(value.start, value.end, unit or Unit.HOURS, offset)
        return keeps(bound, found, amount * one)
    if type(value) is Interval:
        return keeps(bound, value.seconds, amount * SECONDS[unit or Unit.MINUTES] * value.parts)
    return keeps(bound, value, amount * METRES[unit] if unit else amount)


def told(value: Any, unit: Unit | None = None, offset: int = 0) -> str:
    """What a value is, for a finding: in the unit of the limit that it was compared with, if it has one."""
    if type(value) is Window:
        return spoken(*touched(value.start, value.end, unit or Unit.HOURS, offset), unit or Unit.HOURS)
    area = value.area if type(value) is Zone else value
    if isinstance(area, AreaRecord):
        return label(area.FORM)
    if isinstance(area, IntEnum):
        return named(area)
    tell = _TOLD.get(type(value))
    if tell is not None:
        return tell(value)
    return _length(value) if unit else str(value)


def named(member: IntEnum) -> str:
    """The label of a number; a sector in capitals."""
    return member.name if isinstance(member, Sector) else label(member)


def _towards(direction: Direction, sector: int) -> bool:
    """Whether a direction can lie in a sector as agreements name them: N, NE, … are eighths of the circle."""
    centre = (sector - 1) * _STEP
    half = _STEP if (sector - 1) % 2 == 0 else _STEP // 2
    if direction.sector is not None:
        course, spread = (direction.sector - 1) * _STEP, _STEP // 2
    else:
        course, spread = direction.azimuth or 0, direction.tolerance
    apart = abs(course - centre) % _CIRCLE
    apart = min(apart, _CIRCLE - apart)
    # What has a width must overlap; a line may lie on the edge.
    return apart < half + spread or (spread == 0 and apart == half)


def _bounded(bounds: Bounds, bound: Bound, limit: int) -> bool | None:
    """What can be told of a length of which bounds alone are known."""
    low, high = bounds.at_least, bounds.at_most
    match bound:
        case Bound.AT_LEAST | Bound.ABOVE:
            if low is not None and keeps(bound, low, limit):
                return True
            return False if high is not None and not keeps(bound, high, limit) else None
        case Bound.AT_MOST | Bound.BELOW:
            if high is not None and keeps(bound, high, limit):
                return True
            return False if low is not None and not keeps(bound, low, limit) else None
        case _:
            outside = (low is not None and low > limit) or (high is not None and high < limit)
            return False if outside else True if low == high == limit else None


def _direction(direction: Direction) -> str:
    if direction.sector is not None:
        return direction.sector.name
    azimuth = direction.azimuth or 0
    spread = f" ±{direction.tolerance // 100}.{direction.tolerance % 100:02}" if direction.tolerance else ""
    return f"{azimuth // 100:03}.{azimuth % 100:02}{spread} degrees"


def _bounds(bounds: Bounds) -> str:
    parts = (("at least", bounds.at_least), ("at most", bounds.at_most))
    return ", ".join(f"{word} {_length(metres)}" for word, metres in parts if metres is not None)


def _length(metres: int) -> str:
    return format_length(metres, LengthUnit.KILOMETRE)


def spoken(value: int, one: int, unit: Unit) -> str:
    """So many units, and the seconds that are no whole one."""
    whole, rest = divmod(value, one)
    return f"{whole} {label(unit)}" + (f" and {rest} seconds" if rest else "")


_TOLD: Final[dict[type, Callable[[Any], str]]] = {
    Direction: _direction,
    Bounds: _bounds,
    Interval: lambda found: f"{found.seconds} seconds in all over {found.parts} intervals",
    bool: lambda found: "yes" if found else "no",
}
