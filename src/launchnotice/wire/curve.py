"""Whether 32 bytes are a sound Ed25519 public key: validation of public data, no cryptographic primitive.

It is needed because `cryptography` loads any 32 bytes: under a key of small order anyone
can forge, and under one of mixed order conforming verifiers disagree about a signature.

Not here: signing and verifying, and anything secret; these formulas are not constant-time.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from launchnotice.errors import Refused
from launchnotice.registry import Refusal

# RFC 8032 section 5.1: the field, the order of the subgroup, the constant of the curve.
P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P
_SQRT_M1: Final = pow(2, (P - 1) // 4, P)
_L_BITS: Final = bin(L)[3:]  # below the leading one, most significant first

_Point: TypeAlias = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, x·y = T/Z


def check_point(encoded: bytes) -> None:
    """Check that 32 bytes are the canonical encoding of a point of order L.

    Raises:
        Refused: `weak-key`: y is not below p, the point is not on the curve, or its order is not L.
    """
    point = _decode(encoded)
    # L is prime: what L takes to the neutral element has order L, unless it is that element.
    if point[0] == 0 or not _is_neutral(_times_l(point)):
        raise _weak("of small order or outside the prime-order subgroup")


def _decode(encoded: bytes) -> _Point:
    """RFC 8032 section 5.1.3."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        raise _weak("y is not below p")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * _SQRT_M1 % P
    if (v * x * x - u) % P:
        raise _weak("not a point of the curve")
    if x == 0 and sign:
        raise _weak("minus zero")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def _times_l(point: _Point) -> _Point:
    """L times the point, by doubling and adding; RFC 8032 section 5.1.4 has the formulas."""
    x, y, z, t = point
    less, more, twisted = y - x, y + x, 2 * D * t % P
    for bit in _L_BITS:
        a, b = x * x % P, y * y % P
        h, g = a + b, a - b
        e, f = h - (x + y) * (x + y), 2 * z * z + g
        e, f = e % P, f % P
        x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
        if bit == "1":  # the added point has Z = 1
            a, b = (y - x) * less % P, (y + x) * more % P
            e, h = b - a, b + a
            c = t * twisted % P
            f, g = 2 * z - c, 2 * z + c
            x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t


def _is_neutral(point: _Point) -> bool:
    x, y, z, _ = point
    return x == 0 and y == z


def _weak(reason: str) -> Refused:
    return Refused(Refusal.WEAK_KEY, f"Ed25519: {reason}")
