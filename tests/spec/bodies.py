"""Hypothesis strategies for the body of every kind, from the records' own codecs."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from launchnotice.errors import Refused
from launchnotice.wire import geo
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Enumeration, Int, Text
from launchnotice.wire.message import BODIES
from launchnotice.wire.record import Nested, Record

_POINTS = st.lists(
    st.tuples(st.integers(-323_999_999, 323_999_999), st.integers(-647_999_999, 648_000_000)),
    min_size=3,
    max_size=6,
    unique=True,
)


def body(kind: int) -> st.SearchStrategy[Record]:
    """Valid bodies of a kind."""
    return record(BODIES[kind])


def record(cls: type[Record]) -> st.SearchStrategy[Record]:
    """Valid records of a class: any values of the fields that its rules across fields allow."""
    fields = {
        row.name: values(row.codec) if row.required else st.just(row.default) | values(row.codec)
        for row in cls.FIELDS
    }
    return st.fixed_dictionaries(fields).filter(lambda found: _fits(cls, found)).map(lambda f: cls(**f))


def values(codec: Codec) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one row a codec
    """Valid Python values of a codec."""
    match codec:
        case Int():
            return st.integers(codec.low, codec.high)
        case Bool():
            return st.booleans()
        case Text():
            return st.text(min_size=1, max_size=codec.limit // 4).filter(lambda text: _is_text(codec, text))
        case Bytes():
            return st.binary(min_size=codec.low, max_size=codec.high)
        case Enumeration():
            return st.sampled_from(list(codec.enum))
        case Array():
            return st.lists(values(codec.item), min_size=codec.low, max_size=min(codec.high, 3)).map(tuple)
        case geo.Points():
            return _POINTS.map(tuple)
        case geo.Area():
            return st.sampled_from(list(geo.AREAS.values())).flatmap(record)
        case Nested():
            return record(codec.record)
        case _:
            raise NotImplementedError(type(codec).__name__)


def _is_text(codec: Text, text: str) -> bool:
    try:
        codec.load(text)
    except Refused:
        return False
    return unicodedata.is_normalized("NFC", text)


def _fits(cls: type[Record], found: dict[str, Any]) -> bool:
    candidate = cls.__new__(cls)
    candidate.__dict__.update(found)
    try:
        candidate.validate()
    except Refused:
        return False
    return True
