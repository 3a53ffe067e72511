"""A receiver and a peer that can break exactly one rule, with right signatures for the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import cbor2
import pytest

from launchnotice import Channel, Endpoint, Step
from launchnotice.pact.mandate import Identity, Mandate, UnverifiedMandate
from launchnotice.registry import ContentType, Suite
from launchnotice.wire import cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import SigningKey
from tests.support import NOW, Centre, make_centre, make_channel, make_mandate, open_endpoint
from tests.support.dump import snapshot
from tests.support.forge import Forger

OFFICERS = ("officer-1", "officer-2")
SIGNERS = (*OFFICERS, "system")
MANDATE_HEADER = cose.BODY_HEADERS[ContentType.MANDATE]


class World(NamedTuple):
    """The endpoint of RU, which holds both mandates, and forgers of messages of either side."""

    channel: Channel
    us: Centre
    ru: Centre
    mandates: dict[str, bytes]
    receiver: Endpoint
    forger: Forger
    mirror: Forger  # makes messages of RU itself

    def mandate(self, party: str = "US") -> Mandate:
        return UnverifiedMandate.parse(self.mandates[party]).verify(self.channel, None)

    def receive(self, data: bytes, now: int = NOW + 1) -> Step:
        return self.receiver.receive(data, now)


class Case(NamedTuple):
    """One deviation: which requirements it is about, its code, and how it is made."""

    name: str
    requirements: str
    code: str
    make: Callable[[World], bytes]


def cases(*rows: tuple[str, str, str, Callable[[World], bytes]]) -> list[Any]:
    """Rows as parameters of a test, each with the mark of its requirements."""
    return [
        pytest.param(Case(*row), id=row[0], marks=[pytest.mark.requirement(name) for name in row[1].split()])
        for row in rows
    ]


def world(suite: Suite = Suite.CLASSIC, extra: Sequence[Identity] = (), **descriptor: Any) -> World:
    """A world whose US mandate lists these identities as well."""
    us, ru = make_centre("US", suite), make_centre("RU", suite)
    channel = make_channel([us, ru], suite, **descriptor)
    mandates = {
        "US": make_mandate(channel, us, identities=[*us.identities(), *extra]),
        "RU": make_mandate(channel, ru),
    }
    receiver = open_endpoint(channel, ru, mandates=[mandates["RU"], mandates["US"]])
    ids = {party: UnverifiedMandate.parse(data).id for party, data in mandates.items()}
    forger, mirror = Forger(channel, us, ids["US"]), Forger(channel, ru, ids["RU"])
    return World(channel, us, ru, mandates, receiver, forger, mirror)


@cache
def refusing(suite: Suite) -> World:
    """One world for all refusals, since none of them changes it."""
    return world(suite)


def refused_without_trace(case: Case, suite: Suite) -> None:
    """The receiver gives the code of the case, says nothing and stays as it was."""
    w = refusing(suite)
    before = snapshot(w.receiver)
    step = w.receive(case.make(w))
    assert step.refusal is not None
    assert step.refusal.code.value == case.code
    assert (step.events, step.sends) == ((), ())
    assert snapshot(w.receiver) == before


def parts(data: bytes) -> list[Any]:
    """The four parts of an envelope."""
    header, unprotected, payload, rows = cbor2.loads(data).value
    return [header, unprotected, payload, [list(row) for row in rows]]


def envelope(found: Sequence[Any]) -> bytes:
    """The envelope of these parts, whatever they are."""
    return cbor2.dumps(cbor2.CBORTag(98, list(found)))


def reshaped(data: bytes, change: Callable[[list[Any]], Sequence[Any]]) -> bytes:
    """An envelope with its parts changed after it was signed."""
    return envelope(change(parts(data)))


def sign_bytes(
    forger: Forger, payload: bytes, labels: Sequence[str] = SIGNERS, header: bytes | None = None
) -> bytes:
    """The envelope of any payload bytes, signed by these identities."""
    header = forger.header if header is None else header
    rows = [[*_signature(key, header, payload)] for key in forger.keys(labels)]
    return envelope([header, {}, payload, rows])


def by_keys(forger: Forger, raw: dict[int, Any], keys: Sequence[SigningKey]) -> bytes:
    """The envelope of a payload with exactly these keys in manifest and signatures."""
    ordered = sorted(keys, key=lambda key: key.key.kid)
    raw = {**raw, 6: [[key.key.alg.value, key.key.kid] for key in ordered]}
    payload = cbor2.dumps({key: raw[key] for key in sorted(raw)})
    return envelope(
        [forger.header, {}, payload, [[*_signature(key, forger.header, payload)] for key in ordered]]
    )


def _signature(key: SigningKey, header: bytes, payload: bytes) -> tuple[bytes, dict[int, Any], bytes]:
    line = Signatory(key.key.alg, key.key.kid)
    return cose.signature_header(line), {}, key.sign(cose.to_be_signed(header, line, payload))
