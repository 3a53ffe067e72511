"""Files that the SQLite journal opens, and those that it refuses: foreign, damaged, replaced."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path
from stat import S_IMODE

import pytest

from launchnotice.errors import Corrupt, JournalError
from launchnotice.journal.sqlite import SqliteJournal
from tests.journal.sqlite_helpers import ENTRY, calls, change, connection, crash, fill

PAGE = 4096
KEYS = (b"k", b"last", *(b"%d" % number for number in range(20)), b"never used")


def refuse(path: Path, reason: str) -> None:
    """Opening is refused as corrupt, in one line that names the file, and changes nothing."""
    content = path.read_bytes() if path.is_file() and path.stat().st_mode & 0o400 else None
    with pytest.raises(Corrupt, match=reason) as caught:
        SqliteJournal(path)
    assert str(caught.value).startswith(f"journal {path}: ")
    assert "\n" not in str(caught.value)
    if content is not None:
        assert path.read_bytes() == content


# Opening


def test_new_and_empty_files_become_journals_that_only_the_owner_reads(path: Path) -> None:
    SqliteJournal(path).close()
    assert S_IMODE(path.stat().st_mode) == 0o600
    path.with_name("empty").touch()
    with SqliteJournal(path.with_name("empty")) as journal:
        journal.append(0, ENTRY)


def test_file_states_its_application_format_and_mode(filled: Path) -> None:
    with SqliteJournal(filled) as journal:
        db = connection(journal)
        settings = ("application_id", "user_version", "journal_mode", "synchronous")
        found = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
        assert found == [int.from_bytes(b"LNPJ", "big"), 2, b"wal", 2]
    assert filled.read_bytes()[68:72] == b"LNPJ"


def test_names_that_mean_something_to_sqlite_are_plain_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "a'b%20c"):
        with SqliteJournal(name) as journal:
            journal.append(0, ENTRY)
        assert (tmp_path / name).stat().st_size > 0


def test_link_is_followed(filled: Path) -> None:
    link = filled.with_name("link")
    link.symlink_to(filled)
    with SqliteJournal(filled) as one, SqliteJournal(link) as two:
        two.append(21, ENTRY)
        assert one.find(b"k")[-1] == (22, b"new")


def test_missing_folder_is_an_error_not_damage(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="No such file") as caught:
        SqliteJournal(tmp_path / "missing" / "journal")
    assert type(caught.value) is JournalError


def test_calls_after_close_are_refused(path: Path) -> None:
    journal = SqliteJournal(path)
    journal.close()
    journal.close()
    for call in calls(journal):
        with pytest.raises(JournalError, match="closed"):
            call()


def test_another_thread_may_use_it(path: Path) -> None:
    with SqliteJournal(path) as journal:
        thread = threading.Thread(target=journal.append, args=(0, ENTRY))
        thread.start()
        thread.join()
        assert journal.read(0, 9) == [(1, b"new")]


# Damaged and foreign files


@pytest.mark.parametrize(
    "content", [b"x", b"\0" * 100, b"\0" * PAGE, b"garbage " * 5_000, b"SQLite format 3"]
)
def test_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refuse(path, "not a SQLite database")


def test_another_format_of_sqlite_header_is_refused(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    content[18:20] = b"\x09\x09"  # a read and write version from the future
    filled.write_bytes(content)
    refuse(filled, "not a SQLite database")


@pytest.mark.parametrize(
    "setup", ["CREATE TABLE x(y)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"]
)
def test_database_of_another_application_is_refused(path: Path, setup: str) -> None:
    change(path, setup)
    refuse(path, "another application")


@pytest.mark.parametrize("version", [0, 3, -1])
def test_unknown_format_version_is_refused(filled: Path, version: int) -> None:
    change(filled, f"PRAGMA user_version = {version}")
    refuse(filled, f"expected format 2, got {version}")


def test_format_1_with_the_tables_of_format_2_is_refused(filled: Path) -> None:
    change(filled, "PRAGMA user_version = 1")
    refuse(filled, "its tables are not those of format 1")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE look_up",
        "ALTER TABLE entry ADD COLUMN more",
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry; END",
    ],
)
def test_changed_tables_are_refused(filled: Path, statement: str) -> None:
    change(filled, statement)
    refuse(filled, "its tables are not those of format 2")


def test_every_truncation_is_refused(filled: Path) -> None:
    """Except to nothing: an empty file is a new journal, which the anchor then shows."""
    whole = filled.read_bytes()
    lengths = {1, 15, 16, 99, 100, 511, 512, *range(1_000, len(whole), 1_000), *range(PAGE, len(whole), PAGE)}
    for length in sorted({*lengths, len(whole) - 1}):
        filled.write_bytes(whole[:length])
        refuse(filled, "truncated|not a SQLite database")


@pytest.mark.parametrize("remove", [False, True])
def test_log_without_its_file_is_refused(filled: Path, *, remove: bool) -> None:
    """SQLite would delete the log, and with it what was committed."""
    crash(filled)
    log = filled.with_name("journal-wal")
    if remove:
        filled.unlink()
    else:
        filled.write_bytes(b"")
    assert log.stat().st_size > 0
    with pytest.raises(Corrupt, match="its write-ahead log is not"):
        SqliteJournal(filled)
    assert log.stat().st_size > 0


def test_file_shorter_than_its_pages_is_fine_while_the_log_holds_them(filled: Path) -> None:
    crash(filled)
    with SqliteJournal(filled) as journal:
        assert journal.find(b"after the crash") == [(22, bytes(50_000))]


def test_folder_and_pipe_are_refused(tmp_path: Path) -> None:
    refuse(tmp_path, "not a file")
    os.mkfifo(tmp_path / "pipe")
    refuse(tmp_path / "pipe", "not a file")


def test_unreadable_file_is_refused(open_folder: Path) -> None:
    path = open_folder / "journal"
    fill(path)
    path.chmod(0)
    refuse(path, "unreadable")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM look_up WHERE position = 7 AND key = x'6b'", "are not those of its entries"),
        ("DELETE FROM look_up", "are not those of its entries"),
        ("INSERT INTO look_up VALUES (x'6b', 22)", "are not those of its entries"),
        ("UPDATE look_up SET key = x'6c' WHERE position = 7 AND key = x'6b'", "are not those of its entries"),
        (
            "UPDATE look_up SET position = 22 WHERE position = 7 AND key = x'6b'",
            "are not those of its entries",
        ),
        ("UPDATE entry SET filed = zeroblob(64) WHERE position = 21", "are not those of its entries"),
        ("UPDATE entry SET filed = NULL WHERE position = 21", "entry 21 has no digest of the look-up rows"),
        ("UPDATE entry SET filed = zeroblob(63) WHERE position = 21", "entry 21 has no digest"),
        ("UPDATE entry SET data = zeroblob(30000) WHERE position = 21", "entry 21 is not what was appended"),
    ],
)
def test_changed_look_up_rows_and_a_changed_last_entry_are_refused(
    filled: Path, statement: str, reason: str
) -> None:
    """A row that is gone would look like a key never used; no hash chain reaches beyond the last entry."""
    change(filled, statement)
    refuse(filled, reason)


def test_look_up_rows_out_of_order_or_of_another_type_are_refused(filled: Path) -> None:
    """A search descends by the order of the rows, so it misses one that stands elsewhere."""
    whole = filled.read_bytes()
    row = b"\x0e\x01k\x07"  # header: a blob of one byte and an integer of one; then both
    assert whole.count(row) == 1
    filled.write_bytes(whole.replace(row, b"\x0e\x01a\x07"))
    refuse(filled, "its look-up rows are out of order")
    filled.write_bytes(whole.replace(row, b"\x0f\x01k\x07"))  # the same bytes as text
    refuse(filled, "its look-up rows are not those of its entries")


def test_damage_to_the_look_up_rows_that_comes_while_open_is_noticed_at_the_next_opening(
    filled: Path,
) -> None:
    with SqliteJournal(filled) as journal:
        change(filled, "DELETE FROM look_up WHERE position = 7")
        journal.append(21, ENTRY)
    refuse(filled, "are not those of its entries")


def test_a_lost_digest_is_noticed_before_anything_is_written(filled: Path) -> None:
    with SqliteJournal(filled) as journal:
        change(filled, "UPDATE entry SET filed = NULL")
        with pytest.raises(Corrupt, match="entry 21 has no digest"):
            journal.append(21, ENTRY)
        assert len(journal.read(0, 100)) == 21


def test_holes_and_dangling_keys_are_damage(filled: Path) -> None:
    change(filled, "DELETE FROM entry WHERE position = 7")
    with SqliteJournal(filled) as journal:
        assert len(journal.read(0, 6)) == 6
        assert len(journal.read(7, 100)) == 14
        with pytest.raises(Corrupt, match="entries are missing after position 0"):
            journal.read(0, 7)
        with pytest.raises(Corrupt, match="entries are missing after position 6"):
            journal.read(6, 1)
        with pytest.raises(Corrupt, match="a key names an entry that is missing"):
            journal.find(b"k")


def test_any_damaged_byte_gives_an_answer_or_a_journal_error(filled: Path) -> None:
    """Changed content is for the caller's hash chain; what may not come out is a `sqlite3.Error`.

    Nor may a key find less: no chain of the caller's tells that.
    """
    whole = filled.read_bytes()
    places = random.Random(1)
    refused = 0
    with SqliteJournal(filled) as journal:
        found = {key: [row.position for row in journal.find(key)] for key in KEYS}
    for place in [*range(0, 100, 3), *(places.randrange(100, len(whole)) for _ in range(40))]:
        damaged = bytearray(whole)
        damaged[place] ^= places.randrange(1, 256)
        filled.write_bytes(damaged)
        try:
            with SqliteJournal(filled, busy_timeout=0) as journal:
                assert {key: [row.position for row in journal.find(key)] for key in KEYS} == found
                for call in calls(journal):
                    call()
        except JournalError:
            refused += 1
        for name in ("journal-wal", "journal-shm", "journal-journal"):
            filled.with_name(name).unlink(missing_ok=True)
    assert refused > 0


# Files that change under an open journal


def test_replaced_file_is_noticed_before_anything_is_written(filled: Path) -> None:
    """A backup put in place of a running journal: the append fails, and the next fold sees the backup."""
    backup = filled.with_name("backup")
    with SqliteJournal(backup) as journal:
        journal.append(0, ENTRY)
    with SqliteJournal(filled) as journal:
        backup.replace(filled)
        with pytest.raises(JournalError, match="replaced or removed"):
            journal.append(21, ENTRY)
        assert journal.read(0, 100) == [(1, b"new")]
        journal.append(1, ENTRY)


@pytest.mark.parametrize("emptied", [False, True])
def test_removed_file_does_not_come_back_as_an_empty_journal(filled: Path, *, emptied: bool) -> None:
    with SqliteJournal(filled) as journal:
        filled.unlink()
        if emptied:
            filled.touch()
        with pytest.raises(JournalError, match="replaced or removed"):
            journal.append(21, ENTRY)
        for name in ("journal-wal", "journal-shm"):
            filled.with_name(name).unlink(missing_ok=True)
        for call in calls(journal):
            with pytest.raises(JournalError, match=r"gone|emptied"):
                call()
    assert filled.exists() == emptied
