"""The tables of journals in a PostgreSQL database: made if there are none, refused if they are others.

- All stand in the schema ``launchnotice``; every statement names it, so no search path matters.
- What is there is read from the catalogue and compared with what should be, line by line; the error
  names the first line that differs. A trigger, rule, policy or unlogged table is such a line.
- An index of one's own is nobody's business but the administrator's.

Not here: connections, and anything about one journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from launchnotice.errors import Corrupt, JournalError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

__all__ = ["FORMAT", "check_server", "check_tables"]

FORMAT: Final = 2


class _Table(NamedTuple):
    columns: tuple[tuple[str, str], ...]
    keys: tuple[str, ...]


_TABLES: Final = {
    "entry": _Table(
        (("journal", "bigint"), ("position", "bigint"), ("data", "bytea"), ("filed", "bytea")),
        ('PRIMARY KEY (journal, "position")',),
    ),
    "format": _Table((("version", "integer"),), ("PRIMARY KEY (version)",)),
    "journal": _Table(
        (("id", "bigint"), ("channel", "bytea"), ("party", "text")),
        ("PRIMARY KEY (id)", "UNIQUE (channel, party)"),
    ),
    "look_up": _Table(
        (("journal", "bigint"), ("key", "bytea"), ("position", "bigint")),
        ('PRIMARY KEY (journal, key, "position")',),
    ),
    "snapshot": _Table(
        (("journal", "bigint"), ("position", "bigint"), ("state", "bytea")),
        ("PRIMARY KEY (journal)",),
    ),
}
_IDENTITY: Final = ("journal", "id")  # numbered by the server
_MAKING: Final = 0x4C4E504A  # "LNPJ": the advisory lock of those who would make the tables

_DURABLE: Final = ("on", "remote_apply")
"""The settings of synchronous_commit with which a commit survives a crash of the server, and of every
standby that it waits for."""
_SETTINGS: Final = """
SELECT pg_is_in_recovery(), current_setting('transaction_read_only'), current_setting('synchronous_commit'),
       current_setting('fsync'), current_setting('full_page_writes')
"""
_FOUND: Final = """
SELECT 'table ' || relname || CASE relkind WHEN 'r' THEN '' ELSE ' of kind ' || relkind::text END
       || CASE relpersistence WHEN 'p' THEN '' ELSE ', unlogged' END
       || CASE WHEN relrowsecurity THEN ', with row security' ELSE '' END
  FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
       || CASE WHEN attnotnull THEN '' ELSE ', null allowed' END
       || CASE attidentity WHEN '' THEN '' ELSE ', numbered' END
  FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
 WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'key ' || relname || ' ' || pg_get_constraintdef(pg_constraint.oid)
  FROM pg_class JOIN pg_constraint ON conrelid = pg_class.oid
 WHERE relnamespace = %(schema)s::regnamespace AND contype <> 'n'
UNION ALL
SELECT 'trigger ' || relname || '.' || tgname FROM pg_class JOIN pg_trigger ON tgrelid = pg_class.oid
 WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
UNION ALL
SELECT 'rule ' || relname || '.' || rulename FROM pg_class JOIN pg_rewrite ON ev_class = pg_class.oid
 WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r'
"""


def check_server(db: Connection[Any]) -> None:
    """Refuse a server on which a commit would not be possible, or not be durable.

    Raises:
        JournalError: a standby; read only; synchronous_commit, fsync or full_page_writes is off.
    """
    row = db.execute(_SETTINGS).fetchone()
    assert row is not None  # safe: it selects from no table
    standby, read_only, commit, *others = row
    if standby:
        raise JournalError("the server is a standby; a journal needs the primary")
    if read_only != "off":
        raise JournalError("transactions are read only here (default_transaction_read_only)")
    if commit not in _DURABLE:
        raise JournalError(f"synchronous_commit is {commit}, expected {' or '.join(_DURABLE)}")
    for name, value in zip(("fsync", "full_page_writes"), others, strict=True):
        if value != "on":
            raise JournalError(f"{name} is {value}, expected on")


def check_tables(db: Connection[Any], *, create: bool) -> None:
    """Make the tables where there is no schema of that name; refuse any that are not those of this format.

    Raises:
        Corrupt: it names the first thing that is missing or should not be there.
    """
    with db.transaction():
        # Of several that find no tables, one makes them and the others wait.
        db.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        if db.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'launchnotice'").fetchone() is None:
            if not create:
                raise JournalError("the schema is gone")
            for statement in _statements():
                db.execute(statement)
            db.execute("INSERT INTO launchnotice.format VALUES (%s)", (FORMAT,))
        _check_format(db)


def _check_format(db: Connection[Any]) -> None:
    found = {row[0] for row in db.execute(_FOUND, {"schema": "launchnotice"}).fetchall()}
    if "column format.version integer" not in found:
        raise Corrupt("the schema launchnotice is another application's: it has no table of its format")
    versions = [row[0] for row in db.execute("SELECT version FROM launchnotice.format").fetchall()]
    if versions != [FORMAT]:
        raise Corrupt(f"expected format {FORMAT}, got {', '.join(map(str, versions)) or 'none'}")
    expected = set(_lines())
    if found != expected:
        missing, more = sorted(expected - found), sorted(found - expected)
        told = [f"{what} {lines[0]}" for what, lines in (("missing", missing), ("unexpected", more)) if lines]
        raise Corrupt(f"its tables are not those of format {FORMAT}: {', '.join(told)}")


def _statements() -> Iterator[str]:
    yield "CREATE SCHEMA launchnotice"
    for table, (columns, keys) in _TABLES.items():
        rows = [f'"{name}" {kind} NOT NULL{_numbered(table, name)}' for name, kind in columns]
        yield f"CREATE TABLE launchnotice.{table} ({', '.join([*rows, *keys])})"


def _lines() -> Iterator[str]:
    for table, (columns, keys) in _TABLES.items():
        yield f"table {table}"
        for name, kind in columns:
            yield f"column {table}.{name} {kind}{', numbered' if (table, name) == _IDENTITY else ''}"
        yield from (f"key {table} {key}" for key in keys)


def _numbered(table: str, name: str) -> str:
    return " GENERATED ALWAYS AS IDENTITY" if (table, name) == _IDENTITY else ""
