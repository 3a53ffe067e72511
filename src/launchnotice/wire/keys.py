"""Public keys, who can sign, and thumbprints: with `wire.ecdsa`, all of `wire` that imports `cryptography`.

- `PublicKey` is what a mandate lists: `load` takes it off the wire, `enrol` runs the
  expensive checks once, `verify` is the hot path.
- `Signer` is what an application implements for a hardware module; `SigningKey` is one
  in memory.
- `CoseKey` is the field type for records.

Not here: which keys may sign (`pact`), key files (`launchnotice.keyfile`).

>>> key = SigningKey.from_seed(Algorithm.ED25519, bytes(32))
>>> key.key.verify(key.sign(b"to be signed"), b"to be signed")
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NoReturn, Protocol, TypeAlias, TypeVar, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import SUITE_ALGORITHMS, Algorithm, Refusal, Suite, Usage, label
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire import cbor
from launchnotice.wire.codecs import Bytes, Enumeration, wrong_type
from launchnotice.wire.digest import sha256


class _Frozen:
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")


@final
class PublicKey(_Frozen):
    """A public key of one of the algorithms of the suites.

    `cose-key = {1 => 1, 3 => -19, -1 => 6, -2 => bstr .size 32} /
    {1 => 7, 3 => -49, -1 => bstr .size 1952} / {1 => 7, 3 => -50, -1 => bstr .size 2592} /
    {1 => 2, 3 => -51, -1 => 2, -2 => bstr .size 48, -3 => bstr .size 48}`
    (RFC 9052 section 7, RFC 9053 sections 7.1 and 7.2, RFC 9964 section 3).

    Attributes:
        alg: the COSE algorithm.
        raw: the public key: 32 bytes (Ed25519), 1,952 (ML-DSA-65), 2,592 (ML-DSA-87), or x and y
            of 48 bytes each (ESP384).
        kid: 32 bytes, the SHA-256 COSE Key Thumbprint (RFC 9679, RFC 9964 section 6).
    """

    __slots__ = ("_verify", "alg", "kid", "raw")

    alg: Algorithm
    raw: bytes
    kid: bytes
    _verify: Callable[[bytes, bytes], None] | None

    def __init__(self, alg: Algorithm, raw: bytes) -> None:
        """The key of these bytes; `UsageError` (`bad-value`) if they cannot be one."""
        try:
            _ALGORITHM.check(alg)
            _ROWS[alg].codec.check(raw)
        except Refused as error:
            raise UsageError(Usage.BAD_VALUE, f"PublicKey: {error}") from None
        _set(self, "alg", alg)
        _set(self, "raw", raw)
        _set(self, "kid", thumbprint(self.dump()))
        _set(self, "_verify", None)

    @classmethod
    def load(cls, raw: object) -> PublicKey:
        """The key of a decoded COSE_Key map with exactly the members that its algorithm has.

        The point itself is not checked here but by `enrol`.

        Raises:
            Refused: `wrong-type`, `missing-field`, `unknown-field`, `unknown-value` or `bad-length`.
        """
        if type(raw) is not dict:
            raise wrong_type("map", raw)
        alg = Algorithm(_member(raw, "alg", _ALG, _ALGORITHM.load))
        row = _ROWS[alg]
        for name, number, expected in row.fixed:
            value = _member(raw, name, number, _integer)
            if value != expected:
                raise Refused(Refusal.UNKNOWN_VALUE, f"{name}: expected {expected}, got {value}")
        parts = [_member(raw, name, number, codec.load) for name, number, codec in row.members]
        if len(raw) != (size := len(row.fixed) + len(row.members)):
            raise Refused(Refusal.UNKNOWN_FIELD, f"expected {size} members, got {len(raw)}")
        return cls(alg, b"".join(parts))

    def dump(self) -> dict[int, object]:
        """The COSE_Key map, its labels in deterministic order: positive ascending, then -1, -2, -3."""
        row = _ROWS[self.alg]
        key: dict[int, object] = {number: value for _, number, value in row.fixed}
        rest = self.raw
        for _, number, codec in row.members:
            key[number], rest = rest[: codec.high], rest[codec.high :]
        return key

    def enrol(self) -> None:
        """Check the key itself, once, when a mandate that lists it is accepted (1 ms for Ed25519).

        Raises:
            Refused: `weak-key`: not on the curve (Ed25519, ESP384: `cryptography` sees to the
                latter), of small order or outside the prime-order subgroup (Ed25519; the cofactor
                of P-384 is 1); not re-encoded to the same bytes (all).
        """
        if self._loaded().public_bytes_raw() != self.raw:
            raise Refused(Refusal.WEAK_KEY, f"{label(self.alg)}: not the canonical encoding")
        if self.alg is Algorithm.ED25519:
            from launchnotice.wire import curve  # for new keys alone

            curve.check_point(self.raw)

    def verify(self, signature: bytes, signed: bytes) -> None:
        """Verify a signature.

        Args:
            signature: as it stands in the COSE_Signature: 64 bytes of Ed25519; 96 of ESP384, r || s
                (RFC 9053 section 2.1) with s at most n/2; 3,309 of ML-DSA-65 or 4,627 of
                ML-DSA-87, with an empty context.
            signed: the encoded `Sig_structure` (RFC 9052 section 4.4).

        Raises:
            Refused: `bad-signature`; `weak-key` if the key cannot even be loaded.
        """
        verify = self._verify
        if verify is None:
            verify = self._loaded().verify
            _set(self, "_verify", verify)
        try:
            verify(signature, signed)
        except InvalidSignature:
            raise Refused(Refusal.BAD_SIGNATURE, label(self.alg)) from None

    def _loaded(self) -> _Public:
        try:
            return _supported(_ROWS[self.alg].public, self.raw)
        except ValueError:
            raise Refused(Refusal.WEAK_KEY, f"{label(self.alg)}: cannot be loaded") from None

    def __eq__(self, other: object) -> bool:
        return type(other) is PublicKey and other.alg is self.alg and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.kid)

    def __reduce__(self) -> tuple[type[PublicKey], tuple[Algorithm, bytes]]:
        return PublicKey, (self.alg, self.raw)

    def __repr__(self) -> str:
        return f"<PublicKey {label(self.alg)} {self.kid[:4].hex()}…>"


class Signer(Protocol):
    """Whoever can sign with one key; an application implements it for a hardware module."""

    @property
    def key(self) -> PublicKey:
        """The public key under which the signatures verify."""

    @property
    def exercise(self) -> bool:
        """Whether the key is for exercises; no key serves both (P8). Fixed when the key was made."""

    def sign(self, tbs: bytes) -> bytes | None:
        """The signature of the to-be-signed bytes, or None: not yet, ask again at the next `poll`.

        In the form that `PublicKey.verify` takes: modules give an ECDSA signature as DER or with
        a high s, which peers refuse.
        """


@final
class SigningKey(_Frozen):
    """A private key in memory: a `Signer` that always answers.

    Neither its `repr` nor any message shows the seed.

    Attributes:
        key: the public key. `exercise`: whether it is for exercises, else for what is real.
    """

    __slots__ = ("_private", "exercise", "key")

    key: PublicKey
    exercise: bool
    _private: _Private

    def __init__(self, alg: Algorithm, seed: bytes, *, exercise: bool = False) -> None:
        """See `from_seed`."""
        try:
            _ALGORITHM.check(alg)
            _ROWS[alg].seed.check(seed)
            private = _supported(_ROWS[alg].private, seed)
        except (Refused, ValueError) as error:
            raise UsageError(Usage.BAD_VALUE, f"SigningKey: {error}") from None
        _set(self, "_private", private)
        _set(self, "exercise", exercise)
        _set(self, "key", PublicKey(alg, private.public_key().public_bytes_raw()))

    @classmethod
    def generate(cls, alg: Algorithm, *, exercise: bool = False) -> SigningKey:
        """A fresh key from the randomness of the operating system."""
        row = _ROWS.get(alg)
        return cls(
            alg, row.fresh() if row else b"", exercise=exercise
        )  # which is refused, as what is no algorithm is

    @classmethod
    def from_seed(cls, alg: Algorithm, seed: bytes, *, exercise: bool = False) -> SigningKey:
        """The key of a private key's bytes.

        Args:
            alg: the algorithm.
            seed: 32 bytes of Ed25519 (RFC 8032 section 5.1.5) or ML-DSA (FIPS 204 algorithm 6); of
                ESP384 the scalar itself, 48 bytes, big-endian, from 1 to n - 1 (RFC 5915 section 3).
            exercise: whether it is for exercises.

        Raises:
            UsageError: `bad-value`: no such algorithm, another length, no such scalar, or a
                `cryptography` that was built without the algorithm.
        """
        return cls(alg, seed, exercise=exercise)

    @property
    def seed(self) -> bytes:
        """The private key itself: 32 bytes, 48 of ESP384."""
        return self._private.private_bytes_raw()

    def sign(self, tbs: bytes) -> bytes:
        """The signature, in the form that `PublicKey.verify` takes; always the same of Ed25519 alone."""
        return self._private.sign(tbs)

    def __repr__(self) -> str:
        return f"<SigningKey of {self.key!r}>"


def generate(suite: Suite, *, exercise: bool = False) -> tuple[SigningKey, ...]:
    """Fresh keys of one identity: one for each algorithm of the suite, in its order."""
    return tuple(SigningKey.generate(alg, exercise=exercise) for alg in SUITE_ALGORITHMS[suite])


def thumbprint(cose_key: dict[int, object]) -> bytes:
    """The SHA-256 COSE Key Thumbprint, 32 bytes, of an OKP, EC2 or AKP key (RFC 9679, RFC 9964).

    Members that are not required for the key type (kid, alg, a private key) do not count.

    Raises:
        Refused: `missing-field`, `wrong-type` (also a compressed y) or `unknown-value` (other types).
    """
    required = _REQUIRED.get(_member(cose_key, "kty", 1, _integer))
    if required is None:
        raise Refused(Refusal.UNKNOWN_VALUE, "kty: expected 1 (OKP), 2 (EC2) or 7 (AKP)")
    members = {number: _member(cose_key, name, number, take) for name, number, take in required}
    return sha256(cbor.encode(members))


class CoseKey:
    """The field type of a public key; JSON has ``{"alg": <label>, "key": <hexadecimal>}``."""

    cddl = "cose-key"
    raw_type = dict

    def check(self, value: Any) -> PublicKey:
        """The value itself, if it is a `PublicKey`."""
        if type(value) is not PublicKey:
            raise Refused(Refusal.WRONG_TYPE, "expected PublicKey")
        return value

    def load(self, raw: Any) -> PublicKey:
        """See `PublicKey.load`."""
        return PublicKey.load(raw)

    def dump(self, value: PublicKey) -> dict[int, object]:
        """See `PublicKey.dump`."""
        return value.dump()

    def to_json(self, value: PublicKey) -> dict[str, str]:
        """The algorithm's label and the public key's bytes."""
        return {"alg": label(value.alg), "key": value.raw.hex()}

    def from_json(self, data: Any) -> PublicKey:
        """The key of what `to_json` gives; raises `Refused`."""
        if type(data) is not dict:
            raise wrong_type("map", data)
        alg = Algorithm(_member(data, "alg", "alg", _ALGORITHM.from_json))
        public = _member(data, "key", "key", _ROWS[alg].codec.from_json)
        if len(data) != len(("alg", "key")):
            raise Refused(Refusal.UNKNOWN_FIELD, f"expected 2 members, got {len(data)}")
        return PublicKey(alg, public)


class _Public(Protocol):
    """A loaded public key as `cryptography` has it."""

    def verify(self, signature: bytes, data: bytes, /) -> None: ...
    def public_bytes_raw(self) -> bytes: ...


class _Private(Protocol):
    """A loaded private key as `cryptography` has it."""

    def sign(self, data: bytes, /) -> bytes: ...
    def public_key(self) -> _Public: ...
    def private_bytes_raw(self) -> bytes: ...


def _p384_public(raw: bytes) -> _Public:
    from launchnotice.wire.ecdsa import P384PublicKey  # 1.5 ms, for those who need it

    return P384PublicKey(raw)


def _p384_private(scalar: bytes) -> _Private:
    from launchnotice.wire.ecdsa import P384PrivateKey

    return P384PrivateKey(scalar)


def _p384_fresh() -> bytes:
    from launchnotice.wire.ecdsa import P384PrivateKey

    return P384PrivateKey.generate().private_bytes_raw()


class _Row(NamedTuple):
    """One algorithm.

    `fixed` members of its COSE_Key and the `members` whose bytes together are the public key, each
    by name and label; the public key as a whole (`codec`) and the private one (`seed`); what loads
    either (`public`, `private`), and what makes a private key (`fresh`).
    """

    fixed: tuple[tuple[str, int, int], ...]
    members: tuple[tuple[str, int, Bytes], ...]
    codec: Bytes
    seed: Bytes
    public: Callable[[bytes], _Public]
    private: Callable[[bytes], _Private]
    fresh: Callable[[], bytes]


_ALG: Final = 3  # the label of alg, RFC 9052 section 7.1
_ROWS: Final[dict[Algorithm, _Row]] = {
    # kty OKP, crv Ed25519: RFC 9053 section 7.2; alg Ed25519: RFC 9864.
    Algorithm.ED25519: _Row(
        (("kty", 1, 1), ("alg", _ALG, Algorithm.ED25519.value), ("crv", -1, 6)),
        (("x", -2, Bytes(32)),),
        Bytes(32),
        Bytes(32),
        Ed25519PublicKey.from_public_bytes,
        Ed25519PrivateKey.from_private_bytes,
        partial(os.urandom, 32),
    ),
    # kty AKP: RFC 9964 section 3.
    Algorithm.ML_DSA_65: _Row(
        (("kty", 1, 7), ("alg", _ALG, Algorithm.ML_DSA_65.value)),
        (("pub", -1, Bytes(1952)),),
        Bytes(1952),
        Bytes(32),
        MLDSA65PublicKey.from_public_bytes,
        MLDSA65PrivateKey.from_seed_bytes,
        partial(os.urandom, 32),
    ),
    Algorithm.ML_DSA_87: _Row(
        (("kty", 1, 7), ("alg", _ALG, Algorithm.ML_DSA_87.value)),
        (("pub", -1, Bytes(2592)),),
        Bytes(2592),
        Bytes(32),
        MLDSA87PublicKey.from_public_bytes,
        MLDSA87PrivateKey.from_seed_bytes,
        partial(os.urandom, 32),
    ),
    # kty EC2, crv P-384, y never compressed: RFC 9053 section 7.1.1; alg ESP384: RFC 9864.
    Algorithm.ESP384: _Row(
        (("kty", 1, 2), ("alg", _ALG, Algorithm.ESP384.value), ("crv", -1, 2)),
        (("x", -2, Bytes(48)), ("y", -3, Bytes(48))),
        Bytes(96),
        Bytes(48),
        _p384_public,
        _p384_private,
        _p384_fresh,
    ),
}
_ALGORITHM: Final = Enumeration(Algorithm)
SEED_SIZES: Final = {alg: row.seed.high for alg, row in _ROWS.items()}
"""Bytes of a private key (RFC 8032 section 5.1.5, RFC 9964 section 4, RFC 5915 section 3)."""


def _integer(value: object) -> int:
    if type(value) is not int:
        raise wrong_type("integer", value)
    return value


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        raise wrong_type("byte string", value)
    return value


_Required: TypeAlias = tuple[tuple[str, int, Callable[[object], object]], ...]
# Required members of each key type in deterministic order: RFC 9679 section 4, RFC 9964 section 6.
_REQUIRED: Final[dict[int, _Required]] = {
    1: (("kty", 1, _integer), ("crv", -1, _integer), ("x", -2, _bytes)),
    2: (("kty", 1, _integer), ("crv", -1, _integer), ("x", -2, _bytes), ("y", -3, _bytes)),
    7: (("kty", 1, _integer), ("alg", _ALG, _integer), ("pub", -1, _bytes)),
}

_set: Final = object.__setattr__
_K = TypeVar("_K")
_T = TypeVar("_T")


def _member(raw: dict[_K, Any], name: str, at: _K, take: Callable[[Any], _T]) -> _T:
    if at not in raw:
        raise Refused(Refusal.MISSING_FIELD, f"{name}: required")
    try:
        return take(raw[at])
    except Refused as error:
        raise error.within(name) from None


def _supported(build: Callable[[bytes], _T], data: bytes) -> _T:
    try:
        return build(data)
    except UnsupportedAlgorithm:
        # The bytes are not at fault: this machine cannot take part in the channel's suite.
        raise UsageError(Usage.BAD_VALUE, "this build of cryptography lacks the algorithm") from None
