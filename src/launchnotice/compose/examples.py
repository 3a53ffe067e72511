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
from launchnotice.registry import AreaForm, Check, label
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

    def table(self, record: type[Record]) -> dict[str, Any]:
        """As little of a record as composes."""
        needed = [row.name for row in fields(record) if row.required or self._asked(record, row)]
        for names in _growing(needed, [row.name for row in fields(record)]):
            begun = self._instant
            found = {row.name: self.value(record, row) for row in fields(record) if row.name in names}
            if composes(record, found):
                return found
            self._instant = begun
        raise AssertionError(record.__name__)  # safe: the tests make one of every record

    def value(self, record: type[Record], row: Field) -> Any:
        """A value of a field."""
        if isinstance(row.codec, Quantity) and unit_of(record):
            return "12 nmi"
        return self._value(record, row, row.codec)

    def rules(self, record: type[Record], name: str) -> list[Rule]:
        """The rules of the agreement that look at a field of a body."""
        kind = KIND_OF.get(record)
        return [rule for rule in self._rules if rule.kind == kind and rule.subject == name]

    def _value(self, record: type[Record], row: Field, codec: Codec) -> Any:  # noqa: PLR0911 - one row a codec
        match codec:
            case Nested():
                return self.table(codec.record)
            case Array():
                return [self._value(record, row, codec.item)]
            case Area():
                form = self._first(record, row.name, AreaForm)
                return {"form": label(form), **self.table(AREAS[form])}
            case Points():
                return [*_POINTS]
            case Enumeration():
                return written(codec).write(self._first(record, row.name, codec.enum))
            case Instant():
                self._instant += _STEP
                return times.format_instant(self._instant)
            case Date():
                return times.format_date(START // times.DAY)
            case Text() if codec is not PARTY:
                return row.doc.rpartition(": ")[2][: codec.limit].strip()
        return written(codec).example

    def _first(self, record: type[Record], name: str, enum: Any) -> Any:
        """The first value that the agreement names for a field, where it has no conditions before others."""
        rules = sorted(self.rules(record, name), key=lambda rule: bool(rule.when))
        named = [value for rule in rules if rule.check is not Check.FORBIDDEN for value in rule.values]
        return next((enum(value) for value in named), next(iter(enum)))

    def _asked(self, record: type[Record], row: Field) -> bool:
        return any(rule.check is Check.REQUIRED and not rule.when for rule in self.rules(record, row.name))


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
