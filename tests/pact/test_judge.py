"""Whatever a notice says, every agreement judges it: nothing is raised, and every short cut agrees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchnotice import Agreement, Finding, load_agreement
from launchnotice.pact import judge
from launchnotice.pact.agreement import Limit, Rule
from launchnotice.pact.agreementfile import agreements
from launchnotice.pact.judge import Heard, Judge, Unannounced, with_window
from launchnotice.registry import (
    Anchor,
    Bound,
    Category,
    Check,
    Evidence,
    FindingCode,
    Kind,
    ReplyStatus,
    Unit,
)
from launchnotice.testing.strategies import bodies, body_of, instants, notices, signals, windows
from launchnotice.wire import times
from launchnotice.wire.message import KIND_OF
from launchnotice.wire.notices import LaunchNotification, Reply, Window
from launchnotice.wire.record import Record
from launchnotice.wire.withheld import Withheld
from tests.support import NOW, launch

AGREEMENTS = {name: load_agreement(name) for name in agreements()}
JUDGES = {name: Judge(agreement) for name, agreement in AGREEMENTS.items()}
UNANNOUNCED = st.builds(Unannounced, instants(), st.sampled_from([*Category]), st.integers(1, 1_000))
HEARD = st.builds(
    Heard,
    st.sampled_from(["US", "RU", "CN", "IN", "PK", "XX"]),
    instants(),
    instants(),
    st.none() | body_of(LaunchNotification, flawed=True),
    st.none() | st.tuples(instants(), instants()),
    st.lists(UNANNOUNCED, max_size=3),
)


def told(findings: list[Finding]) -> list[Any]:
    return [finding.dump() for finding in findings]


@given(notices(flawed=True) | signals(), HEARD)
def test_any_notice_in_any_circumstances_is_judged(body: Record, heard: Heard) -> None:
    """Nothing that a peer can say stands between its notice and the officer."""
    for one in JUDGES.values():
        for finding in one(KIND_OF[type(body)], body, heard):
            # A journal keeps findings, and must read them again.
            assert Finding.load(finding.dump()) == finding
            assert finding.article
            assert finding.evidence in [*Evidence]


@given(bodies(Kind.LAUNCH, flawed=True) | notices(), HEARD)
def test_what_is_told_at_once_is_what_the_whole_check_tells(body: Record, heard: Heard) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judge, "plainly_kept", lambda _: None)
        whole = {name: Judge(agreement) for name, agreement in AGREEMENTS.items()}
    kind = KIND_OF[type(body)]
    for name, one in JUDGES.items():
        assert told(one(kind, body, heard)) == told(whole[name](kind, body, heard))


@given(body_of(LaunchNotification, flawed=True), windows())
def test_a_window_is_put_into_any_notification(body: LaunchNotification, window: Window) -> None:
    extended = with_window(body, window)
    kept = {row.name for row in LaunchNotification.FIELDS} - {"planned_date", "window", "backup_windows"}
    assert all(getattr(extended, name) == getattr(body, name) for name in kept)
    assert (extended.window, extended.planned_date, extended.backup_windows) == (window, None, ())


EXTREMES = [0, 1, times.MAX_INSTANT - 1, times.MAX_INSTANT]


@pytest.mark.parametrize("bound", [Bound.AT_LEAST, Bound.ABOVE, Bound.AT_MOST, Bound.BELOW])
@pytest.mark.parametrize("unit", [Unit.MINUTES, Unit.HOURS, Unit.CALENDAR_DAYS])
@pytest.mark.parametrize("amount", [0, 100_000])
@pytest.mark.parametrize("offset", [-720, 840])
def test_the_longest_times_at_both_ends_of_the_calendar_can_be_said(
    bound: Bound, unit: Unit, amount: int, offset: int
) -> None:
    fixed: dict[str, Any] = {"article": "Article I", "evidence": Evidence.VERIFIED, "offset": offset}
    lead = Rule(
        check=Check.LEAD_TIME,
        kind=Kind.LAUNCH.value,
        subject="window",
        limit=Limit(bound=bound, amount=amount, unit=unit),
        anchor=Anchor.ISSUED,
        **fixed,
    )
    step = Rule(
        check=Check.OWED,
        kind=Kind.REPLY.value,
        subject="query",
        limit=Limit(bound=Bound.AT_MOST, amount=amount, unit=unit),
        anchor=Anchor.RECEIVED,
        **fixed,
    )
    one = Judge(Agreement(id="x", title="X", status="x", sources=("x",), rules=(lead, step)))
    reply = Reply(query=bytes(32), status=ReplyStatus.ANSWERED)
    for start in EXTREMES[:-1]:
        body = launch(planned_date=None, window=Window(start=start, end=start + 1))
        for at in EXTREMES:
            for finding in one(Kind.LAUNCH, body, Heard("US", at, at)):
                assert finding.code in (FindingCode.LATE, FindingCode.EARLY)
                assert finding.expected
            late = one(Kind.REPLY, reply, Heard("US", at, at, answered=(start, start)))
            assert {finding.code for finding in late} <= {FindingCode.LATE}


def test_a_required_field_that_is_withheld_is_told_once_however_many_values_are_asked_for() -> None:
    line = next(row.key for row in LaunchNotification.FIELDS if row.name == "civil_notices")
    body = launch(withheld=(Withheld(key=line, commitment=bytes(32)),))
    found = JUDGES["india-pakistan-2005"](Kind.LAUNCH, body, Heard("IN", NOW, NOW))
    withheld = [one for one in found if one.code is FindingCode.WITHHELD]
    assert [(one.subject, one.expected) for one in withheld] == [
        ("civil_notices.system", "notam and navarea")
    ]
