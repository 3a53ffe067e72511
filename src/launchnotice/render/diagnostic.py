"""CBOR diagnostic notation (RFC 8949 section 8) of any object, with the names of fields as comments.

- Byte strings that hold CBOR (protected headers, payloads, disclosed values) stand open, as
  ``<< … >>`` (RFC 8610 appendix G.3).
- Names are comments (RFC 8610 appendix G.6). Nobody but this library writes in a comment: what
  others wrote stands in strings, escaped as in JSON, so that it cannot end one.
- Without its comments the text still has every byte of the object.

    print(diagnose(data))

Not here: what a value means (`render.records`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from launchnotice.errors import Refused
from launchnotice.render.parts import DRAFT, MANDATE_DRAFT, Parts, dissect
from launchnotice.wire import cbor, cose, geo
from launchnotice.wire.bounds import MAX_MANDATE
from launchnotice.wire.codecs import Array
from launchnotice.wire.keys import CoseKey
from launchnotice.wire.notices import LaunchNotification
from launchnotice.wire.record import Nested, Record
from launchnotice.wire.withheld import Disclosure


def diagnose(data: bytes) -> str:
    """An object of LNP/1 in diagnostic notation; raises `Refused` if it is none."""
    parts = dissect(data)
    if parts.content_type is None:
        return notation(parts.payload, parts.record, opened=True)
    writer = _Writer(opened=True)
    if parts.what in (DRAFT, MANDATE_DRAFT):
        return writer.write(cbor.decode(data, len(data)), _draft(parts), "")
    return f"98({writer.write(cbor.decode(data[len(cose.TAG) :], len(data)), _envelope(parts), '')})"


def notation(raw: Any, record: type[Record] | None = None, *, opened: bool = False) -> str:
    """A decoded value, and the names of its fields if a record reads it.

    Args:
        raw: the value. `record`: the record that reads it.
        opened: whether byte strings that hold CBOR stand open.
    """
    return _Writer(opened=opened).write(raw, Nested(record) if record else None, "")


def line(raw: Any) -> str:
    """A decoded value in one line, without comments."""
    match raw:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[raw]
        case bytes():
            return f"h'{raw.hex()}'"
        case str():
            return '"' + "".join(map(_escaped, raw)) + '"'
        case list():
            return "[" + ", ".join(map(line, raw)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {line(item)}" for key, item in raw.items()) + "}"
        case _:
            return str(raw)


# Shapes --------------------------------------------------------------------------------
# What a value is: a codec of a record's field, one of these, or None for what has no names.


class _Embedded(NamedTuple):
    """A byte string that holds CBOR of this shape."""

    shape: Any


class _Places(NamedTuple):
    """An array whose places have names, one place a line."""

    places: tuple[tuple[str, Any], ...]


class _Lines(NamedTuple):
    """An array of one shape, one item a line."""

    shape: Any


class _Names(NamedTuple):
    """A map with these names and shapes by key."""

    names: dict[int, tuple[str, Any]]


_Shape = dict[int, tuple[str, Any]]


def _rows(record: type[Record], **changed: Any) -> _Shape:
    """Names and shapes of a record's fields, some of them changed."""
    return {row.key: (row.name, changed.get(row.name, row.codec)) for row in record.FIELDS}


def _payload(parts: Parts) -> _Embedded:
    body = Nested(parts.body) if parts.body else None
    return _Embedded(_Names(_rows(parts.record, body=body)))


def _envelope(parts: Parts) -> _Places:
    row = _Places((("protected", _SIGNATURE), ("unprotected", None), ("signature", None)))
    places = (_HEADER, ("unprotected", None), ("payload", _payload(parts)), ("signatures", _Lines(row)))
    return _Places(places)


def _draft(parts: Parts) -> _Names:
    from launchnotice.draft import DraftRecord

    return _Names(_rows(DraftRecord, header=_HEADER[1], payload=_payload(parts)))


_HEADER: Final = ("protected", _Embedded(_Names({16: ("typ", None)})))
_SIGNATURE: Final = _Embedded(_Names({1: ("alg", None), 4: ("kid", None)}))
# Members of a COSE_Key by key type: RFC 9053 sections 7.1 and 7.2, RFC 9964 section 3.
_KEYS: Final[dict[object, _Shape]] = {
    1: {1: ("kty", None), 3: ("alg", None), -1: ("crv", None), -2: ("x", None)},
    2: {1: ("kty", None), 3: ("alg", None), -1: ("crv", None), -2: ("x", None), -3: ("y", None)},
    7: {1: ("kty", None), 3: ("alg", None), -1: ("pub", None)},
}
_LAUNCH: Final = _rows(LaunchNotification)
_KEY: Final = next(row.key for row in Disclosure.FIELDS if row.name == "key")


def _disclosure(raw: dict[int, Any]) -> _Shape:
    _, shape = _LAUNCH.get(_hashable(raw.get(_KEY)), ("", None))
    return _rows(Disclosure, value=_Embedded(shape))


def _hashable(value: Any) -> Any:
    return value if type(value) is int else None


class _Writer:
    """Writes values of a shape; those of another shape, in a body that nobody can read, have no names."""

    __slots__ = ("opened",)

    def __init__(self, *, opened: bool) -> None:
        self.opened = opened

    def write(self, raw: Any, shape: Any, indent: str) -> str:
        if isinstance(raw, dict):
            return self._map(raw, self._names(raw, shape), indent)
        if isinstance(raw, list):
            return self._list(raw, shape, indent)
        if isinstance(raw, bytes) and isinstance(shape, _Embedded) and self.opened:
            try:
                return f"<< {self.write(cbor.decode(raw, MAX_MANDATE), shape.shape, indent)} >>"
            except Refused:
                pass  # in a body that nobody can read it may hold anything
        return line(raw)

    def _map(self, raw: dict[int, Any], names: _Shape, indent: str) -> str:
        inner = f"{indent}  "
        lines = []
        for key, value in raw.items():
            name, shape = names.get(key, ("", None))
            lines.append(f"{inner}{_comment(name)}{key}: {self.write(value, shape, inner)}")
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}" if lines else "{}"

    def _names(self, raw: dict[int, Any], shape: Any) -> _Shape:
        match shape:
            case _Names():
                return shape.names
            case CoseKey():
                return _KEYS.get(_hashable(raw.get(1)), {})
            case Nested() if shape.record is Disclosure and self.opened:
                return _disclosure(raw)
            case Nested():
                return _rows(shape.record)
        return {}

    def _list(self, raw: list[Any], shape: Any, indent: str) -> str:
        if not isinstance(shape, _Places | _Lines) or not raw:
            items = [self.write(item, one, indent) for item, one in zip(raw, _items(raw, shape), strict=True)]
            return f"[{', '.join(items)}]"
        inner = f"{indent}  "
        places = shape.places if isinstance(shape, _Places) else [("", shape.shape)] * len(raw)
        lines = [
            f"{inner}{_comment(name)}{self.write(item, one, inner)}"
            for item, (name, one) in zip(raw, places, strict=True)
        ]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"


def _items(raw: list[Any], shape: Any) -> Iterator[Any]:
    """The shape of each item of an array."""
    area = geo.AREAS.get(_hashable(raw[0])) if isinstance(shape, geo.Area) and raw else None
    for _ in raw:
        yield Nested(area) if area else shape.item if isinstance(shape, Array) else None


def _comment(name: str) -> str:
    return f"/ {name} / " if name else ""


def _escaped(char: str) -> str:
    """A character as JSON writes it, if a terminal should not see it."""
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
