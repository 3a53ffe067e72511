"""Field values that were drawn independently, changed as little as makes the rules across fields hold.

One function a record, from the values by name to those that differ. Every value that a record
can have still occurs: what keeps the rules already is left as it is.

Not here: `withheld`, whose commitments are made from values (`launchnotice.testing.strategies`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, Final

from launchnotice.registry import (
    ActivityType,
    AltitudeReference,
    AltitudeUnit,
    AreaRole,
    Category,
    LaunchOutcome,
    LengthUnit,
    QueryTopic,
    ReplyStatus,
    Sector,
    StatementTopic,
)
from launchnotice.wire import geo, launch, notices, signals
from launchnotice.wire.coordinates import QUARTER_MILE
from launchnotice.wire.geodesy import MAX_LATITUDE
from launchnotice.wire.record import Record
from launchnotice.wire.streams import Range
from launchnotice.wire.times import MAX_INSTANT

__all__ = ["repaired"]

Values = Mapping[str, Any]


def repaired(record: type[Record], values: Values, *, flawed: bool) -> dict[str, Any]:
    """The values of a record's fields such that its rules hold.

    Unless `flawed`, lengths are exact for their unit as well.
    """
    found = {**values}
    for repair in (_REPAIRS.get(record), None if flawed else _POLISH.get(record)):
        if repair is not None:
            found |= repair(found)
    return found


# Areas ---------------------------------------------------------------------------------


def _pole(values: Values) -> Values:
    return {"longitude": 0} if abs(values["latitude"]) == MAX_LATITUDE else {}


def _land_region(values: Values) -> Values:
    return {"name": "land"} if values["name"] is None and values["boundary"] is None else {}


def _altitude(values: Values) -> Values:
    level = values["unit"] is AltitudeUnit.FLIGHT_LEVEL
    return {"reference": AltitudeReference.STANDARD_PRESSURE} if level else {}


def _altitude_band(values: Values) -> Values:
    lower, upper = values["lower"], values["upper"]
    if lower is None and upper is None:
        return {"upper": _SURFACE}
    if lower is None or upper is None or (lower.unit, lower.reference) != (upper.unit, upper.reference):
        return {}
    if upper.value < lower.value:
        return {"lower": upper, "upper": lower}
    return {"lower": None} if upper.value == lower.value else {}


_SURFACE: Final = geo.Altitude(value=0, unit=AltitudeUnit.METRE, reference=AltitudeReference.MEAN_SEA_LEVEL)


def _exact(name: str) -> Callable[[Values], Values]:
    """Nautical miles in quarters, since nothing finer is a whole number of metres."""

    def repair(values: Values) -> Values:
        miles = values["unit"] is LengthUnit.NAUTICAL_MILE
        return {name: max(1, values[name] // QUARTER_MILE) * QUARTER_MILE} if miles else {}

    return repair


# Parts ---------------------------------------------------------------------------------


def _window(values: Values) -> Values:
    start, end = sorted((values["start"], values["end"]))
    return {"start": min(start, MAX_INSTANT - 1), "end": max(end, start + 1) if start < MAX_INSTANT else end}


def _direction(values: Values) -> Values:
    if values["azimuth"] is not None:
        return {"sector": None}
    return {"tolerance": 0, "sector": values["sector"] or Sector.N}


def _bounds(values: Values) -> Values:
    least, most = values["at_least"], values["at_most"]
    if least is None and most is None:
        return {"at_most": 0}
    return {"at_least": most, "at_most": least} if None not in (least, most) and least > most else {}


def _distances(values: Values) -> Values:
    return {"crosses": False} if set(values.values()) == {None} else {}


def _orbit(values: Values) -> Values:
    perigee, apogee = values["perigee"], values["apogee"]
    if set(values.values()) == {None}:
        return {"inclination": 0}
    swap = None not in (perigee, apogee) and apogee < perigee
    return {"perigee": apogee, "apogee": perigee} if swap else {}


def _total(values: Values) -> Values:
    return {"notified": None} if (values["notified"] or 0) > values["launched"] else {}


def _space_object(values: Values) -> Values:
    return {"catalogue": 1} if set(values.values()) == {None} else {}


def _range(values: Values) -> Values:
    first, last = sorted((values["first"], values["last"]))
    return {"first": first, "last": last}


# Bodies --------------------------------------------------------------------------------


def _launch_notification(values: Values) -> Values:
    window = values["window"]
    spans = () if window is None else _in_turn((window, *values["backup_windows"]))
    return {
        "planned_date": (values["planned_date"] or 0) if window is None else None,
        "window": spans[0] if spans else None,
        "backup_windows": spans[1:],
        "launch_count": max(
            values["launch_count"],
            1 if values["group"] is None else 2,
            len(values["further_launch_areas"]) + 1,
        ),
        "hazard_areas": tuple(map(_hazard, values["hazard_areas"])),
    }


def _in_turn(spans: tuple[launch.Window, ...]) -> tuple[launch.Window, ...]:
    """As many windows or fewer, each after the one before it, of the same instants."""
    edges = sorted({*chain.from_iterable((span.start, span.end) for span in spans)})
    return tuple(
        launch.Window(start=start, end=end) for start, end in zip(edges[::2], edges[1::2], strict=False)
    )


def _hazard(zone: geo.Zone) -> geo.Zone:
    role = zone.role if zone.role in geo.HAZARDS else AreaRole.CLOSURE
    return geo.Zone(role=role, area=zone.area, altitude=zone.altitude)


def _launch_report(values: Values) -> Values:
    found: dict[str, Any] = {}
    if values["launch"] is None:
        found["category"] = values["category"] or Category.OTHER
    if values["outcome"] is LaunchOutcome.NOT_LAUNCHED:
        flight = ("launched_at", "last_launched_at", "launch_count", "direction", "deviated")
        return found | dict.fromkeys(flight) | {"areas": ()}
    first = values["launched_at"]
    if values["outcome"] is not LaunchOutcome.FAILED_ON_PAD:
        first = found["launched_at"] = first or 0
    if values["last_launched_at"] is not None and values["last_launched_at"] < (first or 0):
        found["last_launched_at"] = first
    return found


def _query(values: Values) -> Values:
    found: dict[str, Any] = {"fields": () if values["subject"] is None else _once(values["fields"])}
    if values["topic"] is QueryTopic.OBSERVATION and values["observation"] is None:
        found["observation"] = notices.Observation(time=0)
    return found


def _reply(values: Values) -> Values:
    given = _once(values["notices"])
    needed = values["status"] is ReplyStatus.SEE_NOTICES and not given
    return {"notices": (bytes(32),) if needed else given}


def _annual_declaration(values: Values) -> Values:
    rows = {(total.category, total.generic_class): total for total in values["totals"]}
    return {"totals": tuple(rows.values())}


def _activity(values: Values) -> Values:
    found: dict[str, Any] = {"effects": _once(values["effects"])}
    if values["activity"] is ActivityType.DEORBIT and values["object"] is None:
        found["object"] = notices.SpaceObject(catalogue=1)
    return found


def _regime_status(values: Values) -> Values:
    return {"kinds": tuple(sorted({*values["kinds"]}))}


def _statement(values: Values) -> Values:
    if values[_TOPICS[values["topic"]]]:
        return {}
    given = [topic for topic, name in _TOPICS.items() if values[name]]
    return {"topic": given[0]} if given else {"topic": StatementTopic.OTHER, "text": "text"}


_TOPICS: Final = {
    StatementTopic.SITES: "sites",
    StatementTopic.LINKS: "links",
    StatementTopic.DISCLOSURE: "disclosures",
    StatementTopic.OTHER: "text",
}


def _dissemination(values: Values) -> Values:
    return {"parties": tuple(sorted({*values["parties"]}))}


def _once(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))


_REPAIRS: Final[dict[type[Record], Callable[[Values], Values]]] = {
    geo.Point: _pole,
    geo.Circle: _pole,
    geo.LandRegion: _land_region,
    geo.Altitude: _altitude,
    geo.AltitudeBand: _altitude_band,
    launch.Window: _window,
    launch.Direction: _direction,
    launch.Bounds: _bounds,
    launch.Distances: _distances,
    launch.Orbit: _orbit,
    launch.LaunchNotification: _launch_notification,
    launch.LaunchReport: _launch_report,
    notices.Query: _query,
    notices.Reply: _reply,
    notices.Total: _total,
    notices.AnnualDeclaration: _annual_declaration,
    notices.SpaceObject: _space_object,
    notices.Activity: _activity,
    notices.RegimeStatus: _regime_status,
    notices.Statement: _statement,
    notices.Track: _pole,
    signals.Dissemination: _dissemination,
    Range: _range,
}
_POLISH: Final[dict[type[Record], Callable[[Values], Values]]] = {
    geo.Circle: _exact("radius"),
    geo.Corridor: _exact("half_width"),
}
