"""Rules of agreements that need what was said before (spec section 8.2), as an endpoint judges them."""

from __future__ import annotations

from typing import Any

import pytest

from launchnotice import Agreement, Event
from launchnotice.pact.agreement import Condition, Limit, Period, Rule
from launchnotice.registry import (
    AmendmentReason,
    Anchor,
    Bound,
    Category,
    Check,
    EpochReason,
    Evidence,
    FindingCode,
    GroupKind,
    Kind,
    LaunchOutcome,
    QueryTopic,
    ReplyStatus,
    RetractionReason,
    Unit,
)
from launchnotice.wire.notices import (
    Amendment,
    LaunchNotification,
    LaunchReport,
    Query,
    Reply,
    Retraction,
    Window,
    WindowExtension,
)
from launchnotice.wire.signals import Acknowledgement
from tests.spec.requirements.build import OFFICERS, World, world
from tests.spec.requirements.told import DAY, Told, codes, heard
from tests.support import NOW, launch, open_endpoint, sign

HOUR = 3_600
OPENS = NOW + DAY
AGR_2 = pytest.mark.requirement("R-AGR-2")


def rule(check: Check, kind: Kind, subject: str, **more: Any) -> Rule:
    fixed: dict[str, Any] = {"article": "Article I", "evidence": Evidence.VERIFIED, "subject": subject}
    return Rule(check=check, kind=kind.value, **{**fixed, **more})


def limit(bound: Bound, amount: int, unit: Unit | None = None) -> Limit:
    return Limit(bound=bound, amount=amount, unit=unit)


def owed(kind: Kind, reference: str, within: Limit, anchor: Anchor) -> Rule:
    """A step that is owed within a time."""
    return rule(Check.OWED, kind, reference, limit=within, anchor=anchor)


def under(*rules: Rule, period: Period | None = None) -> World:
    """A world under an agreement with these rules."""
    return world(
        agreement=Agreement(id="x", title="X", status="x", sources=("x",), rules=rules, period=period)
    )


def window(start: int, length: int = HOUR) -> Window:
    return Window(start=start, end=start + length)


def announced(**more: Any) -> LaunchNotification:
    return launch(**{"planned_date": None, "window": window(OPENS), **more})


def report(notified: bytes | None, at: int = OPENS, **more: Any) -> LaunchReport:
    category = None if notified else Category.BALLISTIC_MISSILE
    fixed = {"launch": notified, "outcome": LaunchOutcome.LAUNCHED, "launched_at": at, "category": category}
    return LaunchReport(**{**fixed, **more})


def amended(notified: bytes, body: LaunchNotification, replaced: bytes = b"") -> Amendment:
    return Amendment(
        launch=notified, replaces=replaced or notified, reason=AmendmentReason.PLAN, notification=body
    )


# What a report is about ----------------------------------------------------------------------------

INTERVAL = rule(
    Check.LIMIT,
    Kind.LAUNCH_REPORT,
    "interval",
    limit=limit(Bound.BELOW, 5, Unit.MINUTES),
    when=(Condition(subject="launch.group", values=(GroupKind.SIMULTANEOUS.value,)),),
)


@AGR_2
def test_intervals_of_a_group_are_held_to_what_was_announced_last() -> None:
    w = under(INTERVAL)
    told = Told(w.forger)
    first = told.say(announced(launch_count=3, group=GroupKind.SIMULTANEOUS))
    heard(w, first)
    far = report(first.id, launch_count=3, last_launched_at=OPENS + 600)
    near = report(first.id, launch_count=3, last_launched_at=OPENS + 599)
    assert codes(heard(w, told.say(near))) == []
    assert codes(heard(w, told.say(far))) == [FindingCode.OUTSIDE_LIMIT]
    heard(w, told.say(amended(first.id, announced(launch_count=3, group=GroupKind.SERIES))))
    assert codes(heard(w, told.say(LaunchReport(**vars(far) | {"remark": "again"})))) == []


@AGR_2
def test_nothing_is_found_of_a_report_on_a_launch_that_is_not_known_or_another_partys() -> None:
    w = under(INTERVAL)
    told = Told(w.forger)
    unknown = report(bytes(32), launch_count=2, last_launched_at=OPENS + 600)
    assert codes(heard(w, told.say(unknown))) == [FindingCode.UNKNOWN_REFERENCE]
    draft = sign(w.receiver, w.ru, announced(launch_count=2, group=GroupKind.SIMULTANEOUS), NOW, OFFICERS)
    w.receiver.submit(draft, NOW)
    theirs = report(draft.id, launch_count=2, last_launched_at=OPENS + 600)
    assert codes(heard(w, told.say(theirs))) == [FindingCode.NOT_OWNER]


# Steps within a time -------------------------------------------------------------------------------


@AGR_2
def test_a_report_is_late_after_its_time_from_the_launch_or_else_from_the_end_of_its_span() -> None:
    within = owed(Kind.LAUNCH_REPORT, "launch", limit(Bound.AT_MOST, 48, Unit.HOURS), Anchor.LAUNCH)
    w = under(within)
    told = Told(w.forger)
    first = told.say(announced())
    heard(w, first)
    heard(w, told.say(WindowExtension(launch=first.id, replaces=first.id, window=window(OPENS, 2 * HOUR))))
    for body, last in (
        (report(first.id, OPENS + 9), OPENS + 9 + 48 * HOUR),
        (LaunchReport(launch=first.id, outcome=LaunchOutcome.NOT_LAUNCHED), OPENS + 50 * HOUR),
    ):
        for at, late in ((last, False), (last + 1, True)):
            made = told.say(type(body)(**vars(body) | {"remark": f"{at}"}))
            assert codes(heard(w, made, at)) == [FindingCode.LATE] * late
    assert codes(heard(w, told.say(report(None)), OPENS + 49 * HOUR)) == [FindingCode.LATE]
    failed = LaunchReport(outcome=LaunchOutcome.FAILED_ON_PAD, category=Category.OTHER)
    assert codes(heard(w, told.say(failed), OPENS + 999 * HOUR)) == []  # from when is not known


@AGR_2
@pytest.mark.parametrize("receipted", [True, False])
def test_a_reply_is_late_after_its_days_from_when_its_sender_says_it_received_the_query(
    *, receipted: bool
) -> None:
    within = owed(Kind.REPLY, "query", limit(Bound.AT_MOST, 2, Unit.CALENDAR_DAYS), Anchor.RECEIVED)
    w = under(within)
    query = Query(topic=QueryTopic.OTHER, asked="US", remark="and?")
    draft = sign(w.receiver, w.ru, query, NOW, OFFICERS[:1])
    w.receiver.submit(draft, NOW)
    if receipted:
        data = w.receiver.exchange(draft.id).data
        w.receive(w.forger.receipt(data, "RU", received=NOW + DAY).data, NOW + DAY)
    last = (NOW // DAY + 3 + receipted) * DAY - 1
    told = Told(w.forger)
    for at, late in ((last, False), (last + 1, True)):
        made = told.say(Reply(query=draft.id, status=ReplyStatus.ANSWERED, remark=f"{at}"))
        assert codes(heard(w, made, at)) == [FindingCode.LATE] * late


@AGR_2
def test_an_acknowledgement_is_late_after_its_time_from_the_receipt_of_its_signer() -> None:
    within = owed(Kind.ACKNOWLEDGEMENT, "subject", limit(Bound.AT_MOST, 2, Unit.HOURS), Anchor.RECEIVED)
    for after, late in ((2 * HOUR, False), (2 * HOUR + 1, True)):
        w = under(within)
        draft = sign(w.receiver, w.ru, announced(), NOW, OFFICERS)
        w.receiver.submit(draft, NOW)
        data = w.receiver.exchange(draft.id).data
        w.receive(w.forger.receipt(data, "RU", received=NOW + 60).data, NOW + 60)
        made = w.forger.signal(Kind.ACKNOWLEDGEMENT, Acknowledgement(subject=draft.id), "RU")
        assert w.receive(made.data, NOW + 60 + after).refusal is None
        (said,) = [one for one in w.receiver.exchange(draft.id).signals if one.kind == Kind.ACKNOWLEDGEMENT]
        assert [one.code for one in said.findings] == [FindingCode.LATE] * late


# What was not notified -------------------------------------------------------------------------------

WITHHOLDING = rule(
    Check.WITHHOLDING,
    Kind.LAUNCH_REPORT,
    "launch",
    values=[Category.BALLISTIC_MISSILE.value],
    limit=limit(Bound.AT_MOST, 2),
)


def unannounced(at: int, **more: Any) -> LaunchReport:
    return report(None, at, **more)


def reported(w: World, told: Told, body: LaunchReport) -> Event:
    return heard(w, told.say(body), NOW + 9)


@AGR_2
def test_launches_that_were_not_notified_are_counted_by_year() -> None:
    w = under(WITHHOLDING)
    told = Told(w.forger)
    assert codes(reported(w, told, unannounced(NOW - 400 * DAY, launch_count=2))) == []
    assert codes(reported(w, told, unannounced(NOW - 1))) == []
    assert codes(reported(w, told, unannounced(NOW - 2, category=Category.SOUNDING_ROCKET))) == []
    assert codes(reported(w, told, unannounced(NOW - 3))) == []
    (finding,) = reported(w, told, unannounced(NOW - 4)).findings
    assert finding.code is FindingCode.ALLOWANCE
    assert (finding.expected, finding.found) == ("at most two in a year", "3 in year 2027")


@AGR_2
def test_a_retracted_report_does_not_count_and_a_correction_is_no_other_launch() -> None:
    w = under(WITHHOLDING)
    told = Told(w.forger)
    first = told.say(unannounced(NOW - 1, launch_count=2))
    heard(w, first)
    corrected = told.say(unannounced(NOW - 2, launch_count=2, replaces=first.id))
    assert codes(heard(w, corrected)) == []
    again = unannounced(NOW - 2, launch_count=1, replaces=corrected.id)
    assert codes(reported(w, told, again)) == []
    assert codes(reported(w, told, unannounced(NOW - 3))) == [FindingCode.ALLOWANCE]
    heard(w, told.say(Retraction(subject=first.id, reason=RetractionReason.FALSE_CONTENT)))
    assert codes(reported(w, told, unannounced(NOW - 4))) == []
    assert codes(reported(w, told, unannounced(NOW - 5))) == [FindingCode.ALLOWANCE]


@AGR_2
def test_a_report_that_came_under_dispute_later_does_not_count() -> None:
    w = under(WITHHOLDING)
    told, other = Told(w.forger), Told(w.forger)
    heard(w, told.say(unannounced(NOW - 1, launch_count=2)))
    heard(w, other.say(unannounced(NOW - 2, launch_count=2)))  # another one at its position
    assert FindingCode.ALLOWANCE not in codes(_in_a_new_epoch(w, told)[-1])


@AGR_2
def test_a_report_that_its_sender_lost_stays_in_force_and_counts() -> None:
    w = under(WITHHOLDING)
    told = Told(w.forger)
    nothing = told.head
    heard(w, told.say(unannounced(NOW - 1, launch_count=2)))
    told.seq, told.head = 0, nothing  # its journal was restored to before it
    assert FindingCode.ALLOWANCE in codes(_in_a_new_epoch(w, told)[-1])


def _in_a_new_epoch(w: World, told: Told) -> list[Event]:
    """Two reports of one launch each, in an epoch that was opened behind what was told."""
    epoch, head = {1: told.epoch[0], 2: told.epoch[1]}, {1: told.seq, 2: told.head}
    opening = {1: EpochReason.RESTORED.value, 2: epoch, 3: head}
    anew = Told(w.forger, (2, bytes(16)))
    first = anew.say(unannounced(NOW - 3), k12=opening)
    return [heard(w, first), heard(w, anew.say(unannounced(NOW - 4)))]


@AGR_2
def test_the_own_officer_finds_what_the_recipient_finds() -> None:
    """Of one's own notice the journal says what the peer was told, with all that stands before it."""
    w = under(WITHHOLDING)
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    for number, expected in enumerate([[], [], [FindingCode.ALLOWANCE]]):
        draft = sign(us, w.us, unannounced(NOW - number), NOW, OFFICERS)
        us.submit(draft, NOW)
        own = us.exchange(draft.id)
        assert [one.code for one in own.findings] == expected
        w.receive(own.data, NOW)
        assert [one.code for one in w.receiver.exchange(draft.id).findings] == expected


@pytest.mark.requirement("R-AGR-8")
def test_an_officer_who_knows_the_launch_sees_before_signing_that_an_amendment_shortens_it() -> None:
    lead = rule(
        Check.LEAD_TIME,
        Kind.LAUNCH,
        "window",
        limit=limit(Bound.AT_LEAST, 24, Unit.HOURS),
        anchor=Anchor.RECEIVED,
    )
    w = under(lead)
    us = open_endpoint(w.channel, w.us, mandates=[*w.mandates.values()])
    first = sign(us, w.us, announced(window=window(NOW + 9 * DAY)), NOW, OFFICERS)
    us.submit(first, NOW)
    extension = WindowExtension(launch=first.id, replaces=first.id, window=window(NOW + 5 * DAY))
    second = sign(us, w.us, extension, NOW, OFFICERS)
    us.submit(second, NOW)
    held = us.launch(first.id, NOW).held
    assert held.window == window(NOW + 5 * DAY)
    mandate = us.mandate()
    assert mandate is not None
    for start, known, expected in (
        (NOW + HOUR, held, [FindingCode.LATE]),
        (NOW + HOUR, None, []),
        (NOW + 5 * DAY, held, []),
    ):
        body = amended(first.id, announced(window=window(start)), second.id)
        review = us.draft(body, NOW, OFFICERS).review(w.channel, mandate, known)
        assert [one.code for one in review.findings] == expected


# In force ------------------------------------------------------------------------------------------


@AGR_2
def test_a_notice_outside_the_days_of_the_agreement_is_found_if_a_rule_speaks_of_its_kind() -> None:
    day = NOW // DAY
    w = under(
        rule(Check.REQUIRED, Kind.LAUNCH, "category"),
        period=Period(since=day - 9, until=day - 1, article="Article IX", evidence=Evidence.PROVISIONAL),
    )
    told = Told(w.forger)
    (finding,) = heard(w, told.say(announced())).findings
    assert (finding.code, finding.article) == (FindingCode.NOT_IN_FORCE, "Article IX")
    assert finding.evidence is Evidence.PROVISIONAL
    assert codes(heard(w, told.say(unannounced(NOW)))) == []
    last = told.say(announced(remark="in time"), k4=day * DAY - 1)
    assert codes(heard(w, last)) == []
