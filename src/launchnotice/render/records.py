"""Records as nodes: labels from field names, values as people say them.

- Nothing here knows a kind: a new body, area or field is shown without a change. What a type
  of field does not explain by itself (a number of metres, a key of another notice) stands in
  the tables below, by codec, by record or by field.
- Every value of a record is in its text; what it leaves out in SPOKEN style is said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from launchnotice.errors import Refused
from launchnotice.pact.agreement import Rule
from launchnotice.registry import AltitudeUnit, LengthUnit, label
from launchnotice.render.diagnostic import line
from launchnotice.render.fields import (
    Node,
    Style,
    diagnostic,
    duration,
    escape,
    groups,
    hexadecimal,
    instant,
    kind_name,
    quote,
    words,
)
from launchnotice.wire import cbor, times
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Date, Enumeration, Instant, Int, Text
from launchnotice.wire.coordinates import Axis, format_dms, format_length
from launchnotice.wire.cose import Manifest
from launchnotice.wire.geo import Altitude, AltitudeBand, Area, Circle, Corridor, Points, Zone
from launchnotice.wire.keys import CoseKey
from launchnotice.wire.notices import (
    Bounds,
    Direction,
    Distances,
    LaunchNotification,
    Orbit,
    Query,
    RegimeStatus,
    Telemetry,
    Track,
    Window,
)
from launchnotice.wire.quantities import METRES, Quantity
from launchnotice.wire.record import Field, Nested, Record
from launchnotice.wire.withheld import MAX_WITHHELD, Disclosure, Withheld


def tree(record: Record, style: Style, skip: Sequence[str] = ()) -> list[Node]:
    """A node for each field of a record, except those to skip."""
    return _tree(record, style, skip, complete=style is Style.SPOKEN)


def unread(record: type[Record] | None, raw: dict[int, Any], style: Style) -> list[Node]:
    """A node for each field of a body that cannot be read as a whole: what can be read of it, the rest raw.

    Args:
        record: the record that should read it; None if nothing knows its kind.
        raw: its map. `style`: for whom.
    """
    rows = {row.key: row for row in record.FIELDS} if record else {}
    return [_unread(key, item, rows.get(key), style) for key, item in raw.items()]


def rule_line(rule: Rule) -> str:
    """A rule of an agreement in one line, with its article and what is known of it."""
    terms = [f"{kind_name(rule.kind)}: {escape(rule.words())}"]
    if rule.provisional:
        terms.append(f"provisional: {', '.join(map(escape, rule.provisional))}")
    return "; ".join(terms)


def metres(length: int) -> str:
    """``2,000 km``, ``1.5 km``, ``250 m``; exact."""
    if length < _KILOMETRE:
        return f"{length} m"
    whole, rest = divmod(length, _KILOMETRE)
    return f"{whole:,}" + f".{rest:03}".rstrip("0").rstrip(".") + " km"


def altitude(height: Altitude) -> str:
    """``FL 600``, ``2,000 ft above mean sea level``."""
    if height.unit is AltitudeUnit.FLIGHT_LEVEL:
        return f"FL {height.value}"
    joint = "by" if height.reference.name == "STANDARD_PRESSURE" else "above"
    return f"{height.value:,} {_SHORT[height.unit]} {joint} {label(height.reference)}"


# Fields --------------------------------------------------------------------------------


def _tree(record: Record, style: Style, skip: Sequence[str] = (), *, complete: bool) -> list[Node]:
    raw = style is Style.RAW
    nodes, absent = [], []
    for row in record.FIELDS:
        value = getattr(record, row.name)
        if row.name in skip or (type(record), row.name) in _FOLDED:
            continue
        name = _LABELS.get((type(record), row.name)) or words(row.name)
        if value is None or value == ():
            absent.append(name)
            continue
        node = _field(record, row, value, style)
        if raw and not row.required and value == row.default:
            node = node._replace(value=f"{node.value} (default)")
        nodes.append(node._replace(label=f"{row.key:>2} {name}" if raw else name))
    nodes += [Node(f"unknown field {key}", diagnostic(data)) for key, data in record.extra.items()]
    if complete and absent:
        nodes.append(Node("not given", ", ".join(absent)))
    return nodes


def _unread(key: int, item: Any, row: Field | None, style: Style) -> Node:
    if row is None:
        return Node(f"field {key}", diagnostic(cbor.encode(item)))
    name = words(row.name)
    try:
        node = _value(name, row.codec, row.codec.load(item), style)
    except Refused as error:
        return Node(f"field {key}", f"{name}, {escape(str(error))}\n{diagnostic(cbor.encode(item))}")
    return node._replace(label=f"{key:>2} {name}") if style is Style.RAW else node


def _field(record: Record, row: Field, value: Any, style: Style) -> Node:
    """Values that one field alone does not explain come first."""
    special = _FIELDS.get((type(record), row.name))
    if special is not None:
        return Node(row.name, special(record))
    if isinstance(row.codec, Int) and row.name == "kind":
        return Node(row.name, f"{value} ({kind_name(value)})" if style is Style.RAW else kind_name(value))
    if row.name.endswith("_within"):
        return Node(row.name, duration(value))
    return _value(row.name, row.codec, value, style)


def _value(name: str, codec: Codec, value: Any, style: Style) -> Node:
    if isinstance(codec, Quantity) and codec.unit is METRES:
        return Node(name, metres(value))
    for base in type(codec).__mro__:
        if base in _SIMPLE:
            return Node(name, _SIMPLE[base](codec, value))
        if base in _COMPOUND:
            return _COMPOUND[base](name, codec, value, style)
    # A field type of a later version still has its JSON.
    return Node(name, line(codec.to_json(value)))


def _array(name: str, codec: Any, value: Sequence[Any], style: Style) -> Node:
    nodes = [_value("", codec.item, item, style) for item in value]
    if isinstance(codec.item, Enumeration):
        return Node(name, ", ".join(node.value for node in nodes))
    return _numbered(name, nodes)


def _numbered(name: str, nodes: Sequence[Node]) -> Node:
    below = tuple(node._replace(label=f"{n} {node.label}".rstrip()) for n, node in enumerate(nodes, 1))
    return Node(name, str(len(nodes)), below)


def _nested(name: str, _: Any, value: Record, style: Style) -> Node:
    for table in (_ONE_LINE, _SPOKEN if style is Style.SPOKEN else {}):
        if type(value) in table:
            return Node(name, table[type(value)](value))
    if type(value) in _PARTS:
        return _PARTS[type(value)](name, value, style)
    complete = style is Style.SPOKEN and value.OPEN
    return Node(name, "", tuple(_tree(value, style, complete=complete)))


def _bytes(name: str, _: Any, value: bytes, _style: Style) -> Node:
    return Node(name, groups(value) if len(value) == _DIGEST_SIZE else hexadecimal(value))


def _area(name: str, _: Any, value: Any, style: Style) -> Node:
    problems = [Node("PROBLEM", str(problem)) for problem in value.problems()]
    return Node(name, label(value.FORM), (*_tree(value, style, complete=False), *problems))


def _points(name: str, codec: Any, value: Any, _style: Style) -> Node:
    return _numbered(name, [Node("", text) for text in codec.to_json(value)])


def _manifest(name: str, _: Any, value: Any, style: Style) -> Node:
    shown = hexadecimal if style is Style.RAW else groups
    return _numbered(name, [Node("", f"{label(line.alg)}\n{shown(line.kid)}") for line in value])


def _key(name: str, _: Any, key: Any, style: Style) -> Node:
    print_ = hexadecimal(key.kid) if style is Style.RAW else groups(key.kid)
    return Node(name, f"{label(key.alg)}, {len(key.raw):,} bytes, thumbprint\n{print_}")


_DIGEST_SIZE: Final = 32
_KILOMETRE: Final = 1_000
_SIMPLE: Final[dict[type, Callable[[Any, Any], str]]] = {
    Axis: lambda axis, value: format_dms(value, axis),
    Instant: lambda _, value: instant(value),
    Date: lambda _, value: times.format_date(value),
    Int: lambda _, value: str(value),
    Bool: lambda _, value: "yes" if value else "no",
    Text: lambda _, value: quote(value),
    Enumeration: lambda _, value: label(value),
}
_COMPOUND: Final[dict[type, Callable[[str, Any, Any, Style], Node]]] = {
    Array: _array,
    Bytes: _bytes,
    Nested: _nested,
    Area: _area,
    Points: _points,
    Manifest: _manifest,
    CoseKey: _key,
}


# Records that are one value --------------------------------------------------------------


def _direction(direction: Direction) -> str:
    if direction.azimuth is None:
        return f"{direction.sector.name} (compass sector)" if direction.sector else ""
    spread = f", +/- {_hundredths(direction.tolerance)}" if direction.tolerance else ""
    return f"{_hundredths(direction.azimuth):0>6} degrees{spread}"


def _bounds(bounds: Bounds) -> str:
    found = (("at least", bounds.at_least), ("at most", bounds.at_most))
    return ", ".join(f"{words} {metres(length)}" for words, length in found if length is not None)


def _band(band: AltitudeBand) -> str:
    lower = f"from {altitude(band.lower)}" if band.lower else "from the surface"
    return f"{lower}\n" + (f"to {altitude(band.upper)}" if band.upper else "without upper limit")


def _window(window: Window) -> str:
    return f"from {instant(window.start)}\nbefore {instant(window.end)}"


def _hundredths(value: int) -> str:
    return f"{value // 100}.{value % 100:02}"


_SHORT: Final = {AltitudeUnit.METRE: "m", AltitudeUnit.FOOT: "ft"}
_ONE_LINE: Final[dict[type[Record], Callable[[Any], str]]] = {
    Direction: _direction,
    Bounds: _bounds,
    Altitude: altitude,
    AltitudeBand: _band,
    Window: _window,
}
_SPOKEN: Final[dict[type[Record], Callable[[Any], str]]] = {Rule: rule_line}


# Records whose label says more than a number ---------------------------------------------


def _zone(name: str, zone: Zone, style: Style) -> Node:
    area = _area("", None, zone.area, style)
    band = (Node("altitudes", _band(zone.altitude)),) if zone.altitude else ()
    return Node(f"{name} {label(zone.role)}".lstrip(), area.value, (*area.below, *band))


def _withheld(name: str, withheld: Withheld, _: Style) -> Node:
    return Node(name, _key_name(withheld.key), (Node("commitment", groups(withheld.commitment)),))


def _disclosure(name: str, disclosure: Disclosure, style: Style) -> Node:
    row = _LAUNCH.get(disclosure.key)
    try:
        raw = cbor.decode(disclosure.value, MAX_WITHHELD)
        node = _value("value", row.codec, row.codec.load(raw), style) if row else None
    except Refused as error:
        node = Node("value", f"UNINTELLIGIBLE: {escape(str(error))}\n{diagnostic(disclosure.value)}")
    return Node(
        name,
        _key_name(disclosure.key),
        (
            node or Node("value", diagnostic(disclosure.value)),
            Node("withheld by", groups(disclosure.notice)),
            Node("salt", groups(disclosure.salt)),
        ),
    )


def _key_name(key: int) -> str:
    row = _LAUNCH.get(key)
    return f"{words(row.name)}, field {key}" if row else f"unknown field {key}"


_LAUNCH: Final = {row.key: row for row in LaunchNotification.FIELDS}
_PARTS: Final[dict[type[Record], Callable[[str, Any, Style], Node]]] = {
    Zone: _zone,
    Withheld: _withheld,
    Disclosure: _disclosure,
}


# Fields that need their record -----------------------------------------------------------


def _length(name: str) -> Callable[[Any], str]:
    """A length in its author's unit, which is said if no decimal of it is exact."""

    def shown(area: Any) -> str:
        text = format_length(getattr(area, name), area.unit)
        inexact = area.unit is LengthUnit.NAUTICAL_MILE and not text.endswith("NM")
        return f"{text}, given in nautical miles" if inexact else text

    return shown


def _from_boundary(name: str) -> Callable[[Any], str]:
    return lambda distances: f"at least {metres(getattr(distances, name))} from the boundary"


def _asked_fields(query: Query) -> str:
    # The notice itself is not at hand: of another kind its fields have other names.
    known = [f"{key} ({words(_LAUNCH[key].name)})" if key in _LAUNCH else str(key) for key in query.fields]
    return f"{', '.join(known)}\nnames are those of a launch notification"


def _rule_values(rule: Rule) -> str:
    return ", ".join(rule.labels())


def _conditions(rule: Rule) -> str:
    return "; ".join(escape(rule.condition_words(one)) for one in rule.when)


_FIELDS: Final[dict[tuple[type[Record], str], Callable[[Any], str]]] = {
    (Circle, "radius"): _length("radius"),
    (Corridor, "half_width"): _length("half_width"),
    (Distances, "site"): _from_boundary("site"),
    (Distances, "impact"): _from_boundary("impact"),
    (Distances, "trajectory"): _from_boundary("trajectory"),
    (Orbit, "inclination"): lambda orbit: f"{_hundredths(orbit.inclination)} degrees",
    (Telemetry, "frequencies"): lambda found: ", ".join(f"{one:,} kHz" for one in found.frequencies),
    (Track, "altitude"): lambda track: f"{metres(track.altitude)} above mean sea level",
    (Track, "speed"): lambda track: f"{track.speed:,} m/s",
    (Query, "fields"): _asked_fields,
    (RegimeStatus, "kinds"): lambda regime: ", ".join(map(kind_name, regime.kinds)),
    (Rule, "values"): _rule_values,
    (Rule, "when"): _conditions,
}
_FOLDED: Final[set[tuple[type[Record], str]]] = {(Circle, "unit"), (Corridor, "unit")}
_LABELS: Final[dict[tuple[type[Record], str], str]] = {
    (Distances, "site"): "launch site",
    (Distances, "impact"): "impact areas",
    (Distances, "crosses"): "trajectory crosses it",
}
