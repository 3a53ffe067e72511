"""One node of the centre: an endpoint on the shared journal, with an anchor and a log of its own.

It does what it is told, a round at a time, and answers with what is to be sent. What it signed and
what it was asked to say stands in its log before anything else happens, so that a kill hides nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from launchnotice import Endpoint, Event, JournalError, Send, Stale, Step, UsageError
from launchnotice.core import entries
from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.journal import Anchor, Entry, Journal
from launchnotice.journal.anchor import FileAnchor
from launchnotice.registry import EventCode, Kind, KindClass, Need, Suite, Usage
from launchnotice.wire import cbor
from launchnotice.wire.keys import PublicKey, SigningKey
from launchnotice.wire.message import ChainedPayload, Payload, SignalPayload, parse_payload
from launchnotice.wire.signals import Acknowledgement
from tests.campaigns.nodes.stores import PARTY, Place
from tests.support.centres import Centre, launch, sign
from tests.support.dump import state_of
from tests.support.template import Template, template

T = TypeVar("T")
SUITE: Final = Suite.HYBRID
"""ML-DSA is randomised: whoever signs again gives other bytes."""
OFFICERS: Final = ("officer-1", "officer-2")
RESERVED: Final = "reserved"
SEALING: Final = "sealing"
COMMITTED: Final = "committed"
ANCHORED: Final = "anchored"
BOUNDARIES: Final = (RESERVED, SEALING, COMMITTED, ANCHORED)
"""Where a node dies: an own message is reserved; signed; committed, no byte released; anchored, the same."""
STORE_TRIES: Final = 100
"""A store that is gone comes back within as many tries, or the scene fails."""


class Plan(NamedTuple):
    """What a node is: its name, where its journal is, and when it kills itself.

    Attributes:
        dies: at which passage of which boundary; None if never.
    """

    name: str
    place: Place
    folder: str
    now: int
    dies: tuple[str, int] | None = None

    @property
    def anchor(self) -> Path:
        """The node's anchor."""
        return Path(self.folder) / f"{self.name}.anchor"

    @property
    def log(self) -> Path:
        """The node's log, which its restarts go on with."""
        return Path(self.folder) / f"{self.name}.log"


class Round(NamedTuple):
    """What a node is to do: poll, take bytes, announce so many launches, answer, poll.

    Attributes:
        hold: whether the system has no signature yet, so that reservations pile up for the next round.
    """

    now: int
    incoming: Sequence[bytes]
    announce: int
    first: int
    hold: bool


class Answer(NamedTuple):
    """What a node did in a round.

    Attributes:
        shown: notices that were presented as new, and whether marked.
        owed: notices that are not settled; `left` those of own epochs before the last restore, which no
            rule says are repeated. `stale`: drafts that came too late. `errors`: of the store, survived.
    """

    sends: list[Send]
    shown: list[tuple[bytes, bool]]
    owed: set[bytes]
    left: set[bytes]
    stale: int
    errors: int


def serve(plan: Plan, pipe: Connection) -> None:
    """Be a node until told to stop; an exception ends it, and stands in its log."""
    with plan.log.open("ab", buffering=0) as file:
        log = Log(file.fileno())
        try:
            node = Node(template(suite=SUITE), plan, log)
            pipe.send(node.begun())
            while (told := pipe.recv()) is not None:
                pipe.send(node.work(told))
            node.journal.close()
            pipe.send(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            log.note("failed", f"{type(error).__name__}: {error}")
        finally:
            pipe.close()


class Log:
    """Lines that are with the kernel when a call returns; `hold` keeps signers from signing what counts."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.hold = False

    def note(self, *words: object) -> None:
        """Write one line."""
        os.write(self._descriptor, (json.dumps(words) + "\n").encode())


class Node:
    """The endpoint and its host."""

    def __init__(self, made: Template, plan: Plan, log: Log) -> None:
        self.centre: Centre = made.centres[PARTY]
        self.log = log
        self.journal = plan.place.open()
        doom = Doom(plan.dies)
        self.endpoint = Endpoint.open(
            made.channel,
            PARTY,
            DyingJournal(self.journal, doom),
            plan.now,
            anchor=DyingAnchor(FileAnchor(plan.anchor), doom),
            system=[LoggingSigner(key, log) for key in self.centre.keys["system"]],
        )
        self.answer = self._empty()

    def begun(self) -> Answer:
        """What a start presents."""
        self._take(Step(None, tuple(self.endpoint.events()), ()))
        return self._done()

    def work(self, told: Round) -> Answer:
        """One round."""
        self.log.hold = told.hold
        self._insist(lambda: self.endpoint.poll(told.now))
        for data in told.incoming:
            self._insist(partial(self.endpoint.receive, data, told.now))
        for number in range(told.first, told.first + told.announce):
            self._announce(number, told.now)
        for need in self._attempt(lambda: self.endpoint.attention(told.now)):
            if need.need is Need.ACKNOWLEDGE:
                self._acknowledge(need.subject, told.now)
        self._insist(lambda: self.endpoint.poll(told.now))
        return self._done()

    def _announce(self, number: int, now: int) -> None:
        """Officers sign, and sign again when things have moved, until a submission counts."""
        body = launch(launch_count=number)
        draft = self._attempt(lambda: sign(self.endpoint, self.centre, body, now, OFFICERS))
        while True:
            self.log.note("submitting", draft.id.hex())
            try:
                self._insist(partial(self.endpoint.submit, draft, now))
                break
            except Stale:
                self.answer = self.answer._replace(stale=self.answer.stale + 1)
                draft = self._attempt(lambda: sign(self.endpoint, self.centre, body, now, OFFICERS))
        self.log.note("said", draft.id.hex())

    def _acknowledge(self, subject: bytes, now: int) -> None:
        """The other node's officer may have been first."""
        try:
            draft = self._attempt(
                lambda: sign(self.endpoint, self.centre, Acknowledgement(subject=subject), now, OFFICERS[:1])
            )
            self._insist(lambda: self.endpoint.submit(draft, now))
        except Stale:
            return
        except UsageError as error:
            if error.code is not Usage.ALREADY_STATED:
                raise

    def _insist(self, call: Callable[[], Step]) -> None:
        self._take(self._attempt(call))

    def _attempt(self, call: Callable[[], T]) -> T:
        """A store that fails is tried again, as a host does."""
        for _ in range(STORE_TRIES):
            try:
                return call()
            except JournalError as error:
                self.log.note("store", str(error))
                self.answer = self.answer._replace(errors=self.answer.errors + 1)
                time.sleep(0.05)
        raise JournalError("the store does not come back")

    def _take(self, step: Step) -> None:
        self.answer.sends.extend(step.sends)
        shown = _notices(step.events)
        self.answer.shown.extend(shown)
        for notice, _ in shown:  # on the screen; the answer may be lost with the process
            self.log.note("shown", notice.hex())
        if step.events:
            self._attempt(lambda: self.endpoint.confirm(step.events[-1].position))

    def _done(self) -> Answer:
        state = state_of(self.endpoint)
        open_ones = {*self.endpoint.pending("RU"), *self.endpoint.pending(PARTY)}
        left = {
            one for one in open_ones if (kept := state.exchanges[one]).own and _earlier(kept, state.epoch)
        }
        done, self.answer = self.answer._replace(owed=open_ones - left, left=left), self._empty()
        return done

    @staticmethod
    def _empty() -> Answer:
        return Answer([], [], set(), set(), 0, 0)


def _earlier(kept: Exchange, epoch: tuple[int, bytes] | None) -> bool:
    """Whether it is a notice of another epoch than that one; a mandate has none."""
    return kept.kind != MANDATE_KIND and kept.epoch != epoch


def _notices(events: Sequence[Event]) -> list[tuple[bytes, bool]]:
    return [(event.subject, event.again) for event in events if event.code is EventCode.NOTICE]


# What dies, and what remembers -------------------------------------------------------------


class Doom:
    """Kills this process at its boundary: SIGKILL, which nothing can catch."""

    def __init__(self, dies: tuple[str, int] | None) -> None:
        self._boundary, self._left = dies or ("", 0)
        self.sealed = False

    def pass_by(self, boundary: str) -> None:
        """The process is at that boundary."""
        if boundary == self._boundary:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingJournal:
    """A journal around whose appends of own messages the process may die."""

    def __init__(self, inner: Journal, doom: Doom) -> None:
        self._inner, self._doom = inner, doom
        self.read, self.find = inner.read, inner.find
        self.load_snapshot, self.save_snapshot = inner.load_snapshot, inner.save_snapshot

    def append(self, after: int, rows: Sequence[Entry]) -> None:
        """As the journal inside."""
        kinds = {type(entries.decode(0, row.data).entry) for row in rows}
        if entries.Sealed in kinds:
            self._doom.pass_by(SEALING)
        self._inner.append(after, rows)
        if entries.Reserved in kinds:
            self._doom.pass_by(RESERVED)
        if entries.Sealed in kinds:
            self._doom.sealed = True
            self._doom.pass_by(COMMITTED)


class DyingAnchor:
    """An anchor after which the process may die, if it covers a message not released yet."""

    def __init__(self, inner: Anchor, doom: Doom) -> None:
        self._inner, self._doom = inner, doom
        self.load = inner.load

    def store(self, position: int, digest: bytes) -> None:
        """As the anchor inside."""
        self._inner.store(position, digest)
        if self._doom.sealed:
            self._doom.sealed = False
            self._doom.pass_by(ANCHORED)


class LoggingSigner:
    """A key of the system that writes down what it signs, before the signature exists."""

    def __init__(self, inner: SigningKey, log: Log) -> None:
        self._inner, self._log = inner, log

    @property
    def key(self) -> PublicKey:
        """The public key."""
        return self._inner.key

    @property
    def exercise(self) -> bool:
        """Whether the key is for exercises."""
        return self._inner.exercise

    def sign(self, tbs: bytes) -> bytes | None:
        """Sign, unless that has to wait; only a sync is not written down, since it states nothing."""
        signed = cbor.decode(tbs, 1 << 20)
        assert isinstance(signed, list)
        content = signed[4]
        assert isinstance(content, bytes)
        payload, row = parse_payload(content)
        if payload.kind != Kind.SYNC and self._log.hold:
            return None
        if payload.kind != Kind.SYNC:
            self._log.note("signed", *_slot(payload, row.kind_class), hashlib.sha256(content).hexdigest())
        return self._inner.sign(tbs)


def _slot(payload: Payload, kind_class: KindClass) -> tuple[str, str]:
    """What may be signed once: a position, or a statement about a notice."""
    epoch = f"{payload.epoch.number}/{payload.epoch.random.hex()}"
    if isinstance(payload, SignalPayload):
        return "statement", f"{epoch}/{payload.kind}/{payload.body[1]!r}"
    assert isinstance(payload, ChainedPayload), kind_class
    return "position", f"{epoch}/{payload.seq}"
