"""Whatever bytes come: a `Step` with a stable code, nothing journalled, no exception, little memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Draft, Endpoint, Refused
from launchnotice.registry import FindingCode, Kind, Place, Refusal, Suite
from launchnotice.wire import cbor, cose
from launchnotice.wire.notices import LaunchNotification
from tests.support import NOW, launch
from tests.support.dump import snapshot
from tests.support.forge import Forged, Forger
from tests.support.refusals import refused_all, shared
from tests.support.template import Template, template

ALL = ("officer-1", "officer-2", "system")


# Junk, truncation, flips -------------------------------------------------------------------


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_refused(made: Template, junk: bytes) -> None:
    refused_all(shared(made), [junk, cose.TAG + junk, b"\xd8\x62\x84" + junk])


_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=40) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.integers(0, 30), inner, max_size=5).map(lambda raw: dict(sorted(raw.items())))
    ),
    max_leaves=20,
)


@given(st.lists(_VALUE, min_size=3, max_size=5))
@settings(max_examples=150, deadline=None)
def test_arbitrary_structures_are_refused(made: Template, value: list[Any]) -> None:
    header = made.forger("US").header
    near = [header, {}, cbor.encode(value[0]), [[b"h", {}, b"s"]]]
    refused_all(shared(made), [cose.TAG + cbor.encode(value), cose.TAG + cbor.encode(near)])


def test_every_truncation_and_every_extension_is_refused(ru: Endpoint, us: Forger) -> None:
    data = us.notice().data
    refused_all(ru, (data[:length] for length in range(len(data))))
    refused_all(ru, (data + bytes([tail]) for tail in range(256)))
    assert ru.receive(data, NOW).refusal is None


def _flips(data: bytes, bits: Iterable[int]) -> Iterator[bytes]:
    for bit in bits:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


@pytest.mark.requirement("R-ORDER-2")
def test_every_flipped_bit_of_a_notice_is_refused(ru: Endpoint, us: Forger) -> None:
    data = us.notice().data
    codes = refused_all(ru, _flips(data, range(8 * len(data))))
    assert {Refusal.BAD_SIGNATURE, Refusal.NOT_COSE_SIGN, Refusal.BAD_HEADER} <= codes
    assert ru.receive(data, NOW).refusal is None


@pytest.mark.requirement("R-ORDER-3")
def test_every_flipped_bit_of_a_known_notice_is_refused_too(ru: Endpoint, us: Forger) -> None:
    """A duplicate goes without verification only if all its bytes are the stored ones."""
    notice = us.notice()
    ru.receive(notice.data, NOW)
    refused_all(ru, _flips(notice.data, range(0, 8 * len(notice.data), 3)))


def test_every_flipped_bit_of_a_mandate_is_refused(made: Template) -> None:
    endpoint = made.open("RU", mandated=False)
    data = made.mandates["US"]
    refused_all(endpoint, _flips(data, range(0, 8 * len(data), 2)))
    refused_all(endpoint, (data[:length] for length in range(0, len(data), 5)))
    assert endpoint.receive(data, NOW).refusal is None
    refused_all(endpoint, _flips(data, range(1, 8 * len(data), 64)))


@pytest.mark.parametrize("suite", [Suite.HYBRID, Suite.HYBRID_HIGH])
def test_flipped_bits_of_a_hybrid_notice_are_refused(suite: Suite) -> None:
    """Every bit outside the signatures, and every sixteenth inside."""
    made = template(suite=suite)
    endpoint, forger = made.open("RU"), made.forger("US")
    data = forger.notice().data
    raw: Any = cbor.decode(data[2:], 1 << 20)
    inside: set[int] = set()
    for _, _, signature in raw[3]:
        start = 8 * data.index(signature)
        inside |= set(range(start, start + 8 * len(signature)))
    bits = [bit for bit in range(8 * len(data)) if bit not in inside or bit % 16 == 0]
    refused_all(endpoint, _flips(data, bits))
    assert endpoint.receive(data, NOW).refusal is None


# Wrong in one field, signed rightly ----------------------------------------------------------

BIG = 2**64 - 1
WRONG_EVERYWHERE: list[Any] = [
    None,
    True,
    -1,
    BIG,
    b"",
    b"x" * 31,
    b"x" * 33,
    "",
    "x" * 17,
    [],
    [[]],
    {},
    {0: 0},
]
FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]


def _mutants(forger: Forger, base: Forged) -> Iterator[tuple[int, Forged]]:
    for key in [*FIELDS, 13, 14, 20, BIG]:
        for value in WRONG_EVERYWHERE:
            if base.raw.get(key) != value:
                raw = {**base.raw, key: value}
                yield key, forger.signed({k: raw[k] for k in sorted(raw)}, ALL)
        if key in base.raw:
            yield key, forger.signed({k: v for k, v in base.raw.items() if k != key}, ALL)


def test_a_field_of_a_wrong_type_or_out_of_range_is_refused_or_unintelligible(
    made: Template, us: Forger
) -> None:
    """All are signed by the right keys. Only a notice's body may be anything: it is shown all the same."""
    for key, mutant in _mutants(us, us.notice()):
        endpoint = shared(made)
        before = snapshot(endpoint)
        if key == 7 and type(mutant.raw.get(7)) is dict:
            endpoint = made.open("RU")
        step = endpoint.receive(mutant.data, NOW)
        if endpoint is shared(made):
            assert step.refusal is not None, (key, mutant.raw.get(key))
            assert snapshot(endpoint) == before
        else:
            assert FindingCode.UNINTELLIGIBLE in {finding.code for finding in step.events[0].findings}


MANIFESTS: dict[str, Any] = {
    "alg of another suite": lambda lines: [[-49, kid] for _, kid in lines],
    "polymorphic alg": lambda lines: [[-8, kid] for _, kid in lines],
    "alg as text": lambda lines: [["EdDSA", kid] for _, kid in lines],
    "alg as boolean": lambda lines: [[True, kid] for _, kid in lines],
    "short kid": lambda lines: [[alg, kid[:31]] for alg, kid in lines],
    "a line of one": lambda lines: [[alg] for alg, _ in lines],
    "a line of three": lambda lines: [[alg, kid, 0] for alg, kid in lines],
    "a map": lambda lines: {0: lines[0]},
    "reversed": lambda lines: lines[::-1],
    "a line twice": lambda lines: [lines[0], *lines],
    "a kid nobody has": lambda lines: [[lines[0][0], bytes(32)], *lines[1:]],
    "too many": lambda lines: [[-19, bytes([n]) * 32] for n in range(1, 34)],
    "none": lambda lines: [],
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_wrong_is_refused(made: Template, us: Forger, name: str) -> None:
    raw = us.notice().raw
    mutant = us.signed({**raw, 6: MANIFESTS[name](raw[6])}, ALL)
    refused_all(shared(made), [mutant.data])


EPOCHS: list[Any] = [
    {1: 0, 2: bytes(16)},
    {1: 2**53, 2: bytes(16)},
    {1: 1, 2: bytes(15)},
    {1: 1},
    {1: 1, 2: bytes(16), 3: 0},
    {1: b"1", 2: bytes(16)},
]


@pytest.mark.parametrize("epoch", EPOCHS)
def test_an_epoch_that_is_wrong_is_refused(made: Template, us: Forger, epoch: Any) -> None:
    refused_all(shared(made), [us.notice(k8=epoch).data])


def test_numbers_at_their_bounds(made: Template, us: Forger) -> None:
    last = 2**53 - 1
    endpoint = made.open("RU")
    step = endpoint.receive(us.notice(last, bytes(32)).data, NOW)
    assert step.refusal is None
    assert endpoint.exchange(step.events[0].subject).place is Place.HELD
    assert endpoint.poll(NOW).sends  # the sync for a gap of 2**53 asks for a bounded range
    refused_all(endpoint, [us.notice(last + 1, bytes(32)).data, us.notice(0, bytes(32)).data])
    refused_all(endpoint, [us.notice(k4=253_402_300_800).data, us.notice(k4=-1).data])
    late = made.open("RU").receive(us.notice(k4=253_402_300_799).data, NOW)
    assert FindingCode.CLOCK_BRACKET in {finding.code for finding in late.events[0].findings}


def test_an_opening_goes_with_the_first_notice_alone(made: Template, us: Forger) -> None:
    refused_all(shared(made), [us.notice(1, k12=None).data, us.notice(2, bytes(32), k12={1: 1}).data])


@pytest.mark.parametrize("kind", [0, 64 + 16 + 16, 95, 90, 255, BIG, -1])
def test_a_kind_that_is_none_or_an_unknown_signal_is_refused(made: Template, us: Forger, kind: int) -> None:
    refused_all(shared(made), [us.notice(k5=kind).data])
    if 80 <= kind < 96:
        body = {1: bytes(32)}
        refused_all(shared(made), [us.signal(Kind.REJECTION, body, "RU", k5=kind).data])


@pytest.mark.parametrize("kind", [2, 33, 63])
def test_an_unknown_kind_of_notice_takes_its_place_and_is_unintelligible(
    made: Template, us: Forger, kind: int
) -> None:
    endpoint = made.open("RU")
    first = us.notice(k5=kind, k7={1: "from the future"})
    step = endpoint.receive(first.data, NOW)
    assert [finding.code for finding in step.events[0].findings] == [FindingCode.UNINTELLIGIBLE]
    assert endpoint.exchange(first.id).place is Place.ACCEPTED
    assert endpoint.receive(us.notice(2, first.id).data, NOW).refusal is None


@given(st.dictionaries(st.integers(0, 20) | st.just(BIG), _VALUE, max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_body_of_a_notice_is_shown(made: Template, body: dict[int, Any]) -> None:
    endpoint, forger = made.open("RU"), made.forger("US")
    notice = forger.notice(body={k: body[k] for k in sorted(body)})
    step = endpoint.receive(notice.data, NOW)
    if step.refusal is not None:  # text that is no UTF-8, or nested too deep: no CBOR of LNP/1 at all
        assert step.refusal.code in {Refusal.NOT_CBOR, Refusal.FORBIDDEN_TYPE, Refusal.BAD_LENGTH}
        return
    assert [event.subject for event in step.events] == [notice.id]
    view = endpoint.exchange(notice.id)
    assert (view.body is None) == (FindingCode.UNINTELLIGIBLE in {f.code for f in view.findings})
    assert view.body is None or type(view.body) is LaunchNotification
    endpoint.poll(NOW)


@pytest.mark.requirement("R-REC-5")
def test_fields_of_a_later_version_are_shown_and_named(made: Template, us: Forger) -> None:
    endpoint = made.open("RU")
    notice = us.notice(body={**launch().dump(), 98: {1: "x"}, BIG: 0})
    step = endpoint.receive(notice.data, NOW)
    finding = next(f for f in step.events[0].findings if f.code is FindingCode.UNKNOWN_FIELDS)
    assert finding.found == f"98, {BIG}"
    body = endpoint.exchange(notice.id).body
    assert body is not None
    assert set(body.extra) == {98, BIG}


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.REJECTION, Kind.SYNC])
@pytest.mark.parametrize("body", [{}, {1: b""}, {1: 7}, {1: bytes(32), 2: 7, 3: 7}, {2: True}])
def test_a_signal_with_a_wrong_body_is_refused(
    made: Template, us: Forger, kind: Kind, body: dict[int, Any]
) -> None:
    refused_all(shared(made), [us.signal(kind, body, "RU").data])


# Drafts ------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | _VALUE.map(lambda value: bytes(cbor.encode(value))))
@settings(max_examples=200, deadline=None)
def test_bytes_that_are_no_draft_are_refused(junk: bytes) -> None:
    with pytest.raises(Refused):
        Draft.load(junk)


def test_every_flip_and_truncation_of_a_draft_is_refused_or_another_draft(made: Template) -> None:
    """A flip inside the payload is still a draft, but none that anyone could sign as the first."""
    endpoint = made.open("US")
    draft = endpoint.draft(launch(), NOW, ["officer-1", "officer-2"])
    mandate = endpoint.mandate()
    assert mandate is not None
    signed = draft.review(made.channel, mandate).sign(made.centres["US"].keys["officer-1"])
    for data in _flips(signed.data, range(8 * len(signed.data))):
        try:
            loaded = Draft.load(data)
            loaded.review(made.channel, mandate)
        except Refused:
            continue
        raise AssertionError("a flipped draft with a signature passed its review")
    for length in range(len(signed.data)):
        with pytest.raises(Refused):
            Draft.load(signed.data[:length])


def test_a_draft_is_no_message_and_a_message_no_draft(made: Template, us: Forger) -> None:
    draft = made.open("US").draft(launch(), NOW, ["officer-1", "officer-2"])
    assert refused_all(shared(made), [draft.data]) == {Refusal.NOT_COSE_SIGN}
    with pytest.raises(Refused):
        Draft.load(us.notice().data)


# Cost ----------------------------------------------------------------------------------------


def test_hostile_bytes_cost_little_memory(made: Template, us: Forger) -> None:
    """The worst that fits: deep nesting, wide arrays, long strings, lengths that lie, junk of all sizes."""
    endpoint = shared(made)
    hostile = [
        cose.TAG + b"\x81" * 60_000,
        cose.TAG + b"\x9a\x00\x10\x00\x00" + bytes(65_000),
        cose.TAG + b"\x9b" + b"\xff" * 8 + bytes(100),
        cose.TAG + b"\x5a\xff\xff\xff\xff" + bytes(100),
        cose.TAG + cbor.encode([b"", {}, b"", [[b"", {}, b""]] * 8_000]),
        us.notice(body={1: [0] * 60_000}).data,
        us.notice(body={1: [{}] * 30_000}).data,
        us.notice(k11=[[]] * 30_000).data,
        bytes(262_144),
    ]
    gc.collect()
    tracemalloc.start()
    try:
        for data in hostile:
            tracemalloc.reset_peak()
            start = tracemalloc.get_traced_memory()[0]
            endpoint.receive(data, NOW)
            assert tracemalloc.get_traced_memory()[1] - start < 4 << 20, data[:40].hex()
    finally:
        tracemalloc.stop()
