"""Messages of every kind, right and wrong, for tests of what shows them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from launchnotice.registry import KINDS, Kind, KindClass
from launchnotice.testing.strategies import bodies, mutations
from launchnotice.wire.message import BODIES
from tests.support import make_centre, make_channel
from tests.support.forge import Forger

US, RU = make_centre("US"), make_centre("RU")
CHANNEL = make_channel([US, RU])
FORGER = Forger(CHANNEL, US, bytes(range(32)))
UNKNOWN = (63, 79)
"""Kinds that no version knows yet; an unknown signal is refused."""
MESSAGES = pytest.mark.parametrize("kind", [*BODIES, *UNKNOWN])


def _in_order(raw: dict[int, Any]) -> dict[int, Any]:
    return {key: raw[key] for key in sorted(raw, key=lambda key: (key < 0, abs(key)))}


_keys = st.integers(0, 99) | st.integers(-(2**64), 2**64 - 1)
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=40)
    | st.text(st.characters(codec="utf-8"), max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4).map(_in_order),
    max_leaves=8,
)
"""Any CBOR values of LNP/1."""

maps = st.dictionaries(_keys, values, max_size=6)


def any_message(kind: int) -> st.SearchStrategy[bytes]:
    """Messages of a kind: with a body that keeps its rules, perhaps with unknown fields, or with any map."""
    known: st.SearchStrategy[dict[int, Any]] = maps
    if kind in BODIES:
        raw = bodies(kind, flawed=True).map(lambda body: body.dump())
        known = raw | st.builds(lambda body, more: {**more, **body}, raw, _later)
        if not _is_signal(kind):  # an unreadable signal is refused by a peer, and is one all the same
            known |= mutations(kind).map(lambda mutation: mutation.raw) | maps
    return known.map(lambda body: message(kind, _in_order(body)))


_later = st.dictionaries(st.integers(100, 2**64 - 1), values, max_size=3)


def message(kind: int, body: dict[int, Any]) -> bytes:
    """A message of a kind with that body."""
    if kind >= 80:
        return FORGER.signal(Kind(kind), body, "RU").data
    if kind >= 64:
        return FORGER.emergency(1, kind=kind, k7=body).data
    return FORGER.notice(body=body, k5=kind).data


def _is_signal(kind: int) -> bool:
    return KINDS[kind].kind_class is KindClass.SIGNAL
