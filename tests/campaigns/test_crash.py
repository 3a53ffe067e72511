"""The crash campaign in small: what it plays passes, what is broken is found, stored and replayed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from launchnotice import Endpoint, Event
from launchnotice.errors import JournalError
from tests.campaigns.crash import damage, run, stories
from tests.campaigns.crash.planted import FAULTS
from tests.campaigns.crash.stores import LOG, lose
from tests.campaigns.crash.trip import ANY, BOUNDARIES, FAILING, FILES_ONLY, Crash, Fault, Tripwire
from tests.campaigns.figures import Figure, at_least, at_most, show
from tests.support.planted import ROOT

IN_A_CHILD = """\
from itertools import islice
from tests.campaigns.crash import stories
tried = list(islice(stories.each_passage(stories.CHILD, "kill", stories.OFTEN), 0, None, 40))
tried.append(stories.instants(1))
outcomes = [stories.play(scenario) for scenario in tried]
assert sum(outcome.crashes.total() for outcome in outcomes) >= 3, outcomes
assert [outcome.violation for outcome in outcomes if outcome.violation] == []
"""


@pytest.mark.parametrize(
    ("store", "how", "step"),
    [(stories.MEMORY, "crash", 50), (stories.MEMORY, "fail", 40), (stories.SQLITE, "power", 40)],
)
def test_a_crash_at_some_boundary_breaks_no_promise(store: str, how: str, step: int) -> None:
    for scenario in list(stories.each_passage(store, how, stories.OFTEN))[::step]:
        outcome = stories.play(scenario)
        assert outcome.violation is None
        assert outcome.struck


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")
def test_a_killed_process_breaks_no_promise() -> None:
    """In a process of its own: what forks must have no threads, and a test runner may have some."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_restore_is_seen() -> None:
    outcome = stories.play(stories.restored("US", stories.SQLITE))
    assert outcome.violation is None
    assert (outcome.other["restores"], outcome.other["restores_detected"]) == (1, 1)


def test_the_story_reaches_every_boundary() -> None:
    reached: set[str] = set()
    for store in (stories.MEMORY, stories.SQLITE):
        outcome = stories.play(
            {"store": store, "snapshots": stories.OFTEN, "born": False, "events": stories.STORY}
        )
        assert outcome.violation is None
        reached |= {name for passed in outcome.passed.values() for name in passed}
    assert reached == set(BOUNDARIES)
    assert set(BOUNDARIES) > FAILING | FILES_ONLY


def test_what_is_broken_is_found_stored_shortened_and_replayed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = Endpoint.events

    def unmarked(endpoint: Endpoint, after: int | None = None) -> list[Event]:
        return [event._replace(again=False) for event in real(endpoint, after)]

    scenario = {**stories.anything(1, stories.MEMORY, restoring=False), "of": "random"}
    with monkeypatch.context() as patched:
        patched.setattr(Endpoint, "events", unmarked)
        violation = stories.play(scenario).violation
        assert violation is not None
        totals = run.Totals()
        totals.fail(scenario, violation)
        run.store(totals.failures, tmp_path / "failures.json")
        [stored] = json.loads((tmp_path / "failures.json").read_text())
        assert stored["check"] == violation[0] == "unmarked"
        assert len(stored["events"]) < len(scenario["events"])
        [(check, again)] = run.replay(tmp_path / "failures.json")
        assert again is not None
        assert check == again[0]
    assert run.replay(tmp_path / "failures.json") == [("unmarked", None)]


def test_a_fault_waits_for_its_passage_and_a_dead_process_does_nothing() -> None:
    trip = Tripwire()
    trip.arm([Fault(ANY, 2, "crash"), Fault("sign.after", 1, "crash")])
    trip.at("read")
    trip.at("sign.before")
    with pytest.raises(Crash, match=r"sign\.before"):
        trip.at("sign.before")
    with pytest.raises(Crash):
        trip.at("read")
    trip.dead = False
    trip.at("sign.before")
    with pytest.raises(Crash, match=r"sign\.after"):
        trip.at("sign.after")
    assert trip.struck == {("crash", "sign.before"): 1, ("crash", "sign.after"): 1}
    trip.arm([Fault("append.before", 1, "fail")])
    trip.dead = False
    with pytest.raises(JournalError):
        trip.at("append.before")


def test_a_power_loss_keeps_what_was_synced() -> None:
    synced = {"journal": bytes(8192), LOG: b"s" * 3_000, "anchor": b"old"}
    written = {"journal": bytes(8192), LOG: b"s" * 3_000 + b"w" * 5_000, "anchor": b"new"}
    logs, anchors = set(), set()
    for seed in range(50):
        left = lose(synced, written, random.Random(seed))
        assert left["journal"] == bytes(8192)
        assert left[LOG][:3_000] == b"s" * 3_000
        logs.add(left[LOG])
        anchors.add(left["anchor"])
    assert len(logs) > 10
    assert anchors == {b"old", b"new"}


@pytest.mark.parametrize(
    "kind", sorted(damage.HARMLESS | {"log-cut", "log-lost", "journal-old", "anchor-cut"})
)
def test_damaged_files_are_refused_or_open_as_they_once_were(kind: str) -> None:
    for variant in range(3):
        result = damage.meet({"damage": kind, "variant": variant, "snapshots": stories.NEVER})
        assert result.violation is None
        assert (result.outcome == "whole") is (kind in damage.HARMLESS) or kind.startswith("log")


def test_there_are_at_least_six_planted_faults() -> None:
    assert len(FAULTS.patches) >= 6


def test_figures_are_lines_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    figures = [at_least("crashes", 9, 10), at_most("violations", 0, 0), Figure("seconds", 4)]
    assert show(figures, {"boundaries": {"read": 3}}, as_json=False) is False
    assert capsys.readouterr().out.splitlines() == [
        "crashes 9 10 FAIL",
        "violations 0 0 PASS",
        "seconds 4",
        "boundaries:",
        "    read 3",
    ]
    assert show(figures[1:], {}, as_json=True) is True
    assert json.loads(capsys.readouterr().out)["figures"]["violations"]["passed"] is True
