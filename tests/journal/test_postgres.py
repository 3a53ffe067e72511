"""The journal in a PostgreSQL database: the contract, who may write, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from launchnotice.errors import Conflict, Corrupt, JournalError
from launchnotice.journal import Entry, Journal, filing
from launchnotice.testing.journal import JournalContract
from tests.support import postgres
from tests.support.postgres import Server, execute

if TYPE_CHECKING:
    from psycopg import Connection

    from launchnotice.journal.postgres import PostgresJournal

pytestmark = postgres.needed
ENTRY = [Entry(b"new", (b"k",))]
NUMBERS = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres.server() as made:
        yield made


@pytest.fixture
def alone(server: Server) -> Iterator[str]:
    """A database that no other test uses, whose role may be given settings."""
    name = f"alone{next(NUMBERS)}"
    execute(server.conninfo, f"CREATE DATABASE {name}")
    yield f"host={server.folder} user=postgres dbname={name}"
    execute(server.conninfo, f"DROP DATABASE {name} WITH (FORCE)")


def opened(conninfo: str, channel: bytes = b"c" * 32, party: str = "US", **more: Any) -> PostgresJournal:
    from launchnotice.journal.postgres import PostgresJournal

    return PostgresJournal(conninfo, channel, party, **more)


class TestPostgresJournal(JournalContract):
    @pytest.fixture(autouse=True)
    def _handles(self, server: Server) -> Iterator[None]:
        self.conninfo = server.conninfo
        self.handles: list[tuple[PostgresJournal, bytes]] = []
        yield
        for journal, _ in self.handles:
            journal.close()

    def make(self) -> Journal:
        return self.open(next(NUMBERS).to_bytes(32))

    def reopen(self, journal: Journal) -> Journal:
        return self.open(next(channel for handle, channel in self.handles if handle is journal))

    def discard(self, journal: Journal) -> None:
        next(handle for handle, _ in self.handles if handle is journal).close()

    def open(self, channel: bytes) -> PostgresJournal:
        journal = opened(self.conninfo, channel)
        self.handles.append((journal, channel))
        return journal


class TestWithTheRightsOfANode(TestPostgresJournal):
    """A role that may neither change nor remove an entry, nor make a table, keeps the whole contract."""

    GRANTS = (
        "DROP OWNED BY node",
        "GRANT USAGE ON SCHEMA launchnotice TO node",
        "GRANT SELECT ON ALL TABLES IN SCHEMA launchnotice TO node",
        "GRANT INSERT ON launchnotice.journal, launchnotice.entry, launchnotice.look_up TO node",
        "GRANT INSERT, UPDATE ON launchnotice.snapshot TO node",
    )

    @pytest.fixture(autouse=True)
    def _role(self, server: Server, _handles: None) -> None:
        opened(server.conninfo).close()
        if not execute(server.conninfo, "SELECT 1 FROM pg_roles WHERE rolname = 'node'"):
            execute(server.conninfo, "CREATE ROLE node LOGIN")
        execute(server.conninfo, *self.GRANTS)
        self.conninfo = server.conninfo.replace("user=postgres", "user=node")

    def test_nothing_can_be_changed_or_removed(self) -> None:
        journal = self.make()
        journal.append(0, ENTRY)
        for statement in (
            "UPDATE launchnotice.entry SET data = ''",
            "DELETE FROM launchnotice.entry",
            "DELETE FROM launchnotice.look_up",
            "DROP TABLE launchnotice.entry",
        ):
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                execute(self.conninfo, statement)


def test_journals_of_one_database_do_not_see_each_other(alone: str) -> None:
    pairs = [(bytes([channel]) * 32, party) for channel in (1, 2) for party in ("US", "RU")]
    journals = [opened(alone, *pair) for pair in pairs]
    for number, journal in enumerate(journals):
        journal.append(0, [Entry(b"%d" % number, (b"k",))] * (number + 1))
        journal.save_snapshot(number, b"%d" % number)
    for number, journal in enumerate(journals):
        assert (
            journal.read(0, 10) == journal.find(b"k") == [(n + 1, b"%d" % number) for n in range(number + 1)]
        )
        assert journal.load_snapshot() == (number, b"%d" % number)
        journal.close()


@pytest.mark.parametrize(("data", "keys"), [("text", ()), (b"x", ("text",)), (object(), ()), (None, ())])
def test_what_is_not_bytes_is_not_stored(alone: str, data: Any, keys: Any) -> None:
    with opened(alone) as journal:
        with pytest.raises(JournalError, match="expected bytes, got"):
            journal.append(0, [*ENTRY, Entry(data, keys)])
        with pytest.raises(JournalError, match="expected bytes, got"):
            journal.save_snapshot(1, "text")  # type: ignore[arg-type]  # that is the point
        assert journal.read(0, 10) == []


# Writers -----------------------------------------------------------------------------------


def test_a_writer_that_waits_for_another_one_conflicts_when_that_commits(alone: str) -> None:
    """Both find the same last position; the primary key decides."""
    with opened(alone) as one, opened(alone) as two:
        lost: list[type] = []

        def late() -> None:
            try:
                two.append(0, [Entry(b"two", ())])
            except JournalError as error:
                lost.append(type(error))

        with one._writing() as db:
            insert_first(db, one, b"one")
            other = threading.Thread(target=late)
            other.start()
            waits_for(alone, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        other.join()
        assert lost == [Conflict]
        assert two.read(0, 10) == [(1, b"one")]


def test_a_writer_does_not_wait_for_ever_for_another_one(alone: str) -> None:
    with opened(alone) as one, opened(alone, timeout=0.1) as two:
        with one._writing() as db:
            insert_first(db, one, b"one")
            with pytest.raises(JournalError, match="statement timeout") as caught:
                two.append(0, ENTRY)
            assert type(caught.value) is JournalError
        assert two.read(0, 10) == [(1, b"one")]
        two.append(1, ENTRY)


def test_a_writer_that_stops_half_way_is_rolled_back_by_the_server(alone: str) -> None:
    with opened(alone, timeout=0.1) as stopped, opened(alone) as other:
        with pytest.raises(JournalError), stopped._writing() as db:
            insert_first(db, stopped, b"half")
            waits_for(
                alone,
                "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in%')",
            )
            other.append(0, ENTRY)
        assert stopped.read(0, 10) == [(1, b"new")]


def test_several_that_make_the_tables_at_once_share_them(server: Server) -> None:
    for _ in range(5):
        name = f"race{next(NUMBERS)}"
        execute(server.conninfo, f"CREATE DATABASE {name}")
        conninfo = f"host={server.folder} user=postgres dbname={name}"
        failed: list[Exception] = []

        def open_and_append(mine: bytes, conninfo: str = conninfo, failed: list[Exception] = failed) -> None:
            try:
                with opened(conninfo) as journal:
                    insist(journal, mine)
            except JournalError as error:
                failed.append(error)

        threads = [threading.Thread(target=open_and_append, args=(b"%d" % number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        with opened(conninfo) as journal:
            assert sorted(stored.data for stored in journal.read(0, 10)) == [b"0", b"1", b"2", b"3"]


def test_the_servers_default_isolation_does_not_matter(alone: str) -> None:
    strict = f"{alone} options='-c default_transaction_isolation=serializable'"
    with opened(strict) as one, opened(strict) as two:
        one.append(0, ENTRY)
        with pytest.raises(Conflict):
            two.append(0, ENTRY)
        two.append(1, ENTRY)


# Outcomes that are not known ---------------------------------------------------------------


@pytest.fixture
def waiting() -> Iterator[Server]:
    """A server whose commits wait for a standby that never comes, once that is switched on."""
    with postgres.server() as made:
        yield made


@pytest.mark.parametrize(
    ("statement", "told"), [("cancel", "with a warning"), ("terminate", "terminating|closed")]
)
def test_a_commit_that_the_standby_did_not_confirm_has_an_unknown_outcome(
    waiting: Server, statement: str, told: str
) -> None:
    """The server itself calls it committed, and only warns, if somebody cancels the wait."""
    with opened(waiting.conninfo) as journal:
        journal.append(0, ENTRY)
        wait_for_standby(waiting)
        ender = threading.Thread(target=end_the_wait, args=(waiting.conninfo, statement))
        ender.start()
        with pytest.raises(JournalError, match=told) as caught:
            journal.append(1, [Entry(b"perhaps", (b"k",))])
        ender.join()
        assert type(caught.value) is JournalError
        assert "\n" not in str(caught.value)
        assert journal.read(0, 10) == [(1, b"new"), (2, b"perhaps")]  # on a connection of its own


def test_a_broken_connection_is_an_error_and_then_replaced(alone: str) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'launchnotice'"
    calls: list[Callable[[PostgresJournal], object]] = [
        lambda journal: journal.append(1, ENTRY),
        lambda journal: journal.read(0, 10),
        lambda journal: journal.find(b"k"),
        lambda journal: journal.load_snapshot(),
        lambda journal: journal.save_snapshot(1, b"x"),
    ]
    with opened(alone) as journal:
        journal.append(0, ENTRY)
        for call in calls:
            execute(alone, ended)
            with pytest.raises(JournalError) as caught:
                call(journal)
            assert type(caught.value) is JournalError
            assert journal.read(0, 10) == [(1, b"new")]
        journal.append(1, ENTRY)


def test_a_transaction_that_failed_is_never_taken_for_committed(alone: str) -> None:
    import psycopg

    with opened(alone) as journal:
        with (
            pytest.raises(JournalError, match="not committed: ROLLBACK"),
            journal._writing() as db,
            suppress(psycopg.Error),
        ):
            db.execute("SELECT 1 / 0")
        journal.append(0, ENTRY)


def test_what_is_not_a_warning_is_none(alone: str) -> None:
    with opened(alone) as journal:
        with journal._writing() as db:
            db.execute("DO $$ BEGIN RAISE NOTICE 'for your information'; END $$")
        journal.append(0, ENTRY)


def test_what_was_acknowledged_survives_a_crash_of_the_server(waiting: Server) -> None:
    with opened(waiting.conninfo) as journal:
        for number in range(50):
            journal.append(number, [Entry(b"%d" % number, (b"k",))])
        waiting.stop(mode="immediate")
        with pytest.raises(JournalError):
            journal.append(50, ENTRY)
        with pytest.raises(JournalError, match="connection"):
            journal.read(0, 10)
        waiting.start()
        assert journal.read(0, 100) == journal.find(b"k") == [(n + 1, b"%d" % n) for n in range(50)]


def test_an_interrupted_append_is_rolled_back(alone: str) -> None:
    with opened(alone) as journal, opened(alone, timeout=1) as other:
        with pytest.raises(KeyboardInterrupt), journal._writing() as db:
            insert_first(db, journal, b"half")
            raise KeyboardInterrupt
        other.append(0, ENTRY)
        journal.append(1, ENTRY)


# Servers that are refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("synchronous_commit=off", "synchronous_commit is off, expected on or remote_apply"),
        ("synchronous_commit=local", "synchronous_commit is local"),
        ("synchronous_commit=remote_write", "synchronous_commit is remote_write"),
        ("default_transaction_read_only=on", "read only"),
    ],
)
def test_a_session_whose_commits_are_not_durable_is_refused(alone: str, setting: str, told: str) -> None:
    opened(alone).close()
    with pytest.raises(JournalError, match=told):
        opened(f"{alone} options='-c {setting}'")


def test_a_stronger_commit_is_taken(alone: str) -> None:
    with opened(f"{alone} options='-c synchronous_commit=remote_apply'") as journal:
        journal.append(0, ENTRY)


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_setting_that_changes_under_an_open_journal_stops_writing_alone(
    waiting: Server, setting: str
) -> None:
    with opened(waiting.conninfo) as journal:
        journal.append(0, ENTRY)
        change(waiting, setting, "off")
        with pytest.raises(JournalError, match=f"{setting} is off"):
            journal.append(1, ENTRY)
        with pytest.raises(JournalError, match=f"{setting} is off"):
            journal.save_snapshot(1, b"x")
        with pytest.raises(JournalError, match=f"{setting} is off"):
            opened(waiting.conninfo)
        assert journal.read(0, 10) == [(1, b"new")]
        change(waiting, setting, "on")
        journal.append(1, ENTRY)


def test_a_standby_is_refused_until_it_is_promoted(waiting: Server) -> None:
    with postgres.folder() as place, opened(waiting.conninfo) as journal:
        journal.append(0, ENTRY)
        standby = Server(place)
        standby.copy(waiting)
        standby.start()
        try:
            with pytest.raises(JournalError, match="a standby; a journal needs the primary"):
                opened(standby.conninfo)
            standby.promote()
            with opened(standby.conninfo) as promoted:
                promoted.append(1, ENTRY)
        finally:
            standby.stop()


@pytest.mark.parametrize(
    "conninfo",
    [
        "host=/nowhere dbname=x password=secret",
        "postgresql://user:secret@localhost:1/x",
        "secret is no string",
    ],
)
def test_a_server_that_cannot_be_reached_is_an_error_that_tells_no_password(conninfo: str) -> None:
    with pytest.raises(JournalError) as caught:
        opened(conninfo, timeout=1)
    assert type(caught.value) is JournalError
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


# Tables that are refused -------------------------------------------------------------------

OTHERS = {
    "newer": ("UPDATE launchnotice.format SET version = 3", "expected format 2, got 3"),
    "older": ("UPDATE launchnotice.format SET version = 1", "expected format 2, got 1"),
    "no format": ("DELETE FROM launchnotice.format", "expected format 2, got none"),
    "two formats": ("INSERT INTO launchnotice.format VALUES (3)", "expected format 2, got 2, 3"),
    "foreign": ("DROP TABLE launchnotice.format", "another application's"),
    "table gone": ("DROP TABLE launchnotice.snapshot", "missing column snapshot.journal bigint"),
    "table more": ("CREATE TABLE launchnotice.x (y int)", r"unexpected column x\.y integer, null allowed"),
    "view": ("CREATE VIEW launchnotice.x AS SELECT 1 AS y", "unexpected table x of kind v"),
    "column gone": ("ALTER TABLE launchnotice.entry DROP data", r"missing column entry\.data bytea"),
    "other type": (
        "ALTER TABLE launchnotice.entry ALTER position TYPE int",
        r"missing column entry\.position bigint, unexpected column entry\.position integer",
    ),
    "null": (
        "ALTER TABLE launchnotice.entry ALTER data DROP NOT NULL",
        "unexpected column entry.data bytea, null",
    ),
    "no key": ("ALTER TABLE launchnotice.entry DROP CONSTRAINT entry_pkey", "missing key entry PRIMARY KEY"),
    "check": ("ALTER TABLE launchnotice.entry ADD CHECK (position < 9)", "unexpected key entry CHECK"),
    "rule": (
        "CREATE RULE r AS ON DELETE TO launchnotice.entry DO INSTEAD NOTHING",
        r"unexpected rule entry\.r",
    ),
    "unlogged": ("ALTER TABLE launchnotice.entry SET UNLOGGED", "unexpected table entry, unlogged"),
    "policies": ("ALTER TABLE launchnotice.entry ENABLE ROW LEVEL SECURITY", "entry, with row security"),
    "trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON launchnotice.entry FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        r"unexpected trigger entry\.t",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_tables_are_refused_by_an_error_that_names_what_differs(alone: str, name: str) -> None:
    statement, told = OTHERS[name]
    with opened(alone) as journal:
        journal.append(0, ENTRY)
    execute(alone, statement)
    with pytest.raises(Corrupt, match=told) as caught:
        opened(alone)
    assert "\n" not in str(caught.value)


def test_a_schema_of_that_name_with_nothing_in_it_is_refused(alone: str) -> None:
    execute(alone, "CREATE SCHEMA launchnotice")
    with pytest.raises(Corrupt, match="another application's"):
        opened(alone)


def test_an_index_of_ones_own_is_nobodys_business(alone: str) -> None:
    opened(alone).close()
    execute(alone, "CREATE INDEX ON launchnotice.entry (length(data))")
    opened(alone).close()


def test_a_journal_that_was_open_does_not_come_back_as_an_empty_one(alone: str) -> None:
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'launchnotice'"
    with opened(alone) as journal:
        journal.append(0, ENTRY)
        execute(alone, "DELETE FROM launchnotice.journal", ended)
        for told in ("terminating|closed", "no longer has it"):
            with pytest.raises(JournalError, match=told):
                journal.read(0, 10)
        execute(alone, "DROP SCHEMA launchnotice CASCADE")
        with pytest.raises(JournalError, match="the schema is gone"):
            journal.read(0, 10)


def test_tables_that_vanish_under_an_open_journal_are_noticed(alone: str) -> None:
    with opened(alone) as journal:
        execute(alone, "DROP TABLE launchnotice.look_up")
        with pytest.raises(Corrupt, match="a table is gone"):
            journal.find(b"k")


# Rows that are damaged ---------------------------------------------------------------------


@pytest.fixture
def filled(alone: str) -> str:
    with opened(alone) as journal:
        journal.append(0, [Entry(b"%d" % number, (b"k", b"%d" % number)) for number in range(1, 6)])
    return alone


def test_a_missing_entry_is_noticed(filled: str) -> None:
    execute(filled, "DELETE FROM launchnotice.entry WHERE position = 3")
    with opened(filled) as journal:
        for after, limit in ((0, 10), (2, 1)):
            with pytest.raises(Corrupt, match="entries are missing after position"):
                journal.read(after, limit)
        for key in (b"k", b"3"):
            with pytest.raises(Corrupt, match="a key names an entry that is missing"):
                journal.find(key)
        assert journal.read(3, 10) == [(4, b"4"), (5, b"5")]


OTHER_ROWS = "its look-up rows are not those of its entries"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM launchnotice.look_up WHERE position = 3 AND key = '3'", OTHER_ROWS),
        ("UPDATE launchnotice.look_up SET position = 2 WHERE position = 3 AND key = '3'", OTHER_ROWS),
        ("UPDATE launchnotice.look_up SET key = 'x' WHERE position = 3 AND key = '3'", OTHER_ROWS),
        (
            "INSERT INTO launchnotice.look_up SELECT journal, 'more', position FROM launchnotice.entry",
            OTHER_ROWS,
        ),
        (
            "UPDATE launchnotice.entry SET filed = decode(repeat('00', 64), 'hex') WHERE position = 5",
            OTHER_ROWS,
        ),
        ("UPDATE launchnotice.entry SET filed = '' WHERE position = 5", "entry 5 has no digest"),
        (
            "UPDATE launchnotice.entry SET filed = substr(filed, 1, 63) WHERE position = 5",
            "entry 5 has no digest",
        ),
        (
            "UPDATE launchnotice.entry SET data = 'x' WHERE position = 5",
            "entry 5 is not what was appended",
        ),
    ],
)
def test_changed_look_up_rows_and_a_changed_last_entry_are_refused(
    filled: str, statement: str, told: str
) -> None:
    """A row that is gone would look like a key never used; no hash chain reaches beyond the last entry."""
    opened(filled).close()
    execute(filled, statement)
    with pytest.raises(Corrupt, match=told):
        opened(filled)


def test_a_journal_that_was_cut_back_whole_opens(filled: str) -> None:
    """A lost commit is for the anchor to notice; what is left is in order."""
    execute(
        filled,
        "DELETE FROM launchnotice.entry WHERE position > 3",
        "DELETE FROM launchnotice.look_up WHERE position > 3",
    )
    with opened(filled) as journal:
        journal.append(3, ENTRY)


def test_a_closed_journal_says_so(alone: str) -> None:
    journal = opened(alone)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.read(0, 1)


def test_without_the_driver_the_error_names_the_extra() -> None:
    program = "import sys; sys.modules['psycopg'] = None; import launchnotice.journal.postgres"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "needs psycopg: install launchnotice[postgres]" in done.stderr


# Helpers -----------------------------------------------------------------------------------


def insist(journal: PostgresJournal, data: bytes) -> None:
    """Append after whatever there is."""
    while True:
        try:
            journal.append(len(journal.read(0, 100)), [Entry(data, ())])
        except Conflict:
            continue
        return


def insert_first(db: Connection[Any], journal: PostgresJournal, data: bytes) -> None:
    """The row of a first entry without keys, in the transaction of a writer that stops half way."""
    row = (journal._id, data, filing.filed(filing.NO_ROWS, data))
    db.execute("INSERT INTO launchnotice.entry VALUES (%s, 1, %s, %s)", row)


def waits_for(conninfo: str, query: str) -> None:
    """Wait until a query finds something."""
    end = time.monotonic() + 10
    while not execute(conninfo, query):
        assert time.monotonic() < end, query
        time.sleep(0.01)


def change(server: Server, setting: str, value: str) -> None:
    """Change a setting of a running server and wait until sessions have it."""
    execute(server.conninfo, f"ALTER SYSTEM SET {setting} = {value}", "SELECT pg_reload_conf()")
    waits_for(server.conninfo, f"SELECT 1 WHERE current_setting('{setting}') = '{value}'")
    time.sleep(0.05)


def wait_for_standby(server: Server) -> None:
    change(server, "synchronous_standby_names", "nobody")
    # The checkpointer tells the sessions.
    waits_for(server.conninfo, "SELECT 1 WHERE current_setting('synchronous_standby_names') = 'nobody'")


def end_the_wait(conninfo: str, how: str) -> None:
    waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    waits_for(conninfo, f"SELECT 1 {waiting}")
    execute(conninfo, f"SELECT pg_{how}_backend(pid) {waiting}")
