"""Numbers with their unit: exact both ways, and none without."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Refused
from launchnotice.registry import Refusal
from launchnotice.wire.quantities import (
    HUNDREDTHS,
    KILOHERTZ,
    METRES,
    METRES_A_SECOND,
    Quantity,
    Unit,
    decimal,
)

UNITS = (METRES, HUNDREDTHS, KILOHERTZ, METRES_A_SECOND)
HIGH = 1_000_000_000


@given(st.sampled_from(UNITS), st.integers(0, HIGH), st.data())
@settings(database=None, derandomize=True)
def test_what_is_printed_is_read_back(unit: Unit, value: int, data: st.DataObject) -> None:
    quantity = Quantity(0, HIGH, unit)
    assert quantity.parse(quantity.format(value))[0] == value
    symbol = data.draw(st.sampled_from(list(unit.written)))
    assert quantity.parse(quantity.format(value, symbol))[0] == value


@given(st.integers(0, HIGH), st.sampled_from([1, 100, 463, 1_000, 1_852, 1_000_000]))
@settings(database=None, derandomize=True)
def test_a_decimal_is_exact_or_there_is_none(value: int, size: int) -> None:
    found = decimal(value, size)
    if found is not None:
        assert Fraction(Decimal(found)) == Fraction(value, size)
    else:
        assert (Fraction(value, size) * 10**6).denominator > 1


@pytest.mark.parametrize(
    ("unit", "text", "value", "symbol"),
    [
        (METRES, "20 km", 20_000, "km"),
        (METRES, "20km", 20_000, "km"),
        (METRES, "12.25 nmi", 22_687, "nmi"),
        (METRES, "12 NM", 22_224, "NM"),
        (METRES, "0.5 m", None, ""),
        (METRES, "12.3 nmi", None, ""),
        (METRES, "12", None, ""),
        (METRES, "12 mi", None, ""),
        (METRES, "-12 km", None, ""),
        (METRES, "1,000 m", None, ""),
        (METRES, "1e3 m", None, ""),
        (METRES, "١ km", None, ""),
        (METRES, "0" * 40 + " km", None, ""),
        (HUNDREDTHS, "042.5°", 4_250, "°"),
        (HUNDREDTHS, "42.55 degrees", 4_255, "degrees"),
        (HUNDREDTHS, "42.555 deg", None, ""),
        (KILOHERTZ, "2.2505 GHz", 2_250_500, "GHz"),
        (METRES_A_SECOND, "7.5 km/s", 7_500, "km/s"),
    ],
)
def test_a_number_is_read_with_its_unit_or_not_at_all(
    unit: Unit, text: str, value: int | None, symbol: str
) -> None:
    quantity = Quantity(0, HIGH, unit)
    if value is not None:
        assert quantity.parse(text) == (value, symbol)
        return
    with pytest.raises(Refused) as refused:
        quantity.parse(text)
    assert refused.value.code is Refusal.BAD_TEXT


def test_bounds_hold_in_every_unit() -> None:
    with pytest.raises(Refused, match="out-of-range"):
        Quantity(0, 36_000, HUNDREDTHS).parse("361°")


def test_the_largest_unit_that_fits_is_printed() -> None:
    quantity = Quantity(0, HIGH, METRES)
    shown = [quantity.format(value) for value in (0, 999, 1_000, 1_852_001)]
    assert shown == ["0 m", "999 m", "1 km", "1852.001 km"]
    assert quantity.format(1_852, "nmi") == "1 nmi"
    assert quantity.format(1_000, "nmi") == "1 km"  # no finite decimal of miles
