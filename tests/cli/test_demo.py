"""The demonstration: the same end on every line, and exit 1 as soon as two journals disagree."""

from __future__ import annotations

import argparse
import functools
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from launchnotice import Channel, Endpoint, JournalError
from launchnotice.cli import demo, main
from launchnotice.cli.demo import play as stage_play
from launchnotice.cli.demo import readback
from launchnotice.cli.demo.intruder import Attempt, Stolen
from launchnotice.cli.demo.link import Datagram, Fate, Link
from launchnotice.cli.demo.play import Outcome
from launchnotice.cli.demo.setting import (
    CENTRES,
    FileStore,
    MemoryStore,
    Setting,
    Store,
    make_keys,
    make_setting,
)
from launchnotice.registry import Refusal, Suite

SEEDS = range(1, 201)
GROUPS = [SEEDS[start : start + 25] for start in range(0, len(SEEDS), 25)]


@functools.cache
def setting() -> Setting:
    return make_setting(make_keys(Suite.CLASSIC, 0), Suite.CLASSIC, 0)


def play(seed: int) -> tuple[Outcome, list[dict[str, Any]], list[str]]:
    """One exchange on a line of that seed, always with the same keys: outcome, facts, timeline."""
    kept = {code: MemoryStore() for code in CENTRES}
    stores: dict[str, Store] = dict(kept)
    lines: list[str] = []
    outcome = stage_play.perform(setting(), stores, seed, lines.append)
    channel = Channel.load(setting().descriptor)
    sides = [
        readback.facts(Endpoint.open(channel, code, store.journal, 0, anchor=store.anchor), 0)
        for code, store in kept.items()
    ]
    return outcome, sides, lines


def options(folder: Path, suite: str = "classic", seed: int = 7) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    return parser.parse_args(["--dir", str(folder), "--suite", suite, "--seed", str(seed)])


def forget(folder: Path, code: str) -> None:
    """Remove the last entry of a journal, as a journal that loses a fact would."""
    with sqlite3.connect(FileStore(folder, code).journal) as db:
        last = db.execute("SELECT max(position) FROM entry").fetchone()
        db.execute("DELETE FROM look_up WHERE position = ?", last)
        db.execute("DELETE FROM entry WHERE position = ?", last)
    db.close()


@pytest.mark.parametrize("seeds", GROUPS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_line_is_bad_and_every_exchange_ends_the_same(seeds: range) -> None:
    expected = [side["notices"] for side in play(0)[1]]
    for seed in seeds:
        outcome, sides, _ = play(seed)
        assert outcome.failures == [], seed
        assert min(outcome.lost, outcome.repeated, outcome.reordered) >= 1, seed
        assert [side["notices"] for side in sides] == expected, seed
        assert readback.differences(*sides) == [], seed


def test_a_seed_always_gives_the_same_timeline() -> None:
    assert play(3)[2] == play(3)[2]
    assert play(3)[2] != play(4)[2]


@pytest.mark.parametrize("suite", ["classic", "hybrid", "hybrid-high"])
def test_the_whole_command_succeeds(suite: str, tmp_path: Path) -> None:
    program = "import sys; from launchnotice.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "demo", "--suite", suite, "--seed", "5", "--dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "both journals agree: 2 notices" in done.stdout
    assert "nothing is owed any more" in done.stdout
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["anchors", "channel.lnp", "journals", "keys", "mandates"]


def test_exit_1_when_a_journal_lost_a_fact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def perform(*given: Any) -> Outcome:
        outcome = stage_play.perform(*given)
        forget(tmp_path, "US")
        return outcome

    monkeypatch.setattr(demo, "perform", perform)
    assert demo.run(options(tmp_path)) == 1
    assert "FAILED: US: the journal was restored" in capsys.readouterr().out


def test_exit_1_when_a_journal_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def perform(*given: Any) -> Outcome:
        outcome = stage_play.perform(*given)
        FileStore(tmp_path, "RU").journal.write_bytes(b"not a journal at all")
        return outcome

    monkeypatch.setattr(demo, "perform", perform)
    assert demo.run(options(tmp_path)) == 1
    assert "FAILED: RU: " in capsys.readouterr().out


def test_exit_1_when_a_check_of_the_exchange_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "perform", lambda *_: Outcome(["something is wrong"], 1, 1, 1))
    assert demo.run(options(tmp_path)) == 1
    assert "FAILED: something is wrong" in capsys.readouterr().out


def test_exit_1_when_the_library_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def perform(*_: Any) -> Outcome:
        raise JournalError("the disk is full")

    monkeypatch.setattr(demo, "perform", perform)
    assert demo.run(options(tmp_path)) == 1
    assert "FAILED: the disk is full" in capsys.readouterr().out


def test_a_line_that_loses_everything_never_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(Link):
        def offer(self, sender: str, to: str, data: bytes, now: int) -> Fate:
            self.record.append(Datagram(0, sender, to, data))
            return Fate.LOST

    monkeypatch.setattr(stage_play, "Link", Cut)
    outcome, sides, _ = play(1)
    assert outcome.failures == ["the exchange comes to rest: expected True, got False"]
    assert "US: something is still owed" in readback.differences(*sides)


def test_an_attempt_that_is_not_refused_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_special(_: Channel, notice: bytes, __: Stolen) -> list[Attempt]:
        return [Attempt("the notice itself", "RU", notice, Refusal.BAD_SIGNATURE)]

    monkeypatch.setattr(stage_play, "attempts", nothing_special)
    assert play(1)[0].failures == ["the notice itself: expected bad-signature, got None"]


def test_readback_says_why_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing")
    assert readback.main([missing, "US", missing, missing]) == 1
    assert capsys.readouterr().err.startswith("readback: ")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["demo", "--dir", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--dir", str(tmp_path / "file")]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["acknowledgement", "notice"])
def test_facts_differ_when_one_side_lacks_something(lost: str) -> None:
    us, ru = play(1)[1]
    changed = json.loads(json.dumps(us))
    if lost == "notice":
        changed["notices"].popitem()
    else:
        name = next(name for name in changed["envelopes"] if name.split()[1] == "81")
        del changed["envelopes"][name]
    assert readback.differences(us, ru) == []
    assert len(readback.differences(changed, ru)) == 1


def test_an_envelope_that_differs_is_named() -> None:
    us, ru = play(1)[1]
    name = next(iter(us["envelopes"]))
    us["envelopes"][name] = "another digest"
    assert readback.differences(us, ru) == [f"envelope {name} differs"]


def test_of_six_datagrams_one_is_lost_one_comes_twice_and_one_is_overtaken() -> None:
    for seed in range(50):
        link = Link(seed)
        fates = [link.offer("A", "B", bytes([number]), number) for number in range(6)]
        assert sorted(fates) == sorted([Fate.LOST, Fate.REPEATED, Fate.LATE, *[Fate.CARRIED] * 3])
        for number in range(6, 12):
            link.offer("A", "B", bytes([number]), number)
        arrived = []
        while (at := link.next()) is not None:
            arrived += [datagram.number for datagram in link.arrivals(at)]
        assert link.reordered >= 1
        assert arrived != sorted(arrived)
        assert len(arrived) > len(set(arrived))
        assert fates.index(Fate.LOST) + 1 not in arrived
