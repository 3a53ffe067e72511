"""A small writer of SVG 1.1: shapes that a reader of any eyes can use, and the same bytes each time.

- A drawing has a title and a description in words, which say all that it shows.
- It has a ground of its own and two sets of colours, so that it is read on light and on dark pages.
- Coordinates are whole pixels. Widths of text are estimated: a viewer's fonts are not ours.

Not here: what is drawn. See `render.machine` and `render.sequence`.
"""

from __future__ import annotations

from typing import Final

LINE: Final = 17
"""Height of a line of text, in pixels."""
_RADIUS: Final = 8

_STYLE: Final = """
text{font:14px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.name{font-weight:600}
.small{font-size:12px;fill:#59636e}
.note{font-style:italic}
.on-line{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}
.ground{fill:#fff;stroke:#d1d9e0}
.box{fill:#f1f5f9;stroke:#59636e;stroke-width:1.5}
.inner{fill:none;stroke:#59636e}
.way{fill:none;stroke:#0550ae;stroke-width:1.5}
.life{stroke:#8c959f;stroke-dasharray:4 4}
.tip,.dot{fill:#0550ae}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.small{fill:#9ea7b3}
.on-line{stroke:#0d1117}
.ground{fill:#0d1117;stroke:#30363d}
.box{fill:#1c2430;stroke:#9ea7b3}
.inner{stroke:#9ea7b3}
.way{stroke:#79b8ff}
.life{stroke:#6e7681}
.tip,.dot{fill:#79b8ff}
}
""".strip()
_TIP: Final = (
    '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
    ' orient="auto"><path class="tip" d="M0 0L10 5L0 10z"/></marker>'
)


class Drawing:
    """A drawing in the making; `text` finishes it."""

    def __init__(self, title: str, description: str) -> None:
        self._title, self._description = title, description
        self._shapes: list[str] = []

    def box(self, x: int, y: int, width: int, height: int, *, twice: bool = False) -> None:
        """A box with round corners, perhaps with a second line inside."""
        self._rectangle("box", x, y, width, height, 8)
        if twice:
            self._rectangle("inner", x + 4, y + 4, width - 8, height - 8, 5)

    def dot(self, x: int, y: int) -> None:
        """Where something begins."""
        self._shapes.append(f'<circle class="dot" cx="{x}" cy="{y}" r="6"/>')

    def words(self, x: int, y: int, text: str, style: str = "", anchor: str = "middle") -> None:
        """A line of text, its baseline at `y`; styles: ``name``, ``small``, ``note``, ``on-line``."""
        marked = f' class="{style}"' if style else ""
        self._shapes.append(f'<text{marked} x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>')

    def arrow(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """A straight arrow."""
        self._way(f"M{x} {y}L{to_x} {to_y}")

    def bridge(self, x: int, to_x: int, y: int, over: int) -> None:
        """An arrow from one point at height `y` to another further right, by way of the height `over`."""
        turn = _RADIUS if over < y else -_RADIUS
        self._way(
            f"M{x} {y}V{over + turn}Q{x} {over} {x + _RADIUS} {over}"
            f"H{to_x - _RADIUS}Q{to_x} {over} {to_x} {over + turn}V{y}"
        )

    def life(self, x: int, y: int, to_y: int) -> None:
        """A vertical line that lasts as long as what stands above it."""
        self._shapes.append(f'<path class="life" d="M{x} {y}V{to_y}"/>')

    def text(self, width: int, height: int) -> str:
        """The file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description">'
        )
        ground = f'<rect class="ground" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="8"/>'
        lines = [
            head,
            f'<title id="title">{escape(self._title)}</title>',
            f'<desc id="description">{escape(self._description)}</desc>',
            f"<style>\n{_STYLE}\n</style>",
            f"<defs>{_TIP}</defs>",
            ground,
            *self._shapes,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _rectangle(self, style: str, x: int, y: int, width: int, height: int, radius: int) -> None:
        self._shapes.append(
            f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>'
        )

    def _way(self, points: str) -> None:
        self._shapes.append(f'<path class="way" d="{points}" marker-end="url(#tip)"/>')


def escape(text: str) -> str:
    """Text that is safe between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def width_of(text: str, size: int = 14) -> int:
    """About how many pixels a text of that size is wide; rather too many than too few."""
    return (len(text) * size * 6 + 9) // 10
