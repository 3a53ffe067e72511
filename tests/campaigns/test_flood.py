"""The flood campaign in small: every flood is measured, and what grows without a bound is found."""

from __future__ import annotations

import pytest

from launchnotice.core.state import State
from tests.campaigns.flood.floods import Bounds
from tests.campaigns.flood.run import NAMES, campaign

SMALL = Bounds(8, 16, 8, 8)


@pytest.mark.parametrize("name", NAMES)
def test_a_flood_stays_within_its_bounds(name: str) -> None:
    figures = campaign(SMALL, 1, name)
    assert figures
    assert [figure.line() for figure in figures if not figure.passed] == []


def test_a_bound_that_is_not_kept_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "crowded", lambda *_, **__: False)
    missed = {figure.name for figure in campaign(SMALL, 1, "epochs") if not figure.passed}
    assert {"epochs.journal_entries", "epochs.further_entries"} <= missed
