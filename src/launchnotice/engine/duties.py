"""What an endpoint does of itself: open epochs, state receipts, seal, ask, tell what is overdue, repeat.

- The system signs only what the journal holds as reserved, and nothing while the journal counts as
  restored and no new epoch is open.
- Bytes that are to go stay in hand until the anchor is written: a store that fails loses none.
- Schedules are memory alone; after a restart all that is still owed is due at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from launchnotice.core import deadlines
from launchnotice.core.decide import Decision
from launchnotice.core.entries import Entry, EpochOpened, Reserved, Sealed
from launchnotice.core.exchange import Exchange
from launchnotice.core.state import State
from launchnotice.draft import Draft
from launchnotice.engine import sealing
from launchnotice.engine.ledger import Ledger
from launchnotice.engine.outbox import Outbox
from launchnotice.engine.proofs import Proofs
from launchnotice.engine.sealing import Send
from launchnotice.engine.sync import Syncs
from launchnotice.errors import Refused, UsageError
from launchnotice.pact.mandate import Identity, Mandate
from launchnotice.registry import EpochReason, Kind, Usage
from launchnotice.wire.bounds import RETRY_FIRST, SIGN_RETRY
from launchnotice.wire.keys import Signer
from launchnotice.wire.streams import RANDOM, SEQUENCE
from launchnotice.wire.times import MAX_INSTANT


class Duties:
    """One endpoint's duties, and what it has in hand to send."""

    def __init__(
        self, ledger: Ledger, now: int, system: Sequence[Signer], epoch_id: Callable[[], bytes]
    ) -> None:
        self._ledger, self._system, self._epoch_id = ledger, tuple(system), epoch_id
        self._now = self._sign_at = now
        self._outbox, self._syncs, self._proofs = Outbox(), Syncs(), Proofs()
        self._outgoing: dict[Send, None] = {}
        self._folds = self._fallbacks = 0
        self._unfinished = False
        self.take_fold()

    # What a call of the endpoint begins and ends with ------------------------------------

    @property
    def state(self) -> State:
        """The state as it is folded now."""
        return self._ledger.state

    @property
    def now(self) -> int:
        """The time of the last call."""
        return self._now

    @property
    def came_back(self) -> bool:
        """Whether the journal counts as restored, or as lacking what was said, and no new epoch is open."""
        return self._ledger.restored or self.state.lost

    def tick(self, now: int) -> None:
        """Take the time; one far behind the last shows that what was scheduled came from a wrong clock."""
        check_time(now)
        if now < self._now - RETRY_FIRST:
            self._outbox, self._syncs, self._proofs = Outbox(), Syncs(), Proofs()
            self._sign_at = now
        self._now = now

    def begin(self, now: int) -> None:
        """Take the time, and what other nodes wrote meanwhile."""
        self.tick(now)
        self._ledger.catch_up()
        self.take_fold()

    def take_fold(self) -> None:
        """After a fold, take in hand what was sealed and perhaps not released: a crash came between."""
        if self._folds == self._ledger.folds:
            return
        if self._fallbacks != self._ledger.fallbacks:
            self._fallbacks, self._outgoing = self._ledger.fallbacks, {}  # the journal may have lost them
        later = [] if self._ledger.restored else self._ledger.read(self._ledger.anchored)
        for kept in later:
            if isinstance(kept.entry, Sealed):
                self._release_sealed(kept.entry)
        self._folds = self._ledger.folds

    def take_sends(self) -> tuple[Send, ...]:
        """The bytes that go with a step; a restored endpoint releases none before it opened its epoch."""
        if not self._outgoing or self.came_back:
            return ()
        self._ledger.settle_anchor()
        sends = tuple(self._outgoing)
        self._outgoing = {}
        return sends

    def settle(self) -> None:
        """Move the anchor: a copy of the journal from before now shows as a restore."""
        if not self.came_back:
            self._ledger.settle_anchor()

    # Who signs ---------------------------------------------------------------------------

    def mandate(self) -> Mandate:
        """The newest own mandate; raises `UsageError` (`no-mandate`)."""
        mandate = self.state.mandate(self.state.own)
        if mandate is None:
            raise UsageError(Usage.NO_MANDATE, "give the own mandate to receive first")
        return mandate

    def identity(self) -> Identity:
        """The system identity that will sign last: this node's, else the mandate's first."""
        mandate, listed = self.mandate(), self.listed()
        if listed is None:
            detail = f"version {mandate.payload.version} of the own mandate lists no system with these keys"
            raise UsageError(Usage.UNKNOWN_SIGNER, detail)
        return listed

    def listed(self) -> Identity | None:
        """The system identity, if the newest own mandate lists it; without one, `poll` states nothing."""
        return sealing.find_system(self.state.mandate(self.state.own), self._system)

    def open_epoch(self, now: int) -> None:
        """A restored endpoint never signs in its old epoch again (R-RESTORE-2)."""

        def judge(state: State) -> Sequence[Entry]:
            if state.epoch is not None and not self._ledger.restored:
                return []
            reason = EpochReason.MANDATE if state.streams[state.own] else EpochReason.FIRST
            if self.came_back:
                reason = EpochReason.RESTORED
            # Whoever has our keys can give back a message of the highest number that there is.
            highest = max((number for number, _ in state.streams[state.own]), default=0)
            number = min(highest + 1, SEQUENCE.high)
            return [EpochOpened(number, self._random(), reason.value)]

        self._ledger.transact(now, judge)

    def _random(self) -> bytes:
        value = self._epoch_id()
        try:
            RANDOM.load(value)
        except Refused as error:
            raise UsageError(Usage.BAD_VALUE, f"epoch_id: {error.detail}") from None
        return value

    # What came in ------------------------------------------------------------------------

    def refused(self, refusal: Refused) -> None:
        """What a refusal shows to be missing is asked for."""
        self._syncs.refused(self.state, refusal)

    def heard(self, decision: Decision, now: int) -> None:
        """Answer what was received: with stored bytes alone."""
        self._release([Send(decision.sender, answer) for answer in decision.answers])
        self._syncs.heard(self.state, decision.sender, decision.heads)
        if decision.held:
            self._syncs.arrived(decision.sender, decision.held)
        if decision.sync is not None:
            self._release(self._syncs.answer(self.state, decision.sender, decision.sync, now))

    # What is due -------------------------------------------------------------------------

    def poll(self, now: int) -> None:
        """Do what is due: seal, state, ask, tell what is overdue, repeat; `done` is called afterwards."""
        self._unfinished = True
        self.begin(now)
        left = self.state.unsealed or self._outgoing or self._outbox.next(self.state) is not None
        # With signers at hand, the members are asked at once what was lost.
        if self.came_back and (left or (self._system and self.listed())):
            self.open_epoch(now)
        self._state_receipts(now)
        self.seal(now)
        self._ledger.transact(now, lambda state: deadlines.overdue(state, now))
        self._ask(now)
        if not self.came_back:
            self._release(self._outbox.due(self.state, now))
            self._release(self._proofs.due(self.state, now))
        self._ledger.keep_snapshot()
        self.settle()

    def done(self) -> None:
        """The step of a poll was made: nothing interrupted it."""
        self._unfinished = False

    def next(self) -> int | None:
        """The instant, in seconds, at which `poll` has something to do; None if nothing is due."""
        state = self.state
        waits = [self._outbox.next(state), deadlines.next_overdue(state), self._proofs.next(state)]
        if any(sealing.sealable(reserved, self._system) for reserved in self._sealable(state)):
            waits.append(self._sign_at)
        listed = self.listed()
        owed = self._outgoing or (_owed_receipts(state) and listed)
        left = self.came_back and (state.unsealed or (self._system and listed))
        # A poll that a store interrupted, or a fold that nobody looked at, has more to do at once.
        interrupted = self._unfinished or self._ledger.unsettled or self._folds != self._ledger.folds
        if owed or left or interrupted:
            waits.append(self._now)
        if self._system and listed:
            waits.append(self._syncs.next(state, self._now))
        # What was due before the last call is due now.
        return min((max(wait, self._now) for wait in waits if wait is not None), default=None)

    def seal(self, now: int, only: dict[bytes, Draft] | None = None) -> None:
        """Let the system sign what is reserved, or of that only these drafts, and release it."""
        if only is None and now < self._sign_at:
            return
        waiting = [r for r in self._sealable(self.state) if only is None or r.id in only]
        if waiting:
            # A copy that no anchor tells apart must not have another id signed at this position.
            self.settle()
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
            self._release(self._outbox.unoffered(self.state, now))
        for entry in sealed:
            self._release_sealed(entry)
            exchange = self.state.exchanges.get(entry.subject or entry.id)
            if exchange is not None:
                self._outbox.sent(self.state, exchange, now)

    def _others(self) -> list[str]:
        return self.state.channel.others(self.state.own)

    def _release(self, sends: Sequence[Send]) -> None:
        """Let bytes go with the next step; they stay in hand if it fails."""
        self._outgoing.update(dict.fromkeys(sends))

    def _release_sealed(self, entry: Sealed) -> None:
        to = [entry.to] if entry.to else self._others()
        self._release([Send(party, entry.data) for party in to])

    def _state_receipts(self, now: int) -> None:
        """Reserve a receipt for each notice and mandate that has none."""
        system = self.listed()
        if system is None or not _owed_receipts(self.state):
            return
        self.open_epoch(now)

        def judge(state: State) -> Sequence[Entry]:
            return [sealing.reserve_receipt(state, x, now, system) for x in _owed_receipts(state)]

        self._ledger.transact(now, judge)

    def _sealable(self, state: State) -> list[Reserved]:
        """What is reserved and not signed; a restored endpoint opens an epoch and states it anew."""
        return [] if self.came_back or state.epoch is None else list(state.unsealed.values())

    def _ask(self, now: int) -> None:
        """Sync with those from whom something is missing, or who asked for an echo."""
        system = self.listed()
        if not self._system or system is None:
            return
        due = self._syncs.due(self.state, now)
        if due:
            self.open_epoch(now)
        for party, body in due:
            data = sealing.sign_sync(self.state, body, now, system, self._system, party)
            self._release([Send(party, data)] if data else [])


def _owed_receipts(state: State) -> list[Exchange]:
    return [x for x in state.exchanges.values() if not x.own and x.data and Kind.RECEIPT not in x.stated]


def check_time(now: int) -> None:
    """Milliseconds or a float would be taken for another time, or fail much later."""
    if type(now) is not int or not 0 <= now <= MAX_INSTANT:
        raise UsageError(Usage.BAD_VALUE, "now: expected whole seconds since 1970")
