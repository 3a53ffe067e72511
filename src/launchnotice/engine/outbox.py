"""When bytes that may be lost are offered again: the endpoint's only state that no journal keeps.

After a restart everything that is still owed is due at once, which costs a repetition and
loses nothing. Identical bytes are repeated with exponential back-off:

- a notice, slower after the receipt, until the recipient has given what the descriptor says it owes;
- a signal that no repetition of its notice brings back, until the notice's sender lists it (R-OFFER-1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from launchnotice.core.exchange import MANDATE_KIND, Exchange
from launchnotice.core.launches import is_over
from launchnotice.core.standing import is_named
from launchnotice.core.state import State
from launchnotice.core.tables import Delivery
from launchnotice.engine.sealing import Send
from launchnotice.registry.namedtuples import NamedTuple
from launchnotice.wire.bounds import RETRY_FIRST, RETRY_MAX, RETRY_OVER, RETRY_RECEIVED

_Key: TypeAlias = tuple[bytes, str]
"""Message id of what is offered, and to whom."""


class Turn(NamedTuple):
    """The next offer of something: when, how many went before, and how far delivery had come."""

    at: int
    tries: int
    delivery: Delivery


class Offer(NamedTuple):
    """Bytes that a party has not shown to have, and the exchange that they belong to."""

    id: bytes
    party: str
    data: bytes
    exchange: Exchange

    @property
    def key(self) -> _Key:
        """By what its turn is kept."""
        return self.id, self.party

    def delivery(self) -> Delivery:
        """How far a notice has come; an offered signal has no more than one stage."""
        return self.exchange.delivery(self.party) if self.exchange.own else Delivery.PENDING


class Outbox:
    """Turns of what is owed to be sent."""

    def __init__(self) -> None:
        self._turns: dict[_Key, Turn] = {}

    def due(self, state: State, now: int) -> list[Send]:
        """What is to be sent at `now`, mandates first; each is then scheduled anew."""
        offers = list(_open(state))
        kept = {offer.key for offer in offers}
        self._turns = {key: turn for key, turn in self._turns.items() if key in kept}
        found = [offer for offer in offers if self._turn(offer).at <= now]
        found.sort(key=lambda offer: (offer.exchange.kind != MANDATE_KIND, offer.exchange.position))
        for offer in found:
            self._schedule(state, offer, now)
        return [Send(offer.party, offer.data) for offer in found]

    def unoffered(self, state: State, now: int) -> list[Send]:
        """Own mandates that were never offered: they go before any message under them."""
        open_mandates = [state.exchanges.get(mandate.id) for mandate in state.mandates[state.own]]
        offers = [offer for one in open_mandates if one is not None for offer in _offers(state, one)]
        found = [offer for offer in offers if offer.key not in self._turns]
        for offer in found:
            self._schedule(state, offer, now)
        return [Send(offer.party, offer.data) for offer in found]

    def sent(self, state: State, exchange: Exchange, now: int) -> None:
        """The bytes of an exchange's notice, or of a signal about it, were released outside of `due`."""
        for offer in _offers(state, exchange):
            self._schedule(state, offer, now)

    def next(self, state: State) -> int | None:
        """When the next offer is due, in seconds; None if nothing is owed."""
        return min((self._turn(offer).at for offer in _open(state)), default=None)

    def _turn(self, offer: Offer) -> Turn:
        delivery = offer.delivery()
        turn = self._turns.get(offer.key)
        if turn is None:
            return Turn(0, 0, delivery)  # never offered by this process, whatever its clock was then
        if turn.delivery is not delivery:
            facts = offer.exchange.facts
            heard = [fact.time for (sender, _), fact in facts.items() if sender == offer.party]
            # No fact: a restore took back what had come, and what is owed is due at once.
            return Turn(max(heard) + RETRY_RECEIVED if heard else 0, 0, delivery)
        return turn

    def _schedule(self, state: State, offer: Offer, now: int) -> None:
        turn = self._turn(offer)
        first = RETRY_FIRST if turn.delivery is Delivery.PENDING else RETRY_RECEIVED
        # A shift beyond RETRY_MAX is pointless, and an unbounded one would grow for ever.
        wait = min(first << min(turn.tries, 16), RETRY_MAX)
        if wait == RETRY_MAX and is_over(state, offer.exchange, now):
            wait = RETRY_OVER
        self._turns[offer.key] = Turn(now + wait, turn.tries + 1, turn.delivery)


def _open(state: State) -> Iterator[Offer]:
    """What is owed to be sent, and to whom."""
    for exchange in state.exchanges.values():
        yield from _offers(state, exchange)


def _offers(state: State, exchange: Exchange) -> Iterator[Offer]:
    if not exchange.own:
        for stated in exchange.offered(state.channel, state.own):
            yield Offer(stated.id, exchange.sender, stated.data, exchange)
    elif exchange.data and repeatable(state, exchange):
        for party in state.channel.others(state.own):
            if exchange.awaits(party, state.channel):
                yield Offer(exchange.id, party, exchange.data, exchange)


def repeatable(state: State, exchange: Exchange) -> bool:
    """Notices from before a restore wait until a member shows that it has them, or a mandate names them.

    R-RESTORE-4: others may know something else in their place, but not in that of what a mandate names.
    """
    if exchange.kind == MANDATE_KIND:
        return True
    known = exchange.position > state.restored_at or exchange.returned or bool(exchange.facts)
    return exchange.outside is None and (known or is_named(state, exchange))
