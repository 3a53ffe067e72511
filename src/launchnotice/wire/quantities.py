"""Integers with a unit as the type of a field, and their text in the units that people write.

- On the wire and in JSON a quantity is an integer of its own unit: metres, hundredths of a degree.
- As text it has its unit, ``12 nmi`` or ``042.5°``: a number that stands alone is refused, since
  its reader has to guess. What is no whole number of the wire's unit is refused as well.
"""

from __future__ import annotations

import re
from typing import Final

from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.codecs import Int

MAX_QUANTITY_TEXT: Final = 32
"""Characters of a quantity as text; the longest exact one has 14."""


class Unit(NamedTuple):
    """What an integer counts, and the units in which people write it.

    Attributes:
        name: what the integer counts, in words. `written`: by symbol, how many of it each unit has; all
            that are read. `printed`: those in which it is printed, the largest first.
    """

    name: str
    written: dict[str, int]
    printed: tuple[str, ...]

    @property
    def symbols(self) -> str:
        """The units that are read, each by its first symbol."""
        first = {size: symbol for symbol, size in reversed(self.written.items())}
        return ", ".join(first[size] for size in dict.fromkeys(self.written.values()))


METRES: Final = Unit("metres", {"m": 1, "km": 1_000, "nmi": 1_852, "NM": 1_852}, ("km", "m"))
HUNDREDTHS: Final = Unit("hundredths of a degree", {"°": 100, "deg": 100, "degrees": 100}, ("°",))
KILOHERTZ: Final = Unit("kilohertz", {"kHz": 1, "MHz": 1_000, "GHz": 1_000_000}, ("GHz", "MHz", "kHz"))
METRES_A_SECOND: Final = Unit("metres a second", {"m/s": 1, "km/s": 1_000}, ("m/s",))


class Quantity(Int):
    """An integer within inclusive bounds that counts a unit."""

    def __init__(self, low: int, high: int, unit: Unit) -> None:
        super().__init__(low, high)
        self.unit = unit

    def parse(self, text: str) -> tuple[int, str]:
        """The integer of a text such as ``12.5 km``, and the symbol of the unit that it names.

        Raises:
            Refused: `bad-text`: another form, no unit, another unit, no whole number of the unit on the
                wire; `out-of-range`.
        """
        match = re.fullmatch(_QUANTITY, text) if len(text) <= MAX_QUANTITY_TEXT else None
        if match is None or match["unit"] not in self.unit.written:
            raise Refused(Refusal.BAD_TEXT, f"expected a number and its unit: {self.unit.symbols}")
        value = scaled(match["number"], self.unit.written[match["unit"]])
        if value is None:
            raise Refused(Refusal.BAD_TEXT, f"expected a whole number of {self.unit.name}")
        return self.load(value), match["unit"]

    def format(self, value: int, symbol: str | None = None) -> str:
        """Text from which `parse` gives the same value.

        Args:
            value: the integer. `symbol`: a unit to print it in; if it has no finite decimal there, or
                none is given, the largest unit of those printed that is not larger than the value.
        """
        sizes = self.unit.written
        fitting = [one for one in self.unit.printed if sizes[one] <= value]
        chosen = [symbol] if symbol else []
        for one in (*chosen, *fitting, self.unit.printed[-1]):
            number = decimal(value, sizes[one])
            if number is not None:
                return f"{number}{one}" if one == "°" else f"{number} {one}"
        raise AssertionError  # safe: of the last unit printed every integer has a decimal


def scaled(number: str, size: int) -> int | None:
    """A decimal number times a whole number, None if that is no integer."""
    whole, _, fraction = number.partition(".")
    value, rest = divmod(int(whole + fraction) * size, 10 ** len(fraction))
    return None if rest else value


def decimal(value: int, size: int) -> str | None:
    """The decimal number that `scaled` turns back into the value, None if there is no finite one."""
    whole, rest = divmod(value, size)
    places = 0
    while rest * 10**places % size:
        places += 1
        if places > _PLACES:
            return None
    return f"{whole}.{rest * 10**places // size:0{places}}" if places else str(whole)


_PLACES: Final = 6  # of a kilohertz in gigahertz
_QUANTITY: Final = r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[^0-9. ]+)"
