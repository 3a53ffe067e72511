"""`keygen`: two files, one of them secret; passphrases from everywhere they can come from."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchnotice.cli import common
from launchnotice.keyfile import read_keys
from launchnotice.registry import SUITE_ALGORITHMS, Algorithm, Role, Suite
from launchnotice.render import text
from tests.cli.conftest import PASSPHRASE, Cli, say


def files() -> list[str]:
    """Names of all files here."""
    return sorted(path.name for path in Path().iterdir())


OFFICER = ("keygen", "--label", "officer-1", "--role", "officer")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast_keys: None) -> None:
    monkeypatch.chdir(tmp_path)


def test_identity_and_key_file_belong_together(cli: Cli) -> None:
    ran = cli(*OFFICER, "--out", "officer-1.pem")
    assert (ran.status, ran.err) == (0, "")
    keys = read_keys("officer-1.pem", PASSPHRASE.encode())
    identity = common.load_identity("officer-1.json")
    assert (identity.label, identity.role) == ("officer-1", Role.OFFICER)
    assert identity.keys == tuple(key.key for key in keys)
    assert [key.alg for key in identity.keys] == [Algorithm.ED25519, Algorithm.ML_DSA_65]
    for key in identity.keys:
        assert key.kid.hex() in "".join(ran.out.split())
    assert Path("officer-1.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "suite"),
    [("classic", Suite.CLASSIC), ("hybrid", Suite.HYBRID), ("hybrid-high", Suite.HYBRID_HIGH)],
)
def test_every_suite_has_its_keys(cli: Cli, name: str, suite: Suite) -> None:
    assert cli(*OFFICER, "--suite", name, "--out", "a.pem").status == 0
    identity = common.load_identity("a.json")
    assert tuple(key.alg for key in identity.keys) == SUITE_ALGORITHMS[suite]
    assert identity.keys == tuple(key.key for key in read_keys("a.pem", PASSPHRASE.encode()))
    assert set(common.SUITES.values()) == set(Suite)


@pytest.mark.requirement("R-EXER-1")
def test_keys_for_exercises_say_so_in_both_files_and_on_the_screen(cli: Cli) -> None:
    ran = cli(*OFFICER, "--suite", "classic", "--exercise", "--out", "drill.pem")
    assert ran.out.startswith("EXERCISE officer")
    (key,) = read_keys("drill.pem", PASSPHRASE.encode())
    assert key.exercise
    assert list(json.loads(Path("drill.json").read_text())) == ["exercise", "label", "role", "keys"]
    assert common.load_identity("drill.json", exercise=True).keys == (key.key,)
    with pytest.raises(common.Trouble, match="keys for exercises, and the channel is real"):
        common.load_identity("drill.json", exercise=False)
    shown = cli("inspect", "drill.json").out.splitlines()
    assert shown[0] == shown[-1] == text.BANNER


def test_public_file_says_nothing_secret(cli: Cli) -> None:
    cli(*OFFICER, "--suite", "classic", "--out", "officer-1.pem")
    assert json.loads(Path("officer-1.json").read_text()).keys() == {"label", "role", "keys"}
    (key,) = read_keys("officer-1.pem", PASSPHRASE.encode())
    assert key.seed.hex() not in Path("officer-1.json").read_text()


def test_name_without_pem_gets_its_public_file_all_the_same(cli: Cli) -> None:
    assert cli(*OFFICER, "--out", "one.key").status == 0
    assert files() == ["one.key", "one.key.json"]


def test_a_public_file_is_replaced_by_force_alone(cli: Cli) -> None:
    Path("a.json").write_text("mine")
    assert say(cli(*OFFICER, "--out", "a.pem")) == "a.json: exists; --force replaces it"
    assert files() == ["a.json"]
    assert Path("a.json").read_text() == "mine"
    assert cli(*OFFICER, "--out", "a.pem", "--force").status == 0
    assert common.load_identity("a.json").keys[0] == read_keys("a.pem", PASSPHRASE.encode())[0].key


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_a_key_file_is_never_replaced(cli: Cli, more: tuple[str, ...]) -> None:
    Path("a.pem").write_text("mine")
    assert say(cli(*OFFICER, "--out", "a.pem", *more)) == "a.pem: exists; a key file is never replaced"
    assert files() == ["a.pem"]
    assert Path("a.pem").read_text() == "mine"


def test_help_says_which_files_are_written(cli: Cli) -> None:
    assert "x.pem gives x.json" in " ".join(cli("keygen", "--help").out.split())


def test_public_file_without_its_key_file_is_taken_back(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write = common.write

    def broken(path: str, data: bytes, *, force: bool = False, private: bool = False) -> None:
        if private:
            raise common.Trouble(f"{path}: No space left on device")
        write(path, data, force=force)

    monkeypatch.setattr(common, "write", broken)
    assert say(cli(*OFFICER, "--out", "a.pem")) == "a.pem: No space left on device"
    assert files() == []


@pytest.mark.parametrize("label", ["", "x" * 65, "a\tb"])
def test_bad_label_is_one_line(cli: Cli, label: str) -> None:
    line = say(cli("keygen", "--label", label, "--role", "officer", "--out", "a.pem"))
    assert line.startswith("bad-value: Identity.label: ")
    assert files() == []


# Passphrases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [b"from a file", b"from a file\n", b"from a file\r\n", b"from a file\nmore\n"]
)
def test_passphrase_file_goes_before_the_environment(cli: Cli, text: bytes) -> None:
    Path("pass").write_bytes(text)
    assert cli(*OFFICER, "--out", "a.pem", "--passphrase-file", "pass").status == 0
    assert read_keys("a.pem", b"from a file")


@pytest.mark.parametrize(
    ("text", "reason"),
    [(b"\n", "the passphrase is empty"), (b"", "pass: empty"), (None, "pass: No such file or directory")],
)
def test_passphrase_file_that_is_of_no_use(cli: Cli, text: bytes | None, reason: str) -> None:
    if text is not None:
        Path("pass").write_bytes(text)
    assert say(cli(*OFFICER, "--out", "a.pem", "--passphrase-file", "pass")) == reason
    assert not Path("a.pem").exists()


def test_empty_passphrase_in_the_environment(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(common.PASSPHRASE_VARIABLE, "")
    assert say(cli(*OFFICER, "--out", "a.pem")) == "the passphrase is empty"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What somebody types when asked."""
    answers: list[str] = []
    asked: Iterator[str] = iter(answers)
    monkeypatch.delenv(common.PASSPHRASE_VARIABLE)
    monkeypatch.setattr(getpass, "getpass", lambda _: next(asked))
    return answers


def test_passphrase_is_asked_for_twice(cli: Cli, typed: list[str]) -> None:
    typed += ["Zürich", "Zürich"]
    assert cli(*OFFICER, "--out", "a.pem").status == 0
    assert read_keys("a.pem", "Zürich".encode())


def test_slip_of_the_fingers_is_found(cli: Cli, typed: list[str]) -> None:
    typed += ["one", "other"]
    assert say(cli(*OFFICER, "--out", "a.pem")) == "the two passphrases differ"
    assert files() == []


def test_nothing_typed(cli: Cli, typed: list[str]) -> None:
    typed += [""]
    assert say(cli(*OFFICER, "--out", "a.pem")) == "the passphrase is empty"


@pytest.mark.parametrize("error", [EOFError(), getpass.GetPassWarning("echoes")])
def test_nobody_to_ask(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def ask(_: str) -> str:
        raise error

    monkeypatch.delenv(common.PASSPHRASE_VARIABLE)
    monkeypatch.setattr(getpass, "getpass", ask)
    line = say(cli(*OFFICER, "--out", "a.pem"))
    assert line.startswith("no passphrase: give --passphrase-file or $LAUNCHNOTICE_PASSPHRASE")
