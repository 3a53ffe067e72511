"""When unanswered bytes are offered again: the endpoint's only state that no journal keeps.

After a restart everything that is still owed is due at once, which costs a repetition and
loses nothing. Identical bytes are repeated with exponential back-off, slower after the
receipt, until the recipient has given what the descriptor says it owes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.state import State
from launchnotice.core.tables import Delivery
from launchnotice.registry import Owed
from launchnotice.wire.bounds import RETRY_FIRST, RETRY_MAX, RETRY_RECEIVED


class Turn(NamedTuple):
    """The next offer of something: when, how many went before, and how far delivery had come."""

    at: int
    tries: int
    delivery: Delivery


class Outbox:
    """Turns of what is owed to be sent, by (id, party)."""

    def __init__(self) -> None:
        self._turns: dict[tuple[bytes, str], Turn] = {}

    def due(self, state: State, now: int) -> list[tuple[str, Exchange]]:
        """What is to be sent at `now`, mandates first; each is then scheduled anew."""
        self._turns = {key: turn for key, turn in self._turns.items() if key[0] in state.exchanges}
        found = [item for item in self._open(state) if self._turn(*item).at <= now]
        found.sort(key=lambda item: (item[1].kind != MANDATE_KIND, item[1].position))
        for party, exchange in found:
            self._schedule(party, exchange, now)
        return found

    def unoffered(self, state: State, now: int) -> list[tuple[str, Exchange]]:
        """Own mandates that were never offered: they go before any message under them."""
        open_mandates = [state.exchanges.get(mandate.id) for mandate in state.mandates[state.own]]
        found = [
            (party, exchange)
            for exchange in open_mandates
            if exchange is not None
            for party in _debtors(state, exchange)
            if (exchange.id, party) not in self._turns
        ]
        for party, exchange in found:
            self._schedule(party, exchange, now)
        return found

    def sent(self, party: str, exchange: Exchange, now: int) -> None:
        """The exchange's bytes were released to that party outside of `due`."""
        self._schedule(party, exchange, now)

    def next(self, state: State) -> int | None:
        """When the next offer is due, in seconds; None if nothing is owed."""
        return min((self._turn(*item).at for item in self._open(state)), default=None)

    def _open(self, state: State) -> Iterator[tuple[str, Exchange]]:
        """What is owed to be sent, and to whom."""
        for exchange in state.exchanges.values():
            if exchange.own and exchange.data and repeatable(state, exchange):
                for party in _debtors(state, exchange):
                    yield party, exchange

    def _turn(self, party: str, exchange: Exchange) -> Turn:
        delivery = exchange.delivery(party)
        turn = self._turns.get((exchange.id, party))
        if turn is None:
            return Turn(0, 0, delivery)  # never offered by this process, whatever its clock was then
        if turn.delivery is not delivery:
            heard = max(fact.time for (sender, _), fact in exchange.facts.items() if sender == party)
            return Turn(heard + RETRY_RECEIVED, 0, delivery)
        return turn

    def _schedule(self, party: str, exchange: Exchange, now: int) -> None:
        turn = self._turn(party, exchange)
        first = RETRY_FIRST if turn.delivery is Delivery.PENDING else RETRY_RECEIVED
        # A shift beyond RETRY_MAX is pointless, and an unbounded one would grow for ever.
        wait = min(first << min(turn.tries, 16), RETRY_MAX)
        self._turns[exchange.id, party] = Turn(now + wait, turn.tries + 1, turn.delivery)


def _debtors(state: State, exchange: Exchange) -> list[str]:
    """The members that still owe something for what is ours."""
    others = state.channel.others(state.own)
    return [party for party in others if exchange.owes(party, state.channel) is not Owed.NOTHING]


def repeatable(state: State, exchange: Exchange) -> bool:
    """Notices from before a restore wait until a member shows that it has them (R-RESTORE-4)."""
    if exchange.kind == MANDATE_KIND:
        return True
    known = exchange.position > state.restored_at or exchange.returned or bool(exchange.facts)
    return known and exchange.outside is None
