"""The README keeps its word: commands that run as they stand, and an example that survives a crash."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from launchnotice import Channel
from launchnotice.ceremony import verify_mandates

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def first_block(heading: str) -> str:
    """The first fenced block below a heading."""
    section = re.split(r"^## ", README, flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(f"{heading}\n"))
    match = re.search(r"^```[a-z]*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert match, f"no fenced block under {heading}"
    return match[1]


EXAMPLE = first_block("Embed it")


@pytest.mark.parametrize(("heading", "last"), [("Run it", "launchnotice demo"), ("Test it", "pytest -n 2")])
def test_a_command_is_one_line_that_makes_its_own_environment(heading: str, last: str) -> None:
    command = first_block(heading)
    assert command.count("\n") == 1
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert command.rstrip().endswith(last)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the files of the demonstration, and the example as a program."""
    program = "import sys; from launchnotice.cli import main; sys.exit(main())"
    demo = [sys.executable, "-c", program, "demo", "--suite", "classic", "--dir", "demo"]
    subprocess.run(demo, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    (tmp_path / "example.py").write_text(EXAMPLE, encoding="utf-8")
    return tmp_path


def run(folder: Path, name: str = "example.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_example_runs(files: Path) -> None:
    done = run(files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("acknowledged by RU, nothing is owed\n")
    assert "FOR SIGNATURE: launch notification" in done.stdout
    assert "signal" in done.stdout


def test_the_example_presents_again_what_a_crash_left_unconfirmed(files: Path) -> None:
    crash = EXAMPLE.replace("self.endpoint.confirm(", "__import__('os')._exit(9)  # (", 1)
    (files / "crash.py").write_text(crash, encoding="utf-8")
    assert run(files, "crash.py").returncode == 9
    done = run(files)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PERHAPS SEEN BEFORE" in done.stdout


def test_the_example_ends_when_a_centre_fails(files: Path) -> None:
    (files / "demo" / "keys" / "RU-officer-1.pem").unlink()
    done = run(files)
    assert done.returncode == 1
    assert "bad-key-file" in done.stderr
    assert "never retrieved" not in done.stderr


def test_the_ceremony_makes_a_mandate(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "LAUNCHNOTICE_PASSPHRASE": "correct horse"}
    other = "launchnotice keygen --label authority-1 --role authority --out RU-authority-1.pem\n"
    script = ["sh", "-euc", other + first_block("Make real keys")]
    done = subprocess.run(
        script, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    channel = Channel.load((tmp_path / "channel.lnp").read_bytes())
    mandate = verify_mandates(channel, [(tmp_path / "US.lnp").read_bytes()])
    assert len(mandate.payload.identities) == 4


def test_the_example_is_short() -> None:
    lines = [line.strip() for line in EXAMPLE.splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) <= 59
    assert max(map(len, EXAMPLE.splitlines())) <= 110


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_somewhere(target: str) -> None:
    assert (Path(__file__).parents[1] / target).exists()
