"""Bodies of every kind as text: complete, told apart, safe."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import UsageError
from launchnotice.registry import (
    AltitudeReference,
    AltitudeUnit,
    AreaRole,
    Kind,
    LengthUnit,
    QueryTopic,
    Regime,
    ReplyStatus,
    Sector,
)
from launchnotice.render.fields import Style, groups, layout
from launchnotice.render.records import altitude, metres, tree
from launchnotice.testing.strategies import bodies
from launchnotice.wire import cbor, geo
from launchnotice.wire.message import BODIES
from launchnotice.wire.notices import (
    Bounds,
    Direction,
    Disclosure,
    Distances,
    LaunchNotification,
    Orbit,
    Query,
    RegimeStatus,
    Reply,
    Telemetry,
    Track,
    Withheld,
)
from launchnotice.wire.record import Record
from tests.render.leaves import dense, leaves
from tests.support import NOW, launch

EVERY_KIND = pytest.mark.parametrize("kind", BODIES)
STYLES = pytest.mark.parametrize("style", Style)


def shown(record: Record, style: Style = Style.RAW) -> str:
    return "\n".join(layout(tree(record, style)))


def value(record: Record, label: str) -> str:
    """What stands after a label, its lines joined."""
    lines = shown(record, Style.SPOKEN).splitlines()
    at = next(number for number, line in enumerate(lines) if line.strip().startswith(f"{label}  "))
    more = [line.strip() for line in lines[at + 1 :]]
    count = next((n for n, line in enumerate(lines[at + 1 :]) if not line.startswith(" " * 24)), len(more))
    return " ".join([lines[at].strip().removeprefix(label).strip(), *more[:count]])


@STYLES
@EVERY_KIND
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_value_of_every_kind_is_in_its_text_and_every_line_is_safe(
    kind: int, style: Style, data: st.DataObject
) -> None:
    body = data.draw(bodies(kind, flawed=True))
    text = shown(body, style)
    found = dense(text)
    for leaf in leaves(body):
        assert leaf in found
    assert all(line.isprintable() for line in text.split("\n"))


@STYLES
@EVERY_KIND
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_bodies_that_differ_in_one_field_differ_in_their_text(
    kind: int, style: Style, data: st.DataObject
) -> None:
    body, other = data.draw(bodies(kind)), data.draw(bodies(kind))
    values = {row.name: getattr(body, row.name) for row in body.FIELDS}
    for name in values:
        changed: Any = {**values, name: getattr(other, name)}
        try:
            near = type(body)(**changed)
        except UsageError:  # it breaks a rule
            continue
        assert (shown(near, style) == shown(body, style)) == (near == body)


@STYLES
def test_every_absent_field_of_a_body_is_said_to_be_absent_when_it_is_spoken(style: Style) -> None:
    text = dense(shown(launch(), style))
    absent = [row.name for row in LaunchNotification.FIELDS if getattr(launch(), row.name) in (None, ())]
    assert absent
    assert (dense(", ".join(absent).replace("_", " ")) in text) == (style is Style.SPOKEN)


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        (Direction(azimuth=6_750, tolerance=500), "067.50 degrees, +/- 5.00"),
        (Direction(azimuth=0), "000.00 degrees"),
        (Direction(azimuth=35_999, tolerance=1), "359.99 degrees, +/- 0.01"),
        (Direction(sector=Sector.ENE), "ENE (compass sector)"),
    ],
)
def test_directions_read_as_they_are_said(direction: Direction, text: str) -> None:
    assert value(launch(direction=direction), "direction") == text


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (Bounds(at_least=2_000_000), "at least 2,000 km"),
        (Bounds(at_most=999), "at most 999 m"),
        (Bounds(at_least=0, at_most=1_234_500), "at least 0 m, at most 1,234.5 km"),
    ],
)
def test_bounds_are_lengths(bounds: Bounds, text: str) -> None:
    assert value(launch(range=bounds), "range") == text


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0 m"), (999, "999 m"), (1_000, "1 km"), (100_000, "100 km"), (1_000_001, "1,000.001 km")],
)
def test_metres_are_exact(length: int, text: str) -> None:
    assert metres(length) == text


@pytest.mark.parametrize(
    ("number", "unit", "reference", "text"),
    [
        (600, AltitudeUnit.FLIGHT_LEVEL, AltitudeReference.STANDARD_PRESSURE, "FL 600"),
        (2_000, AltitudeUnit.FOOT, AltitudeReference.MEAN_SEA_LEVEL, "2,000 ft above mean sea level"),
        (-50, AltitudeUnit.METRE, AltitudeReference.GROUND, "-50 m above ground"),
        (9_000, AltitudeUnit.METRE, AltitudeReference.STANDARD_PRESSURE, "9,000 m by standard pressure"),
    ],
)
def test_altitudes_have_their_unit_and_reference(
    number: int, unit: AltitudeUnit, reference: AltitudeReference, text: str
) -> None:
    height = geo.Altitude(value=number, unit=unit, reference=reference)
    assert altitude(height) == text
    assert f"to {text}" in shown(geo.Zone(role=AreaRole.STAGE, area=site(), altitude=band(upper=height)))


def band(**limits: geo.Altitude) -> geo.AltitudeBand:
    return geo.AltitudeBand(**limits)


def site() -> geo.NamedSite:
    return geo.NamedSite(name="Kura")


def test_zones_are_labelled_by_their_role_and_have_their_altitudes() -> None:
    low = geo.Altitude(value=10, unit=AltitudeUnit.METRE, reference=AltitudeReference.GROUND)
    zones = (
        geo.Zone(role=AreaRole.STAGE, area=site()),
        geo.Zone(role=AreaRole.CLOSURE, area=site(), altitude=band(lower=low)),
    )
    assert layout(tree(launch(hazard_areas=zones), Style.SPOKEN))[11:19] == [
        "  hazard areas          2",
        "    1 stage             named site",
        "      name              Kura",
        "    2 closure           named site",
        "      name              Kura",
        "      altitudes         from 10 m above ground",
        "                        without upper limit",
        "  launch count          1",
    ]


def test_lengths_are_in_their_authors_unit_and_say_if_no_decimal_of_it_is_exact() -> None:
    ends = ((0, 0), (0, 3_600_000))
    wide = geo.Corridor(points=ends, half_width=185_200, unit=LengthUnit.NAUTICAL_MILE)
    odd = geo.Corridor(points=ends, half_width=185_201, unit=LengthUnit.NAUTICAL_MILE)
    assert value(launch(launch_area=wide), "half width") == "100 NM"
    assert value(launch(launch_area=odd), "half width") == "185.201 km, given in nautical miles"


def test_other_numbers_have_their_units() -> None:
    assert value(launch(orbit=Orbit(inclination=5_164)), "inclination") == "51.64 degrees"
    told = Telemetry(frequencies=(2_250_500, 400))
    assert value(launch(telemetry=told), "frequencies") == "2,250,500 kHz, 400 kHz"
    asserted = Distances(site=40_000, crosses=False)
    assert value(launch(distances=asserted), "launch site") == "at least 40 km from the boundary"
    assert value(launch(distances=asserted), "trajectory crosses it") == "no"
    track = Track(time=NOW, latitude=0, longitude=0, altitude=1_500, speed=7_900)
    assert value(track, "altitude") == "1.5 km above mean sea level"
    assert value(track, "speed") == "7,900 m/s"


def test_withheld_fields_are_named() -> None:
    rows = (Withheld(key=9, commitment=bytes(32)), Withheld(key=200, commitment=bytes(32)))
    text = shown(launch(withheld=rows))
    assert "direction, field 9\n" in text
    assert "unknown field 200\n" in text
    assert groups(bytes(32)).split("\n")[0] in text


def disclosed(key: int, raw: object) -> str:
    one = Disclosure(notice=bytes(32), key=key, salt=b"\xff" * 32, value=cbor.encode(raw))
    return shown(Reply(query=bytes(32), status=ReplyStatus.ANSWERED, disclosures=(one,)), Style.SPOKEN)


def test_disclosed_values_are_shown_as_their_field_would_be() -> None:
    text = disclosed(9, {1: 6_750})
    assert "direction, field 9\n" in text
    assert "value             067.50 degrees\n" in text
    areas = disclosed(7, [geo.Area().dump(site())])
    assert "      value             1\n        1               named site\n" in areas


def test_disclosed_values_that_nobody_can_read_are_shown_raw_and_safe() -> None:
    text = disclosed(24, "\x1b[2J")
    assert "UNINTELLIGIBLE: bad-text" in text
    assert '"\\u001b[2J"' in text
    assert "unknown field 99\n" not in disclosed(99, "x")  # the remark
    assert "unknown field 200\n" in disclosed(200, {1: b"\x00"})
    assert "{1: h'00'}" in disclosed(200, {1: b"\x00"})


def test_queries_and_regimes_name_what_they_are_about() -> None:
    query = Query(topic=QueryTopic.DISCREPANCY, asked="RU", subject=bytes(32), fields=(7, 200, 4))
    assert value(query, "fields").startswith("7 (impact areas), 200, 4 (planned date) ")
    regime = RegimeStatus(status=Regime.SUSPENDED, effective=NOW, kinds=(1, 2, 60))
    assert value(regime, "kinds") == "launch notification, amendment, unknown kind 60"


def test_unknown_fields_of_a_record_within_a_record_are_shown() -> None:
    body = BODIES[Kind.AMENDMENT].load(
        {1: bytes(32), 2: bytes(32), 3: 1, 4: {**launch().dump(), 120: "\x1b"}, 121: 5}
    )
    text = shown(body, Style.SPOKEN)
    assert '    unknown field 120   "\\u001b"' in text
    assert "  unknown field 121     5" in text


def test_a_peers_flawed_area_says_so() -> None:
    ends = ((0, 0), (0, 648_000_000))
    corridor = geo.Corridor(points=ends, half_width=1, unit=LengthUnit.KILOMETRE)
    zone = geo.Zone(role=AreaRole.DEBRIS, area=corridor)
    assert "PROBLEM" in shown(zone)
