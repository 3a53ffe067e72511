"""The specification's files are what `generate` makes, and `check` finds nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from launchnotice import Channel, Draft
from launchnotice.pact.mandate import UnverifiedMandate
from launchnotice.registry import Algorithm
from launchnotice.wire.keys import PublicKey
from tests.spec import check
from tests.spec.generate import EXAMPLES, generated
from tests.spec.texts import CDDL, TEXT

ONE, TWO = [f"**R-{area}-1**" for area in ("ONE", "TWO")]


@pytest.mark.parametrize("path", [CDDL, TEXT, EXAMPLES], ids=lambda path: path.name)
def test_file_is_what_generate_makes(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated()[path]


def test_check_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "A receiver MUST refuse it.",
        f"See {ONE} above. It MUST be so.",
        f"- {ONE} It MUST be so. It MUST also shine.",
        f"- {ONE} It MUST be so, and {TWO} so.",
        f"- {ONE} It is so.",
        "| cell | it MUST NOT |\n|---|---|",
    ],
)
def test_check_finds_what_is_wrong(text: str) -> None:
    assert check.unnamed(text)


def test_check_takes_a_requirement_a_sentence() -> None:
    assert not check.unnamed(f"- {ONE} It MUST be so. It shines.\n- {TWO} *Sender:* it MUST.")


def test_examples_hold_together() -> None:
    """A reader with hashlib and an Ed25519 verifier alone can follow every value."""
    file = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    keys = {row["kid"]: PublicKey(Algorithm.ED25519, bytes.fromhex(row["public"])) for row in file["keys"]}
    for kid, key in keys.items():
        assert key.kid.hex() == kid
    assert _sha256(file["genesis"]["input"]) == file["genesis"]["genesis"]
    for row in file["objects"]:
        if "payload" not in row:
            assert _sha256(row["bytes"]) == row["sha256"]
            continue
        assert _sha256(row["id_input"]) == row["message_id"]
        assert _sha256(row["bytes"]) == row["envelope_digest"]
        for signature in row["signatures"]:
            assert signature["to_be_signed"] == _to_be_signed(row, signature)
            kid = signature["sign_protected"][-64:]
            keys[kid].verify(bytes.fromhex(signature["signature"]), bytes.fromhex(signature["to_be_signed"]))


def test_examples_are_accepted() -> None:
    file = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    data = {row["name"]: bytes.fromhex(row["bytes"]) for row in file["objects"]}
    channel = Channel.load(data["descriptor"])
    first = UnverifiedMandate.parse(data["mandate version 1"]).verify(channel, None)
    UnverifiedMandate.parse(data["mandate version 2"]).verify(channel, first)
    review = Draft.load(data["draft of a notice"]).review(channel, first)
    assert review.missing() == []


def _to_be_signed(row: dict[str, str], signature: dict[str, str]) -> str:
    """Sig_structure, put together by hand: array of five, "Signature", and four byte strings."""
    parts = [bytes.fromhex(row["body_protected"]), bytes.fromhex(signature["sign_protected"])]
    strings = [*parts, b"LNP/1", bytes.fromhex(row["payload"])]
    return (b"\x85\x69Signature" + b"".join(_head(len(s)) + s for s in strings)).hex()


def _head(length: int) -> bytes:
    if length < 24:
        return bytes([0x40 + length])
    return bytes([0x58, length]) if length < 256 else b"\x59" + length.to_bytes(2, "big")


def _sha256(text: str) -> str:
    return hashlib.sha256(bytes.fromhex(text)).hexdigest()
