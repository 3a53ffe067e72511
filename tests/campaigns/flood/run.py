"""All floods: each on an endpoint of its own in a process of its own, with the bounds in force."""

from __future__ import annotations

import multiprocessing
import os
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import chain
from unittest import mock

from launchnotice.core import decide, returning, standing, state, stream
from launchnotice.core.decide import MAX_EVIDENCE
from launchnotice.engine import sync
from launchnotice.wire import bounds
from tests.campaigns.figures import Figure
from tests.campaigns.flood import floods
from tests.campaigns.flood.floods import Bounds
from tests.campaigns.flood.junk import junk
from tests.campaigns.flood.meter import Subject, subject
from tests.support.template import template

FULL = Bounds(bounds.MAX_HELD, bounds.MAX_NOTED, bounds.MAX_EPOCHS, bounds.MAX_HEARD)
QUICK = Bounds(32, 128, 32, 32)
NAMES = (*(flood.name for flood in floods.floods(FULL)), "in-order", "signals", "syncs", "heads", "junk")


def campaigns(b: Bounds, seed: int, names: Sequence[str]) -> list[Figure]:
    """The figures of these floods, each in a process of its own, on all processors."""
    with multiprocessing.get_context("spawn").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        return list(chain.from_iterable(pool.imap(partial(campaign, b, seed), names)))


def campaign(b: Bounds, seed: int, name: str) -> list[Figure]:
    """The figures of one flood."""
    made = template()
    tracemalloc.start()
    try:
        with ExitStack() as patched:
            for module, bound, value in (
                (stream, "MAX_HELD", b.held),
                (stream, "MAX_NOTED", b.noted),
                (decide, "MAX_HELD", b.held),
                (decide, "MAX_NOTED", b.noted),
                (standing, "MAX_NOTED", b.noted),
                (returning, "MAX_HELD", b.held),
                (state, "MAX_EPOCHS", b.epochs),
                (sync, "MAX_HEARD", b.heard),
            ):
                patched.enter_context(mock.patch.object(module, bound, value))
            with subject(made) as given:
                return _figures(given, b, seed, name)
    finally:
        tracemalloc.stop()


def _figures(given: Subject, b: Bounds, seed: int, name: str) -> list[Figure]:
    others: dict[str, Callable[[Subject], list[Figure]]] = {
        "in-order": lambda given: floods.in_order(given, b.held),
        "signals": lambda given: floods.signals(given, b.held // 4, MAX_EVIDENCE),
        "syncs": lambda given: floods.syncs(given, 5),
        "heads": lambda given: floods.heads(given, 10, b.heard),
        "junk": lambda given: junk(given, given.made, b.held, seed),
    }
    if name in others:
        return others[name](given)
    return floods.measure(next(flood for flood in floods.floods(b) if flood.name == name), given, b)
