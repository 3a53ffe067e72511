"""An independent strict CBOR codec in plain Python, written from the RFC and the design alone.

It shares no code with `launchnotice.wire.cbor` and works the other way round: it compares
whole heads and whole keys with the bytes that it would have written itself.

Which code, if an input has several faults, is decided by this order:

1. too many bytes (`too-large`) before everything;
2. the fault whose place in the bytes comes first; a key out of order is at fault in its own
   place, a missing byte at the end of the data, trailing bytes after the item;
3. at one head: `not-cbor` (not well-formed) before `forbidden-type` for tags and major type 7,
   `not-deterministic` (head longer than needed, no length) before `forbidden-type` for keys;
   items that are too deep, or too many (`too-large`; `not-cbor` if they cannot all be there),
   are the fault of the head around them;
4. text that is not UTF-8 (`not-cbor`) after everything.

The depth of an item is the number of arrays and maps around it, whatever it is itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

DEPTH = 16


class OracleRefused(Exception):
    """The data is refused, with a code of the registry."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Head(NamedTuple):
    """The head of a data item: RFC 8949 section 3."""

    major: int
    argument: int


def encode(value: object) -> bytes:
    """The deterministic encoding of a value, its map keys brought in order."""
    if value is None or isinstance(value, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return _write_head(0, value) if value >= 0 else _write_head(1, -1 - value)
    if isinstance(value, bytes):
        return _write_head(2, len(value)) + value
    if isinstance(value, str):
        return _write_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _write_head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        return _write_head(5, len(value)) + b"".join(key + item for key, item in pairs)
    raise TypeError(f"LNP/1 has no {type(value).__name__}")


def decode(data: bytes, limit: int) -> object:
    """The one item that the data is; raises `OracleRefused`."""
    if len(data) > limit:
        raise OracleRefused("too-large")
    reader = _Reader(data, limit // 8)
    value = reader.item(depth=0)
    if reader.rest or reader.bad_text:
        raise OracleRefused("not-cbor")
    return value


def _write_head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major * 32 + argument])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 256**size:
            return bytes([major * 32 + info]) + argument.to_bytes(size, "big")
    raise ValueError("beyond 64 bits")


class Node:
    """One item of a valid encoding, open to changes: a writer of malformed data."""

    def __init__(self, value: Any) -> None:
        self.tail = b""
        self.content = b""
        self.items: list[Node] = []
        encoded = encode(value)
        if isinstance(value, list):
            self.items = [Node(item) for item in value]
        elif isinstance(value, dict):
            pairs = sorted(value.items(), key=lambda pair: encode(pair[0]))
            self.items = [Node(part) for pair in pairs for part in pair]
        elif isinstance(value, bytes | str):
            self.content = value if isinstance(value, bytes) else value.encode()
        self.major = encoded[0] >> 5
        self.head = encoded[: len(encoded) - len(self.content) - sum(len(item.data) for item in self.items)]

    @property
    def data(self) -> bytes:
        return self.head + self.content + b"".join(item.data for item in self.items) + self.tail

    def all(self) -> Iterator[Node]:
        yield self
        for item in self.items:
            yield from item.all()

    def keys(self) -> Iterator[Node]:
        for node in self.all():
            if node.major == 5:
                yield from node.items[::2]

    def replace(self, data: bytes) -> None:
        self.head, self.content, self.items, self.tail = data, b"", [], b""

    def lengthen(self, size: int) -> None:
        info = {1: 24, 2: 25, 4: 26, 8: 27}[size]
        self.head = bytes([self.major * 32 + info]) + self.argument().to_bytes(size, "big")

    def argument(self) -> int:
        return int.from_bytes(self.head[1:], "big") if len(self.head) > 1 else self.head[0] & 31


class _Reader:
    """Takes items off the front of the data."""

    def __init__(self, data: bytes, items: int) -> None:
        self.rest = memoryview(data)
        self.items, self.arrays = items, items // 4
        self.bad_text = False

    def take(self, count: int) -> bytes:
        if count > len(self.rest):
            raise OracleRefused("not-cbor")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return bytes(taken)

    def head(self) -> Head:
        first = self.take(1)
        major, info = divmod(first[0], 32)
        if info < 24:
            return Head(major, info)
        if info == 31 and major in (2, 3, 4, 5):
            raise OracleRefused("not-deterministic")
        if info > 27:
            raise OracleRefused("not-cbor")
        tail = self.take({24: 1, 25: 2, 26: 4, 27: 8}[info])
        head = Head(major, int.from_bytes(tail, "big"))
        if major == 7 and info == 24 and head.argument < 32:
            raise OracleRefused("not-cbor")
        if major < 6 and _write_head(*head) != first + tail:
            raise OracleRefused("not-deterministic")
        return head

    def item(self, depth: int) -> object:
        simple = {0xF4: False, 0xF5: True, 0xF6: None}
        if self.rest and self.rest[0] in simple:
            return simple[self.take(1)[0]]
        major, argument = self.head()
        if major > 5:
            raise OracleRefused("forbidden-type")
        if major < 2:
            return argument if major == 0 else -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            return self.text(self.take(argument))
        if argument and depth == DEPTH:
            raise OracleRefused("not-cbor")
        self.items -= argument * (major - 3)
        self.arrays -= 1
        if min(self.items, self.arrays) < 0:
            raise OracleRefused("not-cbor" if argument * (major - 3) > len(self.rest) else "too-large")
        if major == 4:
            return self.array(argument, depth + 1)
        return self.map(argument, depth + 1)

    def text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8", "strict")
        except UnicodeDecodeError:
            self.bad_text = True
            return ""

    def array(self, count: int, depth: int) -> list[object]:
        items: list[object] = []
        while len(items) < count:
            items.append(self.item(depth))
        return items

    def map(self, count: int, depth: int) -> dict[int, object]:
        pairs: dict[int, object] = {}
        last = b""
        while len(pairs) < count:
            major, argument = self.head()
            if major > 1:
                raise OracleRefused("forbidden-type")
            encoded = _write_head(major, argument)
            if encoded <= last:
                raise OracleRefused("not-deterministic")
            last = encoded
            pairs[argument if major == 0 else -1 - argument] = self.item(depth)
        return pairs
