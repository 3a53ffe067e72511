"""Journals on disk from other days and other places: they open as they were, or are refused as they are.

`stored/format-2.*` is what `python -m tests.journal.stored` leaves today: entries of format 2 in a
SQLite file of format 2. `stored/format-2-in-file-1.*` is the same story in a SQLite file of format 1,
as `journal/sqlite.py` of commit d0c7515 wrote it; `stored/format-1.*` in entries of format 1 as well,
all at commit 08cd805.
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from launchnotice import Channel, Corrupt, Endpoint
from launchnotice.core import entries
from launchnotice.journal import Anchor, Entry, Journal, Stored
from launchnotice.journal.anchor import FileAnchor, MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import FindingCode
from tests.support import NOW, make_centre, make_channel

STORED = Path(__file__).parent / "stored"


def story(name: str) -> dict[str, Any]:
    """What is known of the stored journal of that name."""
    found: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    return found


NOW_WRITTEN, IN_FILE_1, FORMAT_1 = f"format-{entries.FORMAT}", "format-2-in-file-1", "format-1"
TODAY = story(NOW_WRITTEN)
CHANNEL = Channel.load(bytes.fromhex(TODAY["descriptor"]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of today's journal."""
    return copied(tmp_path, NOW_WRITTEN)


def copied(folder: Path, name: str) -> Path:
    return Path(shutil.copy(STORED / f"{name}.sqlite", folder / "journal"))


def anchored(name: str = NOW_WRITTEN) -> MemoryAnchor:
    anchor = MemoryAnchor()
    position, digest = story(name)["anchor"]
    anchor.store(position, bytes.fromhex(digest))
    return anchor


def memory(name: str) -> MemoryJournal:
    """The entries of a stored journal in memory, filed under keys as far as this version knows any."""
    journal = MemoryJournal()
    rows = [bytes.fromhex(row) for row in story(name)["entries"]]
    ours = name == NOW_WRITTEN
    journal.append(
        0, [Entry(row, entries.keys(entries.decode(0, row).entry) if ours else ()) for row in rows]
    )
    return journal


def opened(
    journal: Journal, anchor: Anchor | None = None, *, channel: Channel = CHANNEL, party: str = "US"
) -> Endpoint:
    return Endpoint.open(channel, party, journal, NOW, anchor=anchor or anchored())


def refuse_file(path: Path, reason: str, **more: Any) -> None:
    """Opening is refused as corrupt, and the folder's files are as they were."""
    before = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    with pytest.raises(Corrupt, match=reason) as caught, SqliteJournal(path) as journal:
        opened(journal, **more)
    assert "\n" not in str(caught.value)
    assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == before


# What keeps opening ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "store"), [(NOW_WRITTEN, "sqlite"), (NOW_WRITTEN, "memory"), (IN_FILE_1, "sqlite")]
)
def test_a_journal_of_this_format_opens_as_it_was(tmp_path: Path, name: str, store: str) -> None:
    """A stored journal must keep opening; ``python -m tests.journal.stored`` stores one of a new format."""
    known = story(name)
    path = copied(tmp_path, name)
    journal: Journal = SqliteJournal(path) if store == "sqlite" else memory(name)
    channel = Channel.load(bytes.fromhex(known["descriptor"]))
    endpoint = opened(journal, anchored(name), channel=channel)
    health, told = endpoint.health(NOW), known["health"]
    assert not health.restored
    assert [health.epoch[0], health.epoch[1].hex()] == told["epoch"]
    for field in ("position", "mandates", "gaps", "open_exchanges"):
        assert getattr(health, field) == told[field]
    assert told["gaps"] == ["RU"]
    launch = bytes.fromhex(known["launch"])
    assert endpoint.exchange(launch).deliveries["RU"].name == known["delivered"] == "ACKNOWLEDGED"
    assert endpoint.launch(launch, NOW).version == 1
    events = endpoint.events(0)
    assert [[event.position, event.code.value] for event in events] == known["events"]
    assert FindingCode.CHAIN_GAP in {finding.code for event in events for finding in event.findings}
    if isinstance(journal, SqliteJournal):
        journal.close()
        assert path.read_bytes() == (STORED / f"{name}.sqlite").read_bytes()


@pytest.mark.parametrize("name", [NOW_WRITTEN, IN_FILE_1])
def test_both_stored_forms_hold_the_same_entries(tmp_path: Path, name: str) -> None:
    with SqliteJournal(copied(tmp_path, name)) as journal:
        assert [row.data.hex() for row in journal.read(0, 1_000)] == story(name)["entries"]


@pytest.mark.parametrize("first", ["append", "snapshot"])
def test_the_first_write_moves_an_older_file_to_this_format(tmp_path: Path, first: str) -> None:
    """Not the opening: a journal that is only read stays one that the version before can open."""
    path, known = copied(tmp_path, IN_FILE_1), story(IN_FILE_1)
    count = len(known["entries"])
    with SqliteJournal(path) as older, SqliteJournal(path) as other:
        if first == "snapshot":
            older.save_snapshot(count, b"state")
        older.append(count, [Entry(b"new", (b"key",))])
        other.append(count + 1, [Entry(b"newer", (b"key",))])
    assert int.from_bytes(path.read_bytes()[60:64], "big") == 2  # user_version
    with SqliteJournal(path) as journal:
        rows = journal.read(0, 1_000)
        assert [row.data.hex() for row in rows[:count]] == known["entries"]
        assert list(journal.find(b"key")) == list(rows[count:])
        filed = [(row, key) for row in rows[:count] for key in keys_of(row)]
        assert filed
        assert all(row in journal.find(key) for row, key in filed)


def keys_of(row: Stored) -> tuple[bytes, ...]:
    return entries.keys(entries.decode(row.position, row.data).entry)


# What is refused ---------------------------------------------------------------------------


def test_a_journal_of_an_older_format_is_refused(tmp_path: Path) -> None:
    refuse_file(copied(tmp_path, FORMAT_1), r"journal: expected entries of format 2, got 1$")


def test_a_journal_of_an_older_format_in_memory_is_refused() -> None:
    journal = memory(FORMAT_1)
    before = journal.read(0, 1_000)
    with pytest.raises(Corrupt, match=r"expected entries of format 2, got 1$"):
        opened(journal, anchored(FORMAT_1))
    assert journal.read(0, 1_000) == before


def test_the_older_format_is_one_that_could_be_mistaken() -> None:
    """Its first entry has the same form; nothing but the number in it tells them apart."""
    known = story(FORMAT_1)
    first = entries.decode(1, bytes.fromhex(known["entries"][0])).entry
    assert isinstance(first, entries.Opened)
    assert first.format == 1
    assert (first.channel, first.party) == (sha256(bytes.fromhex(known["descriptor"])).digest(), "US")


def test_a_journal_of_another_channel_is_refused(path: Path) -> None:
    other = make_channel([make_centre("US"), make_centre("RU")], name="another")
    ids = f"channel {other.id.hex()[:16]}, got that of {CHANNEL.id.hex()[:16]}"
    refuse_file(path, ids, channel=other)


def test_a_journal_of_another_party_is_refused(path: Path) -> None:
    refuse_file(path, "expected that of party 'RU', got that of 'US'", party="RU")


@pytest.mark.parametrize("left", [1, 50, 4_095, 4_096, 20_000, 24_575])
def test_a_truncated_file_is_refused(path: Path, left: int) -> None:
    path.write_bytes(path.read_bytes()[:left])
    refuse_file(path, "truncated|not a SQLite database")


@pytest.mark.parametrize("content", [b"x" * 5_000, b"\0" * 4_096, b"not a database\n"])
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refuse_file(path, "not a SQLite database")


def test_an_empty_file_counts_as_the_loss_of_everything(path: Path) -> None:
    """It is how a journal begins, so it opens; its anchor says that there was one (R-RESTORE-1).

    Without its anchor nothing tells it from a new journal.
    """
    path.write_bytes(b"")
    with SqliteJournal(path) as journal:
        endpoint = opened(journal)
        assert endpoint.health(NOW).restored
        assert endpoint.events(0) == []


def test_an_emptied_file_beside_its_log_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    path.with_name("journal-wal").write_bytes(b"\0" * 4_152)
    refuse_file(path, "empty or missing, but its write-ahead log is not")


# Anchors -----------------------------------------------------------------------------------


def test_the_anchor_of_another_journal_counts_as_a_restore(path: Path) -> None:
    """Nothing in it says whose it is: what the journal does not hold was lost from it."""
    anchor = MemoryAnchor()
    anchor.store(TODAY["anchor"][0], bytes(32))
    before = path.read_bytes()
    with SqliteJournal(path) as journal:
        assert opened(journal, anchor).health(NOW).restored
    assert path.read_bytes() == before
    assert anchor.load() == (TODAY["anchor"][0], bytes(32))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content[:0], "not an anchor, or of an unknown format"),
        (lambda content: content[:79], "expected 80 bytes, got 79"),
        (lambda content: content + b"x", "expected 80 bytes, got more"),
        (lambda content: content[:20] + b"\xff" + content[21:], "checksum does not match"),
        (lambda content: b"LNPANCH9" + content[8:], "not an anchor, or of an unknown format"),
        (lambda content: b"{}" * 40, "not an anchor, or of an unknown format"),
    ],
    ids=["empty", "truncated", "longer", "changed", "another format", "foreign"],
)
def test_a_damaged_anchor_is_refused_and_stays_as_it_is(path: Path, change: Any, reason: str) -> None:
    place = path.with_name("anchor")
    FileAnchor(place).store(TODAY["anchor"][0], bytes.fromhex(TODAY["anchor"][1]))
    place.write_bytes(change(place.read_bytes()))
    refuse_file(path, f"anchor {place}: {reason}", anchor=FileAnchor(place))
