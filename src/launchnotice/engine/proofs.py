"""Offer the proof of a fork to every member and to its sender (spec section 6.3).

The proof has no kind of its own: it is the two notices that contradict each other, after the
mandates needed to check them. Whoever gets them finds the fork in its own table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from launchnotice.core.entries import EpochKey
from launchnotice.core.state import ROOT, State
from launchnotice.engine.sealing import Send
from launchnotice.wire.bounds import PROOF_OFFERS, RETRY_MAX, SYNC_FIRST

_Key: TypeAlias = tuple[str, EpochKey, str]


class Proofs:
    """Turns of what is offered, by party, epoch and member; after a restart each is offered again."""

    def __init__(self) -> None:
        self._turns: dict[_Key, tuple[int, int]] = {}

    def due(self, state: State, now: int) -> list[Send]:
        """What is to be sent at `now`; each is then scheduled anew, a few times in all."""
        found = []
        self._turns = {key: turn for key, turn in self._turns.items() if key[:2] in state.forks}
        for key, (at, tries) in list(self._open(state)):
            if at <= now:
                self._turns[key] = now + min(SYNC_FIRST << tries, RETRY_MAX), tries + 1
                found += [Send(key[2], data) for data in dict.fromkeys(proof(state, key[0], key[1]))]
        return found

    def next(self, state: State) -> int | None:
        """When the next offer is due, in seconds; None if there is none."""
        return min((at for _, (at, _) in self._open(state)), default=None)

    def _open(self, state: State) -> Iterator[tuple[_Key, tuple[int, int]]]:
        for party, epoch in state.forks:
            for member in state.channel.others(state.own):
                turn = self._turns.get((party, epoch, member), (0, 0))
                if turn[1] < PROOF_OFFERS:
                    yield (party, epoch, member), turn


def proof(state: State, party: str, epoch: EpochKey) -> list[bytes]:
    """The mandates of a party and the two notices that prove that it forked an epoch.

    Of two mandates of one version: the chain up to it, then the two.
    """
    if epoch == ROOT:
        one, other = (state.by_id.get(m) or state.rivals[party][m] for m in state.forks[party, epoch])
        chain = state.mandates[party][: one.payload.version]
        return [*(mandate.data for mandate in chain), one.data, other.data]
    notices = [state.exchange(notice) for notice in state.forks[party, epoch]]
    mandates = [mandate.data for mandate in state.mandates[party]]
    return [*mandates, *(one.data for one in notices if one is not None and one.data)]
