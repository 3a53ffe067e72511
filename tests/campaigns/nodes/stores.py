"""A centre's journal in SQLite or PostgreSQL: made, opened by its nodes, taken back to an earlier state.

A place says how a node opens the journal; it is plain data, so that it reaches other processes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from launchnotice.journal import Journal
from launchnotice.journal.sqlite import SqliteJournal
from tests.support import postgres

if TYPE_CHECKING:
    from launchnotice.journal.postgres import PostgresJournal

SQLITE: Final = "sqlite"
POSTGRES: Final = "postgres"
STORES: Final = (SQLITE, POSTGRES)
PARTY: Final = "US"
CUT_FILE: Final = (
    "DELETE FROM entry WHERE position > ?",
    "DELETE FROM look_up WHERE position > ?",
    "DELETE FROM snapshot WHERE position > ?",
)
LOCK_TABLE: Final = "LOCK TABLE launchnotice.entry IN ACCESS EXCLUSIVE MODE"
CUT_TABLES: Final = (
    "DELETE FROM launchnotice.entry USING launchnotice.journal"
    " WHERE journal = id AND position > %s AND channel = %s",
    "DELETE FROM launchnotice.look_up USING launchnotice.journal"
    " WHERE journal = id AND position > %s AND channel = %s",
    "DELETE FROM launchnotice.snapshot USING launchnotice.journal"
    " WHERE journal = id AND position > %s AND channel = %s",
)


class OpenJournal(Journal, Protocol):
    """A journal that a node has open."""

    def close(self) -> None:
        """Close it."""


class Place(NamedTuple):
    """Where a journal is: a file, or a database and the channel."""

    store: str
    where: str
    channel: bytes

    def open(self) -> OpenJournal:
        """Open it."""
        if self.store == SQLITE:
            return SqliteJournal(self.where, busy_timeout=30)
        return open_postgres(self.where, self.channel)

    def cut(self, position: int) -> None:
        """Take it back to an earlier position, under whoever has it open: as a restore in place does."""
        if self.store == SQLITE:
            db = sqlite3.connect(self.where, isolation_level=None, timeout=30)
            try:
                db.execute("BEGIN IMMEDIATE")
                for statement in CUT_FILE:
                    db.execute(statement, (position,))
                db.execute("COMMIT")
            finally:
                db.close()
            return
        import psycopg

        with psycopg.connect(self.where) as connection:  # one transaction
            # A node that asked for the last position before, and appended after it, would leave a hole.
            connection.execute(LOCK_TABLE)
            for statement in CUT_TABLES:
                connection.execute(statement, (position, self.channel))


def open_postgres(conninfo: str, channel: bytes) -> PostgresJournal:
    """A journal in a database."""
    from launchnotice.journal.postgres import PostgresJournal

    return PostgresJournal(conninfo, channel, PARTY, timeout=30)


@contextmanager
def home(store: str, folder: Path) -> Iterator[str]:
    """Where journals of a store can be: a folder, or a server that runs as long as it is needed."""
    if store == SQLITE:
        yield str(folder)
        return
    with postgres.server() as server:
        yield server.conninfo


def place(store: str, where: str, name: str, channel: bytes) -> Place:
    """A journal at home that there is not yet."""
    if store == SQLITE:
        return Place(store, str(Path(where) / name), channel)
    postgres.execute(where, f"CREATE DATABASE {name}")
    return Place(store, where.replace("dbname=postgres", f"dbname={name}"), channel)
