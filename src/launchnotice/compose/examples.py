"""An example of a body: as little as composes, as far as the agreement's rules can be read from it.

- A table has the fields that it must have, those that the agreement asks for, and then the first
  few others without which the rules across its fields do not hold. No table has a list of its own.
- Values are the first that the agreement names, else those of `values.written`. Times follow each
  other, so that what ends has begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from launchnotice.compose.form import Form
from launchnotice.compose.reading import POINT, Reader, fields, unit_of
from launchnotice.compose.values import written
from launchnotice.pact.agreement import Agreement, Rule
from launchnotice.registry import AreaForm, Check, Kind, label
from launchnotice.wire import times
from launchnotice.wire.codecs import Array, Codec, Date, Enumeration, Instant, Text
from launchnotice.wire.geo import AREAS, Area, Points
from launchnotice.wire.message import KIND_OF
from launchnotice.wire.quantities import Quantity
from launchnotice.wire.record import Field, Nested, Record
from launchnotice.wire.streams import PARTY

START: Final = times.parse_instant("2027-01-20T08:00:00Z")
"""The first time of every example."""
_STEP: Final = 4 * 3_600
_AT_ONCE: Final = 3
"""Fields at most that are added for the sake of rules across fields."""


class Example:
    """Examples under an agreement; each time in them is later than the one before.

    Args:
        agreement: whose rules say what is asked for; None if there is none.
    """

    def __init__(self, agreement: Agreement | None) -> None:
        self._rules = agreement.rules if agreement else ()
        self._instant = START - _STEP
        # Where the value stands that is being made: the kind of its body, the names on the way, its number.
        self._kind: Kind | None = None
        self._path: tuple[str, ...] = ()
        self._number = 0
        self._asked = {
            (rule.kind, rule.subject)
            for rule in self._rules
            if rule.check is Check.REQUIRED and not rule.when
        }

    def table(self, record: type[Record]) -> dict[str, Any]:
        """As little of a record as composes, and of a body as the agreement asks for."""
        kind = KIND_OF.get(record)
        if kind is None:
            return self._table(record)
        outside = self._kind, self._path
        self._kind, self._path = kind, ()
        begun, found = self._instant, self._table(record)
        # A condition may hold only of what was added for another.
        while more := self._conditional(record, found):
            self._asked |= more
            self._instant = begun
            found = self._table(record)
        self._kind, self._path = outside
        return found

    def _table(self, record: type[Record]) -> dict[str, Any]:
        needed = [row.name for row in fields(record) if row.required or self._needs(row)]
        for names in _growing(needed, [row.name for row in fields(record)]):
            begun = self._instant
            found = {row.name: self._make(record, row) for row in fields(record) if row.name in names}
            if composes(record, found):
                return found
            self._instant = begun
        raise AssertionError(record.__name__)  # safe: the tests make one of every record

    def value(self, record: type[Record], row: Field) -> Any:
        """A value of a field of a body, or of an area."""
        self._kind, self._path = KIND_OF.get(record), ()
        return self._make(record, row)

    def rules(self, record: type[Record], name: str) -> list[Rule]:
        """The rules of the agreement that look at a field of a body, or at one within it."""
        kind = KIND_OF.get(record)
        return [rule for rule in self._rules if rule.kind == kind and rule.subject.split(".")[0] == name]

    def _make(self, record: type[Record], row: Field) -> Any:
        if isinstance(row.codec, Quantity) and unit_of(record):
            return "12 nmi"
        outside = self._path
        self._path = (*outside, row.name)
        found = self._value(record, row, row.codec)
        self._path = outside
        return found

    def _here(self) -> list[Rule]:
        """The rules that look at the field that is being made."""
        name = ".".join(self._path)
        return [rule for rule in self._rules if rule.kind == self._kind and rule.subject == name]

    def _needs(self, row: Field) -> bool:
        name = ".".join((*self._path, row.name))
        return any(kind == self._kind and f"{path}.".startswith(f"{name}.") for kind, path in self._asked)

    def _conditional(self, record: type[Record], found: dict[str, Any]) -> set[tuple[int, str]]:
        """What the agreement asks for of this example, and was not asked for yet."""
        body = Reader(Form(found)).record(record, found)
        asked = [rule for rule in self._rules if rule.kind == self._kind and rule.check is Check.REQUIRED]
        hold = [rule for rule in asked if body is not None and rule.applies(body, None)]
        return {(rule.kind, rule.subject) for rule in hold} - self._asked

    def _count(self) -> int:
        """How many items a list has: one, or one for each value that the agreement asks for."""
        name = ".".join(self._path)
        wanted = [
            len(rule.values)
            for rule in self._rules
            if rule.kind == self._kind and rule.check is Check.REQUIRED
            if f"{rule.subject}.".startswith(f"{name}.")
        ]
        return max([1, *wanted])

    def _value(self, record: type[Record], row: Field, codec: Codec) -> Any:  # noqa: PLR0911 - one row a codec
        match codec:
            case Nested():
                return self.table(codec.record)
            case Array():
                return [self._item(record, row, codec.item, number) for number in range(self._count())]
            case Area():
                form = self._first(AreaForm)
                return {"form": label(form), **self.table(AREAS[form])}
            case Points():
                return [*_POINTS]
            case Enumeration():
                return written(codec).write(self._first(codec.enum))
            case Instant():
                self._instant += _STEP
                return times.format_instant(self._instant)
            case Date():
                return times.format_date(START // times.DAY)
            case Text() if codec is not PARTY:
                return row.doc.rpartition(": ")[2][: codec.limit].strip()
        return written(codec).example

    def _item(self, record: type[Record], row: Field, codec: Codec, number: int) -> Any:
        self._number, before = number, self._number
        found = self._value(record, row, codec)
        self._number = before
        return found

    def _first(self, enum: Any) -> Any:
        """A value that the agreement names for a field, where it has no conditions before others."""
        rules = sorted(self._here(), key=lambda rule: bool(rule.when))
        named = [value for rule in rules if rule.check is not Check.FORBIDDEN for value in rule.values]
        return enum(named[self._number % len(named)]) if named else next(iter(enum))


def composes(record: type[Record], found: Mapping[str, Any]) -> bool:
    """Whether a table is read without a mistake."""
    reader = Reader(Form(found))
    reader.record(record, found)
    return not reader.mistakes


def _growing(needed: Sequence[str], known: Sequence[str]) -> Iterator[set[str]]:
    """The needed names, then with one more, two more, …, the first in order."""
    others = [name for name in known if name not in needed]
    for count in range(_AT_ONCE + 1):
        for more in combinations(others, count):
            yield {*needed, *more}


_POINTS: Final = (POINT, "48-30-52N 010-20-08E", "47-30-52N 010-20-08E")
