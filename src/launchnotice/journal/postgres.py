"""A journal in a PostgreSQL database, for several nodes of one centre; one database holds many journals.

- Needs the extra ``launchnotice[postgres]`` (psycopg 3), and a PostgreSQL server from version 13.
- The primary key (journal, position) decides between writers: of two appends after one position, one
  commits and the other raises `Conflict`. Isolation is READ COMMITTED, whatever the server's default.
- A commit returns when it is durable: ``synchronous_commit`` must be ``on`` or ``remote_apply``, ``fsync``
  and ``full_page_writes`` on, and the server no standby. It is asked on each connection and in each
  transaction, since an administrator can change it at any time.
- A commit that ends with a warning (a server that gave up waiting for its standby), a broken connection
  or a cancelled query has an unknown outcome: `JournalError`, and the next call connects anew.
- Each entry holds a digest of all look-up rows up to its own, and one of itself, since the caller's hash
  chain covers no entry that is the last. Opening reads all these rows and the last entry and compares, also
  after a connection was lost. Damage in an index alone is for the server's own checks (``amcheck``).
- Tables that are not those of this format, 2, are refused with `Corrupt`, which names what differs; so are
  those of format 1, which no release wrote and whose entries have no digest of themselves.
- No error of the driver leaves this module: `Corrupt` for what the database holds, else `JournalError`.
- A journal may be used from any thread, but its calls must not overlap. Open it after a fork, not before.
- A pooler in front of the server must give whole sessions.

Not here: the hash chain, fencing a former primary, backups; `docs/nodes.md` has what a centre sets up.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from launchnotice.errors import Conflict, Corrupt, JournalError
from launchnotice.journal import filing
from launchnotice.journal.database import DatabaseJournal
from launchnotice.journal.filing import NO_ROWS
from launchnotice.journal.postgres_schema import check_server, check_tables

try:
    import psycopg
    from psycopg import conninfo as connection_strings
    from psycopg import errors
except ImportError as missing:
    raise ImportError(f"{__name__} needs psycopg: install launchnotice[postgres]") from missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import LiteralString

    from launchnotice.journal import Entry

__all__ = ["PostgresJournal"]

_LAST: Final = (
    "SELECT position, filed FROM launchnotice.entry WHERE journal = %s ORDER BY position DESC LIMIT 1"
)
_LAST_ENTRY: Final = (
    "SELECT position, filed, data FROM launchnotice.entry WHERE journal = %s ORDER BY position DESC LIMIT 1"
)
_INSERT: Final = (
    "INSERT INTO launchnotice.entry SELECT %s, * FROM unnest(%s::bigint[], %b::bytea[], %b::bytea[])"
)
_FILE: Final = "INSERT INTO launchnotice.look_up SELECT %s, * FROM unnest(%b::bytea[], %s::bigint[])"
_BATCH: Final = 10_000
_DAMAGE: Final = {
    "XX001": "damaged: a data page",  # data_corrupted
    "XX002": "damaged: an index",  # index_corrupted
    "3F000": "its schema is gone",  # invalid_schema_name
    "42P01": "a table is gone",  # undefined_table
    "42703": "a column is gone",  # undefined_column
}


class PostgresJournal(DatabaseJournal[psycopg.Connection[Any]]):
    """One journal of a database; see `launchnotice.journal.Journal`. Close it, or use it in ``with``.

    Args:
        conninfo: libpq connection string or URI. With standbys name them all, and
            ``target_session_attrs=read-write``.
        channel: id of the channel (32 bytes). `party`: code of the party whose journal it is. A pair that
            the database does not know becomes a new journal; the tables are made if there are none.
        timeout: seconds to wait for a connection, a statement or another writer before `JournalError`.
            (A commit waits for a synchronous standby as long as the server makes it wait.)

    Raises:
        Corrupt: the schema ``launchnotice`` is another application's, of another format or changed.
        JournalError: no connection; a standby; settings under which a commit is not durable; no permission.
    """

    _failures = (psycopg.Error, OSError, OverflowError, ValueError)

    def __init__(self, conninfo: str, channel: bytes, party: str, *, timeout: float = 10.0) -> None:
        self._channel, self._party, self._timeout = channel, party, timeout
        self._parameters = _parameters(conninfo, timeout)
        self._warnings: list[str] = []
        super().__init__(f"journal {channel.hex()[:16]} of {party}")

    def append(self, after: int, entries: Sequence[Entry]) -> None:
        """Store entries at after+1, after+2, ...: all or none, durable on return.

        Raises:
            Conflict: the last position is not `after`; nothing was stored.
            JournalError: it failed; if while committing, the outcome is unknown.
        """
        data = [_octets(entry.data) for entry in entries]
        rows = filing.rows_of(after, entries)
        filed = list(chain.from_iterable(rows))
        keys, places = [_octets(key) for key, _ in filed], [position for _, position in filed]
        with self._writing() as db:
            last, digest = filing.last(db.execute(_LAST, (self._id,)).fetchone())
            if last != after:
                raise Conflict(f"{self._name}: append after {after}: the last position is {last}")
            positions = list(range(after + 1, after + 1 + len(data)))
            try:
                db.execute(_INSERT, (self._id, positions, data, filing.beside(digest, rows, data)))
            except errors.UniqueViolation as error:
                # Another writer's commit came between the question and the answer.
                raise Conflict(f"{self._name}: append after {after}: another writer was first") from error
            db.execute(_FILE, (self._id, keys, places))

    def save_snapshot(self, position: int, state: bytes) -> None:
        """Keep `state`, folded up to `position`, durable on return; it replaces the previous one."""
        row = (self._id, position, _octets(state))
        with self._writing() as db:
            db.execute(
                "INSERT INTO launchnotice.snapshot VALUES (%s, %s, %s) ON CONFLICT (journal)"
                " DO UPDATE SET position = excluded.position, state = excluded.state",
                row,
            )

    def _rows_after(self, db: psycopg.Connection[Any], start: int, limit: int) -> list[tuple[int, bytes]]:
        return db.execute(
            "SELECT position, data FROM launchnotice.entry WHERE journal = %s AND position > %s"
            " ORDER BY position LIMIT %s",
            (self._id, start, limit),
        ).fetchall()

    def _rows_under(self, db: psycopg.Connection[Any], key: bytes) -> list[tuple[int, bytes | None]]:
        return db.execute(
            "SELECT position, data FROM launchnotice.look_up"
            " LEFT JOIN launchnotice.entry USING (journal, position)"
            " WHERE journal = %s AND key = %s ORDER BY position",
            (self._id, _octets(key)),
        ).fetchall()

    def _snapshot(self, db: psycopg.Connection[Any]) -> tuple[object, object] | None:
        return db.execute(
            "SELECT position, state FROM launchnotice.snapshot WHERE journal = %s", (self._id,)
        ).fetchone()

    def _begin(self, db: psycopg.Connection[Any]) -> None:
        self._warnings.clear()
        db.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        check_server(db)

    def _commit(self, db: psycopg.Connection[Any]) -> None:
        status = db.execute("COMMIT").statusmessage
        if status != "COMMIT":  # the server's answer to the commit of a transaction that had failed
            raise JournalError(f"not committed: {status}")
        if self._warnings:  # it gave up waiting for its standby, which may lack the commit
            raise JournalError(f"committed with a warning: {self._warnings[0]}")

    def _roll_back(self, db: psycopg.Connection[Any]) -> None:
        db.execute("ROLLBACK")

    def _meaning(self, error: Exception) -> JournalError:
        damage = _DAMAGE.get(getattr(error, "sqlstate", None) or "")
        return Corrupt(damage) if damage else JournalError(_reason(error))

    @contextmanager
    def _reading(self) -> Iterator[psycopg.Connection[Any]]:
        with super()._reading() as db:
            try:
                yield db
            except psycopg.OperationalError:
                # A connection that broke, or a query cut short: the next call starts from the server.
                self._drop()
                raise

    def _open(self, *, create: bool) -> psycopg.Connection[Any]:
        db = psycopg.connect(autocommit=True, **self._parameters)
        try:
            db.add_notice_handler(self._noticed)
            db.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            limit = str(max(1, round(self._timeout * 1000)))
            for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                db.execute("SELECT set_config(%s, %s, false)", (name, limit))
            check_server(db)
            check_tables(db, create=create)
            self._id = self._identify(db, create=create)
            _check_digests(db, self._id)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _identify(self, db: psycopg.Connection[Any], *, create: bool) -> int:
        """The number of the journal in this database."""
        names = (_octets(self._channel), self._party)
        known = "SELECT id FROM launchnotice.journal WHERE channel = %s AND party = %s"
        found = _one(db, known, *names)
        if found is None and create:
            new = "INSERT INTO launchnotice.journal (channel, party) VALUES (%s, %s) ON CONFLICT DO NOTHING"
            db.execute(new, names)
            found = _one(db, known, *names)
        if found is None:
            raise JournalError("the database no longer has it")
        return found

    def _noticed(self, notice: errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "")


def _parameters(conninfo: str, timeout: float) -> dict[str, Any]:
    """The parameters of a connection string; bounds on waiting where it has none."""
    try:
        given = connection_strings.conninfo_to_dict(conninfo)
    except psycopg.Error:
        # Not chained: the driver's message quotes the string, which may have a password.
        raise JournalError("the connection string is not understood") from None
    seconds = max(2, round(timeout))
    bounds = {"connect_timeout": seconds, "tcp_user_timeout": seconds * 1000}
    return {"application_name": "launchnotice", **bounds, **given}


def _one(db: psycopg.Connection[Any], query: LiteralString, *values: object) -> int | None:
    row = db.execute(query, values).fetchone()
    return row[0] if row else None


def _check_digests(db: psycopg.Connection[Any], journal: int) -> None:
    """Refuse look-up rows that are not those of the entries, and a last entry that changed."""
    with db.transaction(), db.cursor(name="rows") as rows:
        # One snapshot for both: another node may append meanwhile.
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows.execute("SELECT key, position FROM launchnotice.look_up WHERE journal = %s", (journal,))
        rows.itersize = _BATCH
        found = filing.digest(NO_ROWS, rows)
        filing.check(found, db.execute(_LAST_ENTRY, (journal,)).fetchone())


def _octets(value: bytes) -> bytes:
    """PostgreSQL would take text for bytes in an encoding of its own."""
    if type(value) is not bytes:
        raise JournalError(f"expected bytes, got {type(value).__name__}")
    return value


def _reason(error: Exception) -> str:
    """One line, without the server's details, which quote values."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return str(error.diag.message_primary)
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
