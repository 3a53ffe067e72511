"""Values as text: exact, escaped, wrapped without loss."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.pact.agreement import Rule
from launchnotice.registry import Algorithm, Check, Evidence
from launchnotice.render.fields import (
    MAX_SHOWN,
    WIDTH,
    Node,
    Style,
    check_code,
    diagnostic,
    duration,
    escape,
    groups,
    hexadecimal,
    instant,
    kind_name,
    layout,
    quote,
    wrap,
)
from launchnotice.render.records import rule_line, tree
from launchnotice.wire import cbor
from launchnotice.wire.codecs import Bool, Bytes, Int, Text
from launchnotice.wire.cose import Manifest, Signatory
from launchnotice.wire.record import Record, field


class _Degrees:
    """A field type that the renderer has never seen."""

    cddl = "int"
    raw_type = int

    def load(self, raw: Any) -> Any:
        return raw

    check = dump = from_json = load

    def to_json(self, value: int) -> str:
        return f"{value}\x07 degrees"


class Novel(Record, open=True):
    """A body of a later version."""

    heading: int = field(1, _Degrees(), "a direction")
    short: bytes = field(2, Bytes(0, 100), "bytes", default=b"\x01")
    flag: bool = field(3, Bool(), "flag", default=False)
    reply_within: int = field(4, Int(0, 10**9), "seconds", default=90)
    note: str | None = field(5, Text(9), "note", default=None)
    digest: bytes = field(6, Bytes(32), "digest", default=bytes(32))


def test_new_record_is_shown_without_a_change_here() -> None:
    novel = Novel.load({1: 7, 99: [1, b"\x1b", "\x1b[31m"]})
    assert layout(tree(novel, Style.SPOKEN)) == [
        '  heading               "7\\u0007 degrees"',
        "  short                 01",
        "  flag                  no",
        "  reply within          1 min 30 s",
        "  digest                0000 0000 0000 0000 0000 0000 0000 0000",
        "                        0000 0000 0000 0000 0000 0000 0000 0000",
        "  unknown field 99      [1, h'1b', \"\\u001b[31m\"]",
        "  not given             note",
    ]
    assert layout(tree(novel, Style.RAW))[:3] == [
        '   1 heading            "7\\u0007 degrees"',
        "   2 short              01 (default)",
        "   3 flag               no (default)",
    ]
    assert layout(tree(novel, Style.RAW, ("short",)))[1] == "   3 flag               no (default)"


@given(st.text())
def test_escaped_text_is_printable_and_can_be_told_apart(raw: str) -> None:
    assert escape(raw).isprintable()
    assert quote(raw).isprintable()
    if raw.isprintable() and "\\" not in raw:
        assert escape(raw) == raw


@given(st.text(), st.text())
def test_two_texts_never_look_alike_once_escaped(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)
    assert (quote(one) == quote(other)) == (one == other)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("US", "US"),
        ("officer-1", "officer-1"),
        ("", '""'),
        ("not given", '"not given"'),
        ('a"b', '"a\\"b"'),
        ("\x1b[31m", '"\\x1b[31m"'),
        ("\u202eabc", '"\\u{202e}abc"'),
        ("\\x1b", '"\\\\x1b"'),
        ("a\nb", '"a\\x0ab"'),
    ],
)
def test_text_of_others_is_quoted(raw: str, shown: str) -> None:
    assert quote(raw) == shown


def columns(line: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in line)
    return len(line) + wide - sum(unicodedata.category(char) in ("Mn", "Me") for char in line)


@given(st.text(), st.integers(2, 60))
def test_wrapping_loses_nothing_and_fits(raw: str, width: int) -> None:
    lines = wrap(raw, width)
    assert "".join(lines) == raw
    assert all(columns(line) <= width for line in lines)


def test_a_label_that_fills_the_line_still_leaves_room_for_its_value() -> None:
    lines = layout([Node("x" * 100, "some words that are rather long")])
    assert "".join(line.strip(" x") for line in lines).replace(" ", "") == "somewordsthatareratherlong"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (900, "15 min"), (90_061, "1 d 1 h 1 min 1 s")]
)
def test_durations_are_exact(seconds: int, shown: str) -> None:
    assert duration(seconds) == shown


def test_ids_are_read_in_groups() -> None:
    digest = bytes(range(32))
    assert groups(digest).replace("\n", " ").replace(" ", "") == digest.hex()
    assert [len(group) for group in groups(digest).split()] == [4] * 16
    assert check_code(digest) == "0001 0203 0405 0607 0809"
    assert instant(1_800_000_000) == "2027-01-15 08:00:00 UTC"


def test_kinds_have_names() -> None:
    assert [kind_name(kind) for kind in (0, 1, 63, 200)] == [
        "mandate",
        "launch notification",
        "unknown kind 63",
        "kind 200",
    ]


def test_long_bytes_are_shown_by_their_digest() -> None:
    data = bytes(65)
    assert hexadecimal(b"") == "(no bytes)"
    assert hexadecimal(bytes(64)) == "00" * 64
    assert hashlib.sha256(data).hexdigest() in hexadecimal(data)
    assert "65 bytes" in hexadecimal(data)


def test_values_of_unknown_meaning_are_shown_in_diagnostic_notation() -> None:
    value = {1: [None, True, False, -5], 2: {-1: "é\u0007"}, 3: b"\xff"}
    assert diagnostic(cbor.encode(value)) == ("{1: [null, true, false, -5], 2: {-1: \"é\\u0007\"}, 3: h'ff'}")
    long = cbor.encode([0] * 5_000)
    assert len(diagnostic(long)) < MAX_SHOWN + 120
    assert hashlib.sha256(long).hexdigest() in diagnostic(long)


def test_rule_of_an_unknown_kind_or_value_keeps_its_numbers() -> None:
    rule = Rule(
        check=Check.SCOPE,
        kind=63,
        article="Article\u00a0I",
        evidence=Evidence.VERIFIED,
        subject="x",
        values=(250,),
    )
    assert rule_line(rule) == "unknown kind 63: covers x: 250 (Article\\xa0I)"
    assert ["7", "values", "250"] in [line.split() for line in layout(tree(rule, Style.RAW))]


@pytest.mark.parametrize("style", Style)
def test_manifest_is_shown_by_algorithm_and_thumbprint(style: Style) -> None:
    class Signed(Record):
        manifest: tuple[Signatory, ...] = field(1, Manifest(), "who signs")

    line = Signatory(Algorithm.ED25519, bytes(range(32)))
    shown = "\n".join(layout(tree(Signed(manifest=(line,)), style)))
    assert "ed25519" in shown
    assert line.kid.hex() in "".join(shown.split())


def test_lines_fit_an_ordinary_terminal() -> None:
    lines = layout([Node("remark", '"' + "word " * 100 + '"'), Node("id", "0" * 64)])
    assert all(len(line) <= WIDTH for line in lines[:-1])
    assert lines[-1].endswith("0" * 64)
