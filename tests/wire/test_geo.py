"""Areas on the wire, in JSON and as text: nothing is lost, and each deviation has its code."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.errors import LaunchnoticeError, Refused, UsageError
from launchnotice.registry import AreaForm, Category, LengthUnit, Ocean, Quadrant, Refusal, Usage
from launchnotice.wire import bounds, cbor, geo
from launchnotice.wire.coordinates import (
    LATITUDE,
    LONGITUDE,
    MAX_RADIUS,
    QUARTER_MILE,
    Axis,
    format_decimal,
    format_dms,
    format_length,
    format_point,
    parse_angle,
    parse_latitude,
    parse_length,
    parse_longitude,
    parse_point,
)
from launchnotice.wire.geo import (
    AREAS,
    Area,
    AreaRecord,
    Circle,
    LandRegion,
    OceanQuadrant,
    Point,
    Polygon,
    WaterBody,
    author_check,
    shape_problems,
)
from launchnotice.wire.geodesy import DEGREE, MAX_LATITUDE, MAX_LONGITUDE, Flaw, LatLon, Problem
from launchnotice.wire.notices import LaunchNotification

AREA = Area()
NM, KM = LengthUnit.NAUTICAL_MILE, LengthUnit.KILOMETRE


@st.composite
def angles(draw: st.DrawFn) -> tuple[int, Axis]:
    axis = draw(st.sampled_from([LATITUDE, LONGITUDE]))
    edge = st.sampled_from([axis.low, axis.high, 0, 1, -1, 59_999, 60_000, DEGREE - 1, -DEGREE])
    return draw(st.integers(axis.low, axis.high) | edge), axis


@st.composite
def positions(draw: st.DrawFn) -> LatLon:
    latitude = draw(st.integers(LATITUDE.low, LATITUDE.high) | st.sampled_from([LATITUDE.low, LATITUDE.high]))
    longitude = draw(st.integers(LONGITUDE.low, LONGITUDE.high) | st.just(LONGITUDE.high))
    return latitude, longitude if abs(latitude) < MAX_LATITUDE else 0


names = st.sampled_from(["Barents Sea", "a", "Море", "x" * bounds.MAX_LABEL])
points = positions().map(lambda p: Point(latitude=p[0], longitude=p[1]))
circles = st.builds(
    lambda p, radius, unit: Circle(latitude=p[0], longitude=p[1], radius=radius, unit=unit),
    positions(),
    st.integers(1, MAX_RADIUS),
    st.sampled_from(list(LengthUnit)),
)
polygons = st.lists(positions(), min_size=3, max_size=12, unique=True).map(
    lambda ps: Polygon(points=tuple(ps))
)
quadrants = st.builds(
    lambda ocean, quadrant: OceanQuadrant(ocean=ocean, quadrant=quadrant),
    st.sampled_from(list(Ocean)),
    st.sampled_from(list(Quadrant)),
)
regions = st.one_of(
    names.map(lambda name: LandRegion(name=name)),
    polygons.map(lambda boundary: LandRegion(boundary=boundary)),
    st.builds(lambda name, boundary: LandRegion(name=name, boundary=boundary), names, polygons),
)
areas = st.one_of(points, circles, polygons, quadrants, names.map(lambda name: WaterBody(name=name)), regions)


# Areas ---------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(areas)
def test_area_survives_the_wire_and_json(area: AreaRecord) -> None:
    raw = cbor.decode(cbor.encode(AREA.dump(area)), bounds.MAX_MESSAGE)
    assert AREA.load(raw) == area
    assert AREA.dump(AREA.load(raw)) == raw
    assert AREA.from_json(json.loads(json.dumps(AREA.to_json(area)))) == area
    assert AREA.check(area) is area
    assert AREAS[area.FORM] is type(area)


def test_every_form_has_a_record() -> None:
    assert list(AREAS) == list(AreaForm)
    assert [record.FORM for record in AREAS.values()] == list(AreaForm)


def test_area_on_the_wire_and_in_json() -> None:
    circle = Circle(
        latitude=parse_latitude("48-30-52N"), longitude=parse_longitude("009-20-08E"), radius=23_150, unit=NM
    )
    assert AREA.dump(circle) == [2, {1: 174_652_000, 2: 33_608_000, 3: 23_150, 4: 2}]
    assert AREA.to_json(circle) == {
        "form": "circle",
        "latitude": "48-30-52N",
        "longitude": "009-20-08E",
        "radius": 23_150,
        "unit": "nautical mile",
    }
    triangle = Polygon(points=((1, 2), (3, -4), (-5, 6)))
    assert AREA.dump(triangle) == [3, {1: [1, 2, 3, -4, -5, 6]}]
    assert triangle.points == ((1, 2), (3, -4), (-5, 6))


CIRCLE = {1: 174_652_000, 2: 33_608_000, 3: 23_150, 4: 2}
TRIANGLE = [0, 0, 0, 10 * DEGREE, 10 * DEGREE, 0]
RING = [angle for k in range(geo.MAX_POINTS + 1) for angle in (k * 1000, k * 1000)]


@pytest.mark.parametrize(
    "raw",
    [
        [1, {1: MAX_LATITUDE, 2: 0}],
        [1, {1: -MAX_LATITUDE, 2: 0}],
        [1, {1: 0, 2: MAX_LONGITUDE}],
        [1, {1: 0, 2: 1 - MAX_LONGITUDE}],
        [2, CIRCLE | {3: 1}],
        [2, CIRCLE | {3: 20_003_931}],
        [2, CIRCLE | {3: 22_409}],  # no decimal of miles, which the author should not have written
        [3, {1: TRIANGLE}],
        [3, {1: RING[:512]}],
        [3, {1: [0, 0, 0, DEGREE, DEGREE, 0, DEGREE, DEGREE]}],  # crossing edges reach the officer
        [6, {1: "Plesetsk", 2: {1: TRIANGLE}}],
    ],
)
def test_edge_of_what_is_allowed(raw: Any) -> None:
    assert AREA.dump(AREA.load(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({1: 2}, Refusal.WRONG_TYPE),
        (2, Refusal.WRONG_TYPE),
        ([], Refusal.BAD_LENGTH),
        ([2], Refusal.BAD_LENGTH),
        ([2, CIRCLE, 0], Refusal.BAD_LENGTH),
        ([0, CIRCLE], Refusal.UNKNOWN_VALUE),
        ([9, CIRCLE], Refusal.UNKNOWN_VALUE),
        ([True, CIRCLE], Refusal.WRONG_TYPE),
        (["circle", CIRCLE], Refusal.WRONG_TYPE),
        ([2, [1, 2, 3, 4]], Refusal.WRONG_TYPE),
        ([2, {}], Refusal.MISSING_FIELD),
        ([2, {1: 0, 2: 0, 3: 1}], Refusal.MISSING_FIELD),
        ([2, CIRCLE | {5: 0}], Refusal.UNKNOWN_FIELD),
        ([1, CIRCLE], Refusal.UNKNOWN_FIELD),
        ([2, CIRCLE | {1: "48N"}], Refusal.WRONG_TYPE),
        ([2, CIRCLE | {1: MAX_LATITUDE + 1}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {1: -MAX_LATITUDE - 1}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {2: MAX_LONGITUDE + 1}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {2: -MAX_LONGITUDE}], Refusal.OUT_OF_RANGE),  # the antimeridian's other spelling
        ([2, CIRCLE | {1: MAX_LATITUDE}], Refusal.BAD_AREA),  # a pole's other spelling
        ([1, {1: -MAX_LATITUDE, 2: -1}], Refusal.BAD_AREA),
        ([2, CIRCLE | {3: 0}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {3: -1}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {3: 20_003_932}], Refusal.OUT_OF_RANGE),
        ([2, CIRCLE | {3: True}], Refusal.WRONG_TYPE),
        ([2, CIRCLE | {4: 3}], Refusal.UNKNOWN_VALUE),
        ([3, {1: {}}], Refusal.WRONG_TYPE),
        ([3, {1: []}], Refusal.BAD_LENGTH),
        ([3, {1: TRIANGLE[:4]}], Refusal.BAD_LENGTH),
        ([3, {1: TRIANGLE[:5]}], Refusal.BAD_LENGTH),
        ([3, {1: [*TRIANGLE, 1]}], Refusal.BAD_LENGTH),
        ([3, {1: RING}], Refusal.BAD_LENGTH),
        ([3, {1: [*TRIANGLE[:5], None]}], Refusal.WRONG_TYPE),
        ([3, {1: [*TRIANGLE[:5], False]}], Refusal.WRONG_TYPE),
        ([3, {1: [(0, 0), (0, 1), (1, 0)] * 2}], Refusal.WRONG_TYPE),
        ([3, {1: [MAX_LATITUDE + 1, *TRIANGLE[1:]]}], Refusal.OUT_OF_RANGE),
        ([3, {1: [*TRIANGLE[:5], -MAX_LONGITUDE]}], Refusal.OUT_OF_RANGE),
        ([3, {1: [MAX_LATITUDE, 1, *TRIANGLE[2:]]}], Refusal.BAD_AREA),
        ([3, {1: [*TRIANGLE, 0, 0]}], Refusal.BAD_AREA),  # the first point repeated to close it
        ([3, {1: [0, 0, *TRIANGLE]}], Refusal.BAD_AREA),
        ([3, {1: [0, 0, 1, 1, 0, 0]}], Refusal.BAD_AREA),  # two points
        ([3, {1: [0, 0, 0, 5, 5, 5, 0, 5, 0, 0]}], Refusal.BAD_AREA),
        ([4, {1: 6, 2: 1}], Refusal.UNKNOWN_VALUE),
        ([4, {1: 1, 2: 5}], Refusal.UNKNOWN_VALUE),
        ([5, {1: ""}], Refusal.BAD_LENGTH),
        ([5, {1: "x" * 65}], Refusal.BAD_LENGTH),
        ([5, {1: "a\nb"}], Refusal.BAD_TEXT),
        ([6, {}], Refusal.MISSING_FIELD),
        ([6, {2: TRIANGLE}], Refusal.WRONG_TYPE),
        ([6, {2: {1: TRIANGLE[:4]}}], Refusal.BAD_LENGTH),
    ],
)
def test_deviation_is_refused_with_its_code(raw: Any, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        AREA.load(raw)
    assert caught.value.code is code


raw_values = st.recursive(
    st.integers() | st.none() | st.booleans() | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.integers(0, 5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(raw_values | st.tuples(st.integers(0, 7), raw_values).map(list))
def test_any_value_is_loaded_or_refused(raw: Any) -> None:
    try:
        area = AREA.load(raw)
    except Refused:
        return
    assert AREA.dump(area) == raw


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["form", "latitude", "points", "name"]), raw_values) | raw_values)
def test_any_json_is_loaded_or_an_error_of_the_library(data: Any) -> None:
    try:
        area = AREA.from_json(data)
    except LaunchnoticeError:
        return
    assert AREA.check(area) is area


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], Refusal.WRONG_TYPE),
        ({"name": "Barents Sea"}, Refusal.WRONG_TYPE),
        ({"form": "sea", "name": "Barents Sea"}, Refusal.UNKNOWN_VALUE),
        ({"form": "water body", "title": "Barents Sea"}, Refusal.UNKNOWN_FIELD),
        ({"form": "point", "latitude": 1, "longitude": "0E"}, Refusal.WRONG_TYPE),
        ({"form": "point", "latitude": "48", "longitude": "0E"}, Refusal.BAD_TEXT),
        ({"form": "polygon", "points": [1, 2, 3]}, Refusal.WRONG_TYPE),
        ({"form": "polygon", "points": "0N 0E"}, Refusal.WRONG_TYPE),
        ({"form": "polygon", "points": ["0N 0E", "0N 1E"]}, Refusal.BAD_LENGTH),
        ({"form": "polygon", "points": ["0N 0E", "0N 1E", "1E 0N"]}, Refusal.BAD_TEXT),
    ],
)
def test_json_deviation_is_refused_with_its_code(data: Any, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        AREA.from_json(data)
    assert caught.value.code is code


@pytest.mark.parametrize("value", [None, 1, [1, {1: 0, 2: 0}], Point, "point", {"form": "point"}])
def test_only_records_of_the_table_are_areas(value: Any) -> None:
    with pytest.raises(Refused) as caught:
        AREA.check(value)
    assert caught.value.code is Refusal.WRONG_TYPE


@pytest.mark.parametrize(
    "given_points",
    [7, "points", [(0, 0), (0, 1)], [0, 0, 0, 1, 1, 0], [(0, 0), (0, 1), (0, 0)], [(0, 0), (0, 1), (1, 0.5)]],
)
def test_constructor_checks_points(given_points: Any) -> None:
    with pytest.raises(UsageError) as caught:
        Polygon(points=given_points)
    assert caught.value.code is Usage.BAD_VALUE


def test_cddl_names_every_record() -> None:
    rules = geo.cddl_rules()
    assert "area = [1, point] / [2, circle] / [3, polygon] / [4, ocean-quadrant]" in rules
    assert "latitude = -324000000..324000000\nlongitude = -647999999..648000000\n" in rules
    assert "1 => [3*256 (latitude, longitude)], ; points" in rules
    assert re.findall(r"^([a-z-]+) = \{", rules, re.MULTILINE) == [
        "point",
        "circle",
        "polygon",
        "ocean-quadrant",
        "water-body",
        "land-region",
        "named-site",
        "corridor",
    ]


# Problems ------------------------------------------------------------------------------


def ring(*texts: str) -> Polygon:
    return Polygon(points=tuple(parse_point(text) for text in texts))


BOW_TIE = ring("0N 0E", "10N 10E", "0N 10E", "10N 0E")


@pytest.mark.parametrize(
    ("area", "problem"),
    [
        (BOW_TIE, Problem(Flaw.CROSSING_EDGES, (0, 2))),
        (LandRegion(name="Plesetsk", boundary=BOW_TIE), Problem(Flaw.CROSSING_EDGES, (0, 2))),
        (ring("0N 0E", "0N 180E", "45N 90E"), Problem(Flaw.ANTIPODAL_EDGE, (0,))),
        (ring("0N 0E", "0N 120E", "0N 120W"), Problem(Flaw.HALF_SPHERE)),
        (Circle(latitude=0, longitude=0, radius=1_853, unit=NM), Problem(Flaw.INEXACT_UNIT)),
    ],
)
def test_author_may_not_send_what_a_reader_is_shown(area: AreaRecord, problem: Problem) -> None:
    assert area.problems() == (problem,)
    assert AREA.load(AREA.dump(area)) == area
    with pytest.raises(Refused) as caught:
        author_check(notice(area))
    assert caught.value.code is Refusal.BAD_AREA
    assert problem.flaw.value in caught.value.detail


@pytest.mark.parametrize(
    "area",
    [
        Point(latitude=1, longitude=2),
        Circle(latitude=0, longitude=0, radius=463, unit=NM),
        Circle(latitude=0, longitude=0, radius=1_853, unit=KM),
        ring("0N 0E", "10N 10E", "10N 0E"),
        OceanQuadrant(ocean=Ocean.PACIFIC, quadrant=Quadrant.NORTH_WEST),
        WaterBody(name="Barents Sea"),
        LandRegion(name="Plesetsk"),
        LandRegion(boundary=ring("0N 0E", "10N 10E", "10N 0E")),
    ],
)
def test_author_may_send_sound_areas(area: AreaRecord) -> None:
    author_check(notice(area))
    assert area.problems() == ()


def notice(*areas: AreaRecord) -> LaunchNotification:
    return LaunchNotification(category=Category.BALLISTIC_MISSILE, planned_date=20_000, impact_areas=areas)


def test_more_points_than_are_examined_is_said() -> None:
    """Combs of 256 points would keep a receiver busy for a tenth of a second."""
    shape = Polygon(points=tuple((k * 1_000, k * k * 100) for k in range(65)))
    assert shape_problems(notice(shape)) == shape_problems(notice(shape, shape))[:0]
    assert shape_problems(notice(shape, shape)) == ["not examined: more than 128 points"]


def test_shapes_answer_in_milliarcseconds() -> None:
    square = ring("10N 170E", "20N 170E", "20N 170W", "10N 170W")
    assert square.contains(parse_point("15N 180W"))
    assert not square.contains(parse_point("15N 160E"))
    assert not any(square.poles())
    box = square.bounds()
    assert (box.south, box.west, box.east) == (10 * DEGREE, 170 * DEGREE, -170 * DEGREE)
    assert BOW_TIE.crossings() == ((0, 2),)
    circle = Circle(latitude=0, longitude=MAX_LONGITUDE, radius=1_852, unit=NM)
    assert circle.contains((0, 1 - MAX_LONGITUDE))
    assert not circle.contains((0, 0))
    assert circle.bounds().contains(circle.centre)


# Coordinates as text -------------------------------------------------------------------


@settings(max_examples=500, deadline=None)
@given(angles())
def test_dms_is_exact_both_ways(angle: tuple[int, Axis]) -> None:
    value, axis = angle
    assert parse_angle(format_dms(value, axis), axis) == value


@settings(max_examples=500, deadline=None)
@given(angles())
def test_decimal_degrees_are_exact_or_say_that_they_are_not(angle: tuple[int, Axis]) -> None:
    value, axis = angle
    exact = value - value % 9
    if exact >= axis.low:
        assert parse_angle(format_decimal(exact, axis), axis) == exact
    text = format_decimal(value, axis)
    shown = Fraction(text.strip("≈NSEW")) * DEGREE * (-1 if text[-1] in "SW" else 1)
    assert abs(shown - value) <= Fraction(DEGREE, 2 * 10**7)
    assert text.startswith("≈") == (shown != value) == bool(value % 9)
    if shown != value:
        with pytest.raises(Refused):
            parse_angle(text, axis)


@settings(max_examples=300, deadline=None)
@given(st.integers(-9_000_000, 9_000_000))
def test_five_places_of_a_degree_are_exact(hundred_thousandths: int) -> None:
    text = f"{abs(hundred_thousandths) // 100_000}.{abs(hundred_thousandths) % 100_000:05}"
    value = hundred_thousandths * 36
    assert parse_latitude(("-" if hundred_thousandths < 0 else "+") + text) == value
    assert parse_latitude(text + ("S" if hundred_thousandths < 0 else "N")) == value
    if value:
        assert format_decimal(value, LATITUDE) == text + ("S" if value < 0 else "N")


@settings(max_examples=300, deadline=None)
@given(positions())
def test_points_are_exact_both_ways(point: LatLon) -> None:
    text = format_point(point)
    assert parse_point(text) == point
    assert parse_point(text.replace(" ", ", ")) == point
    assert parse_point(text.replace(" ", "")) == point


@pytest.mark.parametrize(
    "text",
    [
        "483052N",
        "483052.0N",
        "48-30-52N",
        "48-30-52.000000N",
        "48°30'52\"N",
        "48°30′52″N",
        "48°30'52.0\"N",
    ],
)
def test_spellings_of_one_latitude(text: str) -> None:
    assert parse_latitude(text) == 174_652_000
    assert parse_latitude(text.replace("N", "S")) == -174_652_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0092008E", 33_608_000),
        ("0092008.125W", -33_608_125),
        ("009-20-08E", 33_608_000),
        ("009-20.125E", 33_607_500),
        ("009-20.00005E", 33_600_003),
        ("9°20'8\"E", 33_608_000),
        ("9°20.5'E", 33_630_000),
        ("9E", 9 * DEGREE),
        ("9.5°E", 9 * DEGREE + DEGREE // 2),
        ("009.33556E", 33_608_016),
        ("9.3355575W", -33_608_007),
        ("-9.33556", -33_608_016),
        ("+9.33556", 33_608_016),
        ("0W", 0),
        ("-0.0", 0),
        ("1800000E", MAX_LONGITUDE),
        ("1800000W", MAX_LONGITUDE),
        ("-180", MAX_LONGITUDE),
        ("179-59-59.999W", 1 - MAX_LONGITUDE),
    ],
)
def test_spellings_of_longitudes(text: str, value: int) -> None:
    assert parse_longitude(text) == value


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "N or S"),
        ("N", "form"),
        ("483052", "N or S"),
        ("48-30-52", "N or S"),
        ("48.51444", "N or S"),
        ("-48-30-52", "not a sign"),
        ("+48-30.5", "not a sign"),
        ("-48.5N", "form"),
        ("48.5-", "N or S"),
        ("483052E", "its letter"),
        ("483052n", "its letter"),
        ("483052\u041d", "its letter"),  # Cyrillic
        ("48-60-00N", "below 60"),
        ("48-30-60N", "below 60"),
        ("48-60.0N", "below 60"),
        ("48-59-60.5N", "below 60"),
        ("486000N", "below 60"),
        ("90-00-00.001N", "at most 90"),
        ("91N", "at most 90"),
        ("-90.00001", "at most 90"),
        ("48-30-52.0001N", "whole number of milliarcseconds"),
        ("48.514441N", "whole number of milliarcseconds"),
        ("48-30.00001N", "whole number of milliarcseconds"),
        ("048-30-52N", "form"),
        ("0483052N", "form"),
        ("48-3-52N", "form"),
        ("8-30-52N", "form"),
        ("48305N", "form"),
        ("4830N", "form"),
        ("48-30'52\"N", "form"),
        ("48°30-52N", "form"),
        ("48.5-30N", "form"),
        ("48.N", "form"),
        (".5N", "form"),
        ("48,5N", "form"),
        ("48 30 52N", "form"),
        (" 48N", "form"),
        ("48N ", "N or S"),
        ("48N\n", "N or S"),
        ("\u0664\u0668N", "form"),  # Arabic digits
        ("≈48.5144443N", "form"),
        ("1e1N", "form"),
        ("48." + "0" * 40 + "N", "at most 32"),
    ],
)
def test_latitude_is_refused_and_says_why(text: str, because: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_latitude(text)
    assert caught.value.code is Refusal.BAD_TEXT
    assert because in caught.value.detail


@pytest.mark.parametrize(
    "text", ["180.00001E", "181W", "-180.00001", "9-20-08E", "09-20-08E", "092008E", "9N"]
)
def test_longitude_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_longitude(text)
    assert caught.value.code is Refusal.BAD_TEXT


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789.-+°'\"NSEW ,≈٤", max_size=20))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (parse_latitude, parse_longitude, parse_point, parse_length):
        try:
            parse(text)
        except Refused as error:
            assert error.code in {Refusal.BAD_TEXT, Refusal.OUT_OF_RANGE}


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("48-30-52N 009-20-08E", (174_652_000, 33_608_000)),
        ("48-30-52N,009-20-08E", (174_652_000, 33_608_000)),
        (" 48-30-52N ,  009-20-08E ", (174_652_000, 33_608_000)),
        ("483052N0092008E", (174_652_000, 33_608_000)),
        ("-48.5, +9.25", (-174_600_000, 33_300_000)),
        ("90N 45E", (MAX_LATITUDE, 0)),
        ("90S 45E", (-MAX_LATITUDE, 0)),
        ("0N 180W", (0, MAX_LONGITUDE)),
    ],
)
def test_spellings_of_points(text: str, point: LatLon) -> None:
    assert parse_point(text) == point


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "a latitude and a longitude"),
        ("48N", "a latitude and a longitude"),
        ("48N 9E 7E", "a latitude and a longitude"),
        ("48N,,9E", "a latitude and a longitude"),
        ("9E 48N", "latitude first"),
        ("009-20-08E, 48-30-52N", "latitude first"),
        ("9E", "a latitude and a longitude"),
        ("48N 9N", "its letter"),
        ("48.5 9.25", "N or S"),
        ("48N\t9E", "a latitude and a longitude"),
    ],
)
def test_point_is_refused_and_says_why(text: str, because: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_point(text)
    assert caught.value.code is Refusal.BAD_TEXT
    assert because in caught.value.detail


# Lengths as text -----------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.integers(1, MAX_RADIUS), st.sampled_from(list(LengthUnit)))
def test_lengths_are_exact_both_ways(metres: int, unit: LengthUnit) -> None:
    """Miles that no decimal gives are printed in kilometres: the metres are never wrong."""
    kept = unit if metres % QUARTER_MILE == 0 else KM
    assert parse_length(format_length(metres, unit)) == (metres, kept)
    if metres * QUARTER_MILE <= MAX_RADIUS:
        quarters = metres * QUARTER_MILE
        assert parse_length(format_length(quarters, unit)) == (quarters, unit)


@pytest.mark.parametrize(
    ("text", "length", "printed"),
    [
        ("12.5 NM", (23_150, NM), "12.5 NM"),
        ("12.50nmi", (23_150, NM), "12.5 NM"),
        ("100 NM", (185_200, NM), "100 NM"),
        ("23 km", (23_000, KM), "23 km"),
        ("23.150 km", (23_150, KM), "23.15 km"),
        ("0.001km", (1, KM), "0.001 km"),
    ],
)
def test_spellings_of_lengths(text: str, length: tuple[int, LengthUnit], printed: str) -> None:
    assert parse_length(text) == length
    assert format_length(*length) == printed


def test_inexact_miles_are_printed_in_kilometres() -> None:
    assert format_length(22_409, NM) == "22.409 km"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12.1 NM", Refusal.BAD_TEXT),
        ("0.0001 km", Refusal.BAD_TEXT),
        ("500 m", Refusal.BAD_TEXT),
        ("12", Refusal.BAD_TEXT),
        ("12 nm", Refusal.BAD_TEXT),
        ("12 M", Refusal.BAD_TEXT),
        ("-1 km", Refusal.BAD_TEXT),
        ("1,5 km", Refusal.BAD_TEXT),
        ("1  km", Refusal.BAD_TEXT),
        ("1" * 40 + " km", Refusal.BAD_TEXT),
        ("0 km", Refusal.OUT_OF_RANGE),
        ("20003.932 km", Refusal.OUT_OF_RANGE),
    ],
)
def test_length_is_refused(text: str, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        parse_length(text)
    assert caught.value.code is code
