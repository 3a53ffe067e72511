"""Journals and anchors that outlive the process: in memory, or in files with a model of power loss.

A crash in one process is an exception, and its handlers run; a dead process runs none. So a file
store takes an image of its folder at the instant of the crash, and the next life gets that image.

Power loss: everything up to the last sync point is on the disk (an append that returned, an
anchor that was stored, the files as they were opened). Of what was written since, any part may be:
of the log any prefix, or its sectors each whole, zero or garbage; of the database, which only a
checkpoint writes, any sectors, while the log that covers them is still there; of the anchor the
old file or the new one (a rename is atomic), and beside it a temporary file of any length; the
log's index in memory is gone or as it was.
"""

from __future__ import annotations

import bisect
import copy
import random
import resource
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from launchnotice.core import entries
from launchnotice.errors import JournalError
from launchnotice.journal import Anchor, Journal, Stored
from launchnotice.journal import Entry as Row
from launchnotice.journal.anchor import FileAnchor, MemoryAnchor
from launchnotice.journal.memory import MemoryJournal
from launchnotice.journal.sqlite import SqliteJournal
from tests.campaigns.crash.trip import Fault, TrippedAnchor, TrippedJournal, Tripwire

Image: TypeAlias = dict[str, bytes]
"""The files of a store by name."""
LOG, INDEX, ANCHOR = "journal-wal", "journal-shm", "anchor"
SECTOR: Final = 512
ALL: Final = 1_000_000


class Store(Protocol):
    """One party's journal and anchor."""

    def open(self, trip: Tripwire) -> tuple[Journal, Anchor]:
        """What a new process finds."""
        ...

    def rows(self) -> Sequence[Stored]:
        """Every entry that is committed."""
        ...

    def mark(self) -> tuple[int, bytes] | None:
        """What the anchor holds."""
        ...

    def back_up(self) -> None:
        """Copy the journal, and not the anchor."""
        ...

    def restore(self) -> bool:
        """Put the copy in place of the journal; gives whether there was one."""
        ...

    def discard(self) -> None:
        """Give up whatever the store holds open or has on the disk."""
        ...


class MemoryStore:
    """In memory: what was appended is there, whenever the process dies."""

    def __init__(self, rows: Sequence[Stored]) -> None:
        self._journal, self._anchor = MemoryJournal(), MemoryAnchor()
        self._copy: MemoryJournal | None = None
        _fill(self._journal, rows)
        if rows:
            self._anchor.store(rows[-1].position, entries.digest(rows[-1].data))

    def open(self, trip: Tripwire) -> tuple[Journal, Anchor]:
        """What a new process finds."""
        return TrippedJournal(self._journal, trip), TrippedAnchor(self._anchor, trip)

    def rows(self) -> Sequence[Stored]:
        """Every entry that is committed."""
        return self._journal.read(0, ALL)

    def mark(self) -> tuple[int, bytes] | None:
        """What the anchor holds."""
        return self._anchor.load()

    def back_up(self) -> None:
        """Copy the journal, and not the anchor."""
        self._copy = copy.deepcopy(self._journal)

    def restore(self) -> bool:
        """Put the copy in place of the journal; gives whether there was one."""
        if self._copy is None:
            return False
        self._journal = copy.deepcopy(self._copy)
        return True

    def discard(self) -> None:
        """Nothing to give up."""


class FileStore:
    """A SQLite journal and an anchor in a folder of their own; each life after a crash gets a new folder.

    Args:
        root: a folder for all of them. `rows`: entries to begin with.
        shared: lives run in this process; else each in its own, which is killed, and the folder stays.
    """

    def __init__(self, root: Path, rows: Sequence[Stored], *, shared: bool = True) -> None:
        self.root, self._lives, self._shared = root, 0, shared
        self.folder = self._new_folder()
        self._journal: SqliteJournal | None = None
        self._left: tuple[SqliteJournal, Path] | None = None
        self._synced: Image = {}
        self._copy: Image | None = None
        if rows:
            with SqliteJournal(self.folder / "journal") as journal:
                _fill(journal, rows)
            FileAnchor(self.folder / ANCHOR).store(rows[-1].position, entries.digest(rows[-1].data))

    def open(self, trip: Tripwire) -> tuple[Journal, Anchor]:
        """What a new process finds."""
        self.close()
        self.mark_synced()
        if self._shared:
            trip.fell, trip.syncing = self.fell, self.mark_synced
        self._journal = SqliteJournal(self.folder / "journal", busy_timeout=1.0)
        anchor = FileAnchor(self.folder / ANCHOR)
        return TrippedJournal(self._journal, trip, _Sqlite(self.folder)), TrippedAnchor(anchor, trip)

    def rows(self) -> Sequence[Stored]:
        """Every entry that is committed; of a copy, if no journal is open, so that nothing is recovered."""
        if self._journal is not None:
            return self._journal.read(0, ALL)
        scratch = self.root / "scratch"
        write(scratch, self.image())
        with SqliteJournal(scratch / "journal") as journal:
            found = journal.read(0, ALL)
        shutil.rmtree(scratch)
        return found

    def mark(self) -> tuple[int, bytes] | None:
        """What the anchor holds."""
        return FileAnchor(self.folder / ANCHOR).load()

    def image(self) -> Image:
        """The files as a process that starts now would find them."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}

    def mark_synced(self) -> None:
        """All that was written until now is on the disk."""
        self._synced = self.image()

    def fell(self, fault: Fault) -> None:
        """The process dies here: what the next one finds is fixed now."""
        image = self.image()
        if fault.how == "power":
            image = lose(self._synced, image, random.Random(fault.variant))
        self.put(image)

    def put(self, image: Image) -> None:
        """Let the next life begin on this image."""
        old, journal = self.folder, self._journal
        self.folder, self._journal = self._new_folder(), None
        write(self.folder, image)
        if journal is None:
            shutil.rmtree(old)
        else:
            # Closing writes the log back, into the old folder, which nobody reads again.
            self._left = (journal, old)

    def back_up(self) -> None:
        """Copy the journal, and not the anchor."""
        self._copy = {name: data for name, data in self.image().items() if name.startswith("journal")}

    def restore(self) -> bool:
        """Put the copy in place of the journal; gives whether there was one."""
        if self._copy is None:
            return False
        kept = {name: data for name, data in self.image().items() if not name.startswith("journal")}
        self.close()
        self.put({**kept, **self._copy})
        return True

    def discard(self) -> None:
        """Close the journal and remove every file."""
        self.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def close(self) -> None:
        """Close what is open."""
        left, self._left = self._left, None
        if left is not None:
            left[0].close()
            shutil.rmtree(left[1])
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _new_folder(self) -> Path:
        self._lives += 1
        folder = self.root / str(self._lives)
        folder.mkdir(parents=True)
        return folder


class _Sqlite:
    """Faults of the disk below a SQLite journal."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / LOG

    def watch(self, journal: Journal, trip: Tripwire) -> None:
        """An exception in a trace is dropped by `sqlite3`; the tripwire remembers that it is dead."""
        db = getattr(journal, "_db", None)
        if db is not None:
            db.set_trace_callback(lambda text: trip.at("commit.before") if text == "COMMIT" else None)

    def spoil(self, journal: Journal, fault: Fault) -> Callable[[], None]:
        """The disk is read-only or full: for the database, or after a part of what the log would need."""
        db = getattr(journal, "_db", None)
        if db is None:
            raise JournalError("planned fault: the disk is away")
        if fault.how == "readonly":
            db.execute("PRAGMA query_only = ON")
            return lambda: _quietly(db.execute, "PRAGMA query_only = OFF")
        if fault.variant % 2:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
            return lambda: _quietly(db.execute, "PRAGMA max_page_count = 1073741823")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = self._log.stat().st_size if self._log.exists() else 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + fault.variant * 97 % 9_000, limits[1]))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def lose(synced: Image, written: Image, chance: random.Random) -> Image:
    """What a power loss leaves of files that were in one state when synced and in another when it came."""
    left = dict(written)
    if chance.random() < 0.5:
        left.pop(INDEX, None)
    old, new = synced.get("journal", b""), written.get("journal", b"")
    if old and old != new:
        # A checkpoint was under way: the log that it copies is synced, and removed only afterwards.
        left["journal"] = _mixed(old, new, chance, 0, torn=False)
        if LOG in synced:
            left[LOG] = synced[LOG]
    elif old:
        start = _common(synced, written)
        log = _mixed(synced.get(LOG, b""), written.get(LOG, b""), chance, start, torn=True)
        left[LOG] = log
        if not log:
            del left[LOG]
    if written.get(ANCHOR) != synced.get(ANCHOR):
        left[f"{ANCHOR}.lost.tmp"] = written[ANCHOR][: chance.randrange(80)]
        if chance.random() < 0.5:
            left.pop(ANCHOR)
            left |= {name: data for name, data in synced.items() if name == ANCHOR}
    for name in [name for name in left if name.endswith(".tmp")]:
        left[name] = left[name][: chance.randrange(81)]
    return left


def _common(synced: Image, written: Image) -> int:
    old, new = synced.get(LOG, b""), written.get(LOG, b"")
    # The length of what they share; slices compare faster than a loop over bytes.
    return bisect.bisect_left(range(1, min(len(old), len(new)) + 1), 1, key=lambda n: old[:n] != new[:n])


def _mixed(old: bytes, new: bytes, chance: random.Random, start: int, *, torn: bool) -> bytes:
    """`new` from `start` on in part: some of its sectors, or if it may be torn also a prefix or garbage."""
    way = chance.randrange(4)
    if way == 0:
        return old
    if way == 1 and torn:
        return new[: chance.randrange(start, len(new) + 1)]
    found = bytearray(new)
    for at in range(start, len(new), SECTOR):
        end = min(at + SECTOR, len(new))
        match chance.randrange(6):
            case 0:
                found[at:end] = old[at:end].ljust(end - at, b"\0")
            case 1 if torn:  # the log has checksums; a database page is written whole or is in the log
                found[at:end] = chance.randbytes(end - at)
            case _:
                pass
    return bytes(found)


def fresh(channel_rows: Sequence[Stored]) -> MemoryJournal:
    """A journal in memory with these entries and no snapshot; raises `Corrupt`."""
    journal = MemoryJournal()
    _fill(journal, channel_rows)
    return journal


def _fill(journal: Journal, rows: Sequence[Stored]) -> None:
    filed = [Row(row.data, entries.keys(entries.decode(row.position, row.data).entry)) for row in rows]
    journal.append(0, filed)


def write(folder: Path, image: Image) -> None:
    """Write an image into a folder."""
    folder.mkdir(exist_ok=True)
    # A full disk may be in force, which is the journal's and not ours.
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for name, data in image.items():
        (folder / name).write_bytes(data)


def _quietly(call: Callable[[str], object], statement: str) -> None:
    """The connection may be gone by now, and its settings with it."""
    with suppress(Exception):
        call(statement)
