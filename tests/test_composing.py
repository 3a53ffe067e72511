"""docs/composing.md keeps its word: every command and program in it runs, and prints what stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchnotice import Draft, keyfile
from launchnotice.render.fields import check_code
from tests.cli.conftest import Cli, cli  # noqa: F401 - the fixture is used

TEXT = (Path(__file__).parents[1] / "docs" / "composing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z]+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what it prints."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:.*\\\n> )*.*\n", part)
        assert command
        yield re.sub(r"\\\n> ", "", command[0]).strip(), part[command.end() :]


def matches(expected: str, found: str) -> bool:
    """Whether a text is what the documentation shows of it, in which … stands for anything."""
    pattern = ".*".join(map(re.escape, expected.replace("…\n", "…").split("…")))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


def typed() -> bytes:
    """What the officer types who has read the draft that lies there."""
    draft = Path("notice.draft")
    return check_code(Draft.load(draft.read_bytes()).id)[:4].encode() if draft.exists() else b""


def test_every_command_prints_what_stands_there(
    cli: Cli,  # noqa: F811 - the fixture of the same name
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keyfile, "ITERATIONS", 1_000)
    ran = 0
    for language, block in BLOCKS:
        if language == "toml":
            Path(block.split("\n")[0].removeprefix("# ")).write_text(block, encoding="utf-8")
        for command, expected in commands(block) if language == "console" else ():
            words = shlex.split(command)
            if words[0] == "export":
                monkeypatch.setenv(*words[1].split("=", 1))
                continue
            assert words[0] == "launchnotice"
            done = cli(*words[1:], stdin=typed())
            mistaken = "MISTAKES" in expected or "DIFFERENT" in expected
            assert (done.status, done.err) == (int(mistaken), ""), command
            assert matches(expected, done.out), f"{command}\n{done.out}"
            ran += 1
    assert ran >= 12
    assert len(Draft.load(Path("notice.draft").read_bytes()).signatures) == 2  # classic: one for each officer


def test_the_program_runs(tmp_path: Path) -> None:
    [program] = [block for language, block in BLOCKS if language == "python"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("nothing\n")


def test_a_different_output_is_noticed() -> None:
    assert matches("a\n…\nb\n", "a\n1\n2\nb\n")
    assert not matches("a\n…\nb\n", "a\n1\n2\nc\n")
    assert not matches("check code …; next\n", "check code 1\nnext\n")


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", TEXT))
def test_a_link_leads_somewhere(target: str) -> None:
    assert (Path(__file__).parents[1] / "docs" / target).exists()
