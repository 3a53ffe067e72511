"""Where the time goes that `receive` takes beside its signature checks: ``python -m tests.benchmarks.where``.

Every message is a new one, as in practice: what a loop over one message shows is too low by a third.
Each line is ``NAME value``; shares are of the time under a profiler, which makes calls dearer.
"""

from __future__ import annotations

import cProfile
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from unittest.mock import patch

from launchnotice.registry import Suite
from launchnotice.wire.keys import PublicKey
from tests.benchmarks.receive import bare_checks, command, side, signed, timed
from tests.support import NOW

PACKAGE = "launchnotice"
OTHERS = "cbor2_hashlib_builtins"
FIRST = 10
"""Messages that are left out: the first one makes what is kept for all."""


class _Unchecked:
    """A key under which everything was signed."""

    def verify(self, *_: bytes) -> None:
        """Take any signature."""


def unchecked() -> AbstractContextManager[object]:
    """Without signature checks; nothing else changes."""
    key = _Unchecked()
    return patch.object(PublicKey, "_loaded", lambda _: key)


def calls(rounds: int) -> list[tuple[Callable[[], object], Callable[[], None]]]:
    """For each of as many new messages: the whole call, and its bare signature checks."""
    one = side(Suite.CLASSIC, 1)
    sent = [one.us.submit(signed(one, NOW + n), NOW + n).sends[-1].data for n in range(rounds)]
    return [(partial(one.ru.receive, data, NOW + n), bare_checks(one, data)) for n, data in enumerate(sent)]


def alone(rounds: int) -> float:
    """Nanoseconds of a call without signature checks, message after message."""
    todo = calls(rounds)
    with unchecked():
        return statistics.median([timed(receive) for receive, _ in todo])


def between(rounds: int) -> float:
    """The same, with the checks of the next message between two calls."""
    found = []
    for receive, checks in calls(rounds):
        checks()
        with unchecked():
            found.append(timed(receive))
    return statistics.median(found)


def profiled(rounds: int) -> tuple[float, dict[str, float]]:
    """Calls of functions for each message, and seconds by folder or module of the package."""
    profile, todo = cProfile.Profile(), calls(FIRST + rounds)
    with unchecked():
        for receive, _ in todo[:FIRST]:
            receive()
        profile.enable()
        for receive, _ in todo[FIRST:]:
            receive()
        profile.disable()
    count, seconds = 0, defaultdict[str, float](float)
    for entry in profile.getstats():
        count += entry.callcount
        path = "" if isinstance(entry.code, str) else entry.code.co_filename
        _, found, within = path.rpartition(f"/{PACKAGE}/")
        seconds[within.removesuffix(".py").partition("/")[0] if found else OTHERS] += entry.inlinetime
    return count / rounds, seconds


def figures(rounds: int) -> dict[str, float]:
    """All figures by name."""
    count, seconds = profiled(rounds)
    found = {
        "unchecked_us": alone(rounds) / 1_000,
        "between_checks_us": between(rounds) / 1_000,
        "calls": count,
    }
    return found | {
        f"share_{name}": own / sum(seconds.values())
        for name, own in sorted(seconds.items(), key=lambda item: -item[1])
    }


if __name__ == "__main__":
    sys.exit(command(__doc__, figures))
