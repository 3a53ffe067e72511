"""Stable codes: refusals, usage errors, findings, events, needs."""

from __future__ import annotations

from launchnotice.registry.enumeration import StrEnum


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
    WITHHELD = "withheld"
    SINGLE_SIGNATURE = "single-signature"
    UNKNOWN_REFERENCE = "unknown-reference"
    NOT_OWNER = "not-owner"
    DISCLOSURE_MISMATCH = "disclosure-mismatch"
    DISOWNED = "disowned"
    ABANDONED = "abandoned"
    MAY_REPEAT = "may-repeat"
    TOO_MANY_EPOCHS = "too-many-epochs"
    MANDATE_UNCONFIRMED = "mandate-unconfirmed"
    WITHOUT_EFFECT = "without-effect"
    ROOT_FORK = "root-fork"
    EARLY = "early"
    OUTSIDE_LIMIT = "outside-limit"
    ALLOWANCE = "allowance"
    NOT_IN_FORCE = "not-in-force"


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
    ROOT_FORK = "root-fork"
    ENDED = "ended"
    DISOWNED = "disowned"
    ABANDONED = "abandoned"
    RETURNED = "returned"
    CLAIMED = "claimed"
    SYNCED = "synced"
    SIGNAL = "signal"
    OVERDUE = "overdue"
    REMINDER = "reminder"


class LaunchPhase(StrEnum):
    """Phase of a launch; time is no part of it."""

    ANNOUNCED = "announced"
    CANCELLED = "cancelled"
    REPORTED = "reported"
    RETRACTED = "retracted"


class QueryPhase(StrEnum):
    """Phase of a query; time is no part of it."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Need(StrEnum):
    """Why an officer is needed."""

    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    REPORT = "report"
    UNINTELLIGIBLE = "unintelligible"
    OVERDUE = "overdue"
    REJECTED = "rejected"
    SYSTEM_SIGNATURE = "system-signature"
    SYSTEM_KEY = "system-key"
    DISPUTED_STREAM = "disputed-stream"
    ROOT_FORK = "root-fork"
    UNCONFIRMED_EPOCHS = "unconfirmed-epochs"
    TRUST = "trust"
    MANDATE = "mandate"
