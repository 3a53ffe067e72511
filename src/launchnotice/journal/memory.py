"""A journal in memory, for tests, simulations and hosts that lose everything on a restart anyway.

An endpoint on it counts as restored at each start. Calls must not overlap; there is no lock, since
an endpoint makes one call at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchnotice.errors import Conflict
from launchnotice.journal import Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchnotice.journal import Entry

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Keeps the entries in a list and their positions by key; see `launchnotice.journal.Journal`."""

    __slots__ = ("_data", "_filed", "_snapshot")

    def __init__(self) -> None:
        self._data: list[bytes] = []
        # Most keys file one entry; a list each would triple the memory.
        self._filed: dict[bytes, int | list[int]] = {}
        self._snapshot: tuple[int, bytes] | None = None

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """Store entries at after+1, ...: all or none; `Conflict` if the last position is not `after`."""
        last = len(self._data)
        if after != last:
            raise Conflict(f"append after {after}: the last position is {last}")
        filed = self._filed
        position = last
        try:
            for _, keys in entries:
                position += 1
                for key in keys:
                    known = filed.setdefault(key, position)
                    if known != position:
                        _file_again(filed, key, known, position)
            self._data += [data for data, _ in entries]
        except BaseException:
            self._unfile(last)
            raise

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """Up to `limit` entries with a position greater than `after`, in order."""
        start = max(after, 0)
        found = self._data[start : start + max(limit, 0)]
        return [Stored(position, data) for position, data in enumerate(found, start + 1)]

    def find(self, key: bytes) -> Sequence[Stored]:
        """All entries filed under `key`, in order."""
        filed = self._filed.get(key, [])
        positions = [filed] if isinstance(filed, int) else filed
        return [Stored(position, self._data[position - 1]) for position in positions]

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Position and state of the last saved snapshot; None if there is none."""
        return self._snapshot

    def save_snapshot(self, position: int, state: bytes) -> None:
        """Keep `state`, folded up to `position`; it replaces the previous one."""
        self._snapshot = (position, state)

    def _unfile(self, last: int) -> None:
        """Take back what a failed append filed beyond `last`."""
        for key, filed in list(self._filed.items()):
            positions = [filed] if isinstance(filed, int) else filed
            kept = [position for position in positions if position <= last]
            if not kept:
                del self._filed[key]
            elif kept != positions:
                self._filed[key] = kept


def _file_again(
    filed: dict[bytes, int | list[int]], key: bytes, known: int | list[int], position: int
) -> None:
    if isinstance(known, int):
        filed[key] = [known, position]
    elif known[-1] != position:
        known.append(position)
