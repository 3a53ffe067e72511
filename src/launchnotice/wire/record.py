"""Records: message bodies and protocol maps, declared one line a field.

- `class Window(Record): start: int = field(1, Instant(), "first second")` gives a
  keyword-only constructor that checks, equality, hashing, `load`, `dump`, JSON and CDDL.
- Values are immutable. A constructor raises `UsageError`, `load` raises `Refused`.
- An *open* record keeps fields with unknown keys in `extra`, as the bytes of their
  deterministic CBOR, so that they are shown and survive every round trip, through JSON as
  well; every other record refuses them.
- `validate` is the place for rules across fields; one with several yields each fault.
- What loads consists of exact types and ascending keys alone: loading is the decoder's walk
  as well (R-CBOR-3 to R-CBOR-5), so that a body is walked once.

No `repr` shows content: a notice is confidential by default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, dataclass_transform

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import Refusal, Usage
from launchnotice.wire import cbor
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.codecs import Bytes, Codec, kebab, wrong_type

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable, Iterator, Mapping

_set: Final = object.__setattr__
_REQUIRED: Any = type("Required", (), {"__repr__": lambda _: "required"})()
_UNKNOWN_NAME = r"#(0|[1-9][0-9]{0,19})"


class Field:
    """One declared field: its integer key, its codec, what it means and its default."""

    __slots__ = ("codec", "default", "doc", "key", "name")

    def __init__(self, key: int, codec: Codec, doc: str, default: Any) -> None:
        self.key, self.codec, self.doc, self.default = key, codec, doc, default
        self.name = ""

    @property
    def required(self) -> bool:
        """Whether the field has no default."""
        return self.default is _REQUIRED


def field(key: int, codec: Codec, doc: str, *, default: Any = _REQUIRED) -> Any:
    """Declare a field; one with a default is optional and absent from the wire while it has it."""
    return Field(key, codec, doc, default)


class _Documentation:
    """A record's docstring with its fields; made when somebody reads it, since imports are many."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, record: object, owner: type[Record]) -> str:
        import inspect  # some milliseconds

        lines = [f"    {row.name}: {_described(row)}" for row in owner.FIELDS]
        return "\n".join([inspect.cleandoc(self.text), "", "Fields, all given by name:", *lines])


class _Constructor:
    """A record's signature, for `inspect.signature` and `help`; made when asked for."""

    def __get__(self, record: object, owner: type[Record]) -> inspect.Signature:
        import inspect

        types: dict[str, Any] = {}
        for one in reversed(owner.__mro__):
            types.update(vars(one).get("__annotations__", {}))
        return inspect.Signature(
            [
                inspect.Parameter(
                    row.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if row.required else row.default,
                    annotation=types.get(row.name, inspect.Parameter.empty),
                )
                # Those without a default first, as people write them.
                for row in sorted(owner.FIELDS, key=lambda row: not row.required)
            ]
        )


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record:
    """Base of all records; see the module's docstring."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()
    OPEN: ClassVar[bool] = False
    _extra: ClassVar[tuple[tuple[int, bytes], ...]] = ()
    _loaders: ClassVar[dict[int, tuple[str, type, Any]]] = {}
    _defaults: ClassVar[dict[str, Any]] = {}
    _size: ClassVar[int] = 0
    _rules: ClassVar[bool] = False
    _opened: ClassVar[tuple[str, ...]] = ()
    __signature__: ClassVar[Any] = _Constructor()

    def __init_subclass__(cls, *, open: bool = False) -> None:  # noqa: A002 - reads as the spec does
        declared = [(name, value) for name, value in vars(cls).items() if isinstance(value, Field)]
        for name, value in declared:
            value.name = name
            delattr(cls, name)
        rows = sorted([*cls.FIELDS, *(value for _, value in declared)], key=lambda row: _order(row.key))
        if not len(rows) == len({row.key for row in rows}) == len({row.name for row in rows}):
            raise TypeError(f"{cls.__name__}: two fields have one key or one name")
        cls.OPEN = open
        cls.FIELDS = tuple(rows)
        cls._loaders = {row.key: (row.name, row.codec.raw_type, _converter(row.codec)) for row in rows}
        cls._size = len(rows)
        cls._rules = cls.validate is not Record.validate
        cls._opened = tuple([row.name for row in rows if _may_hold_unknown(row.codec)])
        cls._defaults = {row.name: row.default for row in rows if not row.required}
        cls.__doc__ = _Documentation(vars(cls).get("__doc__") or "")  # type: ignore[assignment]

    def __init__(self, **values: Any) -> None:
        checked: dict[str, Any] = {}
        unknown = values.keys() - {row.name for row in self.FIELDS}
        if unknown:
            # Before what is missing: a slip of the pen is both.
            raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}: no field {min(unknown)!r}")
        for row in self.FIELDS:
            value = values.get(row.name, row.default)
            if value is _REQUIRED:
                raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}.{row.name}: missing")
            try:
                absent = value is row.default or (row.default == () and value == [])
                checked[row.name] = row.default if absent else row.codec.check(value)
            except Refused as error:
                raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}.{row.name}: {error}") from None
        self.__dict__.update(checked)
        try:
            for fault in self.validate() or ():
                raise fault
        except Refused as error:
            raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}: {error}") from None

    def validate(self) -> Iterable[Refused] | None:
        """Rules across fields: raises what is wrong, or yields all of it, of which the first is raised."""

    @classmethod
    def unchecked(cls, values: Mapping[str, Any]) -> tuple[Self, list[Refused]]:
        """A record of values as they are, and all that is wrong across its fields.

        For who tells an author everything at once. No other record breaks its rules.

        Args:
            values: values of fields, each in its stored form. An optional field without one has its
                default, a required one None; then no rule across fields is looked at.
        """
        record = cls.__new__(cls)
        found = {row.name: None if row.required else row.default for row in cls.FIELDS}
        _set(record, "__dict__", {**found, **values})
        if any(row.required and row.name not in values for row in cls.FIELDS):
            return record, []
        return record, [*_faults(record)]

    @classmethod
    def load(cls, raw: Any) -> Self:
        """The record of a decoded CBOR map; raises `Refused`."""
        if type(raw) is not dict:
            raise wrong_type("map", raw)
        values = cls._defaults.copy()
        loaders = cls._loaders
        key = last = -1
        try:
            for key, item in raw.items():
                name, kind, convert = loaders[key]
                if type(key) is not int or key <= last or type(item) is not kind:
                    raise LookupError
                values[name] = convert(item)
                last = key
        except LookupError:
            return cls._of(cls._load_each(raw))
        except Refused as error:
            # Nothing is read again for its fault, or nested records would be read at every level anew.
            if cls._is_first(key, raw):
                raise error.within(loaders[key][0]) from None
            return cls._of(cls._load_each(raw))
        return cls._of(values if len(values) == cls._size else cls._load_each(raw))

    @classmethod
    def complete(cls, values: dict[str, Any], raw: dict[int, Any]) -> Self:
        """The record of values that are loaded already, and of a map of the other fields.

        Raises:
            LookupError: a field is missing or unknown; `Refused`: as `load`, in no certain order.
        """
        return cls._of(cls._values(values, raw))

    @classmethod
    def _values(cls, values: dict[str, Any], raw: dict[int, Any]) -> dict[str, Any]:
        values = cls._defaults | values
        for key, item in raw.items():
            name, kind, convert = cls._loaders[key]
            if type(item) is not kind:
                raise LookupError
            values[name] = convert(item)
        if len(values) < cls._size:
            raise LookupError
        return values

    @classmethod
    def _is_first(cls, key: int, raw: dict[int, Any]) -> bool:
        """Whether no field before that one is missing, and the map's keys ascend."""
        missing = any(
            row.required and row.key not in raw for row in cls.FIELDS if _order(row.key) < _order(key)
        )
        return not missing and _ascend(raw)

    @classmethod
    def _load_each(cls, raw: dict[int, Any]) -> dict[str, Any]:
        """The values of a map with unknown fields, or what is wrong with it, in the order of the fields."""
        values: dict[str, Any] = {}
        if not _ascend(raw):
            raise Refused(Refusal.NOT_DETERMINISTIC, "map keys not integers in ascending order")
        for row in cls.FIELDS:
            try:
                if row.key in raw:
                    values[row.name] = row.codec.load(raw[row.key])
                elif row.required:
                    raise Refused(Refusal.MISSING_FIELD, "required")
                else:
                    values[row.name] = row.default
            except Refused as error:
                raise error.within(row.name) from None
        if len(raw) > sum(row.key in raw for row in cls.FIELDS):
            values["_extra"] = cls._unknown(raw)
        return values

    def dump(self) -> dict[int, Any]:
        """The CBOR map, in key order, without fields that have their default."""
        values = self.__dict__
        present = [row for row in self.FIELDS if values[row.name] != row.default]
        raw = {row.key: row.codec.dump(values[row.name]) for row in present}
        if self._extra:
            raw.update((key, cbor.decode(data, MAX_MESSAGE)) for key, data in self._extra)
            raw = {key: raw[key] for key in sorted(raw, key=_order)}
        return raw

    def to_json(self) -> dict[str, Any]:
        """JSON by field names; an unknown field is ``"#<key>"``, its value its deterministic CBOR in hex."""
        values = self.__dict__
        shown = {
            row.name: row.codec.to_json(values[row.name])
            for row in self.FIELDS
            if values[row.name] != row.default
        }
        return shown | {f"#{key}": data.hex() for key, data in self._extra}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The record of a JSON object; raises `Refused`."""
        if not isinstance(data, dict):
            raise wrong_type("map", data)
        values = {row.name: row.default for row in cls.FIELDS}
        codecs = {row.name: row.codec for row in cls.FIELDS}
        extra: dict[int, bytes] = {}
        for name, item in data.items():
            key = None if name in codecs else cls._unknown_key(name)
            try:
                value = codecs.get(name, _UNKNOWN).from_json(item)
            except Refused as error:
                raise error.within(name) from None
            if key is None:
                values[name] = value
            else:
                extra[key] = value
        for name, value in values.items():
            if value is _REQUIRED:
                raise Refused(Refusal.MISSING_FIELD, f"{name}: required")
        if extra:
            values["_extra"] = tuple(sorted(extra.items()))
        return cls._of(values)

    @classmethod
    def cddl(cls) -> str:
        """The record's CDDL rule, as it must stand in `spec/lnp-1.cddl`."""
        # A cut (RFC 8610 section 3.5.4) keeps the wildcard of an open map from taking a known key.
        arrow = "^ =>" if cls.OPEN else "=>"
        marked = [("" if row.required else "? ", row) for row in cls.FIELDS]
        lines = [f"  {mark}{row.key} {arrow} {row.codec.cddl}, ; {row.name}" for mark, row in marked]
        if cls.OPEN:
            lines.append("  * uint => any, ; fields of later versions")
        return "\n".join([f"{kebab(cls.__name__)} = {{", *lines, "}"])

    @property
    def extra(self) -> dict[int, bytes]:
        """Fields with unknown keys: the deterministic CBOR of each value by its key."""
        return dict(self._extra)

    def unknown_fields(self) -> list[str]:
        """Keys of fields that this version does not know, also within: ``30``, ``notification.30``."""
        found = [str(key) for key, _ in self._extra]
        for name in self._opened:
            value = self.__dict__[name]
            for item in value if type(value) is tuple else () if value is None else (value,):
                found += [f"{name}.{key}" for key in item.unknown_fields()]
        return found

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Self:
        record = cls.__new__(cls)
        _set(record, "__dict__", values)
        if cls._rules:
            for fault in record.validate() or ():
                raise fault
        return record

    @classmethod
    def _unknown(cls, raw: dict[int, Any]) -> tuple[tuple[int, bytes], ...]:
        known = {row.key for row in cls.FIELDS}
        unknown = sorted(key for key in raw if key not in known)
        if not cls.OPEN or unknown[0] < 0:
            raise Refused(Refusal.UNKNOWN_FIELD, f"{cls.__name__}: key {unknown[0]}")
        if not all(cbor.is_plain(raw[key]) for key in unknown):
            raise Refused(Refusal.FORBIDDEN_TYPE, f"{cls.__name__}: in a field of unknown meaning")
        return tuple([(key, cbor.encode(raw[key])) for key in unknown])

    @classmethod
    def _unknown_key(cls, name: object) -> int:
        match = re.fullmatch(_UNKNOWN_NAME, name) if cls.OPEN and isinstance(name, str) else None
        key = int(match[1]) if match else -1
        if key not in range(2**64) or any(row.key == key for row in cls.FIELDS):
            expected = ", ".join([row.name for row in cls.FIELDS])
            raise Refused(Refusal.UNKNOWN_FIELD, f"{cls.__name__}: expected one of {expected}")
        return key

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.__dict__[row.name] for row in self.FIELDS)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def _faults(record: Record) -> Iterator[Refused]:
    """All that `validate` yields, and what it raises."""
    try:
        yield from record.validate() or ()
    except Refused as error:
        yield error


class Nested:
    """A record as the type of a field."""

    raw_type = dict

    def __init__(self, record: type[Record]) -> None:
        self.record = record
        self.load = record.load
        self.from_json = record.from_json

    @property
    def cddl(self) -> str:
        """The name of the record's rule."""
        return kebab(self.record.__name__)

    def check(self, value: Any) -> Any:
        """The value itself, if it is one of the record's."""
        if type(value) is not self.record:
            raise Refused(Refusal.WRONG_TYPE, f"expected {self.record.__name__}")
        return value

    def dump(self, value: Record) -> dict[int, Any]:
        """The record's CBOR map."""
        return value.dump()

    def to_json(self, value: Record) -> dict[str, Any]:
        """The record's JSON object."""
        return value.to_json()


class _Encoded(Bytes):
    """A value of unknown meaning, as its deterministic CBOR."""

    def from_json(self, data: Any) -> bytes:
        raw = super().from_json(data)
        cbor.decode(raw, self.high)
        return raw


_UNKNOWN: Codec = _Encoded(1, MAX_MESSAGE)


_UNITS = {"instant": "seconds since 1970-01-01T00:00:00Z", "date": "days since 1970-01-01"}


def _described(row: Field) -> str:
    """What a field means, and its CDDL type or, of a time, its unit."""
    kind = _UNITS.get(row.codec.cddl, row.codec.cddl)
    return f"{row.doc} ({kind}{'' if row.required else '; optional'})"


def _order(key: int) -> tuple[bool, int]:
    # RFC 8949 section 4.2.1: 0, 1, 2, … before -1, -2, …
    return key < 0, abs(key)


def _ascend(raw: dict[Any, Any]) -> bool:
    return all(type(key) is int for key in raw) and [*raw] == sorted(raw, key=_order)


def _converter(codec: Codec) -> Callable[[Any], Any]:
    convert: Callable[[Any], Any] = getattr(codec, "convert", codec.load)
    return convert


def _may_hold_unknown(codec: Any) -> bool:
    """Whether a record of this type may have fields that this version does not know, also within."""
    inner = getattr(codec, "item", codec)
    return isinstance(inner, Nested) and bool(inner.record.OPEN or inner.record._opened)
