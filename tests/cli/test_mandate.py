"""`mandate`: the whole ceremony through files, and every way in which it can go wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from launchnotice import Channel, Draft, times
from launchnotice.ceremony import verify_mandates
from launchnotice.cli import common
from launchnotice.pact.mandate import load_payload
from launchnotice.registry import MandateReason
from tests.cli.conftest import Cli, say

IDENTITIES = [
    f"US-{label}.json"
    for label in ("authority-1", "authority-2", "officer-1", "officer-2", "officer-3", "system")
]
SIGNERS = ("--signer", "authority-1", "--signer", "authority-2")
TIMES = ("--issued", "2027-01-01T00:00:00Z", "--expires", "2027-12-31T00:00:00Z")
MAKE = (
    "mandate",
    "make",
    "--channel",
    "channel.cbor",
    "--party",
    "US",
    "--identity",
    *IDENTITIES,
    *SIGNERS,
    *TIMES,
)


def sign(number: int, *more: str) -> tuple[str, ...]:
    return (
        "mandate",
        "sign",
        "m.draft",
        "--channel",
        "channel.cbor",
        "--key",
        f"US-authority-{number}.pem",
        *more,
    )


SEAL = ("mandate", "seal", "m.draft", "--channel", "channel.cbor", "--out", "m.cbor")


def channel() -> Channel:
    return Channel.load(Path("channel.cbor").read_bytes())


def test_ceremony_from_draft_to_mandate(cli: Cli, folder: Path) -> None:
    ran = cli(*MAKE, "--out", "m.draft")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("FOR SIGNATURE: mandate of US\n")
    assert "has not signed" in ran.out
    assert "This is the first mandate of US;" in ran.out
    first = cli(*sign(1))
    assert first.status == 0
    assert first.out.startswith("FOR SIGNATURE: mandate of US\n")
    assert "signatures are missing, of authority-2\n" in first.out
    second = cli(*sign(2, "--out", "signed.draft"))
    assert "has signed (not verified yet)" in second.out
    assert "all have signed; next: launchnotice mandate seal" in second.out
    assert len(Draft.load(Path("m.draft").read_bytes()).signatures) == 1
    sealed = cli("mandate", "seal", "signed.draft", *SEAL[3:])
    assert sealed.status == 0
    mandate = verify_mandates(channel(), [Path("m.cbor").read_bytes()])
    assert mandate.id.hex() in "".join(sealed.out.split())
    assert mandate.payload.issued == times.parse_instant("2027-01-01T00:00:00Z")
    assert [one.label for one in mandate.payload.identities] == [name[3:-5] for name in IDENTITIES]


def test_next_mandate_follows_the_one_before(cli: Cli, folder: Path) -> None:
    made = cli(*MAKE, "--previous", "US.cbor", "--out", "m.draft")
    assert (made.status, "first mandate" in made.out) == (0, False)
    for number in (1, 2):
        assert cli(*sign(number)).status == 0
    line = say(cli(*SEAL))
    assert line == "m.draft: version 2; give --previous for each mandate before it, versions 1 to 1"
    assert cli(*SEAL, "--previous", "US.cbor").status == 0
    chain = [Path(name).read_bytes() for name in ("US.cbor", "m.cbor")]
    assert verify_mandates(channel(), chain).payload.version == 2
    shown = cli("mandate", "show", "m.cbor", "--channel", "channel.cbor", "--previous", "US.cbor")
    assert shown.status == 0
    assert shown.out.startswith("VERIFIED: signed by the authority of US\n")
    gap = cli("mandate", "show", "m.cbor", "--channel", "channel.cbor")
    assert (gap.status, gap.err) == (1, "")
    assert gap.out.startswith("REFUSED: mandate-gap: ")


def test_epochs_are_confirmed(cli: Cli, folder: Path) -> None:
    first, second = bytes(range(16)), bytes(range(16, 32))
    confirm = ("--confirm", f"2:{first.hex()}", "--confirm", f"3:{second.hex().upper()}")
    assert cli(*MAKE, "--previous", "US.cbor", *confirm, "--out", "m.draft").status == 0
    payload = load_payload(Draft.load(Path("m.draft").read_bytes()).payload)
    assert [(one.number, one.random) for one in payload.confirmed] == [(2, first), (3, second)]


@pytest.mark.parametrize(
    "word", ["", "2", "2:", "2:00", "x:" + "00" * 16, "-1:" + "00" * 16, "2:" + "0g" * 16]
)
def test_what_is_no_epoch_is_not_confirmed(cli: Cli, folder: Path, word: str) -> None:
    line = say(cli(*MAKE, "--out", "m.draft", f"--confirm={word}"))
    assert f"{word!r}: expected NUMBER:HEX with 32 hexadecimal digits" in line


def test_previous_mandates_that_do_not_follow_are_named(cli: Cli, folder: Path) -> None:
    words = ("--previous", "US.cbor", "--previous", "RU.cbor", "--out", "m.draft")
    assert say(cli(*MAKE, *words)).startswith("--previous RU.cbor: bad-mandate-chain: ")


def test_nothing_is_shown_for_signing_without_a_key_file(cli: Cli, folder: Path) -> None:
    cli(*MAKE, "--out", "m.draft")
    assert say(cli(*sign(1)[:-1], "nowhere.pem")) == "nowhere.pem: No such file or directory"


def test_issued_is_now_unless_told_otherwise(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.9)
    words = [word for word in MAKE if word not in TIMES[:2]]
    assert cli(*words, "--out", "m.draft").status == 0
    assert "2027-01-15 08:00:00 UTC" in cli("mandate", "show", "m.draft").out


def test_show_says_what_was_verified(cli: Cli, folder: Path) -> None:
    assert cli("mandate", "show", "US.cbor").out.startswith("NOT VERIFIED")
    data = json.loads(cli("mandate", "show", "US.cbor", "--channel", "channel.cbor", "--json").out)
    assert (data["object"], data["verified"], data["payload"]["party"]) == ("mandate", True, "US")


def test_officer_sees_the_draft_even_if_the_passphrase_is_wrong(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli(*MAKE, "--out", "m.draft")
    before = Path("m.draft").read_bytes()
    monkeypatch.setenv(common.PASSPHRASE_VARIABLE, "wrong")
    ran = cli(*sign(1))
    assert ran.status == 2
    assert ran.out.startswith("FOR SIGNATURE: mandate of US\n")
    assert ran.err == "launchnotice: US-authority-1.pem: wrong passphrase, or the file is damaged\n"
    assert Path("m.draft").read_bytes() == before


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("US-officer-1.pem", "wrong-key: the draft's manifest does not list this key"),
        ("RU-authority-1.pem", "wrong-key: the draft's manifest does not list this key"),
        ("US-system.json", "US-system.json: expected 1 to 2 PEM blocks, got 0"),
        ("nowhere.pem", "nowhere.pem: No such file or directory"),
        ("/dev/zero", "/dev/zero: larger than 16,384 bytes"),
    ],
)
def test_keys_that_cannot_sign(cli: Cli, folder: Path, key: str, line: str) -> None:
    cli(*MAKE, "--out", "m.draft")
    before = Path("m.draft").read_bytes()
    ran = cli(*sign(1)[:-1], key)
    assert (ran.status, ran.err) == (2, f"launchnotice: {line}\n")
    assert Path("m.draft").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--party", "FR"), "--party FR: not a party of the channel"),
        (("--signer", "nobody"), "unknown-signer: the mandate lists no authority 'nobody'"),
        (("--signer", "officer-1"), "unknown-signer: the mandate lists no authority 'officer-1'"),
        (("--identity", "nowhere.json"), "nowhere.json: No such file or directory"),
        (("--identity", "US.cbor"), "US.cbor: no public identity file: bad-text"),
        (("--expires", "2029-01-01T00:00:00Z"), "bad-value: MandatePayload: out-of-range: a mandate expires"),
        (("--previous", "RU.cbor"), "--previous: a mandate of RU, expected US"),
        (("--previous", "channel.cbor"), "--previous channel.cbor: no mandate: not-cose-sign"),
        (("--channel", "US.cbor"), "US.cbor: no channel descriptor"),
        (("--out", "US.cbor"), "US.cbor: exists; --force replaces it"),
    ],
)
def test_what_cannot_be_drafted_is_one_line_and_no_file(
    cli: Cli, folder: Path, more: tuple[str, ...], line: str
) -> None:
    assert say(cli(*MAKE, "--out", "m.draft", *more)).startswith(line)
    assert not Path("m.draft").exists()


@pytest.mark.parametrize("moment", ["tomorrow", "2027-13-01T00:00:00Z", "2027-01-01"])
def test_times_are_rfc_3339(cli: Cli, folder: Path, moment: str) -> None:
    ran = cli(*MAKE, "--out", "m.draft", "--expires", moment)
    assert ran.status == 2
    assert "expected a time such as" in ran.err


def test_draft_without_all_signatures_is_not_sealed(cli: Cli, folder: Path) -> None:
    cli(*MAKE, "--out", "m.draft")
    cli(*sign(1))
    assert say(cli(*SEAL)) == "m.draft: signatures are missing, of authority-2"
    assert not Path("m.cbor").exists()


def test_nothing_is_overwritten_unasked(cli: Cli, folder: Path) -> None:
    cli(*MAKE, "--out", "m.draft")
    before = Path("US.cbor").read_bytes()
    assert say(cli(*sign(1, "--out", "US.cbor"))) == "US.cbor: exists; --force replaces it"
    assert say(cli(*SEAL[:-1], "US.cbor")) == "US.cbor: exists; --force replaces it"
    assert Path("US.cbor").read_bytes() == before
    assert cli(*sign(1, "--out", "US.cbor", "--force")).status == 0
    assert Path("US.cbor").read_bytes() != before


@pytest.mark.parametrize("command", [sign(1), SEAL])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "No such file"),
        (".", "Is a directory"),
        ("empty", "empty"),
        ("US.cbor", "no draft: forbidden-type"),
        ("channel.cbor", "no draft: "),
    ],
)
def test_files_that_are_no_draft(
    cli: Cli, folder: Path, command: tuple[str, ...], name: str, reason: str
) -> None:
    Path("empty").touch()
    words = [name if word == "m.draft" else word for word in command]
    assert say(cli(*words)).startswith(f"{name}: {reason}")


def test_draft_of_another_channel_is_neither_signed_nor_sealed(cli: Cli, folder: Path) -> None:
    cli(*MAKE, "--out", "m.draft")
    parties = [
        word
        for code in ("US", "RU")
        for word in ("--party", f"{code}:2:{code}-authority-1.json,{code}-authority-2.json")
    ]
    cli(
        "channel",
        "make",
        "--name",
        "other",
        "--agreement",
        "us-ussr-1988",
        "--suite",
        "classic",
        *parties,
        "--out",
        "other",
    )
    for command in (sign(1), SEAL):
        words = ["other" if word == "channel.cbor" else word for word in command]
        assert say(cli(*words)).startswith("wrong-channel: ")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("channel.cbor",), "channel.cbor: expected a mandate or its draft, got a channel descriptor"),
        (("US-system.json",), "US-system.json: expected a mandate or its draft, got an identity"),
        (("nowhere",), "nowhere: No such file or directory"),
        (("US-system.pem",), "US-system.pem: "),
        (("US.cbor", "--previous", "US.cbor"), "--previous needs --channel"),
        (
            ("US.cbor", "--channel", "channel.cbor", "--previous", "channel.cbor"),
            "--previous channel.cbor: no mandate: not-cose-sign",
        ),
        (("--channel", "channel.cbor", "--previous", "US.cbor", "US-system.pem"), "US-system.pem: a private"),
    ],
)
def test_what_cannot_be_shown_as_a_mandate(cli: Cli, folder: Path, words: tuple[str, ...], line: str) -> None:
    assert say(cli("mandate", "show", *words)).startswith(line)


# What a mandate ends -----------------------------------------------------------------------

RANDOM, NOTICE = bytes(range(16)).hex(), bytes(range(32)).hex()
NEXT = (*MAKE, "--previous", "US.cbor", "--out", "m.draft")


def test_a_compromise_says_what_stands_and_what_is_disowned(cli: Cli, folder: Path) -> None:
    words = ("--reason", "compromise", "--stands", f"1:{RANDOM}:7:{NOTICE}", "--confirm", f"2:{'ab' * 16}")
    made = cli(*NEXT, *words)
    assert (made.status, made.err) == (0, "")
    payload = load_payload(Draft.load(Path("m.draft").read_bytes()).payload)
    assert payload.reason is MandateReason.COMPROMISE
    [one] = payload.stands
    assert (one.epoch.number, one.epoch.random.hex()) == (1, RANDOM)
    assert (one.last.seq, one.last.id.hex()) == (7, NOTICE)
    for number in (1, 2):
        signed = cli(*sign(number))
        assert _does(signed.out) == EFFECT
    assert cli(*SEAL, "--previous", "US.cbor").status == 0
    shown = cli("mandate", "show", "m.cbor", "--channel", "channel.cbor", "--previous", "US.cbor")
    assert shown.status == 0
    assert _does(made.out) == _does(shown.out) == EFFECT


EFFECT = f"""\
  reason                compromise
  stands                epoch 1, {RANDOM}:
                        up to number 7, [0001 0203 0405 0607 0809]; what lies
                        beyond is DISOWNED
  DISOWNED              all notices of EVERY OTHER EPOCH under earlier mandates
  emergency notices     these stand, no other: none
  confirms              epoch 2, {"ab" * 16}
"""


def _does(shown: str) -> str:
    """The section that says what a mandate does."""
    return shown.split("WHAT IT DOES\n")[1].split("\n\n", maxsplit=1)[0] + "\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ["nothing: all notices stand", "no epoch"]),
        (("--reason", "routine"), ["routine", "nothing: all notices stand"]),
        (("--reason", "fork"), ["fork", "all notices of EVERY EPOCH under earlier"]),
        (
            ("--reason", "fork", "--stands", f"1:{RANDOM}:0:{NOTICE}"),
            ["nothing; what lies beyond is DISOWNED"],
        ),
        (
            ("--reason", "loss", "--stands", f"1:{RANDOM}:7:{NOTICE}"),
            ["is abandoned", "stays in force until"],
        ),
    ],
)
def test_the_signing_authority_reads_what_it_ends(
    cli: Cli, folder: Path, words: tuple[str, ...], said: list[str]
) -> None:
    for shown in (cli(*NEXT, *words), cli("mandate", "show", "m.draft"), cli(*sign(1))):
        does = " ".join(_does(shown.out).split())
        assert [part for part in said if part not in does] == []


@pytest.mark.parametrize(
    "word",
    [
        "",
        f"1:{RANDOM}:7",
        f"1:{RANDOM}:7:{NOTICE}:8",
        f"0:{RANDOM}:7:{NOTICE}",
        f"1:{RANDOM[2:]}:7:{NOTICE}",
        f"1:{RANDOM}:-7:{NOTICE}",
        f"1:{RANDOM}:x:{NOTICE}",
        f"1:{RANDOM}:7:{NOTICE[2:]}",
        f"1:{RANDOM}:7:{'0g' * 32}",
    ],
)
def test_what_is_no_standing_notice_is_one_line(cli: Cli, folder: Path, word: str) -> None:
    line = say(cli(*NEXT, "--reason", "fork", f"--stands={word}"))
    assert f"{word!r}: expected NUMBER:HEX:SEQ:ID with 32 and 64 hexadecimal digits" in line
    assert not Path("m.draft").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((*MAKE, "--reason", "fork"), "--reason fork: the first mandate is initial; give --previous"),
        ((*NEXT, "--stands", f"1:{RANDOM}:7:{NOTICE}"), "--stands: give --reason compromise, fork or loss"),
        (
            (*NEXT, "--reason", "routine", "--stands", f"1:{RANDOM}:7:{NOTICE}"),
            "--stands: give --reason compromise, fork or loss",
        ),
        ((*NEXT, "--reason", "loss"), "--reason loss: give --stands for each epoch"),
        (
            (*NEXT, "--reason", "fork", *("--stands", f"1:{RANDOM}:7:{NOTICE}") * 2),
            f"--stands 1:{RANDOM}: given twice",
        ),
        ((*NEXT, *("--confirm", f"1:{RANDOM}") * 2), f"--confirm 1:{RANDOM}: given twice"),
    ],
)
def test_what_contradicts_itself_is_one_line_and_no_file(
    cli: Cli, folder: Path, words: tuple[str, ...], line: str
) -> None:
    assert say(cli(*words, *(() if "--out" in words else ("--out", "m.draft")))).startswith(line)
    assert not Path("m.draft").exists()


def test_an_unknown_reason_is_refused(cli: Cli, folder: Path) -> None:
    assert "invalid choice: 'initial'" in cli(*NEXT, "--reason", "initial").err


def test_a_compromise_names_the_emergency_notices_that_stand(cli: Cli, folder: Path) -> None:
    name = "ab" * 32
    ran = cli(
        *MAKE, "--previous", "US.cbor", "--reason", "compromise", "--emergency", name, "--out", "m.draft"
    )
    assert (ran.status, ran.err) == (0, "")
    payload = load_payload(Draft.load(Path("m.draft").read_bytes()).payload)
    assert payload.emergencies == (bytes.fromhex(name),)
    assert "these stand, no other: [abab abab abab abab abab]" in " ".join(ran.out.split())
    line = say(cli(*MAKE, "--previous", "US.cbor", "--emergency", name, "--out", "n.draft"))
    assert line == "--emergency: give --reason compromise; else all emergency notices stand"
    wrong = cli(*MAKE, "--previous", "US.cbor", "--emergency", "abc", "--out", "n.draft")
    assert "expected 64 hexadecimal digits" in wrong.err
