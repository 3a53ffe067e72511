"""Refusals: each has a code and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from launchnotice import Endpoint, Refused
from launchnotice.registry import Refusal
from tests.support.centres import NOW
from tests.support.dump import snapshot
from tests.support.template import Template


def refused_all(endpoint: Endpoint, inputs: Iterable[bytes]) -> set[Refusal]:
    """Each is refused with a stable code and changes nothing; the codes seen."""
    before = snapshot(endpoint)
    codes = set()
    for data in inputs:
        step = endpoint.receive(data, NOW)
        assert step.refusal is not None, data.hex()
        assert type(step.refusal) is Refused
        assert (step.events, step.sends) == ((), ())
        codes.add(step.refusal.code)
    assert snapshot(endpoint) == before
    return codes


_SHARED: dict[str, Endpoint] = {}


def shared(made: Template) -> Endpoint:
    """One endpoint, RU, for many refusals: none of them changes it."""
    return _SHARED.setdefault(made.channel.id.hex() + made.mandates["RU"].hex(), made.open("RU"))
