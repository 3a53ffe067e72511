"""The page on the key ceremony keeps its word: its commands run as they stand, from the first to the last."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launchnotice import Channel
from launchnotice.ceremony import compare_mandates, verify_mandates
from launchnotice.registry import MandateReason, Role

PAGE = (Path(__file__).parents[1] / "docs" / "key-ceremony.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)

QUICK = """\
#!{python}
import sys
from launchnotice import keyfile
from launchnotice.cli import main
keyfile.ITERATIONS = 1_000
sys.exit(main())
"""
"""The command, with a key derivation that costs an attacker, and the test, less."""


@pytest.fixture(scope="module")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which all blocks ran, and what they printed."""
    folder, tools = tmp_path_factory.mktemp("ceremony"), tmp_path_factory.mktemp("bin")
    (tools / "launchnotice").write_text(QUICK.format(python=sys.executable), encoding="utf-8")
    (tools / "launchnotice").chmod(0o700)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LAUNCHNOTICE_PASSPHRASE": "one that only its holder knows"}
    command = [shutil.which("bash") or "/bin/bash", "-euo", "pipefail", "-c", "\n".join(BLOCKS)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_the_page_makes_a_chain_that_a_peer_accepts(ceremony: tuple[Path, str]) -> None:
    folder, _ = ceremony
    channel = Channel.load((folder / "channel.lnp").read_bytes())
    chain = [(folder / f"US-{version}.lnp").read_bytes() for version in (1, 2, 3, 4)]
    mandates = [verify_mandates(channel, chain[: version + 1]).payload for version in range(4)]
    assert [one.reason for one in mandates] == [
        MandateReason.INITIAL,
        MandateReason.ROUTINE,
        MandateReason.COMPROMISE,
        MandateReason.ROUTINE,
    ]
    assert compare_mandates(mandates[2], mandates[3]).authority
    assert {one.label for one in mandates[3].identities if one.role is Role.AUTHORITY} == {
        "authority-3",
        "authority-4",
    }


def test_the_successor_names_the_channel_and_shares_no_key(ceremony: tuple[Path, str]) -> None:
    folder, _ = ceremony
    old, new = (Channel.load((folder / name).read_bytes()) for name in ("channel.lnp", "channel-2.lnp"))
    assert new.descriptor.predecessor == old.id
    assert new.descriptor.receipt_within == 600
    kids = [{kid for party in one.parties.values() for kid in party.authority} for one in (old, new)]
    assert kids[0].isdisjoint(kids[1])


def test_what_changes_is_shown_before_anybody_signs(ceremony: tuple[Path, str]) -> None:
    _, shown = ceremony
    assert "WHAT CHANGES for US" in shown
    assert re.search(r"ADDED +officer-4, officer", shown)
    assert re.search(r"REMOVED +officer-1, officer", shown)
    assert "changes: as many of the old one as of the new one sign" in shown
    assert "DO NOT SIGN" not in shown
    assert "NOT COMPARED" not in shown
    # Each of the files that are compared by voice is shown in groups of four.
    assert len(re.findall(r"(?:[0-9a-f]{4} ){7}[0-9a-f]{4}", shown)) > 20
