"""A reader of diagnostic notation that shares nothing with its writer: text in, CBOR bytes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

BLANK = re.compile(r"(?:\s|/[^/]*/)*")
TOKENS: list[tuple[re.Pattern[str], Callable[[str], bytes]]] = [
    (re.compile(r"-?(?:0|[1-9][0-9]*)(?![0-9(.])"), lambda found: _integer(int(found))),
    (re.compile(r"h'(?:[0-9a-f]{2})*'"), lambda found: _string(2, bytes.fromhex(found[2:-1]))),
    (re.compile(r'"(?:[^"\\]|\\.)*"'), lambda found: _string(3, _text(found))),
    (
        re.compile(r"false|true|null"),
        lambda found: {"false": b"\xf4", "true": b"\xf5", "null": b"\xf6"}[found],
    ),
]


def read(text: str) -> bytes:
    """The bytes of a text; `ValueError` if it is no diagnostic notation."""
    data, at = _item(text, 0)
    if BLANK.sub("", text[at:], count=1):
        raise ValueError(f"more at {at}")
    return data


def comments(text: str) -> list[str]:
    """What stands in comments, strings aside."""
    return re.findall(r"/([^/]*)/", re.sub(r'"(?:[^"\\]|\\.)*"', '""', text))


def _item(text: str, at: int) -> tuple[bytes, int]:
    at = _blank(text, at)
    for pattern, make in TOKENS:
        if found := pattern.match(text, at):
            return make(found[0]), found.end()
    if text.startswith("<<", at):
        items, at = _until(text, at + 2, ">>")
        return _string(2, b"".join(items)), at
    if text.startswith("[", at):
        items, at = _until(text, at + 1, "]")
        return _head(4, len(items)) + b"".join(items), at
    if text.startswith("{", at):
        items, at = _until(text, at + 1, "}", pairs=True)
        return _head(5, len(items)) + b"".join(items), at
    if tag := re.compile(r"([0-9]+)\(").match(text, at):
        items, at = _until(text, tag.end(), ")")
        assert len(items) == 1
        return _head(6, int(tag[1])) + items[0], at
    raise ValueError(f"nothing known at {at}")


def _until(text: str, at: int, end: str, *, pairs: bool = False) -> tuple[list[bytes], int]:
    items: list[bytes] = []
    while not text.startswith(end, at := _blank(text, at)):
        if items:
            at = _expect(text, at, ",")
        item, at = _item(text, at)
        if pairs:
            value, at = _item(text, _expect(text, _blank(text, at), ":"))
            item += value
        items.append(item)
    return items, at + len(end)


def _blank(text: str, at: int) -> int:
    found: Any = BLANK.match(text, at)
    end: int = found.end()
    return end


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise ValueError(f"expected {mark} at {at}")
    return at + 1


def _text(literal: str) -> bytes:
    value: str = json.loads(literal)
    return value.encode()


def _integer(value: int) -> bytes:
    return _head(0, value) if value >= 0 else _head(1, -1 - value)


def _string(major: int, data: bytes) -> bytes:
    return _head(major, len(data)) + data


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(size for size in range(4) if argument < 1 << (8 << size))
    return bytes([major << 5 | 24 + size]) + argument.to_bytes(1 << size, "big")
