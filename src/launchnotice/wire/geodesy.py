"""Geometry on the sphere, in floats and without records: what an area covers and whether it is well formed.

- Points are pairs ``(latitude, longitude)`` in milliarcseconds, WGS 84, north and east positive.
- Edges are great circles, the shorter way. Everything is computed on unit vectors, so neither
  the antimeridian nor a pole is a special case.
- The interior of a polygon is the side of smaller area, whatever the order of its points.
- A point nearer than `TOUCH` to a boundary is on it. Doubles err by about 1e-15 rad, so two
  implementations differ only for shapes within that of the tolerance: good enough for a
  finding, and the reason why no refusal on the wire depends on this module.
- WGS 84 latitudes are used as they are. Against the ellipsoid a distance errs by at most 0.51 %, and
  an edge lies off the geodesic by at most 0.7 m if it is 100 km long, 70 m at 1,000 km, 0.7 km at
  3,000 km (measured, 4,000 edges each). Use it for topology, containment and maps, not to survey.

Not here: the rules of the wire and text, which are in `wire.geo`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import atan2, ceil, cos, degrees, floor, fsum, hypot, inf, pi, radians, sin, sqrt
from typing import Final

from launchnotice.registry.enumeration import StrEnum
from launchnotice.registry.namedtuples import NamedTuple

LatLon = tuple[int, int]
"""Latitude and longitude in milliarcseconds."""

DEGREE: Final = 3_600_000
"""Milliarcseconds in a degree."""
MAX_LATITUDE: Final = 90 * DEGREE
MAX_LONGITUDE: Final = 180 * DEGREE
EARTH_RADIUS: Final = 6_367_449.1458
"""Metres. Half the WGS 84 meridian, 20,003,931.46 m, by pi: the largest circle is then the whole sphere."""
TOUCH: Final = radians(0.5 / DEGREE)
"""Radians. Half a milliarcsecond: below the resolution of the wire, far above the error of doubles."""
HALF_SPHERE: Final = 1e-6
"""Steradians (40 km²) of half the sphere within which no side is the smaller one."""

NORTH_POLE: Final[LatLon] = (MAX_LATITUDE, 0)
SOUTH_POLE: Final[LatLon] = (-MAX_LATITUDE, 0)


class Box(NamedTuple):
    """Bounds in milliarcseconds, inclusive; `west > east` if they span the antimeridian."""

    south: int
    north: int
    west: int
    east: int

    def contains(self, point: LatLon) -> bool:
        """Whether a point lies within the bounds."""
        latitude, longitude = point
        if not self.south <= latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east


class Flaw(StrEnum):
    """What can be wrong with an area that is well formed on the wire."""

    ANTIPODAL_EDGE = "antipodal-edge"
    CROSSING_EDGES = "crossing-edges"
    HALF_SPHERE = "half-sphere"
    INEXACT_UNIT = "inexact-unit"


class Problem(NamedTuple):
    """A flaw and the edges that have it, counted from 0; edge i runs from point i to the next."""

    flaw: Flaw
    edges: tuple[int, ...] = ()

    def __str__(self) -> str:
        """The flaw and its edges counted from 1: ``crossing-edges 1 and 3``."""
        return f"{self.flaw.value} {' and '.join(str(edge + 1) for edge in self.edges)}".rstrip()


class Poles(NamedTuple):
    """Which poles a shape contains; a long thin one may contain both."""

    north: bool
    south: bool


def wrap(longitude: int) -> int:
    """The one spelling of a longitude: above -180 degrees, up to and with +180 degrees."""
    return MAX_LONGITUDE - (MAX_LONGITUDE - longitude) % (2 * MAX_LONGITUDE)


def distance(first: LatLon, second: LatLon) -> float:
    """Metres between two points on the sphere."""
    return _angle(_vector(first), _vector(second)) * EARTH_RADIUS


def circle_contains(centre: LatLon, radius: int, point: LatLon) -> bool:
    """Whether a point lies in a circle of `radius` metres or on its edge."""
    return _angle(_vector(centre), _vector(point)) <= _arc(radius)


def circle_bounds(centre: LatLon, radius: int) -> Box:
    """The bounds of a circle of `radius` metres; all longitudes if it reaches a pole."""
    arc, latitude = _arc(radius), _rad(centre[0])
    reach = ceil(_mas(arc))
    south, north = centre[0] - reach, centre[0] + reach
    if south <= -MAX_LATITUDE or north >= MAX_LATITUDE:
        return _around(max(south, -MAX_LATITUDE), min(north, MAX_LATITUDE))
    # The meridian that touches the circle is at right angles with its radius: sin w = sin arc / cos latitude.
    width = ceil(_mas(atan2(sin(arc), sqrt(cos(latitude + arc) * cos(latitude - arc)))))
    return Box(south, north, wrap(centre[1] - width), wrap(centre[1] + width))


def line_contains(points: Sequence[LatLon], half_width: int, point: LatLon) -> bool:
    """Whether a point lies within `half_width` metres of a line of great circles."""
    there, line = _vector(point), [_vector(one) for one in points]
    return min(_off(there, _edge(a, b)) for a, b in pairwise(line)) <= _arc(half_width)


def antipodal_edges(points: Sequence[LatLon]) -> list[int]:
    """Edges whose ends are opposite each other, so that no way is the shorter; edge i starts at point i."""
    ring = [_vector(point) for point in points]
    return [i for i, a in enumerate(ring) if hypot(*_add(a, ring[(i + 1) % len(ring)])) <= TOUCH]


def crossings(points: Sequence[LatLon]) -> Iterator[tuple[int, int]]:
    """Pairs of edges that cross or touch elsewhere than at a shared point, in no particular order.

    Consecutive edges count if one folds back onto the other. Edge i starts at point i.
    """
    ring = _ring(points)
    last = len(ring) - 1
    for i, j in _candidates(ring):
        if j - i == 1:
            met = _near(ring[j].end, ring[i]) or _near(ring[i].start, ring[j])
        elif i == 0 and j == last:
            met = _near(ring[i].end, ring[j]) or _near(ring[j].start, ring[i])
        else:
            met = _meet(ring[i], ring[j])
        if met:
            yield i, j


def polygon_problems(points: Sequence[LatLon]) -> tuple[Problem, ...]:
    """All antipodal edges; else one crossing, the first found; else whether it is half the sphere."""
    antipodal = antipodal_edges(points)
    if antipodal:
        return tuple(Problem(Flaw.ANTIPODAL_EDGE, (edge,)) for edge in antipodal)
    pair = next(crossings(points), None)
    if pair:
        return (Problem(Flaw.CROSSING_EDGES, pair),)
    return (Problem(Flaw.HALF_SPHERE),) if is_half_sphere(points) else ()


def left_area(points: Sequence[LatLon]) -> float:
    """Steradians on the left of the boundary, 0 to 4 pi, of a polygon whose edges do not cross."""
    return 2 * pi - _turning(_ring(points))


def is_half_sphere(points: Sequence[LatLon]) -> bool:
    """Whether both sides of a polygon are equally large, so that neither is the interior."""
    return abs(_turning(_ring(points))) <= HALF_SPHERE


def polygon_contains(points: Sequence[LatLon], point: LatLon) -> bool:
    """Whether a point lies in the smaller side of a polygon or on its boundary.

    Says nothing of use for a polygon with crossing edges, an antipodal edge or half the sphere.
    """
    return _contains(_ring(points), _vector(point))


def polygon_poles(points: Sequence[LatLon]) -> Poles:
    """Which poles lie in the smaller side of a polygon or on its boundary."""
    ring = _ring(points)
    return Poles(_contains(ring, _vector(NORTH_POLE)), _contains(ring, _vector(SOUTH_POLE)))


def polygon_bounds(points: Sequence[LatLon]) -> Box:
    """The bounds of the smaller side of a polygon: edges bulge polewards, a pole brings all longitudes."""
    ring = _ring(points)
    latitudes = [point[0] for point in points]
    apexes = [_mas(latitude) for edge in ring for latitude in _apexes(edge)]
    south, north = min(latitudes + [floor(v) for v in apexes]), max(latitudes + [ceil(v) for v in apexes])
    if _contains(ring, _vector(NORTH_POLE)):
        north = MAX_LATITUDE
    if _contains(ring, _vector(SOUTH_POLE)):
        south = -MAX_LATITUDE
    if north == MAX_LATITUDE or south == -MAX_LATITUDE:
        return _around(south, north)
    return _longitudes([point[1] for point in points], south, north)


# Vectors -------------------------------------------------------------------------------

_Vector = tuple[float, float, float]


def _rad(angle: int) -> float:
    return radians(angle / DEGREE)


def _mas(angle: float) -> float:
    return degrees(angle) * DEGREE


def _vector(point: LatLon) -> _Vector:
    latitude, longitude = _rad(point[0]), _rad(point[1])
    parallel = cos(latitude)
    return parallel * cos(longitude), parallel * sin(longitude), sin(latitude)


def _dot(a: _Vector, b: _Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _arc(metres: int) -> float:
    return metres / EARTH_RADIUS + TOUCH


def _add(a: _Vector, b: _Vector, weight: float = 1.0) -> _Vector:
    return a[0] + weight * b[0], a[1] + weight * b[1], a[2] + weight * b[2]


def _unit(a: _Vector) -> _Vector:
    """The direction of a vector; zero stays zero, so that an ambiguous edge has no direction."""
    length = hypot(*a)
    return (a[0] / length, a[1] / length, a[2] / length) if length else a


def _angle(a: _Vector, b: _Vector) -> float:
    return atan2(hypot(*_cross(a, b)), _dot(a, b))


# Edges ---------------------------------------------------------------------------------


class _Edge(NamedTuple):
    start: _Vector
    end: _Vector
    normal: _Vector  # to the left
    ahead: _Vector  # from the start towards the end
    behind: _Vector  # from the end back towards the start
    middle: _Vector
    sagitta: float  # how far the arc rises above its chord


def _ring(points: Sequence[LatLon]) -> list[_Edge]:
    vectors = [_vector(point) for point in points]
    return [_edge(a, b) for a, b in zip(vectors, [*vectors[1:], vectors[0]], strict=True)]


def _edge(a: _Vector, b: _Vector) -> _Edge:
    total = _add(a, b)
    # (a + b) x (b - a) = 2 a x b, but keeps its digits where a and b nearly coincide.
    normal = _unit(_cross(total, _add(b, a, -1.0)))
    return _Edge(a, b, normal, _cross(normal, a), _cross(b, normal), _unit(total), 1.0 - hypot(*total) / 2)


def _near(point: _Vector, edge: _Edge) -> bool:
    """Whether a point is within `TOUCH` of an edge."""
    if abs(_dot(edge.normal, point)) > TOUCH:
        return False
    if _dot(edge.ahead, point) > 0 and _dot(edge.behind, point) > 0:
        return True
    return min(hypot(*_add(point, edge.start, -1.0)), hypot(*_add(point, edge.end, -1.0))) <= TOUCH


def _off(point: _Vector, edge: _Edge) -> float:
    """The angle between a point and the nearest place of an edge."""
    if _spans(edge, point):
        return atan2(abs(_dot(edge.normal, point)), hypot(*_cross(edge.normal, point)))
    return min(_angle(point, edge.start), _angle(point, edge.end))


def _meet(first: _Edge, second: _Edge) -> bool:
    """Whether two edges without a shared point cross or touch."""
    start, end = _dot(first.normal, second.start), _dot(first.normal, second.end)
    # An arc is nearest to a great circle that it does not cross at one of its ends.
    if (start > TOUCH and end > TOUCH) or (start < -TOUCH and end < -TOUCH):
        return False
    back, on = _dot(second.normal, first.start), _dot(second.normal, first.end)
    if (back > TOUCH and on > TOUCH) or (back < -TOUCH and on < -TOUCH):
        return False
    if start * end < 0 and _spans(first, _crossing_point(second, start, end)):
        return True
    # Two arcs that do not cross are nearest to each other at one of the four ends.
    return (
        _near(second.start, first)
        or _near(second.end, first)
        or _near(first.start, second)
        or _near(first.end, second)
    )


def _crossing_point(edge: _Edge, start: float, end: float) -> _Vector:
    """Where an edge meets a great circle, given the heights of its ends over it; not of unit length."""
    return _add(
        (edge.start[0] * abs(end), edge.start[1] * abs(end), edge.start[2] * abs(end)), edge.end, abs(start)
    )


def _spans(edge: _Edge, point: _Vector) -> bool:
    """Whether a point of an edge's great circle lies between its ends."""
    return _dot(edge.ahead, point) > 0 and _dot(edge.behind, point) > 0


def _candidates(ring: list[_Edge]) -> Iterator[tuple[int, int]]:
    """Pairs (i < j) of edges whose boxes in space overlap, by a sweep along the first axis of the boxes."""
    axes = _axes(ring)
    boxes = sorted((_extent(edge, axes), i) for i, edge in enumerate(ring))
    lows = [box[0] for box, _ in boxes]
    for position, ((_, high, low1, high1, low2, high2), i) in enumerate(boxes, 1):
        for box, j in boxes[position : bisect_right(lows, high)]:
            if box[2] <= high1 and box[3] >= low1 and box[4] <= high2 and box[5] >= low2:
                yield (i, j) if i < j else (j, i)


def _axes(ring: list[_Edge]) -> tuple[_Vector, _Vector, _Vector]:
    """Axes for the boxes, taken from one of about eight edges: the first one is across as many as can be.

    Long parallel edges would overlap in boxes that lie aslant, all with all.
    """
    best, chosen = inf, ring[0]
    for edge in ring[:: max(1, len(ring) // 8)]:
        heights = [_dot(edge.normal, other.start) for other in ring]
        rise = sum(abs(a - b) for a, b in zip(heights, [*heights[1:], heights[0]], strict=True))
        active = rise / ((max(heights) - min(heights)) or rise or 1.0)  # edges at once, on average
        if active < best:
            best, chosen = active, edge
        if best <= _FEW_ACTIVE:
            break
    return chosen.normal, chosen.ahead, chosen.start


_FEW_ACTIVE: Final = 4


def _extent(edge: _Edge, axes: tuple[_Vector, ...]) -> tuple[float, ...]:
    """Low and high along each axis: those of the ends, and as much of the rise as is seen along it."""
    spans: list[float] = []
    for axis in axes:
        a, b, across = _dot(axis, edge.start), _dot(axis, edge.end), _dot(axis, edge.normal)
        pad = edge.sagitta * sqrt(max(0.0, 1.0 - across * across)) + TOUCH
        spans += (a - pad, b + pad) if a < b else (b - pad, a + pad)
    return tuple(spans)


# The inside ----------------------------------------------------------------------------


def _turning(ring: list[_Edge]) -> float:
    """Sum of the left turns at the points; by Gauss and Bonnet 2 pi less the area on the left.

    Unlike a sum of triangles it needs no reference point, whose antipode could lie on the boundary.
    """
    return fsum(
        atan2(_dot(_cross(before.normal, edge.normal), edge.start), _dot(before.normal, edge.normal))
        for before, edge in zip([ring[-1], *ring], ring, strict=False)
    )


def _contains(ring: list[_Edge], point: _Vector) -> bool:
    if any(_near(point, edge) for edge in ring):
        return True
    return _is_left(ring, point) == (_turning(ring) > 0)


def _is_left(ring: list[_Edge], point: _Vector) -> bool:
    """Walk to the middle of an edge: the side of arrival and the crossings before it decide."""
    goal = _steepest(ring, point)
    odd = False
    if abs(_dot(goal.normal, point)) < _STEEP and _dot(goal.middle, point) < 0:
        # Nearly opposite the polygon the way to it has no certain direction: go by a third place.
        across = _unit(_cross(point, _OBLIQUE))
        stop = max(across, _cross(point, across), key=lambda v: abs(_dot(_steepest(ring, v).normal, v)))
        odd = _odd_crossings(ring, point, stop)
        goal, point = _steepest(ring, stop), stop
    odd ^= _odd_crossings([edge for edge in ring if edge is not goal], point, goal.middle)
    return (_dot(goal.normal, point) > 0) != odd


_STEEP: Final = 0.1
# Not in the plane of any two round coordinates, so that no vertex or edge is met by design.
_OBLIQUE: Final[_Vector] = (0.2672612419, -0.5345224838, 0.8017837257)


def _steepest(ring: list[_Edge], point: _Vector) -> _Edge:
    """The edge whose great circle is furthest from a point: the way to its middle is no graze."""
    return max(ring, key=lambda edge: abs(_dot(edge.normal, point)))


def _odd_crossings(edges: list[_Edge], start: _Vector, end: _Vector) -> bool:
    """Whether the way between two points crosses an odd number of edges.

    A point of the polygon exactly on the way counts as left of it, for both its edges alike.
    """
    way = _edge(start, end)
    odd = False
    for edge in edges:
        first, second = _dot(way.normal, edge.start), _dot(way.normal, edge.end)
        if (first >= 0) != (second >= 0):
            odd ^= _spans(way, _crossing_point(edge, first, second))
    return odd


# Bounds --------------------------------------------------------------------------------


def _apexes(edge: _Edge) -> Iterator[float]:
    """Latitudes in radians at which an edge turns back from a pole, between its ends."""
    x, y, z = edge.normal
    north = (-z * x, -z * y, x * x + y * y)
    latitude = atan2(hypot(x, y), abs(z))
    if _spans(edge, north):
        yield latitude
    if _spans(edge, (-north[0], -north[1], -north[2])):
        yield -latitude


def _around(south: int, north: int) -> Box:
    return Box(south, north, 1 - MAX_LONGITUDE, MAX_LONGITUDE)


def _longitudes(longitudes: list[int], south: int, north: int) -> Box:
    """Unroll the boundary: an edge clear of the poles changes its longitude one way, by under 180 degrees."""
    east = west = here = longitudes[0]
    for longitude in [*longitudes[1:], longitudes[0]]:
        here += wrap(longitude - here)
        west, east = min(west, here), max(east, here)
    if east - west >= 2 * MAX_LONGITUDE:
        return _around(south, north)
    return Box(south, north, wrap(west), wrap(east))
