"""`mandate review`, `diff` and `fingerprint`: what a desk sees before it signs, and what people compare."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from launchnotice import Channel, Draft
from launchnotice.ceremony import verify_mandates
from launchnotice.cli import common
from tests.cli.conftest import Cli, say
from tests.support import Centre, make_centre

TIMES = ("--issued", "2027-01-01T00:00:00Z", "--expires", "2027-12-31T00:00:00Z")
SIGNERS = ("--signer", "authority-1", "authority-2")
PREVIOUS = ("--channel", "channel.cbor", "--previous", "US.cbor")
SAME = [f"US-{label}.json" for label in ("authority-1", "authority-2", "officer-2", "officer-3", "system")]


@pytest.fixture
def second(cli: Cli, folder: Path) -> Path:
    """A draft of version 2: officer-1 goes, officer-4 comes, the system has a new key."""
    fresh = make_centre("US", salt="fresh")
    for identity in Centre("US", fresh.keys).identities():
        if identity.label in ("officer-1", "system"):
            name = "officer-4" if identity.label == "officer-1" else "system-new"
            label = "officer-4" if identity.label == "officer-1" else "system"
            renamed = type(identity)(label=label, role=identity.role, keys=identity.keys)
            (folder / f"US-{name}.json").write_bytes(common.dump_identity(renamed))
    files = [*SAME[:-1], "US-officer-4.json", "US-system-new.json"]
    ran = cli(
        *("mandate", "draft", "--party", "US", *PREVIOUS, *SIGNERS, *TIMES, "--out", "2.draft"),
        *("--identity", *files),
    )
    assert (ran.status, ran.err) == (0, "")
    return folder / "2.draft"


def test_review_shows_what_changes_and_that_it_may_be_signed(cli: Cli, second: Path) -> None:
    ran = cli("mandate", "review", "2.draft", *PREVIOUS)
    assert (ran.status, ran.err) == (0, "")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "FOR SIGNATURE: mandate of US"
    start = lines.index("WHAT CHANGES") + 1
    digits = re.compile("(ed25519 )?([0-9a-f]{4} ?){8}")
    assert [line for line in lines[start : lines.index("", start)] if not digits.fullmatch(line)] == [
        "from, to version 1, version 2",
        "ADDED officer-4, officer",
        "REMOVED officer-1, officer",
        "NEW KEYS system, system",
        "expires 2027-11-11 08:00:00 UTC, then 2027-12-31 00:00:00 UTC",
    ]
    assert lines[-1] == "signatures are missing, of authority-1, authority-2"


def test_review_says_who_has_signed_and_finds_a_spoilt_signature(cli: Cli, second: Path) -> None:
    for number in (1, 2):
        ran = cli("mandate", "sign", "2.draft", *PREVIOUS, "--key", f"US-authority-{number}.pem")
        assert ran.status == 0
        assert "NOT COMPARED" not in ran.out
        assert "WHAT CHANGES" in ran.out
    assert cli("mandate", "review", "2.draft", *PREVIOUS).out.splitlines()[-1].startswith("all have signed")
    draft = Draft.load(second.read_bytes())
    kid, signature = next(iter(draft.signatures.items()))
    spoilt = {**draft.signatures, kid: signature[:-1] + bytes([signature[-1] ^ 1])}
    second.write_bytes(Draft(draft.header, draft.payload, spoilt).data)
    ran = cli("mandate", "review", "2.draft", *PREVIOUS)
    assert ran.status == 1
    assert ran.out.splitlines()[-1].startswith("DO NOT SIGN: bad-signature")


def test_review_asks_for_the_mandates_before_it(cli: Cli, second: Path) -> None:
    ran = cli("mandate", "review", "2.draft", "--channel", "channel.cbor")
    assert ran.status == 2
    assert "2.draft: version 2; give --previous for each mandate before it, versions 1 to 1" in ran.err


def test_signing_without_the_mandate_before_it_says_that_nothing_was_compared(cli: Cli, second: Path) -> None:
    ran = cli("mandate", "sign", "2.draft", "--channel", "channel.cbor", "--key", "US-authority-1.pem")
    assert ran.status == 0
    assert "NOT COMPARED with the mandate before it" in ran.out


def test_a_draft_that_a_peer_would_refuse_is_not_signed(cli: Cli, second: Path) -> None:
    """RU's mandate stands in for that of US: the draft does not follow it."""
    ran = cli(
        *("mandate", "sign", "2.draft", "--channel", "channel.cbor", "--previous", "RU.cbor"),
        *("--key", "US-authority-1.pem"),
    )
    assert ran.status == 2
    assert "bad-mandate-chain" in ran.err
    assert Draft.load(second.read_bytes()).signatures == {}


def test_diff_compares_a_mandate_with_a_draft_and_with_itself(cli: Cli, second: Path) -> None:
    ran = cli("mandate", "diff", "US.cbor", "2.draft")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("NOT VERIFIED: what two files say;")
    for words in ("ADDED", "REMOVED", "NEW KEYS", "WHAT IT DOES"):
        assert words in ran.out
    same = cli("mandate", "diff", "US.cbor", "US.cbor")
    assert "all as before" in same.out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("diff", "US.cbor", "RU.cbor"), "RU.cbor: expected a mandate of US in the same channel"),
        (("diff", "US.cbor", "channel.cbor"), "channel.cbor: expected a mandate or its draft"),
        (
            ("fingerprint", "channel.cbor"),
            "channel.cbor: expected an identity or a mandate, got a channel descriptor",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    cli: Cli, folder: Path, words: tuple[str, ...], line: str
) -> None:
    assert say(cli("mandate", *words)) == line


def test_a_fingerprint_is_read_in_groups_of_four(cli: Cli, second: Path) -> None:
    ran = cli("mandate", "fingerprint", "US-authority-1.json", "US.cbor", "2.draft")
    assert (ran.status, ran.err) == (0, "")
    digits = "".join(
        word for word in ran.out.split() if len(word) == 4 and set(word) <= set("0123456789abcdef")
    )
    key = make_centre("US").keys["authority-1"][0].key
    channel = Channel.load(Path("channel.cbor").read_bytes())
    mandate = verify_mandates(channel, [Path("US.cbor").read_bytes()])
    draft = Draft.load(second.read_bytes())
    assert digits == (key.kid + mandate.id + draft.id).hex()
    assert "mandate draft of US, version 2" in ran.out
