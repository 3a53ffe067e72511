"""The README keeps its word: two commands of one line each, and an example that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def first_block(heading: str) -> str:
    """The first fenced block below a heading."""
    section = re.split(r"^## ", README, flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(f"{heading}\n"))
    match = re.search(r"^```[a-z]*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert match, f"no fenced block under {heading}"
    return match[1]


@pytest.mark.parametrize(("heading", "last"), [("Run it", "launchnotice demo"), ("Test it", "pytest -n 2")])
def test_a_command_is_one_line_that_makes_its_own_environment(heading: str, last: str) -> None:
    command = first_block(heading)
    assert command.count("\n") == 1
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert command.rstrip().endswith(last)


def test_the_example_runs(tmp_path: Path) -> None:
    program = "import sys; from launchnotice.cli import main; sys.exit(main())"
    demo = [sys.executable, "-c", program, "demo", "--suite", "classic", "--dir", "demo"]
    subprocess.run(demo, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    (tmp_path / "example.py").write_text(first_block("Embed it"), encoding="utf-8")
    command = [sys.executable, "-W", "error", "example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("acknowledged by RU, nothing is owed\n")
    assert "FOR SIGNATURE: launch notification" in done.stdout
    assert "signal" in done.stdout


def test_the_example_is_short() -> None:
    code = [line for line in first_block("Embed it").splitlines() if line.strip()]
    assert len(code) <= 64


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_a_link_leads_somewhere(target: str) -> None:
    assert (Path(__file__).parents[1] / target).exists()
