"""`watch`: what needs an officer, from a journal that another program writes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from launchnotice import Channel, Endpoint
from launchnotice.journal.anchor import FileAnchor
from launchnotice.journal.sqlite import SqliteJournal
from launchnotice.registry import Need
from launchnotice.render.text import BANNER
from tests.cli.conftest import Cli, say
from tests.support import NOW, launch, make_centre, make_channel, make_mandate, state
from tests.support.forge import Forger
from tests.support.template import mandate_id

WATCH = ("watch", "--channel", "channel.cbor", "--party", "RU", "--journal", "ru.journal")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Channel:
    """RU's journal in a file, with a notice of US that nobody has read."""
    return _files(tmp_path, monkeypatch, exercise=False)


def _files(folder: Path, monkeypatch: pytest.MonkeyPatch, *, exercise: bool) -> Channel:
    monkeypatch.chdir(folder)
    us, ru = (make_centre(code, exercise=exercise) for code in ("US", "RU"))
    channel = make_channel([us, ru], exercise=exercise)
    Path("channel.cbor").write_bytes(channel.data)
    mandates = {centre.code: make_mandate(channel, centre) for centre in (us, ru)}
    with SqliteJournal("ru.journal") as journal:
        anchor = FileAnchor("ru.anchor")
        end = Endpoint.open(channel, "RU", journal, NOW, anchor=anchor, system=ru.keys["system"])
        for data in mandates.values():
            end.receive(data, NOW)
        end.receive(Forger(channel, us, mandate_id(mandates["US"])).notice().data, NOW)
        end.poll(NOW)
        end.confirm(end.health(NOW).position)
        state(end, ru, launch(), NOW, ("officer-1", "officer-2"))
    monkeypatch.setattr(time, "time", lambda: NOW + 60.5)
    return channel


def test_it_says_what_by_when_and_why(cli: Cli, files: Channel) -> None:
    before = Path("ru.journal").read_bytes()
    ran = cli(*WATCH, "--anchor", "ru.anchor", "--once")
    assert (ran.status, ran.err) == (0, "")
    assert 'RU on "test channel", 2027-01-15 08:01:00 UTC' in ran.out
    assert "by 2027-01-15 10:00:00 UTC" in ran.out
    assert "acknowledge" in ran.out
    assert "read this notice, then acknowledge or reject it" in ran.out
    assert BANNER not in ran.out
    assert Path("ru.journal").read_bytes() == before


def test_what_is_overdue_comes_first_and_shows_in_the_status(
    cli: Cli, files: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW + 90_000)
    ran = cli(*WATCH, "--once", "--json")
    assert ran.status == 1
    found = json.loads(ran.out)
    assert (found["party"], found["exercise"], found["channel"]) == ("RU", False, files.id.hex())
    needs = [(need["need"], need["by"]) for need in found["needs"]]
    assert needs == sorted(needs, key=lambda need: need[1])
    assert {need for need, _ in needs} == {Need.ACKNOWLEDGE.value, Need.OVERDUE.value}
    assert ran.out.count("\n") == 1


def test_an_exercise_cannot_be_mistaken(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _files(tmp_path, monkeypatch, exercise=True)
    ran = cli(*WATCH, "--once")
    lines = ran.out.splitlines()
    assert (lines[0], lines[-1]) == (BANNER, BANNER)
    assert json.loads(cli(*WATCH, "--once", "--json").out)["exercise"] is True


def test_it_looks_again_until_it_is_stopped(
    cli: Cli, files: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    ran = cli(*WATCH, "--every", "7", "--json")
    assert ran.status == 130
    assert looks == [7, 7, 7]
    assert [json.loads(line)["party"] for line in ran.out.splitlines()] == ["RU"] * 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--journal", "absent"), "--journal absent: no such file"),
        (("--anchor", "absent"), "--anchor absent: no such file"),
        (("--party", "FR"), "no party 'FR'"),
        (("--every", "0"), "--every: expected at least one second"),
    ],
)
def test_what_cannot_be_watched_is_one_line(
    cli: Cli, files: Channel, words: tuple[str, ...], said: str
) -> None:
    assert said in say(cli(*WATCH, *words, "--once"))


def test_an_empty_journal_is_left_empty(cli: Cli, files: Channel) -> None:
    SqliteJournal("new.journal").close()
    assert "nothing is written in it yet" in say(cli(*WATCH, "--journal", "new.journal", "--once"))
    with SqliteJournal("new.journal") as journal:
        assert not journal.read(0, 1)
