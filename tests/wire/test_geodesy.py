"""Geometry on the sphere: the same answers wherever on the globe a shape lies, and against oracles.

Two oracles share no code with the library. *Fans*: a polygon is drawn around a centre, so that a point is
on the centre's side if it is on that side of the one edge which spans its azimuth; areas are sums of
triangles. *Pairs*: crossings are found by trying all pairs with four orientations.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from launchnotice.wire import geodesy
from launchnotice.wire.geodesy import (
    DEGREE,
    EARTH_RADIUS,
    MAX_LATITUDE,
    MAX_LONGITUDE,
    NORTH_POLE,
    SOUTH_POLE,
    Box,
    Flaw,
    LatLon,
    Problem,
    wrap,
)

Vector = tuple[float, float, float]
MAS = math.radians(1 / DEGREE)
CLEAR = 20 * MAS
"""Rotated points are rounded to whole milliarcseconds: what lies closer to a boundary may change sides."""


# Vectors, written again ----------------------------------------------------------------


def vector(point: LatLon) -> Vector:
    latitude, longitude = math.radians(point[0] / DEGREE), math.radians(point[1] / DEGREE)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )


def at(v: Vector) -> LatLon:
    latitude = round(math.degrees(math.atan2(v[2], math.hypot(v[0], v[1]))) * DEGREE)
    longitude = wrap(round(math.degrees(math.atan2(v[1], v[0])) * DEGREE))
    return latitude, longitude if abs(latitude) < MAX_LATITUDE else 0


def dot(a: Vector, b: Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def scale(a: Vector, by: float) -> Vector:
    return (a[0] * by, a[1] * by, a[2] * by)


def plus(*vectors: Vector) -> Vector:
    return (sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors))


def unit(a: Vector) -> Vector:
    return scale(a, 1 / math.hypot(*a))


def frame(centre: Vector) -> tuple[Vector, Vector]:
    """Two directions at right angles with the centre and each other."""
    aside = (0.0, 0.0, 1.0) if abs(centre[2]) < 0.9 else (1.0, 0.0, 0.0)
    right = unit(cross(aside, centre))
    return right, cross(centre, right)


def polar(centre: Vector, azimuth: float, radius: float) -> Vector:
    """The point at a distance and an azimuth, counter-clockwise, from a centre."""
    right, up = frame(centre)
    return plus(
        scale(centre, math.cos(radius)),
        scale(right, math.sin(radius) * math.cos(azimuth)),
        scale(up, math.sin(radius) * math.sin(azimuth)),
    )


def along(a: Vector, b: Vector, part: float) -> Vector:
    angle = math.atan2(math.hypot(*cross(a, b)), dot(a, b))
    return unit(plus(scale(a, math.sin((1 - part) * angle)), scale(b, math.sin(part * angle))))


def edges(points: list[LatLon]) -> list[tuple[Vector, Vector]]:
    ring = [vector(point) for point in points]
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def gap(point: Vector, a: Vector, b: Vector) -> float:
    """Radians between a point and an edge."""
    normal = unit(cross(a, b))
    if dot(cross(normal, a), point) > 0 and dot(cross(b, normal), point) > 0:
        return abs(math.asin(dot(normal, point)))
    return min(math.hypot(*plus(point, scale(a, -1))), math.hypot(*plus(point, scale(b, -1))))


# Shapes --------------------------------------------------------------------------------


class Fan(NamedTuple):
    """A polygon around a centre; `small` says whether the centre's side is the interior."""

    points: list[LatLon]
    centre: Vector
    small: bool

    def contains(self, point: LatLon) -> bool:
        """The fan oracle."""
        p = vector(point)
        for a, b in edges(self.points):
            # Between the half planes through the centre and the ends of the edge.
            if dot(cross(self.centre, a), p) >= 0 and dot(cross(self.centre, b), p) < 0:
                return (dot(cross(a, b), p) > 0) == self.small
        raise AssertionError("no edge spans the azimuth")

    def clear_of(self, point: LatLon) -> bool:
        p = vector(point)
        return min(gap(p, a, b) for a, b in edges(self.points)) > CLEAR and all(
            abs(dot(cross(self.centre, a), p)) > 1e-12 for a, _ in edges(self.points)
        )


def triangle(a: Vector, b: Vector, c: Vector) -> float:
    """Area of a triangle (Van Oosterom and Strackee)."""
    return 2 * math.atan2(dot(a, cross(b, c)), 1 + dot(a, b) + dot(b, c) + dot(c, a))


def fan_area(points: list[LatLon], centre: Vector) -> float:
    return math.fsum(triangle(centre, a, b) for a, b in edges(points)) % (4 * math.pi)


latitudes = st.integers(-MAX_LATITUDE, MAX_LATITUDE)
longitudes = st.integers(1 - MAX_LONGITUDE, MAX_LONGITUDE)
directions = st.sampled_from([1, -1])


@st.composite
def places(draw: st.DrawFn) -> LatLon:
    """Anywhere, evenly over the sphere, with the poles and the antimeridian more often."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([NORTH_POLE, SOUTH_POLE, (0, 0), (0, MAX_LONGITUDE), (0, 90 * DEGREE)]))
    height = draw(st.floats(-1, 1))
    return round(math.degrees(math.asin(height)) * DEGREE), draw(longitudes)


@st.composite
def fans(draw: st.DrawFn, low: float = 1e-5, high: float = 3.0) -> Fan:
    """Stars and blobs from some 60 m to nearly the whole sphere."""
    count = draw(st.integers(3, 12))
    shares = [draw(st.floats(1, 1.9)) for _ in range(count)]  # no gap of 180 degrees, even of three
    size = math.exp(draw(st.floats(math.log(low), math.log(high))))
    centre, turn = vector(draw(places())), draw(st.floats(0, 2 * math.pi))
    ring = []
    for share in shares:
        ring.append(at(polar(centre, turn, size * draw(st.floats(0.3, 1)))))
        turn += 2 * math.pi * share / sum(shares)
    area = fan_area(ring, centre)
    assume(len(set(ring)) == count and abs(area - 2 * math.pi) > 1e-3)
    return Fan(ring, centre, area < 2 * math.pi)


@st.composite
def probes(draw: st.DrawFn, fan: Fan) -> LatLon:
    """A place anywhere, near the polygon or nearly opposite it."""
    where = draw(st.integers(0, 2))
    if where == 0:
        return draw(places())
    near = vector(fan.points[draw(st.integers(0, len(fan.points) - 1))])
    place = along(fan.centre, near, draw(st.floats(0.01, 1.5)))
    return at(place if where == 1 else scale(place, -1))


@st.composite
def scribbles(draw: st.DrawFn) -> list[LatLon]:
    """Polygons of arbitrary points, most with crossings, all clear of a touch and of antipodal edges."""
    points = [draw(places()) for _ in range(draw(st.integers(3, 9)))]
    assume(len(set(points)) == len(points))
    lines = edges(points)
    assume(all(math.hypot(*plus(a, b)) > 0.01 for a, b in lines))
    for (a, b), (c, d) in combinations(lines, 2):
        ends = [(c, a, b), (d, a, b), (a, c, d), (b, c, d)]
        assume(all(p in line or gap(p, *line) > CLEAR for p, *line in ends))
    return points


def crossings(points: list[LatLon]) -> set[tuple[int, int]]:
    return set(geodesy.crossings(points))


def crossing_pairs(points: list[LatLon]) -> set[tuple[int, int]]:
    """The pair oracle: four orientations of one sign."""
    found = set()
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(edges(points)), 2):
        turns = [dot(cross(a, c), b), dot(cross(c, b), d), dot(cross(b, d), a), dot(cross(d, a), c)]
        if not {a, b} & {c, d} and (min(turns) > 0 or max(turns) < 0):
            found.add((i, j))
    return found


def rotated(points: list[LatLon], axis: Vector, angle: float) -> list[LatLon]:
    return [at(rotate(vector(point), axis, angle)) for point in points]


def rotate(v: Vector, axis: Vector, angle: float) -> Vector:
    parallel = scale(axis, dot(axis, v) * (1 - math.cos(angle)))
    return plus(scale(v, math.cos(angle)), scale(cross(axis, v), math.sin(angle)), parallel)


def moved(point: LatLon, shift: int) -> LatLon:
    return (point[0], wrap(point[1] + shift)) if abs(point[0]) < MAX_LATITUDE else point


def degrees(*pairs: tuple[float, float]) -> list[LatLon]:
    return [(round(latitude * DEGREE), round(longitude * DEGREE)) for latitude, longitude in pairs]


BAND = degrees(
    *((10, longitude) for longitude in range(-150, 151, 30)),
    *((-10, longitude) for longitude in range(150, -151, -30)),
)
"""Round the Earth from 150W by Greenwich to 150E: contains places and what lies opposite them."""


# Containment ---------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_contains_agrees_with_fan_oracle(data: st.DataObject) -> None:
    fan = data.draw(fans())
    point = data.draw(probes(fan))
    assume(fan.clear_of(point))
    assert geodesy.polygon_contains(fan.points, point) == fan.contains(point)


@settings(max_examples=150, deadline=None)
@given(fans())
def test_area_agrees_with_sum_of_triangles(fan: Fan) -> None:
    assert math.isclose(geodesy.left_area(fan.points), fan_area(fan.points, fan.centre), abs_tol=1e-6)
    clockwise = geodesy.left_area(fan.points[::-1])
    assert math.isclose(geodesy.left_area(fan.points) + clockwise, 4 * math.pi, rel_tol=1e-12)


@settings(max_examples=150, deadline=None)
@given(fans(), st.integers(0, 11), directions)
def test_boundary_is_inside(fan: Fan, start: int, direction: int) -> None:
    points = fan.points[::direction]
    assert geodesy.polygon_contains(points, points[start % len(points)])


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 11), directions, longitudes)
def test_order_and_longitude_change_nothing(
    data: st.DataObject, start: int, direction: int, shift: int
) -> None:
    """A cyclic shift, the other direction and a turn about the axis, over the antimeridian or not."""
    fan = data.draw(fans())
    point = data.draw(probes(fan))
    assume(fan.clear_of(point))
    start %= len(fan.points)
    points = [moved(p, shift) for p in [*fan.points[start:], *fan.points[:start]]][::direction]
    assert geodesy.polygon_contains(points, moved(point, shift)) == fan.contains(point)
    assert geodesy.polygon_problems(points) == geodesy.polygon_problems(fan.points) == ()
    assume(min(gap(v, a, b) for v in ((0, 0, 1.0), (0, 0, -1.0)) for a, b in edges(fan.points)) > CLEAR)
    assert geodesy.polygon_poles(points) == geodesy.polygon_poles(fan.points)
    one, other = geodesy.polygon_bounds(points), geodesy.polygon_bounds(fan.points)
    assert abs(one.south - other.south) <= 1
    assert abs(one.north - other.north) <= 1
    if any(geodesy.polygon_poles(points)):
        assert (one.west, one.east) == (1 - MAX_LONGITUDE, MAX_LONGITUDE)
    else:
        assert (one.west, one.east) == (wrap(other.west + shift), wrap(other.east + shift))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.floats(0, 2 * math.pi))
def test_rotation_over_the_pole_changes_nothing(data: st.DataObject, angle: float) -> None:
    """What contained a pole contains the place to which the rotation carries it, and the reverse."""
    fan, axis = data.draw(fans(low=1e-3)), vector(data.draw(places()))
    turned = fan._replace(points=rotated(fan.points, axis, angle), centre=rotate(fan.centre, axis, angle))
    for place in (NORTH_POLE, SOUTH_POLE, data.draw(probes(fan))):
        image = at(rotate(vector(place), axis, angle))
        if fan.clear_of(place):
            assert geodesy.polygon_contains(turned.points, image) == geodesy.polygon_contains(
                fan.points, place
            )
    poles = geodesy.polygon_poles(turned.points)
    if turned.clear_of(NORTH_POLE) and turned.clear_of(SOUTH_POLE):
        assert poles == (turned.contains(NORTH_POLE), turned.contains(SOUTH_POLE))


@pytest.mark.parametrize("opposite", range(0, 150, 7))
def test_band_contains_places_and_their_antipodes(opposite: int) -> None:
    """Both ways along the equator; a rule by the number of turns about the point would fail here."""
    assert geodesy.polygon_problems(BAND) == ()
    east, west = degrees((0, opposite), (0, opposite - 180))
    assert geodesy.polygon_contains(BAND, east)
    assert geodesy.polygon_contains(BAND, west) == (opposite - 180 >= -150)
    assert geodesy.polygon_poles(BAND) == (False, False)


def test_thin_polygon_contains_both_poles() -> None:
    upright = rotated(BAND, (1.0, 0.0, 0.0), math.pi / 2)
    assert geodesy.polygon_poles(upright) == (True, True)
    assert geodesy.polygon_bounds(upright) == (-MAX_LATITUDE, MAX_LATITUDE, 1 - MAX_LONGITUDE, MAX_LONGITUDE)


def test_cap_contains_its_pole_alone() -> None:
    cap = degrees((80, 0), (80, 120), (80, -120))
    assert geodesy.polygon_poles(cap) == (True, False)
    assert geodesy.polygon_poles([(-latitude, longitude) for latitude, longitude in cap]) == (False, True)
    assert not geodesy.polygon_contains(cap, (0, 0))


# Topology ------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(scribbles())
def test_crossings_agree_with_pair_oracle(points: list[LatLon]) -> None:
    assert crossings(points) == crossing_pairs(points)


@settings(max_examples=80, deadline=None)
@given(scribbles(), st.integers(1, 8), longitudes, places(), st.floats(0, 2 * math.pi))
def test_crossings_do_not_depend_on_place_or_order(
    points: list[LatLon], start: int, shift: int, pole: LatLon, angle: float
) -> None:
    count, start = len(crossings(points)), start % len(points)
    assert len(crossings([*points[start:], *points[:start]])) == count
    assert len(crossings(points[::-1])) == count
    assert crossings([moved(point, shift) for point in points]) == crossings(points)
    assert crossings(rotated(points, vector(pole), angle)) == crossings(points)


@settings(max_examples=200, deadline=None)
@given(places(), st.floats(0, 2 * math.pi), st.floats(math.log(1e-6), math.log(1.4)))
def test_bow_tie_is_found_anywhere(centre: LatLon, turn: float, size: float) -> None:
    """A quadrilateral of 6 m to 9,000 km whose second and third point are exchanged."""
    a, b, c, d = (at(polar(vector(centre), turn + k * math.pi / 2, math.exp(size))) for k in range(4))
    assert geodesy.polygon_problems([a, b, c, d]) == ()
    assert geodesy.polygon_problems([a, c, b, d]) == (Problem(Flaw.CROSSING_EDGES, (0, 2)),)
    assert list(geodesy.crossings([a, b, d, c])) == [(1, 3)]


@settings(max_examples=100, deadline=None)
@given(fans())
def test_fans_have_no_problems(fan: Fan) -> None:
    assert geodesy.polygon_problems(fan.points) == ()


@pytest.mark.parametrize("shift", [0, 90, 179, 180, -123.4567])
@pytest.mark.parametrize(
    ("points", "pairs"),
    [
        ([(0, 0), (0, 10), (5, 10), (0, 5)], {(0, 2), (0, 3)}),  # a point on an edge
        ([(0, 0), (0, 10), (0, 5), (5, 5)], {(0, 1), (0, 2)}),  # an edge that folds back
        ([(0, 0), (0, 5), (0, 10)], {(0, 2), (1, 2)}),  # no extent: edges on one great circle
        ([(0, 0), (0, 10), (5, 10), (5, 0)], set()),
    ],
)
def test_touching_edges_are_found(
    points: list[tuple[float, float]], pairs: set[tuple[int, int]], shift: float
) -> None:
    assert crossings([moved(point, round(shift * DEGREE)) for point in degrees(*points)]) == pairs


@pytest.mark.parametrize(("distance", "touches"), [(0, True), (1, False), (-1, True)])
def test_touch_is_told_from_one_milliarcsecond(distance: int, *, touches: bool) -> None:
    points = degrees((0, 0), (0, 10), (5, 10), (0, 5), (5, 0))
    points[3] = (distance, points[3][1])
    assert bool(crossings(points)) == touches


@pytest.mark.parametrize(
    ("points", "problems"),
    [
        ([(0, 0), (0, 180), (45, 90)], (Problem(Flaw.ANTIPODAL_EDGE, (0,)),)),
        ([(30, 20), (50, 60), (-50, -120)], (Problem(Flaw.ANTIPODAL_EDGE, (1,)),)),
        ([(90, 0), (10, 10), (-90, 0)], (Problem(Flaw.ANTIPODAL_EDGE, (2,)),)),
        ([(0, 0), (0, 120), (0, -120)], (Problem(Flaw.HALF_SPHERE),)),
        ([(90, 0), (0, 0), (-90, 0), (0, 180)], (Problem(Flaw.HALF_SPHERE),)),
        ([(0.01, 0), (0.01, 120), (0.01, -120)], ()),
        ([(0, 0), (0, 179.9999), (45, 90)], ()),
    ],
)
def test_ambiguous_polygons_have_problems(
    points: list[tuple[float, float]], problems: tuple[Problem, ...]
) -> None:
    assert geodesy.polygon_problems(degrees(*points)) == problems


def test_ambiguous_polygons_break_nothing() -> None:
    """An authentic notice may hold one; every question still has some answer."""
    near_pole = MAX_LATITUDE - 1
    for points in (
        degrees((0, 0), (0, 180), (45, 90)),
        degrees((90, 0), (10, 10), (-90, 0)),
        [(near_pole, 0), (near_pole, 1), (near_pole, 2)],
    ):
        assert isinstance(geodesy.polygon_bounds(points), Box)
        assert isinstance(geodesy.polygon_contains(points, (7, 7)), bool)
        assert geodesy.polygon_problems(points)


def test_problem_counts_edges_from_one_in_text() -> None:
    assert str(Problem(Flaw.CROSSING_EDGES, (0, 2))) == "crossing-edges 1 and 3"
    assert str(Problem(Flaw.HALF_SPHERE)) == "half-sphere"


# Cost ----------------------------------------------------------------------------------


def comb(teeth: int, angle: float, width: float) -> list[tuple[float, float]]:
    """Long parallel teeth at an angle, in a plane: the hardest case for boxes."""
    line = [(5.0 * (k % 2), k * width) for k in range(teeth)] + [(9.0, teeth * width), (9.0, -width)]
    turn = complex(math.cos(angle), math.sin(angle))
    spots = [complex(x, y) * turn for x, y in line]
    return [(spot.real, spot.imag) for spot in spots]


@pytest.mark.parametrize("width", [0.01, 0.0002])
@pytest.mark.parametrize("angle", [0.0, 0.4, 0.785, 1.2, 1.57])
def test_long_parallel_edges_are_not_tried_all_with_all(angle: float, width: float) -> None:
    points = degrees(*((30 + x, 40 + y) for x, y in comb(254, angle, width)))
    assert geodesy.polygon_problems(points) == ()
    tried = sum(1 for _ in geodesy._candidates(geodesy._ring(points)))
    assert tried < 12 * len(points)


# Bounds --------------------------------------------------------------------------------


def highest(a: Vector, b: Vector) -> int:
    """The latitude of the northernmost place of an edge, by search."""
    low, high = 0.0, 1.0
    for _ in range(90):
        first, second = low + (high - low) / 3, high - (high - low) / 3
        if along(a, b, first)[2] < along(a, b, second)[2]:
            low = first
        else:
            high = second
    return max(at(a)[0], at(b)[0], at(along(a, b, low))[0])


def scale_z(a: Vector) -> Vector:
    return (a[0], a[1], -a[2])


@settings(max_examples=100, deadline=None)
@given(fans())
def test_polygon_bounds_hold_every_point_of_the_edges(fan: Fan) -> None:
    box = geodesy.polygon_bounds(fan.points)
    assert all(box.contains(at(along(a, b, k / 40))) for a, b in edges(fan.points) for k in range(1, 40))
    poles = geodesy.polygon_poles(fan.points)
    assert poles.north or 0 <= box.north - max(highest(a, b) for a, b in edges(fan.points)) <= 2
    mirrored = [(scale_z(a), scale_z(b)) for a, b in edges(fan.points)]
    assert poles.south or 0 <= -box.south - max(highest(a, b) for a, b in mirrored) <= 2


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_polygon_bounds_hold_what_the_polygon_contains(data: st.DataObject) -> None:
    fan = data.draw(fans())
    point = data.draw(probes(fan))
    if fan.clear_of(point) and fan.contains(point):
        assert geodesy.polygon_bounds(fan.points).contains(point)


def test_edges_bulge_polewards() -> None:
    """The great circle from 45N 0E to 45N 90E has its apex at the arctangent of the square root of two."""
    apex = math.degrees(math.atan(math.sqrt(2))) * DEGREE
    box = geodesy.polygon_bounds(degrees((45, 0), (45, 90), (50, 45)))
    assert box == (45 * DEGREE, math.ceil(apex), 0, 90 * DEGREE)
    south = geodesy.polygon_bounds(degrees((-45, 0), (-45, 90), (-50, 45)))
    assert south == (-math.ceil(apex), -45 * DEGREE, 0, 90 * DEGREE)


@pytest.mark.parametrize(
    ("points", "box"),
    [
        ([(1, 179), (2, -179), (1, -178)], (1, 2, 179, -178)),
        ([(1, 180), (2, -179), (1, -178)], (1, 2, 180, -178)),
        ([(1, 170), (2, 175), (1, 180)], (1, 2, 170, 180)),
    ],
)
def test_bounds_across_the_antimeridian(
    points: list[tuple[float, float]], box: tuple[int, int, int, int]
) -> None:
    got = geodesy.polygon_bounds(degrees(*points))
    assert (got.west, got.east) == (box[2] * DEGREE, box[3] * DEGREE)
    assert got.south == box[0] * DEGREE


def test_spiral_round_a_pole_has_all_longitudes_without_containing_it() -> None:
    outer = [(60 + k / 50, wrap(k * 30 * DEGREE) / DEGREE) for k in range(16)]
    inner = [(63 + k / 50, wrap(k * 30 * DEGREE) / DEGREE) for k in range(15, -1, -1)]
    spiral = degrees(*outer, *[(latitude - 2.9, longitude) for latitude, longitude in inner])
    assert geodesy.polygon_problems(spiral) == ()
    assert geodesy.polygon_poles(spiral) == (False, False)
    box = geodesy.polygon_bounds(spiral)
    assert (box.west, box.east) == (1 - MAX_LONGITUDE, MAX_LONGITUDE)
    assert box.north < 65 * DEGREE


# Circles and distances -----------------------------------------------------------------

radii = st.integers(0, 7_300).map(lambda step: round(math.exp(step / 434))) | st.integers(1, 20_003_931)


def haversine(a: LatLon, b: LatLon) -> float:
    lat1, lat2 = math.radians(a[0] / DEGREE), math.radians(b[0] / DEGREE)
    lon = math.radians((a[1] - b[1]) / DEGREE)
    h = math.sin((lat1 - lat2) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(lon / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, h)))


@settings(max_examples=200, deadline=None)
@given(places(), places())
def test_distance_agrees_with_haversine(a: LatLon, b: LatLon) -> None:
    assert geodesy.distance(a, b) == geodesy.distance(b, a)
    assert math.isclose(geodesy.distance(a, b), haversine(a, b), rel_tol=1e-9, abs_tol=1.0)


@settings(max_examples=200, deadline=None)
@given(places(), radii, places(), longitudes)
def test_circle_contains_by_distance_wherever_it_lies(
    centre: LatLon, radius: int, point: LatLon, shift: int
) -> None:
    assume(abs(haversine(centre, point) - radius) > 1.5)
    inside = haversine(centre, point) < radius
    assert geodesy.circle_contains(centre, radius, point) == inside
    assert geodesy.circle_contains(moved(centre, shift), radius, moved(point, shift)) == inside


@settings(max_examples=200, deadline=None)
@given(places(), radii, st.floats(0, 2 * math.pi), st.floats(0, 1))
def test_circle_bounds_hold_the_circle(centre: LatLon, radius: int, azimuth: float, part: float) -> None:
    box = geodesy.circle_bounds(centre, radius)
    angle = radius / EARTH_RADIUS
    assert box.contains(at(polar(vector(centre), azimuth, angle)))
    assert box.contains(at(polar(vector(centre), azimuth, angle * part)))
    assert box.contains(centre)
    for pole, reached in ((NORTH_POLE, box.north), (SOUTH_POLE, box.south)):
        if geodesy.circle_contains(centre, radius, pole):
            assert (reached, box.west, box.east) == (pole[0], 1 - MAX_LONGITUDE, MAX_LONGITUDE)


@settings(max_examples=100, deadline=None)
@given(places(), places())
def test_largest_circle_is_the_sphere(centre: LatLon, point: LatLon) -> None:
    assert geodesy.circle_contains(centre, 20_003_931 + 1, point)


def test_circle_bounds_are_tight() -> None:
    mile = round(math.degrees(1852 / EARTH_RADIUS) * DEGREE)
    box = geodesy.circle_bounds((0, MAX_LONGITUDE), 1852)
    assert abs(box.north - mile) <= 2
    assert abs(box.west - (MAX_LONGITUDE - mile)) <= 2
    assert box.west > box.east


def test_box_holds_no_latitude_beyond_it() -> None:
    assert Box(0, 1, 5, -5).contains((1, 6))
    assert not Box(0, 1, 5, -5).contains((2, 6))
    assert not Box(0, 1, 5, -5).contains((1, 0))


@given(st.integers(-(10**12), 10**12))
def test_longitude_has_one_spelling(longitude: int) -> None:
    assert -MAX_LONGITUDE < wrap(longitude) <= MAX_LONGITUDE
    assert (wrap(longitude) - longitude) % (360 * DEGREE) == 0
