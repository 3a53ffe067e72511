"""What is wrong with a form is told all at once, each with its key, what belongs there, what stands there."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import load_agreement
from launchnotice.compose import COMPOSED, Composed, Form, Mistake, Unreadable, compose, parse_form
from launchnotice.compose.template import template
from launchnotice.registry import Kind
from launchnotice.wire.launch import LaunchNotification
from tests.compose.test_template import filled
from tests.support import NOW


def change_of(record: Any, **values: Any) -> Any:
    return type(record)(**{**{row.name: getattr(record, row.name) for row in record.FIELDS}, **values})


AGREEMENT = load_agreement("us-ussr-1988")

EVERYTHING_WRONG = """\
kind = "launch notification"
agreement = "us-ussr-1988"
category = "ballistic misile"
generic_clas = "icbm"
planned_date = 2027-15-01   # day and month swapped, and no quotation marks
launch_count = "two"
direction = { azimuth = 42.5 }
range = { at_least = "9000 km", at_most = "5000 km" }

[launch_area]
form = "land region"

[[impact_areas]]
form = "circle"
latitude = "48.5"
longitude = "009-20-08N"
radius = "12.3 nmi"

[[impact_areas]]
form = "polygon"
points = ["48-30-52N 009-20-08E", "009-20-08E 48-30-52N", "50N 9.5E"]

[[impact_areas]]
form = "polygon"
points = ["10N 10E", "20N 20E", "10N 20E", "20N 10E"]
"""


def mistakes(text: str | dict[str, Any]) -> list[Mistake]:
    return list(compose(text, NOW, AGREEMENT).mistakes)


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    found = compose(EVERYTHING_WRONG, NOW, AGREEMENT)
    assert found.body is None
    assert found.kind is Kind.LAUNCH
    assert [(one.line, one.key) for one in found.mistakes] == [
        (3, "category"),
        (4, "generic_clas"),
        (5, "planned_date"),
        (6, "launch_count"),
        (7, "direction.azimuth"),
        (8, "range"),
        (10, "launch_area"),
        (15, "impact_areas[1].latitude"),
        (16, "impact_areas[1].longitude"),
        (17, "impact_areas[1].radius"),
        (21, "impact_areas[2].points[2]"),
        (23, "impact_areas[3]"),
    ]


CASES = {
    one["name"]: one
    for one in tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))["cases"]
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_has_its_key_what_belongs_there_and_what_stands_there(case: dict[str, str]) -> None:
    form = case["form"]
    timed = "window" in form or "planned_date" in form
    head = [
        'kind = "launch notification"',
        'category = "target"',
        *([] if timed else ["planned_date = 2027-01-20"]),
    ]
    found = mistakes("\n".join([*head, form]))
    [told] = [one for one in found if one.key == case["key"]]
    assert case["expected"] in told.expected
    assert case["found"] in told.found
    assert len(found) == 1
    # Of a rule across fields of the whole no line is known.
    assert told.line == (len(head) + 1 if told.key else None)


def test_what_is_wrong_in_json_is_told_as_in_toml() -> None:
    for case in CASES.values():
        head = 'kind = "launch notification"\ncategory = "target"\nplanned_date = "2027-01-20"\n'
        if "planned_date" not in case["form"]:
            text = json.dumps(parse_form(head + case["form"]).values, default=_plain)
            assert case["key"] in [one.key for one in mistakes(text)], case["name"]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else float(value)


def test_rules_of_one_record_are_told_together() -> None:
    text = 'kind = "launch notification"\ncategory = "target"\ngroup = "series"\n'
    assert [one.key for one in mistakes(text)] == ["group", ""]


def test_more_mistakes_than_anybody_mends_are_not_told() -> None:
    form = {"kind": "launch notification", **{f"categori{n}": 1 for n in range(10_000)}}
    found = mistakes(form)
    assert len(found) == 101
    assert found[-1].found == "more than the 100 that are told"
    assert compose({**form, "category": "target", "planned_date": "2027-01-20"}, NOW).body is None


def test_what_nobody_can_send_is_told_as_a_whole() -> None:
    points = [f"{n % 50}.{n // 50}N {n}E" for n in range(1, 100)]
    area = {"form": "corridor", "points": points, "half_width": "1 km"}
    form = {"kind": "launch notification", "category": "target", "planned_date": "2027-01-20"}
    found = mistakes({**form, "launch_area": area, "impact_areas": [area]})
    assert [one.key for one in found] == [""]
    assert "not examined" in found[0].found


# The head of a form ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "", "launch", "receipt", "sync", 1, "mandate"])
def test_a_kind_is_named(name: Any) -> None:
    form = {} if name is None else {"kind": name}
    found = mistakes(form)
    assert [one.key for one in found] == ["kind"]
    assert found[0].expected == f"one of {', '.join(COMPOSED)}"


@pytest.mark.parametrize("name", ["launch notification", "Launch-Notification", "launch_notification"])
def test_a_kind_is_named_as_people_write_it(name: str) -> None:
    assert compose({"kind": name}, NOW).kind is Kind.LAUNCH


def test_another_agreement_is_told() -> None:
    form = {"kind": "communications check", "agreement": "hague-code"}
    assert [one.key for one in mistakes(form)] == ["agreement"]
    assert compose(form, NOW).mistakes == ()
    assert [one.key for one in compose({**form, "agreement": 1}, NOW).mistakes] == ["agreement"]


# Findings --------------------------------------------------------------------------------


def found_by(text: str, **more: Any) -> Composed:
    return compose({**tomllib.loads(text), **more}, NOW, AGREEMENT)


LAUNCH = filled(template(AGREEMENT, Kind.LAUNCH))


def test_findings_of_the_agreement_are_told_with_the_body() -> None:
    found = found_by(LAUNCH, category="sounding rocket", planned_date="2027-01-16")
    assert isinstance(found.body, LaunchNotification)
    assert {(one.name, one.subject) for one in found.findings} == {
        ("out-of-scope", "category"),
        ("late", "planned_date"),
    }


def test_findings_are_told_together_with_mistakes() -> None:
    """But not of what was given and could not be read: that is no lack of it."""
    found = found_by(LAUNCH, category="sounding rocket", planned_date="tomorrow", impact_areas="everywhere")
    assert [one.key for one in found.mistakes] == ["planned_date", "impact_areas"]
    assert [(one.name, one.subject) for one in found.findings] == [("out-of-scope", "category")]


def test_a_notification_within_an_amendment_is_judged_as_one() -> None:
    form = tomllib.loads(filled(template(AGREEMENT, Kind.AMENDMENT)))
    form["notification"] |= {"category": "target", "basing": "nowhere"}
    found = compose(form, NOW, AGREEMENT)
    assert [one.key for one in found.mistakes] == ["notification.basing"]
    assert [one.name for one in found.findings] == ["out-of-scope"]


def test_a_rule_for_one_party_is_looked_at_for_that_party() -> None:
    rule = change_of(AGREEMENT.rules[0], parties=("RU",))
    agreement = change_of(AGREEMENT, rules=(rule,))
    form = {**tomllib.loads(LAUNCH), "category": "target"}
    found = {code: compose(form, NOW, agreement, code).findings for code in ("", "US", "RU")}
    assert {code: [one.name for one in findings] for code, findings in found.items()} == {
        "": [],
        "US": [],
        "RU": ["out-of-scope"],
    }


def test_without_an_agreement_nothing_is_found() -> None:
    assert compose(LAUNCH, NOW).findings == ()


# Whatever it is --------------------------------------------------------------------------

LEAVES = ("2027-01-20", "2027-01-20T08:00:00Z", "12 nmi", "48N", "9E", "48N 9E", "icbm", "circle")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(LEAVES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["form", "start", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A form of any kind with one value replaced, anywhere in it."""
    kind = draw(st.sampled_from(list(COMPOSED.values())))
    form: Any = json.loads(json.dumps(tomllib.loads(filled(template(AGREEMENT, kind)))))
    at: Any = form
    while True:
        key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not at[key] or not isinstance(at[key], dict | list) or draw(st.booleans()):
            at[key] = draw(JSON)
            return {**form}
        at = at[key]


@given(spoilt())
@settings(max_examples=200, database=None, derandomize=True)
def test_a_form_composes_or_its_mistakes_are_told(form: dict[str, Any]) -> None:
    found = compose(form, NOW, AGREEMENT)
    assert (found.body is None) == bool(found.mistakes)
    # Nothing depends on how it is handed in.
    assert [one.key for one in compose(json.dumps(form), NOW, AGREEMENT).mistakes] == [
        one.key for one in found.mistakes
    ]


# Text that cannot be read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected", "line"),
    [
        ('kind = "x"\ncategory =\n', "TOML", 2),
        ('kind = "x"\nkind = "y"\n', "TOML", 2),
        ('{"kind": "x",\n}', "JSON", 2),
        ('{"kind": "x", "kind": "y"}', "each name once", None),
        ('{"kind": NaN}', "a number", None),
        (f'{{"kind": {"9" * 5000}}}', "shorter numbers", None),
        (f"kind = {'9' * 5000}", "shorter numbers", None),
        ('{"kind":' + "[" * 100_000, "levels", None),
        ("kind = " + "[" * 100_000, "levels", None),
        ("x" * 262_145, "characters", None),
        ("kind = 1\na" + ".a" * 100_000 + " = 1", "levels", 2),
        ("a = { b" + '."b"' * 50_000 + " = 1 }", "levels", 1),
        ("[a" + " . a" * 50_000 + "]", "levels", 1),
        ("launch_count = 1 2", "TOML", 1),
        ("a = [2027-15-01, 2027-15-02 x", "TOML", 1),
        ("a = [" + "2027-15-01, " * 40 + "]", "fewer dates", None),
    ],
)  # fmt: skip
def test_what_is_no_form_is_told_in_one_mistake(text: str, expected: str, line: int | None) -> None:
    found = compose(text, NOW)
    assert (found.kind, found.body, found.findings) == (None, None, ())
    [mistake] = found.mistakes
    assert expected in mistake.expected
    assert mistake.line == line
    with pytest.raises(Unreadable):
        parse_form(text)


def test_lines_are_those_of_keys_whatever_stands_between() -> None:
    text = '''\
# [not.a.table]
"quoted key" = """
[neither]
a = 1
"""

[one.two]   # a comment with ] and =
a.b = [1, 2,
  3]  # [x]
'c' = \'\'\'
d = 2\'\'\'
[[list]]
e = { f = "=[", g = 2027-15-01 }
[[list]]
[list.below]
h = "\\"]"
'''
    assert parse_form(text).lines == {
        ("quoted key",): 2,
        ("one", "two"): 7,
        ("one", "two", "a", "b"): 8,
        ("one", "two", "c"): 10,
        ("list",): 12,
        ("list", 0): 12,
        ("list", 0, "e"): 13,
        ("list", 1): 14,
        ("list", 1, "below"): 15,
        ("list", 1, "below", "h"): 16,
    }
    assert parse_form('{"a": 1,\n "b": [1, {"c":\n 2},\n 3], "d\\n:": {}}').lines == {
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 2,
        ("b", 1): 2,
        ("b", 1, "c"): 2,
        ("b", 2): 3,
        ("d\n:",): 4,
    }


def test_nothing_of_a_form_is_in_a_repr() -> None:
    found = compose({"kind": "launch notification", "remark": 5, "category": "secret"}, NOW)
    assert "secret" not in repr(found) + repr(found.mistakes) + repr(Form({"kind": "secret"}))
