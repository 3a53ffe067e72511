"""What all commands share: dispatch, exit statuses, one line for what went wrong, never a traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from launchnotice import __version__
from launchnotice import cli as package
from launchnotice.cli import BROKEN_PIPE, COMMANDS, INTERRUPTED, common
from tests.cli.conftest import Cli, say


def test_version(cli: Cli) -> None:
    assert cli("--version") == (0, f"launchnotice {__version__}\n", "")


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["inspect", "--nonsense"], ["channel"], ["mandate", "nonsense"]]
)
def test_usage_errors_are_one_line_that_names_the_help(cli: Cli, argv: list[str]) -> None:
    assert "; see launchnotice" in say(cli(*argv))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_listed(cli: Cli, command: str) -> None:
    assert command in cli("--help").out
    ran = cli(command, "--help")
    assert (ran.status, ran.err) == (0, "")
    assert f"launchnotice {command}" in ran.out


def test_commands_are_imported_on_use() -> None:
    code = (
        "import sys; from launchnotice.cli import main\n"
        "try: main(['channel', '--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in sys.modules if n.startswith('launchnotice.cli.')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "['launchnotice.cli.common', 'launchnotice.cli.channel']"


def replaced(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """A command that does nothing but raise."""

    def run(_: Any) -> int:
        raise error

    module = types.SimpleNamespace(add_arguments=lambda _: None, run=run)
    monkeypatch.setattr(package, "import_module", lambda _: module)


def test_interrupt_is_quiet(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, KeyboardInterrupt())
    assert cli("demo") == (INTERRUPTED, "", "")


def test_broken_pipe_is_quiet(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, BrokenPipeError())
    assert cli("demo") == (BROKEN_PIPE, "", "")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device"), "output: No space left on device"),
        (OSError(13, "Permission denied", "journal"), "journal: Permission denied"),
        (OSError(), "output: cannot be written"),
        (common.Trouble("a\x1b[31m\nb"), "a\\x1b[31m\\x0ab"),
    ],
)
def test_trouble_is_one_safe_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    replaced(monkeypatch, error)
    assert say(cli("demo")) == line


def test_output_that_cannot_show_a_character_shows_its_number(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr("sys.stdout", out)
    identity = common.load_identity("US-system.json").to_json()
    (folder / "other.json").write_text(common.to_json({**identity, "label": "Zürich"}))
    assert package.main(["inspect", "other.json"]) == 0
    assert b"Z\\xfcrich" in raw.getvalue()


# The console script --------------------------------------------------------------------

SCRIPT = Path(sys.executable).with_name("launchnotice")


def script(*argv: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([SCRIPT, *argv], capture_output=True, check=False, **more)


def test_script_inspects_standard_input(folder: Path) -> None:
    ran = script("inspect", input=(folder / "US.cbor").read_bytes())
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.startswith(b"NOT VERIFIED")


def test_script_says_what_is_wrong_in_one_line(folder: Path) -> None:
    ran = script("inspect", "nowhere")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr == b"launchnotice: nowhere: No such file or directory\n"


def test_script_is_quiet_when_nobody_reads(folder: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        for argv, statuses in ((["inspect", "US.cbor"], {BROKEN_PIPE}), (["--help"], {0, BROKEN_PIPE})):
            ran = subprocess.run([SCRIPT, *argv], stdout=closed, stderr=subprocess.PIPE, check=False)
            assert ran.stderr == b""
            assert ran.returncode in statuses


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_script_says_that_the_disk_is_full(folder: Path) -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [SCRIPT, "inspect", "US.cbor"], stdout=full, stderr=subprocess.PIPE, check=False, env=buffered
        )
    assert (ran.returncode, ran.stderr) == (2, b"launchnotice: output: No space left on device\n")


def test_script_without_standard_streams_does_not_fall_over(folder: Path) -> None:
    shell = f'"{SCRIPT}" inspect - <&- ; echo $?; "{SCRIPT}" inspect US.cbor >&-; echo $?'
    ran = subprocess.run(["sh", "-c", shell], capture_output=True, check=False)  # noqa: S607
    assert (ran.stdout, ran.stderr) == (b"2\n0\n", b"launchnotice: -: empty\n")


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "launchnotice", "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, f"launchnotice {__version__}\n")


# Files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere", "No such file or directory"),
        (".", "Is a directory"),
        ("a\0b", "not a usable path"),
        ("empty", "empty"),
        ("large", "larger than 10 bytes"),
    ],
)
def test_files_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(common.Trouble) as caught:
        common.read(path, 10)
    assert str(caught.value) == f"{path}: {reason}"


def test_no_more_than_the_limit_is_read_of_an_endless_file() -> None:
    with pytest.raises(common.Trouble, match="larger than 10 bytes"):
        common.read("/dev/zero", 10)


def test_files_are_written_whole_and_replaced_by_force_alone(tmp_path: Path) -> None:
    path = tmp_path / "out"
    common.write(str(path), b"one")
    with pytest.raises(common.Trouble, match="exists; --force replaces it"):
        common.write(str(path), b"two")
    assert path.read_bytes() == b"one"
    common.write(str(path), b"two", force=True, private=True)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("force", [False, True])
def test_files_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool) -> None:  # noqa: FBT001
    monkeypatch.chdir(tmp_path)
    for path in ("missing/out", "a\0b", "."):
        with pytest.raises(common.Trouble):
            common.write(path, b"data", force=force)
    (tmp_path / "folder").mkdir()
    with pytest.raises(common.Trouble, match="folder"):
        common.write("folder", b"data", force=force)
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_file_that_fills_the_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(common.Trouble, match="No space left on device"):
        common.write(str(tmp_path / "out"), b"data")
    assert list(tmp_path.iterdir()) == []
