"""Hypothesis strategies for what messages say, for the tests of an application.

- `bodies(kind)`, `notices()`, `signals()`: valid bodies that reach every field, area form and
  number. Rules across fields hold by construction, so no health check trips.
- By default an author could send them: no polygon crosses itself, no length is inexact for its
  unit. ``flawed=True`` also gives what only a peer would send, and a reader has to bear.
- `mutations(kind)`: CBOR maps with exactly one fault and the code of their refusal.

    @given(notices())
    def test_every_notice_is_shown(body): ...

Needs Hypothesis: ``pip install launchnotice[testing]``.
"""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from typing import Any, Final, TypeVar, cast

try:
    from hypothesis import strategies as st
except ImportError:
    raise ImportError(f"{__name__} needs hypothesis: pip install launchnotice[testing]") from None

from launchnotice.registry import KINDS, KindClass
from launchnotice.testing.mutations import Mutation, mutants
from launchnotice.testing.repairs import repaired
from launchnotice.wire import cbor, geo
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Enumeration, Int, Text
from launchnotice.wire.coordinates import LATITUDE, LONGITUDE
from launchnotice.wire.geodesy import DEGREE, MAX_LATITUDE, LatLon, wrap
from launchnotice.wire.launch import LaunchNotification, Window
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Field, Nested, Record
from launchnotice.wire.streams import DIGEST
from launchnotice.wire.times import MAX_DATE, MAX_INSTANT
from launchnotice.wire.withheld import Disclosure, Secret, withhold

__all__ = [
    "Mutation",
    "areas",
    "bodies",
    "body_of",
    "dates",
    "digests",
    "disclosures",
    "instants",
    "mutations",
    "notices",
    "positions",
    "signals",
    "texts",
    "windows",
    "withholding",
    "zones",
]

_R = TypeVar("_R", bound=Record)
_FEW: Final = 3
"""Items of an array at most, so that a body stays small enough to look at and to examine."""


# Bodies --------------------------------------------------------------------------------


def bodies(kind: int, *, flawed: bool = False) -> st.SearchStrategy[Record]:
    """Valid bodies of a kind; `flawed`: areas also have problems that only a peer would send."""
    return body_of(BODIES[kind], flawed=flawed)


def notices(*, flawed: bool = False) -> st.SearchStrategy[Record]:
    """Valid bodies of notices of any kind, emergencies among them."""
    return st.one_of([bodies(kind, flawed=flawed) for kind in BODIES if not _is_signal(kind)])


def signals() -> st.SearchStrategy[Record]:
    """Valid bodies of signals of any kind."""
    return st.one_of([bodies(kind) for kind in BODIES if _is_signal(kind)])


def body_of(record: type[_R], *, flawed: bool = False) -> st.SearchStrategy[_R]:
    """Valid records of a class: a body, or a part of one such as `Window`."""
    return cast("st.SearchStrategy[_R]", _record(cast("Any", record), flawed=flawed))


def mutations(kind: int) -> st.SearchStrategy[Mutation]:
    """Maps that differ from a valid body of a kind in one thing; each code is as likely as any."""
    return bodies(kind).flatmap(_one_mutation)


# Values --------------------------------------------------------------------------------


def instants() -> st.SearchStrategy[int]:
    """Seconds since 1970-01-01T00:00:00Z, up to the year 9999."""
    return st.integers(0, MAX_INSTANT)


def dates() -> st.SearchStrategy[int]:
    """Days since 1970-01-01, up to the year 9999."""
    return st.integers(0, MAX_DATE)


def digests() -> st.SearchStrategy[bytes]:
    """Message ids and the like: 32 bytes."""
    return st.binary(min_size=DIGEST.low, max_size=DIGEST.high)


def texts(limit: int) -> st.SearchStrategy[str]:
    """Texts of 1 to `limit` bytes of UTF-8 that LNP/1 allows, in all scripts, the longest among them."""
    edges = ["x", "x" * limit, _cut("é" * limit, limit), _cut("\U0001f680" * limit, limit)]
    return st.text(_CHARACTERS, min_size=1, max_size=_FEW * 8).map(
        lambda text: _cut(unicodedata.normalize("NFC", text), limit)
    ) | st.sampled_from(edges)


def positions() -> st.SearchStrategy[LatLon]:
    """Latitude and longitude in milliarcseconds; a pole has longitude 0."""
    return st.tuples(_integers(LATITUDE), _integers(LONGITUDE)).map(_spelt)


def windows() -> st.SearchStrategy[Window]:
    """Windows that end after they begin."""
    return body_of(Window)


def areas(*, flawed: bool = False) -> st.SearchStrategy[geo.AreaRecord]:
    """Areas of every form; `flawed`: also polygons that cross themselves and the like."""
    return st.one_of([body_of(form, flawed=flawed) for form in geo.AREAS.values()])


def zones(*, flawed: bool = False) -> st.SearchStrategy[geo.Zone]:
    """Areas with a role, and altitudes."""
    return body_of(geo.Zone, flawed=flawed)


def disclosures() -> st.SearchStrategy[Disclosure]:
    """Disclosures of any field of a notification; see `withholding` for those of a given one."""
    return st.sampled_from(_DISCLOSABLE).flatmap(_disclosure)


@st.composite
def withholding(draw: st.DrawFn, *, flawed: bool = False) -> tuple[LaunchNotification, tuple[Secret, ...]]:
    """A launch notification and what opens its commitments, none or a few."""
    body = cast("LaunchNotification", draw(_plain(LaunchNotification, flawed=flawed)))
    names = [row.name for row in _DISCLOSABLE if _can_be_withheld(body, row)]
    chosen = draw(st.sets(st.sampled_from(names), max_size=_FEW)) if names else set()
    return withhold(body, {name: draw(digests()) for name in sorted(chosen)}) if chosen else (body, ())


# Helpers -------------------------------------------------------------------------------


@cache
def _record(record: Any, *, flawed: bool) -> st.SearchStrategy[Any]:
    if record is LaunchNotification:
        return withholding(flawed=flawed).map(lambda found: found[0])
    return disclosures() if record is Disclosure else _plain(record, flawed=flawed)


@cache
def _plain(record: Any, *, flawed: bool) -> st.SearchStrategy[Any]:
    """Records whose fields are drawn one by one and then repaired."""
    rows = [row for row in record.FIELDS if row.name != "withheld"]
    drawn = st.fixed_dictionaries({row.name: _field(row, flawed=flawed) for row in rows})
    return drawn.map(lambda values: record(**repaired(record, values, flawed=flawed)))


def _field(row: Field, *, flawed: bool) -> st.SearchStrategy[Any]:
    values = _values(row.codec, flawed=flawed)
    return values if row.required else st.just(row.default) | values


def _values(codec: Codec, *, flawed: bool) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one row a codec
    match codec:
        case Int():
            return _integers(codec)
        case Bool():
            return st.booleans()
        case Text():
            return texts(codec.limit)
        case Bytes():
            return st.binary(min_size=codec.low, max_size=codec.high)
        case Enumeration():
            return st.sampled_from(list(codec.enum))
        case Array():
            few = max(codec.low, min(codec.high, _FEW))
            return st.lists(_values(codec.item, flawed=flawed), min_size=codec.low, max_size=few).map(tuple)
        case geo.Points():
            return _lines(codec.low) if flawed else _outlines(codec.low)
        case geo.Area():
            return areas(flawed=flawed)
        case Nested():
            return body_of(codec.record, flawed=flawed)
        case _:
            raise NotImplementedError(type(codec).__name__)  # safe: a type of field without a row here


def _integers(codec: Int) -> st.SearchStrategy[int]:
    return st.integers(codec.low, codec.high)


def _is_signal(kind: int) -> bool:
    return KINDS[kind].kind_class is KindClass.SIGNAL


def _one_mutation(body: Record) -> st.SearchStrategy[Mutation]:
    groups: dict[tuple[str, bool], list[Mutation]] = {}
    for mutation in mutants(body):
        groups.setdefault((mutation.code, mutation.across), []).append(mutation)
    return st.sampled_from(list(groups.values())).flatmap(st.sampled_from)


# Text: what codecs refuse is left out, so that nothing has to be filtered.
_CHARACTERS: Final = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)


def _cut(text: str, limit: int) -> str:
    """As much of a text as fits; what begins a text in form C is in form C."""
    return text.encode()[:limit].decode(errors="ignore") or "x"


# Lines of points -----------------------------------------------------------------------

_ARCMINUTE: Final = 60_000
_TEMPERATE: Final = 60 * DEGREE
_MOST: Final = 8
_CORRIDOR: Final = 2


def _spelt(point: LatLon) -> LatLon:
    return point if abs(point[0]) < MAX_LATITUDE else (point[0], 0)


def _lines(low: int) -> st.SearchStrategy[tuple[LatLon, ...]]:
    """Points anywhere: their edges may cross, bound half the sphere or be antipodal."""
    found = st.lists(positions(), min_size=low, max_size=_MOST, unique=True)
    # A polygon names no point twice; a corridor, which two points make, may come back.
    return found.map(tuple) if low > _CORRIDOR else found.map(_perhaps_back)


def _perhaps_back(points: list[LatLon]) -> tuple[LatLon, ...]:
    """A line that ends where it began, if it has a point between."""
    return (*points, points[0]) if len(points) % 2 else tuple(points)


@st.composite
def _outlines(draw: st.DrawFn, low: int) -> tuple[LatLon, ...]:
    """Points around a centre, in one of the two directions, so that their edges never cross."""
    latitude = draw(st.integers(-_TEMPERATE, _TEMPERATE))
    longitude = draw(_integers(LONGITUDE))
    radius = draw(st.integers(_ARCMINUTE, 300 * _ARCMINUTE))
    percents = draw(st.lists(st.integers(50, 100), min_size=low, max_size=_MOST))
    turn = draw(st.sampled_from((1, -1))) * math.tau / len(percents)
    points = []
    for place, percent in enumerate(percents):
        north, east = (round(radius * percent / 100 * part(turn * place)) for part in (math.cos, math.sin))
        points.append((latitude + north, wrap(longitude + east)))
    return tuple(points)


# What is withheld ----------------------------------------------------------------------

_DISCLOSABLE: Final = [
    row for row in LaunchNotification.FIELDS if not row.required and row.name != "withheld"
]
_NEEDED: Final = frozenset({"planned_date", "window", "launch_count", "remark"})


def _can_be_withheld(body: LaunchNotification, row: Field) -> bool:
    """Whether a field has a value without which the body still keeps its rules."""
    return row.name not in _NEEDED and getattr(body, row.name) != row.default


def _disclosure(row: Field) -> st.SearchStrategy[Disclosure]:
    value = _values(row.codec, flawed=False).map(lambda found: cbor.encode(row.codec.dump(found)))
    return st.builds(Disclosure, notice=digests(), key=st.just(row.key), salt=digests(), value=value)
