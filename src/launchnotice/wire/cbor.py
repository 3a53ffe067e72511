"""Deterministic CBOR (RFC 8949 section 4.2.1), the only module that imports `cbor2`.

Decoding takes the first four of the five steps of the spec (R-CBOR-1 to R-CBOR-7): size cap, strict
parse with every tag denied, a walk by exact type and key order, and a comparison with
the re-encoding. The fifth, the schema, is `wire.record`. `cbor2` alone accepts
non-shortest integers, unsorted maps and trailing bytes.

- A scan of the bytes, head by head, names the fault of what these steps refuse: the first in
  byte order; invalid UTF-8 comes after every other fault.
- Data that is not small is scanned first, because `cbor2` hashes whatever stands as a map key:
  256 KiB of arrays that collide as keys would keep it busy for seconds. Small is also too
  short to reach the bounds on items.

- `decode_body` takes the same steps with one value of a map that is read in place (`wire.layout`),
  but for the walk.

Not here: COSE's tag 98, which `wire.cose` takes off before it decodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias, TypeGuard

import cbor2

from launchnotice.errors import Refused
from launchnotice.registry import Refusal
from launchnotice.wire.bounds import ARRAY_ITEMS, ITEM_SIZE, MAX_DEPTH
from launchnotice.wire.layout import LONG

Value: TypeAlias = "int | bytes | str | bool | list[Value] | dict[int, Value] | None"

SMALL: Final = 1_024
"""Colliding keys in so few bytes cost cbor2 a third of a millisecond."""


def encode(value: object) -> bytes:
    """Deterministic bytes of a value whose maps are already in key order."""
    return cbor2.dumps(value)


def decode(data: bytes, limit: int, items: int | None = None) -> Value:
    """Decode one deterministic data item.

    Args:
        data: the received bytes.
        limit: size cap of the object's type, in bytes.
        items: bound on the items within arrays and maps, a pair counting two; by default one
            for each 8 bytes of the cap. Arrays and maps themselves are at most an eighth of it.

    Raises:
        Refused: `too-large`, `not-cbor`, `forbidden-type` or `not-deterministic`.
    """
    if len(data) > limit:
        raise Refused(Refusal.TOO_LARGE, f"at most {limit} bytes, got {len(data)}")
    room = limit // ITEM_SIZE if items is None else items
    if len(data) > min(SMALL, room // ARRAY_ITEMS):
        _scan(data, room)
    return _parse(data, room)


def decode_suspect(data: bytes, limit: int, items: int) -> Value:
    """As `decode`, for bytes of which a fault is expected: the scan, which names it, goes first."""
    if len(data) > limit:
        raise Refused(Refusal.TOO_LARGE, f"at most {limit} bytes, got {len(data)}")
    _scan(data, items)
    return _parse(data, items)


def _parse(data: bytes, room: int) -> Value:
    try:
        value = _loads(data, MAX_DEPTH)
    except cbor2.CBORError:
        raise _fault(data, room) from None
    if not is_plain(value) or cbor2.dumps(value) != data:
        raise _fault(data, room)
    return value


def decode_body(data: bytes, at: int) -> tuple[object, int]:
    """A value in a map of at most `SMALL` bytes, and where it ends, in place (`wire.layout`).

    It is not walked yet: that is done by `Record.load` if it succeeds, else by `is_plain`.
    """
    try:
        value = _loads(data[at:], MAX_DEPTH - 1)  # cbor2 ignores what follows an item
        encoded = cbor2.dumps(value)
    except cbor2.CBORError:
        raise ValueError from None
    if not data.startswith(encoded, at):
        raise ValueError
    return value, at + len(encoded)


def _loads(data: bytes, depth: int) -> object:
    value: object = cbor2.loads(
        data,
        semantic_decoders=_NO_TAGS,
        max_depth=depth,
        allow_indefinite=False,
        allow_duplicate_keys=False,
    )
    return value


def _deny_tag(*_: object) -> NoReturn:
    raise cbor2.CBORDecodeError("a tag")


class _DenyTags(dict[int, Callable[..., NoReturn]]):
    """Looked up by cbor2 before its own table, so that none of its tag parsers ever runs."""

    def __missing__(self, tag: int) -> Callable[..., NoReturn]:
        return _deny_tag


_NO_TAGS: Final = _DenyTags()
_LEAVES: Final = frozenset({int, bytes, str, bool, type(None)})


def is_plain(value: object) -> TypeGuard[Value]:
    """Whether a value has the exact types of LNP/1 alone, and every map's keys are in order."""
    todo = [value]
    for outer in todo:
        if type(outer) is dict:
            last = -1
            for key, item in outer.items():
                if type(key) is not int:
                    return False
                # RFC 8949 section 4.2.1: bytewise order puts 0, 1, 2, … before -1, -2, …
                rank = key if key >= 0 else _NEGATIVE - key
                if rank <= last:
                    return False
                last = rank
                if type(item) not in _LEAVES:
                    todo.append(item)
        elif type(outer) is list:
            todo += [item for item in outer if type(item) not in _LEAVES]
        elif type(outer) not in _LEAVES:
            return False
    return True


_NEGATIVE: Final = 2**64  # above every key that is not negative


def _fault(data: bytes, room: int) -> Refused:
    try:
        _scan(data, room)
    except Refused as fault:
        return fault
    return Refused(Refusal.NOT_CBOR, "text that is not UTF-8")


# The scan ------------------------------------------------------------------------------
# Positions go in and come out: a function that reads an item returns where the next begins.

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
# The least argument that needs the 1, 2, 4 or 8 bytes which additional information 24 to 27 announces.
_LEAST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
# The first byte of an item that is complete without a look at its head -> its length, else 0.
_STEP: Final = bytes(
    [1] * 24 + [0] * 8  # unsigned integers below 24
    + [1] * 24 + [0] * 8  # negative integers above -25
    + 2 * ([*range(1, 25)] + [0] * 8)  # byte and text strings shorter than 24 bytes
    + [0] * 64 + [0] * 32  # arrays, maps, tags
    + [0] * 20 + [1, 1, 1] + [0] * 9  # false, true, null; nothing else of this major type
)  # fmt: skip


def _scan(data: bytes, room: int) -> None:
    try:
        end = _items(data, 0, 1, _Room(room), 0)
    except IndexError:
        end = len(data) + 1
    if end > len(data):
        raise Refused(Refusal.NOT_CBOR, "truncated")
    if end < len(data):
        raise Refused(Refusal.NOT_CBOR, "bytes after the item")


class _Room:
    """What is left of the bounds on items, and on arrays and maps."""

    __slots__ = ("arrays", "items")

    def __init__(self, items: int) -> None:
        self.items, self.arrays = items, items // ARRAY_ITEMS

    def enter(self, items: int, depth: int, left: int) -> None:
        """Begin an array or map of so many items within so many others, with so many bytes left."""
        if depth == MAX_DEPTH and items:
            raise Refused(Refusal.NOT_CBOR, f"an item within more than {MAX_DEPTH} arrays and maps")
        self.items -= items
        self.arrays -= 1
        if self.items < 0 or self.arrays < 0:
            if items > left:
                raise IndexError
            raise Refused(Refusal.TOO_LARGE, "more items, arrays and maps than an object may have")


def _items(data: bytes, at: int, count: int, room: _Room, depth: int) -> int:
    while count:
        count -= 1
        first = data[at]
        step = _STEP[first]
        if step:
            at += step
            continue
        if first & 31 < LONG:
            argument, at = first & 31, at + 1
        else:
            argument, at = _argument(data, at)
        major = first >> 5
        if major == _ARRAY:
            room.enter(argument, depth, len(data) - at)
            if count:
                at = _items(data, at, argument, room, depth + 1)
            else:  # with the last item goes what is around it
                count, depth = argument, depth + 1
        elif major == _MAP:
            room.enter(2 * argument, depth, len(data) - at)
            at = _pairs(data, at, argument, room, depth + 1)
        elif major > _MAP:
            raise Refused(Refusal.FORBIDDEN_TYPE, "a tag, a float or a simple value")
        elif major > _NINT:
            at += argument
    return at


def _pairs(data: bytes, at: int, count: int, room: _Room, depth: int) -> int:
    last = -1
    for _ in range(count):
        key = data[at]
        if key < LONG:  # the head of so small an unsigned integer is its value
            at += 1
        else:
            key, at = _key(data, at)
        if key <= last:
            raise Refused(Refusal.NOT_DETERMINISTIC, "map keys not in ascending order")
        last = key
        step = _STEP[data[at]]
        at = at + step if step else _items(data, at, 1, room, depth)
    return at


def _key(data: bytes, at: int) -> tuple[int, int]:
    first = data[at]
    argument, at = (first & 31, at + 1) if first & 31 < LONG else _argument(data, at)
    if first >> 5 > _NINT:
        raise Refused(Refusal.FORBIDDEN_TYPE, "a map key that is no integer")
    return argument + (first >> 5) * _NEGATIVE, at


def _argument(data: bytes, at: int) -> tuple[int, int]:
    """The argument that follows the byte at a position, and where it ends."""
    first = data[at]
    major, info = first >> 5, first & 31
    least = _LEAST.get(info)
    if least is None:  # 28 to 31 are reserved or announce no length
        raise _no_argument(major, info)
    end = at + 1 + (1 << info - 24)
    if end > len(data):
        raise IndexError
    argument = int.from_bytes(data[at + 1 : end])
    if argument < least and major <= _MAP:
        raise Refused(Refusal.NOT_DETERMINISTIC, "a head that is not the shortest")
    if first == _SIMPLE and argument < 32:  # noqa: PLR2004 - RFC 8949 section 3.3
        raise Refused(Refusal.NOT_CBOR, "a simple value below 32 in two bytes")
    return argument, end


_SIMPLE: Final = 0xF8
_INDEFINITE: Final = 31


def _no_argument(major: int, info: int) -> Refused:
    if info == _INDEFINITE and _BYTES <= major <= _MAP:
        return Refused(Refusal.NOT_DETERMINISTIC, "indefinite length")
    return Refused(Refusal.NOT_CBOR, "a reserved head or a break outside its place")
