"""Every way in which docs/composing.md says that a value may be written gives that value."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from launchnotice import times
from launchnotice.compose import compose, parse_form
from launchnotice.registry import Basing, LengthUnit, Sector
from launchnotice.wire.geo import Circle, Polygon
from launchnotice.wire.launch import Direction, LaunchNotification, Window
from launchnotice.wire.notices import Incident, Query, RegimeStatus
from tests.support import NOW

HEAD = 'kind = "launch notification"\ncategory = "target"\n'
START = times.parse_instant("2027-01-20T08:00:00Z")
DMS = ((48 * 60 + 30) * 60 + 52) * 1_000
LONGITUDE = ((9 * 60 + 20) * 60 + 8) * 1_000


def made(form: str) -> Any:
    found = compose(form, NOW)
    assert [(one.key, one.expected, one.found) for one in found.mistakes] == []
    return found.body


@pytest.mark.parametrize(
    "written",
    [
        '"2027-01-20T08:00:00Z"',
        "2027-01-20T08:00:00Z",
        "2027-01-20 08:00:00Z",
        "2027-01-20T08:00:00+00:00",
        '"2027-01-20T08:00Z"',
        '"2027-01-20 08:00:00 UTC"',
        '" 2027-01-20T08:00:00Z "',
    ],
)
def test_an_instant_is_written_in_utc(written: str) -> None:
    body = made(f'{HEAD}window = {{ start = {written}, end = "2027-01-20T12:00:00Z" }}')
    assert body.window == Window(start=START, end=START + 4 * 3_600)


@pytest.mark.parametrize("written", ['"2027-01-20"', "2027-01-20"])
def test_a_date_is_written_year_first(written: str) -> None:
    assert made(f"{HEAD}planned_date = {written}").planned_date == START // 86_400


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("48-30-52N", "009-20-08E"),
        ("483052N", "0092008E"),
        ("48°30'52\"N", "9°20'8\"E"),
        ("48° 30' 52\" N", "9° 20′ 8″ E"),
        ("48-30-52.000N", "009-20.13335E"),
        ("48.51444N", "9.33556E"),
    ],
)
@pytest.mark.parametrize("joint", [" ", ", ", "", "  "])
def test_a_coordinate_has_its_letter(latitude: str, longitude: str, joint: str) -> None:
    """Each form within the precision that it has; in a point, whatever stands between the two."""
    area = {"form": "circle", "latitude": latitude, "longitude": longitude, "radius": "12 nmi"}
    points = [latitude + joint + longitude, "48N 10E", "47N 10E"]
    form: dict[str, Any] = {**tomllib.loads(HEAD), "planned_date": "2027-01-20", "launch_area": area}
    found = compose({**form, "impact_areas": [{"form": "polygon", "points": points}]}, NOW)
    assert found.mistakes == ()
    assert isinstance(found.body, LaunchNotification)
    circle, polygon = found.body.launch_area, found.body.impact_areas[0]
    assert isinstance(circle, Circle)
    assert isinstance(polygon, Polygon)
    assert polygon.points[0] == circle.centre
    assert abs(circle.latitude - DMS) < 36
    assert abs(circle.longitude - LONGITUDE) < 36


@pytest.mark.parametrize(
    ("written", "metres", "unit"),
    [
        ("12 nmi", 22_224, LengthUnit.NAUTICAL_MILE),
        ("12.25 NM", 22_687, LengthUnit.NAUTICAL_MILE),
        ("20 km", 20_000, LengthUnit.KILOMETRE),
        ("250 m", 250, LengthUnit.KILOMETRE),
    ],
)
def test_a_radius_keeps_the_unit_of_its_author(written: str, metres: int, unit: LengthUnit) -> None:
    area = f'{{ form = "circle", latitude = "48N", longitude = "9E", radius = "{written}" }}'
    circle = made(f'{HEAD}planned_date = "2027-01-20"\nlaunch_area = {area}').launch_area
    assert (circle.radius, circle.unit) == (metres, unit)


@pytest.mark.parametrize(
    ("written", "direction"),
    [
        ('{ azimuth = "042.5°" }', Direction(azimuth=4_250)),
        ('{ azimuth = "42.5 deg", tolerance = "1 degrees" }', Direction(azimuth=4_250, tolerance=100)),
        ('{ sector = "NE" }', Direction(sector=Sector.NE)),
        ('{ sector = "north-east" }', Direction(sector=Sector.NE)),
        ('{ sector = "North North East" }', Direction(sector=Sector.NNE)),
        ('{ sector = "west-southwest" }', Direction(sector=Sector.WSW)),
    ],
)
def test_a_direction_is_an_azimuth_or_a_sector(written: str, direction: Direction) -> None:
    assert made(f'{HEAD}planned_date = "2027-01-20"\ndirection = {written}').direction == direction


@pytest.mark.parametrize(
    "written", ["fixed on land", "Fixed on Land", "fixed_on_land", "fixed-on-land", " fixed  on land "]
)
def test_a_word_is_one_of_the_protocol(written: str) -> None:
    assert made(f'{HEAD}planned_date = "2027-01-20"\nbasing = "{written}"').basing is Basing.FIXED_ON_LAND


def test_numbers_that_have_names_are_written_by_them() -> None:
    subject = "AB" * 16 + " " + "cd" * 16
    query = made(
        f'kind = "query"\ntopic = "discrepancy"\nasked = "RU"\nsubject = "{subject}"\n'
        'fields = ["impact_areas", "launch area", 9, 200]'
    )
    assert isinstance(query, Query)
    assert query.fields == (7, 6, 9, 200)
    assert query.subject == bytes.fromhex(subject)
    regime = made(
        'kind = "regime status"\nstatus = "suspended"\neffective = "2027-01-20T08:00:00Z"\n'
        'kinds = ["launch notification", "Launch-Report", 63]'
    )
    assert isinstance(regime, RegimeStatus)
    assert regime.kinds == (1, 5, 63)


def test_text_of_any_editor_is_in_form_c() -> None:
    """Some file systems and editors write an accent as a character of its own."""
    form = '{"kind": "communications check", "remark": "a\\u0301"}'
    assert made(form).remark == "\u00e1"


def test_an_incident_takes_four_lines() -> None:
    body = made(
        'kind = "incident"\ntime = "2027-01-20T08:00Z"\nobject = "cruise missile"\ncontact = "line 1"\n'
        'place = { form = "water body", name = "Barents Sea" }\n'
    )
    assert isinstance(body, Incident)
    assert body.time == START


def test_a_byte_order_mark_and_line_ends_of_other_systems_are_no_mistake() -> None:
    text = "\ufeff" + 'kind = "communications check"\r\nremark = "x"\r\n'
    assert parse_form(text).values == {"kind": "communications check", "remark": "x"}
