"""One party: a journal, a key and officers' papers that outlive its nodes, and backups of the journal."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Final, NamedTuple, TypeAlias

import cbor2

from launchnotice import Draft, Endpoint
from launchnotice.core import entries
from launchnotice.journal.memory import MemoryJournal
from launchnotice.wire.keys import PublicKey, SigningKey
from tests.campaigns.failures import Violation
from tests.campaigns.network.model import SYNC, Epoch, Model, Seen, read_payload
from tests.campaigns.network.node import Node, Store
from tests.support import NOW
from tests.support.template import Template

Mark: TypeAlias = tuple[int, bytes]
NODES: Final = 3


class Copy(NamedTuple):
    """A backup: the journal, the anchors as they were then, and what the journal knew."""

    journal: MemoryJournal
    marks: list[Mark | None]
    holds: dict[bytes, int]
    confirmed: int
    proven: frozenset[bytes]
    closed: frozenset[Epoch]


class Site:
    """A party and everything of it that a process leaves behind.

    Attributes:
        nodes: one at first, on one `memory`. `turn`: whose turn it is to receive.
        holds: positions of the notices that this journal has, by id. `confirmed`: up to where hosts said so.
        proven: own notices that a member showed to have, as this journal knows. `asked`: epochs of
            which members wanted notices. `closed`: own epochs before the last restore.
        lives: restores so far. `lost`: whether any lost something. `receipts`: by (lives, subject).
        inbox, queries: notices shown, in order. `said`: own notices by kind; `versions`: of launches.
        drafts: what the officers signed; `mandates`: the party's own chain, which its authority keeps.
    """

    def __init__(self, made: Template, code: str, model: Model, counts: Counter[str]) -> None:
        self.made, self.code, self.model, self.counts = made, code, model, counts
        self.memory = copied(made.journals[code])
        self.key: SigningKey = made.centres[code].keys["system"][0]
        self.holds: dict[bytes, int] = {}
        self.proven: set[bytes] = set()
        self.asked: set[Epoch] = set()
        self.epochs: set[Epoch] = set()
        self.closed: frozenset[Epoch] = frozenset()
        self.lives = self.opened = self.attended = self.confirmed = self.turn = 0
        self.lost = False
        self.receipts: dict[tuple[int, bytes], bytes] = {}
        self.drafts: list[Draft] = []
        self.inbox: list[bytes] = []
        self.queries: list[bytes] = []
        self.said: dict[str, list[bytes]] = {}
        self.versions: dict[bytes, bytes] = {}
        self.mandates = [made.mandates[code]]
        self.copies: list[Copy] = []
        self.broken: Violation | None = None
        last = self.memory.read(self.length - 1, 1)[0]
        self.nodes = [Node(self, (last.position, entries.digest(last.data)))]
        self.save()  # of a total loss, nothing is left but the mandates that come by hand
        self.nodes[0].open(NOW)

    # Nodes -----------------------------------------------------------------------------------

    @property
    def length(self) -> int:
        """The last position of the journal."""
        return len(self.memory._data)

    @property
    def running(self) -> list[Node]:
        """The nodes that are alive; there is always one."""
        return [node for node in self.nodes if node.running]

    @property
    def front(self) -> Node:
        """A node that knows as much as any."""
        return max(self.running, key=lambda node: node.position)

    @property
    def endpoint(self) -> Endpoint:
        """That node's."""
        return self.front.endpoint

    def further(self) -> Node | None:
        """Another node, not started; it begins with a copy of a running node's anchor (R-DUR-5)."""
        if len(self.nodes) == NODES:
            return None
        self.nodes.append(Node(self, self.front.anchor.mark))
        return self.nodes[-1]

    def endpoint_of(self, node: Node, now: int) -> Endpoint:
        """A node's endpoint, made anew."""
        return Endpoint.open(
            self.made.channel,
            self.code,
            Store(self.memory, node.fuse, self.counts),
            now,
            anchor=node.anchor,
            system=(_Signer(self),),
            epoch_id=self._random,
        )

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

    # Backups -----------------------------------------------------------------------------------

    def save(self) -> None:
        """A backup is made."""
        self.copies.append(
            Copy(
                copied(self.memory),
                [node.anchor.mark for node in self.nodes],
                dict(self.holds),
                self.confirmed,
                frozenset(self.proven),
                self.closed,
            )
        )

    def put_back(self, copy: Copy, anchor: str) -> str:
        """All nodes stop, and a copy replaces the journal; anchors are kept, lost or as old as the copy.

        Gives what it is: a *restore*, which the endpoints must notice; *unseen*, if no bytes are missing
        that were released; a *rewind*, if an anchor went back as well, so that its node cannot notice.
        """
        marks = self._marks(copy, anchor)
        for node, mark in zip(self.nodes, marks, strict=True):
            node.running, node.anchor.mark = False, mark
        self._replace(copy)
        if not any(map(self.has, marks)):
            self._close()
            return "restore"
        self.closed = copy.closed
        for node in self.nodes:
            # Nothing tells this from a crash: what was merely shown may be new again.
            node.shown &= copy.holds.keys()
        if anchor == "old":
            self.model.forked.add(self.code)
            return "rewind"
        self._unsign()
        return "unseen"

    def fail_over(self, copy: Copy) -> bool:
        """A copy that lags replaces the journal under nodes of which one has read all; whether it was so."""
        front = self.front
        left = copy.journal._data
        lags = len(left) < self.length and self.memory._data[: len(left)] == left
        if front.behind or not lags:
            return False
        self._replace(copy)
        self._close()
        return True

    def _replace(self, copy: Copy) -> None:
        self.memory._data[:] = copy.journal._data
        self.memory._filed, self.memory._snapshot = copied(copy.journal)._filed, copy.journal._snapshot
        self.holds, self.proven, self.confirmed = dict(copy.holds), set(copy.proven), copy.confirmed
        self.lives += 1

    def _close(self) -> None:
        """Something is lost: nothing is signed in the epochs until now."""
        self.closed |= frozenset(self.epochs)
        self.lost = True

    def _marks(self, copy: Copy, anchor: str) -> list[Mark | None]:
        """What each node's anchor names from now on; kept, all have the highest (docs/nodes.md)."""
        marks = [node.anchor.mark for node in self.nodes]
        if anchor == "old":
            return [copy.marks[min(at, len(copy.marks) - 1)] for at in range(len(marks))]
        known = [mark for mark in marks if mark is not None]
        mark = max(known, default=None) if anchor == "kept" else None
        return [mark for _ in marks]

    def has(self, mark: Mark | None) -> bool:
        """Whether the journal has what an anchor names; if not, a node that starts opens another epoch."""
        if mark is None:
            return False
        found = self.memory.read(mark[0] - 1, 1)
        return bool(found) and entries.digest(found[0].data) == mark[1]

    def _unsign(self) -> None:
        """What was signed and never released is gone without a trace; its place is free again."""
        kept = b"".join(self.memory._data)
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
