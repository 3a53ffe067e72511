"""Two parties, their hosts and the link between them, driven by a list of events.

A scenario is plain data, so that it can be stored and run again. Everything in it is
deterministic: keys, epochs' ids and times follow from it, and so does where each fault strikes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from launchnotice.wire import cose
from tests.campaigns.crash import checks
from tests.campaigns.crash.book import Book
from tests.campaigns.crash.life import Answer, Look, Signed, Told
from tests.campaigns.crash.stores import Store
from tests.campaigns.crash.trip import Crash, Fault, Tripwire
from tests.campaigns.failures import Violation
from tests.support import NOW
from tests.support.template import Template

DAY = 86_400
ROUNDS = 400


class Living(Protocol):
    """A life in this process or another one; see `life.Life`. A dead one raises `Crash`."""

    def prepare(self, what: str, number: int, subject: bytes, now: int) -> Answer: ...
    def submit(self, draft: bytes, now: int) -> Answer: ...
    def receive(self, data: bytes, now: int) -> Answer: ...
    def poll(self, now: int) -> Answer: ...
    def confirm(self, position: int) -> Answer: ...
    def events(self) -> Answer: ...
    def look(self) -> Look: ...
    def state(self) -> dict[str, Any]: ...
    def kill_after(self, microseconds: int) -> None: ...


class Host:
    """What a party's host has on its screen and in its own store; both outlive the endpoint.

    Attributes:
        fresh: notices shown as new. `seen`: notices shown at all.
        stored: subjects by position, in the host's own store. `confirmed`: position that it confirmed.
        waiting: drafts that officers signed and whose submission has not returned: (intention, draft);
            the draft is empty if it is to be made anew. An intention names the subject of a statement last.
        meant: intention of every draft, by its bytes.
    """

    def __init__(self) -> None:
        self.fresh: set[bytes] = set()
        self.seen: set[bytes] = set()
        self.stored: dict[int, bytes] = {}
        self.confirmed = 0
        self.waiting: list[tuple[str, bytes]] = []
        self.meant: dict[bytes, str] = {}


class Node:
    """One party: what outlives its process, and the present life.

    Attributes:
        signed: everything that its system key was ever asked to sign.
        came_back: its journal was restored at some time.
        closed: epochs in which it may sign nothing after the first `signed_before` signatures.
        noticed: some life since the last restore counted its journal as restored.
    """

    def __init__(
        self, code: str, store: Store, open_life: Callable[[Node, int], Living], *, local: bool
    ) -> None:
        self.code, self.store, self.local = code, store, local
        self.trip = Tripwire()
        self.host = Host()
        self.book = Book(code)
        self.signed: list[Signed] = []
        self.lives = 0
        self.came_back = False
        self.closed: set[tuple[int, bytes]] = set()
        self.signed_before = 0
        self.noticed = False
        self.unchecked: list[tuple[str, bytes]] = []
        self._open_life = open_life
        self._life: Living | None = None

    @property
    def life(self) -> Living:
        """The present life."""
        if self._life is None:
            raise Crash("not running")
        return self._life

    def start(self, now: int) -> None:
        """A new process on what the old one left."""
        self.stop()
        self.lives += 1
        self.trip.dead = False
        self._life = self._open_life(self, now)

    def arm(self, plan: list[Fault]) -> None:
        """Replace the faults to come, also those of a process of its own."""
        self.trip.arm(plan)
        tell = getattr(self._life, "arm", None)
        if tell is not None:
            tell(plan)

    def at(self, boundary: str) -> None:
        """The host passes a boundary of its own; it dies with an endpoint in the same process only."""
        if self.local:
            self.trip.at(boundary)

    def stop(self) -> None:
        """The process is gone; nothing of it runs any more."""
        life, self._life = self._life, None
        end = getattr(life, "end", None)
        if end is not None:
            end()

    def read(self) -> None:
        """Read further in the journal, past the endpoint."""
        self.book.extend(self.store.rows()[len(self.book.rows) :])


class Counts(NamedTuple):
    """What a scenario has seen: crashes by boundary, and whatever else is counted."""

    crashes: Counter[str]
    other: Counter[str]


class World:
    """Nodes by party code, bytes on their way, and everything that was ever released.

    Attributes:
        passed: passages by party and boundary, up to where healing began.
    """

    def __init__(self, made: Template, nodes: dict[str, Node]) -> None:
        self.made, self.nodes = made, nodes
        self.now = NOW
        self.wire: list[tuple[str, bytes]] = []
        self.ever: list[tuple[str, bytes]] = []
        self.released = checks.Released()
        self.counts = Counts(Counter(), Counter())
        self.passed: dict[str, Counter[str]] = {}

    def run(self, events: list[list[Any]]) -> None:
        """Run events, then let everything heal, and check that both sides agree.

        Faults that come first are there before the first start.
        """
        first = next((at for at, event in enumerate(events) if event[0] != "arm"), len(events))
        for event in events[:first]:
            self.do(event)
        self.begin()
        for event in events[first:]:
            self.do(event)
        self.passed = {code: Counter(node.trip.passed) for code, node in self.nodes.items()}
        self.heal()
        checks.agreement(self)

    def begin(self) -> None:
        """Start both parties."""
        for node in self.nodes.values():
            node.read()
            self._begin(node)

    def do(self, event: list[Any]) -> None:
        """Run one event."""
        getattr(self, f"do_{event[0]}")(*event[1:])

    # Events ----------------------------------------------------------------------------

    def do_arm(self, code: str, *faults: list[Any]) -> None:
        """Faults to come, in place of those that have not struck yet."""
        self.nodes[code].arm([Fault(*fault) for fault in faults])

    def do_announce(self, code: str, number: int) -> None:
        """Officers announce a launch."""
        self._state(self.nodes[code], "announce", number, b"")

    def do_incident(self, code: str, number: int) -> None:
        """An officer reports an incident."""
        self._state(self.nodes[code], "incident", number, b"")

    def do_answer(self, code: str, what: str, pick: int) -> None:
        """An officer acknowledges or rejects a notice."""
        node = self.nodes[code]
        answerable = node.life.look().to_answer
        if answerable:
            self._state(node, what, 0, answerable[pick % len(answerable)])

    def do_poll(self, code: str, wait: int) -> None:
        """Time passes, and the host polls."""
        self.now += wait
        node = self.nodes[code]
        self._step(node, lambda: node.life.poll(self.now))

    def do_deliver(self, pick: int) -> None:
        """Bytes arrive, perhaps before others that were sent earlier."""
        if self.wire:
            self._deliver(*self.wire.pop(pick % len(self.wire)))

    def do_deliver_all(self) -> None:
        """All bytes on their way arrive in order."""
        for _ in range(len(self.wire)):
            self._deliver(*self.wire.pop(0))

    def do_drop(self, pick: int) -> None:
        """Bytes are lost on the way."""
        if self.wire:
            self.wire.pop(pick % len(self.wire))

    def do_replay(self, pick: int) -> None:
        """Old bytes arrive again."""
        if self.ever:
            self._deliver(*self.ever[pick % len(self.ever)])

    def do_confirm(self, code: str) -> None:
        """The host confirms what it has in its store."""
        node = self.nodes[code]
        position = max(node.host.stored, default=0)
        answer = self._call(node, lambda: node.life.confirm(position))
        if answer is not None and answer.outcome == "done":
            node.host.confirmed = max(node.host.confirmed, position)

    def do_restart(self, code: str) -> None:
        """The process ends between two calls, and starts again."""
        self.counts.other["restarts"] += 1
        self.nodes[code].stop()
        self._begin(self.nodes[code])

    def do_backup(self, code: str) -> None:
        """The journal is copied, and not the anchor."""
        self.nodes[code].store.back_up()

    def do_restore(self, code: str) -> None:
        """The copy takes the place of the journal, while the process is down."""
        node = self.nodes[code]
        node.read()
        node.stop()
        rolled_back = False
        if node.store.restore():
            length = len(node.store.rows())
            lost = {p: subject for p, subject in node.host.stored.items() if p > length}
            node.host.stored = {p: s for p, s in node.host.stored.items() if p not in lost}
            node.host.confirmed = 0
            node.book = Book(node.code)
            node.read()
            if node.book.holds(node.store.mark()):
                # No released bytes are missing, so that nothing tells it from a crash. What was only
                # shown since may be shown as new again, what was only signed may be signed otherwise.
                self.counts.other["rollbacks_behind_no_anchor"] += 1
                node.host.seen -= {*lost.values()}
                node.host.waiting = [item for item in node.host.waiting if item[0].endswith("/")]
                left = {cose.parse(data, 1 << 20).payload for data in self.released.by_id.values()}
                node.signed = [one for one in node.signed if one.payload in left]
            else:
                rolled_back, node.noticed = True, False
                self.counts.other["restores"] += 1
                node.came_back = True
                node.closed = {one.epoch for one in node.signed}
                node.signed_before = len(node.signed)
                node.host.waiting = []
        self._begin(node)
        self.counts.other["restores_detected"] += rolled_back and node.noticed

    def do_mandates(self, code: str) -> None:
        """A host gives every mandate by hand, and again after each failure."""
        node = self.nodes[code]
        for data in self.made.mandates.values():
            for _ in range(10):
                answer = self._step(node, lambda data=data: node.life.receive(data, self.now))  # type: ignore[misc]
                if answer is not None and answer.outcome == "done":
                    break

    def do_kill(self, code: str, microseconds: int) -> None:
        """The next call is killed after that time, wherever it is then."""
        self.nodes[code].life.kill_after(microseconds)

    # Healing ---------------------------------------------------------------------------

    def heal(self) -> None:
        """No more faults: hosts poll when due, officers answer, the link delivers, until all is at rest."""
        for node in self.nodes.values():
            node.arm([])
        end = self.now + 3 * DAY
        for _ in range(ROUNDS):
            while self.wire:
                self._deliver(*self.wire.pop(0))
            for node in self.nodes.values():
                self._resubmit(node)
                for notice in node.life.look().to_answer:
                    self._state(node, "acknowledge", 0, notice)
            due = [
                (max(deadline, self.now), code)
                for code, node in self.nodes.items()
                if (deadline := node.life.look().deadline) is not None
            ]
            if self.wire or any(node.host.waiting for node in self.nodes.values()):
                continue
            if not due or min(due)[0] > end:
                return
            self.now, code = min(due)
            self.do_poll(code, 0)
        if not any(node.came_back for node in self.nodes.values()):
            raise Violation("incomplete", "the endpoints do not come to rest")

    # Calls -----------------------------------------------------------------------------

    def _state(self, node: Node, what: str, number: int, subject: bytes) -> None:
        intention = f"{node.code}/{what}/{number}/{subject.hex()}"
        answer = self._call(node, lambda: node.life.prepare(what, number, subject, self.now))
        if answer is None or answer.outcome != "done":
            checks.expected(node, answer, {"failed", "usage"})
            return
        node.host.meant[answer.draft] = intention
        node.host.waiting.append((intention, answer.draft))
        self._resubmit(node)

    def _resubmit(self, node: Node) -> None:
        """Submit what officers signed until the call returns: a crash came between, or a store failed."""
        for item in [*node.host.waiting]:
            intention, draft = item
            if not draft:
                self._draft_anew(node, item)
                continue
            answer = self._step(node, lambda draft=draft: node.life.submit(draft, self.now))  # type: ignore[misc]
            if answer is None:
                return
            checks.expected(node, answer, {"done", "failed", "stale", "usage"})
            if answer.outcome != "failed" and item in node.host.waiting:
                node.host.waiting.remove(item)
            if answer.outcome == "stale" and intention.split("/")[1] in {"announce", "incident"}:
                node.host.waiting.append((intention, b""))

    def _draft_anew(self, node: Node, item: tuple[str, bytes]) -> None:
        """A draft went stale: the officers sign anew what it meant."""
        _, what, number, _ = item[0].split("/")
        answer = self._call(node, lambda: node.life.prepare(what, int(number), b"", self.now))
        if answer is not None and answer.outcome == "done" and item in node.host.waiting:
            node.host.waiting.remove(item)
            node.host.meant[answer.draft] = item[0]
            node.host.waiting.append((item[0], answer.draft))

    def _deliver(self, to: str, data: bytes) -> None:
        node = self.nodes[to]
        answer = self._step(node, lambda: node.life.receive(data, self.now))
        if answer is not None:
            checks.received(self, node, data, answer)

    def _step(self, node: Node, act: Callable[[], Answer]) -> Answer | None:
        answer = self._call(node, act)
        if answer is not None:
            try:
                self._take(node, answer)
            except Crash as crash:
                self._fell(node, crash)
                return None
        return answer

    def _call(self, node: Node, act: Callable[[], Answer]) -> Answer | None:
        """One call; None if the process died, by when the next one is up."""
        try:
            return act()
        except Crash as crash:
            self._fell(node, crash)
            return None

    def _take(self, node: Node, answer: Answer) -> None:
        """The host shows the events, stores them, and gives the bytes to the link."""
        if answer.told:
            self._show(node, answer.told)
        half = len(answer.sends) // 2
        checks.sent(self, node, answer.sends)
        self.wire += answer.sends[:half]
        self.ever += answer.sends[:half]
        if answer.sends:
            node.at("host.sending")
        self.wire += answer.sends[half:]
        self.ever += answer.sends[half:]

    def _show(self, node: Node, told: tuple[Told, ...]) -> None:
        checks.shown(node, told)
        node.at("host.shown")
        node.host.stored |= {event.position: event.subject for event in told}

    # Crashes ---------------------------------------------------------------------------

    def _fell(self, node: Node, crash: Crash) -> None:
        self.counts.crashes[str(crash)] += 1
        node.stop()
        self._begin(node)

    def _begin(self, node: Node) -> None:
        """Start, and start again if the start itself crashes; then check what the new life knows."""
        while True:
            try:
                self._start(node)
            except Crash as crash:
                self.counts.crashes[str(crash)] += 1
                node.stop()
            else:
                break
        # The host's first calls, which may crash like any others.
        lives = node.lives
        for _ in range(4):
            answer = self._call(node, node.life.events)
            if answer is None or answer.outcome == "done":
                break
        if answer is None or node.lives != lives:
            return
        checks.expected(node, answer, {"done"})
        try:
            checks.presented(node, answer.told)
            self._show(node, answer.told)
        except Crash as crash:
            self._fell(node, crash)
            return
        look = node.life.look()
        answer = self._step(node, lambda: node.life.poll(self.now))
        if answer is not None and answer.outcome == "done" and node.lives == lives:
            checks.offered(node, look, answer)
        if node.lives == lives:
            self._resubmit(node)

    def _start(self, node: Node) -> None:
        for _ in range(4):
            failed = checks.start(node, lambda: node.start(self.now))
            if not failed:
                break
        checks.opened(self, node)
