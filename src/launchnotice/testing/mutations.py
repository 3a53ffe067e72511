"""Bodies with one fault: a valid body's CBOR map, changed to break exactly one rule, and its refusal.

- `mutants(body)` gives every such map of a body: a field is missing, of another type, out of
  range, of a bad length, no fit text, an unknown number; a key is unknown; a rule across fields is
  broken; and all that within each record that the body holds. What is judged by field is
  derived from the fields, so a new field is covered without a change here.
- Each has the code that `load` of the body's record must raise, since a receiver judges a map
  in one order (R-REC-1) and only one thing is wrong.

    for mutation in mutants(body):
        with pytest.raises(Refused) as error:
            type(body).load(mutation.raw)
        assert error.value.code is mutation.code

Needs no Hypothesis; `launchnotice.testing.strategies` has a strategy of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from launchnotice.registry import AreaForm, Refusal, label
from launchnotice.testing.rules import RULES
from launchnotice.wire import geo
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Enumeration, Int, Text
from launchnotice.wire.coordinates import LATITUDE, LONGITUDE
from launchnotice.wire.record import Nested, Record

__all__ = ["Mutation", "mutants"]


class Mutation(NamedTuple):
    """A map that differs from a valid one in one thing.

    Attributes:
        raw: the CBOR map with the fault. `valid`: the map without it.
        name: where and what: ``"window.start: above its range"``; the place is empty for the whole.
        code: what it must be refused with.
        across: whether the rule is one across fields, as no CDDL says it.
    """

    raw: dict[int, Any]
    name: str
    code: Refusal
    across: bool
    valid: dict[int, Any]


def mutants(body: Record) -> list[Mutation]:
    """Every mutation of a body, each with one fault; never empty."""
    raw = body.dump()
    return [
        Mutation(fault.raw, f"{'.'.join(fault.place)}: {fault.what}", fault.code, fault.across, raw)
        for fault in _record(type(body), raw)
    ]


# Faults of a value -----------------------------------------------------------------------


class _Fault(NamedTuple):
    """A value in place of a valid one, and what is wrong with it, at a place within it."""

    raw: Any
    code: Refusal
    what: str
    place: tuple[str, ...] = ()
    across: bool = False

    def within(self, name: str, outer: Any) -> _Fault:
        """The same fault of the value that holds it at that name."""
        return self._replace(raw=outer, place=(name, *self.place))


def _faults(codec: Codec, raw: Any) -> Iterator[_Fault]:
    yield _Fault(None, Refusal.WRONG_TYPE, "null")
    match codec:
        case Int():
            yield from _integer(codec)
        case Bool():
            yield _Fault(1, Refusal.WRONG_TYPE, "an integer")
        case Text():
            yield from _text(codec)
        case Bytes():
            yield from _bytes(codec)
        case Enumeration():
            yield from _number(codec)
        case Array():
            yield from _array(codec, raw)
        case geo.Points():
            yield from _points(codec, raw)
        case geo.Area():
            yield from _area(raw)
        case Nested():
            yield _Fault([], Refusal.WRONG_TYPE, "an array")
            yield from _record(codec.record, raw)
        case _:
            raise NotImplementedError(type(codec).__name__)  # safe: a type of field without a row here


def _integer(codec: Int) -> Iterator[_Fault]:
    yield _Fault(raw=True, code=Refusal.WRONG_TYPE, what="a boolean")
    yield _Fault("1", Refusal.WRONG_TYPE, "a text")
    yield _Fault(codec.low - 1, Refusal.OUT_OF_RANGE, "below its range")
    yield _Fault(codec.high + 1, Refusal.OUT_OF_RANGE, "above its range")


def _text(codec: Text) -> Iterator[_Fault]:
    yield _Fault(b"x", Refusal.WRONG_TYPE, "a byte string")
    yield _Fault("", Refusal.BAD_LENGTH, "empty")
    yield _Fault("x" * (codec.limit + 1), Refusal.BAD_LENGTH, "too long")
    yield _Fault("é" * (codec.limit // 2 + 1), Refusal.BAD_LENGTH, "too long in bytes")
    for text, what in _UNFIT.items():
        yield _Fault(text, Refusal.BAD_TEXT, what)


_UNFIT: Final = {
    "e\u0301": "not in normalization form C",
    "x\x07": "with a control character",
    "x\u2028": "with a line separator",
    "x\u2029": "with a paragraph separator",
    "x\u202e": "with a bidirectional override",
}


def _bytes(codec: Bytes) -> Iterator[_Fault]:
    yield _Fault("x", Refusal.WRONG_TYPE, "a text")
    yield _Fault(bytes(codec.low - 1), Refusal.BAD_LENGTH, "too short")
    yield _Fault(bytes(codec.high + 1), Refusal.BAD_LENGTH, "too long")


def _number(codec: Enumeration) -> Iterator[_Fault]:
    yield _Fault(raw=True, code=Refusal.WRONG_TYPE, what="a boolean")
    yield _Fault("1", Refusal.WRONG_TYPE, "a text")
    yield _Fault(min(codec.enum) - 1, Refusal.UNKNOWN_VALUE, "below its numbers")
    yield _Fault(max(codec.enum) + 1, Refusal.UNKNOWN_VALUE, "above its numbers")


def _array(codec: Array, raw: list[Any]) -> Iterator[_Fault]:
    yield _Fault({}, Refusal.WRONG_TYPE, "a map")
    if codec.low > 0:
        yield _Fault(raw[: codec.low - 1], Refusal.BAD_LENGTH, "too few items")
    if raw:
        yield _Fault(raw[:1] * (codec.high + 1), Refusal.BAD_LENGTH, "too many items")
    for place, item in enumerate(raw):
        for fault in _faults(codec.item, item):
            yield fault.within(str(place), [*raw[:place], fault.raw, *raw[place + 1 :]])


def _points(codec: geo.Points, raw: list[int]) -> Iterator[_Fault]:
    yield _Fault({}, Refusal.WRONG_TYPE, "a map")
    yield _Fault(raw[:-1], Refusal.BAD_LENGTH, "half a point")
    yield _Fault(raw[: 2 * codec.low - 2], Refusal.BAD_LENGTH, "too few points")
    yield _Fault(raw[:2] * (geo.MAX_POINTS + 1), Refusal.BAD_LENGTH, "too many points")
    for axis, place in ((LATITUDE, len(raw) - 2), (LONGITUDE, len(raw) - 1)):
        yield from (
            fault.within(axis.name, [*raw[:place], fault.raw, *raw[place + 1 :]])
            for fault in _faults(axis, raw[place])
        )


def _area(raw: list[Any]) -> Iterator[_Fault]:
    form, area = raw
    yield _Fault({}, Refusal.WRONG_TYPE, "a map")
    yield _Fault([form], Refusal.BAD_LENGTH, "a form alone")
    yield _Fault([form, area, 0], Refusal.BAD_LENGTH, "more than a form and a map")
    for fault in _number(Enumeration(AreaForm)):
        yield fault.within("form", [fault.raw, area])
    yield _Fault([form, []], Refusal.WRONG_TYPE, "an array as its map")
    for fault in _record(geo.AREAS[AreaForm(form)], area):
        yield fault.within(label(AreaForm(form)), [form, fault.raw])


# Faults of a record ----------------------------------------------------------------------


def _record(record: type[Record], raw: dict[int, Any]) -> Iterator[_Fault]:
    for row in record.FIELDS:
        if row.key not in raw:
            null = _ordered({**raw, row.key: None})
            yield _Fault(null, Refusal.WRONG_TYPE, "null for absent", (row.name,))
            continue
        if row.required:
            rest = {key: value for key, value in raw.items() if key != row.key}
            yield _Fault(rest, Refusal.MISSING_FIELD, "missing", (row.name,))
        for fault in _faults(row.codec, raw[row.key]):
            yield fault.within(row.name, {**raw, row.key: fault.raw})
    yield from _unknown_keys(record, raw)
    yield from _broken(record, raw)


def _unknown_keys(record: type[Record], raw: dict[int, Any]) -> Iterator[_Fault]:
    yield _Fault({**raw, -1: 0}, Refusal.UNKNOWN_FIELD, "a negative key")
    if not record.OPEN:
        key = max(row.key for row in record.FIELDS) + 1
        yield _Fault({**raw, key: 0}, Refusal.UNKNOWN_FIELD, "an unknown key")


def _broken(record: type[Record], raw: dict[int, Any]) -> Iterator[_Fault]:
    keys = {row.name: row.key for row in record.FIELDS}
    names = {row.key: row.name for row in record.FIELDS}
    named = {names.get(key, f"#{key}"): value for key, value in raw.items()}
    for rule in RULES.get(record, ()):
        broken = rule.broken(named)
        changed = {keys.get(name) or int(name[1:]): value for name, value in broken.items()}
        yield _Fault(_ordered(changed), rule.code, rule.name, across=True)


def _ordered(raw: dict[int, Any]) -> dict[int, Any]:
    return {key: raw[key] for key in sorted(raw)}
