"""Reading in place: what deterministic encoding puts where it can be predicted.

A value has exactly one deterministic encoding, so bytes that equal it are as good as decoded
and encoded again: `wire.cose` and `wire.message` compare what is fixed, by offset or by pattern,
and take the rest. Bytes that are otherwise raise `ValueError` or `LookupError`, or end beyond
the data; the caller then decodes the whole with `wire.cbor`, which says what is wrong.
"""

from __future__ import annotations

from typing import Final

# Initial bytes (RFC 8949 section 3): an array, a map and a text of nothing, strings with a longer length.
ARRAY: Final = 0x80
MAP: Final = 0xA0
LONG: Final = 24
"""A number, length or count from which on it no longer stands in the initial byte."""
TEXT: Final = 0x60
_ONE_BYTE, _TWO_BYTES = 0x58, 0x59
# An unsigned integer, and one that is not 0, below 2**32 (as bytes of a pattern with `re.DOTALL`).
_LONGER: Final = rb"|\x18[\x18-\xff]|\x19[^\x00].|\x1a(?!\x00\x00).{4})"
NUMBER: Final = rb"([\x00-\x17]" + _LONGER
POSITIVE: Final = rb"([\x01-\x17]" + _LONGER


def number(found: bytes) -> int:
    """The value of an integer that matched `NUMBER` or `POSITIVE`."""
    return found[0] if len(found) == 1 else int.from_bytes(found[1:])


def long_string(data: bytes, at: int) -> tuple[bytes, int]:
    """A byte string of 24 to 65,535 bytes."""
    if data[at] == _ONE_BYTE and data[at + 1] >= LONG:
        start, size = at + 2, data[at + 1]
    elif data[at] == _TWO_BYTES and data[at + 1]:
        start, size = at + 3, int.from_bytes(data[at + 1 : at + 3])
    else:
        raise ValueError
    return data[start : start + size], start + size
