"""A state machine drawn from its table.

States stand in a row, in the order of their enumeration. What moves a state on is an arrow with
its inputs: straight to the next state, by a bridge above or below to a later one. Inputs that leave a
state as it is stand inside its box. The first state has a dot before it, the last a second line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from launchnotice.render.svg import LINE, Drawing, width_of

_MARGIN: Final = 24
_START: Final = 44
"""Width of the arrow into the first state."""
_PORT: Final = 20
"""Distance between the arrows that leave or enter a box on one side."""


class _Way(NamedTuple):
    """Inputs that lead from one state to a later one, by their places in the row."""

    begin: int
    end: int
    inputs: tuple[str, ...]


class _Row(NamedTuple):
    """Where the boxes stand: left edge of the first, width, distance from one to the next, top and bottom."""

    left: int
    width: int
    step: int
    top: int
    bottom: int

    def x(self, place: int) -> int:
        """The left edge of a box."""
        return self.left + place * self.step


def draw(title: str, states: Sequence[str], table: Mapping[tuple[str, str], str]) -> str:
    """The drawing of a machine, as SVG.

    Args:
        title: of the drawing. `states`: in a row, the first one first.
        table: the state that follows, by (state, input). No input leads to an earlier state.

    Raises:
        ValueError: an input leads back, which this drawing has no way to show.
    """
    ways = _ways(states, table)
    stays = [[given for (state, given), end in table.items() if state == end == name] for name in states]
    above, below = _sides([way for way in ways if way.end - way.begin > 1])
    over, under = _levels(above), _levels(below)
    row = _row(states, stays, ways, max(over.values(), default=0))
    drawing = Drawing(title, _described(states, ways, stays))
    drawing.dot(_MARGIN + 6, (row.top + row.bottom) // 2)
    drawing.arrow(_MARGIN + 12, (row.top + row.bottom) // 2, row.left, (row.top + row.bottom) // 2)
    for place, name in enumerate(states):
        _state(drawing, row, place, name, stays[place], last=place == len(states) - 1)
    for way in ways:
        if way.end - way.begin == 1:
            _step(drawing, row, way)
    _bridges(drawing, row, over, row.top, -1)
    _bridges(drawing, row, under, row.bottom, 1)
    width = row.x(len(states) - 1) + row.width + _MARGIN
    return drawing.text(width, row.bottom + max(under.values(), default=0) + _MARGIN)


def _ways(states: Sequence[str], table: Mapping[tuple[str, str], str]) -> list[_Way]:
    places = {name: place for place, name in enumerate(states)}
    found: dict[tuple[int, int], list[str]] = {}
    for (state, given), end in table.items():
        if places[end] < places[state]:
            raise ValueError(f"{given} leads from {state} back to {end}")
        if end != state:
            found.setdefault((places[state], places[end]), []).append(given)
    return [_Way(*ends, tuple(inputs)) for ends, inputs in sorted(found.items())]


def _sides(ways: Sequence[_Way]) -> tuple[list[_Way], list[_Way]]:
    """Bridges above and below, so that they cross as little as two sides allow."""
    above: list[_Way] = []
    below: list[_Way] = []
    for way in ways:
        side = below if any(_cross(way, other) for other in above) else above
        side.append(way)
    return above, below


def _cross(one: _Way, other: _Way) -> bool:
    return one.begin < other.begin < one.end < other.end or other.begin < one.begin < other.end < one.end


def _levels(ways: Sequence[_Way]) -> dict[_Way, int]:
    """How far from the boxes each bridge runs: beyond all that stand under it, with room for its inputs."""
    found: dict[_Way, int] = {}
    for way in sorted(ways, key=lambda one: one.end - one.begin):
        under = [far for one, far in found.items() if way.begin <= one.begin and one.end <= way.end]
        found[way] = max(under, default=0) + LINE * len(way.inputs) + 15
    return found


def _row(states: Sequence[str], stays: Sequence[list[str]], ways: Sequence[_Way], over: int) -> _Row:
    inside = [width_of(given, 12) for inputs in stays for given in inputs]
    width = max([*map(width_of, states), *inside]) + 40
    gap = max(width_of(given) for way in ways if way.end - way.begin == 1 for given in way.inputs) + 36
    lines = max(map(len, stays))
    top = _MARGIN + over + LINE
    return _Row(_MARGIN + _START, width, width + gap, top, top + 56 + (LINE * lines + 12 if lines else 0))


def _state(drawing: Drawing, row: _Row, place: int, name: str, stays: Sequence[str], *, last: bool) -> None:
    x, middle = row.x(place), row.x(place) + row.width // 2
    drawing.box(x, row.top, row.width, row.bottom - row.top, twice=last)
    drawing.words(middle, row.top + 30, name, "name")
    if stays:
        drawing.words(middle, row.top + 54, "unmoved by", "small note")
    for number, given in enumerate(stays, 1):
        drawing.words(middle, row.top + 54 + number * LINE, given, "small")


def _step(drawing: Drawing, row: _Row, way: _Way) -> None:
    y, x, to = (row.top + row.bottom) // 2, row.x(way.begin) + row.width, row.x(way.end)
    drawing.arrow(x, y, to, y)
    for number, given in enumerate(reversed(way.inputs)):
        drawing.words((x + to) // 2 - 2, y - 9 - number * LINE, given, "on-line")


def _bridges(drawing: Drawing, row: _Row, levels: Mapping[_Way, int], edge: int, side: int) -> None:
    """The bridges of one side; the nearer one stands inside the further one at both ends."""
    for way, far in levels.items():
        leave = sum(1 for one in levels if one.begin == way.begin and one.end < way.end)
        enter = sum(1 for one in levels if one.end == way.end and one.begin > way.begin)
        x = row.x(way.begin) + row.width - _PORT * (leave + 1)
        to = row.x(way.end) + _PORT * (enter + 1)
        over = edge + side * far
        drawing.bridge(x, to, edge, over)
        first = over - 7 - LINE * (len(way.inputs) - 1)
        for number, given in enumerate(way.inputs):
            drawing.words((x + to) // 2, first + number * LINE, given, "on-line")


def _described(states: Sequence[str], ways: Sequence[_Way], stays: Sequence[list[str]]) -> str:
    """All that the drawing shows, in words."""
    parts = [f"It begins as {states[0]}."]
    for place, name in enumerate(states):
        moves = [f"{' or '.join(way.inputs)} to {states[way.end]}" for way in ways if way.begin == place]
        moved = f" is moved by {', by '.join(moves)}" if moves else " is the last state"
        kept = f"; it stays after {', '.join(stays[place])}" if stays[place] else ""
        parts.append(f"{name.capitalize()}{moved}{kept}.")
    return " ".join(parts)
