"""`wire.cbor` against the oracle, which was written from RFC 8949 alone.

Valid encodings are built as trees of heads, so that one deviation can be put at every place.
Every input goes through `agree`: library and oracle give the same verdict and the same code,
whether or not the library scans before it parses.
"""

from __future__ import annotations

import time
import tracemalloc
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.wire import cbor
from launchnotice.wire.bounds import MAX_DEPTH, MAX_DESCRIPTOR, MAX_MANDATE, MAX_MESSAGE
from tests.oracle import cbor as oracle
from tests.oracle.cbor import Node

ACCEPTED = "accepted"

INTEGERS = st.integers(-(2**64), 2**64 - 1) | st.sampled_from(
    [edge + step for edge in (0, 24, 2**8, 2**16, 2**32, 2**63) for step in (-1, 0, 1)]
)
LEAVES = st.none() | st.booleans() | INTEGERS | st.binary(max_size=40) | st.text(max_size=30)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(INTEGERS, inner, max_size=5),
    max_leaves=20,
)
NESTED = st.lists(VALUES, min_size=1, max_size=4) | st.dictionaries(INTEGERS, VALUES, min_size=2, max_size=6)


def library_verdict(data: bytes, limit: int = MAX_MESSAGE) -> tuple[str, object]:
    """Only `Refused` is caught: whatever else escapes fails the test that asked."""
    try:
        return ACCEPTED, cbor.decode(data, limit)
    except Refused as refused:
        return refused.code.value, None


def oracle_verdict(data: bytes, limit: int = MAX_MESSAGE) -> tuple[str, object]:
    try:
        return ACCEPTED, oracle.decode(data, limit)
    except oracle.OracleRefused as refused:
        return refused.code, None


def agree(data: bytes, limit: int = MAX_MESSAGE) -> str:
    """The verdict, if library (all three ways) and oracle give the same."""
    verdict, value = library_verdict(data, limit)
    expected, expected_value = oracle_verdict(data, limit)
    assert verdict == expected, data.hex()
    assert repr(value) == repr(expected_value)  # `==` would take True for 1
    with patch.object(cbor, "SMALL", -1):  # the scan first, as with data that is not small
        assert library_verdict(data, limit)[0] == verdict, data.hex()
    if verdict == "too-large":
        return verdict
    with patch.object(cbor, "_scan", lambda *_: None):  # parse, walk and comparison, without the scan
        assert (library_verdict(data, limit)[0] == ACCEPTED) == (verdict == ACCEPTED), data.hex()
    return verdict


# Valid ---------------------------------------------------------------------------------


@given(VALUES)
def test_every_value_round_trips(value: object) -> None:
    data = oracle.encode(value)
    assert agree(data) == ACCEPTED
    assert cbor.encode(cbor.decode(data, MAX_MESSAGE)) == data


@given(st.binary(max_size=80))
def test_what_is_accepted_of_arbitrary_bytes_is_its_own_encoding(data: bytes) -> None:
    if agree(data) == ACCEPTED:
        assert cbor.encode(cbor.decode(data, MAX_MESSAGE)) == data


def test_every_input_of_two_bytes() -> None:
    assert sum(agree(bytes(pair)) == ACCEPTED for pair in product(range(256), repeat=2)) > 0
    assert sum(agree(bytes([first])) == ACCEPTED for first in range(256)) == 48 + 2 + 2 + 3


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 131_073])
def test_long_text_with_characters_across_every_chunk_border(size: int) -> None:
    for lead in range(3):
        text = "a" * lead + "\u20ac" * (size // 3)
        assert agree(oracle.encode(text), MAX_DESCRIPTOR) == ACCEPTED


# One deviation -------------------------------------------------------------------------


def one_of(draw: st.DrawFn, nodes: list[Node]) -> Node | None:
    return draw(st.sampled_from(nodes)) if nodes else None


def longer_head(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, [node for node in root.all() if node.major < 6 and len(node.head) < 9])
    if node is None:
        return None
    node.lengthen(draw(st.sampled_from([size for size in (1, 2, 4, 8) if size >= len(node.head)])))
    return "not-deterministic"


def indefinite_length(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, [node for node in root.all() if 2 <= node.major <= 5])
    if node is None:
        return None
    if node.major < 4 and node.content:
        node.content = node.head + node.content
    node.head, node.tail = bytes([node.major * 32 + 31]), b"\xff"
    return "not-deterministic"


def swapped_keys(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, [node for node in root.all() if node.major == 5 and len(node.items) > 3])
    if node is None:
        return None
    at = 2 * draw(st.integers(0, len(node.items) // 2 - 2))
    node.items[at : at + 4] = node.items[at + 2 : at + 4] + node.items[at : at + 2]
    return "not-deterministic"


def repeated_key(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, [node for node in root.all() if node.major == 5 and 0 < node.argument() < 23])
    if node is None:
        return None
    at = 2 * draw(st.integers(0, len(node.items) // 2 - 1))
    node.items[at + 2 : at + 2] = node.items[at : at + 2]
    node.head = bytes([node.head[0] + 1])
    return "not-deterministic"


def reserved_head(draw: st.DrawFn, root: Node) -> str | None:
    node = draw(st.sampled_from(list(root.all())))
    node.head = bytes([(node.major << 5) + draw(st.integers(28, 30))])
    return "not-cbor"


def huge_length(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, [node for node in root.all() if 2 <= node.major <= 5])
    if node is None:
        return None
    node.head = bytes([node.major * 32 + 27]) + draw(st.integers(2**32, 2**64 - 1)).to_bytes(8, "big")
    return None  # what follows is read as more items, so another fault may come first


def major_type_7(draw: st.DrawFn, root: Node) -> str | None:
    node = draw(st.sampled_from(list(root.all())))
    node.replace(draw(st.sampled_from(FLOATS_AND_SIMPLE)))
    return "forbidden-type"


def tag(draw: st.DrawFn, root: Node) -> str | None:
    node = draw(st.sampled_from(list(root.all())))
    if draw(st.booleans()):
        node.replace(bytes.fromhex(draw(st.sampled_from(sorted(TAGGED.values())))))
    else:
        node.head = draw(st.sampled_from(TAG_HEADS)) + node.head
    return "forbidden-type"


def key_of_another_type(draw: st.DrawFn, root: Node) -> str | None:
    node = one_of(draw, list(root.keys()))
    if node is None:
        return None
    node.replace(draw(st.sampled_from(OTHER_KEYS)))
    return "forbidden-type"


def invalid_utf8(draw: st.DrawFn, root: Node) -> str | None:
    node = draw(st.sampled_from([node for node in root.all() if node not in set(root.keys())]))
    bad = draw(st.sampled_from(BAD_UTF8))
    node.replace(bytes([0x60 + len(bad)]) + bad)
    return "not-cbor"


DEVIATIONS = (
    longer_head, indefinite_length, swapped_keys, repeated_key, reserved_head,
    huge_length, major_type_7, tag, key_of_another_type, invalid_utf8,
)  # fmt: skip

FLOATS_AND_SIMPLE = [
    *(bytes([0xE0 + number]) for number in (*range(20), 23)),
    *(bytes([0xF8, number]) for number in range(32, 256)),
    *map(bytes.fromhex, ["f90000", "f93c00", "f97c00", "f97e00", "fa3f800000", "fb3ff0000000000000"]),
]
OTHER_KEYS = [
    b"\xf4",
    b"\xf5",
    b"\xf6",
    b"\xf7",
    b"\x61a",
    b"\x41a",
    b"\x80",
    b"\xa0",
    b"\xf9\x3c\x00",
    b"\xc1\x00",
]
BAD_UTF8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"]
TAG_HEADS = [b"\xc0", b"\xd8\x18", b"\xd8\x62", b"\xd8\x00", b"\xd9\xd9\xf7", b"\xdb" + b"\xff" * 8]

# Every tag for which cbor2 has a parser, each with content that the parser takes.
TAGGED = {
    0: "c074323031332d30332d32315432303a30343a30305a",
    1: "c11a514b67b0",
    2: "c249010000000000000000",
    3: "c349010000000000000000",
    4: "c48221196ab3",
    5: "c5822003",
    25: "d81900",
    28: "d81c80",
    29: "d81d00",
    30: "d81e820105",
    35: "d8236161",
    36: "d82460",
    37: "d825505eaffac8b51e480581277fdcc7842faf",
    52: "d83444c00a0a01",
    54: "d8365020010db81234000000000000000000",
    100: "d86400",
    256: "d9010080",
    258: "d9010280",
    260: "d9010444c00a0a01",
    261: "d90105a144c0a800641818",
    1004: "d903ec6a323031332d30332d3231",
    43000: "d9a7f88201f90000",
    55799: "d9d9f700",
}


@st.composite
def deviant(draw: st.DrawFn) -> tuple[bytes, str | None]:
    root = Node(draw(NESTED))
    code = draw(st.sampled_from(DEVIATIONS))(draw, root)
    return root.data, code


@given(deviant())
def test_one_deviation_is_refused_with_its_code(case: tuple[bytes, str | None]) -> None:
    data, code = case
    assert agree(data) == code or code is None


@settings(deadline=None)  # many decodings in one example
@given(NESTED)
def test_a_longer_head_at_every_place_is_refused(value: object) -> None:
    for place, node in enumerate(Node(value).all()):
        if node.major < 6 and len(node.head) < 9:
            root = Node(value)
            list(root.all())[place].lengthen(next(size for size in (1, 2, 4, 8) if size >= len(node.head)))
            assert agree(root.data) == "not-deterministic"


@given(NESTED, st.data())
def test_a_flipped_bit_never_lets_anything_else_escape(value: object, data: st.DataObject) -> None:
    flipped = bytearray(oracle.encode(value))
    bit = data.draw(st.integers(0, 8 * len(flipped) - 1))
    flipped[bit // 8] ^= 1 << bit % 8
    agree(bytes(flipped))


@settings(deadline=None)  # many decodings in one example
@given(NESTED)
def test_every_truncation_is_refused(value: object) -> None:
    data = oracle.encode(value)
    for length in range(len(data)):
        assert agree(data[:length]) == "not-cbor"


@given(VALUES, st.binary(min_size=1, max_size=5))
def test_trailing_bytes_are_refused(value: object, trailing: bytes) -> None:
    assert agree(oracle.encode(value) + trailing) == "not-cbor"


# Named cases ---------------------------------------------------------------------------

NOT_CBOR = {
    "nothing": "",
    "string cut off": "4401",
    "head cut off that would be too long": "1900",
    "array cut off": "8201",
    "map without its last value": "a101",
    "trailing byte": "0000",
    "reserved additional information": "1c",
    "integer without length": "1f",
    "tag without length": "df00",
    "break alone": "ff",
    "break as an item": "81ff",
    "reserved simple value": "fc",
    "false in two bytes": "f814",
    "null in two bytes": "f816",
    "float cut off": "fb3ff0",
    "array of 2^64 - 1 items": "9bffffffffffffffff",
    "map of 2^64 - 1 pairs": "bbffffffffffffffff",
    "byte string of 2^64 - 1 bytes": "5bffffffffffffffff",
    "text string of 2^64 - 1 bytes": "7bffffffffffffffff",
    "overlong UTF-8": "62c080",
    "UTF-8 of a surrogate": "63eda080",
    "UTF-8 cut off": "62e282",
    "UTF-8 beyond Unicode": "64f4908080",
    "arrays nested too deep": "81" * (MAX_DEPTH + 1) + "00",
    "an empty array too deep": "81" * (MAX_DEPTH + 1) + "80",
    "maps nested too deep": "a100" * (MAX_DEPTH + 1) + "00",
    "an empty map too deep": "a100" * (MAX_DEPTH + 1) + "a0",
}
FORBIDDEN = {
    "half float": "f93c00",
    "single float": "fa3f800000",
    "double float": "fb3ff0000000000000",
    "not a number": "f97e00",
    "undefined": "f7",
    "simple value": "f0",
    "simple value in two bytes": "f8ff",
    "text key": "a1613101",
    "byte string key": "a1410101",
    "boolean key": "a1f401",
    "null key": "a1f601",
    "float key": "a1f93c0001",
    "array key": "a1800100",
    "map key": "a1a001",
    "tag key": "a1c10001",
    "tag as a value": "a101c100",
    "tag of COSE_Sign": "d86280",
    "tags nested 1000 deep": "c1" * 1000 + "00",
    **{f"tag {number}": data for number, data in TAGGED.items()},
}
NOT_DETERMINISTIC = {
    "zero in two bytes": "1800",
    "23 in two bytes": "1817",
    "255 in three bytes": "1900ff",
    "65,535 in five bytes": "1a0000ffff",
    "2^32 - 1 in nine bytes": "1b00000000ffffffff",
    "minus one in two bytes": "3800",
    "key in two bytes": "a1180100",
    "string length in two bytes": "580100",
    "array length in three bytes": "99000100",
    "map length in nine bytes": "bb00000000000000010000",
    "keys out of order": "a202000100",
    "negative key before a positive one": "a220000100",
    "negative keys out of order": "a221002000",
    "repeated key": "a201000100",
    "repeated key with another value": "a201000101",
    "byte string in chunks": "5f4101ff",
    "empty byte string in chunks": "5fff",
    "text in chunks": "7f6161ff",
    "array without length": "9f01ff",
    "map without length": "bf0102ff",
}


@pytest.mark.parametrize("data", NOT_CBOR.values(), ids=NOT_CBOR)
def test_not_cbor(data: str) -> None:
    assert agree(bytes.fromhex(data)) == "not-cbor"


@pytest.mark.parametrize("data", FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden_type(data: str) -> None:
    assert agree(bytes.fromhex(data)) == "forbidden-type"


@pytest.mark.parametrize("data", NOT_DETERMINISTIC.values(), ids=NOT_DETERMINISTIC)
def test_not_deterministic(data: str) -> None:
    assert agree(bytes.fromhex(data)) == "not-deterministic"


def test_the_size_cap_comes_before_everything() -> None:
    for data in (b"", b"\x00", b"\xff" * 11, b"\xc1" * 11, b"\x81" * 11):
        assert agree(data, len(data) - 1) == "too-large"
        assert agree(data, 1_024) != "too-large"


@pytest.mark.parametrize("inner", ["00", "40", "60", "f6", "80", "a0"])
def test_depth_is_the_number_of_arrays_and_maps_around_an_item(inner: str) -> None:
    assert oracle.DEPTH == MAX_DEPTH
    for unit in ("81", "a100"):
        assert agree(bytes.fromhex(unit * MAX_DEPTH + inner)) == ACCEPTED
        assert agree(bytes.fromhex(unit * (MAX_DEPTH + 1) + inner)) == "not-cbor"


@pytest.mark.parametrize("first", [0x5B, 0x7B, 0x9B, 0xBB])
def test_a_huge_declared_length_allocates_nothing(first: int) -> None:
    for length in (2**64 - 1, 2**63 - 1, 2**62, 2**40, 2**32):
        for scan_from in (-1, 1_024):
            with patch.object(cbor, "SMALL", scan_from):
                tracemalloc.start()
                library_verdict(bytes([first]) + length.to_bytes(8, "big") + b"\x00" * 20)
                _, peak = tracemalloc.get_traced_memory()
                tracemalloc.stop()
            assert peak < 1_000_000


def test_colliding_integer_keys_are_fast() -> None:
    prime = 2**61 - 1  # Python hashes an integer modulo this
    value = {key: None for step in range(1, 9) for key in (step * prime, -step * prime)}
    assert agree(oracle.encode(value)) == ACCEPTED
    low_bits = {(2**32 + key) << 20: None for key in range(MAX_MANDATE // 16)}
    assert seconds(oracle.encode(low_bits), ACCEPTED) < 1


def test_array_keys_that_collide_do_not_stall_the_decoder() -> None:
    """hash(-1) == hash(-2): 2^13 arrays of them as keys took cbor2 more than a second."""
    keys = [b"\x8d" + bytes(key) for key in product((0x20, 0x21), repeat=13)]
    data = b"\xb9\x20\x00" + b"".join(key + b"\x00" for key in keys)
    assert seconds(data, "forbidden-type") < 0.1
    small = b"\xb8\x40" + b"".join(b"\x86" + bytes(key) + b"\x00" for key in product((0x20, 0x21), repeat=6))
    assert seconds(small, "forbidden-type") < 0.1


def test_more_small_items_than_an_object_has_are_not_even_read() -> None:
    """64 KiB of empty arrays took 90 ms to decode, 256 KiB of them 400 ms."""
    data = b"\x9a" + (MAX_MANDATE - 5).to_bytes(4, "big") + b"\x80" * (MAX_MANDATE - 5)
    assert seconds(data, "too-large") < 0.1


def test_the_bounds_on_items_are_exact() -> None:
    items, arrays = MAX_MESSAGE // 8, MAX_MESSAGE // 32
    zeros = b"\x99" + items.to_bytes(2, "big") + b"\x00" * items
    assert agree(zeros) == ACCEPTED
    assert agree(b"\x99" + (items + 1).to_bytes(2, "big") + b"\x00" * (items + 1)) == "too-large"
    pairs: dict[int, None] = dict.fromkeys(range(items // 2))
    assert agree(oracle.encode(pairs)) == ACCEPTED
    assert agree(oracle.encode({**pairs, items: None})) == "too-large"
    assert agree(oracle.encode([[]] * (arrays - 1) + [1] * 1_024)) == ACCEPTED
    assert agree(oracle.encode([[]] * arrays + [1] * 1_024)) == "too-large"
    assert agree(oracle.encode([[]] * 40), 1_024) == "too-large"  # small data under a small cap


def seconds(data: bytes, verdict: str) -> float:
    begin = time.perf_counter()
    assert library_verdict(data, MAX_MANDATE)[0] == verdict
    return time.perf_counter() - begin


def test_no_detail_shows_content() -> None:
    for table in (NOT_CBOR, FORBIDDEN, NOT_DETERMINISTIC):
        for data in table.values():
            with pytest.raises(Refused) as caught:
                cbor.decode(b"\x82\x6ctop-secret-1" + bytes.fromhex(data), MAX_MESSAGE)
            assert "secret" not in str(caught.value)
            assert caught.value.code is not Refusal.TOO_LARGE
            assert caught.value.__cause__ is None
