"""The public surface is small, documented and what the documentation says."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import launchnotice
from launchnotice import views
from tests.support.postgres import REQUIRED

TEXT = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
TOP, PARTS = TEXT.split("## Parts that are imported on use")
ROWS = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", PARTS, re.MULTILINE)


def test_the_top_level_is_small_and_documented() -> None:
    rows = re.sub(r"(?s)^\| Returned by .*?\n\n", "", TOP, flags=re.MULTILINE)
    cells = re.findall(r"^\| (`[^|]+) \|", rows, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == set(launchnotice.__all__)
    assert len(launchnotice.__all__) <= 35
    for name in launchnotice.__all__:
        assert getattr(launchnotice, name) is not None


VIEWS = re.findall(r"^\| `(\w+)` \| `(\w+)`: ", TOP, re.MULTILINE)


def test_every_view_that_a_call_returns_is_documented() -> None:
    found = {n for n, v in vars(views).items() if isinstance(v, type) and v.__module__ == views.__name__}
    assert {view for _, view in VIEWS} == found - {"Step"}
    for call, view in VIEWS:
        assert getattr(launchnotice.Endpoint, call).__doc__
        assert getattr(views, view).__doc__


@pytest.mark.parametrize(("module", "names"), ROWS)
def test_parts_have_what_the_documentation_names(module: str, names: str) -> None:
    if module == "`launchnotice.journal.postgres`" and not REQUIRED:
        pytest.importorskip("psycopg", reason="the extra launchnotice[postgres] is not installed")
    part = importlib.import_module(module.strip("`"))
    for name in re.findall(r"`(\w+)`", names):
        assert getattr(part, name).__doc__


@pytest.mark.parametrize("name", launchnotice.__all__)
def test_public_names_and_their_methods_have_docstrings(name: str) -> None:
    value = getattr(launchnotice, name)
    if name == "SPEC_VERSION":
        assert value == "LNP/1"
        return
    assert value.__doc__, name
    if isinstance(value, type):
        bare = [m for m, v in vars(value).items() if callable(v) and not m.startswith("_") and not v.__doc__]
        assert not bare, f"{name}: {bare}"
