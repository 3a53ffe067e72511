"""`inspect`: any bytes, however written; shown, refused or said in one line, never a traceback."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from launchnotice import Channel
from launchnotice.ceremony import verify_mandates
from launchnotice.cli import main
from launchnotice.render.inspect import MAX_OBJECT
from tests.cli.conftest import Cli, say
from tests.support import make_centre
from tests.support.forge import Forger


@pytest.fixture
def notice(folder: Path) -> bytes:
    """A message of the US, also in a file."""
    channel = Channel.load(Path("channel.cbor").read_bytes())
    mandate = verify_mandates(channel, [Path("US.cbor").read_bytes()])
    data = Forger(channel, make_centre("US"), mandate.id).notice().data
    Path("notice.cbor").write_bytes(data)
    return data


def test_message_verified_by_channel_and_mandates(cli: Cli, notice: bytes) -> None:
    ran = cli(
        "inspect", "notice.cbor", "--channel", "channel.cbor", "--mandate", "RU.cbor", "--mandate", "US.cbor"
    )
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("VERIFIED: signed by ")
    assert "officer-1 (officer)" in ran.out.splitlines()[0]


def test_message_that_a_peer_would_refuse_exits_with_1(cli: Cli, notice: bytes) -> None:
    Path("spoilt").write_bytes(notice[:-1] + bytes([notice[-1] ^ 1]))
    given_ = ("--channel", "channel.cbor", "--mandate", "US.cbor")
    spoilt = cli("inspect", "spoilt", *given_, "--json")
    assert spoilt.status == 1
    assert json.loads(spoilt.out)["refusal"] == "bad-signature"


def test_message_without_its_senders_mandates_is_not_said_to_be_refused(cli: Cli, notice: bytes) -> None:
    ran = cli("inspect", "notice.cbor", "--channel", "channel.cbor", "--mandate", "RU.cbor")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("NOT VERIFIED: give the sender's mandates with --mandate\n")


def test_options_may_stand_before_the_file(cli: Cli, notice: bytes) -> None:
    ran = cli("inspect", "--channel", "channel.cbor", "--mandate", "US.cbor", "notice.cbor")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("VERIFIED: signed by ")


def test_a_private_key_file_is_called_by_its_name(cli: Cli, folder: Path) -> None:
    assert say(cli("inspect", "US-system.pem")) == "US-system.pem: a private key file; it is shown to nobody"


@pytest.mark.parametrize("name", ["notice.cbor", "US.cbor", "channel.cbor", "US-system.json"])
def test_without_a_channel_the_first_line_says_so(cli: Cli, notice: bytes, name: str) -> None:
    ran = cli("inspect", name)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("NOT VERIFIED: ")
    assert json.loads(cli("inspect", name, "--json").out)["verified"] is False


@pytest.mark.parametrize("form", ["binary", "hex", "base64"])
def test_every_way_of_writing_bytes_is_recognised(cli: Cli, notice: bytes, form: str) -> None:
    shown = cli("inspect", "notice.cbor").out
    written = {
        "binary": [notice],
        "hex": [notice.hex().encode(), notice.hex(" ", 2).upper().encode() + b"\r\n"],
        "base64": [base64.b64encode(notice), base64.encodebytes(notice), base64.urlsafe_b64encode(notice)],
    }
    for data in written[form]:
        assert cli("inspect", stdin=data).out == shown
        assert cli("inspect", "-", "--format", form, stdin=data).out == shown


@pytest.mark.parametrize(
    ("data", "form", "line"),
    [
        (b"\x01", "auto", "-: not-cose-sign: "),
        (b"\xff", "auto", "-: not-cbor: "),
        (b"hello", "auto", "-: not-cbor: "),
        (b"abc", "auto", "-: not-cbor: "),
        (b"hello", "hex", "-: not hex"),
        (b"h\xff", "hex", "-: not hex"),
        (b"!", "base64", "-: not base64"),
        (b"abc", "base64", "-: not base64"),
        (b"", "auto", "-: empty"),
        (b"\n", "auto", "-: not-cbor: "),
        (b"{}", "auto", "-: missing-field: "),
        (b"\xd8\x62" + bytes(300_000), "auto", "-: too-large: "),
        (bytes(MAX_OBJECT + 1), "auto", "-: too-large: "),
        (bytes(3 * MAX_OBJECT + 1), "auto", "-: larger than "),
    ],
)
def test_unknown_bytes_are_one_line_with_a_code(cli: Cli, data: bytes, form: str, line: str) -> None:
    assert say(cli("inspect", "--format", form, stdin=data)).startswith(line)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nowhere",), "nowhere: No such file or directory"),
        ((".",), ".: Is a directory"),
        (("/dev/zero",), "/dev/zero: larger than "),
        (("US.cbor", "--mandate", "US.cbor"), "--mandate needs --channel"),
        (("US.cbor", "--channel", "nowhere"), "nowhere: No such file or directory"),
        (("US.cbor", "--channel", "US.cbor"), "US.cbor: no channel descriptor: "),
        (
            ("US.cbor", "--channel", "channel.cbor", "--mandate", "nowhere"),
            "nowhere: No such file or directory",
        ),
        (
            ("US.cbor", "--channel", "channel.cbor", "--mandate", "channel.cbor"),
            "--mandate channel.cbor: no mandate",
        ),
    ],
)
def test_files_that_are_of_no_use(cli: Cli, folder: Path, words: tuple[str, ...], line: str) -> None:
    assert say(cli("inspect", *words)).startswith(line)


class Terminal(io.StringIO):
    """Somebody who waits."""

    def isatty(self) -> bool:
        return True


def test_nobody_is_left_waiting_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["inspect"]) == 2
    assert capsys.readouterr().err == "launchnotice: give a file, or the object on standard input\n"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200) | st.text("0123456789abcdef \n+/=", min_size=1).map(str.encode))
def test_any_bytes_end_in_a_status(cli: Cli, data: bytes) -> None:
    ran = cli("inspect", stdin=data)
    assert ran.status in (0, 2)
    assert (ran.out == "") == (ran.status == 2)
    assert ran.err.count("\n") == (1 if ran.status else 0)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_change_of_a_message_ends_in_a_status(notice: bytes, cli: Cli, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(notice) - 1))
    changed = notice[:at] + bytes([notice[at] ^ data.draw(st.integers(1, 255))]) + notice[at + 1 :]
    ran = cli("inspect", "--channel", "channel.cbor", "--mandate", "US.cbor", stdin=changed)
    assert ran.status in (1, 2)
    assert all(line.isprintable() for line in (ran.out + ran.err).splitlines())


def test_main_without_arguments_reads_those_of_the_process(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["launchnotice", "inspect", "US.cbor", "--json"])
    assert main() == 0
