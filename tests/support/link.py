"""A perfect link between endpoints, for tests about something else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from launchnotice import Endpoint, Send

Pair: TypeAlias = tuple[Endpoint, Endpoint]


def settle(endpoints: Iterable[Endpoint], now: int, sends: Iterable[Send] = ()) -> None:
    """Deliver everything and poll until nothing more is said at that time."""
    by_code = {endpoint.party: endpoint for endpoint in endpoints}
    waiting = list(sends)
    for _ in range(100):
        waiting += [send for endpoint in by_code.values() for send in endpoint.poll(now).sends]
        if not waiting:
            return
        delivered, waiting = waiting, []
        for send in delivered:
            waiting += by_code[send.to].receive(send.data, now).sends
    raise AssertionError("endpoints do not come to rest")
