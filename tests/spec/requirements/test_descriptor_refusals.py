"""Every refusal of a descriptor (spec section 8.1): one broken rule, its code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cbor2
import pytest

from launchnotice import Channel
from launchnotice.errors import Refused
from launchnotice.registry import Suite
from launchnotice.wire.bounds import MAX_DESCRIPTOR
from tests.spec.requirements.build import world
from tests.support import descriptor, make_centre

Change = Callable[[dict[int, Any]], dict[int, Any]]


class Case(NamedTuple):
    name: str
    requirements: str
    code: str
    change: Change


def good(suite: Suite = Suite.CLASSIC) -> dict[int, Any]:
    return descriptor([make_centre("US", suite), make_centre("RU", suite)], suite).dump()


def party(index: int, **changes: Any) -> Change:
    """One party with other raw fields, by ``k<key>``."""

    def change(raw: dict[int, Any]) -> dict[int, Any]:
        parties = [dict(one) for one in raw[6]]
        parties[index] |= {int(name.removeprefix("k")): value for name, value in changes.items()}
        return {**raw, 6: parties}

    return change


def rule(**changes: Any) -> Change:
    """The first rule with other raw fields, None to leave one out."""

    def change(raw: dict[int, Any]) -> dict[int, Any]:
        first, *rest = raw[5][5]
        first = {**first, **{int(name.removeprefix("k")): value for name, value in changes.items()}}
        first = {key: first[key] for key in sorted(first) if first[key] is not None}
        return {**raw, 5: {**raw[5], 5: [first, *rest]}}

    return change


def prints(raw: dict[int, Any], index: int) -> list[bytes]:
    found: list[bytes] = raw[6][index][3]
    return found


def agreement(rule: dict[int, Any] | None = None, **changes: Any) -> Change:
    """The agreement with other raw fields, None to leave one out, and with more in its first rule."""

    def change(raw: dict[int, Any]) -> dict[int, Any]:
        first, *rest = raw[5][5]
        found = {**raw[5], 5: [{**first, **(rule or {})}, *rest]}
        found |= {int(name.removeprefix("k")): value for name, value in changes.items()}
        return {**raw, 5: {key: found[key] for key in sorted(found) if found[key] is not None}}

    return change


DAY = {1: 1, 2: 24, 3: 1}
"""At least 24 hours."""
COUNT = {1: 1, 2: 24}
CASES = [
    Case("another protocol", "R-CHAN-1", "unknown-value", lambda raw: {**raw, 1: "LNP/2"}),
    Case("parties that descend", "R-CHAN-1", "unsorted", lambda raw: {**raw, 6: raw[6][::-1]}),
    Case("party twice", "R-CHAN-1", "unsorted", party(1, k1="RU")),
    Case("one party", "R-VAL-2", "bad-length", lambda raw: {**raw, 6: raw[6][:1]}),
    Case(
        "thumbprints that descend",
        "R-CHAN-2",
        "unsorted",
        lambda raw: party(0, k3=prints(raw, 0)[::-1])(raw),
    ),
    Case(
        "thumbprint of two parties",
        "R-CHAN-1",
        "duplicate-entry",
        lambda raw: party(0, k3=prints(raw, 1))(raw),
    ),
    Case("threshold above the keys", "R-CHAN-1", "unsatisfiable", party(0, k2=3)),
    Case("rule that binds nobody", "R-CHAN-1", "unsatisfiable", agreement(k7=None, rule={13: ["FR"]})),
    Case("default spelled out", "R-CHAN-1 R-REC-6", "not-deterministic", lambda raw: {**raw, 7: 2}),
    Case("default of a party spelled out", "R-CHAN-1 R-REC-6", "not-deterministic", party(0, k4=1)),
    Case("unknown field", "R-REC-4", "unknown-field", lambda raw: {**raw, 99: 0}),
    Case("no suite", "R-REC-2", "missing-field", lambda raw: {k: v for k, v in raw.items() if k != 3}),
    Case("unknown suite", "R-VAL-4", "unknown-value", lambda raw: {**raw, 3: 9}),
    Case("scope without values", "R-AGR-7", "inconsistent", rule(k7=None)),
    Case("area form without values", "R-AGR-1", "inconsistent", rule(k1=4, k7=None)),
    Case("lead time without anchor", "R-AGR-1", "inconsistent", rule(k1=5, k8=DAY)),
    Case("lead time without limit", "R-AGR-1", "inconsistent", rule(k1=5, k9=1)),
    Case("validity without limit", "R-AGR-1", "inconsistent", rule(k1=6)),
    Case("allowed without values", "R-AGR-1", "inconsistent", rule(k1=7, k7=None, k8=COUNT)),
    Case("limit without limit", "R-AGR-1", "inconsistent", rule(k1=8)),
    Case("withholding without limit", "R-AGR-1", "inconsistent", rule(k1=11, k2=5, k5="launch")),
    Case("lead time without unit", "R-AGR-7", "inconsistent", rule(k1=5, k7=None, k8=COUNT, k9=1)),
    Case("lead time in kilometres", "R-AGR-7", "inconsistent", rule(k1=5, k8={1: 1, 2: 9, 3: 4}, k9=1)),
    Case("lead time of exactly", "R-AGR-7", "inconsistent", rule(k1=5, k8={1: 5, 2: 9, 3: 1}, k9=1)),
    Case("validity of at least", "R-AGR-7", "inconsistent", rule(k1=6, k5="planned_date", k8=DAY)),
    Case("step within at least", "R-AGR-7", "inconsistent", rule(k1=9, k2=5, k5="launch", k8=DAY)),
    Case("withholding at least", "R-AGR-7", "inconsistent", rule(k1=11, k2=5, k5="launch", k8={1: 1, 2: 2})),
    Case(
        "withholding in hours",
        "R-AGR-7",
        "inconsistent",
        rule(k1=11, k2=5, k5="launch", k8={1: 2, 2: 2, 3: 1}),
    ),
    Case("limit of what is required", "R-AGR-10", "inconsistent", rule(k1=2, k7=None, k8=COUNT)),
    Case("values of a lead time", "R-AGR-10", "inconsistent", rule(k1=5, k8=DAY, k9=1)),
    Case("anchor of a scope", "R-AGR-10", "inconsistent", rule(k9=1)),
    Case("offset of what is forbidden", "R-AGR-10", "inconsistent", rule(k1=3, k7=None, k10=60)),
    Case("alternatives of a step", "R-AGR-10", "inconsistent", rule(k1=10, k7=None, k12=["purpose"])),
    Case(
        "time of a step from nowhere", "R-AGR-10", "inconsistent", rule(k1=9, k7=None, k8={1: 2, 2: 9, 3: 1})
    ),
    Case("anchor of a step without a time", "R-AGR-10", "inconsistent", rule(k1=9, k7=None, k9=2)),
    Case("lead time from the launch", "R-AGR-10", "inconsistent", rule(k1=5, k7=None, k8=DAY, k9=3)),
    Case("idle before twice", "R-AGR-10", "inconsistent", rule(k9=1, k13=["US", "US"])),
    Case("values and limit", "R-AGR-7", "inconsistent", rule(k8=COUNT)),
    Case("condition without values", "R-AGR-7", "inconsistent", rule(k6=[{1: "basing"}])),
    Case("years that descend", "R-AGR-7", "inconsistent", rule(k15=[6, 5])),
    Case("years without a first day", "R-AGR-7", "inconsistent", agreement(k8=None, rule={15: [1, 5]})),
    Case("period without a day", "R-AGR-7", "inconsistent", agreement(k8={3: "Article VI", 4: 1})),
    Case(
        "period that ends first", "R-AGR-7", "inconsistent", agreement(k8={1: 9, 2: 8, 3: "Article VI", 4: 1})
    ),
    Case("party that is none", "R-AGR-7", "inconsistent", rule(k13=["FR"])),
    Case("value twice", "R-AGR-4", "duplicate-entry", rule(k7=[1, 1])),
    Case("value twice in a condition", "R-AGR-4", "duplicate-entry", rule(k6=[{1: "basing", 2: [1, 1]}])),
    Case("subject that no field has", "R-AGR-5", "inconsistent", rule(k5="warhead")),
    Case("party of a rule twice", "R-AGR-4", "duplicate-entry", rule(k13=["US", "US"])),
    Case("party twice in the agreement", "R-AGR-4", "duplicate-entry", agreement(k7=["RU", "US", "US"])),
    Case("alternative twice", "R-AGR-4", "duplicate-entry", rule(k12=["purpose", "purpose"])),
    Case("alternative that no field is", "R-AGR-5", "inconsistent", rule(k12=["warhead"])),
    Case("path through no record", "R-AGR-5", "inconsistent", rule(k5="category.x")),
    Case("roles of what has none", "R-AGR-5", "inconsistent", rule(k14=[1])),
    Case("limit of an enumeration", "R-AGR-5", "inconsistent", rule(k1=8, k7=None, k8=COUNT)),
    Case(
        "count in kilometres",
        "R-AGR-5",
        "inconsistent",
        rule(k1=8, k5="launch_count", k7=None, k8={1: 2, 2: 5, 3: 4}),
    ),
    Case("length in hours", "R-AGR-5", "inconsistent", rule(k5="range", k7=None, k8=DAY)),
    Case("sector of no direction", "R-AGR-6", "unknown-value", rule(k5="direction", k7=[17])),
    Case("boolean of 2", "R-AGR-6", "unknown-value", rule(k1=7, k5="distances.crosses", k7=[2])),
    Case(
        "withholding of no category",
        "R-AGR-6",
        "unknown-value",
        rule(k1=11, k2=5, k5="launch", k7=[9], k8={1: 2, 2: 2}),
    ),
    Case("scope of a text", "R-AGR-5", "inconsistent", rule(k5="remark")),
    Case("condition on a date", "R-AGR-5", "inconsistent", rule(k6=[{1: "planned_date", 2: [1]}])),
    Case("area form of a number", "R-AGR-5", "inconsistent", rule(k1=4, k5="launch_count")),
    Case(
        "validity of a window",
        "R-AGR-5",
        "inconsistent",
        rule(k1=6, k5="window", k7=None, k8={1: 5, 2: 4, 3: 2}),
    ),
    Case("value of no category", "R-AGR-6", "unknown-value", rule(k7=[99])),
    Case("form of no area", "R-AGR-6", "unknown-value", rule(k1=4, k5="launch_area", k7=[99])),
    Case("what is lacking before what is twice", "R-AGR-1", "inconsistent", rule(k1=5, k7=[1, 1])),
    Case(
        "protocol before parties",
        "R-CHAN-1",
        "unknown-value",
        lambda raw: {**raw, 1: "LNP/2", 6: raw[6][::-1]},
    ),
    Case(
        "parties before thresholds",
        "R-CHAN-1",
        "unsorted",
        lambda raw: party(1, k2=3)({**raw, 6: raw[6][::-1]}),
    ),
]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=case.name, marks=[pytest.mark.requirement(n) for n in case.requirements.split()]
        )
        for case in CASES
    ],
)
def test_descriptor_that_breaks_one_rule_is_refused(case: Case) -> None:
    raw = case.change(good())
    with pytest.raises(Refused) as caught:
        Channel.load(cbor2.dumps({key: raw[key] for key in sorted(raw)}))
    assert caught.value.code.value == case.code


@pytest.mark.requirement("R-CHAN-1")
@pytest.mark.requirement("R-CHAN-2")
@pytest.mark.requirement("R-AGR-1")
@pytest.mark.requirement("R-REC-6")
@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.name.lower())
def test_descriptor_that_breaks_none_is_a_channel(suite: Suite) -> None:
    data = cbor2.dumps(good(suite))
    assert Channel.load(data).data == data


@pytest.mark.requirement("R-CHAN-1")
def test_identity_of_a_hybrid_authority_has_both_thumbprints() -> None:
    raw = good(Suite.HYBRID)
    with pytest.raises(Refused, match="unsatisfiable"):
        Channel.load(cbor2.dumps(party(0, k2=1, k3=prints(raw, 0)[:3])(raw)))


@pytest.mark.requirement("R-CBOR-1")
def test_descriptor_beyond_its_bound_is_too_large() -> None:
    with pytest.raises(Refused, match="too-large"):
        Channel.load(bytes(MAX_DESCRIPTOR + 1))


@pytest.mark.requirement("R-CHAN-3")
def test_descriptor_is_not_received() -> None:
    """It comes out of band: as bytes from the wire it is no message."""
    w = world()
    step = w.receive(w.channel.data)
    assert step.refusal is not None
    assert step.refusal.code.value == "not-cose-sign"
