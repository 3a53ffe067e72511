"""Append-only stores for what an endpoint decided, and the anchor that shows when one was restored.

- A journal holds *entries* at positions 1, 2, 3, ... without holes. Data and look-up keys are
  opaque bytes: hash chaining, meaning and folding are the caller's.
- Nothing is changed or pruned; only the one snapshot is replaced.
- An append is all or none, durable when it returns, and linearisable across writers: of two
  appends after one position, one wins and the other raises `Conflict`.
- An append that raises any other `JournalError` has an unknown outcome: read again before going on.
- One journal per channel and party. Calls on one object must not overlap.

Stores: `journal.memory`, `journal.sqlite`, `journal.postgres`; anchors: `journal.anchor`. A store of
your own is tested with `launchnotice.testing.journal.JournalContract`.

Not here: the hash chain, the fold, any clock.
"""

# No deferred annotations: `typing.NamedTuple` would compile them one by one (a millisecond at import).
from collections.abc import Sequence
from typing import NamedTuple, Protocol

__all__ = ["Anchor", "Entry", "Journal", "Stored"]


class Entry(NamedTuple):
    """What is appended.

    Attributes:
        data: opaque bytes, may be empty.
        keys: opaque keys under which `Journal.find` finds the entry; a key given twice counts once.
    """

    data: bytes
    keys: tuple[bytes, ...]


class Stored(NamedTuple):
    """What is read back.

    Attributes:
        position: place in the journal, from 1, without holes.
        data: the bytes that were appended.
    """

    position: int
    data: bytes


class Journal(Protocol):
    """An append-only store with look-up keys and one snapshot.

    Every method raises `JournalError` if the store fails and `Corrupt` if what it holds is damaged.
    """

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """Store entries at after+1, after+2, ...: all or none, durable on return.

        Args:
            after: the last position that the caller knows; 0 for an empty journal.
            entries: what to store; without any, only `after` is checked.

        Raises:
            Conflict: the last position is not `after`; nothing was stored.
            JournalError: it failed; whether it took effect is unknown.
        """
        ...

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """Up to `limit` entries with a position greater than `after`, in order."""
        ...

    def find(self, key: bytes) -> Sequence[Stored]:
        """All entries filed under `key`, in order; none for a key that was never used."""
        ...

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Position and state of the last saved snapshot; None if there is none."""
        ...

    def save_snapshot(self, position: int, state: bytes) -> None:
        """Keep `state`, folded up to `position`, durable on return; it replaces the previous one."""
        ...


class Anchor(Protocol):
    """Position and digest of the last journal entry, kept where no backup of the journal reaches.

    Both methods raise `JournalError` if the place fails and `Corrupt` if what it holds is damaged.
    """

    def load(self) -> tuple[int, bytes] | None:
        """Position and SHA-256 digest (32 bytes) of the last journal entry; None if there is none."""
        ...

    def store(self, position: int, digest: bytes) -> None:
        """Replace position and digest (32 bytes); durable on return."""
        ...
