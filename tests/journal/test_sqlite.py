"""The journal in a SQLite file: the contract, and writes that fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launchnotice.errors import Conflict, JournalError
from launchnotice.journal import Entry, Journal
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.testing.journal import JournalContract
from tests.journal.sqlite_helpers import ENTRY, connection, crash, fails_cleanly, fill, length_limit


class TestSqliteJournal(JournalContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path
        self.files = 0
        self.handles: list[tuple[SqliteJournal, Path]] = []
        yield
        for journal, _ in self.handles:
            journal.close()

    def make(self) -> Journal:
        self.files += 1
        return self.open(self.folder / f"journal-{self.files}")

    def reopen(self, journal: Journal) -> Journal:
        return self.open(next(path for handle, path in self.handles if handle is journal))

    def discard(self, journal: Journal) -> None:
        assert isinstance(journal, SqliteJournal)
        journal.close()

    def open(self, path: Path) -> SqliteJournal:
        journal = SqliteJournal(path)
        self.handles.append((journal, path))
        return journal


def test_read_only_file_stores_nothing_and_still_reads(open_folder: Path) -> None:
    path = open_folder / "journal"
    fill(path)
    path.chmod(0o400)
    content = path.read_bytes()
    with SqliteJournal(path) as journal:
        fails_cleanly(journal, "readonly")
        with pytest.raises(JournalError, match="readonly"):
            journal.save_snapshot(1, b"new")
        assert journal.load_snapshot() == (20, b"state")
    assert path.read_bytes() == content


def test_read_only_empty_file_and_folder_are_errors(open_folder: Path) -> None:
    (open_folder / "empty").touch(mode=0o400)
    open_folder.chmod(0o500)
    for name in ("empty", "new"):
        with pytest.raises(JournalError) as caught:
            SqliteJournal(open_folder / name)
        assert type(caught.value) is JournalError
        assert "\n" not in str(caught.value)


def test_journal_that_becomes_read_only_stores_nothing_and_still_reads(filled: Path) -> None:
    with SqliteJournal(filled) as journal:
        connection(journal).execute("PRAGMA query_only = ON")
        fails_cleanly(journal, "readonly")
        connection(journal).execute("PRAGMA query_only = OFF")
        journal.append(21, ENTRY)


def test_full_disk_stores_nothing_and_goes_on_when_there_is_room(filled: Path) -> None:
    with SqliteJournal(filled) as journal:
        pages = connection(journal).execute("PRAGMA page_count").fetchone()[0]
        connection(journal).execute(f"PRAGMA max_page_count = {pages + 3}")
        batch = [Entry(b"fits", (b"k",)), Entry(bytes(100_000), (b"k", b"too large"))]
        fails_cleanly(journal, "full", batch)
        connection(journal).execute("PRAGMA max_page_count = 1000000")
        journal.append(21, batch)
        assert journal.find(b"too large") == [(23, bytes(100_000))]


def test_write_refused_by_the_system_stores_nothing(filled: Path) -> None:
    """A limit on the length of files makes writing the log fail while committing, as a full disk does."""
    with SqliteJournal(filled) as journal:
        with length_limit(50_000):
            fails_cleanly(journal, "I/O|full", [Entry(bytes(100_000), ())])
        assert len(journal.read(0, 100)) == 21
        journal.append(21, ENTRY)


def test_log_that_cannot_be_written_back_is_kept_and_read(filled: Path) -> None:
    crash(filled)
    with length_limit(filled.stat().st_size), SqliteJournal(filled) as journal:
        assert journal.find(b"after the crash") == [(22, bytes(50_000))]
        fails_cleanly(journal, "I/O|full", [Entry(bytes(200_000), ())])
    assert filled.with_name("journal-wal").stat().st_size > 50_000
    with SqliteJournal(filled) as journal:
        assert len(journal.read(0, 100)) == 22


def test_locked_file_is_an_error_until_it_is_free(filled: Path) -> None:
    other = sqlite3.connect(filled, isolation_level=None)
    with SqliteJournal(filled, busy_timeout=0.05) as journal:
        other.execute("BEGIN IMMEDIATE")
        fails_cleanly(journal, "locked")
        with pytest.raises(JournalError, match="locked"):
            SqliteJournal(filled, busy_timeout=0.05)
        other.execute("ROLLBACK")
        journal.append(21, ENTRY)
    other.close()


@pytest.mark.parametrize(("data", "keys"), [("text", ()), (b"x", ("text",)), (object(), ())])
def test_what_is_not_bytes_is_not_stored(filled: Path, data: Any, keys: Any) -> None:
    with SqliteJournal(filled) as journal:
        fails_cleanly(journal, "CHECK|not supported", [*ENTRY, Entry(data, keys)])


def test_numbers_beyond_64_bits_are_errors(filled: Path) -> None:
    with SqliteJournal(filled) as journal:
        for call in (lambda: journal.save_snapshot(2**64, b""), lambda: journal.read(2**64, 1)):
            with pytest.raises(JournalError, match="too large"):
                call()
        assert journal.load_snapshot() == (20, b"state")


class Faulty(sqlite3.Connection):
    """Runs a statement, or does not, and then fails, as long as `faults` says so."""

    faults: dict[str, bool] = {}  # noqa: RUF012 - shared with the test on purpose

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql not in self.faults:
            return super().execute(sql, *values)
        if self.faults[sql]:
            super().execute(sql, *values)
        raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Statement -> whether it takes effect before it fails."""
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: connect(*args, factory=Faulty, **options)
    )
    planned: dict[str, bool] = {}
    monkeypatch.setattr(Faulty, "faults", planned)
    return planned


@pytest.mark.parametrize("effect", [False, True])
def test_failed_commit_leaves_an_unknown_outcome_that_reading_decides(
    filled: Path, faults: dict[str, bool], *, effect: bool
) -> None:
    with SqliteJournal(filled) as journal, SqliteJournal(filled) as other:
        faults["COMMIT"] = effect
        with pytest.raises(JournalError, match="I/O"):
            journal.append(21, ENTRY)
        faults.clear()
        last = 21 + effect
        assert len(journal.read(0, 100)) == len(other.read(0, 100)) == last
        other.append(last, ENTRY)
        with pytest.raises(Conflict):
            journal.append(last, ENTRY)
        journal.append(last + 1, ENTRY)


def test_failed_rollback_is_survived_by_reopening(filled: Path, faults: dict[str, bool]) -> None:
    with SqliteJournal(filled) as journal, SqliteJournal(filled, busy_timeout=0.05) as other:
        faults["ROLLBACK"] = False
        with pytest.raises(Conflict):
            journal.append(3, ENTRY)
        other.append(21, ENTRY)
        faults.clear()
        journal.append(22, ENTRY)


@pytest.mark.parametrize("statement", ["PRAGMA synchronous = FULL", "PRAGMA page_count"])
def test_failed_opening_can_be_tried_again(filled: Path, faults: dict[str, bool], statement: str) -> None:
    faults[statement] = False
    with pytest.raises(JournalError, match="I/O"):
        SqliteJournal(filled)
    faults.clear()
    with SqliteJournal(filled) as journal:
        journal.append(21, ENTRY)


def test_place_without_a_log_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoLog(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("journal_mode = WAL", "journal_mode = DELETE"), *values)

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, factory=NoLog, **options))
    with pytest.raises(JournalError, match="no write-ahead log"):
        SqliteJournal(path)


def test_interrupted_append_is_rolled_back(filled: Path) -> None:
    class Interrupted(Entry):
        @property
        def keys(self) -> tuple[bytes, ...]:
            raise KeyboardInterrupt

    with SqliteJournal(filled) as journal, SqliteJournal(filled, busy_timeout=0.05) as other:
        with pytest.raises(KeyboardInterrupt):
            journal.append(21, [*ENTRY, Interrupted(b"x", ())])
        other.append(21, ENTRY)
        journal.append(22, ENTRY)
