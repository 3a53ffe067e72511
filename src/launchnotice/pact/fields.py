"""Fields of bodies by name: what a rule of an agreement can look at.

- A path is names with dots: ``window``, ``distances.site``; through a list it reads each item:
  ``civil_notices.system``.
- After ``launch.`` come fields of the launch notification that a later notice of its thread is
  about, as it held before: ``launch.group``.
- ``interval`` of a launch report is no field but follows from it: the mean time from one launch
  of a group to the next.

Not here: comparing (`pact.compare`).
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from launchnotice.registry import AreaForm, Kind, Sector, Unit, label
from launchnotice.registry.enumeration import IntEnum
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.codecs import Array, Bool, Codec, Date, Enumeration, Instant, Int
from launchnotice.wire.geo import Area, Zone
from launchnotice.wire.launch import Bounds, Direction, LaunchNotification, LaunchReport, Window
from launchnotice.wire.message import BODIES
from launchnotice.wire.quantities import METRES, Quantity
from launchnotice.wire.record import Nested, Record

Path: TypeAlias = tuple[str, ...]
LAUNCH: Final = "launch"
"""The field that names the launch notification, and the first name of a path into that."""


class Interval(NamedTuple):
    """A mean interval, exact: so many seconds in all over so many intervals."""

    seconds: int
    parts: int


class _Intervals(Int):
    """How `interval` of a report is compared; it never stands on the wire."""


TIMES: Final = frozenset({Unit.MINUTES, Unit.HOURS})
LENGTHS: Final = frozenset({Unit.KILOMETRES, Unit.NAUTICAL_MILES})
_INTERVALS: Final[Codec] = _Intervals(0, 0)


def path_of(name: str) -> Path:
    """The names of a path."""
    return tuple(name.split("."))


def spoken(name: str) -> str:
    """A path in words: ``civil_notices.system`` is the system of the civil notices."""
    return " of the ".join(reversed(name.replace("_", " ").split(".")))


def codec_of(kind: int, name: str) -> Codec | None:
    """How the field at the end of a path is read, or each item of it if it is a list.

    None if a notice of that kind has no such field, or nothing is known of the kind.
    """
    path, record = path_of(name), BODIES.get(kind)
    if record is LaunchReport and path == ("interval",):
        return _INTERVALS
    if len(path) > 1 and path[0] == LAUNCH and kind != Kind.LAUNCH:
        path, record = path[1:], LaunchNotification
    codec: Codec | None = None
    for step in path:
        codec = _item(next((row.codec for row in getattr(record, "FIELDS", ()) if row.name == step), None))
        record = codec.record if isinstance(codec, Nested) else None
    return codec


def values_of(body: Record, path: Path, launch: LaunchNotification | None) -> list[Any]:
    """What stands at the end of a path: nothing, a value, or the items of a list."""
    if path == ("interval",) and isinstance(body, LaunchReport):
        return _interval(body)
    found, path = _begin(body, path, launch)
    return _follow(found, path)


def holders_of(body: Record, path: Path, launch: LaunchNotification | None) -> list[Any]:
    """What has the last name of a path: the body itself, or the records before that name."""
    found, path = _begin(body, path, launch)
    return _follow(found, path[:-1])


def _begin(body: Record, path: Path, launch: LaunchNotification | None) -> tuple[list[Any], Path]:
    if len(path) > 1 and path[0] == LAUNCH:
        return [] if launch is None else [launch], path[1:]
    return [body], path


def _follow(found: list[Any], path: Path) -> list[Any]:
    for step in path:
        below = [getattr(one, step, None) for one in found]
        found = []
        for value in below:
            if type(value) is tuple:
                found += value
            elif value is not None:
                found.append(value)
    return found


def enum_of(codec: Codec | None) -> type[IntEnum] | None:
    """The enumeration whose numbers a field is compared with, if there is one."""
    if isinstance(codec, Enumeration):
        return codec.enum
    if has_areas(codec):
        return AreaForm
    return Sector if _is(codec, Direction) else None


def choices(codec: Codec | None) -> dict[Any, int]:
    """The values that a field can be compared with, as they are written; empty without such."""
    enum = enum_of(codec)
    if enum is not None:
        return {label(member): member.value for member in enum}
    return {False: 0, True: 1} if isinstance(codec, Bool) else {}


def units(codec: Codec | None) -> frozenset[Unit | None]:
    """The units of a number that a field can be compared with; empty if it is compared otherwise."""
    if _is(codec, Window):
        return TIMES | {Unit.CALENDAR_DAYS}
    if isinstance(codec, _Intervals):
        return TIMES
    if _is(codec, Bounds) or (isinstance(codec, Quantity) and codec.unit is METRES):
        return LENGTHS
    if isinstance(codec, Int) and not isinstance(codec, Date | Instant | Quantity):
        return frozenset({None})
    return frozenset()


def has_areas(codec: Codec | None) -> bool:
    """Whether a field is an area, or a zone: an area with a role."""
    return isinstance(codec, Area) or _is(codec, Zone)


def is_zone(codec: Codec | None) -> bool:
    """Whether a field is a zone."""
    return _is(codec, Zone)


def is_date(codec: Codec | None) -> bool:
    """Whether a field is a calendar date."""
    return isinstance(codec, Date)


def _is(codec: Codec | None, record: type[Record]) -> bool:
    return isinstance(codec, Nested) and codec.record is record


def _item(codec: Codec | None) -> Codec | None:
    return codec.item if isinstance(codec, Array) else codec


def _interval(report: LaunchReport) -> list[Interval]:
    first, last, count = report.launched_at, report.last_launched_at, report.launch_count or 0
    if first is None or last is None or count <= 1:
        return []
    return [Interval(last - first, count - 1)]
