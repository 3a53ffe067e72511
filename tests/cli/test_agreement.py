"""`agreements`, `agreement show` and `channel diff`: what is agreed, in words and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from launchnotice import load_agreement
from launchnotice.pact.agreementfile import agreement_text, agreements
from launchnotice.render import treaty
from tests.cli.conftest import Cli, say
from tests.render.test_treaty import INVENTED, channel, invented

SHIPPED = [load_agreement(name) for name in agreements()]


def test_every_agreement_is_listed_with_status_parties_and_evidence(cli: Cli) -> None:
    ran = cli("agreements")
    assert (ran.status, ran.out, ran.err) == (0, treaty.overview(SHIPPED), "")
    rows = json.loads(cli("agreements", "--json").out)
    assert [row["id"] for row in rows] == agreements()
    for row, agreement in zip(rows, SHIPPED, strict=True):
        assert (row["verified"], row["provisional"]) == treaty.counts(agreement)
        assert row["digest"] == agreement.digest.hex()
        assert row["status"] == agreement.status


@pytest.mark.parametrize("name", agreements())
def test_an_agreement_is_shown_by_its_name(cli: Cli, name: str) -> None:
    agreement = load_agreement(name)
    assert cli("agreement", "show", name).out == treaty.agreement(agreement)
    shown = json.loads(cli("agreement", "show", name, "--json").out)
    assert [rule["words"] for rule in shown["rules"]] == [rule.words() for rule in agreement.rules]
    assert shown["not_read"] == treaty.provisional(agreement)


def test_an_agreement_of_ones_own_is_shown_from_its_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(INVENTED, encoding="utf-8")
    assert cli("agreement", "show", path).out == treaty.agreement(invented())


def test_what_is_no_agreement_is_said_in_one_line(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    assert say(cli("agreement", "show", path)) == f"{path}: No such file or directory"
    path.write_bytes(b"")
    assert say(cli("agreement", "show", path)) == f"{path}: empty"
    path.write_bytes(b"\xff")
    assert say(cli("agreement", "show", path)) == f"{path}: expected UTF-8"
    path.write_text(agreement_text("us-ussr-1988").replace('"Article I"', "1"), encoding="utf-8")
    assert say(cli("agreement", "show", path)).startswith(f"{path}: agreement: rules.1.article")
    assert "no agreement named 'nothing'" in say(cli("agreement", "show", "nothing"))


def test_two_channels_are_compared(cli: Cli, tmp_path: Path) -> None:
    one, other = channel(invented()), channel(invented(days="72 hours"))
    (tmp_path / "a").write_bytes(one.data)
    (tmp_path / "b").write_bytes(other.data)
    ran = cli("channel", "diff", tmp_path / "a", tmp_path / "b")
    assert (ran.status, ran.err) == (1, "")
    assert ran.out == treaty.difference(one, other)
    assert "at least three calendar days" in ran.out
    assert "at least 72 hours" in ran.out
    same = cli("channel", "diff", tmp_path / "a", tmp_path / "a")
    assert (same.status, same.err) == (0, "")
    found = json.loads(cli("channel", "diff", tmp_path / "a", tmp_path / "b", "--json").out)
    assert (found["one"], found["other"]) == (one.id.hex(), other.id.hex())
    assert [row["where"] for row in found["differences"]] == ["agreement"]


def test_what_is_no_channel_is_not_compared(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(channel(invented()).data)
    (tmp_path / "b").write_bytes(b"no channel")
    assert "b: no channel descriptor" in say(cli("channel", "diff", tmp_path / "a", tmp_path / "b"))
    assert "No such file" in say(cli("channel", "diff", tmp_path / "a", tmp_path / "c"))
