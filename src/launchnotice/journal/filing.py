"""The digest of look-up rows, which stores in a database keep beside each entry.

Look-up rows are outside the caller's hash chain, and one that is missing looks like a key that was
never used. So each entry holds the digest of all rows up to its own, and opening compares.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    from launchnotice.journal import Entry

    LookUp: TypeAlias = tuple[bytes, int]
    """A key, and the position of an entry that is filed under it."""

__all__ = ["NO_ROWS", "digest", "digests", "rows_of"]

NO_ROWS: Final = bytes(32)
"""The digest of no look-up rows."""


def digest(start: bytes, rows: Iterable[LookUp]) -> bytes:
    """The digest of look-up rows with further ones; their order does not matter, as sums have none."""
    total = int.from_bytes(start)
    for key, position in rows:
        total ^= int.from_bytes(sha256(b"%d/%b" % (position, key)).digest())
    return total.to_bytes(len(start))


def rows_of(after: int, entries: Sequence[Entry]) -> list[list[LookUp]]:
    """The look-up rows of each of the entries at after+1, after+2, ..."""
    return [[(key, at) for key in set(entry.keys)] for at, entry in enumerate(entries, after + 1)]


def digests(start: bytes, rows: Iterable[list[LookUp]]) -> list[bytes]:
    """The digest that each entry holds, after one that holds `start`."""
    return list(accumulate(rows, digest, initial=start))[1:]
