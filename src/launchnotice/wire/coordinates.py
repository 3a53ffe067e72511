"""Coordinates and lengths as text, exact both ways.

What is no whole number of milliarcseconds or metres is refused, and so is what could be read
in two ways: a missing hemisphere, the wrong letter, the longitude first.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final

from launchnotice.errors import Refused
from launchnotice.registry import LengthUnit, Refusal
from launchnotice.wire import geodesy
from launchnotice.wire.codecs import Int, wrong_type
from launchnotice.wire.geodesy import DEGREE, MAX_LATITUDE, MAX_LONGITUDE, LatLon
from launchnotice.wire.quantities import scaled

MAX_RADIUS: Final = 20_003_931
"""Metres: half a WGS 84 meridian, from which a circle covers the whole Earth."""
QUARTER_MILE: Final = 463
"""Metres in a quarter of a nautical mile: 1,852 = 4 × 463, so nothing finer is a decimal and whole metres."""
MAX_COORDINATE_TEXT: Final = 32
"""Characters of one coordinate or length as text; the longest exact one has 20."""


class Axis(Int):
    """Latitude or longitude as the type of a field: milliarcseconds, text for `parse_angle` in JSON."""

    def __init__(self, name: str, letters: str, digits: int, low: int, high: int) -> None:
        super().__init__(low, high)
        self.rule, self.cddl = f"{name} = {self.cddl}", name
        self.name, self.positive, self.negative = name, letters[0], letters[1]
        self.digits = digits

    @functools.cached_property
    def forms(self) -> re.Pattern[str]:
        """The ways in which a coordinate is written; made on use, since few processes parse any."""
        digits = self.digits
        fixed, free, f = f"([0-9]{{{digits}}})", f"[0-9]{{1,{digits}}}", r"(?:\.[0-9]+)?"
        forms = (
            f"{fixed}([0-9]{{2}})([0-9]{{2}}{f})",  # 483052
            f"{fixed}-([0-9]{{2}})-([0-9]{{2}}{f})",  # 48-30-52
            f"{fixed}-([0-9]{{2}}{f})",  # 48-30.866
            f"({free})°([0-9]{{1,2}})'([0-9]{{1,2}}{f})\"",  # 48°30'52"
            f"({free})°([0-9]{{1,2}}{f})'",  # 48°30.866'
            f"({free}{f})°?",  # 48.51444
        )
        return re.compile("|".join(forms))

    def to_json(self, value: int) -> str:
        return format_dms(value, self)

    def from_json(self, data: Any) -> int:
        if type(data) is not str:
            raise wrong_type("text", data)
        return parse_angle(data, self)


LATITUDE: Final = Axis("latitude", "NS", 2, -MAX_LATITUDE, MAX_LATITUDE)
LONGITUDE: Final = Axis("longitude", "EW", 3, 1 - MAX_LONGITUDE, MAX_LONGITUDE)


def parse_latitude(text: str) -> int:
    """Milliarcseconds of a latitude; see `parse_angle`."""
    return parse_angle(text, LATITUDE)


def parse_longitude(text: str) -> int:
    """Milliarcseconds of a longitude, +180 degrees also for 180W; see `parse_angle`."""
    return parse_angle(text, LONGITUDE)


def parse_point(text: str) -> LatLon:
    """A point, latitude first: ``48-30-52N 009-20-08E``, ``48.51444N, 9.33556E``, ``483052N0092008E``.

    Longitude 0 at a pole, whatever was written.

    Raises:
        Refused: `bad-text`, also if the longitude comes first.
    """
    parts = re.split(_BETWEEN, text.strip(" "), maxsplit=2)
    if len(parts) != 2:  # noqa: PLR2004 - a pair
        raise Refused(Refusal.BAD_TEXT, "point: expected a latitude and a longitude")
    if parts[0].endswith(("E", "W")):
        raise Refused(Refusal.BAD_TEXT, "point: expected the latitude first")
    latitude, longitude = parse_latitude(parts[0]), parse_longitude(parts[1])
    return latitude, longitude if abs(latitude) < MAX_LATITUDE else 0


def parse_angle(text: str, axis: Axis) -> int:
    """Milliarcseconds of a coordinate that is written in one of these ways.

    - with a letter: ``483052N``, ``48-30-52N``, ``48-30.866N``, ``48°30'52"N``, ``48°30.866'N``,
      ``48.51444N``; seconds, minutes or degrees that stand last may have decimals
    - decimal degrees with a sign instead: ``-48.51444``

    Raises:
        Refused: `bad-text`, if the text has another form, no letter or the other axis's letter, 60 or
            more minutes or seconds, a value beyond the axis or no whole number of milliarcseconds.
    """
    if len(text) > MAX_COORDINATE_TEXT:
        raise _bad(axis, f"expected at most {MAX_COORDINATE_TEXT} characters")
    sign, body = _hemisphere(text, axis)
    match = axis.forms.fullmatch(body.translate(_PRIMES))
    if not match:
        raise _bad(axis, "expected a form such as 48-30-52N 009-20-08E or 48.51444N 9.33556E")
    parts = [part for part in match.groups() if part]
    if len(parts) > 1 and text[0] in _SIGNS:
        raise _bad(axis, f"expected {axis.positive} or {axis.negative} after it, not a sign")
    value = sign * _total(parts, axis)
    return geodesy.wrap(value) if axis is LONGITUDE else value


def format_dms(value: int, axis: Axis) -> str:
    """``48-30-52N`` or ``009-20-08.250E``; exact, `parse_angle` gives the same value."""
    letter = axis.negative if value < 0 else axis.positive
    minutes, thousandths = divmod(abs(value), 60_000)
    degrees, minutes = divmod(minutes, 60)
    seconds, thousandths = divmod(thousandths, 1_000)
    fraction = f".{thousandths:03}" if thousandths else ""
    return f"{degrees:0{axis.digits}}-{minutes:02}-{seconds:02}{fraction}{letter}"


def format_decimal(value: int, axis: Axis) -> str:
    """``48.51444N``: decimal degrees, at least five places, with ``≈`` before it if seven are not exact.

    Exact, and read back by `parse_angle`, for each multiple of 9 milliarcseconds, so also for each
    value of five places; no other value is a finite decimal.
    """
    letter = axis.negative if value < 0 else axis.positive
    mark, kept = ("", 5) if value % 9 == 0 else ("≈", 7)
    whole, places = divmod((abs(value) * 50 + 9) // 18, 10**7)  # to the nearest: a degree is 3,600,000
    digits = f"{places:07}"
    return f"{mark}{whole}.{digits[:kept]}{digits[kept:].rstrip('0')}{letter}"


def format_point(point: LatLon) -> str:
    """``48-30-52N 009-20-08E``; exact, `parse_point` gives the same point."""
    return f"{format_dms(point[0], LATITUDE)} {format_dms(point[1], LONGITUDE)}"


def parse_length(text: str) -> tuple[int, LengthUnit]:
    """Metres and unit of ``12.5 NM``, ``12.5 nmi`` or ``23.15 km``.

    Raises:
        Refused: `bad-text`, if the text has another form or unit, or is no whole number of metres, as
            no nautical miles are but quarters; `out-of-range` beyond 1 to `MAX_RADIUS`.
    """
    match = re.fullmatch(_LENGTH, text) if len(text) <= MAX_COORDINATE_TEXT else None
    if not match:
        raise Refused(Refusal.BAD_TEXT, "length: expected a number and NM, nmi or km")
    unit = LengthUnit.KILOMETRE if match["unit"] == "km" else LengthUnit.NAUTICAL_MILE
    metres = scaled(match["number"], 1_000 if unit is LengthUnit.KILOMETRE else 4 * QUARTER_MILE)
    if metres is None:
        raise Refused(Refusal.BAD_TEXT, "length: expected whole metres, or quarters of a nautical mile")
    if not 1 <= metres <= MAX_RADIUS:
        raise Refused(Refusal.OUT_OF_RANGE, f"length: expected 1 to {MAX_RADIUS} metres")
    return metres, unit


def format_length(metres: int, unit: LengthUnit) -> str:
    """``12.5 NM`` or ``23.15 km``, exact; kilometres also for a radius that no decimal of miles gives."""
    if unit is LengthUnit.NAUTICAL_MILE and metres % QUARTER_MILE == 0:
        return f"{_decimal(metres // QUARTER_MILE * 250)} NM"
    return f"{_decimal(metres)} km"


# Helpers -------------------------------------------------------------------------------

_SIGNS: Final = {"+": 1, "-": -1}
_PRIMES: Final = str.maketrans("′″", "'\"")
_BETWEEN: Final = r" *, *| +|(?<=[NS])(?=[0-9])"
_LENGTH: Final = r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>NM|nmi|km)"


def _bad(axis: Axis, detail: str) -> Refused:
    return Refused(Refusal.BAD_TEXT, f"{axis.name}: {detail}")


def _hemisphere(text: str, axis: Axis) -> tuple[int, str]:
    """The sign of a coordinate and the rest of its text."""
    first, last = text[:1], text[-1:]
    if last in (axis.positive, axis.negative):
        return 1 if last == axis.positive else -1, text[:-1]
    if last.isalpha():
        raise _bad(axis, f"expected {axis.positive} or {axis.negative} as its letter")
    if first in _SIGNS:
        return _SIGNS[first], text[1:]
    raise _bad(axis, f"expected {axis.positive} or {axis.negative} after it, or a sign before decimals")


def _total(parts: list[str], axis: Axis) -> int:
    """Milliarcseconds of degrees, minutes and seconds."""
    total = 0
    for part, unit in zip(parts, (DEGREE, 60_000, 1_000), strict=False):
        value = scaled(part, unit)
        if value is None:
            raise _bad(axis, "expected a whole number of milliarcseconds")
        if unit < DEGREE and value >= 60 * unit:
            raise _bad(axis, "expected minutes and seconds below 60")
        total += value
    if total > axis.high:
        raise _bad(axis, f"expected at most {axis.high // DEGREE} degrees")
    return total


def _decimal(thousandths: int) -> str:
    return f"{thousandths // 1_000}.{thousandths % 1_000:03}".rstrip("0").rstrip(".")
