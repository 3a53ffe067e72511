"""Refusals after the payload (spec sections 4.3 to 4.6), and the order of checks; and what is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from launchnotice import Identity
from launchnotice.registry import Kind, Refusal, Role, Suite
from launchnotice.wire.bounds import MAX_MANDATE
from tests.oracle import cbor as oracle
from tests.spec.objects import exchange
from tests.spec.requirements.build import (
    OFFICERS,
    SIGNERS,
    Case,
    World,
    by_keys,
    cases,
    envelope,
    parts,
    refused_without_trace,
    reshaped,
    world,
)
from tests.spec.requirements.messages import (
    bad_signature,
    foreign_key,
    half_identity,
    notice,
    payload,
    raw,
    receipt,
    receipt_of_mandate,
    signed_otherwise,
    spoilt,
    with_body,
)
from tests.support import NOW, launch, make_centre
from tests.support.dump import snapshot
from tests.support.forge import exercise_header

SIGNATURES = cases(
    (
        "signatures exchanged",
        "R-SIGN-4",
        "manifest-mismatch",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], f[3][::-1]]),
    ),
    (
        "signature removed",
        "R-SIGN-4",
        "manifest-mismatch",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], f[3][1:]]),
    ),
    (
        "signature added",
        "R-SIGN-4",
        "manifest-mismatch",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], [*f[3], f[3][-1]]]),
    ),
    ("another channel", "R-PAY-1", "wrong-channel", lambda w: notice(w, k1=bytes(32))),
    (
        "exercise shown as real",
        "R-ENV-5",
        "wrong-content-type",
        lambda w: w.forger.signed(raw(w), header=exercise_header()).data,
    ),
    ("unknown sender", "R-PAY-2", "unknown-party", lambda w: notice(w, k2="CN")),
    (
        "one's own sync",
        "R-PAY-3",
        "own-message",
        lambda w: w.mirror.signal(Kind.SYNC, {1: [], 2: []}, "US").data,
    ),
    (
        "signal to another party",
        "R-PAY-4",
        "wrong-addressee",
        lambda w: w.forger.signal(Kind.SYNC, {1: [], 2: []}, "US").data,
    ),
    ("unknown mandate", "R-PAY-1", "unknown-mandate", lambda w: notice(w, k3=bytes(32))),
    (
        "another party's mandate",
        "R-PAY-1 R-MAND-10",
        "unknown-mandate",
        lambda w: notice(w, k3=w.mirror.mandate),
    ),
    ("another party's officer", "R-SIGN-7", "unknown-signer", foreign_key),
    (
        "a stranger",
        "R-SIGN-7",
        "unknown-signer",
        lambda w: by_keys(w.forger, raw(w), [*w.forger.keys(SIGNERS), *make_centre("CN").keys["system"]]),
    ),
    ("an authority", "R-POL-1", "wrong-role", lambda w: notice(w, signers=[*SIGNERS, "authority-1"])),
    ("no system", "R-POL-2", "threshold", lambda w: notice(w, signers=OFFICERS)),
    ("one officer", "R-POL-3", "threshold", lambda w: notice(w, signers=["officer-1", "system"])),
    (
        "unknown kind with one officer",
        "R-POL-3",
        "threshold",
        lambda w: notice(w, k5=63, signers=["officer-1", "system"]),
    ),
    (
        "acknowledgement by the machine",
        "R-POL-3",
        "threshold",
        lambda w: w.forger.signal(Kind.ACKNOWLEDGEMENT, {1: bytes(32)}, "RU", signers=["system"]).data,
    ),
    (
        "receipt with an officer",
        "R-POL-4",
        "wrong-role",
        lambda w: receipt(w, signers=["officer-1", "system"]),
    ),
    ("one bit", "R-SIGN-5", "bad-signature", bad_signature),
    (
        "other context of the signature",
        "R-SIGN-1",
        "bad-signature",
        lambda w: signed_otherwise(w, "Signature1", b"LNP/1"),
    ),
    ("other external_aad", "R-SIGN-1", "bad-signature", lambda w: signed_otherwise(w, "Signature", b"LNP/2")),
    ("receipt without a field", "R-KIND-4", "missing-field", lambda w: receipt(w, k7={1: bytes(32)})),
    (
        "receipt of an unknown place",
        "R-KIND-4",
        "unknown-value",
        lambda w: receipt(w, k7={1: bytes(32), 2: bytes(32), 3: NOW, 4: 9, 5: True}),
    ),
    (
        "range that ends before it begins",
        "R-SYNC-3",
        "inconsistent",
        lambda w: (
            w.forger.signal(
                Kind.SYNC, {1: [], 2: [], 3: [{1: "RU", 2: {1: 1, 2: bytes(16)}, 3: 2, 4: 1}]}, "RU"
            ).data
        ),
    ),
    ("signal about nothing", "R-SIG-1", "unknown-subject", receipt),
    (
        "signal about the signer's own mandate",
        "R-SIG-1",
        "unknown-subject",
        lambda w: receipt(w, k7={1: w.forger.mandate, 2: bytes(32), 3: NOW, 4: 1, 5: True}),
    ),
    (
        "acknowledgement of a mandate",
        "R-SIG-1 R-MAND-13",
        "unknown-subject",
        lambda w: w.forger.signal(Kind.ACKNOWLEDGEMENT, {1: w.mirror.mandate}, "RU").data,
    ),
    ("seq 1 without the genesis", "R-STREAM-2", "bad-epoch-prev", lambda w: notice(w, prev=bytes(32))),
)

ORDER = cases(
    (
        "envelope before channel",
        "R-ORDER-1",
        "bad-header",
        lambda w: reshaped(notice(w, k1=bytes(32)), lambda f: [f[0], {1: 1}, *f[2:]]),
    ),
    (
        "channel before the rest of the payload",
        "R-ORDER-1",
        "wrong-channel",
        lambda w: payload(w, b"\xaa\x01\x58\x20" + bytes(32) + b"\xff"),
    ),
    ("channel cut short", "R-ORDER-1", "wrong-channel", lambda w: payload(w, b"\xaa\x01\x58\x20" + bytes(7))),
    (
        "channel with another head",
        "R-ORDER-1",
        "not-deterministic",
        lambda w: payload(w, b"\xaa\x01\x59\x00\x20" + bytes(32)),
    ),
    ("channel before kind", "R-ORDER-1", "wrong-channel", lambda w: notice(w, k1=bytes(32), k5=None)),
    (
        "channel before manifest",
        "R-ORDER-1",
        "wrong-channel",
        lambda w: reshaped(notice(w, k1=bytes(32)), lambda f: [*f[:3], f[3][1:]]),
    ),
    (
        "manifest before content type",
        "R-ORDER-1",
        "manifest-mismatch",
        lambda w: reshaped(
            w.forger.signed(raw(w), header=exercise_header()).data, lambda f: [*f[:3], f[3][1:]]
        ),
    ),
    (
        "channel before content type",
        "R-ORDER-1",
        "wrong-channel",
        lambda w: w.forger.signed({**raw(w), 1: bytes(32)}, header=exercise_header()).data,
    ),
    (
        "content type before sender",
        "R-ORDER-1",
        "wrong-content-type",
        lambda w: w.forger.signed({**raw(w), 2: "CN"}, header=exercise_header()).data,
    ),
    ("sender before mandate", "R-ORDER-1", "unknown-party", lambda w: notice(w, k2="CN", k3=bytes(32))),
    (
        "own before addressee",
        "R-ORDER-1",
        "own-message",
        lambda w: w.mirror.signal(Kind.SYNC, {1: [], 2: []}, "CN").data,
    ),
    (
        "addressee before mandate",
        "R-ORDER-1",
        "wrong-addressee",
        lambda w: w.forger.signal(Kind.SYNC, {1: [], 2: []}, "CN", k3=bytes(32)).data,
    ),
    (
        "mandate before signer",
        "R-ORDER-1",
        "unknown-mandate",
        lambda w: by_keys(w.forger, {**raw(w), 3: bytes(32)}, make_centre("CN").keys["system"]),
    ),
    (
        "signer before role",
        "R-ORDER-1",
        "unknown-signer",
        lambda w: by_keys(
            w.forger, raw(w), [*w.forger.keys(["authority-1"]), *make_centre("CN").keys["system"]]
        ),
    ),
    ("membership before signatures", "R-SIGN-3", "unknown-signer", lambda w: spoilt(foreign_key(w))),
    ("policy before signatures", "R-SIGN-3", "threshold", lambda w: spoilt(notice(w, signers=["system"]))),
    ("signatures before a signal's body", "R-ORDER-1", "bad-signature", lambda w: spoilt(receipt(w, k7={}))),
    ("signal's body before its subject", "R-ORDER-1", "missing-field", lambda w: receipt(w, k7={})),
    (
        "signatures before the stream",
        "R-ORDER-1",
        "bad-signature",
        lambda w: spoilt(notice(w, prev=bytes(32))),
    ),
)


@pytest.mark.requirement("R-ORDER-2")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
@pytest.mark.parametrize("case", [*SIGNATURES, *ORDER])
def test_message_that_breaks_one_rule_is_refused_without_trace(case: Case, suite: Suite) -> None:
    refused_without_trace(case, suite)


@pytest.mark.requirement("R-SIGN-6")
def test_identity_that_signs_with_half_its_keys_is_refused() -> None:
    w = world(Suite.HYBRID)
    step = w.receive(half_identity(w))
    assert step.refusal is not None
    assert step.refusal.code is Refusal.INCOMPLETE_IDENTITY
    assert w.receive(notice(w)).refusal is None


ORDER_OF_P384 = 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D


def other_ecdsa(w: World, change: Callable[[int, int], bytes]) -> bytes:
    """A notice with the first ECDSA signature spelt otherwise."""
    found = parts(notice(w))
    row = next(row for row in found[3] if cbor2.loads(row[0])[1] == -51)
    row[2] = change(int.from_bytes(row[2][:48]), int.from_bytes(row[2][48:]))
    return envelope(found)


def _der(number: int) -> bytes:
    encoded = number.to_bytes(number.bit_length() // 8 + 1)
    return bytes([2, len(encoded)]) + encoded


ECDSA: dict[str, Callable[[int, int], bytes]] = {
    "high s": lambda r, s: r.to_bytes(48) + (ORDER_OF_P384 - s).to_bytes(48),
    "r is zero": lambda _, s: bytes(48) + s.to_bytes(48),
    "s is zero": lambda r, _: r.to_bytes(48) + bytes(48),
    "r is n": lambda _, s: ORDER_OF_P384.to_bytes(48) + s.to_bytes(48),
    "s is n": lambda r, _: r.to_bytes(48) + ORDER_OF_P384.to_bytes(48),
    "short": lambda r, s: (r.to_bytes(48) + s.to_bytes(48))[:-1],
    "long": lambda r, s: b"\0" + r.to_bytes(48) + s.to_bytes(48),
    "der": lambda r, s: bytes([0x30, len(_der(r) + _der(s))]) + _der(r) + _der(s),
}


@pytest.mark.requirement("R-KEY-5")
@pytest.mark.parametrize("name", ECDSA)
def test_ecdsa_signature_has_one_spelling(name: str) -> None:
    """The twin with a high s satisfies the equation: with it anyone could give a message other bytes."""
    case = Case(name, "R-KEY-5", "bad-signature", lambda w: other_ecdsa(w, ECDSA[name]))
    refused_without_trace(case, Suite.HYBRID_HIGH)


@pytest.mark.requirement("R-KEY-6")
def test_what_is_sent_has_low_s() -> None:
    for sample in exchange(Suite.HYBRID_HIGH).samples:
        if sample.payload is None:
            continue
        signatures = [row[2] for row in parts(sample.data)[3] if cbor2.loads(row[0])[1] == -51]
        assert signatures
        assert all(len(one) == 96 and int.from_bytes(one[48:]) <= ORDER_OF_P384 // 2 for one in signatures)


GOOD: dict[str, tuple[str, Callable[[World], bytes]]] = {
    "notice": (
        "R-CBOR-1 R-CBOR-2 R-CBOR-3 R-CBOR-4 R-CBOR-5 R-REC-1 R-REC-2 R-REC-3 R-VAL-1 R-VAL-2 R-VAL-4 "
        "R-ENV-1 R-ENV-2 R-ENV-3 R-ENV-4 R-ENV-5 R-SIGN-1 R-SIGN-2 R-SIGN-3 R-SIGN-4 R-SIGN-5 R-SIGN-6 "
        "R-SIGN-7 R-KEY-5 R-POL-1 R-POL-2 R-POL-3 R-ORDER-1 R-PAY-1 R-PAY-2 R-PAY-3 R-PAY-6 R-STREAM-2 "
        "R-MAND-10",
        lambda w: notice(w, body=launch(remark="Übung, naïve – 試験")),
    ),
    "sync": (
        "R-PAY-4 R-POL-4 R-KIND-4 R-SYNC-3",
        lambda w: w.forger.signal(Kind.SYNC, {1: [], 2: []}, "RU").data,
    ),
    "receipt": ("R-SIG-1 R-POL-4", receipt_of_mandate),
    "text": ("R-VAL-3", lambda w: notice(w, body=launch(remark="é" * 512))),
    "items": ("R-CBOR-7", lambda w: with_body(w, cbor2.dumps({1: 1, 4: 20_000, 99: [0] * 8_000}))),
    "unknown kind": ("R-KIND-1", lambda w: notice(w, k5=63)),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.requirement(one) for one in GOOD[name][0].split()])
        for name in GOOD
    ],
)
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
def test_message_that_breaks_none_is_accepted(name: str, suite: Suite) -> None:
    w = world(suite)
    assert w.receive(GOOD[name][1](w)).refusal is None


@pytest.mark.requirement("R-SIGN-8")
@pytest.mark.parametrize(("officers", "refused"), [(15, False), (16, True)])
def test_at_most_sixteen_identities_sign(officers: int, *, refused: bool) -> None:
    extra = {f"more-{n}": make_centre(f"M{n}").keys["officer-1"] for n in range(officers - 3)}
    w = with_identities(extra)
    step = w.receive(notice(w, signers=[*OFFICERS, "officer-3", *extra, "system"]))
    assert (step.refusal is not None and step.refusal.code is Refusal.BAD_LENGTH) == refused


def with_identities(extra: dict[str, Any]) -> World:
    identities = [
        Identity(label=name, role=Role.OFFICER, keys=tuple(key.key for key in keys))
        for name, keys in extra.items()
    ]
    w = world(extra=identities)
    w.us.keys.update(extra)
    return w


@pytest.mark.requirement("R-ORDER-3")
def test_known_id_with_other_bytes_is_verified_in_full() -> None:
    w = world()
    good = notice(w)
    assert w.receive(good).refusal is None
    before = snapshot(w.receiver)
    assert w.receive(good).refusal is None
    step = w.receive(spoilt(good))
    assert step.refusal is not None
    assert step.refusal.code is Refusal.BAD_SIGNATURE
    assert snapshot(w.receiver) == before


@pytest.mark.requirement("R-CBOR-6")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
def test_what_is_sent_is_deterministic(suite: Suite) -> None:
    """Against the oracle, which shares no code with the library."""
    for sample in exchange(suite).samples:
        data = sample.data[2:] if sample.payload else sample.data
        assert oracle.encode(oracle.decode(data, MAX_MANDATE)) == data
        if sample.payload:
            inner = sample.payload[0]
            assert oracle.encode(oracle.decode(inner, MAX_MANDATE)) == inner
