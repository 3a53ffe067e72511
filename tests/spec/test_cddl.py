"""`spec/lnp-1.cddl` has the package's own rules, and takes and refuses what the package does."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import cbor2
import pytest
from cddl_verifier import Validator  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice.registry import Refusal, Suite
from launchnotice.testing.mutations import Mutation, mutants
from launchnotice.testing.strategies import bodies
from launchnotice.wire import cose
from launchnotice.wire.codecs import kebab
from launchnotice.wire.geo import cddl_rules
from launchnotice.wire.message import BODIES, parse
from launchnotice.wire.record import Record
from tests.spec.objects import Sample, exchange
from tests.spec.texts import CDDL, TEXT, cddl_blocks, normal, package_rules, rules

RULES = rules(CDDL.read_text(encoding="utf-8"))
NAMES = [sample.name for sample in exchange(Suite.CLASSIC).samples]
CLOSED = [
    "descriptor",
    "draft-record",
    "mandate-payload",
    "chained-payload",
    "emergency-payload",
    "signal-payload",
]


@cache
def schema() -> Validator:
    return Validator(CDDL.read_text(encoding="utf-8"))


def valid(data: bytes, rule: str) -> bool:
    return bool(schema().validate(data, root_type=rule).valid)


def parts(sample: Sample) -> list[tuple[str, bytes]]:
    """The maps in a sample, each with its rule: payload and body, or the whole."""
    if sample.payload is None:
        return [(sample.rule, sample.data)]
    payload, rule = sample.payload
    found = [(rule, payload)]
    if sample.body is not None:
        found.append((sample.body, cbor2.dumps(cbor2.loads(payload)[7])))
    return found


def maps(suite: Suite = Suite.CLASSIC) -> list[tuple[str, str, bytes]]:
    return [(sample.name, *part) for sample in exchange(suite).samples for part in parts(sample)]


@pytest.mark.parametrize("name", package_rules())
def test_rule_of_the_package_stands_in_the_file(name: str) -> None:
    assert normal(RULES[name]) == normal(package_rules()[name])


def test_rules_of_areas_stand_in_the_file() -> None:
    for name, rule in rules(cddl_rules()).items():
        assert normal(RULES[name]) == normal(rule)


def test_text_shows_the_file() -> None:
    shown = rules("\n".join(cddl_blocks(TEXT.read_text(encoding="utf-8"))))
    assert shown
    for name, rule in shown.items():
        assert RULES[name] == rule


def test_text_shows_every_rule_but_enumerations() -> None:
    shown = rules("\n".join(cddl_blocks(TEXT.read_text(encoding="utf-8"))))
    assert {name for name, rule in RULES.items() if "&(" not in rule} - set(shown) == {"lnp-object"}


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("name", NAMES)
def test_real_object_is_valid(name: str, suite: Suite) -> None:
    sample = exchange(suite).sample(name)
    result = schema().validate(sample.data, root_type=sample.rule)
    assert result.valid, [str(one) for one in result.diagnostics]
    assert valid(sample.data, "lnp-object")
    for rule, data in parts(sample):
        assert valid(data, rule)


@pytest.mark.parametrize("kind", BODIES)
@given(data=st.data())
@settings(max_examples=25)
def test_generated_body_is_valid(kind: int, data: st.DataObject) -> None:
    record = data.draw(bodies(kind, flawed=True))
    assert valid(cbor2.dumps(record.dump()), rule_of(record))


def expressible(mutation: Mutation) -> bool:
    """Whether CDDL has words for the rule: none for rules across fields and for characters."""
    return not mutation.across and mutation.code is not Refusal.BAD_TEXT


@pytest.mark.parametrize("kind", BODIES)
@given(data=st.data())
@settings(max_examples=25)
def test_body_with_one_fault_is_invalid_and_with_one_across_fields_is_not(
    kind: int, data: st.DataObject
) -> None:
    record = data.draw(bodies(kind))
    mutation = data.draw(st.sampled_from(mutants(record)))
    assert valid(cbor2.dumps(mutation.raw), rule_of(record)) != expressible(mutation), mutation.name


def rule_of(record: Record) -> str:
    """The name of a body's rule, which is that of the package."""
    name = kebab(type(record).__name__)
    assert normal(RULES[name]) == normal(record.cddl())
    return name


def test_text_to_be_signed_and_hashed_is_valid() -> None:
    notice = exchange(Suite.CLASSIC).sample("launch notification").data
    envelope = cose.parse(notice, len(notice))
    signer = parse(notice).manifest[0]
    signed = cose.to_be_signed(envelope.body_header, signer, envelope.payload)
    assert valid(signed, "sig-structure")
    assert valid(cbor2.dumps(["LNP/1", envelope.body_header, envelope.payload]), "id-input")
    assert valid(cbor2.dumps(["LNP/1 epoch", bytes(32), "US", 1, bytes(16)]), "genesis-input")


@pytest.mark.parametrize(("name", "rule", "data"), maps())
def test_map_without_a_required_field_is_invalid(name: str, rule: str, data: bytes) -> None:
    del name
    raw = cbor2.loads(data)
    required = [key for key in raw if re.search(rf"\n  {key} \^? ?=>", RULES[rule])]
    # Only a communications check need not say anything.
    assert valid(cbor2.dumps({}), rule) == (not required) == (rule == "communications-check")
    for key in required:
        assert not valid(cbor2.dumps({k: v for k, v in raw.items() if k != key}), rule)


@pytest.mark.parametrize(("name", "rule", "data"), maps())
def test_map_with_a_field_of_another_type_is_invalid(name: str, rule: str, data: bytes) -> None:
    del name
    raw = cbor2.loads(data)
    for key in raw:
        assert not valid(cbor2.dumps({**raw, key: None}), rule)


@pytest.mark.parametrize(("name", "rule", "data"), maps())
def test_unknown_key_is_valid_in_open_maps_alone(name: str, rule: str, data: bytes) -> None:
    del name
    raw = cbor2.loads(data)
    assert valid(cbor2.dumps({**raw, 999: 1}), rule) == (rule not in CLOSED)
    assert not valid(cbor2.dumps({**raw, -1: 1}), rule)


ENVELOPES: dict[str, Callable[[list[Any]], Any]] = {
    "without its tag": lambda parts: parts,
    "of another tag": lambda parts: cbor2.CBORTag(18, parts),
    "unprotected header": lambda parts: cbor2.CBORTag(98, [parts[0], {1: 1}, *parts[2:]]),
    "other content type": lambda parts: cbor2.CBORTag(98, [cbor2.dumps({16: "text/plain"}), *parts[1:]]),
    "more in its header": lambda parts: cbor2.CBORTag(98, [cbor2.dumps({3: 1, 16: "x"}), *parts[1:]]),
    "without signatures": lambda parts: cbor2.CBORTag(98, [*parts[:3], []]),
    "too many signatures": lambda parts: cbor2.CBORTag(98, [*parts[:3], parts[3][:1] * 33]),
    "more parts": lambda parts: cbor2.CBORTag(98, [*parts, 1]),
    "no payload": lambda parts: cbor2.CBORTag(98, [parts[0], {}, None, parts[3]]),
    "signature without header": lambda parts: cbor2.CBORTag(98, [*parts[:3], [[b"", {}, b""]]]),
}


@pytest.mark.parametrize("deviation", ENVELOPES)
def test_envelope_that_deviates_is_invalid(deviation: str) -> None:
    data = exchange(Suite.CLASSIC).sample("launch notification").data
    assert not valid(cbor2.dumps(ENVELOPES[deviation](cbor2.loads(data).value)), "message")


def test_message_and_mandate_are_told_apart() -> None:
    samples = exchange(Suite.CLASSIC)
    assert not valid(samples.sample("launch notification").data, "mandate")
    assert not valid(samples.sample("mandate version 1").data, "message")
    assert not valid(samples.sample("draft of a notice").data, "message")
