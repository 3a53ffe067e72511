"""Areas of a notice: their records and the `Area` field type.

- On the wire an area is ``[form, map]``; in JSON the record's fields and ``"form"``. A new form
  is a record, a row in `AREAS` and a number in the registry.
- A point has one spelling: +180 degrees and never -180, longitude 0 at a pole.
- What refuses bytes is exact in integers, so that every implementation gives the same verdict.
  What needs geometry (crossing edges, half a sphere) is a `Problem`: `author_check` raises it at
  the author, a reader shows it, since an authentic notice must reach the officer with its flaw.

    Circle(latitude=parse_latitude("48-30-52N"), longitude=parse_longitude("009-20-08E"),
           radius=23_150, unit=LengthUnit.NAUTICAL_MILE)

Not here: geometry (`wire.geodesy`), coordinates as text (`wire.coordinates`).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, Final

from launchnotice.errors import Refused
from launchnotice.registry import (
    AltitudeReference,
    AltitudeUnit,
    AreaForm,
    AreaRole,
    LengthUnit,
    Ocean,
    Quadrant,
    Refusal,
    label,
)
from launchnotice.wire import geodesy
from launchnotice.wire.bounds import MAX_LABEL
from launchnotice.wire.codecs import Enumeration, Int, Text, kebab, wrong_type
from launchnotice.wire.coordinates import (
    LATITUDE,
    LONGITUDE,
    MAX_RADIUS,
    QUARTER_MILE,
    format_point,
    parse_point,
)
from launchnotice.wire.geodesy import MAX_LATITUDE, Box, Flaw, LatLon, Poles, Problem
from launchnotice.wire.quantities import METRES, Quantity
from launchnotice.wire.record import Nested, Record, field

MAX_POINTS: Final = 256
"""Points of a line: a detailed sea boundary; 2.6 KB of the 64 KiB, its geometry a few milliseconds."""
MAX_EXAMINED: Final = 128
"""Points of all areas of a body whose geometry is examined on arrival: under 5 ms whatever their shape."""


class Points:
    """Points of a line: pairs in Python, a flat array on the wire, texts for `parse_point` in JSON."""

    raw_type = list

    def __init__(self, low: int) -> None:
        self.low = low
        self.cddl = f"[{low}*{MAX_POINTS} ({LATITUDE.cddl}, {LONGITUDE.cddl})]"

    def check(self, value: Any) -> tuple[LatLon, ...]:
        if not isinstance(value, Sequence):
            raise wrong_type("sequence", value)
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in value):  # noqa: PLR2004 - a pair
            raise Refused(Refusal.WRONG_TYPE, "expected pairs of latitude and longitude")
        return self.load([angle for pair in value for angle in pair])

    def load(self, raw: Any) -> tuple[LatLon, ...]:
        if type(raw) is not list:
            raise wrong_type("array", raw)
        if len(raw) % 2 or not 2 * self.low <= len(raw) <= 2 * MAX_POINTS:
            raise Refused(Refusal.BAD_LENGTH, f"expected {self.low} to {MAX_POINTS} pairs of integers")
        latitude, longitude = LATITUDE.load, LONGITUDE.load
        return tuple([(latitude(raw[i]), longitude(raw[i + 1])) for i in range(0, len(raw), 2)])

    def dump(self, value: tuple[LatLon, ...]) -> list[int]:
        return [angle for pair in value for angle in pair]

    def to_json(self, value: tuple[LatLon, ...]) -> list[str]:
        return [format_point(point) for point in value]

    def from_json(self, data: Any) -> tuple[LatLon, ...]:
        if not isinstance(data, list) or not all(type(text) is str for text in data):
            raise Refused(Refusal.WRONG_TYPE, "expected an array of texts")
        if not self.low <= len(data) <= MAX_POINTS:
            raise Refused(Refusal.BAD_LENGTH, f"expected {self.low} to {MAX_POINTS} points")
        return self.check([parse_point(text) for text in data])


class Area:
    """An area of any form in `AREAS`; JSON has ``{"form": "circle", …}``."""

    cddl = "area"
    raw_type = list

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

    def corners(self) -> int:
        """How many points its geometry has to look at."""
        return 0


class Point(AreaRecord):
    """A place without extent."""

    FORM = AreaForm.POINT
    latitude: int = field(1, LATITUDE, "milliarcseconds, WGS 84, north positive")
    longitude: int = field(2, LONGITUDE, "milliarcseconds, WGS 84, east positive")

    def validate(self) -> None:
        check_pole(self.latitude, self.longitude)


class Circle(AreaRecord):
    """All places within a distance of a centre (1988 agreement, Article III(3))."""

    FORM = AreaForm.CIRCLE
    latitude: int = field(1, LATITUDE, "of the centre, milliarcseconds, WGS 84, north positive")
    longitude: int = field(2, LONGITUDE, "of the centre, milliarcseconds, WGS 84, east positive")
    radius: int = field(3, Quantity(1, MAX_RADIUS, METRES), "metres")
    unit: LengthUnit = field(4, Enumeration(LengthUnit), "unit that the author wrote")

    def validate(self) -> None:
        check_pole(self.latitude, self.longitude)

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
        return _inexact(self.radius, self.unit)


class Polygon(AreaRecord):
    """The smaller of the two sides of a closed line of great circles (1988 agreement, Article III(3)).

    The order of the points, clockwise or not, means nothing. The last point is joined to the
    first, which is not repeated; nor is any other.
    """

    FORM = AreaForm.POLYGON
    points: tuple[LatLon, ...] = field(1, Points(3), "latitude, longitude, latitude, … in milliarcseconds")

    def validate(self) -> None:
        for latitude, longitude in self.points:
            check_pole(latitude, longitude)
        if len(set(self.points)) != len(self.points):
            raise Refused(Refusal.BAD_AREA, "points: expected each point once")

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

    def corners(self) -> int:
        return len(self.points)


class OceanQuadrant(AreaRecord):
    """A 90-degree sector of an ocean, about a fourth of it (1988 agreement, Article III(2))."""

    FORM = AreaForm.OCEAN_QUADRANT
    ocean: Ocean = field(1, Enumeration(Ocean), "ocean")
    quadrant: Quadrant = field(2, Enumeration(Quadrant), "its quadrant")


class WaterBody(AreaRecord):
    """A body of water, for example a sea or a bay (1988 agreement, Article III(2))."""

    FORM = AreaForm.WATER_BODY
    name: str = field(1, Text(MAX_LABEL), "name of the body of water")
    register: str | None = field(2, Text(MAX_LABEL), "the list that has it, such as S-23", default=None)


class LandRegion(AreaRecord):
    """The land area of a launch (1988 agreement, Article III(1)): a name, a boundary or both."""

    FORM = AreaForm.LAND_REGION
    name: str | None = field(1, Text(MAX_LABEL), "name of the area", default=None)
    boundary: Polygon | None = field(2, Nested(Polygon), "its boundary", default=None)
    register: str | None = field(3, Text(MAX_LABEL), "the list that has its name", default=None)

    def validate(self) -> None:
        if self.name is None and self.boundary is None:
            raise Refused(Refusal.MISSING_FIELD, "expected a name or a boundary")

    def problems(self) -> tuple[Problem, ...]:
        return self.boundary.problems() if self.boundary else ()

    def corners(self) -> int:
        return self.boundary.corners() if self.boundary else 0


class NamedSite(AreaRecord):
    """A test range or launch site from a list that the parties know."""

    FORM = AreaForm.NAMED_SITE
    name: str = field(1, Text(MAX_LABEL), "name of the site")
    register: str | None = field(2, Text(MAX_LABEL), "the list that has it", default=None)
    location: Point | None = field(3, Nested(Point), "where it is", default=None)


class Corridor(AreaRecord):
    """All places within a distance of a line of great circles."""

    FORM = AreaForm.CORRIDOR
    points: tuple[LatLon, ...] = field(1, Points(2), "latitude, longitude, latitude, … in milliarcseconds")
    half_width: int = field(2, Quantity(1, MAX_RADIUS, METRES), "metres to either side")
    unit: LengthUnit = field(3, Enumeration(LengthUnit), "unit that the author wrote")

    def validate(self) -> None:
        for latitude, longitude in self.points:
            check_pole(latitude, longitude)
        if any(here == there for here, there in pairwise(self.points)):
            raise Refused(Refusal.BAD_AREA, "points: expected no point twice in a row")

    def contains(self, point: LatLon) -> bool:
        """Whether a point lies in the corridor or on its edge; of use only without `problems`."""
        return geodesy.line_contains(self.points, self.half_width, point)

    def problems(self) -> tuple[Problem, ...]:
        antipodal = [edge for edge in geodesy.antipodal_edges(self.points) if edge < len(self.points) - 1]
        return (
            *(Problem(Flaw.ANTIPODAL_EDGE, (edge,)) for edge in antipodal),
            *_inexact(self.half_width, self.unit),
        )

    def corners(self) -> int:
        return len(self.points)


AREAS: Final[dict[AreaForm, type[AreaRecord]]] = {
    record.FORM: record
    for record in (
        Point,
        Circle,
        Polygon,
        OceanQuadrant,
        WaterBody,
        LandRegion,
        NamedSite,
        Corridor,
    )
}
_FORM: Final = Enumeration(AreaForm)


# Zones: areas with a role ------------------------------------------------------------------

HAZARDS: Final = frozenset(AreaRole) - {AreaRole.LAUNCH, AreaRole.IMPACT}
"""Roles of areas besides where a launch starts and where its payload comes down."""


class Altitude(Record, open=True):
    """An altitude as its author wrote it: feet and flight levels are no whole metres."""

    value: int = field(1, Int(-1_000, 1_000_000_000), "number of units")
    unit: AltitudeUnit = field(2, Enumeration(AltitudeUnit), "unit")
    reference: AltitudeReference = field(3, Enumeration(AltitudeReference), "from where it counts")

    def validate(self) -> None:
        """A flight level is a pressure altitude, and nothing else is counted in flight levels."""
        level = self.unit is AltitudeUnit.FLIGHT_LEVEL
        if level and self.reference is not AltitudeReference.STANDARD_PRESSURE:
            raise Refused(Refusal.INCONSISTENT, "a flight level counts from standard pressure")


class AltitudeBand(Record, open=True):
    """Altitudes of an area: from the surface without `lower`, without limit without `upper`."""

    lower: Altitude | None = field(1, Nested(Altitude), "lower limit", default=None)
    upper: Altitude | None = field(2, Nested(Altitude), "upper limit", default=None)

    def validate(self) -> None:
        """A limit is given, and limits that can be compared are in order."""
        lower, upper = self.lower, self.upper
        if lower is None and upper is None:
            raise Refused(Refusal.INCONSISTENT, "expected lower or upper")
        if lower is None or upper is None:
            return
        alike = (lower.unit, lower.reference) == (upper.unit, upper.reference)
        if alike and upper.value <= lower.value:
            raise Refused(Refusal.INCONSISTENT, "expected upper above lower")


class Zone(Record, open=True):
    """An area, what it is for, and the altitudes concerned."""

    role: AreaRole = field(1, Enumeration(AreaRole), "what it is for")
    area: AreaRecord = field(2, Area(), "where it is")
    altitude: AltitudeBand | None = field(3, Nested(AltitudeBand), "altitudes concerned", default=None)


# Problems of the areas of a body ---------------------------------------------------------


def author_check(body: Record) -> None:
    """Refuse what an author must not send although the wire allows it.

    Raises:
        Refused: `bad-area`, with the first problem of the body's areas.
    """
    for problem in shape_problems(body):
        raise Refused(Refusal.BAD_AREA, problem)


def shape_problems(body: Record) -> list[str]:
    """What is wrong with the shapes of a body's areas, each with the form of its area.

    Polygons beyond `MAX_EXAMINED` points in all are not examined, and that is said.
    """
    areas = _areas(body, [])
    if sum([area.corners() for area in areas]) > MAX_EXAMINED:
        return [f"not examined: more than {MAX_EXAMINED} points"]
    return [f"{label(area.FORM)}: {problem}" for area in areas for problem in area.problems()]


def _areas(record: Record, found: list[AreaRecord]) -> list[AreaRecord]:
    """All areas of a record, also those in records within it, added to those found before."""
    kind: Any = type(record)
    values = vars(record)
    for name in _area_fields(kind):
        value = values[name]
        for item in value if type(value) is tuple else () if value is None else (value,):
            if isinstance(item, AreaRecord):
                found.append(item)
            else:
                _areas(item, found)
    return found


@functools.cache
def _area_fields(record: Any) -> tuple[str, ...]:
    """Names of the fields of a record that hold areas, or records that do."""
    codecs = [(row.name, getattr(row.codec, "item", row.codec)) for row in record.FIELDS]
    return tuple(name for name, codec in codecs if _holds_areas(codec))


def _holds_areas(codec: Any) -> bool:
    nested: Any = codec.record if isinstance(codec, Nested) else None
    return isinstance(codec, Area) or (nested is not None and bool(_area_fields(nested)))


def cddl_rules() -> str:
    """The CDDL of everything in this module, as it must stand in `spec/lnp-1.cddl`."""
    choices = " / ".join(f"[{form.value}, {kebab(record.__name__)}]" for form, record in AREAS.items())
    records = "\n".join(record.cddl() for record in AREAS.values())
    return f"area = {choices}\n{LATITUDE.rule}\n{LONGITUDE.rule}\n{records}"


def _inexact(length: int, unit: LengthUnit) -> tuple[Problem, ...]:
    inexact = unit is LengthUnit.NAUTICAL_MILE and length % QUARTER_MILE
    return (Problem(Flaw.INEXACT_UNIT),) if inexact else ()


def check_pole(latitude: int, longitude: int) -> None:
    """A pole has longitude 0; raises `Refused` (`bad-area`)."""
    if longitude and abs(latitude) == MAX_LATITUDE:
        raise Refused(Refusal.BAD_AREA, "longitude of a pole: expected 0")
