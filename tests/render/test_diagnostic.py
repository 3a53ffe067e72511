"""Diagnostic notation: every byte of every object, names beside them, nothing that ends a comment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Refused
from launchnotice.registry import Suite
from launchnotice.render.diagnostic import diagnose, line, notation
from launchnotice.wire import cbor
from launchnotice.wire.message import BODIES
from launchnotice.wire.notices import LaunchReport
from tests.render.notation import comments, read
from tests.render.objects import FORGER, MESSAGES, any_message, values
from tests.spec.objects import exchange
from tests.support import launch

SAMPLES = {f"{suite.name.lower()} {s.name}": s.data for suite in Suite for s in exchange(suite).samples}


@pytest.mark.parametrize("name", SAMPLES)
def test_notation_of_every_object_reads_back_to_its_bytes(name: str) -> None:
    text = diagnose(SAMPLES[name])
    assert read(text) == SAMPLES[name]
    assert all(row.isprintable() for row in text.split("\n"))


@MESSAGES
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_notation_of_any_message_reads_back_to_its_bytes(kind: int, data: st.DataObject) -> None:
    message = data.draw(any_message(kind))
    text = diagnose(message)
    assert read(text) == message
    assert all(row.isprintable() for row in text.split("\n"))


@given(values)
def test_any_value_reads_back_in_both_layouts(value: Any) -> None:
    assert read(notation(value)) == read(line(value)) == cbor.encode(value)
    assert "\n" not in line(value)


def test_fields_of_envelope_payload_and_body_are_named() -> None:
    text = diagnose(SAMPLES["hybrid launch report"])
    found = set(map(str.strip, comments(text)))
    names = {row.name for row in LaunchReport.FIELDS if row.key <= 4 or 7 <= row.key <= 10}
    assert found >= names | {"protected", "unprotected", "payload", "signatures", "signature"}
    assert found >= {"typ", "alg", "kid", "channel", "epoch", "seq", "latitude", "radius"}
    assert "/ value / 4: << {\n" in text
    assert "/ azimuth / 1: 6750" in text


@pytest.mark.parametrize(
    ("suite", "names"),
    [("classic", {"crv", "x"}), ("hybrid", {"crv", "x", "pub"}), ("hybrid_high", {"crv", "x", "y", "pub"})],
)
def test_keys_of_a_mandate_are_named(suite: str, names: set[str]) -> None:
    found = set(map(str.strip, comments(diagnose(SAMPLES[f"{suite} mandate version 1"]))))
    assert {"kty", "alg", *names} <= found
    assert not ({"crv", "x", "y", "pub"} - names) & found


def test_drafts_stand_open_too() -> None:
    for name in ("draft of a notice", "draft of a mandate"):
        text = diagnose(SAMPLES[f"classic {name}"])
        assert "/ header / 2: << {\n" in text
        assert "/ payload / 3: << {\n" in text


def test_hostile_text_ends_no_comment_and_no_string() -> None:
    text = '/ "quoted" */ \\ \x1b[2J \u202e \U0001f680'
    message = FORGER.notice(body={**launch().dump(), 98: text, 120: text}).data
    shown = diagnose(message)
    assert read(shown) == message
    assert all(name.strip().isidentifier() for name in comments(shown))
    assert "\\u001b[2J \\u202e \U0001f680" in shown
    assert line("\U000e0001") == '"\\udb40\\udc01"'


def test_body_that_nobody_can_read_keeps_its_shape() -> None:
    bodies: list[dict[int, Any]] = [
        {7: [[]], 10: []},
        {7: {1: 1}, 5: [1], 6: [{}, 2]},
        {10: [{2: [], 4: b"\xff"}]},
    ]
    for body in bodies:
        message = FORGER.notice(body=dict(sorted(body.items()))).data
        assert read(diagnose(message)) == message
    report = FORGER.notice(body={10: [{2: [], 4: b"\xff"}]}, k5=5).data
    assert "/ value / 4: h'ff'" in diagnose(report)
    assert read(diagnose(report)) == report


@pytest.mark.parametrize("data", [b"", b"\xa0", b'{"label": "a"}', b"\xd8\x62\x80"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        diagnose(data)


def test_every_kind_is_among_the_samples() -> None:
    assert len(SAMPLES) >= 2 * len(BODIES)
