"""The campaign of thieves in small: a few of its schedules, and its own parts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.failures import Violation
from tests.campaigns.schedules import Outcome, Schedule, Totals
from tests.campaigns.thieves.planted import FAULTS
from tests.campaigns.thieves.run import THIEVES, draw
from tests.campaigns.thieves.world import HANDS, World

play = THIEVES.play


@pytest.mark.parametrize("seed", [20, 30, 55, 82])
def test_a_schedule_that_once_found_a_fault_finds_none(seed: int) -> None:
    """The victim's journal, an epoch of the thief, an emergency notice, what a false restore held back."""
    assert play(draw(seed)).violation is None


@pytest.mark.parametrize("what", range(len(HANDS)))
def test_whatever_is_stolen_gains_nothing(what: int) -> None:
    forged: list[list[Any]] = [["forge", number, 1] for number in range(12)]
    before: list[list[Any]] = [["say", 0, 0], ["deliver_all"], ["steal", what]]
    after: list[list[Any]] = [["expel"], ["deliver_all"], ["poll", 0, 31], ["forge", 3, 0], ["forge", 14, 1]]
    outcome = play(Schedule(2, [*before, *forged, *after]))
    assert outcome.violation is None
    assert (outcome.counts["thefts"], outcome.counts["forged"]) == (1, 14)


def test_a_seed_always_gives_the_same_schedule_and_outcome() -> None:
    assert draw(7) == draw(7)
    assert play(draw(7)) == play(draw(7))


def test_a_failure_is_stored_short_and_fails_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def do_restart(world: World, party: int) -> None:
        raise Violation("shown-twice", f"a check of our own, party {party}")

    monkeypatch.setattr(World, "do_restart", do_restart)
    drawn = Schedule(2, [["say", 0, 0], ["restart", 1], ["deliver_all"]])
    campaign = replace(THIEVES, draw=lambda _: drawn)
    path = tmp_path / "failures.json"
    campaign.store([{"check": "shown-twice", "detail": "", "seed": 1}], path)
    (row,) = json.loads(path.read_text())
    assert (row["parties"], row["events"]) == (2, [["restart", 1]])
    assert [violation and violation[0] for _, violation in campaign.replay(path)] == ["shown-twice"]


def test_failures_count_by_check_and_make_the_run_fail() -> None:
    totals = Totals(THIEVES.goals, THIEVES.told)
    totals.add(1, play(Schedule(2, [["say", 0, 0]])))
    totals.add(2, Outcome(("forged-stands", "nothing"), play(Schedule(2, [])).counts))
    figures = {figure.name: figure for figure in totals.figures(1)}
    assert not figures["violations"].passed
    assert figures["schedules"].value == 2
    assert len(FAULTS.patches) >= 7
