"""The campaign of several nodes in small: what it plays passes, and what is broken is found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from launchnotice.errors import Conflict
from launchnotice.journal import Entry
from launchnotice.journal.sqlite import SqliteJournal
from tests.campaigns.nodes.appends import PROCESSES, THREADS
from tests.campaigns.nodes.run import QUICK, Totals, figures, play
from tests.campaigns.nodes.stores import POSTGRES, SQLITE
from tests.support import postgres

SMALL = QUICK._replace(appends=100, rounds=4)
EACH_STORE = pytest.mark.parametrize("store", [SQLITE, pytest.param(POSTGRES, marks=postgres.needed)])


def wrong(totals: Totals) -> dict[str, str]:
    """The scenes in which a check failed; at least one was played."""
    assert totals.seconds
    return totals.violations


@EACH_STORE
@pytest.mark.requirement("R-DUR-3")
def test_two_writers_lose_nothing_and_take_no_position_twice(store: str) -> None:
    totals = play(store, SMALL, 1, "appends")
    assert wrong(totals) == {}
    assert totals.counts["appends"] == 400


@EACH_STORE
@pytest.mark.parametrize("scene", ["work", "joined", "taken-back", "restored", "deaths"])
def test_a_scene_breaks_no_promise(store: str, scene: str) -> None:
    assert wrong(play(store, SMALL, 1, scene)) == {}


@postgres.needed
@pytest.mark.parametrize("scene", ["failed-over", "refused"])
def test_a_scene_of_a_server_breaks_no_promise(scene: str) -> None:
    totals = play(POSTGRES, SMALL, 1, scene)
    assert wrong(totals) == {}
    counted = {figure.name: figure.passed for figure in figures(POSTGRES, totals, SMALL)}
    assert counted["postgres.failovers" if scene == "failed-over" else "postgres.refused"]


def test_a_conflict_that_is_not_noticed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    append = SqliteJournal.append

    def forgetful(self: SqliteJournal, after: int, entries: Sequence[Entry]) -> None:
        try:
            append(self, after, entries)
        except Conflict:
            return

    monkeypatch.setattr(SqliteJournal, "append", forgetful)
    totals = play(SQLITE, SMALL, 1, "appends")
    assert "lost" in totals.violations[f"appends {THREADS}"]
    assert f"appends {PROCESSES}" not in totals.violations  # where the fault is not planted
