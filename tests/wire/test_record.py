"""Records: constructor, wire, JSON and CDDL of one declaration agree, and nothing shows a value."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import pydoc
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice.errors import Refused, UsageError
from launchnotice.registry import Purpose, Refusal, Usage
from launchnotice.wire import cbor
from launchnotice.wire.bounds import MAX_DEPTH, MAX_MESSAGE
from launchnotice.wire.codecs import Array, Bool, Bytes, Enumeration, Instant, Int, Text
from launchnotice.wire.record import Nested, Record, field
from tests.oracle import cbor as oracle
from tests.wire.test_codecs import CBOR, JSON, texts


class Span(Record):
    """A closed record with a rule across fields."""

    start: int = field(1, Instant(), "first second")
    end: int = field(2, Instant(), "first second after it")

    def validate(self) -> None:
        """It ends after it begins."""
        if self.end <= self.start:
            raise Refused(Refusal.INCONSISTENT, "ends before it begins")


class Notice(Record, open=True):
    """An open record with every kind of field."""

    number: int = field(1, Int(0, 1_000), "a number")
    digest: bytes = field(2, Bytes(4), "a digest")
    remark: str | None = field(3, Text(32), "a remark", default=None)
    span: Span | None = field(5, Nested(Span), "a span", default=None)
    purpose: Purpose = field(7, Enumeration(Purpose), "a purpose", default=Purpose.TEST)
    drill: bool = field(8, Bool(), "a flag", default=False)
    spans: tuple[Span, ...] = field(9, Array(Nested(Span), 1, 3), "spans", default=())
    count: int = field(300, Int(1, 9), "a count", default=1)


class Labelled(Record):
    """Labels as COSE_Key has them, declared in no order."""

    second: int = field(-2, Int(0, 9), "second")
    kind: int = field(1, Int(0, 9), "kind")
    first: int = field(-1, Int(0, 9), "first")
    algorithm: int = field(3, Int(0, 9), "algorithm")


class Twin(Span):
    """The fields of `Span` under another name."""


SPANS = st.builds(
    lambda start, length: Span(start=start, end=start + length), st.integers(0, 2**37), st.integers(1, 2**20)
)
NOTICES = st.builds(
    Notice,
    number=st.integers(0, 1_000),
    digest=st.binary(min_size=4, max_size=4),
    remark=st.none() | texts(32),
    span=st.none() | SPANS,
    purpose=st.sampled_from(list(Purpose)),
    drill=st.booleans(),
    spans=st.just(()) | st.lists(SPANS, min_size=1, max_size=3),
    count=st.integers(1, 9),
)
KNOWN = {row.key for row in Notice.FIELDS}
UNKNOWN_KEYS = st.integers(0, 2**64 - 1).filter(lambda key: key not in KNOWN) | st.sampled_from(
    [0, 4, 6, 10, 301]
)
UNKNOWN = st.dictionaries(UNKNOWN_KEYS, CBOR, min_size=1, max_size=4)
SIMPLE: dict[int, Any] = {1: 5, 2: b"abcd"}


def refusal(call: Any, argument: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(argument)
    return caught.value


def over_the_wire(record: Record) -> dict[int, Any]:
    data = cbor.encode(record.dump())
    assert oracle.encode(record.dump()) == data  # the keys are in deterministic order
    raw = cbor.decode(data, MAX_MESSAGE)
    assert isinstance(raw, dict)
    return raw


# Round trips ---------------------------------------------------------------------------


@given(NOTICES)
def test_a_record_survives_the_wire_and_json(notice: Notice) -> None:
    assert Notice.load(over_the_wire(notice)) == notice
    assert Notice.from_json(json.loads(json.dumps(notice.to_json()))) == notice
    assert notice.extra == {}


@given(NOTICES, UNKNOWN)
def test_unknown_fields_survive_the_wire_and_json(notice: Notice, unknown: dict[int, Any]) -> None:
    raw = {**notice.dump(), **unknown}
    loaded = Notice.load({key: raw[key] for key in sorted(raw)})
    assert repr(over_the_wire(loaded)) == repr({key: raw[key] for key in sorted(raw)})
    assert loaded.extra == {key: oracle.encode(value) for key, value in unknown.items()}
    again = Notice.from_json(json.loads(json.dumps(loaded.to_json())))
    assert again == loaded
    assert hash(again) == hash(loaded)
    assert cbor.encode(again.dump()) == cbor.encode(loaded.dump())
    assert loaded != notice


def test_an_unknown_field_in_json_is_its_key_and_its_encoding() -> None:
    loaded = Notice.load({**SIMPLE, 99: [1, b"\x01", {2: None}]})
    assert loaded.to_json() == {"number": 5, "digest": "61626364", "#99": "83014101a102f6"}


def test_an_unknown_field_as_deep_as_a_message_can_carry_survives() -> None:
    value: Any = 0
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    loaded = Notice.load({**SIMPLE, 99: value})
    assert Notice.from_json(loaded.to_json()) == loaded
    assert over_the_wire(loaded) == {**SIMPLE, 99: value}


@given(CBOR)
def test_any_decoded_value_is_loaded_or_refused(raw: object) -> None:
    for record in (Span, Notice, Labelled):
        try:
            loaded = record.load(raw)
        except Refused:
            continue
        assert record.load(over_the_wire(loaded)) == loaded


@given(JSON | st.dictionaries(st.sampled_from(["start", "end", "number", "digest", "#4", "#1"]), JSON))
def test_any_json_value_is_read_or_refused(data: object) -> None:
    for record in (Span, Notice, Labelled):
        try:
            read = record.from_json(data)
        except Refused:
            continue
        assert record.from_json(read.to_json()) == read


def test_fields_with_their_default_are_not_written() -> None:
    notice = Notice(
        number=5, digest=b"abcd", remark=None, purpose=Purpose.TEST, drill=False, spans=(), count=1
    )
    assert notice.dump() == SIMPLE
    assert notice.to_json() == {"number": 5, "digest": "61626364"}
    assert notice == Notice.load(SIMPLE)


def test_a_default_spelled_out_on_the_wire_is_read_and_not_written_again() -> None:
    assert Notice.load({**SIMPLE, 300: 1}).dump() == SIMPLE


def test_keys_follow_the_deterministic_order_negative_ones_last() -> None:
    record = Labelled(second=2, kind=1, first=4, algorithm=3)
    assert list(over_the_wire(record).items()) == [(1, 1), (3, 3), (-1, 4), (-2, 2)]
    assert Labelled.load(record.dump()) == record


# Refusals ------------------------------------------------------------------------------

NOT_LOADED: dict[str, tuple[type[Record], Any, Refusal, str]] = {
    "no map": (Notice, [5], Refusal.WRONG_TYPE, "expected map, got array"),
    "required field missing": (Notice, {1: 5}, Refusal.MISSING_FIELD, "digest: required"),
    "null for an optional field": (Notice, {**SIMPLE, 3: None}, Refusal.WRONG_TYPE, "remark: "),
    "bound exceeded by one": (
        Notice,
        {**SIMPLE, 1: 1_001},
        Refusal.OUT_OF_RANGE,
        "number: expected 0 to 1000",
    ),
    "fault in a nested record": (Notice, {**SIMPLE, 5: {1: 0, 2: -1}}, Refusal.OUT_OF_RANGE, "span.end: "),
    "fault in an array": (
        Notice,
        {**SIMPLE, 9: [{1: 0, 2: 1}, {1: 0}]},
        Refusal.MISSING_FIELD,
        "spans.1.end: ",
    ),
    "rule across fields": (Notice, {**SIMPLE, 5: {1: 2, 2: 2}}, Refusal.INCONSISTENT, "span: ends before"),
    "negative key in an open record": (
        Notice,
        {**SIMPLE, 99: 0, -1: 0},
        Refusal.UNKNOWN_FIELD,
        "Notice: key -1",
    ),
    "negative key in a closed record": (Span, {1: 0, 2: 1, -1: 0}, Refusal.UNKNOWN_FIELD, "Span: key -1"),
    "unknown key in a closed record": (Span, {1: 0, 2: 1, 3: 0}, Refusal.UNKNOWN_FIELD, "Span: key 3"),
    "unknown key in a nested record": (
        Notice,
        {**SIMPLE, 5: {1: 0, 2: 1, 3: 0}},
        Refusal.UNKNOWN_FIELD,
        "span",
    ),
    "unknown negative label": (Labelled, {1: 0, 3: 0, -1: 0, -2: 0, -3: 0}, Refusal.UNKNOWN_FIELD, "key -3"),
}


@pytest.mark.parametrize(("record", "raw", "code", "detail"), NOT_LOADED.values(), ids=NOT_LOADED)
def test_not_loaded(record: type[Record], raw: Any, code: Refusal, detail: str) -> None:
    refused = refusal(record.load, raw)
    assert refused.code is code
    assert detail in refused.detail


PLAIN = {"number": 5, "digest": "61626364"}
NOT_READ: dict[str, tuple[type[Record], Any, Refusal]] = {
    "no object": (Notice, "x", Refusal.WRONG_TYPE),
    "required field missing": (Notice, {"number": 5}, Refusal.MISSING_FIELD),
    "null for an optional field": (Notice, {**PLAIN, "remark": None}, Refusal.WRONG_TYPE),
    "rule across fields": (
        Span,
        {"start": "2026-11-24T07:00:00Z", "end": "2026-11-24T07:00:00Z"},
        Refusal.INCONSISTENT,
    ),
    "unknown name": (Notice, {**PLAIN, "nmuber": 5}, Refusal.UNKNOWN_FIELD),
    "name of an attribute": (Notice, {**PLAIN, "_extra": []}, Refusal.UNKNOWN_FIELD),
    "key that is no text": (Notice, {**PLAIN, 4: "00"}, Refusal.UNKNOWN_FIELD),
    "known field by its key": (Notice, {**PLAIN, "#3": "6161"}, Refusal.UNKNOWN_FIELD),
    "negative key": (Notice, {**PLAIN, "#-1": "00"}, Refusal.UNKNOWN_FIELD),
    "key with a leading zero": (Notice, {**PLAIN, "#04": "00"}, Refusal.UNKNOWN_FIELD),
    "key with a sign": (Notice, {**PLAIN, "#+4": "00"}, Refusal.UNKNOWN_FIELD),
    "key with a newline": (Notice, {**PLAIN, "#4\n": "00"}, Refusal.UNKNOWN_FIELD),
    "key in Arabic-Indic digits": (Notice, {**PLAIN, "#\u0664": "00"}, Refusal.UNKNOWN_FIELD),
    "key beyond 64 bits": (Notice, {**PLAIN, f"#{2**64}": "00"}, Refusal.UNKNOWN_FIELD),
    "no key": (Notice, {**PLAIN, "#": "00"}, Refusal.UNKNOWN_FIELD),
    "unknown key in a closed record": (Span, {"#4": "00"}, Refusal.UNKNOWN_FIELD),
    "unknown value not in hexadecimal": (Notice, {**PLAIN, "#4": 0}, Refusal.WRONG_TYPE),
    "unknown value in capitals": (Notice, {**PLAIN, "#4": "F6"}, Refusal.BAD_TEXT),
    "unknown value empty": (Notice, {**PLAIN, "#4": ""}, Refusal.BAD_LENGTH),
    "unknown value cut off": (Notice, {**PLAIN, "#4": "19"}, Refusal.NOT_CBOR),
    "unknown value of two items": (Notice, {**PLAIN, "#4": "0000"}, Refusal.NOT_CBOR),
    "unknown value with a tag": (Notice, {**PLAIN, "#4": "c100"}, Refusal.FORBIDDEN_TYPE),
    "unknown value not the shortest": (Notice, {**PLAIN, "#4": "1800"}, Refusal.NOT_DETERMINISTIC),
}


@pytest.mark.parametrize(("record", "data", "code"), NOT_READ.values(), ids=NOT_READ)
def test_not_read_from_json(record: type[Record], data: Any, code: Refusal) -> None:
    assert refusal(record.from_json, data).code is code


def test_an_unknown_name_is_answered_with_the_names_and_not_repeated() -> None:
    refused = refusal(Span.from_json, {"SECRET-NAME": 1})
    assert refused.detail == "Span: expected one of start, end"


def test_a_missing_field_of_a_nested_json_record_is_refused_with_its_place() -> None:
    data = {**PLAIN, "span": {"start": "2026-11-24T07:00:00Z"}}
    assert str(refusal(Notice.from_json, data)) == "missing-field: span.end: required"
    assert str(refusal(Notice.from_json, {**PLAIN, "purpose": "x"})).startswith(
        "unknown-value: purpose: expected one of"
    )


@given(NOTICES, st.integers(), CBOR)
def test_a_closed_record_refuses_every_unknown_key(notice: Notice, key: int, value: object) -> None:
    if key not in {1, 2}:
        raw = {1: 0, 2: 1, key: value}
        ordered = {one: raw[one] for one in sorted(raw, key=lambda one: (one < 0, abs(one)))}
        assert refusal(Span.load, ordered).code is Refusal.UNKNOWN_FIELD
    if key < 0:
        assert refusal(Notice.load, {**notice.dump(), key: value}).code is Refusal.UNKNOWN_FIELD


@given(NOTICES, st.randoms())
def test_a_map_whose_keys_do_not_ascend_is_refused(notice: Notice, random: Random) -> None:
    raw = notice.dump()
    keys = random.sample([*raw], len(raw))
    if keys != [*raw]:
        assert refusal(Notice.load, {key: raw[key] for key in keys}).code is Refusal.NOT_DETERMINISTIC


@pytest.mark.parametrize("raw", [{True: 0, 2: 1}, {1.0: 0, 2: 1}, {1: 0, 2: True}, {1: 0.0, 2: 1}])
def test_what_only_equals_a_key_or_a_value_is_refused(raw: dict[Any, Any]) -> None:
    assert refusal(Span.load, raw).code in {Refusal.NOT_DETERMINISTIC, Refusal.WRONG_TYPE}


@pytest.mark.parametrize("value", [1.5, {2: 0, 1: 0}, [{"a": 0}], {1: [1.5]}, frozenset()])
def test_a_field_of_unknown_meaning_has_plain_types_alone(value: object) -> None:
    raw = {**SIMPLE, 90: value}
    assert refusal(Notice.load, raw).code is Refusal.FORBIDDEN_TYPE


# The constructor -----------------------------------------------------------------------

SECRET = "SECRET-7c2f"
NOT_MADE: dict[str, tuple[dict[str, Any], str]] = {
    "required field missing": ({"number": 5}, "Notice.digest: missing"),
    "misspelt argument": ({"number": 5, "digset": b"abcd"}, "Notice: no field 'digset'"),
    "unknown argument": ({"number": 5, "digest": b"abcd", "other": SECRET}, "Notice: no field 'other'"),
    "wrong type": (
        {"number": SECRET, "digest": b"abcd"},
        "Notice.number: wrong-type: expected integer, got text",
    ),
    "bound exceeded": (
        {"number": 987_654_321, "digest": b"abcd"},
        "Notice.number: out-of-range: expected 0 to 1000",
    ),
    "bytes too long": (
        {"number": 5, "digest": SECRET.encode()},
        "Notice.digest: bad-length: expected 4 to 4 bytes",
    ),
    "text too long": (
        {"number": 5, "digest": b"abcd", "remark": SECRET * 9},
        "Notice.remark: bad-length: expected 1",
    ),
    "text with a control": (
        {"number": 5, "digest": b"abcd", "remark": SECRET + "\n"},
        "Notice.remark: bad-text: ",
    ),
    "another record": (
        {"number": 5, "digest": b"abcd", "span": SECRET},
        "Notice.span: wrong-type: expected Span",
    ),
    "item of an array": (
        {"number": 5, "digest": b"abcd", "spans": [SECRET]},
        "Notice.spans: wrong-type: 0: ",
    ),
    "no sequence": (
        {"number": 5, "digest": b"abcd", "spans": SECRET},
        "Notice.spans: wrong-type: expected sequence",
    ),
    "number for a member": (
        {"number": 5, "digest": b"abcd", "purpose": 987_654_321},
        "Notice.purpose: wrong-type: ",
    ),
    "true for a number": ({"number": True, "digest": b"abcd"}, "Notice.number: wrong-type: "),
}


@pytest.mark.parametrize(("values", "detail"), NOT_MADE.values(), ids=NOT_MADE)
def test_a_constructor_names_class_field_and_rule_and_no_value(values: dict[str, Any], detail: str) -> None:
    with pytest.raises(UsageError) as caught:
        Notice(**values)
    assert caught.value.code is Usage.BAD_VALUE
    assert caught.value.detail.startswith(detail)
    for shown in (str(caught.value), repr(caught.value)):
        assert SECRET not in shown
        assert "987" not in shown


@given(
    st.sampled_from(["number", "digest", "remark", "span", "purpose", "drill", "spans", "count"]),
    st.from_regex(r"SECRET-[a-z]{30}", fullmatch=True)
    | st.integers(10**12)
    | st.integers(max_value=-(10**12)),
)
def test_no_constructor_error_shows_a_value(name: str, secret: str | int) -> None:
    values: dict[str, Any] = {"number": 5, "digest": b"abcd", name: secret}
    with pytest.raises(UsageError) as caught:
        Notice(**values)
    assert str(caught.value).startswith(f"bad-value: Notice.{name}: ")
    assert str(secret) not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_rule_across_fields_is_a_usage_error_in_a_constructor() -> None:
    with pytest.raises(UsageError, match="bad-value: Span: inconsistent: ends before it begins"):
        Span(start=2, end=2)


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError):
        Span(1, 2)  # type: ignore[call-arg]  # what is tested


# Values --------------------------------------------------------------------------------


def test_a_record_is_immutable() -> None:
    notice = Notice.load({**SIMPLE, 99: [1]})
    for name in ("number", "other", "extra", "_extra"):
        with pytest.raises(AttributeError, match="Notice is immutable"):
            setattr(notice, name, 1)
        with pytest.raises(AttributeError, match="Notice is immutable"):
            delattr(notice, name)
    notice.extra[100] = b"\x00"
    notice.extra.clear()
    assert notice.extra == {99: b"\x81\x01"}
    assert Notice.load(SIMPLE).extra == {}


def test_the_source_of_a_record_can_change_without_it() -> None:
    spans = [Span(start=0, end=1)]
    inner = [1]
    notice = Notice(number=5, digest=b"abcd", spans=spans)  # type: ignore[arg-type]  # any sequence will do
    loaded = Notice.load({**SIMPLE, 99: inner})
    spans.append(Span(start=1, end=2))
    inner.append(2)
    loaded.dump()[99].append(3)
    assert len(notice.spans) == 1
    assert loaded.dump()[99] == [1]


@given(NOTICES, NOTICES)
def test_equality_is_that_of_the_bytes(one: Notice, other: Notice) -> None:
    assert (one == other) == (cbor.encode(one.dump()) == cbor.encode(other.dump()))
    if one == other:
        assert hash(one) == hash(other)


def test_equality_looks_at_type_and_unknown_fields() -> None:
    span = Span(start=0, end=1)
    assert span == Span(start=0, end=1)
    assert span not in ({1: 0, 2: 1}, Twin(start=0, end=1), None)
    assert len({span, Span(start=0, end=1), Span(start=0, end=2)}) == 2
    assert Notice.load({**SIMPLE, 99: True}) != Notice.load({**SIMPLE, 99: 1})
    assert Notice.load({**SIMPLE, 99: 1}) != Notice.load(SIMPLE)


def test_copies_are_equal() -> None:
    notice = Notice.load({**SIMPLE, 5: {1: 0, 2: 1}, 99: [1]})
    for twin in (copy.copy(notice), copy.deepcopy(notice), pickle.loads(pickle.dumps(notice))):  # noqa: S301 - own bytes
        assert twin == notice
        assert twin.extra == notice.extra


def test_no_representation_shows_content() -> None:
    notice = Notice(number=5, digest=b"abcd", remark=SECRET)
    assert repr(notice) == str(notice) == "<Notice>"


# Declarations --------------------------------------------------------------------------


def test_a_record_that_extends_another_has_its_fields_and_leaves_it_alone() -> None:
    class Longer(Span):
        note: str = field(3, Text(8), "a note")

    assert [row.name for row in Longer.FIELDS] == ["start", "end", "note"]
    assert [row.name for row in Span.FIELDS] == ["start", "end"]
    assert Longer.load({1: 0, 2: 1, 3: "a"}).dump() == {1: 0, 2: 1, 3: "a"}
    assert refusal(Longer.load, {1: 2, 2: 1, 3: "a"}).code is Refusal.INCONSISTENT
    with pytest.raises(UsageError):
        Notice(number=5, digest=b"abcd", span=Longer(start=0, end=1, note="a"))


def test_two_fields_with_one_key_or_name_are_a_fault_of_the_declaration() -> None:
    with pytest.raises(TypeError, match="two fields have one key"):

        class Doubled(Record):
            one: int = field(1, Int(0, 9), "one")
            other: int = field(1, Int(0, 9), "other")

    with pytest.raises(TypeError, match="two fields have one key or one name"):

        class Redeclared(Span):
            start: int = field(3, Int(0, 9), "again")


def test_cddl() -> None:
    assert Span.cddl() == "span = {\n  1 => instant, ; start\n  2 => instant, ; end\n}"
    assert "  ? 5 ^ => span, ; span" in Notice.cddl()
    assert Notice.cddl().endswith("  * uint => any, ; fields of later versions\n}")
    assert repr(Span.FIELDS[0].default) == "required"


def test_help_shows_every_field_with_its_meaning_and_unit() -> None:
    assert str(inspect.signature(Span)) == "(*, start: 'int', end: 'int')"
    shown = pydoc.plain(pydoc.render_doc(Notice))
    assert "Notice(*, number: 'int', digest: 'bytes', remark: 'str | None' = None," in shown
    assert "An open record with every kind of field." in shown
    assert "number: a number (0..1000)" in shown
    assert "remark: a remark (tstr .size (1..32); optional)" in shown
    assert "end: first second after it (seconds since 1970-01-01T00:00:00Z)" in str(Span.__doc__)


def test_help_of_an_heir_shows_the_fields_that_it_has_from_above() -> None:
    assert inspect.signature(Twin) == inspect.signature(Span)
    assert "start: first second" in str(Twin.__doc__)


def test_everything_wrong_across_fields_is_told_to_who_asks() -> None:
    class Both(Record):
        """Two rules."""

        low: int = field(1, Int(0, 9), "low")
        high: int = field(2, Int(0, 9), "high", default=9)

        def validate(self) -> Iterator[Refused]:
            """Odd, and in order."""
            if self.low % 2 == 0:
                yield Refused(Refusal.INCONSISTENT, "low: odd")
            if self.high < self.low:
                raise Refused(Refusal.INCONSISTENT, "high: not below low")

    record, faults = Both.unchecked({"low": 4, "high": 3})
    assert (record.low, record.high) == (4, 3)
    assert [fault.detail for fault in faults] == ["low: odd", "high: not below low"]
    assert Both.unchecked({"low": 3}) == (Both(low=3), [])
    partial, faults = Both.unchecked({"high": 3})
    assert vars(partial) == {"low": None, "high": 3}
    assert faults == []
    with pytest.raises(UsageError, match="low: odd"):
        Both(low=4, high=3)
    with pytest.raises(Refused, match="low: odd"):
        Both.load({1: 4, 2: 3})
