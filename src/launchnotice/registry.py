"""Every number and code of LNP/1, mirrored from `spec/registry.json` (a test proves them equal).

Adding a kind is a row in `KINDS` and a body in `wire.notices` or `wire.signals`.
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Final, NamedTuple

SPEC_VERSION: Final = "LNP/1"


class KindClass(StrEnum):
    """What a kind's number range says (spec section 5.2): chained 1-63, emergency 64-79, signal 80-95."""

    CHAINED = "chained"
    EMERGENCY = "emergency"
    SIGNAL = "signal"


class Policy(StrEnum):
    """Who must sign (spec section 4.5); the row is a property of the kind, not of its class."""

    ANNOUNCE = "announce"
    EMERGENCY = "emergency"
    DESK = "desk"
    MACHINE = "machine"


class Kind(IntEnum):
    """Kind of a message."""

    LAUNCH = 1
    RECEIPT = 80
    ACKNOWLEDGEMENT = 81
    REJECTION = 83
    SYNC = 84


class KindRow(NamedTuple):
    """What the registry says of a kind."""

    kind_class: KindClass
    policy: Policy
    label: str


KINDS: Final[dict[int, KindRow]] = {
    Kind.LAUNCH: KindRow(KindClass.CHAINED, Policy.ANNOUNCE, "launch notification"),
    Kind.RECEIPT: KindRow(KindClass.SIGNAL, Policy.MACHINE, "receipt"),
    Kind.ACKNOWLEDGEMENT: KindRow(KindClass.SIGNAL, Policy.DESK, "acknowledgement"),
    Kind.REJECTION: KindRow(KindClass.SIGNAL, Policy.DESK, "rejection"),
    Kind.SYNC: KindRow(KindClass.SIGNAL, Policy.MACHINE, "sync"),
}

_CLASS_RANGES: Final = (
    (range(1, 64), KindClass.CHAINED),
    (range(64, 80), KindClass.EMERGENCY),
    (range(80, 96), KindClass.SIGNAL),
)


def kind_row(kind: int) -> KindRow | None:
    """The row of a kind; an unknown kind has its class by range and the policy *announce*.

    Returns None for a number outside every range.
    """
    row = KINDS.get(kind)
    if row is not None:
        return row
    for numbers, kind_class in _CLASS_RANGES:
        if kind in numbers:
            return KindRow(kind_class, Policy.ANNOUNCE, f"unknown kind {kind}")
    return None


class Role(IntEnum):
    """Role of an identity in a mandate."""

    AUTHORITY = 1
    OFFICER = 2
    SYSTEM = 3


class Algorithm(IntEnum):
    """COSE algorithm numbers (RFC 9864, RFC 9964); the polymorphic -7, -8, -35 have no place here."""

    ED25519 = -19
    ML_DSA_65 = -49


class Suite(IntEnum):
    """Closed list of signature suites, one per channel, never negotiated."""

    CLASSIC = 1
    HYBRID = 2


SUITE_ALGORITHMS: Final[dict[Suite, tuple[Algorithm, ...]]] = {
    Suite.CLASSIC: (Algorithm.ED25519,),
    Suite.HYBRID: (Algorithm.ED25519, Algorithm.ML_DSA_65),
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


class EpochReason(IntEnum):
    """Why an epoch was opened."""

    FIRST = 1
    RESTORED = 2


class Owed(IntEnum):
    """What a member owes for a notice."""

    ACKNOWLEDGEMENT = 1
    RECEIPT = 2
    NOTHING = 3


class Place(IntEnum):
    """Where a notice took its place on arrival, as its receipt says."""

    ACCEPTED = 1
    HELD = 2
    DISPUTED = 3


class RejectionCode(IntEnum):
    """Why an officer disputes a notice."""

    UNINTELLIGIBLE = 1
    IMPLAUSIBLE = 2
    CONTRADICTS_EARLIER = 3
    NOT_UNDER_AGREEMENT = 4
    OTHER = 5


class Category(IntEnum):
    """What is launched."""

    BALLISTIC_MISSILE = 1
    SPACE_LAUNCH_VEHICLE = 2


class GenericClass(IntEnum):
    """Generic class, never a designation."""

    ICBM = 1
    SLBM = 2
    SLV = 3


class Basing(IntEnum):
    """From what it is launched."""

    LAND = 1
    SUBMARINE = 2


class Purpose(IntEnum):
    """Declared purpose, voluntary under every agreement."""

    TEST = 1
    TRAINING = 2
    SPACE = 3
    RESEARCH = 4
    DEMONSTRATION = 5
    OTHER = 6


class NoticeBasis(IntEnum):
    """Why the notice is given."""

    OBLIGATION = 1
    VOLUNTARY = 2
    GOODWILL = 3


class AreaForm(IntEnum):
    """Form of an area on the wire."""

    POINT = 1
    CIRCLE = 2
    POLYGON = 3
    OCEAN_QUADRANT = 4
    WATER_BODY = 5
    LAND_REGION = 6


class LengthUnit(IntEnum):
    """Unit that the author of a circle wrote; the wire carries metres."""

    KILOMETRE = 1
    NAUTICAL_MILE = 2


class Ocean(IntEnum):
    """Oceans that have quadrants."""

    ATLANTIC = 1
    PACIFIC = 2
    INDIAN = 3
    ARCTIC = 4
    SOUTHERN = 5


class Quadrant(IntEnum):
    """90-degree sector of an ocean (1988 agreement, Article III)."""

    NORTH_EAST = 1
    SOUTH_EAST = 2
    SOUTH_WEST = 3
    NORTH_WEST = 4


class Evidence(IntEnum):
    """How well a constant of an agreement is known."""

    VERIFIED = 1
    PROVISIONAL = 2


class Check(IntEnum):
    """What a rule of an agreement compares (spec section 8.2)."""

    SCOPE = 1
    REQUIRED = 2
    FORBIDDEN = 3
    AREA_FORM = 4
    LEAD_TIME = 5
    VALIDITY = 6


class Anchor(IntEnum):
    """The time from which a lead time counts."""

    ISSUED = 1
    RECEIVED = 2


class TimeUnit(IntEnum):
    """Unit of a rule's number. Three calendar days are not 72 hours."""

    HOURS = 1
    DAYS = 2


class Refusal(StrEnum):
    """Why bytes were not accepted."""

    TOO_LARGE = "too-large"
    NOT_CBOR = "not-cbor"
    FORBIDDEN_TYPE = "forbidden-type"
    NOT_DETERMINISTIC = "not-deterministic"
    MISSING_FIELD = "missing-field"
    UNKNOWN_FIELD = "unknown-field"
    WRONG_TYPE = "wrong-type"
    OUT_OF_RANGE = "out-of-range"
    BAD_LENGTH = "bad-length"
    BAD_TEXT = "bad-text"
    UNKNOWN_VALUE = "unknown-value"
    DUPLICATE_ENTRY = "duplicate-entry"
    UNSORTED = "unsorted"
    INCONSISTENT = "inconsistent"
    BAD_AREA = "bad-area"
    NOT_COSE_SIGN = "not-cose-sign"
    BAD_HEADER = "bad-header"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    MANIFEST_MISMATCH = "manifest-mismatch"
    WRONG_CHANNEL = "wrong-channel"
    UNKNOWN_PARTY = "unknown-party"
    OWN_MESSAGE = "own-message"
    UNKNOWN_KIND = "unknown-kind"
    WRONG_ADDRESSEE = "wrong-addressee"
    UNKNOWN_MANDATE = "unknown-mandate"
    MANDATE_GAP = "mandate-gap"
    BAD_MANDATE_CHAIN = "bad-mandate-chain"
    UNKNOWN_SIGNER = "unknown-signer"
    WRONG_ROLE = "wrong-role"
    INCOMPLETE_IDENTITY = "incomplete-identity"
    THRESHOLD = "threshold"
    BAD_SIGNATURE = "bad-signature"
    WEAK_KEY = "weak-key"
    KEY_REUSED = "key-reused"
    BAD_EPOCH_PREV = "bad-epoch-prev"
    UNKNOWN_SUBJECT = "unknown-subject"
    UNSATISFIABLE = "unsatisfiable"


class Usage(StrEnum):
    """What the local caller did wrong."""

    BAD_VALUE = "bad-value"
    STALE = "stale"
    NOT_A_PARTY = "not-a-party"
    NO_MANDATE = "no-mandate"
    UNKNOWN_SIGNER = "unknown-signer"
    WRONG_SIGNERS = "wrong-signers"
    NOT_SIGNED = "not-signed"
    WRONG_KEY = "wrong-key"
    UNKNOWN_SUBJECT = "unknown-subject"
    ALREADY_STATED = "already-stated"
    NOT_INTELLIGIBLE = "not-intelligible"
    BAD_KEY_FILE = "bad-key-file"
    WRONG_PASSPHRASE = "wrong-passphrase"


class FindingCode(StrEnum):
    """Something true and noteworthy about an accepted notice: a fact, not a verdict."""

    CHAIN_GAP = "chain-gap"
    DISPUTED = "disputed"
    UNINTELLIGIBLE = "unintelligible"
    UNKNOWN_FIELDS = "unknown-fields"
    SUPERSEDED_MANDATE = "superseded-mandate"
    EXPIRED_MANDATE = "expired-mandate"
    UNCONFIRMED_EPOCH = "unconfirmed-epoch"
    CLOCK_BRACKET = "clock-bracket"
    LATE = "late"
    OUT_OF_SCOPE = "out-of-scope"
    MISSING = "missing"
    NOT_ALLOWED = "not-allowed"
    AREA_FORM = "area-form"
    AREA_SHAPE = "area-shape"
    STATED_TWICE = "stated-twice"
    STATED_AGAIN = "stated-again"
    OTHER_BYTES = "other-bytes"


class EventCode(StrEnum):
    """What the host is told, once per journal position."""

    MANDATE = "mandate"
    EPOCH = "epoch"
    RESERVED = "reserved"
    SEALED = "sealed"
    NOTICE = "notice"
    IN_ORDER = "in-order"
    FLOODING = "flooding"
    FORK = "fork"
    SIGNAL = "signal"
    OVERDUE = "overdue"


class LaunchPhase(StrEnum):
    """Phase of a launch; time is no part of it."""

    ANNOUNCED = "announced"


class Need(StrEnum):
    """Why an officer is needed."""

    ACKNOWLEDGE = "acknowledge"
    UNINTELLIGIBLE = "unintelligible"
    OVERDUE = "overdue"
    REJECTED = "rejected"
    SYSTEM_SIGNATURE = "system-signature"
    SYSTEM_KEY = "system-key"
    DISPUTED_STREAM = "disputed-stream"
    MANDATE = "mandate"


def label(value: Enum) -> str:
    """The registry's label of a number: its name in lower case with spaces, ``"land region"``."""
    return value.name.lower().replace("_", " ")
