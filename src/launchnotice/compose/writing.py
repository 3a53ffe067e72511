"""A body as a table of what people write, and as TOML: the inverse of reading.

``parse_form(write(body))`` reads back the same body, if an author could send it: of a length that no
decimal of its unit gives, which only a peer sends, the unit is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from launchnotice.compose.reading import fields, unit_of
from launchnotice.compose.values import written
from launchnotice.errors import UsageError
from launchnotice.registry import KINDS, LengthUnit, Usage, label
from launchnotice.wire.codecs import Array, Codec
from launchnotice.wire.coordinates import format_point
from launchnotice.wire.geo import Area, Points
from launchnotice.wire.message import BODIES, KIND_OF
from launchnotice.wire.quantities import Quantity
from launchnotice.wire.record import Nested, Record

KIND: Final = "kind"
AGREEMENT: Final = "agreement"
"""Keys that every form begins with: what it is, and under which agreement."""


def write(body: Record, agreement: str | None = None) -> str:
    """A form from which the same body is composed, as TOML.

    Args:
        body: of a message that officers sign. `agreement`: the id of the agreement that it is under.

    Raises:
        UsageError: `bad-value`: it has fields that this version does not know.
    """
    unknown = body.unknown_fields()
    if unknown:
        raise UsageError(Usage.BAD_VALUE, f"field {unknown[0]} is not known here")
    kind = KINDS[KIND_OF[type(body)]].label
    head = {KIND: kind} | ({AGREEMENT: agreement} if agreement else {})
    return "\n".join(_lines(head | table(body), {name for name, _ in _bodies(body)})) + "\n"


def table(record: Record) -> dict[str, Any]:
    """A record's fields as they are written, without those that have their default."""
    unit = unit_of(type(record))
    symbol = None if unit is None else _SYMBOLS[getattr(record, unit)]
    found: dict[str, Any] = {}
    for row in fields(type(record)):
        value = getattr(record, row.name)
        if value == row.default:
            continue
        if symbol and isinstance(row.codec, Quantity):
            found[row.name] = row.codec.format(value, symbol)
        else:
            found[row.name] = item(row.codec, value)
    return found


def item(codec: Codec, value: Any) -> Any:
    """A value as it is written."""
    match codec:
        case Nested():
            return table(value)
        case Area():
            return {"form": label(value.FORM), **table(value)}
        case Array():
            return [item(codec.item, one) for one in value]
        case Points():
            return [format_point(point) for point in value]
    return written(codec).write(value)


_SYMBOLS: Final = {LengthUnit.KILOMETRE: "km", LengthUnit.NAUTICAL_MILE: "nmi"}


# TOML ------------------------------------------------------------------------------------


def toml(value: Any) -> str:
    """A value on one line."""
    match value:
        case Mapping():
            return (
                f"{{ {', '.join(f'{name} = {toml(one)}' for name, one in value.items())} }}"
                if value
                else "{}"
            )
        case list():
            return f"[{', '.join(map(toml, value))}]"
    # Of the characters that a text can have, JSON escapes as TOML does.
    return json.dumps(value, ensure_ascii=False)


def _bodies(body: Record) -> Iterator[tuple[str, Record]]:
    """Fields that are bodies themselves: a table with a header each."""
    for row in body.FIELDS:
        if isinstance(row.codec, Nested) and row.codec.record in BODIES.values():
            yield row.name, getattr(body, row.name)


def _lines(form: dict[str, Any], sections: set[str]) -> Iterator[str]:
    for name, value in form.items():
        if name in sections:
            continue
        if isinstance(value, list) and len(toml(value)) > _WIDTH:
            yield from (f"{name} = [", *(f"    {toml(one)}," for one in value), "]")
        else:
            yield f"{name} = {toml(value)}"
    for name in form.keys() & sections:
        yield from ("", f"[{name}]", *_lines(form[name], set()))


_WIDTH: Final = 90
