"""`channel`: a descriptor from options; the same options, the same bytes."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from launchnotice import Channel
from launchnotice.cli import common
from launchnotice.registry import Owed, Suite
from tests.cli.conftest import Cli, say
from tests.support import make_centre

PARTIES = (
    "--party",
    "US:2:US-authority-1.json,US-authority-2.json",
    "--party",
    "RU:1:RU-authority-2.json,RU-authority-1.json",
)
MAKE = ("channel", "make", "--name", "hot line", "--agreement", "us-ussr-1988", "--suite", "classic")
ALL = (*MAKE, *PARTIES, "--out", "new.cbor")


def made(name: str = "new.cbor") -> Channel:
    return Channel.load(Path(name).read_bytes())


def dense(text: str) -> str:
    return "".join(text.split())


def test_descriptor_has_what_was_asked_for(cli: Cli, folder: Path) -> None:
    more = ("--officers", "3", "--receipt-within", "60", "--acknowledge-within", "120")
    ran = cli(
        *MAKE,
        *successors(folder),
        *more,
        "--owes",
        "RU:receipt",
        "--predecessor",
        "channel.cbor",
        "--out",
        "new.cbor",
    )
    assert (ran.status, ran.err) == (0, "")
    channel = made()
    descriptor = channel.descriptor
    assert channel.id.hex() in dense(ran.out)
    assert (descriptor.name, descriptor.suite, descriptor.exercise) == ("hot line", Suite.CLASSIC, False)
    assert (descriptor.officers, descriptor.receipt_within, descriptor.acknowledge_within) == (3, 60, 120)
    assert [(one.code, one.threshold, one.owes) for one in descriptor.parties] == [
        ("RU", 2, Owed.RECEIPT),
        ("US", 1, Owed.ACKNOWLEDGEMENT),
    ]
    assert descriptor.predecessor == made("channel.cbor").id


def test_same_options_in_another_order_give_the_same_channel(cli: Cli, folder: Path) -> None:
    cli(*ALL)
    cli(*MAKE, *PARTIES[2:], *PARTIES[:2], "--out", "other.cbor")
    assert Path("new.cbor").read_bytes() == Path("other.cbor").read_bytes()


def test_help_shows_the_defaults(cli: Cli) -> None:
    shown = " ".join(cli("channel", "make", "--help").out.split())
    for value in ("hybrid", "2", "900", "7200", "acknowledgement"):
        assert f"(default {value})" in shown


def test_agreement_may_be_a_file(cli: Cli, folder: Path) -> None:
    text = resources.files("launchnotice") / "data" / "agreements" / "us-ussr-1988.toml"
    Path("own.toml").write_bytes(text.read_bytes())
    ran = cli(*ALL[:4], "--agreement", "own.toml", "--suite", "classic", *PARTIES, "--out", "new.cbor")
    assert ran.status == 0
    assert made().descriptor.agreement == made("channel.cbor").descriptor.agreement


def test_show_and_fingerprint(cli: Cli, folder: Path) -> None:
    channel = made("channel.cbor")
    shown = cli("channel", "show", "channel.cbor")
    assert shown.status == 0
    assert shown.out.startswith('CHANNEL "test channel"\n')
    data = json.loads(cli("channel", "show", "channel.cbor", "--json").out)
    assert data == {"id": channel.id.hex(), "descriptor": channel.descriptor.to_json()}
    ran = cli("channel", "fingerprint", "channel.cbor")
    assert dense(ran.out) == channel.id.hex()
    assert [len(group) for group in ran.out.split()] == [4] * 16


def test_nothing_is_overwritten_unasked(cli: Cli, folder: Path) -> None:
    before = Path("channel.cbor").read_bytes()
    taken = (*ALL[:-1], "channel.cbor")
    assert say(cli(*taken)) == "channel.cbor: exists; --force replaces it"
    assert Path("channel.cbor").read_bytes() == before
    assert cli(*taken, "--force").status == 0
    assert Path("channel.cbor").read_bytes() != before


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--party", "FR"), "--party FR: expected CODE:THRESHOLD:FILE,FILE"),
        (("--party", "FR:two:a.json"), "--party FR:two:a.json: expected CODE:THRESHOLD:FILE,FILE"),
        (("--party", "FR:99999:a.json"), "--party FR:99999:a.json: expected CODE:THRESHOLD:FILE,FILE"),
        (("--party", "FR:1:"), "--party FR:1:: expected CODE:THRESHOLD:FILE,FILE"),
        (("--party", "FR:1:nowhere.json"), "nowhere.json: No such file or directory"),
        (("--party", "FR:1:US-officer-1.json"), "US-officer-1.json: expected an authority, got role officer"),
        (("--party", "FR:1:US.cbor"), "US.cbor: no public identity file: bad-text"),
        (("--party", "FR:1:channel.cbor,"), "channel.cbor: no public identity file: bad-text"),
        (
            ("--party", "FR:3:FR.json"),
            "bad-value: Descriptor: unsatisfiable: 1 authority identities, thresh",
        ),
        (("--party", "FR:0:FR.json"), "bad-value: Party.threshold: out-of-range"),
        (("--party", "US:1:FR.json"), "bad-value: Descriptor: unsorted: party codes ascend"),
        (("--party", "FR:1:US-authority-1.json"), "bad-value: Descriptor: duplicate-entry"),
        (("--suite", "hybrid-high"), "US-authority-1.json: its keys are not those of the suite hybrid high"),
        (("--suite", "hybrid"), "US-authority-1.json: its keys are not those of the suite hybrid"),
        (("--owes", "RU:everything"), "--owes RU:everything: expected CODE:WHAT"),
        (("--owes", "FR:receipt"), "--owes FR: no --party has that code"),
        (("--agreement", "nonsense"), "bad-value: no agreement named 'nonsense'"),
        (("--agreement", "nowhere.toml"), "nowhere.toml: No such file or directory"),
        (("--agreement", "bad.toml"), "bad.toml: agreement: "),
        (("--agreement", "latin.toml"), "latin.toml: expected UTF-8"),
        (("--name", ""), "bad-value: Descriptor.name: bad-length"),
        (("--officers", "0"), "bad-value: Descriptor.officers: out-of-range"),
        (("--predecessor", "US.cbor"), "US.cbor: no channel descriptor: "),
        (("--out", "nowhere/new.cbor"), "nowhere/new.cbor: No such file or directory"),
    ],
)
def test_what_cannot_be_a_channel_is_one_line_and_no_file(
    cli: Cli, folder: Path, fast_keys: None, more: tuple[str, ...], line: str
) -> None:
    cli("keygen", "--label", "a", "--role", "authority", "--suite", "classic", "--out", "FR.pem")
    Path("bad.toml").write_text("id = 1")
    Path("latin.toml").write_bytes(b"id = '\xff'")
    assert say(cli(*ALL, *more)).startswith(line)
    assert not Path("new.cbor").exists()


@pytest.mark.parametrize("action", ["show", "fingerprint"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", "No such file or directory"),
        (".", "Is a directory"),
        ("empty", "empty"),
        ("US.cbor", "no channel descriptor"),
    ],
)
def test_files_that_are_no_channel(cli: Cli, folder: Path, action: str, name: str, reason: str) -> None:
    Path("empty").touch()
    assert say(cli("channel", action, name)).startswith(f"{name}: {reason}")


# Exercises -------------------------------------------------------------------------------


def drill(folder: Path, salt: str = "") -> tuple[str, ...]:
    """The options of an exercise channel, whose keys are made for exercises."""
    for code in ("US", "RU"):
        for identity in make_centre(code, salt=salt).identities():
            if "authority" in identity.label:
                path = folder / f"drill-{code}-{identity.label}.json"
                path.write_bytes(common.dump_identity(identity, exercise=True))
    return tuple(word.replace("US-a", "drill-US-a").replace("RU-a", "drill-RU-a") for word in PARTIES)


def test_keys_of_exercises_make_exercise_channels_and_no_others(cli: Cli, folder: Path) -> None:
    parties = drill(folder)
    assert cli(*MAKE, *parties, "--exercise", "--out", "drill.cbor").status == 0
    assert made("drill.cbor").descriptor.exercise
    wrong = "drill-US-authority-1.json: keys for exercises, and the channel is real"
    assert say(cli(*MAKE, *parties, "--out", "real.cbor")) == wrong
    wrong = "US-authority-1.json: keys of no exercise, and the channel is one"
    assert say(cli(*MAKE, *PARTIES, "--exercise", "--out", "real.cbor")) == wrong
    assert not Path("real.cbor").exists()


def test_an_exercise_succeeds_no_real_channel_and_no_key_is_used_again(cli: Cli, folder: Path) -> None:
    more = ("--predecessor", "channel.cbor", "--out", "next.cbor")
    assert "exercise" in say(cli(*MAKE, *drill(folder, "next"), "--exercise", *more))
    assert "keys of its own" in say(cli(*MAKE, *PARTIES, *more))
    assert not Path("next.cbor").exists()


# Succession ------------------------------------------------------------------------------


def successors(folder: Path) -> tuple[str, ...]:
    """Public identity files of new authorities, as options."""
    for code in ("US", "RU"):
        for identity in make_centre(code, salt="next").identities():
            if "authority" in identity.label:
                (folder / f"new-{code}-{identity.label}.json").write_bytes(common.dump_identity(identity))
    return (
        "--party",
        "US:1:new-US-authority-1.json,new-US-authority-2.json",
        "--party",
        "RU:2:new-RU-authority-1.json,new-RU-authority-2.json",
    )


def test_a_successor_keeps_what_is_not_said_anew(cli: Cli, folder: Path) -> None:
    cli(*ALL, "--officers", "3", "--receipt-within", "60", "--owes", "RU:receipt")
    old = made()
    ran = cli(
        "channel", "succeed", "new.cbor", *successors(folder), "--receipt-within", "90", "--out", "next.cbor"
    )
    assert (ran.status, ran.err) == (0, "")
    found = made("next.cbor").descriptor
    assert dense(ran.out).find(made("next.cbor").id.hex()) > 0
    assert "continued in" in ran.out
    assert (found.name, found.officers, found.receipt_within) == ("hot line", 3, 90)
    assert (found.agreement, found.suite, found.exercise) == (
        old.descriptor.agreement,
        old.descriptor.suite,
        old.descriptor.exercise,
    )
    assert found.predecessor == old.id
    assert [(party.code, party.owes, party.threshold) for party in found.parties] == [
        ("RU", Owed.RECEIPT, 2),
        ("US", Owed.ACKNOWLEDGEMENT, 1),
    ]
    assert {kid for party in found.parties for kid in party.authority}.isdisjoint(
        kid for party in old.descriptor.parties for kid in party.authority
    )


def test_a_successor_may_have_another_agreement(cli: Cli, folder: Path) -> None:
    more = ("--name", "second line", "--agreement", "hague-2002", "--owes", "RU:nothing")
    ran = cli("channel", "succeed", "channel.cbor", *successors(folder), *more, "--out", "next.cbor")
    assert (ran.status, ran.err) == (0, "")
    found = made("next.cbor").descriptor
    assert (found.name, found.agreement.id) == ("second line", "hague-2002")
    assert found.agreement != made("channel.cbor").descriptor.agreement


def test_a_successor_has_no_key_of_its_predecessor(cli: Cli, folder: Path) -> None:
    new = successors(folder)
    parties = (new[0], "US:1:new-US-authority-1.json,US-authority-2.json", *new[2:])
    assert "a channel has keys of its own" in say(
        cli("channel", "succeed", "channel.cbor", *parties, "--out", "next.cbor")
    )
    assert not Path("next.cbor").exists()


def test_a_successor_replaces_no_file_unasked(cli: Cli, folder: Path) -> None:
    Path("next.cbor").write_bytes(b"kept")
    line = say(cli("channel", "succeed", "channel.cbor", *successors(folder), "--out", "next.cbor"))
    assert line == "next.cbor: exists; --force replaces it"
    assert Path("next.cbor").read_bytes() == b"kept"
