"""What is written of a body composes to the same body, of every kind, as TOML and as JSON."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchnotice import UsageError
from launchnotice.compose import COMPOSED, compose, write
from launchnotice.registry import Kind
from launchnotice.testing.strategies import bodies
from launchnotice.wire.notices import CommunicationsCheck
from launchnotice.wire.record import Record
from tests.support import NOW

FIXED: dict[str, Any] = {"database": None, "derandomize": True}
WRITTEN: st.SearchStrategy[Record] = st.sampled_from(list(COMPOSED.values())).flatmap(bodies)


def composed(form: Any) -> Record | None:
    found = compose(form, NOW)
    assert found.mistakes == ()
    return found.body


@given(WRITTEN)
@settings(max_examples=100, **FIXED)
def test_what_is_written_composes_to_the_same_body(body: Record) -> None:
    text = write(body)
    assert composed(text) == body
    assert composed(json.dumps(tomllib.loads(text))) == body


@pytest.mark.parametrize("kind", COMPOSED.values(), ids=COMPOSED)
def test_every_kind_that_officers_sign_is_written(kind: Kind) -> None:
    @given(bodies(kind))
    @settings(max_examples=4, **FIXED)
    def check(body: Record) -> None:
        assert composed(write(body)) == body

    check()


def test_a_field_of_a_later_version_is_not_written() -> None:
    body = CommunicationsCheck.load({1: "by hand", 30: 1})
    with pytest.raises(UsageError, match="field 30 is not known here"):
        write(body)
