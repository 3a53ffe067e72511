"""A journal in one SQLite file, safe for several processes on one machine.

- Write-ahead log with ``synchronous=FULL``: an append is on the disk when it returns. The log and
  its index (``NAME-wal``, ``NAME-shm``) belong to the file: copy all, or use SQLite's own backup.
- A writer takes the write lock first, then compares the last position; the primary key is the
  second line. Waiting for the lock is bounded by the busy timeout.
- A file that is damaged, truncated, foreign or of an unknown format is refused with `Corrupt` and
  left as it is. A file that was replaced or removed under an open journal is noticed on the next write.
- No error of `sqlite3` leaves this module: `Corrupt` for what the file holds, else `JournalError`.
- A journal may be used from any thread, but its calls must not overlap. Open it after a fork, not before.
- The file needs a local file system; the write-ahead log does not work over a network.
- Truncation is noticed by length, a damaged page when it is read, a lost ``-wal`` by the anchor,
  changed bytes of entries by the caller's hash chain. Look-up rows are outside that chain, and one
  that is missing looks like a key never used: each entry holds a digest of all rows up to its own,
  and opening reads them all (a second for 100,000 exchanges). No entry follows the last one, so it is
  compared with a digest of its own.
- A file of format 1, which has no such digests, opens and is read as it is; its first write makes it
  one of format 2, which versions before that refuse.

Not here: the hash chain, backups, several journals in one file.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from itertools import chain, count
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from launchnotice.errors import Conflict, Corrupt, JournalError
from launchnotice.journal import filing
from launchnotice.journal.database import DatabaseJournal
from launchnotice.journal.filing import NO_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from os import PathLike

    from launchnotice.journal import Entry
    from launchnotice.journal.filing import LookUp

__all__ = ["SqliteJournal"]

_APPLICATION_ID: Final = 0x4C4E504A  # "LNPJ"
_FORMAT: Final = 2
_SCHEMA: Final = (
    "CREATE TABLE entry(position INTEGER PRIMARY KEY, data BLOB NOT NULL CHECK (typeof(data) = 'blob'),"
    " filed BLOB)",
    "CREATE TABLE look_up(key BLOB NOT NULL CHECK (typeof(key) = 'blob'), position INTEGER NOT NULL,"
    " PRIMARY KEY (key, position)) WITHOUT ROWID",
    "CREATE TABLE snapshot(one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL,"
    " state BLOB NOT NULL CHECK (typeof(state) = 'blob'))",
)
_SCHEMAS: Final = {
    1: (_SCHEMA[0].replace(", filed BLOB)", ")"), *_SCHEMA[1:]),
    _FORMAT: _SCHEMA,
}
_LAST: Final = "SELECT position, filed FROM entry ORDER BY position DESC LIMIT 1"
_LAST_ENTRY: Final = "SELECT position, filed, data FROM entry ORDER BY position DESC LIMIT 1"
_SETTINGS: Final = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS alone: its fsync does not reach the disk
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",  # finds a damaged page when it is read, not later
)
_DAMAGE: Final = {
    sqlite3.SQLITE_NOTADB: "not a SQLite database",
    sqlite3.SQLITE_CORRUPT: "damaged or truncated",
}
_PRIMARY_CODE: Final = 0xFF  # the low byte of an extended SQLite result code


class SqliteJournal(DatabaseJournal[sqlite3.Connection]):
    """A journal in one file; see `launchnotice.journal.Journal`. Close it, or use it in ``with``.

    Args:
        path: the file. A missing or empty one becomes a new journal (0600); its folder must exist.
        busy_timeout: seconds to wait for another process's lock before `JournalError`.

    Raises:
        Corrupt: it is no journal of this format, or is damaged, truncated or unreadable.
        JournalError: it cannot be opened or created, or stays locked. (A read-only file opens and can
            be read, if its folder is writable; only writing fails.)
    """

    _failures = (sqlite3.Error, OSError, OverflowError, UnicodeDecodeError)

    def __init__(self, path: str | PathLike[str], *, busy_timeout: float = 10.0) -> None:
        # Resolved as SQLite does, so that "-wal" is looked for in the right folder.
        self._path = os.path.realpath(path)
        self._busy_timeout = busy_timeout
        super().__init__(f"journal {self._path}")

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """Store entries at after+1, after+2, ...: all or none, durable on return.

        Raises:
            Conflict: the last position is not `after`; nothing was stored.
            JournalError: it failed (disk full, read-only, locked, closed, ...); if only while
                committing, the outcome is unknown.
        """
        with self._writing() as db:
            last, digest = filing.last(db.execute(_LAST).fetchone())
            if last != after:
                raise Conflict(f"append after {after}: the last position is {last}")
            rows = filing.rows_of(after, entries)
            db.executemany("INSERT INTO look_up VALUES (?, ?)", chain.from_iterable(rows))
            data = [entry.data for entry in entries]
            db.executemany(
                "INSERT INTO entry VALUES (?, ?, ?)",
                zip(count(after + 1), data, filing.beside(digest, rows, data), strict=False),
            )

    def save_snapshot(self, position: int, state: bytes) -> None:
        """Keep `state`, folded up to `position`, durable on return; it replaces the previous one."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?)", (position, state))

    def _rows_after(self, db: sqlite3.Connection, start: int, limit: int) -> list[tuple[int, bytes]]:
        return db.execute(
            "SELECT position, data FROM entry WHERE position > ? ORDER BY position LIMIT ?", (start, limit)
        ).fetchall()

    def _rows_under(self, db: sqlite3.Connection, key: bytes) -> list[tuple[int, bytes | None]]:
        return db.execute(
            "SELECT position, data FROM look_up LEFT JOIN entry USING (position)"
            " WHERE key = ? ORDER BY position",
            (key,),
        ).fetchall()

    def _snapshot(self, db: sqlite3.Connection) -> tuple[object, object] | None:
        found: tuple[object, object] | None = db.execute("SELECT position, state FROM snapshot").fetchone()
        return found

    def _begin(self, db: sqlite3.Connection) -> None:
        self._refuse_replaced()
        db.execute("BEGIN IMMEDIATE")
        _upgrade(db)

    def _commit(self, db: sqlite3.Connection) -> None:
        db.execute("COMMIT")

    def _roll_back(self, db: sqlite3.Connection) -> None:
        if db.in_transaction:
            db.execute("ROLLBACK")

    def _meaning(self, error: Exception) -> JournalError:
        if isinstance(error, UnicodeDecodeError):  # SQLite quotes a damaged schema in its message
            return Corrupt("its schema is damaged")
        damage = _DAMAGE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE)
        if damage:
            return Corrupt(damage)
        return JournalError(str(error.strerror if isinstance(error, OSError) else error))

    def _refuse_replaced(self) -> None:
        """Refuse to write into a file that the path no longer names, such as one replaced by a backup."""
        try:
            same = self._file == _identity(self._path)
        except FileNotFoundError:
            same = False
        if not same:
            self._drop()
            raise JournalError("the file was replaced or removed while open")

    def _open(self, *, create: bool) -> sqlite3.Connection:
        _check_place(self._path, create=create)
        self._file = _identity(self._path)
        # On a connection of its own: making a file takes a lock that only closing gives up. Closing
        # also writes back the log of a crashed process, so that the length can be checked.
        with closing(self._connect()) as db:
            _check_format(db, create=create)
        db = self._connect()
        try:
            _check_length(db, self._path)
            _check_digests(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        try:
            db.text_factory = bytes
            for setting in _SETTINGS:
                db.execute(setting)
        except BaseException:
            db.close()
            raise
        return db


def _check_place(path: str, *, create: bool) -> None:
    """Refuse what SQLite would misread or misname; create a missing file, readable by its owner alone.

    The file is never opened here if it exists: closing it would drop the locks that this process's
    other connections hold on it (POSIX locks belong to the process).
    """
    # The order matters: a log seen before an empty file cannot be that of a journal just being created.
    log = _size(f"{path}-wal")
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        found = None
    if log and not (found and found.st_size):
        raise Corrupt("empty or missing, but its write-ahead log is not")
    if found is None:
        if not create:
            raise JournalError("the file is gone")
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    elif not S_ISREG(found.st_mode):
        raise Corrupt("not a file")
    elif not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise Corrupt("unreadable: no permission")
    elif found.st_size == 1:
        # SQLite takes a file of one byte for an empty one.
        raise Corrupt("not a SQLite database")


def _check_format(db: sqlite3.Connection, *, create: bool) -> None:
    """Create the tables in an empty file; refuse any file whose identity or tables are not ours."""
    db.execute("BEGIN EXCLUSIVE")
    application, version = _pragma(db, "application_id"), _pragma(db, "user_version")
    tables = [row[0] for row in db.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()]
    if create and not (application or version or tables):
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {_FORMAT}")
    elif application != _APPLICATION_ID:
        raise Corrupt("a SQLite database of another application, or an emptied one")
    elif version not in _SCHEMAS:
        raise Corrupt(f"expected format {_FORMAT}, got {version}")
    elif tables != [statement.encode() for statement in _SCHEMAS[version]]:
        raise Corrupt(f"its tables are not those of format {version}")
    _commit_with_log(db)


def _commit_with_log(db: sqlite3.Connection) -> None:
    """Commit, and switch a new file to the write-ahead log.

    The tables come first, so that a file always says what it is before it has a log. SQLite cannot
    switch in the transaction, and several that switch at once fail as locked: the lock is kept.
    """
    log = _mode(db, "journal_mode") == "wal"
    if not log:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("COMMIT")
    if not log and _mode(db, "journal_mode = WAL") != "wal":
        raise JournalError("no write-ahead log is possible here")


def _check_length(db: sqlite3.Connection, path: str) -> None:
    """Refuse a file shorter than its pages; SQLite itself reads the missing part of a page as zeros."""
    expected = _pragma(db, "page_count") * _pragma(db, "page_size")
    # The order matters: once the log is seen empty, all pages counted before are in the file.
    # While it is not, it may hold the missing ones.
    if not _size(f"{path}-wal") and (size := _size(path)) < expected:
        raise Corrupt(f"truncated: expected {expected} bytes, got {size}")


def _check_digests(db: sqlite3.Connection) -> None:
    """Refuse look-up rows other than those of the entries or out of order, and a last entry that changed."""
    db.execute("BEGIN")  # another process may append meanwhile
    rows = _digest_of_rows(db)
    if _pragma(db, "user_version") == _FORMAT:
        filing.check(rows, db.execute(_LAST_ENTRY).fetchone())
    db.execute("COMMIT")


def _digest_of_rows(db: sqlite3.Connection) -> bytes:
    """The digest of all look-up rows, which must ascend: a search would miss those that do not."""
    # A damaged cell can have another type, under which no search finds it.
    rows = db.execute(
        "SELECT key, position FROM look_up WHERE typeof(key) = 'blob' AND typeof(position) = 'integer'"
    )
    return filing.digest(NO_ROWS, _ascending(rows))


def _ascending(rows: Iterable[LookUp]) -> Iterator[LookUp]:
    before = (b"", 0)
    for row in rows:
        if row <= before:
            raise Corrupt("its look-up rows are out of order")
        yield row
        before = row


def _upgrade(db: sqlite3.Connection) -> None:
    """Make a file of format 1 one of this format, in the transaction of its first write."""
    if _pragma(db, "user_version") == _FORMAT:
        return
    db.execute("ALTER TABLE entry ADD COLUMN filed BLOB")
    rows = _digest_of_rows(db)
    for position, _, data in db.execute(_LAST_ENTRY).fetchall():
        db.execute("UPDATE entry SET filed = ? WHERE position = ?", (filing.filed(rows, data), position))
    db.execute(f"PRAGMA user_version = {_FORMAT}")


def _mode(db: sqlite3.Connection, name: str) -> str:
    return bytes(db.execute(f"PRAGMA {name}").fetchone()[0]).decode()


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _size(path: str) -> int:
    """Length of a file in bytes, 0 if there is none."""
    try:
        return Path(path).stat().st_size
    except FileNotFoundError:
        return 0


def _identity(path: str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino
