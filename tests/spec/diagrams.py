"""The drawings of the specification: each machine from its table, and an exchange from a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from functools import cache
from typing import TypeVar

from launchnotice.cli.simulate import report, story
from launchnotice.cli.simulate.play import Play
from launchnotice.core.tables import DELIVERY, LAUNCH, QUERY, Delivery
from launchnotice.registry import KINDS, Kind, LaunchPhase, QueryPhase, Suite, label
from launchnotice.render import machine

_S = TypeVar("_S", bound=IntEnum | StrEnum)


@cache
def diagrams() -> dict[str, str]:
    """The drawings by name, as SVG."""
    return {
        "delivery": _machine("Delivery of a notice with one recipient", Delivery, DELIVERY),
        "launch": _machine("Phases of a launch", LaunchPhase, LAUNCH),
        "query": _machine("Phases of a query", QueryPhase, QUERY),
        "exchange": _exchange("ordinary-launch"),
    }


def _machine(title: str, states: Iterable[_S], table: Mapping[tuple[_S, Kind], _S]) -> str:
    named = {(label(state), KINDS[kind].label): label(end) for (state, kind), end in table.items()}
    return machine.draw(title, [label(state) for state in states], named)


def _exchange(name: str) -> str:
    play = Play(story.load(name), Suite.CLASSIC)
    play.run()
    return report.drawing(play)
