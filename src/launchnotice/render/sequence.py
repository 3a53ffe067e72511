"""An exchange drawn as it ran: a line of life for each node, an arrow for each message that reached one.

The time of sending stands on the left, that of arrival on the right. A message that arrived nowhere is
told without an arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from launchnotice.render.fields import instant
from launchnotice.render.svg import Drawing, width_of

_MARGIN: Final = 24
_TIMES: Final = 88
"""Width of a column of times."""
_HEAD: Final = 36
"""Height of the box with a node's name."""
_STEP: Final = 40
"""Height that a message takes."""
_DAY: Final = 36
"""Height that a date takes."""


class Arrow(NamedTuple):
    """A message on its way: when it was sent and arrived (None: nowhere), from whom to whom, what it is."""

    sent: int
    arrived: int | None
    begin: str
    end: str
    text: str


def draw(title: str, nodes: Sequence[str], arrows: Sequence[Arrow]) -> str:
    """The drawing of an exchange, as SVG.

    Args:
        title: of the drawing. `nodes`: in a row. `arrows`: in the order of their sending.
    """
    drawing = Drawing(title, _described(arrows))
    step = max([140, *(width_of(arrow.text) + 40 for arrow in arrows)])
    places = {name: _MARGIN + _TIMES + 60 + number * step for number, name in enumerate(nodes)}
    right = max(places.values()) + 60
    height = _MARGIN + _HEAD + _height(arrows) + _MARGIN
    for name, x in places.items():
        width = width_of(name) + 32
        drawing.life(x, _MARGIN + _HEAD, height - _MARGIN // 2)
        drawing.box(x - width // 2, _MARGIN, width, _HEAD)
        drawing.words(x, _MARGIN + 23, name, "name")
    drawing.words(_MARGIN, _MARGIN + 23, "sent (UTC)", "small", "start")
    drawing.words(right + _TIMES, _MARGIN + 23, "arrived", "small", "end")
    y, day = _MARGIN + _HEAD, ""
    for arrow in arrows:
        if instant(arrow.sent)[:10] != day:
            day = instant(arrow.sent)[:10]
            y += _DAY
            drawing.words(_MARGIN, y, day, "name", "start")
        y += _STEP
        _message(drawing, arrow, places, y, right + _TIMES)
    return drawing.text(right + _TIMES + _MARGIN, height)


def _message(drawing: Drawing, arrow: Arrow, places: dict[str, int], y: int, right: int) -> None:
    drawing.words(_MARGIN, y + 4, instant(arrow.sent)[11:19], "small", "start")
    x, to = places[arrow.begin], places[arrow.end]
    drawing.words((x + to) // 2, y - 7, arrow.text, "on-line")
    if arrow.arrived is None:
        drawing.words(right, y + 4, "nowhere", "small", "end")
        return
    drawing.arrow(x, y, to, y)
    same = instant(arrow.arrived)[:10] == instant(arrow.sent)[:10]
    drawing.words(right, y + 4, instant(arrow.arrived)[11 if same else 5 : 19], "small", "end")


def _height(arrows: Sequence[Arrow]) -> int:
    days = {instant(arrow.sent)[:10] for arrow in arrows}
    return len(arrows) * _STEP + len(days) * _DAY


def _described(arrows: Sequence[Arrow]) -> str:
    """All that the drawing shows, in words."""
    parts = []
    for arrow in arrows:
        end = f"reaches {arrow.end} at {instant(arrow.arrived)}" if arrow.arrived is not None else "is lost"
        parts.append(f"{arrow.text}, sent by {arrow.begin} at {instant(arrow.sent)}, {end}.")
    return " ".join(parts)
