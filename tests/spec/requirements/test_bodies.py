"""Rules of one body (spec sections 5.4 to 5.24): each broken alone, and kept at its boundary.

A body that breaks one is refused by `load` with its code and cannot be made by an author. A
notice with it is shown as unintelligible; a signal with it is refused.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import pytest

from launchnotice import UsageError
from launchnotice.errors import Refused
from launchnotice.registry import FindingCode, Kind, Place
from launchnotice.wire import geo
from launchnotice.wire.codecs import Array, Codec
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record
from tests.spec.requirements.build import World, world
from tests.spec.requirements.told import Told, codes, heard
from tests.support import NOW
from tests.support.dump import snapshot

ID, OTHER_ID, SALT = bytes(range(32)), bytes(32), bytes(range(1, 33))
POLE = 324_000_000
AT, TO = (0, 0), (3_600_000, 7_200_000)

# The least that a body of each kind says.
LEAST: dict[Kind, dict[int, Any]] = {
    Kind.LAUNCH: {1: 1, 4: 20_836},
    Kind.AMENDMENT: {1: ID, 2: ID, 3: 1, 4: {1: 1, 4: 20_836}},
    Kind.WINDOW_EXTENSION: {1: ID, 2: ID, 3: {1: NOW, 2: NOW + 1}},
    Kind.CANCELLATION: {1: ID},
    Kind.LAUNCH_REPORT: {1: ID, 2: 3},
    Kind.QUERY: {1: 1, 2: "US"},
    Kind.REPLY: {1: ID, 2: 1},
    Kind.ANNUAL_DECLARATION: {1: 2026},
    Kind.ACTIVITY: {1: 2, 2: 1, 3: {1: NOW, 2: NOW + 1}},
    Kind.REGIME_STATUS: {1: 1, 2: NOW},
    Kind.COMMUNICATIONS_CHECK: {},
    Kind.STATEMENT: {1: 4, 6: "good will"},
    Kind.CONTINUED_IN: {1: ID},
    Kind.INCIDENT: {1: NOW, 2: [5, {1: "Barents Sea"}], 3: 8, 4: "duty officer"},
    Kind.RETRACTION: {1: ID, 2: 1},
    Kind.ACKNOWLEDGEMENT: {1: ID},
    Kind.DISSEMINATION: {1: ID, 2: 1},
    Kind.REJECTION: {1: ID, 2: 1},
}


class Row(NamedTuple):
    """A body of a kind: the rule that it is about, what is changed, and the code; none if it is valid."""

    requirement: str
    kind: Kind
    name: str
    code: str | None
    change: dict[int, Any]

    @property
    def body(self) -> dict[int, Any]:
        raw = LEAST[self.kind] | self.change
        return {key: raw[key] for key in sorted(raw) if raw[key] is not None}


def about(requirement: str, kind: Kind, *rows: tuple[str, str | None, dict[int, Any]]) -> list[Row]:
    return [Row(requirement, kind, *row) for row in rows]


def hazard(points: tuple[tuple[int, int], ...], role: int = 3, **more: Any) -> dict[int, Any]:
    """A corridor along these points as hazard area."""
    flat = [angle for point in points for angle in point]
    zone = {1: role, 2: [8, {1: flat, 2: 1_000, 3: 1}]}
    return {8: [zone | ({3: more["altitude"]} if more else {})]}


def band(lower: tuple[int, int, int] | None = None, upper: tuple[int, int, int] | None = None) -> Any:
    """A hazard area between two altitudes: number, unit, reference."""
    ends = {1: lower, 2: upper}
    altitude = {key: dict(zip((1, 2, 3), end, strict=True)) for key, end in ends.items() if end}
    return hazard((AT, TO), altitude=altitude)


def span(start: int, end: int) -> dict[int, int]:
    return {1: start, 2: end}


def windows(*later: tuple[int, int], first: tuple[int, int] | None = (100, 200)) -> dict[int, Any]:
    """A window and those after it; without a window a date."""
    when = {4: 20_836, 5: None} if first is None else {4: None, 5: span(*first)}
    return {**when, 12: [span(*one) for one in later]}


def held(*keys: int, given: dict[int, Any] | None = None) -> dict[int, Any]:
    """Commitments to these fields, and what is given all the same."""
    return {27: [{1: key, 2: ID} for key in keys], **(given or {})}


def shown(value: bytes, key: int = 10) -> dict[int, Any]:
    """A disclosure of that value in the field with that key."""
    return {key: [{1: ID, 2: 9, 3: SALT, 4: value}]}


TOO_MANY = tuple((number, 2 * number) for number in range(257))
L, R = Kind.LAUNCH, Kind.LAUNCH_REPORT

ROWS = [
    # Areas
    *about(
        "R-AREA-6",
        L,
        ("two points", None, hazard((AT, TO))),
        ("there and back", None, hazard((AT, TO, AT))),
        ("256 points", None, hazard(TOO_MANY[:256])),
        ("257 points", "bad-length", hazard(TOO_MANY)),
        ("one point", "bad-length", hazard((AT,))),
        ("half a point", "bad-length", {8: [{1: 3, 2: [8, {1: [0, 0, 1, 1, 2], 2: 1, 3: 1}]}]}),
        ("first point twice", "bad-area", hazard((AT, AT, TO))),
        ("last point twice", "bad-area", hazard((AT, TO, TO))),
    ),
    *about(
        "R-AREA-1",
        L,
        ("corridor to the pole", None, hazard((AT, (POLE, 0)))),
        ("corridor to the pole by two names", "bad-area", hazard((AT, (POLE, 1)))),
    ),
    *about(
        "R-AREA-7",
        L,
        ("level by pressure", None, band(upper=(600, 3, 3))),
        ("feet by pressure", None, band(upper=(600, 2, 3))),
        ("level above the sea", "inconsistent", band(upper=(600, 3, 1))),
        ("level above ground", "inconsistent", band(lower=(100, 3, 2), upper=(600, 3, 3))),
    ),
    *about(
        "R-AREA-8",
        L,
        ("from a limit up", None, band(lower=(1, 1, 1))),
        ("up to a limit", None, band(upper=(1, 1, 1))),
        ("one metre of altitude", None, band(lower=(1, 1, 1), upper=(2, 1, 1))),
        ("other units", None, band(lower=(300, 2, 1), upper=(100, 1, 1))),
        ("other references", None, band(lower=(300, 1, 2), upper=(100, 1, 1))),
        ("no limit", "inconsistent", hazard((AT, TO), altitude={})),
        ("no altitude between", "inconsistent", band(lower=(1, 1, 1), upper=(1, 1, 1))),
        ("upside down", "inconsistent", band(lower=(2, 1, 1), upper=(1, 1, 1))),
        ("levels upside down", "inconsistent", band(lower=(200, 3, 3), upper=(199, 3, 3))),
    ),
    # Withheld fields
    *about(
        "R-WITH-2",
        L,
        ("two fields", None, held(9, 20)),
        ("purpose, which is not given", None, held(15)),
        ("count, which is never withheld", "inconsistent", held(10)),
        ("remark, which is never withheld", "inconsistent", held(99)),
        ("field of a later version", None, held(200)),
        ("sixteen fields", None, held(*range(100, 116))),
        ("seventeen fields", "bad-length", held(*range(100, 117))),
        ("descending", "unsorted", held(20, 9)),
        ("descending after a repetition", "unsorted", held(20, 20, 9)),
        ("field twice", "duplicate-entry", held(9, 9)),
        ("given and required", "inconsistent", held(1)),
        ("given and optional", "inconsistent", held(4)),
        ("remark that is given", "inconsistent", held(99, given={99: "x"})),
        ("given list", "inconsistent", held(7, given={7: [[5, {1: "Kara Sea"}]]})),
        ("given count", "inconsistent", held(10, given={10: 2})),
        ("given field of a later version", "inconsistent", held(200, given={200: 0})),
        ("the list itself", "inconsistent", held(27)),
    ),
    *about("R-WITH-2", Kind.AMENDMENT, ("within an amendment", "unsorted", {4: LEAST[L] | held(20, 9)})),
    *about(
        "R-WITH-3",
        R,
        ("a number", None, shown(b"\x01")),
        ("8,192 bytes", None, shown(b"\x59\x1f\xfd" + bytes(8_189))),
        ("8,193 bytes", "bad-length", shown(b"\x59\x1f\xfe" + bytes(8_190))),
        ("no bytes", "bad-length", shown(b"")),
        ("half an item", "not-cbor", shown(b"\x81")),
        ("two items", "not-cbor", shown(b"\x01\x02")),
        ("a float", "forbidden-type", shown(b"\xf9\x00\x00")),
        ("a tag", "forbidden-type", shown(b"\xc1\x00")),
        ("a long number", "not-deterministic", shown(b"\x18\x01")),
        ("keys that descend", "not-deterministic", shown(b"\xa2\x02\x00\x01\x00")),
        ("more items than bytes bear", "too-large", shown(b"\x99\x04\x01" + bytes(1_025))),
    ),
    *about("R-WITH-3", Kind.REPLY, ("in a reply", "not-cbor", shown(b"\x81", key=4))),
    *about("R-WITH-3", Kind.STATEMENT, ("in a statement", "not-cbor", {1: 3} | shown(b"\x81", key=5))),
    # Launch notification
    *about(
        "R-LAUNCH-5",
        L,
        ("at the end of the window", None, windows((200, 300))),
        ("one after the other", None, windows((200, 300), (300, 301))),
        ("before the window ends", "inconsistent", windows((199, 300))),
        ("before the other ends", "inconsistent", windows((200, 300), (299, 400))),
        ("after a date", "inconsistent", windows((200, 300), first=None)),
        ("that ends as it begins", "inconsistent", windows((200, 200))),
    ),
    *about(
        "R-LAUNCH-6",
        L,
        ("group of two", None, {10: 2, 11: 1}),
        ("two without a word", None, {10: 2}),
        ("group of one", "inconsistent", {11: 1}),
        ("group of one that is told", "inconsistent", {10: 1, 11: 1}),
    ),
    *about(
        "R-LAUNCH-10",
        L,
        ("another launch area of two", None, {10: 2, 28: [[1, {1: 0, 2: 0}]]}),
        ("two other launch areas of two", "inconsistent", {10: 2, 28: [[1, {1: 0, 2: 0}]] * 2}),
        ("another launch area of one", "inconsistent", {28: [[1, {1: 0, 2: 0}]]}),
    ),
    *about(
        "R-LAUNCH-7",
        L,
        *((f"role {role}", None, hazard((AT, TO), role)) for role in (3, 4, 5, 6)),
        *((f"role {role}", "inconsistent", hazard((AT, TO), role)) for role in (1, 2)),
        ("role 2 among others", "inconsistent", {8: hazard((AT, TO))[8] + hazard((AT, TO), 2)[8]}),
    ),
    *about(
        "R-LAUNCH-8",
        L,
        ("azimuth", None, {9: {1: 35_999}}),
        ("azimuth north", None, {9: {1: 0}}),
        ("azimuth and tolerance", None, {9: {1: 0, 2: 18_000}}),
        ("sector", None, {9: {3: 16}}),
        ("full circle", "out-of-range", {9: {1: 36_000}}),
        ("no direction", "inconsistent", {9: {}}),
        ("two directions", "inconsistent", {9: {1: 0, 3: 1}}),
        ("tolerance alone", "inconsistent", {9: {2: 1}}),
        ("tolerance of a sector", "inconsistent", {9: {2: 1, 3: 1}}),
    ),
    *about("R-LAUNCH-8", R, ("course with two directions", "inconsistent", {8: {1: 0, 3: 1}})),
    *about(
        "R-LAUNCH-9",
        L,
        ("range at least nothing", None, {17: {1: 0}}),
        ("range at most nothing", None, {17: {2: 0}}),
        ("range known exactly", None, {17: {1: 5, 2: 5}}),
        ("range of nothing", "inconsistent", {17: {}}),
        ("range upside down", "inconsistent", {17: {1: 6, 2: 5}}),
        ("apogee below zero", "inconsistent", {18: {1: 1, 2: 0}}),
        ("boundary not crossed", None, {19: {4: False}}),
        ("no distance", None, {19: {1: 0}}),
        ("nothing of a boundary", "inconsistent", {19: {}}),
        ("circle", None, {20: {2: 400_000, 3: 400_000}}),
        ("inclination alone", None, {20: {1: 0}}),
        ("apogee alone", None, {20: {3: 0}}),
        ("nothing of an orbit", "inconsistent", {20: {}}),
        ("orbit upside down", "inconsistent", {20: {2: 1, 3: 0}}),
    ),
    *about("R-LAUNCH-1", Kind.AMENDMENT, ("no time in an amendment", "inconsistent", {4: {1: 1}})),
    *about("R-LAUNCH-2", Kind.WINDOW_EXTENSION, ("no time in it", "inconsistent", {3: span(5, 5)})),
    # Launch report
    *about(
        "R-REPORT-1",
        R,
        *((f"outcome {outcome} with a time", None, {2: outcome, 3: NOW}) for outcome in (1, 2, 3, 4, 5)),
        *((f"outcome {outcome} without", "inconsistent", {2: outcome}) for outcome in (1, 2, 4, 5)),
        ("failed on the pad", None, {2: 3}),
    ),
    *about(
        "R-REPORT-2",
        R,
        ("not launched", None, {2: 6, 5: 1, 6: 1}),
        ("not launched, at a time", "inconsistent", {2: 6, 3: NOW}),
        ("not launched, so many", "inconsistent", {2: 6, 4: 1}),
        ("not launched, with areas", "inconsistent", {2: 6, 7: hazard((AT, TO))[8]}),
        ("not launched, northwards", "inconsistent", {2: 6, 8: {1: 0}}),
        ("not launched, as announced", "inconsistent", {2: 6, 9: False}),
        ("not launched, otherwise", "inconsistent", {2: 6, 9: True}),
    ),
    *about(
        "R-REPORT-3",
        R,
        ("of a notified launch", None, {}),
        ("of no notified launch", None, {1: None, 5: 2}),
        ("of nothing", "inconsistent", {1: None}),
    ),
    *about(
        "R-REPORT-5",
        R,
        ("several at one time", None, {3: 7, 12: 7}),
        ("several in order", None, {3: 7, 12: 8}),
        ("the last before the first", "inconsistent", {3: 7, 12: 6}),
    ),
    # Query and reply
    *about(
        "R-QUERY-1",
        Kind.QUERY,
        ("fields of a subject", None, {3: ID, 4: [7, 4]}),
        ("fields of nothing", "inconsistent", {4: [7]}),
        ("field twice", "duplicate-entry", {3: ID, 4: [7, 4, 7]}),
    ),
    *about(
        "R-QUERY-2",
        Kind.QUERY,
        ("observation", None, {1: 3, 5: {1: NOW}}),
        ("observation with another topic", None, {1: 1, 5: {1: NOW}}),
        ("no observation", "inconsistent", {1: 3, 3: ID}),
    ),
    *about(
        "R-REPLY-1",
        Kind.REPLY,
        ("see two notices", None, {2: 3, 3: [OTHER_ID, ID]}),
        ("no answer", None, {2: 4}),
        ("see no notices", "inconsistent", {2: 3}),
        ("see one notice twice", "duplicate-entry", {2: 3, 3: [ID, OTHER_ID, ID]}),
    ),
    # Declarations
    *about(
        "R-DECL-1",
        Kind.ANNUAL_DECLARATION,
        ("nil", None, {}),
        ("a class and no class", None, {2: [{1: 1, 2: 1, 3: 4}, {1: 1, 3: 4}]}),
        ("two categories", None, {2: [{1: 1, 3: 4}, {1: 2, 3: 4}]}),
        ("category twice", "duplicate-entry", {2: [{1: 1, 3: 4}, {1: 1, 3: 5}]}),
        ("class twice", "duplicate-entry", {2: [{1: 1, 2: 3, 3: 4}, {1: 1, 3: 4}, {1: 1, 2: 3, 3: 4}]}),
    ),
    *about(
        "R-DECL-2",
        Kind.ANNUAL_DECLARATION,
        ("all notified", None, {2: [{1: 1, 3: 4, 4: 4}]}),
        ("none launched", None, {2: [{1: 1, 3: 0, 4: 0}]}),
        ("more notified than launched", "inconsistent", {2: [{1: 1, 3: 4, 4: 5}]}),
    ),
    *about(
        "R-ACT-1",
        Kind.ACTIVITY,
        ("experiment without an object", None, {1: 2}),
        ("object by its number", None, {1: 1, 5: {2: 25_544}}),
        ("object by its name", None, {1: 1, 5: {3: "x"}}),
        ("de-orbit of nothing", "inconsistent", {1: 1}),
        ("object of no name", "inconsistent", {1: 2, 5: {}}),
    ),
    *about(
        "R-ACT-2",
        Kind.ACTIVITY,
        ("effects", None, {8: [4, 1]}),
        ("effect twice", "duplicate-entry", {8: [1, 4, 1]}),
    ),
    *about(
        "R-REGIME-1",
        Kind.REGIME_STATUS,
        ("all kinds", None, {}),
        ("each kind", None, {3: [*range(1, 64)]}),
        ("kind of an emergency", "out-of-range", {3: [64]}),
        ("kinds that descend", "unsorted", {3: [2, 1]}),
        ("kinds that descend after a repetition", "unsorted", {3: [2, 2, 1]}),
        ("kind twice", "duplicate-entry", {3: [1, 2, 2]}),
    ),
    *about(
        "R-STATE-1",
        Kind.STATEMENT,
        ("sites", None, {1: 1, 3: [{1: "x", 2: [5, {1: "y"}]}], 6: None}),
        ("links", None, {1: 2, 4: [{1: "x", 2: 1}], 6: None}),
        ("disclosures", None, {1: 3, 6: None} | shown(b"\x01", key=5)),
        ("text", None, {1: 4}),
        ("more than its topic", None, {1: 2, 4: [{1: "x", 2: 1}]}),
        ("text about sites", "inconsistent", {1: 1}),
        ("text about links", "inconsistent", {1: 2}),
        ("text about disclosures", "inconsistent", {1: 3}),
        ("links about something else", "inconsistent", {1: 4, 4: [{1: "x", 2: 1}], 6: None}),
    ),
    # Emergencies
    *about(
        "R-INC-1",
        Kind.INCIDENT,
        ("four fields", None, {}),
        ("no time", "missing-field", {1: None}),
        ("no place", "missing-field", {2: None}),
        ("no object", "missing-field", {3: None}),
        ("no contact", "missing-field", {4: None}),
    ),
    *about(
        "R-INC-2",
        Kind.INCIDENT,
        ("track over the pole", None, {7: {1: NOW, 2: POLE, 3: 0}}),
        ("track near the pole", None, {7: {1: NOW, 2: POLE - 1, 3: 1}}),
        ("track over a pole by two names", "bad-area", {7: {1: NOW, 2: -POLE, 3: 1}}),
    ),
    # Signals
    *about(
        "R-DISS-1",
        Kind.DISSEMINATION,
        ("two parties", None, {4: ["FR", "IN"]}),
        ("parties in bytewise order", None, {4: ["IN", "in"]}),
        ("parties that descend", "unsorted", {4: ["IN", "FR"]}),
        ("party twice", "duplicate-entry", {4: ["FR", "FR"]}),
    ),
]


def params(rows: list[Row]) -> list[Any]:
    return [
        pytest.param(
            row,
            id=f"{row.kind.name.lower()}: {row.name}",
            marks=pytest.mark.requirement(row.requirement),
        )
        for row in rows
    ]


BROKEN = [row for row in ROWS if row.code]
KEPT = [row for row in ROWS if not row.code]


def made(cls: type[Record], raw: dict[int, Any]) -> Record:
    """The record of a raw map by its constructors, as an author makes it."""
    codecs = {row.key: (row.name, row.codec) for row in cls.FIELDS}
    return cls(**{codecs[key][0]: value_of(codecs[key][1], item) for key, item in raw.items()})


def value_of(codec: Codec, raw: Any) -> Any:
    match codec:
        case Nested():
            return made(codec.record, raw)
        case Array():
            return tuple(value_of(codec.item, item) for item in raw)
        case geo.Area():
            return made(geo.AREAS[raw[0]], raw[1])
        case geo.Points():
            return [tuple(raw[i : i + 2]) for i in range(0, len(raw), 2)]
        case _:
            return raw if type(raw) is not int or not hasattr(codec, "enum") else codec.load(raw)


@cache
def listener() -> tuple[World, Told]:
    """One receiver of one stream for all bodies: each takes the next place."""
    w = world()
    return w, Told(w.forger)


@pytest.mark.parametrize("row", params(BROKEN))
def test_body_that_breaks_a_rule_is_refused_with_its_code(row: Row) -> None:
    with pytest.raises(Refused) as caught:
        BODIES[row.kind].load(row.body)
    assert caught.value.code.value == row.code


@pytest.mark.parametrize("row", params([row for row in BROKEN if "later version" not in row.name]))
def test_author_cannot_make_a_body_that_breaks_a_rule(row: Row) -> None:
    with pytest.raises(UsageError, match="bad-value"):
        made(BODIES[row.kind], row.body)


@pytest.mark.parametrize("row", params([row for row in BROKEN if row.kind < Kind.RECEIPT]))
def test_notice_whose_body_breaks_a_rule_is_shown_as_unintelligible(row: Row) -> None:
    w, told = listener()
    event = heard(w, told.say(row.body, row.kind))
    assert codes(event) == [FindingCode.UNINTELLIGIBLE]
    view = w.receiver.exchange(event.subject)
    assert (view.place, view.body, view.data) == (Place.ACCEPTED, None, event.data)


@pytest.mark.parametrize("row", params([row for row in BROKEN if row.kind > Kind.RECEIPT]))
def test_signal_whose_body_breaks_a_rule_is_refused(row: Row) -> None:
    w = world()
    before = snapshot(w.receiver)
    step = w.receive(w.forger.signal(row.kind, row.body, "RU").data)
    assert step.refusal is not None
    assert step.refusal.code.value == row.code
    assert snapshot(w.receiver) == before


@pytest.mark.parametrize("row", params(KEPT))
def test_body_that_just_keeps_a_rule_is_made_and_read(row: Row) -> None:
    record = BODIES[row.kind].load(row.body)
    assert record.dump() == row.body
    assert made(BODIES[row.kind], row.body) == record
    if row.kind > Kind.RECEIPT:
        return
    w, told = listener()
    event = heard(w, told.say(row.body, row.kind))
    assert FindingCode.UNINTELLIGIBLE not in codes(event)
    assert w.receiver.exchange(event.subject).body == record
