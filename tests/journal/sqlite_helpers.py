"""What the tests of the SQLite journal share."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launchnotice.errors import JournalError
from launchnotice.journal import Entry
from launchnotice.journal.sqlite import SqliteJournal

ENTRY = [Entry(b"new", (b"k",))]


def fill(path: Path) -> None:
    """Make a closed journal of 21 entries and a snapshot, 30 pages or so."""
    with SqliteJournal(path) as journal:
        batch = [Entry(b"%d" % number + bytes(3_000), (b"k", b"%d" % number)) for number in range(20)]
        journal.append(0, batch)
        journal.append(20, [Entry(bytes([255]) * 30_000, (b"last",))])
        journal.save_snapshot(20, b"state")


@contextmanager
def length_limit(size: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def calls(journal: SqliteJournal) -> list[Callable[[], object]]:
    return [
        lambda: journal.read(0, 100),
        lambda: journal.find(b"k"),
        journal.load_snapshot,
        lambda: journal.save_snapshot(1, b"other"),
        lambda: journal.append(len(journal.read(0, 100)), ENTRY),
    ]


def connection(journal: SqliteJournal) -> sqlite3.Connection:
    assert journal._db is not None
    return journal._db


def fails_cleanly(journal: SqliteJournal, reason: str, entries: list[Entry] = ENTRY) -> None:
    """The append fails with a plain `JournalError`, stores nothing, and reading goes on."""
    before = (list(journal.read(0, 1_000)), list(journal.find(b"k")))
    with pytest.raises(JournalError, match=reason) as caught:
        journal.append(len(before[0]), entries)
    assert type(caught.value) is JournalError
    assert (list(journal.read(0, 1_000)), list(journal.find(b"k"))) == before


def change(path: Path, statement: str) -> None:
    """What another program does to a file."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(statement)
    db.close()


def crash(path: Path) -> None:
    """Leave a file and a log that holds one entry more, as a process that died does."""
    with SqliteJournal(path) as journal:
        journal.append(21, [Entry(bytes(50_000), (b"after the crash",))])
        names = (path, path.with_name(f"{path.name}-wal"))
        contents = [name.read_bytes() for name in names]
    for name, content in zip(names, contents, strict=True):
        name.write_bytes(content)
