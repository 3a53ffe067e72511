"""Single values as people write them, by the type of their field; both ways, and an example of each.

- Times have their date first and UTC said: ``2027-01-20T08:00:00Z``. A local time, a time with
  another offset, a coordinate without its letter and a number without its unit are refused.
- `Written` has all there is to say of a type of field; a new type is a row in `_WRITTEN`.

Not here: tables and lists of values (`compose.reading`, `compose.writing`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from numbers import Number
from typing import Any, Final, NamedTuple

from launchnotice.errors import Refused
from launchnotice.registry import KINDS, Refusal, Sector, label
from launchnotice.render.fields import words
from launchnotice.wire import times
from launchnotice.wire.codecs import Bool, Bytes, Codec, Date, Enumeration, Instant, Int, KindNumber, Text
from launchnotice.wire.coordinates import LATITUDE, Axis, format_dms, parse_angle
from launchnotice.wire.launch import LaunchNotification
from launchnotice.wire.quantities import METRES, Quantity
from launchnotice.wire.streams import DIGEST, PARTY
from launchnotice.wire.withheld import FieldKey

BLANK: Final = "<fill in: "
"""What a text begins with that a template left to be filled in."""


class Written(NamedTuple):
    """How values of a type of field are written.

    Attributes:
        what: what is written, in a few words. `example`: a value as written.
        read: the value of what was written; raises `Refused`, whose detail says why.
        write: the inverse: what `read` gives the value back from.
    """

    what: str
    example: Any
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def written(codec: Codec) -> Written:
    """How values of that type of field are written."""
    nearest = next((base for base in type(codec).__mro__ if base in _WRITTEN), type(codec))
    return _WRITTEN[nearest](codec)  # a new type of field has its row, else it is missed here


def _wrong(why: str) -> Refused:
    return Refused(Refusal.BAD_TEXT, why)


def _text(data: Any) -> str:
    if type(data) is not str:
        raise _wrong("not a text in quotation marks")
    return data.strip()


# Times -----------------------------------------------------------------------------------


def _instant(_: Any) -> Written:
    example = "2027-01-20T08:00:00Z"
    return Written("a time in UTC", example, _read_instant, times.format_instant)


def _read_instant(data: Any) -> int:
    # Bare times of TOML are `datetime`s; as text they are judged by one rule with the quoted ones.
    text = data.isoformat() if hasattr(data, "isoformat") else _text(data)
    match = re.fullmatch(_TIME, text)
    if match is None:
        raise _wrong(
            "a date without its time of day" if re.fullmatch(_DAY, text) else "no time with its date"
        )
    _check_calendar(match["day"])
    if match["zone"] is None:
        raise _wrong("a local time: nothing says where; Z at its end says UTC")
    if match["zone"] not in ("Z", " UTC", "+00:00"):
        raise _wrong("an offset from UTC; convert it, and write Z at its end")
    if match["fraction"]:
        raise _wrong("a fraction of a second")
    if match["second"] == "60":
        raise _wrong("a leap second, which has no number")
    return times.parse_instant(f"{match['day']}T{match['minute']}:{match['second'] or '00'}Z")


def _date(_: Any) -> Written:
    return Written("a date, year first", "2027-01-20", _read_date, times.format_date)


def _read_date(data: Any) -> int:
    text = data.isoformat() if hasattr(data, "isoformat") else _text(data)
    if re.fullmatch(_TIME, text):
        raise _wrong("a date with a time of day, which this date does not have")
    if not re.fullmatch(_DAY, text):
        raise _wrong("no date with its year first")
    _check_calendar(text)
    return times.parse_date(text)


def _check_calendar(day: str) -> None:
    """Say what is wrong with a date that does not exist."""
    year, month, number = (int(part) for part in day.split("-"))
    if month > _MONTHS >= number:
        raise _wrong(f"there is no month {month}; day and month swapped?")
    try:
        times.parse_date(day)
    except Refused:
        raise _wrong("before 1970" if 0 < year < _FIRST else "there is no such day") from None


_MONTHS: Final = 12
_FIRST: Final = 1970
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = (
    rf"(?P<day>{_DAY})[T ](?P<minute>[0-9]{{2}}:[0-9]{{2}})"
    r"(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?)?"
    r"(?P<zone>Z| UTC|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
)


# Coordinates and quantities --------------------------------------------------------------


def _axis(axis: Axis) -> Written:
    example = "48-30-52N" if axis is LATITUDE else "009-20-08E"
    what = f"a {axis.name} with {axis.positive} or {axis.negative}"
    return Written(
        what, example, lambda data: read_angle(_text(data), axis), lambda value: format_dms(value, axis)
    )


def read_angle(text: str, axis: Axis) -> int:
    """Milliarcseconds of a coordinate; a sign is no hemisphere. Raises `Refused`."""
    if not re.search("[A-Za-z]", text):
        raise _wrong(f"no {axis.positive} or {axis.negative} says which hemisphere")
    return parse_angle(re.sub(r"(?<=[°'\"′″]) +", "", text), axis)


def _quantity(codec: Quantity) -> Written:
    return Written(
        f"a number with its unit ({codec.unit.symbols})",
        codec.format(min(codec.high, _EXAMPLES.get(codec.unit.name, codec.high))),
        lambda data: read_quantity(data, codec)[0],
        codec.format,
    )


def read_quantity(data: Any, codec: Quantity) -> tuple[int, str]:
    """The integer of a number with its unit, and the unit's symbol; raises `Refused`."""
    if isinstance(data, Number) and not isinstance(data, bool):
        raise _wrong("a number without its unit")
    try:
        return codec.parse(_text(data))
    except Refused as error:
        miles = codec.unit is METRES and "expected a whole" in error.detail
        raise _wrong(error.detail + "; of nautical miles, quarters") if miles else error from None


_EXAMPLES: Final = {METRES.name: 20_000, "kilohertz": 2_250_500, "hundredths of a degree": 4_500}


# Words -----------------------------------------------------------------------------------


def _enumeration(codec: Enumeration) -> Written:
    sectors = codec.enum is Sector
    members = {member.name if sectors else label(member): member for member in codec.enum}
    known = {name.casefold(): member for name, member in members.items()}

    def read(data: Any) -> Any:
        word = _plain(_text(data))
        if sectors:  # also "north-east"
            word = re.sub("(n)orth|(e)ast|(s)outh|(w)est| ", r"\1\2\3\4", word)
        if word not in known:
            raise _wrong("no such word")
        return known[word]

    names = {member: name for name, member in members.items()}
    return Written(f"one of {', '.join(members)}", next(iter(members)), read, lambda value: names[value])


def _named(what: str, example: str, names: dict[int, str], codec: Int) -> Written:
    """Numbers that have names, which are written; a number without one stands for itself."""
    numbers = {_plain(name): number for number, name in names.items()}

    def read(data: Any) -> int:
        if type(data) is int:
            return codec.load(data)
        word = _plain(_text(data))
        if word not in numbers:
            raise _wrong("no such name")
        return codec.load(numbers[word])

    return Written(what, example, read, lambda value: names.get(value, value))


def _field_key(codec: FieldKey) -> Written:
    names = {row.key: row.name for row in LaunchNotification.FIELDS}
    return _named("the name of a field of a launch notification", "designation", names, codec)


def _kind_number(codec: KindNumber) -> Written:
    names = {int(kind): row.label for kind, row in KINDS.items() if codec.low <= kind <= codec.high}
    return _named(f"a kind: {', '.join(names.values())}", next(iter(names.values())), names, codec)


def _plain(word: str) -> str:
    return " ".join(words(word).casefold().split())


# Everything else -------------------------------------------------------------------------


def _int(codec: Int) -> Written:
    return Written(
        f"a whole number from {codec.low} to {codec.high}, without quotation marks",
        max(codec.low, min(codec.high, 2)),
        codec.load,
        int,
    )


def _bool(codec: Bool) -> Written:
    return Written(what="true or false", example=False, read=codec.load, write=bool)


def _prose(codec: Text) -> Written:
    """Text in form C, in which LNP/1 has it; some editors write another."""

    def read(data: Any) -> str:
        return codec.load(unicodedata.normalize("NFC", data) if type(data) is str else data)

    if codec is PARTY:
        return Written("the code of a party", "US", read, str)
    return Written(f"text of at most {codec.limit} bytes", "text", read, str)


def _bytes(codec: Bytes) -> Written:
    def read(data: Any) -> bytes:
        digits = re.sub(r"\s", "", _text(data)).lower()
        if not re.fullmatch("(?:[0-9a-f]{2})*", digits):
            raise _wrong("no hexadecimal digits in pairs")
        return codec.load(bytes.fromhex(digits))

    size = f"{2 * codec.low}" if codec.low == codec.high else f"{2 * codec.low} to {2 * codec.high}"
    what = "an id" if codec is DIGEST else "bytes"
    return Written(f"{what}: {size} hexadecimal digits", "00" * codec.low, read, bytes.hex)


_WRITTEN: Final[dict[type, Callable[[Any], Written]]] = {
    Instant: _instant,
    Date: _date,
    Axis: _axis,
    Quantity: _quantity,
    FieldKey: _field_key,
    KindNumber: _kind_number,
    Int: _int,
    Bool: _bool,
    Text: _prose,
    Bytes: _bytes,
    Enumeration: _enumeration,
}
