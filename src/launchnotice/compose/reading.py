"""A body from what somebody wrote, or everything that is wrong with it, each with its place.

- Every value is looked at, whatever is wrong with the others; then the rules across fields, as far
  as the fields that they speak of could be read; then the shapes of areas.
- Nothing here knows a kind, an area or a field: all follows from the declarations of records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from launchnotice.compose.form import Form, Path
from launchnotice.compose.values import BLANK, Written, read_angle, read_quantity, written
from launchnotice.errors import Refused
from launchnotice.registry import LengthUnit, Refusal
from launchnotice.wire.codecs import Array, Codec, Enumeration
from launchnotice.wire.coordinates import LATITUDE, LONGITUDE, Axis
from launchnotice.wire.geo import AREAS, MAX_POINTS, Area, AreaRecord, Points
from launchnotice.wire.geodesy import MAX_LATITUDE, LatLon
from launchnotice.wire.message import BODIES
from launchnotice.wire.quantities import Quantity
from launchnotice.wire.record import Field, Nested, Record

MAX_MISTAKES: Final = 100
"""Mistakes told of one form: more than anybody mends at once."""
_SHOWN: Final = 60
"""Characters shown of what was found."""


class Mistake(NamedTuple):
    """Something that is wrong with what somebody wrote.

    Attributes:
        key: where: ``impact_areas[1].radius``; empty for the whole.
        expected: what belongs there. `found`: what stands there. `line`: on which line, if that is known.
    """

    key: str
    expected: str
    found: str
    line: int | None = None

    def __repr__(self) -> str:
        return f"<Mistake at {self.key or 'the whole'}>"


class Reader:
    """Reads one form; what is wrong is added to `mistakes`.

    Attributes:
        mistakes: in the order of the form. `broken`: the places of values that could not be read.
    """

    def __init__(self, form: Form) -> None:
        self._form = form
        self.mistakes: list[Mistake] = []
        self.broken: set[Path] = set()

    def wrong(self, path: Path, expected: str, found: str) -> None:
        """Add a mistake, if there are few; the value at that place, and all that has it, is broken."""
        self.broken.update(path[:end] for end in range(len(path) + 1))
        if len(self.mistakes) < MAX_MISTAKES:
            self.mistakes.append(Mistake(key_of(path), expected, found, self._form.line(path)))
        elif len(self.mistakes) == MAX_MISTAKES:
            self.mistakes.append(Mistake("", "fewer mistakes", f"more than the {MAX_MISTAKES} that are told"))

    def record(self, record: type[Record], data: Any, path: Path = ()) -> Record | None:
        """The record of a table, or of what could be read of it; None if it is no table."""
        if not isinstance(data, Mapping):
            self.wrong(path, f"a table with {', '.join(names(record))}", shown(data))
            return None
        rows = {row.name: row for row in fields(record)}
        known = names(record)
        unknown = [str(name) for name in data if name not in known]
        for name in unknown[: MAX_MISTAKES + 1]:
            self.wrong((*path, name), f"one of {', '.join(known)}", _unknown(name, known))
        values: dict[str, Any] = {}
        unit = unit_of(record)
        for name, row in rows.items():
            here = (*path, name)
            if name not in data:
                if row.required:
                    self.wrong(
                        here, ": ".join([meaning(row), _what(row.codec)]).removeprefix(": "), "nothing"
                    )
            elif unit and isinstance(row.codec, Quantity):
                values |= self._length(row, unit, data[name], here)
            else:
                values[name] = self.value(row.codec, data[name], here)
        return self._checked(record, values, data, path)

    def value(self, codec: Codec, data: Any, path: Path) -> Any:
        """A value of a field; None if it cannot be read."""
        match codec:
            case Nested():
                return self.record(codec.record, data, path)
            case Area():
                return self._area(data, path)
            case Array():
                return self._array(codec, data, path)
            case Points():
                return self._points(codec, data, path)
        way = written(codec)
        try:
            _check_filled(data)
            return way.read(data)
        except Refused as error:
            self.wrong(path, *_reason(error, data, _expected(way)))
            return None

    # Compounds -------------------------------------------------------------------------

    def _checked(self, record: type[Record], values: dict[str, Any], data: Any, path: Path) -> Record:
        """The record, its rules across fields and its shape held against it."""
        sound = {name: value for name, value in values.items() if (*path, name) not in self.broken}
        _, faults = record.unchecked(sound)
        broken = {
            place[len(path)] for place in self.broken if len(place) > len(path) and place[: len(path)] == path
        }
        for fault in faults:
            self._fault(record, fault, broken, data, path)
        # A body within, of which some could be read, is judged as far as that goes.
        part = {name: value for name, value in values.items() if type(value) in BODIES.values()}
        kept, _ = record.unchecked(sound | part)
        if isinstance(kept, AreaRecord) and path not in self.broken:
            for problem in kept.problems():
                self.wrong(path, "an area that can be drawn", str(problem))
        return kept

    def _fault(self, record: type[Record], fault: Refused, broken: Any, data: Any, path: Path) -> None:
        """A rule across fields that does not hold, unless it speaks of what could not be read."""
        known = [row.name for row in record.FIELDS]
        spoken = [name for name in known if re.search(rf"\b{name}\b", fault.detail)]
        if broken and (not spoken or broken.intersection(spoken)):
            return
        name, _, rest = fault.detail.partition(": ")
        place, expected = ((*path, name), rest) if name in known else (path, fault.detail)
        given = [one for one in spoken or known if one in data]
        found = ", ".join(f"{one} {shown(data[one])}" for one in given) or "none of them"
        self.wrong(place, expected.replace("expected ", ""), found)

    def _length(self, row: Field, unit: str, data: Any, path: Path) -> dict[str, Any]:
        """A length whose unit is kept beside it: ``radius = "12 nmi"``."""
        try:
            _check_filled(data)
            value, symbol = read_quantity(data, cast("Quantity", row.codec))
        except Refused as error:
            self.wrong(path, *_reason(error, data, 'a number with its unit, such as "12 nmi" or "20 km"'))
            return {row.name: None, unit: LengthUnit.KILOMETRE}
        miles = symbol in ("nmi", "NM")
        return {row.name: value, unit: LengthUnit.NAUTICAL_MILE if miles else LengthUnit.KILOMETRE}

    def _array(self, codec: Array, data: Any, path: Path) -> Any:
        if not isinstance(data, list | tuple):
            self.wrong(path, f"a list of {codec.low} to {codec.high}", shown(data))
            return None
        if not codec.low <= len(data) <= codec.high:
            self.wrong(path, f"a list of {codec.low} to {codec.high}", f"{len(data)}")
            return None
        return tuple([self.value(codec.item, item, (*path, place)) for place, item in enumerate(data)])

    def _area(self, data: Any, path: Path) -> Any:
        if not isinstance(data, Mapping):
            self.wrong(path, f"a table with {FORM} and what goes with it", shown(data))
            return None
        if FORM not in data:
            self.wrong((*path, FORM), _FORMS.what, "nothing")
            return None
        form = self.value(_AREA_FORM, data[FORM], (*path, FORM))
        return None if form is None else self.record(AREAS[form], data, path)

    def _points(self, codec: Points, data: Any, path: Path) -> Any:
        if not isinstance(data, list | tuple) or not codec.low <= len(data) <= MAX_POINTS:
            found = f"{len(data)}" if isinstance(data, list | tuple) else shown(data)
            self.wrong(path, f'a list of {codec.low} to {MAX_POINTS} points such as "{POINT}"', found)
            return None
        points = [self._point(item, (*path, place)) for place, item in enumerate(data)]
        return tuple(points) if None not in points else None

    def _point(self, data: Any, path: Path) -> LatLon | None:
        try:
            _check_filled(data)
            return read_point(data)
        except Refused as error:
            self.wrong(path, *_reason(error, data, f'a latitude and a longitude, such as "{POINT}"'))
            return None


POINT: Final = "48-30-52N 009-20-08E"
FORM: Final = "form"
_AREA_FORM: Final = Enumeration(type(next(iter(AREAS))))
_FORMS: Final = written(_AREA_FORM)


# Records as tables -----------------------------------------------------------------------


def fields(record: type[Record]) -> list[Field]:
    """The fields that are written: all but the unit of a length, which stands with its number."""
    unit = unit_of(record)
    return [row for row in record.FIELDS if row.name != unit]


def unit_of(record: type[Record]) -> str | None:
    """The field that keeps the unit in which the author wrote the record's length."""
    return next(
        (
            row.name
            for row in record.FIELDS
            if isinstance(row.codec, Enumeration) and row.codec.enum is LengthUnit
        ),
        None,
    )


def meaning(row: Field) -> str:
    """What a field means, without the unit of the wire, in which nobody writes it."""
    match row.codec:
        case Quantity():
            unit = row.codec.unit.name
        case Array() if isinstance(row.codec.item, Quantity):
            unit = row.codec.item.unit.name
        case Axis() | Points():
            unit = "milliarcseconds"
        case _:
            return row.doc
    return re.sub(rf"(, …)? (in )?{unit}$|{unit},? ?|(?<=, ){unit},? ?", "", f" {row.doc}").strip(" ,")


def names(record: type[Record]) -> list[str]:
    """The keys of a record's table."""
    first = [FORM] if issubclass(record, AreaRecord) else []
    return first + [row.name for row in fields(record)]


def read_point(data: Any) -> LatLon:
    """A point with the letters of both hemispheres, latitude first; raises `Refused`."""
    match = re.fullmatch(r" *(.*?[NS])[ ,]*(.*[EW]) *", data) if type(data) is str else None
    if match is None or re.search("[EW]", match[1]):
        first = type(data) is str and re.search("[EW].*[NS]", data)
        why = "the longitude comes first" if first else "no latitude with N or S and longitude with E or W"
        raise Refused(Refusal.BAD_TEXT, why)
    latitude, longitude = read_angle(match[1], LATITUDE), read_angle(match[2], LONGITUDE)
    return latitude, longitude if abs(latitude) < MAX_LATITUDE else 0


def key_of(path: Iterable[str | int]) -> str:
    """``impact_areas[1].radius``: lists count from 1, as people do."""
    parts = [f"[{part + 1}]" if type(part) is int else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


# What was found --------------------------------------------------------------------------


def shown(data: Any) -> str:
    """What stands there, in a few words."""
    match data:
        case str():
            return f'"{data}"' if len(data) <= _SHOWN else f'"{data[:_SHOWN]}…"'
        case bool():
            return str(data).lower()
        case Mapping():
            return "a table"
        case list() | tuple():
            return f"a list of {len(data)}"
        case None:
            return "null"
    return str(data)[:_SHOWN]


def _unknown(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:_SHOWN], known, 1)
    return f"an unknown key; {near[0]}?" if near else "an unknown key"


def _check_filled(data: Any) -> None:
    if type(data) is str and data.startswith(BLANK):
        raise Refused(Refusal.BAD_TEXT, "not filled in yet")


def _expected(way: Written) -> str:
    return (
        way.what
        if way.what.startswith("one of ")
        else f"{way.what}, such as {way.example!r}".replace("'", '"')
    )


def _reason(error: Refused, data: Any, expected: str) -> tuple[str, str]:
    """What was expected, and what was found and why that does not do."""
    if error.code is Refusal.WRONG_TYPE:  # told in the names of CBOR
        return expected, shown(data)
    _, said, specific = error.detail.rpartition("expected ")
    return (specific, shown(data)) if said else (expected, f"{shown(data)}: {error.detail}")


def _what(codec: Codec) -> str:
    match codec:
        case Nested():
            return f"a table with {', '.join(names(codec.record))}"
        case Area():
            return f"a table with {FORM}, {_FORMS.what}"
        case Array():
            return f"a list of {codec.low} to {codec.high}"
        case Points():
            return f'a list of points such as "{POINT}"'
    return _expected(written(codec))
