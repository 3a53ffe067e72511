"""Every scenario holds, is saved by a rule of the specification, and has a patch that removes it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from launchnotice.cli.simulate import report, story
from launchnotice.cli.simulate.play import ACTS, Play
from launchnotice.registry import Suite
from tests.campaigns.planted import expected
from tests.scenarios.__main__ import FAULTS
from tests.scenarios.search import search
from tests.spec.texts import TEXT
from tests.support.planted import ROOT, apply, changed, copy

NAMES = story.names()
EVERY = pytest.mark.parametrize("name", NAMES)


def play(name: str, suite: Suite = Suite.CLASSIC) -> Play:
    found = Play(story.load(name), suite)
    found.run()
    return found


@EVERY
def test_a_scenario_holds(name: str) -> None:
    assert search([f"{name}/any"]) == ("", 1, "all hold")


@EVERY
def test_the_rule_that_saves_it_is_one_of_the_specification(name: str) -> None:
    ids = set(re.findall(r"\*\*(R-[A-Z]+-[0-9]+)\*\*", TEXT.read_text(encoding="utf-8")))
    found = story.load(name)
    assert found.requirements
    assert set(found.requirements) <= ids
    assert found.rule


@EVERY
def test_a_check_has_one_name_and_every_act_is_one_that_the_player_knows(name: str) -> None:
    found = story.load(name)
    assert len(set(found.checks())) == len(found.checks()) >= 1
    assert {step.act for step in found.steps} <= {*ACTS, ""}


@EVERY
def test_its_sources_are_resolved_and_say_how_well_it_is_known(name: str) -> None:
    listed = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8").partition("## Sources")[2]
    for source in story.load(name).sources:
        key, tag = re.fullmatch(r"(.+) \[([VSM])(?:, .+)?\]", source).groups()  # type: ignore[union-attr]  # fails here
        assert f"**{key}**" in listed or tag == "M", source


def test_every_scenario_has_a_patch_and_every_patch_a_scenario() -> None:
    assert [patch.stem for patch in FAULTS.patches] == NAMES


@pytest.mark.skipif(shutil.which("git") is None, reason="patches are applied by git")
@pytest.mark.parametrize("patch", FAULTS.patches, ids=lambda patch: patch.stem)
def test_a_patch_applies_and_names_a_check_of_its_scenario(patch: Path, tmp_path: Path) -> None:
    copy(tmp_path)
    [check] = expected(patch)
    name, _, check = check.partition("/")
    assert name == patch.stem
    assert check in story.load(name).checks()
    assert apply(patch, tmp_path) == ""
    for file in changed(patch):
        compile((tmp_path / file).read_text(), file, "exec")


def test_a_scenario_runs_the_same_each_time_and_under_every_suite() -> None:
    name = "norwegian-rocket-1995"
    first = list(report.to_text(play(name)))
    assert first == list(report.to_text(play(name)))
    assert first == list(report.to_text(play(name, Suite.HYBRID)))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("norwegian-rocket-1995", "an officer of RU has read “rocket”"),
        ("agni-5-2024", "CLOCK BRACKET"),
        ("two-addressees", "CN defence"),
        ("china-icbm-2024", "FR (cn-fr)"),
    ],
)
def test_the_timeline_says_who_knew_what_when(name: str, said: str) -> None:
    text = "\n".join(report.to_text(play(name)))
    assert said in text
    assert "WHO KNEW WHAT, SINCE WHEN" in text
    assert "THE RULE THAT SAVES IT" in text
