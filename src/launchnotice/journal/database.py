"""What the journals in a database have in common, whichever database it is.

- One connection, which the constructor opens. It is dropped where what became of a transaction is
  unknown, and the next call opens another one.
- A transaction that fails is rolled back; a commit that fails has an unknown outcome.
- Rows are checked as they are read: no hole between entries, no key without its entry.
- Every error but `Conflict` is given the name of the journal in one place; what raises leaves it out.

Not here: statements, and what the errors of a driver mean; both are each database's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from launchnotice.errors import Conflict, Corrupt, JournalError
from launchnotice.journal import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

__all__ = ["DatabaseJournal"]


class _Connection(Protocol):
    def close(self) -> None: ...


_Db = TypeVar("_Db", bound=_Connection)


class DatabaseJournal(ABC, Generic[_Db]):
    """Reading, and the life of a connection and of a transaction; appending is each database's own."""

    _failures: ClassVar[tuple[type[Exception], ...]]
    """What its driver raises."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._closed = False
        self._db: _Db | None = None
        with self._translated():
            self._open(create=True)

    def read(self, after: int, limit: int) -> Sequence[Stored]:
        """Up to `limit` entries with a position greater than `after`, in order.

        Raises:
            Corrupt: entries are missing, or damaged in a way that the database notices.
            JournalError: it could not be read.
        """
        start = max(after, 0)
        with self._reading() as db:
            rows = self._rows_after(db, start, max(limit, 0))
            if rows and rows[-1][0] != start + len(rows):
                raise Corrupt(f"entries are missing after position {start}")
        return [Stored(position, data) for position, data in rows]

    def find(self, key: bytes) -> Sequence[Stored]:
        """All entries filed under `key`, in order.

        Raises:
            Corrupt: an entry is missing, or damaged in a way that the database notices.
            JournalError: it could not be read.
        """
        found = []
        with self._reading() as db:
            for position, data in self._rows_under(db, key):
                if data is None:
                    raise Corrupt("a key names an entry that is missing")
                found.append(Stored(position, data))
        return found

    def load_snapshot(self) -> tuple[int, bytes] | None:
        """Position and state of the last saved snapshot; None if there is none."""
        with self._reading() as db:
            row = self._snapshot(db)
            if row is None:
                return None
            position, state = row
            if type(position) is not int or type(state) is not bytes:
                raise Corrupt("the snapshot's row is damaged")
        return position, state

    def close(self) -> None:
        """Close the connection; further calls but this one raise `JournalError`."""
        self._closed = True
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _rows_after(self, db: _Db, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Position and data of up to `limit` entries after `start`, in order."""

    @abstractmethod
    def _rows_under(self, db: _Db, key: bytes) -> list[tuple[int, bytes | None]]:
        """Position and data of what is filed under `key`, in order; no data where the entry is missing."""

    @abstractmethod
    def _snapshot(self, db: _Db) -> tuple[object, object] | None:
        """Position and state of the snapshot, as they stand there."""

    @abstractmethod
    def _open(self, *, create: bool) -> _Db:
        """Connect, refuse what is no sound journal, and keep the connection."""

    @abstractmethod
    def _begin(self, db: _Db) -> None:
        """Begin a transaction that may write."""

    @abstractmethod
    def _commit(self, db: _Db) -> None:
        """Commit; return only if that is durable."""

    @abstractmethod
    def _roll_back(self, db: _Db) -> None:
        """Take back what a transaction did, if there is one."""

    @abstractmethod
    def _meaning(self, error: Exception) -> JournalError:
        """What an error of the driver means: `Corrupt` for what the database holds, else `JournalError`."""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Conflict:
            raise
        except JournalError as error:
            raise type(error)(f"{self._name}: {error}") from error
        except self._failures as error:
            meaning = self._meaning(error)
            raise type(meaning)(f"{self._name}: {meaning}") from error

    @contextmanager
    def _reading(self) -> Iterator[_Db]:
        with self._translated():
            if self._closed:
                raise JournalError("closed")
            # A journal that was open may not come back as a new, empty one.
            yield self._db or self._open(create=False)

    @contextmanager
    def _writing(self) -> Iterator[_Db]:
        with self._reading() as db:
            try:
                self._begin(db)
                yield db
            except BaseException:
                self._give_up(db)
                raise
            try:
                self._commit(db)
            except BaseException:
                # Unknown outcome: whatever state the connection is in, the next call connects anew.
                self._drop()
                raise

    def _give_up(self, db: _Db) -> None:
        try:
            self._roll_back(db)
        except self._failures:
            self._drop()

    def _drop(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            # What SQLite fails to write back on closing, its log keeps.
            with suppress(*self._failures):
                db.close()
