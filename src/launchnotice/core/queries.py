"""Queries: drawn from what was said of them, whatever the order in which it came (spec section 7.5)."""

from __future__ import annotations

from launchnotice.core import launches
from launchnotice.core.exchange import Exchange
from launchnotice.core.state import State
from launchnotice.core.tables import QUERY
from launchnotice.registry import Kind, QueryPhase, ReplyStatus
from launchnotice.wire.message import recall
from launchnotice.wire.notices import Query, Reply


def query(state: State, exchange: Exchange) -> QueryPhase | None:
    """How a query stands; None if the notice is no query that can be read."""
    asked = question(exchange)
    if asked is None:
        return None
    phase = QueryPhase.OPEN
    for one in launches.followers(state, exchange):
        if launches.stands(state, one) and _speaks(one, exchange, asked):
            phase = QUERY[phase, Kind(one.kind)]
    return phase


def question(exchange: Exchange) -> Query | None:
    """What a query asks; None if the notice is no query that can be read."""
    body = recall(exchange.data).body if exchange.data and exchange.kind == Kind.QUERY else None
    return body if isinstance(body, Query) else None


def _speaks(one: Exchange, exchange: Exchange, asked: Query) -> bool:
    """Whether a notice is an answer by the party that was asked, or its asker's retraction.

    An interim reply says that an answer will come.
    """
    if one.kind == Kind.RETRACTION:
        return one.sender == exchange.sender
    body = recall(one.data).body
    answers = isinstance(body, Reply) and body.status is not ReplyStatus.INTERIM
    return answers and one.sender == asked.asked
