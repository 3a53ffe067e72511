"""Every refusal of a draft (spec section 10): one broken rule, right signatures, its code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import cbor2
import pytest

from launchnotice import Draft, Stale, UsageError
from launchnotice.errors import Refused
from launchnotice.registry import ContentType, Kind, Suite
from launchnotice.wire import cose
from launchnotice.wire.bounds import DRAFT_LIFETIME, MAX_DRAFT
from launchnotice.wire.cose import Signatory
from tests.spec.requirements.build import OFFICERS, World, world
from tests.support import NOW, launch, open_endpoint, sign, state
from tests.support.dump import snapshot
from tests.support.forge import exercise_header


class Case(NamedTuple):
    name: str
    code: str
    make: Callable[[World], bytes]


def draft(
    w: World,
    found: dict[int, Any] | None = None,
    *,
    header: bytes | None = None,
    signed: Sequence[str] = (),
    **changes: Any,
) -> bytes:
    """A draft of US; `changes` are raw fields of the draft by ``k<key>``, None to leave one out."""
    header = w.forger.header if header is None else header
    payload = cbor2.dumps(w.forger.notice().raw if found is None else found)
    rows = []
    for key in w.forger.keys(signed):
        line = Signatory(key.key.alg, key.key.kid)
        rows.append({1: line.kid, 2: key.sign(cose.to_be_signed(w.forger.header, line, payload))})
    raw: dict[int, Any] = {1: 1, 2: header, 3: payload, 4: rows}
    raw |= {int(name.removeprefix("k")): value for name, value in changes.items()}
    return cbor2.dumps({key: raw[key] for key in sorted(raw) if raw[key] is not None})


def raw(w: World, **changes: Any) -> dict[int, Any]:
    return w.forger.notice(**changes).raw


def rows(w: World, labels: Sequence[str]) -> list[dict[int, bytes]]:
    found: list[dict[int, bytes]] = cbor2.loads(draft(w, signed=labels))[4]
    return found


CASES = [
    Case("larger than a draft", "too-large", lambda _: bytes(MAX_DRAFT + 1)),
    Case("bytes after it", "not-cbor", lambda w: draft(w) + b"\x00"),
    Case("no map", "wrong-type", lambda _: b"\x80"),
    Case("another version", "out-of-range", lambda w: draft(w, k1=2)),
    Case("unknown field", "unknown-field", lambda w: draft(w, k5=0)),
    Case("no signatures field", "missing-field", lambda w: draft(w, k4=None)),
    Case("unknown header", "bad-header", lambda w: draft(w, header=b"\xa0")),
    Case("signatures that descend", "unsorted", lambda w: draft(w, k4=rows(w, OFFICERS)[::-1])),
    Case("signature twice", "unsorted", lambda w: draft(w, k4=rows(w, OFFICERS)[:1] * 2)),
    Case("payload that is no CBOR", "not-cbor", lambda w: draft(w, k3=b"\xff")),
    Case("kind out of range", "unknown-kind", lambda w: draft(w, raw(w, k5=96))),
    Case("payload without a field", "missing-field", lambda w: draft(w, raw(w, k9=None))),
    Case("another channel", "wrong-channel", lambda w: draft(w, raw(w, k1=bytes(32)))),
    Case("exercise", "wrong-content-type", lambda w: draft(w, header=exercise_header())),
    Case("mandate", "wrong-content-type", lambda w: draft(w, header=cose.BODY_HEADERS[ContentType.MANDATE])),
    Case("another mandate", "unknown-mandate", lambda w: draft(w, raw(w, k3=bytes(32)))),
    Case("another party", "unknown-mandate", lambda w: draft(w, raw(w, k2="RU"))),
    Case("kind that cannot be shown", "unknown-kind", lambda w: draft(w, raw(w, k5=63))),
    Case("body that cannot be shown", "unknown-kind", lambda w: draft(w, raw(w, k7={1: 99}))),
    Case(
        "field that cannot be shown",
        "unknown-field",
        lambda w: draft(w, raw(w, k7={**launch().dump(), 98: 0})),
    ),
    Case(
        "signal with a bad body",
        "missing-field",
        lambda w: draft(w, w.forger.signal(Kind.ACKNOWLEDGEMENT, {}, "RU").raw),
    ),
    Case(
        "stranger in the manifest",
        "unknown-signer",
        lambda w: draft(w, raw(w, k6=w.mirror.manifest(["system"]))),
    ),
    Case(
        "authority in the manifest",
        "wrong-role",
        lambda w: draft(w, raw(w, signers=[*OFFICERS, "system", "authority-1"])),
    ),
    Case("no system in the manifest", "threshold", lambda w: draft(w, raw(w, signers=OFFICERS))),
    Case("one officer", "threshold", lambda w: draft(w, raw(w, signers=["officer-1", "system"]))),
    Case("signature beside the manifest", "manifest-mismatch", lambda w: draft(w, signed=["officer-3"])),
    Case(
        "bad signature",
        "bad-signature",
        lambda w: draft(w, k4=[{1: row[1], 2: bytes(64)} for row in rows(w, OFFICERS)]),
    ),
]


@pytest.mark.requirement("R-DRAFT-1")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_draft_that_breaks_one_rule_is_refused(case: Case) -> None:
    w = world()
    with pytest.raises(Refused) as caught:
        Draft.load(case.make(w)).review(w.channel, w.mandate())
    assert caught.value.code.value == case.code


@pytest.mark.requirement("R-DRAFT-1")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
def test_draft_that_breaks_none_is_shown_and_signed(suite: Suite) -> None:
    w = world(suite)
    review = Draft.load(draft(w, signed=["officer-1"])).review(w.channel, w.mandate())
    assert (review.signed, review.missing()) == (["officer-1"], ["officer-2"])
    full = review.sign(w.us.keys["officer-2"])
    assert Draft.load(full.data).review(w.channel, w.mandate()).missing() == []


@pytest.mark.requirement("R-DRAFT-2")
@pytest.mark.requirement("R-REC-7")
def test_what_cannot_be_shown_in_full_cannot_be_signed() -> None:
    w = world()
    assert not hasattr(Draft.load(draft(w)), "sign")
    with pytest.raises(Refused, match="unknown-field"):
        Draft.load(draft(w, raw(w, k7={**launch().dump(), 98: 0}))).review(w.channel, w.mandate())
    shown = Draft.load(draft(w)).review(w.channel, w.mandate())
    assert shown.body == launch()
    assert 98 not in shown.body.dump()


@pytest.mark.requirement("R-DRAFT-3")
def test_draft_that_an_officer_has_not_signed_is_not_submitted() -> None:
    w = world()
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    unsigned = sender.draft(launch(), NOW, list(OFFICERS))
    half = unsigned.review(w.channel, w.mandate()).sign(w.us.keys["officer-1"])
    before = snapshot(sender)
    for one in (unsigned, half):
        with pytest.raises(UsageError, match="not-signed"):
            sender.submit(one, NOW)
    assert snapshot(sender) == before
    full = half.review(w.channel, w.mandate()).sign(w.us.keys["officer-2"])
    assert sender.submit(full, NOW).sends


@pytest.mark.requirement("R-DRAFT-4")
def test_draft_is_stale_when_the_own_head_moved_or_an_hour_passed() -> None:
    w = world()
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    first = sign(sender, w.us, launch(), NOW, OFFICERS)
    second = sign(sender, w.us, launch(), NOW + 1, OFFICERS)
    with pytest.raises(Stale) as caught:
        sender.submit(first, NOW + DRAFT_LIFETIME + 1)
    assert caught.value.draft.signatures == {}
    sender.submit(first, NOW + DRAFT_LIFETIME)
    with pytest.raises(Stale):
        sender.submit(second, NOW + 2)


@pytest.mark.requirement("R-DRAFT-4")
def test_draft_is_not_stale_when_another_head_moved() -> None:
    w = world()
    sender = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    made = sign(sender, w.us, launch(), NOW, OFFICERS)
    for send in state(w.receiver, w.ru, launch(), NOW, OFFICERS).sends:
        sender.receive(send.data, NOW)
    assert sender.submit(made, NOW + 1).sends
