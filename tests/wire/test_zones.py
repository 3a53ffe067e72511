"""Corridors, named sites, zones and altitude bands: what is refused, what is flawed, what they cover."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import (
    AltitudeReference,
    AltitudeUnit,
    AreaRole,
    Category,
    LengthUnit,
    Refusal,
)
from launchnotice.wire import geodesy
from launchnotice.wire.coordinates import parse_point
from launchnotice.wire.geo import (
    MAX_EXAMINED,
    Altitude,
    AltitudeBand,
    Area,
    AreaRecord,
    Corridor,
    NamedSite,
    Point,
    Zone,
    shape_problems,
)
from launchnotice.wire.geodesy import DEGREE, MAX_LATITUDE, LatLon
from launchnotice.wire.notices import Activity, Amendment, LaunchNotification
from launchnotice.wire.record import Record
from tests.spec.story import amended

AREA = Area()
LINE = [0, 0, 0, DEGREE]
CORRIDOR = {1: LINE, 2: 1_000, 3: 1}
FEET: dict[int, Any] = {1: 2_000, 2: 2, 3: 1}
LEVEL: dict[int, Any] = {1: 100, 2: 3, 3: 3}
LATITUDES = st.integers(-MAX_LATITUDE, MAX_LATITUDE)
LONGITUDES = st.integers(1 - 180 * DEGREE, 180 * DEGREE)


def corridor(*texts: str, half_width: int = 1_000, unit: LengthUnit = LengthUnit.KILOMETRE) -> Corridor:
    return Corridor(points=tuple(map(parse_point, texts)), half_width=half_width, unit=unit)


# The wire ----------------------------------------------------------------------------------


@pytest.mark.requirement("R-AREA-6")
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ([8, {}], Refusal.MISSING_FIELD),
        ([8, CORRIDOR | {1: [0, 0]}], Refusal.BAD_LENGTH),
        ([8, CORRIDOR | {1: [0, 0, 1]}], Refusal.BAD_LENGTH),
        ([8, CORRIDOR | {1: LINE * 129}], Refusal.BAD_LENGTH),
        ([8, CORRIDOR | {1: [0, 0, 0, 0]}], Refusal.BAD_AREA),
        ([8, CORRIDOR | {1: [*LINE, 0, DEGREE]}], Refusal.BAD_AREA),
        ([8, CORRIDOR | {1: [0, 0, MAX_LATITUDE, 1]}], Refusal.BAD_AREA),
        ([8, CORRIDOR | {2: 0}], Refusal.OUT_OF_RANGE),
        ([8, CORRIDOR | {2: 20_003_932}], Refusal.OUT_OF_RANGE),
        ([8, CORRIDOR | {3: 3}], Refusal.UNKNOWN_VALUE),
        ([8, CORRIDOR | {4: 1}], Refusal.UNKNOWN_FIELD),
        ([7, {}], Refusal.MISSING_FIELD),
        ([7, {1: ""}], Refusal.BAD_LENGTH),
        ([7, {1: "Kura", 3: [1, {}]}], Refusal.WRONG_TYPE),
        ([7, {1: "Kura", 3: {1: MAX_LATITUDE, 2: 1}}], Refusal.BAD_AREA),
        ([9, {}], Refusal.UNKNOWN_VALUE),
    ],
)
def test_area_that_breaks_one_rule_is_refused(raw: Any, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        AREA.load(raw)
    assert caught.value.code is code


def test_a_line_may_return_to_a_point() -> None:
    assert AREA.load([8, CORRIDOR | {1: [*LINE, 0, 0]}])
    assert shape_problems(_with(corridor("0N 0E", "0N 1E", "0N 0E"))) == []


@pytest.mark.requirement("R-AREA-7")
@pytest.mark.parametrize("reference", [1, 2])
def test_a_flight_level_counts_from_standard_pressure(reference: int) -> None:
    Altitude.load(LEVEL)
    with pytest.raises(Refused) as caught:
        Altitude.load(LEVEL | {3: reference})
    assert caught.value.code is Refusal.INCONSISTENT


def test_feet_and_metres_may_count_from_standard_pressure() -> None:
    assert Altitude.load(FEET | {3: 3}).reference is AltitudeReference.STANDARD_PRESSURE


@pytest.mark.requirement("R-AREA-8")
@pytest.mark.parametrize(
    "raw", [{}, {1: FEET, 2: FEET}, {1: FEET, 2: FEET | {1: 1_999}}, {1: LEVEL, 2: LEVEL | {1: 99}}]
)
def test_a_band_has_limits_in_order(raw: Any) -> None:
    with pytest.raises(Refused) as caught:
        AltitudeBand.load(raw)
    assert caught.value.code is Refusal.INCONSISTENT


@pytest.mark.parametrize(
    "raw", [{1: FEET}, {2: FEET}, {1: FEET, 2: FEET | {1: 2_001}}, {1: FEET, 2: LEVEL}, {1: LEVEL, 2: FEET}]
)
def test_limits_that_cannot_be_compared_are_not(raw: Any) -> None:
    """A NOTAM says: from 2,000 feet above mean sea level to flight level 100."""
    assert AltitudeBand.load(raw).dump() == raw


def test_zone_round_trip() -> None:
    band = AltitudeBand(
        upper=Altitude(
            value=600, unit=AltitudeUnit.FLIGHT_LEVEL, reference=AltitudeReference.STANDARD_PRESSURE
        )
    )
    zone = Zone(role=AreaRole.STAGE, area=corridor("0N 0E", "0N 1E"), altitude=band)
    assert Zone.load(zone.dump()) == Zone.from_json(zone.to_json()) == zone
    with pytest.raises(UsageError):
        Zone(role=AreaRole.STAGE, area=CORRIDOR)  # type: ignore[arg-type]


# Geometry ----------------------------------------------------------------------------------


@given(LATITUDES, LONGITUDES, st.floats(0, 360), st.integers(1, 5_000_000))
def test_a_corridor_contains_what_is_near_its_line(
    latitude: int, longitude: int, turn: float, half_width: int
) -> None:
    """Two equal ends of a short line: the corridor is nearly a circle around them."""
    start = (latitude, 0 if abs(latitude) == MAX_LATITUDE else longitude)
    end = (start[0] - 1 if start[0] > 0 else start[0] + 1, start[1])
    point = _away(start, turn, half_width)
    inside = geodesy.line_contains((start, end), half_width, point)
    exact = min(geodesy.distance(start, point), geodesy.distance(end, point))
    assert inside == (exact <= half_width) or abs(exact - half_width) < 0.1


def test_a_corridor_reaches_to_either_side_and_not_beyond_its_ends() -> None:
    line = corridor("0N 0E", "0N 10E", half_width=111_000)
    for text, inside in (
        ("0.99N 5E", True),
        ("0.99S 5E", True),
        ("1.01N 5E", False),
        ("0N 10.99E", True),
        ("0N 11.01E", False),
        ("0.9N 10.9E", False),
        ("0N 175W", False),
    ):
        assert line.contains(parse_point(text)) is inside, text


@given(LATITUDES, st.integers(1, 3))
def test_a_corridor_across_the_antimeridian_is_the_one_across_greenwich_turned(
    latitude: int, width: int
) -> None:
    here = Corridor(points=((0, -DEGREE), (0, DEGREE)), half_width=width * 10_000, unit=LengthUnit.KILOMETRE)
    ends = ((0, 179 * DEGREE), (0, -179 * DEGREE))
    there = Corridor(points=ends, half_width=width * 10_000, unit=LengthUnit.KILOMETRE)
    pole = abs(latitude) == MAX_LATITUDE
    assert here.contains((latitude, 0)) == there.contains((latitude, 0 if pole else 180 * DEGREE))


def test_a_corridor_over_the_pole_contains_it() -> None:
    assert corridor("80N 0E", "80N 180E").contains((MAX_LATITUDE, 0))


def test_flaws_of_a_corridor_are_found_and_its_open_end_is_none() -> None:
    assert corridor("0N 0E", "0N 180E").problems() == (geodesy.Problem(geodesy.Flaw.ANTIPODAL_EDGE, (0,)),)
    assert corridor("0N 0E", "0N 90E", "0N 180E").problems() == ()
    inexact = corridor("0N 0E", "0N 1E", unit=LengthUnit.NAUTICAL_MILE)
    assert inexact.problems() == (geodesy.Problem(geodesy.Flaw.INEXACT_UNIT),)


def _with(area: AreaRecord) -> LaunchNotification:
    zone = Zone(role=AreaRole.STAGE, area=area)
    return LaunchNotification(category=Category.TARGET, planned_date=1, hazard_areas=(zone,))


@pytest.mark.requirement("R-AREA-4")
def test_shapes_are_looked_at_wherever_they_stand_in_a_body() -> None:
    flawed = corridor("0N 0E", "0N 180E")
    found = ["corridor: antipodal-edge 1"]
    assert shape_problems(_with(flawed)) == found
    nested: dict[int, Any] = {1: bytes(32), 2: bytes(32), 3: 1, 4: _with(flawed).dump()}
    assert shape_problems(Amendment.load(nested)) == found
    site = NamedSite(name="Kura", location=Point(latitude=0, longitude=0))
    assert shape_problems(_with(site)) == []
    assert shape_problems(amended()) == []
    activity: dict[int, Any] = {1: 4, 2: 1, 3: {1: 1, 2: 2}, 6: [{1: 5, 2: [8, flawed.dump()]}]}
    assert shape_problems(Activity.load(activity)) == found


def test_points_of_corridors_count_to_what_is_examined() -> None:
    line: tuple[LatLon, ...] = tuple((0, degree * DEGREE) for degree in range(MAX_EXAMINED + 1))
    long = Corridor(points=line, half_width=1, unit=LengthUnit.KILOMETRE)
    body: Record = _with(long)
    assert shape_problems(body) == [f"not examined: more than {MAX_EXAMINED} points"]


def _away(start: LatLon, turn: float, metres: int) -> LatLon:
    """A point at about that distance, north or south of the start as the turn says."""
    step = round(metres * DEGREE / 111_195 * (1 if turn < 180 else -1))
    latitude = max(-MAX_LATITUDE, min(MAX_LATITUDE, start[0] + step))
    return latitude, 0 if abs(latitude) == MAX_LATITUDE else start[1]
