"""Reading in place: what deterministic encoding puts where it can be predicted.

A value has exactly one deterministic encoding, so bytes that equal it are as good as decoded
and encoded again. Each function returns what it read and where that ends. Bytes that are
otherwise raise `ValueError` or `LookupError`, or end beyond the data; the caller then decodes
the whole with `wire.cbor`, which alone says what is wrong.
"""

from __future__ import annotations

from typing import Final

# Initial bytes (RFC 8949 section 3): a map or array of no items, strings with a length of one or two bytes.
ARRAY: Final = 0x80
MAP: Final = 0xA0
LONG: Final = 24
"""A number, length or count from which on it no longer stands in the initial byte."""
_ONE_BYTE, _TWO_BYTES, _TEXT = 0x58, 0x59, 0x60
# Bytes of an unsigned integer behind its initial byte, and the least that needs so many.
_WIDTHS: Final = {0x18: (1, LONG), 0x19: (2, 1 << 8), 0x1A: (4, 1 << 16), 0x1B: (8, 1 << 32)}


def after(data: bytes, at: int, head: bytes, size: int) -> tuple[bytes, int]:
    """So many bytes after these."""
    if not data.startswith(head, at):
        raise ValueError
    start = at + len(head)
    return data[start : start + size], start + size


def number(data: bytes, at: int, key: int) -> tuple[int, int]:
    """The unsigned integer under a key."""
    value = data[at + 1]
    end = at + 2
    if value >= LONG:
        width, least = _WIDTHS[value]
        value = int.from_bytes(data[end : end + width])
        end += width
        if value < least:
            raise ValueError
    if data[at] != key:
        raise ValueError
    return value, end


def short_text(data: bytes, at: int, key: int) -> tuple[str, int]:
    """The text under a key, of fewer than 24 characters, all of them ASCII."""
    size = data[at + 1] - _TEXT
    if data[at] != key or not 0 <= size < LONG:
        raise ValueError
    end = at + 2 + size
    return data[at + 2 : end].decode("ascii"), end


def long_string(data: bytes, at: int) -> tuple[bytes, int]:
    """A byte string of 24 to 65,535 bytes."""
    if data[at] == _ONE_BYTE and data[at + 1] >= LONG:
        start, size = at + 2, data[at + 1]
    elif data[at] == _TWO_BYTES and data[at + 1]:
        start, size = at + 3, int.from_bytes(data[at + 1 : at + 3])
    else:
        raise ValueError
    return data[start : start + size], start + size
