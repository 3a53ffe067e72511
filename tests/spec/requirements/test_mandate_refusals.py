"""Every refusal of a mandate (spec section 9.2): one broken rule, right signatures, its code, no trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cbor2
import pytest

from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import Role, Suite
from launchnotice.wire import cose
from launchnotice.wire.cose import Signatory
from launchnotice.wire.keys import SigningKey
from tests.spec.requirements.build import (
    MANDATE_HEADER,
    Case,
    World,
    cases,
    refused_without_trace,
    reshaped,
    sign_bytes,
    world,
)
from tests.spec.requirements.messages import spoilt
from tests.support import NOW, Centre, make_centre, make_mandate, open_endpoint
from tests.support.dump import snapshot
from tests.support.forge import Forger

AUTHORITY = ("authority-1", "authority-2")
YEAR = 365 * 86_400


def identities(centre: Centre, **others: Sequence[SigningKey]) -> list[dict[int, Any]]:
    """The identities of a centre as raw maps, some with other keys."""
    found = [identity.dump() for identity in centre.identities()]
    for one in found:
        name = one[1].replace("-", "_")
        if name in others:
            one[3] = [key.key.dump() for key in others[name]]
    return found


def raw(w: World, version: int = 1, **changes: Any) -> dict[int, Any]:
    """The payload of a mandate of US; `changes` are raw fields by ``k<key>``, None to leave one out."""
    found: dict[int, Any] = {
        1: w.channel.id,
        2: "US",
        4: NOW,
        6: w.forger.manifest(AUTHORITY),
        20: version,
        21: w.forger.mandate,
        22: NOW + YEAR,
        23: 1 if version == 1 else 2,
        24: identities(w.us),
    }
    if version == 1:
        del found[21]
    found |= {int(name.removeprefix("k")): value for name, value in changes.items()}
    return {key: found[key] for key in sorted(found) if found[key] is not None}


def signed(w: World, found: dict[int, Any], labels: Sequence[str] = AUTHORITY) -> bytes:
    """A mandate signed by these identities, whom its manifest names."""
    payload = cbor2.dumps({**found, 6: w.forger.manifest(labels)})
    return sign_bytes(w.forger, payload, labels, MANDATE_HEADER)


def first(w: World, **changes: Any) -> bytes:
    return signed(w, raw(w, **changes))


def second(w: World, **changes: Any) -> bytes:
    return signed(w, raw(w, 2, **changes))


def with_key(w: World, name: str, change: Any) -> bytes:
    """A second mandate with the first key of an identity changed in its map."""
    found = identities(w.us)
    identity = next(one for one in found if one[1] == name)
    identity[3] = [change(identity[3][0]), *identity[3][1:]]
    return second(w, k24=found)


def renamed(w: World) -> bytes:
    found = identities(w.us)
    found[3][1] = found[2][1]
    return second(w, k24=found)


def role(w: World, name: str, number: Role) -> bytes:
    found = identities(w.us)
    next(one for one in found if one[1] == name)[2] = number.value
    return second(w, k24=found)


def without(w: World, *names: str) -> bytes:
    return second(w, k24=[one for one in identities(w.us) if one[1] not in names])


def lone_signer(w: World, label: str) -> bytes:
    return signed(w, raw(w, 2), [label])


def new_authority(w: World) -> tuple[Centre, list[dict[int, Any]]]:
    """Other authority keys of US, and the identities with them."""
    other = make_centre("US", w.channel.descriptor.suite, "new")
    keys = {label.replace("-", "_"): other.keys[label] for label in AUTHORITY}
    return other, identities(w.us, **keys)


def changed_authority(w: World, *, both: bool) -> bytes:
    """The authority changes, signed by the old one alone or by both."""
    other, found = new_authority(w)
    keys = w.forger.keys(AUTHORITY)
    if both:
        keys = [*keys, *Forger(w.channel, other, b"").keys(AUTHORITY)]
    return signed_by(w, raw(w, 2, k24=found), keys)


def foreign_first(w: World) -> bytes:
    other, found = new_authority(w)
    return signed_by(w, raw(w, k24=found), Forger(w.channel, other, b"").keys(AUTHORITY))


def signed_by(w: World, found: dict[int, Any], keys: Sequence[SigningKey]) -> bytes:
    """A mandate signed by exactly these keys."""
    lines = [(Signatory(key.key.alg, key.key.kid), key) for key in sorted(keys, key=lambda k: k.key.kid)]
    payload = cbor2.dumps({**found, 6: [[line.alg.value, line.kid] for line, _ in lines]})
    rows = [(line, key.sign(cose.to_be_signed(MANDATE_HEADER, line, payload))) for line, key in lines]
    return cose.assemble(MANDATE_HEADER, payload, rows)


HELD = cases(
    ("prev in version 1", "R-MAND-1", "inconsistent", lambda w: first(w, k21=bytes(32))),
    ("routine version 1", "R-MAND-1", "inconsistent", lambda w: first(w, k23=2)),
    ("initial version 2", "R-MAND-1", "inconsistent", lambda w: second(w, k23=1)),
    ("version 2 without prev", "R-MAND-1", "inconsistent", lambda w: second(w, k21=None)),
    ("expired when issued", "R-MAND-2", "out-of-range", lambda w: second(w, k22=NOW)),
    ("397 days", "R-MAND-2", "out-of-range", lambda w: second(w, k22=NOW + 397 * 86_400)),
    (
        "routine with stands",
        "R-MAND-3",
        "inconsistent",
        lambda w: second(w, k25=[{1: {1: 1, 2: bytes(16)}, 2: {1: 1, 2: bytes(32)}}]),
    ),
    ("another field", "R-REC-4", "unknown-field", lambda w: second(w, k5=1)),
    ("no identities", "R-REC-2", "missing-field", lambda w: second(w, k24=None)),
    ("unknown role", "R-VAL-4", "unknown-value", lambda w: second(w, k24=[{1: "x", 2: 9, 3: []}] * 2)),
    (
        "extra member of a key",
        "R-KEY-1",
        "unknown-field",
        lambda w: with_key(w, "officer-1", lambda k: {**k, -3: 0}),
    ),
    (
        "key without its point",
        "R-KEY-1",
        "missing-field",
        lambda w: with_key(w, "officer-1", lambda _: {1: 1, 3: -19, -1: 6}),
    ),
    ("other kty", "R-KEY-1", "unknown-value", lambda w: with_key(w, "officer-1", lambda k: {**k, 1: 2})),
    ("other crv", "R-KEY-1", "unknown-value", lambda w: with_key(w, "officer-1", lambda k: {**k, -1: 7})),
    (
        "polymorphic alg",
        "R-KEY-1",
        "unknown-value",
        lambda w: with_key(w, "officer-1", lambda k: {**k, 3: -8}),
    ),
    (
        "short point",
        "R-KEY-1",
        "bad-length",
        lambda w: with_key(w, "officer-1", lambda k: {**k, -2: bytes(31)}),
    ),
    (
        "signature removed",
        "R-SIGN-4",
        "manifest-mismatch",
        lambda w: reshaped(second(w), lambda f: [*f[:3], f[3][1:]]),
    ),
    ("another channel", "R-MAND-4", "wrong-channel", lambda w: second(w, k1=bytes(32))),
    ("unknown party", "R-MAND-4", "unknown-party", lambda w: second(w, k2="CN")),
    ("version 3 after 1", "R-MAND-5", "mandate-gap", lambda w: signed(w, raw(w, 3))),
    ("version 2 after another", "R-MAND-6", "bad-mandate-chain", lambda w: second(w, k21=bytes(32))),
    (
        "identity with two keys of one algorithm",
        "R-KEY-3",
        "incomplete-identity",
        lambda w: second(
            w, k24=identities(w.us, officer_1=[*w.us.keys["officer-1"], *make_centre("X").keys["system"]])
        ),
    ),
    ("label twice", "R-MAND-4", "duplicate-entry", renamed),
    (
        "key of another identity",
        "R-KEY-4",
        "key-reused",
        lambda w: second(w, k24=identities(w.us, officer_1=w.us.keys["officer-2"])),
    ),
    (
        "authority key of another party",
        "R-KEY-4",
        "key-reused",
        lambda w: second(w, k24=identities(w.us, officer_1=w.ru.keys["authority-1"])),
    ),
    ("officer who becomes a system", "R-KEY-4", "key-reused", lambda w: role(w, "officer-3", Role.SYSTEM)),
    ("one officer", "R-MAND-4", "unsatisfiable", lambda w: without(w, "officer-1", "officer-2")),
    ("one authority", "R-MAND-4", "unsatisfiable", lambda w: without(w, "authority-1")),
    ("no system", "R-MAND-4", "unsatisfiable", lambda w: without(w, "system")),
    (
        "stranger signs",
        "R-MAND-4",
        "unknown-signer",
        lambda w: signed_by(w, raw(w, 2), [*w.forger.keys(AUTHORITY), *make_centre("CN").keys["system"]]),
    ),
    (
        "officer signs as well",
        "R-MAND-8",
        "wrong-role",
        lambda w: signed(w, raw(w, 2), [*AUTHORITY, "officer-1"]),
    ),
    ("one of two authorities signs", "R-MAND-7", "threshold", lambda w: lone_signer(w, "authority-1")),
    ("new authority has not signed", "R-MAND-7", "threshold", lambda w: changed_authority(w, both=False)),
    ("bad signature", "R-SIGN-5", "bad-signature", lambda w: spoilt(second(w))),
    ("known version with bad signatures", "R-ORDER-3", "bad-signature", lambda w: spoilt(w.mandates["US"])),
    (
        "key of small order",
        "R-KEY-2",
        "weak-key",
        lambda w: with_key(w, "officer-1", lambda k: {**k, -2: b"\x01" + bytes(31)}),
    ),
    (
        "key that is not canonical",
        "R-KEY-2",
        "weak-key",
        lambda w: with_key(w, "officer-1", lambda k: {**k, -2: b"\xff" * 32}),
    ),
    ("channel before party", "R-MAND-4", "wrong-channel", lambda w: second(w, k1=bytes(32), k2="CN")),
    ("party before version", "R-MAND-4", "unknown-party", lambda w: signed(w, raw(w, 3, k2="CN"))),
    ("role before threshold", "R-MAND-4", "wrong-role", lambda w: lone_signer(w, "officer-1")),
    ("threshold before signatures", "R-MAND-4", "threshold", lambda w: spoilt(lone_signer(w, "authority-1"))),
    (
        "signatures before enrolment",
        "R-MAND-4",
        "bad-signature",
        lambda w: spoilt(with_key(w, "officer-1", lambda k: {**k, -2: b"\x01" + bytes(31)})),
    ),
)


@pytest.mark.requirement("R-ORDER-2")
@pytest.mark.parametrize("case", HELD)
def test_mandate_that_breaks_one_rule_is_refused_without_trace(case: Case) -> None:
    w = world()
    before = snapshot(w.receiver)
    step = w.receive(case.make(w))
    assert step.refusal is not None
    assert step.refusal.code.value == case.code
    assert snapshot(w.receiver) == before


ED25519 = make_centre("X").keys["system"][0].key.dump()
P384 = cases(
    ("compressed y", "R-KEY-1", "wrong-type", lambda w: with_key(w, "system", lambda k: {**k, -3: True})),
    ("without y", "R-KEY-1", "missing-field", lambda w: with_key(w, "system", _without_y)),
    ("P-256", "R-KEY-1", "unknown-value", lambda w: with_key(w, "system", lambda k: {**k, -1: 1})),
    ("polymorphic", "R-KEY-1", "unknown-value", lambda w: with_key(w, "system", lambda k: {**k, 3: -35})),
    ("short x", "R-KEY-1", "bad-length", lambda w: with_key(w, "system", lambda k: {**k, -2: bytes(47)})),
    ("Ed25519", "R-KEY-3", "incomplete-identity", lambda w: with_key(w, "system", lambda _: ED25519)),
    ("off the curve", "R-KEY-2", "weak-key", lambda w: with_key(w, "system", lambda k: {**k, -3: k[-2]})),
    (
        "beyond p",
        "R-KEY-2",
        "weak-key",
        lambda w: with_key(w, "system", lambda k: {**k, -2: b"\xff" * 48}),
    ),
)


def _without_y(key: dict[int, Any]) -> dict[int, Any]:
    return {number: value for number, value in key.items() if number != -3}


@pytest.mark.requirement("R-ORDER-2")
@pytest.mark.parametrize("case", P384)
def test_mandate_with_a_wrong_p384_key_is_refused_without_trace(case: Case) -> None:
    refused_without_trace(case, Suite.HYBRID_HIGH)


@pytest.mark.requirement("R-MAND-9")
def test_first_mandate_of_another_authority_is_refused() -> None:
    w = world()
    newcomer = open_endpoint(w.channel, w.ru, mandates=[w.mandates["RU"]])
    before = snapshot(newcomer)
    step = newcomer.receive(foreign_first(w), NOW)
    assert step.refusal is not None
    assert step.refusal.code.value == "unknown-signer"
    assert snapshot(newcomer) == before
    assert newcomer.receive(first(w), NOW).refusal is None


GOOD: dict[str, tuple[str, Callable[[World], bytes]]] = {
    "second": (
        "R-MAND-1 R-MAND-2 R-MAND-3 R-MAND-4 R-MAND-5 R-MAND-6 R-MAND-7 R-MAND-8 "
        "R-KEY-1 R-KEY-2 R-KEY-3 R-KEY-4",
        second,
    ),
    "13 months": ("R-MAND-2", lambda w: second(w, k22=NOW + 396 * 86_400)),
    "known": ("R-MAND-6", lambda w: w.mandates["US"]),
    "changed authority": ("R-MAND-7", lambda w: changed_authority(w, both=True)),
}


@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.requirement(one) for one in GOOD[n][0].split()]) for n in GOOD],
)
def test_mandate_that_breaks_none_is_accepted(name: str, suite: Suite) -> None:
    w = world(suite)
    assert w.receive(GOOD[name][1](w)).refusal is None


@pytest.mark.requirement("R-KEY-2")
def test_key_that_fails_its_enrolment_never_verifies_a_message() -> None:
    """A forgery under a key of small order needs the key to be in a mandate."""
    w = world()
    before = w.receiver.mandate("US")
    w.receive(with_key(w, "system", lambda k: {**k, -2: b"\x01" + bytes(31)}))
    assert w.receiver.mandate("US") is before


@pytest.mark.requirement("R-KEY-3")
def test_identity_without_its_second_key_is_refused() -> None:
    w = world(Suite.HYBRID)
    half = identities(w.us, officer_1=w.us.keys["officer-1"][:1])
    step = w.receive(second(w, k24=half))
    assert step.refusal is not None
    assert step.refusal.code.value == "incomplete-identity"
    swapped = identities(w.us, officer_1=w.us.keys["officer-1"][::-1])
    assert w.receive(second(w, k24=swapped)).refusal is not None


@pytest.mark.requirement("R-MAND-5")
def test_chain_is_taken_version_by_version() -> None:
    w = world()
    two = make_mandate(w.channel, w.us, w.mandate(), issued=NOW, expires=NOW + YEAR)
    held = UnverifiedMandate.parse(two).verify(w.channel, w.mandate())
    three = make_mandate(w.channel, w.us, held, issued=NOW, expires=NOW + YEAR)
    step = w.receive(three)
    assert step.refusal is not None
    assert (step.refusal.code.value, step.refusal.party) == ("mandate-gap", "US")
    assert [w.receive(data).refusal for data in (two, three)] == [None, None]
