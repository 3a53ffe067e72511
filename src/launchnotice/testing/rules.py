"""The rules across fields of every record, each with a change that breaks it and no other.

A change is raw CBOR values by field names, to be laid over a valid map of the record: None
takes a field away, ``"#100"`` is a field with a key that the record does not know. A rule
whose change depends on what the map has is a function from one to the other.

Not here: what a codec judges by itself (`launchnotice.testing.mutations` derives that).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from launchnotice.registry import (
    ActivityType,
    AltitudeReference,
    AltitudeUnit,
    AreaForm,
    AreaRole,
    LaunchOutcome,
    QueryTopic,
    Refusal,
    ReplyStatus,
    StatementTopic,
)
from launchnotice.wire import geo, launch, notices, signals
from launchnotice.wire.geodesy import MAX_LATITUDE
from launchnotice.wire.record import Record
from launchnotice.wire.withheld import Disclosure

__all__ = ["RULES", "Rule"]

Raw = Mapping[str, Any]


class Rule(NamedTuple):
    """A rule across fields: its code, what breaks it, and the change that does."""

    code: Refusal
    name: str
    change: Raw | Callable[[Raw], Raw]

    def broken(self, raw: Raw) -> dict[str, Any]:
        """The fields of a valid map after the change."""
        change = self.change if isinstance(self.change, Mapping) else self.change(raw)
        return {name: value for name, value in {**raw, **change}.items() if value is not None}


def _rule(name: str, change: Raw | Callable[[Raw], Raw], code: Refusal = Refusal.INCONSISTENT) -> Rule:
    return Rule(code, name, change)


# Parts of changes ----------------------------------------------------------------------

_DIGEST: Final = bytes(32)
_POINT: Final = [AreaForm.POINT.value, {1: 0, 2: 0}]
_METRES: Final = AltitudeUnit.METRE.value
_SEA: Final = AltitudeReference.MEAN_SEA_LEVEL.value
_OFF_POLE: Final = {"latitude": MAX_LATITUDE, "longitude": 1}
_KEYS: Final = {row.name: row.key for row in launch.LaunchNotification.FIELDS}


def _notification(**change: Any) -> Callable[[Raw], Raw]:
    """A change of a notification; what it gives is withheld no more."""
    given = {_KEYS[name] for name, value in change.items() if value is not None}

    def changed(raw: Raw) -> Raw:
        kept = [row for row in raw.get("withheld", ()) if row[1] not in given]
        return {**change, "withheld": kept or None}

    return changed


def _withheld(*keys: int, **change: Any) -> Raw:
    return {**change, "withheld": [{1: key, 2: _DIGEST} for key in keys]}


def _not_launched(**flight: Any) -> Raw:
    names = ("launched_at", "last_launched_at", "launch_count", "areas", "direction", "deviated")
    return {**dict.fromkeys(names), "outcome": LaunchOutcome.NOT_LAUNCHED.value, **flight}


def _kilo(value: int, unit: int = _METRES) -> dict[int, int]:
    return {1: value, 2: unit, 3: _SEA}


# The table -----------------------------------------------------------------------------

_POLE: Final = _rule("longitude of a pole", _OFF_POLE, Refusal.BAD_AREA)

_AREAS: Final[dict[type[Record], tuple[Rule, ...]]] = {
    geo.Point: (_POLE,),
    geo.Circle: (_POLE,),
    geo.Polygon: (
        _rule("longitude of a pole", {"points": [MAX_LATITUDE, 1, 0, 0, 0, 1]}, Refusal.BAD_AREA),
        _rule("a point twice", {"points": [0, 0, 0, 1, 1, 1, 0, 0]}, Refusal.BAD_AREA),
    ),
    geo.Corridor: (
        _rule("longitude of a pole", {"points": [0, 0, -MAX_LATITUDE, 1]}, Refusal.BAD_AREA),
        _rule("a point after itself", {"points": [0, 0, 0, 1, 0, 1]}, Refusal.BAD_AREA),
    ),
    geo.LandRegion: (
        _rule("neither name nor boundary", {"name": None, "boundary": None}, Refusal.MISSING_FIELD),
    ),
    geo.Altitude: (
        _rule("flight level above the sea", {"unit": AltitudeUnit.FLIGHT_LEVEL.value, "reference": _SEA}),
    ),
    geo.AltitudeBand: (
        _rule("neither limit", {"lower": None, "upper": None}),
        _rule("limits equal", {"lower": _kilo(1), "upper": _kilo(1)}),
        _rule("limits out of order", {"lower": _kilo(2), "upper": _kilo(1)}),
    ),
}

_PARTS: Final[dict[type[Record], tuple[Rule, ...]]] = {
    launch.Window: (
        _rule("ends as it begins", lambda raw: {"end": raw["start"]}),
        _rule("ends before it begins", {"start": 2, "end": 1}),
    ),
    launch.Direction: (
        _rule("azimuth and sector", {"azimuth": 0, "sector": 1}),
        _rule("neither azimuth nor sector", {"azimuth": None, "tolerance": None, "sector": None}),
        _rule("tolerance of a sector", {"azimuth": None, "tolerance": 1, "sector": 1}),
    ),
    launch.Bounds: (
        _rule("neither bound", {"at_least": None, "at_most": None}),
        _rule("bounds out of order", {"at_least": 1, "at_most": 0}),
    ),
    launch.Distances: (
        _rule("no assertion", dict.fromkeys(("site", "impact", "trajectory", "crosses", "own_side"))),
    ),
    launch.Orbit: (
        _rule("no element", dict.fromkeys(("inclination", "perigee", "apogee"))),
        _rule("apogee below perigee", {"perigee": 1, "apogee": 0}),
    ),
    notices.Total: (_rule("notified above launched", {"launched": 0, "notified": 1}),),
    notices.SpaceObject: (_rule("no identifier", dict.fromkeys(("designator", "catalogue", "name"))),),
    notices.Track: (_POLE,),
    Disclosure: (
        _rule("value cut short", {"value": b"\x41"}, Refusal.NOT_CBOR),
        _rule("value with bytes after it", {"value": b"\x00\x00"}, Refusal.NOT_CBOR),
        _rule("value with a tag", {"value": b"\xc0\x00"}, Refusal.FORBIDDEN_TYPE),
        _rule("value not deterministic", {"value": b"\x18\x00"}, Refusal.NOT_DETERMINISTIC),
        _rule("value of too many items", {"value": b"\x99\x04\x01" + bytes(1_025)}, Refusal.TOO_LARGE),
    ),
}

_NOTICES: Final[dict[type[Record], tuple[Rule, ...]]] = {
    launch.LaunchNotification: (
        _rule("date and window", _notification(planned_date=0, window={1: 0, 2: 1}, backup_windows=None)),
        _rule("neither date nor window", dict.fromkeys(("planned_date", "window", "backup_windows"))),
        _rule(
            "backup windows of a date",
            _notification(planned_date=0, window=None, backup_windows=[{1: 0, 2: 1}]),
        ),
        _rule(
            "backup window before the window",
            _notification(planned_date=None, window={1: 1, 2: 3}, backup_windows=[{1: 2, 2: 4}]),
        ),
        _rule(
            "backup window before the one before it",
            _notification(
                planned_date=None, window={1: 1, 2: 3}, backup_windows=[{1: 5, 2: 7}, {1: 4, 2: 5}]
            ),
        ),
        _rule("group of one launch", _notification(launch_count=None, group=1)),
        _rule(
            "further launch area of one launch",
            _notification(launch_count=None, further_launch_areas=[_POINT]),
        ),
        _rule(
            "as many further launch areas as launches",
            _notification(launch_count=2, further_launch_areas=[_POINT] * 2),
        ),
        _rule("hazard area of a launch", _notification(hazard_areas=[{1: AreaRole.LAUNCH.value, 2: _POINT}])),
        _rule("hazard area of impact", _notification(hazard_areas=[{1: AreaRole.IMPACT.value, 2: _POINT}])),
        _rule("withheld out of order", _withheld(201, 200), Refusal.UNSORTED),
        _rule("withheld twice", _withheld(200, 200), Refusal.DUPLICATE_ENTRY),
        _rule("withheld and required", _withheld(_KEYS["category"])),
        _rule("withheld and given", _withheld(_KEYS["purpose"], purpose=1)),
        _rule("withheld and needed", _withheld(_KEYS["remark"], remark=None)),
        _rule("withheld and given by a later version", {"#200": 0, **_withheld(200)}),
    ),
    launch.LaunchReport: (
        *[
            _rule(f"{outcome.name.lower()} at no time", {"outcome": outcome.value, "launched_at": None})
            for outcome in (
                LaunchOutcome.LAUNCHED,
                LaunchOutcome.PARTLY_LAUNCHED,
                LaunchOutcome.FAILED_IN_FLIGHT,
                LaunchOutcome.DESTROYED,
            )
        ],
        _rule("not launched at a time", _not_launched(launched_at=0)),
        _rule("not launched at a last time", _not_launched(last_launched_at=0)),
        _rule("not launched once", _not_launched(launch_count=1)),
        _rule("not launched over areas", _not_launched(areas=[{1: 1, 2: _POINT}])),
        _rule("not launched in a direction", _not_launched(direction={3: 1})),
        _rule("not launched off its course", _not_launched(deviated=False)),
        _rule("neither notified nor of a category", {"launch": None, "category": None}),
        _rule(
            "last before first",
            {"outcome": LaunchOutcome.LAUNCHED.value, "launched_at": 2, "last_launched_at": 1},
        ),
    ),
    notices.Query: (
        _rule("fields of no subject", {"subject": None, "fields": [1]}),
        _rule("a field twice", {"subject": _DIGEST, "fields": [2, 1, 2]}, Refusal.DUPLICATE_ENTRY),
        _rule("no observation", {"topic": QueryTopic.OBSERVATION.value, "observation": None}),
    ),
    notices.Reply: (
        _rule("no notices to see", {"status": ReplyStatus.SEE_NOTICES.value, "notices": None}),
        _rule("a notice twice", {"notices": [_DIGEST, _DIGEST]}, Refusal.DUPLICATE_ENTRY),
    ),
    notices.AnnualDeclaration: (
        _rule("two totals of a category", {"totals": [{1: 1, 3: 1}, {1: 1, 3: 2}]}, Refusal.DUPLICATE_ENTRY),
        _rule(
            "two totals of a class",
            {"totals": [{1: 1, 2: 1, 3: 1}, {1: 1, 3: 1}, {1: 1, 2: 1, 3: 1}]},
            Refusal.DUPLICATE_ENTRY,
        ),
    ),
    notices.Activity: (
        _rule("de-orbit of nothing", {"activity": ActivityType.DEORBIT.value, "object": None}),
        _rule("an effect twice", {"effects": [1, 1]}, Refusal.DUPLICATE_ENTRY),
    ),
    notices.RegimeStatus: (
        _rule("kinds out of order", {"kinds": [2, 1]}, Refusal.UNSORTED),
        _rule("a kind twice", {"kinds": [1, 1]}, Refusal.DUPLICATE_ENTRY),
    ),
    notices.Statement: tuple(
        _rule(f"no {needed}", {"topic": topic.value, needed: None})
        for topic, needed in (
            (StatementTopic.SITES, "sites"),
            (StatementTopic.LINKS, "links"),
            (StatementTopic.DISCLOSURE, "disclosures"),
            (StatementTopic.OTHER, "text"),
        )
    ),
}

_SIGNALS: Final[dict[type[Record], tuple[Rule, ...]]] = {
    signals.Dissemination: (
        _rule("parties out of order", {"parties": ["B", "A"]}, Refusal.UNSORTED),
        _rule("a party twice", {"parties": ["A", "A"]}, Refusal.DUPLICATE_ENTRY),
    ),
    signals.Sync: (
        _rule(
            "range ends before it begins",
            {"wanted": [{1: "A", 2: {1: 1, 2: bytes(16)}, 3: 2, 4: 1}]},
        ),
    ),
}

RULES: Final[dict[type[Record], tuple[Rule, ...]]] = {**_AREAS, **_PARTS, **_NOTICES, **_SIGNALS}
"""The rules across fields of a body and of the records within it; a record without any is absent."""
