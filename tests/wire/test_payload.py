"""`parse_contents` reads in place what LNP/1 writes and decodes the rest: both say the same of any bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.errors import Refused
from launchnotice.registry import Kind
from launchnotice.testing.strategies import bodies
from launchnotice.wire import cbor, notices
from launchnotice.wire.bounds import MAX_DEPTH
from launchnotice.wire.message import Contents, _decode, _read, parse_contents
from tests.oracle import cbor as oracle

DIGEST = bytes(range(32))
EPOCH = {1: 1, 2: bytes(16)}
HEAD = {1: "RU", 2: EPOCH, 3: {1: 0, 2: DIGEST}}
CHAINED = {
    1: DIGEST,
    2: "US",
    3: DIGEST,
    4: 1_800_000_000,
    5: Kind.LAUNCH.value,
    6: [[-19, bytes(32)], [-49, DIGEST]],
    7: {1: 1, 4: 20_836, 6: [6, {1: "V"}]},
    8: EPOCH,
    9: 2,
    10: DIGEST,
}
FIRST = CHAINED | {9: 1, 11: [HEAD], 12: {1: 1}}
SIGNAL = {key: value for key, value in CHAINED.items() if key < 9} | {13: {1: 0, 2: DIGEST}, 14: "RU"}
SAMPLES: dict[str, dict[int, Any]] = {
    "notice": CHAINED,
    "first notice": FIRST,
    "notice with heads": CHAINED | {11: [HEAD]},
    "receipt": SIGNAL | {5: Kind.RECEIPT.value},
    "emergency": {key: value for key, value in SIGNAL.items() if key < 14} | {5: 70},
    "unknown kind": CHAINED | {5: 40, 7: {30: None, 2**40: [{}, True, -1]}},
    "long sender": CHAINED | {2: "ABCDEFGHIJKLMNOP"},
    "sender that is not ASCII": CHAINED | {2: "\u00d6"},
    "late": CHAINED | {4: 2**32, 8: {1: 2**53 - 1, 2: bytes(16)}, 9: 2**53 - 1},
}
VARIED: list[tuple[int, list[Any]]] = [
    (1, [bytes(31), bytes(33), "x" * 32, None]),
    (2, ["", "A" * 17, "A" * 24, "\x1f", b"US", 1]),
    (4, [0, 23, 24, 255, 256, 65_535, 65_536, 253_402_300_799, 253_402_300_800, 2**64 - 1, -1, "1"]),
    (5, [0, 23, 24, 63, 64, 79, 80, 84, 85, 95, 96, 256, None]),
    (6, [[], [[-19, bytes(31)]], [[-7, DIGEST]], [[-19, DIGEST]] * 2, [[-49, DIGEST], [-19, bytes(32)]], {}]),
    (6, [[[-19, bytes([n]) * 32] for n in range(count)] for count in (1, 23, 24, 32, 33)]),
    (7, [{}, [], None, {1: b""}, {-1: 1}, {24: {}}, {1: "\u00d6"}]),
    (8, [{}, {1: 0, 2: bytes(16)}, {1: 2**53, 2: bytes(16)}, {1: 1, 2: bytes(15)}, EPOCH | {3: 1}, 1]),
    (9, [0, 1, 23, 24, 2**53, None]),
    (10, [bytes(31), None]),
    (11, [[], [HEAD], None]),
    (12, [{1: 1}, {1: 9}, {}]),
    (13, [{1: 0, 2: DIGEST}, {}]),
    (14, ["RU", ""]),
    (15, [0]),
]


def verdict(parse: Callable[[bytes], Contents], data: bytes) -> object:
    try:
        payload, row, body = parse(data)
    except Refused as refused:
        return str(refused)
    said = str(body) if isinstance(body, Refused) else body
    return payload, row, said, repr(payload.dump())  # `==` would take True for 1


def agree(data: bytes) -> object:
    found = verdict(parse_contents, data)
    assert found == verdict(_decode, data), data.hex()
    return found


def accepted(data: bytes) -> bool:
    return isinstance(agree(data), tuple)


@pytest.mark.parametrize("raw", SAMPLES.values(), ids=SAMPLES)
def test_samples(raw: dict[int, Any]) -> None:
    assert accepted(oracle.encode(raw))


@pytest.mark.parametrize("name", ["notice", "first notice", "notice with heads", "receipt", "emergency"])
def test_what_is_sent_is_read_in_place(name: str) -> None:
    _read(oracle.encode(SAMPLES[name]))


@pytest.mark.parametrize("raw", SAMPLES.values(), ids=SAMPLES)
def test_every_field_varied_and_left_out(raw: dict[int, Any]) -> None:
    for key, values in VARIED:
        for value in values:
            changed = raw | {key: value}
            agree(oracle.encode({key: changed[key] for key in sorted(changed)}))
        agree(oracle.encode({k: v for k, v in raw.items() if k != key}))


def deviant(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        for bit in range(8):
            yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
        for other in (0x00, 0x18, 0x1A, 0x58, 0x78, 0x80, 0xA0, 0xF5, 0xF7, 0xFB, 0xFF):
            yield data[:at] + bytes([other]) + data[at + 1 :]
            yield data[:at] + bytes([other]) + data[at:]
        yield data[:at] + data[at + 1 :]
        yield data[:at]
    yield data + b"\x00"


@pytest.mark.parametrize("raw", SAMPLES.values(), ids=SAMPLES)
def test_every_deviation_of_a_byte(raw: dict[int, Any]) -> None:
    assert not all(accepted(data) for data in deviant(oracle.encode(raw)))


@pytest.mark.parametrize("name", ["notice", "first notice", "receipt"])
def test_a_field_moved_or_repeated(name: str) -> None:
    """A map's head is followed by its pairs in any order: only the ascending one is right."""
    pairs = [oracle.encode(key) + oracle.encode(value) for key, value in SAMPLES[name].items()]
    for at in range(len(pairs)):
        for to in range(len(pairs)):
            moved = [*pairs[:at], *pairs[at + 1 :]]
            moved.insert(to, pairs[at])
            assert accepted(bytes([0xA0 + len(pairs)]) + b"".join(moved)) == (at == to)
            repeated = [*pairs[:to], pairs[at], *pairs[to:]]
            assert not accepted(bytes([0xA0 + len(pairs) + 1]) + b"".join(repeated))


@pytest.mark.parametrize("depth", [MAX_DEPTH - 2, MAX_DEPTH - 1])
def test_the_depth_of_a_body_counts_from_the_payload(depth: int) -> None:
    body = oracle.encode(CHAINED | {7: {30: 0}}).replace(
        b"\xa1\x18\x1e\x00", b"\xa1\x18\x1e" + b"\x81" * depth + b"\x00"
    )
    assert accepted(body) == (depth == MAX_DEPTH - 2)


@pytest.mark.parametrize("size", [700, cbor.SMALL, 2_000])
def test_bodies_of_every_size(size: int) -> None:
    assert accepted(oracle.encode(CHAINED | {7: {30: bytes(size)}}))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=30)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 2**64 - 1), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(1, 15), VALUES)
def test_any_value_in_any_field(name: str, key: int, value: object) -> None:
    raw = SAMPLES[name] | {key: value}
    agree(oracle.encode({key: raw[key] for key in sorted(raw)}))


# A body is not walked by itself: its record's loading is the walk (R-CBOR-3 to R-CBOR-5) ------

FOREIGN: list[Any] = [
    *(1.5, True, None, -1, 2**40, b"", "x", cbor2.undefined, cbor2.CBORSimpleValue(99)),
    *([], {}, {2: 0, 1: 0}, {"a": 1}, [1.5]),
]


def inner_maps(value: Any) -> Iterator[dict[Any, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inner_maps(item)


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(notices.BODIES)), st.sampled_from(FOREIGN), st.randoms())
def test_a_body_with_a_foreign_value_or_another_order_anywhere(
    data: st.DataObject, kind: int, foreign: object, random: Random
) -> None:
    body = cbor2.loads(cbor2.dumps(data.draw(bodies(kind)).dump()))
    inner = random.choice([*inner_maps(body)])
    key = random.choice([*inner, 90, True, 1.0, -1])
    changed = inner | {key: foreign}
    keys = random.sample([*changed], len(changed)) if random.random() < 0.5 else [*changed]
    inner.clear()
    inner.update({key: changed[key] for key in keys})
    sample = CHAINED if kind < 64 else SAMPLES["emergency"]
    agree(cbor2.dumps(sample | {5: kind, 7: body}))
