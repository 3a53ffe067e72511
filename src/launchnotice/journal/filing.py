"""The digests that stores in a database keep beside each entry, and compare on opening.

- Look-up rows are outside the caller's hash chain, and one that is missing looks like a key that was
  never used. So there is a digest of all rows up to the entry.
- That chain covers an entry only when another one follows. So there is a digest of the entry as well,
  which is compared for the last one.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from launchnotice.errors import Corrupt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    from launchnotice.journal import Entry

    LookUp: TypeAlias = tuple[bytes, int]
    """A key, and the position of an entry that is filed under it."""

__all__ = ["NO_ROWS", "beside", "check", "digest", "filed", "last", "rows_of"]

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


def filed(rows: bytes, data: bytes) -> bytes:
    """What stands beside an entry: the digest of the look-up rows up to it, and that of both."""
    # What is no bytes has no digest, and the table refuses it.
    return rows + (sha256(rows + data).digest() if isinstance(data, bytes) else b"")


def beside(start: bytes, rows: Iterable[list[LookUp]], data: Iterable[bytes]) -> list[bytes]:
    """What stands beside each of some entries, the rows before which have the digest `start`."""
    return list(map(filed, islice(accumulate(rows, digest, initial=start), 1, None), data))


def last(found: tuple[int, object, *tuple[bytes, ...]] | None) -> tuple[int, bytes]:
    """The last position, and the digest of the look-up rows up to it.

    Args:
        found: position of the last entry, and what stands beside it; None if there is no entry.

    Raises:
        Corrupt: what stands beside it is no digest.
    """
    if found is None:
        return 0, NO_ROWS
    position, digests, *_ = found
    if type(digests) is not bytes or len(digests) != 2 * len(NO_ROWS):
        raise Corrupt(f"entry {position} has no digest of the look-up rows")
    return position, digests[: len(NO_ROWS)]


def check(rows: bytes, found: tuple[int, object, bytes] | None) -> None:
    """Refuse look-up rows that are not those of the entries, and a last entry that changed.

    Args:
        rows: the digest of all look-up rows.
        found: position of the last entry, what stands beside it, and its data; None if there is no entry.

    Raises:
        Corrupt: see above.
    """
    position, expected = last(found)
    if rows != expected:
        raise Corrupt("its look-up rows are not those of its entries")
    if found is not None and found[1] != filed(expected, found[2]):
        raise Corrupt(f"entry {position} is not what was appended")
