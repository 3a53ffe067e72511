"""One node of a party: a process that dies, and what it has of its own beside the common journal.

A fuse is set to some number of boundaries: before and after each append, before and after each
writing of the anchor. When it is burnt, something comes between: `Crash` ends the call, and the
endpoint is thrown away; or the store fails once; or another node does something meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from launchnotice import Endpoint
from launchnotice.errors import Conflict, JournalError
from launchnotice.journal import Entry
from launchnotice.journal.memory import MemoryJournal
from launchnotice.testing.journal import FlakyJournal
from tests.support.dump import state_of

if TYPE_CHECKING:
    from tests.campaigns.network.site import Site


class Crash(BaseException):
    """The process dies here; a base exception, so that nothing in it can go on."""


def die() -> None:
    """Let the process die."""
    raise Crash


def fail() -> None:
    """Let the store fail."""
    raise JournalError("planned fault")


class Fuse:
    """Boundaries left until something comes between; None for ever."""

    def __init__(self) -> None:
        self.left: int | None = None
        self._then: Callable[[], None] = die

    def set(self, boundaries: int, then: Callable[[], None]) -> None:
        """Let something come between after so many boundaries."""
        self.left, self._then = boundaries, then

    def burn(self) -> None:
        """A boundary is passed."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            self._then()


class Store(FlakyJournal):
    """A node's way to the journal of all nodes; the node can die at its boundaries."""

    def __init__(self, memory: MemoryJournal, fuse: Fuse, counts: Counter[str]) -> None:
        super().__init__(memory)
        self.fuse, self.counts = fuse, counts

    def append(self, after: int, new: Sequence[Entry]) -> None:
        if new:
            self.fuse.burn()
        try:
            super().append(after, new)
        except Conflict:
            self.counts["conflicts"] += 1
            raise
        if new:
            self.fuse.burn()


class Anchor:
    """An anchor in memory whose process can die at its boundaries."""

    def __init__(self, fuse: Fuse, mark: tuple[int, bytes] | None) -> None:
        self.fuse, self.mark = fuse, mark

    def load(self) -> tuple[int, bytes] | None:
        return self.mark

    def store(self, position: int, digest: bytes) -> None:
        self.fuse.burn()
        self.mark = position, digest
        self.fuse.burn()


class Node:
    """A process, or what is left of one that died.

    Attributes:
        endpoint: of its last life. `running`: whether that goes on. `busy`: it is in the middle of a call.
        shown: ids of notices on its screen, in any life. `skew`: how its clock is wrong.
        challenged: a challenge came since its last poll.
    """

    endpoint: Endpoint

    def __init__(self, site: Site, mark: tuple[int, bytes] | None) -> None:
        self.site = site
        self.fuse = Fuse()
        self.anchor = Anchor(self.fuse, mark)
        self.shown: set[bytes] = set()
        self.running = self.busy = self.challenged = False
        self.skew = 0

    @property
    def position(self) -> int:
        """The last entry that it knows."""
        return state_of(self.endpoint).position

    @property
    def behind(self) -> bool:
        """Whether the journal does not end with what it knows: another node has written, or it fell back."""
        state = state_of(self.endpoint)
        return state.position != self.site.length or not self.site.has((state.position, state.digest))

    def open(self, now: int) -> None:
        """A process starts on what is left."""
        self.running = False
        self.endpoint = self.site.endpoint_of(self, now)
        self.running = True
