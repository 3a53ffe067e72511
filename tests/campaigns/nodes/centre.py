"""A centre of two nodes, its peer, and what travels between them, in rounds.

In a round both nodes work at once, on one journal; what they send reaches the peer, and what the peer
sends reaches one of the nodes, now and then both or none. A node that dies is seen by its pipe.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

from launchnotice import Endpoint, Step
from launchnotice.core import entries
from launchnotice.journal import Entry
from launchnotice.journal.anchor import FileAnchor
from launchnotice.registry import Need
from launchnotice.wire.signals import Acknowledgement
from tests.campaigns.nodes.appends import FORKING, PROCESSES, Worker, start
from tests.campaigns.nodes.node import OFFICERS, SUITE, Answer, Plan, Round, serve
from tests.campaigns.nodes.stores import PARTY, Place
from tests.support.centres import NOW, launch, sign, state
from tests.support.template import mandate_id, template

NAMES: Final = ("one", "two")
PEER: Final = "RU"
ROUND: Final = 40
"""Seconds of the scene between two rounds: the first repetition is due."""
QUIET: Final = 400
"""Seconds between two rounds in which nobody says anything new."""
DEADLINE: Final = 7_200
"""Seconds after which an officer has been told what is overdue."""
REST: Final = 60
"""Quiet rounds after which a scene that has not come to rest fails."""


class Running(NamedTuple):
    """A node at work."""

    worker: Worker
    pipe: Connection


class Centre:
    """The nodes, the peer and what each of them did.

    Attributes:
        arrived: by message id, every encoding in which it reached the peer.
        told: what the peer's officers said.
        shown: by node, how often it presented a notice as new, unmarked.
        counts: deaths, starts, stale drafts, store failures.
        begun: the last position when all nodes had begun; what is lost comes after it.
    """

    def __init__(self, place: Place, folder: Path, mode: str, seed: int) -> None:
        self.place, self.folder, self.mode = place, folder, mode
        self.chance = random.Random(seed)
        self.made = template(suite=SUITE)
        self.now = NOW
        self.begun = 0
        self.nodes: dict[str, Running] = {}
        self.answers: dict[str, Answer] = {}
        self.counts: Counter[str] = Counter()
        self.arrived: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self.shown: Counter[tuple[str, bytes]] = Counter()
        self.told: list[bytes] = []
        self.peer: Endpoint = self.made.open(PEER)
        self._announced = 0
        self._incoming: dict[str, list[bytes]] = {name: [] for name in NAMES}
        self._seed_journal()

    # Nodes -----------------------------------------------------------------------------

    def start(self, name: str, dies: tuple[str, int] | None = None) -> None:
        """Start a node on the journal, with the anchor that it has."""
        ours, theirs = FORKING.Pipe()
        worker = start(self.mode, serve, self.plan(name, dies), theirs)
        if self.mode == PROCESSES:
            theirs.close()  # so that a death is the end of the pipe
        self.nodes[name] = Running(worker, ours)
        self.counts["starts"] += 1
        self._hear(name)

    def plan(self, name: str, dies: tuple[str, int] | None = None) -> Plan:
        """What a node of that name is."""
        return Plan(name, self.place, str(self.folder), self.now, dies)

    def stop(self, *names: str) -> None:
        """Let nodes end in good order."""
        for name in names or tuple(self.nodes):
            worker, pipe = self.nodes.pop(name)
            pipe.send(None)
            with suppress(EOFError):  # it has failed, and its log says why
                pipe.recv()
            worker.join()
            pipe.close()

    def copy_anchor(self, source: str, *names: str) -> None:
        """Give nodes a copy of the anchor of another one, as a new node gets it."""
        for name in names:
            shutil.copy(self.plan(source).anchor, self.plan(name).anchor)

    def remove_anchors(self) -> None:
        """What the runbook asks for after a restore, before any node starts."""
        for name in NAMES:
            self.plan(name).anchor.unlink(missing_ok=True)

    # Rounds ----------------------------------------------------------------------------

    def round(self, announce: int = 0, *, kill: str | None = None, hold: bool = False) -> bool:
        """Both nodes work at once; gives whether anything was sent by anybody.

        Args:
            announce: notices that each node's officers submit, and the peer's.
            kill: a node that is killed at some instant of the round.
            hold: the system signs nothing; both nodes find all of it waiting in the next round.
        """
        self.now += ROUND if announce else QUIET
        for name, (_, pipe) in self.nodes.items():
            incoming, self._incoming[name] = self._incoming[name], []
            pipe.send(Round(self.now, incoming, announce, self._announced + 1, hold))
            self._announced += announce
        if kill:
            time.sleep(self.chance.uniform(0, 0.05))
            worker = self.nodes[kill].worker
            assert not isinstance(worker, threading.Thread)
            worker.kill()
        sent = [data for name in tuple(self.nodes) for data in self._hear(name)]
        if kill in self.nodes:  # its answer was on its way before it died
            self._bury(kill)
        back = self._peer_works(sent, announce)
        for data in back:
            self._carry(data)
        return bool(sent or back)

    def rest(self) -> int:
        """Quiet rounds until nobody sends or owes anything; gives how many notices are still not settled."""
        until = self.now + DEADLINE if self.left_open() else 0
        owed = 1
        for _ in range(REST if self.nodes else 0):
            busy = self.round()
            owed = sum(len(answer.owed) for answer in self.answers.values()) + len(self._peer_owed())
            if not busy and not owed and self.now > until:
                return 0
        return max(owed, 1)

    def left_open(self) -> set[bytes]:
        """Own notices of earlier epochs, said before a restore, for which something is owed."""
        return {notice for answer in self.answers.values() for notice in answer.left}

    def _hear(self, name: str) -> list[bytes]:
        """A node's answer; nothing if it died."""
        pipe = self.nodes[name].pipe
        try:
            answer: Answer = pipe.recv()
        except EOFError:
            self._bury(name)
            return []
        self.answers[name] = answer
        self.counts += Counter(stale=answer.stale, store_errors=answer.errors)
        for notice, marked in answer.shown:
            self.shown[name, notice] += not marked
        for send in answer.sends:
            self.arrived[mandate_id(send.data)].add(send.data)
        return [send.data for send in answer.sends]

    def _bury(self, name: str) -> None:
        """The node is dead, or about to be."""
        worker, pipe = self.nodes.pop(name)
        worker.join()
        pipe.close()
        self.answers.pop(name, None)
        self.counts["deaths"] += 1

    def _carry(self, data: bytes) -> None:
        """To one of the nodes; now and then to both, or to none."""
        to = self.chance.choice([*((name,) for name in NAMES for _ in range(4)), NAMES, ()])
        for name in to:
            if name in self.nodes:
                self._incoming[name].append(data)

    def _peer_works(self, incoming: list[bytes], announce: int) -> list[bytes]:
        centre, back = self.made.centres[PEER], list[bytes]()

        def take(step: Step) -> None:
            back.extend(send.data for send in step.sends)

        for data in incoming:
            step = self.peer.receive(data, self.now)
            if step.refusal is not None:
                self.counts[f"refused {step.refusal.code.value}"] += 1
            take(step)
        for need in self.peer.attention(self.now):
            if need.need is Need.ACKNOWLEDGE:
                take(state(self.peer, centre, Acknowledgement(subject=need.subject), self.now))
        for _ in range(announce):
            draft = sign(self.peer, centre, launch(launch_count=len(self.told) + 1), self.now, OFFICERS)
            self.told.append(draft.id)
            take(self.peer.submit(draft, self.now))
        take(self.peer.poll(self.now))
        return back

    def _peer_owed(self) -> list[bytes]:
        return [*self.peer.pending(PARTY), *self.peer.pending(PEER)]

    def _seed_journal(self) -> None:
        """A journal that holds every mandate, and the anchors of two nodes that have read it."""
        journal = self.place.open()
        try:
            for stored in self.made.journals[PARTY].read(0, 100):
                kept = entries.decode(stored.position, stored.data)
                journal.append(stored.position - 1, [Entry(stored.data, entries.keys(kept.entry))])
        finally:
            journal.close()
        FileAnchor(self.plan(NAMES[0]).anchor).store(stored.position, entries.digest(stored.data))
        self.copy_anchor(NAMES[0], *NAMES[1:])
