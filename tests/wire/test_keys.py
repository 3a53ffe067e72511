"""Keys: published examples, the COSE_Key form, verification, and the checks at enrolment."""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import SUITE_ALGORITHMS, Algorithm, Refusal, Suite, Usage
from launchnotice.wire import cbor, keys
from launchnotice.wire.curve import D, L, P, check_point
from launchnotice.wire.keys import SEED_SIZES, CoseKey, PublicKey, Signer, SigningKey, thumbprint
from launchnotice.wire.record import Record, field
from tests.support.seeds import signers

VECTORS: Any = json.loads((Path(__file__).parents[1] / "data" / "cose_thumbprints.json").read_bytes())
ALGORITHMS = tuple(Algorithm)
SIGNERS = {alg: SigningKey.from_seed(alg, bytes(range(SEED_SIZES[alg]))) for alg in ALGORITHMS}
SIGNED = b"to be signed"

algorithms = st.sampled_from(ALGORITHMS)
thirty_two_bytes = st.binary(min_size=32, max_size=32)
small_values = st.recursive(
    st.none() | st.booleans() | st.integers(-60, 10) | st.binary(max_size=40) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(-4, 4), inner, max_size=5),
    max_leaves=6,
)


def refusal(call: Any, *args: Any) -> Refusal:
    """The code with which a call is refused."""
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.code


def from_hex(vector: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


# Published examples --------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["thumbprints"], ids=lambda v: v["id"])
def test_published_thumbprint_counts_the_required_members_alone(vector: Any) -> None:
    key = {int(n): bytes.fromhex(v) if isinstance(v, str) else v for n, v in vector["key"].items()}
    assert thumbprint(key).hex() == vector["thumbprint"]
    optional = {-4: b"private", 2: b"kid", 3: -7, 4: [2]}
    assert thumbprint({**optional, **dict(reversed(key.items()))}).hex() == vector["thumbprint"]


@pytest.mark.parametrize("vector", VECTORS["ml_dsa"], ids=lambda v: v["id"])
def test_published_ml_dsa_seed_gives_the_published_thumbprint(vector: Any) -> None:
    kinds: dict[int, Any] = {
        -48: mldsa.MLDSA44PrivateKey,
        -49: mldsa.MLDSA65PrivateKey,
        -50: mldsa.MLDSA87PrivateKey,
    }
    private = kinds[vector["alg"]].from_seed_bytes(bytes.fromhex(vector["seed"]))
    public = private.public_key().public_bytes_raw()
    assert thumbprint({1: 7, 3: vector["alg"], -1: public}).hex() == vector["thumbprint"]
    if vector["alg"] in ALGORITHMS:
        key = SigningKey.from_seed(Algorithm(vector["alg"]), bytes.fromhex(vector["seed"])).key
        assert (key.raw, key.kid.hex()) == (public, vector["thumbprint"])
        key.verify(*from_hex(vector, "signature", "signed"))


@pytest.mark.parametrize("vector", VECTORS["ed25519"], ids=lambda v: v["id"])
def test_published_ed25519_signature(vector: Any) -> None:
    seed, public, signed, signature = from_hex(vector, "seed", "key", "signed", "signature")
    key = SigningKey.from_seed(Algorithm.ED25519, seed)
    assert key.key == PublicKey(Algorithm.ED25519, public)
    assert key.sign(signed) == signature
    key.key.verify(signature, signed)
    key.key.enrol()


# What stands before each member of the public key; the numbers are the offset of the member in `raw`.
HAND_WRITTEN = {
    Algorithm.ED25519: {"a301012006215820": 0},
    Algorithm.ML_DSA_65: {"a3010703383020" + "5907a0": 0},
    Algorithm.ML_DSA_87: {"a3010703383120" + "590a20": 0},
    Algorithm.ESP384: {"a401022002215830": 0, "225830": 48},
}


@given(signers())
@settings(max_examples=40)
def test_kid_is_the_thumbprint_by_hand_written_cbor(signer: SigningKey) -> None:
    key, encoded = signer.key, b""
    starts = HAND_WRITTEN[key.alg]
    for (head, start), end in zip(starts.items(), [*starts.values(), None][1:], strict=True):
        encoded += bytes.fromhex(head) + key.raw[start:end]
    assert key.kid == hashlib.sha256(encoded).digest()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ({}, Refusal.MISSING_FIELD),
        ({1: "OKP"}, Refusal.WRONG_TYPE),
        ({1: 3, -1: b"n", -2: b"e"}, Refusal.UNKNOWN_VALUE),
        ({1: 1, -1: 6}, Refusal.MISSING_FIELD),
        ({1: 1, -1: "Ed25519", -2: bytes(32)}, Refusal.WRONG_TYPE),
        ({1: 2, -1: 1, -2: bytes(32), -3: True}, Refusal.WRONG_TYPE),
        ({1: 7, -1: b"pub"}, Refusal.MISSING_FIELD),
    ],
    ids=["empty", "text-kty", "rsa", "no-x", "text-crv", "compressed-y", "no-alg"],
)
def test_thumbprint_refuses(key: dict[int, object], code: Refusal) -> None:
    assert refusal(thumbprint, key) is code


# The COSE_Key form ---------------------------------------------------------------------


@given(algorithms, st.data())
def test_any_key_bytes_survive_the_wire_and_json(alg: Algorithm, data: st.DataObject) -> None:
    size = len(SIGNERS[alg].key.raw)
    key = PublicKey(alg, data.draw(st.binary(min_size=size, max_size=size)))
    wire = cbor.encode(key.dump())
    assert PublicKey.load(cbor.decode(wire, 4096)) == key
    codec = CoseKey()
    assert codec.from_json(json.loads(json.dumps(codec.to_json(key)))) == key


@given(small_values)
def test_any_value_is_a_key_or_refused(value: Any) -> None:
    for load in (PublicKey.load, CoseKey().from_json):
        try:
            load(value)
        except Refused:
            continue
        raise AssertionError("none of these values is a key")


OKP = SIGNERS[Algorithm.ED25519].key.dump()
AKP = SIGNERS[Algorithm.ML_DSA_65].key.dump()
HIGH = SIGNERS[Algorithm.ML_DSA_87].key.dump()
EC2 = SIGNERS[Algorithm.ESP384].key.dump()


def without(key: dict[int, object], number: int) -> dict[int, object]:
    return {n: value for n, value in key.items() if n != number}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, Refusal.WRONG_TYPE),
        (list(OKP.items()), Refusal.WRONG_TYPE),
        *((without(OKP, number), Refusal.MISSING_FIELD) for number in OKP),
        *((without(AKP, number), Refusal.MISSING_FIELD) for number in AKP),
        *((without(EC2, number), Refusal.MISSING_FIELD) for number in EC2),
        *(({**OKP, number: "text"}, Refusal.WRONG_TYPE) for number in OKP),
        *(({**AKP, number: "text"}, Refusal.WRONG_TYPE) for number in AKP),
        *(({**EC2, number: "text"}, Refusal.WRONG_TYPE) for number in EC2),
        ({**EC2, -3: True}, Refusal.WRONG_TYPE),
        ({**EC2, -3: False}, Refusal.WRONG_TYPE),
        ({**OKP, 1: True}, Refusal.WRONG_TYPE),
        ({**OKP, 1: 7}, Refusal.UNKNOWN_VALUE),
        ({**AKP, 1: 1}, Refusal.UNKNOWN_VALUE),
        ({**OKP, 3: -8}, Refusal.UNKNOWN_VALUE),
        ({**AKP, 3: -48}, Refusal.UNKNOWN_VALUE),
        ({**OKP, 3: -49}, Refusal.UNKNOWN_VALUE),
        ({**EC2, 1: 1}, Refusal.UNKNOWN_VALUE),
        ({**EC2, 3: -35}, Refusal.UNKNOWN_VALUE),
        ({**EC2, 3: -7}, Refusal.UNKNOWN_VALUE),
        ({**EC2, 3: -19}, Refusal.UNKNOWN_VALUE),
        ({**EC2, -1: 1}, Refusal.UNKNOWN_VALUE),
        ({**HIGH, 1: 2}, Refusal.UNKNOWN_VALUE),
        ({**OKP, -1: 4}, Refusal.UNKNOWN_VALUE),
        ({**OKP, -2: bytes(31)}, Refusal.BAD_LENGTH),
        ({**OKP, -2: bytes(33)}, Refusal.BAD_LENGTH),
        ({**AKP, -1: bytes(1312)}, Refusal.BAD_LENGTH),
        ({**AKP, 3: -50}, Refusal.BAD_LENGTH),
        ({**HIGH, 3: -49}, Refusal.BAD_LENGTH),
        *(({**EC2, number: bytes(size)}, Refusal.BAD_LENGTH) for number in (-2, -3) for size in (47, 49)),
        ({**EC2, -2: b"\x04" + bytes(96)}, Refusal.BAD_LENGTH),
        ({**OKP, 2: b"kid"}, Refusal.UNKNOWN_FIELD),
        ({**OKP, -4: bytes(32)}, Refusal.UNKNOWN_FIELD),
        ({**AKP, -2: bytes(32)}, Refusal.UNKNOWN_FIELD),
        ({**EC2, -4: bytes(48)}, Refusal.UNKNOWN_FIELD),
    ],
)
def test_load_refuses_all_but_the_exact_form(raw: object, code: Refusal) -> None:
    assert refusal(PublicKey.load, raw) is code


def test_labels_of_a_dumped_key_are_in_deterministic_order() -> None:
    assert [list(key) for key in (OKP, AKP, HIGH, EC2)] == [
        [1, 3, -1, -2],
        [1, 3, -1],
        [1, 3, -1],
        [1, 3, -1, -2, -3],
    ]


class Holder(Record):
    """A record with a key."""

    key: PublicKey = field(1, CoseKey(), "a key")


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_as_a_field_of_a_record(alg: Algorithm) -> None:
    holder = Holder(key=SIGNERS[alg].key)
    assert Holder.load(cbor.decode(cbor.encode(holder.dump()), 4096)) == holder
    assert Holder.from_json(holder.to_json()) == holder
    assert "1 => cose-key" in Holder.cddl()
    assert copy.deepcopy(holder) == holder
    with pytest.raises(UsageError, match="expected PublicKey"):
        Holder(key=SIGNERS[alg])  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], Refusal.WRONG_TYPE),
        ({"alg": "ed25519"}, Refusal.MISSING_FIELD),
        ({"key": ""}, Refusal.MISSING_FIELD),
        ({"alg": "rot13", "key": ""}, Refusal.UNKNOWN_VALUE),
        ({"alg": "ed25519", "key": "xy"}, Refusal.BAD_TEXT),
        ({"alg": "ed25519", "key": "00"}, Refusal.BAD_LENGTH),
        ({"alg": "ed25519", "key": "00" * 32, "kid": ""}, Refusal.UNKNOWN_FIELD),
    ],
)
def test_json_refused(data: Any, code: Refusal) -> None:
    assert refusal(CoseKey().from_json, data) is code


# Values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alg", "raw"),
    [
        (-19, bytes(32)),
        (Algorithm.ED25519, bytes(31)),
        (Algorithm.ED25519, bytearray(32)),
        (Algorithm.ESP384, bytes(32)),
        (None, b""),
    ],
)
def test_wrong_arguments_are_the_callers_fault(alg: Any, raw: Any) -> None:
    for build in (PublicKey, SigningKey, SigningKey.from_seed):
        with pytest.raises(UsageError) as caught:
            build(alg, raw)
        assert caught.value.code is Usage.BAD_VALUE


@pytest.mark.parametrize("alg", [-19, None, "ed25519"])
def test_no_key_is_made_of_what_is_no_algorithm(alg: Any) -> None:
    with pytest.raises(UsageError) as caught:
        SigningKey.generate(alg)
    assert caught.value.code is Usage.BAD_VALUE


def test_keys_are_values() -> None:
    key, twin = SIGNERS[Algorithm.ED25519].key, PublicKey.load(OKP)
    assert (key, hash(key)) == (twin, hash(twin))
    assert key != SIGNERS[Algorithm.ML_DSA_65].key
    assert key != PublicKey(Algorithm.ED25519, bytes(32))
    assert key != key.raw
    key.verify(SIGNERS[Algorithm.ED25519].sign(SIGNED), SIGNED)
    assert pickle.loads(pickle.dumps(key)) == copy.deepcopy(key) == key  # noqa: S301 - our own bytes


@pytest.mark.parametrize("value", [SIGNERS[Algorithm.ED25519], SIGNERS[Algorithm.ED25519].key])
def test_keys_are_immutable(value: object) -> None:
    for name in ("key", "raw", "other"):
        with pytest.raises(AttributeError):
            setattr(value, name, b"")
        with pytest.raises(AttributeError):
            delattr(value, name)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_no_key_material_is_shown(alg: Algorithm) -> None:
    signer = SIGNERS[alg]
    for text in (repr(signer), str(signer), repr(signer.key)):
        assert signer.seed.hex()[:8] not in text
        assert signer.key.raw.hex()[:8] not in text
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@given(signers())
@settings(max_examples=40)
def test_seed_is_the_whole_private_key(first: SigningKey) -> None:
    second = SigningKey.from_seed(first.key.alg, first.seed)
    assert first.seed == second.seed
    assert first.key == second.key
    second.key.verify(first.sign(SIGNED), SIGNED)


@pytest.mark.parametrize("suite", list(Suite))
def test_an_identity_has_one_fresh_key_for_each_algorithm(suite: Suite) -> None:
    first, second = keys.generate(suite), keys.generate(suite)
    assert tuple(key.key.alg for key in first) == SUITE_ALGORITHMS[suite]
    assert not {key.seed for key in first} & {key.seed for key in second}
    for key in first:
        key.key.enrol()


def test_an_application_can_be_a_signer() -> None:
    class Module:
        key = SIGNERS[Algorithm.ED25519].key
        exercise = False

        def sign(self, tbs: bytes) -> bytes | None:
            return None if not tbs else SIGNERS[Algorithm.ED25519].sign(tbs)

    signers: list[Signer] = [Module(), SIGNERS[Algorithm.ML_DSA_65]]
    assert [signer.sign(b"") is None for signer in signers] == [True, False]


# Verification --------------------------------------------------------------------------


@given(algorithms, st.binary(max_size=200), st.data())
def test_signature_covers_every_bit(alg: Algorithm, signed: bytes, data: st.DataObject) -> None:
    signature = SIGNERS[alg].sign(signed)
    key = SIGNERS[alg].key
    key.verify(signature, signed)
    bit = data.draw(st.integers(0, 8 * len(signature) - 1))
    altered = bytearray(signature)
    altered[bit // 8] ^= 1 << bit % 8
    assert refusal(key.verify, bytes(altered), signed) is Refusal.BAD_SIGNATURE
    assert refusal(key.verify, signature, signed + b"\0") is Refusal.BAD_SIGNATURE


@given(algorithms, st.data())
def test_any_signature_under_any_key_is_refused(alg: Algorithm, data: st.DataObject) -> None:
    size = len(SIGNERS[alg].key.raw)
    key = PublicKey(alg, data.draw(st.binary(min_size=size, max_size=size)))
    signature = data.draw(st.binary(max_size=4000))
    # Nearly all bytes are a key of the others, nearly none are a point of P-384.
    expected = Refusal.WEAK_KEY if alg is Algorithm.ESP384 else Refusal.BAD_SIGNATURE
    assert refusal(key.verify, signature, SIGNED) is expected


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_signature_of_another_length_is_refused(alg: Algorithm) -> None:
    signature = SIGNERS[alg].sign(SIGNED)
    for wrong in (b"", signature[:-1], signature + b"\0", signature * 2, bytes(len(signature))):
        assert refusal(SIGNERS[alg].key.verify, wrong, SIGNED) is Refusal.BAD_SIGNATURE


@given(st.binary(max_size=64))
def test_malleable_ed25519_signature_is_refused(signed: bytes) -> None:
    """S and S + L satisfy the same equation; RFC 8032 section 5.1.7 accepts S below L alone."""
    signature = SIGNERS[Algorithm.ED25519].sign(signed)
    s = int.from_bytes(signature[32:], "little")
    key = SIGNERS[Algorithm.ED25519].key
    for multiple in range(1, (2**256 - s) // L):
        forged = signature[:32] + (s + multiple * L).to_bytes(32, "little")
        assert refusal(key.verify, forged, signed) is Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("alg", "kind"),
    [(Algorithm.ML_DSA_65, mldsa.MLDSA65PrivateKey), (Algorithm.ML_DSA_87, mldsa.MLDSA87PrivateKey)],
)
def test_ml_dsa_has_an_empty_context(alg: Algorithm, kind: Any) -> None:
    private, key = kind.from_seed_bytes(SIGNERS[alg].seed), SIGNERS[alg].key
    key.verify(private.sign(SIGNED, b""), SIGNED)
    assert refusal(key.verify, private.sign(SIGNED, b"LNP/1"), SIGNED) is Refusal.BAD_SIGNATURE


def replace_loader(monkeypatch: pytest.MonkeyPatch, alg: Algorithm, public: Any) -> None:
    monkeypatch.setitem(keys._ROWS, alg, keys._ROWS[alg]._replace(public=public))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_is_loaded_on_first_use_and_once(alg: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[bytes] = []
    load = keys._ROWS[alg].public

    def counted(raw: bytes) -> object:
        loaded.append(raw)
        return load(raw)

    replace_loader(monkeypatch, alg, counted)
    key, signature = PublicKey.load(SIGNERS[alg].key.dump()), SIGNERS[alg].sign(SIGNED)
    assert loaded == []
    for _ in range(3):
        key.verify(signature, SIGNED)
    assert loaded == [key.raw]


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_that_cannot_be_loaded_is_weak(alg: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: bytes) -> None:
        raise ValueError("no key")

    replace_loader(monkeypatch, alg, fail)
    key = PublicKey(alg, SIGNERS[alg].key.raw)
    assert refusal(key.enrol) is Refusal.WEAK_KEY
    assert refusal(key.verify, b"", SIGNED) is Refusal.WEAK_KEY


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_key_that_is_encoded_in_another_way_is_weak(alg: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    other = keys._ROWS[alg].public(SigningKey.generate(alg).key.raw)
    replace_loader(monkeypatch, alg, lambda _: other)
    assert refusal(SIGNERS[alg].key.enrol) is Refusal.WEAK_KEY


def test_missing_algorithm_is_not_blamed_on_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_: bytes) -> None:
        raise UnsupportedAlgorithm("not in this build")

    replace_loader(monkeypatch, Algorithm.ML_DSA_65, unsupported)
    with pytest.raises(UsageError) as caught:
        SIGNERS[Algorithm.ML_DSA_65].key.enrol()
    assert caught.value.code is Usage.BAD_VALUE


def test_import_loads_two_key_modules_of_cryptography_alone() -> None:
    code = "import sys, launchnotice.wire.keys; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    part = "cryptography.hazmat.primitives.asymmetric."
    assert {name for name in loaded.split() if name.startswith(part)} == {part + "ed25519", part + "mldsa"}
    assert "cryptography.hazmat.primitives.serialization" not in loaded.split()


# Enrolment: an oracle in affine coordinates --------------------------------------------

Affine = tuple[int, int]
NEUTRAL: Affine = (0, 1)


def add(one: Affine, two: Affine) -> Affine:
    (a, b), (c, d) = one, two
    k = D * a * b * c * d % P
    return (a * d + b * c) * pow(1 + k, -1, P) % P, (b * d + a * c) * pow(1 - k, -1, P) % P


def times(n: int, point: Affine) -> Affine:
    result = NEUTRAL
    while n:
        if n & 1:
            result = add(result, point)
        n, point = n >> 1, add(point, point)
    return result


def pack(point: Affine) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def unpack(raw: bytes) -> Affine | None:
    """The point of its one canonical encoding, or None."""
    y = int.from_bytes(raw, "little") % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    for x in (root, root * pow(2, (P - 1) // 4, P) % P):
        for point in ((x, y), (-x % P, y)):
            if x * x % P == square and pack(point) == raw and y < P:
                return point
    return None


def torsion() -> tuple[Affine, ...]:
    """The eight points whose order divides the cofactor."""
    for y in range(2, 100):
        point = unpack(pack((0, y)))
        generator = times(L, point) if point else NEUTRAL
        if times(4, generator) != NEUTRAL:
            return tuple(times(n, generator) for n in range(8))
    raise AssertionError("every second y is on the curve, and half of those have full order")


TORSION = torsion()
BASE = unpack(pack((0, 4 * pow(5, -1, P) % P)))


def enrol(raw: bytes) -> None:
    PublicKey(Algorithm.ED25519, raw).enrol()


def is_weak(raw: bytes) -> bool:
    try:
        enrol(raw)
    except Refused as error:
        assert error.code is Refusal.WEAK_KEY
        return True
    return False


@given(signers())
@settings(max_examples=60)
def test_honest_keys_are_enrolled(signer: SigningKey) -> None:
    signer.key.enrol()


def test_the_eight_points_of_small_order_are_weak() -> None:
    """The list that other libraries carry: one, two, two and four points of order 1, 2, 4 and 8."""
    eighth = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc"
    other = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03"
    known = ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "00" * 31 + "80"]
    known += [eighth + "05", eighth + "85", other + "7a", other + "fa"]
    assert {pack(point).hex() for point in TORSION} == set(known)
    assert all(is_weak(bytes.fromhex(raw)) for raw in known)


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", range(P, 2**255))
def test_y_not_below_p_is_weak(y: int, sign: int) -> None:
    """All 38 other spellings of small y; the honest spelling of some is a sound key."""
    assert is_weak((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [1, P - 1])
def test_minus_zero_is_weak(y: int) -> None:
    """RFC 8032 section 5.1.3, step 4: x = 0 has no odd twin."""
    with pytest.raises(Refused, match="minus zero"):
        check_point((y | 1 << 255).to_bytes(32, "little"))


@given(st.integers(1, L - 1), st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_sound_point_with_any_torsion_added_is_weak(n: int, twist: int) -> None:
    assert BASE is not None  # safe: the base point of RFC 8032 section 5.1
    raw = pack(add(times(n, BASE), TORSION[twist]))
    assert is_weak(raw) == (twist != 0)


@given(thirty_two_bytes)
@settings(max_examples=60, deadline=None)
def test_enrolment_agrees_with_the_oracle_on_any_bytes(raw: bytes) -> None:
    point = unpack(raw)
    assert is_weak(raw) == (point is None or point == NEUTRAL or times(L, point) != NEUTRAL)


def test_bytes_off_the_curve_are_weak() -> None:
    with pytest.raises(Refused, match="not a point of the curve"):
        enrol((2).to_bytes(32, "little"))


def test_enrolment_is_what_stops_a_forgery_under_a_key_of_small_order() -> None:
    """Under the neutral element R = neutral, S = 0 signs every message, and `cryptography` agrees.

    Should a later `cryptography` refuse this key, the reason given in `wire.curve` changes,
    not the check.
    """
    neutral = pack(NEUTRAL)
    ed25519.Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"anything")
    assert is_weak(neutral)
