"""`launchnotice simulate`: what it lists and prints, and that a story that does not hold is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from launchnotice.cli import main
from launchnotice.cli.common import Trouble
from launchnotice.cli.simulate import story
from launchnotice.cli.simulate.play import NOTHING_REFUSED, Play
from launchnotice.registry import Suite

TOLD = """
title = "t"
happened = "h"
sources = ["s"]
lesson = "l"
rule = "r"
requirements = ["R-DELIV-1"]
[channels.here]
agreement = "us-ussr-1988"
parties = ["RU", "US"]
[[steps]]
at = "2027-02-01 09:00"
who = "US"
text = "a check of the line"
say = "communications check"
as = "check"
"""
ASKED = """
[[steps]]
at = "2027-02-01 09:01"
who = "RU"
text = "it is known"
ask = "times shown"
about = "check"
is = 1
check = "it-is-known"
"""


def play(text: str) -> Play:
    found = Play(story.parse("told", text), Suite.CLASSIC)
    found.run()
    return found


def failed(text: str) -> list[str]:
    return [check.name for check in play(text).checks if not check.passed]


def test_a_story_holds_or_says_what_does_not() -> None:
    assert failed(TOLD + ASKED) == []
    assert failed(TOLD + ASKED.replace("is = 1", "is = 2")) == ["it-is-known"]
    assert failed(TOLD + ASKED.replace('"times shown"', '"phase"')) == ["it-is-known"]


@pytest.mark.parametrize("question", ['"delivery"\nof = "CN"', '"delivery"'])
def test_a_question_that_cannot_be_answered_is_said_so(question: str) -> None:
    with pytest.raises(Trouble, match="the question has no"):
        play(TOLD + ASKED.replace('"times shown"', question))


def test_what_a_step_says_is_refused_must_be_refused() -> None:
    alone = TOLD.replace("communications check", "cancellation") + 'body = { launch = "@no" }'
    with pytest.raises(Trouble, match="nothing named"):
        play(alone)
    assert failed(TOLD + 'refused = "wrong-signers"\ncheck = "nobody"\n') == ["nobody"]
    assert failed(TOLD + 'officers = []\ncheck = "nobody"\n') == ["nobody"]
    assert failed(TOLD + 'officers = []\nrefused = "wrong-signers"\ncheck = "nobody"\n') == []


def test_a_story_stops_where_it_fails() -> None:
    late = ASKED.replace("09:01", "09:05").replace("it-is-known", "still-known")
    found = play(TOLD + ASKED.replace("is = 1", "is = 2") + late)
    assert [check.name for check in found.checks] == ["it-is-known"]


def test_what_a_line_brings_and_is_refused_fails_a_story() -> None:
    found = Play(story.parse("told", TOLD + ASKED), Suite.CLASSIC)
    found.stage.places["here"].line.bring("RU", b"junk", found.stage.now)
    found.run()
    assert [check.name for check in found.checks if not check.passed] == [NOTHING_REFUSED]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('rule = "r"', 'rul = "r"', "missing"),
        ("at = ", "att = ", "missing"),
        ('who = "US"', 'who = "CN"', "no node"),
        ('as = "check"', 'like = "check"', "not understood"),
        ('as = "check"', 'line = "up"', "one thing"),
        ('as = "check"', 'channel = "there"', "no channel"),
        ('as = "check"', 'as = "check"\nkeys = "there"', "keys: no channel"),
        ("2027-02-01 09:00", "yesterday", "does not match"),
        ("[[steps]]", "[[steps", "."),
        ('say = "communications check"\nas = "check"', 'ask = "open"', "ask needs"),
        ('say = "communications check"\nas = "check"', 'ask = "why"\nis = 1\ncheck = "c"', "no question"),
        ('say = "communications check"\nas = "check"', 'line = "left"\nbetween = ["RU", "US"]', "up, down"),
        ('say = "communications check"\nas = "check"', 'signer = "sleeps"', "hangs or answers"),
        ('as = "check"', '"as" = "x"\n[[steps]]\nat = "2027-01-01 09:00"\nwho = "US"\ntext = "t"', "order"),
    ],
)
def test_a_file_that_is_no_story_is_refused(old: str, new: str, why: str) -> None:
    with pytest.raises(Trouble, match=why):
        play(TOLD.replace(old, new, 1))


ODD = [
    'say = "no such kind"',
    'line = "up"\nbetween = ["RU"]',
    'line = "up"\nbetween = ["RU", "CN"]',
    'line = "up"',
    'carry = "CN"\nto = "US"',
    'carry = "RU"',
    'hand = "nothing"\nto = "US"',
    'hand = "nothing"',
    'hand = "check"\nto = "RU"\nfrom_channel = "there"',
    "clock = true",
    'say = "statement"\nbody = 1',
    'say = "statement"\ndisclose = [{ notice = "nothing" }]',
    'say = "statement"\ndisclose = ["nothing"]',
    'say = "communications check"\nofficers = [1]',
    'say = "communications check"\nchannel = 1',
]


@pytest.mark.parametrize("act", ODD)
def test_a_step_that_makes_no_sense_is_said_so(act: str) -> None:
    with pytest.raises(Trouble):
        play(TOLD + f'[[steps]]\nat = "2027-02-01 09:05"\nwho = "US"\ntext = "odd"\n{act}\n')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('agreement = "us-ussr-1988"', 'agreement = "no such"'),
        ('agreement = "us-ussr-1988"', "agreement = 1"),
        ('parties = ["RU", "US"]', 'parties = ["RU"]'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\nowes = { RU = "money" }'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\nowes = { CN = "receipt" }'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\nsecond_nodes = { more = "CN" }'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\naltered = ["what is not there", "x"]'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\naltered = ["x"]'),
        ('parties = ["RU", "US"]', 'parties = ["RU", "US"]\nofficers = "many"'),
        ('title = "t"', "title = 1"),
        ("[channels.here]", "channels = 1\n[other]"),
    ],
)
def test_a_channel_that_makes_no_sense_is_said_so(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(TOLD.replace(old, new), encoding="utf-8")
    assert main(["simulate", str(file), "--suite", "classic"]) == 2
    assert capsys.readouterr().err.startswith("launchnotice: ")


def test_a_story_of_ones_own_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TOLD + ASKED, encoding="utf-8")
    assert main(["simulate", str(file), "--suite", "classic"]) == 0
    assert "[holds] it is known" in capsys.readouterr().out
    file.write_bytes(b"\xff")
    assert main(["simulate", str(file)]) == 2
    assert main(["simulate", str(tmp_path / "missing.toml")]) == 2


def test_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(story.names())
    assert main(["simulate", "--list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == story.names()


def test_one_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "norwegian-rocket-record", "group-launch", "--suite", "classic"]) == 0
    out = capsys.readouterr().out
    assert "THE RECORD ITSELF" in out
    assert out.endswith("2 of 2 scenarios hold\n")
    assert main(["simulate", "norwegian-rocket-record", "--json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["passed"]
    assert found["known"]["“rocket”: receipt of RU"]["NO"] == "1994-12-27 10:10:04"
    assert all(check["passed"] for check in found["checks"])
    assert {"at": "1994-12-27T10:10:02Z", "who": "RU"}.items() <= found["timeline"][2].items()


def test_exit_1_when_a_story_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = story.parse("told", TOLD + ASKED.replace("is = 1", "is = 2"))
    monkeypatch.setattr(story, "load", lambda _: wrong)
    assert main(["simulate", "told", "--suite", "classic"]) == 1
    out = capsys.readouterr().out
    assert "[FAILED it-is-known]" in out
    assert out.endswith("FAILED: it-is-known: expected 2, got 1\n")


def test_the_messages_are_drawn_and_no_file_is_replaced_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "relay.svg"
    command = ["simulate", "relay-hub", "--suite", "classic", "--svg", str(file)]
    assert main(command) == 0
    assert "acknowledgement “launch”" in file.read_text(encoding="utf-8")
    assert main(command) == 2
    assert main([*command, "--force"]) == 0
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such"],
        ["links", "--all"],
        ["links", "--list"],
        ["--all", "--svg", "x"],
        ["--list", "--svg", "x"],
    ],
)
def test_exit_2_when_nothing_can_be_played(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *arguments]) == 2
    assert capsys.readouterr().err.startswith("launchnotice: ")
