"""Several endpoints, an adversarial network between them, failing stores, moody signers and bad clocks.

Every call goes through `World.call`, which checks what must hold after each one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from launchnotice import Conflict, Draft, Endpoint, JournalError, Send, Step, UsageError
from launchnotice.core import entries
from launchnotice.journal.anchor import MemoryAnchor
from launchnotice.registry import EventCode, Kind, KindClass
from launchnotice.testing.journal import FlakyJournal
from launchnotice.wire import cbor
from launchnotice.wire.keys import PublicKey, SigningKey
from launchnotice.wire.message import parse, parse_payload
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement
from tests.support.centres import NOW, sign
from tests.support.dump import snapshot, state_of
from tests.support.template import Template

OFFICERS = ("officer-1", "officer-2")


class FlakyAnchor(MemoryAnchor):
    """An anchor that fails as often as it is told, before or after it has stored."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    def store(self, position: int, digest: bytes) -> None:
        if self.failures % 2 == 0:
            super().store(position, digest)
        if self.failures:
            self.failures -= 1
            raise JournalError("planned fault of the anchor")


class MoodySigner:
    """A system's key that may have no signature yet, and remembers what it ever signed."""

    def __init__(self, inner: SigningKey) -> None:
        self.inner = inner
        self.unwilling = 0
        self.signed: dict[object, bytes] = {}

    @property
    def key(self) -> PublicKey:
        return self.inner.key

    @property
    def exercise(self) -> bool:
        return self.inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        if self.unwilling:
            self.unwilling -= 1
            return None
        self._remember(cbor.decode(tbs, 1 << 20))
        return self.inner.sign(tbs)

    def _remember(self, structure: Any) -> None:
        signed = structure[4]
        payload, row = parse_payload(signed)
        if payload.kind == Kind.SYNC or row.kind_class is KindClass.EMERGENCY:
            return  # neither has a position or a key that it shares with another
        key: object = (payload.epoch, getattr(payload, "seq", 0))
        if row.kind_class is KindClass.SIGNAL:
            key = (payload.epoch, payload.kind, payload.body[1])
        # A system key signs at most one payload per position or write-once key, ever.
        assert self.signed.setdefault(key, signed) == signed


class Node:
    """One party's endpoint with everything around it that can fail."""

    def __init__(self, made: Template, code: str) -> None:
        self.made, self.code = made, code
        self.journal = copy.deepcopy(made.journals[code])
        self.flaky = FlakyJournal(self.journal)
        self.anchor = FlakyAnchor()
        last = self.journal.read(0, 100)[-1]
        self.anchor.store(last.position, entries.digest(last.data))
        self.signer = MoodySigner(made.centres[code].keys["system"][0])
        self.skew = 0
        self.presented: set[bytes] = set()
        self.drafts: list[Draft] = []
        self.endpoint = self._open(NOW)

    def restart(self, now: int) -> None:
        """The process dies and starts again on its journal and anchor."""
        self.anchor.failures = 0
        self.endpoint = self._open(now + self.skew)
        for event in self.endpoint.events():
            assert event.again
            if event.code is EventCode.NOTICE:
                self.presented.add(event.subject)
        assert not self.endpoint.health(now).restored

    def take(self, events: Iterable[Any]) -> None:
        """Nothing is presented as new twice (P3)."""
        for event in events:
            if event.code is EventCode.NOTICE:
                assert not event.again
                assert event.subject not in self.presented
                self.presented.add(event.subject)

    def _open(self, now: int) -> Endpoint:
        self.flaky = FlakyJournal(self.journal)
        return Endpoint.open(
            self.made.channel,
            self.code,
            self.flaky,
            now,
            anchor=self.anchor,
            system=(self.signer,),
            epoch_id=lambda: self.code.encode().ljust(16),
        )


class World:
    """Endpoints by party code, what is on its way, and everything that ever was."""

    def __init__(self, made: Template) -> None:
        self.made = made
        self.now = NOW
        self.wire: list[Send] = []
        self.ever: list[Send] = []
        self.nodes = {code: Node(made, code) for code in made.centres}

    # Calls -----------------------------------------------------------------------------

    def call(self, node: Node, act: Callable[[Endpoint, int], Step]) -> Step | None:
        """One call; None if a store failed."""
        before = snapshot(node.endpoint)
        fresh = not node.endpoint._ledger.unsettled
        now = self.now + node.skew
        try:
            step = act(node.endpoint, now)
        except JournalError as error:
            assert not isinstance(error, Conflict)
            # What is committed but not handed over yet is due at once.
            assert not node.endpoint._ledger.unsettled or node.endpoint.next_deadline is not None
            return None
        node.take(step.events)
        self.wire += step.sends
        self.ever += step.sends
        self._check_durable(node, step.sends)
        if step.refusal is not None and fresh:
            assert snapshot(node.endpoint) == before
        return step

    def poll(self, node: Node) -> None:
        """A poll before `next_deadline` changes and says nothing."""
        due = node.endpoint.next_deadline
        before = snapshot(node.endpoint)
        steady = self.now + node.skew >= node.endpoint._duties.now
        step = self.call(node, lambda endpoint, now: endpoint.poll(now))
        if step is not None and steady and (due is None or self.now + node.skew < due):
            assert (step.events, step.sends) == ((), ())
            assert snapshot(node.endpoint) == before

    def submit(self, node: Node, body: Record, officers: tuple[str, ...] = OFFICERS) -> None:
        """Officers draft, sign and submit; what a store did not take they keep for another try."""
        centre = self.made.centres[node.code]
        try:
            draft = sign(node.endpoint, centre, body, self.now + node.skew, officers)
        except JournalError:
            return
        node.drafts.append(draft)
        self.resubmit(node, draft)

    def resubmit(self, node: Node, draft: Draft) -> None:
        """Submit a draft, perhaps not for the first time: it is stale, or changes nothing, or counts."""
        known = bool(state_of(node.endpoint).find(draft.id))
        before = snapshot(node.endpoint)
        settled = not node.endpoint._ledger.unsettled
        try:
            step = self.call(node, lambda endpoint, now: endpoint.submit(draft, now))
        except UsageError:
            assert not settled or snapshot(node.endpoint) == before
            return
        if step is not None and known and settled:
            assert not any(event.code is EventCode.RESERVED for event in step.events)

    def deliver(self, send: Send, *, tampered: int | None = None) -> None:
        """Give bytes to their addressee, one bit of them flipped if told so."""
        node, data = self.nodes[send.to], bytearray(send.data)
        if tampered is not None:
            data[tampered // 8 % len(data)] ^= 1 << tampered % 8
        step = self.call(node, lambda endpoint, now: endpoint.receive(bytes(data), now))
        if step is not None:
            # Whatever is signed is accepted in any order, unless the mandate is unknown: all hold all.
            assert (step.refusal is None) == (tampered is None), step.refusal

    # Rest ------------------------------------------------------------------------------

    def heal(self) -> None:
        """Stores, signers and the link are perfect; hosts poll at `next_deadline` alone."""
        for node in self.nodes.values():
            node.flaky.plan, node.anchor.failures, node.signer.unwilling = [], 0, 0
        for _ in range(600):
            while self.wire:
                self.deliver(self.wire.pop(0))
            self._acknowledge()
            due = [
                (max(node.endpoint.next_deadline - node.skew, self.now), code)
                for code, node in self.nodes.items()
                if node.endpoint.next_deadline is not None
            ]
            if not due and not self.wire:
                return
            if due:
                self.now, code = min(due)
                self.poll(self.nodes[code])
        raise AssertionError("the endpoints do not come to rest")

    def _acknowledge(self) -> None:
        for node in self.nodes.values():
            if node.endpoint._ledger.unsettled:
                continue
            for notice in node.endpoint.pending(node.code):
                view = node.endpoint.exchange(notice)
                if view.kind == Kind.LAUNCH and not any(
                    s.party == node.code and s.kind > 80 for s in view.signals
                ):
                    self.submit(node, Acknowledgement(subject=notice), ("officer-1",))

    def _check_durable(self, node: Node, sends: Iterable[Send]) -> None:
        """What leaves is journalled and anchored; a sync alone is in no journal."""
        if not sends:
            return
        kept = node.endpoint._ledger.read(0)
        mark = node.anchor.load()
        assert mark is not None
        assert mark == (kept[-1].position, kept[-1].digest)
        stored = {getattr(entry.entry, "data", b"") for entry in kept}
        for send in sends:
            if send.data not in stored:
                assert parse(send.data).kind == Kind.SYNC
