"""Who signs and with what: roles, algorithms, suites, mandates (spec sections 4 and 9)."""

from __future__ import annotations

from typing import Final

from launchnotice.registry.enumeration import IntEnum, StrEnum


class Role(IntEnum):
    """Role of an identity in a mandate."""

    AUTHORITY = 1
    OFFICER = 2
    SYSTEM = 3


class Algorithm(IntEnum):
    """COSE algorithm numbers (RFC 9864, RFC 9964); the polymorphic -7, -8, -35 have no place here."""

    ED25519 = -19
    ML_DSA_65 = -49
    ML_DSA_87 = -50
    ESP384 = -51


class Suite(IntEnum):
    """Closed list of signature suites, one per channel, never negotiated."""

    CLASSIC = 1
    HYBRID = 2
    HYBRID_HIGH = 3


SUITE_ALGORITHMS: Final[dict[Suite, tuple[Algorithm, ...]]] = {
    Suite.CLASSIC: (Algorithm.ED25519,),
    Suite.HYBRID: (Algorithm.ED25519, Algorithm.ML_DSA_65),
    Suite.HYBRID_HIGH: (Algorithm.ESP384, Algorithm.ML_DSA_87),
}


class ContentType(StrEnum):
    """COSE `typ` (RFC 9596) of a body: exercise traffic has its own."""

    MESSAGE = "application/lnp+cose"
    EXERCISE = "application/lnp-exercise+cose"
    MANDATE = "application/lnp-mandate+cose"


class MandateReason(IntEnum):
    """Why a mandate was issued."""

    INITIAL = 1
    ROUTINE = 2
    COMPROMISE = 3
    FORK = 4
    LOSS = 5


class EpochReason(IntEnum):
    """Why an epoch was opened."""

    FIRST = 1
    RESTORED = 2
    MANDATE = 3
