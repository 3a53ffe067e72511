"""Flood an endpoint, and check that what it keeps, journals, sends and spends is bounded.

    python -m tests.campaigns.flood [--quick] [--json] [--seed N] [--only NAME]

A line per figure: `NAME value goal PASS|FAIL`. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from unittest import mock

from launchnotice.core import decide, mandating, returning, state, stream
from launchnotice.core.decide import MAX_EVIDENCE
from launchnotice.engine import sync
from launchnotice.wire import bounds
from tests.campaigns.figures import Figure, show
from tests.campaigns.flood import floods
from tests.campaigns.flood.floods import Bounds
from tests.campaigns.flood.junk import junk
from tests.campaigns.flood.meter import Subject, subject
from tests.support.template import Template, template

FULL = Bounds(bounds.MAX_HELD, bounds.MAX_NOTED, bounds.MAX_EPOCHS, bounds.MAX_HEARD)
QUICK = Bounds(32, 128, 32, 32)
OTHERS = ("in-order", "signals", "syncs", "heads", "junk")


def main() -> int:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.flood", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of everything random")
    parser.add_argument("--quick", action="store_true", help="smaller bounds, and less of everything")
    parser.add_argument("--json", action="store_true", help="print one object")
    names = [flood.name for flood in floods.floods(FULL)]
    parser.add_argument("--only", choices=[*names, *OTHERS], help="one of the floods")
    args = parser.parse_args()
    start = time.monotonic()
    figures = campaign(QUICK if args.quick else FULL, args.seed, args.only)
    figures.append(Figure("seconds", round(time.monotonic() - start)))
    return 0 if show(figures, {}, as_json=args.json) else 1


def campaign(b: Bounds, seed: int, only: str | None = None) -> list[Figure]:
    """The figures of all floods, or of one."""
    made = template()
    tracemalloc.start()
    try:
        with ExitStack() as patched:
            for module, name, value in (
                (stream, "MAX_HELD", b.held),
                (stream, "MAX_NOTED", b.noted),
                (decide, "MAX_HELD", b.held),
                (decide, "MAX_NOTED", b.noted),
                (mandating, "MAX_NOTED", b.noted),
                (returning, "MAX_HELD", b.held),
                (state, "MAX_EPOCHS", b.epochs),
                (sync, "MAX_HEARD", b.heard),
            ):
                patched.enter_context(mock.patch.object(module, name, value))
            return list(_figures(made, b, seed, only))
    finally:
        tracemalloc.stop()


def _figures(made: Template, b: Bounds, seed: int, only: str | None) -> Iterator[Figure]:
    for flood in floods.floods(b):
        if only in {None, flood.name}:
            with subject(made) as given:
                yield from floods.measure(flood, given, b)
    others: dict[str, Callable[[Subject], list[Figure]]] = {
        "in-order": lambda given: floods.in_order(given, b.held),
        "signals": lambda given: floods.signals(given, b.held // 4, MAX_EVIDENCE),
        "syncs": lambda given: floods.syncs(given, 5),
        "heads": lambda given: floods.heads(given, 10, b.heard),
        "junk": lambda given: junk(given, made, b.held, seed),
    }
    for name, run in others.items():
        if only in {None, name}:
            with subject(made) as given:
                yield from run(given)


if __name__ == "__main__":
    sys.exit(main())
