"""The 1988 agreement as a file: golden notices, one broken rule at a time; the file alone decides."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import Agreement, Finding, UsageError, load_agreement, parse_agreement
from launchnotice.pact.agreementfile import MAX_PROBLEMS
from launchnotice.pact.judge import Heard, Judge
from launchnotice.registry import (
    Basing,
    Category,
    Check,
    Evidence,
    FindingCode,
    GenericClass,
    Kind,
    LengthUnit,
    Ocean,
    Purpose,
    Quadrant,
    Usage,
)
from launchnotice.wire.geo import Circle, LandRegion, OceanQuadrant, Point, WaterBody
from launchnotice.wire.notices import LaunchNotification, Window
from tests.support import NOW, launch
from tests.support.template import template

NAME = "us-ussr-1988"
DAY = 86_400
START = (NOW // DAY + 3) * DAY
"""00:00 UTC of the date that `launch` plans."""
SOURCE = (resources.files("launchnotice") / "data" / "agreements" / f"{NAME}.toml").read_text("utf-8")
CIRCLE = Circle(latitude=32_400_000, longitude=603_000_000, radius=18_520, unit=LengthUnit.NAUTICAL_MILE)
QUADRANT = OceanQuadrant(ocean=Ocean.PACIFIC, quadrant=Quadrant.NORTH_EAST)


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return load_agreement(NAME)


def judged(
    agreement: Agreement, body: LaunchNotification, received: int = NOW, issued: int = NOW
) -> list[Finding]:
    return Judge(agreement)(Kind.LAUNCH, body, Heard("US", issued, received))


GOLDEN = [
    launch(),
    launch(generic_class=GenericClass.SLBM, basing=Basing.SUBMARINE, launch_area=QUADRANT),
    launch(basing=Basing.SUBMARINE, launch_area=WaterBody(name="Barents Sea")),
    launch(basing=None),
    launch(launch_area=CIRCLE),
    launch(impact_areas=(CIRCLE, CIRCLE)),
    launch(purpose=Purpose.TRAINING, remark="routine", launch_count=2),
]


@pytest.mark.parametrize("body", GOLDEN)
def test_a_notice_in_good_order_has_no_finding(agreement: Agreement, body: LaunchNotification) -> None:
    assert judged(agreement, body) == []


BROKEN: list[tuple[dict[str, Any], tuple[Any, ...], tuple[str, str]]] = [
    (
        {"category": Category.SPACE_LAUNCH_VEHICLE},
        (FindingCode.OUT_OF_SCOPE, "category", "Article I", Evidence.VERIFIED),
        ("ballistic missile", "space launch vehicle"),
    ),
    (
        {"generic_class": GenericClass.SLV},
        (FindingCode.OUT_OF_SCOPE, "generic_class", "Article I", Evidence.VERIFIED),
        ("icbm or slbm", "slv"),
    ),
    (
        {"planned_date": None, "window": Window(start=START, end=START + DAY)},
        (FindingCode.MISSING, "planned_date", "Article I", Evidence.VERIFIED),
        ("given", "absent"),
    ),
    (
        {"launch_area": None},
        (FindingCode.MISSING, "launch_area", "Article I", Evidence.VERIFIED),
        ("given", "absent"),
    ),
    (
        {"impact_areas": ()},
        (FindingCode.MISSING, "impact_areas", "Article I", Evidence.VERIFIED),
        ("given", "absent"),
    ),
    (
        {"launch_area": Point(latitude=1, longitude=1)},
        (FindingCode.AREA_FORM, "launch_area", "Article III(1)", Evidence.PROVISIONAL),
        ("land region or polygon or circle", "point"),
    ),
    (
        {"basing": Basing.SUBMARINE, "launch_area": CIRCLE},
        (FindingCode.AREA_FORM, "launch_area", "Article III(2)", Evidence.VERIFIED),
        ("ocean quadrant or water body", "circle"),
    ),
    (
        {"impact_areas": (CIRCLE, LandRegion(name="Kura"))},
        (FindingCode.AREA_FORM, "impact_areas", "Article III(3)", Evidence.VERIFIED),
        ("polygon or circle", "land region"),
    ),
]


@pytest.mark.requirement("R-AGR-2")
@pytest.mark.parametrize(("change", "what", "values"), BROKEN)
def test_a_notice_that_breaks_one_rule_has_that_finding_alone(
    agreement: Agreement, change: dict[str, Any], what: tuple[Any, ...], values: tuple[str, str]
) -> None:
    (finding,) = judged(agreement, launch(**change))
    assert (finding.code, finding.subject, finding.article, finding.evidence) == what
    assert (finding.expected, finding.found) == values


def test_every_rule_that_can_be_broken_is_broken_above(agreement: Agreement) -> None:
    """But lead time, which has its own tests, and validity, which is no finding."""
    codes = {Check.SCOPE: FindingCode.OUT_OF_SCOPE, Check.REQUIRED: FindingCode.MISSING}
    codes |= {Check.AREA_FORM: FindingCode.AREA_FORM}
    rules = {(codes[r.check], r.subject, r.article, r.known) for r in agreement.rules if r.check in codes}
    assert rules == {what for _, what, _ in BROKEN}
    others = {rule.check for rule in agreement.rules if rule.check not in codes}
    assert others == {Check.LEAD_TIME, Check.VALIDITY, Check.NOT_OWED}


@given(st.lists(st.sampled_from(range(len(BROKEN))), max_size=5, unique=True))
def test_findings_add_up(chosen: list[int]) -> None:
    """Two broken rules give both findings, unless both change one field."""
    changes = [BROKEN[n] for n in chosen]
    fields = [name for change, _, _ in changes for name in change]
    if len(set(fields)) < len(fields) or {"launch_area", "basing"} <= set(fields):
        return
    merged = {name: value for change, _, _ in changes for name, value in change.items()}
    found = judged(load_agreement(NAME), launch(**merged))
    assert {(f.code, f.subject) for f in found} == {what[:2] for _, what, _ in changes}


# Lead time -----------------------------------------------------------------------------------


@pytest.mark.requirement("R-AGR-2")
@pytest.mark.parametrize(("before", "late"), [(DAY + 1, False), (DAY, False), (DAY - 1, True), (-1, True)])
def test_exactly_24_hours_before_the_date_is_in_time_and_a_second_less_is_late(
    agreement: Agreement, before: int, *, late: bool
) -> None:
    found = judged(agreement, launch(), received=START - before, issued=START - before)
    assert [finding.code for finding in found] == [FindingCode.LATE] * late
    if late:
        assert found[0].expected == "received by 2027-01-17T00:00:00Z (at least 24 hours before)"
        assert (found[0].article, found[0].evidence) == ("Article I", Evidence.PROVISIONAL)


def test_lead_time_counts_from_receipt_and_not_from_issue(agreement: Agreement) -> None:
    assert judged(agreement, launch(), received=START - DAY, issued=START) == []
    assert judged(agreement, launch(), received=START - DAY + 1, issued=START - 9 * DAY) != []


def test_lead_time_of_a_window_counts_to_its_first_second(agreement: Agreement) -> None:
    body = launch(planned_date=None, window=Window(start=START + 7, end=START + 8))
    for received, late in ((START + 7 - DAY, False), (START + 8 - DAY, True)):
        codes = [finding.code for finding in judged(agreement, body, received=received)]
        assert (FindingCode.LATE in codes) == late


@pytest.mark.parametrize("day", [0, 1, 2_932_896])
def test_the_first_and_the_last_date_can_be_judged(agreement: Agreement, day: int) -> None:
    """A lead time before 1970 is still shown as a time."""
    body = launch(planned_date=day)
    codes = {finding.code for finding in judged(agreement, body)}
    assert codes == ({FindingCode.LATE} if day < 3 else set())
    span = agreement.validity(Kind.LAUNCH, body)
    assert span is not None
    assert span[0] == day * DAY


def test_a_named_date_is_valid_for_four_days_from_its_first_second() -> None:
    made = template()
    ru, notice = made.open("RU"), made.forger("US").notice()
    ru.receive(notice.data, NOW)
    for at in (-1, 0, 4 * DAY - 1, 4 * DAY):
        view = ru.launch(notice.id, START + at)
        assert view.span == (START, START + 4 * DAY)
        assert (view.open, view.lapsed) == (0 <= at < 4 * DAY, at >= 4 * DAY)


# The file decides ------------------------------------------------------------------------------


def test_changing_a_number_in_the_file_changes_the_finding() -> None:
    body = launch()
    edited = parse_agreement(SOURCE.replace("at least 24", "at least 48"))
    at = START - 30 * 3_600
    assert judged(load_agreement(NAME), body, received=at) == []
    (finding,) = judged(edited, body, received=at)
    assert finding.expected == "received by 2027-01-16T00:00:00Z (at least 48 hours before)"
    five = parse_agreement(SOURCE.replace("exactly 4", "exactly 5"))
    assert five.validity(Kind.LAUNCH, body) == (START, START + 5 * DAY)
    wider = parse_agreement(SOURCE.replace('values = ["polygon", "circle"]', 'values = ["polygon"]'))
    assert [f.code for f in judged(wider, body)] == [FindingCode.AREA_FORM]
    issued = parse_agreement(SOURCE.replace('anchor = "received"', 'anchor = "issued"'))
    assert judged(issued, body, received=START, issued=START - DAY) == []


def test_a_constant_that_was_not_read_marks_the_finding_provisional() -> None:
    note = 'subject = "category"\nprovisional = ["values"]'
    marked = parse_agreement(SOURCE.replace('subject = "category"', note))
    (finding,) = judged(marked, launch(category=Category.SPACE_LAUNCH_VEHICLE))
    assert finding.evidence is Evidence.PROVISIONAL
    for rule in load_agreement(NAME).rules:
        assert rule.known is (Evidence.PROVISIONAL if rule.provisional else rule.evidence)


def test_every_rule_cites_its_article_and_no_source_names_an_agreement(agreement: Agreement) -> None:
    assert all(rule.article.startswith("Article ") for rule in agreement.rules)
    root = Path(str(resources.files("launchnotice")))
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.relative_to(root).parts[0] != "cli":  # the demonstration and the commands are applications
            code = re.sub(r'"""[\s\S]*?"""|#.*', "", text)
            assert NAME not in code, path
            assert not re.search(r"1988|\bus.ussr|\bArticle [IVX]", code), path


def test_the_file_survives_the_wire_and_json(agreement: Agreement) -> None:
    assert Agreement.load(agreement.dump()) == agreement
    assert Agreement.from_json(agreement.to_json()) == agreement


RULE = """
[[rules]]
check = "lead time"
kind = "launch notification"
article = "Article 2"
evidence = "verified"
subject = "window"
limit = "at least 3 calendar days"
anchor = "received"
"""
HEAD = """
id = "x"
title = "X"
status = "nowhere"
sources = ["nothing"]
"""
WRONG: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "no TOML": ("not toml = = 1", [("the file", "Expected", "TOML")]),
    "nothing": ("", [(name, "nothing", "") for name in ("id", "title", "status", "sources", "rules")]),
    "a number for a text": ("id = 5\n" + HEAD.replace('id = "x"', "") + RULE, [("id", "5", "text")]),
    "an unknown check": (RULE.replace("lead time", "taste"), [("rules.1.check", '"taste"', "scope")]),
    "an unknown kind": (
        RULE.replace("launch notif", "notif"),
        [("rules.1.kind", '"notification"', "launch")],
    ),
    "kinds are no numbers": (RULE.replace('"launch notification"', "1"), [("rules.1.kind", "1", "launch")]),
    "an unknown key": (RULE + "amount = 3", [("rules.1.amount", "an unknown key", "check, kind")]),
    "an unknown field": (
        RULE.replace("window", "colour"),
        [("rules.1", "a contradiction", "has no field of the name")],
    ),
    "an unknown unit": (
        RULE.replace("calendar days", "moons"),
        [("rules.1.limit", '"at least 3 moons"', "units")],
    ),
    "an unknown bound": (
        RULE.replace("at least", "about"),
        [("rules.1.limit", '"about 3', "at least 24 hours")],
    ),
    "half an hour": (RULE.replace("3 calendar days", "0.5 hours"), [("rules.1.limit", "0.5", "phrase")]),
    "a lead time of kilometres": (
        RULE.replace("calendar days", "kilometres"),
        [("rules.1", "a contradiction", "minutes, hours or calendar days")],
    ),
    "no anchor": (RULE.replace('anchor = "received"', ""), [("rules.1", "a contradiction", "anchor")]),
    "no offset": (RULE + 'offset = "5:30"', [("rules.1.offset", '"5:30"', "+05:30")]),
    "an offset of no zone": (RULE + 'offset = "+15:00"', [("rules.1", "a contradiction", "-720 to 840")]),
    "values of no list": (RULE + 'values = "icbm"', [("rules.1.values", '"icbm"', "a list")]),
    "values of what has none": (
        RULE + 'values = ["icbm"]',
        [("rules.1.values", "icbm", "field that has values")],
    ),
    "an unknown value": (
        RULE.replace("window", "category") + 'values = ["rocket"]',
        [("rules.1.values", "rocket", "ballistic missile")],
    ),
    "a condition on no field": (
        RULE + 'when = { mood = ["good"] }',
        [("rules.1.when.mood", "good", "a field")],
    ),
    "a condition on no value": (
        RULE + 'when = { basing = ["moon"] }',
        [("rules.1.when.basing", "moon", "submarine")],
    ),
    "a condition that is no phrase": (
        RULE + 'when = { launch_count = "many" }',
        [("rules.1.when.launch_count", '"many"', "at least")],
    ),
    "verified without an article": (
        RULE.replace('article = "Article 2"', ""),
        [("rules.1.article", "nothing", "in which it was read")],
    ),
    "rules that are no tables": ("rules = 5", [("rules", "5", "tables")]),
    "a rule that is no table": ("rules = [5]", [("rules.1", "5", "a table")]),
    "a date in quotes": (
        RULE + '[period]\nsince = "2005-10-03"\narticle = "8"\nevidence = "verified"',
        [("period.since", '"2005-10-03"', "without quotes")],
    ),
    "a period without a day": (
        RULE + '[period]\narticle = "8"',
        [("period", "a contradiction", "since or until")],
    ),
    "a party that is none": (
        'parties = ["IN", "PK"]' + RULE + 'parties = ["CN"]',
        [("the file", "a contradiction", "party that the agreement does not have")],
    ),
    "two things at once": (
        RULE.replace("received", "dreamt") + 'article_number = 2\n[[rules]]\ncheck = "scope"',
        [
            ("rules.1.article_number", "an unknown key", "check"),
            ("rules.1.anchor", '"dreamt"', "received"),
            ("rules.2.kind", "nothing", "kind"),
            ("rules.2.subject", "nothing", "field"),
        ],
    ),
}


@pytest.mark.requirement("R-AGR-1")
@pytest.mark.requirement("R-AGR-7")
@pytest.mark.parametrize("name", WRONG)
def test_everything_that_is_wrong_with_a_file_is_told_with_key_found_and_expected(name: str) -> None:
    text, expected = WRONG[name]
    whole = text if name in {"no TOML", "nothing", "a number for a text"} else HEAD + text
    with pytest.raises(UsageError) as raised:
        parse_agreement(whole)
    assert raised.value.code is Usage.BAD_VALUE
    problems = raised.value.problems
    assert [one.key for one in problems] == [key for key, _, _ in expected], problems
    for problem, (key, found, wanted) in zip(problems, expected, strict=True):
        assert found in problem.found, problem
        assert wanted in problem.expected, problem
        assert str(problem) in raised.value.detail
        assert key in raised.value.detail


def test_a_file_without_its_faults_is_read() -> None:
    (rule,) = parse_agreement(HEAD + RULE).rules
    assert rule.words() == "notice at least three calendar days before, counted from receipt (Art. 2)"


def test_what_has_no_source_is_provisional() -> None:
    bare = RULE.replace('article = "Article 2"\nevidence = "verified"\n', "")
    (rule,) = parse_agreement(HEAD + bare).rules
    assert (rule.article, rule.known) == ("no source", Evidence.PROVISIONAL)
    assert rule.words().endswith("(no source, provisional)")


def test_a_file_with_many_faults_tells_the_first_ones_and_how_many_more() -> None:
    with pytest.raises(UsageError) as raised:
        parse_agreement(HEAD + RULE.replace("lead time", "taste") * 80)
    assert len(raised.value.problems) == MAX_PROBLEMS
    assert raised.value.detail.endswith("and 30 more")


def test_two_agreements_that_differ_in_one_constant_have_different_digests(agreement: Agreement) -> None:
    edited = parse_agreement(SOURCE.replace("at least 24", "at least 25"))
    assert agreement.digest == load_agreement(NAME).digest == parse_agreement("# a word\n" + SOURCE).digest
    assert edited.digest != agreement.digest
    assert agreement.digest == hashlib.sha256(cbor2.dumps(agreement.dump())).digest()


def test_an_agreement_that_does_not_ship_is_named() -> None:
    with pytest.raises(UsageError, match=NAME):
        load_agreement("../../secrets")
