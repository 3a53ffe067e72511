"""Areas of a notice: their records, the `Area` field type, coordinates and lengths as text.

- On the wire an area is ``[form, map]``; in JSON the record's fields and ``"form"``. A new form
  is a record, a row in `AREAS` and a number in the registry.
- A point has one spelling: +180 degrees and never -180, longitude 0 at a pole.
- What refuses bytes is exact in integers, so that every implementation gives the same verdict.
  What needs geometry (crossing edges, half a sphere) is a `Problem`: `author_check` raises it at
  the author, a reader shows it, since an authentic notice must reach the officer with its flaw.
- Text is exact both ways: what is no whole number of milliarcseconds or metres is refused.

    Circle(latitude=parse_latitude("48-30-52N"), longitude=parse_longitude("009-20-08E"),
           radius=23_150, unit=LengthUnit.NAUTICAL_MILE)

Not here: geometry, which is in `wire.geodesy`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from launchnotice.errors import Refused
from launchnotice.registry import AreaForm, LengthUnit, Ocean, Quadrant, Refusal, label
from launchnotice.wire import geodesy
from launchnotice.wire.bounds import MAX_LABEL
from launchnotice.wire.codecs import Enumeration, Int, Text, kebab, wrong_type
from launchnotice.wire.geodesy import (
    DEGREE,
    MAX_LATITUDE,
    MAX_LONGITUDE,
    Box,
    Flaw,
    LatLon,
    Poles,
    Problem,
)
from launchnotice.wire.record import Nested, Record, field

MIN_POINTS: Final = 3
MAX_POINTS: Final = 256
"""Points of a polygon: a detailed sea boundary; 2.6 KB of the 64 KiB, its geometry a few milliseconds."""
MAX_RADIUS: Final = 20_003_931
"""Metres: half a WGS 84 meridian, from which a circle covers the whole Earth."""
QUARTER_MILE: Final = 463
"""Metres in a quarter of a nautical mile: 1,852 = 4 × 463, so nothing finer is a decimal and whole metres."""
MAX_COORDINATE_TEXT: Final = 32
"""Characters of one coordinate or length as text; the longest exact one has 20."""


# Coordinates as text -------------------------------------------------------------------


class Axis(Int):
    """Latitude or longitude as the type of a field: milliarcseconds, text for `parse_angle` in JSON."""

    def __init__(self, name: str, letters: str, digits: int, low: int, high: int) -> None:
        super().__init__(low, high)
        self.rule, self.cddl = f"{name} = {self.cddl}", name
        self.name, self.positive, self.negative = name, letters[0], letters[1]
        self.digits = digits
        fixed, free, f = f"([0-9]{{{digits}}})", f"[0-9]{{1,{digits}}}", r"(?:\.[0-9]+)?"
        forms = (
            f"{fixed}([0-9]{{2}})([0-9]{{2}}{f})",  # 483052
            f"{fixed}-([0-9]{{2}})-([0-9]{{2}}{f})",  # 48-30-52
            f"{fixed}-([0-9]{{2}}{f})",  # 48-30.866
            f"({free})°([0-9]{{1,2}})'([0-9]{{1,2}}{f})\"",  # 48°30'52"
            f"({free})°([0-9]{{1,2}}{f})'",  # 48°30.866'
            f"({free}{f})°?",  # 48.51444
        )
        self.forms = re.compile("|".join(forms))

    def to_json(self, value: int) -> str:
        return format_dms(value, self)

    def from_json(self, data: Any) -> int:
        if type(data) is not str:
            raise wrong_type("text", data)
        return parse_angle(data, self)


LATITUDE: Final = Axis("latitude", "NS", 2, -MAX_LATITUDE, MAX_LATITUDE)
LONGITUDE: Final = Axis("longitude", "EW", 3, 1 - MAX_LONGITUDE, MAX_LONGITUDE)


def parse_latitude(text: str) -> int:
    """Milliarcseconds of a latitude; see `parse_angle`."""
    return parse_angle(text, LATITUDE)


def parse_longitude(text: str) -> int:
    """Milliarcseconds of a longitude, +180 degrees also for 180W; see `parse_angle`."""
    return parse_angle(text, LONGITUDE)


def parse_point(text: str) -> LatLon:
    """A point, latitude first: ``48-30-52N 009-20-08E``, ``48.51444N, 9.33556E``, ``483052N0092008E``.

    Longitude 0 at a pole, whatever was written.

    Raises:
        Refused: `bad-text`, also if the longitude comes first.
    """
    parts = _BETWEEN.split(text.strip(" "), maxsplit=2)
    if len(parts) != 2:  # noqa: PLR2004 - a pair
        raise Refused(Refusal.BAD_TEXT, "point: expected a latitude and a longitude")
    if parts[0].endswith(("E", "W")):
        raise Refused(Refusal.BAD_TEXT, "point: expected the latitude first")
    latitude, longitude = parse_latitude(parts[0]), parse_longitude(parts[1])
    return latitude, longitude if abs(latitude) < MAX_LATITUDE else 0


def parse_angle(text: str, axis: Axis) -> int:
    """Milliarcseconds of a coordinate that is written in one of these ways.

    - with a letter: ``483052N``, ``48-30-52N``, ``48-30.866N``, ``48°30'52"N``, ``48°30.866'N``,
      ``48.51444N``; seconds, minutes or degrees that stand last may have decimals
    - decimal degrees with a sign instead: ``-48.51444``

    Raises:
        Refused: `bad-text`, if the text has another form, no letter or the other axis's letter, 60 or
            more minutes or seconds, a value beyond the axis or no whole number of milliarcseconds.
    """
    if len(text) > MAX_COORDINATE_TEXT:
        raise _bad(axis, f"expected at most {MAX_COORDINATE_TEXT} characters")
    sign, body = _hemisphere(text, axis)
    match = axis.forms.fullmatch(body.translate(_PRIMES))
    if not match:
        raise _bad(axis, "expected a form such as 48-30-52N 009-20-08E or 48.51444N 9.33556E")
    parts = [part for part in match.groups() if part]
    if len(parts) > 1 and text[0] in _SIGNS:
        raise _bad(axis, f"expected {axis.positive} or {axis.negative} after it, not a sign")
    value = sign * _total(parts, axis)
    return geodesy.wrap(value) if axis is LONGITUDE else value


def format_dms(value: int, axis: Axis) -> str:
    """``48-30-52N`` or ``009-20-08.250E``; exact, `parse_angle` gives the same value."""
    letter = axis.negative if value < 0 else axis.positive
    minutes, thousandths = divmod(abs(value), 60_000)
    degrees, minutes = divmod(minutes, 60)
    seconds, thousandths = divmod(thousandths, 1_000)
    fraction = f".{thousandths:03}" if thousandths else ""
    return f"{degrees:0{axis.digits}}-{minutes:02}-{seconds:02}{fraction}{letter}"


def format_decimal(value: int, axis: Axis) -> str:
    """``48.51444N``: decimal degrees, at least five places, with ``≈`` before it if seven are not exact.

    Exact, and read back by `parse_angle`, for each multiple of 9 milliarcseconds, so also for each
    value of five places; no other value is a finite decimal.
    """
    letter = axis.negative if value < 0 else axis.positive
    mark, kept = ("", 5) if value % 9 == 0 else ("≈", 7)
    whole, places = divmod((abs(value) * 50 + 9) // 18, 10**7)  # to the nearest: a degree is 3,600,000
    digits = f"{places:07}"
    return f"{mark}{whole}.{digits[:kept]}{digits[kept:].rstrip('0')}{letter}"


def format_point(point: LatLon) -> str:
    """``48-30-52N 009-20-08E``; exact, `parse_point` gives the same point."""
    return f"{format_dms(point[0], LATITUDE)} {format_dms(point[1], LONGITUDE)}"


def parse_length(text: str) -> tuple[int, LengthUnit]:
    """Metres and unit of ``12.5 NM``, ``12.5 nmi`` or ``23.15 km``.

    Raises:
        Refused: `bad-text`, if the text has another form or unit, or is no whole number of metres, as
            no nautical miles are but quarters; `out-of-range` beyond 1 to `MAX_RADIUS`.
    """
    match = _LENGTH.fullmatch(text) if len(text) <= MAX_COORDINATE_TEXT else None
    if not match:
        raise Refused(Refusal.BAD_TEXT, "length: expected a number and NM, nmi or km")
    unit = LengthUnit.KILOMETRE if match["unit"] == "km" else LengthUnit.NAUTICAL_MILE
    metres = _scaled(match["number"], 1_000 if unit is LengthUnit.KILOMETRE else 4 * QUARTER_MILE)
    if metres is None:
        raise Refused(Refusal.BAD_TEXT, "length: expected whole metres, or quarters of a nautical mile")
    if not 1 <= metres <= MAX_RADIUS:
        raise Refused(Refusal.OUT_OF_RANGE, f"length: expected 1 to {MAX_RADIUS} metres")
    return metres, unit


def format_length(metres: int, unit: LengthUnit) -> str:
    """``12.5 NM`` or ``23.15 km``, exact; kilometres also for a radius that no decimal of miles gives."""
    if unit is LengthUnit.NAUTICAL_MILE and metres % QUARTER_MILE == 0:
        return f"{_decimal(metres // QUARTER_MILE * 250)} NM"
    return f"{_decimal(metres)} km"


class Points:
    """Points of a polygon: pairs in Python, a flat array on the wire, texts for `parse_point` in JSON."""

    cddl = f"[{MIN_POINTS}*{MAX_POINTS} ({LATITUDE.cddl}, {LONGITUDE.cddl})]"

    def check(self, value: Any) -> tuple[LatLon, ...]:
        if not isinstance(value, Sequence):
            raise wrong_type("sequence", value)
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in value):  # noqa: PLR2004 - a pair
            raise Refused(Refusal.WRONG_TYPE, "expected pairs of latitude and longitude")
        return self.load([angle for pair in value for angle in pair])

    def load(self, raw: Any) -> tuple[LatLon, ...]:
        if type(raw) is not list:
            raise wrong_type("array", raw)
        if len(raw) % 2 or not 2 * MIN_POINTS <= len(raw) <= 2 * MAX_POINTS:
            raise Refused(Refusal.BAD_LENGTH, f"expected {MIN_POINTS} to {MAX_POINTS} pairs of integers")
        latitude, longitude = LATITUDE.load, LONGITUDE.load
        return tuple([(latitude(raw[i]), longitude(raw[i + 1])) for i in range(0, len(raw), 2)])

    def dump(self, value: tuple[LatLon, ...]) -> list[int]:
        return [angle for pair in value for angle in pair]

    def to_json(self, value: tuple[LatLon, ...]) -> list[str]:
        return [format_point(point) for point in value]

    def from_json(self, data: Any) -> tuple[LatLon, ...]:
        if not isinstance(data, list) or not all(type(text) is str for text in data):
            raise Refused(Refusal.WRONG_TYPE, "expected an array of texts")
        return self.check([parse_point(text) for text in data])


class Area:
    """An area of any form in `AREAS`; JSON has ``{"form": "circle", …}``."""

    cddl = "area"

    def check(self, value: Any) -> Any:
        if type(value) not in AREAS.values():
            raise Refused(Refusal.WRONG_TYPE, "expected an area")
        return value

    def load(self, raw: Any) -> AreaRecord:
        if type(raw) is not list:
            raise wrong_type("array", raw)
        if len(raw) != 2:  # noqa: PLR2004 - a pair
            raise Refused(Refusal.BAD_LENGTH, f"expected 2 items, got {len(raw)}")
        form: Any = _FORM.load(raw[0])
        return AREAS[form].load(raw[1])

    def dump(self, value: AreaRecord) -> list[Any]:
        return [value.FORM.value, value.dump()]

    def to_json(self, value: AreaRecord) -> dict[str, Any]:
        return {"form": label(value.FORM), **value.to_json()}

    def from_json(self, data: Any) -> AreaRecord:
        if not isinstance(data, dict):
            raise wrong_type("map", data)
        form: Any = _FORM.from_json(data.get("form"))
        return AREAS[form].from_json({name: item for name, item in data.items() if name != "form"})


# Records -------------------------------------------------------------------------------


class AreaRecord(Record):
    """What every area has: its form, and its problems."""

    FORM: ClassVar[AreaForm]

    def problems(self) -> tuple[Problem, ...]:
        """Flaws that refuse nothing on the wire; an author must not send them."""
        return ()


class Point(AreaRecord):
    """A place without extent."""

    FORM = AreaForm.POINT
    latitude: int = field(1, LATITUDE, "milliarcseconds, WGS 84, north positive")
    longitude: int = field(2, LONGITUDE, "milliarcseconds, WGS 84, east positive")

    def validate(self) -> None:
        _check_pole(self.latitude, self.longitude)


class Circle(AreaRecord):
    """All places within a distance of a centre (1988 agreement, Article III(3))."""

    FORM = AreaForm.CIRCLE
    latitude: int = field(1, LATITUDE, "of the centre, milliarcseconds, WGS 84, north positive")
    longitude: int = field(2, LONGITUDE, "of the centre, milliarcseconds, WGS 84, east positive")
    radius: int = field(3, Int(1, MAX_RADIUS), "metres")
    unit: LengthUnit = field(4, Enumeration(LengthUnit), "unit that the author wrote")

    def validate(self) -> None:
        _check_pole(self.latitude, self.longitude)

    @property
    def centre(self) -> LatLon:
        """Latitude and longitude of the centre."""
        return self.latitude, self.longitude

    def contains(self, point: LatLon) -> bool:
        """Whether a point lies in the circle or on its edge."""
        return geodesy.circle_contains(self.centre, self.radius, point)

    def bounds(self) -> Box:
        """Bounds in milliarcseconds."""
        return geodesy.circle_bounds(self.centre, self.radius)

    def problems(self) -> tuple[Problem, ...]:
        inexact = self.unit is LengthUnit.NAUTICAL_MILE and self.radius % QUARTER_MILE
        return (Problem(Flaw.INEXACT_UNIT),) if inexact else ()


class Polygon(AreaRecord):
    """The smaller of the two sides of a closed line of great circles (1988 agreement, Article III(3)).

    The order of the points, clockwise or not, means nothing. The last point is joined to the
    first, which is not repeated; nor is any other.
    """

    FORM = AreaForm.POLYGON
    points: tuple[LatLon, ...] = field(1, Points(), "latitude, longitude, latitude, … in milliarcseconds")

    def validate(self) -> None:
        for latitude, longitude in self.points:
            _check_pole(latitude, longitude)
        if len(set(self.points)) != len(self.points):
            raise Refused(Refusal.BAD_AREA, "points: a point occurs twice")

    def contains(self, point: LatLon) -> bool:
        """Whether a point lies inside or on the boundary; of use only without `problems`."""
        return geodesy.polygon_contains(self.points, point)

    def poles(self) -> Poles:
        """Which poles lie inside or on the boundary; of use only without `problems`."""
        return geodesy.polygon_poles(self.points)

    def bounds(self) -> Box:
        """Bounds in milliarcseconds; of use only without `problems`."""
        return geodesy.polygon_bounds(self.points)

    def crossings(self) -> tuple[tuple[int, int], ...]:
        """All pairs of edges that cross or touch, in order."""
        return tuple(sorted(geodesy.crossings(self.points)))

    def problems(self) -> tuple[Problem, ...]:
        return geodesy.polygon_problems(self.points)


class OceanQuadrant(AreaRecord):
    """A 90-degree sector of an ocean, about a fourth of it (1988 agreement, Article III(2))."""

    FORM = AreaForm.OCEAN_QUADRANT
    ocean: Ocean = field(1, Enumeration(Ocean), "ocean")
    quadrant: Quadrant = field(2, Enumeration(Quadrant), "its quadrant")


class WaterBody(AreaRecord):
    """A body of water, for example a sea or a bay (1988 agreement, Article III(2))."""

    FORM = AreaForm.WATER_BODY
    name: str = field(1, Text(MAX_LABEL), "name of the body of water")


class LandRegion(AreaRecord):
    """The land area of a launch (1988 agreement, Article III(1)): a name, a boundary or both."""

    FORM = AreaForm.LAND_REGION
    name: str | None = field(1, Text(MAX_LABEL), "name of the area", default=None)
    boundary: Polygon | None = field(2, Nested(Polygon), "its boundary", default=None)

    def validate(self) -> None:
        if self.name is None and self.boundary is None:
            raise Refused(Refusal.MISSING_FIELD, "expected a name or a boundary")

    def problems(self) -> tuple[Problem, ...]:
        return self.boundary.problems() if self.boundary else ()


AREAS: Final[dict[AreaForm, type[AreaRecord]]] = {
    record.FORM: record for record in (Point, Circle, Polygon, OceanQuadrant, WaterBody, LandRegion)
}
_FORM: Final = Enumeration(AreaForm)


def author_check(area: AreaRecord) -> None:
    """Refuse what an author must not send although the wire allows it.

    Raises:
        Refused: `bad-area`, with the first of the area's problems.
    """
    for problem in area.problems():
        raise Refused(Refusal.BAD_AREA, f"{label(area.FORM)}: {problem}")


def cddl_rules() -> str:
    """The CDDL of everything in this module, as it must stand in `spec/lnp-1.cddl`."""
    choices = " / ".join(f"[{form.value}, {kebab(record.__name__)}]" for form, record in AREAS.items())
    records = "\n".join(record.cddl() for record in AREAS.values())
    return f"area = {choices}\n{LATITUDE.rule}\n{LONGITUDE.rule}\n{records}"


# Helpers -------------------------------------------------------------------------------

_SIGNS: Final = {"+": 1, "-": -1}
_PRIMES: Final = str.maketrans("′″", "'\"")
_BETWEEN: Final = re.compile(r" *, *| +|(?<=[NS])(?=[0-9])")
_LENGTH: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>NM|nmi|km)")


def _bad(axis: Axis, detail: str) -> Refused:
    return Refused(Refusal.BAD_TEXT, f"{axis.name}: {detail}")


def _hemisphere(text: str, axis: Axis) -> tuple[int, str]:
    """The sign of a coordinate and the rest of its text."""
    first, last = text[:1], text[-1:]
    if last in (axis.positive, axis.negative):
        return 1 if last == axis.positive else -1, text[:-1]
    if last.isalpha():
        raise _bad(axis, f"expected {axis.positive} or {axis.negative} as its letter")
    if first in _SIGNS:
        return _SIGNS[first], text[1:]
    raise _bad(axis, f"expected {axis.positive} or {axis.negative} after it, or a sign before decimals")


def _total(parts: list[str], axis: Axis) -> int:
    """Milliarcseconds of degrees, minutes and seconds."""
    total = 0
    for part, unit in zip(parts, (DEGREE, 60_000, 1_000), strict=False):
        value = _scaled(part, unit)
        if value is None:
            raise _bad(axis, "expected a whole number of milliarcseconds")
        if unit < DEGREE and value >= 60 * unit:
            raise _bad(axis, "expected minutes and seconds below 60")
        total += value
    if total > axis.high:
        raise _bad(axis, f"expected at most {axis.high // DEGREE} degrees")
    return total


def _scaled(number: str, unit: int) -> int | None:
    """A decimal number times a unit, None if that is no integer."""
    whole, _, fraction = number.partition(".")
    value, rest = divmod(int(whole + fraction) * unit, 10 ** len(fraction))
    return None if rest else value


def _decimal(thousandths: int) -> str:
    return f"{thousandths // 1_000}.{thousandths % 1_000:03}".rstrip("0").rstrip(".")


def _check_pole(latitude: int, longitude: int) -> None:
    if longitude and abs(latitude) == MAX_LATITUDE:
        raise Refused(Refusal.BAD_AREA, "longitude of a pole: expected 0")
