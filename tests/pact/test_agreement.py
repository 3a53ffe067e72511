"""The 1988 agreement as a file: golden notices, one broken rule at a time; the file alone decides."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import Agreement, Finding, UsageError, load_agreement, parse_agreement
from launchnotice.pact.agreement import Judge, agreements
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
    return Judge(agreement)(Kind.LAUNCH, body, issued, received)


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
    others = [rule.check for rule in agreement.rules if rule.check not in codes]
    assert sorted(others) == [Check.LEAD_TIME, Check.VALIDITY]


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
        assert found[0].expected == "received by 2027-01-17T00:00:00Z (24 hours)"
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
    edited = parse_agreement(SOURCE.replace("amount = 24", "amount = 48"))
    at = START - 30 * 3_600
    assert judged(load_agreement(NAME), body, received=at) == []
    (finding,) = judged(edited, body, received=at)
    assert finding.expected == "received by 2027-01-16T00:00:00Z (48 hours)"
    five = parse_agreement(SOURCE.replace("amount = 4\n", "amount = 5\n"))
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
    assert agreements() == [NAME]
    root = Path(str(resources.files("launchnotice")))
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.relative_to(root).parts[0] != "cli":  # the demonstration and the commands are applications
            assert NAME not in text, path
            code = re.sub(r'"""[\s\S]*?"""|#.*', "", text)
            assert not re.search(r"1988|\bus.ussr|\bArticle [IVX]", code), path


def test_the_file_survives_the_wire_and_json(agreement: Agreement) -> None:
    assert Agreement.load(agreement.dump()) == agreement
    assert Agreement.from_json(agreement.to_json()) == agreement


WRONG = [
    "",
    "not toml = = 1",
    "id = 5",
    SOURCE.replace('check = "scope"', 'check = "taste"'),
    SOURCE.replace('values = ["ballistic missile"]', 'values = ["rocket"]'),
    SOURCE.replace('values = ["ballistic missile"]', "values = 7"),
    SOURCE.replace('values = ["ballistic missile"]', 'values = ["ballistic missile", "ballistic missile"]'),
    SOURCE.replace('subject = "category"', 'subject = "colour"'),
    SOURCE.replace('subject = "category"', 'subject = "impact_areas"'),
    SOURCE.replace('subject = "category"', 'subject = "launch_count"'),
    SOURCE.replace('unit = "hours"', 'unit = "moons"'),
    SOURCE.replace('anchor = "received"\n', ""),
    SOURCE.replace("amount = 24", "amount = 24.5"),
    SOURCE.replace("amount = 24", "amount = -24"),
    SOURCE.replace("kind = 1", 'kind = "launch"', 1),
    SOURCE.replace("kind = 1", "kind = [1]", 1),
    SOURCE.replace("when = { basing", "when = { mood"),
    SOURCE.replace("sources = [", "rules = 5\nsources = ["),
]


@pytest.mark.requirement("R-AGR-1")
@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_breaks_the_format_is_refused_when_it_is_read(text: str) -> None:
    assert text not in {SOURCE}
    with pytest.raises(UsageError) as raised:
        parse_agreement(text)
    assert raised.value.code is Usage.BAD_VALUE


def test_an_agreement_that_does_not_ship_is_named() -> None:
    with pytest.raises(UsageError, match=NAME):
        load_agreement("../../secrets")
