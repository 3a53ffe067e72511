"""Agreements as files: how they are read, what is wrong with one, and that the file alone decides."""

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

from launchnotice import Agreement, Channel, Finding, UsageError, load_agreement, parse_agreement
from launchnotice.pact.agreementfile import MAX_PROBLEMS, agreements
from launchnotice.pact.judge import Heard, Judge
from launchnotice.registry import (
    AreaRole,
    Category,
    Check,
    CivilSystem,
    Evidence,
    FindingCode,
    Kind,
    LengthUnit,
    Sector,
    Suite,
    Usage,
    label,
)
from launchnotice.wire import times
from launchnotice.wire.geo import AreaRecord, Circle, Point, Zone
from launchnotice.wire.notices import Bounds, CivilNotice, Direction, LaunchNotification, Window
from tests.support import NOW, launch, make_centre, make_channel
from tests.support.template import template

NAME = "us-ussr-1988"
DAY = 86_400
START = (NOW // DAY + 3) * DAY
"""00:00 UTC of the date that `launch` plans."""
SOURCE = (resources.files("launchnotice") / "data" / "agreements" / f"{NAME}.toml").read_text("utf-8")
CIRCLE = Circle(latitude=32_400_000, longitude=603_000_000, radius=18_520, unit=LengthUnit.NAUTICAL_MILE)


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return load_agreement(NAME)


def judged(
    agreement: Agreement, body: LaunchNotification, received: int = NOW, issued: int = NOW
) -> list[Finding]:
    return Judge(agreement)(Kind.LAUNCH, body, Heard("US", issued, received))


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


# An agreement that nobody has seen -----------------------------------------------------------------

UNSEEN = """
id = "freedonia-sylvania-1933"
title = "Treaty on Fireworks, Sylvania City, 17 November 1933"
status = "Freedonia and Sylvania; in force since it was signed"
sources = ["the treaty itself"]
parties = ["FR", "SY"]

[period]
since = 2026-01-01
until = 2028-02-29
article = "Article 9"
evidence = "verified"

[[rules]]
check = "scope"
kind = "launch notification"
article = "Article 1"
evidence = "verified"
subject = "apogee"
alternatives = ["range"]
limit = "at least 3 nautical miles"

[[rules]]
check = "scope"
kind = "launch notification"
article = "Article 1(2)"
evidence = "verified"
subject = "direction"
values = ["sw", "ssw"]
parties = ["SY"]

[[rules]]
check = "lead time"
kind = "launch notification"
article = "Article 2"
evidence = "verified"
subject = "window"
limit = "at least 2 calendar days"
anchor = "issued"
offset = "+05:45"

[[rules]]
check = "limit"
kind = "launch notification"
article = "Article 3"
evidence = "verified"
subject = "window"
limit = "exactly 90 minutes"

[[rules]]
check = "limit"
kind = "launch notification"
article = "Article 4"
evidence = "provisional"
subject = "launch_count"
limit = "at most 5"
when = { "hazard_areas.role" = ["debris"], category = ["sounding rocket"] }

[[rules]]
check = "area form"
kind = "launch notification"
article = "Article 5"
evidence = "verified"
subject = "hazard_areas"
values = ["circle"]
roles = ["debris", "stage"]

[[rules]]
check = "required"
kind = "launch notification"
article = "Article 6"
evidence = "verified"
subject = "civil_notices.system"
values = ["notam"]

[[rules]]
check = "owed"
kind = "launch report"
article = "Article 7"
evidence = "verified"
subject = "launch"
limit = "at most 90 minutes"
anchor = "end"
"""
MINUTE = 60
OPENS = times.parse_instant("2026-03-01T18:15:00Z")
"""Midnight of 2 March at UTC+05:45."""


def fireworks(**change: Any) -> LaunchNotification:
    """In good order under the treaty on fireworks."""
    values: dict[str, Any] = {
        "category": Category.SOUNDING_ROCKET,
        "window": Window(start=OPENS, end=OPENS + 90 * MINUTE),
        "apogee": Bounds(at_least=5_556),
        "direction": Direction(sector=Sector.SW),
        "launch_count": 6,
        "hazard_areas": (Zone(role=AreaRole.CLOSURE, area=Point(latitude=0, longitude=0)),),
        "civil_notices": (CivilNotice(system=CivilSystem.NOTAM, reference="A1/26"),),
    }
    return LaunchNotification(**{**values, **change})


def debris(area: AreaRecord) -> tuple[Zone, ...]:
    return (Zone(role=AreaRole.DEBRIS, area=area),)


LAST = times.parse_instant("2026-02-28T18:14:59Z")
"""The last second of the day before the day before, at UTC+05:45."""
UNSEEN_CASES: dict[str, tuple[LaunchNotification, str, int, list[tuple[str, str, str, str]]]] = {
    "in good order": (fireworks(), "SY", LAST, []),
    "one metre too low, and the range unknown": (fireworks(apogee=Bounds(at_most=5_555)), "SY", LAST, []),
    "one metre too low, and too short": (
        fireworks(apogee=Bounds(at_most=5_555), range=Bounds(at_most=10)),
        "SY",
        LAST,
        [("out-of-scope", "Article 1", "at least three nautical miles", "at most 5.555 km; at most 0.01 km")],
    ),
    "to the north": (
        fireworks(direction=Direction(azimuth=0)),
        "SY",
        LAST,
        [("out-of-scope", "Article 1(2)", "SW or SSW", "000.00 degrees")],
    ),
    "to the north, by the other party": (fireworks(direction=Direction(azimuth=0)), "FR", LAST, []),
    "a second into the day before": (
        fireworks(),
        "SY",
        LAST + 1,
        [
            (
                "late",
                "Article 2",
                "issued by 2026-02-28T18:14:59Z (at least two calendar days before)",
                "2026-02-28T18:15:00Z",
            )
        ],
    ),
    "a second too long": (
        fireworks(window=Window(start=OPENS, end=OPENS + 90 * MINUTE + 1)),
        "SY",
        LAST,
        [("outside-limit", "Article 3", "exactly 90 minutes", "90 minutes and 1 seconds")],
    ),
    "six with debris": (
        fireworks(hazard_areas=debris(CIRCLE)),
        "SY",
        LAST,
        [("outside-limit", "Article 4", "at most five", "6")],
    ),
    "debris on a point": (
        fireworks(hazard_areas=debris(Point(latitude=0, longitude=0)), launch_count=5),
        "SY",
        LAST,
        [("area-form", "Article 5", "circle", "point")],
    ),
    "told to ships alone": (
        fireworks(civil_notices=(CivilNotice(system=CivilSystem.NAVAREA, reference="1"),)),
        "SY",
        LAST,
        [("missing", "Article 6", "notam", "absent")],
    ),
    "told to nobody": (
        fireworks(civil_notices=()),
        "SY",
        LAST,
        [("missing", "Article 6", "notam", "absent")],
    ),
    "after the treaty": (
        fireworks(window=Window(start=OPENS + 1_000 * DAY, end=OPENS + 1_000 * DAY + 90 * MINUTE)),
        "SY",
        times.parse_instant("2028-03-01T00:00:00Z"),
        [("not-in-force", "Article 9", "from 2026-01-01 until 2028-02-29", "2028-03-01")],
    ),
}


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> Agreement:
    """The treaty, from a file that no version of the library has seen, carried by a channel's bytes."""
    path = tmp_path_factory.mktemp("agreements") / "freedonia-sylvania-1933.toml"
    path.write_text(UNSEEN, encoding="utf-8")
    agreement = parse_agreement(path.read_text(encoding="utf-8"))
    made = [make_centre(code, Suite.CLASSIC) for code in ("FR", "SY")]
    carried = make_channel(made, Suite.CLASSIC, agreement=agreement)
    return Channel.load(carried.data).descriptor.agreement


@pytest.mark.requirement("R-AGR-2")
@pytest.mark.parametrize("name", UNSEEN_CASES)
def test_an_agreement_that_nobody_has_seen_gives_the_right_findings(unseen: Agreement, name: str) -> None:
    body, sender, issued, expected = UNSEEN_CASES[name]
    found = Judge(unseen)(Kind.LAUNCH, body, Heard(sender, issued, issued))
    assert [(one.name, one.article, one.expected, one.found) for one in found] == expected
    for one in found:
        provisional = one.article == "Article 4"
        assert one.evidence is (Evidence.PROVISIONAL if provisional else Evidence.VERIFIED)


@given(st.integers(0, 200), st.integers(0, 200))
def test_whatever_number_stands_in_the_file_is_the_number_that_counts(hours: int, lead: int) -> None:
    edited = parse_agreement(SOURCE.replace("at least 24 hours", f"at least {hours} hours"))
    found = judged(edited, launch(), received=START - lead * 3_600)
    assert [one.code for one in found] == [FindingCode.LATE] * (lead < hours)
    again = judged(edited, launch(), received=START - hours * 3_600 + 1)
    assert [one.code for one in again] == [FindingCode.LATE]


PAGE = (Path(__file__).parents[2] / "docs" / "agreements.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    match = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert match, language
    return match[1]


def test_the_page_on_agreements_keeps_its_word(capsys: pytest.CaptureFixture[str]) -> None:
    written = parse_agreement(block("toml"))
    assert [rule.known for rule in written.rules] == [
        Evidence.PROVISIONAL,
        Evidence.VERIFIED,
        Evidence.VERIFIED,
    ]
    exec(block("python"), {})  # noqa: S102 - the page's own example
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == str(1_800_000_000 + 48 * 3_600)
    first = re.search(r"rule\.words\(\)\) +# (.*)", PAGE)
    assert first
    assert any(line.startswith(first[1].removesuffix("…)")) for line in printed)
    for name in agreements():
        assert f"`{name}`" in PAGE
    for check in Check:
        assert f"`{label(check)}`" in PAGE


# What holds of all files ---------------------------------------------------------------------------


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


def limited(subject: str, limit: str) -> str:
    """A rule that holds a field to a limit."""
    found = RULE.replace("lead time", "limit").replace("window", subject)
    return found.replace("at least 3 calendar days", limit).replace('anchor = "received"\n', "")


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
    "an unknown field": (RULE.replace("window", "windw"), [("rules.1.subject", '"windw"', "such as window")]),
    "a field of nothing": (
        RULE.replace("window", "zzz"),
        [("rules.1.subject", '"zzz"', "category, generic_class")],
    ),
    "an unknown alternative": (
        RULE + 'alternatives = ["planned_day"]',
        [("rules.1.alternatives", '"planned_day"', "such as planned_date")],
    ),
    "a length without a unit": (
        limited("distances.site", "at least 40"),
        [("rules.1.limit", '"at least 40"', "a limit of distances.site: kilometres, nautical miles")],
    ),
    "a count with a unit": (
        limited("launch_count", "at most 4 hours"),
        [("rules.1.limit", '"at most 4 hours"', "a limit of launch_count: a number alone")],
    ),
    "a limit of what has none": (
        limited("category", "at most 4"),
        [("rules.1.limit", '"at most 4"', "no limit: category has none")],
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
        [("rules.1.when.mood", "good", "a field of a launch notification")],
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
    "a key of very many parts": (
        "[a" + ".a" * 100_000 + "]",
        [("the file", "keys of very many parts on line 6", "fewer")],
    ),
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


LINES = SOURCE.splitlines()
VALUED = [number for number, line in enumerate(LINES) if " = " in line and not line.startswith("#")]
ODD = ["1", "-1", "1.5", "true", '""', '"x"', "[]", "[1]", '["x"]', "[[]]", "{}", "{ a = 1 }", "[{ a = 1 }]"]
ODD += [
    "1979-05-27",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    '"' + "x" * 2_000 + '"',
    "9" * 30,
    "inf",
    '"\\u0000"',
]


@given(
    st.dictionaries(st.sampled_from(VALUED), st.sampled_from(ODD), max_size=3),
    st.sets(st.sampled_from(range(len(LINES))), max_size=3),
)
def test_whatever_stands_in_a_file_it_is_an_agreement_or_told_to_be_none(
    odd: dict[int, str], gone: set[int]
) -> None:
    lines = [
        f"{line.partition(' = ')[0]} = {odd[number]}" if number in odd else line
        for number, line in enumerate(LINES)
        if number not in gone
    ]
    try:
        found = parse_agreement("\n".join(lines))
    except UsageError as error:
        assert error.code is Usage.BAD_VALUE
        assert error.problems
        for problem in error.problems:
            assert problem.key
            assert problem.found
            assert problem.expected
    else:
        assert Agreement.load(found.dump()) == found
        assert all(rule.words() for rule in found.rules)


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
