"""An example of a body: as little as composes, as far as the agreement's rules can be read from it.

- A table has the fields that it must have, those that the agreement asks for, and then the first
  few others without which the rules across its fields do not hold. No table has a list of its own.
- Values are the first that the agreement names, else those of `values.written`. Times follow each
  other, so that what ends has begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

from launchnotice.compose.form import Form
from launchnotice.compose.reading import POINT, Reader, fields, unit_of
from launchnotice.compose.values import written
from launchnotice.pact.agreement import Agreement, Rule
from launchnotice.pact.compare import METRES
from launchnotice.pact.judge import Heard, Judge
from launchnotice.registry import AreaForm, Check, FindingCode, Kind, label
from launchnotice.wire import times
from launchnotice.wire.codecs import Array, Bool, Codec, Date, Enumeration, Instant, Text
from launchnotice.wire.geo import AREAS, Area, Points
from launchnotice.wire.message import BODIES, KIND_OF
from launchnotice.wire.quantities import Quantity
from launchnotice.wire.record import Field, Nested, Record
from launchnotice.wire.streams import PARTY

START: Final = times.parse_instant("2027-01-20T08:00:00Z")
"""The first time of every example."""
_STEP: Final = 4 * 3_600
_AT_ONCE: Final = 3
"""Fields at most that are added for the sake of rules across fields."""


class Place(NamedTuple):
    """Where a field stands: the kind of the body that has it, and the names from there."""

    kind: int
    path: tuple[str, ...] = ()

    def below(self, name: str) -> Place:
        """A field of the table that stands there."""
        return self._replace(path=(*self.path, name))


class Example:
    """Examples of a kind under an agreement; each time in them is later than the one before.

    Attributes:
        form: as little of the body as composes and has what the agreement asks for.
    """

    def __init__(self, agreement: Agreement, kind: Kind) -> None:
        self._rules = agreement.rules
        self._copy = 0
        self._asked: set[str] = set()
        record = BODIES[kind]
        while True:
            self._instant = START - _STEP
            self.form = self.table(record, Place(kind))
            heard = Heard("", START, START)
            body = Reader(Form(self.form)).record(record, self.form)
            assert body is not None  # safe: None of what is no table alone
            # What is asked for under conditions shows once they hold.
            found = Judge(agreement)(kind, body, heard)
            missing = {one.subject for one in found if one.name == FindingCode.MISSING and one.subject}
            if missing <= self._asked:
                return
            self._asked |= missing

    def table(self, record: type[Record], place: Place) -> dict[str, Any]:
        """As little of a record as composes."""
        place = Place(KIND_OF[record]) if record in KIND_OF else place
        rows = fields(record)
        needed = [row.name for row in rows if row.required or self._is_asked(place.below(row.name))]
        for names in _growing(needed, [row.name for row in rows]):
            begun = self._instant
            found = {row.name: self.value(record, row, place) for row in rows if row.name in names}
            if composes(record, found):
                return found
            self._instant = begun
        raise AssertionError(record.__name__)  # safe: the tests make one of every record

    def value(self, record: type[Record], row: Field, place: Place) -> Any:
        """A value of a field of the table that stands there."""
        here = place.below(row.name)
        if isinstance(row.codec, Quantity):
            return self._quantity(record, row.codec, here)
        return self._value(row, row.codec, here)

    def rules(self, place: Place) -> list[Rule]:
        """The rules of the agreement that look at a field or at what stands in it."""
        found = []
        for rule in self._rules:
            paths = [tuple(name.split(".")) for name in (rule.subject, *rule.alternatives)]
            if rule.kind == place.kind and any(path[: len(place.path)] == place.path for path in paths):
                found.append(rule)
        return found

    def _value(self, row: Field, codec: Codec, here: Place) -> Any:
        match codec:
            case Nested():
                return self._in_a_word(codec, here) or self.table(codec.record, here)
            case Array():
                return self._list(row, codec, here)
            case Area():
                form = AreaForm(next(iter(self._named(here)), AreaForm.POINT))
                return {"form": label(form), **self.table(AREAS[form], here)}
            case Points():
                return [*_POINTS]
        return self._leaf(row, codec, here)

    def _leaf(self, row: Field, codec: Codec, here: Place) -> Any:
        match codec:
            case Enumeration():
                return written(codec).write(next(map(codec.enum, self._named(here)), next(iter(codec.enum))))
            case Bool():
                return bool(next(iter(self._named(here)), False))
            case Instant():
                self._instant += _STEP
                return times.format_instant(self._instant)
            case Date():
                return times.format_date(START // times.DAY)
            case Text() if codec is not PARTY:
                return row.doc.rpartition(": ")[2][: codec.limit].strip()
        return written(codec).example

    def _in_a_word(self, codec: Nested, here: Place) -> dict[str, Any]:
        """A table of one word, if the agreement names it by one: a direction by its sector."""
        for number in self._named(here):
            for row in codec.record.FIELDS:
                if isinstance(row.codec, Enumeration) and number in {*row.codec.enum}:
                    return {row.name: written(row.codec).write(row.codec.enum(number))}
        return {}

    def _list(self, row: Field, codec: Array, here: Place) -> list[Any]:
        """One item, or one for each value that the agreement wants to find among them."""
        wanted = _required(self.rules(here))
        found = []
        for self._copy in range(max(len(wanted), 1)):
            found.append(self._value(row, codec.item, here))
        self._copy = 0
        return found

    def _quantity(self, record: type[Record], codec: Quantity, here: Place) -> str:
        if unit_of(record):
            return "12 nmi"
        for rule in self._at(here):
            size = METRES.get(rule.limit.unit) if rule.limit and rule.limit.unit else None
            if rule.limit and size:
                return codec.format(rule.limit.amount * size)
        return str(written(codec).example)

    def _named(self, here: Place) -> list[int]:
        """The values that the agreement names for a field, the one that is wanted now first."""
        rules = [rule for rule in self._at(here) if rule.values]
        rules.sort(key=lambda rule: bool(rule.when))
        return [*_required(rules)[self._copy :], *(number for rule in rules for number in rule.values)]

    def _at(self, here: Place) -> list[Rule]:
        """The rules that look at that very field and let it be given."""
        name = ".".join(here.path)
        rules = [rule for rule in self.rules(here) if rule.check is not Check.FORBIDDEN]
        return [rule for rule in rules if name in (rule.subject, *rule.alternatives)]

    def _is_asked(self, place: Place) -> bool:
        return any(tuple(name.split("."))[: len(place.path)] == place.path for name in self._asked)


def _required(rules: Sequence[Rule]) -> list[int]:
    """The values of which the agreement wants each."""
    return [number for rule in rules if rule.check is Check.REQUIRED for number in rule.values]


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
