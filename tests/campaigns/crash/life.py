"""One life of an endpoint, from opening to crash, told in plain values that also pass through a pipe."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

from launchnotice import Draft, Endpoint, JournalError, Stale, Step, UsageError
from launchnotice.core.entries import Reserved, Sealed, decode
from launchnotice.errors import Corrupt
from launchnotice.journal import Journal
from launchnotice.registry import IncidentObject, Kind, KindClass, RejectionCode
from launchnotice.wire import cbor, cose
from launchnotice.wire.geo import LandRegion
from launchnotice.wire.message import parse_payload
from launchnotice.wire.notices import Incident
from launchnotice.wire.record import Record
from launchnotice.wire.signals import Acknowledgement, Rejection
from tests.campaigns.crash.stores import Store
from tests.campaigns.crash.trip import TrippedSigner, Tripwire
from tests.support import NOW, launch, sign
from tests.support.dump import canonical, state_of
from tests.support.template import Template

OFFICERS = {"announce": ("officer-1", "officer-2"), "incident": ("officer-1",)}


class Told(NamedTuple):
    """An event that the host was told."""

    position: int
    code: str
    subject: bytes
    again: bool


class Answer(NamedTuple):
    """How a call ended: ``done``, ``failed`` (a store did), ``stale``, ``refused`` or ``usage``."""

    outcome: str
    told: tuple[Told, ...] = ()
    sends: tuple[tuple[str, bytes], ...] = ()
    draft: bytes = b""
    detail: str = ""


class Look(NamedTuple):
    """What an endpoint says of itself."""

    position: int
    confirmed: int
    restored: bool
    epoch: tuple[int, bytes]
    unsealed: int
    disputed: list[str]
    gaps: list[str]
    pending: dict[str, list[bytes]]
    to_answer: list[bytes]
    deadline: int | None


class Signed(NamedTuple):
    """What a system key was asked to sign, and what the journal held of it then."""

    key: str
    payload: bytes
    epoch: tuple[int, bytes]
    reserved: bool
    sealed: bool


class Life:
    """An endpoint with its journal, anchor and signer.

    Args:
        made: the channel and its keys. `code`: whose endpoint. `store`: what outlives it.
        trip: its faults. `now`: seconds. `number`: which life it is, for its epochs' random ids.
        record: is told what is signed, before it is.
    """

    def __init__(
        self,
        made: Template,
        code: str,
        store: Store,
        trip: Tripwire,
        now: int,
        number: int,
        record: Callable[[Signed], None],
    ) -> None:
        self.made, self.code, self.trip = made, code, trip
        journal, anchor = store.open(trip)
        self._inner: Journal = journal.inner  # type: ignore[attr-defined]  # every store trips its journal
        self._record = record
        self._epochs = count(1)
        system = TrippedSigner(made.centres[code].keys["system"][0], trip, self._signing)
        self.endpoint = Endpoint.open(
            made.channel,
            code,
            journal,
            now,
            anchor=anchor,
            system=(system,),
            epoch_id=lambda: self._epoch(number),
        )

    # Calls -----------------------------------------------------------------------------

    def prepare(self, what: str, number: int, subject: bytes, now: int) -> Answer:
        """Draft something and have it signed by officers."""
        officers = OFFICERS.get(what, ("officer-1",))

        def act() -> Answer:
            draft = sign(
                self.endpoint, self.made.centres[self.code], _body(what, number, subject), now, officers
            )
            return Answer("done", draft=draft.data)

        return self._call(act)

    def submit(self, draft: bytes, now: int) -> Answer:
        """Submit what officers signed."""
        return self._call(lambda: self._step(self.endpoint.submit(Draft.load(draft), now)))

    def receive(self, data: bytes, now: int) -> Answer:
        """Take bytes from the link."""
        return self._call(lambda: self._step(self.endpoint.receive(data, now)))

    def poll(self, now: int) -> Answer:
        """Do what is due."""
        return self._call(lambda: self._step(self.endpoint.poll(now)))

    def confirm(self, position: int) -> Answer:
        """The host has events safe."""

        def act() -> Answer:
            self.endpoint.confirm(position)
            return Answer("done")

        return self._call(act)

    def events(self) -> Answer:
        """What is not confirmed, as a host asks after a start."""
        return self._call(lambda: Answer("done", told=_told(self.endpoint.events())))

    def look(self) -> Look:
        """Reads alone; no fault strikes meanwhile."""
        plan, self.trip.plan = self.trip.plan, []
        try:
            return self._look()
        finally:
            self.trip.plan = plan

    def state(self) -> dict[str, Any]:
        """The whole state as plain values."""
        return canonical(state_of(self.endpoint))

    def find(self, key: bytes) -> list[int]:
        """Positions of the entries filed under a key."""
        return [stored.position for stored in self._inner.find(key)]

    def kill_after(self, microseconds: int) -> None:
        """A process cannot kill itself at an instant that it does not choose."""
        raise NotImplementedError(microseconds)

    # Inside ----------------------------------------------------------------------------

    def _call(self, act: Callable[[], Answer]) -> Answer:
        try:
            answer = act()
        except Stale as stale:
            answer = Answer("stale", draft=stale.draft.data, detail=str(stale))
        except UsageError as error:
            answer = Answer("usage", detail=error.code.value)
        except Corrupt:
            raise
        except JournalError as error:
            answer = Answer("failed", detail=str(error))
        self.trip.at("call.returned")
        return answer

    def _step(self, step: Step) -> Answer:
        sends = tuple((send.to, send.data) for send in step.sends)
        detail = step.refusal.code.value if step.refusal else ""
        return Answer("refused" if step.refusal else "done", _told(step.events), sends, detail=detail)

    def _look(self) -> Look:
        endpoint, health = self.endpoint, self.endpoint.health(NOW)
        pending = {party: endpoint.pending(party) for party in self.made.channel.parties}
        answerable = []
        for notice in pending[self.code]:
            view = endpoint.exchange(notice)
            stated = {signal.kind for signal in view.signals if signal.party == self.code}
            if view.kind and not stated & {Kind.ACKNOWLEDGEMENT, Kind.REJECTION}:
                answerable.append(notice)
        return Look(
            health.position,
            health.confirmed,
            health.restored,
            health.epoch,
            health.unsealed,
            health.disputed,
            health.gaps,
            pending,
            answerable,
            endpoint.next_deadline,
        )

    def _epoch(self, number: int) -> bytes:
        return hashlib.sha256(f"{self.code}/{number}/{next(self._epochs)}".encode()).digest()[:16]

    def _signing(self, tbs: bytes) -> None:
        raw: Any = cbor.decode(tbs, 1 << 20)
        payload, row = parse_payload(raw[4])
        if payload.kind == Kind.SYNC:
            return
        message = cose.message_id(raw[1], raw[4])
        epoch = (payload.epoch.number, payload.epoch.random)
        filed = [decode(kept.position, kept.data).entry for kept in self._inner.find(message)]
        self._record(
            Signed(
                position_of(payload, row.kind_class, message),
                raw[4],
                epoch,
                any(isinstance(entry, Reserved) and entry.id == message for entry in filed),
                any(isinstance(entry, Sealed) and entry.id == message for entry in filed),
            )
        )


def position_of(payload: Any, kind_class: KindClass, message: bytes) -> str:
    """The position or write-once key that a message takes: no two messages may take the same."""
    epoch = f"{payload.sender}/{payload.epoch.number}/{payload.epoch.random.hex()}"
    match kind_class:
        case KindClass.SIGNAL:
            return f"{epoch}/{payload.kind}/{payload.body[1].hex()}"
        case KindClass.EMERGENCY:
            return f"{epoch}/emergency/{message.hex()}"
        case _:
            return f"{epoch}/seq/{payload.seq}"


def _body(what: str, number: int, subject: bytes) -> Record:
    match what:
        case "announce":
            return launch(launch_count=number)
        case "incident":
            return Incident(
                time=NOW,
                place=LandRegion(name="Thule"),
                object=IncidentObject.BALLISTIC_MISSILE,
                contact=f"desk {number}",
            )
        case "reject":
            return Rejection(subject=subject, code=RejectionCode.IMPLAUSIBLE)
        case _:
            return Acknowledgement(subject=subject)


def _told(events: Any) -> tuple[Told, ...]:
    return tuple(Told(event.position, event.code.value, event.subject, event.again) for event in events)


__all__ = ["Answer", "Life", "Look", "Signed", "Told", "position_of"]
