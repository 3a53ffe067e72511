"""Field types of records: one object each says how a value is checked, loaded, dumped and shown.

Every codec has four views of a value: the Python value, its CBOR value, its JSON value
and a CDDL expression. `load` takes what came off the wire, `check` what a programmer
gave; both raise `Refused`, which `wire.record` turns into `UsageError` for the latter.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final, Protocol

from launchnotice.errors import Refused
from launchnotice.registry import Refusal, label
from launchnotice.registry.enumeration import IntEnum
from launchnotice.wire import times


class Codec(Protocol):
    """How one type of field is checked, loaded, dumped and shown."""

    @property
    def cddl(self) -> str:
        """The CDDL type expression."""

    @property
    def raw_type(self) -> type:
        """The exact type of its CBOR values."""

    def check(self, value: Any) -> Any:
        """The value in its stored form, or `Refused`."""

    def load(self, raw: Any) -> Any:
        """The Python value of a CBOR value, or `Refused`.

        A codec may have a `convert` that does the same faster with a value of its `raw_type`, and
        raises `LookupError` where `load` says what is wrong.
        """

    def dump(self, value: Any) -> Any:
        """The CBOR value of a checked Python value."""

    def to_json(self, value: Any) -> Any:
        """A JSON value from which `from_json` gives the same value back."""

    def from_json(self, data: Any) -> Any:
        """The checked value of a JSON value, or `Refused`."""


def wrong_type(expected: str, value: object) -> Refused:
    """The refusal of a value whose type is not the expected one."""
    got = _TYPE_NAMES.get(type(value), "another type")
    return Refused(Refusal.WRONG_TYPE, f"expected {expected}, got {got}")


class _Plain:
    """A type whose Python, CBOR and JSON values are the same."""

    def check(self, value: Any) -> Any:
        return self.load(value)

    def load(self, raw: Any) -> Any:
        raise NotImplementedError  # safe: every subclass below defines it

    def dump(self, value: Any) -> Any:
        return value

    def to_json(self, value: Any) -> Any:
        return value

    def from_json(self, data: Any) -> Any:
        return self.check(data)


class Int(_Plain):
    """An integer within inclusive bounds."""

    raw_type = int

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.cddl = f"{low}..{high}" if low != high else f"{low}"

    def load(self, raw: Any) -> int:
        if type(raw) is not int:
            raise wrong_type("integer", raw)
        if not self.low <= raw <= self.high:
            raise Refused(Refusal.OUT_OF_RANGE, f"expected {self.low} to {self.high}")
        return raw


class KindNumber(Int):
    """Number of a kind of notice."""


class Instant(Int):
    """Whole seconds since 1970-01-01T00:00:00Z; JSON has RFC 3339 with `Z`."""

    def __init__(self) -> None:
        super().__init__(0, times.MAX_INSTANT)
        self.cddl = "instant"

    def to_json(self, value: int) -> str:
        return times.format_instant(value)

    def from_json(self, data: Any) -> int:
        return times.parse_instant(_text(data))


class Date(Int):
    """A calendar date in days since 1970-01-01, never coerced to an instant; JSON has ISO 8601."""

    def __init__(self) -> None:
        super().__init__(0, times.MAX_DATE)
        self.cddl = "date"

    def to_json(self, value: int) -> str:
        return times.format_date(value)

    def from_json(self, data: Any) -> int:
        return times.parse_date(_text(data))


class Bool(_Plain):
    """A boolean."""

    cddl = "bool"
    raw_type = convert = bool

    def load(self, raw: Any) -> bool:
        if type(raw) is not bool:
            raise wrong_type("boolean", raw)
        return raw


class Text(_Plain):
    """NFC text of 1 to `limit` bytes of UTF-8 without control or bidirectional-override characters."""

    raw_type = str

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.cddl = f"tstr .size (1..{limit})"

    def load(self, raw: Any) -> str:
        if type(raw) is not str:
            raise wrong_type("text", raw)
        plain = raw.isascii()
        if not raw or len(raw) > self.limit or not (plain or len(_utf8(raw)) <= self.limit):
            raise Refused(Refusal.BAD_LENGTH, f"expected 1 to {self.limit} bytes of UTF-8")
        if not (plain and raw.isprintable()):
            _check_characters(raw)
        return raw


class Bytes(_Plain):
    """A byte string of `low` to `high` bytes; JSON has lower-case hexadecimal."""

    raw_type = bytes

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low, self.high = low, low if high is None else high
        self.cddl = f"bstr .size {low}" if high is None else f"bstr .size ({low}..{high})"

    def load(self, raw: Any) -> bytes:
        if type(raw) is not bytes:
            raise wrong_type("byte string", raw)
        if not self.low <= len(raw) <= self.high:
            raise Refused(Refusal.BAD_LENGTH, f"expected {self.low} to {self.high} bytes, got {len(raw)}")
        return raw

    def to_json(self, value: bytes) -> str:
        return value.hex()

    def from_json(self, data: Any) -> bytes:
        try:
            raw = bytes.fromhex(_text(data))
        except ValueError:
            raw = b""
        if raw.hex() != data:  # `fromhex` also takes spaces and capitals
            raise Refused(Refusal.BAD_TEXT, "expected lower-case hexadecimal")
        return self.load(raw)


class Enumeration:
    """A number of one of the registry's enumerations; JSON has its label."""

    raw_type = int

    def __init__(self, enum: type[IntEnum]) -> None:
        self.enum = enum
        self._members: dict[object, IntEnum] = {member.value: member for member in enum}
        self.convert = self._members.__getitem__

    @property
    def cddl(self) -> str:
        return kebab(self.enum.__name__)

    @functools.cached_property
    def _labels(self) -> dict[str, IntEnum]:
        return {label(member): member for member in self.enum}

    def check(self, value: Any) -> IntEnum:
        if type(value) is not self.enum:
            raise Refused(Refusal.WRONG_TYPE, f"expected {self.enum.__name__}")
        return value

    def load(self, raw: Any) -> IntEnum:
        if type(raw) is not int:
            raise wrong_type("integer", raw)
        member = self._members.get(raw)
        if member is None:
            raise Refused(Refusal.UNKNOWN_VALUE, f"no such {self.enum.__name__}")
        return member

    def dump(self, value: IntEnum) -> int:
        return value.value

    def to_json(self, value: IntEnum) -> str:
        return label(value)

    def from_json(self, data: Any) -> IntEnum:
        member = self._labels.get(_text(data))
        if member is None:
            raise Refused(Refusal.UNKNOWN_VALUE, f"expected one of {', '.join(self._labels)}")
        return member


class Array:
    """`low` to `high` items of one type, a tuple in Python."""

    raw_type = list

    def __init__(self, item: Codec, low: int, high: int) -> None:
        self.item, self.low, self.high = item, low, high

    @property
    def cddl(self) -> str:
        return f"[{self.low}*{self.high} {self.item.cddl}]"

    def check(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray | memoryview):
            raise wrong_type("sequence", value)
        return self._each(self.item.check, value)

    def load(self, raw: Any) -> tuple[Any, ...]:
        if type(raw) is not list:
            raise wrong_type("array", raw)
        return self._each(self.item.load, raw)

    def dump(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.item.dump(item) for item in value]

    def to_json(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.item.to_json(item) for item in value]

    def from_json(self, data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise wrong_type("array", data)
        return self._each(self.item.from_json, data)

    def _each(self, convert: Any, values: Sequence[Any]) -> tuple[Any, ...]:
        if not self.low <= len(values) <= self.high:
            raise Refused(Refusal.BAD_LENGTH, f"expected {self.low} to {self.high} items, got {len(values)}")
        done: list[Any] = []
        try:
            for value in values:
                done.append(convert(value))  # noqa: PERF401 - its length is the place of a refusal
        except Refused as error:
            raise error.within(str(len(done))) from None
        return tuple(done)


# Unicode Standard Annex 9: embeddings, overrides and isolates can make text read as other text.
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Cc controls, Cs surrogates (no UTF-8), Zl and Zp line separators: sets that Unicode never changes.
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _check_characters(text: str) -> None:
    import unicodedata  # text that is ASCII does without

    if not unicodedata.is_normalized("NFC", text):
        raise Refused(Refusal.BAD_TEXT, "expected Unicode normalization form C")
    for char in text:
        if char in _BIDI or unicodedata.category(char) in _FORBIDDEN_CATEGORIES:
            raise Refused(Refusal.BAD_TEXT, "control or bidirectional-override character")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Refused(Refusal.BAD_TEXT, "lone surrogate") from None


def _text(data: Any) -> str:
    if type(data) is not str:
        raise wrong_type("text", data)
    return data


def kebab(name: str) -> str:
    """The CDDL name of a class: ``OceanQuadrant`` is ``ocean-quadrant``."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


_TYPE_NAMES: Final[dict[type, str]] = {
    int: "integer",
    bytes: "byte string",
    str: "text",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "map",
    tuple: "sequence",
    float: "float",
}
