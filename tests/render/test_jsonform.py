"""JSON of objects: nothing is lost on the way there and back, and nothing else is taken for it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import Refused
from launchnotice.registry import Refusal, Suite
from launchnotice.render.inspect import inspect
from launchnotice.render.jsonform import MAX_JSON, MAX_MEMBERS, from_json, parse, to_json
from launchnotice.wire.message import BODIES
from tests.render.objects import FORGER, MESSAGES, any_message
from tests.spec.objects import exchange
from tests.support import launch

SAMPLES = {f"{suite.name.lower()} {s.name}": s.data for suite in Suite for s in exchange(suite).samples}
NOTICE = SAMPLES["classic launch notification"]


def written(form: Any) -> Any:
    """The same after it was a text."""
    return parse(json.dumps(form, indent=2).encode())


def code(form: Any) -> Refusal:
    with pytest.raises(Refused) as caught:
        from_json(form)
    assert "\n" not in str(caught.value)
    return caught.value.code


# There and back ------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_object_comes_back_byte_for_byte(name: str) -> None:
    data = SAMPLES[name]
    form = to_json(data)
    assert from_json(written(form)) == data
    assert from_json(written(inspect(data).to_json())) == data
    assert written(form) == form


@MESSAGES
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_message_comes_back_byte_for_byte_and_so_does_its_json(kind: int, data: st.DataObject) -> None:
    message = data.draw(any_message(kind))
    form = to_json(message)
    assert from_json(written(form)) == message
    assert to_json(from_json(form)) == form
    assert from_json(written(inspect(message).to_json())) == message


@settings(deadline=None)
@given(st.data())
def test_order_of_members_and_layout_mean_nothing(data: st.DataObject) -> None:
    form = to_json(data.draw(st.sampled_from(list(SAMPLES.values()))))
    shuffled = shuffle(form, data)
    text = json.dumps(
        shuffled, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.none() | st.just(1))
    )
    assert to_json(from_json(parse(text.encode()))) == form


def shuffle(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        return {name: shuffle(value[name], data) for name in data.draw(st.permutations(list(value)))}
    return [shuffle(item, data) for item in value] if isinstance(value, list) else value


def test_every_kind_is_among_the_samples() -> None:
    kinds = {to_json(data).get("payload", {}).get("kind") for data in SAMPLES.values()}
    assert kinds >= set(map(int, BODIES))


# The form ------------------------------------------------------------------------------


def test_values_are_written_as_people_write_them() -> None:
    body = to_json(SAMPLES["classic amendment"])["payload"]["body"]["notification"]
    assert body["category"] == "ballistic missile"
    assert body["window"]["start"] == "2027-01-18T08:00:00Z"
    assert body["impact_areas"][0] == {
        "form": "circle",
        "latitude": "57-30-00N",
        "longitude": "161-00-00E",
        "radius": 37_040,
        "unit": "nautical mile",
    }
    assert body["hazard_areas"][0]["area"]["points"] == ["71-00-00N 045-00-00E", "69-30-00N 060-00-00E"]
    assert to_json(NOTICE)["payload"]["body"]["planned_date"] == "2027-01-18"


def test_what_is_unknown_or_unreadable_stands_by_its_key() -> None:
    body = {**launch().dump(), 2: 250, 120: [b"\x00"]}
    form = to_json(FORGER.notice(body=dict(sorted(body.items()))).data)["payload"]["body"]
    assert form["#2"] == "18fa"
    assert form["#120"] == "814100"
    assert form["category"] == "ballistic missile"


def test_default_that_is_spelt_out_is_kept() -> None:
    body = {**launch().dump(), 9: {1: 5, 2: 0}, 10: 1}
    message = FORGER.notice(body=dict(sorted(body.items()))).data
    form = to_json(message)["payload"]["body"]
    assert (form["direction"], form["launch_count"]) == ({"azimuth": 5, "tolerance": 0}, 1)
    assert from_json(form_of(message)) == message


def test_array_that_no_version_reads_is_kept() -> None:
    message = FORGER.notice(body={1: 1, 7: [0] * 40, 8: []}).data
    form = to_json(message)["payload"]["body"]
    assert (form["#7"], form["hazard_areas"]) == ("9828" + "00" * 40, [])
    assert from_json(form_of(message)) == message


def form_of(data: bytes) -> Any:
    return written(to_json(data))


# What is refused -----------------------------------------------------------------------


def changed(path: str, value: Any = None, name: str = "classic launch notification") -> Any:
    """An object's JSON with one member changed, or without it."""
    form = copy.deepcopy(to_json(SAMPLES[name]))
    *way, last = path.split("/")
    place: Any = form
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return form


def twice_signed() -> Any:
    """A draft that has one signature twice."""
    form = to_json(SAMPLES["classic draft of a notice"])
    return {**form, "signatures": form["signatures"][:1] * 2}


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (None, Refusal.WRONG_TYPE),
        ([], Refusal.WRONG_TYPE),
        ({}, Refusal.MISSING_FIELD),
        ({"object": "identity"}, Refusal.UNKNOWN_VALUE),
        ({"object": ["message"]}, Refusal.UNKNOWN_VALUE),
        ({"object": "message"}, Refusal.MISSING_FIELD),
        (changed("payload"), Refusal.MISSING_FIELD),
        (changed("payload", []), Refusal.WRONG_TYPE),
        (changed("signatures", {}), Refusal.WRONG_TYPE),
        (changed("signatures", []), Refusal.MANIFEST_MISMATCH),
        (changed("signatures", ["00", "0", "00"]), Refusal.BAD_TEXT),
        (changed("signatures", [1, 2, 3]), Refusal.WRONG_TYPE),
        (changed("content_type", "text/plain"), Refusal.UNKNOWN_VALUE),
        (changed("content_type", {}), Refusal.UNKNOWN_VALUE),
        (changed("content_type", "application/lnp-mandate+cose"), Refusal.UNKNOWN_FIELD),
        (changed("more", 1), Refusal.UNKNOWN_FIELD),
        (changed("id", "00" * 32), Refusal.INCONSISTENT),
        (changed("digest", 5), Refusal.INCONSISTENT),
        (changed("payload/kind", "1"), Refusal.UNKNOWN_KIND),
        (changed("payload/kind", value=True), Refusal.UNKNOWN_KIND),
        (changed("payload/kind", 1_000), Refusal.UNKNOWN_KIND),
        (changed("payload/kind"), Refusal.UNKNOWN_KIND),
        (changed("payload/issued"), Refusal.MISSING_FIELD),
        (changed("payload/issued", "2027-01-15T08:00:00+01:00"), Refusal.BAD_TEXT),
        (changed("payload/manifest", 5), Refusal.WRONG_TYPE),
        (changed("payload/manifest"), Refusal.WRONG_TYPE),
        (changed("payload/body", []), Refusal.WRONG_TYPE),
        (changed("payload/body/categroy", "x"), Refusal.UNKNOWN_FIELD),
        (changed("payload/body/#", "00"), Refusal.UNKNOWN_FIELD),
        (changed("payload/body/#01", "00"), Refusal.UNKNOWN_FIELD),
        (changed("payload/body/#18446744073709551616", "00"), Refusal.UNKNOWN_FIELD),
        (changed("payload/body/#120", "ff"), Refusal.NOT_CBOR),
        (changed("payload/body/#120", "1801"), Refusal.NOT_DETERMINISTIC),
        (changed("payload/body/#120", "81" * 15 + "00"), Refusal.NOT_CBOR),
        (changed("payload/body/#120", 5), Refusal.WRONG_TYPE),
        (changed("payload/body/#1", "01"), Refusal.DUPLICATE_ENTRY),
        (changed("payload/body/category", "no such"), Refusal.UNKNOWN_VALUE),
        (changed("payload/body/launch_area", {"form": "cube"}), Refusal.UNKNOWN_VALUE),
        (changed("payload/body/launch_area", {"form": []}), Refusal.UNKNOWN_VALUE),
        (changed("payload/body/launch_area", {}), Refusal.UNKNOWN_VALUE),
        (changed("payload/body/impact_areas/0/latitude", "91-00-00N"), Refusal.BAD_TEXT),
        (changed("payload/body/impact_areas/0/radius", 1.5), Refusal.WRONG_TYPE),
        (changed("payload/body/impact_areas/0/radius", value=True), Refusal.WRONG_TYPE),
        (changed("payload/body/remark", "\ud800"), Refusal.BAD_TEXT),
        (changed("payload/body/hazard_areas", [{}] * 33), Refusal.BAD_LENGTH),
        (changed("payload/body/launch_area", {"form": "corridor", "points": [""] * 257}), Refusal.BAD_LENGTH),
        (changed("payload/body", {f"#{key}": "" for key in range(MAX_MEMBERS + 1)}), Refusal.BAD_LENGTH),
        (changed("descriptor/name", name="classic descriptor"), Refusal.MISSING_FIELD),
        (changed("descriptor/officers", 2, name="classic descriptor"), Refusal.NOT_DETERMINISTIC),
        (changed("signatures/0/kid", "00" * 31, name="classic draft of a notice"), Refusal.BAD_LENGTH),
        (changed("signatures/0/kid", name="classic draft of a notice"), Refusal.MISSING_FIELD),
        (changed("signatures/0/more", 1, name="classic draft of a notice"), Refusal.UNKNOWN_FIELD),
        (twice_signed(), Refusal.UNSORTED),
        (changed("object", "mandate draft", name="classic draft of a notice"), Refusal.INCONSISTENT),
        (changed("object", "mandate"), Refusal.INCONSISTENT),
    ],
)
def test_what_is_no_objects_json_is_refused_with_a_code(form: Any, expected: Refusal) -> None:
    assert code(form) is expected


def test_refusal_says_where() -> None:
    with pytest.raises(Refused, match=r"payload\.body\.impact_areas\.0\.latitude"):
        from_json(changed("payload/body/impact_areas/0/latitude", "x"))


def test_text_with_a_number_of_64_bits_is_read_and_no_other() -> None:
    assert parse(b"[18446744073709551615, -9223372036854775808]") == [2**64 - 1, -(2**63)]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": 1, "a": 1}',
        b'[{"a": {"b": 1, "b": 2}}]',
        b"1" * 5_000,
        b"-" + b"1" * 21,
        b"1.5",
        b"1e2",
        b"NaN",
        b"-Infinity",
        b'"\n"',
        b"{} {}",
        b"'a'",
    ],
)
def test_what_is_no_strict_json_is_refused(text: bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.code is Refusal.BAD_TEXT


def test_text_that_is_too_large_is_not_read() -> None:
    with pytest.raises(Refused) as caught:
        parse(b" " * (MAX_JSON + 1))
    assert caught.value.code is Refusal.TOO_LARGE


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def places(form: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of an object."""
    yield way
    steps = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for step, value in steps:
        yield from places(value, (*way, step))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_change_gives_an_object_or_one_typed_error(data: st.DataObject) -> None:
    form = copy.deepcopy(to_json(data.draw(st.sampled_from(list(SAMPLES.values())))))
    *way, last = data.draw(st.sampled_from(list(places(form))[1:]))
    place = form
    for step in way:
        place = place[step]
    place[last] = data.draw(json_values | st.sampled_from([place[last], "#0", "00", 2**64, -(2**70)]))
    try:
        made = from_json(form)
    except Refused:
        return
    assert from_json(to_json(made)) == made
    inspect(made)


@given(json_values)
def test_any_json_is_no_object_or_one(form: Any) -> None:
    with pytest.raises(Refused):
        from_json(form)
