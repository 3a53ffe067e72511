"""Enumerations of the registry behave as those of `enum` do, which type checkers are shown."""

from __future__ import annotations

import copy
import enum
import json
from typing import Any

import pytest

from launchnotice.registry.enumeration import IntEnum, StrEnum


class Number(IntEnum):
    """Some numbers."""

    ONE = 1
    TWO_WORDS = 20
    BELOW = -5


class Code(StrEnum):
    """Some codes."""

    FIRST = "first"
    SECOND = "second-code"


OURS: list[Any] = [Number, Code]
# What they are compared with: the same, made by the standard library.
THEIRS: list[Any] = [
    enum.IntEnum("Number", [(one.name, one.value) for one in Number]),
    enum.StrEnum("Code", [(one.name, one.value) for one in Code]),
]


@pytest.mark.parametrize(("ours", "theirs"), [*zip(OURS, THEIRS, strict=True)])
def test_members_look_and_compare_as_those_of_the_standard_library(ours: Any, theirs: Any) -> None:
    assert [*ours.__members__] == [*theirs.__members__]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert (one.name, one.value) == (other.name, other.value)
        for show in (str, repr, format, json.dumps):
            assert show(one) == show(other)
        assert one == one.value == other
        assert hash(one) == hash(one.value)
        assert {one: True}[one.value]


@pytest.mark.parametrize("ours", OURS)
def test_each_member_is_one_object(ours: Any) -> None:
    for one in ours:
        assert ours(one.value) is ours(one) is ours[one.name] is getattr(ours, one.name) is one
        assert copy.deepcopy(one) is copy.copy(one) is one
        assert one.__reduce__() == (ours, (one.value,))  # what pickle takes
        assert one in ours
        assert isinstance(one, ours)


@pytest.mark.parametrize("ours", OURS)
def test_what_is_no_member_is_a_value_error(ours: Any) -> None:
    value: object
    for value in (0, "third", None, [], 1.5):
        with pytest.raises(ValueError, match="is not a valid"):
            ours(value)
    with pytest.raises(KeyError):
        ours["THIRD"]


@pytest.mark.parametrize("ours", OURS)
def test_members_are_immutable(ours: Any) -> None:
    for one in ours:
        with pytest.raises(AttributeError, match="immutable"):
            one.value = 0
        with pytest.raises(AttributeError, match="immutable"):
            del one.name


def test_a_class_says_what_it_is() -> None:
    assert repr(Number) == "<enum 'Number'>"
    assert Number.__doc__ == "Some numbers."
    assert max(Number) is Number.TWO_WORDS
