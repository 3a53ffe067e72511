"""`spec/registry.json` and `launchnotice.registry` say the same, in both directions."""

from __future__ import annotations

import re
from typing import Any

import pytest

from launchnotice import registry
from launchnotice.registry import KINDS, SUITE_ALGORITHMS, ContentType, Kind, KindClass, Policy, Suite
from launchnotice.registry.enumeration import IntEnum, StrEnum
from launchnotice.wire.codecs import kebab
from launchnotice.wire.message import BODIES
from tests.spec.texts import TEXT, enums, registry_file

FILE = registry_file()
CODES = {
    "refusals": registry.Refusal,
    "usage": registry.Usage,
    "findings": registry.FindingCode,
    "events": registry.EventCode,
    "needs": registry.Need,
    "launch_phases": registry.LaunchPhase,
    "query_phases": registry.QueryPhase,
}
OTHERS: set[type[IntEnum | StrEnum]] = {Kind, KindClass, Policy, ContentType}


def test_kinds_are_the_same() -> None:
    ours = [
        {
            "number": kind,
            "name": Kind(kind).name.lower(),
            "label": row.label,
            "class": row.kind_class.value,
            "policy": row.policy.value,
            "body": kebab(BODIES[kind].__name__),
        }
        for kind, row in KINDS.items()
    ]
    assert [{key: row[key] for key in ours[0]} for row in FILE["kinds"]] == ours
    assert set(KINDS) == set(Kind) == set(BODIES)


def test_every_kind_number_has_the_class_of_its_range() -> None:
    ranges = {row["label"]: range(row["first"], row["last"] + 1) for row in FILE["kind_classes"]}
    assert set(ranges) == {item.value for item in KindClass}
    for number in range(-1, 300):
        row = registry.kind_row(number)
        found = [name for name, numbers in ranges.items() if number in numbers]
        assert ([row.kind_class.value] if row else []) == found
        if row and number not in KINDS:
            assert row.policy is Policy.ANNOUNCE


def test_policies_content_types_and_suites_are_the_same() -> None:
    assert [row["label"] for row in FILE["policies"]] == [item.value for item in Policy]
    ours = [(item.name.lower(), item.value) for item in ContentType]
    assert [(row["name"], row["value"]) for row in FILE["content_types"]] == ours
    suites = [(row["number"], row["label"], row["algorithms"]) for row in FILE["suites"]]
    assert suites == [
        (suite.value, registry.label(suite), [alg.value for alg in algorithms])
        for suite, algorithms in SUITE_ALGORITHMS.items()
    ]
    assert set(SUITE_ALGORITHMS) == set(Suite)


def test_enumerations_are_the_same() -> None:
    ours = {kebab(enum.__name__): [(item.value, registry.label(item)) for item in enum] for enum in enums()}
    theirs = {
        name: [(value["number"], value["label"]) for value in row["values"]]
        for name, row in FILE["enumerations"].items()
    }
    assert theirs == ours


@pytest.mark.parametrize(("group", "enum"), CODES.items())
def test_codes_are_the_same(group: str, enum: type[StrEnum]) -> None:
    assert list(FILE[group]) == [item.value for item in enum]


def test_no_enumeration_of_the_package_is_missing_from_the_file() -> None:
    found = {
        value
        for value in vars(registry).values()
        if isinstance(value, type)
        and issubclass(value, IntEnum | StrEnum)
        and value not in (IntEnum, StrEnum)
    }
    assert found == {*enums(), *CODES.values(), *OTHERS}


def _rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [row for item in value for row in _rows(item)]
    if not isinstance(value, dict):
        return []
    inner = [row for item in value.values() for row in _rows(item)]
    return [value, *inner] if "meaning" in value else inner


def test_every_row_has_one_line_and_a_section_that_exists() -> None:
    sections = set(
        re.findall(r"^#+ ([0-9]+(?:\.[0-9]+)?)\.? ", TEXT.read_text(encoding="utf-8"), re.MULTILINE)
    )
    for row in _rows(FILE):
        assert row["meaning"]
        assert "\n" not in row["meaning"]
        assert row.get("section", "1.1") in sections


def test_protocol_and_edition_are_those_of_the_text() -> None:
    assert FILE["protocol"] == registry.SPEC_VERSION
    assert f"Edition {FILE['edition']}" in TEXT.read_text(encoding="utf-8")
