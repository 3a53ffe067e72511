"""Field codecs: every view gives the value back, every bound holds, no error shows a value."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.errors import Refused
from launchnotice.registry import Category, Kind, MandateReason, NoticeBasis, Purpose, Refusal, Role
from launchnotice.wire import cbor, times
from launchnotice.wire.bounds import MAX_MESSAGE
from launchnotice.wire.codecs import Array, Bool, Bytes, Codec, Date, Enumeration, Instant, Int, Text, kebab
from launchnotice.wire.record import Nested, Record, field

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CONTROLS = "".join(map(chr, [*range(32), *range(127, 160)])) + "\u2028\u2029"


def texts(limit: int) -> st.SearchStrategy[str]:
    """Acceptable text, cut at a character border to the limit in bytes."""
    allowed = st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=BIDI
    )
    normal = st.text(allowed, min_size=1, max_size=limit).map(lambda text: unicodedata.normalize("NFC", text))
    return normal.map(lambda text: text.encode()[:limit].decode(errors="ignore")).filter(
        lambda text: text and unicodedata.is_normalized("NFC", text)
    )


class Point(Record):
    """A record as the type of a field."""

    x: int = field(1, Int(-90, 90), "a number")
    name: str | None = field(2, Text(8), "a name", default=None)


POINTS = st.builds(Point, x=st.integers(-90, 90), name=st.none() | texts(8))


class Case(NamedTuple):
    codec: Codec
    values: st.SearchStrategy[Any]


CASES = {
    "int": Case(Int(-5, 10), st.integers(-5, 10)),
    "unsigned 64": Case(Int(0, 2**64 - 1), st.integers(0, 2**64 - 1)),
    "negative 64": Case(Int(-(2**64), -1), st.integers(-(2**64), -1)),
    "instant": Case(Instant(), st.integers(0, times.MAX_INSTANT)),
    "date": Case(Date(), st.integers(0, times.MAX_DATE)),
    "bool": Case(Bool(), st.booleans()),
    "text": Case(Text(16), texts(16)),
    "digest": Case(Bytes(32), st.binary(min_size=32, max_size=32)),
    "bytes": Case(Bytes(0, 8), st.binary(max_size=8)),
    "enumeration": Case(Enumeration(Category), st.sampled_from(list(Category))),
    "array": Case(Array(Int(0, 9), 1, 4), st.lists(st.integers(0, 9), min_size=1, max_size=4).map(tuple)),
    "array of records": Case(Array(Nested(Point), 0, 3), st.lists(POINTS, max_size=3).map(tuple)),
    "record": Case(Nested(Point), POINTS),
}
EVERY_CODEC = pytest.mark.parametrize("case", CASES.values(), ids=CASES)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
CBOR = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=33)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 9), inner, max_size=4).map(lambda value: dict(sorted(value.items())))
    ),
    max_leaves=8,
)


@EVERY_CODEC
@given(data=st.data())
def test_every_view_gives_the_value_back(case: Case, data: st.DataObject) -> None:
    codec, value = case.codec, data.draw(case.values)
    raw = codec.dump(value)
    views = [
        codec.check(value),
        codec.load(raw),
        codec.load(cbor.decode(cbor.encode(raw), MAX_MESSAGE)),
        codec.from_json(json.loads(json.dumps(codec.to_json(value)))),
    ]
    for view in views:
        assert view == value
        assert type(view) is type(value)


@EVERY_CODEC
@given(raw=CBOR)
def test_any_decoded_value_is_loaded_and_dumped_the_same_or_refused(case: Case, raw: object) -> None:
    try:
        value = case.codec.load(raw)
    except Refused:
        return
    assert repr(case.codec.dump(value)) == repr(raw)
    assert case.codec.check(value) == value


@EVERY_CODEC
@given(data=JSON)
def test_any_json_value_is_taken_and_shown_the_same_or_refused(case: Case, data: object) -> None:
    try:
        value = case.codec.from_json(data)
    except Refused:
        return
    assert repr(case.codec.to_json(value)) == repr(data)
    assert case.codec.check(value) == value


@EVERY_CODEC
@pytest.mark.parametrize(
    "value", [1.0, float("nan"), object(), {1}, (None,), bytearray(32), memoryview(b"1"), int]
)
def test_a_foreign_object_is_refused(case: Case, value: object) -> None:
    for view in (case.codec.check, case.codec.load, case.codec.from_json):
        with pytest.raises(Refused):
            view(value)


LETTERS = "abcdefghijklmnop"
NOT_LOADED = {
    "int below": (Int(-5, 10), -6, Refusal.OUT_OF_RANGE),
    "int above": (Int(-5, 10), 11, Refusal.OUT_OF_RANGE),
    "true for one": (Int(0, 1), True, Refusal.WRONG_TYPE),
    "enumeration member for an integer": (Int(0, 9), Role.OFFICER, Refusal.WRONG_TYPE),
    "text for an integer": (Int(0, 9), "1", Refusal.WRONG_TYPE),
    "instant before 1970": (Instant(), -1, Refusal.OUT_OF_RANGE),
    "instant in year 10000": (Instant(), times.MAX_INSTANT + 1, Refusal.OUT_OF_RANGE),
    "date before 1970": (Date(), -1, Refusal.OUT_OF_RANGE),
    "date in year 10000": (Date(), times.MAX_DATE + 1, Refusal.OUT_OF_RANGE),
    "one for true": (Bool(), 1, Refusal.WRONG_TYPE),
    "null for false": (Bool(), None, Refusal.WRONG_TYPE),
    "empty text": (Text(16), "", Refusal.BAD_LENGTH),
    "text one byte too long": (Text(16), LETTERS + "q", Refusal.BAD_LENGTH),
    "text one byte too long by one character": (Text(16), LETTERS[:-1] + "\u00e9", Refusal.BAD_LENGTH),
    "16 characters of 4 bytes": (Text(16), "\U0001f680" * 16, Refusal.BAD_LENGTH),
    "bytes for text": (Text(16), b"a", Refusal.WRONG_TYPE),
    "decomposed text": (Text(16), "e\u0301", Refusal.BAD_TEXT),
    "singleton that NFC replaces": (Text(16), "\u212b", Refusal.BAD_TEXT),
    "lone surrogate": (Text(16), "a\ud800", Refusal.BAD_TEXT),
    "surrogate pair as two": (Text(16), "\ud83d\ude80", Refusal.BAD_TEXT),
    "digest one byte short": (Bytes(4), b"123", Refusal.BAD_LENGTH),
    "digest one byte long": (Bytes(4), b"12345", Refusal.BAD_LENGTH),
    "bytes below": (Bytes(1, 3), b"", Refusal.BAD_LENGTH),
    "bytes above": (Bytes(1, 3), b"1234", Refusal.BAD_LENGTH),
    "text for bytes": (Bytes(4), "1234", Refusal.WRONG_TYPE),
    "bytearray for bytes": (Bytes(4), bytearray(4), Refusal.WRONG_TYPE),
    "number of no member": (Enumeration(Role), 4, Refusal.UNKNOWN_VALUE),
    "zero": (Enumeration(Role), 0, Refusal.UNKNOWN_VALUE),
    "true for member one": (Enumeration(Role), True, Refusal.WRONG_TYPE),
    "label on the wire": (Enumeration(Role), "officer", Refusal.WRONG_TYPE),
    "array below": (Array(Int(0, 9), 1, 2), [], Refusal.BAD_LENGTH),
    "array above": (Array(Int(0, 9), 1, 2), [1, 2, 3], Refusal.BAD_LENGTH),
    "map for an array": (Array(Int(0, 9), 0, 2), {}, Refusal.WRONG_TYPE),
    "text for an array": (Array(Text(1), 0, 2), "ab", Refusal.WRONG_TYPE),
    "bad item": (Array(Int(0, 9), 1, 2), [1, 10], Refusal.OUT_OF_RANGE),
    "array for a record": (Nested(Point), [], Refusal.WRONG_TYPE),
}


@pytest.mark.parametrize(("codec", "raw", "code"), NOT_LOADED.values(), ids=NOT_LOADED)
def test_not_loaded(codec: Codec, raw: object, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        codec.load(raw)
    assert caught.value.code is code


NOT_CHECKED = {
    "number for a member": (Enumeration(Role), 1, Refusal.WRONG_TYPE),
    "member of another enumeration": (Enumeration(Role), Kind.LAUNCH, Refusal.WRONG_TYPE),
    "mapping for a record": (Nested(Point), {"x": 1}, Refusal.WRONG_TYPE),
    "text for a sequence": (Array(Text(1), 0, 9), "ab", Refusal.WRONG_TYPE),
    "bytes for a sequence": (Array(Int(0, 255), 0, 9), b"ab", Refusal.WRONG_TYPE),
    "bytearray for a sequence": (Array(Int(0, 255), 0, 9), bytearray(b"ab"), Refusal.WRONG_TYPE),
    "set for a sequence": (Array(Int(0, 9), 0, 9), {1, 2}, Refusal.WRONG_TYPE),
    "iterator for a sequence": (Array(Int(0, 9), 0, 9), iter([1]), Refusal.WRONG_TYPE),
}


@pytest.mark.parametrize(("codec", "value", "code"), NOT_CHECKED.values(), ids=NOT_CHECKED)
def test_not_checked(codec: Codec, value: object, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        codec.check(value)
    assert caught.value.code is code


NOT_READ = {
    "upper-case hexadecimal": (Bytes(1), "FF", Refusal.BAD_TEXT),
    "hexadecimal with a space": (Bytes(2), "00 ff", Refusal.BAD_TEXT),
    "hexadecimal with a newline": (Bytes(1), "ff\n", Refusal.BAD_TEXT),
    "half a byte": (Bytes(1), "f", Refusal.BAD_TEXT),
    "no hexadecimal": (Bytes(1), "0x", Refusal.BAD_TEXT),
    "Arabic-Indic digits": (Bytes(1), "\u0661\u0662", Refusal.BAD_TEXT),
    "hexadecimal one byte long": (Bytes(1), "ffff", Refusal.BAD_LENGTH),
    "number for hexadecimal": (Bytes(1), 12, Refusal.WRONG_TYPE),
    "integer as a float": (Int(0, 9), 1.0, Refusal.WRONG_TYPE),
    "integer as text": (Int(0, 9), "1", Refusal.WRONG_TYPE),
    "true as an integer": (Int(0, 9), True, Refusal.WRONG_TYPE),
    "seconds as a number": (Instant(), 0, Refusal.WRONG_TYPE),
    "days as a number": (Date(), 0, Refusal.WRONG_TYPE),
    "instant as a date": (Date(), "2026-11-24T07:00:00Z", Refusal.BAD_TEXT),
    "date as an instant": (Instant(), "2026-11-24", Refusal.BAD_TEXT),
    "number for a label": (Enumeration(Role), 1, Refusal.WRONG_TYPE),
    "label in capitals": (Enumeration(Role), "Officer", Refusal.UNKNOWN_VALUE),
    "label with an underscore": (Enumeration(Category), "ballistic_missile", Refusal.UNKNOWN_VALUE),
    "lone surrogate": (Text(9), json.loads('"\\ud800"'), Refusal.BAD_TEXT),
    "object for an array": (Array(Int(0, 9), 0, 9), {}, Refusal.WRONG_TYPE),
    "bad item": (Array(Instant(), 0, 9), ["tomorrow"], Refusal.BAD_TEXT),
}


@pytest.mark.parametrize(("codec", "data", "code"), NOT_READ.values(), ids=NOT_READ)
def test_not_read_from_json(codec: Codec, data: object, code: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        codec.from_json(data)
    assert caught.value.code is code


@pytest.mark.parametrize("char", BIDI + CONTROLS, ids=ascii)
def test_control_and_bidirectional_characters_are_refused(char: str) -> None:
    for text in (char, f"a{char}b", f"\u05d0{char}"):
        with pytest.raises(Refused) as caught:
            Text(16).load(text)
        assert caught.value.code is Refusal.BAD_TEXT


@given(
    st.text(
        st.characters() | st.sampled_from(BIDI + CONTROLS + "e\u0301\u00e9\u212b\u1100\u1161"), max_size=6
    )
)
def test_text_is_accepted_exactly_by_its_rules(text: str) -> None:
    allowed = (
        unicodedata.is_normalized("NFC", text)
        and not set(text) & set(BIDI + CONTROLS)
        and not any("\ud800" <= char <= "\udfff" for char in text)
        and 1 <= len(text.encode(errors="surrogatepass")) <= 8
    )
    try:
        assert Text(8).load(text) == text
    except Refused:
        assert not allowed
    else:
        assert allowed


def test_texts_that_an_officer_may_write() -> None:
    for text in ("Плесецк", "長征五号", "אשלים", "می\u200cخواهم", "Ørlandet – 60° N", "\U0001f680"):
        assert Text(64).load(text) == text


def test_limits_are_bytes_of_utf8() -> None:
    assert Text(4).load("\u20aca") == "\u20aca"
    with pytest.raises(Refused):
        Text(4).load("\u20acab")


SECRETS = st.integers(10**9, 2**64 - 1) | st.from_regex(r"SECRET-[a-z]{6}", fullmatch=True)
SMALL_CODECS = [
    Int(0, 9),
    Int(-9, -1),
    Date(),
    Bool(),
    Text(4),
    Bytes(4),
    Enumeration(Purpose),
    Enumeration(NoticeBasis),
    Array(Int(0, 9), 1, 2),
    Array(Text(4), 1, 2),
    Nested(Point),
]


@given(st.sampled_from(SMALL_CODECS), SECRETS)
def test_no_refusal_shows_the_value(codec: Codec, secret: int | str) -> None:
    shown = str(secret)
    encoded = shown.encode()
    wrapped: list[Any] = [
        secret,
        [secret],
        [0, secret],
        {1: secret},
        {"x": secret},
        {secret: 1},
        encoded,
        encoded.hex(),
    ]
    for value in wrapped:
        for view in (codec.check, codec.load, codec.from_json):
            with pytest.raises(Refused) as caught:
                view(value)
            assert shown not in str(caught.value)
            assert encoded.hex() not in str(caught.value)


def test_a_bad_item_is_named_by_its_place() -> None:
    points = Array(Nested(Point), 1, 9)
    with pytest.raises(Refused, match=r"out-of-range: 2\.x: expected -90 to 90"):
        points.load([{1: 0}, {1: 0}, {1: 91}])


def test_a_label_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(Refused, match="expected one of initial, routine"):
        Enumeration(MandateReason).from_json("other")


CDDL = {
    "-5..10": Int(-5, 10),
    "7": Int(7, 7),
    "instant": Instant(),
    "date": Date(),
    "bool": Bool(),
    "tstr .size (1..16)": Text(16),
    "bstr .size 32": Bytes(32),
    "bstr .size (0..8)": Bytes(0, 8),
    "notice-basis": Enumeration(NoticeBasis),
    "[1*4 bool]": Array(Bool(), 1, 4),
    "point": Nested(Point),
}


@pytest.mark.parametrize(("expression", "codec"), CDDL.items(), ids=CDDL)
def test_cddl(expression: str, codec: Codec) -> None:
    assert codec.cddl == expression
    assert kebab("OceanQuadrant") == "ocean-quadrant"
