"""Refusals of envelopes (spec sections 3.1 and 4.1): one broken rule, its code, no trace."""

from __future__ import annotations

import cbor2
import pytest

from launchnotice.registry import Suite
from launchnotice.wire.bounds import MAX_MANDATE, MAX_MESSAGE
from tests.spec.requirements.build import (
    Case,
    cases,
    refused_without_trace,
    reshaped,
)
from tests.spec.requirements.messages import (
    notice,
    sign_header,
    signature_header,
    with_body,
)

ENVELOPES = cases(
    ("larger than any object", "R-CBOR-1", "too-large", lambda _: bytes(MAX_MANDATE + 1)),
    (
        "larger than a message",
        "R-CBOR-1",
        "too-large",
        lambda w: with_body(w, cbor2.dumps({99: bytes(MAX_MESSAGE)})),
    ),
    ("empty", "R-ENV-1", "not-cose-sign", lambda _: b""),
    ("no tag", "R-ENV-1", "not-cose-sign", lambda w: notice(w)[2:]),
    ("COSE_Sign1", "R-ENV-1", "not-cose-sign", lambda w: b"\xd2" + notice(w)[2:]),
    ("truncated", "R-CBOR-2", "not-cbor", lambda w: notice(w)[:-1]),
    ("bytes after it", "R-CBOR-2", "not-cbor", lambda w: notice(w) + b"\x00"),
    ("three parts", "R-ENV-1", "not-cose-sign", lambda w: reshaped(notice(w), lambda f: f[:3])),
    ("five parts", "R-ENV-1", "not-cose-sign", lambda w: reshaped(notice(w), lambda f: [*f, 0])),
    (
        "detached payload",
        "R-ENV-1",
        "not-cose-sign",
        lambda w: reshaped(notice(w), lambda f: [*f[:2], None, f[3]]),
    ),
    ("no signatures", "R-ENV-1", "not-cose-sign", lambda w: reshaped(notice(w), lambda f: [*f[:3], []])),
    (
        "signature of two parts",
        "R-ENV-1",
        "not-cose-sign",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], [f[3][0][:2]]]),
    ),
    ("other typ", "R-ENV-2", "bad-header", lambda w: sign_header(w, {16: "application/cose"})),
    (
        "more in the body header",
        "R-ENV-2",
        "bad-header",
        lambda w: sign_header(w, {3: 0, 16: "application/lnp+cose"}),
    ),
    ("empty body header", "R-ENV-2", "bad-header", lambda w: reshaped(notice(w), lambda f: [b"", *f[1:]])),
    (
        "unprotected body header",
        "R-ENV-2",
        "bad-header",
        lambda w: reshaped(notice(w), lambda f: [f[0], {4: b""}, *f[2:]]),
    ),
    (
        "unprotected header of a signature",
        "R-ENV-2",
        "bad-header",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], [[f[3][0][0], {4: b""}, f[3][0][2]], *f[3][1:]]]),
    ),
    (
        "33 signatures",
        "R-ENV-4",
        "bad-length",
        lambda w: reshaped(notice(w), lambda f: [*f[:3], f[3][:1] * 33]),
    ),
    (
        "short kid",
        "R-ENV-3",
        "bad-header",
        lambda w: signature_header(w, cbor2.dumps({1: -19, 4: bytes(31)})),
    ),
    (
        "more in a signature header",
        "R-ENV-3",
        "bad-header",
        lambda w: signature_header(w, cbor2.dumps({1: -19, 4: bytes(32), 5: b""})),
    ),
    (
        "polymorphic algorithm",
        "R-ENV-3",
        "bad-header",
        lambda w: signature_header(w, cbor2.dumps({1: -8, 4: bytes(32)})),
    ),
)


@pytest.mark.requirement("R-ORDER-2")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
@pytest.mark.parametrize("case", ENVELOPES)
def test_message_that_breaks_one_rule_is_refused_without_trace(case: Case, suite: Suite) -> None:
    refused_without_trace(case, suite)
