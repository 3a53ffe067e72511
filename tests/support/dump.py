"""A state as plain values, so that two of them can be compared whole."""

from __future__ import annotations

from typing import Any

from launchnotice.core.exchange import Exchange
from launchnotice.core.state import State
from launchnotice.core.stream import Stream
from launchnotice.core.watch import watched
from launchnotice.endpoint import Endpoint
from launchnotice.engine.ledger import Ledger


def canonical(state: State) -> dict[str, Any]:
    """Everything that a state knows."""
    plain = {
        name: value
        for name, value in vars(state).items()
        if name not in {"channel", "_find", "mandates", "by_id", "streams", "exchanges", "watched"}
    }
    return plain | {
        "mandates": {party: [mandate.id for mandate in held] for party, held in state.mandates.items()},
        "by_id": sorted(state.by_id),
        "streams": {
            party: {epoch: _slots(stream) for epoch, stream in known.items()}
            for party, known in state.streams.items()
        },
        "exchanges": {notice: _slots(exchange) for notice, exchange in state.exchanges.items()},
        "watched": {notice: state.watched[notice] for notice in watched(state)},
    }


def state_of(endpoint: Endpoint) -> State:
    """The live state inside an endpoint."""
    return endpoint._ledger.state


def snapshot(endpoint: Endpoint) -> tuple[int, dict[str, Any]]:
    """Journal length and canonical state: what a refusal must leave as it is."""
    state = state_of(endpoint)
    return len(endpoint._ledger.read(0)), canonical(state)


def refolded(endpoint: Endpoint) -> State:
    """The state that a fresh fold of the endpoint's journal gives."""
    return Ledger(endpoint.channel, endpoint.party, endpoint._ledger._journal, None, 0).state


def _slots(value: Stream | Exchange) -> dict[str, Any]:
    """Without what is only kept for speed."""
    return {name: getattr(value, name) for name in type(value).__slots__ if not name.startswith("_")}
