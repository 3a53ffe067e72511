"""The values of a record as its text must have them, formatted here once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from launchnotice.registry import KINDS, label
from launchnotice.render.fields import escape
from launchnotice.wire import cbor, geo
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Date, Enumeration, Instant, Int, Text
from launchnotice.wire.coordinates import Axis, format_dms, format_length, format_point
from launchnotice.wire.notices import (
    Direction,
    Disclosure,
    LaunchNotification,
    Orbit,
    Query,
    RegimeStatus,
    Telemetry,
    Track,
)
from launchnotice.wire.quantities import METRES, Quantity
from launchnotice.wire.record import Nested, Record


def dense(shown: str) -> str:
    """Text without white space: where a line breaks says nothing."""
    return "".join(shown.split())


def leaves(record: Record) -> Iterator[str]:
    """Every value of a record, without white space."""
    whole = WHOLE.get(type(record))
    if whole is not None:
        yield from map(dense, whole(record))
        return
    for row in record.FIELDS:
        value = getattr(record, row.name)
        special = FIELDS.get((type(record), row.name))
        if value is None or value == ():
            continue
        for leaf in special(value) if special else _leaves(row.codec, value):
            yield dense(leaf)


def _leaves(codec: Codec, value: Any) -> Iterator[str]:
    match codec:
        case Array():
            for item in value:
                yield from _leaves(codec.item, item)
        case geo.Points():
            yield from map(format_point, value)
        case Nested():
            yield from leaves(value)
        case geo.Area():
            yield label(value.FORM)
            yield from leaves(value)
        case _:
            yield _leaf(codec, value)


def _leaf(codec: Codec, value: Any) -> str:
    if isinstance(codec, Quantity) and codec.unit is METRES:
        return _metres(value)
    shown: dict[type, Callable[[], str]] = {
        Axis: lambda: format_dms(value, codec),  # type: ignore[arg-type]
        Instant: lambda: datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        Date: lambda: str(date(1970, 1, 1) + timedelta(days=value)),
        Int: lambda: str(value),
        Bool: lambda: "yes" if value else "no",
        Bytes: lambda: str(value.hex()),
        Enumeration: lambda: label(value),
        Text: lambda: escape(value).replace('"', '\\"'),
    }
    return next(shown[base]() for base in type(codec).__mro__ if base in shown)


def _metres(value: int) -> str:
    if value < 1_000:
        return f"{value} m"
    return f"{Decimal(value).scaleb(-3).normalize():,f} km"


def _direction(direction: Direction) -> list[str]:
    if direction.sector is not None:
        return [direction.sector.name]
    azimuth = f"{Decimal(direction.azimuth or 0).scaleb(-2):06.2f} degrees"
    spread = f"+/- {Decimal(direction.tolerance).scaleb(-2):.2f}"
    return [azimuth, spread] if direction.tolerance else [azimuth]


def _altitude(height: geo.Altitude) -> list[str]:
    if height.unit.name == "FLIGHT_LEVEL":
        return [f"FL {height.value}"]
    return [f"{height.value:,} {'m' if height.unit.name == 'METRE' else 'ft'}", label(height.reference)]


def _disclosure(one: Disclosure) -> list[str]:
    row = next(row for row in LaunchNotification.FIELDS if row.key == one.key)
    value = row.codec.load(cbor.decode(one.value, 8_192))
    name = row.name.replace("_", " ")
    return [f"{name}, field {one.key}", one.notice.hex(), one.salt.hex(), *_leaves(row.codec, value)]


def _circle(circle: geo.Circle) -> list[str]:
    return [*format_point(circle.centre).split(), format_length(circle.radius, circle.unit)]


def _corridor(corridor: geo.Corridor) -> list[str]:
    return [*map(format_point, corridor.points), format_length(corridor.half_width, corridor.unit)]


WHOLE: dict[type[Record], Callable[[Any], list[str]]] = {
    Direction: _direction,
    geo.Altitude: _altitude,
    geo.Circle: _circle,
    geo.Corridor: _corridor,
    Disclosure: _disclosure,
}
FIELDS: dict[tuple[type[Record], str], Callable[[Any], list[str]]] = {
    (Orbit, "inclination"): lambda value: [f"{Decimal(value).scaleb(-2):.2f} degrees"],
    (Telemetry, "frequencies"): lambda value: [f"{one:,} kHz" for one in value],
    (Track, "speed"): lambda value: [f"{value:,} m/s"],
    (Query, "fields"): lambda value: list(map(str, value)),
    (RegimeStatus, "kinds"): lambda value: [KINDS[one].label if one in KINDS else str(one) for one in value],
}
