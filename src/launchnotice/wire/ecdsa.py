"""ECDSA over P-384 with SHA-384, COSE's ESP384 (RFC 9864), in the bytes that LNP/1 has for it.

- A public key is x || y, 96 bytes; a private key is its scalar, 48 bytes (RFC 5915 section 3).
- A signature is r || s, 96 bytes (RFC 9053 section 2.1); `cryptography` reads and writes DER.
- s is at most n/2: (r, s) and (r, n - s) satisfy the same equation, and without this rule
  anybody could give a signed message other bytes.

Its classes have the methods of `cryptography`'s other keys, so that `wire.keys` treats all alike;
it loads this module on use, since only one suite needs it.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from launchnotice.errors import Refused
from launchnotice.registry import Refusal

N: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
"""The order of the base point (SP 800-186 section 3.2.1.4); it is prime, and the cofactor is 1."""
SIZE: Final = 48
"""Bytes of a coordinate, a scalar, and of each half of a signature."""

_UNCOMPRESSED: Final = b"\x04"  # SEC 1 section 2.3.3
_CURVE: Final = ec.SECP384R1()
_ECDSA: Final = ec.ECDSA(hashes.SHA384())


class P384PublicKey:
    """A point of P-384."""

    def __init__(self, raw: bytes) -> None:
        """The point of x || y; `ValueError` if a coordinate is not below p or it is not on the curve."""
        self._key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _UNCOMPRESSED + raw)

    def public_bytes_raw(self) -> bytes:
        """x || y, 96 bytes."""
        numbers = self._key.public_numbers()
        return numbers.x.to_bytes(SIZE) + numbers.y.to_bytes(SIZE)

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """Verify r || s.

        Raises:
            Refused: `bad-signature`: not 96 bytes, r or s not in [1, n - 1], or s above n/2.
            InvalidSignature: of `cryptography`: it is not that of these bytes under this key.
        """
        self._key.verify(encode_dss_signature(*_split(signature)), data, _ECDSA)


class P384PrivateKey:
    """A private scalar of P-384."""

    def __init__(self, scalar: bytes) -> None:
        """The key of 48 bytes, big-endian; `ValueError` if they are not in [1, n - 1]."""
        value = int.from_bytes(scalar)
        if not 1 <= value < N:
            raise ValueError("expected a scalar from 1 to n - 1")
        self._key = ec.derive_private_key(value, _CURVE)

    @classmethod
    def generate(cls) -> P384PrivateKey:
        """A fresh key, uniform in [1, n - 1]."""
        return cls(_scalar(ec.generate_private_key(_CURVE)))

    def public_key(self) -> P384PublicKey:
        """Its public key."""
        numbers = self._key.public_key().public_numbers()
        return P384PublicKey(numbers.x.to_bytes(SIZE) + numbers.y.to_bytes(SIZE))

    def private_bytes_raw(self) -> bytes:
        """The scalar, 48 bytes."""
        return _scalar(self._key)

    def sign(self, data: bytes, /) -> bytes:
        """r || s with the smaller s of the two that satisfy the equation (R-KEY-6)."""
        r, s = decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(SIZE) + min(s, N - s).to_bytes(SIZE)


def _split(signature: bytes) -> tuple[int, int]:
    """R-KEY-5: one spelling of a signature, and no other."""
    if len(signature) != 2 * SIZE:
        raise _bad(f"expected {2 * SIZE} bytes, got {len(signature)}")
    r, s = int.from_bytes(signature[:SIZE]), int.from_bytes(signature[SIZE:])
    if not (1 <= r < N and 1 <= s < N):
        raise _bad("r or s is not from 1 to n - 1")
    if s > N // 2:
        raise _bad("s is above n/2")
    return r, s


def _scalar(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(SIZE)


def _bad(reason: str) -> Refused:
    return Refused(Refusal.BAD_SIGNATURE, f"ESP384: {reason}")
