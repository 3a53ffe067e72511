"""One epoch of one party's stream: its head, what is held behind a gap, where it is disputed.

`compare` finds the case of a notice (`tables.Case`); it reads and never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from launchnotice.core.entries import EpochKey
from launchnotice.core.tables import Case
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.bounds import MAX_HELD, MAX_NOTED


class Held(NamedTuple):
    """A notice behind a gap."""

    id: bytes
    prev: bytes
    version: int  # of its mandate
    superseded: bool = False  # whether that was found on arrival


class Crowd(NamedTuple):
    """What is kept of one party in all its epochs, which the bounds are about.

    Attributes:
        streams: its epochs. `noted`: ids known beyond the bounds, with the epoch of each.
    """

    streams: Iterable[Stream]
    noted: Mapping[bytes, EpochKey]

    def held(self) -> int:
        """How many notices are held behind gaps."""
        return sum(len(stream.held) for stream in self.streams)

    def kept(self, *, ended: bool) -> int:
        """How many notices are kept that do not join, of epochs that a mandate ended or of all others."""
        return sum(len(stream.kept) for stream in self.streams if (stream.ended is not None) == ended)

    def further(self, case: Case) -> Case:
        """The case of a notice whose id alone may be journalled: `case` as long as there is room for it."""
        return case if len(self.noted) < MAX_NOTED else Case.AHEAD_FLOODED


class Stream:
    """State of one epoch of one party's stream.

    Attributes:
        seq, head: last contiguous sequence number and its id; 0 and the genesis at first.
        held: notices behind a gap by sequence number.
        disputed: position from which the epoch is disputed, or None.
        kept: notices kept that do not join: disputed, or beyond what a mandate says stands, with their seq.
        ended: the last sequence number that stands, if a mandate disowned the rest; else None.
        abandoned: the last sequence number that a later epoch or a mandate names, or None.
        version: highest mandate version named by the contiguous notices.
    """

    __slots__ = (
        "abandoned", "disputed", "ended", "epoch", "head", "held", "kept", "seq", "version",
    )  # fmt: skip

    def __init__(self, epoch: EpochKey, genesis: bytes) -> None:
        self.epoch = epoch
        self.seq = 0
        self.head = genesis
        self.held: dict[int, Held] = {}
        self.disputed: int | None = None
        self.kept: dict[bytes, int] = {}
        self.ended: int | None = None
        self.abandoned: int | None = None
        self.version = 0

    def compare(self, seq: int, prev: bytes, notice: bytes, known: Callable[[], bool], crowd: Crowd) -> Case:
        """The case of an authentic notice.

        Args:
            seq, prev, notice: its sequence number, the id that it names before it, and its own id.
            known: looks up whether the id is journalled; called only if memory cannot tell.
            crowd: what is kept of its sender.
        """
        if self.ended is not None and seq > self.ended:
            return self.compare_kept(notice, known, crowd, Case.ENDED)
        if self.disputed is not None and seq >= self.disputed:
            return self.compare_kept(notice, known, crowd, Case.DISPUTED)
        if seq == self.seq + 1:
            if prev == self.head:
                return Case.NEXT
            return Case.MISFIT if self.seq else Case.FIRST_MISFIT
        if seq <= self.seq:
            # What was noted and never took its place has lost it to another id.
            return Case.KNOWN if notice not in crowd.noted and known() else Case.CONTRADICTION
        return self._compare_ahead(seq, notice, crowd)

    def end(self, last: int, seq: int, head: bytes, *, disputed: bool) -> None:
        """A mandate ends it.

        Args:
            last: the last sequence number that stands.
            seq, head: how far the notices that joined go by now.
            disputed: whether a dispute goes on.
        """
        self.ended, self.abandoned = last, None
        self.seq, self.head = seq, head
        self.held = {at: held for at, held in self.held.items() if seq < at <= last}
        self.disputed = self.disputed if disputed else None

    def release(self, seq: int, notice: bytes) -> None:
        """A notice is held no more, if it was: it will never join."""
        if seq in self.held and self.held[seq].id == notice:
            del self.held[seq]

    @property
    def quiet(self) -> bool:
        """Whether nothing joins it any more: a mandate ended it, or disowned all that is known of it."""
        joined = self.seq or self.held or self.disputed is not None
        return self.ended is not None or (bool(self.kept) and not joined)

    def version_before(self, seq: int) -> int:
        """The highest mandate version named below a sequence number; of all notices for 0 (an emergency).

        Arrival decides nothing: a notice that was overtaken by one under a newer mandate lowers none.
        """
        if 0 < seq <= self.seq:
            return 0
        if not self.held:
            return self.version
        return max([self.version, *(held.version for at, held in self.held.items() if at < seq or not seq)])

    def highest(self) -> tuple[int, bytes]:
        """The highest notice seen, held ones included."""
        if not self.held:
            return self.seq, self.head
        seq = max(self.held)
        return seq, self.held[seq].id

    def gap(self) -> tuple[int, int] | None:
        """First and last sequence number that is missing below what is held, disputed, or said to stand."""
        if self.ended is not None and self.disputed is not None:
            return self.seq + 1, self.lowest_standing()  # what stands there ends the dispute
        known = [*self.held] if self.disputed is None else [*self.held, self.disputed]
        last = min(known, default=(self.ended or 0) + 1) - 1
        return (self.seq + 1, last) if last > self.seq else None

    def _compare_ahead(self, seq: int, notice: bytes, crowd: Crowd) -> Case:
        held = self.held.get(seq)
        if held is not None:
            return Case.KNOWN if held.id == notice else Case.CONTRADICTION
        if notice in crowd.noted:
            return Case.KNOWN
        return Case.AHEAD if crowd.held() < MAX_HELD else crowd.further(Case.AHEAD_FULL)

    def lowest_standing(self) -> int:
        """The lowest position of which is known what stands there, of an epoch that ended.

        From it upwards nothing is held but what stands.
        """
        seq = self.ended or 0
        while seq in self.held:
            seq -= 1
        return seq

    def compare_standing(
        self, seq: int, prev: bytes, notice: bytes, known: Callable[[], bool], crowd: Crowd
    ) -> Case:
        """The case of a notice that stands by the word of a mandate: it contradicts nothing."""
        noted, disputed = notice in crowd.noted, self.disputed is not None and seq >= self.disputed
        if not noted and known():
            return Case.KNOWN
        if seq == self.seq + 1 and prev == self.head and not disputed:
            return Case.NEXT
        if crowd.held() < MAX_HELD:
            return Case.DISPUTED if disputed else Case.AHEAD
        return Case.KNOWN if noted else crowd.further(Case.AHEAD_FULL)

    def compare_kept(self, notice: bytes, known: Callable[[], bool], crowd: Crowd, case: Case) -> Case:
        """The case of a notice that does not join: `case` as long as there is room for it."""
        noted = notice in crowd.noted
        if not noted and known():
            return Case.KNOWN
        if crowd.kept(ended=self.ended is not None) < MAX_HELD:
            return case  # also one that was noted: its bytes are the proof
        return Case.KNOWN if noted else crowd.further(Case.KEPT_FULL)
