"""Telling at once that a notice keeps a rule: what most rules come to for most notices.

A rule about one field of the body and the values that it may have is made into a test of the body's
fields, once for a channel. What a test does not pass is judged in full by `pact.judge`.

- A test that passes says that the check of the rule has no finding. One that does not says nothing.
- Rules that look further (limits, alternatives, roles, paths into records) have no test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from launchnotice.pact.agreement import Condition, Rule
from launchnotice.registry import Check
from launchnotice.wire.codecs import Array, Codec, Enumeration
from launchnotice.wire.geo import Area
from launchnotice.wire.message import BODIES

Test: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""Takes a body's fields by name; whether they plainly keep a rule."""


def plainly_kept(rule: Rule) -> Test | None:
    """The test of a rule; None if it has none."""
    codec = _codec(rule.kind, rule.subject)
    if codec is None or rule.alternatives or rule.roles or rule.limit is not None:
        return None
    test = _subject_test(rule, codec)
    conditions = [one for one in map(_condition, [rule.kind] * len(rule.when), rule.when) if one is not None]
    if test is None or not conditions:
        return test

    def conditional(fields: Mapping[str, Any]) -> bool:
        for name, values in conditions:
            if fields[name] not in values:
                return True
        return test(fields)

    return conditional


def _subject_test(rule: Rule, codec: Codec) -> Test | None:
    name, allowed = rule.subject, frozenset(rule.values)
    match rule.check:
        case Check.REQUIRED if not allowed:
            return lambda fields: fields[name] is not None and fields[name] != ()
        case Check.FORBIDDEN:
            return lambda fields: fields[name] is None or fields[name] == ()
        case Check.SCOPE | Check.ALLOWED if isinstance(codec, Enumeration):
            return lambda fields: fields[name] is None or fields[name] in allowed
        case Check.AREA_FORM if isinstance(codec, Area):
            return lambda fields: fields[name] is None or fields[name].FORM in allowed
        case Check.AREA_FORM if isinstance(codec, Array) and isinstance(codec.item, Area):
            return lambda fields: allowed.issuperset(area.FORM for area in fields[name])
        case _:
            return None


def _condition(kind: int, one: Condition) -> tuple[str, frozenset[int | None]] | None:
    """The field that a condition looks at and the values with which it can hold."""
    if one.limit is not None or not isinstance(_codec(kind, one.subject), Enumeration):
        return None
    return one.subject, frozenset(one.values)


def _codec(kind: int, name: str) -> Codec | None:
    """How a field of the body itself is read; None if it is none."""
    return next((row.codec for row in getattr(BODIES.get(kind), "FIELDS", ()) if row.name == name), None)
