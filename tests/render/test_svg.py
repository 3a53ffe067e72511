"""Drawings: well-formed, whole, the same each time, and told in words as well."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.render import machine, sequence
from launchnotice.render.sequence import Arrow
from launchnotice.render.svg import Drawing, width_of
from tests.spec.diagrams import diagrams

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("one", "two", "three", "four", "five")


def read(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 - our own


def texts(drawing: str) -> list[str]:
    return [text.text or "" for text in read(drawing).iter(f"{SVG}text")]


def ways(drawing: str) -> list[str]:
    return [path.get("d", "") for path in read(drawing).iter(f"{SVG}path") if path.get("class") == "way"]


@st.composite
def tables(draw: st.DrawFn) -> tuple[tuple[str, ...], dict[tuple[str, str], str]]:
    """A machine of two states or more in which no input leads back and each state is entered."""
    states = NAMES[: draw(st.integers(2, 5))]
    table = {}
    for place, state in enumerate(states):
        for number in range(draw(st.integers(1, 4))):
            table[state, f"input {number}"] = draw(st.sampled_from(states[place:]))
    for one, following in itertools.pairwise(states):
        table[one, "go on"] = following
    return states, table


@pytest.mark.parametrize("name", diagrams())
def test_a_drawing_is_an_image_with_a_title_and_a_description(name: str) -> None:
    root = read(diagrams()[name])
    assert root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    ids = {element.get("id"): element for element in root.iter() if element.get("id")}
    assert [ids[label].tag for label in labels] == [f"{SVG}title", f"{SVG}desc"]
    assert all(ids[label].text for label in labels)


@pytest.mark.parametrize("name", diagrams())
def test_nothing_is_drawn_outside_of_the_page(name: str) -> None:
    root = read(diagrams()[name])
    width, height = int(root.get("width", 0)), int(root.get("height", 0))
    for text in root.iter(f"{SVG}text"):
        half = width_of(text.text or "", 12) // 2 if text.get("text-anchor") == "middle" else 0
        assert half <= int(text.get("x", 0)) <= width - half
        assert 0 < int(text.get("y", 0)) < height
    for path in ways(diagrams()[name]):
        assert all(0 <= int(number) <= max(width, height) for number in re.findall(r"[0-9]+", path))


def test_a_drawing_is_dark_on_light_and_light_on_dark() -> None:
    drawing = Drawing("t", "d").text(10, 10)
    light, dark = drawing.split("@media (prefers-color-scheme:dark)")
    used = set(re.findall(r"^\.?([a-z-]+)\{", light, re.MULTILINE)) - {"note", "name"}
    assert used - {"tip,.dot"} <= set(re.findall(r"^\.?([a-z-]+)\{", dark, re.MULTILINE))


@given(tables())
def test_every_entry_of_a_table_is_drawn_and_told(
    made: tuple[tuple[str, ...], dict[tuple[str, str], str]],
) -> None:
    states, table = made
    drawing = machine.draw("t", states, table)
    assert drawing == machine.draw("t", states, dict(table))
    moves = {(state, end) for (state, _), end in table.items() if state != end}
    assert len(ways(drawing)) == 1 + len(moves)
    shown = texts(drawing)
    for name, count in {name: [i for _, i in table].count(name) for _, name in table}.items():
        assert shown.count(name) == count
    told = read(drawing).findtext(f"{SVG}desc") or ""
    for (state, name), end in table.items():
        sentence = next(part for part in told.split(".") if part.strip().startswith(state.capitalize()))
        assert name in sentence
        assert end == state or f"to {end}" in sentence


def test_bridges_of_one_side_never_cross_in_a_row_of_four() -> None:
    table = {(a, f"{a} {b}"): b for a, b in itertools.combinations(NAMES[:4], 2)}
    above, below = machine._sides([way for way in machine._ways(NAMES[:4], table) if way.end - way.begin > 1])
    assert len(above) + len(below) == 3
    assert not any(
        machine._cross(*pair) for side in (above, below) for pair in itertools.combinations(side, 2)
    )


def test_a_machine_that_goes_back_is_not_drawn_wrongly() -> None:
    with pytest.raises(ValueError, match="leads from two back to one"):
        machine.draw("t", NAMES[:2], {("one", "a"): "two", ("two", "b"): "one"})


def test_what_is_written_in_a_drawing_is_escaped() -> None:
    drawing = machine.draw("<a> & b", ("<", "&"), {("<", "</svg>"): "&"})
    assert read(drawing).findtext(f"{SVG}title") == "<a> & b"
    assert {"<", "&", "</svg>"} <= set(texts(drawing))


def test_an_exchange_has_an_arrow_for_what_arrived_and_tells_what_did_not() -> None:
    arrows = [
        Arrow(0, 2, "A", "B", "notice"),
        Arrow(5, None, "B", "A", "receipt"),
        Arrow(90_000, 180_001, "A", "B", "late"),
    ]
    drawing = sequence.draw("t", ["A", "B"], arrows)
    assert len(ways(drawing)) == 2
    shown = texts(drawing)
    assert {"notice", "receipt", "late", "nowhere", "1970-01-01", "1970-01-02", "01-03 02:00:01"} <= set(
        shown
    )
    assert "receipt, sent by B at 1970-01-01 00:00:05 UTC, is lost." in drawing
