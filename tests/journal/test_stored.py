"""Journals on disk from other days and other places: they open as they were, or are refused as they are.

`stored/format-2.*` is what `python -m tests.journal.stored` leaves today; `stored/format-1.*` the same
story, told by the last version that wrote format 1, at commit 08cd805.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from launchnotice import Channel, Corrupt, Endpoint
from launchnotice.core import entries
from launchnotice.journal import Anchor, Entry, Journal
from launchnotice.journal.anchor import FileAnchor, MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import FindingCode
from tests.support import NOW, make_centre, make_channel

STORED = Path(__file__).parent / "stored"


def story(number: int) -> dict[str, Any]:
    """What is known of the stored journals of that format."""
    found: dict[str, Any] = json.loads((STORED / f"format-{number}.json").read_text())
    return found


TODAY = story(entries.FORMAT)
CHANNEL = Channel.load(bytes.fromhex(TODAY["descriptor"]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A copy of today's journal."""
    return copied(tmp_path, f"format-{entries.FORMAT}.sqlite")


def copied(folder: Path, name: str) -> Path:
    return Path(shutil.copy(STORED / name, folder / "journal"))


def anchored(number: int = entries.FORMAT) -> MemoryAnchor:
    anchor = MemoryAnchor()
    position, digest = story(number)["anchor"]
    anchor.store(position, bytes.fromhex(digest))
    return anchor


def memory(number: int) -> MemoryJournal:
    """The entries of a stored journal in memory, filed under keys as far as this version knows any."""
    journal = MemoryJournal()
    rows = [bytes.fromhex(row) for row in story(number)["entries"]]
    ours = number == entries.FORMAT
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


@pytest.mark.parametrize("store", ["sqlite", "memory"])
def test_a_journal_of_this_format_opens_as_it_was(path: Path, store: str) -> None:
    """A stored journal must keep opening; ``python -m tests.journal.stored`` stores one of a new format."""
    journal: Journal = SqliteJournal(path) if store == "sqlite" else memory(entries.FORMAT)
    endpoint = opened(journal)
    health, told = endpoint.health(NOW), TODAY["health"]
    assert not health.restored
    assert [health.epoch[0], health.epoch[1].hex()] == told["epoch"]
    for name in ("position", "mandates", "gaps", "open_exchanges"):
        assert getattr(health, name) == told[name]
    assert told["gaps"] == ["RU"]
    launch = bytes.fromhex(TODAY["launch"])
    assert endpoint.exchange(launch).deliveries["RU"].name == TODAY["delivered"] == "ACKNOWLEDGED"
    assert endpoint.launch(launch, NOW).version == 1
    events = endpoint.events(0)
    assert [[event.position, event.code.value] for event in events] == TODAY["events"]
    assert FindingCode.CHAIN_GAP in {finding.code for event in events for finding in event.findings}
    if isinstance(journal, SqliteJournal):
        journal.close()


def test_both_stored_forms_hold_the_same_entries(path: Path) -> None:
    with SqliteJournal(path) as journal:
        assert [row.data.hex() for row in journal.read(0, 1_000)] == TODAY["entries"]


# What is refused ---------------------------------------------------------------------------


def test_a_journal_of_an_older_format_is_refused(tmp_path: Path) -> None:
    refuse_file(copied(tmp_path, "format-1.sqlite"), r"journal: expected entries of format 2, got 1$")


def test_a_journal_of_an_older_format_in_memory_is_refused() -> None:
    journal = memory(1)
    before = journal.read(0, 1_000)
    with pytest.raises(Corrupt, match=r"expected entries of format 2, got 1$"):
        opened(journal, anchored(1))
    assert journal.read(0, 1_000) == before


def test_the_older_format_is_one_that_could_be_mistaken() -> None:
    """Its first entry has the same form; nothing but the number in it tells them apart."""
    first = entries.decode(1, bytes.fromhex(story(1)["entries"][0])).entry
    assert isinstance(first, entries.Opened)
    assert first.format == 1
    assert (first.channel, first.party) == (CHANNEL.id, "US")


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
