"""How the crash campaign looks for planted faults: the first check that fails must be an expected one."""

from __future__ import annotations

import os
from typing import Final

from tests.campaigns.crash import stories
from tests.campaigns.planted import Faults, first

FAULTS: Final = Faults(__name__, os.cpu_count() or 1, timeout=300)


def scenarios() -> list[dict[str, object]]:
    """What is tried on each copy: stories in memory and in files, then random scenarios, until one fails."""
    passages = [
        *list(stories.each_passage(stories.MEMORY, "crash", stories.OFTEN))[::4],
        *list(stories.each_passage(stories.MEMORY, "fail", stories.OFTEN))[::5],
        *list(stories.each_passage(stories.SQLITE, "power", stories.NEVER))[::12],
    ]
    restores = [stories.restored(code, stories.MEMORY) for code in stories.CODES]
    more = [stories.anything(seed, stories.MEMORY, restoring=False) for seed in range(40)]
    return [*restores, *passages, *more]


def search(_: list[str]) -> tuple[str, int, str]:
    """The first check that fails, whichever was expected."""
    return first(stories.play(scenario).violation for scenario in scenarios())
