"""The short way of judging never passes what the long way has a finding on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import load_agreement
from launchnotice.pact import judge
from launchnotice.pact.agreement import Rule
from launchnotice.pact.agreementfile import agreements
from launchnotice.pact.judge import Heard, Judge
from launchnotice.pact.kept import plainly_kept
from launchnotice.registry import Check
from launchnotice.testing.strategies import bodies, notices
from launchnotice.wire.message import BODIES, KIND_OF
from launchnotice.wire.record import Record
from tests.support import NOW, launch

AGREEMENTS = {name: load_agreement(name) for name in agreements()}
HEARD = Heard("US", NOW, NOW)
RULES = [rule for one in AGREEMENTS.values() for rule in one.rules if plainly_kept(rule) is not None]


def without_tests(agreement: Any) -> Judge:
    found = Judge(agreement)
    for rows in found._rules.values():
        rows[:] = [row._replace(kept=None) for row in rows]
    return found


@pytest.mark.parametrize("name", AGREEMENTS)
@settings(max_examples=15)
@given(body=notices(flawed=True), received=st.integers(NOW - 10**7, NOW + 10**7))
def test_findings_are_the_same_without_the_tests(name: str, body: Record, received: int) -> None:
    kind, heard = KIND_OF[type(body)], HEARD._replace(received=received)
    assert Judge(AGREEMENTS[name])(kind, body, heard) == without_tests(AGREEMENTS[name])(kind, body, heard)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.article} {rule.subject}")
@settings(max_examples=6)
@given(data=st.data())
def test_a_rule_that_is_plainly_kept_has_no_finding(rule: Rule, data: st.DataObject) -> None:
    body = data.draw(bodies(rule.kind))
    test = plainly_kept(rule)
    assert test is not None
    if test(vars(body)) and rule.applies(body, HEARD.sender):
        assert list(checked(rule, body)) == []


def checked(rule: Rule, body: Record) -> Iterator[Any]:
    agreement = next(one for one in AGREEMENTS.values() if rule in one.rules)
    row = next(row for row in Judge(agreement)._rules[rule.kind] if row.rule == rule)
    yield from row.check(row, judge._Case(rule.kind, body, HEARD, agreement))


def test_the_rules_of_the_first_agreement_are_told_at_once_but_for_the_lead_time() -> None:
    rules = [
        rule
        for rule in AGREEMENTS["us-ussr-1988"].rules
        if rule.check in judge._CHECKS and rule.kind in BODIES
    ]
    rest = [rule for rule in rules if plainly_kept(rule) is None]
    assert {rule.check for rule in rest} == {Check.LEAD_TIME}
    kept = [test for test in map(plainly_kept, rules) if test is not None]
    assert all(test(vars(launch())) for test in kept)
