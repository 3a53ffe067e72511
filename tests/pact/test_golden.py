"""Every agreement that ships: notices that satisfy it, and for each rule one that breaks just that rule.

The cases are data (`golden/*.toml`), with the findings that they must have. ``pytest -s -k table
tests/pact/test_golden.py`` prints the table: agreement, rule, case, finding.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from launchnotice import Agreement, Finding, load_agreement
from launchnotice.pact.agreement import Rule
from launchnotice.pact.agreementfile import agreements
from launchnotice.pact.judge import Heard, Judge, Unannounced
from launchnotice.registry import KINDS, Category, Check, Evidence, label
from launchnotice.wire import times
from launchnotice.wire.message import BODIES
from launchnotice.wire.notices import LaunchNotification
from launchnotice.wire.record import Record

GOLDEN = Path(__file__).parent / "golden"
KIND_OF = {row.label: kind for kind, row in KINDS.items()}
SILENT = {Check.VALIDITY, Check.NOT_OWED}
"""Checks that give no finding; nor does a step that is owed without a time."""


class Case(NamedTuple):
    """A notice in its circumstances and what must be found: by which rule, None if it is in good order."""

    name: str
    kind: int
    body: Record
    heard: Heard
    rule: Any
    finding: dict[str, str]


@cache
def golden(name: str) -> dict[str, Any]:
    return tomllib.loads((GOLDEN / f"{name}.toml").read_text(encoding="utf-8"))


def cases(name: str) -> list[Case]:
    return [_case(golden(name), one) for one in golden(name)["cases"]]


def _case(data: dict[str, Any], one: dict[str, Any]) -> Case:
    kind, body = notice(data, one["notice"], one.get("change", {}), one.get("without", ()))
    issued = times.parse_instant(one.get("issued", data["issued"]))
    answered = one.get("answered")
    heard = Heard(
        sender=one.get("sender", data["sender"]),
        issued=issued,
        received=times.parse_instant(one["received"]) if "received" in one else issued,
        launch=_launch(data, one["launch"]) if "launch" in one else None,
        answered=(
            (times.parse_instant(answered["issued"]), times.parse_instant(answered["received"]))
            if answered
            else None
        ),
        withheld=[_unannounced(raw) for raw in one.get("withheld", ())],
    )
    return Case(one["name"], kind, body, heard, one.get("rule"), one.get("finding", {}))


def notice(
    data: dict[str, Any], name: str, change: dict[str, Any] | None = None, without: Any = ()
) -> tuple[int, Record]:
    found = data["notices"][name]
    kind = KIND_OF[found["kind"]]
    raw = {key: value for key, value in found["body"].items() if key not in without}
    return kind, BODIES[kind].from_json({**raw, **(change or {})})


def _launch(data: dict[str, Any], name: str) -> LaunchNotification:
    _, body = notice(data, name)
    assert isinstance(body, LaunchNotification)
    return body


def _unannounced(raw: dict[str, Any]) -> Unannounced:
    category = Category[raw["category"].upper().replace(" ", "_")]
    return Unannounced(times.parse_instant(raw["launched_at"]), category, raw["launches"])


EVERY = [pytest.param(name, one, id=f"{name}: {one.name}") for name in agreements() for one in cases(name)]


@pytest.mark.requirement("R-AGR-2")
@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_notice_has_the_finding_of_the_rule_that_it_breaks_and_no_other(name: str, case: Case) -> None:
    agreement = load_agreement(name)
    found = Judge(agreement)(case.kind, case.body, case.heard)
    assert [_told(one) for one in found] == ([_expected(agreement, case)] if case.rule else [])


def _told(finding: Finding) -> dict[str, Any]:
    return {row.name: getattr(finding, row.name) for row in Finding.FIELDS}


def _expected(agreement: Agreement, case: Case) -> dict[str, Any]:
    finding = {**case.finding, "name": case.finding["code"]}
    del finding["code"]
    if case.rule == "period":
        assert agreement.period is not None
        return {**finding, "article": agreement.period.article, "evidence": agreement.period.evidence}
    rule = agreement.rules[case.rule - 1]
    return {"subject": rule.subject, **finding, "article": rule.article, "evidence": rule.known}


@pytest.mark.parametrize("name", agreements())
def test_every_rule_is_broken_by_a_case_and_every_agreement_satisfied_by_one(name: str) -> None:
    agreement = load_agreement(name)
    broken = {case.rule for case in cases(name)}
    assert None in broken
    speaking = {n for n, rule in enumerate(agreement.rules, 1) if _gives_findings(rule)}
    assert broken - {None, "period"} == speaking
    assert ("period" in broken) == (agreement.period is not None)


def _gives_findings(rule: Rule) -> bool:
    return rule.check not in SILENT and not (rule.check is Check.OWED and rule.limit is None)


@pytest.mark.parametrize("name", agreements())
def test_what_gives_no_finding_gives_spans_and_says_what_is_owed(name: str) -> None:
    agreement, data = load_agreement(name), golden(name)
    for span in data.get("spans", ()):
        kind, body = notice(data, span["notice"])
        expected = times.parse_instant(span["start"]), times.parse_instant(span["end"])
        assert agreement.validity(kind, body) == expected
    checks = {rule.check for rule in agreement.rules}
    assert bool(data.get("spans")) == (Check.VALIDITY in checks)
    said = {KINDS[kind].label: rule for kind in KINDS if (rule := agreement.owed(kind)) is not None}
    assert {kind: label(rule.check) for kind, rule in said.items()} == data.get("steps", {})


@pytest.mark.parametrize("name", agreements())
def test_what_is_not_verified_says_so(name: str) -> None:
    agreement = load_agreement(name)
    for rule in agreement.rules:
        assert ("provisional" in rule.words()) == (rule.known is Evidence.PROVISIONAL)
    assert agreement.illustrative == ("illustrative" in name) == agreement.title.startswith("ILLUSTRATIVE")
    if agreement.illustrative:
        assert {rule.known for rule in agreement.rules} == {Evidence.PROVISIONAL}


def test_the_table() -> None:
    """Agreement × rule × case; with ``-s`` it is printed."""
    lines = []
    for name in agreements():
        agreement = load_agreement(name)
        lines += ["", f"{agreement.title} [{name}]"]
        judge, made = Judge(agreement), cases(name)
        for number, rule in enumerate(agreement.rules, 1):
            lines.append(f"{number:>4}. {KINDS[rule.kind].label}: {rule.words()}")
            lines += [_line(judge, case) for case in made if case.rule == number]
        lines += ["   in force", *(_line(judge, case) for case in made if case.rule == "period")]
        lines += ["   in good order", *(_line(judge, case) for case in made if not case.rule)]
    assert sum("in good order" in line for line in lines) == len(agreements())
    assert sum(line.startswith("      - ") for line in lines) == len(EVERY)
    print("\n".join(lines))


def _line(judge: Judge, case: Case) -> str:
    found = judge(case.kind, case.body, case.heard)
    said = "; ".join(f"{one.name} (expected {one.expected}, found {one.found})" for one in found)
    return f"      - {case.name} -> {said or 'no finding'}"
