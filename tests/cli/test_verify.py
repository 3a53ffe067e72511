"""`verify`: what a proof proves, what is none, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchnotice import evidence
from tests.cli.conftest import Cli, say
from tests.support import NOW, launch
from tests.support.forge import chain
from tests.support.template import Template, template


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Template:
    """The files of a fork: descriptor, a proof, and one that proves nothing."""
    monkeypatch.chdir(tmp_path)
    found = template()
    forger = found.forger("US")
    one = chain(forger, 2)
    other = forger.notice(2, one[0].id, body=launch(launch_count=9))
    mandates = found.mandates["US"]
    Path("channel.cbor").write_bytes(found.channel.data)
    Path("proof").write_bytes(evidence.pack_fork([mandates, one[1].data, other.data]))
    Path("nothing").write_bytes(evidence.pack_fork([mandates, one[1].data, one[0].data]))
    Path("other.cbor").write_bytes(template(name="another").channel.data)
    endpoint = found.open("RU")
    for notice in (*one, other):
        endpoint.receive(notice.data, NOW)
    Path("endpoint").write_bytes(evidence.pack_fork(endpoint.forks()[0]))
    return found


@pytest.mark.parametrize("file", ["proof", "endpoint"])
def test_a_fork_is_proved_with_the_descriptor_alone(cli: Cli, made: Template, file: str) -> None:
    ran = cli("verify", file, "--channel", "channel.cbor")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("PROVED: US told two stories in one epoch.")
    assert "position   2" in ran.out
    assert ran.out.count("signed by officer-1, officer-2, system") == 2


@pytest.mark.parametrize(
    ("file", "channel", "code"),
    [
        ("nothing", "channel.cbor", "inconsistent"),
        ("proof", "other.cbor", "wrong-channel"),
        ("channel.cbor", "channel.cbor", "wrong-type"),
    ],
)
def test_what_proves_nothing_is_said(cli: Cli, made: Template, file: str, channel: str, code: str) -> None:
    ran = cli("verify", file, "--channel", channel)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith(f"PROVES NOTHING: {code}")


def test_files_that_cannot_be_read_are_one_line(cli: Cli, made: Template) -> None:
    assert "absent" in say(cli("verify", "absent", "--channel", "channel.cbor"))
    assert "absent" in say(cli("verify", "proof", "--channel", "absent"))
