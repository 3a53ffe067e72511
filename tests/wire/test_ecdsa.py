"""ESP384: published examples, the one spelling of a signature, and which points are keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import Algorithm, Refusal, Usage
from launchnotice.wire.ecdsa import SIZE, N
from launchnotice.wire.keys import PublicKey, SigningKey
from tests.support.seeds import signers

VECTORS: Any = json.loads((Path(__file__).parents[1] / "data" / "ecdsa_p384.json").read_bytes())
WYCHEPROOF = [
    pytest.param(group["key"], test, id=f"{test['id']}-{test['comment']}")
    for group in VECTORS["wycheproof"]["groups"]
    for test in group["tests"]
]
# SP 800-186 section 3.2.1.4: the field and the constant of y² = x³ - 3x + b.
P = 2**384 - 2**128 - 2**96 + 2**32 - 1
B = 0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF
SIGNER = SigningKey.from_seed(Algorithm.ESP384, bytes(range(SIZE)))
SIGNED = b"to be signed"

keys = signers(Algorithm.ESP384)
numbers = st.integers(0, 2**384 - 1)


def refusal(call: Any, *args: Any) -> str:
    """The message of a refusal, which must be for a bad signature."""
    with pytest.raises(Refused) as caught:
        call(*args)
    assert caught.value.code is Refusal.BAD_SIGNATURE
    return str(caught.value)


def halves(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:SIZE]), int.from_bytes(signature[SIZE:])


def joined(r: int, s: int) -> bytes:
    return r.to_bytes(SIZE) + s.to_bytes(SIZE)


def twin(signature: bytes) -> bytes:
    r, s = halves(signature)
    return joined(r, N - s)


def key_of(raw: str) -> PublicKey:
    return PublicKey(Algorithm.ESP384, bytes.fromhex(raw))


# Published examples --------------------------------------------------------------------


@pytest.mark.requirement("R-KEY-5")
@pytest.mark.parametrize("vector", VECTORS["published"], ids=lambda vector: vector["id"])
def test_published_signature(vector: dict[str, str]) -> None:
    """All three have a high s, since their publishers had no rule about it: its twin is what we take."""
    key = SigningKey.from_seed(Algorithm.ESP384, bytes.fromhex(vector["scalar"])).key
    assert key == key_of(vector["key"])
    key.enrol()
    signed, signature = bytes.fromhex(vector["signed"]), bytes.fromhex(vector["signature"])
    assert "s is above n/2" in refusal(key.verify, signature, signed)
    key.verify(twin(signature), signed)


@pytest.mark.requirement("R-KEY-5")
@pytest.mark.parametrize(("key", "test"), WYCHEPROOF)
def test_wycheproof(key: str, test: dict[str, Any]) -> None:
    public, (signed, signature) = key_of(key), (bytes.fromhex(test[name]) for name in ("signed", "signature"))
    public.enrol()
    if not test["valid"]:
        refusal(public.verify, signature, signed)
        return
    low, high = sorted((signature, twin(signature)), key=halves)
    public.verify(low, signed)
    refusal(public.verify, high, signed)


# Signing -------------------------------------------------------------------------------


@pytest.mark.requirement("R-KEY-6")
@given(keys, st.binary(max_size=200))
def test_signature_has_a_low_s_and_cryptography_verifies_it(signer: SigningKey, signed: bytes) -> None:
    signature = signer.sign(signed)
    signer.key.verify(signature, signed)
    r, s = halves(signature)
    assert len(signature) == 2 * SIZE
    assert 1 <= s <= N // 2
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), b"\x04" + signer.key.raw)
    point.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA384()))


@given(keys, st.binary(max_size=200))
def test_signature_of_another_library_verifies_once_its_s_is_low(signer: SigningKey, signed: bytes) -> None:
    private = ec.derive_private_key(int.from_bytes(signer.seed), ec.SECP384R1())
    r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(hashes.SHA384())))
    signer.key.verify(joined(r, min(s, N - s)), signed)


@given(keys)
def test_signatures_are_randomised(signer: SigningKey) -> None:
    assert signer.sign(SIGNED) != signer.sign(SIGNED)


@pytest.mark.parametrize("scalar", [0, N, N + 1, 2**384 - 1])
def test_scalar_out_of_range_is_the_callers_fault(scalar: int) -> None:
    with pytest.raises(UsageError, match="expected a scalar from 1 to n - 1") as caught:
        SigningKey.from_seed(Algorithm.ESP384, scalar.to_bytes(SIZE))
    assert caught.value.code is Usage.BAD_VALUE


@pytest.mark.parametrize("scalar", [1, 2, N - 2, N - 1])
def test_smallest_and_largest_scalars_are_keys(scalar: int) -> None:
    signer = SigningKey.from_seed(Algorithm.ESP384, scalar.to_bytes(SIZE))
    signer.key.enrol()
    signer.key.verify(signer.sign(SIGNED), SIGNED)
    assert int.from_bytes(signer.seed) == scalar


# One spelling --------------------------------------------------------------------------


@pytest.mark.requirement("R-KEY-5")
@given(keys, st.binary(max_size=64))
def test_twin_with_a_high_s_is_refused(signer: SigningKey, signed: bytes) -> None:
    """It satisfies the equation, and `cryptography` takes it."""
    signature = signer.sign(signed)
    high = twin(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), b"\x04" + signer.key.raw)
    point.verify(encode_dss_signature(*halves(high)), signed, ec.ECDSA(hashes.SHA384()))
    assert "s is above n/2" in refusal(signer.key.verify, high, signed)


@pytest.mark.requirement("R-KEY-5")
def test_only_s_up_to_half_of_n_is_looked_at() -> None:
    assert "above" not in refusal(SIGNER.key.verify, joined(1, N // 2), SIGNED)
    assert "above" in refusal(SIGNER.key.verify, joined(1, N // 2 + 1), SIGNED)


@pytest.mark.requirement("R-KEY-5")
@pytest.mark.parametrize("wrong", [0, N, N + 1, 2**384 - 1])
def test_r_or_s_out_of_range_is_refused(wrong: int) -> None:
    r, s = halves(SIGNER.sign(SIGNED))
    for pair in ((wrong, s), (r, wrong), (wrong, wrong)):
        assert "r or s is not from 1 to n - 1" in refusal(SIGNER.key.verify, joined(*pair), SIGNED)


@pytest.mark.requirement("R-KEY-5")
@given(keys)
def test_der_is_refused(signer: SigningKey) -> None:
    signature = signer.sign(SIGNED)
    der = encode_dss_signature(*halves(signature))
    for wrong in (der, der[-96:], der[:96]):
        refusal(signer.key.verify, wrong, SIGNED)


@pytest.mark.requirement("R-KEY-5")
def test_every_other_length_is_refused() -> None:
    signature = SIGNER.sign(SIGNED)
    for size in range(96):
        assert "expected 96 bytes" in refusal(SIGNER.key.verify, signature[:size], SIGNED)
    for more in (b"\0", signature, bytes(1000)):
        refusal(SIGNER.key.verify, signature + more, SIGNED)
        refusal(SIGNER.key.verify, more + signature, SIGNED)
    r, s = halves(signature)
    for wide in (49, 66):  # as P-521 has it
        refusal(SIGNER.key.verify, r.to_bytes(wide) + s.to_bytes(wide), SIGNED)


@pytest.mark.requirement("R-SIGN-5")
@given(keys, keys)
def test_signature_of_another_key_is_refused(one: SigningKey, other: SigningKey) -> None:
    if one.key != other.key:
        refusal(other.key.verify, one.sign(SIGNED), SIGNED)


@pytest.mark.requirement("R-SIGN-5")
def test_every_flipped_bit_is_refused() -> None:
    signature = SIGNER.sign(SIGNED)
    for bit in range(8 * len(signature)):
        altered = bytearray(signature)
        altered[bit // 8] ^= 1 << bit % 8
        refusal(SIGNER.key.verify, bytes(altered), SIGNED)


def test_another_hash_is_refused() -> None:
    private = ec.derive_private_key(int.from_bytes(SIGNER.seed), ec.SECP384R1())
    for other in (hashes.SHA256(), hashes.SHA512()):
        r, s = decode_dss_signature(private.sign(SIGNED, ec.ECDSA(other)))
        refusal(SIGNER.key.verify, joined(r, min(s, N - s)), SIGNED)


@given(numbers, numbers)
@settings(max_examples=200)
def test_verdict_is_that_of_cryptography_on_low_s(r: int, s: int) -> None:
    """Cross-check with the DER door: what we refuse for its form is high or out of range, no more."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), b"\x04" + SIGNER.key.raw)
    refusal(SIGNER.key.verify, joined(r, s), SIGNED)
    with pytest.raises(InvalidSignature):
        point.verify(encode_dss_signature(r, s), SIGNED, ec.ECDSA(hashes.SHA384()))


# Enrolment -----------------------------------------------------------------------------


def is_weak(x: int, y: int) -> bool:
    key = PublicKey(Algorithm.ESP384, joined(x, y))
    try:
        key.enrol()
    except Refused as error:
        assert error.code is Refusal.WEAK_KEY
        with pytest.raises(Refused) as caught:  # and nothing is ever verified under it
            key.verify(SIGNER.sign(SIGNED), SIGNED)
        assert caught.value.code is Refusal.WEAK_KEY
        return True
    return False


def on_curve(x: int, y: int) -> bool:
    return (y * y - x * x * x + 3 * x - B) % P == 0


@pytest.mark.requirement("R-KEY-2")
@given(numbers, numbers)
@settings(max_examples=200)
def test_enrolment_agrees_with_the_equation(x: int, y: int) -> None:
    assert is_weak(x, y) != (x < P and y < P and on_curve(x, y))


@pytest.mark.requirement("R-KEY-2")
@given(st.integers(0, P - 1), st.sampled_from([1, -1]))
def test_points_of_any_x_are_keys_and_their_neighbours_are_weak(x: int, sign: int) -> None:
    """P-384 has cofactor 1: every point but infinity, which has no encoding here, has order n."""
    square = (x * x * x - 3 * x + B) % P
    y = sign * pow(square, (P + 1) // 4, P) % P
    if y * y % P == square:
        assert not is_weak(x, y)
    assert is_weak(x, (y + 1) % P) != on_curve(x, (y + 1) % P)


@pytest.mark.requirement("R-KEY-2")
@given(keys, st.integers(0, 8 * 96 - 1))
def test_any_flipped_bit_leaves_the_curve(signer: SigningKey, bit: int) -> None:
    """An invalid point would be on another curve, where a private key leaks and forgeries are easy."""
    altered = bytearray(signer.key.raw)
    altered[bit // 8] ^= 1 << bit % 8
    assert is_weak(*halves(bytes(altered)))


Y_OF_ZERO = 0xC306610FB0AE5A159CF45C06069F22A6C5EB3641C602D42DEA2C4B4F75550793406D80D2B91AD54F9048BD487AF1ADE1
X_OF_ONE = 0x2261B2BF605C22F2F3AEF6338719B2C486388AD5240719A5257315969EF01BA27F0A104C89704773A81FDABEE6AB5C78


@pytest.mark.requirement("R-KEY-2")
@pytest.mark.parametrize(("x", "y"), [(0, Y_OF_ZERO), (X_OF_ONE, 1)])
def test_coordinate_not_below_p_is_weak(x: int, y: int) -> None:
    """Points with x = 0 and with y = 1 are on the curve, and their x + p and y + p fit in 48 bytes."""
    assert not is_weak(x, y)
    assert is_weak(*((x + P, y) if x == 0 else (x, y + P)))


@pytest.mark.requirement("R-KEY-2")
def test_no_bytes_are_the_point_at_infinity() -> None:
    """SEC 1 writes it as one zero byte; all zeros are a point that is not on the curve."""
    assert is_weak(0, 0)
    assert is_weak(P, P)
    for size in (1, 49, 97):  # infinity, compressed and prefixed points
        with pytest.raises(UsageError):
            PublicKey(Algorithm.ESP384, bytes(size))


@pytest.mark.requirement("R-KEY-2")
def test_point_of_another_curve_is_weak() -> None:
    numbers = ec.generate_private_key(ec.BrainpoolP384R1()).public_key().public_numbers()
    assert is_weak(numbers.x, numbers.y)


def test_base_point_is_that_of_the_standard() -> None:
    """n and p of this file are those of the curve: n - 1 times the base point is minus the base point."""
    first, last = (SigningKey.from_seed(Algorithm.ESP384, n.to_bytes(SIZE)).key.raw for n in (1, N - 1))
    (x, y), (same, minus) = halves(first), halves(last)
    assert (same, minus) == (x, P - y)
    assert on_curve(x, y)
