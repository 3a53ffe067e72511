"""The endpoint: one party's side of one channel, what an application embeds.

- `submit`, `receive`, `poll` and `confirm` write, and `draft` when it opens an
  epoch. Each commits first and shows afterwards; bytes wait for the anchor as well.
- `receive` never signs. `poll` does what is due: seals, states what the machine owes, asks
  for what is missing, tells what is overdue, repeats what is unanswered.
- No clock is read: `now` is seconds since 1970-01-01T00:00:00Z, given with each call.
- Calls on one endpoint must not overlap; several endpoints may share one journal.

Example:
    endpoint = Endpoint.open(channel, "US", journal, now, anchor=anchor, system=keys)
    step = endpoint.receive(data, now)     # show step.events, carry step.sends
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Self

from launchnotice import views
from launchnotice.core.decide import Decision, decide
from launchnotice.core.entries import Confirmed, Entry, EpochOpened, Noted, Reserved, Sealed, Trusted
from launchnotice.core.events import Event, event_of
from launchnotice.core.exchange import Exchange
from launchnotice.core.state import State
from launchnotice.draft import Draft, compose
from launchnotice.engine import desk, sealing
from launchnotice.engine.ledger import Ledger
from launchnotice.engine.outbox import Outbox
from launchnotice.engine.proofs import Proofs, proof
from launchnotice.engine.sealing import Send
from launchnotice.engine.sync import Syncs
from launchnotice.errors import Refused, UsageError
from launchnotice.journal import Anchor, Journal
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import EpochReason, Kind, Usage
from launchnotice.views import Step
from launchnotice.wire.bounds import RETRY_FIRST, SIGN_RETRY
from launchnotice.wire.keys import Signer
from launchnotice.wire.record import Record
from launchnotice.wire.streams import SEQUENCE
from launchnotice.wire.times import MAX_INSTANT


class Endpoint:
    """One party's side of one channel; made by `Endpoint.open`."""

    def __init__(
        self,
        channel: Channel,
        party: str,
        ledger: Ledger,
        now: int,
        system: Sequence[Signer],
        epoch_id: Callable[[], bytes],
    ) -> None:
        self.channel, self.party = channel, party
        self._ledger, self._system, self._epoch_id = ledger, tuple(system), epoch_id
        self._now = self._sign_at = now
        self._opened_at = ledger.state.position
        self._outbox, self._syncs, self._proofs = Outbox(), Syncs(), Proofs()
        self._outgoing: dict[Send, None] = {}
        self._folds = 0
        self._unfinished = False
        self._take_fold()

    @classmethod
    def open(
        cls,
        channel: Channel,
        party: str,
        journal: Journal,
        now: int,
        *,
        anchor: Anchor | None = None,
        system: Sequence[Signer] = (),
        epoch_id: Callable[[], bytes] = lambda: os.urandom(16),
    ) -> Self:
        """Open one party's side of a channel on its journal.

        Args:
            channel: the channel. `party`: whose side. `journal`: its journal, empty at first.
            now: seconds.
            anchor: kept where no backup of the journal reaches; without one the journal counts
                as restored at every opening.
            system: the signers of this node's system identity, one for each algorithm of the
                suite; without them reservations wait for another node on the same journal.
            epoch_id: gives 16 random bytes; called only when an epoch is opened.

        Raises:
            UsageError: `not-a-party`; `bad-value` if the time is not whole seconds since 1970.
            Corrupt: the journal or anchor is damaged, foreign or of an unknown format.
            JournalError: the journal or anchor failed.
        """
        _check_time(now)
        if party not in channel.parties:
            raise UsageError(Usage.NOT_A_PARTY, f"the channel has no party {party!r}")
        return cls(channel, party, Ledger(channel, party, journal, anchor, now), now, system, epoch_id)

    # Writing ---------------------------------------------------------------------------

    def draft(self, body: Record, now: int, signers: Sequence[str]) -> Draft:
        """A draft of a message with that body, for officers to review and sign at their desks.

        Args:
            body: what is said; its type says what it does.
            now: seconds. `signers`: labels of the officers who will sign.

        Raises:
            UsageError: `no-mandate`, `unknown-signer`, `wrong-signers`, `unknown-subject`,
                `already-stated`, `not-intelligible`, or `bad-value` for what the machine states itself.
        """
        self._begin(now)
        kind = desk.check_body(body)
        to = desk.addressee(self._state, body, restored=self._ledger.restored)
        desk.check_references(self._state, body)
        system = self._identity()
        desk.check_officers(self._state, kind, self._mandate(), signers)
        self._open_epoch(now)
        return compose(self._state, body, now, signers, system, to)

    def submit(self, draft: Draft, now: int) -> Step:
        """Reserve what the officers signed, let the system sign it, and release it.

        Submitting a draft again changes nothing: a host may do so after a `JournalError`.

        Raises:
            Refused: the draft does not pass its review. `UsageError`: `not-signed`,
                `unknown-subject`, `already-stated`, `not-intelligible`.
            Stale: the own head, epoch or mandate moved, or it is older than an hour.
        """
        self._begin(now)
        if desk.submitted(self._state, draft.id, restored=self._ledger.restored):
            self._seal(now, {draft.id: draft})
            return self._step()
        review = desk.review(self._state, draft, self._mandate())
        self._open_epoch(now)

        def judge(state: State) -> Sequence[Entry]:
            restored = self._ledger.restored
            if desk.submitted(state, draft.id, restored=restored):
                return []
            return [desk.reserve(state, review, now, self._identity(), restored=restored)]

        self._ledger.transact(now, judge)
        self._seal(now, {draft.id: review.draft})
        return self._step()

    def receive(self, data: bytes, now: int) -> Step:
        """Take bytes from the network, a file or a hand.

        Never raises for what the bytes are: `Step.refusal` says why they were not accepted.
        """
        self._tick(now)
        decision: Decision | None = None

        def judge(state: State) -> Sequence[Entry]:
            nonlocal decision
            decision = decide(state, data, now)
            return decision.entries

        try:
            self._ledger.transact(now, judge)
        except Refused as refusal:
            self._syncs.refused(self._state, refusal)
            return self._step(refusal)
        assert decision is not None  # safe: transact calls judge at least once
        if decision.answers:
            self._release([Send(decision.sender, answer) for answer in decision.answers])
        self._syncs.heard(self._state, decision.sender, decision.heads)
        if decision.sync is not None:
            self._release(self._syncs.answer(self._state, decision.sender, decision.sync, now))
        step = self._step()
        if decision.entries and isinstance(decision.entries[-1], Noted):
            # Its id alone is journalled, and it is shown this once: with the bytes at hand.
            *earlier, event = step.events
            return step._replace(events=(*earlier, event._replace(data=data)))
        return step

    def poll(self, now: int) -> Step:
        """Do what is due: seal, state, ask, tell what is overdue, repeat."""
        self._unfinished = True
        self._begin(now)
        left = self._state.unsealed or self._outgoing or self._outbox.next(self._state) is not None
        # With signers at hand, the members are asked at once what was lost.
        if self._came_back and (left or (self._system and self._listed())):
            self._open_epoch(now)
        self._state_receipts(now)
        self._seal(now)
        self._ledger.transact(now, lambda state: views.overdue(state, now))
        self._ask(now)
        if not self._came_back:
            self._release([Send(party, x.data) for party, x in self._outbox.due(self._state, now)])
            self._release(self._proofs.due(self._state, now))
        self._ledger.keep_snapshot()
        self._settle()
        step = self._step()
        self._unfinished = False
        return step

    def confirm(self, position: int) -> None:
        """The host has the events up to that position safe; they are not presented again."""
        known = min(position, self._state.position)
        entry = [Confirmed(known)]
        self._ledger.transact(self._now, lambda state: entry if known > state.confirmed else [])
        self._settle()

    def trust(self, mandate: bytes) -> None:
        """A peer's newest mandate was compared with that peer out of band, by its id of 32 bytes.

        Needed once for each peer after all was lost; until then its notices say *mandate unconfirmed*.

        Raises:
            UsageError: `unknown-subject` if it is not the newest mandate held of a peer.
        """
        self._begin(self._now)
        found = self._state.by_id.get(mandate)
        peer = found.payload.party if found else self.party
        if peer == self.party or found is not self._state.mandate(peer):
            raise UsageError(Usage.UNKNOWN_SUBJECT, "not the newest mandate of a peer")
        entry = [Trusted(mandate, peer)]
        self._ledger.transact(self._now, lambda state: entry if peer in state.untrusted else [])

    # Reading ---------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        """The instant, in seconds, at which `poll` has something to do; None if nothing is due.

        It knows what this endpoint knows: with several nodes on one journal, poll once a minute.
        """
        state = self._state
        waits = [self._outbox.next(state), views.next_overdue(state), self._proofs.next(state)]
        if any(sealing.sealable(reserved, self._system) for reserved in self._sealable(state)):
            waits.append(self._sign_at)
        listed = self._listed()
        owed = self._outgoing or (self._owed_receipts(state) and listed)
        left = self._came_back and (state.unsealed or (self._system and listed))
        # A poll that a store interrupted, or a fold that nobody looked at, has more to do at once.
        interrupted = self._unfinished or self._ledger.unsettled or self._folds != self._ledger.folds
        if owed or left or interrupted:
            waits.append(self._now)
        if self._system and listed:
            waits.append(self._syncs.next(state, self._now))
        # What was due before the last call is due now.
        return min((max(wait, self._now) for wait in waits if wait is not None), default=None)

    def events(self, after: int | None = None) -> list[Event]:
        """Events after a position, by default after the last one confirmed.

        What was journalled before this opening is marked `again`: it may have been seen before.
        """
        start = self._state.confirmed if after is None else after
        found = (event_of(kept, self.party) for kept in self._ledger.read(start))
        return [event._replace(again=event.position <= self._opened_at) for event in found if event]

    def attention(self, now: int) -> list[views.Attention]:
        """What needs an officer, by when and why; the most urgent first."""
        return views.attention(self._state, now, listed=self._listed() is not None)

    def forks(self) -> list[list[bytes]]:
        """For each fork known, its sender's mandates and the two notices; see `evidence.pack_fork`."""
        return [proof(self._state, party, epoch) for party, epoch in self._state.forks]

    def pending(self, party: str) -> list[bytes]:
        """Ids of notices and mandates for which that party still owes something."""
        return views.pending(self._state, party)

    def exchange(self, notice: bytes) -> views.ExchangeView:
        """A notice with its signals; raises `UsageError` (`unknown-subject`)."""
        return views.exchange(self._state, notice)

    def launch(self, notice: bytes, now: int) -> views.LaunchView:
        """The launch that a notice begins; raises `UsageError` (`unknown-subject`)."""
        return views.launch(self._state, notice, now)

    def health(self, now: int) -> views.Health:
        """How the endpoint stands: position, epoch, mandates, gaps, what waits."""
        return views.health(self._state, now, restored=self._ledger.restored)

    def mandate(self, party: str | None = None) -> Mandate | None:
        """The newest mandate held of a party, by default one's own; raises `UsageError` (`not-a-party`)."""
        code = party or self.party
        if code not in self.channel.parties:
            raise UsageError(Usage.NOT_A_PARTY, f"the channel has no party {code!r}")
        return self._state.mandate(code)

    # Inside ----------------------------------------------------------------------------

    @property
    def _came_back(self) -> bool:
        """Whether the journal counts as restored, or as lacking what was said, and no new epoch is open."""
        return self._ledger.restored or self._state.lost

    @property
    def _state(self) -> State:
        return self._ledger.state

    def _begin(self, now: int) -> None:
        self._tick(now)
        self._ledger.catch_up()
        self._take_fold()

    def _tick(self, now: int) -> None:
        """Take the time; one far behind the last shows that what was scheduled came from a wrong clock."""
        _check_time(now)
        if now < self._now - RETRY_FIRST:
            self._outbox, self._syncs, self._proofs = Outbox(), Syncs(), Proofs()
            self._sign_at = now
        self._now = now

    def _take_fold(self) -> None:
        """After a fold, take in hand what was sealed and perhaps not released: a crash came between."""
        if self._folds == self._ledger.folds:
            return
        later = [] if self._ledger.restored else self._ledger.read(self._ledger.anchored)
        for kept in later:
            if isinstance(kept.entry, Sealed):
                self._release_sealed(kept.entry)
        self._folds = self._ledger.folds

    def _release(self, sends: Sequence[Send]) -> None:
        """Let bytes go with the next step; they stay in hand if it fails."""
        self._outgoing.update(dict.fromkeys(sends))

    def _settle(self) -> None:
        """Move the anchor: a copy of the journal from before now shows as a restore."""
        if not self._came_back:
            self._ledger.settle_anchor()

    def _step(self, refusal: Refused | None = None) -> Step:
        self._take_fold()
        # A restored endpoint releases nothing before it has opened its new epoch.
        sends: tuple[Send, ...] = ()
        if self._outgoing and not self._came_back:
            self._ledger.settle_anchor()
            sends = tuple(self._outgoing)
            self._outgoing = {}
        return Step(refusal, self._ledger.take_events(), sends)

    def _mandate(self) -> Mandate:
        mandate = self._state.mandate(self.party)
        if mandate is None:
            raise UsageError(Usage.NO_MANDATE, "give the own mandate to receive first")
        return mandate

    def _identity(self) -> Identity:
        """The system identity that will sign last: this node's, else the mandate's first."""
        mandate, listed = self._mandate(), self._listed()
        if listed is None:
            detail = f"version {mandate.payload.version} of the own mandate lists no system with these keys"
            raise UsageError(Usage.UNKNOWN_SIGNER, detail)
        return listed

    def _listed(self) -> Identity | None:
        """The system identity, if the newest own mandate lists it; without one, `poll` states nothing."""
        return sealing.find_system(self._state.mandate(self.party), self._system)

    def _open_epoch(self, now: int) -> None:
        """A restored endpoint never signs in its old epoch again (R-RESTORE-2)."""

        def judge(state: State) -> Sequence[Entry]:
            if state.epoch is not None and not self._ledger.restored:
                return []
            reason = EpochReason.MANDATE if state.streams[self.party] else EpochReason.FIRST
            if self._came_back:
                reason = EpochReason.RESTORED
            # Whoever has our keys can give back a message of the highest number that there is.
            number = min(state.highest_epoch() + 1, SEQUENCE.high)
            return [EpochOpened(number, self._random(), reason.value)]

        self._ledger.transact(now, judge)

    def _random(self) -> bytes:
        value = self._epoch_id()
        if type(value) is not bytes or len(value) != 16:  # noqa: PLR2004 - design of an epoch
            raise UsageError(Usage.BAD_VALUE, "epoch_id: expected 16 bytes")
        return value

    def _owed_receipts(self, state: State) -> list[Exchange]:
        return [x for x in state.exchanges.values() if not x.own and x.data and Kind.RECEIPT not in x.stated]

    def _state_receipts(self, now: int) -> None:
        """Reserve a receipt for each notice and mandate that has none."""
        system = self._listed()
        if system is None or not self._owed_receipts(self._state):
            return
        self._open_epoch(now)

        def judge(state: State) -> Sequence[Entry]:
            return [sealing.reserve_receipt(state, x, now, system) for x in self._owed_receipts(state)]

        self._ledger.transact(now, judge)

    def _sealable(self, state: State) -> list[Reserved]:
        """What is reserved and not signed; a restored endpoint opens an epoch and states it anew."""
        return [] if self._came_back or state.epoch is None else list(state.unsealed.values())

    def _seal(self, now: int, only: dict[bytes, Draft] | None = None) -> None:
        """Let the system sign what is reserved, or of that only these drafts, and release it."""
        if only is None and now < self._sign_at:
            return
        waiting = [r for r in self._sealable(self._state) if only is None or r.id in only]
        if waiting:
            # A copy that no anchor tells apart must not have another id signed at this position.
            self._settle()
        drafts = only or {}
        signed = [sealing.seal(r, drafts.get(r.id) or Draft.load(r.draft), self._system) for r in waiting]
        sealed = [entry for entry in signed if entry is not None]
        if len(sealed) < len(waiting):
            self._sign_at = now + SIGN_RETRY

        def judge(state: State) -> Sequence[Entry]:
            # What another node sealed meanwhile has other bytes (ML-DSA is randomised): those count.
            sealed[:] = [entry for entry in sealed if entry.id in state.unsealed]
            return sealed

        self._ledger.transact(now, judge)
        if sealed:
            self._release([Send(party, x.data) for party, x in self._outbox.unoffered(self._state, now)])
        for entry in sealed:
            self._release_sealed(entry)
            exchange = self._state.exchanges.get(entry.id)
            if exchange is not None:
                for party in self.channel.others(self.party):
                    self._outbox.sent(party, exchange, now)

    def _release_sealed(self, entry: Sealed) -> None:
        to = [entry.to] if entry.to else self.channel.others(self.party)
        self._release([Send(party, entry.data) for party in to])

    def _ask(self, now: int) -> None:
        """Sync with those from whom something is missing, or who asked for an echo."""
        system = self._listed()
        if not self._system or system is None:
            return
        due = self._syncs.due(self._state, now)
        if due:
            self._open_epoch(now)
        for party, body in due:
            data = sealing.sign_sync(self._state, body, now, system, self._system, party)
            self._release([Send(party, data)] if data else [])


def _check_time(now: int) -> None:
    """Milliseconds or a float would be taken for another time, or fail much later."""
    if type(now) is not int or not 0 <= now <= MAX_INSTANT:
        raise UsageError(Usage.BAD_VALUE, "now: expected whole seconds since 1970")
