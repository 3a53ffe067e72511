"""Refusals of payloads (spec sections 3 and 5.1): one broken rule, right signatures, its code, no trace."""

from __future__ import annotations

import cbor2
import pytest

from launchnotice.registry import Suite
from tests.spec.requirements.build import (
    Case,
    cases,
    refused_without_trace,
)
from tests.spec.requirements.messages import (
    DEEP,
    manifest_of,
    notice,
    payload,
    raw,
    receipt,
    with_body,
)
from tests.support import NOW

PAYLOADS = cases(
    (
        "payload with bytes after it",
        "R-CBOR-2",
        "not-cbor",
        lambda w: payload(w, cbor2.dumps(raw(w)) + b"\x00"),
    ),
    ("payload too deep", "R-CBOR-2", "not-cbor", lambda w: with_body(w, DEEP)),
    ("payload with bad UTF-8", "R-CBOR-2", "not-cbor", lambda w: with_body(w, b"\xa1\x18\x63\x61\xff")),
    ("float", "R-CBOR-3", "forbidden-type", lambda w: with_body(w, b"\xa1\x18\x63\xf9\x00\x00")),
    ("tag", "R-CBOR-3", "forbidden-type", lambda w: with_body(w, b"\xa1\x18\x63\xc1\x00")),
    ("undefined", "R-CBOR-3", "forbidden-type", lambda w: with_body(w, b"\xa1\x18\x63\xf7")),
    ("text key", "R-CBOR-3", "forbidden-type", lambda w: with_body(w, b"\xa1\x61a\x00")),
    ("long integer", "R-CBOR-4", "not-deterministic", lambda w: with_body(w, b"\xa1\x01\x18\x01")),
    ("keys that descend", "R-CBOR-4", "not-deterministic", lambda w: with_body(w, b"\xa2\x02\x00\x01\x00")),
    ("key twice", "R-CBOR-4", "not-deterministic", lambda w: with_body(w, b"\xa2\x01\x00\x01\x00")),
    ("indefinite length", "R-CBOR-4", "not-deterministic", lambda w: with_body(w, b"\xbf\x01\x00\xff")),
    (
        "float before a long integer",
        "R-CBOR-5",
        "forbidden-type",
        lambda w: with_body(w, b"\xa2\x01\xf9\x00\x00\x02\x18\x01"),
    ),
    (
        "long integer before a float",
        "R-CBOR-5",
        "not-deterministic",
        lambda w: with_body(w, b"\xa2\x01\x18\x01\x02\xf9\x00\x00"),
    ),
    (
        "bad UTF-8 before a float",
        "R-CBOR-5",
        "forbidden-type",
        lambda w: with_body(w, b"\xa2\x01\x61\xff\x02\xf9\x00\x00"),
    ),
    ("too many items", "R-CBOR-7", "too-large", lambda w: with_body(w, cbor2.dumps({99: [0] * 8_192}))),
    ("too many arrays", "R-CBOR-7", "too-large", lambda w: with_body(w, cbor2.dumps({99: [[]] * 2_048}))),
    ("more items than bytes", "R-CBOR-7", "not-cbor", lambda w: payload(w, b"\x99\xff\xff")),
    ("payload that is no map", "R-REC-3", "wrong-type", lambda w: payload(w, b"\x80")),
    ("no kind", "R-REC-2", "missing-field", lambda w: notice(w, k5=None)),
    ("kind that is text", "R-REC-3", "wrong-type", lambda w: notice(w, k5="1")),
    ("kind 0", "R-KIND-1", "unknown-kind", lambda w: notice(w, k5=0)),
    ("kind 96", "R-KIND-1", "unknown-kind", lambda w: notice(w, k5=96)),
    ("unknown signal", "R-KIND-1", "unknown-kind", lambda w: receipt(w, k5=95)),
    ("no channel", "R-REC-2", "missing-field", lambda w: notice(w, k1=None)),
    ("no seq", "R-REC-2", "missing-field", lambda w: notice(w, k9=None)),
    ("notice without genesis as prev", "R-REC-2", "missing-field", lambda w: notice(w, k10=None)),
    ("signal without addressee", "R-REC-2", "missing-field", lambda w: receipt(w, k14=None)),
    (
        "null for absent",
        "R-REC-3",
        "wrong-type",
        lambda w: w.forger.signed({key: {**raw(w), 11: None}[key] for key in [*range(1, 13)]}).data,
    ),
    ("boolean for integer", "R-REC-3", "wrong-type", lambda w: notice(w, k9=True)),
    ("text for bytes", "R-REC-3", "wrong-type", lambda w: notice(w, k3="x")),
    ("unknown key", "R-REC-4", "unknown-field", lambda w: notice(w, k50=1)),
    (
        "negative key in a signal's body",
        "R-REC-4 R-KIND-4",
        "unknown-field",
        lambda w: receipt(w, k7={1: bytes(32), 2: bytes(32), 3: NOW, 4: 1, 5: True, -1: 0}),
    ),
    ("missing field before wrong type", "R-REC-1", "missing-field", lambda w: notice(w, k1=None, k4="x")),
    ("wrong type before missing field", "R-REC-1", "wrong-type", lambda w: notice(w, k4="x", k10=None)),
    ("wrong type before unknown key", "R-REC-1", "wrong-type", lambda w: notice(w, k10=1, k50=1)),
    (
        "unknown key before rules across fields",
        "R-REC-1",
        "unknown-field",
        lambda w: notice(w, k12=None, k50=1),
    ),
    ("issued before 1970", "R-VAL-1", "out-of-range", lambda w: notice(w, k4=-1)),
    ("issued after 9999", "R-VAL-1", "out-of-range", lambda w: notice(w, k4=253_402_300_800)),
    ("seq 0", "R-VAL-1", "out-of-range", lambda w: notice(w, k9=0)),
    ("short channel id", "R-VAL-2", "bad-length", lambda w: notice(w, k1=bytes(31))),
    ("empty code", "R-VAL-2", "bad-length", lambda w: notice(w, k2="")),
    ("code of 17 bytes in 9 characters", "R-VAL-2", "bad-length", lambda w: notice(w, k2="é" * 8 + "x")),
    ("empty manifest", "R-VAL-2", "bad-length", lambda w: notice(w, k6=[])),
    ("code not in NFC", "R-VAL-3", "bad-text", lambda w: notice(w, k2="e\u0301")),
    ("code with a control character", "R-VAL-3", "bad-text", lambda w: notice(w, k2="U\x7f")),
    ("code with an override", "R-VAL-3", "bad-text", lambda w: notice(w, k2="U\u202eS")),
    ("unknown reason of an epoch", "R-VAL-4", "unknown-value", lambda w: notice(w, k12={1: 9})),
    (
        "unknown algorithm in the manifest",
        "R-VAL-4",
        "unknown-value",
        lambda w: manifest_of(w, lambda m: [[-8, m[0][1]], *m[1:]]),
    ),
    ("manifest that descends", "R-SIGN-2", "unsorted", lambda w: manifest_of(w, lambda m: m[::-1])),
    (
        "manifest with a kid twice",
        "R-SIGN-2",
        "duplicate-entry",
        lambda w: manifest_of(w, lambda m: [m[0], m[0], *m[1:]]),
    ),
    ("seq 1 without opening", "R-PAY-6", "inconsistent", lambda w: notice(w, k12=None)),
    ("opening with seq 2", "R-PAY-6", "inconsistent", lambda w: notice(w, seq=2, prev=bytes(32), k12={1: 1})),
)


@pytest.mark.requirement("R-ORDER-2")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
@pytest.mark.parametrize("case", PAYLOADS)
def test_message_that_breaks_one_rule_is_refused_without_trace(case: Case, suite: Suite) -> None:
    refused_without_trace(case, suite)
