"""Play scenarios and say which check fails first; run in a copy of the package, see `__main__`."""

from __future__ import annotations

from collections.abc import Sequence

from launchnotice.cli.simulate import story
from launchnotice.cli.simulate.play import Play
from launchnotice.registry import Suite


def search(checks: Sequence[str]) -> tuple[str, int, str]:
    """The first check that fails, how many scenarios were played, and what was found.

    Args:
        checks: ``SCENARIO/CHECK``: the scenarios to be played; none: all.
    """
    names = sorted({check.partition("/")[0] for check in checks}) or story.names()
    for number, name in enumerate(names, 1):
        play = Play(story.load(name), Suite.CLASSIC)
        play.run()
        for check in play.checks:
            if not check.passed:
                found = f"{check.text} Expected {check.expected}, found {check.found}."
                return f"{name}/{check.name}", number, found
    return "", len(names), "all hold"
