"""Journal, anchor and state kept together: durable before visible.

- `commit` appends and then folds; what a caller does with the result, it does after.
- Bytes leave only after `settle_anchor`: commit to the journal, write the anchor, release.
- Another writer's append shows as `Conflict`; the state is then behind, and catches up.
- An append whose outcome is unknown forces a new fold, and a new look at the anchor; so does an entry
  that could not be folded.
- A journal that does not hold what its anchor names was restored from a copy.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import Final

from launchnotice.core import entries, snapshot
from launchnotice.core.entries import Accepted, Entry, EpochKey, EpochOpened, Kept, Noted, Opened, Outside
from launchnotice.core.events import Event, event_of
from launchnotice.core.returning import seen_before
from launchnotice.core.state import State
from launchnotice.errors import Conflict, Corrupt, JournalError, Refused, UsageError
from launchnotice.journal import Anchor, Journal
from launchnotice.journal import Entry as Row
from launchnotice.pact.channel import Channel
from launchnotice.registry import Refusal

_STATEFUL = frozenset(
    {Refusal.UNKNOWN_MANDATE, Refusal.MANDATE_GAP, Refusal.BAD_MANDATE_CHAIN, Refusal.UNKNOWN_SUBJECT}
)
"""Refusals that what another node on the journal has learnt meanwhile may turn."""
SNAPSHOT_EVERY = 5_000
"""Entries between two snapshots: folding so many takes a fraction of a second."""
_BATCH = 1_000
_ATTEMPTS = 100
_NOTHING: Final = (0, b"")


class Ledger:
    """One party's journal of one channel, folded.

    Attributes:
        state: the state at the last entry folded.
        restored: the journal counts as restored: nothing may be signed in its old epochs.
        shown: position up to which events were handed to the host.
        folds: how often the state was made anew. `fallbacks`: how often the journal lacked what was read.
        anchored: position that the anchor names; 0 if the journal counts as restored.
    """

    def __init__(
        self, channel: Channel, party: str, journal: Journal, anchor: Anchor | None, now: int
    ) -> None:
        self._channel, self._party = channel, party
        self._journal, self._anchor = journal, anchor
        self.anchored = self._snapped = 0
        self._stale = False
        self._rolled_back: set[EpochKey] | None = None
        self._tail = _NOTHING
        self._epochs: set[EpochKey] = set()  # own ones that were ever folded
        self.folds = self.fallbacks = 0
        self._pending: list[Event] = []
        self.restored = self._restored_then = False
        self.shown = sys.maxsize  # what is in the journal already is presented by `Endpoint.events`
        self.fold()
        opened = Opened(entries.FORMAT, channel.id, party)
        self.transact(now, lambda state: [] if state.position else [opened])
        # A journal that begins here is anchored here: a crash before the first release is no restore.
        if self.state.position == 1:
            self.settle_anchor()
        self._hand_over()

    def fold(self) -> None:
        """Make the state anew from the journal, and compare it with the anchor.

        One that fails half-way leaves the state stale, so that the next call folds anew.
        """
        self._stale = True
        self.state = State(self._channel, self._party, self.find)
        self._pending.clear()
        self.restored = self._restored_then
        tail, self._tail = self._tail, _NOTHING
        try:
            self._load_snapshot()
            self._read()
            self._check_anchor()
        except BaseException:
            self._tail = tail  # whether the journal still holds that is asked again
            raise
        self._stale = False
        self.folds += 1

    def catch_up(self) -> None:
        """Fold what other writers appended; all anew after an append of unknown outcome or a fail-over.

        A fail-over can lose a commit under a running node: the journal then no longer holds the
        entry that was folded last, and what is not confirmed is presented again.
        """
        if self._rolled_back is None and not self._holds_tail():
            self._rolled_back, self.shown = {*self._epochs}, 0
        if not self._stale and self._rolled_back is None:
            self._read()
            return
        self.fold()
        if self._rolled_back is not None:
            # What was folded is lost for certain, whatever the anchor names (R-RESTORE-13).
            if self.state.epoch is None or self.state.epoch in self._rolled_back:
                self.restored, self.anchored = True, 0
            later = [event for event in self._pending if event.position > self.state.confirmed]
            self._pending = [event._replace(again=True) for event in later]
            self._rolled_back = None
            self.fallbacks += 1

    def transact(self, now: int, judge: Callable[[State], Sequence[Entry]]) -> None:
        """Commit what `judge` decides on the newest state, and judge again if another writer was first.

        That nothing is to be recorded counts only on the newest state: a duplicate is answered with all
        that the nodes have stated about it (R-RCPT-3).
        """
        if self._stale or not self._holds_tail():
            self.catch_up()
        for _ in range(_ATTEMPTS):
            try:
                decided = judge(self.state)
            except Refused as refusal:
                if refusal.code in _STATEFUL and self._behind():
                    continue
                raise
            if not decided:
                if self._behind():
                    continue
                return
            try:
                self.commit(now, decided)
            except Conflict:
                self.catch_up()
            else:
                return
        raise JournalError(f"{_ATTEMPTS} appends in a row lost against other writers")

    def commit(self, now: int, decided: Sequence[Entry]) -> None:
        """Append entries, all or none, and fold them."""
        digest = self.state.digest
        position = self.state.position
        rows, kept = [], []
        for entry in decided:
            data = entries.encode(digest, now, entry)
            digest = entries.digest(data)
            rows.append(Row(data, entries.keys(entry)))
            kept.append(Kept(position + len(rows), now, digest, entry))
        try:
            self._journal.append(position, rows)
        except Conflict:
            raise
        except JournalError:
            self._stale = True
            raise
        self._tail = kept[-1].position, rows[-1].data
        for item in kept:
            self._apply(item)

    def take_events(self) -> tuple[Event, ...]:
        """Events that the host has not been handed yet."""
        pending, self._pending = self._pending, []
        self._hand_over()
        return tuple(pending)

    @property
    def unsettled(self) -> bool:
        """Whether the next call has something to tell: a fold to make anew, or events not handed over."""
        return self._stale or bool(self._pending)

    def settle_anchor(self) -> None:
        """Write the anchor, if the journal has moved since; bytes wait for this."""
        if self._anchor and not self.restored and self.anchored < self.state.position:
            self._anchor.store(self.state.position, self.state.digest)
            self.anchored = self.state.position

    def keep_snapshot(self) -> None:
        """Save a snapshot, if the journal has grown enough since; without one, opening takes longer."""
        if self.state.position - self._snapped >= SNAPSHOT_EVERY:
            self._snapped = self.state.position
            with contextlib.suppress(JournalError):
                self._journal.save_snapshot(self.state.position, snapshot.dump(self.state))

    def find(self, key: bytes) -> list[Kept]:
        """The entries filed under a key, decoded."""
        return [entries.decode(stored.position, stored.data) for stored in self._journal.find(key)]

    def event(self, kept: Kept) -> Event | None:
        """The event of an entry; a notice that no longer stands is shown as it was when it arrived."""
        event = event_of(kept, self._party)
        lost = self.state.exchange(kept.entry.id) if event and isinstance(kept.entry, Outside) else None
        return event._replace(kind=lost.kind, data=lost.data) if event and lost else event

    def read(self, after: int) -> list[Kept]:
        """All entries after a position, decoded."""
        found: list[Kept] = []
        while batch := self._journal.read(after, _BATCH):
            found += [entries.decode(stored.position, stored.data) for stored in batch]
            after = batch[-1].position
        return found

    def _hand_over(self) -> None:
        """What a fold marks anew from here on, it marks as the first one did (R-RESTORE-5)."""
        self.shown, self._restored_then = self.state.position, self.restored

    def _behind(self) -> bool:
        """Whether another writer had appended something, which is folded now."""
        position = self.state.position
        self.catch_up()
        return self.state.position > position

    def _load_snapshot(self) -> None:
        found = self._journal.load_snapshot()
        self._snapped = 0
        # Beyond `shown`, the entries themselves are needed: their events were not handed over yet.
        if found is None or found[0] > self.shown or self._at(found[0]) is None:
            return
        try:
            state = snapshot.load(self._channel, self._party, self.find, found[1])
        except Corrupt:
            return  # a cache, and the journal is whole: opening takes longer
        if self._at(state.position) == state.digest:
            self._check_chain(state.position)
            self.state, self._snapped = state, state.position
            self._epochs |= state.streams[self._party].keys()
            self._tail = state.position, self._journal.read(state.position - 1, 1)[0].data

    def _check_chain(self, last: int) -> None:
        """What a snapshot lets us skip is still read back by key, so its hash chain is checked too."""
        position, digest = 0, entries.GENESIS
        while position < last and (batch := self._journal.read(position, _BATCH)):
            for stored in batch:
                if stored.data[: len(digest)] != digest:
                    raise Corrupt(f"journal entry {stored.position}: does not follow the entry before it")
                position, digest = stored.position, entries.digest(stored.data)

    def _holds_tail(self) -> bool:
        """Whether the journal still holds the entry that was read last, also if it was not folded."""
        position, data = self._tail
        found = self._journal.read(position - 1, 1) if position else ()
        return not position or (bool(found) and found[0].data == data)

    def _read(self) -> None:
        while batch := self._journal.read(self.state.position, _BATCH):
            for stored in batch:
                kept = entries.decode(stored.position, stored.data)
                if stored.data[: len(entries.GENESIS)] != self.state.digest:
                    raise Corrupt(f"journal entry {kept.position}: does not follow the entry before it")
                self._fold(kept)
                self._tail = stored.position, stored.data

    def _fold(self, kept: Kept) -> None:
        """Record a stored entry, which may hold what nobody ever decided."""
        if (kept.position == 1) != isinstance(kept.entry, Opened):
            raise Corrupt(f"journal entry {kept.position}: the first entry, and no other, says whose it is")
        try:
            self._apply(kept)
        except (Refused, UsageError, LookupError, ValueError, TypeError, AttributeError) as error:
            raise Corrupt(f"journal entry {kept.position}: {type(error).__name__}") from error

    def _check_anchor(self) -> None:
        """A journal ahead of its anchor is a plain crash; one without it was restored (R-RESTORE-1)."""
        mark = self._anchor.load() if self._anchor else None
        if mark is None:
            self.restored = self.state.position > 1  # the first entry says whose the journal is, no more
        else:
            self.restored = self._at(mark[0]) != mark[1]
        self.anchored = 0 if self.restored or mark is None else mark[0]

    def _at(self, position: int) -> bytes | None:
        """The digest of the entry at a position; None if there is none."""
        found = self._journal.read(position - 1, 1)
        return entries.digest(found[0].data) if found and found[0].position == position else None

    def _apply(self, kept: Kept) -> None:
        try:
            self.state.apply(kept)
        except BaseException:
            # It reads the journal, which can fail: what is recorded half is folded anew.
            self._stale = True
            raise
        if isinstance(kept.entry, EpochOpened):
            self.restored = self.restored and kept.position <= self.shown
            self._epochs.add((kept.entry.number, kept.entry.random))
        event = self.event(kept) if kept.position > self.shown else None
        if event is not None:
            self._pending.append(event._replace(again=True) if self._again(kept.entry) else event)

    def _again(self, entry: Entry) -> bool:
        """After a restore nobody knows what was shown between the backup and now (R-RESTORE-5)."""
        if not isinstance(entry, Accepted | Noted):
            return False
        if self.restored or entry.sender not in self.state.synced:
            return self.restored
        data = entry.data if isinstance(entry, Accepted) else b""
        return seen_before(self.state, entry.sender, (entry.number, entry.random), entry.seq, data)
