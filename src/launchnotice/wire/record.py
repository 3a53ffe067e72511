"""Records: message bodies and protocol maps, declared one line a field.

- `class Window(Record): start: int = field(1, Instant(), "first second")` gives a
  keyword-only constructor that checks, equality, hashing, `load`, `dump`, JSON and CDDL.
- Values are immutable. A constructor raises `UsageError`, `load` raises `Refused`.
- An *open* record keeps fields with unknown keys in `extra`, so that they are shown and
  survive a round trip; every other record refuses them.
- `validate` is the place for rules across fields.

No `repr` shows content: a notice is confidential by default.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self, dataclass_transform

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import Refusal, Usage
from launchnotice.wire.codecs import Codec, kebab, wrong_type

_REQUIRED: Any = type("Required", (), {"__repr__": lambda _: "required"})()


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


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record:
    """Base of all records; see the module's docstring."""

    FIELDS: ClassVar[tuple[Field, ...]] = ()
    OPEN: ClassVar[bool] = False
    extra: ClassVar[dict[int, Any]] = {}
    _rows: ClassVar[tuple[tuple[int, str, Any, Any], ...]] = ()

    def __init_subclass__(cls, *, open: bool = False) -> None:  # noqa: A002 - reads as the spec does
        declared = [(name, value) for name, value in vars(cls).items() if isinstance(value, Field)]
        for name, value in declared:
            value.name = name
            delattr(cls, name)
        cls.OPEN = open
        cls.FIELDS = tuple(sorted((value for _, value in declared), key=lambda f: f.key))
        cls._rows = tuple((f.key, f.name, f.codec.load, f.default) for f in cls.FIELDS)

    def __init__(self, **values: Any) -> None:
        checked: dict[str, Any] = {}
        for row in self.FIELDS:
            value = values.pop(row.name, row.default)
            if value is _REQUIRED:
                raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}.{row.name}: missing")
            try:
                checked[row.name] = value if value is row.default else row.codec.check(value)
            except Refused as error:
                raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}.{row.name}: {error}") from None
        if values:
            raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}: no field {sorted(values)[0]!r}")
        self.__dict__.update(checked)
        try:
            self.validate()
        except Refused as error:
            raise UsageError(Usage.BAD_VALUE, f"{type(self).__name__}: {error}") from None

    def validate(self) -> None:
        """Rules across fields; raises `Refused`."""

    @classmethod
    def load(cls, raw: Any) -> Self:
        """The record of a decoded CBOR map; raises `Refused`."""
        if type(raw) is not dict:
            raise wrong_type("map", raw)
        values: dict[str, Any] = {}
        seen = 0
        name = ""
        try:
            for key, name, load, default in cls._rows:
                item = raw.get(key, _REQUIRED)
                if item is not _REQUIRED:
                    values[name] = load(item)
                    seen += 1
                elif default is _REQUIRED:
                    raise Refused(Refusal.MISSING_FIELD, "required")
                else:
                    values[name] = default
        except Refused as error:
            raise error.within(name) from None
        if seen != len(raw):
            values["extra"] = cls._unknown(raw)
        record = cls.__new__(cls)
        record.__dict__.update(values)
        record.validate()
        return record

    def dump(self) -> dict[int, Any]:
        """The CBOR map, in key order, without fields that have their default."""
        values = self.__dict__
        present = [row for row in self.FIELDS if values[row.name] != row.default]
        raw = {row.key: row.codec.dump(values[row.name]) for row in present}
        return dict(sorted({**raw, **self.extra}.items())) if self.extra else raw

    def to_json(self) -> dict[str, Any]:
        """JSON by field names; unknown fields stand under ``"#<key>"`` in diagnostic notation."""
        values = self.__dict__
        shown = {
            row.name: row.codec.to_json(values[row.name])
            for row in self.FIELDS
            if values[row.name] != row.default
        }
        return {**shown, **{f"#{key}": _plain(value) for key, value in self.extra.items()}}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The record of a JSON object; raises `Refused`."""
        if not isinstance(data, dict):
            raise wrong_type("map", data)
        values = {}
        names = {row.name: row for row in cls.FIELDS}
        for name, value in data.items():
            row = names.get(name)
            if row is None:
                raise Refused(Refusal.UNKNOWN_FIELD, f"{name}: not a field of {cls.__name__}")
            try:
                values[name] = row.codec.from_json(value)
            except Refused as error:
                raise error.within(name) from None
        return cls(**values)

    @classmethod
    def cddl(cls) -> str:
        """The record's CDDL rule, as it must stand in `spec/lnp-1.cddl`."""
        marked = [("" if row.required else "? ", row) for row in cls.FIELDS]
        lines = [f"  {mark}{row.key} => {row.codec.cddl}, ; {row.name}" for mark, row in marked]
        if cls.OPEN:
            lines.append("  * uint => any, ; fields of later versions")
        return "\n".join([f"{kebab(cls.__name__)} = {{", *lines, "}"])

    @classmethod
    def _unknown(cls, raw: dict[int, Any]) -> dict[int, Any]:
        known = {row.key for row in cls.FIELDS}
        unknown = {key: value for key, value in raw.items() if key not in known}
        if not cls.OPEN or min(unknown) < 0:
            raise Refused(Refusal.UNKNOWN_FIELD, f"{cls.__name__}: key {next(iter(unknown))}")
        return unknown

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    __delattr__ = __setattr__  # type: ignore[assignment]  # both only raise

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.__dict__[row.name] for row in self.FIELDS)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Nested:
    """A record as the type of a field."""

    def __init__(self, record: type[Record]) -> None:
        self.record = record
        self.cddl = kebab(record.__name__)
        self.load = record.load
        self.from_json = record.from_json

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


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
