"""One party: a journal, an anchor and a key that outlive its endpoints, and the instants at which these die.

A fuse is set to some number of boundaries: before and after each append, before and after each
writing of the anchor. When it is burnt, `Crash` ends the call, and the endpoint is thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import cbor2

from launchnotice import Draft, Endpoint
from launchnotice.core import entries
from launchnotice.errors import JournalError
from launchnotice.journal import Entry
from launchnotice.journal.memory import MemoryJournal
from launchnotice.testing.journal import FlakyJournal
from launchnotice.wire.keys import PublicKey, SigningKey
from tests.campaigns.failures import Violation
from tests.campaigns.network.model import SYNC, Epoch, Model, Seen, read_payload
from tests.support import NOW
from tests.support.template import Template


class Crash(BaseException):
    """The process dies here; a base exception, so that nothing in it can go on."""


class Fuse:
    """Boundaries left until the process dies, or its store fails once; None for ever."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.fails = False

    def set(self, boundaries: int, *, fails: bool) -> None:
        """Let the process die, or its store fail, after so many boundaries."""
        self.left, self.fails = boundaries, fails

    def burn(self) -> None:
        """A boundary is passed."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise JournalError("planned fault") if self.fails else Crash


class Store(FlakyJournal):
    """A journal in memory whose process can die at its boundaries."""

    def __init__(self, memory: MemoryJournal, fuse: Fuse) -> None:
        super().__init__(memory)
        self.memory, self.fuse = memory, fuse
        self.length = len(memory._data)

    def append(self, after: int, new: Sequence[Entry]) -> None:
        if new:
            self.fuse.burn()
        super().append(after, new)
        self.length = len(self.memory._data)
        if new:
            self.fuse.burn()


class Anchor:
    """An anchor in memory whose process can die at its boundaries."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse
        self.mark: tuple[int, bytes] | None = None

    def load(self) -> tuple[int, bytes] | None:
        return self.mark

    def store(self, position: int, digest: bytes) -> None:
        self.fuse.burn()
        self.mark = position, digest
        self.fuse.burn()


class Copy(NamedTuple):
    """A backup: the journal, the anchor as it was then, and what the journal knew."""

    journal: MemoryJournal
    mark: tuple[int, bytes] | None
    holds: frozenset[bytes]
    proven: frozenset[bytes]
    closed: frozenset[Epoch]


class Site:
    """A party and everything of it that a process leaves behind.

    Attributes:
        shown: ids of notices shown to its officers, in any life. `holds`: ids that this journal has.
        proven: own notices that a member showed to have, as this journal knows. `asked`: epochs of
            which members wanted notices. `challenged`: a challenge came since the last poll.
        closed: own epochs before the last restore.
        lives: restores so far. `lost`: whether any lost something. `receipts`: by (lives, subject).
        inbox, queries: notices shown, in order. `said`: own notices by kind; `versions`: of launches.
        drafts: what the officers signed; `mandates`: the party's own chain, which its authority keeps.
    """

    def __init__(self, made: Template, code: str, model: Model) -> None:
        self.made, self.code, self.model = made, code, model
        self.fuse = Fuse()
        self.journal = Store(copied(made.journals[code]), self.fuse)
        self.anchor = Anchor(self.fuse)
        last = self.journal.read(self.journal.length - 1, 1)[0]
        self.anchor.mark = last.position, entries.digest(last.data)
        self.key: SigningKey = made.centres[code].keys["system"][0]
        self.shown: set[bytes] = set()
        self.holds: set[bytes] = set()
        self.proven: set[bytes] = set()
        self.asked: set[Epoch] = set()
        self.epochs: set[Epoch] = set()
        self.closed: frozenset[Epoch] = frozenset()
        self.lives = self.opened = self.skew = self.attended = 0
        self.lost = self.challenged = False
        self.receipts: dict[tuple[int, bytes], bytes] = {}
        self.drafts: list[Draft] = []
        self.inbox: list[bytes] = []
        self.queries: list[bytes] = []
        self.said: dict[str, list[bytes]] = {}
        self.versions: dict[bytes, bytes] = {}
        self.mandates = [made.mandates[code]]
        self.copies: list[Copy] = []
        self.broken: Violation | None = None
        self.save()  # of a total loss, nothing is left but the mandates that come by hand
        self.endpoint = self.open(NOW)

    # A system's signer ---------------------------------------------------------------------

    def sign(self, tbs: bytes) -> bytes:
        """What the system key is asked to sign is written down, and judged."""
        structure = cbor2.loads(tbs)
        message = read_payload(structure[1], structure[4])
        try:
            self._judge(message)
        except Violation as violation:
            self.broken = self.broken or violation
        return self.key.sign(tbs)

    def _judge(self, message: Seen) -> None:
        self.model.system_signs(self.code, message)
        if message.epoch in self.closed:
            raise Violation(
                "old-epoch", f"{self.code} signs kind {message.kind} in an epoch before a restore"
            )
        self.epochs.add(message.epoch)
        if message.kind == SYNC and message.to == self.code:
            raise Violation("false-delivery", f"{self.code} asks itself")

    # Lives -----------------------------------------------------------------------------------

    def open(self, now: int) -> Endpoint:
        """A process starts on what is left."""
        self.endpoint = Endpoint.open(
            self.made.channel,
            self.code,
            self.journal,
            now,
            anchor=self.anchor,
            system=(_Signer(self),),
            epoch_id=self._random,
        )
        return self.endpoint

    def save(self) -> None:
        """A backup is made."""
        self.copies.append(
            Copy(
                copied(self.journal.memory),
                self.anchor.mark,
                frozenset(self.holds),
                frozenset(self.proven),
                self.closed,
            )
        )

    def put_back(self, copy: Copy, anchor: str) -> str:
        """The journal is replaced by a copy; the anchor is kept, lost or as old as the copy.

        Gives what it is: a *restore*, which the endpoint must notice; *unseen*, if no bytes are missing
        that were released; a *rewind*, if the anchor went back as well, so that nobody can notice.
        """
        mark = {"kept": self.anchor.mark, "lost": None, "old": copy.mark}[anchor]
        self.journal = Store(copied(copy.journal), self.fuse)
        self.anchor.mark = mark
        self.holds, self.proven = set(copy.holds), set(copy.proven)
        self.lives += 1
        if mark is None or not self._has(mark):
            self.closed |= frozenset(self.epochs)
            self.lost = True
            return "restore"
        self.closed = copy.closed
        self.shown &= copy.holds  # nothing tells this from a crash: what was merely shown may be new again
        if anchor == "old":
            self.model.forked.add(self.code)
            return "rewind"
        self._unsign()
        return "unseen"

    def _has(self, mark: tuple[int, bytes]) -> bool:
        found = self.journal.read(mark[0] - 1, 1)
        return bool(found) and entries.digest(found[0].data) == mark[1]

    def _unsign(self) -> None:
        """What was signed and never released is gone without a trace; its place is free again."""
        kept = b"".join(self.journal.memory._data)
        for (party, _), ids in self.model.signed.items():
            if party == self.code:
                ids -= {one for one in ids if one not in self.model.bytes_of and one not in kept}

    def _random(self) -> bytes:
        self.opened += 1
        return hashlib.sha256(f"{self.code} {self.opened}".encode()).digest()[:16]


class _Signer:
    """The system key of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def key(self) -> PublicKey:
        return self._site.key.key

    @property
    def exercise(self) -> bool:
        return self._site.key.exercise

    def sign(self, tbs: bytes) -> bytes:
        return self._site.sign(tbs)


def copied(journal: MemoryJournal) -> MemoryJournal:
    """A copy of a journal, faster than any that knows nothing of it."""
    copy = MemoryJournal()
    copy._data = list(journal._data)
    copy._filed = {key: at if isinstance(at, int) else list(at) for key, at in journal._filed.items()}
    copy._snapshot = journal._snapshot
    return copy
