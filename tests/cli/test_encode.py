"""`encode`: the bytes that were inspected come back, bad JSON is one line, no file is lost."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchnotice.cli import main
from launchnotice.registry import Suite
from launchnotice.render.jsonform import MAX_JSON
from tests.cli.conftest import Cli, say
from tests.cli.test_main import SCRIPT
from tests.render.notation import read
from tests.spec.objects import exchange

SAMPLES = {sample.name: sample.data for sample in exchange(Suite.CLASSIC).samples}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", SAMPLES)
def test_what_was_inspected_comes_back_byte_for_byte(cli: Cli, place: Path, name: str) -> None:
    shown = cli("inspect", "--json", stdin=SAMPLES[name])
    assert shown.status == 0
    assert cli("encode", "--out", "made", stdin=shown.out.encode()) == (0, "", "")
    assert Path("made").read_bytes() == SAMPLES[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_notation_of_what_was_inspected_has_its_bytes(cli: Cli, name: str) -> None:
    shown = cli("inspect", "--diagnostic", stdin=SAMPLES[name])
    assert shown.status == 0
    assert shown.out.startswith("/ NOT VERIFIED: ")
    assert read(shown.out) == SAMPLES[name]


def test_notation_says_what_a_peer_would_refuse(cli: Cli, folder: Path) -> None:
    data = Path("US.cbor").read_bytes()
    Path("spoilt").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    shown = cli("inspect", "spoilt", "--channel", "channel.cbor", "--diagnostic")
    assert shown.status == 1
    assert shown.out.startswith("/ REFUSED: bad-signature: ")
    assert read(shown.out) == Path("spoilt").read_bytes()


def test_an_identity_has_no_notation(cli: Cli, folder: Path) -> None:
    assert "no CBOR" in say(cli("inspect", "US-system.json", "--diagnostic"))


def test_one_form_at_a_time(cli: Cli, folder: Path) -> None:
    assert "not allowed with" in say(cli("inspect", "US.cbor", "--json", "--diagnostic"))


def test_bytes_pass_through_a_pipe() -> None:
    data = SAMPLES["sync"]
    shown = subprocess.run([SCRIPT, "inspect", "--json"], input=data, capture_output=True, check=True).stdout
    made = subprocess.run([SCRIPT, "encode"], input=shown, capture_output=True, check=True)
    assert (made.stdout, made.stderr) == (data, b"")


def test_existing_file_is_replaced_by_force_alone(cli: Cli, place: Path) -> None:
    Path("form.json").write_text(cli("inspect", "--json", stdin=SAMPLES["query"]).out)
    Path("made").write_bytes(b"precious")
    assert say(cli("encode", "form.json", "--out", "made")) == "made: exists; --force replaces it"
    assert Path("made").read_bytes() == b"precious"
    assert cli("encode", "form.json", "--out", "made", "--force").status == 0
    assert Path("made").read_bytes() == SAMPLES["query"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", "-: empty"),
        (b"{", "-: bad-text: expected JSON: "),
        (b"[" * 500_000, "-: bad-text: nested too deep"),
        (b'{"object": ' * 500_000, "-: bad-text: nested too deep"),
        (b'{"object": "message", "object": "message"}', "-: bad-text: a name occurs twice"),
        (b'{"object": ' + b"1" * 100_000 + b"}", "-: bad-text: an integer beyond 64 bits"),
        (b'{"object": 1.0}', "-: bad-text: a number that is no integer"),
        (b'{"object": NaN}', "-: bad-text: a number that is no integer"),
        (b'{"object": "\x1b[2J"}', "-: bad-text: expected JSON: "),
        (b'{"object": "\\u001b[2J"}', "-: unknown-value: object: expected one of message, "),
        (b"\xff\xfe{}", "-: bad-text: expected JSON in UTF-8"),
        (b"[]", "-: wrong-type: "),
        (b"5", "-: wrong-type: "),
        (b'{"object": "message"}', "-: missing-field: "),
        (b" " * (MAX_JSON + 1), "-: larger than "),
    ],
)
def test_bad_json_is_one_line_with_a_code(cli: Cli, place: Path, text: bytes, line: str) -> None:
    assert say(cli("encode", "--out", "made", stdin=text)).startswith(line)
    assert not Path("made").exists()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_the_text_ends_in_a_status(cli: Cli, data: st.DataObject) -> None:
    text = bytearray(cli("inspect", "--json", stdin=SAMPLES["amendment"]).out.encode())
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    assert main_on(bytes(text)) in (0, 2)


def test_bytes_go_to_standard_output_unless_a_file_is_named(cli: Cli) -> None:
    out = io.TextIOWrapper(raw := io.BytesIO())
    assert main_on(cli("inspect", "--json", stdin=SAMPLES["sync"]).out.encode(), out) == 0
    assert raw.getvalue() == SAMPLES["sync"]


def main_on(text: bytes, out: io.TextIOWrapper | None = None) -> int:
    """`encode` with this on standard input, and there its output."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        patch.setattr("sys.stdout", out or io.TextIOWrapper(io.BytesIO()))
        patch.setattr("sys.stderr", said := io.StringIO())
        status = main(["encode"])
        assert said.getvalue().count("\n") == (1 if status else 0)
        return status


class Terminal(io.StringIO):
    """Somebody who sits there."""

    def isatty(self) -> bool:
        return True


def test_nobody_is_left_waiting_and_no_terminal_gets_bytes(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["encode"]) == 2
    assert capsys.readouterr().err == "launchnotice: give a file, or the JSON on standard input\n"
    shown = json.dumps({}).encode()
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(shown)))
    assert main(["encode"]) == 2
    assert "give --out" in capsys.readouterr().err
