"""The command line run in this process, and a ceremony's files on disk."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from launchnotice import keyfile
from launchnotice.cli import main
from tests.support import Centre, make_centre, make_channel, make_mandate

PASSPHRASE = "correct horse"


class Ran(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command in this process, with bytes on standard input; argparse's exits are statuses."""

    def run(*argv: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = main([str(word) for word in argv])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run


@pytest.fixture
def fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key files with a quick derivation and a passphrase in the environment."""
    monkeypatch.setattr(keyfile, "ITERATIONS", 1_000)
    monkeypatch.setenv("LAUNCHNOTICE_PASSPHRASE", PASSPHRASE)


def say(ran: Ran) -> str:
    """The one line of a failure; nothing else is printed."""
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("launchnotice: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("launchnotice: ").rstrip("\n")


@pytest.fixture(scope="session")
def _ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a channel of two parties: identities, key files, descriptor, mandates."""
    folder = tmp_path_factory.mktemp("ceremony")
    centres = [make_centre("US"), make_centre("RU")]
    channel = make_channel(centres)
    (folder / "channel.cbor").write_bytes(channel.data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "ITERATIONS", 1_000)
        for centre in centres:
            _write_identities(folder, centre)
            (folder / f"{centre.code}.cbor").write_bytes(make_mandate(channel, centre))
    return folder


def _write_identities(folder: Path, centre: Centre) -> None:
    from launchnotice.cli.common import dump_identity

    for identity in centre.identities():
        path = folder / f"{centre.code}-{identity.label}"
        path.with_suffix(".json").write_bytes(dump_identity(identity))
        keyfile.write_keys(path.with_suffix(".pem"), centre.keys[identity.label], PASSPHRASE.encode())


@pytest.fixture
def folder(_ceremony: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the ceremony's files, in which the commands run."""
    place = tmp_path / "work"
    shutil.copytree(_ceremony, place)
    monkeypatch.chdir(place)
    monkeypatch.setenv("LAUNCHNOTICE_PASSPHRASE", PASSPHRASE)
    return place
