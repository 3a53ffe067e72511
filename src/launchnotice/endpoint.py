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
from launchnotice.core.decide import Decision, decide, read
from launchnotice.core.entries import Confirmed, Entry, Noted, Trusted
from launchnotice.core.events import Event
from launchnotice.core.state import State
from launchnotice.core.succession import check_successor, inherited, taken_over
from launchnotice.draft import Draft, Review, compose
from launchnotice.engine import desk
from launchnotice.engine.duties import Duties, check_time
from launchnotice.engine.ledger import Ledger
from launchnotice.engine.proofs import proof
from launchnotice.errors import Refused, UsageError
from launchnotice.journal import Anchor, Journal
from launchnotice.pact.channel import Channel
from launchnotice.pact.mandate import Mandate
from launchnotice.registry import Usage
from launchnotice.views import Step
from launchnotice.wire.keys import Signer
from launchnotice.wire.record import Record


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
        self._ledger, self._duties = ledger, Duties(ledger, now, system, epoch_id)
        self._opened_at = ledger.state.position

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
            UsageError: `not-a-party`; `bad-value` if the time is not whole seconds since 1970; `exercise` if
                a signer's key is for exercises and the channel is not, or the reverse.
            Corrupt: the journal or anchor is damaged, foreign or of an unknown format.
            JournalError: the journal or anchor failed.
        """
        check_time(now)
        if party not in channel.parties:
            raise UsageError(Usage.NOT_A_PARTY, f"the channel has no party {party!r}")
        channel.check_keys(system)
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
        self._duties.begin(now)
        kind = desk.check_body(body)
        to = desk.addressee(self._state, body, restored=self._ledger.restored)
        desk.check_references(self._state, body)
        system = self._duties.identity()
        desk.check_officers(self._state, kind, self._duties.mandate(), signers)
        self._duties.open_epoch(now)
        return compose(self._state, body, now, signers, system, to)

    def submit(self, draft: Draft, now: int) -> Step:
        """Reserve what the officers signed, let the system sign it, and release it.

        Submitting a draft again changes nothing: a host may do so after a `JournalError`.

        Raises:
            Refused: the draft does not pass its review. `UsageError`: `not-signed`, `exercise`,
                `unknown-subject`, `already-stated`, `not-intelligible`.
            Stale: the own head, epoch or mandate moved, or it is older than an hour.
        """
        self._duties.begin(now)
        if desk.submitted(self._state, draft.id, restored=self._ledger.restored):
            self._duties.seal(now, {draft.id: draft})
            return self._step()
        desk.check_exercise(self._state, draft)
        review = desk.review(self._state, draft, self._duties.mandate())
        self._duties.open_epoch(now)

        def judge(state: State) -> Sequence[Entry]:
            restored = self._ledger.restored
            if desk.submitted(state, draft.id, restored=restored):
                return []
            return [desk.reserve(state, review, now, self._duties.identity(), restored=restored)]

        self._ledger.transact(now, judge)
        self._duties.seal(now, {draft.id: review.draft})
        if not desk.submitted(self._state, draft.id, restored=self._ledger.restored):
            # R-RESTORE-14: another node opened an epoch between the reservation and its seal.
            self._duties.open_epoch(now)
            self._ledger.transact(now, judge)
        return self._step()

    def receive(self, data: bytes, now: int) -> Step:
        """Take bytes from the network, a file or a hand.

        Never raises for what the bytes are: `Step.refusal` says why they were not accepted. With one
        that no look-up was needed for comes nothing else; what there is to tell is due at once.
        """
        self._duties.tick(now)
        try:
            claimed = read(data, self.channel.id)
        except Refused as refusal:
            # Nobody looked into the journal, which may lack by now what is still to be told (R-RESTORE-13).
            self._duties.refused(refusal)
            return Step(refusal, (), ())
        decision: Decision | None = None

        def judge(state: State) -> Sequence[Entry]:
            nonlocal decision
            decision = decide(state, claimed, now)
            return decision.entries

        try:
            self._ledger.transact(now, judge)
        except Refused as refusal:
            self._duties.refused(refusal)
            return self._step(refusal)
        assert decision is not None  # safe: transact calls judge at least once
        self._duties.heard(decision, now)
        step = self._step()
        if decision.entries and isinstance(decision.entries[-1], Noted):
            # Its id alone is journalled, and it is shown this once: with the bytes at hand.
            *earlier, event = step.events
            return step._replace(events=(*earlier, event._replace(data=data)))
        return step

    def poll(self, now: int) -> Step:
        """Do what is due: seal, state, ask, tell what is overdue, repeat."""
        self._duties.poll(now)
        step = self._step()
        self._duties.done()
        return step

    def confirm(self, position: int) -> None:
        """The host has the events up to that position safe; they are not presented again."""
        known = min(position, self._state.position)
        entry = [Confirmed(known)]
        self._ledger.transact(self._duties.now, lambda state: entry if known > state.confirmed else [])
        self._duties.settle()

    def trust(self, mandate: bytes) -> None:
        """A peer's newest mandate was compared with that peer out of band, by its id of 32 bytes.

        Needed once for each peer after all was lost; until then its notices say *mandate unconfirmed*.

        Raises:
            UsageError: `unknown-subject` if it is not the newest mandate held of a peer.
        """
        self._duties.begin(self._duties.now)
        found = self._state.by_id.get(mandate)
        peer = found.payload.party if found else self.party
        if peer == self.party or found is not self._state.mandate(peer):
            raise UsageError(Usage.UNKNOWN_SUBJECT, "not the newest mandate of a peer")
        entry = [Trusted(mandate, peer)]
        self._ledger.transact(self._duties.now, lambda state: entry if peer in state.untrusted else [])

    def inherit(self, predecessor: Endpoint, now: int) -> Step:
        """Take over the notices of the predecessor channel, so that notices here can name them (spec 8.3).

        What is to come of its launches and queries (replies, reports, reminders) is told here from then on,
        and no more by the predecessor, whose journal notes that.

        Call it when the channel begins, and again whenever the predecessor, which goes on listening, has
        accepted something; what is known already costs a look-up.

        Args:
            predecessor: this party's endpoint of the channel that the descriptor names. `now`: seconds.

        Raises:
            UsageError: `bad-value`: it is another party's or channel's, or has a key of this channel.
        """
        check_successor(self.channel, predecessor.channel)
        if predecessor.party != self.party:
            raise UsageError(Usage.BAD_VALUE, f"expected the endpoint of {self.party!r}")
        self._duties.begin(now)
        ledger = predecessor._ledger
        ledger.catch_up()
        journalled = ledger.read(0)
        self._ledger.transact(now, lambda state: [*inherited(state, ledger.state, journalled, now)])
        # In this order: a crash between them has a thing told twice, and none unsaid.
        position = journalled[-1].position if journalled else 0
        ledger.transact(now, lambda state: taken_over(state, self.channel, position))
        return self._step()

    # Reading ---------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        """The instant, in seconds, at which `poll` has something to do; None if nothing is due.

        It knows what this endpoint knows: with several nodes on one journal, poll once a minute.
        """
        return self._duties.next()

    def events(self, after: int | None = None) -> list[Event]:
        """Events after a position, by default after the last one confirmed.

        What was journalled before this opening is marked `again`: it may have been seen before.
        """
        start = self._state.confirmed if after is None else after
        found = map(self._ledger.event, self._ledger.read(start))
        return [event._replace(again=event.position <= self._opened_at) for event in found if event]

    def attention(self, now: int) -> list[views.Attention]:
        """What needs an officer, by when and why; the most urgent first."""
        return views.attention(self._state, now, listed=self._duties.listed() is not None)

    def review(self, draft: Draft) -> Review:
        """Check a draft and show what it says, with all that its recipient will find.

        Where the journal is at hand it is drawn from all that was said before; `Draft.review` is for desks
        without one.

        Raises:
            Refused: what `Draft.review` raises, under the own mandate that the draft names.
            UsageError: `no-mandate`.
        """
        return desk.read(self._state, draft, self._duties.mandate())

    def forks(self) -> list[list[bytes]]:
        """For each fork known, the party's mandates and the two that contradict; see `evidence.pack_fork`."""
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
    def _state(self) -> State:
        return self._ledger.state

    def _step(self, refusal: Refused | None = None) -> Step:
        self._duties.take_fold()
        sends = self._duties.take_sends()
        return Step(refusal, self._ledger.take_events(), sends)
