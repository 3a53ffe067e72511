"""Named tuples of the library behave as those of `typing` do, which type checkers are shown."""

from __future__ import annotations

import copy
import typing
from typing import Any

import pytest

from launchnotice.registry.namedtuples import NamedTuple


def ours() -> Any:
    """A class of which nothing was made yet."""

    class Row(NamedTuple):
        """A row."""

        id: bytes
        seq: int
        data: bytes = b""
        again: bool = False

        @property
        def next(self) -> int:
            """One more."""
            return self.seq + 1

    return Row


class Row(typing.NamedTuple):
    """A row."""

    id: bytes
    seq: int
    data: bytes = b""
    again: bool = False

    @property
    def next(self) -> int:
        """One more."""
        return self.seq + 1


GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((b"1", 2), {}),
    ((b"1", 2, b"3", True), {}),
    ((b"1",), {"seq": 2, "again": True}),
    ((), {"id": b"1", "seq": 2}),
]
NOT_GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((b"1",), {}),
    ((b"1", 2, b"", False, 5), {}),
    ((b"1", 2), {"seq": 2}),
    ((b"1", 2), {"other": 2}),
]


@pytest.mark.parametrize(("args", "named"), GIVEN)
def test_tuples_are_those_of_the_standard_library(args: tuple[Any, ...], named: dict[str, Any]) -> None:
    made = ours()
    for _ in range(2):  # the first tuple completes the class
        one: Any = made(*args, **named)
        other: Any = Row(*args, **named)
        assert one == other
        assert (repr(one), hash(one), one.next) == (repr(other), hash(other), other.next)
        assert (one.id, one.seq, one.data, one.again) == tuple(one)
        assert one._asdict() == other._asdict()
        assert one._replace(seq=7) == other._replace(seq=7)
        assert type(one._replace(seq=7)) is type(copy.copy(one)) is made
        assert one.__getnewargs__() == other.__getnewargs__()  # what pickle takes


@pytest.mark.parametrize(("args", "named"), NOT_GIVEN)
def test_a_wrong_call_is_a_type_error_with_the_same_words(
    args: tuple[Any, ...], named: dict[str, Any]
) -> None:
    made = ours()
    for _ in range(2):
        with pytest.raises(TypeError) as found:
            made(*args, **named)
        with pytest.raises(TypeError) as expected:
            Row(*args, **named)
        assert str(found.value) == str(expected.value)


def test_classes_say_the_same_of_themselves_before_and_after() -> None:
    made = ours()
    for _ in range(2):
        assert made._fields == Row._fields == made.__match_args__
        assert made._field_defaults == Row._field_defaults
        assert (made.__name__, made.__doc__) == (Row.__name__, Row.__doc__)
        assert issubclass(made, tuple)
        assert made._make([b"1", 2, b"3", True]) == (b"1", 2, b"3", True)
        with pytest.raises(TypeError, match="Expected 4 arguments, got 1"):
            made._make([b"1"])


def test_tuples_are_immutable_and_match() -> None:
    one = ours()(b"1", 2)
    with pytest.raises(AttributeError):
        one.seq = 3
    with pytest.raises(AttributeError):
        one.other = 3
    assert not hasattr(one, "__dict__")
