"""Figures of a run, printed as lines or as one JSON object.

A line is ``NAME value goal PASS|FAIL``; without a goal it is ``NAME value``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One figure; its goal is a number that it must reach, or must not exceed."""

    name: str
    value: float
    goal: float | None = None
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the goal is met; a figure without one always passes."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def line(self) -> str:
        """The figure as a line."""
        if self.goal is None:
            return f"{self.name} {self.value:g}"
        return f"{self.name} {_plain(self.value)} {_plain(self.goal)} {'PASS' if self.passed else 'FAIL'}"


def at_least(name: str, value: float, goal: float) -> Figure:
    """A figure that must reach its goal."""
    return Figure(name, value, goal, at_least=True)


def at_most(name: str, value: float, goal: float) -> Figure:
    """A figure that must not exceed its goal."""
    return Figure(name, value, goal)


def show(figures: Sequence[Figure], more: Mapping[str, Any], *, as_json: bool) -> bool:
    """Print the figures and whatever else there is to say; gives whether every goal is met.

    Args:
        figures: in the order of printing.
        more: lists and tables by name: indented lines below the figures, keys of their own in JSON.
        as_json: one object instead of lines.
    """
    passed = all(figure.passed for figure in figures)
    if as_json:
        rows = {
            figure.name: {"value": figure.value, "goal": figure.goal, "passed": figure.passed}
            for figure in figures
        }
        print(json.dumps({"figures": rows, **more, "passed": passed}, indent=1))
        return passed
    for figure in figures:
        print(figure.line())
    for name, values in more.items():
        items = [f"{key} {value}" for key, value in values.items()] if isinstance(values, dict) else values
        print(f"{name}:", *[f"    {item}" for item in items], sep="\n")
    return passed


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
